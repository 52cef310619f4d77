/* test_parts.h -- the files of test_jobs */
#pragma once
#include "db/test_db.h"

void test_queue_add (void);
