/* users_store.h -- the SQL of accounts; only features/users includes it */
#pragma once
#include "features/users/users.h"

/** What an update sets; NULL pointers and FALSE flags leave a column as it is. */
typedef struct {
    gboolean is_own;   /* by the user: a new e-mail is nobody else's word then */
    const char *email; /* lower case */
    const char *name;
    const char *password_hash;
    gboolean has_is_admin, is_admin;
    gboolean has_should_change_password, should_change_password;
    gboolean set_avatar_color;
    const char *avatar_color; /* NULL: follows from the e-mail */
    gboolean set_pin_hash;
    const char *pin_hash; /* NULL: none */
    gboolean set_storage_label;
    const char *storage_label; /* NULL: none */
    gboolean set_quota, has_quota;
    gint64 quota_size_bytes;
} UserChange;

typedef struct {
    gboolean with_deleted;
    const char *id; /* NULL: all */
} UserFilter;

/** Newest first. */
gboolean users_store_list (Db *db, Arena *arena, const UserFilter *filter, List *out,
                           GError **error);
/** FALSE with APP_ERROR_NOT_FOUND. */
gboolean users_store_load (Db *db, Arena *arena, const char *id, UserRow *out, GError **error);
gboolean users_store_load_many (Db *db, Arena *arena, const StringList *ids, List *out,
                                GError **error);
/** Both FALSE with APP_ERROR_INVALID and the client's text when the e-mail or the label is taken. */
gboolean users_store_insert (Db *tx, const char *id, const UserNew *user, GError **error);
gboolean users_store_update (Db *tx, const char *id, const UserChange *change, GError **error);
/** With the albums that the user owns. */
gboolean users_store_set_deleted (Db *tx, const char *id, const char *status, gboolean is_deleted,
                                  GError **error);
gboolean users_store_set_profile_image (Db *tx, const char *id, const char *path, GError **error);
/** *@out_begun FALSE, and nothing is changed, when the user was not soft-deleted before @before_ms and no
 *  removal was asked for. */
gboolean users_store_begin_removal (Db *db, const char *id, gint64 before_ms, gboolean *out_begun,
                                    GError **error);
/** Up to @limit assets of a user. */
gboolean users_store_find_assets (Db *db, Arena *arena, const char *id, gint64 limit,
                                  StringList *out, GError **error);
/** Whether originals of others lie in a folder, as stored: "library/<id>". */
gboolean users_store_has_guests (Db *db, const char *id, const char *folder, gboolean *out,
                                 GError **error);
gboolean users_store_delete_assets (Db *db, Arena *arena, const StringList *ids, GError **error);
/** The row and all that belongs to it. */
gboolean users_store_delete (Db *tx, const char *id, GError **error);
/** Ids of those whose removal may begin. */
gboolean users_store_list_expired (Db *db, Arena *arena, gint64 before_ms, StringList *out,
                                   GError **error);

typedef struct {
    gboolean has_is_favorite, is_favorite;
    gboolean is_trashed;
    const char *visibility; /* NULL: timeline and archive */
} UserStatisticsFilter;

gboolean users_store_count_assets (Db *db, Arena *arena, const char *id,
                                   const UserStatisticsFilter *filter, AssetStatsResponse *out,
                                   GError **error);
