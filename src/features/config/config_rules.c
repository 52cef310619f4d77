#define G_LOG_DOMAIN "config"

#include "features/config/config_rules.h"

#include <stdlib.h>
#include <string.h>

#include "media/path_template.h"

json_t *
config_merge (const json_t *base, const json_t *overlay)
{
    json_t *out = json_deep_copy (base);
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *) overlay, key, value)
    {
        const json_t *below = json_object_get (base, key);

        if (json_is_object (below) && json_is_object (value))
            json_object_set_new (out, key, config_merge (below, value));
        else
            json_object_set (out, key, value);
    }
    return out;
}

static gboolean
is_unset (const json_t *value)
{
    return json_is_null (value) || (json_is_string (value) && *json_string_value (value) == '\0');
}

json_t *
config_difference (const json_t *document, const json_t *defaults)
{
    json_t *out = json_object ();
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *) document, key, value)
    {
        json_t *usual = json_object_get (defaults, key);

        if (json_is_object (value) && json_is_object (usual)) {
            json_t *inner = config_difference (value, usual);

            if (json_object_size (inner) > 0)
                json_object_set (out, key, inner);
            json_decref (inner);
        } else if (!is_unset (value) && !json_equal (value, usual))
            json_object_set (out, key, value);
    }
    return out;
}

void
config_warn_of_unknown (const json_t *document, const json_t *known, const char *path)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *) document, key, value)
    {
        const json_t *usual = json_object_get (known, key);
        g_autofree char *here = g_strdup_printf ("%s%s%s", path, *path != '\0' ? "." : "", key);

        if (usual == NULL)
            g_warning ("the system config has an unknown key '%s', ignored", here);
        else if (json_is_object (usual) && json_is_object (value))
            config_warn_of_unknown (value, usual, here);
    }
}

static void
accept_target (json_t *ffmpeg, const char *target_key, const char *accepted_key)
{
    json_t *target = json_object_get (ffmpeg, target_key);
    json_t *accepted = json_object_get (ffmpeg, accepted_key);
    gsize i;
    json_t *item;

    json_array_foreach (accepted, i, item)
    {
        if (json_equal (item, target))
            return;
    }
    json_array_append (accepted, target);
}

/* "https://user@photos.example:8443/x?y" -> "https://user@photos.example:8443" */
static void
keep_origin (json_t *server)
{
    const char *text = json_string_value (json_object_get (server, "externalDomain"));
    const char *host = text != NULL ? strstr (text, "://") : NULL;

    if (host != NULL)
        json_object_set_new (
            server, "externalDomain",
            json_stringn (text, (gsize) (host + 3 - text) + strcspn (host + 3, "/?#")));
}

void
config_normalise (json_t *document)
{
    json_t *ffmpeg = json_object_get (document, "ffmpeg");

    accept_target (ffmpeg, "targetVideoCodec", "acceptedVideoCodecs");
    accept_target (ffmpeg, "targetAudioCodec", "acceptedAudioCodecs");
    keep_origin (json_object_get (document, "server"));
}

/* One field: a comma list of '*', a number, a range or names, each maybe with a step. */
static gboolean
is_cron_field (const char *field, int min, int max)
{
    static const char *const names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                         "aug", "sep", "oct", "nov", "dec", "sun", "mon",
                                         "tue", "wed", "thu", "fri", "sat", NULL };
    g_auto (GStrv) items = g_strsplit (field, ",", -1);

    for (char **item = items; *item != NULL; item++) {
        g_auto (GStrv) parts = g_strsplit (*item, "/", 2);
        g_auto (GStrv) ends = g_strsplit (parts[0] != NULL ? parts[0] : "", "-", 2);
        guint64 value, before = 0;

        if (parts[0] == NULL ||
            (parts[1] != NULL && !g_ascii_string_to_unsigned (parts[1], 10, 1, 999, NULL, NULL)))
            return FALSE;
        if (g_str_equal (parts[0], "*") || g_str_equal (parts[0], "?"))
            continue;
        for (char **end = ends; *end != NULL; end++) {
            g_autofree char *lower = g_ascii_strdown (*end, -1);

            if (max <= 12 && g_strv_contains (names, lower))
                continue;
            if (!g_ascii_string_to_unsigned (*end, 10, (guint64) min, (guint64) max, &value,
                                             NULL) ||
                (end != ends && value < before))
                return FALSE;
            before = value;
        }
    }
    return *items != NULL;
}

gboolean
config_is_cron (const char *text)
{
    static const int ranges[][2] = { { 0, 59 }, { 0, 59 }, { 0, 23 },     { 1, 31 },
                                     { 1, 12 }, { 0, 7 },  { 1970, 2099 } };
    g_auto (GStrv) words = g_strsplit_set (text, " \t", -1);
    const char *fields[8];
    guint n = 0, first;

    for (char **word = words; *word != NULL; word++)
        if (**word != '\0') {
            if (n == 7)
                return FALSE;
            fields[n++] = *word;
        }
    if (n < 5)
        return FALSE;
    first = n == 5 ? 1 : 0; /* five fields begin with the minute, six with the second */
    for (guint i = 0; i < n; i++)
        if (!is_cron_field (fields[i], ranges[i + first][0], ranges[i + first][1]))
            return FALSE;
    return TRUE;
}

/* @return NULL, or why no path can be made of it */
static const char *
check_template (Arena *arena, const char *text)
{
    g_autoptr (GError) why = NULL;
    g_autoptr (PathTemplate) template = path_template_parse (text, &why);

    return template != NULL ? NULL
                            : arena_printf (arena,
                                            "Invalid storage template: in "
                                            "storageTemplate.template, %s",
                                            why->message);
}

static gboolean
is_url (const char *text)
{
    g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

    return uri != NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0';
}

const char *
config_check (Arena *arena, const AdminConfig *config, const char **out_path)
{
    const struct {
        const char *path, *text;
    } crons[] = {
        { "backup.database.cronExpression", config->backup->database->cron_expression },
        { "library.scan.cronExpression", config->library->scan->cron_expression },
        { "integrityChecks.missingFiles.cronExpression",
          config->integrity_checks->missing_files->cron_expression },
        { "integrityChecks.untrackedFiles.cronExpression",
          config->integrity_checks->untracked_files->cron_expression },
        { "integrityChecks.checksumFiles.cronExpression",
          config->integrity_checks->checksum_files->cron_expression },
    }, urls[] = {
        { "map.lightStyle", config->map->light_style },
        { "map.darkStyle", config->map->dark_style },
        { "server.externalDomain", config->server->external_domain },
        { "oauth.endSessionEndpoint", config->oauth->end_session_endpoint },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (crons); i++)
        if (!config_is_cron (crons[i].text)) {
            *out_path = crons[i].path;
            return "Invalid cron expression";
        }
    for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
        if ((*urls[i].text != '\0' || i < 2) && !is_url (urls[i].text)) {
            *out_path = urls[i].path;
            return "Invalid URL";
        }
    *out_path = "oauth.issuerUrl";
    if (*config->oauth->issuer_url != '\0' && !is_url (config->oauth->issuer_url))
        return "Issuer URL must be an empty string or a valid URL";
    *out_path = "oauth";
    if (config->oauth->mobile_override_enabled && *config->oauth->mobile_redirect_uri != '\0' &&
        !is_url (config->oauth->mobile_redirect_uri))
        return "Mobile redirect URI must be an empty string or a valid URL";
    *out_path = NULL; /* a rule about the whole, not about the form of one field */
    return check_template (arena, config->storage_template->template);
}
