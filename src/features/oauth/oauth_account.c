/* oauth_account.c -- which account a login at the provider opens
 *
 * The provider's 'sub' decides. An account that has none yet is found by its e-mail, once; an e-mail
 * that the provider calls unverified finds nothing, and one that its user set is not believed: whoever
 * took the address of another would have that one's photos. An account that was deleted stays deleted: its
 * 'sub' opens no other. */
#define G_LOG_DOMAIN "oauth"
#include "features/oauth/oauth_private.h"

#include "base/uuid.h"
#include "features/config/config.h"
#include "features/sessions/sessions.h"
#include "features/users/users.h"

#define FAILED "OAuth authentication failed"

static gboolean
refuse (GError **error, const char *text)
{
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, text);
    return FALSE;
}

typedef struct {
    const AdminConfigOAuth *config;
    Arena *arena;
    const OAuthProfile *profile;
    OAuthAccount account;
} Choice;

/* A label is a wish: one that another has is not given, which no login should fail for. */
static gboolean
choose_label (Db *tx, const Choice *choice, const char **out, GError **error)
{
    const char *label = users_clean_label (choice->arena, choice->profile->label);
    gboolean is_taken = FALSE;

    if (label != NULL && !oauth_store_has_label (tx, label, &is_taken, error))
        return FALSE;
    *out = is_taken || (label != NULL && uuid_is_v4 (label)) ? NULL : label;
    return TRUE;
}

static gboolean
create (Db *tx, Choice *choice, GError **error)
{
    const OAuthProfile *profile = choice->profile;
    gboolean has_admin = FALSE;
    UserRow made;
    UserNew user = {
        .email = profile->email,
        .name = profile->name,
        .password_hash = "",
        .oauth_id = profile->subject,
        .is_admin = profile->role == OAUTH_ROLE_ADMIN,
        .should_change_password = TRUE,
        .has_quota = profile->has_quota,
        .quota_size_bytes = profile->quota_size_bytes,
    };

    if (!choice->config->auto_register)
        return refuse (error, FAILED);
    if (profile->email == NULL)
        return refuse (error, "OAuth profile does not have an email address");
    /* a second login of the same person at the same time finds this account then */
    if (!users_take_turns (tx, error) || !users_have_admin (tx, &has_admin, error))
        return FALSE;
    if (!has_admin && !user.is_admin)
        return refuse (error, "The first registered account must the administrator.");
    if (!choose_label (tx, choice, &user.storage_label, error) ||
        !users_create (tx, choice->arena, &user, &made, error))
        return FALSE;
    choice->account.user_id = made.id;
    choice->account.is_first_login = TRUE;
    return TRUE;
}

/* The claim is looked at on every login. The last admin stays one. */
static gboolean
follow_role (Db *tx, const Choice *choice, const OAuthUserRow *user, GError **error)
{
    gboolean is_admin = choice->profile->role == OAUTH_ROLE_ADMIN;
    gboolean has_other = FALSE;

    if (choice->profile->role == OAUTH_ROLE_UNSAID || is_admin == user->is_admin)
        return TRUE;
    if (!is_admin) {
        if (!users_has_other_admin (tx, user->id, &has_other, error))
            return FALSE;
        if (!has_other) {
            g_warning ("the provider says that '%s' is no admin, but there is no other, skipping",
                       user->id);
            return TRUE;
        }
    }
    return oauth_store_set_admin (tx, user->id, is_admin, error);
}

static gboolean
write_choice (Db *tx, gpointer data, GError **error)
{
    Choice *choice = data;
    const OAuthProfile *profile = choice->profile;
    gboolean is_linked = FALSE, found = FALSE;
    OAuthUserRow user = { 0 };

    if (!oauth_store_find_subject (tx, choice->arena, profile->subject, &user, &is_linked, error))
        return FALSE;
    if (is_linked && user.is_deleted)
        return refuse (error, FAILED);
    if (!is_linked && profile->email != NULL &&
        !oauth_store_find_email (tx, choice->arena, profile->email, &user, &found, error))
        return FALSE;
    if (!is_linked && (!found || user.is_deleted))
        return create (tx, choice, error);
    if (!is_linked) {
        if (*user.oauth_id != '\0')
            return refuse (error, FAILED); /* linked to another identity */
        if (user.is_email_own) {
            g_warning ("a login at the provider has the e-mail of '%s', who set it without an "
                       "admin, refused: they can link it in their settings, or an admin can set "
                       "the e-mail",
                       user.id);
            return refuse (error, FAILED);
        }
        if (!oauth_store_set_subject (tx, user.id, profile->subject, error))
            return FALSE;
    }
    choice->account = (OAuthAccount){ .user_id = user.id, .is_first_login = !is_linked };
    return follow_role (tx, choice, &user, error);
}

gboolean
oauth_choose_account (App *app, Arena *arena, const OAuthProfile *profile, OAuthAccount *out,
                      GError **error)
{
    Choice choice = { .config = config_get (app)->oauth, .arena = arena, .profile = profile };

    if (!db_write (app->db, write_choice, &choice, error))
        return FALSE;
    *out = choice.account;
    return TRUE;
}

/* ---- linking by hand ---- */

typedef struct {
    const ApiCall *call;
    const OAuthIdentity *identity;
} Link;

static gboolean
write_link (Db *tx, gpointer data, GError **error)
{
    const Link *link = data;
    const Auth *auth = link->call->auth;
    const OAuthIdentity *identity = link->identity;
    gboolean found = FALSE;
    OAuthUserRow user;

    if (!oauth_store_find_subject (tx, link->call->arena, identity->profile.subject, &user, &found,
                                   error))
        return FALSE;
    if (found && !g_str_equal (user.id, auth->user_id))
        return refuse (error, "This OAuth account has already been linked to another user.");
    return oauth_store_set_subject (tx, auth->user_id, identity->profile.subject, error) &&
           (auth->session_id == NULL ||
            session_set_oauth (tx, auth->session_id, identity->sid, identity->id_token, error));
}

gboolean
oauth_link_account (ApiCall *call, const OAuthIdentity *identity, GError **error)
{
    Link link = { call, identity };

    return db_write (call->db, write_link, &link, error);
}
