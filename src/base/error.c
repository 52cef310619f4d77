#include "base/error.h"

G_DEFINE_QUARK (app - error - quark, app_error)
