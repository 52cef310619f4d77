/* asset_random.c -- assets as chance has it
 *
 * Ids are random, so those that follow a random one in their order are a sample of all: they come from
 * an index, however large the library is. */
#define G_LOG_DOMAIN "assets"
#include "features/assets/asset_store.h"

#include <string.h>

#include "base/uuid.h"

/* $1 user */
static const char SQL_OWNERS[] = "SELECT CAST($1 AS TEXT) AS id UNION ALL"
                                 " SELECT p.shared_by_id FROM partner p"
                                 "   JOIN users u ON u.id = p.shared_by_id"
                                 "  WHERE p.shared_with_id = $1 AND p.in_timeline = 1"
                                 "    AND u.deleted_at IS NULL";
#define SHOWN                                                                                      \
    "owner_id = $1 AND visibility = 'timeline' AND status = 'active' AND deleted_at IS NULL"
/* $1 owner, $2 where to begin, $3 at most so many; the rest comes from the beginning */
static const char SQL_FOLLOWING[] =
    "SELECT id FROM asset WHERE " SHOWN " AND id >= $2 ORDER BY id LIMIT $3";
static const char SQL_PRECEDING[] =
    "SELECT id FROM asset WHERE " SHOWN " AND id < $2 ORDER BY id LIMIT $3";

static void
add_all (Arena *arena, StringList *list, const StringList *more)
{
    gsize n_bytes = list->n * sizeof *list->items;

    list->items =
        arena_grow (arena, list->items, n_bytes, n_bytes + (more->n + 1) * sizeof *list->items);
    for (gsize i = 0; i < more->n; i++)
        list->items[list->n++] = more->items[i];
}

static gboolean
add_some_of (Db *db, Arena *arena, const char *owner_id, gsize n, StringList *out, GError **error)
{
    const char *begin = uuid_v4 (arena);
    StringList first, rest = { 0 };

    if (!db_select_texts (db, arena, SQL_FOLLOWING,
                          DB_ARGS (db_text (owner_id), db_text (begin), db_int ((gint64) n)),
                          &first, error) ||
        (first.n < n && !db_select_texts (db, arena, SQL_PRECEDING,
                                          DB_ARGS (db_text (owner_id), db_text (begin),
                                                   db_int ((gint64) (n - first.n))),
                                          &rest, error)))
        return FALSE;
    add_all (arena, out, &first);
    add_all (arena, out, &rest);
    return TRUE;
}

void
assets_shuffle (StringList *ids)
{
    for (gsize i = ids->n; i > 1; i--) {
        gsize other = (gsize) g_random_int_range (0, (gint32) i);
        const char *id = ids->items[i - 1];

        ids->items[i - 1] = ids->items[other];
        ids->items[other] = id;
    }
}

gboolean
assets_find_random (Db *db, Arena *arena, const char *user_id, gsize n, StringList *out,
                    GError **error)
{
    StringList owners, found = { 0 };

    if (!db_select_texts (db, arena, SQL_OWNERS, DB_ARGS (db_text (user_id)), &owners, error))
        return FALSE;
    for (gsize i = 0; i < owners.n; i++)
        if (!add_some_of (db, arena, owners.items[i], n, &found, error))
            return FALSE;
    assets_shuffle (&found);
    found.n = MIN (found.n, n);
    *out = found;
    return TRUE;
}
