/* test_call.c -- a request's whole way: who asks, what is checked in which order, what is answered */
#include <string.h>

#include "api/api_contract.h"
#include "api/test_example_api.h"
#include "api/test_http.h"
#include "base/error.h"

static char *last_message; /* of the log */

static GLogWriterOutput
keep_message (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_equal (fields[i].key, "MESSAGE")) {
            g_free (last_message);
            last_message = g_strdup (fields[i].value);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

#define UUID "0a7c3f52-1d2e-4f60-9a3b-0c1d2e3f4a5b"
#define THING "/api/things/" UUID

struct _App {
    char last_presented[64]; /* what the engine asked to authenticate last */
};

/* The text presented says who it is: admin, user, link, key:PERMISSION; all else is nobody. */
static gboolean
authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind, const char *text,
              Auth *out, GError **error)
{
    static const char *const kinds[] = { "share-key", "share-slug", "session", "api-key" };
    static const char *const faults[] = { "Invalid share key", "Invalid share slug",
                                          "Invalid user token", "Invalid API key" };

    g_snprintf (app->last_presented, sizeof app->last_presented, "%s %s", kinds[kind], text);
    out->user_id = UUID;
    if (g_str_equal (text, "admin") || g_str_equal (text, "user")) {
        out->kind = CREDENTIAL_SESSION;
        out->is_admin = text[0] == 'a';
    } else if (g_str_equal (text, "link")) {
        out->kind = CREDENTIAL_LINK;
    } else if (g_str_has_prefix (text, "key:")) {
        out->kind = CREDENTIAL_API_KEY;
        out->permissions.items = arena_new_array (arena, const char *, 1);
        out->permissions.items[0] = arena_strdup (arena, text + 4);
        out->permissions.n = 1;
    } else {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "%s", faults[kind]);
        return FALSE;
    }
    return TRUE;
}

/* ---- handlers ---- */

static ApiStatus
get_thing (ApiCall *call, const GetThingRequest *in, Fields *out)
{
    if (in->n == 1)
        return api_refuse_field (call, "a.0.b", "%s is not liked", "it");
    if (in->n == 2)
        return api_refuse (call, APP_ERROR_DB, "the table holds a secret");
    if (in->n == 3)
        return api_refuse_access (call, "thing.read");
    if (in->n == 4) {
        api_set_header (call, "X-Thing", "yes");
        api_set_cookie (call, "a=1");
        api_set_cookie (call, "b=2");
    }
    if (in->n == 5)
        return api_refuse (call, APP_ERROR_CONSTRAINT, "FOREIGN KEY of a secret");
    if (in->n == 6)
        return api_refuse (call, APP_ERROR_UNAVAILABLE,
                           "the database is away\nfrom a secret place");
    out->id = in->id;
    out->count = in->n;
    out->has_count = TRUE;
    out->flag = in->flag;
    out->has_flag = TRUE;
    out->list = (StringList){ in->ids.items, in->ids.n };
    out->has_list = in->has_ids;
    return API_OK;
}

static ApiStatus
get_statistics (ApiCall *call, const GetStatisticsRequest *in, InnerList *out)
{
    out->items = arena_new_array (call->arena, Inner, 2);
    out->items[0].id = out->items[1].id = UUID;
    out->n = 2;
    return API_OK;
}

static ApiStatus
create_thing (ApiCall *call, const CreateThingRequest *in, Inner *out)
{
    if (g_str_equal (in->body->text, "no id"))
        return API_OK;
    out->id = in->body->id;
    out->size = in->body->count;
    return g_str_equal (in->body->text, "again") ? (ApiStatus) 200 : API_OK;
}

static ApiStatus
delete_thing (ApiCall *call, const DeleteThingRequest *in)
{
    return API_OK;
}

static ApiStatus
ping_thing (ApiCall *call, const PingThingRequest *in, StringList *out)
{
    out->items = arena_new_array (call->arena, const char *, 1);
    out->items[0] = "pong";
    out->n = 1;
    return API_OK;
}

static ApiStatus
put_ping (ApiCall *call, const PutPingRequest *in)
{
    g_assert_true (call->auth->kind == CREDENTIAL_NONE);
    if (in->body != NULL && (in->body->count != 3 || !in->body->flag || in->body->colours.n != 2))
        return api_refuse (call, APP_ERROR_INVALID, "the form was not read");
    return API_OK;
}

static const ApiHandlers handlers = {
    .get_thing = get_thing,
    .get_statistics = get_statistics,
    .create_thing = create_thing,
    .delete_thing = delete_thing,
    .ping_thing = ping_thing,
    .put_ping = put_ping,
};

typedef struct {
    App app;
    Api *api;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
    ApiSettings settings = { .app = &self->app,
                             .contract = &api_contract,
                             .authenticate = authenticate,
                             .temporary_folder = g_get_tmp_dir () };

    self->api = api_new (&settings);
    api_serve_test_example (self->api, &handlers);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
    api_free (self->api);
}

static TestAnswer *
ask (Fixture *self, const char *method, const char *target, const char *headers, const char *body)
{
    return test_ask (api_http_app (), self->api, method, target, headers, body, -1, 0);
}

static void
expect (Fixture *self, const char *method, const char *target, const char *headers,
        const char *body, unsigned status, const char *wanted)
{
    g_autoptr (TestAnswer) answer = ask (self, method, target, headers, body);
    g_autofree char *message = g_strdup_printf ("{\"message\":\"%s\",", wanted);

    g_test_message ("%s %s: %s", method, target, answer->body);
    g_assert_cmpuint (answer->status, ==, status);
    if (wanted == NULL)
        return;
    if (status >= 400 && wanted[0] != '{')
        g_assert_true (g_str_has_prefix (answer->body, message));
    else
        g_assert_cmpstr (answer->body, ==, wanted);
}

#define USER "x-immich-user-token: user"
#define ADMIN "x-immich-user-token: admin"
#define JSON "content-type: application/json"

static void
test_checks_come_in_order (Fixture *self, gconstpointer data)
{
    const char *bad_json = JSON "\n", *bad = "{";

    /* body, route, credential, admin, link, key, path, query, body's fields */
    expect (
        self, "POST", "/api/nowhere", bad_json, bad, 400,
        "the body is not valid JSON: string or '}' expected near end of file, line 1, column 1");
    expect (self, "GET", "/api/nowhere", NULL, NULL, 404, "Cannot GET /api/nowhere");
    expect (self, "PATCH", "/api/ping?key=x", NULL, NULL, 404, "Cannot PATCH /api/ping");
    expect (self, "DELETE", "/api/things/x", NULL, NULL, 401, "Authentication required");
    expect (self, "DELETE", "/api/things/x", "x-api-key: wrong", NULL, 401, "Invalid API key");
    expect (self, "DELETE", "/api/things/x", USER, NULL, 403, "Forbidden");
    expect (self, "GET", "/api/things/statistics?key=link", NULL, NULL, 403, "Forbidden");
    expect (self, "GET", "/api/things/x/parts/1", "x-api-key: key:thing.write", NULL, 403,
            "Missing required permission: thing.read");
    expect (self, "POST", "/api/things", "x-api-key: key:thing.read", NULL, 403,
            "Missing required permission: all");
    expect (self, "GET", "/api/things/%zz/parts/x?count=0", USER, NULL, 400,
            "Failed to decode param '%zz'");
    expect (
        self, "GET", "/api/things/x/parts/1.5?count=0", USER, NULL, 400,
        "{\"message\":\"Validation "
        "failed\",\"errors\":[{\"code\":\"invalid_format\",\"origin\":\"string\","
        "\"format\":\"uuid\",\"pattern\":\"/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-"
        "[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$/\",\"path\":[\"id\"],\"message\":\"Invalid "
        "UUID\"},{\"code\":\"invalid_type\",\"expected\":\"int\",\"format\":\"safeint\",\"path\":"
        "[\"n\"],\"message\":\"Invalid input: expected int, received number\"}],\"error\":\"Bad "
        "Request\",\"statusCode\":400}");
    expect (self, "GET", THING "/parts/1?count=0", USER, NULL, 400,
            "{\"message\":\"Validation failed\",\"errors\":[{\"code\":\"too_small\",\"origin\":"
            "\"number\",\"minimum\":1,\"inclusive\":true,\"path\":[\"count\"],\"message\":\"Too "
            "small: expected number to be >=1\"}],\"error\":\"Bad Request\",\"statusCode\":400}");
    expect (self, "GET", THING "/parts/1?%zz", USER, NULL, 400, NULL);
    expect (
        self, "POST", "/api/things", USER, NULL, 400,
        "{\"message\":\"Validation failed\",\"errors\":[{\"code\":\"invalid_type\",\"expected\":"
        "\"object\",\"path\":[],\"message\":\"Invalid input: expected object, received "
        "undefined\"}],\"error\":\"Bad Request\",\"statusCode\":400}");
    expect (
        self, "POST", "/api/things", USER "\n" JSON, "[]", 400,
        "{\"message\":\"Validation failed\",\"errors\":[{\"code\":\"invalid_type\",\"expected\":"
        "\"object\",\"path\":[],\"message\":\"Invalid input: expected object, received "
        "array\"}],\"error\":\"Bad Request\",\"statusCode\":400}");
    expect (self, "POST", "/api/things", USER "\ncontent-type: text/plain", "{}", 400,
            "Validation failed");
    expect (self, "GET", THING "/file", USER, NULL, 501, "getThingFile is not built yet");
}

static void
test_one_credential_counts (Fixture *self, gconstpointer data)
{
    static const struct {
        const char *target, *headers, *presented;
    } rows[] = {
        { "/api/things/x/parts/1?key=a&slug=b&sessionKey=c&apiKey=d",
          "x-immich-share-key: e\nx-immich-user-token: f", "share-key e" },
        { "/api/things/x/parts/1?key=a&slug=b&sessionKey=c&apiKey=d", NULL, "share-key a" },
        { "/api/things/x/parts/1?key=&slug=b", NULL, "share-slug b" },
        { "/api/things/x/parts/1?slug=b", "x-immich-share-slug: c", "share-slug c" },
        { "/api/things/x/parts/1?sessionKey=c", "x-immich-session-token: b\nx-immich-user-token: a",
          "session a" },
        { "/api/things/x/parts/1?sessionKey=c", "x-immich-session-token: b", "session b" },
        { "/api/things/x/parts/1?sessionKey=c", "authorization: Bearer d", "session c" },
        { "/api/things/x/parts/1", "authorization: BEARER d\ncookie-immich_access_token: e",
          "session d" },
        { "/api/things/x/parts/1", "authorization: Bearer  d\ncookie-immich_access_token: e",
          "session e" },
        { "/api/things/x/parts/1", "authorization: Basic d\nx-api-key: e", "api-key e" },
        { "/api/things/x/parts/1?apiKey=f", "x-api-key: e", "api-key e" },
        { "/api/things/x/parts/1?apiKey=f", NULL, "api-key f" },
        { "/api/things/x/parts/1?apiKey=f", "cookie-immich_access_token: stale", "session stale" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (TestAnswer) answer = ask (self, "GET", rows[i].target, rows[i].headers, NULL);

        g_assert_cmpuint (answer->status, ==, 401);
        g_assert_cmpstr (self->app.last_presented, ==, rows[i].presented);
    }
    self->app.last_presented[0] = '\0';
    expect (self, "GET", "/api/ping?key=x", USER, NULL, 200, "[\"pong\"]");
    g_assert_cmpstr (self->app.last_presented, ==, ""); /* public: not looked at */
}

static void
test_permissions_of_keys_and_links (Fixture *self, gconstpointer data)
{
    expect (self, "GET", "/api/things/statistics", "x-api-key: key:nothing", NULL, 200,
            "[{\"id\":\"" UUID "\",\"size\":0},{\"id\":\"" UUID "\",\"size\":0}]");
    expect (self, "GET", THING "/parts/9", "x-api-key: key:thing.read", NULL, 200,
            "{\"id\":\"" UUID "\",\"count\":9,\"flag\":true}");
    expect (self, "GET", THING "/parts/9", "x-api-key: key:all", NULL, 200,
            "{\"id\":\"" UUID "\",\"count\":9,\"flag\":true}");
    expect (self, "GET", THING "/parts/9?key=link", NULL, NULL, 200,
            "{\"id\":\"" UUID "\",\"count\":9,\"flag\":true}");
    expect (self, "DELETE", THING, "x-api-key: key:all", NULL, 403, "Forbidden");
    expect (self, "DELETE", THING, ADMIN, NULL, 204, "");
}

#define THING_JSON(text)                                                                           \
    "{\"text\":\"" text "\",\"email\":\"a@b\",\"at\":\"2026-11-21T00:00Z\",\"kind\":\"ALBUM\","    \
    "\"count\":3,\"flag\":true,\"ids\":[],\"inner\":{\"id\":\"" UUID "\"},\"id\":\"" UUID "\","    \
    "\"rest\":null}"

static void
test_answers (Fixture *self, gconstpointer data)
{
    g_autoptr (TestAnswer) cookies = NULL;

    expect (self, "HEAD", "/API/Ping/", NULL, NULL, 200, "[\"pong\"]");
    expect (self, "GET", THING "/parts/0?flag=false&ids=" UUID, USER, NULL, 200,
            "{\"id\":\"" UUID "\",\"count\":0,\"flag\":false,\"list\":[\"" UUID "\"]}");
    expect (self, "POST", "/api/things", USER "\n" JSON "; charset=utf-8", THING_JSON ("x"), 201,
            "{\"id\":\"" UUID "\",\"size\":3}");
    expect (self, "POST", "/api/things", USER "\n" JSON, THING_JSON ("again"), 200,
            "{\"id\":\"" UUID "\",\"size\":3}");
    expect (self, "PUT", "/api/ping", NULL, NULL, 204, "");
    expect (self, "PUT", "/api/ping", "content-type: application/x-www-form-urlencoded",
            "count=3&colours=red&flag=true&colours=blue&unknown=%C3%A4", 204, "");
    cookies = ask (self, "GET", THING "/parts/4", USER, NULL);
    g_assert_cmpstr (cookies->cookies, ==, "a=1\nb=2\n");
    g_assert_cmpstr (cookies->header, ==, "X-Thing: yes");
}

static void
test_faults_are_told_without_secrets (Fixture *self, gconstpointer data)
{
    expect (
        self, "GET", THING "/parts/1", USER, NULL, 400,
        "{\"message\":\"Validation failed\",\"errors\":[{\"code\":\"custom\",\"path\":[\"a\",0,"
        "\"b\"],\"message\":\"it is not liked\"}],\"error\":\"Bad Request\",\"statusCode\":400}");
    expect (self, "GET", THING "/parts/2", USER, NULL, 500,
            "{\"message\":\"Failed to get thing\",\"error\":\"Internal Server Error\","
            "\"statusCode\":500}");
    g_assert_cmpstr (last_message, ==, "getThing failed: the table holds a secret");
    /* what was checked is not so any more */
    expect (
        self, "GET", THING "/parts/5", USER, NULL, 409,
        "{\"message\":\"Something that this refers to was changed or removed at this moment, try "
        "again\",\"error\":\"Conflict\",\"statusCode\":409}");
    g_assert_cmpstr (last_message, ==, "getThing failed: FOREIGN KEY of a secret");
    expect (self, "GET", THING "/parts/6", USER, NULL, 503,
            "{\"message\":\"the database is away\",\"error\":\"Service Unavailable\","
            "\"statusCode\":503}");
    g_assert_cmpstr (last_message, ==,
                     "getThing failed: the database is away\nfrom a secret place");
    expect (self, "GET", THING "/parts/3", USER, NULL, 400, "Not found or no thing.read access");
    g_test_expect_message ("api", G_LOG_LEVEL_CRITICAL, "*createThing has no value*'id'*");
    expect (self, "POST", "/api/things", USER "\n" JSON, THING_JSON ("no id"), 500,
            "Failed to create thing");
    g_test_assert_expected_messages ();
}

static void
test_a_body_over_the_limit_is_413 (Fixture *self, gconstpointer data)
{
    gsize n = 10 * 1024 * 1024 + 1;
    g_autofree char *body = g_strnfill (n, ' ');

    expect (self, "POST", "/api/things", USER "\n" JSON, body, 413, "too large");
    body[n - 1] = '\0';
    expect (self, "POST", "/api/things", USER "\n" JSON, body, 400, NULL);
}

static void
test_what_is_missing_is_listed (Fixture *self, gconstpointer data)
{
    g_autoptr (Arena) arena = arena_new ();
    StringList missing = api_missing_operations (self->api, arena);
    g_autoptr (TestAnswer) document = ask (self, "GET", "/api/openapi.json", NULL, NULL);

    g_assert_cmpuint (missing.n, ==, 2);
    g_assert_cmpstr (missing.items[0], ==, "getThingFile");
    g_assert_cmpstr (missing.items[1], ==, "uploadThing");
    g_assert_cmpuint (document->status, ==, 200);
    g_assert_cmpstr (document->body, ==, api_openapi_json (self->api));
    g_assert_nonnull (strstr (document->body, "\"operationId\":\"getThingFile\""));
}

/* ---- other apps ---- */

static void
other_begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->body = HTTP_BODY_BUFFER;
    out_plan->max_body_bytes = 100;
}

static void
other_handle (gpointer app, HttpRequest *request)
{
    http_respond (request, http_response_new_json (200, g_string_new (app)));
}

static void
test_other_paths_go_to_other_apps (Fixture *self, gconstpointer data)
{
    static const HttpApp other = { other_begin, other_handle, NULL };

    expect (self, "GET", "/photos", NULL, NULL, 404, "Cannot GET /photos");
    api_set_fallback (self->api, &other, (gpointer) "web");
    api_mount (self->api, "/api/socket.io", &other, (gpointer) "realtime");
    expect (self, "GET", "/photos", NULL, NULL, 200, "web");
    expect (self, "GET", "/apidoc", NULL, NULL, 200, "web");
    expect (self, "GET", "/api/socket.io/?x=1", NULL, NULL, 200, "realtime");
    expect (self, "GET", "/api/socket.ion", NULL, NULL, 404, "Cannot GET /api/socket.ion");
    expect (self, "GET", "/api", NULL, NULL, 404, "Cannot GET /api");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_log_set_always_fatal (G_LOG_FATAL_MASK); /* warnings are part of what is tested */
    g_log_set_writer_func (keep_message, NULL, NULL);
#define ADD(name, test) g_test_add ("/api/call/" name, Fixture, NULL, set_up, test, tear_down)
    ADD ("checks-come-in-order", test_checks_come_in_order);
    ADD ("one-credential-counts", test_one_credential_counts);
    ADD ("permissions-of-keys-and-links", test_permissions_of_keys_and_links);
    ADD ("answers", test_answers);
    ADD ("faults-without-secrets", test_faults_are_told_without_secrets);
    ADD ("body-over-the-limit", test_a_body_over_the_limit_is_413);
    ADD ("missing-operations", test_what_is_missing_is_listed);
    ADD ("other-apps", test_other_paths_go_to_other_apps);
    return g_test_run ();
}
