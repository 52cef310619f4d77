/* transcode_plan.h -- whether a video is made playable, and the words that tell ffmpeg how
 *
 * Rules only: nothing is run, no file is opened. The same input gives the same plan. */
#pragma once
#include <glib.h>
#include "base/arena.h"
#include "base/descriptor.h"

/** What the worker's probe said, see worker/video_probe.h. Texts never NULL, "" for unknown. */
typedef struct {
    const char *container; /* as the settings call it: mov, webm, avi, ... */
    gboolean has_video, has_audio;
    int video_index, audio_index; /* streams in the file */
    const char *video_codec, *audio_codec;
    const char *pixel_format;
    const char *color_primaries, *color_transfer, *color_space;
    gboolean is_hdr;
    gint64 video_bit_rate; /* bit/s, 0: unknown */
    int width, height;     /* as it is shown */
    gboolean is_turned;    /* its pictures are stored as high as it is wide */
    double frame_rate;     /* per second, the mean; 0: unknown */
    gint64 n_frames;       /* 0: unknown */
    int channels;
    double duration_s; /* 0: unknown */
} VideoFacts;

/** @return FALSE with APP_ERROR_MEDIA when there is no probe in it: the file is not readable as a video */
gboolean video_facts_read (const char *metadata_json, Arena *arena, VideoFacts *out,
                           GError **error);

typedef enum {
    TRANSCODE_ALL,
    TRANSCODE_OPTIMAL,
    TRANSCODE_BITRATE,
    TRANSCODE_REQUIRED,
    TRANSCODE_DISABLED
} TranscodeWhen;

typedef enum {
    HARDWARE_NONE,
    HARDWARE_NVENC,
    HARDWARE_QSV,
    HARDWARE_VAAPI,
    HARDWARE_RKMPP
} HardwareKind;

/** What encodes, see transcode_hardware.h. */
typedef struct {
    HardwareKind kind;
    const char *device;         /* path of the one to work with; NULL: the driver finds it */
    const char *const *devices; /* all files that it takes, ends with NULL */
} Hardware;

/** The part of the system config that concerns encoding. */
typedef struct {
    TranscodeWhen when;
    gboolean is_bare; /* a copy is needed anyway, which tells nothing but picture and sound */
    const char *video_codec, *audio_codec; /* to make */
    StringList accepted_video, accepted_audio, accepted_containers;
    int crf;
    gboolean by_quantizer; /* cqMode cqp */
    gboolean by_quality;   /* cqMode icq; only devices tell it from auto */
    const char *preset;    /* ultrafast to veryslow */
    int threads;           /* 0: as many as the encoder wants */
    int short_side;        /* of the result; 0: as the original */
    const char *max_rate;  /* "0": no limit; a number, maybe with k or m */
    int b_frames, refs, gop;
    gboolean has_fixed_gop; /* key frames stand exactly @gop frames apart */
    gboolean two_pass;
    const char *tone_map; /* hable, mobius, reinhard, disabled */
    Hardware hardware;
    gboolean decodes_by_hardware, temporal_aq; /* only with a device */
} TranscodeSettings;

typedef struct {
    gboolean is_needed;     /* FALSE: the original plays as it is */
    gboolean encodes_video; /* FALSE: its stream is copied */
    gboolean encodes_audio;
    int n_passes;
} TranscodePlan;

void transcode_decide (const VideoFacts *facts, const TranscodeSettings *settings,
                       TranscodePlan *out);

/** The arguments of ffmpeg for one pass, without the program's name; ends with NULL.
 *  @param pass    1 to plan->n_passes
 *  @param folder  where logs of the passes go
 *  @param output  written by the last pass */
char **transcode_arguments (const VideoFacts *facts, const TranscodeSettings *settings,
                            const TranscodePlan *plan, int pass, const char *input,
                            const char *folder, const char *output);
