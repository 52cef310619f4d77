/* stacks.h -- shots shown as one
 *
 * The members are the assets whose stack_id it is. One of them is the primary; it is one that can be
 * seen on the timeline if any can. stack_hidden marks the members that stand behind it: those that are
 * as visible as the primary. What is locked, a motion part, or being removed is in no stack. */
#pragma once
#include "features/app.h"
#include "features/stacks_api.h"

void stacks_start (App *app, Api *api);

/** What assets say of their stacks.
 *  @return (transfer full) stack id -> AssetStackResponse * in the arena; a stack of which only the
 *          primary can be seen is not in it. NULL on failure */
GHashTable *stacks_describe (Db *db, Arena *arena, const StringList *stack_ids, GError **error);

/* ---- inside a write ---- */

/** Put the stacks of these assets right: after their status or visibility changed, or before their rows
 *  go (their status is deleted then). Others step in for a primary that cannot be seen; a stack from
 *  which one left for good ends when fewer than two are left. */
gboolean stacks_settle (Db *tx, Arena *arena, const StringList *asset_ids, GError **error);

/** @target_id shall be stacked as @source_id is: it joins, or both stacks become one. */
gboolean stacks_copy (Db *tx, Arena *arena, const char *source_id, const char *target_id,
                      GError **error);
