/* transcode_words.h -- words for ffmpeg, one after the other (internal to the plans of src/media) */
#pragma once
#include "media/transcode_plan.h"

void words_add (GPtrArray *words, const char *word);
void words_add_pair (GPtrArray *words, const char *option, const char *value);
void words_add_printf (GPtrArray *words, const char *option, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/** In kbit/s: "4500k" and "4.5m" are 4500; a number alone counts in @bare_unit. 0: no limit. */
double words_parse_rate (const char *text, double bare_unit);
/** The same as the encoders take it: a number alone is kbit/s. */
double words_encoder_rate (const char *text);
/** 0 for veryslow to 8 for ultrafast. */
int words_preset_index (const char *preset);

/** The sides of the picture as filters make it. */
typedef struct {
    int width, height; /* 0: as it is; -2: whatever keeps the shape, even */
} PictureSize;

/** HDR to the colours of ordinary screens, ready to be followed by more filters. */
void words_add_tone_map (GString *filters, const VideoFacts *facts,
                         const TranscodeSettings *settings);
gboolean words_needs_tone_map (const VideoFacts *facts, const TranscodeSettings *settings);
/** "a,b," -> "a,b" as the value of -vf; nothing for "". */
void words_add_filters (GPtrArray *words, GString *filters);
/** As large as the settings ask for; a picture is never made larger. */
PictureSize words_picture_size (const VideoFacts *facts, const TranscodeSettings *settings);

/** What comes before -i in every plan: of all protocols only the file, no questions. */
void words_add_start (GPtrArray *words);
/** The encoder in software with its options of speed and quality; no filters. */
void words_add_encoder (GPtrArray *words, const TranscodeSettings *settings, int n_passes, int pass,
                        const char *folder);
void words_add_sound (GPtrArray *words, const VideoFacts *facts, const TranscodeSettings *settings,
                      gboolean is_encoded);
