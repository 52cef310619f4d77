/* upload.h -- a multipart body, taken as it comes (internal) */
#pragma once
#include "api/call.h"

/** Begin to take the body of @call, whose operation has a multipart body and whose request says it
 *  sends one. Who asks is found out on another thread meanwhile. Event thread, does not block. */
void upload_begin (ApiCall *call, HttpPlan *plan);

/** Check the credential and ask the operation's before_body; on a thread of the Api. */
void upload_check (Upload *self);

/** The body is complete: run the handler and answer. On a pool thread. */
void upload_dispatch (Upload *self);

/** The body was stopped: answer with what was decided before, or with @why. Does not block. */
void upload_fail (Upload *self, const GError *why);

/** Set the FIELD_FILE members of the struct @out; @self NULL: there were no files.
 *  @return FALSE with APP_ERROR_INVALID when a required one is missing */
gboolean upload_fill (Upload *self, const TypeDescriptor *type, void *out, GError **error);
