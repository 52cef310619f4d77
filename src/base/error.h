/* error.h -- the one error domain of the program
 *
 * The function that fails writes a sentence that names the file, the setting or the field and says
 * what to do. Only the HTTP server turns a code into a status (http/problem.c). Of a failure that is not the
 * caller's (503, 507) callers read the first line; what follows, such as the address of the database, is for
 * the log. */
#pragma once
#include <glib.h>

#define APP_ERROR (app_error_quark ())
GQuark app_error_quark (void);

typedef enum {
    APP_ERROR_INVALID,         /* 400 the request breaks a rule */
    APP_ERROR_UNAUTHORIZED,    /* 401 no or a bad credential */
    APP_ERROR_FORBIDDEN,       /* 403 a good credential without the right */
    APP_ERROR_NOT_FOUND,       /* 404 */
    APP_ERROR_CONFLICT,        /* 409 not in the state that the request goes by */
    APP_ERROR_TOO_LARGE,       /* 413 over a limit of size */
    APP_ERROR_MEDIA_TYPE,      /* 415 a content type that is not taken */
    APP_ERROR_RANGE,           /* 416 */
    APP_ERROR_TOO_MANY,        /* 429 over a limit of rate */
    APP_ERROR_HEADERS,         /* 431 */
    APP_ERROR_NOT_IMPLEMENTED, /* 501 */
    APP_ERROR_UNAVAILABLE,     /* 503 stopping, or writes stopped after a failed fsync */
    APP_ERROR_UNSURE,          /* 503 a change that may or may not have been stored */
    APP_ERROR_DISK_FULL,       /* 507 */
    APP_ERROR_DB,              /* 500 the database refused */
    APP_ERROR_CONSTRAINT, /* 409 unless the caller expects it: a unique or foreign key, for what another
                                * request added or removed after it was checked */
    APP_ERROR_IO,         /* 500 a file could not be read or written */
    APP_ERROR_MEDIA,      /* 500 a file could not be decoded (only jobs see it) */
    APP_ERROR_CONFIG,     /* exit 1: an unusable setting */
    APP_ERROR_INTERNAL, /* 500 a fault of the program */
    APP_ERROR_LAST
} AppErrorCode;
