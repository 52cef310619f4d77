/* users.h -- accounts: who there is, how they are described, what they may store */
#pragma once
#include "features/app.h"
#include "features/users_api.h"

void users_start (App *app, Api *api);

/* ---- describing ---- */

/** The colour of an avatar: the chosen one, else one that follows from the e-mail. */
int users_avatar_color (const char *email, gboolean has_color, int color);

/** @return FALSE with APP_ERROR_INVALID 'User not found' when there is none, or with @id soft-deleted */
gboolean users_load (Db *db, Arena *arena, const char *id, UserRow *out, GError **error);
/** The same for soft-deleted ones too. */
gboolean users_load_any (Db *db, Arena *arena, const char *id, UserRow *out, GError **error);

void users_fill (const UserRow *user, UserResponse *out);
void users_fill_admin (const UserRow *user, UserAdminResponse *out);

/** Those of @ids that exist, deleted ones too, in one query; see users_find_in (). */
gboolean users_describe (Db *db, Arena *arena, const StringList *ids, UserResponseList *out,
                         GError **error);
/** NULL when it is not in the list. */
const UserResponse *users_find_in (const UserResponseList *list, const char *id);

/** Whether an active admin exists: the server is set up. */
gboolean users_have_admin (Db *db, gboolean *out, GError **error);

/** Inside a write that makes an account by what others there are, or takes the role of an admin away: such
 *  writes run one after the other, each sees what the one before it did. */
gboolean users_take_turns (Db *tx, GError **error);
/** Whether there is an active admin besides @id. Takes turns. The last one stays: a server without any may
 *  be taken by whoever signs up next. */
gboolean users_has_other_admin (Db *tx, const char *id, gboolean *out, GError **error);

/* ---- making and changing ---- */

typedef struct {
    const char *email; /* any case */
    const char *name;
    const char *password_hash; /* "": no login by password */
    const char *pin_hash;      /* NULL: none */
    const char *oauth_id;      /* "" : none */
    const char *storage_label; /* cleaned; NULL: none */
    gboolean is_admin;
    gboolean should_change_password;
    gboolean has_avatar_color;
    int avatar_color;
    gboolean has_quota;
    gint64 quota_size_bytes;
} UserNew;

/** Inside a write. FALSE with APP_ERROR_INVALID and the client's text when the e-mail or the label is
 *  taken. @param out  the user as stored */
gboolean users_create (Db *tx, Arena *arena, const UserNew *user, UserRow *out, GError **error);

/** What a folder name may be made of @label: without dots, separators, control characters and names
 *  that Windows keeps for devices; at most 255 bytes. NULL when nothing is left, or @label is NULL. */
const char *users_clean_label (Arena *arena, const char *label);

/** Re-encode the bytes of a picture as that of @id, who has none: one that was chosen stays. Blocks.
 *  FALSE with APP_ERROR_INVALID when they are no picture. */
gboolean users_set_first_picture (App *app, Arena *arena, const char *id, const void *bytes,
                                  gsize n_bytes, GError **error);

/* ---- quota ---- */

/** Count @bytes more (or less, when negative) as stored by a user, in the transaction that stores them.
 *  FALSE with APP_ERROR_INVALID 'Quota has been exceeded!' when they do not fit. */
gboolean users_add_usage (Db *tx, const char *user_id, gint64 bytes, GError **error);
/** FALSE as well when a sidecar of so many bytes does not fit beside what the user has and all sidecars that
 *  were sent: these are not told as used, but do not get more room than the quota. */
gboolean users_check_sidecar (Db *db, const char *user_id, gint64 bytes, GError **error);
/** Set the usage of a user (NULL: of all) to the sum of what is stored. */
gboolean users_sync_usage (Db *db, const char *user_id, GError **error);

/* ---- small facts kept for a user: preferences, onboarding ---- */

/** *@out is the JSON document, NULL when there is none. */
gboolean users_load_fact (Db *db, Arena *arena, const char *user_id, const char *key,
                          const char **out, GError **error);
/** @param json  NULL deletes it */
gboolean users_save_fact (Db *db, const char *user_id, const char *key, const char *json,
                          GError **error);
