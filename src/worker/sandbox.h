/* sandbox.h -- take from this process everything that decoding one file does not need
 *
 * Layers that do not trust each other: no new privileges, no capabilities; Landlock (of all files,
 * only fonts can be read); seccomp (a short list of system calls: no sockets, programs, processes or
 * new code); limits of memory and of file size. */
#pragma once
#include <glib.h>

typedef struct {
    gint64 memory_mb;  /* address space on top of what the start took; 0: no limit */
    gint64 output_mb;  /* of one written file; 0: no limit */
    gint64 parent;     /* process id; this process is killed with it; 0: not */
    gboolean required; /* exit instead of working without Landlock or seccomp */
} SandboxSettings;

typedef struct {
    int landlock_version; /* of the kernel's interface; 0: there is none */
    gboolean has_seccomp;
} SandboxState;

/** First thing in main (), before there is a second thread: parent's death, no new privileges, no
 *  capabilities, the environment, and a Landlock layer that still lets libraries read system files.
 *  Exits with a message when a step that must work fails. */
void sandbox_prepare (const SandboxSettings *settings, SandboxState *out);

/** After the libraries are loaded: no files but fonts, the system call filter, the limits. */
void sandbox_close (const SandboxSettings *settings, SandboxState *state);

/* ---- for a program that is started next, in place of this one ---- */

typedef struct {
    const char *const *readable; /* files; NULL-terminated. System folders are readable anyway */
    const char *const *devices;  /* to encode with; ends with NULL. NULL: none */
    const char *folder;          /* the only place where files can be made, changed and removed */
    gint64 output_mb;            /* of one written file; 0: no limit */
    gint64 memory_mb;            /* of memory that it can write to; 0: no limit */
    int niceness;                /* 0 to 19 */
    gint64 parent;
    gboolean required;
} ProgramSandbox;

/** Before exec: no new privileges or capabilities, no network, no files but those, low priority, and the
 *  first to go when memory runs out. Exits with a message when a step that must work fails. */
void sandbox_for_program (const ProgramSandbox *settings);
