/* sync_parts.h -- what the stream is made of: a part an entity type, in the order of the stream */
#pragma once
#include "features/sync/sync_line.h"
#include "features/sync_api.h"

typedef enum {
    SYNC_ROWS,   /* what changed, or was deleted, before the stream began */
    SYNC_NEWEST, /* what changed until it is read: others refer to it */
    SYNC_CREATES, /* what came into an album; before the first of them the updates are acknowledged */
    SYNC_UPDATES,  /* what changed of that which the app got as one of the creates */
    SYNC_REMOVALS, /* of partners; of those who are not filled in yet, also before the checkpoint */
    SYNC_BACKFILL, /* what was there when the caller joined an album or got a partner */
} SyncPartKind;

typedef struct {
    SyncRequestType request;
    SyncEntityType entity;
    SyncPartKind kind;
    /* CREATES: the updates. UPDATES: the creates. BACKFILL: the main type. REMOVALS: the backfill */
    SyncEntityType other;
    const SyncShape *shape;
    /** Rows by key: $1 user, $2 after which key, $3 up to which, $4 at most how many; by relation: $5 the
     *  horizon; UPDATES: $6 up to which create; BACKFILL: $5 the parent; REMOVALS: $5 up to which create id
     *  partners are filled in, $6 as $2, but not before the checkpoint */
    const char *sql;
    /** The key up to which a statement may read, or NULL ($1 to $3 as above, $4 a batch less one), so that
     *  none sorts or searches much more than a batch. BACKFILL: the parents ($1 user, $2 from which create
     *  id, $3 up to which) */
    const char *sql_more;
    /** What comes because of a partner or an album. Those that the caller got while the stream runs do not
     *  count: earlier parts went without them. All of it is the next stream's backfill. */
    gboolean is_by_relation;
} SyncPart;

extern const SyncPart sync_parts[];
extern const gsize sync_n_parts;
