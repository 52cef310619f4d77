/* stacks_private.h -- between the files of the feature */
#pragma once
#include "features/stacks/stacks.h"

#define STACK_MAX_MEMBERS 5000

/** Make a stack of assets, the first of which is its primary, in a write. Stacks whose primary is among
 *  them are absorbed; the others leave theirs. */
gboolean stack_make (Db *tx, Arena *arena, const char *owner_id, const StringList *asset_ids,
                     const char **out_id, GError **error);
gboolean stack_find (Db *db, Arena *arena, const char *id, StackRow *out, GError **error);
/** Those of an owner. @primary_asset_id  only that one's; NULL: all */
gboolean stacks_find (Db *db, Arena *arena, const char *owner_id, const char *primary_asset_id,
                      StackRowList *out, GError **error);
/** The members that can be seen of several stacks, oldest first. */
gboolean stacks_find_members (Db *db, Arena *arena, const StringList *stack_ids,
                              StackMemberRowList *out, GError **error);
/** Whether it is a member; *@out_is_visible: one that may be the primary. */
gboolean stack_has (Db *db, Arena *arena, const char *id, const char *asset_id, gboolean *out,
                    gboolean *out_is_visible, GError **error);
gboolean stack_store_primary (Db *tx, Arena *arena, const char *id, const char *asset_id,
                              GError **error);
gboolean stack_store_leaving (Db *tx, Arena *arena, const char *id, const char *asset_id,
                              GError **error);
/** The assets stay. */
gboolean stacks_dissolve (Db *tx, Arena *arena, const StringList *ids, GError **error);
