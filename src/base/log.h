/* log.h -- where log messages go, and the fields they may carry
 *
 * Everything is logged with GLib (g_message (), g_warning (), g_log_structured ()); this is the writer.
 * One line a message to standard error, as text for people or as JSON for machines; control
 * characters are escaped, so a message can neither forge a line nor steer a terminal. */
#pragma once
#include <glib.h>

typedef enum {
    LOG_VERBOSE, /* LOG_LEVEL_VERBOSE below */
    LOG_DEBUG,   /* g_debug () */
    LOG_LOG,     /* g_message (), g_info () */
    LOG_WARN,    /* g_warning () */
    LOG_ERROR,   /* g_critical () */
    LOG_FATAL,   /* g_error (), which ends the program */
} LogLevel;

typedef enum { LOG_FORMAT_TEXT, LOG_FORMAT_JSON } LogFormat;

/* For messages of the finest level: g_log_structured (G_LOG_DOMAIN, LOG_LEVEL_VERBOSE, ...). */
#define LOG_LEVEL_VERBOSE ((GLogLevelFlags) (1 << G_LOG_LEVEL_USER_SHIFT))

/* The fields in use; values are text. Secrets (passwords, tokens, keys) are never logged. */
#define LOG_FIELD_EVENT "EVENT"   /* a fixed name of what happened, "sidecar-unreadable" */
#define LOG_FIELD_METHOD "METHOD" /* of a request */
#define LOG_FIELD_PATH "PATH"     /* of a request, without credentials */
#define LOG_FIELD_STATUS "STATUS" /* of its answer, 0: none */
#define LOG_FIELD_DURATION_US "DURATION_US"
#define LOG_FIELD_BYTES "BYTES"                   /* of its body */
#define LOG_FIELD_PEER "PEER"                     /* address of a client */
#define LOG_FIELD_CORRELATION_ID "CORRELATION_ID" /* the same on all that one request causes */
#define LOG_FIELD_USER_ID "USER_ID"
#define LOG_FIELD_ASSET_ID "ASSET_ID"
#define LOG_FIELD_JOB "JOB" /* name of a job */
#define LOG_FIELD_QUEUE "QUEUE"
#define LOG_FIELD_FILE "FILE" /* path of a file */

/** Make this the writer of all GLib messages. Once, before other threads exist.
 *  Text is coloured on a terminal unless NO_COLOR is set to anything. */
void log_init (LogFormat format, LogLevel level);
void log_level_set (LogLevel level); /* any thread, any time */
LogLevel log_level_get (void);
gboolean log_level_parse (const char *text, LogLevel *out); /* "verbose" ... "fatal" */
const char *log_level_text (LogLevel level);
gboolean log_format_parse (const char *text, LogFormat *out); /* "console" or "json" */

/** One line as it would be written, without colour; for the writer and its tests. */
char *log_line (LogFormat format, GLogLevelFlags flags, const GLogField *fields, gsize n_fields);
