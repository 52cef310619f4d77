/* protocol.h -- how the server and a media worker talk
 *
 * They share a SOCK_SEQPACKET socket pair; the worker's end is descriptor 3. One request, one reply,
 * then the next. A message is JSON text, cut into packets: the first byte of each is 'm' (more
 * follows) or 'e' (the last one), the rest is text. Open descriptors ride on a request's first
 * packet; the worker closes them when it has replied. No path ever crosses.
 *
 * When it is shut in and ready, a worker says, unasked and once:
 *     {"ready": true, "sandbox": {"landlock": 4, "seccomp": true}}
 *     landlock is the version of the kernel's interface, 0 without.
 *
 * Then, request -> reply:
 *
 * {"op": "metadata", "extension": ".jpg", "video": false, "sidecar": false} -> the tags, see
 *     worker/metadata.h
 *     descriptors: the file, then its sidecar when sidecar is true.
 *
 * {"op": "render", "extension": ".jpg", "video": false, "processInvalid": false, "pixelLimit": 500000000,
 *  "embedded": 0, "colorspace": "p3", "thumbhash": true, "likeness": true,
 *  "edits": [{"action": "crop", "parameters": {"x": 0, "y": 0, "width": 10, "height": 10}},
 *            {"action": "rotate", "parameters": {"angle": 90}},
 *            {"action": "mirror", "parameters": {"axis": "horizontal"}}],
 *  "outputs": [{"kind": "preview", "format": "jpeg", "size": 1440, "quality": 80,
 *               "progressive": false}]}
 *     descriptors: the file (read-only), then one empty regular file (write-only) for each output.
 *     extension is a hint for what content alone does not tell (camera raw files that are TIFFs).
 *     embedded is for camera raw files: the JPEG that the camera put in is shown when its short side has at
 *     least so many pixels; 0: only when the raw picture itself cannot be decoded.
 *     size is the short side in pixels, 0: as large as the original. edits work on the upright
 *     original, in order. Everything but op may be left out; the values above are the defaults,
 *     edits and outputs are empty by default, thumbhash and likeness are false. Of a video a frame that
 *     shows something is taken; it has no edits.
 *     "face": {"x1": 400, "y1": 300, "x2": 700, "y2": 650, "imageWidth": 1800, "imageHeight": 1440}
 *     in place of edits: the outputs show the square around that box, which was drawn on the upright
 *     original as large as that; see worker/face_square.h.
 * -> {"width": 4032, "height": 3024, "hasAlpha": false, "frames": 1, "format": "jpeg",
 *     "thumbhash": "base64 or null", "likeness": "base64 or null",
 *     "outputs": [{"width": 1920, "height": 1440, "bytes": 181340, "isTransparent": false}]}
 *     width and height are those of the upright original, before edits. likeness is 8 bytes of a hash
 *     and 48 of colours (worker/likeness.h), null also when there is nothing to be seen.
 *
 * {"op": "sidecar", "existing": true, "tags": {"Rating": 3, "TagsList": ["sea"]}}
 *     -> {"written": ["Rating", "TagsList"]}, see worker/sidecar.h
 *     descriptors: the sidecar as it is (read-only) when existing is true, then an empty regular file.
 *
 * Any of them -> {"error": {"code": "damaged", "message": "the file ends too early"}}
 *     The message is for people and names what is wrong with the file or the request. */
#pragma once
#include <glib.h>

#define WORKER_SOCKET_FD 3
#define WORKER_MAX_FDS 16
#define WORKER_REQUEST_MAX_BYTES (1024 * 1024) /* the longest description, all of it escaped */
#define WORKER_REPLY_MAX_BYTES (16 * 1024 * 1024)
#define WORKER_MAX_OUTPUTS (WORKER_MAX_FDS - 1)

#define WORKER_LIKENESS_HASH_BYTES 8 /* one bit of difference after another: compare by counting */
#define WORKER_LIKENESS_BYTES 56     /* the rest: 4 x 4 RGB means, rows from the top */

/* the codes of errors */
#define WORKER_ERROR_REQUEST "request" /* the server asked for something impossible */
#define WORKER_ERROR_UNSUPPORTED                                                                   \
    "unsupported"                      /* not a picture, or of a kind that is not built in */
#define WORKER_ERROR_DAMAGED "damaged" /* the content breaks its format's rules */
#define WORKER_ERROR_LIMIT "limit"     /* over a limit of pixels, bytes or memory */
#define WORKER_ERROR_OUTPUT "output"   /* a result could not be made or written */

/* the worker's arguments; its environment is empty */
#define WORKER_ARG_MEMORY_MB                                                                       \
    "--memory-mb=" /* a worker: address space on top of its start; ffmpeg: what it can write to */
#define WORKER_ARG_OUTPUT_MB "--output-mb=" /* of one output file */
#define WORKER_ARG_PARENT "--parent="       /* process id; the worker ends with it */
#define WORKER_ARG_REQUIRE_SANDBOX "--require-sandbox"

/* more arguments of tintype-transcoder, see transcoder.c */
#define TRANSCODER_ARG_INPUT "--input="   /* the only file it can read */
#define TRANSCODER_ARG_FOLDER "--folder=" /* the only place it can write to */
#define TRANSCODER_ARG_DEVICE                                                                      \
    "--device=" /* that it may use besides; up to TRANSCODER_MAX_DEVICES times */
#define TRANSCODER_ARG_NICENESS "--niceness="
#define TRANSCODER_MAX_DEVICES 16

typedef enum {
    CHANNEL_OK,
    CHANNEL_CLOSED,  /* the other side is gone */
    CHANNEL_TIMEOUT, /* nothing came until the deadline */
    CHANNEL_BROKEN,  /* what came breaks the rules above, or the socket failed (errno) */
} ChannelStatus;

/** Send one message. @fds stay open here.
 *  @param deadline_us  g_get_monotonic_time (), or 0: wait without end */
ChannelStatus channel_send (int socket_fd, const char *text, gsize n_bytes, const int *fds,
                            guint n_fds, gint64 deadline_us);

/** Receive one message of at most @max_bytes into @text (emptied first, NUL-terminated).
 *  @param fds    room for WORKER_MAX_FDS descriptors, close-on-exec, the caller's; NULL: none taken
 *  @param n_fds  how many came; 0 unless CHANNEL_OK */
ChannelStatus channel_receive (int socket_fd, GString *text, gsize max_bytes, int *fds,
                               guint *n_fds, gint64 deadline_us);
