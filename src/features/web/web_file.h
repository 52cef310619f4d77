/* web_file.h -- the files of the built web app, inside the program (tools/embed_web.py) */
#pragma once
#include <glib.h>

typedef struct {
    const guint8 *bytes; /* NULL: not in this form */
    gsize n_bytes;
} WebForm;

typedef struct {
    const char *path; /* "/assets/index-4f2a.js" */
    const char *content_type;
    const char *etag; /* with its quotes */
    WebForm plain, gzip, br;
} WebFile;

extern const WebFile web_files[]; /* by path, in byte order */
extern const gsize web_n_files;   /* 0: built without a web app */
