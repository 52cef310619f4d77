/* edit_geometry.c -- where a point of the original is in the edited picture, and back
 *
 * A rotation by 90 takes (x, y) of a picture of w x h to (h - y, x) of one of h x w. */
#define G_LOG_DOMAIN "edits"
#include "features/edits/edits.h"

static void
swap (gint64 *a, gint64 *b)
{
    gint64 was = *a;

    *a = *b;
    *b = was;
}

static void
apply_to_size (const Edit *edit, gint64 *width, gint64 *height)
{
    if (edit->action == ASSET_EDIT_ACTION_CROP) {
        *width = edit->width;
        *height = edit->height;
    } else if (edit->action == ASSET_EDIT_ACTION_ROTATE && edit->angle % 180 != 0) {
        swap (width, height);
    }
}

void
edits_apply_to_size (const EditList *self, gint64 *width, gint64 *height)
{
    for (guint i = 0; i < self->n; i++)
        apply_to_size (&self->items[i], width, height);
}

static void
mirror (EditBox *box, MirrorAxis axis, gint64 width, gint64 height)
{
    EditBox was = *box;

    if (axis == MIRROR_AXIS_HORIZONTAL) {
        box->x1 = (double) width - was.x2;
        box->x2 = (double) width - was.x1;
    } else {
        box->y1 = (double) height - was.y2;
        box->y2 = (double) height - was.y1;
    }
}

static void
turn (EditBox *box, int angle, gint64 width, gint64 height)
{
    for (; angle > 0; angle -= 90) {
        EditBox was = *box;

        *box = (EditBox){ (double) height - was.y2, was.x1, (double) height - was.y1, was.x2 };
        swap (&width, &height);
    }
}

static void
shift (EditBox *box, double x, double y)
{
    *box = (EditBox){ box->x1 + x, box->y1 + y, box->x2 + x, box->y2 + y };
}

void
edits_apply_to_box (const EditList *self, gint64 width, gint64 height, EditBox *box)
{
    for (guint i = 0; i < self->n; i++) {
        const Edit *edit = &self->items[i];

        if (edit->action == ASSET_EDIT_ACTION_CROP)
            shift (box, -(double) edit->x, -(double) edit->y);
        else if (edit->action == ASSET_EDIT_ACTION_ROTATE)
            turn (box, edit->angle, width, height);
        else
            mirror (box, edit->axis, width, height);
        apply_to_size (edit, &width, &height);
    }
}

void
edits_undo_on_box (const EditList *self, gint64 width, gint64 height, EditBox *box)
{
    gint64 widths[EDITS_MAX + 1] = { width }, heights[EDITS_MAX + 1] = { height };

    for (guint i = 0; i < self->n; i++) {
        widths[i + 1] = widths[i];
        heights[i + 1] = heights[i];
        apply_to_size (&self->items[i], &widths[i + 1], &heights[i + 1]);
    }
    for (guint i = self->n; i > 0; i--) {
        const Edit *edit = &self->items[i - 1];

        if (edit->action == ASSET_EDIT_ACTION_CROP)
            shift (box, (double) edit->x, (double) edit->y);
        else if (edit->action == ASSET_EDIT_ACTION_ROTATE)
            turn (box, (360 - edit->angle) % 360, widths[i], heights[i]);
        else
            mirror (box, edit->axis, widths[i], heights[i]);
    }
}

gboolean
edits_show_box (const EditList *self, const EditBox *box)
{
    for (guint i = 0; i < self->n; i++) {
        const Edit *crop = &self->items[i];
        double width, height;

        if (crop->action != ASSET_EDIT_ACTION_CROP)
            continue;
        width = MIN (box->x2, (double) (crop->x + crop->width)) - MAX (box->x1, (double) crop->x);
        height = MIN (box->y2, (double) (crop->y + crop->height)) - MAX (box->y1, (double) crop->y);
        if (2 * MAX (width, 0) * MAX (height, 0) < (box->x2 - box->x1) * (box->y2 - box->y1))
            return FALSE;
    }
    return TRUE;
}
