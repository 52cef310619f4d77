/* tags_private.h -- between the files of the feature */
#pragma once
#include "features/tags/tags.h"

#define TAG_MAX_BYTES 1000 /* of a value; PostgreSQL's index takes 2700 */
#define TAG_MAX_LEVELS 32
#define TAG_MAX_OF_ASSET 500 /* that are read from its file, so more would be lost there */

/* ---- the tree (tag_tree.c); pure ---- */

/** "paris" of "trip/paris" */
const char *tag_value_name (const char *value);
/** The values of @values and of all that are above them, each once, parents before children. */
StringList tag_values_with_parents (Arena *arena, const StringList *values);
/** The value with another last part. */
const char *tag_value_rename (Arena *arena, const char *value, const char *name);

/* ---- SQL (tags_store.c) ---- */

gboolean tags_find_all (Db *db, Arena *arena, const char *owner_id, TagRowList *out,
                        GError **error); /* by value, in byte order */
/** @return FALSE with APP_ERROR_INVALID and the clients' text when there is none */
gboolean tag_find (Db *db, Arena *arena, const char *id, TagRow *out, GError **error);
gboolean tag_exists (Db *db, const char *owner_id, const char *value, gboolean *out,
                     GError **error);

/** Make those of @values (clean ones) that are missing, with what is above them. May run beside others
 *  that make the same. @param out  a row for each of @values, in their order */
gboolean tags_make (Db *tx, Arena *arena, const char *owner_id, const StringList *values,
                    TagRowList *out, GError **error);
gboolean tag_store_color (Db *tx, const char *id, const char *color, GError **error);
/** The values of a tag and of all below it. */
gboolean tag_find_values_below (Db *db, Arena *arena, const char *id, StringList *out,
                                GError **error);
/** Change the value of a tag and of all below it. */
gboolean tag_store_value (Db *tx, Arena *arena, const TagRow *tag, const char *value,
                          GError **error);
/** Remove a tag and all below it. */
gboolean tag_remove (Db *tx, Arena *arena, const char *id, GError **error);
gboolean tags_remove_unused (Db *tx, gint64 *out_n, GError **error);

/** FALSE with APP_ERROR_INVALID when one of the assets has more tags than TAG_MAX_OF_ASSET. */
gboolean tags_check_number (Db *tx, Arena *arena, const StringList *asset_ids, GError **error);
/** Take a tag off assets. @param out_changed  those that had it */
gboolean tag_remove_from_assets (Db *tx, Arena *arena, const char *tag_id,
                                 const StringList *asset_ids, StringList *out_changed,
                                 GError **error);

TagResponse tag_describe (const TagRow *row);
