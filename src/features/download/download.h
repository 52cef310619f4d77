/* download.h -- originals of many assets as ZIP archives */
#pragma once
#include "features/app.h"
#include "features/download_api.h"

void download_start (App *app, Api *api);
