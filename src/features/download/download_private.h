/* download_private.h -- what the parts of features/download know of each other */
#pragma once
#include "features/download/download.h"

/* ---- download_name.c ---- */

/** A file's name that every system takes: without slashes, reserved characters and names, at most 255
 *  bytes; "unnamed" when nothing is left. */
const char *download_name_clean (Arena *arena, const char *name);

/** Names within one archive; the second 'a.jpg' becomes 'a+1.jpg'. */
typedef struct _DownloadNames DownloadNames;
DownloadNames *download_names_new (void);
void download_names_free (DownloadNames *self);
/** @return a name that was not given out before, belongs to @self */
const char *download_names_take (DownloadNames *self, const char *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DownloadNames, download_names_free)

/** For Content-Disposition: as http_percent_encode (), and the apostrophe too, at which browsers
 *  stumble. */
const char *download_name_encode (Arena *arena, const char *name);

/* ---- download.c ---- */

/** The items of @list, in order, cut into archives: one is full after the item that makes it exceed
 *  @archive_bytes. */
void download_split (Arena *arena, const DownloadItemRow *items, gsize n, gint64 archive_bytes,
                     DownloadResponse *out);
/** Those of @ids that are to be delivered, in their order, then their motion parts. */
gboolean download_find (Db *db, Arena *arena, const StringList *ids, gboolean with_embedded,
                        GArray *out_items, GError **error);
/** All of a user's, but hidden ones, and locked ones unless @with_locked. */
gboolean download_find_all (Db *db, Arena *arena, const char *user_id, gboolean with_locked,
                            gboolean with_embedded, GArray *out_items, GError **error);
/** Everything in an album, but what is locked. */
gboolean download_find_album (Db *db, Arena *arena, const char *album_id, gboolean with_embedded,
                              GArray *out_items, GError **error);

/* ---- download_zip.c ---- */

typedef enum {
    DOWNLOAD_ORIGINALS,
    DOWNLOAD_EDITED,     /* where there are */
    DOWNLOAD_NOTHING_CUT /* the same, but never the original of what has edits */
} DownloadEdits;

/** A stream of the originals of @ids, whose access was checked, and is again for each file: what is not open any
 *  more is left out; it breaks off when the caller's session, key, link or account ended. The files are looked up
 *  while it is sent, so memory does not grow with them. */
HttpResponse *download_zip_new (const ApiCall *call, const StringList *ids, DownloadEdits edits);
