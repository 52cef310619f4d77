/* api.h -- the contract engine: from bytes to a handler's struct and back
 *
 * tools/apigen turns the .api files into api_gen.h (structs, enums, descriptors, a struct of
 * handlers a feature) and api_gen.c (tables). This engine does the rest for every operation:
 * credential, permission, path, query, body, limits and defaults before the handler; JSON, status
 * and errors after it. Order of checks: body readable (400), route (404), credential (401), admin
 * (403), link (403), key permission (403), path, query, body (400), then the handler. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "db/db.h"
#include "http/http.h"

typedef struct _Api Api;
typedef struct _App App; /* what the features share, see features/app.h; opaque here */

/** What a handler returns. A plain number is a status for this answer instead of the operation's
 *  own (200 for a duplicate upload). */
typedef enum {
    API_FAILED = -1, /* api_fail () was called, or it answered by itself */
    API_LATER = -2,  /* the handler kept the call and will answer (long poll, stream) */
    API_OK = 0,      /* the operation's own status: 200, 201 or 204 as the contract says */
} ApiStatus;

/* ---- who asks ---- */

typedef enum {
    CREDENTIAL_NONE,
    CREDENTIAL_SESSION,
    CREDENTIAL_API_KEY,
    CREDENTIAL_LINK
} CredentialKind;

/** The caller, read afresh for every request. All in the request's arena. */
typedef struct {
    CredentialKind kind;
    const char *user_id; /* the user, or the owner of the link; NULL: none */
    const char *user_email, *user_name;
    gboolean is_admin;
    gboolean has_quota;
    gint64 quota_size_bytes, quota_usage_bytes;
    const char *session_id;    /* CREDENTIAL_SESSION */
    gint64 expires_at;         /* of the session; 0: never */
    gboolean is_elevated;      /* the session was unlocked with the PIN */
    const char *key_id;        /* CREDENTIAL_API_KEY */
    StringList permissions;    /* of the key */
    const char *link_id;       /* CREDENTIAL_LINK */
    const char *link_album_id; /* NULL: an individual link */
    gboolean link_allows_upload, link_allows_download, link_shows_metadata;
} Auth;

/** Resolve one presented credential (text as it came). Set by the program from features/auth, so that
 *  the engine knows no table. FALSE with APP_ERROR_UNAUTHORIZED and the client's text. */
typedef enum {
    PRESENTED_SHARE_KEY,
    PRESENTED_SHARE_SLUG,
    PRESENTED_SESSION,
    PRESENTED_API_KEY
} PresentedKind;
typedef gboolean (*ApiAuthenticate) (App *app, HttpRequest *request, Arena *arena,
                                     PresentedKind kind, const char *text, Auth *out,
                                     GError **error);

/** For an authenticate () that would write: TRUE when this is an event thread, which must not wait for a
 *  disk. Then fail with any error: the call begins again on a thread of a pool. */
gboolean api_begin_again (void);

/* ---- a call ---- */

typedef struct {
    App *app;
    Db *db;
    Arena *arena;
    const Auth *auth; /* never NULL; kind is CREDENTIAL_NONE on public routes without one */
    HttpRequest *request;
    struct _ApiCallPrivate *private_data;
} ApiCall;

/** Answer with @error as a problem in the clients' shape; takes it. @return API_FAILED */
ApiStatus api_fail (ApiCall *call, GError *error);
/** The same with a code and a sentence. */
ApiStatus api_refuse (ApiCall *call, AppErrorCode code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/** 400 'Validation failed' with one issue of code 'custom' at @path ("a.b" or "" for the root). */
ApiStatus api_refuse_field (ApiCall *call, const char *path, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/** 400 'Not found or no <permission> access'. */
ApiStatus api_refuse_access (ApiCall *call, const char *permission);

/** Who asks, for limits that are theirs: a user, a link with all who come by it, else an address. */
const char *api_caller (const ApiCall *call);

/** Headers and cookies of the answer to come. */
void api_set_header (ApiCall *call, const char *name, const char *value);
void api_set_cookie (ApiCall *call, const char *set_cookie_value);
/** Answer with something other than the typed struct (a file, a stream, hand-written JSON).
 *  @response (transfer full). @return API_FAILED, to be returned at once */
ApiStatus api_respond (ApiCall *call, HttpResponse *response);
/** JSON written by the handler itself, for the hot answers; with the operation's status. */
ApiStatus api_respond_json (ApiCall *call, GString *json);

/* ---- uploads: operations whose body is multipart/form-data ---- */

/** A multipart body is streamed: fields are collected, each file part goes to a temporary file in
 *  the media folder's tmp (same file system), hashed with SHA-1 on the way. The handler gets the
 *  fields in its struct as from JSON and each FIELD_FILE as an ApiFile. What the handler does not
 *  take (take_path) is deleted when the call ends. */
typedef struct {
    const char *field;     /* name of the part */
    const char *file_name; /* as the client gave it, UTF-8; never use it as a path */
    const char *content_type;
    const char *path; /* of the temporary file, complete but not yet fsynced */
    int fd;           /* open for reading and writing; closed with the call */
    gint64 size_bytes;
    guint8 sha1[20];
    gboolean taken; /* the handler moved it: do not delete */
} ApiFile;

/** Asked on an event thread when a file part begins, before a byte of it is stored: refuse an
 *  extension, an unexpected part. @fields so far. Must not block. NULL: all declared parts are taken. */
typedef gboolean (*ApiAcceptPart) (App *app, const char *operation, const char *field,
                                   const char *file_name, const char *name_field, GError **error);
/** Asked after the credential was checked and before the body is read (upload short-cuts, quota by
 *  content length): TRUE when it answered. Runs on a pool thread. NULL: none. */
typedef gboolean (*ApiBeforeBody) (ApiCall *call);

/* ---- setting up ---- */

typedef struct _ApiOperation ApiOperation; /* a row of the generated route table, see operation.h */
typedef struct _ApiContract ApiContract; /* all of them: api_contract of features/api_contract.h */

typedef struct {
    App *app;
    Db *db;
    const ApiContract *contract;
    ApiAuthenticate authenticate;
    const char *temporary_folder; /* for uploads; on the file system of the media folder */
    gint64 max_upload_bytes;      /* 0: no limit */
    /* asked who calls instead of looking for a credential and authenticate (); NULL: not */
    gboolean (*identify) (App *app, HttpRequest *request, Arena *arena, Auth *out, GError **error);
    gboolean hides_unserved;  /* an operation without a handler is not found, instead of 501 */
    gboolean reads_are_quick; /* reads of the database wait for nobody: SQLite */
} ApiSettings;

Api *api_new (const ApiSettings *settings);
void api_free (Api *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Api, api_free)

/** The HttpApp for http_server_new () with this Api as its application. Requests outside the
 *  contract's paths go to @fallback (the web app, /.well-known/immich, /custom.css). */
const HttpApp *api_http_app (void);
void api_set_fallback (Api *self, const HttpApp *fallback, gpointer fallback_app);
/** Requests whose path is @prefix or below it ("/api/socket.io") go to @app_class; before serving. */
void api_mount (Api *self, const char *prefix, const HttpApp *app_class, gpointer app);

/** Hang a feature's handlers in. One generated function a feature: api_serve_albums (api,
 *  &albums_handlers). Members left NULL answer 501. */

/** Hooks of an operation, by its id. */
void api_set_upload_hooks (Api *self, const char *operation, ApiAcceptPart accept_part,
                           ApiBeforeBody before_body);

/** The OpenAPI document, and the ids of operations that answer 501, sorted. */
const char *api_openapi_json (Api *self);
StringList api_missing_operations (Api *self, Arena *arena);

/** Write any described struct as JSON (realtime events, the access to one type outside a call). */
void api_write_json (const TypeDescriptor *type, const void *value, GString *out);
/** Parse and check JSON by a type (job data, config documents). FALSE with APP_ERROR_INVALID whose
 *  message names the first field at fault. */
gboolean api_read_json (const TypeDescriptor *type, const char *json, gssize n_bytes, Arena *arena,
                        void *out, GError **error);

/* ---- access to objects: the one place (api/access.c) ---- */

/* Of an asset 'a': it is the film of live photos, and none of them is open. @open is asked of a photo 's'. */
#define ACCESS_SQL_FILM_IS_CLOSED(open)                                                            \
    "(a.visibility = 'hidden'"                                                                     \
    " AND EXISTS (SELECT 1 FROM asset s WHERE s.live_photo_video_id = a.id"                        \
    "              AND s.status <> 'deleted')"                                                     \
    " AND NOT EXISTS (SELECT 1 FROM asset s WHERE s.live_photo_video_id = a.id"                    \
    "                  AND s.status <> 'deleted' AND " open "))"
/* What partners see of a photo 's'. */
#define ACCESS_SQL_PARTNER_SEES                                                                    \
    "s.visibility IN ('timeline', 'hidden') AND s.deleted_at IS NULL AND s.status = 'active'"
/* Of an asset 'a' that is there, and no film that is closed: its owner shares it with @user. */
#define ACCESS_SQL_OF_PARTNER(user)                                                                \
    "a.visibility IN ('timeline', 'hidden')"                                                       \
    " AND EXISTS (SELECT 1 FROM partner p JOIN users u ON u.id = p.shared_by_id"                   \
    "              WHERE p.shared_by_id = a.owner_id AND p.shared_with_id = " user                 \
    "                AND u.deleted_at IS NULL)"
/* Of a row 'x' of shared_link_asset: the link's owner may still show it, as the own or a partner's. */
#define ACCESS_SQL_LINK_MAY_SHOW                                                                   \
    "EXISTS (SELECT 1 FROM shared_link l JOIN asset a ON a.id = x.asset_id"                        \
    "         WHERE l.id = x.link_id AND (a.owner_id = l.owner_id"                                 \
    "            OR (a.status = 'active' AND a.deleted_at IS NULL"                                 \
    "                AND NOT " ACCESS_SQL_FILM_IS_CLOSED (                                         \
        ACCESS_SQL_PARTNER_SEES) "                AND " ACCESS_SQL_OF_PARTNER ("l.owner_id") ")))"

/** @return FALSE with APP_ERROR_INVALID 'Not found or no <permission> access' unless the caller may
 *  do @permission ("asset.read", "asset.update"...) to every one of @ids. An empty list passes. */
gboolean access_check_assets (ApiCall *call, const StringList *ids, const char *permission,
                              GError **error);
gboolean access_check_asset (ApiCall *call, const char *id, const char *permission, GError **error);
/** Which of @ids pass, in their order; for operations that answer one by one. */
gboolean access_filter_assets (ApiCall *call, const StringList *ids, const char *permission,
                               StringList *out, GError **error);
/** The same for albums ("album.read", "album.update", "album.share", "albumAsset.create",
 *  "activity.create", ...). */
gboolean access_check_album (ApiCall *call, const char *id, const char *permission, GError **error);
gboolean access_filter_albums (ApiCall *call, const StringList *ids, const char *permission,
                               StringList *out, GError **error);
/** The same for what has one owner: tags, stacks, memories, people, faces, notifications, groups of
 *  duplicates, activities (also the album's owner), partners who share with the caller. The permission ("tag.update") says which. A link has none of them. */
gboolean access_check_owned (ApiCall *call, const StringList *ids, const char *permission,
                             GError **error);
gboolean access_filter_owned (ApiCall *call, const StringList *ids, const char *permission,
                              StringList *out, GError **error);
/** The timeline of a user: "timeline.read" (also a partner), "archive.read", "timeline.download". */
gboolean access_check_timeline (ApiCall *call, const char *user_id, const char *permission,
                                GError **error);
