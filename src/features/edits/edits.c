/* edits.c -- which edits there may be, and of which photos */
#define G_LOG_DOMAIN "edits"
#include "features/edits/edits_private.h"

#include <string.h>

#include "base/error.h"
#include "base/uuid.h"
#include "features/sync_api.h"

typedef union {
    CropParameters crop;
    RotateParameters rotate;
    MirrorParameters mirror;
} Parameters;

static const struct {
    const TypeDescriptor *type;
    const char *keys; /* for people */
} actions[] = {
    [ASSET_EDIT_ACTION_CROP] = { &crop_parameters_type, "x, y, width, height" },
    [ASSET_EDIT_ACTION_ROTATE] = { &rotate_parameters_type, "angle" },
    [ASSET_EDIT_ACTION_MIRROR] = { &mirror_parameters_type, "axis" },
};

static gboolean
is_right_angle (double angle)
{
    return angle == 0 || angle == 90 || angle == 180 || angle == 270;
}

static Edit
make_edit (int action, const Parameters *parameters)
{
    Edit edit = { .action = (AssetEditAction) action };

    if (action == ASSET_EDIT_ACTION_CROP) {
        edit.x = parameters->crop.x;
        edit.y = parameters->crop.y;
        edit.width = parameters->crop.width;
        edit.height = parameters->crop.height;
    } else if (action == ASSET_EDIT_ACTION_ROTATE) {
        edit.angle = (int) parameters->rotate.angle;
    } else {
        edit.axis = (MirrorAxis) parameters->mirror.axis;
    }
    return edit;
}

/* Of each kind one; both axes may be mirrored. */
static gboolean
repeats (const EditList *edits, const Edit *edit)
{
    for (guint i = 0; i < edits->n; i++)
        if (edits->items[i].action == edit->action &&
            (edit->action != ASSET_EDIT_ACTION_MIRROR || edits->items[i].axis == edit->axis))
            return TRUE;
    return FALSE;
}

/* What is kept holds the keys of the action and nothing else. */
static const char *
write_parameters (Arena *arena, int action, const Parameters *parameters)
{
    g_autoptr (GString) text = g_string_new (NULL);

    api_write_json (actions[action].type, parameters, text);
    return arena_strdup (arena, text->str);
}

const char *
edits_read (Arena *arena, const AssetEditActionItemList *sent, AssetEditActionItemResponseList *out,
            EditList *out_edits, const char **out_path)
{
    *out = (AssetEditActionItemResponseList){
        arena_new_array (arena, AssetEditActionItemResponse, EDITS_MAX), 0
    };
    *out_edits = (EditList){ 0 };
    for (gsize i = 0; i < sent->n; i++) {
        const AssetEditActionItem *item = &sent->items[i];
        g_autoptr (GError) why = NULL;
        Parameters parameters;
        Edit edit;

        *out_path = arena_printf (arena, "edits.%" G_GSIZE_FORMAT ".parameters", i);
        if (!api_read_json (actions[item->action].type, item->parameters, -1, arena, &parameters,
                            &why))
            return arena_printf (arena, "Invalid parameters for action '%s', expecting keys: %s",
                                 asset_edit_action_enum.texts[item->action],
                                 actions[item->action].keys);
        if (item->action == ASSET_EDIT_ACTION_ROTATE && !is_right_angle (parameters.rotate.angle)) {
            *out_path = arena_printf (arena, "%s.angle", *out_path);
            return "Angle must be one of the following values: 0, 90, 180, 270";
        }
        edit = make_edit (item->action, &parameters);
        if (repeats (out_edits, &edit)) {
            *out_path = "edits";
            return "Duplicate edit actions are not allowed";
        }
        /* there is room: what does not repeat are four at most */
        out_edits->items[out_edits->n++] = edit;
        out->items[out->n++] = (AssetEditActionItemResponse){
            .id = uuid_v4 (arena),
            .action = item->action,
            .parameters = write_parameters (arena, item->action, &parameters),
        };
    }
    return NULL;
}

gboolean
edits_parse (Arena *arena, const AssetEditRowList *rows, EditList *out, GError **error)
{
    EditList edits = { 0 };

    for (gsize i = 0; i < rows->n && i < EDITS_MAX; i++) {
        const AssetEditRow *row = &rows->items[i];
        g_autoptr (GError) why = NULL;
        Parameters parameters;

        if (!api_read_json (actions[row->action].type, row->parameters, -1, arena, &parameters,
                            &why)) {
            g_set_error (error, APP_ERROR, APP_ERROR_INTERNAL, "the edit '%s' cannot be read: %s",
                         row->id, why->message);
            return FALSE;
        }
        edits.items[edits.n++] = make_edit (row->action, &parameters);
    }
    *out = edits;
    return TRUE;
}

static gboolean
is_named (const EditableAssetRow *asset, const char *extension)
{
    const char *dot = strrchr (asset->original_file_name, '.');

    return dot != NULL && g_ascii_strcasecmp (dot, extension) == 0;
}

const char *
edits_find_obstacle (const EditableAssetRow *asset, const EditList *edits)
{
    if (asset->type != ASSET_TYPE_IMAGE)
        return "Only images can be edited";
    if (asset->live_photo_video_id != NULL)
        return "Editing live photos is not supported";
    if (g_strcmp0 (asset->projection_type, "EQUIRECTANGULAR") == 0 || is_named (asset, ".insp"))
        return "Editing panorama images is not supported";
    if (is_named (asset, ".gif"))
        return "Editing GIF images is not supported";
    if (is_named (asset, ".svg"))
        return "Editing SVG images is not supported";
    if (!asset->has_width || !asset->has_height)
        return "Asset dimensions are not available for editing";
    for (guint i = 0; i < edits->n; i++) {
        const Edit *crop = &edits->items[i];

        if (crop->action != ASSET_EDIT_ACTION_CROP)
            continue;
        if (i > 0)
            return "Crop action must be the first edit action";
        if (crop->width > asset->width || crop->x > asset->width - crop->width ||
            crop->height > asset->height || crop->y > asset->height - crop->height)
            return "Crop parameters are out of bounds";
    }
    return NULL;
}

/* ---- for others to read ---- */

const char *
edits_write_render (Arena *arena, const AssetEditRowList *edits)
{
    g_autoptr (GString) text = g_string_new ("[");

    for (gsize i = 0; i < edits->n; i++)
        g_string_append_printf (text, "%s{\"action\":\"%s\",\"parameters\":%s}", i > 0 ? "," : "",
                                asset_edit_action_enum.texts[edits->items[i].action],
                                edits->items[i].parameters);
    g_string_append_c (text, ']');
    return arena_strdup (arena, text->str);
}

const char *
edits_write_sync (Arena *arena, const char *asset_id, const AssetEditRowList *edits)
{
    g_autoptr (GString) text = g_string_new ("[");

    for (gsize i = 0; i < edits->n; i++) {
        const AssetEditRow *row = &edits->items[i];
        SyncAssetEditV1 edit = { .id = row->id,
                                 .asset_id = asset_id,
                                 .sequence = row->sequence,
                                 .action = row->action,
                                 .parameters = row->parameters };

        if (i > 0)
            g_string_append_c (text, ',');
        api_write_json (&sync_asset_edit_v1_type, &edit, text);
    }
    g_string_append_c (text, ']');
    return arena_strdup (arena, text->str);
}
