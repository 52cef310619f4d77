/* call.h -- a request on its way to its handler and back (internal) */
#pragma once
#include "api/parse.h"
#include "api/router.h"

typedef struct _Upload Upload;
typedef struct _AnswerHeader AnswerHeader;

struct _ApiCallPrivate {
    Api *api;
    const Route *route;             /* NULL: none for this method and path */
    const char *const *path_values; /* not decoded, as many as the path has parameters */
    const HttpPair *query;
    gsize n_query;
    GError *query_error;   /* why the query could not be read; in the arena's care */
    AnswerHeader *headers; /* of the answer to come, in order */
    Upload *upload;        /* NULL: the body is buffered */
    gboolean is_quick;     /* on an event thread */
    gboolean defers;       /* the body is still coming: keep the answer in deferred */
    HttpResponse *deferred;
};

ApiCall *call_new (Api *api, HttpRequest *request, const Route *route,
                   const char *const *path_values);
/** Find out who asks and whether they may call this operation. Blocks. */
gboolean call_authorize (ApiCall *self, GError **error);
/** A body that was read: JSON, or else the pairs of a form. */
typedef struct {
    json_t *json; /* NULL: a form */
    const HttpPair *pairs;
    gsize n_pairs;
} ApiBody;

/** Authorised and its body complete (NULL: there is none that counts): parse, run the handler, answer. */
void call_run (ApiCall *self, const ApiBody *body);
/** The whole way of a call with a buffered body. */
void call_dispatch (ApiCall *self);
/** The same on an event thread, for a call without a body. FALSE when it has to begin again
 *  elsewhere, with call_dispatch (). */
gboolean call_dispatch_quick (ApiCall *self);
/** Answer 400 'Validation failed'. */
ApiStatus call_refuse_issues (ApiCall *self, const ApiIssues *issues);

/** {"message", "errors", "error", "statusCode"}; @issues NULL: no errors. */
HttpResponse *problem_response (unsigned status, const char *message, const char *issues);

/* What upload.c and call.c need of the Api. */
const ApiSettings *api_settings (const Api *self);
void api_check_later (Api *self, Upload *upload);
/** Have the disk begin with what was written to @fd, on another thread, so that fsync () has little left
 *  to wait for. */
void api_write_behind (Api *self, int fd);
