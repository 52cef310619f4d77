/* proxy.c -- which peers may say on whose behalf they come
 *
 * X-Forwarded-* count only from addresses of this list. Loopback is always on it: a proxy on the
 * same machine is the commonest of all. */
#include <arpa/inet.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>

#include "http/private.h"

typedef struct {
    guint8 bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    guint n_bits;
} Network;

struct _ProxyList {
    GArray *networks; /* of Network */
};

static const char LOOPBACK[] = "127.0.0.0/8,::1";
static const char PRIVATE[] = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,"
                              "fc00::/7,fe80::/10";
static const guint8 MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static gboolean
add_networks (ProxyList *self, const char *text, GError **error)
{
    g_auto (GStrv) words = g_strsplit (text, ",", -1);

    for (char **word = words; *word != NULL; word++) {
        g_autoptr (GInetAddressMask) mask = NULL;
        GInetAddress *address;
        Network network = { 0 };

        g_strstrip (*word);
        if (**word == '\0')
            continue;
        mask = g_inet_address_mask_new_from_string (*word, NULL);
        if (mask == NULL) {
            g_set_error (error, APP_ERROR, APP_ERROR_CONFIG,
                         "IMMICH_TRUSTED_PROXIES: '%s' must be an ip address or ip address range, "
                         "as 192.0.2.1 or 192.0.2.0/24",
                         *word);
            return FALSE;
        }
        address = g_inet_address_mask_get_address (mask);
        network.n_bits = g_inet_address_mask_get_length (mask);
        if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4) {
            memcpy (network.bytes, MAPPED, sizeof MAPPED);
            memcpy (network.bytes + 12, g_inet_address_to_bytes (address), 4);
            network.n_bits += 96;
        } else {
            memcpy (network.bytes, g_inet_address_to_bytes (address), 16);
        }
        g_array_append_val (self->networks, network);
    }
    return TRUE;
}

ProxyList *
proxy_list_new (const char *text, GError **error)
{
    ProxyList *self = g_new0 (ProxyList, 1);

    self->networks = g_array_new (FALSE, FALSE, sizeof (Network));
    if (!add_networks (self, LOOPBACK, error) ||
        !add_networks (self, text != NULL ? text : PRIVATE, error)) {
        proxy_list_free (self);
        return NULL;
    }
    return self;
}

void
proxy_list_free (ProxyList *self)
{
    if (self == NULL)
        return;
    g_array_unref (self->networks);
    g_free (self);
}

gboolean
proxy_address_bytes (const struct sockaddr *address, guint8 out[16])
{
    if (address->sa_family == AF_INET) {
        memcpy (out, MAPPED, sizeof MAPPED);
        memcpy (out + 12, &((const struct sockaddr_in *) (const void *) address)->sin_addr, 4);
        return TRUE;
    }
    if (address->sa_family == AF_INET6) {
        memcpy (out, &((const struct sockaddr_in6 *) (const void *) address)->sin6_addr, 16);
        return TRUE;
    }
    return FALSE;
}

static gboolean
network_has (const Network *self, const guint8 address[16])
{
    guint n_bytes = self->n_bits / 8, n_rest = self->n_bits % 8;

    if (memcmp (self->bytes, address, n_bytes) != 0)
        return FALSE;
    return n_rest == 0 || ((self->bytes[n_bytes] ^ address[n_bytes]) >> (8 - n_rest)) == 0;
}

static gboolean
has_bytes (const ProxyList *self, const guint8 address[16])
{
    for (guint i = 0; i < self->networks->len; i++)
        if (network_has (&g_array_index (self->networks, Network, i), address))
            return TRUE;
    return FALSE;
}

gboolean
proxy_list_has (const ProxyList *self, const struct sockaddr *address)
{
    guint8 bytes[16];

    return proxy_address_bytes (address, bytes) && has_bytes (self, bytes);
}

void
proxy_address_text (const guint8 address[16], char out[INET6_ADDRSTRLEN])
{
    if (memcmp (address, MAPPED, sizeof MAPPED) == 0)
        inet_ntop (AF_INET, address + 12, out, INET6_ADDRSTRLEN);
    else
        inet_ntop (AF_INET6, address, out, INET6_ADDRSTRLEN);
}

static gboolean
parse_address (const char *text, guint8 out[16])
{
    memcpy (out, MAPPED, sizeof MAPPED);
    return inet_pton (AF_INET, text, out + 12) == 1 || inet_pton (AF_INET6, text, out) == 1;
}

gboolean
proxy_list_has_text (const ProxyList *self, const char *address)
{
    guint8 bytes[16];

    return parse_address (address, bytes) && has_bytes (self, bytes);
}

/* 'a.b.c.d', 'a.b.c.d:port', 'v6', '[v6]' or '[v6]:port' as the bare address; NULL when it is none. */
static const char *
bare_address (Arena *arena, const char *text, gsize length)
{
    char *address = arena_strndup (arena, text, length);
    char out[INET6_ADDRSTRLEN];
    guint8 bytes[16];

    if (*address == '[') {
        char *end = strchr (++address, ']');

        if (end == NULL)
            return NULL;
        *end = '\0';
    } else if (strchr (address, '.') != NULL && strchr (address, ':') == strrchr (address, ':')) {
        address[strcspn (address, ":")] = '\0';
    }
    if (!parse_address (address, bytes))
        return NULL;
    proxy_address_text (bytes, out);
    return arena_strdup (arena, out);
}

const char *
proxy_list_client (const ProxyList *self, Arena *arena, const char *forwarded_for, const char *peer)
{
    const char *client = peer;
    gsize end = strlen (forwarded_for);

    /* each hop is only as good as the one after it that named it */
    while (end > 0) {
        gsize start = end, first, last;
        const char *address;

        while (start > 0 && forwarded_for[start - 1] != ',')
            start--;
        for (first = start; first < end && g_ascii_isspace (forwarded_for[first]);)
            first++;
        for (last = end; last > first && g_ascii_isspace (forwarded_for[last - 1]);)
            last--;
        address = last - first > INET6_ADDRSTRLEN + 8
                      ? NULL
                      : bare_address (arena, forwarded_for + first, last - first);
        if (address == NULL)
            return client;
        client = address;
        if (!proxy_list_has_text (self, address))
            return client;
        end = start > 0 ? start - 1 : 0;
    }
    return client;
}
