/* packet.h -- the packets of engine.io 4 and socket.io 5, as text
 *
 * Pure functions on bytes from outside. Sources: the Engine.IO protocol, revision 4, and the Socket.IO
 * protocol, revision 5 (both published by the Socket.IO project). */
#pragma once
#include <glib.h>

#define PACKET_MAX_PAYLOAD 100000 /* bytes that a client may send at once; told in the handshake */

typedef enum {
    PACKET_OPEN = '0',
    PACKET_CLOSE = '1',
    PACKET_PING = '2',
    PACKET_PONG = '3',
    PACKET_MESSAGE = '4',
    PACKET_UPGRADE = '5',
    PACKET_NOOP = '6',
} PacketType;

typedef enum {
    MESSAGE_CONNECT = '0',
    MESSAGE_DISCONNECT = '1',
    MESSAGE_EVENT = '2',
    MESSAGE_ACK = '3',
    MESSAGE_CONNECT_ERROR = '4',
} MessageType;

typedef struct {
    PacketType type;
    const char *data; /* after the type; not NUL-terminated */
    gsize n_data;
} Packet;

typedef struct {
    MessageType type;
    char *name_space; /* "/" or "/admin"; (transfer full), cleared by message_clear () */
} Message;

/** One packet. FALSE: not one that a client may send as text (binary packets are not taken). */
gboolean packet_parse (const char *bytes, gsize n_bytes, Packet *out);
/** The next packet of a polling payload (separated by 0x1e). *@at moves on.
 *  @return FALSE at the end, or with *@out_bad set for a packet that is none */
gboolean packet_next (const char *bytes, gsize n_bytes, gsize *at, Packet *out, gboolean *out_bad);
/** The socket.io message in a PACKET_MESSAGE. Its payload is not looked into: clients send no events. */
gboolean message_parse (const Packet *packet, Message *out);
void message_clear (Message *self);

/** 42["event",arguments]; (transfer full) */
char *packet_event (const char *event, const char *arguments_json);
