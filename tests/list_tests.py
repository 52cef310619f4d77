#!/usr/bin/env python3
"""Print the names of the test files in a folder beside this script, for Meson: list_tests.py FOLDER"""

import pathlib
import sys

for path in sorted((pathlib.Path(__file__).parent / sys.argv[1]).glob("*.test.mjs")):
    print(path.name.removesuffix(".test.mjs"))
