/* test_edits.c -- which lists of edits are taken, and where things are in the edited picture */
#include <string.h>
#include "features/edits/edits_private.h"

static Edit
crop (gint64 x, gint64 y, gint64 width, gint64 height)
{
    return (
        Edit){ .action = ASSET_EDIT_ACTION_CROP, .x = x, .y = y, .width = width, .height = height };
}

static Edit
rotate (int angle)
{
    return (Edit){ .action = ASSET_EDIT_ACTION_ROTATE, .angle = angle };
}

static Edit
mirror (MirrorAxis axis)
{
    return (Edit){ .action = ASSET_EDIT_ACTION_MIRROR, .axis = axis };
}

static void
assert_box (const EditBox *box, double x1, double y1, double x2, double y2)
{
    g_assert_cmpfloat (box->x1, ==, x1);
    g_assert_cmpfloat (box->y1, ==, y1);
    g_assert_cmpfloat (box->x2, ==, x2);
    g_assert_cmpfloat (box->y2, ==, y2);
}

static void
test_a_box_moves_with_the_picture (void)
{
    EditList edits = { { rotate (90) }, 1 };
    EditBox box = { 100, 100, 300, 300 };
    gint64 width = 1300, height = 1000;

    edits_apply_to_box (&edits, width, height, &box);
    assert_box (&box, 700, 100, 900, 300);
    edits_apply_to_size (&edits, &width, &height);
    g_assert_cmpint (width, ==, 1000);
    g_assert_cmpint (height, ==, 1300);

    edits = (EditList){ { crop (50, 20, 400, 300), mirror (MIRROR_AXIS_HORIZONTAL) }, 2 };
    box = (EditBox){ 60, 30, 100, 90 };
    edits_apply_to_box (&edits, 1300, 1000, &box);
    assert_box (&box, 350, 10, 390, 70);
    edits = (EditList){ { mirror (MIRROR_AXIS_VERTICAL) }, 1 };
    box = (EditBox){ 0, 0, 10, 20 };
    edits_apply_to_box (&edits, 100, 100, &box);
    assert_box (&box, 0, 80, 10, 100);
}

static void
test_undoing_gives_the_box_of_the_original (void)
{
    static const int angles[] = { 0, 90, 180, 270 };

    for (guint i = 0; i < G_N_ELEMENTS (angles); i++) {
        EditList edits = { { crop (10, 20, 200, 100), rotate (angles[i]),
                             mirror (MIRROR_AXIS_HORIZONTAL), mirror (MIRROR_AXIS_VERTICAL) },
                           4 };
        EditBox box = { 30, 40, 70, 60 };

        edits_apply_to_box (&edits, 640, 480, &box);
        g_assert_cmpfloat (box.x1, <, box.x2);
        g_assert_cmpfloat (box.y1, <, box.y2);
        edits_undo_on_box (&edits, 640, 480, &box);
        assert_box (&box, 30, 40, 70, 60);
    }
}

static void
test_a_face_is_shown_when_half_of_it_is_inside (void)
{
    EditList edits = { { crop (100, 100, 100, 100) }, 1 }, none = { 0 };
    EditBox half = { 50, 100, 150, 150 }, less = { 49, 100, 149, 150 }, out = { 0, 0, 10, 10 };

    g_assert_true (edits_show_box (&edits, &half));
    g_assert_false (edits_show_box (&edits, &less));
    g_assert_false (edits_show_box (&edits, &out));
    g_assert_true (edits_show_box (&none, &out));
}

static void
assert_read (const char *json, const char *fault, const char *path)
{
    g_autoptr (Arena) arena = arena_new ();
    g_autoptr (GError) error = NULL;
    AssetEditsCreate sent;
    AssetEditActionItemResponseList items;
    EditList edits;
    const char *found, *where = NULL;

    g_assert_true (api_read_json (&asset_edits_create_type, json, -1, arena, &sent, &error));
    found = edits_read (arena, &sent.edits, &items, &edits, &where);
    g_assert_cmpstr (found, ==, fault);
    if (fault != NULL)
        g_assert_cmpstr (where, ==, path);
    else
        g_assert_cmpuint (items.n, ==, sent.edits.n);
}

#define EDIT(action, parameters) "{\"action\":\"" action "\",\"parameters\":" parameters "}"
#define LIST(edits) "{\"edits\":[" edits "]}"

static void
test_each_action_has_its_keys (void)
{
    static const char crop_fault[] =
        "Invalid parameters for action 'crop', expecting keys: x, y, width, height";

    assert_read (
        LIST (EDIT ("rotate", "{\"angle\":270}") "," EDIT (
            "mirror", "{\"axis\":\"vertical\"}") "," EDIT ("mirror", "{\"axis\":\"horizontal\"}")),
        NULL, NULL);
    assert_read (LIST (EDIT ("rotate", "{\"axis\":\"vertical\"}")),
                 "Invalid parameters for action 'rotate', expecting keys: angle",
                 "edits.0.parameters");
    assert_read (LIST (EDIT ("rotate", "{\"angle\":45}")),
                 "Angle must be one of the following values: 0, 90, 180, 270",
                 "edits.0.parameters.angle");
    assert_read (LIST (EDIT ("rotate", "{\"angle\":1e308}")),
                 "Angle must be one of the following values: 0, 90, 180, 270",
                 "edits.0.parameters.angle");
    assert_read (LIST (EDIT ("crop", "{\"x\":-1,\"y\":0,\"width\":1,\"height\":1}")), crop_fault,
                 "edits.0.parameters");
    assert_read (LIST (EDIT ("crop", "{\"x\":0,\"y\":0,\"width\":1.5,\"height\":1}")), crop_fault,
                 "edits.0.parameters");
    assert_read (LIST (EDIT ("crop", "[]")), crop_fault, "edits.0.parameters");
    assert_read (LIST (EDIT ("crop", "null")), crop_fault, "edits.0.parameters");
    assert_read (LIST (EDIT ("mirror", "{\"axis\":\"both\"}")),
                 "Invalid parameters for action 'mirror', expecting keys: axis",
                 "edits.0.parameters");
}

static void
test_what_repeats_is_refused (void)
{
    static const char fault[] = "Duplicate edit actions are not allowed";

    assert_read (LIST (EDIT ("rotate", "{\"angle\":0}") "," EDIT ("rotate", "{\"angle\":90}")),
                 fault, "edits");
    assert_read (LIST (EDIT ("mirror", "{\"axis\":\"vertical\"}") "," EDIT (
                     "mirror", "{\"axis\":\"vertical\"}")),
                 fault, "edits");
}

static void
test_a_crop_lies_inside (void)
{
    EditableAssetRow asset = { .type = ASSET_TYPE_IMAGE,
                               .original_file_name = "a.jpg",
                               .width = 100,
                               .has_width = TRUE,
                               .height = 50,
                               .has_height = TRUE };
    EditList whole = { { crop (0, 0, 100, 50) }, 1 }, wide = { { crop (1, 0, 100, 50) }, 1 },
             far = { { crop (G_GINT64_CONSTANT (9007199254740991), 0, 1, 1) }, 1 },
             late = { { rotate (90), crop (0, 0, 1, 1) }, 2 };

    g_assert_cmpstr (edits_find_obstacle (&asset, &whole), ==, NULL);
    g_assert_cmpstr (edits_find_obstacle (&asset, &wide), ==, "Crop parameters are out of bounds");
    g_assert_cmpstr (edits_find_obstacle (&asset, &far), ==, "Crop parameters are out of bounds");
    g_assert_cmpstr (edits_find_obstacle (&asset, &late), ==,
                     "Crop action must be the first edit action");
    asset.original_file_name = "a.GIF";
    g_assert_cmpstr (edits_find_obstacle (&asset, &whole), ==,
                     "Editing GIF images is not supported");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/edits/a-box-moves-with-the-picture", test_a_box_moves_with_the_picture);
    g_test_add_func ("/edits/undoing-gives-the-box-of-the-original",
                     test_undoing_gives_the_box_of_the_original);
    g_test_add_func ("/edits/a-face-is-shown-when-half-of-it-is-inside",
                     test_a_face_is_shown_when_half_of_it_is_inside);
    g_test_add_func ("/edits/each-action-has-its-keys", test_each_action_has_its_keys);
    g_test_add_func ("/edits/what-repeats-is-refused", test_what_repeats_is_refused);
    g_test_add_func ("/edits/a-crop-lies-inside", test_a_crop_lies_inside);
    return g_test_run ();
}
