/* attempt_limit.c -- see attempt_limit.h */
#define G_LOG_DOMAIN "auth"
#include "features/auth/attempt_limit.h"

#include <openssl/sha.h>
#include <string.h>

/* A key is kept as its hash: an e-mail of any length takes the same room. */
typedef struct {
    guint8 hash[16];
    guint n_taken; /* since the last wait */
    guint n_waits;
    gint64 wait_until_ms;
    gint64 seen_ms;
    GList link; /* in order of use */
} Entry;

struct _AttemptLimit {
    AttemptRule rule;
    GMutex mutex;
    GHashTable *entries; /* hash -> Entry */
    GQueue by_use;       /* oldest first */
};

static guint
hash_of_hash (gconstpointer key)
{
    guint value;

    memcpy (&value, key, sizeof value);
    return value;
}

static gboolean
equal_hashes (gconstpointer a, gconstpointer b)
{
    return memcmp (a, b, sizeof ((Entry *) NULL)->hash) == 0;
}

AttemptLimit *
attempt_limit_new (const AttemptRule *rule)
{
    AttemptLimit *self = g_new0 (AttemptLimit, 1);

    self->rule = *rule;
    self->entries = g_hash_table_new_full (hash_of_hash, equal_hashes, NULL, g_free);
    g_mutex_init (&self->mutex);
    return self;
}

void
attempt_limit_free (AttemptLimit *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref (self->entries);
    g_mutex_clear (&self->mutex);
    g_free (self);
}

static void
hash_key (const char *key, guint8 out[16])
{
    guint8 whole[SHA256_DIGEST_LENGTH];

    SHA256 ((const guint8 *) key, strlen (key), whole);
    memcpy (out, whole, 16);
}

static Entry *
find (AttemptLimit *self, const char *key)
{
    guint8 hash[16];

    hash_key (key, hash);
    return g_hash_table_lookup (self->entries, hash);
}

static void
forget (AttemptLimit *self, Entry *entry)
{
    g_queue_unlink (&self->by_use, &entry->link);
    g_hash_table_remove (self->entries, entry->hash);
}

static Entry *
find_or_add (AttemptLimit *self, const char *key, gint64 now_ms)
{
    Entry *entry = find (self, key);

    if (entry != NULL && now_ms - entry->seen_ms > self->rule.forget_ms &&
        now_ms >= entry->wait_until_ms) {
        forget (self, entry);
        entry = NULL;
    }
    if (entry == NULL) {
        if (g_hash_table_size (self->entries) >= self->rule.max_keys)
            forget (self, g_queue_peek_head (&self->by_use));
        entry = g_new0 (Entry, 1);
        hash_key (key, entry->hash);
        entry->link.data = entry;
        g_hash_table_insert (self->entries, entry->hash, entry);
    } else {
        g_queue_unlink (&self->by_use, &entry->link);
    }
    g_queue_push_tail_link (&self->by_use, &entry->link);
    return entry;
}

static gint64
next_wait_ms (const AttemptRule *rule, guint n_waits)
{
    gint64 wait_ms = rule->wait_ms;

    while (n_waits-- > 0 && wait_ms < rule->max_wait_ms)
        wait_ms *= 2;
    return MIN (wait_ms, rule->max_wait_ms);
}

gboolean
attempt_limit_take (AttemptLimit *self, const char *key, gint64 now_ms, gint64 *out_wait_ms)
{
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
    Entry *entry = find_or_add (self, key, now_ms);

    if (now_ms < entry->wait_until_ms) {
        *out_wait_ms = entry->wait_until_ms - now_ms;
        return FALSE;
    }
    entry->seen_ms = now_ms;
    if (++entry->n_taken == self->rule.n_attempts) {
        entry->wait_until_ms = now_ms + next_wait_ms (&self->rule, entry->n_waits++);
        entry->n_taken = 0;
    }
    return TRUE;
}

void
attempt_limit_give_back (AttemptLimit *self, const char *key)
{
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
    Entry *entry = find (self, key);

    if (entry == NULL)
        return;
    if (entry->n_taken > 0) {
        entry->n_taken--;
    } else if (entry->n_waits > 0) {
        /* it was the one that began the wait */
        entry->n_waits--;
        entry->n_taken = self->rule.n_attempts - 1;
        entry->wait_until_ms = 0;
    }
}

void
attempt_limit_clear (AttemptLimit *self, const char *key)
{
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
    Entry *entry = find (self, key);

    if (entry != NULL)
        forget (self, entry);
}

guint
attempt_limit_n_keys (AttemptLimit *self)
{
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

    return g_hash_table_size (self->entries);
}
