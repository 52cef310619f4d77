/* folders.h -- assets by the folder of their original */
#pragma once
#include "features/app.h"
#include "features/folders_api.h"

void folders_start (App *app, Api *api);
