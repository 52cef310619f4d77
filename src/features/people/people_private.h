/* people_private.h -- between the files of the feature */
#pragma once
#include "features/people/people.h"

/* ---- rules ---- */

/** What is to change of a person. */
typedef struct {
    const char *name; /* NULL: as it was; so with the others */
    gboolean set_birth_date, set_color;
    const char *birth_date; /* 1990-05-06 */
    const char *color;      /* with its '#' */
    gboolean has_hidden, is_hidden;
    gboolean has_favorite, is_favorite;
    const char *feature_asset_id; /* in which they have a face that shall be their picture */
} PersonChange;

/** The day of a text like '1990-05-06', '1990/5/6', '1990-05' or a whole ISO time.
 *  *@out is NULL for NULL and "". @return FALSE for anything else and for days after @now_ms */
gboolean people_parse_birth_date (Arena *arena, const char *text, gint64 now_ms, const char **out);
/** With one '#' before it; NULL for NULL and "". The contract checked the digits. */
const char *people_parse_color (Arena *arena, const char *text);

void people_fill (const App *app, Arena *arena, const PersonRow *row, PersonResponse *out);

/** @out_id is the new one's. */
gboolean people_create (Db *db, Arena *arena, const char *owner_id, const PersonChange *person,
                        const char **out_id, GError **error);
/** @changes are those of @ids. @out_failed says which were refused and left as they were: there is no
 *  face of that person in that asset. */
gboolean people_update (Db *db, Arena *arena, const StringList *ids, const PersonChange *changes,
                        gboolean *out_failed, GError **error);
/** In a write. Faces stay, as nobody's; pictures go. */
gboolean people_remove (Db *tx, Arena *arena, const StringList *ids, GError **error);
gboolean people_delete (Db *db, Arena *arena, const StringList *ids, GError **error);
/** @target_id gets the faces of @ids, and what it lacks of their names and dates; they go. */
gboolean people_merge (Db *db, Arena *arena, const char *target_id, const StringList *ids,
                       GError **error);
/** The faces of each old person in each asset become @target_id's. */
gboolean people_reassign (Db *db, Arena *arena, const char *target_id,
                          const AssetFaceUpdateItemList *faces, GError **error);

/* ---- SQL ---- */

typedef struct {
    const char *owner_id;
    gint64 min_faces; /* for those without a name */
    gboolean with_hidden;
    gint64 limit, offset;
} PeopleFilter;

gboolean people_store_list (Db *db, Arena *arena, const PeopleFilter *filter, PersonRowList *out,
                            GError **error);
gboolean people_store_count (Db *db, Arena *arena, const char *owner_id, PeopleCountRow *out,
                             GError **error);
gboolean people_store_find (Db *db, Arena *arena, const StringList *ids, PersonRowList *out,
                            GError **error);
gboolean people_store_insert (Db *tx, const char *id, const char *owner_id,
                              const PersonChange *person, const char *face_id, GError **error);
gboolean people_store_update (Db *tx, const char *id, const PersonChange *change,
                              const char *face_id, GError **error);
gboolean people_store_delete (Db *tx, Arena *arena, const StringList *ids, GError **error);
gboolean people_store_move_faces (Db *tx, Arena *arena, const char *target_id,
                                  const StringList *ids, GError **error);
gboolean people_store_reassign (Db *tx, const char *target_id, const char *asset_id,
                                const char *old_id, GError **error);
/** NULL when there is none that could be the picture of that person. */
gboolean people_store_find_face (Db *db, Arena *arena, const char *person_id, const char *asset_id,
                                 const char **out, GError **error);
gboolean people_store_count_assets (Db *db, const char *person_id, gint64 *out, GError **error);
/** Those whom no face shows, not even a deleted one. */
gboolean people_store_find_unseen (Db *db, Arena *arena, gint64 limit, StringList *out,
                                   GError **error);

/* ---- jobs ---- */

JobResult people_generate_thumbnail (gpointer app, const Job *job, Arena *arena, GError **error);
JobResult people_clean_up (gpointer app, const Job *job, Arena *arena, GError **error);
