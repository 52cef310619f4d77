/* demo_groups.h -- albums and people of a made-up library (demo.c alone) */
#pragma once
#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

typedef char DemoId[UUID_TEXT_BYTES];

typedef struct {
    gint64 n_assets, n_albums, n_people, n_faces; /* wanted */
    DemoId *albums, *people;                      /* n_albums, n_people; in the arena */
    gint64 now_ms;
} DemoGroups;

/** Make the albums and people, still without photos. */
gboolean demo_groups_make (DemoGroups *self, Db *db, Arena *arena, const char *owner_id,
                           guint32 seed, GError **error);
/** Put the asset number @index where it belongs: half of all are in the album of their days, a tenth
 *  in the first album, and n_faces / n_assets of them show somebody, the first people most often.
 *  In a write. */
gboolean demo_groups_add_asset (const DemoGroups *self, Db *tx, gint64 index, const char *asset_id,
                                GRand *random, GError **error);
