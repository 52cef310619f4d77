/* config_file.h -- the file that IMMICH_CONFIG_FILE names (only for this folder) */
#pragma once
#include <glib.h>
#include <jansson.h>

/** JSON when its name ends in .json or it begins as JSON does, else YAML: one document of mappings, lists
 *  and scalars of the YAML 1.2 core schema, with anchors. At most 1 MB.
 *  @return (transfer full) an object; NULL with APP_ERROR_CONFIG that names the file, the line and why */
json_t *config_file_read (const char *path, GError **error);
