/* map.h -- where assets were taken: markers on a map, and the names of a position */
#pragma once
#include "features/app.h"
#include "features/map_api.h"

void map_start (App *app, Api *api);
