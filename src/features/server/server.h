/* server.h -- what this server is, can, and has: version, storage, statistics */
#pragma once
#include "features/app.h"
#include "features/server_api.h"

/** Hang the operations in, and note this version in the history when it is a new one. */
gboolean server_start (App *app, Api *api, GError **error);
/** What is served in maintenance mode: the ping, the version, and a config that says so. */
void server_serve_maintenance (Api *api);

/** "68.3 GiB": steps of 1024, one decimal; plain bytes without. */
const char *server_human_bytes (Arena *arena, guint64 n_bytes);
