/* facts_extra.h -- tags, faces and motion videos from a file's metadata */
#pragma once
#include <jansson.h>
#include "media/facts.h"

/** The first list that is present: TagsList, HierarchicalSubject, Keywords. */
void facts_find_tags (const json_t *tags, Arena *arena, AssetFacts *out);
/** Named regions; needs orientation. */
void facts_find_faces (const json_t *tags, Arena *arena, AssetFacts *out);
/** Where the video of a motion photo lies; needs size_bytes. */
void facts_find_motion (const json_t *tags, AssetFacts *out);
