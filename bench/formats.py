"""Preview, thumbnail and thumbhash of each format, one worker beside a plain chain of library calls on the same
files, and what a worker takes for a picture of 100 megapixels. A part of bench.py, which passes itself as the tools."""

import pathlib
import re
import subprocess
import tempfile

N_ROUNDS = "3"  # of all files, each time they are measured
MAKE_DNG = """
import { readFileSync, writeFileSync } from 'node:fs';
import { dng } from './tests/api/fixtures.mjs';
const [out, jpeg, width, height] = process.argv.slice(1);
const inside = jpeg ? { width: Number(width), height: Number(height), bytes: readFileSync(jpeg) } : undefined;
writeFileSync(out, dng(6000, 4000, { inside }));
"""


def vips(*args):
    subprocess.run(["vips", *args], check=True)


def make_raw(tools, path, jpeg=None):
    size = [subprocess.run(["vipsheader", "-f", field, jpeg], check=True, capture_output=True, text=True).stdout.strip()
            for field in ("width", "height")] if jpeg else []
    subprocess.run(["node", "--input-type=module", "-e", MAKE_DNG, path, jpeg or "", *size], check=True, cwd=tools.ROOT)


def make_files(tools, folder):
    """@return files by what they are called in the table, with the ratio that is wanted of each"""
    photos = tools.make_photos(folder, 3, [12, 16, 24])
    files = {"JPEG": photos}
    for name, save, options in (("HEIC", "heifsave", ["--compression", "hevc", "--Q", "70"]),
                                ("AVIF", "heifsave", ["--compression", "av1", "--Q", "60", "--effort", "1"]),
                                ("JPEG XL", "jxlsave", ["--effort", "4"]), ("WebP", "webpsave", ["--Q", "80", "--effort", "2"]),
                                ("PNG", "pngsave", []), ("TIFF", "tiffsave", [])):
        suffix = {"JPEG XL": "jxl"}.get(name, name.lower())
        files[name] = [photo.with_suffix(f".{suffix}") for photo in photos]
        for photo, made in zip(photos, files[name]):
            vips(save, photo, made, *options)
    files["RAW with a preview"], files["RAW without"] = [pathlib.Path(folder, "a.dng")], [pathlib.Path(folder, "b.dng")]
    make_raw(tools, files["RAW with a preview"][0], photos[0])
    make_raw(tools, files["RAW without"][0])
    return files


def run(tools, *command):
    return subprocess.run(command, cwd=tools.ROOT / "bench", check=True, capture_output=True, text=True).stdout


def rate_of(text):
    return float(re.search(r"([\d.]+) a second", text).group(1))


def bench_formats(tools):
    programs = tools.BINARY.parent / "src/worker"
    worker = programs / "tintype-media-worker"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
        def ours(files, n_workers="1"):
            return lambda: rate_of(run(tools, programs / "media-ingest", worker, out, n_workers, N_ROUNDS, *files))

        def plain(files):
            return lambda: rate_of(run(tools, programs / "media-plain", out, N_ROUNDS, *files))

        def sharp(files):  # its pipelines of one picture run beside each other: one worker would be more than one
            return lambda: rate_of(run(tools, "node", "media_ingest_sharp.mjs", "thrice", "2", N_ROUNDS, *files))

        all_files = make_files(tools, folder)
        rate, other = tools.in_turn(ours(all_files["JPEG"], "2"), sharp(all_files["JPEG"]))
        tools.note("JPEG, two workers", f"{rate:.2f}/s", f"sharp {other:.2f}/s", f"{rate / other:.2f}", "2.0")
        for name, files in all_files.items():
            rate, other = tools.in_turn(ours(files), plain(files))
            tools.note(f"{name}, one worker", f"{rate:.2f}/s", f"libvips, LibRaw {other:.2f}/s", f"{rate / other:.2f}",
                       "1.0" if name in ("HEIC", "AVIF", "RAW with a preview", "RAW without") else "")
        large = tools.make_photos(out, 1, [100])
        text = run(tools, programs / "media-ingest", worker, out, "1", "1", *large)
        memory = re.search(r"largest worker (\d+) MB", text).group(1)
        tools.note("peak memory of a worker, JPEG of 100 megapixels", f"{memory} MB", "", "", "300 MB")
