/* test_parts.h -- the files of test_db, and the table their cases use */
#pragma once
#include "db/test_db.h"

void test_rows_add (void);
void test_writes_add (void);
void test_migrate_add (void);
void test_functions_add (void);
void test_faults_add (void);
void test_postgres_faults_add (void);
void test_statement_cache_add (void);
void test_horizon_add (void);
void test_recall_add (void);

/* A column of each kind. */
extern const DbMigration thing_migrations[];
extern const gsize n_thing_migrations;

typedef enum { COLOR_RED, COLOR_DARK_BLUE } Color;

typedef struct {
    const char *id;
    const char *name; /* nullable */
    gboolean has_size;
    gint64 size; /* nullable */
    gboolean has_ratio;
    double ratio; /* nullable */
    gboolean has_is_good;
    gboolean is_good; /* optional */
    gboolean has_made_at, set_made_at;
    gint64 made_at; /* optional and nullable */
    gboolean has_color;
    Color color;       /* nullable */
    GBytes *data;      /* nullable */
    gboolean has_tags; /* optional */
    StringList tags;
    gboolean has_numbers; /* optional */
    IntList numbers;
    const char *document; /* nullable, JSON */
} Thing;

extern const TypeDescriptor thing_type;

/* The number of things, as a new reader sees it. */
gint64 count_things (Db *db);
