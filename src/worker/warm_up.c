/* warm_up.c -- what has to be loaded while files can still be opened
 *
 * libvips loads its HEIF and JPEG XL modules at start. fontconfig reads its configuration and caches,
 * and is told never to look again; font files themselves can be opened later, see sandbox.c. iconv
 * loads a character set's module on first use and keeps it as long as a descriptor of it is open.
 * Nothing here may start a thread: the last layer of the sandbox must come before the first one. */
#define G_LOG_DOMAIN "worker"
#include "worker/warm_up.h"
#include <fontconfig/fontconfig.h>
#include <iconv.h>
#include <stdlib.h>
#include <time.h>
#include "worker/image_source.h"
#include <vips/vector.h>

/* What EXIF, IPTC and XMP texts are written in. */
static const char *const character_sets[] = { "UCS-2BE",     "UCS-2LE",    "UTF-16BE", "UTF-16LE",
                                              "UTF-16",      "ISO-8859-1", "CP1252",   "EUC-JP",
                                              "ISO-2022-JP", "SHIFT_JIS",  "JIS" };

static void
block_other_loaders (void)
{
    static const char *const used[] = { "VipsForeignLoadJpeg",  "VipsForeignLoadPng",
                                        "VipsForeignLoadNsgif", "VipsForeignLoadWebp",
                                        "VipsForeignLoadTiff",  "VipsForeignLoadHeif",
                                        "VipsForeignLoadJxl",   "VipsForeignLoadSvg",
                                        "VipsForeignLoadJp2k" };

    vips_operation_block_set ("VipsForeignLoad", TRUE);
    for (guint i = 0; i < G_N_ELEMENTS (used); i++)
        vips_operation_block_set (used[i], FALSE);
}

static void
load_fonts (void)
{
    if (!FcInit () || !FcConfigSetRescanInterval (NULL, 0))
        g_warning ("cannot list the fonts, SVG pictures may lack their text");
}

static void
load_character_sets (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (character_sets); i++)
        (void) iconv_open ("UTF-8", character_sets[i]); /* stays open on purpose */
}

void
warm_up (const char *program)
{
    /* Pictures that do not fit in memory are refused: there is no disk to put them on. */
    g_setenv ("VIPS_DISC_THRESHOLD", "1000g", TRUE);
    if (vips_init (program) != 0) {
        g_printerr ("%s: libvips does not start: %s\n", program, vips_error_buffer ());
        exit (EXIT_FAILURE);
    }
    vips_concurrency_set (1);        /* one worker runs on each core */
    vips_cache_set_max (0);          /* no two files share an operation */
    vips_vector_set_enabled (FALSE); /* it compiles code at run time, which the sandbox forbids */
    block_other_loaders ();
    load_fonts ();
    load_character_sets ();
    tzset ();
}
