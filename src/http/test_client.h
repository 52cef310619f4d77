/* test_client.h -- a client for tests that says exactly what it is told to, byte for byte */
#pragma once
#include <glib.h>

typedef struct {
    int fd;
    GByteArray *read_ahead; /* of the next answer */
} TestClient;

typedef struct {
    unsigned status;
    char *head; /* with the status line */
    GByteArray *body;
    gboolean is_complete; /* the length that was announced came, or the last chunk */
    gboolean closes;      /* Connection: close */
} TestReply;

TestClient *test_client_new (guint16 port);
TestClient *test_client_new_at (const char *address, guint16 port); /* NULL when refused */
void test_client_free (TestClient *self);
void test_client_send (TestClient *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/** FALSE once the server took no more. */
gboolean test_client_send_bytes (TestClient *self, gconstpointer bytes, gsize n_bytes);
/** NULL when the connection ended before a head came. @is_head: of an answer to HEAD, without body. */
TestReply *test_client_read (TestClient *self, gboolean is_head);
gboolean test_client_is_closed (TestClient *self); /* waits for the end; FALSE: something came */
gsize test_client_read_some (TestClient *self, gpointer bytes, gsize n_max);
/** 'GET path' with more header lines, each ending in CRLF, and its answer. */
TestReply *test_client_get (TestClient *self, const char *path, const char *headers);

void test_reply_free (TestReply *self);
char *test_reply_header (TestReply *self, const char *name); /* NULL: absent; (transfer full) */
char *test_reply_text (TestReply *self);                     /* (transfer full) */
char *test_reply_unzip (TestReply *self);                    /* gzip; (transfer full) */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestClient, test_client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestReply, test_reply_free)
