/* video_probe.c -- see video_probe.h */
#define G_LOG_DOMAIN "video"
#include "worker/video_probe.h"
#include <math.h>
#include <string.h>
#include <libavutil/pixdesc.h>
#include <libavutil/spherical.h>
#include "worker/metadata_xmp.h"
#include "worker/video_date.h"
#include "worker/video_file.h"

#define TIME_LIMIT_S 30

/* Where phones and cameras write what; the first that is there counts. */
static const struct {
    const char *key; /* as libavformat calls it */
    const char *tag;
} known_keys[] = {
    { "com.apple.quicktime.creationdate", "CreationDate" },
    { "com.apple.quicktime.content.identifier", "ContentIdentifier" },
    { "com.apple.quicktime.make", "Make" },
    { "com.apple.quicktime.model", "Model" },
    { "com.apple.quicktime.software", "Software" },
    { "com.apple.quicktime.description", "Description" },
    { "com.android.manufacturer", "AndroidMake" },
    { "com.android.model", "AndroidModel" },
    { "make", "Make" },
    { "model", "Model" },
    { "description", "Description" },
    { "DATE_RECORDED", "DateTimeOriginal" }, /* of Matroska */
};

static const char *const position_keys[] = { "com.apple.quicktime.location.ISO6709", "location",
                                             "location-eng", NULL };

static const char *
get_text (const AVDictionary *metadata, const char *key)
{
    const AVDictionaryEntry *entry = av_dict_get (metadata, key, NULL, 0);

    return entry != NULL ? entry->value : NULL;
}

/* One coordinate of ISO 6709: degrees, DDMM or DDDMM minutes, or with seconds, by its digits. */
static gboolean
take_coordinate (const char **at, int n_degree_digits, double *out)
{
    const char *text = *at;
    int n_digits = 0;
    char *end;
    double value, seconds, minutes;

    if (*text != '+' && *text != '-')
        return FALSE;
    while (g_ascii_isdigit (text[1 + n_digits]))
        n_digits++;
    value = g_ascii_strtod (text + 1, &end);
    if (n_digits == n_degree_digits + 2) {
        minutes = fmod (value, 100);
        value = floor (value / 100) + minutes / 60;
    } else if (n_digits == n_degree_digits + 4) {
        seconds = fmod (value, 100);
        minutes = fmod (floor (value / 100), 100);
        value = floor (value / 10000) + minutes / 60 + seconds / 3600;
    } else if (n_digits < 1 || n_digits > n_degree_digits) {
        return FALSE;
    }
    *out = *text == '-' ? -value : value;
    *at = end;
    return TRUE;
}

static void
read_position (const AVDictionary *metadata, MetadataTags *tags)
{
    for (guint i = 0; position_keys[i] != NULL; i++) {
        const char *text = get_text (metadata, position_keys[i]);
        double latitude, longitude;

        if (text == NULL || !take_coordinate (&text, 2, &latitude) ||
            !take_coordinate (&text, 3, &longitude))
            continue;
        metadata_tags_number (tags, "GPSLatitude", latitude);
        metadata_tags_number (tags, "GPSLongitude", longitude);
        return;
    }
}

/* libavformat writes 2022-07-24T21:10:56.000000Z, of AVI also 2004-01-05 12:34; in the file there is no zone. */
static void
read_date (const AVDictionary *metadata, const char *tag, MetadataTags *tags)
{
    const char *text = get_text (metadata, "creation_time");

    if (text != NULL && strlen (text) >= 16)
        metadata_tags_text (tags, tag, text, (gssize) MIN (strlen (text), 19));
}

static void
read_projection (const AVStream *stream, MetadataTags *tags)
{
    const AVSphericalMapping *mapping =
        (const AVSphericalMapping *) video_file_side_data (stream, AV_PKT_DATA_SPHERICAL);

    if (mapping != NULL)
        metadata_tags_text (tags, "ProjectionType",
                            av_spherical_projection_name (mapping->projection), -1);
}

static void
read_tags (const VideoFile *file, MetadataTags *tags)
{
    const AVDictionary *metadata = file->format->metadata;
    const char *packet = get_text (metadata, "xmp");

    for (gsize i = 0; i < G_N_ELEMENTS (known_keys); i++) {
        const char *text = get_text (metadata, known_keys[i].key);

        if (text != NULL && *text != '\0')
            metadata_tags_text (tags, known_keys[i].tag, text, -1);
    }
    read_position (metadata, tags);
    read_date (metadata, "CreateDate", tags);
    if (file->video != NULL) {
        read_date (file->video->metadata, "MediaCreateDate", tags);
        read_projection (file->video, tags);
    }
    if (packet != NULL)
        metadata_xmp_read ((Span){ (const guint8 *) packet, strlen (packet) }, tags);
}

/* ---- streams ---- */

static void
set_text (json_t *object, const char *name, const char *text)
{
    if (text != NULL && strcmp (text, "unknown") != 0)
        json_object_set_new (object, name, json_string (text));
}

static void
set_integer (json_t *object, const char *name, gint64 value)
{
    if (value > 0)
        json_object_set_new (object, name, json_integer (value));
}

static json_t *
describe_stream (const AVStream *stream)
{
    const AVCodecParameters *codec = stream->codecpar;
    json_t *object = json_object ();

    json_object_set_new (object, "index", json_integer (stream->index));
    set_text (object, "codec", avcodec_get_name (codec->codec_id));
    set_text (object, "profile", avcodec_profile_name (codec->codec_id, codec->profile));
    set_integer (object, "bitRate", codec->bit_rate);
    return object;
}

static json_t *
describe_video (const AVStream *stream)
{
    const AVCodecParameters *codec = stream->codecpar;
    json_t *object = describe_stream (stream);

    set_integer (object, "level", codec->level);
    set_integer (object, "frames", stream->nb_frames);
    set_text (object, "pixelFormat", av_get_pix_fmt_name (codec->format));
    set_text (object, "colorPrimaries", av_color_primaries_name (codec->color_primaries));
    set_text (object, "colorTransfer", av_color_transfer_name (codec->color_trc));
    set_text (object, "colorSpace", av_color_space_name (codec->color_space));
    json_object_set_new (object, "isHdr", json_boolean (video_is_hdr (codec->color_trc)));
    return object;
}

static json_t *
describe_audio (const AVStream *stream)
{
    json_t *object = describe_stream (stream);

#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(59, 24, 100)
    set_integer (object, "channels", stream->codecpar->ch_layout.nb_channels);
#else
    set_integer (object, "channels", stream->codecpar->channels);
#endif
    return object;
}

static void
set_number (json_t *object, const char *name, double value)
{
    if (isfinite (value) && value > 0)
        json_object_set_new (object, name, json_real (value));
}

static void
describe (const VideoFile *file, json_t *probe)
{
    int width, height;

    set_text (probe, "Format", file->format->iformat->name);
    if (file->format->duration != AV_NOPTS_VALUE)
        set_number (probe, "Duration", (double) file->format->duration / AV_TIME_BASE);
    set_integer (probe, "BitRate", file->format->bit_rate);
    if (video_file_size (file, &width, &height)) {
        const AVStream *stream = file->video;
        double rate = video_file_rate (stream);

        json_object_set_new (probe, "Width", json_integer (width));
        json_object_set_new (probe, "Height", json_integer (height));
        json_object_set_new (probe, "Rotation", json_integer (video_file_rotation (file)));
        if (rate > 0)
            set_number (probe, "VideoFrameRate", rate);
        json_object_set_new (probe, "video", describe_video (stream));
    }
    if (file->audio != NULL)
        json_object_set_new (probe, "audio", describe_audio (file->audio));
}

gboolean
video_probe (int fd, MetadataTags *tags, json_t *probe, GError **error)
{
    g_autoptr (VideoFile) file = video_file_open (fd, TIME_LIMIT_S, error);

    if (file == NULL)
        return FALSE;
    read_tags (file, tags);
    video_date_read (file, tags);
    describe (file, probe);
    return TRUE;
}
