/* memories_private.h -- between the files of the feature */
#pragma once
#include "features/memories/memories.h"

/* ---- memories_store.c ---- */

typedef struct {
    const char *owner_id;
    const char *id;   /* NULL: any */
    const char *type; /* NULL: any */
    gboolean has_is_saved, is_saved;
    gboolean is_trashed;
    gboolean has_for, has_is_upcoming, is_upcoming;
    gint64 for_ms; /* shown at that moment */
    MemorySearchOrder order;
    gint64 limit, offset;
} MemoryFilter;

/** Those that have something to show. */
gboolean memory_list (Db *db, Arena *arena, const MemoryFilter *filter, List *out, GError **error);
/** How many match, those without assets too; order and page are not looked at. */
gboolean memory_count (Db *db, const MemoryFilter *filter, gint64 *out, GError **error);
gboolean memory_load (Db *db, Arena *arena, const char *id, MemoryRow *out, GError **error);
/** The assets to show of some memories, oldest first. @out holds MemoryAssetRow */
gboolean memory_list_assets (Db *db, Arena *arena, const StringList *memory_ids,
                             gboolean with_hidden_people, List *out, GError **error);
/** Which of @asset_ids are in a memory. */
gboolean memory_find_members (Db *db, Arena *arena, const char *id, const StringList *asset_ids,
                              StringList *out, GError **error);

/* in a write */
gboolean memory_insert (Db *tx, const MemoryRow *memory, GError **error);
gboolean memory_add_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                            GError **error);
gboolean memory_remove_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                               GError **error);
gboolean memory_change (Db *tx, const char *id, const MemoryUpdate *change, GError **error);
gboolean memory_delete (Db *tx, const char *id, GError **error);

/* ---- memory_generate.c ---- */

/** The days (since 1970) of earlier years that have the month and day of @day, latest first, none
 *  before @first_day. On 29 February only leap years have one. */
IntList memory_past_days (Arena *arena, gint64 day, gint64 first_day);

/** Make the memories of the days around @today (days since 1970, UTC) that were not made yet.
 *  @param out_n  memories made */
gboolean memory_generate (Db *db, Arena *arena, gint64 today, gint64 *out_n, GError **error);

/** Take out what has left the timeline, and delete what nobody saved for 30 days. */
gboolean memory_clean_up (Db *db, gint64 now_ms, GError **error);

extern const char memory_sql_pick[]; /* for the test of its plan */

void memories_register_jobs (Jobs *jobs);
