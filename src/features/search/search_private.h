/* search_private.h -- between the files of the feature
 *
 * A search is one statement, put together from literals; each value is a parameter. Its aliases are
 *   a  the asset
 *   e  its asset_exif, when something asks for it */
#pragma once
#include "features/search/search.h"

#define SEARCH_MAX_ARGS 200
#define SEARCH_MAX_TEXT 1000 /* bytes of a text to look for */

#define SEARCH_FILM_IS_LOCKED ACCESS_SQL_FILM_IS_CLOSED ("s.visibility <> 'locked'")
/* Of a partner: the timeline, and the films that belong to it. */
#define SEARCH_OF_PARTNER                                                                          \
    "a.visibility IN ('timeline', 'hidden') AND a.deleted_at IS NULL"                              \
    " AND NOT " ACCESS_SQL_FILM_IS_CLOSED (ACCESS_SQL_PARTNER_SEES)

/* As assets say it of themselves (stacks_describe ()). */
#define SEARCH_NOT_STACKED                                                                         \
    "(a.stack_id IS NULL OR NOT EXISTS"                                                            \
    " (SELECT 1 FROM stack x JOIN asset y ON y.stack_id = x.id AND y.id <> x.primary_asset_id"     \
    "   WHERE x.id = a.stack_id AND y.status = 'active' AND y.deleted_at IS NULL"                  \
    "     AND y.visibility = 'timeline'))"

typedef enum {
    SEARCH_BY_TAKEN, /* fileCreatedAt */
    SEARCH_BY_LOCAL, /* localDateTime */
    SEARCH_BY_SIZE,
    SEARCH_BY_RATING,
    SEARCH_BY_CHANCE,
} SearchOrderBy;

typedef struct {
    Arena *arena;
    const char *self_id;        /* the caller; "", who owns nothing, for a link */
    const char *media_location; /* paths are compared as clients know them */
    DbValue values[SEARCH_MAX_ARGS];
    gsize n;
    GError *error;  /* the first that was wrong; the arena's */
    GString *where; /* " AND ..." for each condition */
    GString *parts; /* what the text index is asked for, see 0058-asset-text.sql; empty: nothing */
    /* the assets that may match, and how they are joined, when less than all of them do; else NULL */
    const char *candidates, *candidates_join;
    gboolean joins_exif;
    gboolean needs_exif;  /* what has no exif row is not found */
    gboolean has_size;    /* none without a size is found: no nulls to put last */
    gboolean begins_exif; /* an index of asset_exif finds it best */
    gboolean is_confined; /* an index finds it before any order does */
    gboolean any_owner;   /* other conditions say whose */
    StringList owner_ids; /* else: of these, the caller first */
    /* of all that is found, which one album or person has: an argument for the first day to look at */
    gsize first_day; /* its place in values + 1; 0: none */
    const char *first_day_sql, *first_day_id;
    gboolean is_counted;           /* only what is kept counted is asked for: the next line */
    const char *visibility, *type; /* NULL: all but locked, any */
    gboolean has_favorite, is_favorite, with_deleted;
} SearchQuery;

/* ---- putting together (search_query.c) ---- */

void search_query_init (SearchQuery *self, Arena *arena, const char *self_id,
                        const char *media_location);
/** A value's name in the statement: "$3". */
const char *search_arg (SearchQuery *self, DbValue value);

/** Where conditions are written; each begins with " AND ". */
typedef struct {
    SearchQuery *query;
    GString *out;
    gboolean is_top; /* each of them must hold for all that is found */
} SearchTerms;

void search_term (SearchTerms *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

typedef enum { SEARCH_ALBUMS, SEARCH_PEOPLE, SEARCH_TAGS } SearchSet;
typedef enum { SEARCH_ANY, SEARCH_ALL, SEARCH_NONE } SearchQuantity;
/** That it is in any, all or none of these; an id given twice counts once. */
void search_term_set (SearchTerms *self, SearchSet set, SearchQuantity quantity,
                      const StringList *ids);
/** The day of the @n th newest asset of the one set that has all that is found; G_MININT64: it has not so many, or
 *  there is no such set. */
gboolean search_find_day (Db *db, const SearchQuery *self, gint64 n, gint64 *out, GError **error);
/** That a text has @text between what @before and @after allow ("%" or ""); % and _ stand for
 *  anything. @indexed: the words of the column are in the text index. */
void search_term_like (SearchTerms *self, const char *column, const char *text, const char *before,
                       const char *after, gboolean negated, gboolean indexed);
/** That there is a description, when one that has @text is looked for; NULL: none is. */
void search_term_described (SearchTerms *self, const char *text);
/** That every word of @text begins a word of the asset. */
void search_term_words (SearchTerms *self, const char *text);
void search_term_favorite (SearchTerms *self, gboolean is_favorite);
void search_term_encoded (SearchTerms *self, gboolean is_encoded);
void search_term_checksums (SearchTerms *self, const StringList *texts, gboolean negated);
const char *search_original_path (SearchQuery *self); /* the column */
/** A path that clients know, as it is stored. */
const char *search_stored_path (SearchQuery *self, const char *path);

/** Whose assets: the caller's, and those of partners on the caller's timeline unless @only_own. */
gboolean search_find_owners (Db *db, SearchQuery *self, gboolean only_own, GError **error);
/** A condition of the same, for where not everything is confined to it. */
void search_term_owners (SearchTerms *self);
/** That the members of an album see it there: their own, and of others neither what is in the trash nor
 *  what is locked. */
void search_term_shared (SearchTerms *self);
/** Only for those who have not unlocked it: not what is locked, nor the films of such photos. */
void search_term_not_locked (SearchTerms *self);

/* ---- the two forms of a request ---- */

/** The flat fields of all requests; what a request lacks stays as 0. */
typedef struct {
    const char *id, *checksum, *original_file_name, *original_path, *description,
        *encoded_video_path, *ocr, *query;
    const char *city, *state, *country, *make, *model, *lens_model, *library_id;
    gboolean set_city, set_state, set_country, set_make, set_model, set_lens_model;
    gboolean has_rating, set_rating, has_type, has_visibility, has_tag_ids, set_tag_ids;
    gint64 rating;
    AssetType type;
    AssetVisibility visibility;
    StringList album_ids, person_ids, tag_ids;
    gboolean has_is_encoded, is_encoded, has_is_favorite, is_favorite, has_is_motion, is_motion,
        has_is_offline, is_offline, is_not_in_album, with_deleted, with_exif, without_stacked;
    gboolean has_created_after, has_created_before, has_taken_after, has_taken_before,
        has_trashed_after, has_trashed_before, has_updated_after, has_updated_before, has_min_size;
    gint64 created_after, created_before, taken_after, taken_before, trashed_after, trashed_before,
        updated_after, updated_before, min_size;
} SearchFlat;

void search_add_flat (SearchQuery *query, const SearchFlat *flat);

/** What of a structured filter decides about access. */
typedef struct {
    StringList album_ids;  /* every one that is named */
    gboolean is_in_albums; /* all that is found is in some of them */
    gboolean may_be_locked;
    gboolean has_visibility; /* at the top */
} SearchScope;

void search_scope (const SearchFilter *filter, Arena *arena, SearchScope *out);
void search_add_filter (SearchQuery *query, const SearchFilter *filter);

/* ---- asking (search_store.c) ---- */

typedef struct {
    SearchOrderBy by;
    gboolean ascending;
    gint64 limit, offset;
} SearchPage;

gboolean search_find (Db *db, SearchQuery *query, const SearchPage *page, StringList *out_ids,
                      GError **error);
gboolean search_count (Db *db, SearchQuery *query, gint64 *out, GError **error);
/** For tests: the plan of the page. */
gboolean search_explain (Db *db, SearchQuery *query, const SearchPage *page, const char **out,
                         GError **error);

/** Values of one field among what is shown, in alphabetical order. */
gboolean search_suggest (Db *db, Arena *arena, const StringList *owner_ids,
                         const GetSearchSuggestionsRequest *in, StringList *out, GError **error);

/** One asset for each city, by the cities' names; @min_assets of a city among the shown ones. */
gboolean search_cities (Db *db, Arena *arena, const StringList *owner_ids, gint64 min_assets,
                        SearchCityRowList *out, GError **error);
/** The newest images by upload. */
gboolean search_recent (Db *db, Arena *arena, const char *owner_id, gint64 n, StringList *out,
                        GError **error);
gboolean search_people (Db *db, Arena *arena, const char *owner_id, const char *name,
                        gboolean with_hidden, PersonResponseList *out, GError **error);

/* ---- handlers beside those of search_routes.c ---- */

/** Assets as answers have them, in the order of @ids. @return FALSE when the call has failed */
gboolean search_describe (ApiCall *call, const StringList *ids, gboolean with_exif,
                          gboolean with_people, AssetResponseList *out);

ApiStatus search_offer_suggestions (ApiCall *call, const GetSearchSuggestionsRequest *in,
                                    StringList *out);
ApiStatus search_offer_cities (ApiCall *call, const GetAssetsByCityRequest *in,
                               AssetResponseList *out);
ApiStatus search_offer_explore (ApiCall *call, const GetExploreDataRequest *in,
                                SearchExploreResponseList *out);
ApiStatus search_offer_person (ApiCall *call, const SearchPersonRequest *in,
                               PersonResponseList *out);
ApiStatus search_offer_places (ApiCall *call, const SearchPlacesRequest *in,
                               PlacesResponseList *out);
