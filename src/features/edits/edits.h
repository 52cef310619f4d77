/* edits.h -- crop, rotate, mirror: how a photo is shown otherwise than it was taken
 *
 * The list of edits is kept, the original is never touched. isEdited holds as soon as the list is not
 * empty; the job AssetEditThumbnailGeneration (ingest_edits.c) then renders the edited files, and width,
 * height and thumbhash follow. When the list goes they come back at once, and the job takes the files
 * away. Edits work on the upright original, one after the other. */
#pragma once
#include "features/app.h"
#include "features/edits_api.h"

void edits_start (App *app, Api *api);

/* ---- what is kept ---- */

/** The edits of an asset in their order. */
gboolean edits_find (Db *db, Arena *arena, const char *asset_id, AssetEditRowList *out,
                     GError **error);
/** The size of the upright original of an edited asset; 0 when it is not known. */
gboolean edits_find_original_size (Db *db, Arena *arena, const char *asset_id, gint64 *out_width,
                                   gint64 *out_height, GError **error);
/** Ask, in a write, for the edited files to be made, or taken away when there are no edits. */
gboolean edits_add_rendering (Db *tx, const char *asset_id, GError **error);
/** In a write: the picture is shown as it is in its file again. */
gboolean edits_drop (Db *tx, Arena *arena, const char *asset_id, GError **error);

/** The list as media/render.h wants it, and as the sync stream shows it. */
const char *edits_write_render (Arena *arena, const AssetEditRowList *edits);
const char *edits_write_sync (Arena *arena, const char *asset_id, const AssetEditRowList *edits);

/* ---- where things are ---- */

typedef struct {
    AssetEditAction action;
    gint64 x, y, width, height; /* crop: pixels of the upright original */
    int angle;                  /* rotate: 0, 90, 180, 270, clockwise */
    MirrorAxis axis;            /* mirror */
} Edit;

#define EDITS_MAX 4 /* one crop, one rotation, a mirror of each axis */

typedef struct {
    Edit items[EDITS_MAX];
    guint n;
} EditList;

typedef struct {
    double x1, y1, x2, y2;
} EditBox;

/** @return FALSE with APP_ERROR_INTERNAL when a row does not hold what it should */
gboolean edits_parse (Arena *arena, const AssetEditRowList *rows, EditList *out, GError **error);
/** From the size of the upright original to that of the edited picture. */
void edits_apply_to_size (const EditList *self, gint64 *width, gint64 *height);
/** From pixels of the upright original (of that size) to those of the edited picture; what was cut away
 *  lies outside of it. */
void edits_apply_to_box (const EditList *self, gint64 width, gint64 height, EditBox *box);
/** The other way round; the size is that of the upright original, too. */
void edits_undo_on_box (const EditList *self, gint64 width, gint64 height, EditBox *box);
/** Whether at least half of a box of the original is inside the crop. */
gboolean edits_show_box (const EditList *self, const EditBox *box);
