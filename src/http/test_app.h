/* test_app.h -- an application on the server that does what a request's path says, for its tests */
#pragma once
#include "http/http.h"
#include "http/test_client.h"

typedef struct {
    char *folder;
    GMutex lock;
    GCond changed;
    guint n_written, n_aborted, n_handled, n_gone, n_upgrades_lost;
    guint n_produced;
    guint n_asked;      /* guards of /file?guarded */
    gboolean is_closed; /* what they answer: break off */
    gboolean holds;     /* handlers of /hold wait until it is cleared */
} App;

typedef struct {
    App app;
    HttpServer *server;
    guint16 port;
} Fixture;

extern const HttpApp test_app_class;

void test_app_set_up (Fixture *self, gconstpointer data); /* of g_test_add (); data: HttpSettings */
void test_app_tear_down (Fixture *self, gconstpointer data);
guint test_app_get (App *app, const guint *count);
void test_app_wait (App *app, const guint *count, guint at_least);

void test_assert_header (TestReply *reply, const char *name,
                         const char *expected); /* NULL: absent */
void test_assert_text (TestReply *reply, unsigned status, const char *expected);

#define TEST_APP_ADD(name, function)                                                               \
    g_test_add ("/http/" name, Fixture, NULL, test_app_set_up, function, test_app_tear_down)
