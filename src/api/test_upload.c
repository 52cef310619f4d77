/* test_upload.c -- multipart bodies: fields, files, refusals, and that nothing is left behind */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

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
#define HEAD "content-type: multipart/form-data; boundary=XX\n"
#define USER HEAD "x-immich-user-token: user"

struct _App {
    char seen[256];   /* what the handler got */
    char *taken_path; /* where it moved the file */
    gboolean answers_before;
    gint is_away; /* atomic: the database does not say who sends a body */
};

static gboolean
authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind, const char *text,
              Auth *out, GError **error)
{
    if (!g_str_equal (text, "user")) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAUTHORIZED, "Invalid user token");
        return FALSE;
    }
    out->kind = CREDENTIAL_SESSION;
    out->user_id = UUID;
    return TRUE;
}

static ApiStatus
upload_thing (ApiCall *call, const UploadThingRequest *in, Inner *out)
{
    ApiFile *file = in->body->asset_data;
    GString *sha1 = g_string_new (NULL);

    for (guint i = 0; i < 3; i++)
        g_string_append_printf (sha1, "%02x", file->sha1[i]);
    g_snprintf (call->app->seen, sizeof call->app->seen,
                "%s %s %s %" G_GINT64_FORMAT " %s duration=%" G_GINT64_FORMAT " sidecar=%s meta=%d",
                file->field, file->file_name, file->content_type, file->size_bytes, sha1->str,
                in->body->duration,
                in->body->sidecar_data == NULL ? "none" : in->body->sidecar_data->file_name,
                (int) in->body->metadata.n);
    g_string_free (sha1, TRUE);
    g_assert_cmpint (lseek (file->fd, 0, SEEK_CUR), ==, file->size_bytes);
    if (call->app->taken_path != NULL) {
        g_assert_cmpint (g_rename (file->path, call->app->taken_path), ==, 0);
        file->taken = TRUE;
    }
    out->id = UUID;
    return API_OK;
}

static gboolean
accept_part (App *app, const char *operation, const char *field, const char *file_name,
             const char *name_field, GError **error)
{
    const char *name = name_field != NULL ? name_field : file_name;

    g_assert_cmpstr (operation, ==, "uploadThing");
    if (g_str_has_suffix (name, ".jpg") || g_str_has_suffix (name, ".xmp"))
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Unsupported file type %s", name);
    return FALSE;
}

static gboolean
before_body (ApiCall *call)
{
    g_assert_cmpstr (call->auth->user_id, ==, UUID);
    while (g_atomic_int_get (&call->app->is_away))
        g_usleep (1000);
    if (!call->app->answers_before)
        return FALSE;
    api_set_header (call, "X-Early", "yes");
    api_respond (call, http_response_new_json (200, g_string_new ("{\"status\":\"duplicate\"}")));
    return TRUE;
}

static const ApiHandlers handlers = { .upload_thing = upload_thing };

typedef struct {
    App app;
    Api *api;
    char *folder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer max_upload_bytes)
{
    g_autoptr (GError) error = NULL;
    ApiSettings settings = { .app = &self->app,
                             .contract = &api_contract,
                             .authenticate = authenticate,
                             .max_upload_bytes = GPOINTER_TO_INT (max_upload_bytes) };

    self->folder = g_dir_make_tmp ("test-upload-XXXXXX", &error);
    g_assert_no_error (error);
    settings.temporary_folder = self->folder;
    self->api = api_new (&settings);
    api_serve_test_example (self->api, &handlers);
    api_set_upload_hooks (self->api, "uploadThing", accept_part, before_body);
}

/* Whatever happened, no temporary file is left. */
static void
tear_down (Fixture *self, gconstpointer data)
{
    api_free (self->api);
    g_assert_cmpint (g_rmdir (self->folder), ==, 0);
    g_free (self->folder);
}

#define TEXT_PART(name, value)                                                                     \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(name, file_name, value)                                                          \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file_name             \
    "\"\r\nContent-Type: image/jpeg\r\n\r\n" value "\r\n"
#define DATE TEXT_PART ("fileCreatedAt", "2026-11-21T10:00:00Z")
#define END "--XX--\r\n"

static void
expect (Fixture *self, const char *headers, const char *body, unsigned status, const char *wanted)
{
    static const gsize pieces[] = { 0, 1, 7 }; /* however it is cut */

    for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
        g_autoptr (TestAnswer) answer = test_ask (
            api_http_app (), self->api, "POST", "/api/things/upload", headers, body, -1, pieces[i]);

        g_test_message ("%s", answer->body);
        g_assert_cmpuint (answer->status, ==, status);
        g_assert_nonnull (strstr (answer->body, wanted));
    }
}

static void
test_fields_and_files_arrive (Fixture *self, gconstpointer data)
{
    expect (self, USER,
            DATE TEXT_PART ("duration", "0:00:01.500") TEXT_PART ("unknown", "x")
                TEXT_PART ("metadata", "[{\"id\":\"" UUID "\"}]")
                    FILE_PART ("assetData", "a b.jpg", "hello") //
            FILE_PART ("sidecarData", "a.xmp", "") END,
            201, UUID);
    g_assert_cmpstr (self->app.seen, ==,
                     "assetData a b.jpg image/jpeg 5 aaf4c6 duration=1500 sidecar=a.xmp meta=1");
}

static void
test_a_taken_file_stays (Fixture *self, gconstpointer data)
{
    g_autofree char *path = g_build_filename (self->folder, "kept.jpg", NULL);
    g_autofree char *contents = NULL;

    self->app.taken_path = path;
    expect (self, USER, DATE FILE_PART ("assetData", "a.jpg", "hello") END, 201, UUID);
    g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
    g_assert_cmpstr (contents, ==, "hello");
    g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_bodies_that_are_wrong (Fixture *self, gconstpointer data)
{
    g_autoptr (GString) many = g_string_new (NULL), large = g_string_new (NULL);
    const char *file = DATE FILE_PART ("assetData", "a.jpg", "x");
    g_autofree char *twice = g_strconcat (file, FILE_PART ("assetData", "b.jpg", "y") END, NULL);

    expect (self, USER, DATE END, 400, "\"File is required\"");
    expect (self, USER, DATE TEXT_PART ("assetData", "text") END, 400, "\"File is required\"");
    expect (self, USER, twice, 400, "\"Unexpected field - assetData\"");
    expect (self, USER, DATE FILE_PART ("other", "a.jpg", "x") END, 400,
            "\"Unexpected field - other\"");
    expect (self, USER, DATE FILE_PART ("fileCreatedAt", "a.jpg", "x") END, 400,
            "\"Unexpected field - fileCreatedAt\"");
    expect (self, USER, FILE_PART ("assetData", "a.txt", "x") DATE END, 400,
            "\"Unsupported file type a.txt\"");
    expect (self, USER,
            TEXT_PART ("filename", "b.txt") DATE FILE_PART ("assetData", "a.jpg", "x") END, 400,
            "\"Unsupported file type b.txt\"");
    expect (self, USER, file, 400, "\"Multipart: Unexpected end of form\"");
    expect (self, "content-type: multipart/form-data\nx-immich-user-token: user", file, 400,
            "\"Multipart: Boundary not found\"");
    expect (self, USER, FILE_PART ("assetData", "a.jpg", "x") END, 400,
            "expected ISO 8601 datetime string, received undefined");
    expect (self, "content-type: application/json\nx-immich-user-token: user", "{}", 400,
            "expected ISO 8601 datetime string, received undefined");
    expect (self, "x-immich-user-token: user", NULL, 400,
            "expected ISO 8601 datetime string, received undefined");
    expect (self, USER, DATE TEXT_PART ("isFavorite", "") FILE_PART ("assetData", "a.jpg", "x") END,
            400, "stringbool");
    expect (self, USER, DATE TEXT_PART ("isFavorite", "\xff") END, 400,
            "the field 'isFavorite' is not UTF-8 text");

    for (int i = 0; i < 101; i++)
        g_string_append (many, TEXT_PART ("x", "y"));
    expect (self, USER, many->str, 413, "more than 100 fields");
    g_string_append (large, "--XX\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n");
    for (int i = 0; i < 1100; i++)
        g_string_append_printf (large, "%01000d", 0);
    g_string_append (large, "\r\n" END);
    {
        g_autoptr (TestAnswer) answer = test_ask (api_http_app (), self->api, "POST",
                                                  "/api/things/upload", USER, large->str, -1, 4096);

        g_assert_cmpuint (answer->status, ==, 413);
        g_assert_nonnull (strstr (answer->body, "the field 'x' is longer than 1048576 bytes"));
    }
}

static void
test_who_may_not_upload_learns_nothing_more (Fixture *self, gconstpointer data)
{
    expect (self, HEAD, "nonsense", 401, "\"Authentication required\"");
    expect (self, HEAD "x-immich-user-token: no", FILE_PART ("assetData", "a.txt", "x"), 401,
            "\"Invalid user token\"");
    expect (self, "content-type: multipart/form-data", "x", 401, "\"Authentication required\"");
}

static void
test_an_answer_before_the_body (Fixture *self, gconstpointer data)
{
    self->app.answers_before = TRUE;
    expect (self, USER, DATE FILE_PART ("assetData", "a.jpg", "hello") END, 200,
            "{\"status\":\"duplicate\"}");
    expect (self, USER, "nonsense", 200, "{\"status\":\"duplicate\"}");
    g_assert_cmpstr (self->app.seen, ==, "");
}

static void
test_a_client_that_leaves_leaves_nothing (Fixture *self, gconstpointer data)
{
    test_leave (api_http_app (), self->api, "POST", "/api/things/upload", USER,
                DATE FILE_PART ("assetData", "a.jpg", "hello"), -1);
}

static void
test_who_leaves_during_the_check_leaves_nothing (Fixture *self, gconstpointer data)
{
    g_autoptr (GDir) dir = NULL;

    g_atomic_int_set (&self->app.is_away, TRUE);
    test_a_client_that_leaves_leaves_nothing (self, data);
    dir = g_dir_open (self->folder, 0, NULL);
    g_assert_null (g_dir_read_name (dir));
    g_atomic_int_set (&self->app.is_away, FALSE);
}

static void
test_a_file_over_the_limit (Fixture *self, gconstpointer data)
{
    expect (self, USER, DATE FILE_PART ("assetData", "a.jpg", "hello") END, 413,
            "the file is larger than 4 bytes");
    expect (self, USER, DATE FILE_PART ("assetData", "a.jpg", "hell") END, 201, UUID);
}

static void
test_a_folder_that_is_gone (Fixture *self, gconstpointer data)
{
    g_assert_cmpint (g_rmdir (self->folder), ==, 0);
    expect (self, USER, DATE FILE_PART ("assetData", "a.jpg", "hello") END, 500,
            "\"Failed to upload thing\"");
    g_assert_true (
        g_str_has_prefix (last_message, "uploadThing failed: cannot make the temporary"));
    g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_log_set_always_fatal (G_LOG_FATAL_MASK); /* warnings are part of what is tested */
    g_log_set_writer_func (keep_message, NULL, NULL);
#define ADD(name, limit, test)                                                                     \
    g_test_add ("/api/upload/" name, Fixture, GINT_TO_POINTER (limit), set_up, test, tear_down)
    ADD ("fields-and-files-arrive", 0, test_fields_and_files_arrive);
    ADD ("taken-file-stays", 0, test_a_taken_file_stays);
    ADD ("wrong-bodies", 0, test_bodies_that_are_wrong);
    ADD ("who-may-not", 0, test_who_may_not_upload_learns_nothing_more);
    ADD ("answer-before-the-body", 0, test_an_answer_before_the_body);
    ADD ("client-leaves", 0, test_a_client_that_leaves_leaves_nothing);
    ADD ("client-leaves-during-the-check", 0, test_who_leaves_during_the_check_leaves_nothing);
    ADD ("file-over-the-limit", 4, test_a_file_over_the_limit);
    ADD ("folder-is-gone", 0, test_a_folder_that_is_gone);
    return g_test_run ();
}
