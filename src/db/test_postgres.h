/* test_postgres.h -- a PostgreSQL cluster of the tests' own
 *
 * It lives in a temporary folder, is reached through a socket in it, trades safety for speed, and
 * dies with the test. As root it runs as the user postgres, since it refuses root. */
#pragma once
#include <glib.h>

typedef struct _TestPostgres TestPostgres;

gboolean test_postgres_is_installed (void);
TestPostgres *test_postgres_new (void); /* running; aborts the test when that fails */
const char *test_postgres_url (const TestPostgres *self); /* of an admin connection */
void test_postgres_stop (TestPostgres *self); /* at once, as in a crash; its data stays */
void test_postgres_start (TestPostgres *self);
void test_postgres_free (TestPostgres *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPostgres, test_postgres_free)

void test_folder_remove (const char *path); /* with all that is in it */
