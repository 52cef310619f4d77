/* path_template.h -- where originals go, as a text with variables: the part of Handlebars that such paths
 * need
 *
 *   {{y}}/{{#if album}}{{album}}{{else}}Other/{{MM}}{{/if}}/{{filename}}
 *
 * {{name}} is the value with & < > " ' ` = written as in HTML, {{{name}}} the value as it is;
 * {{else if name}} is understood. A condition holds when its value is there and not empty. Pure: no file is
 * looked at. What the path may be is for its user to check. */
#pragma once
#include <glib.h>
#include "base/arena.h"

typedef struct _PathTemplate PathTemplate;

/** What a photo fills in. Texts are never NULL: "" when not known. */
typedef struct {
    const char *filename; /* without its extension */
    const char *ext;
    const char *filetype, *filetypefull; /* IMG and IMAGE, VID and VIDEO */
    const char *asset_id, *asset_id_short;
    const char *make, *model, *lens_model;
    const char *album;                  /* "": in none */
    GDateTime *at;                      /* on the clock that the folders go by */
    GDateTime *album_start, *album_end; /* NULL: not defined; a template that names them fails */
} PathValues;

/** @return (transfer full) NULL with APP_ERROR_INVALID: what is wrong, naming the variable */
PathTemplate *path_template_parse (const char *text, GError **error);
void path_template_free (PathTemplate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PathTemplate, path_template_free)

/** Whether it names one of the dates of an album, which take longer to find. */
gboolean path_template_uses_album_dates (const PathTemplate *self);

/** @return NULL with APP_ERROR_INVALID when a value that it needs is not defined */
const char *path_template_render (const PathTemplate *self, const PathValues *values, Arena *arena,
                                  GError **error);
