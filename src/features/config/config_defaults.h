/* config_defaults.h -- the system config of a new server; only for this folder */
#pragma once

/** The whole document, as JSON. */
extern const char config_defaults_json[];
