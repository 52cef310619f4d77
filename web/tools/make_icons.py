#!/usr/bin/env python3
"""make_icons.py -- the icons of the installed app, from our logo

    python3 tools/make_icons.py public

Needs the program vips (Debian: libvips-tools). The results are in the repository: run it again when
public/favicon.svg, where the logo is drawn, has changed."""

import pathlib
import re
import subprocess
import sys
import tempfile

GROUND, PLATE, TINT = "#161311", "#f0e9df", "#e8a3a0"
SIDE = 512  # of the drawing
LOGO = 32  # of the logo in favicon.svg

# name, pixels, how much of the side the logo takes, radius of the corners (of SIDE)
ICONS = [
    ("icon-192.png", 192, 0.70, 96),
    ("icon-512.png", 512, 0.70, 96),
    # launchers cut these to any shape: the logo stays inside the circle that none of them cuts
    ("maskable-192.png", 192, 0.58, 0),
    ("maskable-512.png", 512, 0.58, 0),
    ("apple-touch-icon.png", 180, 0.66, 0),
]


def draw(shapes, share, radius):
    scale = SIDE * share / LOGO
    at = SIDE * (1 - share) / 2
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}">'
            f'<rect width="{SIDE}" height="{SIDE}" rx="{radius}" fill="{GROUND}"/>'
            f'<g transform="translate({at} {at}) scale({scale})">{shapes}</g></svg>\n')


def main():
    public = pathlib.Path(sys.argv[1])
    logo = (public / "favicon.svg").read_text()
    shapes = "".join(re.findall(r"<(?:path|circle)[^>]*/>", logo))
    shapes = shapes.replace('class="plate"', f'fill="{PLATE}"').replace('class="tint"', f'fill="{TINT}"')
    if PLATE not in shapes or TINT not in shapes:
        sys.exit("make_icons.py: favicon.svg has no shapes of the classes 'plate' and 'tint'")
    folder = public / "icons"
    folder.mkdir(exist_ok=True)
    (public / "icon.svg").write_text(draw(shapes, 0.70, 96))
    with tempfile.TemporaryDirectory() as scratch:
        for name, pixels, share, radius in ICONS:
            drawing = pathlib.Path(scratch, "icon.svg")
            drawing.write_text(draw(shapes, share, radius))
            subprocess.run(["vips", "copy", f"{drawing}[scale={pixels / SIDE}]",
                            f"{folder / name}[strip,compression=9]"], check=True)


if __name__ == "__main__":
    main()
