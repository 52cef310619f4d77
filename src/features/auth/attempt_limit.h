/* attempt_limit.h -- how often a secret may be guessed
 *
 * Attempts are counted for a key (an account at an address, an address, a user). After some the key
 * must wait; where the rule says so, twice as long each time. What is known is kept in memory, for so
 * many keys at most: the one not seen for longest is forgotten first. Any thread. */
#pragma once
#include <glib.h>

typedef struct {
    guint n_attempts;   /* then it must wait */
    gint64 wait_ms;     /* the first time */
    gint64 max_wait_ms; /* it doubles up to this; the same as wait_ms: it does not */
    gint64 forget_ms;   /* a key not seen for so long starts anew */
    guint max_keys;
} AttemptRule;

typedef struct _AttemptLimit AttemptLimit;

AttemptLimit *attempt_limit_new (const AttemptRule *rule);
void attempt_limit_free (AttemptLimit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AttemptLimit, attempt_limit_free)

/** Count an attempt before it is made, so that many at once are counted too.
 *  @return FALSE, and it is not counted, when the key must wait *@out_wait_ms first */
gboolean attempt_limit_take (AttemptLimit *self, const char *key, gint64 now_ms,
                             gint64 *out_wait_ms);
/** The attempt was right: it does not count. */
void attempt_limit_give_back (AttemptLimit *self, const char *key);
/** Forget all attempts of the key. */
void attempt_limit_clear (AttemptLimit *self, const char *key);
guint attempt_limit_n_keys (AttemptLimit *self);
