/* memories.h -- this day, years ago: sets of photos that are shown for a day
 *
 * They are made every night by MemoryGenerate, for a few days ahead, so that a client that is offline
 * for a while has them; or by a client. MemoryCleanup takes away what nobody kept. */
#pragma once
#include "features/app.h"
#include "features/memories_api.h"

void memories_start (App *app, Api *api);
