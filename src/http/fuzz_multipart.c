/* fuzz_multipart.c -- libFuzzer: whatever comes, and however it is cut, the story is the same */
#include <stdlib.h>
#include <string.h>

#include "http/multipart.h"

int LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes);

static gboolean
on_begin (gpointer story, const MultipartPart *part, GError **error)
{
    g_string_append_printf (story, "[%s|%s|%s]", part->name,
                            part->file_name != NULL ? part->file_name : "-",
                            part->content_type != NULL ? part->content_type : "-");
    for (gsize i = 0; i < part->n_headers; i++)
        if (!g_utf8_validate (part->headers[i].value, -1, NULL))
            abort ();
    if (!g_utf8_validate (part->name, -1, NULL))
        abort ();
    return TRUE;
}

static gboolean
on_data (gpointer story, const guint8 *bytes, gsize n_bytes, GError **error)
{
    g_string_append_len (story, (const char *) bytes, (gssize) n_bytes);
    return TRUE;
}

static gboolean
on_end (gpointer story, GError **error)
{
    g_string_append (story, "[end]");
    return TRUE;
}

static GString *
tell (const guint8 *bytes, gsize n_bytes, gsize n_piece)
{
    static const MultipartClass story_class = { on_begin, on_data, on_end };
    GString *story = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (Multipart) parser =
        multipart_new ("multipart/form-data; boundary=X-", &story_class, story, NULL);
    gboolean ok = TRUE;

    for (gsize at = 0; ok && at < n_bytes; at += n_piece)
        ok = multipart_push (parser, bytes + at, MIN (n_piece, n_bytes - at), &error);
    ok = ok && multipart_finish (parser, &error);
    g_string_append_printf (story, "!%d", ok ? -1 : error->code);
    return story;
}

/* The first byte says how the rest is cut. */
int
LLVMFuzzerTestOneInput (const guint8 *bytes, size_t n_bytes)
{
    g_autoptr (GString) whole = NULL, cut = NULL;

    if (n_bytes < 2)
        return 0;
    whole = tell (bytes + 1, n_bytes - 1, n_bytes);
    cut = tell (bytes + 1, n_bytes - 1, (gsize) bytes[0] % 19 + 1);
    if (!g_string_equal (whole, cut))
        abort ();
    return 0;
}
