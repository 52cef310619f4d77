"""What the web app feels like in Chromium, with a large library, and what Lighthouse says of its first pages: parts
of bench.py, which passes itself as the tools. The programs that hold the browser are browser.mjs and lighthouse.mjs."""

import json
import os
import pathlib
import subprocess

MINUTES = float(os.environ.get("TINTYPE_BENCH_MINUTES", "10"))
HERE = pathlib.Path(__file__).resolve().parent
ALBUM = 5000


def link_of_album(server):
    """An album of a month's photos and a link to it. @return its address, and how many photos it shows"""
    months = server.json("GET", "/api/timeline/buckets?visibility=timeline")
    month = min(months, key=lambda each: abs(each["count"] - ALBUM))["timeBucket"]
    ids = server.json("GET", f"/api/timeline/bucket?visibility=timeline&timeBucket={month}")["id"][:ALBUM]
    album = server.json("POST", "/api/albums", {"albumName": "Bench", "assetIds": ids})["id"]
    link = server.json("POST", "/api/shared-links", {"type": "ALBUM", "albumId": album})
    return f"http://127.0.0.1:{server.port}/share/{link['key']}", len(ids)


def run(name, how):
    out = subprocess.run(["node", HERE / name, json.dumps(how)], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(out.stdout)


def settings(tools, server, **more):
    server.json("PUT", "/api/users/me/onboarding", {"isOnboarded": True})
    return {"base": f"http://127.0.0.1:{server.port}", "email": tools.WHO["email"], "password": tools.WHO["password"],
            "turns": tools.ROUNDS, **more}


def bench_browser(tools):
    server = tools.large()
    n = server.json("GET", "/api/assets/statistics")["total"]
    link, n_shared = link_of_album(server)
    found = run("browser.mjs", settings(tools, server, link=link, minutes=MINUTES))
    opening, walking, shared = found["opening"], found["walking"], found["sharedLink"]
    tools.note(f"first thumbnail, {n:,} assets, first visit", f"{opening['first']:.0f} ms", "", "", "1,000 ms")
    tools.note("first thumbnail, coming back", f"{opening['again']:.0f} ms", "", "", "1,000 ms")
    tools.note("compressed script before it", f"{opening['script'] / 1000:.0f} kB", "", "", "120 kB")
    tools.note("a jump by the line of years, until placeholders show",
               f"{walking['placeholders']:.0f} ms, slowest {walking['slowestPlaceholders']:.0f} ms", "", "", "300 ms")
    tools.note("a jump, until all thumbnails in view show", f"{walking['pictures']:.0f} ms", "", "", "")
    tools.note("frames while scrolling, painted without a GPU",
               f"{walking['rate']:.0f}/s, slowest tenth {walking['slow']:.0f}/s", "", "", "55/s")
    tools.note("CPU of the page's own thread for one of them", f"{walking['work']:.1f} ms", "", "", "18 ms")
    tools.note(f"JavaScript heap after {MINUTES:g} minutes of scrolling and jumping",
               f"{walking['heap'] / 1e6:.0f} MB, before a collection {walking['mostHeap'] / 1e6:.0f} MB", "", "", "150 MB")
    tools.note(f"link of an album of {n_shared:,}, phone at 1.6 Mb/s and 300 ms: first photo",
               f"{shared['first'] / 1000:.1f} s, all in view {shared['all'] / 1000:.1f} s", "", "", "3 s")
    n_albums = len(server.json("GET", "/api/albums"))
    n_places = len(server.json("GET", "/api/map/markers"))
    tools.note(f"page of {n_albums:,} albums: first cover", f"{found['pages']['albums']:.0f} ms", "", "", "")
    tools.note(f"map of {n_places:,} places: first pile", f"{found['pages']['map']:.0f} ms", "", "", "")
    server.stop(keep=True)


def bench_lighthouse(tools):
    """What takes points off is printed; only the scores are written."""
    server = tools.seeded(10_000)
    link, _ = link_of_album(server)
    pages = [{"name": "login", "path": "/auth/login", "isVisitor": True}, {"name": "timeline", "path": "/photos"},
             {"name": "shared link", "path": link, "isVisitor": True}]
    for page in run("lighthouse.mjs", settings(tools, server, pages=pages)):
        fast, open_to_all, sound = page["scores"]
        tools.note(f"Lighthouse of the {page['name']}, {page['form']}",
                   f"performance {fast}, accessibility {open_to_all}, best practices {sound}", "", "", "95 each")
        for what in page["lost"]:
            print(f"    {what}", flush=True)
    server.stop()
