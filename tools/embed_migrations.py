#!/usr/bin/env python3
"""Write the migrations into a C file: the texts of NNNN-noun.sql in order, and functions.sql.

usage: embed_migrations.py FOLDER OUTPUT.c DEPFILE"""

import pathlib
import re
import sys

NAME = re.compile(r"(\d{4})-([a-z0-9-]+)\.sql")


def literal(text):
    """A C string literal, a line of the text a line."""
    lines = []
    for line in text.splitlines(keepends=True):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
        lines.append('    "' + escaped.replace("\t", "\\t").replace("\n", "\\n") + '"')
    return "\n".join(lines) or '    ""'


def main():
    folder, output, depfile = (pathlib.Path(argument) for argument in sys.argv[1:])
    rows, seen = [], {}
    for path in sorted(folder.glob("*.sql")):
        if path.name == "functions.sql":
            continue
        match = NAME.fullmatch(path.name)
        if not match:
            sys.exit(f"{path}: migrations are named NNNN-noun.sql")
        number = int(match[1])
        if number in seen:
            sys.exit(f"{path}: {seen[number]} has the same number")
        seen[number] = path.name
        rows.append(f'    {{ {number}, "{match[2]}",\n{literal(path.read_text())} }},')
    functions = folder / "functions.sql"
    output.write_text(
        "/* made by tools/embed_migrations.py */\n"
        '#include "db/migrate.h"\n\n'
        "const DbMigration db_migrations[] = {\n" + "\n".join(rows) + "\n};\n"
        "const gsize db_n_migrations = G_N_ELEMENTS (db_migrations);\n\n"
        "const char db_functions_sql[] =\n" + literal(functions.read_text()) + ";\n")
    # the folder itself too, so that a new file is noticed
    needs = [folder, *sorted(folder.glob("*.sql"))]
    depfile.write_text(f"{output}: " + " ".join(str(path).replace(" ", "\\ ") for path in needs) + "\n")


if __name__ == "__main__":
    main()
