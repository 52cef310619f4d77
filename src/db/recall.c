/* Rows kept in memory until the next commit.
 *
 * The credential, the right to an asset and the place of its file are read for nearly every request,
 * and seldom change. Each thread keeps the rows that it read last with db_recall_one (), each with
 * the state of the database from before it was read; a row counts only while the state is the same. So
 * nothing is ever made invalid: whoever commits, in this process or another, changes the state
 * before the commit is acknowledged, and what was kept is read again. */
#define G_LOG_DOMAIN "db"
#include <stdatomic.h>
#include <string.h>
#include <xxhash.h>

#include "db/db_private.h"

#define N_SLOTS 256 /* a thread's; a row with its arena takes about 5 KB */

/* Never changes once it is in a slot. Also held by the arenas of requests that still read it. */
typedef struct {
    atomic_int n_refs;
    DbState state;
    char *key;
    gsize n_key;
    Arena *arena; /* of the row */
    gpointer row;
} Kept;

static Kept *
kept_ref (Kept *self)
{
    atomic_fetch_add_explicit (&self->n_refs, 1, memory_order_relaxed);
    return self;
}

static void
kept_unref (gpointer kept)
{
    Kept *self = kept;

    if (self == NULL || atomic_fetch_sub_explicit (&self->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_free (self->arena);
    g_free (self->key);
    g_free (self);
}

static void
slots_free (gpointer data)
{
    Kept **slots = data;

    for (guint i = 0; i < N_SLOTS; i++)
        kept_unref (slots[i]);
    g_free (slots);
}

static GPrivate own_slots = G_PRIVATE_INIT (slots_free);

static Kept **
find_slot (const char *key, gsize n_key)
{
    Kept **slots = g_private_get (&own_slots);

    if (slots == NULL) {
        slots = g_new0 (Kept *, N_SLOTS);
        g_private_set (&own_slots, slots);
    }
    return &slots[XXH3_64bits (key, n_key) % N_SLOTS];
}

/* The statement and its values; different ones never have the same key. */
static char *
make_key (Arena *arena, const char *sql, DbArgs args, gsize *out_n)
{
    gsize n_sql = strlen (sql) + 1, n = n_sql;
    char *key, *at;

    for (gsize i = 0; i < args.n; i++)
        n += 4 * sizeof (gint64) + args.values[i].n_bytes;
    at = key = arena_alloc (arena, n);
    memcpy (at, sql, n_sql);
    at += n_sql;
    for (gsize i = 0; i < args.n; i++) {
        const DbValue *value = &args.values[i];
        const struct {
            gint64 kind, integer;
            double real;
            gsize n_bytes;
        } plain = { value->kind, value->integer, value->real, value->n_bytes };

        memcpy (at, &plain, sizeof plain);
        at += sizeof plain;
        if (value->n_bytes > 0)
            memcpy (at, value->bytes, value->n_bytes);
        at += value->n_bytes;
    }
    *out_n = n;
    return key;
}

static gboolean
read_row (Db *db, Arena *arena, const TypeDescriptor *type, void *out, const char *sql, DbArgs args,
          GError **error)
{
    if (type == NULL)
        return db_select_text (db, arena, sql, args, out, error);
    return db_select_one (db, arena, type, out, sql, args, error);
}

/* @type NULL: a text. */
static gboolean
recall (Db *db, Arena *arena, const TypeDescriptor *type, void *out, const char *sql, DbArgs args,
        GError **error)
{
    gsize n_row = type != NULL ? type->size_bytes : sizeof (char *), n_key;
    DbState state;
    const char *key;
    Kept **slot, *kept;

    if (db->parent != NULL || db->engine->get_state == NULL || !db->engine->get_state (db, &state))
        return read_row (db, arena, type, out, sql, args, error);
    key = make_key (arena, sql, args, &n_key);
    slot = find_slot (key, n_key);
    kept = *slot;
    if (kept == NULL || kept->n_key != n_key || memcmp (kept->key, key, n_key) != 0 ||
        memcmp (&kept->state, &state, sizeof state) != 0) {
        kept = g_new0 (Kept, 1);
        atomic_init (&kept->n_refs, 1);
        kept->state = state;
        kept->key = g_memdup2 (key, n_key);
        kept->n_key = n_key;
        kept->arena = arena_new ();
        kept->row = arena_alloc (kept->arena, n_row);
        if (!read_row (db, kept->arena, type, kept->row, sql, args, error)) {
            kept_unref (kept);
            return FALSE;
        }
        kept_unref (*slot);
        *slot = kept;
    }
    memcpy (out, kept->row, n_row);
    arena_own (arena, kept_ref (kept), kept_unref);
    return TRUE;
}

gboolean
db_recall_one (Db *self, Arena *arena, const TypeDescriptor *type, void *out, const char *sql,
               DbArgs args, GError **error)
{
    return recall (self, arena, type, out, sql, args, error);
}

gboolean
db_recall_text (Db *self, Arena *arena, const char *sql, DbArgs args, const char **out,
                GError **error)
{
    return recall (self, arena, NULL, out, sql, args, error);
}
