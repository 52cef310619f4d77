/* metadata.c -- what a file says about itself, as JSON
 *
 * The original lies in memory as a mapping, so that only the pages with metadata are read. The order
 * of trust among its parts, as the Metadata Working Group and ExifTool have it: maker note, Exif, then
 * XMP or IPTC, whichever was written last. */
#include "worker/metadata.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "worker/metadata_exif.h"
#include "worker/metadata_iptc.h"
#include "worker/metadata_lens.h"
#include "worker/metadata_maker.h"
#include "worker/metadata_parts.h"
#include "worker/metadata_tags.h"
#include "worker/metadata_xmp.h"
#include "worker/video_probe.h"

#define MAX_MAPPED_BYTES ((gint64) 4 * 1024 * 1024 * 1024)
#define HEAD_BYTES ((gsize) 64 * 1024 * 1024)
#define MAX_SIDECAR_BYTES (16 * 1024 * 1024)

/* ---- the file in memory ---- */

typedef struct {
    Span span;
    gboolean is_mapped;
} FileMap;

static void
file_map_clear (FileMap *self)
{
    if (self->is_mapped)
        munmap ((void *) self->span.data, self->span.n);
    self->is_mapped = FALSE;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FileMap, file_map_clear)

static gboolean
file_map_open (FileMap *self, int fd, gint64 max_bytes, const char *what, GError **error)
{
    struct stat info;
    gsize n;
    void *data;

    if (fstat (fd, &info) != 0) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot read the %s: %s", what,
                     g_strerror (errno));
        return FALSE;
    }
    if (!S_ISREG (info.st_mode)) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "the %s is not a regular file", what);
        return FALSE;
    }
    n = (gsize) MIN ((gint64) info.st_size, max_bytes);
    if (n == 0)
        return TRUE; /* an empty file has no tags */
    data = mmap (NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED && n > HEAD_BYTES) { /* over the worker's limit: most is in the head */
        n = HEAD_BYTES;
        data = mmap (NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    if (data == MAP_FAILED) {
        g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot read the %s: %s", what,
                     g_strerror (errno));
        return FALSE;
    }
    self->span = (Span){ data, n };
    self->is_mapped = TRUE;
    return TRUE;
}

/* ---- putting the parts together ---- */

static void
copy_tag (MetadataTags *to, const MetadataTags *from, const char *from_name, const char *to_name)
{
    json_t *value = json_object_get (from->object, from_name);

    if (value != NULL)
        metadata_tags_take (to, to_name, json_deep_copy (value));
}

static gboolean
is_blank (const char *text)
{
    return text == NULL || text[strspn (text, " \t\r\n")] == '\0';
}

/* Copy the first of the three that says anything. */
static void
copy_description (MetadataTags *tags, const MetadataTags *xmp, const MetadataTags *iptc,
                  gboolean iptc_is_newer)
{
    const char *exif = metadata_tags_get_text (tags, "ImageDescription");
    const char *in_xmp = metadata_tags_get_text (xmp, "Description");
    const char *in_iptc = metadata_tags_get_text (iptc, "Caption-Abstract");

    if (!is_blank (exif))
        metadata_tags_text (tags, "Description", exif, -1);
    if (iptc_is_newer && in_iptc != NULL)
        metadata_tags_text (tags, "Description", in_iptc, -1);
    if (in_xmp != NULL)
        metadata_tags_text (tags, "Description", in_xmp, -1);
    if (in_iptc != NULL)
        metadata_tags_text (tags, "Description", in_iptc, -1);
}

/* A date and a time of IPTC as one moment; without a time it is none. */
static char *
join_iptc_moment (const MetadataTags *iptc, const char *date, const char *time)
{
    const char *day = metadata_tags_get_text (iptc, date);
    const char *clock = metadata_tags_get_text (iptc, time);

    return day != NULL && clock != NULL ? g_strdup_printf ("%s %s", day, clock) : NULL;
}

static void
copy_date (MetadataTags *tags, const char *name, const char *from_iptc, const MetadataTags *xmp,
           const char *xmp_name, gboolean iptc_is_newer)
{
    if (iptc_is_newer && from_iptc != NULL)
        metadata_tags_text (tags, name, from_iptc, -1);
    copy_tag (tags, xmp, xmp_name, name);
    if (from_iptc != NULL)
        metadata_tags_text (tags, name, from_iptc, -1);
}

static void
merge (MetadataTags *tags, const MetadataTags *xmp, const MetadataTags *iptc,
       gboolean iptc_is_newer)
{
    g_autofree char *created = join_iptc_moment (iptc, "DateCreated", "TimeCreated");
    g_autofree char *digitized =
        join_iptc_moment (iptc, "DigitalCreationDate", "DigitalCreationTime");
    const char *name;
    json_t *value;

    copy_description (tags, xmp, iptc, iptc_is_newer);
    copy_date (tags, "DateTimeOriginal", created, xmp, "DateCreated", iptc_is_newer);
    copy_date (tags, "CreateDate", digitized, xmp, "CreateDate", iptc_is_newer);
    if (created != NULL)
        metadata_tags_text (tags, "DateTimeCreated", created, -1);
    copy_tag (tags, iptc, "TimeCreated", "TimeCreated");

    if (iptc_is_newer)
        copy_tag (tags, iptc, "Keywords", "Keywords");
    copy_tag (tags, xmp, "Subject", "Keywords");
    copy_tag (tags, iptc, "Keywords", "Keywords");
    json_object_foreach (xmp->object, name, value) copy_tag (tags, xmp, name, name);
}

static gboolean
read_sidecar (Span packet, MetadataTags *tags)
{
    g_autoptr (GExiv2Metadata) none = metadata_exiv2_new ();
    MetadataTags xmp, iptc;
    gboolean is_read;

    metadata_tags_init (&xmp);
    metadata_tags_init (&iptc);
    is_read = metadata_xmp_read (packet, &xmp);
    merge (tags, &xmp, &iptc, FALSE);
    if (none != NULL)
        metadata_lens_read (none, tags);
    metadata_tags_clear (&xmp);
    metadata_tags_clear (&iptc);
    return is_read;
}

static void
write_shape (const MetadataParts *parts, gint64 width, gint64 height, MetadataTags *tags)
{
    if (parts->kind != NULL)
        metadata_tags_text (tags, "FileType", parts->kind, -1);
    if (width > 0 && height > 0) {
        g_autofree char *size =
            g_strdup_printf ("%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, width, height);
        metadata_tags_text (tags, "ImageSize", size, -1);
        metadata_tags_integer (tags, "ImageWidth", width);
        metadata_tags_integer (tags, "ImageHeight", height);
    }
    if (parts->bits_per_sample > 0 && parts->bits_name != NULL)
        metadata_tags_integer (tags, parts->bits_name, parts->bits_per_sample);
    if (parts->duration_s > 0)
        metadata_tags_number (tags, "Duration", parts->duration_s);
    if (parts->has_irot)
        metadata_tags_integer (tags, "Rotation", parts->irot);
}

/* Where the video of a motion photo lies, as [offset, length] in the file. */
static void
write_motion_video (const MetadataParts *parts, Span file, MetadataTags *tags)
{
    json_t *place;

    if (parts->motion_video.n == 0)
        return;
    place = json_array ();
    json_array_append_new (place, json_integer (parts->motion_video.data - file.data));
    json_array_append_new (place, json_integer ((json_int_t) parts->motion_video.n));
    if (parts->motion_video_in_trailer) {
        metadata_tags_text (tags, "EmbeddedVideoType", "MotionPhoto_Data", -1);
        metadata_tags_take (tags, "EmbeddedVideoFile", place);
    } else {
        metadata_tags_take (tags, "MotionPhotoVideo", place);
    }
}

static void
find_parts (Span file, MetadataParts *parts)
{
    if (metadata_jpeg_walk (file, parts) || metadata_png_walk (file, parts) ||
        metadata_webp_walk (file, parts) || metadata_gif_walk (file, parts) ||
        metadata_heif_walk (file, parts))
        return;
    metadata_jxl_walk (file, parts);
}

static Span
take_raw (GExiv2Metadata *exif, const char *key, MetadataParts *parts)
{
    GBytes *bytes = NULL;

    if (!gexiv2_metadata_try_has_tag (exif, key, NULL))
        return (Span){ NULL, 0 };
    bytes = gexiv2_metadata_try_get_tag_raw (exif, key, NULL);
    return bytes == NULL ? (Span){ NULL, 0 } : metadata_parts_own (parts, bytes);
}

static void
read_file (Span file, MetadataTags *tags)
{
    g_autoptr (GExiv2Metadata) exif = NULL;
    MetadataParts parts;
    MetadataTags xmp, iptc;
    gint64 width, height;
    gboolean iptc_is_newer;

    metadata_parts_init (&parts);
    metadata_tags_init (&xmp);
    metadata_tags_init (&iptc);
    find_parts (file, &parts);
    width = parts.width;
    height = parts.height;

    if (parts.kind == NULL) { /* TIFF, RAW, PSD and JPEG 2000 files: Exiv2 walks them itself */
        exif = metadata_exiv2_open (file);
        if (exif != NULL) {
            g_autofree char *packet = gexiv2_metadata_try_get_xmp_packet (exif, NULL);
            width = gexiv2_metadata_get_pixel_width (exif);
            height = gexiv2_metadata_get_pixel_height (exif);
            parts.icc = take_raw (exif, "Exif.Image.InterColorProfile", &parts);
            parts.iptc = take_raw (exif, "Exif.Image.IPTCNAA", &parts);
            parts.photoshop = take_raw (exif, "Exif.Image.ImageResources", &parts);
            if (packet != NULL)
                metadata_xmp_read ((Span){ (const guint8 *) packet, strlen (packet) }, &xmp);
        }
    } else if (parts.exif.n > 0) {
        exif = metadata_exiv2_open (parts.exif);
    }
    if (exif == NULL)
        exif = metadata_exiv2_new ();

    write_shape (&parts, width, height, tags);
    write_motion_video (&parts, file, tags);
    iptc_is_newer = metadata_iptc_read (parts.photoshop, parts.iptc, &iptc);
    for (guint i = 0; i < parts.n_xmp; i++)
        metadata_xmp_read (parts.xmp[i], &xmp);
    copy_tag (tags, &xmp, "Rating", "Rating"); /* the one tag whose XMP value beats Exif's */
    if (exif != NULL)
        metadata_exif_read (exif, tags);
    metadata_ciff_read (parts.ciff, tags);
    metadata_picture_info_read (parts.picture_info, tags);
    merge (tags, &xmp, &iptc, iptc_is_newer);
    if (parts.description != NULL)
        metadata_tags_text (tags, "Description", parts.description, -1);
    metadata_icc_read (parts.icc, tags);
    if (exif != NULL)
        metadata_lens_read (exif, tags);

    metadata_tags_clear (&xmp);
    metadata_tags_clear (&iptc);
    metadata_parts_clear (&parts);
}

/* ---- JSON ---- */

static int
append_json (const char *text, size_t n, void *out)
{
    g_string_append_len (out, text, (gssize) n);
    return 0;
}

/* Escapes may make texts six times as long as counted; then the lists go, and at last all. */
static void
write_json (json_t *root, GString *out)
{
    static const char *const large[] = {
        "RegionInfo", "ContainerDirectory", "HierarchicalSubject", "TagsList", "Subject", "Keywords"
    };
    static const char *const sources[] = { "sidecar", "file" };

    g_string_truncate (out, 0);
    json_dump_callback (root, append_json, out, JSON_COMPACT);
    for (gsize i = 0; out->len > METADATA_JSON_BYTES && i < G_N_ELEMENTS (large); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS (sources); k++)
            json_object_del (json_object_get (root, sources[k]), large[i]);
        g_string_truncate (out, 0);
        json_dump_callback (root, append_json, out, JSON_COMPACT);
    }
    if (out->len > METADATA_JSON_BYTES)
        g_string_assign (out, "{\"file\":{}}");
}

/* A sidecar that cannot be read must not cost the original its tags; that it is missing in the answer tells
 * whoever gave it. Takes @root. */
static void
finish (json_t *root, int sidecar_fd, GString *out_json)
{
    g_auto (FileMap) sidecar = { 0 };
    g_autoptr (GError) why = NULL;
    MetadataTags tags;

    if (sidecar_fd >= 0 &&
        file_map_open (&sidecar, sidecar_fd, MAX_SIDECAR_BYTES, "sidecar", &why)) {
        metadata_tags_init (&tags);
        if (read_sidecar (sidecar.span, &tags))
            json_object_set (root, "sidecar", tags.object);
        metadata_tags_clear (&tags);
    }
    write_json (root, out_json);
    json_decref (root);
}

gboolean
metadata_read (int fd, int sidecar_fd, const char *extension, GString *out_json, GError **error)
{
    g_auto (FileMap) file = { 0 };
    MetadataTags tags;
    json_t *root;

    if (!file_map_open (&file, fd, MAX_MAPPED_BYTES, "original", error))
        return FALSE;
    metadata_exiv2_init ();
    root = json_object ();
    metadata_tags_init (&tags);
    read_file (file.span, &tags);
    json_object_set (root, "file", tags.object);
    metadata_tags_clear (&tags);
    finish (root, sidecar_fd, out_json);
    return TRUE;
}

gboolean
metadata_read_video (int fd, int sidecar_fd, GString *out_json, GError **error)
{
    GError *why = NULL;
    MetadataTags tags;
    json_t *root = json_object (), *probe = json_object ();

    metadata_exiv2_init ();
    metadata_tags_init (&tags);
    if (video_probe (fd, &tags, probe, &why))
        json_object_set (root, "probe", probe);
    json_object_set (root, "file", tags.object);
    metadata_tags_clear (&tags);
    json_decref (probe);
    if (g_error_matches (why, APP_ERROR, APP_ERROR_IO)) {
        json_decref (root);
        g_propagate_error (error, why);
        return FALSE;
    }
    g_clear_error (&why);
    finish (root, sidecar_fd, out_json);
    return TRUE;
}
