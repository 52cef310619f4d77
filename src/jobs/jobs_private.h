/* jobs_private.h -- what only src/jobs and its tests use of Jobs */
#pragma once
#include "jobs/jobs.h"

typedef struct {
    gint64 poll_ms;  /* between two looks for jobs that other servers added or whose time came, and
                        between two tries to store the end of one */
    gint64 lease_ms; /* renewed after a quarter of it */
    gint64 retry_ms; /* before the second attempt; four times as long before each further one */
    gint64 grace_ms; /* for what runs when jobs_stop () is called */
    gint64 max_attempts; /* then a job is failed */
    gint64 max_deaths;   /* of the server while it ran; then a job is failed, too */
} JobsTiming;

void jobs_set_timing (Jobs *self, const JobsTiming *timing); /* before jobs_start () */
const char *jobs_owner (const Jobs *self);                   /* of its leases */
