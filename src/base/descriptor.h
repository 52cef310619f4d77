/* descriptor.h -- how a C struct, a JSON object and a database row correspond
 *
 * The tables are written by tools/apigen from the .api files; the contract engine (api/) parses,
 * checks and writes JSON by them, and the database layer (db/) fills structs from rows by them.
 *
 * How a field stands in the struct (x: int is 'gint64 x'):
 *   required              value
 *   optional, x?: T       pointers: NULL is absent. Others and lists: gboolean has_x beside x
 *   nullable, x: T | null pointers: NULL is null.   Others and lists: gboolean has_x beside x
 *   both, x?: T | null    as nullable, and gboolean set_x: the key stood there (or shall be written)
 * A database NULL clears has_x (or the pointer); a column that is there sets set_x. */
#pragma once
#include <glib.h>

#include "base/arena.h"

typedef enum {
    FIELD_STRING, /* const char *, UTF-8; uuid, email and date are strings with a format */
    FIELD_INT,    /* gint64 */
    FIELD_NUMBER, /* double */
    FIELD_BOOL,   /* gboolean; 0 or 1 in the database */
    FIELD_TIME,   /* gint64, ms since 1970 UTC; ISO 8601 with Z in JSON, BIGINT in the database */
    FIELD_ENUM,   /* int, an index into the enum's texts; TEXT in the database */
    FIELD_OBJECT, /* const struct *, see type */
    FIELD_JSON,   /* const char *, any JSON as text; TEXT in the database */
    FIELD_BLOB,   /* GBytes *; base64 in JSON, BLOB/BYTEA in the database */
    FIELD_FILE,   /* the file part of a multipart body; only in requests, see api/upload */
} FieldKind;

typedef enum {
    FIELD_OPTIONAL = 1 << 0,
    FIELD_NULLABLE = 1 << 1,
    FIELD_LIST = 1 << 2,    /* a List of kind; a JSON array; a JSON text in the database */
    FIELD_MAP = 1 << 3,     /* an object with free keys: a List of MapEntry */
    FIELD_DEFAULT = 1 << 4, /* absent means rules->default_*: the value is always set */
} FieldFlags;

typedef enum {
    FORMAT_NONE,
    FORMAT_UUID,
    FORMAT_EMAIL,
    FORMAT_DATE,
    FORMAT_URL,
    FORMAT_PATTERN
} FieldFormat;

/** Any list: items are structs or scalars side by side, pointers for strings. */
typedef struct {
    void *items;
    gsize n;
} List;

typedef struct {
    const char **items;
    gsize n;
} StringList;

/** Each text once, in the order of their first places; the texts themselves are shared. */
StringList string_list_once (Arena *arena, const StringList *list);
/** The texts of @more at the end of @self; they themselves are shared. */
void string_list_append (Arena *arena, StringList *self, const StringList *more);
/** By their bytes, in place. */
void string_list_sort (StringList *list);
/** To ask whether a text is among them; the texts themselves are shared. */
GHashTable *string_list_set (const StringList *list);

typedef struct {
    gint64 *items;
    gsize n;
} IntList;

typedef struct {
    const char *name;
    const char *const *texts;
    guint n_texts;
} EnumDescriptor;

typedef struct {
    FieldFormat format;
    const char *pattern;       /* regular expression of FORMAT_PATTERN, as the client sees it */
    gboolean has_min, has_max; /* of the number */
    double min, max;
    gint64 min_length, max_length; /* characters of a string; -1: no limit */
    gint64 min_items, max_items;   /* -1: no limit */
    gboolean unique_items;
    const char *default_text; /* the default as JSON text, NULL: none */
} FieldRules;

typedef struct _TypeDescriptor TypeDescriptor;

#define NO_OFFSET G_MAXUINT32

typedef struct {
    const char *name;   /* in JSON: albumName */
    const char *column; /* in C and SQL: album_name */
    FieldKind kind;
    FieldFlags flags;
    guint32 offset;                    /* of the value */
    guint32 has_offset;                /* of has_x, or NO_OFFSET */
    guint32 set_offset;                /* of set_x, or NO_OFFSET */
    const TypeDescriptor *type;        /* FIELD_OBJECT */
    const EnumDescriptor *enumeration; /* FIELD_ENUM */
    const FieldRules *rules;           /* NULL: none */
} FieldDescriptor;

struct _TypeDescriptor {
    const char *name;
    gsize size_bytes;
    const FieldDescriptor *fields; /* in the order of the .api file */
    guint n_fields;
};

/** @return the index of @text, or -1. */
int enum_find (const EnumDescriptor *self, const char *text);

/** What one item of a list of @field takes. */
static inline gsize
field_item_bytes (const FieldDescriptor *field)
{
    switch (field->kind) {
    case FIELD_OBJECT:
        return field->type->size_bytes;
    case FIELD_INT:
    case FIELD_TIME:
        return sizeof (gint64);
    case FIELD_NUMBER:
        return sizeof (double);
    case FIELD_BOOL:
        return sizeof (gboolean);
    case FIELD_ENUM:
        return sizeof (int);
    default:
        return sizeof (void *);
    }
}
