#include "jobs/registry.h"

static GMutex lock;
static GPtrArray *running; /* of Jobs; made by the first, kept */

void
registry_add (Jobs *jobs)
{
    g_mutex_lock (&lock);
    if (running == NULL)
        running = g_ptr_array_new ();
    g_ptr_array_add (running, jobs);
    g_mutex_unlock (&lock);
}

void
registry_remove (Jobs *jobs)
{
    g_mutex_lock (&lock);
    if (running != NULL)
        g_ptr_array_remove (running, jobs);
    g_mutex_unlock (&lock);
}

void
registry_wake (void)
{
    g_mutex_lock (&lock);
    for (guint i = 0; running != NULL && i < running->len; i++)
        jobs_wake (g_ptr_array_index (running, i));
    g_mutex_unlock (&lock);
}
