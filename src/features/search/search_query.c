/* search_query.c -- the conditions of a search, see search_private.h */
#define G_LOG_DOMAIN "search"
#include "features/search/search_private.h"

#include <string.h>

#include "base/error.h"
#include "base/words.h"

/* $1 receiver */
static const char SQL_PARTNERS[] =
    "SELECT p.shared_by_id FROM partner p JOIN users u ON u.id = p.shared_by_id"
    " WHERE p.shared_with_id = $1 AND p.in_timeline = 1 AND u.deleted_at IS NULL"
    " ORDER BY p.shared_by_id";

/* With each partner a search asks one more index. */
#define MAX_PARTNERS 50
#define MAX_WORDS 20
#define MAX_PARTS 60

static void
free_string (gpointer text)
{
    g_string_free (text, TRUE);
}

static void
free_error (gpointer error)
{
    g_error_free (error);
}

void
search_query_init (SearchQuery *self, Arena *arena, const char *self_id, const char *media_location)
{
    memset (self, 0, sizeof *self);
    self->arena = arena;
    self->self_id = self_id;
    self->media_location = media_location;
    self->where = arena_own (arena, g_string_new (NULL), free_string);
    self->parts = arena_own (arena, g_string_new (NULL), free_string);
}

static void G_GNUC_PRINTF (2, 3) fail (SearchQuery *self, const char *format, ...)
{
    va_list list;

    if (self->error != NULL)
        return;
    va_start (list, format);
    self->error = arena_own (
        self->arena, g_error_new_valist (APP_ERROR, APP_ERROR_INVALID, format, list), free_error);
    va_end (list);
}

const char *
search_arg (SearchQuery *self, DbValue value)
{
    if (self->n == SEARCH_MAX_ARGS) {
        fail (self, "The search has too many conditions");
        return "$1";
    }
    self->values[self->n++] = value;
    return arena_printf (self->arena, "$%zu", self->n);
}

void
search_term (SearchTerms *self, const char *format, ...)
{
    va_list list;

    g_string_append (self->out, " AND ");
    va_start (list, format);
    g_string_append_vprintf (self->out, format, list);
    va_end (list);
}

/* ---- sets ---- */

/* $1 id, $2 how many before */
#define SQL_DAY(from, id)                                                                          \
    "SELECT x.local_day FROM " from " AND " id " = $1 ORDER BY x.local_day DESC LIMIT 1 OFFSET $2"
#define ALBUMS "album_asset x WHERE 1 = 1"
#define PEOPLE "asset_face x WHERE x.is_visible = 1 AND x.deleted_at IS NULL"

static const struct {
    const char *from, *id, *day; /* NULL: no index has the days */
} sets[] = {
    [SEARCH_ALBUMS] = { ALBUMS, "x.album_id", SQL_DAY (ALBUMS, "x.album_id") },
    [SEARCH_PEOPLE] = { PEOPLE, "x.person_id", SQL_DAY (PEOPLE, "x.person_id") },
    /* a tag has what is tagged below it, too */
    [SEARCH_TAGS] = { "tag_ancestor y JOIN tag_asset x ON x.tag_id = y.tag_id WHERE 1 = 1",
                      "y.ancestor_id", NULL },
};

/* What one set has: it may be large, and a page of it small. */
static void
add_whole_set (SearchTerms *self, SearchSet set, const char *id)
{
    SearchQuery *query = self->query;

    search_term (self, "a.id IN (SELECT x.asset_id FROM %s AND %s = %s", sets[set].from,
                 sets[set].id, search_arg (query, db_text (id)));
    if (self->is_top && sets[set].day != NULL && query->first_day == 0) {
        search_term (self, "x.local_day >= %s", search_arg (query, db_int (G_MININT64)));
        query->first_day = query->n;
        query->first_day_sql = sets[set].day;
        query->first_day_id = id;
    }
    g_string_append (self->out, ")");
}

gboolean
search_find_day (Db *db, const SearchQuery *self, gint64 n, gint64 *out, GError **error)
{
    gboolean is_found = FALSE;

    if (self->first_day != 0 &&
        !db_select_int (db, self->first_day_sql, DB_ARGS (db_text (self->first_day_id), db_int (n)),
                        out, &is_found, error))
        return FALSE;
    if (!is_found)
        *out = G_MININT64;
    return TRUE;
}

void
search_term_set (SearchTerms *self, SearchSet set, SearchQuantity quantity, const StringList *ids)
{
    SearchQuery *query = self->query;
    StringList once = string_list_once (query->arena, ids);
    const char *list;

    if (quantity != SEARCH_NONE && once.n == 1) {
        query->is_confined |= self->is_top;
        add_whole_set (self, set, once.items[0]);
        return;
    }
    list = search_arg (query, db_strings (query->arena, &once));
    if (quantity == SEARCH_NONE) {
        search_term (self,
                     "NOT EXISTS (SELECT 1 FROM %s AND x.asset_id = a.id"
                     " AND %s IN (SELECT value FROM json_each(%s)))",
                     sets[set].from, sets[set].id, list);
        return;
    }
    query->is_confined |= self->is_top;
    if (quantity == SEARCH_ANY)
        search_term (self,
                     "a.id IN (SELECT x.asset_id FROM %s"
                     " AND %s IN (SELECT value FROM json_each(%s)))",
                     sets[set].from, sets[set].id, list);
    else
        search_term (
            self,
            "a.id IN (SELECT x.asset_id FROM %s AND %s IN (SELECT value FROM json_each(%s))"
            " GROUP BY x.asset_id HAVING count(DISTINCT %s) = %s)",
            sets[set].from, sets[set].id, list, sets[set].id,
            search_arg (query, db_int ((gint64) once.n)));
}

/* ---- texts ---- */

/* Ask the text index for each three characters of @run, which has no blank but maybe the first. */
static void
add_parts (SearchQuery *self, const char *run)
{
    const char *end = run;

    for (guint n = 0; *end != '\0'; n++) {
        end = g_utf8_next_char (end);
        if (n < 2)
            continue;
        if (self->parts->len / 6 < MAX_PARTS)
            g_string_append_printf (self->parts, "%s\"%.*s\"", self->parts->len > 0 ? " " : "",
                                    (int) (end - run), run);
        run = g_utf8_next_char (run);
    }
}

static gboolean
check_text (SearchQuery *self, const char *text)
{
    if (strlen (text) <= SEARCH_MAX_TEXT)
        return TRUE;
    fail (self, "A text to search for must not be longer than %d bytes", SEARCH_MAX_TEXT);
    return FALSE;
}

void
search_term_like (SearchTerms *self, const char *column, const char *text, const char *before,
                  const char *after, gboolean negated, gboolean indexed)
{
    SearchQuery *query = self->query;
    g_autofree char *folded = NULL;
    GString *pattern;

    if (!check_text (query, text))
        return;
    folded = text_fold (text);
    pattern = g_string_new (folded);
    g_string_replace (pattern, "\\", "\\\\", 0);
    g_string_prepend (pattern, before);
    g_string_append (pattern, after);
    search_term (self, "fold(%s) %s %s ESCAPE '\\'", column, negated ? "NOT LIKE" : "LIKE",
                 search_arg (query, db_text (arena_strdup (query->arena, pattern->str))));
    g_string_free (pattern, TRUE);
    if (indexed && self->is_top && !negated) {
        g_autofree char *words = text_words (text);
        g_auto (GStrv) runs = g_strsplit (words, " ", 0);

        for (char **run = runs; *run != NULL; run++)
            add_parts (query, *run);
    }
}

/* Few are described, and an index has these. */
void
search_term_described (SearchTerms *self, const char *text)
{
    if (text == NULL || text[strspn (text, "%")] == '\0') /* which nothing has, too */
        return;
    search_term (self, "e.description <> ''");
    self->query->begins_exif |= self->is_top;
}

void
search_term_words (SearchTerms *self, const char *text)
{
    SearchQuery *query = self->query;
    g_autofree char *words = NULL;
    g_auto (GStrv) list = NULL;
    guint n = 0;

    if (!check_text (query, text))
        return;
    words = text_words (text);
    list = g_strsplit (g_strstrip (words), " ", MAX_WORDS + 1);
    search_term (self, "EXISTS (SELECT 1 FROM asset_text t WHERE t.asset_id = a.id");
    for (char **word = list; *word != NULL && **word != '\0' && n < MAX_WORDS; word++, n++) {
        const char *begin = arena_printf (query->arena, " %s", *word);

        search_term (self, "t.body LIKE %s",
                     search_arg (query, db_text (arena_printf (query->arena, "%%%s%%", begin))));
        add_parts (query, begin);
    }
    g_string_append (self->out, ")");
    if (n == 0) /* nothing but signs */
        search_term (self, "1 = 0");
}

/* What others marked is their own business. */
void
search_term_favorite (SearchTerms *self, gboolean is_favorite)
{
    const char *id = search_arg (self->query, db_text (self->query->self_id));

    if (is_favorite)
        search_term (self, "a.is_favorite = 1 AND a.owner_id = %s", id);
    else
        search_term (self, "(a.is_favorite = 0 OR a.owner_id <> %s)", id);
}

/* Only videos are encoded, and an index finds these. */
void
search_term_encoded (SearchTerms *self, gboolean is_encoded)
{
    search_term (
        self,
        "%s (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id AND f.type = 'encoded_video')",
        is_encoded ? "a.type = 'VIDEO' AND EXISTS" : "NOT EXISTS");
}

/* 28 characters are base64, else hex; anything else is no checksum and finds nothing. */
static DbValue
parse_checksum (Arena *arena, const char *text)
{
    gsize length = strlen (text), n = 0;
    guint8 *bytes;

    if (length == 28) {
        g_autofree guchar *decoded = g_base64_decode (text, &n);

        bytes = arena_alloc (arena, MAX (n, 1));
        memcpy (bytes, decoded, n);
        return db_blob (bytes, n);
    }
    bytes = arena_alloc (arena, length / 2 + 1);
    for (gsize i = 0; i + 1 < length; i += 2) {
        int high = g_ascii_xdigit_value (text[i]), low = g_ascii_xdigit_value (text[i + 1]);

        if (high < 0 || low < 0)
            return db_blob (bytes, 0);
        bytes[n++] = (guint8) (high << 4 | low);
    }
    return db_blob (bytes, length % 2 == 0 ? n : 0);
}

void
search_term_checksums (SearchTerms *self, const StringList *texts, gboolean negated)
{
    search_term (self, "a.checksum %s (", negated ? "NOT IN" : "IN");
    for (gsize i = 0; i < texts->n; i++)
        g_string_append_printf (
            self->out, "%s%s", i > 0 ? ", " : "",
            search_arg (self->query, parse_checksum (self->query->arena, texts->items[i])));
    g_string_append (self->out, ")");
    self->query->is_confined |= self->is_top && !negated;
}

const char *
search_original_path (SearchQuery *self)
{
    return arena_printf (
        self->arena,
        "(CASE WHEN substr(a.original_path, 1, 1) = '/' THEN '' ELSE CAST(%s AS TEXT) END"
        " || a.original_path)",
        search_arg (self, db_text (arena_printf (self->arena, "%s/", self->media_location))));
}

const char *
search_stored_path (SearchQuery *self, const char *path)
{
    gsize n = strlen (self->media_location);

    return strncmp (path, self->media_location, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

/* ---- whose ---- */

gboolean
search_find_owners (Db *db, SearchQuery *self, gboolean only_own, GError **error)
{
    StringList partners = { 0 };
    StringList all;

    if (!only_own && !db_select_texts (db, self->arena, SQL_PARTNERS,
                                       DB_ARGS (db_text (self->self_id)), &partners, error))
        return FALSE;
    all.items = arena_new_array (self->arena, const char *, partners.n + 1);
    all.n = 0;
    all.items[all.n++] = self->self_id;
    for (gsize i = 0; i < MIN (partners.n, MAX_PARTNERS); i++)
        all.items[all.n++] = partners.items[i];
    self->owner_ids = all;
    return TRUE;
}

void
search_term_owners (SearchTerms *self)
{
    SearchQuery *query = self->query;
    StringList others = { query->owner_ids.items + 1, query->owner_ids.n - 1 };

    search_term (self,
                 "(a.owner_id = %s OR (a.owner_id IN (SELECT value FROM json_each(%s))"
                 " AND " SEARCH_OF_PARTNER "))",
                 search_arg (query, db_text (query->self_id)),
                 search_arg (query, db_strings (query->arena, &others)));
}

void
search_term_shared (SearchTerms *self)
{
    search_term (self, "(a.owner_id = %s OR (a.deleted_at IS NULL AND a.visibility <> 'locked'))",
                 search_arg (self->query, db_text (self->query->self_id)));
}

void
search_term_not_locked (SearchTerms *self)
{
    search_term (self, "a.visibility <> 'locked' AND NOT " SEARCH_FILM_IS_LOCKED);
}
