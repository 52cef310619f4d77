/* backup_name.c -- see backup_name.h */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backup_name.h"

#include <string.h>

#include "base/error.h"

#define ROUTINE "immich-db-backup-"
#define RESTORE_POINT "restore-point-"
#define UPLOADED "uploaded-"
#define STAMP "%Y%m%dT%H%M%S"
#define SUFFIX ".sql.gz"

const char *
backup_name_new (Arena *arena, BackupKind kind, GDateTime *time, const char *version,
                 const char *engine)
{
    g_autofree char *stamp = g_date_time_format (time, STAMP);
    const char *number = strchr (engine, ' ');

    return arena_printf (arena, "%s" ROUTINE "%s-v%s-%s%s" SUFFIX,
                         kind == BACKUP_RESTORE_POINT ? RESTORE_POINT : "", stamp, version,
                         g_str_has_prefix (engine, "SQLite") ? "sqlite" : "pg",
                         number != NULL ? number + 1 : "");
}

/* @n digits at @text as a number; -1: they are not all digits */
static gint64
digits (const char *text, gsize n)
{
    gint64 number = 0;

    for (gsize i = 0; i < n; i++) {
        if (!g_ascii_isdigit (text[i]))
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

gint64
backup_name_time (const char *name)
{
    g_autoptr (GDateTime) time = NULL;
    const char *text = name + strlen (ROUTINE);
    gint64 day, second;
    gsize n;

    if (!g_str_has_prefix (name, ROUTINE) || !g_str_has_suffix (name, SUFFIX))
        return 0;
    n = strspn (text, "0123456789");
    if (n >= 1 && n <= 15 && g_str_equal (text + n, SUFFIX))
        return digits (text, n) / 1000;
    if (n != 8 || text[8] != 'T' || strlen (text) < 16 || text[15] != '-' || text[16] != 'v')
        return 0;
    day = digits (text, 8);
    second = digits (text + 9, 6);
    if (second < 0)
        return 0;
    time = g_date_time_new_local ((int) (day / 10000), (int) (day / 100 % 100), (int) (day % 100),
                                  (int) (second / 10000), (int) (second / 100 % 100),
                                  (double) (second % 100));
    return time != NULL ? g_date_time_to_unix (time) : 0;
}

gboolean
backup_name_is_uploaded (const char *name)
{
    return g_str_has_prefix (name, UPLOADED);
}

gboolean
backup_check_name (const char *name, GError **error)
{
    gsize n = strlen (name);

    for (gsize i = 0; i < n; i++)
        if (!g_ascii_isalnum (name[i]) && strchr ("_-.", name[i]) == NULL) {
            g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID,
                                 "Filename contains invalid characters");
            return FALSE;
        }
    if (n <= BACKUP_MAX_NAME && *name != '.' &&
        (g_str_has_suffix (name, ".sql") || g_str_has_suffix (name, SUFFIX)))
        return TRUE;
    g_set_error_literal (error, APP_ERROR, APP_ERROR_INVALID, "Invalid backup name!");
    return FALSE;
}

const char *
backup_name_for_upload (Arena *arena, const char *file_name, GError **error)
{
    const char *name = file_name;

    for (const char *c = file_name; *c != '\0'; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    if (!backup_check_name (name, error))
        return NULL;
    name = arena_printf (arena, UPLOADED "%s", name);
    return backup_check_name (name, error) ? name : NULL;
}
