#include "features/server/server.h"

const char *
server_human_bytes (Arena *arena, guint64 n_bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double value = (double) n_bytes;
    gsize unit = 0;

    while (value >= 1024 && unit < G_N_ELEMENTS (units) - 1) {
        value /= 1024;
        unit++;
    }
    return arena_printf (arena, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}
