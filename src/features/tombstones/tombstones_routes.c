/* tombstones_routes.c -- the handlers of tombstones.api; each is about the caller's own */
#define G_LOG_DOMAIN "tombstones"
#include "features/tombstones/tombstones_store.h"

#include "features/upload/upload.h"

static ApiStatus
get_tombstones (ApiCall *call, const GetTombstonesRequest *in, TombstonesResponse *out)
{
    g_autoptr (GError) error = NULL;

    if (!tombstones_store_list (call->db, call->arena, call->auth->user_id, in->page, in->size, out,
                                &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static ApiStatus
update_tombstones (ApiCall *call, const UpdateTombstonesRequest *in)
{
    g_autoptr (GError) error = NULL;

    if (!tombstones_store_switch (call->db, call->auth->user_id, in->body->enabled, &error))
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

/* Those named, or all. */
static ApiStatus
delete_tombstones (ApiCall *call, const DeleteTombstonesRequest *in)
{
    const StringList *texts = &in->body->checksums;
    guint8 *sha1s = arena_alloc (call->arena, MAX (texts->n, 1) * 20);
    g_autoptr (GError) error = NULL;
    gboolean ok;

    for (gsize i = 0; i < texts->n; i++)
        if (!upload_parse_checksum (texts->items[i], sha1s + 20 * i))
            return api_refuse_field (call, "checksums",
                                     "'%s' is no SHA-1: 28 characters of base64 or 40 "
                                     "hexadecimal ones",
                                     texts->items[i]);
    ok = in->body->has_checksums
             ? tombstones_store_remove (call->db, call->auth->user_id, sha1s, texts->n, &error)
             : tombstones_store_clear (call->db, call->auth->user_id, &error);
    if (!ok)
        return api_fail (call, g_steal_pointer (&error));
    return API_OK;
}

static const TombstonesHandlers tombstones_handlers = {
    .get_tombstones = get_tombstones,
    .update_tombstones = update_tombstones,
    .delete_tombstones = delete_tombstones,
};

void
tombstones_start (App *app, Api *api)
{
    api_serve_tombstones (api, &tombstones_handlers);
}
