#define G_LOG_DOMAIN "queues"

#include "features/queues/queues.h"

#include "base/json_writer.h"
#include "features/config/config.h"
#include "jobs/queue.h"

#define MAX_LISTED 1000

/* In the order in which clients are told them. */
static const struct {
    QueueName name;
    const char *start_job;    /* what the command 'start' asks for; NULL: cannot be started */
    gsize concurrency_offset; /* of its AdminConfigJobSettings; 0: one at a time */
} queues[] = {
#define LIMITED(member) G_STRUCT_OFFSET (AdminConfigJob, member) + 1
    { QUEUE_NAME_THUMBNAIL_GENERATION, "AssetGenerateThumbnailsQueueAll",
      LIMITED (thumbnail_generation) },
    { QUEUE_NAME_METADATA_EXTRACTION, "AssetExtractMetadataQueueAll",
      LIMITED (metadata_extraction) },
    { QUEUE_NAME_VIDEO_CONVERSION, "AssetEncodeVideoQueueAll", LIMITED (video_conversion) },
    { QUEUE_NAME_FACE_DETECTION, "AssetDetectFacesQueueAll", LIMITED (face_detection) },
    { QUEUE_NAME_FACIAL_RECOGNITION, "FacialRecognitionQueueAll", 0 },
    { QUEUE_NAME_SMART_SEARCH, "SmartSearchQueueAll", LIMITED (smart_search) },
    { QUEUE_NAME_DUPLICATE_DETECTION, "AssetDetectDuplicatesQueueAll", 0 },
    { QUEUE_NAME_BACKGROUND_TASK, NULL, LIMITED (background_task) },
    { QUEUE_NAME_STORAGE_TEMPLATE_MIGRATION, "StorageTemplateMigration", 0 },
    { QUEUE_NAME_MIGRATION, "FileMigrationQueueAll", LIMITED (migration) },
    { QUEUE_NAME_SEARCH, NULL, LIMITED (search) },
    { QUEUE_NAME_SIDECAR, "SidecarQueueAll", LIMITED (sidecar) },
    { QUEUE_NAME_LIBRARY, "LibraryScanQueueAll", LIMITED (library) },
    { QUEUE_NAME_NOTIFICATIONS, NULL, LIMITED (notifications) },
    { QUEUE_NAME_BACKUP_DATABASE, "DatabaseBackup", 0 },
    { QUEUE_NAME_OCR, "OcrQueueAll", LIMITED (ocr) },
    { QUEUE_NAME_WORKFLOW, NULL, LIMITED (workflow) },
    { QUEUE_NAME_INTEGRITY_CHECK, NULL, LIMITED (integrity_check) },
    { QUEUE_NAME_EDITOR, NULL, LIMITED (editor) },
#undef LIMITED
};

static const char *
text_of (int name)
{
    return queue_name_enum.texts[name];
}

/* ---- asking the queue ---- */

static gboolean
count_all (ApiCall *call, QueueCounts out[G_N_ELEMENTS (queues)], GError **error)
{
    const char *names[G_N_ELEMENTS (queues)];

    for (gsize i = 0; i < G_N_ELEMENTS (queues); i++)
        names[i] = text_of (queues[i].name);
    return queue_count (call->db, call->arena, names, G_N_ELEMENTS (queues), out, error);
}

static gboolean
count_one (ApiCall *call, int name, QueueCounts *out, GError **error)
{
    const char *text = text_of (name);

    return queue_count (call->db, call->arena, &text, 1, out, error);
}

/* Completed jobs are not kept, so there are none. */
static const QueueStatistics *
statistics (ApiCall *call, const QueueCounts *counts)
{
    QueueStatistics *out = arena_new0 (call->arena, QueueStatistics);

    out->active = counts->active;
    out->failed = counts->failed;
    out->delayed = counts->delayed;
    out->waiting = counts->waiting;
    out->paused = counts->paused;
    return out;
}

static void
describe (ApiCall *call, int name, const QueueCounts *counts, QueueResponse *out)
{
    out->name = name;
    out->is_paused = counts->is_paused;
    out->statistics = statistics (call, counts);
}

static void
describe_legacy (ApiCall *call, const QueueCounts *counts, QueueResponseLegacy *out)
{
    QueueStatusLegacy *status = arena_new0 (call->arena, QueueStatusLegacy);

    status->is_paused = counts->is_paused;
    status->is_active = counts->active > 0;
    out->queue_status = status;
    out->job_counts = statistics (call, counts);
}

/* ---- handlers ---- */

static ApiStatus
get_queues_legacy (ApiCall *call, const GetQueuesLegacyRequest *in, QueuesResponseLegacy *out)
{
    QueueCounts counts[G_N_ELEMENTS (queues)];
    QueueResponseLegacy *items = arena_new_array (call->arena, QueueResponseLegacy,
                                                  QUEUE_NAME_EDITOR + QUEUE_NAME_INTEGRITY_CHECK);
    GError *error = NULL;

    if (!count_all (call, counts, &error))
        return api_fail (call, error);
    for (gsize i = 0; i < G_N_ELEMENTS (queues); i++)
        describe_legacy (call, &counts[i], &items[queues[i].name]);
    out->thumbnail_generation = &items[QUEUE_NAME_THUMBNAIL_GENERATION];
    out->metadata_extraction = &items[QUEUE_NAME_METADATA_EXTRACTION];
    out->video_conversion = &items[QUEUE_NAME_VIDEO_CONVERSION];
    out->face_detection = &items[QUEUE_NAME_FACE_DETECTION];
    out->facial_recognition = &items[QUEUE_NAME_FACIAL_RECOGNITION];
    out->smart_search = &items[QUEUE_NAME_SMART_SEARCH];
    out->duplicate_detection = &items[QUEUE_NAME_DUPLICATE_DETECTION];
    out->background_task = &items[QUEUE_NAME_BACKGROUND_TASK];
    out->storage_template_migration = &items[QUEUE_NAME_STORAGE_TEMPLATE_MIGRATION];
    out->migration = &items[QUEUE_NAME_MIGRATION];
    out->search = &items[QUEUE_NAME_SEARCH];
    out->sidecar = &items[QUEUE_NAME_SIDECAR];
    out->library = &items[QUEUE_NAME_LIBRARY];
    out->notifications = &items[QUEUE_NAME_NOTIFICATIONS];
    out->backup_database = &items[QUEUE_NAME_BACKUP_DATABASE];
    out->ocr = &items[QUEUE_NAME_OCR];
    out->workflow = &items[QUEUE_NAME_WORKFLOW];
    out->editor = &items[QUEUE_NAME_EDITOR];
    out->integrity_check = &items[QUEUE_NAME_INTEGRITY_CHECK];
    return API_OK;
}

typedef struct {
    const char *name, *queue, *key, *data;
} NewJob;

static gboolean
add_job (Db *tx, gpointer data, GError **error)
{
    const NewJob *job = data;

    return job_add (tx, job->name, job->queue, job->key, job->data, 0, error);
}

/* Work that is not built is not taken on: it would never be done. */
static ApiStatus
ask_for (ApiCall *call, const char *name, const char *key, const char *data)
{
    NewJob job = { name, jobs_find_queue (call->app->jobs, name), key, data };
    GError *error = NULL;

    if (job.queue == NULL)
        return api_refuse (call, APP_ERROR_NOT_IMPLEMENTED, "%s is not built yet", name);
    return db_write (call->db, add_job, &job, &error) ? API_OK : api_fail (call, error);
}

static ApiStatus
create_job (ApiCall *call, const CreateJobRequest *in)
{
    static const struct {
        const char *name, *type; /* of reports; NULL: none */
    } jobs[] = {
        [MANUAL_JOB_NAME_PERSON_CLEANUP] = { "PersonCleanup", NULL },
        [MANUAL_JOB_NAME_TAG_CLEANUP] = { "TagCleanup", NULL },
        [MANUAL_JOB_NAME_USER_CLEANUP] = { "UserDeleteCheck", NULL },
        [MANUAL_JOB_NAME_MEMORY_CLEANUP] = { "MemoryCleanup", NULL },
        [MANUAL_JOB_NAME_MEMORY_CREATE] = { "MemoryGenerate", NULL },
        [MANUAL_JOB_NAME_BACKUP_DATABASE] = { "DatabaseBackup", NULL },
        [MANUAL_JOB_NAME_INTEGRITY_MISSING_FILES] = { "IntegrityMissingFilesQueueAll", NULL },
        [MANUAL_JOB_NAME_INTEGRITY_UNTRACKED_FILES] = { "IntegrityUntrackedFilesQueueAll", NULL },
        [MANUAL_JOB_NAME_INTEGRITY_CHECKSUM_MISMATCH] = { "IntegrityChecksumFiles", NULL },
        [MANUAL_JOB_NAME_INTEGRITY_MISSING_FILES_REFRESH] = { "IntegrityMissingFilesRefresh",
                                                              NULL },
        [MANUAL_JOB_NAME_INTEGRITY_UNTRACKED_FILES_REFRESH] = { "IntegrityUntrackedRefresh", NULL },
        [MANUAL_JOB_NAME_INTEGRITY_CHECKSUM_MISMATCH_REFRESH] = { "IntegrityChecksumFilesRefresh",
                                                                  NULL },
        [MANUAL_JOB_NAME_INTEGRITY_MISSING_FILES_DELETE_ALL] = { "IntegrityDeleteReportType",
                                                                 "missing_file" },
        [MANUAL_JOB_NAME_INTEGRITY_UNTRACKED_FILES_DELETE_ALL] = { "IntegrityDeleteReportType",
                                                                   "untracked_file" },
        [MANUAL_JOB_NAME_INTEGRITY_CHECKSUM_MISMATCH_DELETE_ALL] = { "IntegrityDeleteReportType",
                                                                     "checksum_mismatch" },
    };
    const char *name = jobs[in->body->name].name, *type = jobs[in->body->name].type;

    if (type == NULL)
        return ask_for (call, name, name, "{}");
    return ask_for (call, name, type, arena_printf (call->arena, "{\"type\":\"%s\"}", type));
}

static ApiStatus
start_queue (ApiCall *call, int name, const RunQueueCommand *body)
{
    GError *error = NULL;
    QueueCounts counts;
    const char *job = NULL;

    if (!count_one (call, name, &counts, &error))
        return api_fail (call, error);
    if (counts.active > 0)
        return api_refuse (call, APP_ERROR_INVALID, "Job is already running");
    for (gsize i = 0; i < G_N_ELEMENTS (queues); i++)
        if (queues[i].name == (QueueName) name)
            job = queues[i].start_job;
    if (job == NULL)
        return api_refuse (call, APP_ERROR_INVALID, "Invalid job name: %s", text_of (name));
    return ask_for (call, job, job,
                    !body->has_force ? "{}"
                    : body->force    ? "{\"force\":true}"
                                     : "{\"force\":false}");
}

static ApiStatus
run_queue_command_legacy (ApiCall *call, const RunQueueCommandLegacyRequest *in,
                          QueueResponseLegacy *out)
{
    const char *queue = text_of (in->name);
    GError *error = NULL;
    QueueCounts counts;
    gboolean ok = TRUE;

    switch ((QueueCommand) in->body->command) {
    case QUEUE_COMMAND_START: {
        ApiStatus status = start_queue (call, in->name, in->body);

        if (status != API_OK)
            return status;
        break;
    }
    case QUEUE_COMMAND_PAUSE:
        ok = queue_pause (call->db, queue, TRUE, &error);
        break;
    case QUEUE_COMMAND_RESUME:
        ok = queue_pause (call->db, queue, FALSE, &error);
        jobs_wake (call->app->jobs);
        break;
    case QUEUE_COMMAND_EMPTY:
        ok = queue_empty (call->db, queue, NULL, &error);
        break;
    case QUEUE_COMMAND_CLEAR_FAILED:
        ok = queue_clear_failed (call->db, queue, NULL, &error);
        break;
    }
    if (!ok || !count_one (call, in->name, &counts, &error))
        return api_fail (call, error);
    describe_legacy (call, &counts, out);
    return API_OK;
}

static ApiStatus
get_queues (ApiCall *call, const GetQueuesRequest *in, QueueResponseList *out)
{
    QueueCounts counts[G_N_ELEMENTS (queues)];
    GError *error = NULL;

    if (!count_all (call, counts, &error))
        return api_fail (call, error);
    out->n = G_N_ELEMENTS (queues);
    out->items = arena_new_array (call->arena, QueueResponse, out->n);
    for (gsize i = 0; i < out->n; i++)
        describe (call, queues[i].name, &counts[i], &out->items[i]);
    return API_OK;
}

static ApiStatus
get_queue (ApiCall *call, const GetQueueRequest *in, QueueResponse *out)
{
    GError *error = NULL;
    QueueCounts counts;

    if (!count_one (call, in->name, &counts, &error))
        return api_fail (call, error);
    describe (call, in->name, &counts, out);
    return API_OK;
}

static ApiStatus
update_queue (ApiCall *call, const UpdateQueueRequest *in, QueueResponse *out)
{
    GError *error = NULL;
    QueueCounts counts;

    if (in->body->has_is_paused && in->body->is_paused && in->name == QUEUE_NAME_BACKGROUND_TASK)
        return api_refuse (call, APP_ERROR_INVALID, "The BackgroundTask queue cannot be paused");
    if (in->body->has_is_paused &&
        !queue_pause (call->db, text_of (in->name), in->body->is_paused, &error))
        return api_fail (call, error);
    jobs_wake (call->app->jobs);
    if (!count_one (call, in->name, &counts, &error))
        return api_fail (call, error);
    describe (call, in->name, &counts, out);
    return API_OK;
}

static QueueStates
wanted_states (const GetQueueJobsRequest *in)
{
    static const QueueStates states[] = {
        [QUEUE_JOB_STATUS_ACTIVE] = QUEUE_ACTIVE,   [QUEUE_JOB_STATUS_FAILED] = QUEUE_FAILED,
        [QUEUE_JOB_STATUS_COMPLETED] = 0,           [QUEUE_JOB_STATUS_DELAYED] = QUEUE_DELAYED,
        [QUEUE_JOB_STATUS_WAITING] = QUEUE_WAITING, [QUEUE_JOB_STATUS_PAUSED] = QUEUE_PAUSED,
    };
    QueueStates wanted = 0;

    if (!in->has_status)
        return QUEUE_ALL;
    for (gsize i = 0; i < in->status.n; i++)
        wanted |= states[in->status.items[i]];
    return wanted;
}

/* A job's data is JSON already; 'error' is ours: why it failed, for the admin page. */
static ApiStatus
get_queue_jobs (ApiCall *call, const GetQueueJobsRequest *in, QueueJobResponseList *out)
{
    QueueStates wanted = wanted_states (in);
    QueuedJobs jobs = { NULL, 0 };
    GString *text = g_string_new (NULL);
    GError *error = NULL;
    JsonWriter json;

    if (wanted != 0 && !queue_list (call->db, call->arena, text_of (in->name), wanted, NULL,
                                    MAX_LISTED, &jobs, &error)) {
        g_string_free (text, TRUE);
        return api_fail (call, error);
    }
    json_writer_init (&json, text);
    json_begin_array (&json);
    for (gsize i = 0; i < jobs.n; i++) {
        json_begin_object (&json);
        json_name (&json, "id");
        json_text (&json, jobs.items[i].id);
        json_name (&json, "name");
        json_text (&json, jobs.items[i].name);
        json_name (&json, "timestamp");
        json_int (&json, jobs.items[i].created_at);
        json_name (&json, "data");
        json_raw (&json, jobs.items[i].data);
        if (jobs.items[i].error != NULL) {
            json_name (&json, "error");
            json_text (&json, jobs.items[i].error);
        }
        json_end_object (&json);
    }
    json_end_array (&json);
    return api_respond_json (call, text);
}

static ApiStatus
empty_queue (ApiCall *call, const EmptyQueueRequest *in)
{
    const char *queue = text_of (in->name);
    GError *error = NULL;

    if (!queue_empty (call->db, queue, NULL, &error) ||
        (in->body->has_failed && in->body->failed &&
         !queue_clear_failed (call->db, queue, NULL, &error)))
        return api_fail (call, error);
    return API_OK;
}

static const QueuesHandlers queues_handlers = {
    .get_queues_legacy = get_queues_legacy,
    .create_job = create_job,
    .run_queue_command_legacy = run_queue_command_legacy,
    .get_queues = get_queues,
    .get_queue = get_queue,
    .update_queue = update_queue,
    .get_queue_jobs = get_queue_jobs,
    .empty_queue = empty_queue,
};

static void
set_concurrency (App *app, const AdminConfig *config)
{
    for (gsize i = 0; i < G_N_ELEMENTS (queues); i++) {
        gint64 n = 1;

        if (queues[i].concurrency_offset > 0)
            n = (*(const AdminConfigJobSettings *const *) ((const char *) config->job +
                                                           queues[i].concurrency_offset - 1))
                    ->concurrency;
        jobs_set_concurrency (app->jobs, text_of (queues[i].name), (guint) CLAMP (n, 1, 64));
    }
}

void
queues_start (App *app, Api *api)
{
    api_serve_queues (api, &queues_handlers);
    config_on_change (app, set_concurrency);
}
