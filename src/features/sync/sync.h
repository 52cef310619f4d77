/* sync.h -- the change stream that keeps apps up to date
 *
 * An app asks for kinds of things and gets, line by line, what changed of them since it last
 * acknowledged a line of that kind; see docs/decisions/0008-sync-order.md for why nothing is missed.
 * What it acknowledged is kept for each login session. */
#pragma once
#include "features/app.h"
#include "features/sync_api.h"

void sync_start (App *app, Api *api);
