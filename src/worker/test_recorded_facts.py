#!/usr/bin/env python3
"""Hold what we make of real files against what a real server made of them.

    test_recorded_facts.py METADATA_DUMP PLACES_BIN SOURCE_ROOT

Reads the test data named by TINTYPE_TESTDATA (default: ../shared/testdata beside the sources) and
the recording beside it, and counts the fields that agree. Every disagreement is printed; one that is
not listed in docs/compatibility-metadata.md fails the test, and so does a share below the goal.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

GOAL = 0.99
FORMATS = {'.jpg', '.jpeg', '.png', '.webp', '.avif', '.jxl', '.heic', '.mp4'}
TOP = ['fileCreatedAt', 'localDateTime', 'fileModifiedAt', 'width', 'height', 'duration']


def spell(value):
    """Both spellings of a moment, to milliseconds."""
    match = re.fullmatch(r'(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)', str(value))
    return f'{match[1]}.{(match[2] or "").ljust(3, "0")[:3]}Z' if match else value


def explained(root):
    """(file, field) pairs of the table in the documentation; '*' stands for any file."""
    pairs = set()
    for line in (root / 'docs/compatibility-metadata.md').read_text().splitlines():
        cells = [cell.strip().strip('`') for cell in line.split('|')]
        if len(cells) >= 7 and cells[1] and not set(cells[1]) <= set('-: '):
            pairs.add((cells[1], cells[2]))
    return pairs


def main():
    dump, places, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    data = pathlib.Path(os.environ.get('TINTYPE_TESTDATA') or root / '../shared/testdata')
    recording = data / '../recorded/assets-3.0.0.json'
    if not recording.exists():
        print(f'no test data at {data}: skipped')
        return 77
    recorded = {path: asset for path, asset in json.loads(recording.read_text()).items()
                if pathlib.Path(path).suffix.lower() in FORMATS}
    known = explained(root)

    with tempfile.TemporaryDirectory() as folder:
        # the files were uploaded with this modification time
        copies = []
        for number, (path, asset) in enumerate(recorded.items()):
            copy = pathlib.Path(folder) / f'{number}{pathlib.Path(path).suffix}'
            shutil.copyfile(data / path, copy)
            os.utime(copy, (1704164645, 1704164645))
            copies.append(str(copy))
        lines = subprocess.run([dump, '--places', places, *copies], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.splitlines()
    if len(lines) != len(recorded):
        print(f'{len(lines)} answers for {len(recorded)} files')
        return 1

    agree = total = unexplained = 0
    for (path, theirs), line in zip(recorded.items(), lines):
        ours = json.loads(line)
        pairs = [(name, theirs[name], ours[name]) for name in TOP]
        pairs += [(name, theirs['exifInfo'][name], ours['exifInfo'][name])
                  for name in theirs['exifInfo']]
        pairs.append(('tags', sorted(tag['value'] for tag in theirs['tags']), sorted(ours['tags'])))
        for name, their_value, our_value in pairs:
            total += 1
            if spell(their_value) == spell(our_value):
                agree += 1
                continue
            known_one = (path, name) in known or ('*', name) in known
            unexplained += not known_one
            print(f'{"     " if known_one else "NEW  "}{path}: {name}: '
                  f'theirs {their_value!r}, ours {our_value!r}')
    print(f'{agree} of {total} fields agree ({agree / total:.2%}); {unexplained} unexplained')
    return 0 if agree / total >= GOAL and unexplained == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
