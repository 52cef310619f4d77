/* upload.c -- see upload.h
 *
 * The body is written to a temporary file while it arrives, in constant memory. To know who sends it
 * takes the database, which an event thread must not wait for: another thread asks it meanwhile, and
 * its verdict stops the body when it is no. Until then at most MAX_UNKNOWN_BYTES are taken.
 *
 * The two threads share only the verdict: the texts and files of the body are in an arena of their
 * own, the request's arena belongs to the checking thread until it has decided. That thread keeps the
 * request, whose client may leave meanwhile: the database may take its time. */
#define G_LOG_DOMAIN "api"
#include "api/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "base/uuid.h"
#include "http/multipart.h"

#define MAX_TEXT_BYTES (1024 * 1024) /* of a field */
#define MAX_ALL_TEXT_BYTES (10 * 1024 * 1024)
#define MAX_FIELDS 100
#define MAX_NAME_BYTES 256
#define MAX_FILES 8
/* The body comes in pieces of some kilobytes. Written in large ones a file takes large folios of the page
 * cache, and a tenth of the calls. */
#define BUFFER_BYTES (256 * 1024)
#define WRITE_BEHIND_BYTES (1024 * 1024)
#define MAX_UNKNOWN_BYTES (64 * 1024 * 1024)

typedef enum { VERDICT_PENDING, VERDICT_ALLOWED, VERDICT_REFUSED, VERDICT_ANSWERED } Verdict;

struct _Upload {
    ApiCall *call;
    Arena *arena;
    Multipart *parser; /* NULL: the boundary is missing, see error */
    GError *error;     /* the first fault of the body */
    gint64 n_bytes;

    HttpPair fields[MAX_FIELDS];
    gsize n_fields, n_text_bytes;
    ApiFile *files[MAX_FILES];
    gsize n_files;

    /* the part that is being read: one of file and text, or neither when nobody wants it */
    const char *name;
    ApiFile *file;
    GString *text;
    EVP_MD_CTX *digest;
    guint8 *buffer; /* of the file: received, not yet written */
    gsize n_buffered;
    gsize n_behind; /* written since the disk was told to begin */

    GMutex mutex;
    GCond decided;
    Verdict verdict;
    GError *refusal; /* VERDICT_REFUSED */
};

/* ---- the verdict ---- */

static void
decide (Upload *self, Verdict verdict, GError *refusal)
{
    g_mutex_lock (&self->mutex);
    self->verdict = verdict;
    self->refusal = refusal;
    g_cond_broadcast (&self->decided);
    g_mutex_unlock (&self->mutex);
}

static Verdict
wait_verdict (Upload *self)
{
    Verdict verdict;

    g_mutex_lock (&self->mutex);
    while (self->verdict == VERDICT_PENDING)
        g_cond_wait (&self->decided, &self->mutex);
    verdict = self->verdict;
    g_mutex_unlock (&self->mutex);
    return verdict;
}

static Verdict
peek_verdict (Upload *self)
{
    Verdict verdict;

    g_mutex_lock (&self->mutex);
    verdict = self->verdict;
    g_mutex_unlock (&self->mutex);
    return verdict;
}

static void
check (Upload *self)
{
    struct _ApiCallPrivate *private = self->call->private_data;
    GError *error = NULL;
    gboolean answered = FALSE;

    if (!call_authorize (self->call, &error)) {
        decide (self, VERDICT_REFUSED, error);
        return;
    }
    if (private->route->before_body != NULL) {
        private->defers = TRUE;
        answered = private->route->before_body (self->call);
        private->defers = FALSE;
    }
    decide (self, answered ? VERDICT_ANSWERED : VERDICT_ALLOWED, NULL);
}

void
upload_check (Upload *self)
{
    HttpRequest *request = self->call->request;

    check (self);
    http_request_unref (request);
}

/* ---- parts ---- */

static const FieldDescriptor *
find_file_field (const TypeDescriptor *type, const char *name)
{
    for (guint i = 0; i < type->n_fields; i++)
        if (type->fields[i].kind == FIELD_FILE && g_str_equal (type->fields[i].name, name))
            return &type->fields[i];
    return NULL;
}

static ApiFile *
find_file (Upload *self, const char *field)
{
    for (gsize i = 0; i < self->n_files; i++)
        if (g_str_equal (self->files[i]->field, field))
            return self->files[i];
    return NULL;
}

static const char *
find_text (Upload *self, const char *name)
{
    for (gsize i = 0; i < self->n_fields; i++)
        if (g_str_equal (self->fields[i].name, name))
            return self->fields[i].value;
    return NULL;
}

static void
set_io_error (GError **error, const char *what, const char *path)
{
    int code = errno == ENOSPC || errno == EDQUOT ? APP_ERROR_DISK_FULL : APP_ERROR_IO;

    g_set_error (error, APP_ERROR, code, "cannot %s the temporary file '%s': %s", what, path,
                 g_strerror (errno));
}

static gboolean
begin_file (Upload *self, const MultipartPart *part, GError **error)
{
    const struct _ApiCallPrivate *private = self->call->private_data;
    const ApiSettings *settings = api_settings (private->api);
    const Route *route = private->route;
    char id[UUID_TEXT_BYTES];
    ApiFile *file;

    if (find_file_field (route->operation->body_type, part->name) == NULL ||
        find_file (self, part->name) != NULL || self->n_files == MAX_FILES) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Unexpected field - %s", part->name);
        return FALSE;
    }
    if (route->accept_part != NULL &&
        !route->accept_part (settings->app, route->operation->id, part->name, part->file_name,
                             find_text (self, "filename"), error))
        return FALSE;
    uuid_v4_text (id);
    file = arena_new0 (self->arena, ApiFile);
    file->field = arena_strdup (self->arena, part->name);
    file->file_name = arena_strdup (self->arena, part->file_name);
    file->content_type = arena_strdup (self->arena, part->content_type);
    file->path = arena_printf (self->arena, "%s/%s.part", settings->temporary_folder, id);
    file->fd = open (file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        set_io_error (error, "make", file->path);
        return FALSE;
    }
    self->files[self->n_files++] = file;
    self->n_buffered = self->n_behind = 0;
    if (self->buffer == NULL)
        self->buffer = g_malloc (BUFFER_BYTES);
    self->file = file;
    return EVP_DigestInit_ex (self->digest, EVP_sha1 (), NULL) == 1;
}

static gboolean
part_begin (gpointer data, const MultipartPart *part, GError **error)
{
    Upload *self = data;

    self->file = NULL;
    if (self->text != NULL)
        g_string_free (g_steal_pointer (&self->text), TRUE);
    if (strlen (part->name) > MAX_NAME_BYTES) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "Multipart: a field's name is longer than %d bytes", MAX_NAME_BYTES);
        return FALSE;
    }
    if (part->file_name != NULL)
        return begin_file (self, part, error);
    if (self->n_fields == MAX_FIELDS) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE, "Multipart: more than %d fields",
                     MAX_FIELDS);
        return FALSE;
    }
    self->name = arena_strdup (self->arena, part->name);
    self->text = g_string_new (NULL);
    return TRUE;
}

static gboolean
flush_file (Upload *self, GError **error)
{
    gsize written = 0;

    while (written < self->n_buffered) {
        gssize n = write (self->file->fd, self->buffer + written, self->n_buffered - written);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            set_io_error (error, "write", self->file->path);
            return FALSE;
        }
        written += (gsize) n;
    }
    self->n_buffered = 0;
    self->n_behind += written;
    if (self->n_behind >= WRITE_BEHIND_BYTES) {
        self->n_behind = 0;
        api_write_behind (self->call->private_data->api, self->file->fd);
    }
    return EVP_DigestUpdate (self->digest, self->buffer, written) == 1;
}

static gboolean
write_file (Upload *self, const guint8 *bytes, gsize n_bytes, GError **error)
{
    gint64 max = api_settings (self->call->private_data->api)->max_upload_bytes;

    self->file->size_bytes += (gint64) n_bytes;
    if (max > 0 && self->file->size_bytes > max) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "the file is larger than %" G_GINT64_FORMAT " bytes", max);
        return FALSE;
    }
    while (n_bytes > 0) {
        gsize n = MIN (n_bytes, BUFFER_BYTES - self->n_buffered);

        memcpy (self->buffer + self->n_buffered, bytes, n);
        self->n_buffered += n;
        bytes += n;
        n_bytes -= n;
        if (self->n_buffered == BUFFER_BYTES && !flush_file (self, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
part_data (gpointer data, const guint8 *bytes, gsize n_bytes, GError **error)
{
    Upload *self = data;

    if (self->file != NULL)
        return write_file (self, bytes, n_bytes, error);
    self->n_text_bytes += n_bytes;
    if (self->text->len + n_bytes > MAX_TEXT_BYTES || self->n_text_bytes > MAX_ALL_TEXT_BYTES) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "Multipart: the field '%s' is longer than %d bytes", self->name,
                     MAX_TEXT_BYTES);
        return FALSE;
    }
    g_string_append_len (self->text, (const char *) bytes, (gssize) n_bytes);
    return TRUE;
}

static gboolean
part_end (gpointer data, GError **error)
{
    Upload *self = data;

    if (self->file != NULL) {
        if (!flush_file (self, error))
            return FALSE;
        EVP_DigestFinal_ex (self->digest, self->file->sha1, NULL);
        self->file = NULL;
        return TRUE;
    }
    if (!g_utf8_validate_len (self->text->str, self->text->len, NULL)) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                     "Multipart: the field '%s' is not UTF-8 text", self->name);
        return FALSE;
    }
    self->fields[self->n_fields].name = self->name;
    self->fields[self->n_fields].value = arena_strdup (self->arena, self->text->str);
    self->n_fields++;
    return TRUE;
}

/* ---- the sink ---- */

static gboolean
sink_write (gpointer data, const guint8 *bytes, gsize n_bytes, GError **error)
{
    Upload *self = data;
    Verdict verdict = peek_verdict (self);

    self->n_bytes += (gint64) n_bytes;
    if (verdict == VERDICT_PENDING && self->n_bytes > MAX_UNKNOWN_BYTES) {
        g_set_error (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                     "the server is too busy to check the credential, try again later");
        return FALSE;
    }
    if (verdict == VERDICT_REFUSED || verdict == VERDICT_ANSWERED) {
        g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "the body is not wanted");
        return FALSE;
    }
    if (self->error == NULL && multipart_push (self->parser, bytes, n_bytes, &self->error))
        return TRUE;
    /* A body that is wrong is told only to those who may send one: until that is known the rest is dropped. */
    if (verdict == VERDICT_PENDING)
        return TRUE;
    g_propagate_error (error, g_error_copy (self->error));
    return FALSE;
}

static void
drop_files (Upload *self)
{
    for (gsize i = 0; i < self->n_files; i++) {
        ApiFile *file = self->files[i];

        if (file->fd >= 0)
            close (file->fd);
        if (!file->taken)
            unlink (file->path);
    }
    self->n_files = 0;
}

/* The files go at once: the request stays for as long as the database lets its check wait. */
static void
sink_abort (gpointer data)
{
    drop_files (data);
}

static void
upload_free (gpointer data)
{
    Upload *self = data;

    drop_files (self);
    if (self->text != NULL)
        g_string_free (self->text, TRUE);
    multipart_free (self->parser);
    g_free (self->buffer);
    EVP_MD_CTX_free (self->digest);
    g_clear_error (&self->error);
    g_clear_error (&self->refusal);
    g_clear_pointer (&self->call->private_data->deferred, http_response_free);
    g_mutex_clear (&self->mutex);
    g_cond_clear (&self->decided);
    arena_free (self->arena);
    g_free (self);
}

void
upload_begin (ApiCall *call, HttpPlan *plan)
{
    static const HttpSinkClass sink_class = { sink_write, sink_abort };
    static const MultipartClass part_class = { part_begin, part_data, part_end };
    Upload *self = g_new0 (Upload, 1);

    self->call = call;
    self->arena = arena_new ();
    self->digest = EVP_MD_CTX_new ();
    g_mutex_init (&self->mutex);
    g_cond_init (&self->decided);
    self->parser = multipart_new (http_request_header (call->request, "content-type"), &part_class,
                                  self, NULL);
    if (self->parser == NULL)
        self->error =
            g_error_new_literal (APP_ERROR, APP_ERROR_INVALID, "Multipart: Boundary not found");
    call->private_data->upload = arena_own (call->arena, self, upload_free);
    plan->body = HTTP_BODY_SINK;
    plan->sink_class = &sink_class;
    plan->sink = self;
    plan->on_event_thread = FALSE;
    http_request_ref (call->request); /* the checking thread's */
    api_check_later (call->private_data->api, self);
}

/* ---- after the body ---- */

/* @return FALSE when the verdict answered the request */
static gboolean
may_go_on (Upload *self)
{
    struct _ApiCallPrivate *private = self->call->private_data;

    switch (wait_verdict (self)) {
    case VERDICT_REFUSED:
        api_fail (self->call, g_steal_pointer (&self->refusal));
        return FALSE;
    case VERDICT_ANSWERED:
        if (private->deferred != NULL)
            http_respond (self->call->request, g_steal_pointer (&private->deferred));
        else
            api_refuse (self->call, APP_ERROR_INTERNAL, "before_body gave no answer");
        return FALSE;
    default:
        return TRUE;
    }
}

void
upload_dispatch (Upload *self)
{
    if (!may_go_on (self))
        return;
    if (self->error == NULL && !multipart_finish (self->parser, NULL))
        self->error =
            g_error_new_literal (APP_ERROR, APP_ERROR_INVALID, "Multipart: Unexpected end of form");
    if (self->error != NULL) {
        api_fail (self->call, g_steal_pointer (&self->error));
        return;
    }
    call_run (self->call, &(ApiBody){ NULL, self->fields, self->n_fields });
}

void
upload_fail (Upload *self, const GError *why)
{
    if (peek_verdict (self) == VERDICT_PENDING) /* the call is the other thread's */
        http_respond (self->call->request,
                      problem_response (http_problem_status (why), why->message, NULL));
    else if (may_go_on (self))
        api_fail (self->call, g_error_copy (why));
}

gboolean
upload_fill (Upload *self, const TypeDescriptor *type, void *out, GError **error)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const FieldDescriptor *field = &type->fields[i];
        ApiFile *file;

        if (field->kind != FIELD_FILE)
            continue;
        file = self == NULL ? NULL : find_file (self, field->name);
        if (file == NULL && !(field->flags & FIELD_OPTIONAL)) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "File is required");
            return FALSE;
        }
        *(ApiFile **) ((char *) out + field->offset) = file;
    }
    return TRUE;
}
