#!/usr/bin/env python3
"""Write a few good inputs for each fuzz target, so that it does not have to find out what a JPEG is.

usage: make_seeds.py FOLDER METADATA_CORPUS_SH

FOLDER gets a folder a target, named as its executable. Pictures with metadata come from the script
METADATA_CORPUS_SH when vips, exiftool and ffmpeg are there; a few are made here in any case."""

import json
import pathlib
import shutil
import struct
import subprocess
import sys
import zlib


def multipart_seeds():
    part = b'--X-\r\nContent-Disposition: form-data; name="%s"%s\r\n%s\r\n%s\r\n'
    end = b"--X---\r\n"
    bodies = [
        part % (b"deviceId", b"", b"", b"phone") + end,
        part % (b"assetData", b'; filename="a.jpg"', b"Content-Type: image/jpeg\r\n", b"\xff\xd8\xff\xd9") + end,
        part % (b"a", b"; filename*=UTF-8''%e2%82%ac.jpg", b"", b"") + end,
        part % (b"a", b"", b"", b"--X\r\n--X-almost") + b"preamble\r\n" + end + b"epilogue",
        b"--X-\r\ncontent-disposition: form-data; name=plain\r\nX-Other: y\r\n\r\nvalue\r\n" + end,
        b"\r\n--X-  \r\nContent-Disposition: form-data; name=\"quote\\\"d\"\r\n\r\n\r\n" + end,
        part % (b"unfinished", b"", b"", b"text"),
    ]
    return [bytes([cut]) + body for body in bodies for cut in (0, 6)]


def api_parse_seeds():
    values = [
        {}, [], {"a": [1, 2.5, -3, True, None, "\u00e4\n"]}, {"a": {"b": {"c": [[[]]]}}},
        {"id": "6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10", "email": "a@example.com", "n": 9007199254740993,
         "date": "2024-02-29T12:00:00.000Z", "day": "2024-02-29", "ok": "true", "color": "#aabbcc"},
    ]
    bodies = [json.dumps(value).encode() for value in values] + [b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b'"\\ud800"']
    queries = [b"size=10&page=2&ids=a&ids=b", b"x=%C3%A4+b&y", b"a=true&b=false&c=&=d", b"date=2024-01-01T00%3A00%3A00Z"]
    paths = [b"/things/6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10", b"/Things/", b"/a%2Fb/%zz", b"/things/a/b/c/../d"]
    return ([b"\0" + body for body in bodies] + [b"\1" + query for query in queries] +
            [b"\2" + path for path in paths])


def target_seeds():
    return [
        b"/api/assets?key=secret&slug=x&page=2", b"?key=secret", b"a%20b+c=%C3%A4&d=&e", b"bytes=0-99", b"bytes=-5",
        b"bytes=990-,0-1", b'W/"abc", "abc", *', b"Sun, 06 Nov 1994 08:49:37 GMT", b"gzip;q=0.5, br;q=1, *;q=0",
        b"203.0.113.7, 10.0.0.2, [2001:db8::1]:443", b'for=192.0.2.60;proto=http, for="[2001:db8::1]"',
    ]


def connection_seeds():
    get, post = b"GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", b"POST %s HTTP/1.1\r\nHost: h\r\n%s\r\n%s"
    chunked = b"Transfer-Encoding: chunked\r\n"
    requests = [
        get % (b"/a?b", b"Accept-Encoding: gzip\r\n"), get % (b"/c", b"") + get % (b"/p", b""),
        b"\r\nGET http://h/p?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get % (b"/", b"Connection: close\r\n"),
        post % (b"/p", b"Content-Length: 5\r\n", b"hello") + get % (b"/c", b""),
        post % (b"/s", chunked, b"3;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n") + get % (b"/", b""),
        post % (b"/d", b"Content-Length: 3\r\nExpect: 100-continue\r\n", b"abc"),
        post % (b"/r", b"Content-Length: 3\r\n", b"abc") + post % (b"/s", b"Content-Length: 3\r\n", b"a!c"),
        post % (b"/p", b"Content-Length: 101\r\n", b"x" * 101) + get % (b"/", b""),
        post % (b"/", b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"), b"GET /\n\n", b"HEAD /c HTTP/1.1\r\nHost: h\r\n\r\n",
        get % (b"/f", b"Range: bytes=5-1100000\r\n") + get % (b"/f", b"Range: bytes=-7\r\n"), get % (b"/w", b"") + get % (b"/", b""),
        get % (b"/u", b"Connection: Upgrade\r\nUpgrade: x\r\n") + b"early", get % (b"/f", b"") + get % (b"/c", b""),
        get % (b"/", b'Cookie: b=1; a="x%20y" ; a=2\r\n') + get % (b"/c", b"Cookie: =; a\r\nCookie: a=%zz\r\n"),
        post % (b"/s", b"Content-Length: 140000\r\n", b"\xfe\xfe") + get % (b"/", b""),
        post % (b"/r", b"Content-Length: 70000\r\n", b"\xfe"), post % (b"/r", chunked, b"11170\r\n\xfe\r\n"),
        post % (b"/s", chunked, b"11170\r\n\xfe\r\n222e0\r\n\xfe\xfe\r\n0\r\n\r\n") + get % (b"/", b""),
    ]
    return [bytes([piece]) + request for piece in (1, 7) for request in requests]


def frame(first, payload, mask=b"\1\2\3\4"):
    length = len(payload)
    head = bytes([first])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def packets_seeds():
    streams = [
        frame(0x81, b"40") + frame(0x81, b"3") + frame(0x88, struct.pack(">H", 1000)),
        frame(0x81, b"2probe") + frame(0x81, b"5"),
        frame(0x01, b"4") + frame(0x89, b"ping") + frame(0x00, b"") + frame(0x80, b"0/admin,{}"),
        frame(0x81, b'42["event",{"a":[1]}]') + frame(0x8A, b"pong"),
        frame(0x81, b"4" * 200) + frame(0x81, b"4" * 70000),
        frame(0x82, b"binary") + frame(0xC1, b"reserved"),
    ]
    payloads = [b"40", b"40\x1e3\x1e2probe", b"40/admin?x=1,{}", b"41/x", b'42["e"]\x1e6', b"\x1e"]
    return ([b"\1" + stream for stream in streams] + [bytes([6]) + stream for stream in streams] +
            [b"\0" + payload for payload in payloads])


def exif():
    """A TIFF of two directories: make, orientation, date, and a position."""
    def directory(at, entries):
        head, tail = struct.pack("<H", len(entries)), b""
        rest = at + 2 + 12 * len(entries) + 4
        for tag, kind, count, value in entries:
            if len(value) <= 4:
                head += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
            else:
                head += struct.pack("<HHII", tag, kind, count, rest + len(tail))
                tail += value
        return head + struct.pack("<I", 0) + tail
    thirds = struct.pack("<6I", 52, 1, 30, 1, 0, 1)
    gps = [(1, 2, 2, b"N\0"), (2, 5, 3, thirds), (3, 2, 2, b"E\0"), (4, 5, 3, thirds)]
    sub = [(0x9003, 2, 20, b"2020:07:01 12:00:00\0"), (0x9011, 2, 7, b"+05:30\0")]

    def first(sub_at, gps_at):
        return directory(8, [(0x10F, 2, 6, b"Canon\0"), (0x112, 3, 1, b"\6\0"),
                             (0x8769, 4, 1, struct.pack("<I", sub_at)), (0x8825, 4, 1, struct.pack("<I", gps_at))])
    sub_at = 8 + len(first(0, 0))
    gps_at = sub_at + len(directory(sub_at, sub))
    return b"II*\0" + struct.pack("<I", 8) + first(sub_at, gps_at) + directory(sub_at, sub) + directory(gps_at, gps)


XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
       b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" '
       b'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></dc:subject>'
       b"</rdf:Description></rdf:RDF></x:xmpmeta>")


def metadata_seeds():
    tiff = exif()

    def segment(marker, body):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def box(kind, body):
        return struct.pack(">I", 8 + len(body)) + kind + body
    size = segment(0xC0, b"\x08\0\x10\0\x10\1\1\x11\0")
    jpeg = (b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + tiff) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP) +
            size + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\0\xff\xd9")
    png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"eXIf", tiff) +
           chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP) + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b""))
    webp_chunks = b"VP8X" + struct.pack("<I", 10) + b"\x0c\0\0\0\0\0\0\0\0\0" + b"EXIF" + struct.pack("<I", len(tiff)) + tiff
    webp = b"RIFF" + struct.pack("<I", 4 + len(webp_chunks)) + b"WEBP" + webp_chunks
    heic = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0" * 4 + box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13) +
           box(b"iinf", b"\0" * 4 + b"\0\1" + box(b"infe", b"\2\0\0\0\0\1\0\0Exif\0")) +
           box(b"iloc", b"\0\0\0\0\x44\0\0\1\0\1\0\0\0\1" + struct.pack(">II", 8, 64)))
    return [jpeg, png, webp, heic, tiff, XMP]


def box(kind, body):
    return struct.pack(">I", 8 + len(body)) + kind + body


def video_seeds():
    """Even first byte: a video; odd: a photo with a video in it."""
    matrix = struct.pack(">9I", 0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000)  # turned by 90 degrees
    head = box(b"mvhd", struct.pack(">IIIII", 0, 3600000000, 3600000000, 1000, 2000) + b"\0" * 16 + matrix + b"\0" * 28)
    track = box(b"trak", box(b"tkhd", struct.pack(">IIIIII", 7, 0, 0, 1, 0, 2000) + b"\0" * 16 + matrix +
                             struct.pack(">II", 320 << 16, 240 << 16)))
    names = [b"com.apple.quicktime.location.ISO6709", b"com.apple.quicktime.creationdate",
             b"com.apple.quicktime.content.identifier", b"com.apple.quicktime.make"]
    texts = [b"+52.5200+013.4050+034.000/", b"2022-07-24T21:10:56+0200", b"6F1C2D9E-0000-4000-8000-000000000001", b"Apple"]
    keys = box(b"keys", struct.pack(">II", 0, len(names)) + b"".join(box(b"mdta", name) for name in names))
    values = box(b"ilst", b"".join(box(struct.pack(">I", at + 1), box(b"data", struct.pack(">II", 1, 0) + text))
                                   for at, text in enumerate(texts)))
    meta = box(b"meta", box(b"hdlr", b"\0" * 8 + b"mdta" + b"\0" * 13) + keys + values)
    place = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", 18, 0x15C7) + b"+52.5200+013.4050/"))
    movie = box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", head + track + meta + place) + box(b"mdat", b"\0" * 16)

    def photo(attributes, inside=b""):
        packet = (b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(
            b'xmp:Rating="4" ', b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
            b'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
            b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" ' + attributes + b" ").replace(
                b"<dc:subject>", inside + b"<dc:subject>"))
        return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet + b"\xff\xd9"
    items = (b'<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="MotionPhoto" '
             b'Item:Length="%d" Item:Padding="0"/></rdf:li></rdf:Seq></Container:Directory>' % len(movie))
    block = b"\0\0\x30\x0a" + struct.pack("<I", 16) + b"MotionPhoto_Data" + movie
    trailer = b"SEFH" + struct.pack("<III", 106, 1, 0x0A300000) + struct.pack("<II", len(block), len(block))
    samsung = photo(b'GCamera:MotionPhoto="1"') + block + trailer + struct.pack("<I", len(trailer)) + b"SEFT"
    heic = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0" * 4 + box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13))
    return ([b"\0" + movie, b"\0" + b"\x1a\x45\xdf\xa3" + b"\0" * 60, b"\0" + b"RIFF\xff\0\0\0AVI LIST" + b"\0" * 60,
             b"\0" + (b"\x47\x40\0\x10" + b"\xff" * 184) * 4] +
            [b"\1" + photo(b'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="%d"' % len(movie)) + movie,
             b"\1" + photo(b'GCamera:MotionPhoto="1"', items) + movie, b"\1" + samsung, b"\1" + heic + box(b"mpvd", movie)])


# The date and the zone as camcorders put them into a picture.
CAMCORDER = "17ee8c60-f84d-11d9-8cd6-0800200c9a66+MDPM\x02\x18\x4b\x20\x10\x05\x19\x05\x12\x34\x56"


def sidecar_seeds():
    empty = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    other = XMP.replace(b"<dc:subject>", b'<o:p xmlns:o="other" rdf:parseType="Resource"><o:q>1</o:q></o:p><dc:subject>')
    return [b"", empty, XMP, other, b"\xef\xbb\xbf" + XMP, XMP.decode().encode("utf-16"),
            b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>' + XMP + b'<?xpacket end="w"?>']


def made_pictures(folder):
    """Small ones of every format that vips and ffmpeg write, and as the first frame of a video."""
    source = folder / "source.png"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=64x48:r=5:d=0.4", "-frames:v", "1", source], check=True)
    for name in ("jpg[Q=60]", "jpg[interlace,strip]", "png[palette]", "gif", "webp", "webp[lossless]", "tif[compression=lzw,tile]",
                 "tif[compression=jpeg]", "heic", "avif[compression=av1]", "jxl", "jp2"):
        kind = name.split("[")[0]
        made = folder / f"made-{sum(1 for _ in folder.iterdir())}.{kind}"
        if subprocess.run(["vips", "copy", source, f"{made}{name[len(kind):]}"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            made.write_bytes(b"\0" + made.read_bytes())
        else:
            made.unlink(missing_ok=True)
    for name, options in (("bmp", []), ("mp4", ["-c:v", "mpeg4", "-t", "0.4"]), ("webm", ["-c:v", "libvpx-vp9"])):
        made = folder / f"made-{name}.{name}"
        if subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *options, made], check=False).returncode == 0:
            made.write_bytes((b"\0" if name == "bmp" else b"\2") + made.read_bytes())
    (folder / "made.svg").write_bytes(b'\0<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><text y="9">a</text></svg>')
    source.unlink()


def made_videos(folder):
    """Small ones of every container, by ffmpeg."""
    source = ["-f", "lavfi", "-i", "testsrc=s=32x24:r=5:d=0.4", "-f", "lavfi", "-i", "sine=d=0.4"]
    for name, options in (("mp4", ["-c:v", "mpeg4"]), ("mov", ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]),
                          ("webm", ["-c:v", "libvpx", "-c:a", "libopus"]), ("mkv", ["-c:v", "mpeg4"]),
                          ("avi", ["-c:v", "mpeg4", "-c:a", "mp2"]), ("ts", ["-c:v", "mpeg2video", "-c:a", "mp2"]),
                          ("flv", ["-c:v", "flv", "-c:a", "mp3", "-ar", "44100"]),
                          ("wmv", ["-c:v", "wmv2", "-c:a", "wmav2", "-metadata", "creation_time=2014-05-06T07:08:09Z"]),
                          ("mts", ["-c:v", "libx264", "-bsf:v", "h264_metadata=sei_user_data=" + CAMCORDER])):
        made = folder / f"made.{name}"
        if subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *options, made], check=False).returncode == 0:
            made.write_bytes(b"\0" + made.read_bytes())
        else:
            made.unlink(missing_ok=True)


def main():
    folder, corpus_script = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for name, seeds in (("fuzz_multipart", multipart_seeds()), ("fuzz_api_parse", api_parse_seeds()),
                        ("fuzz_target", target_seeds()), ("fuzz_packets", packets_seeds()),
                        ("fuzz_connection", connection_seeds()), ("fuzz_metadata", metadata_seeds()), ("fuzz_video", video_seeds()),
                        ("fuzz_sidecar", sidecar_seeds()), ("fuzz_image", [])):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (place / f"seed-{number}").write_bytes(seed)
    if all(shutil.which(program) for program in ("vips", "exiftool", "ffmpeg")):
        subprocess.run(["sh", corpus_script, folder / "fuzz_metadata"], check=True)
    if all(shutil.which(program) for program in ("vips", "ffmpeg")):
        made_pictures(folder / "fuzz_image")
    if shutil.which("ffmpeg"):
        made_videos(folder / "fuzz_video")


if __name__ == "__main__":
    main()
