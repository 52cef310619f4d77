/* users_admin.h -- what changes an account; only features/users includes it */
#pragma once
#include "features/users/users_store.h"

/** Inside a write that takes the role of an admin from @user, or @user away: FALSE with APP_ERROR_INVALID and
 *  the client's text when no admin would be left. */
gboolean user_check_leaves_admin (Db *tx, const UserRow *user, GError **error);

/** Change @id, checking that e-mail and label are free and an admin is left. FALSE with APP_ERROR_INVALID
 *  and the client's text. @param out  the user as stored then */
gboolean user_update (Db *db, Arena *arena, const char *id, const UserChange *change, UserRow *out,
                      GError **error);

/** Soft-delete; with @force its removal is asked for at once. The last admin is refused, as above. */
gboolean user_delete (App *app, Arena *arena, const char *id, gboolean force, UserRow *out,
                      GError **error);
gboolean user_restore (Db *db, Arena *arena, const char *id, UserRow *out, GError **error);

/** The jobs UserDeleteCheck, UserDelete and UserSyncUsage. */
void users_register_jobs (App *app);

/* the picture of an account (profile_image.c) */

/** Re-encode @file as the picture of @user_id and delete the one before. */
gboolean profile_image_set (App *app, Arena *arena, const char *user_id, const ApiFile *file,
                            UserRow *out, GError **error);
gboolean profile_image_clear (App *app, Arena *arena, const char *user_id, GError **error);
/** Refuse a file whose name is not that of a picture. (ApiAcceptPart) */
gboolean profile_image_accept (App *app, const char *operation, const char *field,
                               const char *file_name, const char *name_field, GError **error);
