/* asset-files.h -- the files kept for an asset (renditions, sidecars), one by one, for its owner */
#pragma once
#include "features/app.h"
#include "features/asset_files_api.h"

void asset_files_start (App *app, Api *api);
