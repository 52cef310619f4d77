/* text_format.c -- see text_format.h */
#define G_LOG_DOMAIN "api"
#include "api/text_format.h"

#include <math.h>
#include <string.h>

#include "base/timestamp.h"

#define MAX_EMAIL_BYTES 320
#define MAX_PATTERN_SUBJECT_BYTES 1000
#define MAX_NUMBER_BYTES 64

/* A letter or digit of any script; ASCII is the common case. */
static gboolean
is_word (gunichar c)
{
    return c < 0x80 ? g_ascii_isalnum ((char) c) : g_unichar_isalnum (c) || g_unichar_ismark (c);
}

static gboolean
is_domain (const char *text)
{
    g_auto (GStrv) labels = g_strsplit (text, ".", 0);

    for (char **label = labels; *label != NULL; label++) {
        glong length = g_utf8_strlen (*label, -1);

        if (length < 1 || length > 63 || **label == '-' || g_str_has_suffix (*label, "-"))
            return FALSE;
        for (const char *at = *label; *at != '\0'; at = g_utf8_next_char (at))
            if (*at != '-' && !is_word (g_utf8_get_char (at)))
                return FALSE;
    }
    return labels[0] != NULL;
}

gboolean
text_is_email (const char *text)
{
    const char *at = strchr (text, '@');

    if (at == NULL || at == text || strlen (text) > MAX_EMAIL_BYTES || strchr (at + 1, '@') != NULL)
        return FALSE;
    for (const char *c = text; c < at; c = g_utf8_next_char (c))
        if (!is_word (g_utf8_get_char (c)) && strchr ("!#$%&'*+/=?^_{|}~.-`", *c) == NULL)
            return FALSE;
    return is_domain (at + 1);
}

gboolean
text_is_date (const char *text)
{
    char midnight[24];
    gint64 ms;

    if (strlen (text) < 10)
        return FALSE;
    if (text[10] != '\0')
        return timestamp_parse (text, &ms);
    g_snprintf (midnight, sizeof midnight, "%sT00:00:00Z", text);
    return timestamp_parse (midnight, &ms);
}

gboolean
text_is_url (const char *text)
{
    g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

    return uri != NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0';
}

gboolean
text_matches (const char *pattern, const char *text)
{
    static GMutex mutex;
    static GHashTable *compiled; /* never freed: one entry a pattern of the contract */
    GRegex *regex;

    if (strlen (text) > MAX_PATTERN_SUBJECT_BYTES)
        return FALSE;
    g_mutex_lock (&mutex);
    if (compiled == NULL)
        compiled = g_hash_table_new (g_str_hash, g_str_equal);
    regex = g_hash_table_lookup (compiled, pattern);
    if (regex == NULL) {
        /* Raw: \d means ten digits, not those of every script. */
        regex =
            g_regex_new (pattern, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY | G_REGEX_OPTIMIZE, 0, NULL);
        g_assert (regex != NULL); /* apigen checks them */
        g_hash_table_insert (compiled, (gpointer) pattern, regex);
    }
    g_mutex_unlock (&mutex);
    return g_regex_match (regex, text, 0, NULL);
}

gboolean
text_parse_number (const char *text, double *out)
{
    char *end = NULL;
    double number;

    if (strlen (text) > MAX_NUMBER_BYTES || strspn (text, "0123456789+-.eE") != strlen (text))
        return FALSE;
    number = g_ascii_strtod (text, &end);
    if (*end != '\0' || !isfinite (number))
        return FALSE;
    *out = number;
    return TRUE;
}

gboolean
text_parse_clock (const char *text, double *out)
{
    g_autoptr (GRegex) regex = g_regex_new ("^(\\d{1,4}):(\\d{2}):(\\d{2}(?:\\.\\d{1,9})?)$",
                                            G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;
    g_autofree char *hours = NULL, *minutes = NULL, *seconds = NULL;

    if (!g_regex_match (regex, text, 0, &match))
        return FALSE;
    hours = g_match_info_fetch (match, 1);
    minutes = g_match_info_fetch (match, 2);
    seconds = g_match_info_fetch (match, 3);
    *out = round (1000 * (3600 * g_ascii_strtod (hours, NULL) +
                          60 * g_ascii_strtod (minutes, NULL) + g_ascii_strtod (seconds, NULL)));
    return TRUE;
}

static void
unref_bytes (gpointer bytes)
{
    g_bytes_unref (bytes);
}

GBytes *
text_parse_base64 (Arena *arena, const char *text)
{
    gsize length = strlen (text), n_bytes, n_signs = length;
    guchar *bytes;

    while (n_signs > 0 && length - n_signs < 2 && text[n_signs - 1] == '=')
        n_signs--;
    if (length % 4 != 0 || strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789+/") < n_signs)
        return NULL;
    bytes = g_base64_decode (text, &n_bytes);
    return arena_own (arena, g_bytes_new_take (bytes, n_bytes), unref_bytes);
}

const char *
text_lower_ascii (Arena *arena, const char *text)
{
    char *out = arena_strdup (arena, text);

    for (char *c = out; *c != '\0'; c++)
        *c = g_ascii_tolower (*c);
    return out;
}

const char *
text_lower (Arena *arena, const char *text)
{
    g_autofree char *lower = g_utf8_strdown (text, -1);

    return arena_strdup (arena, lower);
}
