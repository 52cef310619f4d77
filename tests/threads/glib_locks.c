/* glib_locks.c -- GLib's locks and threads as ThreadSanitizer must know them
 *
 * GLib comes without instrumentation and its locks are its own futexes, so every access under a GMutex
 * looks like a race. These functions stand before GLib's in a build with -Db_sanitize=thread, and in no
 * other: they tell of what follows what, and call the true ones. What GLib does inside itself does not
 * pass here; tests/threads/known-races.supp has what is left of it. */
#include <dlfcn.h>
#include <glib-object.h>
#include <sanitizer/tsan_interface.h>

#undef g_object_unref
#undef g_once_init_leave

/* The true function behind ours. */
#define FIND(name)                                                                                 \
    static __typeof__ (&name) found;                                                               \
    __typeof__ (&name) real = __atomic_load_n (&found, __ATOMIC_RELAXED);                          \
                                                                                                   \
    if (real == NULL) {                                                                            \
        real = (__typeof__ (&name)) dlsym (RTLD_NEXT, #name);                                      \
        __atomic_store_n (&found, real, __ATOMIC_RELAXED);                                         \
    }

/* ---- locks: also their order is checked ---- */

/* A GMutex that is all zeros is ready. */
#define KIND __tsan_mutex_linker_init
#define KIND_TRY (__tsan_mutex_linker_init | __tsan_mutex_try_lock)

void
g_mutex_lock (GMutex *mutex)
{
    FIND (g_mutex_lock)

    __tsan_mutex_pre_lock (mutex, KIND);
    real (mutex);
    __tsan_mutex_post_lock (mutex, KIND, 0);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
    gboolean is_locked;

    FIND (g_mutex_trylock)
    __tsan_mutex_pre_lock (mutex, KIND_TRY);
    is_locked = real (mutex);
    __tsan_mutex_post_lock (mutex, is_locked ? KIND_TRY : KIND_TRY | __tsan_mutex_try_lock_failed,
                            0);
    return is_locked;
}

void
g_mutex_unlock (GMutex *mutex)
{
    FIND (g_mutex_unlock)

    __tsan_mutex_pre_unlock (mutex, 0);
    real (mutex);
    __tsan_mutex_post_unlock (mutex, 0);
}

void
g_mutex_clear (GMutex *mutex)
{
    FIND (g_mutex_clear)

    __tsan_mutex_destroy (mutex, KIND);
    real (mutex);
}

/* While it waits the lock is another's. */
void
g_cond_wait (GCond *cond, GMutex *mutex)
{
    FIND (g_cond_wait)

    __tsan_mutex_pre_unlock (mutex, 0);
    __tsan_mutex_post_unlock (mutex, 0);
    real (cond, mutex);
    __tsan_mutex_pre_lock (mutex, KIND);
    __tsan_mutex_post_lock (mutex, KIND, 0);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_us)
{
    gboolean is_signalled;

    FIND (g_cond_wait_until)
    __tsan_mutex_pre_unlock (mutex, 0);
    __tsan_mutex_post_unlock (mutex, 0);
    is_signalled = real (cond, mutex, end_us);
    __tsan_mutex_pre_lock (mutex, KIND);
    __tsan_mutex_post_lock (mutex, KIND, 0);
    return is_signalled;
}

void
g_once_init_leave (volatile void *location, gsize result)
{
    FIND (g_once_init_leave)

    __tsan_release ((void *) location);
    real (location, result);
}

/* ---- work that another thread does ---- */

typedef struct {
    GFunc func;
    gpointer data;
} Pool;

static GHashTable *pools; /* GThreadPool to Pool: a few, kept to the end */
static GMutex pools_lock;

static void
run_task (gpointer task, gpointer pool)
{
    Pool *self = pool;

    __tsan_acquire (self);
    self->func (task, self->data);
    __tsan_release (self);
}

static Pool *
find_pool (GThreadPool *pool)
{
    Pool *self;

    g_mutex_lock (&pools_lock);
    self = g_hash_table_lookup (pools, pool);
    g_mutex_unlock (&pools_lock);
    return self;
}

GThreadPool *
g_thread_pool_new (GFunc func, gpointer data, gint n_threads, gboolean is_exclusive, GError **error)
{
    Pool *self = g_new (Pool, 1);
    GThreadPool *pool;

    FIND (g_thread_pool_new)
    *self = (Pool){ func, data };
    pool = real (run_task, self, n_threads, is_exclusive, error);
    g_mutex_lock (&pools_lock);
    if (pools == NULL)
        pools = g_hash_table_new (NULL, NULL);
    g_hash_table_insert (pools, pool, self);
    g_mutex_unlock (&pools_lock);
    return pool;
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer task, GError **error)
{
    FIND (g_thread_pool_push)

    __tsan_release (find_pool (pool));
    return real (pool, task, error);
}

void
g_thread_pool_free (GThreadPool *pool, gboolean drops_tasks, gboolean waits)
{
    Pool *self = find_pool (pool);

    FIND (g_thread_pool_free)
    real (pool, drops_tasks, waits);
    if (waits)
        __tsan_acquire (self);
}

typedef struct {
    GSourceFunc func;
    gpointer data;
} Idle;

static gboolean
run_idle (gpointer idle)
{
    Idle *self = idle;

    __tsan_acquire (self);
    return self->func (self->data);
}

guint
g_idle_add (GSourceFunc func, gpointer data)
{
    Idle *self = g_new (Idle, 1); /* as long as the program */

    FIND (g_idle_add)
    *self = (Idle){ func, data };
    __tsan_release (self);
    return real (run_idle, self);
}

/* ---- what is freed with the last of several owners ---- */

#define COUNTED(type, unref)                                                                       \
    void unref (type *object)                                                                      \
    {                                                                                              \
        FIND (unref)                                                                               \
                                                                                                   \
        if (object != NULL) {                                                                      \
            __tsan_release (object);                                                               \
            __tsan_acquire (object);                                                               \
        }                                                                                          \
        real (object);                                                                             \
    }

COUNTED (GBytes, g_bytes_unref)
COUNTED (GHashTable, g_hash_table_unref)
COUNTED (GPtrArray, g_ptr_array_unref)
COUNTED (void, g_object_unref)
