/* video_date.h -- when a video was recorded, where libavformat keeps it to itself */
#pragma once
#include "worker/metadata_tags.h"
#include "worker/video_file.h"

/** Of a Windows Media file CreationDate, of a camcorder's transport stream DateTimeOriginal; of others nothing.
 *  Reads some packets of the file. */
void video_date_read (const VideoFile *file, MetadataTags *tags);
