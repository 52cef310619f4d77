/* test_http.h -- the HTTP server as the engine sees it, without sockets: for the engine's tests
 *
 * It stands in for src/http's request and response functions; target.c and problem.c are the real
 * ones. A test makes a request, has the HttpApp answer it and looks at the answer. */
#pragma once
#include "http/http.h"

typedef struct {
    unsigned status;
    char *body;    /* "" when there is none */
    char *cookies; /* the values of Set-Cookie, a line each */
    char *header;  /* the last one set, "name: value" */
} TestAnswer;

void test_answer_free (TestAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestAnswer, test_answer_free)

/** @param headers  "name: value" lines, or NULL
 *  @param body  NULL: none
 *  @param piece_bytes  how many bytes a sink gets at a time; 0: all at once
 *  @return (transfer full) what was answered, never NULL: a call that stays without fails the test */
TestAnswer *test_ask (const HttpApp *app_class, gpointer app, const char *method,
                      const char *target, const char *headers, const char *body, gssize n_body,
                      gsize piece_bytes);

/** The same, but the client leaves before the body's last byte. */
void test_leave (const HttpApp *app_class, gpointer app, const char *method, const char *target,
                 const char *headers, const char *body, gssize n_body);
