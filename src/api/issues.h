/* issues.h -- what is wrong with a request, in the form its clients know (internal)
 *
 * An issue has a code, the place as keys and indexes, and a message; the texts are part of the
 * contract, as clients show and compare them. At most API_MAX_ISSUES are kept: more help nobody. */
#pragma once
#include <glib.h>
#include "base/arena.h"

#define API_MAX_ISSUES 100

/** Where a value stands; the chain leads up to the root, whose up is NULL. */
typedef struct _ApiPlace ApiPlace;
struct _ApiPlace {
    const ApiPlace *up;
    const char *key; /* NULL: an index */
    gsize index;
};

typedef struct {
    GString *json; /* the array's members, comma between them; goes with the arena; NULL: none */
    guint n;
    const char *first; /* "a.b: message" of the first one; NULL: none */
    Arena *arena;
    gpointer writer; /* of json, while an issue is written */
} ApiIssues;

void api_issues_init (ApiIssues *self, Arena *arena);
gboolean api_issues_are_full (const ApiIssues *self);

/* An issue: begin, the members that only its code has, end. */
void api_issue_begin (ApiIssues *self, const char *code);
void api_issue_text (ApiIssues *self, const char *name, const char *value);
void api_issue_number (ApiIssues *self, const char *name, double value);
void api_issue_bool (ApiIssues *self, const char *name, gboolean value);
/** @param are_numbers  write the texts without quotes */
void api_issue_values (ApiIssues *self, const char *const *texts, guint n, gboolean are_numbers);
/** @place NULL: the root */
void api_issue_end (ApiIssues *self, const ApiPlace *place, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
