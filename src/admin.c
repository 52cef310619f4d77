/* tintype admin: what needs the database and no server. */
#include <stdio.h>

#include "serve.h"

int
admin_run (int argc, char *argv[])
{
    fprintf (stderr, "tintype admin: no such command\n");
    return 2;
}
