/* metadata_tags.h -- the growing set of tags of one file, within its limits
 *
 * A tag that is there stays: sources are read in order of trust, so the first word counts. Texts are
 * made valid UTF-8 (what is not is taken as Latin-1) and lose control characters and trailing NULs. */
#pragma once
#include <glib.h>
#include <jansson.h> /* never its json_text (): base/json_writer.h has one of that name */

typedef struct {
    json_t *object;
    gsize n_bytes; /* about what it will take as JSON */
} MetadataTags;

#define METADATA_TEXT_BYTES (64 * 1024)
#define METADATA_LIST_ITEMS 1000

void metadata_tags_init (MetadataTags *self);
void metadata_tags_clear (MetadataTags *self);

gboolean metadata_tags_has (const MetadataTags *self, const char *name);
const char *metadata_tags_get_text (const MetadataTags *self, const char *name); /* NULL: none */
void metadata_tags_remove (MetadataTags *self, const char *name);

/** Set unless it is there. @n_bytes -1: up to the NUL. Empty texts are kept. */
void metadata_tags_text (MetadataTags *self, const char *name, const char *text, gssize n_bytes);
void metadata_tags_integer (MetadataTags *self, const char *name, gint64 value);
void metadata_tags_number (MetadataTags *self, const char *name, double value); /* finite only */
/** Add to the list of that name, which is made when missing. */
void metadata_tags_append (MetadataTags *self, const char *name, const char *text, gssize n_bytes);
/** Set any value unless the name is there; takes it. For structures within the limits by build. */
void metadata_tags_take (MetadataTags *self, const char *name, json_t *value);

/** Valid UTF-8 of at most METADATA_TEXT_BYTES from bytes of unknown origin. */
char *metadata_text_clean (const char *text, gssize n_bytes);
/** UTF-8 from UTF-16 without a byte order mark; NULL when it is none. */
char *metadata_text_from_utf16 (const guint8 *bytes, gsize n_bytes, gboolean big_endian);
