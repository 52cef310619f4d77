/* search_flat.c -- the flat fields of a search; all of them must hold */
#define G_LOG_DOMAIN "search"
#include "features/search/search_private.h"

#include <string.h>

#include "media/layout.h"

/* Exact; a null asks for what has none. */
static void
add_fact (SearchTerms *terms, const char *column, const char *value, gboolean is_set)
{
    SearchQuery *query = terms->query;

    if (!is_set)
        return;
    query->needs_exif = TRUE;
    query->begins_exif |= value != NULL;
    if (value != NULL)
        search_term (terms, "%s = %s", column, search_arg (query, db_text (value)));
    else
        search_term (terms, "%s IS NULL", column);
}

static void
add_facts (SearchTerms *terms, const SearchFlat *flat)
{
    add_fact (terms, "e.city", flat->city, flat->set_city);
    add_fact (terms, "e.state", flat->state, flat->set_state);
    add_fact (terms, "e.country", flat->country, flat->set_country);
    add_fact (terms, "e.make", flat->make, flat->set_make);
    add_fact (terms, "e.model", flat->model, flat->set_model);
    add_fact (terms, "e.lens_model", flat->lens_model, flat->set_lens_model);
    if (flat->has_rating)
        search_term (terms, "e.rating = %s", search_arg (terms->query, db_int (flat->rating)));
    else if (flat->set_rating)
        search_term (terms, "e.rating IS NULL");
    terms->query->needs_exif |= flat->set_rating;
    terms->query->begins_exif |= flat->has_rating;
}

static void
add_bound (SearchTerms *terms, const char *column, const char *operator, gboolean has, gint64 value)
{
    if (has)
        search_term (terms, "%s %s %s", column, operator,
                     search_arg (terms->query, db_int (value)));
}

/* Both inclusive. */
static void
add_dates (SearchTerms *terms, const SearchFlat *flat)
{
    add_bound (terms, "a.file_created_at", ">=", flat->has_taken_after, flat->taken_after);
    add_bound (terms, "a.file_created_at", "<=", flat->has_taken_before, flat->taken_before);
    add_bound (terms, "a.created_at", ">=", flat->has_created_after, flat->created_after);
    add_bound (terms, "a.created_at", "<=", flat->has_created_before, flat->created_before);
    add_bound (terms, "a.updated_at", ">=", flat->has_updated_after, flat->updated_after);
    add_bound (terms, "a.updated_at", "<=", flat->has_updated_before, flat->updated_before);
    add_bound (terms, "a.deleted_at", ">=", flat->has_trashed_after, flat->trashed_after);
    add_bound (terms, "a.deleted_at", "<=", flat->has_trashed_before, flat->trashed_before);
}

static void
add_state (SearchTerms *terms, const SearchFlat *flat)
{
    SearchQuery *query = terms->query;

    query->with_deleted = flat->with_deleted || flat->has_trashed_after ||
                          flat->has_trashed_before || (flat->has_is_offline && flat->is_offline);
    if (!query->with_deleted)
        search_term (terms, "a.deleted_at IS NULL AND a.status = 'active'");
    if (!flat->has_visibility || flat->visibility == ASSET_VISIBILITY_HIDDEN)
        search_term_not_locked (terms);
    if (flat->has_visibility)
        search_term (terms, "a.visibility = '%s'", asset_visibility_enum.texts[flat->visibility]);
    if (flat->has_type)
        search_term (terms, "a.type = '%s'", asset_type_enum.texts[flat->type]);
    if (flat->has_is_favorite)
        search_term_favorite (terms, flat->is_favorite);
}

static void
add_flags (SearchTerms *terms, const SearchFlat *flat)
{
    if (flat->has_is_motion)
        search_term (terms, "a.live_photo_video_id IS %s", flat->is_motion ? "NOT NULL" : "NULL");
    if (flat->has_is_offline)
        search_term (terms, "a.is_offline = %d", flat->is_offline ? 1 : 0);
    if (flat->has_is_encoded)
        search_term_encoded (terms, flat->is_encoded);
    if (flat->is_not_in_album && flat->album_ids.n == 0)
        search_term (terms, "NOT EXISTS (SELECT 1 FROM album_asset x WHERE x.asset_id = a.id)");
    if (flat->without_stacked)
        search_term (terms, SEARCH_NOT_STACKED);
    if (flat->library_id != NULL)
        search_term (terms, "a.library_id = %s",
                     search_arg (terms->query, db_text (flat->library_id)));
    if (flat->has_min_size) {
        search_term (terms, "e.file_size_in_byte > %s",
                     search_arg (terms->query, db_int (flat->min_size)));
        terms->query->needs_exif = terms->query->has_size = TRUE;
    }
}

static gboolean
has_text (const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void
add_texts (SearchTerms *terms, const SearchFlat *flat)
{
    SearchQuery *query = terms->query;
    const char *checksum = flat->checksum;
    StringList checksums = { &checksum, 1 };

    if (flat->id != NULL) {
        search_term (terms, "a.id = %s", search_arg (query, db_text (flat->id)));
        query->is_confined = TRUE;
    }
    if (has_text (checksum))
        search_term_checksums (terms, &checksums, FALSE);
    if (has_text (flat->original_file_name)) {
        g_autofree char *trimmed = g_strstrip (g_strdup (flat->original_file_name));

        search_term_like (terms, "a.original_file_name", trimmed, "%", "%", FALSE, TRUE);
    }
    if (has_text (flat->description)) {
        g_autofree char *trimmed = g_strstrip (g_strdup (flat->description));

        search_term_like (terms, "e.description", trimmed, "%", "%", FALSE, TRUE);
        search_term_described (terms, trimmed);
        query->needs_exif = TRUE;
    }
    if (has_text (flat->original_path))
        search_term_like (terms, search_original_path (query), flat->original_path, "%", "%", FALSE,
                          FALSE);
    if (has_text (flat->encoded_video_path))
        search_term (
            terms,
            "EXISTS (SELECT 1 FROM asset_file f WHERE f.asset_id = a.id"
            " AND f.type = 'encoded_video' AND f.is_edited = 0 AND f.path = %s)",
            search_arg (query, db_text (search_stored_path (query, flat->encoded_video_path))));
    if (has_text (flat->query))
        search_term_words (terms, flat->query);
    if (has_text (flat->ocr)) /* no text of a picture is read yet, so none is found by it */
        search_term (terms, "1 = 0");
}

static void
add_sets (SearchTerms *terms, const SearchFlat *flat)
{
    if (flat->album_ids.n > 0)
        search_term_set (terms, SEARCH_ALBUMS, SEARCH_ALL, &flat->album_ids);
    if (flat->person_ids.n > 0)
        search_term_set (terms, SEARCH_PEOPLE, SEARCH_ALL, &flat->person_ids);
    if (flat->tag_ids.n > 0)
        search_term_set (terms, SEARCH_TAGS, SEARCH_ALL, &flat->tag_ids);
    else if (flat->set_tag_ids && !flat->has_tag_ids)
        search_term (terms, "NOT EXISTS (SELECT 1 FROM tag_asset x WHERE x.asset_id = a.id)");
}

void
search_add_flat (SearchQuery *query, const SearchFlat *flat)
{
    SearchTerms terms = { query, query->where, TRUE };
    gsize n_counted;

    add_state (&terms, flat);
    n_counted = query->where->len; /* more means that something else is asked for, too */
    add_facts (&terms, flat);
    add_dates (&terms, flat);
    add_flags (&terms, flat);
    add_texts (&terms, flat);
    add_sets (&terms, flat);
    query->needs_exif |= flat->with_exif;
    query->joins_exif |= query->needs_exif;
    query->is_counted = query->where->len == n_counted;
    query->visibility = flat->has_visibility ? asset_visibility_enum.texts[flat->visibility] : NULL;
    query->type = flat->has_type ? asset_type_enum.texts[flat->type] : NULL;
    query->has_favorite = flat->has_is_favorite;
    query->is_favorite = flat->is_favorite;
}
