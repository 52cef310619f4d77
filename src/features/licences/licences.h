/* licences.h -- purchase keys: this server sells none and can check none */
#pragma once
#include "features/app.h"

void licences_start (App *app, Api *api);
