/* transcode_hardware.c -- see transcode_hardware.h */
#include "media/transcode_hardware.h"
#include <math.h>
#include <string.h>
#include "media/transcode_words.h"

#define USUAL_GOP 256

static const struct {
    const char *name, *suffix; /* in the settings; of ffmpeg's encoders */
    const char *codecs;
} kinds[] = {
    [HARDWARE_NONE] = { "disabled", "", "" },
    [HARDWARE_NVENC] = { "nvenc", "nvenc", "h264 hevc av1" },
    [HARDWARE_QSV] = { "qsv", "qsv", "h264 hevc vp9 av1" },
    [HARDWARE_VAAPI] = { "vaapi", "vaapi", "h264 hevc vp9 av1" },
    [HARDWARE_RKMPP] = { "rkmpp", "rkmpp", "h264 hevc" },
};

/* ---- the device ---- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Paths of what is in @folder under these first letters, by name. */
static void
list_devices (const char *folder, const char *prefix, Arena *arena, GPtrArray *out)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    guint n_before = out->len;
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        if (g_str_has_prefix (name, prefix))
            g_ptr_array_add (out, (gpointer) arena_printf (arena, "%s/%s", folder, name));
    if (out->len > n_before)
        qsort (out->pdata + n_before, out->len - n_before, sizeof *out->pdata, compare_names);
}

/* The one that is set, or the last. */
static const char *
choose_render_node (const GPtrArray *nodes, const char *preferred)
{
    const char *slash = strrchr (preferred, '/');
    const char *wanted = slash != NULL ? slash + 1 : preferred;

    if (strcmp (wanted, "auto") == 0 || *wanted == '\0')
        return nodes->len > 0 ? nodes->pdata[nodes->len - 1] : NULL;
    for (guint i = 0; i < nodes->len; i++)
        if (g_str_has_suffix (nodes->pdata[i], wanted) &&
            ((const char *) nodes->pdata[i])[strlen (nodes->pdata[i]) - strlen (wanted) - 1] == '/')
            return nodes->pdata[i];
    return NULL;
}

static void
keep (const GPtrArray *paths, Arena *arena, Hardware *out)
{
    const char **devices = arena_new_array (arena, const char *, paths->len + 1);

    for (guint i = 0; i < paths->len; i++)
        devices[i] = paths->pdata[i];
    devices[paths->len] = NULL;
    out->devices = devices;
}

static gboolean
find_nvenc (const char *folder, Arena *arena, Hardware *out)
{
    g_autoptr (GPtrArray) paths = g_ptr_array_new ();

    list_devices (folder, "nvidia", arena, paths);
    keep (paths, arena, out);
    return paths->len > 0;
}

static gboolean
find_render_node (const char *folder, const char *preferred, Arena *arena, Hardware *out)
{
    const char *dri = arena_printf (arena, "%s/dri", folder);
    g_autoptr (GPtrArray) paths = g_ptr_array_new ();

    list_devices (dri, "renderD", arena, paths);
    out->device = choose_render_node (paths, preferred);
    g_ptr_array_set_size (paths, 0);
    if (out->device != NULL)
        g_ptr_array_add (paths, (gpointer) out->device);
    keep (paths, arena, out);
    return out->device != NULL;
}

static gboolean
find_rkmpp (const char *folder, Arena *arena, Hardware *out)
{
    g_autoptr (GPtrArray) paths = g_ptr_array_new ();
    gboolean found;

    list_devices (folder, "mpp_service", arena, paths);
    found = paths->len > 0;
    list_devices (folder, "rga", arena, paths);
    list_devices (folder, "mali", arena, paths);
    list_devices (arena_printf (arena, "%s/dri", folder), "renderD", arena, paths);
    list_devices (arena_printf (arena, "%s/dma_heap", folder), "", arena, paths);
    keep (paths, arena, out);
    return found;
}

gboolean
hardware_encodes (HardwareKind kind, const char *codec)
{
    g_auto (GStrv) codecs = g_strsplit (kinds[kind].codecs, " ", -1);

    return g_strv_contains ((const char *const *) codecs, codec);
}

gboolean
hardware_find (const char *accel, const char *preferred, const char *codec, const char *folder,
               Arena *arena, Hardware *out, const char **out_reason)
{
    Hardware found = { .kind = HARDWARE_NONE };
    gboolean is_there = FALSE;

    for (guint i = 1; i < G_N_ELEMENTS (kinds); i++)
        if (strcmp (kinds[i].name, accel) == 0)
            found.kind = (HardwareKind) i;
    *out = (Hardware){ .kind = HARDWARE_NONE };
    if (found.kind == HARDWARE_NONE)
        return TRUE;
    if (!hardware_encodes (found.kind, codec)) {
        *out_reason = arena_printf (arena, "%s does not encode %s", accel, codec);
        return FALSE;
    }
    if (found.kind == HARDWARE_NVENC)
        is_there = find_nvenc (folder, arena, &found);
    else if (found.kind == HARDWARE_RKMPP)
        is_there = find_rkmpp (folder, arena, &found);
    else
        is_there = find_render_node (folder, preferred, arena, &found);
    if (!is_there) {
        static const char *const what[] = { [HARDWARE_NVENC] = "nvidia0",
                                            [HARDWARE_QSV] = "dri/renderD*",
                                            [HARDWARE_VAAPI] = "dri/renderD*",
                                            [HARDWARE_RKMPP] = "mpp_service" };

        *out_reason =
            arena_printf (arena, "there is no device '%s/%s'%s%s", folder, what[found.kind],
                          strcmp (preferred, "auto") != 0 ? " of the name " : "",
                          strcmp (preferred, "auto") != 0 ? preferred : "");
        return FALSE;
    }
    *out = found;
    return TRUE;
}

/* ---- the words ---- */

gboolean
hardware_decodes (const VideoFacts *facts, const TranscodeSettings *settings)
{
    return settings->hardware.kind != HARDWARE_NONE && settings->decodes_by_hardware &&
           !words_needs_tone_map (facts, settings);
}

void
hardware_add_input (GPtrArray *words, const TranscodeSettings *settings, gboolean decodes)
{
    static const struct {
        const char *method, *frames;
    } decoders[] = { [HARDWARE_NVENC] = { "cuda", "cuda" },
                     [HARDWARE_QSV] = { "qsv", "qsv" },
                     [HARDWARE_VAAPI] = { "vaapi", "vaapi" },
                     [HARDWARE_RKMPP] = { "rkmpp", "drm_prime" } };
    const Hardware *hardware = &settings->hardware;

    switch (hardware->kind) {
    case HARDWARE_NONE:
        return;
    case HARDWARE_NVENC:
        words_add_pair (words, "-init_hw_device", "cuda=device:0");
        break;
    case HARDWARE_QSV:
        words_add_printf (words, "-init_hw_device", "qsv=device,child_device=%s", hardware->device);
        break;
    case HARDWARE_VAAPI:
        words_add_printf (words, "-init_hw_device", "vaapi=device:%s", hardware->device);
        break;
    case HARDWARE_RKMPP:
        words_add_pair (words, "-init_hw_device", "rkmpp=device");
        break;
    }
    words_add_pair (words, "-filter_hw_device", "device");
    if (!decodes)
        return;
    words_add_pair (words, "-hwaccel", decoders[hardware->kind].method);
    words_add_pair (words, "-hwaccel_output_format", decoders[hardware->kind].frames);
    words_add (words, "-noautorotate");
}

static void
add_nvenc (GPtrArray *words, const TranscodeSettings *settings, int speed, double max)
{
    words_add_pair (words, "-tune", "hq");
    words_add_pair (words, "-qmin", "0");
    words_add_pair (words, "-rc-lookahead", "20");
    words_add_pair (words, "-i_qfactor", "0.75");
    words_add_printf (words, "-preset", "p%d", 7 - MIN (6, speed));
    if (settings->b_frames > 0) {
        words_add_pair (words, "-b_ref_mode", "middle");
        words_add_pair (words, "-b_qfactor", "1.1");
    }
    if (settings->temporal_aq)
        words_add_pair (words, "-temporal-aq", "1");
    words_add_printf (words, "-cq:v", "%d", settings->crf);
    if (max > 0) {
        words_add_printf (words, "-maxrate", "%gk", max);
        words_add_printf (words, "-bufsize", "%gk", ceil (max / 1.45));
    }
    if (settings->two_pass)
        words_add_pair (words, "-multipass", "2");
    if (settings->has_fixed_gop) {
        words_add_pair (words, "-forced-idr", "1");
        words_add_pair (words, "-no-scenecut", "1");
    }
}

static void
add_qsv (GPtrArray *words, const TranscodeSettings *settings, int speed, double max)
{
    gboolean is_vp9 = strcmp (settings->video_codec, "vp9") == 0;

    words_add_printf (words, "-preset", "%d", MIN (6, speed) + 1);
    if (is_vp9)
        words_add_pair (words, "-low_power", "1");
    words_add_printf (words, settings->by_quantizer || is_vp9 ? "-q:v" : "-global_quality:v", "%d",
                      settings->crf);
    if (max > 0) {
        words_add_printf (words, "-maxrate", "%gk", max);
        words_add_printf (words, "-bufsize", "%gk", max * 2);
    }
    if (settings->has_fixed_gop)
        words_add_pair (words, "-forced_idr", "1");
}

static void
add_vaapi (GPtrArray *words, const TranscodeSettings *settings, int speed, double max)
{
    words_add_printf (words, "-compression_level", "%d", MIN (6, speed) + 1);
    if (max > 0) {
        double target = ceil (max / 1.45);

        words_add_printf (words, "-b:v", "%gk", target);
        words_add_printf (words, "-maxrate", "%gk", max);
        words_add_printf (words, "-minrate", "%gk", target / 2);
        words_add_pair (words, "-rc_mode", "3"); /* variable bit rate */
        return;
    }
    if (!settings->by_quality)
        words_add_printf (words, "-qp:v", "%d", settings->crf);
    words_add_printf (words, "-global_quality:v", "%d", settings->crf);
    words_add_pair (words, "-rc_mode", settings->by_quality ? "4" : "1");
}

static void
add_rkmpp (GPtrArray *words, const TranscodeSettings *settings, double max)
{
    words_add_pair (words, "-level", strcmp (settings->video_codec, "hevc") == 0 ? "153" : "51");
    if (max > 0) {
        words_add_pair (words, "-rc_mode", "AVBR");
        words_add_printf (words, "-b:v", "%gk", max);
        return;
    }
    words_add_pair (words, "-rc_mode", "CQP");
    words_add_printf (words, "-qp_init", "%d", settings->crf);
}

static void
add_counts (GPtrArray *words, const TranscodeSettings *settings)
{
    gboolean is_qsv = settings->hardware.kind == HARDWARE_QSV;
    int b_frames = settings->b_frames < 0 && is_qsv ? 7 : settings->b_frames;
    int refs = settings->refs == 0 && is_qsv ? 5 : settings->refs;

    if (b_frames > -1)
        words_add_printf (words, "-bf", "%d", b_frames);
    if (refs > 0)
        words_add_printf (words, "-refs", "%d", refs);
    words_add_printf (words, "-g", "%d", settings->gop > 0 ? settings->gop : USUAL_GOP);
}

void
hardware_add_encoder (GPtrArray *words, const TranscodeSettings *settings)
{
    double max = words_encoder_rate (settings->max_rate);
    int speed = words_preset_index (settings->preset);

    words_add_printf (words, "-c:v", "%s_%s", settings->video_codec,
                      kinds[settings->hardware.kind].suffix);
    add_counts (words, settings);
    switch (settings->hardware.kind) {
    case HARDWARE_NVENC:
        add_nvenc (words, settings, speed, max);
        break;
    case HARDWARE_QSV:
        add_qsv (words, settings, speed, max);
        break;
    case HARDWARE_VAAPI:
        add_vaapi (words, settings, speed, max);
        break;
    case HARDWARE_RKMPP:
        add_rkmpp (words, settings, max);
        break;
    case HARDWARE_NONE:
        break;
    }
}

/* Frames on the device are not turned: what is shown as width is stored as height then. */
void
hardware_add_filters (GString *filters, const VideoFacts *facts, const TranscodeSettings *settings)
{
    static const char *const scalers[] = { [HARDWARE_NVENC] = "scale_cuda",
                                           [HARDWARE_QSV] = "scale_qsv",
                                           [HARDWARE_VAAPI] = "scale_vaapi",
                                           [HARDWARE_RKMPP] = "scale_rkrga" };
    HardwareKind kind = settings->hardware.kind;
    PictureSize size = words_picture_size (facts, settings);
    gboolean is_plain = g_str_has_suffix (facts->pixel_format, "420p");
    int rest = kind == HARDWARE_QSV ? -1 : -2; /* the word for 'as the shape asks' */

    if (size.width == 0 && is_plain)
        return;
    if (facts->is_turned)
        size = (PictureSize){ size.height, size.width };
    g_string_append_printf (filters, "%s=", scalers[kind]);
    if (size.width != 0)
        g_string_append_printf (filters, "w=%d:h=%d:", size.width < 0 ? rest : size.width,
                                size.height < 0 ? rest : size.height);
    g_string_append (filters, "format=nv12,");
}

void
hardware_add_upload (GString *filters, const TranscodeSettings *settings)
{
    static const char *const uploads[] = { [HARDWARE_NONE] = "",
                                           [HARDWARE_NVENC] = "format=nv12,hwupload_cuda,",
                                           [HARDWARE_QSV] =
                                               "format=nv12,hwupload=extra_hw_frames=64,",
                                           [HARDWARE_VAAPI] = "format=nv12,hwupload,",
                                           [HARDWARE_RKMPP] = "format=nv12," };

    g_string_append (filters, uploads[settings->hardware.kind]);
}
