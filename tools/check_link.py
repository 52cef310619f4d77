#!/usr/bin/env python3
"""Hold that the server decodes nothing: it must not be linked with a decoder, directly or not.

usage: check_link.py PROGRAM"""

import re
import subprocess
import sys

FORBIDDEN = re.compile(r"lib(vips|exiv2|gexiv2|heif|de265|jxl|raw|jpeg|turbojpeg|webp|png|tiff|avcodec|avformat|"
                       r"avutil|swscale|rsvg|magick|openjp2|aom|dav1d)", re.I)


def main():
    listed = subprocess.run(["ldd", sys.argv[1]], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    found = [name for name in names if FORBIDDEN.search(name)]
    print(f"{len(names)} libraries, decoders among them: {', '.join(found) or 'none'}")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
