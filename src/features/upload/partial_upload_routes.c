/* partial_upload_routes.c -- the handlers of uploads that come in parts */
#define G_LOG_DOMAIN "upload"
#include "features/upload/partial_upload.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/timestamp.h"

#define FILM_WAITS_MS (7 * 24 * G_GINT64_CONSTANT (3600000))

/* What a form weighs besides its part. */
#define FORM_BYTES (64 * 1024)

/* FALSE when it answered. */
static gboolean
find_out_who (ApiCall *call, PartialUploadWho *out)
{
    const Auth *auth = call->auth;

    *out = (PartialUploadWho){
        .owner_id = auth->user_id,
        .link_id = auth->kind == CREDENTIAL_LINK ? auth->link_id : NULL,
        .has_quota = auth->has_quota,
        .quota_left_bytes = auth->quota_size_bytes - auth->quota_usage_bytes,
    };
    if (auth->kind == CREDENTIAL_LINK && !auth->link_allows_upload) {
        api_refuse (call, APP_ERROR_UNAUTHORIZED, "Unauthorized");
        return FALSE;
    }
    return TRUE;
}

/* Whether there is an upload of that id is nobody else's business. */
static ApiStatus
fail (ApiCall *call, GError *error)
{
    if (!g_error_matches (error, APP_ERROR, APP_ERROR_NOT_FOUND))
        return api_fail (call, error);
    g_error_free (error);
    return api_refuse_access (call, "asset.upload");
}

static void
describe (const PartialUploadRow *row, PartialUploadResponse *out)
{
    out->id = row->id;
    out->filename = row->file_name;
    out->size_in_bytes = row->size_bytes;
    out->received_bytes = row->received_bytes;
    out->max_part_bytes = PARTIAL_UPLOAD_MAX_PART_BYTES;
    out->expires_at = row->updated_at + PARTIAL_UPLOAD_KEPT_MS;
    out->asset_id = row->asset_id;
}

ApiStatus
upload_create_partial (ApiCall *call, const CreatePartialUploadRequest *in,
                       PartialUploadResponse *out)
{
    const PartialUploadCreate *body = in->body;
    PartialUploadWho who;
    PartialUploadRow row;
    GError *error = NULL;
    guint8 sha1[20];
    gboolean is_known;

    if (!find_out_who (call, &who))
        return API_FAILED;
    if (!upload_takes_name (body->filename))
        return api_refuse (call, APP_ERROR_INVALID, "Unsupported file type %s", body->filename);
    if (body->checksum != NULL && !upload_parse_checksum (body->checksum, sha1))
        return api_refuse_field (call, "checksum",
                                 "Must be the SHA-1 of the file: 28 characters of base64 or 40 "
                                 "hexadecimal ones");
    if (!partial_upload_create (call->app, call->arena, &who, body->filename, body->size_in_bytes,
                                body->checksum != NULL ? sha1 : NULL, &row, &is_known, &error))
        return api_fail (call, error);
    describe (&row, out);
    return is_known ? 200 : API_OK;
}

ApiStatus
upload_list_partial (ApiCall *call, const GetPartialUploadsRequest *in,
                     PartialUploadResponseList *out)
{
    PartialUploadRowList rows = { 0 };
    GError *error = NULL;

    if (!partial_upload_list (call->app, call->arena, call->auth->user_id, &rows, &error))
        return api_fail (call, error);
    out->n = rows.n;
    out->items = arena_new_array (call->arena, PartialUploadResponse, MAX (rows.n, 1));
    for (gsize i = 0; i < rows.n; i++)
        describe (&rows.items[i], &out->items[i]);
    return API_OK;
}

ApiStatus
upload_get_partial (ApiCall *call, const GetPartialUploadRequest *in, PartialUploadResponse *out)
{
    PartialUploadWho who;
    PartialUploadRow row;
    GError *error = NULL;

    if (!find_out_who (call, &who))
        return API_FAILED;
    if (!partial_upload_load (call->app, call->arena, &who, in->id, &row, &error))
        return fail (call, error);
    describe (&row, out);
    return API_OK;
}

gboolean
upload_check_part (ApiCall *call)
{
    gint64 length = call->request->content_length;
    PartialUploadWho who;

    if (!find_out_who (call, &who))
        return TRUE;
    if (length < 0) {
        api_refuse (call, APP_ERROR_INVALID,
                    "a part needs a Content-Length: send it as it is, not chunked");
        return TRUE;
    }
    if (length > PARTIAL_UPLOAD_MAX_PART_BYTES + FORM_BYTES) {
        api_refuse (call, APP_ERROR_TOO_LARGE, "a part may have %d bytes at most, see maxPartBytes",
                    PARTIAL_UPLOAD_MAX_PART_BYTES);
        return TRUE;
    }
    return FALSE;
}

/* FALSE when it answered. */
static gboolean
check_part (ApiCall *call, const PartialUploadAppend *body)
{
    guint8 sha1[20];

    if (!upload_parse_checksum (body->checksum, sha1)) {
        api_refuse_field (call, "checksum",
                          "Must be the SHA-1 of the part: 28 characters of base64 or 40 "
                          "hexadecimal ones");
        return FALSE;
    }
    if (body->data->size_bytes == 0) {
        api_refuse_field (call, "data", "The part is empty");
        return FALSE;
    }
    if (body->data->size_bytes > PARTIAL_UPLOAD_MAX_PART_BYTES) {
        api_refuse (call, APP_ERROR_TOO_LARGE, "a part may have %d bytes at most, see maxPartBytes",
                    PARTIAL_UPLOAD_MAX_PART_BYTES);
        return FALSE;
    }
    if (memcmp (sha1, body->data->sha1, sizeof sha1) != 0) {
        api_refuse (call, APP_ERROR_INVALID,
                    "The part does not have its checksum: it was changed or cut short on its way; "
                    "send it again");
        return FALSE;
    }
    return TRUE;
}

ApiStatus
upload_append_partial (ApiCall *call, const AppendPartialUploadRequest *in,
                       PartialUploadResponse *out)
{
    g_auto (PartialUpload) upload = { .fd = -1 };
    PartialUploadWho who;
    GError *error = NULL;
    gboolean ok;

    if (!find_out_who (call, &who) || !check_part (call, in->body))
        return API_FAILED;
    ok = partial_upload_lock (call->app, call->arena, &who, in->id, &upload, &error) &&
         partial_upload_append (call->app, &upload, in->body->offset, in->body->data, &error);
    partial_upload_unlock (&upload); /* who is told where to go on does so at once */
    if (!ok)
        return fail (call, error);
    describe (&upload.row, out);
    return API_OK;
}

/* Whether the file has become what its sender said; one that has not is of no use. FALSE when it
 * answered. */
static gboolean
check_whole (ApiCall *call, PartialUpload *upload, const ApiFile *file)
{
    GBytes *wanted = upload->row.checksum;
    GError *error = NULL;

    if (wanted == NULL ||
        (g_bytes_get_size (wanted) == sizeof file->sha1 &&
         memcmp (g_bytes_get_data (wanted, NULL), file->sha1, sizeof file->sha1) == 0))
        return TRUE;
    if (!partial_upload_delete (call->app, upload, &error))
        api_fail (call, error);
    else
        api_refuse (
            call, APP_ERROR_INVALID,
            "The file does not have the checksum it was begun with: it was changed while it "
            "was sent; send it again from the beginning");
    return FALSE;
}

ApiStatus
upload_finish_partial (ApiCall *call, const FinishPartialUploadRequest *in, AssetMediaResponse *out)
{
    const PartialUploadFinish *body = in->body;
    g_auto (PartialUpload) upload = { .fd = -1 };
    g_autofree char *second_name = NULL; /* outlives the arena, which goes with an answer */
    PartialUploadWho who;
    GError *error = NULL;
    ApiFile file;
    ApiStatus status = API_FAILED;

    if (!find_out_who (call, &who))
        return API_FAILED;
    if (!partial_upload_lock (call->app, call->arena, &who, in->id, &upload, &error))
        return fail (call, error);
    if (upload.row.asset_id != NULL) { /* the answer was lost, it is given again */
        out->id = upload.row.asset_id;
        out->status = ASSET_MEDIA_STATUS_CREATED;
        return API_OK;
    }
    if (!partial_upload_whole (call->app, call->arena, &upload, &file, &error)) {
        partial_upload_unlock (&upload); /* as above */
        return api_fail (call, error);
    }
    if (strcmp (file.path, upload.path) != 0)
        second_name = g_strdup (file.path);
    if (check_whole (call, &upload, &file)) {
        AssetMediaCreate form = {
            .asset_data = &file,
            .file_created_at = body->file_created_at,
            .file_modified_at = body->file_modified_at,
            .has_duration = body->has_duration,
            .duration = body->duration,
            .filename = upload.row.file_name,
            .has_is_favorite = body->has_is_favorite,
            .is_favorite = body->is_favorite,
            .live_photo_video_id = body->live_photo_video_id,
            .metadata = body->metadata,
            .sidecar_data = body->sidecar_data,
            .has_visibility = body->has_visibility,
            .visibility = body->visibility,
        };

        status = upload_take (call, &form, upload.row.id, out);
    }
    if (!file.taken && second_name != NULL)
        unlink (second_name);
    if (status != API_FAILED)
        partial_upload_end (&upload);
    return status;
}

ApiStatus
upload_delete_partial (ApiCall *call, const DeletePartialUploadRequest *in)
{
    g_auto (PartialUpload) upload = { .fd = -1 };
    PartialUploadWho who;
    GError *error = NULL;

    if (!find_out_who (call, &who))
        return API_FAILED;
    if (!partial_upload_lock (call->app, call->arena, &who, in->id, &upload, &error) ||
        !partial_upload_delete (call->app, &upload, &error))
        return fail (call, error);
    return API_OK;
}

/* A live photo comes in two halves, the film first and hidden. Where the photo does not follow the film is all there
 * is; should it come later, the film becomes its part as any other. */
typedef struct {
    gint64 before_ms, n_shown;
} LoneFilms;

static gboolean
run_show_lone_films (Db *tx, gpointer data, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    LoneFilms *self = data;

    return upload_show_lone_films (tx, arena, self->before_ms, &self->n_shown, error);
}

static gboolean
show_lone_films (App *app, GError **error)
{
    LoneFilms films = { .before_ms = timestamp_now_ms () - FILM_WAITS_MS };

    do {
        if (!db_write (app->db, run_show_lone_films, &films, error))
            return FALSE;
        if (films.n_shown > 0)
            g_message ("%" G_GINT64_FORMAT " films whose photos did not come are on the timeline",
                       films.n_shown);
    } while (films.n_shown > 0);
    return TRUE;
}

JobResult
upload_run_partial_cleanup (gpointer app, const Job *job, Arena *arena, GError **error)
{
    guint n;

    if (!partial_upload_sweep (app, timestamp_now_ms (), &n, error) ||
        !show_lone_films (app, error))
        return JOB_RETRY;
    if (n > 0)
        g_message ("%u uploads that nobody went on with are forgotten", n);
    return JOB_DONE;
}
