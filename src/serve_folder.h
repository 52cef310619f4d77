/* serve_folder.h -- the media folder at the start: it is there, it may be written, and it is ours */
#pragma once
#include "features/app.h"

/** Make the media folder ready. FALSE with APP_ERROR_CONFIG when it cannot be used, a volume of it is not mounted
 *  or it is that of another database; then, but for markers that are there, nothing in it was changed.
 *  @param out_temporary  see layout_claim_temporary () */
gboolean serve_prepare_folder (App *app, char **out_temporary, GError **error);
