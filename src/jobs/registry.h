/* registry.h -- the Jobs of this process that run, so that a job added in it starts at once
 *
 * Only src/jobs includes this. Any thread. */
#pragma once
#include "jobs/jobs.h"

void registry_add (Jobs *jobs);
void registry_remove (Jobs *jobs); /* afterwards it is not woken any more */
void registry_wake (void);         /* jobs_wake () all */
