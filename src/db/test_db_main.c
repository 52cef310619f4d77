/* The tests of the database layer: every case on both engines. */
#include "db/test_parts.h"

#include <stddef.h>

const DbMigration thing_migrations[] = {
    { 1, "thing",
      "CREATE TABLE thing (\n"
      "    id TEXT PRIMARY KEY,\n"
      "    name TEXT,\n"
      "    size BIGINT,\n"
      "    ratio DOUBLE PRECISION,\n"
      "    is_good SMALLINT,\n"
      "    made_at BIGINT,\n"
      "    color TEXT,\n"
      "    data BYTEA,\n"
      "    tags TEXT,\n"
      "    numbers TEXT,\n"
      "    document TEXT\n"
      ");\n" },
    { 2, "part",
      "CREATE TABLE part (\n"
      "    id BIGINT PRIMARY KEY,\n"
      "    thing_id TEXT NOT NULL CONSTRAINT part_of_thing REFERENCES thing (id),\n"
      "    weight BIGINT CONSTRAINT weight_is_positive CHECK (weight > 0),\n"
      "    later_id TEXT REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED\n"
      ");\n"
      "CREATE UNIQUE INDEX part_weight ON part (thing_id, weight);\n" },
};
const gsize n_thing_migrations = G_N_ELEMENTS (thing_migrations);

static const char *const color_texts[] = { "red", "dark-blue" };
static const EnumDescriptor color_enum = { "Color", color_texts, G_N_ELEMENTS (color_texts) };

#define FIELD(json, member, field_kind, field_flags, ...)                                          \
    {                                                                                              \
        .name = json, .column = #member, .kind = field_kind, .flags = field_flags,                 \
        .offset = offsetof (Thing, member), __VA_ARGS__                                            \
    }
#define NO_HAS .has_offset = NO_OFFSET, .set_offset = NO_OFFSET
#define HAS(member) .has_offset = offsetof (Thing, has_##member), .set_offset = NO_OFFSET

static const FieldDescriptor thing_fields[] = {
    FIELD ("id", id, FIELD_STRING, 0, NO_HAS),
    FIELD ("name", name, FIELD_STRING, FIELD_NULLABLE, NO_HAS),
    FIELD ("size", size, FIELD_INT, FIELD_NULLABLE, HAS (size)),
    FIELD ("ratio", ratio, FIELD_NUMBER, FIELD_NULLABLE, HAS (ratio)),
    FIELD ("isGood", is_good, FIELD_BOOL, FIELD_OPTIONAL, HAS (is_good)),
    FIELD ("madeAt", made_at, FIELD_TIME, FIELD_OPTIONAL | FIELD_NULLABLE,
           .has_offset = offsetof (Thing, has_made_at),
           .set_offset = offsetof (Thing, set_made_at)),
    FIELD ("color", color, FIELD_ENUM, FIELD_NULLABLE, HAS (color), .enumeration = &color_enum),
    FIELD ("data", data, FIELD_BLOB, FIELD_NULLABLE, NO_HAS),
    FIELD ("tags", tags, FIELD_STRING, FIELD_OPTIONAL | FIELD_LIST, HAS (tags)),
    FIELD ("numbers", numbers, FIELD_INT, FIELD_OPTIONAL | FIELD_LIST, HAS (numbers)),
    FIELD ("document", document, FIELD_JSON, FIELD_NULLABLE, NO_HAS),
};

const TypeDescriptor thing_type = { "Thing", sizeof (Thing), thing_fields,
                                    G_N_ELEMENTS (thing_fields) };

gint64
count_things (Db *db)
{
    g_autoptr (GError) error = NULL;
    gint64 n = -1;

    g_assert_true (db_select_int (db, "SELECT count(*) FROM thing", DB_NO_ARGS, &n, NULL, &error));
    g_assert_no_error (error);
    return n;
}

int
main (int argc, char *argv[])
{
    test_db_init (&argc, &argv);
    test_statement_cache_add ();
    test_rows_add ();
    test_writes_add ();
    test_recall_add ();
    test_migrate_add ();
    test_functions_add ();
    test_horizon_add ();
    test_faults_add ();
    test_postgres_faults_add ();
    return test_db_run ();
}
