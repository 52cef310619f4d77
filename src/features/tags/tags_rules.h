/* tags_rules.h -- what clients ask of tags (internal to the feature); access was checked */
#pragma once
#include "features/tags/tags_private.h"

gboolean tag_create (Db *db, Arena *arena, const char *owner_id, const TagCreate *in, TagRow *out,
                     GError **error);
/** @param out  the tag of each distinct path, in order; empty paths have none */
gboolean tags_upsert (Db *db, Arena *arena, const char *owner_id, const StringList *paths,
                      TagRowList *out, GError **error);
gboolean tag_update (Db *db, Arena *arena, const char *owner_id, const char *id,
                     const TagUpdate *in, TagRow *out, GError **error);
gboolean tag_delete (Db *db, Arena *arena, const char *id, GError **error);
gboolean tags_put_on (Db *db, Arena *arena, const StringList *tag_ids, const StringList *asset_ids,
                      StringList *out_changed, gint64 *out_n_new, GError **error);
gboolean tag_take_off (Db *db, Arena *arena, const char *tag_id, const StringList *asset_ids,
                       StringList *out_changed, GError **error);
void tags_register_jobs (Jobs *jobs);
