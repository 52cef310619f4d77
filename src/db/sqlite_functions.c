/* The SQL functions that SQLite lacks. migrations/functions.sql has those of PostgreSQL; both must
 * give the same results, test_functions.c compares them.
 *
 *   unaccent (text)  without accents: 'Äpfel' is 'Apfel'
 *   fold (text)      for searching: lower case, without accents, compatible forms made plain
 *   uuid_v7 ()       an id of a change, greater than those before */
#include "db/sqlite_private.h"

#include <string.h>

#include "base/uuid.h"

/* Letters whose accent is not a combining mark, so that no decomposition takes it off. */
static const struct {
    gunichar letter;
    const char *plain;
} plain_letters[] = {
    { 0x00C6, "AE" }, { 0x00D0, "D" },  { 0x00D8, "O" },  { 0x00DE, "TH" }, { 0x00DF, "ss" },
    { 0x00E6, "ae" }, { 0x00F0, "d" },  { 0x00F8, "o" },  { 0x00FE, "th" }, { 0x0110, "D" },
    { 0x0111, "d" },  { 0x0126, "H" },  { 0x0127, "h" },  { 0x0131, "i" },  { 0x0141, "L" },
    { 0x0142, "l" },  { 0x0152, "OE" }, { 0x0153, "oe" }, { 0x1E9E, "SS" },
};

static const char *
find_plain (gunichar letter)
{
    for (gsize i = 0; i < G_N_ELEMENTS (plain_letters); i++)
        if (plain_letters[i].letter == letter)
            return plain_letters[i].plain;
    return NULL;
}

/* @decomposed without the combining diacritical marks U+0300 to U+036F, composed again */
static char *
strip (const char *decomposed)
{
    g_autoptr (GString) out = g_string_sized_new (strlen (decomposed));

    for (const char *at = decomposed; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar letter = g_utf8_get_char (at);
        const char *plain = find_plain (letter);

        if (plain != NULL)
            g_string_append (out, plain);
        else if (letter < 0x0300 || letter > 0x036F)
            g_string_append_unichar (out, letter);
    }
    return g_utf8_normalize (out->str, -1, G_NORMALIZE_NFC);
}

static char *
unaccent (const char *text)
{
    g_autofree char *decomposed = g_utf8_normalize (text, -1, G_NORMALIZE_NFD);

    return decomposed == NULL ? NULL : strip (decomposed);
}

static char *
fold (const char *text)
{
    g_autofree char *lower = g_utf8_strdown (text, -1);
    g_autofree char *decomposed = g_utf8_normalize (lower, -1, G_NORMALIZE_NFKD);
    g_autofree char *stripped = NULL;
    g_autofree char *lower_again = NULL;
    GString *out;

    if (decomposed == NULL)
        return NULL;
    stripped = strip (decomposed);
    /* compatible forms may bring capitals back, and a final sigma is a sigma */
    lower_again = g_utf8_strdown (stripped, -1);
    out = g_string_new (lower_again);
    g_string_replace (out, "\xCF\x82", "\xCF\x83", 0);
    return g_string_free (out, FALSE);
}

static void
call (sqlite3_context *context, int n_values, sqlite3_value **values)
{
    char *(*function) (const char *) = (char *(*) (const char *) ) sqlite3_user_data (context);
    const char *text = (const char *) sqlite3_value_text (values[0]);
    char *result;

    if (text == NULL) {
        sqlite3_result_null (context);
        return;
    }
    result = function (text);
    if (result == NULL)
        sqlite3_result_error (context, "the text is not UTF-8", -1);
    else
        sqlite3_result_text (context, result, -1, g_free);
}

/* A new one for every row, in the order of the rows: a change is told apart by it. */
static void
call_uuid_v7 (sqlite3_context *context, int n_values, sqlite3_value **values)
{
    char id[UUID_TEXT_BYTES];

    uuid_v7_text (id);
    sqlite3_result_text (context, id, -1, SQLITE_TRANSIENT);
}

gboolean
sqlite_functions_register (sqlite3 *handle)
{
    static const struct {
        const char *name;
        char *(*function) (const char *);
    } functions[] = { { "unaccent", unaccent }, { "fold", fold } };

    for (gsize i = 0; i < G_N_ELEMENTS (functions); i++)
        if (sqlite3_create_function_v2 (
                handle, functions[i].name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                (void *) functions[i].function, call, NULL, NULL, NULL) != SQLITE_OK)
            return FALSE;
    return sqlite3_create_function_v2 (handle, "uuid_v7", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL,
                                       call_uuid_v7, NULL, NULL, NULL) == SQLITE_OK;
}
