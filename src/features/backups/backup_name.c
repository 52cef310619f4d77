/* backup_name.c -- see backup_name.h */
#define G_LOG_DOMAIN "backups"
#include "features/backups/backup_name.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define ROUTINE "immich-db-backup-"
#define RESTORE_POINT "restore-point-"
#define BEFORE_UPDATE "before-update-"
#define UPLOADED "uploaded-"
#define STAMP "%Y%m%dT%H%M%S"
#define SUFFIX ".sql.gz"

static const char *
engine_word (const char *engine)
{
    return g_str_has_prefix (engine, "SQLite") ? "sqlite" : "pg";
}

const char *
backup_name_new (Arena *arena, BackupKind kind, GDateTime *time, const char *version,
                 const char *engine)
{
    static const char *const prefixes[] = { [BACKUP_ROUTINE] = "",
                                            [BACKUP_RESTORE_POINT] = RESTORE_POINT,
                                            [BACKUP_BEFORE_UPDATE] = BEFORE_UPDATE };
    g_autofree char *stamp = g_date_time_format (time, STAMP);
    const char *number = strchr (engine, ' ');

    return arena_printf (arena, "%s" ROUTINE "%s-v%s-%s%s" SUFFIX, prefixes[kind], stamp, version,
                         engine_word (engine), number != NULL ? number + 1 : "");
}

static gboolean
is_stamp (const char *text)
{
    int year, month, day, hour, minute, second, n = 0;

    return strspn (text, "0123456789") == 8 && text[8] == 'T' &&
           strspn (text + 9, "0123456789") == 6 &&
           sscanf (text, "%4d%2d%2dT%2d%2d%2d%n", &year, &month, &day, &hour, &minute, &second,
                   &n) == 6 &&
           n == 15 && g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year);
}

gboolean
backup_name_is_routine (const char *name, const char *engine)
{
    const char *text = name + strlen (ROUTINE);
    const char *of;

    if (!g_str_has_prefix (name, ROUTINE) || !g_str_has_suffix (name, SUFFIX) || !is_stamp (text))
        return FALSE;
    of = strrchr (text, '-');
    return g_str_has_prefix (text + 15, "-v") && g_str_has_prefix (of + 1, engine_word (engine)) &&
           g_ascii_isdigit (of[1 + strlen (engine_word (engine))]);
}

gboolean
backup_name_is_before_update (const char *name)
{
    return g_str_has_prefix (name, BEFORE_UPDATE ROUTINE);
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
