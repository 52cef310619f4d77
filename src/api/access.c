/* access.c -- who may do what to which asset: the one place
 *
 * A right is what a permission text asks of an asset; a way is a reason why somebody has rights. Each
 * way is one row: whom it is for, which rights it gives, and the SQL that finds the assets it opens. An
 * asset is accessible when any way opens it. Both texts of a way take the same parameters:
 *   $1  the asset's id; or a JSON array of ids
 *   $2  the caller's user id
 *   $3  1 when locked assets are open to the caller, else 0
 * Nothing is asked about an asset that is being removed: for every way it is gone already. */
#define G_LOG_DOMAIN "access"
#include "api/api.h"

#include <string.h>

typedef enum {
    RIGHT_READ = 1 << 0,     /* its description and what was made of it */
    RIGHT_DOWNLOAD = 1 << 1, /* the original */
    RIGHT_SHARE = 1 << 2,    /* show it to others */
    RIGHT_CHANGE = 1 << 3,   /* change or delete it */
} Right;

static const struct {
    const char *permission;
    Right right;
} rights[] = {
    { "asset.read", RIGHT_READ },          { "asset.view", RIGHT_READ },
    { "asset.edit.get", RIGHT_READ },      { "asset.download", RIGHT_DOWNLOAD },
    { "asset.share", RIGHT_SHARE },        { "asset.update", RIGHT_CHANGE },
    { "asset.delete", RIGHT_CHANGE },      { "asset.copy", RIGHT_CHANGE },
    { "asset.replace", RIGHT_CHANGE },     { "asset.edit.create", RIGHT_CHANGE },
    { "asset.edit.delete", RIGHT_CHANGE },
};

typedef struct {
    gboolean (*is_for) (const Auth *auth);
    Right rights;
    const char *sql_one, *sql_many; /* the id, when it is open; the ids that are */
} Way;

/* A link stands for its owner's assets, but its holder is not the owner. */
static gboolean
is_user (const Auth *auth)
{
    return auth->kind == CREDENTIAL_SESSION || auth->kind == CREDENTIAL_API_KEY;
}

/* The check of nearly every request: its test holds that it is one read of an index. */
const char access_sql_owner_one[] = "SELECT id FROM asset"
                                    " WHERE id = $1 AND owner_id = $2 AND status <> 'deleted'"
                                    "   AND (visibility <> 'locked' OR CAST($3 AS BIGINT) = 1)";
static const char SQL_OWNER_MANY[] =
    "SELECT id FROM asset"
    " WHERE id IN (SELECT value FROM json_each($1)) AND owner_id = $2"
    "   AND status <> 'deleted'"
    "   AND (visibility <> 'locked' OR CAST($3 AS BIGINT) = 1)";

static const Way ways[] = {
    { is_user, RIGHT_READ | RIGHT_DOWNLOAD | RIGHT_SHARE | RIGHT_CHANGE, access_sql_owner_one,
      SQL_OWNER_MANY },
};

/* 0: no right of assets. */
static Right
find_right (const char *permission)
{
    for (gsize i = 0; i < G_N_ELEMENTS (rights); i++)
        if (strcmp (rights[i].permission, permission) == 0)
            return rights[i].right;
    g_critical ("'%s' is no permission that assets know", permission);
    return 0;
}

static gboolean
refuse (const char *permission, GError **error)
{
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Not found or no %s access", permission);
    return FALSE;
}

/* What is locked is never shared, not even by an owner who unlocked it. */
static gboolean
may_see_locked (const Auth *auth, Right right)
{
    return auth->is_elevated && right != RIGHT_SHARE;
}

gboolean
access_check_asset (ApiCall *call, const char *id, const char *permission, GError **error)
{
    Right right = find_right (permission);

    for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
        const char *found = NULL;

        if (!(ways[i].rights & right) || !ways[i].is_for (call->auth))
            continue;
        if (!db_select_text (call->db, call->arena, ways[i].sql_one,
                             DB_ARGS (db_text (id), db_text (call->auth->user_id),
                                      db_bool (may_see_locked (call->auth, right))),
                             &found, error))
            return FALSE;
        if (found != NULL)
            return TRUE;
    }
    return refuse (permission, error);
}

/* The ids that pass, as a set of texts in the call's arena. */
static GHashTable *
find_open (ApiCall *call, const StringList *ids, Right right, GError **error)
{
    g_autoptr (GHashTable) open = g_hash_table_new (g_str_hash, g_str_equal);
    DbValue list = db_strings (call->arena, ids);

    for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
        StringList found = { 0 };

        if (!(ways[i].rights & right) || !ways[i].is_for (call->auth))
            continue;
        if (!db_select_texts (call->db, call->arena, ways[i].sql_many,
                              DB_ARGS (list, db_text (call->auth->user_id),
                                       db_bool (may_see_locked (call->auth, right))),
                              &found, error))
            return NULL;
        for (gsize n = 0; n < found.n; n++)
            g_hash_table_add (open, (gpointer) found.items[n]);
    }
    return g_steal_pointer (&open);
}

gboolean
access_check_assets (ApiCall *call, const StringList *ids, const char *permission, GError **error)
{
    g_autoptr (GHashTable) open = NULL;

    if (ids->n == 0)
        return TRUE;
    if (ids->n == 1)
        return access_check_asset (call, ids->items[0], permission, error);
    open = find_open (call, ids, find_right (permission), error);
    if (open == NULL)
        return FALSE;
    for (gsize i = 0; i < ids->n; i++)
        if (!g_hash_table_contains (open, ids->items[i]))
            return refuse (permission, error);
    return TRUE;
}

gboolean
access_filter_assets (ApiCall *call, const StringList *ids, const char *permission, StringList *out,
                      GError **error)
{
    g_autoptr (GHashTable) open = NULL;
    StringList passed = { arena_new_array (call->arena, const char *, MAX (ids->n, 1)), 0 };

    if (ids->n > 0) {
        open = find_open (call, ids, find_right (permission), error);
        if (open == NULL)
            return FALSE;
    }
    for (gsize i = 0; i < ids->n; i++)
        if (g_hash_table_contains (open, ids->items[i]))
            passed.items[passed.n++] = ids->items[i];
    *out = passed;
    return TRUE;
}
