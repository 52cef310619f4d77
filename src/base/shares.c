#include "base/shares.h"

struct _Shares {
    guint n_all, n_each;
    GMutex lock; /* of all below */
    guint n_taken;
    GHashTable *holders; /* who to how many; nobody with none is in it */
};

struct _Share {
    Shares *shares;
    char *who;
};

Shares *
shares_new (guint n_all, guint n_each)
{
    Shares *self = g_new0 (Shares, 1);

    self->n_all = n_all > 0 ? n_all : G_MAXUINT;
    self->n_each = n_each;
    self->holders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_mutex_init (&self->lock);
    return self;
}

/* Under the lock. */
static guint
count_of (Shares *self, const char *who)
{
    return GPOINTER_TO_UINT (g_hash_table_lookup (self->holders, who));
}

static void
set_count (Shares *self, const char *who, guint n)
{
    if (n == 0)
        g_hash_table_remove (self->holders, who);
    else
        g_hash_table_insert (self->holders, g_strdup (who), GUINT_TO_POINTER (n));
}

Share *
shares_take (Shares *self, const char *who)
{
    Share *share = NULL;
    guint n;

    g_mutex_lock (&self->lock);
    n = count_of (self, who);
    if (n < self->n_each && self->n_taken < self->n_all) {
        set_count (self, who, n + 1);
        self->n_taken++;
        share = g_new (Share, 1);
        *share = (Share){ self, g_strdup (who) };
    }
    g_mutex_unlock (&self->lock);
    return share;
}

void
share_free (Share *self)
{
    Shares *shares;

    if (self == NULL)
        return;
    shares = self->shares;
    g_mutex_lock (&shares->lock);
    set_count (shares, self->who, count_of (shares, self->who) - 1);
    shares->n_taken--;
    g_mutex_unlock (&shares->lock);
    g_free (self->who);
    g_free (self);
}

void
shares_free (Shares *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref (self->holders);
    g_mutex_clear (&self->lock);
    g_free (self);
}
