/* api-keys.h -- keys for programs: they act as their owner, as far as their permissions go */
#pragma once
#include "features/app.h"

void api_keys_start (App *app, Api *api);
