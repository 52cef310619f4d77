/* albums.h -- chosen sets of assets: describing and changing them, for the features that touch albums
 *
 * Whether the caller may do so was checked before (access_check_album () of api/api.h). An album whose
 * owner is soft-deleted is found by nothing here. */
#pragma once
#include "features/albums_api.h"
#include "features/app.h"

/** What an album shows: not in the trash, on the timeline or archived. The asset is 'a'. */
#define SQL_ALBUM_SHOWS                                                                            \
    "a.status = 'active' AND a.deleted_at IS NULL AND a.visibility IN ('timeline', 'archive')"

void albums_start (App *app, Api *api);

/* ---- describing; outside of a write ---- */

/** Those of @ids that are there, in their order, with a fixed number of queries. What is kept of the
 *  assets is counted anew for those that changed.
 *  @viewer_id  comes before the other members of the same role; NULL: nobody does */
gboolean albums_describe (const App *app, Db *db, Arena *arena, const StringList *ids,
                          const char *viewer_id, AlbumResponseList *out, GError **error);

/** The covers of the albums of a member as describing would show them: when one of their assets changed,
 *  another one may have become the cover. In writes of its own. */
gboolean albums_refresh_covers (Db *db, Arena *arena, const char *member_id, GError **error);

/** Whether a user may add assets to an album; not when it is not there. Also inside a write. */
gboolean album_may_add (Db *db, Arena *arena, const char *album_id, const char *user_id,
                        gboolean *out, GError **error);

/* ---- changing; inside a write, clients are told after the commit ---- */

/** Add those of @asset_ids that are not in the album yet; what is locked or being removed is left out.
 *  The other members are told that there is something new.
 *  @actor_id   who does it, or the owner of the link by which it is done
 *  @out_added  those that were added, in no order; may be NULL */
gboolean album_add_assets (const App *app, Db *tx, Arena *arena, const char *album_id,
                           const char *actor_id, const StringList *asset_ids, StringList *out_added,
                           GError **error);

/* ---- for what happens to assets and users elsewhere; inside a write ---- */

/** Take assets out of every album (they are locked, or removed for good), with what was said of them
 *  there. An album whose cover was one of them gets another one. */
gboolean albums_drop_assets (Db *tx, Arena *arena, const StringList *asset_ids, GError **error);
/** The owner is soft-deleted (@when_ms), or restored (@when_ms 0): so are the albums. */
gboolean albums_owner_deleted (Db *tx, const char *user_id, gint64 when_ms, GError **error);
/** The owner is about to be removed for good: so are the albums. */
gboolean albums_owner_removed (Db *tx, const char *user_id, GError **error);
