/* operation.h -- what the generated code (tools/apigen) and the engine know of each other
 *
 * A feature's .api file becomes an array of ApiOperation, and its handlers a struct of functions
 * with their own types; run () of an operation calls its member. */
#pragma once
#include "api/api.h"

/* Lists of scalars that base/descriptor.h does not name. */
typedef struct {
    int *items; /* indexes into the enum's texts */
    gsize n;
} EnumList;

typedef struct {
    gboolean *items;
    gsize n;
} BoolList;

typedef struct {
    double *items;
    gsize n;
} NumberList;

/** FieldRules.pattern of a FIELD_INT whose text may also be H:MM:SS.fff, read as milliseconds. */
#define API_RULE_CLOCK "clock"
/** FieldRules.pattern of a FIELD_TIME that is written as 2024-03-02T08:00:00.5+00:00. */
#define API_RULE_OFFSET "offset"

typedef enum {
    API_PUBLIC = 1 << 0,        /* no credential is looked at */
    API_ADMIN = 1 << 1,         /* the caller is an admin */
    API_ANY_KEY = 1 << 2,       /* an API key needs no permission; else one without needs "all" */
    API_TAKES_LINK = 1 << 3,    /* a shared link may call it */
    API_QUICK = 1 << 4,         /* runs on the event thread */
    API_BODY_OPTIONAL = 1 << 5, /* the handler's body may be NULL */
    API_OWN_ANSWER = 1 << 6,    /* the handler answers by itself: a file, a stream, JSON by hand */
} ApiOperationFlags;

typedef enum { API_BODY_NONE, API_BODY_JSON, API_BODY_MULTIPART } ApiBodyKind;

struct _ApiOperation {
    const char *id; /* getAlbumInfo */
    HttpMethod method;
    const char *path;       /* below /api: /albums/{id}; parameters in the order of path_type */
    const char *permission; /* of an API key; NULL: see API_ANY_KEY */
    ApiOperationFlags flags;
    unsigned status;
    gsize request_bytes; /* of the request struct, which path_type and query_type fill together */
    const TypeDescriptor *path_type, *query_type; /* NULL: none */
    ApiBodyKind body_kind;
    const TypeDescriptor *body_type;
    guint32 body_offset;           /* of the request's pointer to it */
    const FieldDescriptor *answer; /* NULL: the handler has no out */
    gsize answer_bytes;            /* of what out points to */
    guint32 handler_offset;        /* of the member in the feature's handlers */
    ApiStatus (*run) (ApiCall *call, const void *handlers, const void *in, void *out);
};

typedef struct {
    const ApiOperation *items;
    gsize n;
} ApiOperations;

struct _ApiContract {
    const ApiOperations *features;
    gsize n_features;
    const char *openapi_json;
};

/** Serve @operations, which must be of the contract the Api was made with, by the members of @handlers. */
void api_serve (Api *api, const ApiOperation *operations, gsize n, const void *handlers);
