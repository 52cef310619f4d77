/* calendar.h -- how many assets a user has of each day */
#pragma once
#include "features/app.h"
#include "features/calendar_api.h"

void calendar_start (App *app, Api *api);
