/* warm_up.h -- start the libraries and have them open all they will ever open
 *
 * Comes before the sandbox is closed: plugins, the list of fonts and character sets are loaded on
 * first use, and only font files can be opened later. Exits with a message when libvips does not start. */
#pragma once

void warm_up (const char *program);
