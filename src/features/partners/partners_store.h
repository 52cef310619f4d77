/* partners_store.h -- the SQL of partners (internal to the feature) */
#pragma once
#include "features/partners/partners.h"

/** Those whom the user shares with (SHARED_BY), or who share with the user; by name. Without those who
 *  are soft-deleted. */
gboolean partners_store_list (Db *db, Arena *arena, const char *user_id, PartnerDirection direction,
                              PartnerRowList *out, GError **error);
/** *@out_is_new FALSE, and nothing is changed, when it is there already. */
gboolean partners_store_add (Db *db, const char *shared_by_id, const char *shared_with_id,
                             gboolean *out_is_new, GError **error);
gboolean partners_store_set (Db *db, const char *shared_by_id, const char *shared_with_id,
                             gboolean in_timeline, GError **error);
/** *@out_is_gone FALSE when there was none. */
gboolean partners_store_remove (Db *tx, const char *shared_by_id, const char *shared_with_id,
                                gboolean *out_is_gone, GError **error);
