/* demo_groups.c -- see demo_groups.h */
#include "features/demo/demo_groups.h"

/* $1 id, $2 name, $3 now, $4 update id */
static const char SQL_ALBUM[] = "INSERT INTO album (id, name, created_at, updated_at, update_id)"
                                " VALUES ($1, $2, $3, $3, $4)";
/* $1 album, $2 user, $3 now, $4 create id */
static const char SQL_ALBUM_OWNER[] =
    "INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)"
    " VALUES ($1, $2, 'owner', $3, $4, $4)";
/* $1 album, $2 asset, $3 now, $4 update id */
static const char SQL_ALBUM_ASSET[] =
    "INSERT INTO album_asset (album_id, asset_id, created_at, update_id) VALUES ($1, $2, $3, $4)";
/* $1 id, $2 owner, $3 name, $4 now, $5 update id */
static const char SQL_PERSON[] =
    "INSERT INTO person (id, owner_id, name, created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, $4, $4, $5)";
/* $1 id, $2 asset, $3 person, $4 now, $5 update id, $6 left, $7 top */
static const char SQL_FACE[] =
    "INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2,"
    "                        source_type, created_at, updated_at, update_id)"
    " VALUES ($1, $2, $3, 1440, 1080, $6, $7, CAST($6 AS BIGINT) + 120, CAST($7 AS BIGINT) + 160,"
    "         'machine-learning', $4, $4, $5)";

/* Small tokens, so that a name is found by its beginning. */
static const char *const first_names[] = { "Ada",   "Ben",   "Clara", "David", "Emil",
                                           "Frida", "Grete", "Hugo",  "Ida",   "Jonas" };

static void
random_id (GRand *random, DemoId out)
{
    g_snprintf (out, UUID_TEXT_BYTES, "%08x-%04x-4%03x-%04x-%04x%08x", g_rand_int (random),
                g_rand_int (random) & 0xffff, g_rand_int (random) & 0xfff,
                (g_rand_int (random) & 0x3fff) | 0x8000, g_rand_int (random) & 0xffff,
                g_rand_int (random));
}

typedef struct {
    const DemoGroups *groups;
    const char *owner_id;
} Making;

static gboolean
run_make (Db *tx, gpointer data, GError **error)
{
    const Making *self = data;
    const DemoGroups *groups = self->groups;
    char update_id[UUID_TEXT_BYTES], name[64];

    for (gint64 i = 0; i < groups->n_albums; i++) {
        g_snprintf (name, sizeof name, "Journey %" G_GINT64_FORMAT, i + 1);
        uuid_v7_text (update_id);
        if (!db_exec (tx, SQL_ALBUM,
                      DB_ARGS (db_text (groups->albums[i]), db_text (name), db_int (groups->now_ms),
                               db_text (update_id)),
                      NULL, error) ||
            !db_exec (tx, SQL_ALBUM_OWNER,
                      DB_ARGS (db_text (groups->albums[i]), db_text (self->owner_id),
                               db_int (groups->now_ms), db_text (update_id)),
                      NULL, error))
            return FALSE;
    }
    for (gint64 i = 0; i < groups->n_people; i++) {
        g_snprintf (name, sizeof name, "%s %" G_GINT64_FORMAT,
                    first_names[i % G_N_ELEMENTS (first_names)], i + 1);
        uuid_v7_text (update_id);
        if (!db_exec (tx, SQL_PERSON,
                      DB_ARGS (db_text (groups->people[i]), db_text (self->owner_id),
                               db_text (i % 3 == 0 ? name : ""), db_int (groups->now_ms),
                               db_text (update_id)),
                      NULL, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
demo_groups_make (DemoGroups *self, Db *db, Arena *arena, const char *owner_id, guint32 seed,
                  GError **error)
{
    g_autoptr (GRand) random = g_rand_new_with_seed (seed ^ 0x5eed);
    Making making = { self, owner_id };

    self->albums = arena_alloc (arena, sizeof (DemoId) * (gsize) self->n_albums);
    self->people = arena_alloc (arena, sizeof (DemoId) * (gsize) self->n_people);
    for (gint64 i = 0; i < self->n_albums; i++)
        random_id (random, self->albums[i]);
    for (gint64 i = 0; i < self->n_people; i++)
        random_id (random, self->people[i]);
    return db_write (db, run_make, &making, error);
}

static gboolean
add_to_album (const DemoGroups *self, Db *tx, const char *album_id, const char *asset_id,
              GError **error)
{
    char update_id[UUID_TEXT_BYTES];

    uuid_v7_text (update_id);
    return db_exec (tx, SQL_ALBUM_ASSET,
                    DB_ARGS (db_text (album_id), db_text (asset_id), db_int (self->now_ms),
                             db_text (update_id)),
                    NULL, error);
}

static gboolean
add_face (const DemoGroups *self, Db *tx, const char *asset_id, GRand *random, GError **error)
{
    double at = g_rand_double (random);
    const char *person = self->people[(gint64) (at * at * at * (double) self->n_people)];
    char id[UUID_TEXT_BYTES], update_id[UUID_TEXT_BYTES];

    random_id (random, id);
    uuid_v7_text (update_id);
    return db_exec (tx, SQL_FACE,
                    DB_ARGS (db_text (id), db_text (asset_id), db_text (person),
                             db_int (self->now_ms), db_text (update_id),
                             db_int (g_rand_int_range (random, 0, 1300)),
                             db_int (g_rand_int_range (random, 0, 900))),
                    NULL, error);
}

gboolean
demo_groups_add_asset (const DemoGroups *self, Db *tx, gint64 index, const char *asset_id,
                       GRand *random, GError **error)
{
    gint64 own_album = self->n_albums > 0 ? index * self->n_albums / self->n_assets : 0;
    guint32 chance = g_rand_int (random) % 20;
    double faces = (double) self->n_faces / (double) self->n_assets;

    if (self->n_albums > 0 && chance < 10 &&
        !add_to_album (self, tx, self->albums[own_album], asset_id, error))
        return FALSE;
    if (self->n_albums > 0 && chance < 12 && chance >= 10 && own_album != 0 &&
        !add_to_album (self, tx, self->albums[0], asset_id, error))
        return FALSE;
    for (; self->n_people > 0 && faces > 0; faces -= 1)
        if (g_rand_double (random) < faces && !add_face (self, tx, asset_id, random, error))
            return FALSE;
    return TRUE;
}
