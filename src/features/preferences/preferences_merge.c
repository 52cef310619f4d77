/* preferences_merge.c -- see preferences_merge.h
 *
 * One table names every preference with its default. Only what differs from it is stored, so a later
 * version can choose better defaults for those who never cared. */
#define G_LOG_DOMAIN "preferences"
#include "features/preferences/preferences_merge.h"

#include "base/timestamp.h"

/* group, preference, default; the texts and what may be absent are below */
#define EACH_PREFERENCE(X)                                                                         \
    X (albums, default_asset_order, ASSET_ORDER_DESC)                                              \
    X (folders, enabled, FALSE)                                                                    \
    X (folders, sidebar_web, FALSE)                                                                \
    X (memories, enabled, TRUE)                                                                    \
    X (memories, duration, 5)                                                                      \
    X (memories, sidebar_web, FALSE)                                                               \
    X (people, enabled, TRUE)                                                                      \
    X (people, sidebar_web, FALSE)                                                                 \
    X (shared_links, enabled, TRUE)                                                                \
    X (shared_links, sidebar_web, FALSE)                                                           \
    X (ratings, enabled, FALSE)                                                                    \
    X (tags, enabled, FALSE)                                                                       \
    X (tags, sidebar_web, FALSE)                                                                   \
    X (email_notifications, enabled, TRUE)                                                         \
    X (email_notifications, album_invite, TRUE)                                                    \
    X (email_notifications, album_update, TRUE)                                                    \
    X (download, archive_size, G_GINT64_CONSTANT (4294967296))                                     \
    X (download, include_embedded_videos, FALSE)                                                   \
    X (purchase, show_support_badge, TRUE)                                                         \
    X (cast, g_cast_enabled, FALSE)                                                                \
    X (recently_added, sidebar_web, FALSE)

/* group, its type, its type in a change */
#define EACH_GROUP(X)                                                                              \
    X (albums, Albums)                                                                             \
    X (folders, Folders)                                                                           \
    X (memories, Memories)                                                                         \
    X (people, People)                                                                             \
    X (shared_links, SharedLinks)                                                                  \
    X (ratings, Ratings)                                                                           \
    X (tags, Tags)                                                                                 \
    X (email_notifications, EmailNotifications)                                                    \
    X (download, Download)                                                                         \
    X (purchase, Purchase)                                                                         \
    X (cast, Cast)                                                                                 \
    X (recently_added, RecentlyAdded)

/* Midnight of 12 February 2022 in the server's time zone: long past, so nothing is hidden. */
static const char *
default_hide_buy_button_until (Arena *arena)
{
    g_autoptr (GDateTime) midnight = g_date_time_new_local (2022, 2, 12, 0, 0, 0);

    return timestamp_text (arena, g_date_time_to_unix (midnight) * 1000);
}

void
preferences_apply (const UserPreferencesUpdate *changes, Arena *arena, UserPreferencesResponse *out)
{
    static const UserPreferencesUpdate none;
    const UserPreferencesUpdate *from = changes != NULL ? changes : &none;

    *out = (UserPreferencesResponse){ 0 };
#define NEW_GROUP(group, Type) Type##Preferences *group = arena_new0 (arena, Type##Preferences);
    EACH_GROUP (NEW_GROUP)
#define APPLY(group, name, fallback)                                                               \
    group->name = from->group != NULL && from->group->has_##name ? from->group->name : (fallback);
    EACH_PREFERENCE (APPLY)
    purchase->hide_buy_button_until =
        from->purchase != NULL && from->purchase->hide_buy_button_until != NULL
            ? from->purchase->hide_buy_button_until
            : default_hide_buy_button_until (arena);
    /* absent: the server's minimum holds */
    people->has_minimum_faces = from->people != NULL && from->people->has_minimum_faces;
    people->minimum_faces = people->has_minimum_faces ? from->people->minimum_faces : 0;
#define HAND_OVER(group, Type) out->group = group;
    EACH_GROUP (HAND_OVER)
#undef NEW_GROUP
#undef APPLY
#undef HAND_OVER
}

void
preferences_merge (const UserPreferencesUpdate *older, const UserPreferencesUpdate *newer,
                   Arena *arena, UserPreferencesUpdate *out)
{
    static const UserPreferencesUpdate none;
    const UserPreferencesUpdate *layers[] = { older != NULL ? older : &none, newer };
    const char *until = NULL;

    *out = (UserPreferencesUpdate){ 0 };
#define NEW_GROUP(group, Type)                                                                     \
    Type##PreferencesUpdate *group = arena_new0 (arena, Type##PreferencesUpdate);                  \
    gboolean keeps_##group = FALSE;
    EACH_GROUP (NEW_GROUP)
    for (gsize i = 0; i < G_N_ELEMENTS (layers); i++) {
        const UserPreferencesUpdate *layer = layers[i];

#define LAY(group, name_, fallback)                                                                \
    if (layer->group != NULL && layer->group->has_##name_) {                                       \
        group->has_##name_ = layer->group->name_ != (fallback);                                    \
        group->name_ = layer->group->name_;                                                        \
    }
        EACH_PREFERENCE (LAY)
        if (layer->purchase != NULL && layer->purchase->hide_buy_button_until != NULL)
            until = layer->purchase->hide_buy_button_until;
        if (layer->people != NULL && layer->people->has_minimum_faces) {
            people->has_minimum_faces = TRUE;
            people->minimum_faces = layer->people->minimum_faces;
        }
    }
    /* an empty text goes back to the default */
    if (until != NULL && *until != '\0' &&
        !g_str_equal (until, default_hide_buy_button_until (arena)))
        purchase->hide_buy_button_until = until;
#define KEEP(group, name_, fallback) keeps_##group |= group->has_##name_;
    EACH_PREFERENCE (KEEP)
    keeps_purchase |= purchase->hide_buy_button_until != NULL;
    keeps_people |= people->has_minimum_faces;
#define HAND_OVER(group, Type) out->group = keeps_##group ? group : NULL;
    EACH_GROUP (HAND_OVER)
#undef NEW_GROUP
#undef LAY
#undef KEEP
#undef HAND_OVER
}
