/* The picture of an account: taken as a file, re-encoded by a sandboxed worker, kept in profile/.
 *
 * What is served is always our own encoding, never the bytes that came. */
#define G_LOG_DOMAIN "users"
#include "features/users/users_admin.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/shares.h"
#include "base/uuid.h"
#include "features/config/config.h"
#include "media/layout.h"
#include "media/media_type.h"
#include "media/render.h"

#define MAX_BYTES (64 * 1024 * 1024)
#define MAX_AT_ONCE 2 /* each holds a thread of the server, for as long as a worker may need */

gboolean
profile_image_accept (App *app, const char *operation, const char *field, const char *file_name,
                      const char *name_field, GError **error)
{
    const MediaType *type = media_type_find (file_name);

    if (type != NULL && (type->flags & MEDIA_PROFILE_PICTURE) != 0)
        return TRUE;
    g_set_error (error, APP_ERROR, APP_ERROR_INVALID, "Unsupported file type %s", file_name);
    return FALSE;
}

static Shares *
decodings (void)
{
    static Shares *all;
    static gsize once;

    if (g_once_init_enter (&once)) {
        all = shares_new (MAX_AT_ONCE, 1);
        g_once_init_leave (&once, 1);
    }
    return all;
}

/* @return FALSE with the client's text when the file is at fault */
static gboolean
render (App *app, Arena *arena, const char *original, const char *path, GError **error)
{
    const AdminConfigGeneratedImage *format = config_get (app)->image->thumbnail;
    MediaOutput output = {
        .kind = "profile",
        .path = path,
        .format = format->format == IMAGE_FORMAT_JPEG ? MEDIA_FORMAT_JPEG : MEDIA_FORMAT_WEBP,
        .size_px = (int) format->size,
        .quality = (int) format->quality,
    };
    MediaRender request = { .original_path = original, .outputs = &output, .n_outputs = 1 };
    MediaFacts facts;
    g_autoptr (GError) why = NULL;

    if (media_render (app->workers, &request, arena, &facts, &why))
        return TRUE;
    if (g_error_matches (why, APP_ERROR, APP_ERROR_MEDIA)) {
        g_message ("a profile image is refused: %s", why->message);
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Unable to process profile image");
    } else if (g_error_matches (why, APP_ERROR, APP_ERROR_UNAVAILABLE)) {
        /* its text names files of the server */
        g_warning ("cannot make a profile image: %s", why->message);
        g_set_error_literal (error, APP_ERROR, APP_ERROR_UNAVAILABLE,
                             "The server cannot process images now, try again later");
    } else {
        g_propagate_error (error, g_steal_pointer (&why));
    }
    return FALSE;
}

typedef struct {
    const char *user_id, *path;
    Arena *arena;
    UserRow before, *after;
} PictureWrite;

static gboolean
write_picture (Db *tx, gpointer data, GError **error)
{
    PictureWrite *write = data;

    return users_load (tx, write->arena, write->user_id, &write->before, error) &&
           users_store_set_profile_image (tx, write->user_id, write->path, error) &&
           users_store_load (tx, write->arena, write->user_id, write->after, error);
}

static void
remove_old (App *app, Arena *arena, const UserRow *before)
{
    if (*before->profile_image_path != '\0')
        layout_remove (layout_absolute (arena, app->media_location, before->profile_image_path));
}

/* @param original  the file as it came */
static gboolean
set_picture (App *app, Arena *arena, const char *user_id, const char *original, UserRow *out,
             GError **error)
{
    gboolean is_jpeg = config_get (app)->image->thumbnail->format == IMAGE_FORMAT_JPEG;
    const char *path = layout_profile (arena, user_id, uuid_v4 (arena), is_jpeg ? "jpeg" : "webp");
    const char *absolute = layout_absolute (arena, app->media_location, path);
    PictureWrite write = { .user_id = user_id, .path = path, .arena = arena, .after = out };
    GError *why = NULL;

    if (!render (app, arena, original, absolute, error))
        return FALSE;
    if (!db_write (app->db, write_picture, &write, &why)) {
        if (!db_is_unsure (app->db, why))
            layout_remove (absolute);
        g_propagate_error (error, why);
        return FALSE;
    }
    remove_old (app, arena, &write.before);
    return TRUE;
}

gboolean
profile_image_set (App *app, Arena *arena, const char *user_id, const ApiFile *file, UserRow *out,
                   GError **error)
{
    g_autoptr (Share) decoding = NULL;

    if (file->size_bytes > MAX_BYTES) {
        g_set_error (error, APP_ERROR, APP_ERROR_TOO_LARGE,
                     "a profile image may have %d bytes at most", MAX_BYTES);
        return FALSE;
    }
    decoding = shares_take (decodings (), user_id);
    if (decoding == NULL) {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_TOO_MANY,
                             "Other profile images are being processed, try again later");
        return FALSE;
    }
    return set_picture (app, arena, user_id, file->path, out, error);
}

gboolean
profile_image_clear (App *app, Arena *arena, const char *user_id, GError **error)
{
    UserRow after;
    PictureWrite write = { .user_id = user_id, .path = "", .arena = arena, .after = &after };

    if (!users_load (app->db, arena, user_id, &write.before, error))
        return FALSE;
    if (*write.before.profile_image_path == '\0') {
        g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                             "Can't delete a missing profile Image");
        return FALSE;
    }
    if (!db_write (app->db, write_picture, &write, error))
        return FALSE;
    remove_old (app, arena, &write.before);
    return TRUE;
}

/* It takes no share: nobody could send it again, and an account has one first login. */
gboolean
users_set_first_picture (App *app, Arena *arena, const char *id, const void *bytes, gsize n_bytes,
                         GError **error)
{
    const char *path =
        arena_printf (arena, "%s/%s.picture", app->temporary_folder, uuid_v4 (arena));
    g_autoptr (GError) why = NULL;
    gboolean is_set = FALSE;
    UserRow user;

    if (!users_load (app->db, arena, id, &user, error))
        return FALSE;
    if (*user.profile_image_path != '\0')
        return TRUE;
    if (g_file_set_contents_full (path, bytes, (gssize) n_bytes, G_FILE_SET_CONTENTS_NONE, 0600,
                                  &why))
        is_set = set_picture (app, arena, id, path, &user, error);
    else
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot write '%s': %s", path, why->message);
    g_unlink (path);
    return is_set;
}
