#!/usr/bin/env python3
"""apigen: turns .api files into C, an OpenAPI document and a TypeScript client.

    apigen.py [--c FOLDER [--include FOLDER]] [--openapi FILE] [--typescript FILE] FILE.api...

The language is described in docs/contract-language.md."""
import argparse
import os
import sys

import emit_c
import emit_openapi
import emit_typescript
import parser
from lexer import ApiError


def write(path, contents):
    """Write unless it is there already, so that nothing is rebuilt for nothing."""
    try:
        with open(path, encoding='utf-8') as file:
            if file.read() == contents:
                return
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(contents)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    arguments.add_argument('--c', metavar='FOLDER', help='write NAME_api.h and .c of each feature there')
    arguments.add_argument('--include', metavar='FOLDER', default='features',
                           help='what the headers are included from')
    arguments.add_argument('--openapi', metavar='FILE')
    arguments.add_argument('--typescript', metavar='FILE')
    arguments.add_argument('files', nargs='+', metavar='FILE.api')
    given = arguments.parse_args()
    try:
        model = parser.parse_files(given.files)
    except (ApiError, OSError, UnicodeDecodeError) as error:
        sys.exit(f'apigen: {error}')
    if given.openapi:
        write(given.openapi, emit_openapi.render(model) + '\n')
    if given.typescript:
        write(given.typescript, emit_typescript.render(model))
    if given.c:
        made = emit_c.files(model, emit_openapi.render(model), given.include)
        for name, contents in made.items():
            write(os.path.join(given.c, name), contents)


if __name__ == '__main__':
    main()
