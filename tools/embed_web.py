#!/usr/bin/env python3
"""Write the built web app as C: every file with its name, type, tag and compressed forms.

usage: embed_web.py DIST OUT.c DEPFILE

An empty or missing DIST gives an empty table; the server then says how to build the app."""

import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".ico": "image/x-icon",
    ".jpg": "image/jpeg", ".woff2": "font/woff2", ".json": "application/json",
    ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
    ".map": "application/json", ".wasm": "application/wasm",
}


def c_bytes(name, data):
    rows = []
    for at in range(0, len(data), 24):
        rows.append(",".join(str(byte) for byte in data[at:at + 24]))
    return f"static const guint8 {name}[] = {{\n" + ",\n".join(rows or ["0"]) + "\n};\n"


def main():
    dist, out, depfile = (pathlib.Path(argument) for argument in sys.argv[1:4])
    files = sorted(p for p in dist.rglob("*") if p.is_file()) if dist.is_dir() else []
    plain = [p for p in files if p.suffix not in (".br", ".gz")]
    text = ['/* made by tools/embed_web.py; do not edit */', '#include "features/web/web_file.h"', ""]
    rows = []
    for number, path in enumerate(plain):
        data = path.read_bytes()
        row = [f'"/{path.relative_to(dist).as_posix()}"',
               f'"{TYPES.get(path.suffix, "application/octet-stream")}"',
               f'"\\"{hashlib.sha256(data).hexdigest()[:20]}\\""']
        for label, extra in (("plain", ""), ("gzip", ".gz"), ("br", ".br")):
            form = path.with_name(path.name + extra)
            if form.is_file():
                text.append(c_bytes(f"{label}_{number}", form.read_bytes()))
                row.append(f"{{ {label}_{number}, {form.stat().st_size} }}")
            else:
                row.append("{ NULL, 0 }")
        rows.append("    { " + ", ".join(row) + " },")
    text.append("const WebFile web_files[] = {")
    text += rows + ["    { NULL, NULL, NULL, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } },", "};"]
    text.append(f"const gsize web_n_files = {len(plain)};")
    out.write_text("\n".join(text) + "\n")
    # folders too: a new file in one changes its time
    watched = [p for p in [dist, *dist.rglob("*")] if p.exists()] if dist.exists() else []
    depfile.write_text(f"{out}: " + " ".join(str(p).replace(" ", "\\ ") for p in watched) + "\n")


if __name__ == "__main__":
    main()
