/* activities.h -- comments and likes in shared albums */
#pragma once
#include "features/activities_api.h"
#include "features/app.h"

void activities_start (App *app, Api *api);
