/* The SQL functions that SQLite lacks. migrations/functions.sql has those of PostgreSQL; both must
 * give the same results, test_functions.c compares them.
 *
 *   unaccent (text)  without accents: 'Äpfel' is 'Apfel'
 *   fold (text)      for searching: lower case, without accents, compatible forms made plain
 *   words (text)     folded, with one blank for whatever is no letter or digit, and at both ends
 *   uuid_v7 ()       an id of a change, greater than those before */
#include "db/sqlite_private.h"

#include "base/uuid.h"
#include "base/words.h"

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
    } functions[] = { { "unaccent", text_unaccent },
                      { "fold", text_fold },
                      { "words", text_words } };

    for (gsize i = 0; i < G_N_ELEMENTS (functions); i++)
        if (sqlite3_create_function_v2 (
                handle, functions[i].name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                (void *) functions[i].function, call, NULL, NULL, NULL) != SQLITE_OK)
            return FALSE;
    return sqlite3_create_function_v2 (handle, "uuid_v7", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL,
                                       call_uuid_v7, NULL, NULL, NULL) == SQLITE_OK;
}
