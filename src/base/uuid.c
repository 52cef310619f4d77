#include "base/uuid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define MAX_AHEAD ((guint64) 86400000 << 12) /* a day */

static void
format (const guint8 bytes[16], char out[UUID_TEXT_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    char *at = out;

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    *at = '\0';
}

void
random_bytes (void *out, gsize n_bytes)
{
    guint8 *at = out;

    while (n_bytes > 0) {
        ssize_t n = getrandom (at, n_bytes, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            g_error ("the kernel gives no random bytes: %s", g_strerror (errno));
        at += n;
        n_bytes -= (gsize) n;
    }
}

void
uuid_v4_text (char out[UUID_TEXT_BYTES])
{
    guint8 bytes[16];

    random_bytes (bytes, sizeof bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    format (bytes, out);
}

const char *
uuid_v4 (Arena *arena)
{
    char *out = arena_alloc (arena, UUID_TEXT_BYTES);

    uuid_v4_text (out);
    return out;
}

void
uuid_v7_text (char out[UUID_TEXT_BYTES])
{
    /* 48 bits of milliseconds, then a 12-bit counter that keeps the order within one of them */
    static GMutex lock;
    static guint64 last;
    guint8 bytes[16];
    guint64 stamp;

    random_bytes (bytes, sizeof bytes);
    g_mutex_lock (&lock);
    stamp = ((guint64) g_get_real_time () / 1000) << 12;
    if (stamp <= last &&
        last - stamp < MAX_AHEAD) /* else the clock was wrong, and is right again */
        stamp = last + 1;
    last = stamp;
    g_mutex_unlock (&lock);

    for (int i = 0; i < 6; i++)
        bytes[i] = (guint8) (stamp >> (52 - 8 * i));
    bytes[6] = 0x70 | (guint8) ((stamp >> 8) & 0x0f);
    bytes[7] = (guint8) stamp;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    format (bytes, out);
}

gboolean
uuid_is_v4 (const char *text)
{
    if (text == NULL || strnlen (text, UUID_TEXT_BYTES) != UUID_TEXT_BYTES - 1)
        return FALSE;
    for (int i = 0; i < UUID_TEXT_BYTES - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-')
                return FALSE;
        } else if (!g_ascii_isxdigit (text[i]))
            return FALSE;
    }
    return text[14] == '4' && strchr ("89abAB", text[19]) != NULL;
}
