/* faces.h -- boxes in assets that show a person */
#pragma once
#include "features/app.h"
#include "features/faces_api.h"

void faces_start (App *app, Api *api);
