/* sync_stream.c -- the answer of POST /sync/stream, made while it is sent
 *
 * A part of sync_parts.h after the other. Rows are read in batches by their key and written to the
 * client between the statements, so that a slow one holds no read of the database, and memory is that
 * of a batch however much there is to send. A batch ends early when its rows are long.
 *
 * Everything is bounded by the horizon of the beginning, also which partners and albums the caller has,
 * so that nothing refers to what came too late for an earlier part. What others refer to has no bound: a
 * row that changed meanwhile would be missing, and its links not. The acks of such rows say the horizon,
 * from which the app goes on next time. */
#define G_LOG_DOMAIN "sync"
#include "features/sync/sync_private.h"

#include <string.h>

#include "base/error.h"
#include "features/auth/auth.h"
#include "features/sync/sync_parts.h"

#define BATCH 2000
#define BATCH_BYTES (4 * 1024 * 1024) /* of ordinary rows a batch has less */
#define FLUSH_BYTES (64 * 1024)
#define CHECK_US G_USEC_PER_SEC
#define NO_END "~" /* greater than any key */
#define CONTENT_TYPE "application/jsonlines+json; charset=utf-8"

static const char *
text_of (SyncEntityType type)
{
    return sync_entity_type_enum.texts[type];
}

typedef struct {
    const App *app;
    char *user_id, *session_id;
    gint64 checked_us; /* when that session was last known to be there */
    gboolean wanted[SYNC_REQUEST_TYPE_USER_METADATA_V1 + 1];
    SyncPoints points;
    char horizon[UUID_TEXT_BYTES];
    HttpStream *stream;
    GString *out;
    gsize last_line;  /* where the last row begins in out; 0 when it was sent */
    gboolean is_gone; /* the client, or its session */
} Run;

static void
run_free (gpointer data)
{
    Run *self = data;

    g_free (self->user_id);
    g_free (self->session_id);
    if (self->out != NULL)
        g_string_free (self->out, TRUE);
    g_free (self);
}

/* A stream takes as long as its reader does, who may be logged out meanwhile. */
static gboolean
is_still_in (Run *self)
{
    const Auth auth = { .user_id = self->user_id, .session_id = self->session_id };
    gint64 now = g_get_monotonic_time ();
    g_autoptr (GError) why = NULL;
    gboolean is_in = FALSE;

    if (now - self->checked_us < CHECK_US)
        return TRUE;
    self->checked_us = now;
    if (!auth_is_still_in (self->app->db, &auth, &is_in, &why))
        g_warning ("cannot look up the session '%s' of a stream: %s, breaking off",
                   self->session_id, why->message);
    return is_in;
}

/* Send what stands before @end. */
static void
flush (Run *self, gsize end)
{
    if (end > 0 && !self->is_gone && !is_still_in (self)) {
        self->is_gone = TRUE;
        http_stream_fail (self->stream);
    }
    if (end > 0 && !self->is_gone)
        self->is_gone = !http_stream_write (self->stream, self->out->str, end);
    g_string_erase (self->out, 0, (gssize) end);
    self->last_line -= MIN (self->last_line, end);
}

/* ---- rows ---- */

typedef struct {
    Run *run;
    const SyncPart *part;
    const char *middle;          /* of the ack, before the key */
    const char *lead;            /* what is acknowledged before the first row; or NULL */
    const char *own;             /* the kind's own parameter, see sync_parts.h; or NULL */
    char after[UUID_TEXT_BYTES]; /* the key of the last row, or where the next ones begin */
    gsize n;                     /* rows of this statement */
    gboolean has_more;           /* it may have had more */
    gsize n_all;
} Range;

static const char *
checkpoint_of (const Range *self)
{
    return self->run->points.points[self->part->entity].update_id;
}

static const char *
later (const char *one_key, const char *other_key)
{
    return strcmp (one_key, other_key) > 0 ? one_key : other_key;
}

static gboolean
take_row (const DbRow *row, gpointer data)
{
    Range *self = data;
    Run *run = self->run;
    const char *key = db_row_text (row, 0), *ack = key;

    if (self->part->kind == SYNC_NEWEST && strcmp (key, run->horizon) > 0)
        ack = run->horizon;
    else if (self->part->kind == SYNC_REMOVALS)
        ack = later (key, checkpoint_of (self));

    if (self->lead != NULL && self->n_all == 0)
        sync_line_control (run->out, text_of (SYNC_ENTITY_TYPE_SYNC_ACK_V1), self->lead);
    run->last_line = run->out->len;
    sync_line_row (run->out, text_of (self->part->entity), self->part->shape, self->middle, ack,
                   row);
    g_strlcpy (self->after, key, sizeof self->after);
    self->n++;
    self->n_all++;
    self->has_more = self->n == BATCH || run->out->len >= BATCH_BYTES;
    return !self->has_more;
}

static gboolean
write_batch (Range *self, const char *to, GError **error)
{
    Run *run = self->run;
    char copy[UUID_TEXT_BYTES]; /* the values point into it, and the range's own moves on */
    const char *after = memcpy (copy, self->after, sizeof copy);
    DbValue values[6] = { db_text (run->user_id), db_text (after), db_text (to), db_int (BATCH) };
    gsize n = 4;

    if (self->part->is_by_relation)
        values[n++] = db_text (run->horizon);
    if (self->own != NULL)
        values[n++] = db_text (self->own);
    if (self->part->kind == SYNC_REMOVALS)
        values[n++] = db_text (later (after, checkpoint_of (self)));
    self->n = 0;
    self->has_more = FALSE;
    if (!db_each (run->app->db, self->part->sql, (DbArgs){ values, n }, take_row, self, error))
        return FALSE;
    if (run->out->len >= FLUSH_BYTES) /* the ack of a backfill's last line is not known yet */
        flush (run, self->part->kind == SYNC_BACKFILL ? run->last_line : run->out->len);
    return TRUE;
}

/* The key up to which the next statements read; NULL: to the end. */
static gboolean
find_bound (const Range *self, Arena *arena, const char *to, const char **out, GError **error)
{
    *out = NULL;
    return self->part->kind == SYNC_BACKFILL || self->part->sql_more == NULL ||
           db_select_text (self->run->app->db, arena, self->part->sql_more,
                           DB_ARGS (db_text (self->run->user_id), db_text (self->after),
                                    db_text (to), db_int (BATCH - 1)),
                           out, error);
}

static gboolean
write_range (Range *self, const char *to, GError **error)
{
    while (!self->run->is_gone) {
        g_autoptr (Arena) arena = arena_new ();
        const char *bound;

        if (!find_bound (self, arena, to, &bound, error))
            return FALSE;
        do {
            if (!write_batch (self, bound != NULL ? bound : to, error))
                return FALSE;
        } while (self->has_more && !self->run->is_gone);
        if (bound == NULL)
            break;
        g_strlcpy (self->after, bound, sizeof self->after);
    }
    return TRUE;
}

/* ---- parts ---- */

/* Of many changes none was the caller's, who has nothing to acknowledge: stored here, so that the next
 * sync does not search them again. What comes into an album later comes with all its updates. */
static gboolean
skip_changes (const Range *self, GError **error)
{
    Run *run = self->run;
    const SyncPart *part = self->part;
    const SyncPoint *points = run->points.points;
    g_autofree char *ack = g_strdup_printf ("%s|%s", text_of (part->entity), self->after);

    if (part->sql_more == NULL || g_str_equal (self->after, checkpoint_of (self)) || run->is_gone ||
        strcmp (self->after, run->horizon) > 0)
        return TRUE;
    if (self->lead != NULL && points[part->other].update_id[0] == '\0' &&
        !sync_point_save (run->app->db, run->session_id, part->other, self->lead, error))
        return FALSE;
    return sync_point_save (run->app->db, run->session_id, part->entity, ack, error);
}

static gboolean
write_changes (Run *self, const SyncPart *part, GError **error)
{
    g_autofree char *lead = NULL;
    Range range = { .run = self, .part = part, .middle = "" };

    if (part->kind == SYNC_UPDATES) {
        range.own = self->points.points[part->other].update_id;
        if (*range.own == '\0')
            return TRUE;
    }
    if (part->kind == SYNC_CREATES)
        range.lead = lead = g_strdup_printf ("%s|%s", text_of (part->other), self->horizon);
    if (part->kind == SYNC_REMOVALS)
        range.own = self->points.points[part->other].update_id;
    else
        memcpy (range.after, checkpoint_of (&range), sizeof range.after);
    if (!write_range (&range, part->kind == SYNC_NEWEST ? NO_END : self->horizon, error))
        return FALSE;
    return range.n_all > 0 || skip_changes (&range, error);
}

/* @lead is acknowledged before the first row. */
static gboolean
fill_parent (Run *self, const SyncPart *part, const SyncParentRow *parent, const char *lead,
             gsize *n_rows, GError **error)
{
    const SyncPoint *point = &self->points.points[part->entity];
    const char *main_id = self->points.points[part->other].update_id;
    g_autofree char *middle = g_strdup_printf ("%s|", parent->create_id);
    Range range = {
        .run = self, .part = part, .middle = middle, .lead = lead, .own = parent->parent_id
    };

    if (g_str_equal (point->update_id, parent->create_id))
        memcpy (range.after, point->extra, sizeof range.after);
    if (!write_range (&range, strcmp (main_id, self->horizon) < 0 ? main_id : self->horizon, error))
        return FALSE;
    *n_rows += range.n_all;
    return TRUE;
}

/* The ack of the last row, 'type|create id|key', becomes that of the end. */
static void
end_backfill (Run *self, const char *done)
{
    static const char tail[] = "\"}\n";
    gsize n_ack = strlen (done) - strlen (SYNC_COMPLETE) + UUID_TEXT_BYTES - 1;

    g_string_truncate (self->out, self->out->len - strlen (tail) - n_ack);
    g_string_append (self->out, done);
    g_string_append (self->out, tail);
    sync_line_control (self->out, text_of (SYNC_ENTITY_TYPE_SYNC_ACK_V1), done);
}

/* What became visible to the caller as a whole, behind the checkpoint of the main type.
 *
 * An app acknowledges only the last of control lines that follow each other. So the end of a backfill
 * stands in its last row, too; one without rows is stored here. That is safe as long as this stream
 * has sent no row of the type that the app may still lose. */
static gboolean
write_backfill (Run *self, const SyncPart *part, GError **error)
{
    g_autoptr (Arena) arena = arena_new ();
    const SyncPoint *point = &self->points.points[part->entity];
    gboolean is_first = self->points.points[part->other].update_id[0] == '\0';
    const char *done = NULL;
    gsize n_rows = 0;
    List parents;

    if (!db_select (
            self->app->db, arena, &sync_parent_row_type, &parents, part->sql_more,
            DB_ARGS (db_text (self->user_id), db_text (point->update_id), db_text (self->horizon)),
            error))
        return FALSE;
    for (gsize i = 0; i < parents.n && !self->is_gone; i++) {
        const SyncParentRow *parent = &((SyncParentRow *) parents.items)[i];

        if (g_str_equal (point->update_id, parent->create_id) &&
            g_str_equal (point->extra, SYNC_COMPLETE))
            continue;
        if (!is_first &&
            !fill_parent (self, part, parent, n_rows > 0 ? done : NULL, &n_rows, error))
            return FALSE;
        done =
            arena_printf (arena, "%s|%s|" SYNC_COMPLETE, text_of (part->entity), parent->create_id);
    }
    if (done == NULL || self->is_gone)
        return TRUE;
    if (n_rows == 0)
        return sync_point_save (self->app->db, self->session_id, part->entity, done, error);
    end_backfill (self, done);
    return TRUE;
}

/* On a thread for streams. */
static void
produce (HttpStream *stream, gpointer data)
{
    Run *self = data;
    g_autoptr (GError) why = NULL;
    g_autofree char *ack =
        g_strdup_printf ("%s|%s", text_of (SYNC_ENTITY_TYPE_SYNC_COMPLETE_V1), self->horizon);

    self->stream = stream;
    self->out = g_string_sized_new (FLUSH_BYTES);
    for (gsize i = 0; i < sync_n_parts && !self->is_gone; i++) {
        const SyncPart *part = &sync_parts[i];

        if (!self->wanted[part->request])
            continue;
        if (part->kind == SYNC_BACKFILL ? !write_backfill (self, part, &why)
                                        : !write_changes (self, part, &why)) {
            g_warning ("cannot stream %s to session '%s': %s, breaking off", text_of (part->entity),
                       self->session_id, why->message);
            http_stream_fail (stream);
            return;
        }
    }
    sync_line_control (self->out, text_of (SYNC_ENTITY_TYPE_SYNC_COMPLETE_V1), ack);
    flush (self, self->out->len);
}

HttpResponse *
sync_stream_new (const App *app, const Auth *auth, const EnumList *types, const SyncPoints *points,
                 const char *horizon)
{
    Run *self = g_new0 (Run, 1);

    self->app = app;
    self->user_id = g_strdup (auth->user_id);
    self->session_id = g_strdup (auth->session_id);
    self->checked_us = g_get_monotonic_time ();
    for (gsize i = 0; i < types->n; i++)
        self->wanted[types->items[i]] = TRUE;
    self->points = *points;
    g_strlcpy (self->horizon, horizon, sizeof self->horizon);
    return http_response_new_stream (CONTENT_TYPE, TRUE, produce, self, run_free);
}

HttpResponse *
sync_stream_new_reset (void)
{
    g_autoptr (GString) line = g_string_new (NULL);
    const char *type = text_of (SYNC_ENTITY_TYPE_SYNC_RESET_V1);

    sync_line_control (line, type, "SyncResetV1|reset");
    return http_response_new_text (200, CONTENT_TYPE, line->str);
}
