/* sync_line.h -- lines of the stream, written by hand: a first sync has millions of them */
#pragma once
#include "db/db.h"

typedef enum {
    SYNC_PLAIN,    /* a text without anything to escape: ids, enums; NULL is null */
    SYNC_TEXT,     /* NULL is null */
    SYNC_INT,      /* NULL is null, as of all that follow */
    SYNC_REAL,     /* */
    SYNC_BOOL,     /* 0 or 1 */
    SYNC_TIME,     /* ms since 1970 */
    SYNC_DAY,      /* 1990-05-06, as the midnight that begins it */
    SYNC_BASE64,   /* a blob */
    SYNC_JSON,     /* a whole value */
    SYNC_DURATION, /* ms, as the 'h:mm:ss.ssssss' of older apps */
    SYNC_ID_TIME,  /* when a UUIDv7 was made */
    SYNC_CHECKSUM, /* a blob; NULL: withheld, and instead something made of the id in the first column:
                    * apps refuse a second asset of the same owner and checksum */
} SyncFieldKind;

typedef struct {
    const char *prefix; /* what stands before the value: ',"ownerId":' */
    guint n_prefix;
    SyncFieldKind kind;
} SyncField;

/** The fields of "data", in the order of the columns of a statement, whose first one is the key. */
typedef struct {
    const SyncField *fields;
    guint n_fields;
} SyncShape;

#define SYNC_SHAPE(list)                                                                           \
    {                                                                                              \
        list, G_N_ELEMENTS (list)                                                                  \
    }
#define SYNC_FIRST(name, kind)                                                                     \
    {                                                                                              \
        "{\"" name "\":", sizeof ("{\"" name "\":") - 1, kind                                      \
    }
#define SYNC_NEXT(name, kind)                                                                      \
    {                                                                                              \
        ",\"" name "\":", sizeof (",\"" name "\":") - 1, kind                                      \
    }

/** {"type":TYPE,"data":{...},"ack":"TYPE|MIDDLE KEY"} */
void sync_line_row (GString *out, const char *type, const SyncShape *shape, const char *middle,
                    const char *key, const DbRow *row);
/** The same without data; @ack whole. */
void sync_line_control (GString *out, const char *type, const char *ack);

/** When a UUIDv7 was made, ms since 1970. */
gint64 sync_id_time (const char *id);
/** What is greater than the ids made before @ms, and not than those made after it. */
const char *sync_id_at (Arena *arena, gint64 ms);
