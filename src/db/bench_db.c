/* How fast the database layer is on this machine: single rows read, and durable writes.
 *
 *     bench_db FOLDER [URL]     in a new SQLite file in FOLDER, or in the PostgreSQL of URL */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/uuid.h"
#include "db/migrate.h"

#define N_ROWS 10000
#define SECONDS 2.0

static const DbMigration migrations[] = {
    { 1, "bench",
      "CREATE TABLE bench (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, path TEXT NOT NULL,"
      " size BIGINT NOT NULL)" },
};

typedef struct {
    const char *id, *owner_id, *path;
    gint64 size;
} Row;

#define FIELD(member, field_kind)                                                                  \
    {                                                                                              \
        .name = #member, .column = #member, .kind = field_kind,                                    \
        .offset = G_STRUCT_OFFSET (Row, member), .has_offset = NO_OFFSET, .set_offset = NO_OFFSET  \
    }
static const FieldDescriptor fields[] = { FIELD (id, FIELD_STRING), FIELD (owner_id, FIELD_STRING),
                                          FIELD (path, FIELD_STRING), FIELD (size, FIELD_INT) };
static const TypeDescriptor row_type = { "Row", sizeof (Row), fields, G_N_ELEMENTS (fields) };

static const char SQL_INSERT[] =
    "INSERT INTO bench (id, owner_id, path, size) VALUES ($1, $2, $3, $4)";
static const char SQL_GET[] = "SELECT id, owner_id, path, size FROM bench WHERE id = $1";

static char ids[N_ROWS][UUID_TEXT_BYTES];
static volatile gint is_over;

static void
check (const GError *error)
{
    if (error != NULL) {
        fprintf (stderr, "%s\n", error->message);
        exit (1);
    }
}

static gboolean
insert (Db *db, const char *id, GError **error)
{
    return db_exec (db, SQL_INSERT,
                    DB_ARGS (db_text (id), db_text (id), db_text ("upload/ab/cd/some-file.jpg"),
                             db_int (4000000)),
                    NULL, error);
}

static gboolean
fill (Db *db, gpointer data, GError **error)
{
    for (int i = 0; i < N_ROWS; i++)
        if (!insert (db, ids[i], error))
            return FALSE;
    return TRUE;
}

static gpointer
read_rows (gpointer data)
{
    gint64 n = 0;

    for (guint i = (guint) g_random_int (); !g_atomic_int_get (&is_over); i += 7919, n++) {
        g_autoptr (Arena) arena = arena_new ();
        g_autoptr (GError) error = NULL;
        Row row;

        db_select_one (data, arena, &row_type, &row, SQL_GET, DB_ARGS (db_text (ids[i % N_ROWS])),
                       &error);
        check (error);
    }
    return GSIZE_TO_POINTER (n);
}

static gpointer
write_rows (gpointer data)
{
    gint64 n = 0;

    for (; !g_atomic_int_get (&is_over); n++) {
        g_autoptr (GError) error = NULL;
        char id[UUID_TEXT_BYTES];

        uuid_v4_text (id);
        insert (data, id, &error);
        check (error);
    }
    return GSIZE_TO_POINTER (n);
}

static void
measure (const char *what, Db *db, GThreadFunc run, guint n_threads)
{
    GThread *threads[64];
    gint64 start = g_get_monotonic_time (), total = 0;

    g_atomic_int_set (&is_over, 0);
    for (guint i = 0; i < n_threads; i++)
        threads[i] = g_thread_new ("bench", run, db);
    g_usleep ((gulong) (SECONDS * G_USEC_PER_SEC));
    g_atomic_int_set (&is_over, 1);
    for (guint i = 0; i < n_threads; i++)
        total += (gint64) GPOINTER_TO_SIZE (g_thread_join (threads[i]));
    printf ("%-22s %2u threads %10.0f /s\n", what, n_threads,
            (double) total * G_USEC_PER_SEC / (double) (g_get_monotonic_time () - start));
}

int
main (int argc, char *argv[])
{
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;
    DbSettings settings = { 0 };
    Db *db;

    if (argc < 2) {
        fprintf (stderr, "usage: bench_db FOLDER [URL]\n");
        return 2;
    }
    path = g_strdup_printf ("%s/bench-%d.db", argv[1], (int) getpid ());
    settings.sqlite_path = path;
    settings.url = argc > 2 ? argv[2] : NULL;
    for (int i = 0; i < N_ROWS; i++)
        uuid_v4_text (ids[i]);
    db = db_open_with (&settings, migrations, G_N_ELEMENTS (migrations), &error);
    check (error);
    db_write (db, fill, NULL, &error);
    check (error);
    g_usleep (2 *
              G_USEC_PER_SEC); /* until the log was copied, as in a server that is mostly read */
    printf ("%s\n", db_engine_version (db));
    measure ("db_select_one", db, read_rows, 1);
    measure ("db_select_one", db, read_rows, 2);
    measure ("db_exec, durable", db, write_rows, 1);
    measure ("db_exec, durable", db, write_rows, 16);
    db_free (db);
    return 0;
}
