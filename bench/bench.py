#!/usr/bin/env python3
"""Measure the built program beside its peers, and write bench/results.md.

usage: bench.py [http] [ingest] [formats] [metadata] [upload] [start] [timeline] [library] [sync] [sockets]
                [browser] [lighthouse]

Each part runs on its own by its name and puts its rows into the results; all of them, without a name, take about
45 minutes on a quiet machine, ten of them scrolling. Parts that want a library of a million share one:
TINTYPE_BENCH_LIBRARY names a folder in which it is kept between runs, made when it is missing.

Shared machines are noisy: each figure and its peer are measured in turn, three times, and the medians
are compared. What counts is the ratio."""

import atexit
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import browsing
import formats
import phones

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("TINTYPE_BINARY", ROOT / "build/tintype"))
ROUNDS = int(os.environ.get("TINTYPE_BENCH_ROUNDS", "3"))
SECONDS = os.environ.get("TINTYPE_BENCH_SECONDS", "4")
N_LARGE = int(os.environ.get("TINTYPE_BENCH_ASSETS", "1000000"))
N_POSTGRES = int(os.environ.get("TINTYPE_BENCH_POSTGRES_ASSETS", "200000"))  # a million takes 40 minutes to make
WHO = {"email": "bench@example.com", "password": "benchbench", "name": "Bench"}
HEAD = """# Measured

By `make bench`, or a part of it by `bench/run NAME`, on shared machines: every figure stands beside its peer in the same
run, medians of turns, and the ratio is what counts. Figures of the original are of a server 3.0.0, measured once on a
machine like these, without machine learning.
"""
rows = []


def note(what, ours, peer, ratio, wanted):
    rows.append((what, ours, peer, ratio, wanted))
    print(f"{what}: {ours} | {peer} | {ratio} | wanted {wanted}", flush=True)


def median(values):
    return statistics.median(values)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- our server ----

class Server:
    def __init__(self, env=None, media=None):
        self.media = media or tempfile.mkdtemp(prefix="tintype-bench-")
        self.port = free_port()
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith(("TINTYPE_", "IMMICH_", "DB_"))},
                    "IMMICH_HOST": "127.0.0.1", "IMMICH_PORT": str(self.port),
                    "IMMICH_MEDIA_LOCATION": self.media, "IMMICH_API_METRICS_PORT": "0",
                    "IMMICH_LOG_LEVEL": "warn", **(env or {})}
        self.token = None
        self.start()

    def start(self):
        begun = time.perf_counter()
        self.process = subprocess.Popen([BINARY, "serve"], env=self.env, stdout=subprocess.DEVNULL)
        while True:
            try:
                status, _ = self.request("GET", "/api/server/ping")
                break
            except (ConnectionError, http.client.HTTPException):
                if self.process.poll() is not None:
                    sys.exit("the server does not start")
                time.sleep(0.002)
        self.start_ms = (time.perf_counter() - begun) * 1000

    def stop(self, keep=False):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        if not keep:
            shutil.rmtree(self.media, ignore_errors=True)

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, dict):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, data

    def json(self, *args, **kwargs):
        status, data = self.request(*args, **kwargs)
        if status >= 300:
            sys.exit(f"{args}: {status} {data[:300]}")
        return json.loads(data) if data else None

    def sign_up(self):
        self.json("POST", "/api/auth/admin-sign-up", WHO)
        self.log_in()

    def log_in(self):
        self.token = self.json("POST", "/api/auth/login", WHO)["accessToken"]

    def upload(self, name, data):
        boundary = "----tintypebench"
        head = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n'
                       f"2024-01-02T03:04:05.000Z\r\n" for k in ("fileCreatedAt", "fileModifiedAt"))
        head += (f'--{boundary}\r\nContent-Disposition: form-data; name="assetData"; filename="{name}"\r\n'
                 "Content-Type: application/octet-stream\r\n\r\n")
        body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
        return self.json("POST", "/api/assets", body,
                         {"Content-Type": f"multipart/form-data; boundary={boundary}"})["id"]

    def pss_kb(self):
        """Of the server and all its children."""
        total = 0
        for pid in [self.process.pid, *children(self.process.pid)]:
            try:
                for line in open(f"/proc/{pid}/smaps_rollup"):
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except OSError:
                pass
        return total


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in open(f"/proc/{pid}/task/{task}/children").read().split():
                found += [int(child), *children(int(child))]
    except OSError:
        pass
    return found


def wrk(url, header=None):
    command = ["wrk", "-t2", "-c64", f"-d{SECONDS}s", "--latency", url]
    if header:
        command[1:1] = ["-H", header]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"{url} answered errors:\n{out}")
    rate = float(next(l for l in out.splitlines() if "Requests/sec" in l).split()[1])
    p99 = next(l.split()[1] for l in out.splitlines() if l.strip().startswith("99%"))
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}
    scale = next(v for k, v in unit.items() if p99.endswith(k) and p99[:-len(k)].replace(".", "").isdigit())
    return rate, float(p99.rstrip("ums")) * scale


class Nginx:
    """Serves the files of a folder, by sendfile () as Debian's settings have it, or from a buffer."""

    def __init__(self, files, sendfile="on"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tintype-nginx-"))
        os.chmod(self.folder, 0o755)
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self.port = free_port()
        (self.folder / "nginx.conf").write_text(f"""
worker_processes 2; daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile {sendfile}; tcp_nopush on; keepalive_requests 1000000000; types {{ image/webp webp; application/json json; }}
  open_file_cache max=1000 inactive=60s;
  client_body_temp_path {self.folder}/a; proxy_temp_path {self.folder}/b; fastcgi_temp_path {self.folder}/c;
  uwsgi_temp_path {self.folder}/d; scgi_temp_path {self.folder}/e;
  server {{ listen 127.0.0.1:{self.port} reuseport; root {self.folder}; }} }}
""")
        self.process = subprocess.Popen(["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"],
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def in_turn(*measures):
    """The median of each, all of them measured in each round."""
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS)]
    return [median(values) for values in zip(*rounds)]


# ---- pictures ----

def make_photos(folder, n, megapixels, grain=12):
    """JPEGs with structure and some noise, as cameras make them; ffmpeg's life and noise, scaled."""
    made = []
    for i in range(n):
        path = pathlib.Path(folder) / f"photo-{i:03}.jpg"
        width = int((megapixels[i % len(megapixels)] * 1e6 * 4 / 3) ** 0.5) // 16 * 16
        height = width * 3 // 4 // 16 * 16
        if not path.exists():
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                            f"mandelbrot=size=1280x960:start_scale={0.3 / (i + 1)}:end_scale=0.01,noise=alls={grain}:allf=t",
                            "-frames:v", "1", "-vf", f"scale={width}:{height}:flags=bicubic,noise=alls=7",
                            "-q:v", "3", "-pix_fmt", "yuvj420p", path], check=True)
        made.append(path)
    return made


# ---- the measurements ----

def bench_http():
    server = Server()
    server.sign_up()
    nginx = Nginx({"ping.json": b'{"res":"pong"}'})
    base = f"http://127.0.0.1:{server.port}"
    ours, peer = in_turn(lambda: wrk(f"{base}/api/server/ping")[0], lambda: wrk(nginx.url("ping.json"))[0])
    note("`/api/server/ping`", f"{ours:,.0f}/s", f"nginx {peer:,.0f}/s", f"{ours / peer:.2f}", "0.7")
    nginx.stop()
    for grain, wanted in ((70, "0.7"), (12, "")):
        bench_thumbnail(server, grain, wanted)
    server.stop()


def bench_thumbnail(server, grain, wanted):
    """Beside nginx in whichever of its two ways is the faster for a file of this size."""
    with tempfile.TemporaryDirectory() as folder:
        photo = make_photos(folder, 1, [2], grain)[0].read_bytes()
    asset = server.upload("a.jpg", photo)
    wait_for_thumbnails(server, [asset])
    path = f"/api/assets/{asset}/thumbnail?size=thumbnail"
    _, thumbnail = server.request("GET", path)
    peers = [Nginx({"thumb.webp": thumbnail}, sendfile) for sendfile in ("on", "off")]
    ours, *rates = in_turn(
        lambda: wrk(f"http://127.0.0.1:{server.port}{path}", f"Authorization: Bearer {server.token}")[0],
        *(lambda peer=peer: wrk(peer.url("thumb.webp"))[0] for peer in peers))
    for peer in peers:
        peer.stop()
    note(f"thumbnail of {len(thumbnail) / 1000:.0f} kB, authenticated", f"{ours:,.0f}/s", f"nginx {max(rates):,.0f}/s",
         f"{ours / max(rates):.2f}", wanted)


def wait_for_thumbnails(server, ids):
    left = list(ids)
    while left:
        left = [i for i in left if server.request("GET", f"/api/assets/{i}/thumbnail?size=thumbnail")[0] != 200]
        if left:
            time.sleep(0.05)


def ingest_once(photos):
    server = Server()
    server.sign_up()
    peak = 0
    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        uploads = [pool.submit(lambda p: server.upload(p.name, p.read_bytes()), p) for p in photos]
        while not all(u.done() for u in uploads):
            peak = max(peak, server.pss_kb())
            time.sleep(0.1)
        left = [u.result() for u in uploads]
    while left:
        peak = max(peak, server.pss_kb())
        left = [i for i in left if server.request("GET", f"/api/assets/{i}/thumbnail?size=thumbnail")[0] != 200]
        time.sleep(0.1)
    seconds = time.perf_counter() - begun
    server.stop()
    return seconds, peak


def bench_ingest():
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(folder, 60, [14, 16, 20, 24])
        peaks = []

        def ours():
            seconds, peak = ingest_once(photos)
            peaks.append(peak)
            return len(photos) / seconds

        def sharp(mode):
            """Its own figure, after a warm-up: two at once, the outputs kept in memory."""
            out = subprocess.run(["node", ROOT / "bench/media_ingest_sharp.mjs", mode, "2", "1", *photos],
                                 cwd=ROOT / "bench", check=True, capture_output=True, text=True).stdout
            return float(out.split(",")[1].split()[0])

        rate, thrice, once = in_turn(ours, lambda: sharp("thrice"), lambda: sharp("once"))
        note("whole ingest, 60 JPEGs of 14 to 24 MP", f"{rate:.1f}/s", f"sharp, three outputs only {thrice:.1f}/s",
             f"{rate / thrice:.2f}", "2.0")
        note("the same, sharp sharing one decode", f"{rate:.1f}/s", f"{once:.1f}/s", f"{rate / once:.2f}", "")
        note("its peak memory, all processes (PSS)", f"{max(peaks) / 1024:.0f} MB", "original 2.5 GB", "", "200 MB")


def bench_metadata():
    data = pathlib.Path(os.environ.get("TINTYPE_TESTDATA", ROOT / "../shared/testdata"))
    files = sorted(str(p) for p in data.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg")) if data.is_dir() else []
    dump = BINARY.parent / "src/worker/metadata-dump"
    if not files:
        print("metadata: skipped, there are no test photos")
        return

    def run(*command):
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return len(files) / (time.perf_counter() - begun)

    ours, peer = in_turn(lambda: run(dump, *files), lambda: run("exiftool", "-fast2", "-json", *files))
    note(f"metadata of {len(files)} JPEGs", f"{ours:,.0f}/s", f"exiftool -fast2 {peer:,.0f}/s", f"{ours / peer:.1f}", "5")


def bench_upload():
    """Four at once on both sides: a client that costs little (sendfile) to us, dd to a folder. What was
    written is deleted at the end: a file system without a journal looks for inodes past those deleted
    in the last minutes, which both sides would pay for and neither is about."""
    n = 288
    boundary = "----tintypebench"

    def head_of(name):
        text = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n'
                       f"2024-01-02T03:04:05.000Z\r\n" for k in ("fileCreatedAt", "fileModifiedAt"))
        return (text + f'--{boundary}\r\nContent-Disposition: form-data; name="assetData"; filename="{name}"\r\n'
                "Content-Type: image/jpeg\r\n\r\n").encode()

    tail = f"\r\n--{boundary}--\r\n".encode()

    def send(server, path):
        head = head_of(path.name)
        length = len(head) + path.stat().st_size + len(tail)
        with socket.create_connection(("127.0.0.1", server.port)) as s, open(path, "rb") as f:
            s.sendall(f"POST /api/assets HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {server.token}\r\n"
                      f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {length}\r\n\r\n".encode() + head)
            s.sendfile(f)
            s.sendall(tail)
            answer = s.recv(4096)
        if not answer.startswith(b"HTTP/1.1 201"):
            sys.exit(f"an upload was answered {answer[:200]}")

    written = []
    with tempfile.TemporaryDirectory(prefix="tintype-files-") as folder:
        files = [pathlib.Path(folder, f"{i}.jpg") for i in range(n)]
        for file in files:
            file.write_bytes(os.urandom(3_000_000))

        def all_of(do):
            begun = time.perf_counter()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(do, files))
            return n * 3 / (time.perf_counter() - begun)

        def ours():
            server = Server()
            server.sign_up()
            for queue in ("metadataExtraction", "thumbnailGeneration"):
                server.json("PUT", f"/api/jobs/{queue}", {"command": "pause"})
            rate = all_of(lambda file: send(server, file))
            server.stop(keep=True)
            written.append(server.media)
            return rate

        def dd():
            out = tempfile.mkdtemp(prefix="tintype-dd-")
            written.append(out)
            return all_of(lambda file: subprocess.run(
                ["dd", f"if={file}", f"of={out}/{file.name}", "bs=1M", "conv=fsync", "status=none"], check=True))

        rate, peer = in_turn(ours, dd)
    for out in written:
        shutil.rmtree(out, ignore_errors=True)
    note("upload of 3 MB files, durable, 4 at once", f"{rate:.0f} MB/s", f"dd conv=fsync {peer:.0f} MB/s",
         f"{rate / peer:.2f}", "0.8")


def bench_start():
    times, memory = [], []
    server = Server()
    server.stop(keep=True)
    for _ in range(max(5, ROUNDS)):
        server.start()
        times.append(server.start_ms)
        time.sleep(1)
        memory.append(server.pss_kb() / 1024)
        server.stop(keep=True)
    shutil.rmtree(server.media, ignore_errors=True)
    note("start to first ping, empty library", f"{median(times):.0f} ms", "original 6,100 ms", "", "150 ms")
    note("idle memory, empty library (PSS)", f"{median(memory):.0f} MB", "original 970 MB", "", "40 MB")


def seeded(n, env=None, more=(), media=None):
    server = Server(env, media)
    server.sign_up()
    server.stop(keep=True)
    subprocess.run([BINARY, "admin", "seed-demo", "--assets", str(n), *more], env=server.env, check=True,
                   stdout=subprocess.DEVNULL)
    server.start()
    return server


def people(n):
    return "--people", str(n * 3 // 1000), "--faces", str(n * 3 // 10)


made = []  # the folder of the large library


def large():
    """The library of a million, with albums and people: made once for all parts that want one, and stopped with
    keep=True by them."""
    folder = os.environ.get("TINTYPE_BENCH_LIBRARY") or (made[0] if made else None)
    if folder and os.path.exists(os.path.join(folder, "tintype.db")):
        server = Server(media=folder)
        server.log_in()
        return server
    server = seeded(N_LARGE, more=("--albums", str(N_LARGE // 200), *people(N_LARGE)), media=folder)
    if folder is None:
        made.append(server.media)
        atexit.register(shutil.rmtree, server.media, ignore_errors=True)
    return server


def bench_timeline():
    rates = {}
    for n in (10_000, 100_000, N_LARGE):
        server = large() if n == N_LARGE else seeded(n)
        base = f"http://127.0.0.1:{server.port}/api/timeline"
        header = f"Authorization: Bearer {server.token}"
        if n == 100_000:
            time.sleep(2)
            note("idle memory, 100,000 assets (PSS)", f"{server.pss_kb() / 1024:.0f} MB", "", "", "60 MB")
        buckets = server.json("GET", "/api/timeline/buckets?visibility=timeline")
        bucket = min(buckets, key=lambda b: abs(b["count"] - 5000))
        url = f"{base}/bucket?timeBucket={bucket['timeBucket']}&visibility=timeline"
        list_p99 = latency(server, "/api/timeline/buckets?visibility=timeline")
        rates[n] = wrk(f"{base}/buckets?visibility=timeline", header)[0]
        bucket_p99 = latency(server, url[url.index("/api"):])
        note(f"bucket list, {n:,} assets", f"p99 {list_p99:.1f} ms, {rates[n]:,.0f}/s",
             "original (200,000) 55 ms, 18/s" if n == N_LARGE else "", "", "p99 10 ms")
        note(f"bucket of {bucket['count']:,}, {n:,} assets", f"p99 {bucket_p99:.1f} ms", "", "", "p99 25 ms")
        if n == 100_000:
            for each in buckets:
                server.request("GET", f"/api/timeline/bucket?timeBucket={each['timeBucket']}&visibility=timeline")
            note("memory after each bucket was read, 100,000 assets (PSS)", f"{server.pss_kb() / 1024:.0f} MB", "", "",
                 "60 MB")
        server.stop(keep=n == N_LARGE)
    note(f"bucket list, rate at {N_LARGE:,} to that at 10,000", "", "", f"{rates[N_LARGE] / rates[10_000]:.2f}", "0.8")


def postgres_database(name):
    """The environment of a server on a fresh database of the cluster beside the bench."""
    cluster = os.environ.get("TINTYPE_TEST_POSTGRES")
    if not cluster:
        sys.exit("the library is measured on PostgreSQL, too: run it by bench/run")
    subprocess.run(["psql", "-q", cluster, "-c", f"CREATE DATABASE {name}"], check=True)
    return {"DB_URL": cluster.rsplit("/", 1)[0] + "/" + name}


MEMBER = {"email": "member@example.com", "password": "correct horse", "name": "Member"}


def become_member(server, n):
    """Go on as another user, with n assets."""
    if not any(user["email"] == MEMBER["email"] for user in server.json("GET", "/api/admin/users")):
        server.json("POST", "/api/admin/users", MEMBER)
        server.stop(keep=True)
        subprocess.run([BINARY, "admin", "seed-demo", "--assets", str(n), "--user", MEMBER["email"]], env=server.env,
                       check=True, stdout=subprocess.DEVNULL)
        server.start()
    server.token = server.json("POST", "/api/auth/login", {k: MEMBER[k] for k in ("email", "password")})["accessToken"]


def bench_library():
    """Pages of a large library, as a user opens them; the engines beside each other."""
    found = {}
    for engine, n in (("SQLite", N_LARGE), ("PostgreSQL", N_POSTGRES)):
        server = large() if engine == "SQLite" else seeded(
            n, postgres_database("bench_library"), ("--albums", str(n // 200), *people(n)))
        albums = server.json("GET", "/api/albums")
        album = min(albums, key=lambda a: abs(a["assetCount"] - 100))["id"]
        person = server.json("GET", "/api/people?size=1")["people"][0]["id"]
        month = server.json("GET", f"/api/timeline/buckets?albumId={album}")[0]["timeBucket"]
        search = ("POST", "/api/search/metadata")
        pages = {
            "list of albums": ("GET", "/api/albums", None),
            "album of 100": ("GET", f"/api/albums/{album}", None),
            "its months": ("GET", f"/api/timeline/buckets?albumId={album}", None),
            "a month of it": ("GET", f"/api/timeline/bucket?albumId={album}&timeBucket={month}", None),
            "people": ("GET", "/api/people?size=500", None),
            "months of the most seen person": ("GET", f"/api/timeline/buckets?personId={person}", None),
            "search, first page": (*search, {"size": 100}),
            "search by city and camera": (*search, {"city": "Berlin", "model": "Pixel 8", "size": 100}),
            "search by text": (*search, {"originalFileName": "IMG_00123", "size": 100}),
            "search by person": (*search, {"personIds": [person], "size": 100}),
            "suggestions of cities": ("GET", "/api/search/suggestions?type=city", None),
            "statistics": ("GET", "/api/assets/statistics", None),
            "markers of a year": ("GET", "/api/map/markers?fileCreatedAfter=2026-01-01T00:00:00.000Z", None),
            "all markers": ("GET", "/api/map/markers", None),
        }
        for name, (method, path, body) in pages.items():
            found.setdefault(name, {})[engine] = latency(server, path, 10 if "markers" in name else 100, method, body)
        become_member(server, n // 20)
        found.setdefault("all markers of one of 20 users", {})[engine] = latency(server, "/api/map/markers", 100)
        server.stop(keep=engine == "SQLite")
    for name, by in found.items():
        note(f"{name}: p99", f"SQLite, {N_LARGE:,} assets: {by['SQLite']:.1f} ms",
             f"PostgreSQL, {N_POSTGRES:,} assets: {by['PostgreSQL']:.1f} ms", "", "100 ms")


def latency(server, path, n=300, method="GET", body=None):
    """99th percentile over one connection, ms."""
    headers = {"Authorization": f"Bearer {server.token}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    times = []
    for _ in range(n):
        begun = time.perf_counter()
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        reply.read()
        times.append((time.perf_counter() - begun) * 1000)
        if reply.status != 200:
            sys.exit(f"{path}: {reply.status}")
    return sorted(times)[int(n * 0.99)]


BENCHES = {"http": bench_http, "ingest": bench_ingest, "formats": lambda: formats.bench_formats(sys.modules[__name__]),
           "metadata": bench_metadata, "upload": bench_upload, "start": bench_start,
           "timeline": bench_timeline, "library": bench_library,
           "sync": lambda: phones.bench_sync(sys.modules[__name__]),
           "sockets": lambda: phones.bench_sockets(sys.modules[__name__]),
           "browser": lambda: browsing.bench_browser(sys.modules[__name__]),
           "lighthouse": lambda: browsing.bench_lighthouse(sys.modules[__name__])}


def machine():
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    memory = int(open("/proc/meminfo").readline().split()[1]) // 1024 // 1024
    return f"{os.cpu_count()} cores of {model}, {memory} GiB, Linux {platform.release().split('-')[0]}"


def source():
    """Which state was measured."""
    def git(*args):
        return subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True).stdout.strip()

    return (git("describe", "--always") or "no commit") + (" and changes" if git("status", "-s", "src", "web") else "")


def keep(name):
    """Put the rows of a part in the place of those that it had in the results."""
    file = ROOT / "bench/results.md"
    parts = dict(part.split("\n", 1) for part in file.read_text().split("\n## ")[1:]) if file.exists() else {}
    table = ["", f"{time.strftime('%Y-%m-%d')}, {source()}, {machine()}", "",
             "| what | Tintype | peer | ratio | wanted |", "|---|---|---|---|---|"]
    parts[name] = "\n".join([*table, *("| " + " | ".join(row) + " |" for row in rows), ""])
    rows.clear()
    file.write_text(HEAD + "".join(f"\n## {each}\n{parts[each]}" for each in BENCHES if each in parts))


def main():
    wanted = sys.argv[1:] or list(BENCHES)
    if not set(wanted) <= set(BENCHES):
        sys.exit(__doc__)
    for name in wanted:
        BENCHES[name]()
        keep(name)


if __name__ == "__main__":
    main()
