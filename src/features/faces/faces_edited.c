/* faces_edited.c -- boxes of faces in edited pictures
 *
 * A box is kept in pixels of a picture of the upright original. Who looks at the edited picture is told
 * where the box is in that, and draws new ones there. */
#define G_LOG_DOMAIN "faces"
#include "features/faces/faces_private.h"

#include <math.h>

#include "features/edits/edits.h"

typedef struct {
    EditList edits;
    gint64 width, height;               /* of the original */
    gint64 edited_width, edited_height; /* of what is shown */
} View;

/* *@out_edited FALSE: what is shown is the original, or its size is not known. */
static gboolean
find_view (Db *db, Arena *arena, const char *asset_id, View *out, gboolean *out_edited,
           GError **error)
{
    AssetEditRowList rows;

    *out_edited = FALSE;
    if (!edits_find (db, arena, asset_id, &rows, error))
        return FALSE;
    if (rows.n == 0)
        return TRUE;
    if (!edits_parse (arena, &rows, &out->edits, error) ||
        !edits_find_original_size (db, arena, asset_id, &out->width, &out->height, error))
        return FALSE;
    out->edited_width = out->width;
    out->edited_height = out->height;
    edits_apply_to_size (&out->edits, &out->edited_width, &out->edited_height);
    *out_edited = out->width > 0 && out->height > 0;
    return TRUE;
}

static void
scale (EditBox *box, double x, double y)
{
    *box = (EditBox){ box->x1 * x, box->y1 * y, box->x2 * x, box->y2 * y };
}

gboolean
faces_show_edited (Db *db, Arena *arena, const char *asset_id, AssetFaceResponseList *faces,
                   GError **error)
{
    gboolean is_edited;
    View view;

    if (!find_view (db, arena, asset_id, &view, &is_edited, error))
        return FALSE;
    for (gsize i = 0; is_edited && i < faces->n; i++) {
        AssetFaceResponse *face = &faces->items[i];
        EditBox box = { (double) face->bounding_box_x1, (double) face->bounding_box_y1,
                        (double) face->bounding_box_x2, (double) face->bounding_box_y2 };

        scale (&box, (double) view.width / (double) MAX (face->image_width, 1),
               (double) view.height / (double) MAX (face->image_height, 1));
        edits_apply_to_box (&view.edits, view.width, view.height, &box);
        face->bounding_box_x1 = (gint64) trunc (box.x1);
        face->bounding_box_y1 = (gint64) trunc (box.y1);
        face->bounding_box_x2 = (gint64) trunc (box.x2);
        face->bounding_box_y2 = (gint64) trunc (box.y2);
        face->image_width = view.edited_width;
        face->image_height = view.edited_height;
    }
    return TRUE;
}

gboolean
faces_draw_on_edited (Db *db, Arena *arena, AssetFaceCreate *face, GError **error)
{
    gboolean is_edited;
    EditBox box;
    View view;

    if (!find_view (db, arena, face->asset_id, &view, &is_edited, error))
        return FALSE;
    if (!is_edited)
        return TRUE;
    box = (EditBox){ (double) face->x, (double) face->y, (double) (face->x + face->width),
                     (double) (face->y + face->height) };
    scale (&box, (double) view.edited_width / (double) face->image_width,
           (double) view.edited_height / (double) face->image_height);
    edits_undo_on_box (&view.edits, view.width, view.height, &box);
    face->x = llround (box.x1);
    face->y = llround (box.y1);
    face->width = llround (box.x2) - face->x;
    face->height = llround (box.y2) - face->y;
    face->image_width = view.width;
    face->image_height = view.height;
    return TRUE;
}
