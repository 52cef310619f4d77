#include "realtime/packet.h"

#include <string.h>

#include "base/json_writer.h"

#define MAX_NAME_SPACE 128
#define SEPARATOR 0x1e

gboolean
packet_parse (const char *bytes, gsize n_bytes, Packet *out)
{
    if (n_bytes == 0 || bytes[0] < PACKET_CLOSE || bytes[0] > PACKET_NOOP ||
        !g_utf8_validate_len (bytes, n_bytes, NULL))
        return FALSE;
    *out = (Packet){ (PacketType) bytes[0], bytes + 1, n_bytes - 1 };
    return TRUE;
}

gboolean
packet_next (const char *bytes, gsize n_bytes, gsize *at, Packet *out, gboolean *out_bad)
{
    const char *end;
    gsize length;

    *out_bad = FALSE;
    if (*at >= n_bytes)
        return FALSE;
    end = memchr (bytes + *at, SEPARATOR, n_bytes - *at);
    length = end != NULL ? (gsize) (end - bytes) - *at : n_bytes - *at;
    *out_bad = !packet_parse (bytes + *at, length, out);
    *at += length + 1;
    return !*out_bad;
}

gboolean
message_parse (const Packet *packet, Message *out)
{
    const char *rest, *comma;
    gsize n_rest, length;

    if (packet->n_data == 0 || packet->data[0] < MESSAGE_CONNECT ||
        packet->data[0] > MESSAGE_CONNECT_ERROR)
        return FALSE;
    *out = (Message){ (MessageType) packet->data[0], NULL };
    rest = packet->data + 1;
    n_rest = packet->n_data - 1;
    if (n_rest == 0 || *rest != '/') {
        out->name_space = g_strdup ("/");
        return TRUE;
    }
    comma = memchr (rest, ',', n_rest);
    length = comma != NULL ? (gsize) (comma - rest) : n_rest;
    if (length > MAX_NAME_SPACE)
        return FALSE;
    out->name_space = g_strndup (rest, length);
    out->name_space[strcspn (out->name_space, "?")] = '\0'; /* a query may follow the name */
    return TRUE;
}

void
message_clear (Message *self)
{
    g_clear_pointer (&self->name_space, g_free);
}

char *
packet_event (const char *event, const char *arguments_json)
{
    GString *text = g_string_new ("42");
    JsonWriter json;

    json_writer_init (&json, text);
    json_begin_array (&json);
    json_text (&json, event);
    if (*arguments_json != '\0')
        json_raw (&json, arguments_json);
    json_end_array (&json);
    return g_string_free (text, FALSE);
}
