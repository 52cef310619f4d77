/* duplicates_private.h -- between the files of the feature */
#pragma once
#include "features/duplicates/duplicates.h"

/* ---- likeness.c; pure ---- */

#define LIKENESS_BANDS 4
#define LIKENESS_MAX_DISTANCE 7 /* of 64 bits */

/** The part @band of the hash, 16 bits. */
gint64 likeness_band (const guint8 *likeness, guint band);
/** @likeness's part @band and all that differ from it in one bit, as a JSON array. */
const char *likeness_near_bands (Arena *arena, const guint8 *likeness, guint band);
/** How far two pictures are from each other: 0 to LIKENESS_MAX_DISTANCE; -1: they are not alike. */
int likeness_compare (const LikenessRow *a, const LikenessRow *b);

/* ---- groups (duplicates.c) ---- */

/** Those of an owner that can be shown and have at least two such members, by group, each by date;
 *  what is alone leaves its group first. */
gboolean duplicates_find (Db *db, Arena *arena, const char *owner_id, DuplicateMemberRowList *out,
                          GError **error);
/** The members of one that can be shown, by date. */
gboolean duplicate_find_members (Db *db, Arena *arena, const char *owner_id, const char *group_id,
                                 StringList *out, GError **error);
/** End groups; @dismiss: their members shall not come together again. */
gboolean duplicates_clear (Db *tx, Arena *arena, const char *owner_id, const StringList *group_ids,
                           gboolean dismiss, GError **error);
/** Set the group of assets that have another one; @group_id NULL: none. */
gboolean duplicates_set_group (Db *tx, Arena *arena, const StringList *asset_ids,
                               const char *group_id, GError **error);
/** Which of these to keep: the largest, then the one of which most is known. NULL: none */
const char *duplicate_suggest (const AssetResponseList *assets);

/* ---- resolving (duplicates_resolve.c) ---- */

/** Keep and trash the members of a group; an answer for clients. */
void duplicate_resolve (ApiCall *call, const DuplicateResolveGroup *group, BulkIdResponse *out);

void duplicates_register_jobs (Jobs *jobs);
