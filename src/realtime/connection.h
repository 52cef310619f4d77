/* connection.h -- one WebSocket, and its frames in both directions; only for this folder
 *
 * A Connection belongs to the thread of the WebSockets (websocket.c), which alone calls what stands
 * here. What is kept for a client is bounded: a message of PACKET_MAX_PAYLOAD on the way in, what the
 * socket may have waiting on the way out, and one answer to pings. */
#pragma once
#include <wslay/wslay.h>

#include "realtime/hub.h"

#define CONNECTION_MAX_CONTROL 125 /* bytes of a control frame, RFC 6455 section 5.5 */

typedef enum { /* RFC 6455 section 7.4.1 */
               CLOSE_NORMAL = 1000,
               CLOSE_GOING_AWAY = 1001,
               CLOSE_PROTOCOL_ERROR = 1002,
               CLOSE_UNSUPPORTED = 1003,
               CLOSE_TOO_BIG = 1009,
} CloseCode;

/* A frame on its way out; the payload is shared by all who get it. */
typedef struct {
    guint8 header[10];
    guint8 n_header;
    GBytes *payload;
} Frame;

struct _Connection {
    Realtime *realtime;
    Socket *socket; /* a reference */
    HttpUpgrade *upgrade;
    int fd;
    gboolean is_probe; /* wants to take over from polling, is not trusted with packets yet */
    gboolean has_probed;
    gint64 arrived_ms;
    GBytes *early; /* sent ahead of the answer */
    gsize early_at;
    wslay_frame_context_ptr frames;
    gsize read_budget; /* bytes that may still be read before others have their turn */
    gboolean is_at_end;
    gboolean in_frame;
    guint64 frame_left;
    guint8 opcode; /* of the frame under way */
    gboolean is_final;
    GByteArray *message; /* under way, NULL: none */
    guint8 control[CONNECTION_MAX_CONTROL];
    guint8 n_control;
    CloseCode close_code; /* why the client is to go */
    GQueue out;           /* Frame */
    gsize out_at;         /* bytes of the first one that are written */
    Frame *pong;          /* the last one in out */
    gboolean waits_to_write;
};

/** FALSE: out of memory. */
gboolean connection_begin (Connection *self);
void connection_clear (Connection *self); /* all that this file allocated */

/** @payload is shared; text of a packet. */
void connection_queue (Connection *self, GBytes *payload);
void connection_queue_text (Connection *self, const char *text);
void connection_queue_close (Connection *self, CloseCode code);
/** Write what the client takes, and be told when it takes more. FALSE: it is gone. */
gboolean connection_write (Connection *self);
/** Read what came, calling websocket_take_message () for each message. FALSE: the client broke a rule,
 *  said goodbye or is gone; close_code says which. */
gboolean connection_read (Connection *self);
