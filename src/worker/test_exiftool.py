#!/usr/bin/env python3
"""Hold what we make of real files against what exiftool reads in them.

    test_exiftool.py METADATA_DUMP SOURCE_ROOT

All pictures and videos of the test data named by TINTYPE_TESTDATA (default: ../shared/testdata beside the
sources). Counts the agreements of each field; the test fails when there are fewer than LEAST says, or when a
field disagrees in a file that docs/compatibility-metadata.md does not explain."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

FORMATS = {'.jpg', '.jpeg', '.png', '.webp', '.avif', '.jxl', '.heic', '.mp4', '.mov'}
HEADING = '## Against exiftool'
# files in which both say the same, or both nothing; see the last lines of the output
LEAST = {'make': 80, 'model': 86, 'date': 86, 'latitude': 86, 'longitude': 86, 'exposure': 86, 'iso': 86,
         'focal length': 86, 'f number': 86, 'lens': 84, 'orientation': 84, 'rating': 85, 'keywords': 85}


def text(value):
    return str(value).strip() or None if value is not None else None


def number(value, digits=3):
    try:
        return round(float(value), digits)
    except (TypeError, ValueError):
        return None


def first(tags, *names):
    return next((tags[name] for name in names if tags.get(name) not in (None, '')), None)


def moment(value):
    """2020:07:01 12:00:00.5+02:00 -> 2020-07-01T12:00:00; what is no date is none."""
    match = re.match(r'(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d:\d\d)', str(value or ''))
    return f'{match[1]}-{match[2]}-{match[3]}T{match[4]}' if match and match[1] != '0000' else None


def seconds(value):
    """Seconds, or '1/250' of one as clients are told: a whole divisor."""
    match = re.fullmatch(r'(\d+)/(\d+)', str(value))
    value = int(match[1]) / int(match[2]) if match else number(value, 9)
    return f'1/{round(1 / value)}' if value and value < 0.25 else value or None


def words(value):
    items = value if isinstance(value, list) else [] if value is None else [value]
    return sorted({str(item) for item in items})


def theirs(tags, names):
    return {
        'make': text(first(tags, 'Make', 'AndroidMake')),
        'model': text(first(tags, 'Model', 'AndroidModel')),
        'date': moment(first(tags, 'DateTimeOriginal', 'CreationDate', 'CreateDate', 'DateTimeCreated')),
        'latitude': number(tags.get('GPSLatitude'), 4),
        'longitude': number(tags.get('GPSLongitude'), 4),
        'exposure': seconds(tags.get('ExposureTime')),
        'iso': number(first(tags, 'ISO'), 0),
        'focal length': number(tags.get('FocalLength'), 1),
        'f number': number(tags.get('FNumber'), 1),
        'lens': text(first(names, 'LensID', 'LensModel')),
        'orientation': text(tags.get('Orientation')),
        'rating': number(tags.get('Rating')),
        'keywords': words(first(tags, 'TagsList', 'HierarchicalSubject', 'Keywords', 'Subject')),
    }


def ours(facts):
    exif = facts['exifInfo']
    return {
        'make': text(exif['make']),
        'model': text(exif['model']),
        'date': moment(facts['localDateTime']),
        'latitude': number(exif['latitude'], 4),
        'longitude': number(exif['longitude'], 4),
        'exposure': seconds(exif['exposureTime']),
        'iso': number(exif['iso'], 0),
        'focal length': number(exif['focalLength'], 1),
        'f number': number(exif['fNumber'], 1),
        'lens': text(exif['lensModel']),
        'orientation': text(exif['orientation']),
        'rating': number(exif['rating']),
        'keywords': words(facts['tags']),
    }


def read(folder, arguments):
    output = subprocess.run(['exiftool', '-j', '-q', '-q', *arguments], cwd=folder, check=False,
                            stdout=subprocess.PIPE, text=True).stdout
    return {tags['SourceFile']: tags for tags in json.loads(output)}


def explained(root):
    """(file, field) pairs of the table under HEADING; '*' stands for any file."""
    section = (root / 'docs/compatibility-metadata.md').read_text().split(HEADING)[-1].split('\n## ')[0]
    rows = [[cell.strip().strip('`') for cell in line.split('|')] for line in section.splitlines()]
    return {(file.strip('`'), field) for cells in rows if len(cells) == 5
            for file in cells[1].split(', ') for field in cells[2].split(', ')}


def main():
    dump, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    data = pathlib.Path(os.environ.get('TINTYPE_TESTDATA') or root / '../shared/testdata')
    if not data.exists() or shutil.which('exiftool') is None:
        print(f'no test data at {data}, or no exiftool: skipped')
        return 77
    files = sorted(str(file.relative_to(data)) for file in data.rglob('*') if file.suffix.lower() in FORMATS)
    their_tags, their_names = read(data, ['-n', *files]), read(data, ['-LensID', '-LensModel', *files])
    lines = subprocess.run([dump, *files], cwd=data, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    known, agreed, unexplained = explained(root), {}, 0
    for line in lines:
        facts = json.loads(line)
        file = facts['path']
        expected, found = theirs(their_tags[file], their_names[file]), ours(facts)
        for field, value in expected.items():
            same = found[field] == value or (field == 'date' and value is None)
            agreed[field] = agreed.get(field, 0) + same
            if not same:
                known_one = (file, field) in known or ('*', field) in known
                unexplained += not known_one
                print(f'{"     " if known_one else "NEW  "}{file}: {field}: exiftool {value!r}, ours {found[field]!r}')
    print(f'{len(lines)} files; agreements: {json.dumps(agreed)}; {unexplained} unexplained')
    fewer = [f'{field}: {agreed[field]} of at least {least}' for field, least in LEAST.items() if agreed[field] < least]
    print('\n'.join(f'FEWER {each}' for each in fewer))
    return 1 if fewer or unexplained or len(lines) != len(files) else 0


if __name__ == '__main__':
    sys.exit(main())
