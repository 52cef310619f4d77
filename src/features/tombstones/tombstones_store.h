/* tombstones_store.h -- the SQL of tombstones (internal to the feature) */
#pragma once
#include "features/tombstones/tombstones.h"

gboolean tombstones_store_list (Db *db, Arena *arena, const char *owner_id, gint64 page,
                                gint64 size, TombstonesResponse *out, GError **error);
/** Switched off, all are forgotten. */
gboolean tombstones_store_switch (Db *db, const char *owner_id, gboolean enabled, GError **error);
gboolean tombstones_store_clear (Db *db, const char *owner_id, GError **error);
/** @param sha1s  n times 20 bytes */
gboolean tombstones_store_remove (Db *db, const char *owner_id, const guint8 *sha1s, gsize n,
                                  GError **error);
