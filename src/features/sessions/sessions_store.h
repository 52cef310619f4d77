/* sessions_store.h -- the SQL that only features/sessions needs */
#pragma once
#include "features/sessions/sessions.h"

/** Those of a user that are not expired; @current_id (may be NULL) is marked. */
gboolean sessions_store_list (Db *db, Arena *arena, const char *user_id, const char *current_id,
                              SessionResponseList *out, GError **error);
gboolean sessions_store_owns (Db *db, const char *id, const char *user_id, gboolean *out,
                              GError **error);
gboolean sessions_store_set_sync_reset (Db *db, const char *id, const char *user_id,
                                        gboolean is_pending, GError **error);
/** Expired ones, and those not used since. */
gboolean sessions_store_delete_old (Db *db, Arena *arena, gint64 used_before_ms,
                                    StringList *out_ended, GError **error);
