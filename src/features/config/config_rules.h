/* config_rules.h -- what a config must obey beyond its types, and how it is stored; only for this
 * folder. Pure functions. */
#pragma once
#include <jansson.h>
#include "features/config/config.h"

/** @overlay's members over @base, objects member by member, lists as a whole. (transfer full) */
json_t *config_merge (const json_t *base, const json_t *overlay);
/** What of @document differs from @defaults; null and "" count as not set. (transfer full) */
json_t *config_difference (const json_t *document, const json_t *defaults);
/** Log the members of @document that @known has not. */
void config_warn_of_unknown (const json_t *document, const json_t *known, const char *path);

/** Bring into the form that is kept: the external domain as an origin, targets among the accepted. */
void config_normalise (json_t *document);

/** @return NULL, or why the config cannot be; *@out_path is the member at fault ("" for several) */
const char *config_check (Arena *arena, const AdminConfig *config, const char **out_path);

/** Five to seven fields of cron, each in its range. */
gboolean config_is_cron (const char *text);
