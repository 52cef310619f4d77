/* operations.h -- one request in, one reply out, see protocol.h */
#pragma once
#include <glib.h>

/** Do what @request asks for and write the reply's JSON to @reply. Never fails: what goes wrong is
 *  the reply. @fds stay the caller's. */
void operations_handle (const char *request, gsize n_bytes, const int *fds, guint n_fds,
                        GString *reply);
