/* search_filter.c -- the structured form of a search: conditions with operators, and branches of which
 * one must hold
 *
 * Nulls are those of SQL: ne, notIn and notLike do not match what has none. */
#define G_LOG_DOMAIN "search"
#include "features/search/search_private.h"

#include <string.h>

/* ---- operators ---- */

static const char *
list_arg (SearchTerms *terms, const StringList *list)
{
    return search_arg (terms->query, db_strings (terms->query->arena, list));
}

/* @set_eq with @eq NULL asks for null. */
static void
add_text (SearchTerms *terms, const char *column, const char *eq, gboolean set_eq, const char *ne,
          gboolean set_ne)
{
    if (eq != NULL)
        search_term (terms, "%s = %s", column, search_arg (terms->query, db_text (eq)));
    else if (set_eq)
        search_term (terms, "%s IS NULL", column);
    if (ne != NULL)
        search_term (terms, "%s <> %s", column, search_arg (terms->query, db_text (ne)));
    else if (set_ne)
        search_term (terms, "%s IS NOT NULL", column);
}

static void
add_texts (SearchTerms *terms, const char *column, gboolean has_in, const StringList *in,
           gboolean has_not_in, const StringList *not_in)
{
    if (has_in)
        search_term (terms, "%s IN (SELECT value FROM json_each(%s))", column,
                     list_arg (terms, in));
    if (has_not_in)
        search_term (terms, "%s NOT IN (SELECT value FROM json_each(%s))", column,
                     list_arg (terms, not_in));
}

static void
add_fact (SearchTerms *terms, const char *column, const StringFilterNullable *filter)
{
    if (filter == NULL)
        return;
    terms->query->joins_exif = TRUE;
    terms->query->begins_exif |= terms->is_top && filter->eq != NULL;
    add_text (terms, column, filter->eq, filter->set_eq, filter->ne, filter->set_ne);
    add_texts (terms, column, filter->has_in, &filter->in, filter->has_not_in, &filter->not_in);
}

static void
add_pattern (SearchTerms *terms, const char *column, const StringPatternFilter *filter,
             gboolean indexed)
{
    if (filter == NULL)
        return;
    add_text (terms, column, filter->eq, filter->set_eq, filter->ne, filter->set_ne);
    add_texts (terms, column, filter->has_in, &filter->in, filter->has_not_in, &filter->not_in);
    if (filter->like != NULL)
        search_term_like (terms, column, filter->like, "%", "%", FALSE, indexed);
    if (filter->not_like != NULL)
        search_term_like (terms, column, filter->not_like, "%", "%", TRUE, FALSE);
    if (filter->starts_with != NULL)
        search_term_like (terms, column, filter->starts_with, "", "%", FALSE, indexed);
    if (filter->ends_with != NULL)
        search_term_like (terms, column, filter->ends_with, "%", "", FALSE, indexed);
}

static void
add_number (SearchTerms *terms, const char *column, const char *operator, gboolean has,
            double value)
{
    if (has)
        search_term (terms, "%s %s CAST(%s AS DOUBLE PRECISION)", column, operator,
                     search_arg (terms->query, db_real (value)));
}

static void
add_numbers (SearchTerms *terms, const char *column, const char *operator, gboolean has,
             const NumberList *list)
{
    if (!has)
        return;
    search_term (terms, "%s %s (", column, operator);
    for (gsize i = 0; i < list->n; i++)
        g_string_append_printf (terms->out, "%sCAST(%s AS DOUBLE PRECISION)", i > 0 ? ", " : "",
                                search_arg (terms->query, db_real (list->items[i])));
    g_string_append (terms->out, ")");
}

static void
add_size (SearchTerms *terms, const NumberFilter *filter)
{
    static const char column[] = "e.file_size_in_byte";

    if (filter == NULL)
        return;
    terms->query->joins_exif = TRUE;
    add_number (terms, column, "=", filter->has_eq, filter->eq);
    add_number (terms, column, "<>", filter->has_ne, filter->ne);
    add_number (terms, column, "<", filter->has_lt, filter->lt);
    add_number (terms, column, "<=", filter->has_lte, filter->lte);
    add_number (terms, column, ">", filter->has_gt, filter->gt);
    add_number (terms, column, ">=", filter->has_gte, filter->gte);
    add_numbers (terms, column, "IN", filter->has_in, &filter->in);
    add_numbers (terms, column, "NOT IN", filter->has_not_in, &filter->not_in);
}

static void
add_rating (SearchTerms *terms, const NumberFilterNullable *filter)
{
    static const char column[] = "e.rating";

    if (filter == NULL)
        return;
    terms->query->joins_exif = TRUE;
    add_number (terms, column, "=", filter->has_eq, filter->eq);
    add_number (terms, column, "<>", filter->has_ne, filter->ne);
    if (filter->set_eq && !filter->has_eq)
        search_term (terms, "e.rating IS NULL");
    if (filter->set_ne && !filter->has_ne)
        search_term (terms, "e.rating IS NOT NULL");
    add_number (terms, column, "<", filter->has_lt, filter->lt);
    add_number (terms, column, "<=", filter->has_lte, filter->lte);
    add_number (terms, column, ">", filter->has_gt, filter->gt);
    add_number (terms, column, ">=", filter->has_gte, filter->gte);
    add_numbers (terms, column, "IN", filter->has_in, &filter->in);
    add_numbers (terms, column, "NOT IN", filter->has_not_in, &filter->not_in);
}

static void
add_time (SearchTerms *terms, const char *column, const char *operator, gboolean has, gint64 value)
{
    if (has)
        search_term (terms, "%s %s %s", column, operator,
                     search_arg (terms->query, db_int (value)));
}

#define ADD_TIMES(terms, column, filter)                                                           \
    G_STMT_START                                                                                   \
    {                                                                                              \
        add_time ((terms), (column), "=", (filter)->has_eq, (filter)->eq);                         \
        add_time ((terms), (column), "<>", (filter)->has_ne, (filter)->ne);                        \
        add_time ((terms), (column), "<", (filter)->has_lt, (filter)->lt);                         \
        add_time ((terms), (column), "<=", (filter)->has_lte, (filter)->lte);                      \
        add_time ((terms), (column), ">", (filter)->has_gt, (filter)->gt);                         \
        add_time ((terms), (column), ">=", (filter)->has_gte, (filter)->gte);                      \
    }                                                                                              \
    G_STMT_END

static void
add_dates (SearchTerms *terms, const SearchFilterBranch *branch)
{
    const DateFilterNullable *trashed = branch->trashed_at;

    if (branch->taken_at != NULL)
        ADD_TIMES (terms, "a.file_created_at", branch->taken_at);
    if (branch->created_at != NULL)
        ADD_TIMES (terms, "a.created_at", branch->created_at);
    if (branch->updated_at != NULL)
        ADD_TIMES (terms, "a.updated_at", branch->updated_at);
    if (trashed == NULL)
        return;
    ADD_TIMES (terms, "a.deleted_at", trashed);
    if (trashed->set_eq && !trashed->has_eq)
        search_term (terms, "a.deleted_at IS NULL");
    if (trashed->set_ne && !trashed->has_ne)
        search_term (terms, "a.deleted_at IS NOT NULL");
}

/* The texts of an enum are our own, so they may stand in the statement, where an index looks for them. */
static void
add_words (SearchTerms *terms, const char *column, const char *operator,
           const EnumDescriptor * words, const EnumList *list)
{
    search_term (terms, "%s %s (", column, operator);
    for (gsize i = 0; i < list->n; i++)
        g_string_append_printf (terms->out, "%s'%s'", i > 0 ? ", " : "",
                                words->texts[list->items[i]]);
    g_string_append (terms->out, ")");
}

#define ADD_WORDS(terms, column, words, filter)                                                    \
    G_STMT_START                                                                                   \
    {                                                                                              \
        if ((filter)->has_eq)                                                                      \
            search_term ((terms), "%s = '%s'", (column), (words)->texts[(filter)->eq]);            \
        if ((filter)->has_ne)                                                                      \
            search_term ((terms), "%s <> '%s'", (column), (words)->texts[(filter)->ne]);           \
        if ((filter)->has_in)                                                                      \
            add_words ((terms), (column), "IN", (words), &(filter)->in);                           \
        if ((filter)->has_not_in)                                                                  \
            add_words ((terms), (column), "NOT IN", (words), &(filter)->not_in);                   \
    }                                                                                              \
    G_STMT_END

static void
add_there (SearchTerms *terms, const BoolFilter *filter, const char *rows)
{
    if (filter != NULL)
        search_term (terms, "%s (SELECT 1 FROM %s)", filter->eq ? "EXISTS" : "NOT EXISTS", rows);
}

static void
add_flags (SearchTerms *terms, const SearchFilterBranch *branch)
{
    if (branch->type != NULL)
        ADD_WORDS (terms, "a.type", &asset_type_enum, branch->type);
    if (branch->visibility != NULL)
        ADD_WORDS (terms, "a.visibility", &asset_visibility_enum, branch->visibility);
    if (branch->is_favorite != NULL)
        search_term_favorite (terms, branch->is_favorite->eq);
    if (branch->is_motion != NULL)
        search_term (terms, "a.live_photo_video_id IS %s",
                     branch->is_motion->eq ? "NOT NULL" : "NULL");
    if (branch->is_offline != NULL)
        search_term (terms, "a.is_offline = %d", branch->is_offline->eq ? 1 : 0);
    if (branch->is_encoded != NULL)
        search_term_encoded (terms, branch->is_encoded->eq);
    add_there (terms, branch->has_albums, "album_asset x WHERE x.asset_id = a.id");
    add_there (terms, branch->has_tags, "tag_asset x WHERE x.asset_id = a.id");
    add_there (terms, branch->has_people,
               "asset_face x WHERE x.asset_id = a.id AND x.is_visible = 1"
               " AND x.deleted_at IS NULL");
}

static void
add_set (SearchTerms *terms, SearchSet set, const IdsFilter *filter)
{
    if (filter == NULL)
        return;
    if (filter->has_any)
        search_term_set (terms, set, SEARCH_ANY, &filter->any);
    if (filter->has_all)
        search_term_set (terms, set, SEARCH_ALL, &filter->all);
    if (filter->has_none)
        search_term_set (terms, set, SEARCH_NONE, &filter->none);
}

static void
add_checksum (SearchTerms *terms, const StringFilter *filter)
{
    const char *text;
    StringList one = { &text, 1 };

    if ((text = filter->eq) != NULL)
        search_term_checksums (terms, &one, FALSE);
    if ((text = filter->ne) != NULL)
        search_term_checksums (terms, &one, TRUE);
    if (filter->has_in)
        search_term_checksums (terms, &filter->in, FALSE);
    if (filter->has_not_in)
        search_term_checksums (terms, &filter->not_in, TRUE);
}

static StringList
stored_paths (SearchQuery *query, const StringList *paths)
{
    StringList out = { arena_new_array (query->arena, const char *, MAX (paths->n, 1)), 0 };

    for (gsize i = 0; i < paths->n; i++)
        out.items[out.n++] = search_stored_path (query, paths->items[i]);
    return out;
}

/* One file must satisfy all of it. */
static void
add_encoded_path (SearchTerms *terms, const StringFilter *filter)
{
    SearchQuery *query = terms->query;
    StringList in = stored_paths (query, &filter->in);
    StringList not_in = stored_paths (query, &filter->not_in);

    search_term (terms, "EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id"
                        " AND f.type = 'encoded_video' AND f.is_edited = 0");
    add_text (terms, "f.path", filter->eq != NULL ? search_stored_path (query, filter->eq) : NULL,
              FALSE, filter->ne != NULL ? search_stored_path (query, filter->ne) : NULL, FALSE);
    add_texts (terms, "f.path", filter->has_in, &in, filter->has_not_in, &not_in);
    g_string_append (terms->out, ")");
}

static void
add_branch (SearchTerms *terms, const SearchFilterBranch *branch)
{
    SearchQuery *query = terms->query;

    if (branch->id != NULL)
        add_text (terms, "a.id", branch->id->eq, FALSE, branch->id->ne, FALSE);
    if (branch->library_id != NULL)
        add_text (terms, "a.library_id", branch->library_id->eq, branch->library_id->set_eq,
                  branch->library_id->ne, branch->library_id->set_ne);
    add_flags (terms, branch);
    add_dates (terms, branch);
    add_fact (terms, "e.city", branch->city);
    add_fact (terms, "e.state", branch->state);
    add_fact (terms, "e.country", branch->country);
    add_fact (terms, "e.make", branch->make);
    add_fact (terms, "e.model", branch->model);
    add_fact (terms, "e.lens_model", branch->lens_model);
    add_size (terms, branch->file_size_in_bytes);
    add_rating (terms, branch->rating);
    if (branch->description != NULL) {
        query->joins_exif = TRUE;
        add_pattern (terms, "e.description", branch->description, TRUE);
        search_term_described (terms, branch->description->like);
        search_term_described (terms, branch->description->starts_with);
        search_term_described (terms, branch->description->ends_with);
    }
    add_pattern (terms, "a.original_file_name", branch->original_file_name, TRUE);
    if (branch->original_path != NULL)
        add_pattern (terms, search_original_path (query), branch->original_path, FALSE);
    add_set (terms, SEARCH_ALBUMS, branch->album_ids);
    add_set (terms, SEARCH_PEOPLE, branch->person_ids);
    add_set (terms, SEARCH_TAGS, branch->tag_ids);
    if (branch->checksum != NULL)
        add_checksum (terms, branch->checksum);
    if (branch->encoded_video_path != NULL)
        add_encoded_path (terms, branch->encoded_video_path);
    if (branch->ocr != NULL) /* no text of a picture is read yet, so none is found by it */
        search_term (terms, "1 = 0");
}

/* ---- the whole ---- */

/* The conditions of the top are those of a branch, in another struct. */
static SearchFilterBranch
top_of (const SearchFilter *filter)
{
    return (SearchFilterBranch){
        .id = filter->id,
        .album_ids = filter->album_ids,
        .checksum = filter->checksum,
        .city = filter->city,
        .country = filter->country,
        .created_at = filter->created_at,
        .description = filter->description,
        .encoded_video_path = filter->encoded_video_path,
        .file_size_in_bytes = filter->file_size_in_bytes,
        .has_albums = filter->has_albums,
        .has_people = filter->has_people,
        .has_tags = filter->has_tags,
        .is_encoded = filter->is_encoded,
        .is_favorite = filter->is_favorite,
        .is_motion = filter->is_motion,
        .is_offline = filter->is_offline,
        .lens_model = filter->lens_model,
        .library_id = filter->library_id,
        .make = filter->make,
        .model = filter->model,
        .ocr = filter->ocr,
        .original_file_name = filter->original_file_name,
        .original_path = filter->original_path,
        .person_ids = filter->person_ids,
        .rating = filter->rating,
        .state = filter->state,
        .tag_ids = filter->tag_ids,
        .taken_at = filter->taken_at,
        .trashed_at = filter->trashed_at,
        .type = filter->type,
        .updated_at = filter->updated_at,
        .visibility = filter->visibility,
    };
}

static gboolean
is_in_albums (const IdsFilter *albums)
{
    return albums != NULL && (albums->has_any || albums->has_all);
}

void
search_add_filter (SearchQuery *query, const SearchFilter *filter)
{
    SearchTerms terms = { query, query->where, TRUE };
    SearchFilterBranch top = top_of (filter);
    gboolean some_in_albums = FALSE, is_mixed;

    add_branch (&terms, &top);
    if (!filter->has_or || filter->or.n == 0)
        return;
    terms.is_top = FALSE;
    for (gsize i = 0; i < filter->or.n; i++)
        some_in_albums |= is_in_albums (filter->or.items[i].album_ids);
    is_mixed = some_in_albums && !is_in_albums (top.album_ids);
    g_string_append (query->where, " AND (");
    for (gsize i = 0; i < filter->or.n; i++) {
        const SearchFilterBranch *branch = &filter->or.items[i];

        g_string_append (query->where, i > 0 ? " OR (1 = 1" : "(1 = 1");
        add_branch (&terms, branch);
        /* a branch within albums has the assets of their members, the others have not */
        if (is_mixed && is_in_albums (branch->album_ids))
            search_term_shared (&terms);
        else if (is_mixed)
            search_term_owners (&terms);
        g_string_append (query->where, ")");
    }
    g_string_append (query->where, ")");
    query->any_owner |= some_in_albums;
}

static gboolean
may_be_locked (const EnumFilterAssetVisibility *filter)
{
    gboolean in = !filter->has_in, not_in = FALSE;

    for (gsize i = 0; i < filter->in.n; i++)
        in |= filter->in.items[i] == ASSET_VISIBILITY_LOCKED;
    for (gsize i = 0; i < filter->not_in.n; i++)
        not_in |= filter->not_in.items[i] == ASSET_VISIBILITY_LOCKED;
    return (!filter->has_eq || filter->eq == ASSET_VISIBILITY_LOCKED) &&
           (!filter->has_ne || filter->ne != ASSET_VISIBILITY_LOCKED) && in && !not_in;
}

static void
take_album_ids (const IdsFilter *filter, GPtrArray *out)
{
    const StringList *lists[] = { &filter->any, &filter->all, &filter->none };

    for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
        for (gsize n = 0; n < lists[i]->n; n++)
            g_ptr_array_add (out, (gpointer) lists[i]->items[n]);
}

void
search_scope (const SearchFilter *filter, Arena *arena, SearchScope *out)
{
    g_autoptr (GPtrArray) ids = g_ptr_array_new ();
    gboolean all_in_albums = filter->or.n > 0;

    memset (out, 0, sizeof *out);
    out->has_visibility = filter->visibility != NULL;
    out->may_be_locked = filter->visibility != NULL && may_be_locked (filter->visibility);
    if (filter->album_ids != NULL)
        take_album_ids (filter->album_ids, ids);
    for (gsize i = 0; i < filter->or.n; i++) {
        const SearchFilterBranch *branch = &filter->or.items[i];

        if (branch->album_ids != NULL)
            take_album_ids (branch->album_ids, ids);
        all_in_albums &= is_in_albums (branch->album_ids);
        out->may_be_locked |= filter->visibility == NULL && branch->visibility != NULL &&
                              may_be_locked (branch->visibility);
    }
    out->is_in_albums = is_in_albums (filter->album_ids) || all_in_albums;
    out->album_ids.items = arena_new_array (arena, const char *, MAX (ids->len, 1));
    for (guint i = 0; i < ids->len; i++)
        out->album_ids.items[out->album_ids.n++] = g_ptr_array_index (ids, i);
}
