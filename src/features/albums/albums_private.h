/* albums_private.h -- between the files of the feature */
#pragma once
#include "features/albums/albums.h"

/* ---- rules: albums.c, album_members.c ---- */

typedef struct {
    const char *asset_id; /* NULL: any; the others do not count then */
    const char *id, *name;
    gboolean has_owned, is_owned;
    gboolean has_shared, is_shared; /* with another member or a link */
} AlbumFilter;

#define ALBUM_ONE_OWNER "Cannot add another owner"

/** FALSE with the clients' text unless all of them are accounts, and not soft-deleted; each once. */
gboolean albums_check_users (ApiCall *call, const StringList *user_ids, GError **error);

gboolean album_create (ApiCall *call, const CreateAlbum *body, const char **out_id, GError **error);
gboolean album_update (ApiCall *call, const char *id, const UpdateAlbum *body, GError **error);
gboolean album_remove_assets (ApiCall *call, const char *id, const StringList *asset_ids,
                              BulkIdResponseList *out, GError **error);
gboolean album_add_each (ApiCall *call, const char *id, const StringList *asset_ids,
                         BulkIdResponseList *out, GError **error);
/** To all of @album_ids. *@out_n: how many times one was added. */
gboolean albums_add_to_all (ApiCall *call, const StringList *album_ids, const StringList *asset_ids,
                            gint64 *out_n, GError **error);

gboolean album_add_members (ApiCall *call, const char *id, const AlbumUserAddList *users,
                            GError **error);
gboolean album_change_member (ApiCall *call, const char *id, const char *user_id, int role,
                              GError **error);
gboolean album_remove_member (ApiCall *call, const char *id, const char *user_id, GError **error);

/* ---- describing: album_describe.c ---- */

/** FALSE with APP_ERROR_INVALID when it is not there. @with_contributors: if it is shared. */
gboolean album_describe_one (const App *app, Db *db, Arena *arena, const char *id,
                             const char *viewer_id, gboolean with_contributors, AlbumResponse *out,
                             GError **error);

/* ---- telling: album_events.c; inside a write ---- */

/** Assets came or went: every member's clients are told once it is committed. */
gboolean album_send_updated (const App *app, Db *tx, Arena *arena, const char *album_id,
                             GError **error);
/** Ask for the notices of an invitation, and of new assets (to all members but @actor_id). */
gboolean album_notify_invited (const App *app, Db *tx, Arena *arena, const char *album_id,
                               const char *user_id, GError **error);
gboolean album_notify_added (const App *app, Db *tx, Arena *arena, const char *album_id,
                             const char *actor_id, GError **error);

/* ---- SQL: albums_store.c ---- */

/** Ids of the albums that a user is in, newest first. */
gboolean albums_store_list (Db *db, Arena *arena, const char *user_id, const AlbumFilter *filter,
                            StringList *out, GError **error);
gboolean albums_store_count (Db *db, Arena *arena, const char *user_id,
                             AlbumStatisticsResponse *out, GError **error);
gboolean albums_store_find (Db *db, Arena *arena, const StringList *ids, AlbumRowList *out,
                            GError **error);
/** By album; there by role, then the viewer, then names. */
gboolean albums_store_find_members (Db *db, Arena *arena, const StringList *ids,
                                    const char *viewer_id, AlbumMemberRowList *out, GError **error);
gboolean albums_store_find_contributors (Db *db, Arena *arena, const char *id,
                                         ContributorCountResponseList *out, GError **error);
gboolean albums_store_find_markers (Db *db, Arena *arena, const char *id,
                                    MapMarkerResponseList *out, GError **error);
/** *@out is -1 when the user is no member, or the album is not there. */
gboolean albums_store_find_role (Db *db, Arena *arena, const char *id, const char *user_id,
                                 int *out, GError **error);
/** Users, but not soft-deleted ones, who are members; all, or those who are not @but. */
gboolean albums_store_find_receivers (Db *db, Arena *arena, const char *id, const char *but,
                                      StringList *out, GError **error);
/** Which of @asset_ids are in the album. */
gboolean albums_store_find_assets (Db *db, Arena *arena, const char *id,
                                   const StringList *asset_ids, StringList *out, GError **error);
gboolean albums_store_exists (Db *db, Arena *arena, const char *id, gboolean *out, GError **error);
/** Those of @user_ids that are accounts, and not soft-deleted. */
gboolean albums_store_find_users (Db *db, Arena *arena, const StringList *user_ids, StringList *out,
                                  GError **error);

gboolean albums_store_insert (Db *tx, const char *id, const CreateAlbum *album, int order,
                              gint64 now_ms, GError **error);
gboolean albums_store_update (Db *tx, const char *id, const UpdateAlbum *change, gint64 now_ms,
                              gboolean *out_cover_is_wrong, GError **error);
/** Clients shall see the album anew. @now_ms 0: updatedAt stays. */
gboolean albums_store_touch (Db *tx, const char *id, gint64 now_ms, GError **error);
gboolean albums_store_delete (Db *tx, const char *id, GError **error);
/** @out_added may be NULL. The first of @asset_ids becomes the cover when there is none. */
gboolean albums_store_add_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                                  StringList *out_added, GError **error);
gboolean albums_store_remove_assets (Db *tx, Arena *arena, const char *id,
                                     const StringList *asset_ids, GError **error);
/** *@out_is_new FALSE, and nothing is changed, when the user is a member already. */
gboolean albums_store_add_member (Db *tx, const char *id, const char *user_id, int role,
                                  gboolean *out_is_new, GError **error);
gboolean albums_store_set_role (Db *tx, const char *id, const char *user_id, int role,
                                GError **error);
gboolean albums_store_remove_member (Db *tx, const char *id, const char *user_id, GError **error);
