/* tags.c -- the rules of making, naming and removing tags, each a write of its own; and the job
 * TagCleanup */
#define G_LOG_DOMAIN "tags"
#include "features/tags/tags_rules.h"

#include <string.h>

#include "base/error.h"

#define BELOW_TOO_LONG "A tag below it would have more than 1000 bytes with all its levels"
#define EXISTS "A tag with that name already exists"

/* Pairs that one write makes or ends: others write between. Few tags, since with each one the words of an asset
 * are made anew of all it has. */
#define PART ((gsize) 500)
#define PART_TAGS ((gsize) 100)

static gboolean
refuse (GError **error, const char *message)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, message);
    return FALSE;
}

/* ---- making ---- */

/* With its '#'. */
static const char *
stored_color (Arena *arena, const char *text)
{
    if (text == NULL || *text == '#')
        return text;
    return arena_printf (arena, "#%s", text);
}

typedef struct {
    Arena *arena;
    const char *owner_id;
    const TagCreate *in;
    TagRow tag;
} Create;

static gboolean
run_create (Db *tx, gpointer data, GError **error)
{
    Create *self = data;
    const char *path = self->in->name, *value;
    TagRow parent;
    TagRowList made;
    StringList values = { &value, 1 };
    gboolean exists;

    if (self->in->parent_id != NULL) {
        if (!tag_find (tx, self->arena, self->in->parent_id, &parent, error))
            return FALSE;
        path = arena_printf (self->arena, "%s/%s", parent.value, path);
    }
    value = tag_value_clean (self->arena, path);
    if (value == NULL)
        return refuse (error, TAG_TOO_LONG);
    if (!tag_exists (tx, self->owner_id, value, &exists, error))
        return FALSE;
    if (exists)
        return refuse (error, EXISTS);
    if (!tags_make (tx, self->arena, self->owner_id, &values, &made, error))
        return FALSE;
    self->tag = made.items[0];
    return self->in->color == NULL ||
           (tag_store_color (tx, self->tag.id, stored_color (self->arena, self->in->color),
                             error) &&
            tag_find (tx, self->arena, self->tag.id, &self->tag, error));
}

gboolean
tag_create (Db *db, Arena *arena, const char *owner_id, const TagCreate *in, TagRow *out,
            GError **error)
{
    Create data = { .arena = arena, .owner_id = owner_id, .in = in };

    if (!db_write (db, run_create, &data, error))
        return FALSE;
    *out = data.tag;
    return TRUE;
}

typedef struct {
    Arena *arena;
    const char *owner_id;
    const StringList *values;
    TagRowList tags;
} Upsert;

static gboolean
run_upsert (Db *tx, gpointer data, GError **error)
{
    Upsert *self = data;

    return tags_make (tx, self->arena, self->owner_id, self->values, &self->tags, error);
}

gboolean
tags_upsert (Db *db, Arena *arena, const char *owner_id, const StringList *paths, TagRowList *out,
             GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    StringList values = { arena_new_array (arena, const char *, MAX (paths->n, 1)), 0 };
    Upsert data = { .arena = arena, .owner_id = owner_id, .values = &values };

    for (gsize i = 0; i < paths->n; i++) {
        const char *value = tag_value_clean (arena, paths->items[i]);

        if (value == NULL && paths->items[i][strspn (paths->items[i], "/")] != '\0')
            return refuse (error, TAG_TOO_LONG);
        if (value != NULL && g_hash_table_add (seen, (gpointer) value))
            values.items[values.n++] = value;
    }
    if (values.n > 0 && !db_write (db, run_upsert, &data, error))
        return FALSE;
    *out = data.tags;
    return TRUE;
}

/* ---- changing ---- */

typedef struct {
    Arena *arena;
    const char *owner_id, *id;
    const TagUpdate *in;
    TagRow tag;
} Update;

/* What became too long could not be read again from the files of its assets, which would lose it. */
static gboolean
check_lengths (Db *tx, const Update *self, const char *value, GError **error)
{
    gsize n_old = strlen (self->tag.value), n_new = strlen (value);
    StringList below;

    if (n_new > TAG_MAX_BYTES)
        return refuse (error, TAG_TOO_LONG);
    if (n_new <= n_old)
        return TRUE;
    if (!tag_find_values_below (tx, self->arena, self->id, &below, error))
        return FALSE;
    for (gsize i = 0; i < below.n; i++)
        if (strlen (below.items[i]) + n_new - n_old > TAG_MAX_BYTES)
            return refuse (error, BELOW_TOO_LONG);
    return TRUE;
}

static gboolean
rename_tag (Db *tx, Update *self, GError **error)
{
    const char *value = tag_value_rename (self->arena, self->tag.value, self->in->name);
    gboolean exists;

    if (strcmp (value, self->tag.value) == 0)
        return TRUE;
    if (!check_lengths (tx, self, value, error) ||
        !tag_exists (tx, self->owner_id, value, &exists, error))
        return FALSE;
    if (exists)
        return refuse (error, EXISTS);
    return tag_store_value (tx, self->arena, &self->tag, value, error);
}

static gboolean
run_update (Db *tx, gpointer data, GError **error)
{
    Update *self = data;

    return tag_find (tx, self->arena, self->id, &self->tag, error) &&
           (self->in->name == NULL || rename_tag (tx, self, error)) &&
           (!self->in->set_color ||
            tag_store_color (tx, self->id, stored_color (self->arena, self->in->color), error)) &&
           tag_find (tx, self->arena, self->id, &self->tag, error);
}

gboolean
tag_update (Db *db, Arena *arena, const char *owner_id, const char *id, const TagUpdate *in,
            TagRow *out, GError **error)
{
    Update data = { .arena = arena, .owner_id = owner_id, .id = id, .in = in };

    if (!db_write (db, run_update, &data, error))
        return FALSE;
    *out = data.tag;
    return TRUE;
}

typedef struct {
    Arena *arena;
    const char *id;
} Delete;

static gboolean
run_delete (Db *tx, gpointer data, GError **error)
{
    const Delete *self = data;

    return tag_remove (tx, self->arena, self->id, error);
}

gboolean
tag_delete (Db *db, Arena *arena, const char *id, GError **error)
{
    Delete data = { arena, id };

    return db_write (db, run_delete, &data, error);
}

/* ---- tagging ---- */

typedef struct {
    Arena *arena;
    const StringList *tag_ids, *asset_ids;
    StringList changed;
    gint64 n_new;
} Tagging;

static gboolean
run_add (Db *tx, gpointer data, GError **error)
{
    Tagging *self = data;

    return tags_add_to_assets (tx, self->arena, self->tag_ids, self->asset_ids, NULL,
                               &self->changed, &self->n_new, error) &&
           (self->changed.n == 0 || tags_check_number (tx, self->arena, &self->changed, error));
}

gboolean
tags_put_on (Db *db, Arena *arena, const StringList *tag_ids, const StringList *asset_ids,
             StringList *out_changed, gint64 *out_n_new, GError **error)
{
    gsize n_tags = CLAMP (tag_ids->n, 1, PART_TAGS), n_assets = PART / n_tags;
    StringList changed = { 0 };
    gint64 n_new = 0;

    for (gsize at = 0; at < asset_ids->n; at += n_assets)
        for (gsize from = 0; from < tag_ids->n; from += n_tags) {
            StringList tags = { tag_ids->items + from, MIN (n_tags, tag_ids->n - from) };
            StringList assets = { asset_ids->items + at, MIN (n_assets, asset_ids->n - at) };
            Tagging data = { .arena = arena, .tag_ids = &tags, .asset_ids = &assets };

            if (!db_write (db, run_add, &data, error))
                return FALSE;
            string_list_append (arena, &changed, &data.changed);
            n_new += data.n_new;
        }
    *out_changed = string_list_once (arena, &changed); /* the tags may be of several parts, too */
    *out_n_new = n_new;
    return TRUE;
}

static gboolean
run_take (Db *tx, gpointer data, GError **error)
{
    Tagging *self = data;

    return tag_remove_from_assets (tx, self->arena, self->tag_ids->items[0], self->asset_ids,
                                   &self->changed, error);
}

gboolean
tag_take_off (Db *db, Arena *arena, const char *tag_id, const StringList *asset_ids,
              StringList *out_changed, GError **error)
{
    StringList tag_ids = { &tag_id, 1 };

    *out_changed = (StringList){ 0 };
    for (gsize at = 0; at < asset_ids->n; at += PART) {
        StringList assets = { asset_ids->items + at, MIN (PART, asset_ids->n - at) };
        Tagging data = { .arena = arena, .tag_ids = &tag_ids, .asset_ids = &assets };

        if (!db_write (db, run_take, &data, error))
            return FALSE;
        string_list_append (arena, out_changed, &data.changed);
    }
    return TRUE;
}

/* ---- TagCleanup ---- */

static gboolean
run_cleanup (Db *tx, gpointer data, GError **error)
{
    return tags_remove_unused (tx, data, error);
}

static JobResult
clean_up (gpointer app_pointer, const Job *job, Arena *arena, GError **error)
{
    App *app = app_pointer;
    gint64 n = 0;

    if (!db_write (app->db, run_cleanup, &n, error))
        return JOB_RETRY;
    g_message ("%" G_GINT64_FORMAT " tags without an asset were removed", n);
    return JOB_DONE;
}

void
tags_register_jobs (Jobs *jobs)
{
    static const JobKind kinds[] = { { "TagCleanup", "backgroundTask", clean_up } };

    jobs_register (jobs, kinds, G_N_ELEMENTS (kinds));
}
