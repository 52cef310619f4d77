/* server_store.h -- the SQL of the server feature; only for this folder */
#pragma once
#include "features/server/server.h"

/** Every user, in the order they came, with what they store. */
gboolean server_store_usage (Db *db, Arena *arena, UsageByUserList *out, GError **error);

/** Versions that served this database, newest first. */
gboolean server_store_versions (Db *db, Arena *arena, ServerVersionHistoryResponseList *out,
                                GError **error);
/** Note @version unless it was the last one. */
gboolean server_store_note_version (Db *db, const char *version, GError **error);

gboolean server_store_is_onboarded (Db *db, gboolean *out, GError **error);
