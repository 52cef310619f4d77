/* stacks.c -- see stacks.h: the SQL of stacks, and who is shown */
#define G_LOG_DOMAIN "stacks"
#include "features/stacks/stacks_private.h"

#include <string.h>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/uuid.h"

#define SEEN(a)                                                                                    \
    a ".status = 'active' AND " a ".deleted_at IS NULL AND " a                                     \
      ".visibility IN ('timeline', 'archive')"

/* $1 id */
static const char SQL_STACK_FIND[] = "SELECT id, primary_asset_id FROM stack WHERE id = $1";
/* $1 owner, $2 primary or NULL; in the order in which they were made */
static const char SQL_STACKS_FIND[] =
    "SELECT id, primary_asset_id FROM stack WHERE owner_id = $1"
    "   AND (CAST($2 AS TEXT) IS NULL OR primary_asset_id = CAST($2 AS TEXT))"
    " ORDER BY created_at, id";

/* $1 stack ids; with the primary, the number of those that can be seen */
static const char SQL_DESCRIBE[] =
    "SELECT s.id AS id, s.primary_asset_id AS primary_asset_id, count(*) + 1 AS asset_count"
    "  FROM stack s JOIN asset m ON m.stack_id = s.id AND m.id <> s.primary_asset_id"
    " WHERE s.id IN (SELECT value FROM json_each($1)) AND m.status = 'active'"
    "   AND m.deleted_at IS NULL AND m.visibility = 'timeline'"
    " GROUP BY s.id, s.primary_asset_id";

#define MEMBER_COLUMNS                                                                             \
    "s.id AS stack_id, s.primary_asset_id AS primary_asset_id, m.id AS id,"                        \
    " m.visibility AS visibility, CASE WHEN m.deleted_at IS NULL THEN 0 ELSE 1 END AS is_away"

/* $1 stack ids; oldest first in each */
static const char SQL_MEMBERS_SEEN[] =
    "SELECT " MEMBER_COLUMNS " FROM stack s JOIN asset m ON m.stack_id = s.id"
    " WHERE s.id IN (SELECT value FROM json_each($1)) AND " SEEN (
        "m") " ORDER BY s.id, m.file_created_at, m.id";
static const char SQL_MEMBERS_ALL[] =
    "SELECT " MEMBER_COLUMNS " FROM stack s JOIN asset m ON m.stack_id = s.id"
    " WHERE s.id IN (SELECT value FROM json_each($1))"
    " ORDER BY s.id, m.file_created_at, m.id";
/* $1 stack id, $2 asset id: 1 when it can be seen, 0 when it cannot */
static const char SQL_MEMBER_FIND[] =
    "SELECT CASE WHEN " SEEN ("m") " THEN 1 ELSE 0 END"
                                   "  FROM asset m WHERE m.id = $2 AND m.stack_id = $1";

/* $1 asset ids */
static const char SQL_STACKS_OF[] =
    "SELECT DISTINCT stack_id FROM asset"
    " WHERE id IN (SELECT value FROM json_each($1)) AND stack_id IS NOT NULL";
static const char SQL_STACKS_LED_BY[] =
    "SELECT id FROM stack WHERE primary_asset_id IN (SELECT value FROM json_each($1))";
/* $1 stack ids */
static const char SQL_MEMBERS_OF[] =
    "SELECT id FROM asset WHERE stack_id IN (SELECT value FROM json_each($1))";

/* $1 id, $2 owner, $3 primary, $4 now */
static const char SQL_STACK_INSERT[] =
    "INSERT INTO stack (id, owner_id, primary_asset_id, created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, $4, $4, uuid_v7())";
/* $1 stack ids */
static const char SQL_STACKS_DELETE[] =
    "DELETE FROM stack WHERE id IN (SELECT value FROM json_each($1))";
/* $1 stack ids: who is shown depends on all members, and others may be changing those that this transaction does
 * not; of two that write the stack, too, the later one looks again */
static const char SQL_STACKS_TOUCH[] =
    "UPDATE stack SET owner_id = owner_id WHERE id IN (SELECT value FROM json_each($1))";
/* $1 'stack asset' of each, $2 now */
static const char SQL_PRIMARIES_SET[] =
    "UPDATE stack SET primary_asset_id = substr(c.value, 38), updated_at = $2,"
    "       update_id = uuid_v7()"
    "  FROM json_each($1) AS c WHERE stack.id = substr(c.value, 1, 36)";

/* $1 asset ids, $2 stack, $3 now */
static const char SQL_MEMBERS_JOIN[] =
    "UPDATE asset SET stack_id = $2, stack_hidden = 0, updated_at = $3, update_id = uuid_v7()"
    " WHERE id IN (SELECT value FROM json_each($1)) AND status <> 'deleted'";
#define LEAVES                                                                                     \
    "UPDATE asset SET stack_id = NULL, stack_hidden = 0, updated_at = $2, "                        \
    "update_id = uuid_v7()"
/* $1 stack ids, $2 now: all members; those that may not be in one */
static const char SQL_ALL_LEAVE[] = LEAVES " WHERE stack_id IN (SELECT value FROM json_each($1))";
static const char SQL_LOST_LEAVE[] =
    LEAVES " WHERE stack_id IN (SELECT value FROM json_each($1))"
           "   AND (status = 'deleted' OR visibility IN ('locked', 'hidden'))";
/* $1 asset, $2 now, $3 stack */
static const char SQL_ONE_LEAVES[] = LEAVES " WHERE id = $1 AND stack_id = $3";

#define STANDS_BEHIND                                                                              \
    "CASE WHEN asset.id <> s.primary_asset_id AND p.visibility = asset.visibility"                 \
    "      AND (p.deleted_at IS NULL) = (asset.deleted_at IS NULL) THEN 1 ELSE 0 END"
/* $1 stack ids */
static const char SQL_HIDDEN_SET[] =
    "UPDATE asset SET stack_hidden = " STANDS_BEHIND
    "  FROM stack s JOIN asset p ON p.id = s.primary_asset_id"
    " WHERE asset.stack_id = s.id AND s.id IN (SELECT value FROM json_each($1))"
    "   AND asset.stack_hidden <> " STANDS_BEHIND;

/* ---- finding ---- */

gboolean
stack_find (Db *db, Arena *arena, const char *id, StackRow *out, GError **error)
{
    return db_select_one (db, arena, &stack_row_type, out, SQL_STACK_FIND, DB_ARGS (db_text (id)),
                          error);
}

gboolean
stacks_find (Db *db, Arena *arena, const char *owner_id, const char *primary_asset_id,
             StackRowList *out, GError **error)
{
    return db_select (db, arena, &stack_row_type, (List *) out, SQL_STACKS_FIND,
                      DB_ARGS (db_text (owner_id), db_text (primary_asset_id)), error);
}

gboolean
stacks_find_members (Db *db, Arena *arena, const StringList *stack_ids, StackMemberRowList *out,
                     GError **error)
{
    return db_select (db, arena, &stack_member_row_type, (List *) out, SQL_MEMBERS_SEEN,
                      DB_ARGS (db_strings (arena, stack_ids)), error);
}

gboolean
stack_has (Db *db, Arena *arena, const char *id, const char *asset_id, gboolean *out,
           gboolean *out_is_visible, GError **error)
{
    gint64 is_visible = 0;

    if (!db_select_int (db, SQL_MEMBER_FIND, DB_ARGS (db_text (id), db_text (asset_id)),
                        &is_visible, out, error))
        return FALSE;
    *out_is_visible = *out && is_visible == 1;
    return TRUE;
}

GHashTable *
stacks_describe (Db *db, Arena *arena, const StringList *stack_ids, GError **error)
{
    g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
    AssetStackResponseList rows = { 0 };

    if (stack_ids->n > 0 &&
        !db_select (db, arena, &asset_stack_response_type, (List *) &rows, SQL_DESCRIBE,
                    DB_ARGS (db_strings (arena, stack_ids)), error))
        return NULL;
    for (gsize i = 0; i < rows.n; i++)
        g_hash_table_insert (by_id, (gpointer) rows.items[i].id, &rows.items[i]);
    return g_steal_pointer (&by_id);
}

/* ---- changing ---- */

static gboolean
touch (Db *tx, Arena *arena, const StringList *ids, GError **error)
{
    return db_exec (tx, SQL_STACKS_TOUCH, DB_ARGS (db_strings (arena, ids)), NULL, error);
}

gboolean
stacks_dissolve (Db *tx, Arena *arena, const StringList *ids, GError **error)
{
    return ids->n == 0 ||
           (db_exec (tx, SQL_ALL_LEAVE,
                     DB_ARGS (db_strings (arena, ids), db_int (timestamp_now_ms ())), NULL,
                     error) &&
            db_exec (tx, SQL_STACKS_DELETE, DB_ARGS (db_strings (arena, ids)), NULL, error));
}

gboolean
stack_store_leaving (Db *tx, Arena *arena, const char *id, const char *asset_id, GError **error)
{
    StringList ids = { &id, 1 };

    return touch (tx, arena, &ids, error) &&
           db_exec (tx, SQL_ONE_LEAVES,
                    DB_ARGS (db_text (asset_id), db_int (timestamp_now_ms ()), db_text (id)), NULL,
                    error);
}

static gboolean
join (Db *tx, Arena *arena, const char *id, const StringList *asset_ids, GError **error)
{
    return db_exec (
        tx, SQL_MEMBERS_JOIN,
        DB_ARGS (db_strings (arena, asset_ids), db_text (id), db_int (timestamp_now_ms ())), NULL,
        error);
}

/* ---- who is shown ---- */

static void
add_text (Arena *arena, StringList *list, const char *text)
{
    list->items = arena_grow_list (arena, list->items, list->n, sizeof *list->items);
    list->items[list->n++] = text;
}

/* Less is better. */
static int
rank_of (const StackMemberRow *member)
{
    if (member->is_away)
        return 2;
    return member->visibility == ASSET_VISIBILITY_TIMELINE ? 0 : 1;
}

/* The primary stays if nobody is more visible; else the oldest of those who are most visible. */
static const StackMemberRow *
choose_primary (const StackMemberRow *members, gsize n)
{
    const StackMemberRow *best = &members[0];

    for (gsize i = 1; i < n; i++) {
        int difference = rank_of (&members[i]) - rank_of (best);

        if (difference < 0 ||
            (difference == 0 && strcmp (members[i].id, best->primary_asset_id) == 0))
            best = &members[i];
    }
    return best;
}

/* Of members in the order of their stacks: which stacks end, and which get another primary. */
static void
decide (Arena *arena, const StackMemberRowList *members, const StringList *stack_ids,
        gboolean ends_alone, StringList *out_ended, StringList *out_primaries)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

    for (gsize at = 0, n; at < members->n; at += n) {
        const StackMemberRow *first = &members->items[at], *primary;

        for (n = 1; at + n < members->n && strcmp (first[n].stack_id, first->stack_id) == 0;)
            n++;
        g_hash_table_add (seen, (gpointer) first->stack_id);
        primary = choose_primary (first, n);
        if (n == 1 && ends_alone)
            add_text (arena, out_ended, first->stack_id);
        else if (strcmp (primary->id, first->primary_asset_id) != 0)
            add_text (arena, out_primaries,
                      arena_printf (arena, "%s %s", first->stack_id, primary->id));
    }
    for (gsize i = 0; i < stack_ids->n; i++) /* nobody is left */
        if (!g_hash_table_contains (seen, stack_ids->items[i]))
            add_text (arena, out_ended, stack_ids->items[i]);
}

static gboolean
settle (Db *tx, Arena *arena, const StringList *stack_ids, gboolean ends_alone, GError **error)
{
    DbValue ids = db_strings (arena, stack_ids);
    StringList ended = { 0 }, primaries = { 0 };
    StackMemberRowList members;
    gint64 n_lost = 0, now_ms = timestamp_now_ms ();

    if (!touch (tx, arena, stack_ids, error) ||
        !db_exec (tx, SQL_LOST_LEAVE, DB_ARGS (ids, db_int (now_ms)), &n_lost, error) ||
        !db_select (tx, arena, &stack_member_row_type, (List *) &members, SQL_MEMBERS_ALL,
                    DB_ARGS (ids), error))
        return FALSE;
    decide (arena, &members, stack_ids, ends_alone || n_lost > 0, &ended, &primaries);
    return stacks_dissolve (tx, arena, &ended, error) &&
           (primaries.n == 0 ||
            db_exec (tx, SQL_PRIMARIES_SET,
                     DB_ARGS (db_strings (arena, &primaries), db_int (now_ms)), NULL, error)) &&
           db_exec (tx, SQL_HIDDEN_SET, DB_ARGS (ids), NULL, error);
}

gboolean
stacks_settle (Db *tx, Arena *arena, const StringList *asset_ids, GError **error)
{
    StringList stack_ids = { 0 };

    if (asset_ids->n > 0 &&
        !db_select_texts (tx, arena, SQL_STACKS_OF, DB_ARGS (db_strings (arena, asset_ids)),
                          &stack_ids, error))
        return FALSE;
    return stack_ids.n == 0 || settle (tx, arena, &stack_ids, FALSE, error);
}

gboolean
stack_store_primary (Db *tx, Arena *arena, const char *id, const char *asset_id, GError **error)
{
    const char *pair = arena_printf (arena, "%s %s", id, asset_id);
    StringList primaries = { &pair, 1 }, ids = { &id, 1 };

    return db_exec (tx, SQL_PRIMARIES_SET,
                    DB_ARGS (db_strings (arena, &primaries), db_int (timestamp_now_ms ())), NULL,
                    error) &&
           settle (tx, arena, &ids, FALSE, error);
}

/* ---- making ---- */

/* Take the members out of stacks, which end. */
static gboolean
absorb (Db *tx, Arena *arena, const StringList *stack_ids, StringList *out_members, GError **error)
{
    return stack_ids->n == 0 ||
           (db_select_texts (tx, arena, SQL_MEMBERS_OF, DB_ARGS (db_strings (arena, stack_ids)),
                             out_members, error) &&
            stacks_dissolve (tx, arena, stack_ids, error));
}

/* Whose stack it is gets all of it as one answer, and with each change of it all of it is looked at. */
static gboolean
check_number (gsize n, GError **error)
{
    if (n <= STACK_MAX_MEMBERS)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                 "A stack has %d assets at most, with those of the stacks that go into it",
                 STACK_MAX_MEMBERS);
    return FALSE;
}

gboolean
stack_make (Db *tx, Arena *arena, const char *owner_id, const StringList *asset_ids,
            const char **out_id, GError **error)
{
    const char *id = uuid_v4 (arena);
    StringList absorbed, left, members = { 0 }, ids = { &id, 1 };

    if (!db_select_texts (tx, arena, SQL_STACKS_LED_BY, DB_ARGS (db_strings (arena, asset_ids)),
                          &absorbed, error) ||
        !db_select_texts (tx, arena, SQL_STACKS_OF, DB_ARGS (db_strings (arena, asset_ids)), &left,
                          error) ||
        !absorb (tx, arena, &absorbed, &members, error) ||
        !check_number (asset_ids->n + members.n, error) ||
        !db_exec (tx, SQL_STACK_INSERT,
                  DB_ARGS (db_text (id), db_text (owner_id), db_text (asset_ids->items[0]),
                           db_int (timestamp_now_ms ())),
                  NULL, error) ||
        !join (tx, arena, id, asset_ids, error) ||
        (members.n > 0 && !join (tx, arena, id, &members, error)) ||
        !settle (tx, arena, &ids, FALSE, error) ||
        (left.n > 0 && !settle (tx, arena, &left, TRUE, error)))
        return FALSE;
    *out_id = id;
    return TRUE;
}

gboolean
stacks_copy (Db *tx, Arena *arena, const char *source_id, const char *target_id, GError **error)
{
    StringList sources = { &source_id, 1 }, targets = { &target_id, 1 };
    StringList from, to, members = targets;

    if (!db_select_texts (tx, arena, SQL_STACKS_OF, DB_ARGS (db_strings (arena, &sources)), &from,
                          error) ||
        !db_select_texts (tx, arena, SQL_STACKS_OF, DB_ARGS (db_strings (arena, &targets)), &to,
                          error))
        return FALSE;
    if (from.n == 0 || (to.n > 0 && strcmp (from.items[0], to.items[0]) == 0))
        return TRUE;
    if (to.n == 0)
        to = from;
    else if (!absorb (tx, arena, &from, &members, error))
        return FALSE;
    return join (tx, arena, to.items[0], &members, error) && settle (tx, arena, &to, FALSE, error);
}
