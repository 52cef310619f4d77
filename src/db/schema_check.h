/* schema_check.h -- whether a database has the schema that this program would make */
#pragma once
#include "db/db.h"

/** Make the schema anew, beside the database, and compare: tables, columns, indexes, triggers, functions.
 *  @param out  a sentence for each difference; none: it is as it should be */
gboolean db_check_schema (Db *self, Arena *arena, StringList *out, GError **error);
