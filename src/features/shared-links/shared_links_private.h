/* shared_links_private.h -- between the files of the feature */
#pragma once
#include "features/shared-links/shared-links.h"

/* ---- keys and tokens (shared_links_key.c) ---- */

#define LINK_KEY_BYTES 50
#define LINK_TOKEN_BYTES 32

GBytes *link_new_secret (Arena *arena, gsize n_bytes); /* random, in @arena */
/** As in URLs: base64url without padding. */
const char *link_key_text (Arena *arena, GBytes *key);
/** base64url or base64, with padding or not; or 100 hexadecimal characters. FALSE when it is no key. */
gboolean link_key_parse (const char *text, guint8 out[LINK_KEY_BYTES]);

/** The cookie of link logins holds a token for each link, in base64, joined by commas. @cookie may be
 *  NULL. */
#define LINK_COOKIE "immich_shared_link_token"
gboolean link_tokens_have (const char *cookie, GBytes *token);
/** @cookie with @token, unless it is there; without what is no token, and without the oldest. */
const char *link_tokens_add (Arena *arena, const char *cookie, GBytes *token);

/* In a time that tells nothing of where they differ. */
gboolean link_password_matches (const char *given, const char *password);

/* ---- rules (shared_links.c) ---- */

/** The link that a key or slug opens, of an owner who may still share it. FALSE with APP_ERROR_UNAUTHORIZED
 *  and the client's text. A password was not asked for yet. */
gboolean link_find (Db *db, Arena *arena, PresentedKind kind, const char *text, LinkCredential *out,
                    GError **error);
/** Whether the request knows the password, if there is one. */
gboolean link_is_open (HttpRequest *request, const LinkCredential *link);
/** The ApiAuthenticate of links. */
gboolean link_authenticate (App *app, HttpRequest *request, Arena *arena, PresentedKind kind,
                            const char *text, Auth *out, GError **error);

/* ---- describing (shared_links_describe.c) ---- */

typedef enum {
    LINK_LISTED,  /* the first asset, the album */
    LINK_WHOLE,   /* all assets with their metadata, the album */
    LINK_CHANGED, /* all assets, trashed ones too; no album */
} LinkForm;

/** As the caller may see it: a visitor is shown neither its password nor what is its owner's business. */
gboolean link_describe (ApiCall *call, const SharedLinkRow *row, LinkForm form,
                        SharedLinkResponse *out, GError **error);
gboolean link_describe_list (ApiCall *call, const SharedLinkRowList *rows,
                             SharedLinkResponseList *out, GError **error);
/** The JSON of a link that hides metadata from its visitors. */
GString *link_stripped_json (Arena *arena, const SharedLinkResponse *link);

/* ---- SQL (shared_links_store.c) ---- */

/** @key or @slug; the other is NULL. FALSE with APP_ERROR_NOT_FOUND. */
gboolean link_store_find (Db *db, Arena *arena, const guint8 *key, const char *slug, gint64 now_ms,
                          LinkCredential *out, GError **error);
/** Newest first. @album_id, @id NULL: any */
gboolean link_store_list (Db *db, Arena *arena, const char *owner_id, const char *album_id,
                          const char *id, SharedLinkRowList *out, GError **error);
/** FALSE with APP_ERROR_INVALID and the clients' text when the owner has no such link. */
gboolean link_store_load (Db *db, Arena *arena, const char *owner_id, const char *id,
                          SharedLinkRow *out, GError **error);
gboolean link_store_insert (Db *tx, const SharedLinkRow *row, GError **error);
gboolean link_store_update (Db *tx, const SharedLinkRow *row, GError **error);
gboolean link_store_delete (Db *db, const char *owner_id, const char *id, gboolean *out_found,
                            GError **error);

/** What the link itself holds, by the date of capture; never what is locked. */
gboolean link_store_asset_ids (Db *db, Arena *arena, const char *id, gboolean with_trashed,
                               StringList *out, GError **error);
/** The first of each link that has one. */
gboolean link_store_first_assets (Db *db, Arena *arena, const StringList *link_ids,
                                  LinkAssetRowList *out, GError **error);
/** Which of @asset_ids are in the link, trashed or not. */
gboolean link_store_find_members (Db *db, Arena *arena, const char *id, const StringList *asset_ids,
                                  StringList *out, GError **error);
gboolean link_store_add_assets (Db *tx, Arena *arena, const char *id, const StringList *asset_ids,
                                GError **error);
gboolean link_store_remove_assets (Db *tx, Arena *arena, const char *id,
                                   const StringList *asset_ids, GError **error);
gboolean link_store_preview (Db *db, Arena *arena, const char *id, LinkPreviewRow *out,
                             GError **error);
