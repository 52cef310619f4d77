/* plugin_text.c -- comparing texts as the user who wrote a rule means it */
#define G_LOG_DOMAIN "plugins"
#include <string.h>

#include "base/error.h"
#include "features/plugins/plugins_private.h"

char *
plugin_fold (const char *text, gboolean case_sensitive)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);
    g_autofree char *composed = g_utf8_normalize (valid, -1, G_NORMALIZE_NFC);

    return case_sensitive ? g_steal_pointer (&composed) : g_utf8_casefold (composed, -1);
}

static gboolean
are_equal (const char *a, const char *b)
{
    g_autofree char *folded_a = plugin_fold (a, FALSE), *folded_b = plugin_fold (b, FALSE);

    return strcmp (folded_a, folded_b) == 0;
}

gboolean
plugin_wishes_fit (const PluginWish *wishes, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (wishes[i].wanted != NULL &&
            (wishes[i].found == NULL || !are_equal (wishes[i].wanted, wishes[i].found)))
            return FALSE;
    return TRUE;
}

/* In PCRE2 the lowest of several limits counts, so a pattern cannot raise them: about a tenth of a second
 * of steps, and 8 MB. */
#define LIMITS "(*LIMIT_MATCH=500000)(*LIMIT_DEPTH=20000)(*LIMIT_HEAP=8192)"

gboolean
plugin_regex_matches (const char *pattern, gboolean case_sensitive, const char *text, gboolean *out,
                      GError **error)
{
    g_autofree char *limited = g_strconcat (LIMITS, pattern, NULL);
    g_autofree char *composed = plugin_fold (text, TRUE);
    g_autoptr (GError) why = NULL;
    g_autoptr (GRegex) regex =
        g_regex_new (limited, case_sensitive ? 0 : G_REGEX_CASELESS, 0, &why);

    if (regex == NULL)
        /* its own message would show the limits */
        return plugin_refuse (error, "pattern", "it is no regular expression (%s)",
                              strrchr (why->message, ':') != NULL ? strrchr (why->message, ':') + 2
                                                                  : why->message);
    *out = g_regex_match_full (regex, composed, -1, 0, 0, NULL, &why);
    if (why != NULL)
        return plugin_refuse (error, "pattern",
                              "the regular expression takes too many steps, make it simpler");
    return TRUE;
}
