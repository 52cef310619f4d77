/* shares.h -- what there is little of, and nobody may have all of: threads, decoders, streams
 *
 * Any thread; nothing here waits. */
#pragma once
#include <glib.h>

typedef struct _Shares Shares;
typedef struct _Share Share; /* one that is taken */

/** @param n_all  at once; 0: as many as those who take may have together
 *  @param n_each  of them for one */
Shares *shares_new (guint n_all, guint n_each);
/** One for @who, to be freed before the Shares. NULL: @who has all of its own, or all are taken. */
Share *shares_take (Shares *self, const char *who);
void share_free (Share *self); /* gives it back */
void shares_free (Shares *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Share, share_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shares, shares_free)
