"""What phones cost: the first sync, a sync with nothing new, what the notes for it cost an upload, and many
sockets. Parts of bench.py, which passes itself as the tools."""

import base64
import http.client
import json
import multiprocessing
import os
import select
import socket
import subprocess
import threading
import time

N_SOCKETS = int(os.environ.get("TINTYPE_BENCH_SOCKETS", "2000"))
N_POLLERS = int(os.environ.get("TINTYPE_BENCH_POLLERS", "200"))
ALL_TYPES = ["AuthUsersV1", "UsersV1", "AssetsV2", "AssetExifsV1", "AssetEditsV1", "AssetMetadataV1", "PartnersV1",
             "PartnerAssetsV2", "PartnerAssetExifsV1", "AlbumsV2", "AlbumUsersV1", "AlbumAssetsV2", "AlbumAssetExifsV1",
             "AlbumToAssetsV1", "MemoriesV1", "MemoryToAssetsV1", "StacksV1", "PartnerStacksV1", "UserMetadataV1",
             "PeopleV1", "AssetFacesV2"]


def anonymous_kb(pid):
    """Memory of its own; not what is mapped of files, which the kernel takes back as it likes."""
    return sum(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup")
               if line.startswith("Anonymous:"))


def stream(server, types, watch=None):
    """One sync. @return (lines, seconds, the last line)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    begun = time.perf_counter()
    connection.request("POST", "/api/sync/stream", json.dumps({"types": types}),
                       {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"})
    reply = connection.getresponse()
    n, last, rest = 0, b"", b""
    while data := reply.read1(1 << 20):
        n += data.count(b"\n")
        last = (rest + data)[-4096:]
        rest = last
        if watch:
            watch()
    connection.close()
    assert reply.status == 200 and b"SyncCompleteV1" in last
    return n - 1, time.perf_counter() - begun, last


# The same columns as JSON lines by SQLite's own functions: what the engine alone takes.
SQL_PEER = """
SELECT json_object('type','AssetV2','data',json_object('id',id,'ownerId',owner_id,'originalFileName',original_file_name,
 'fileCreatedAt',file_created_at,'fileModifiedAt',file_modified_at,'createdAt',created_at,'localDateTime',local_date_time,
 'type',type,'deletedAt',deleted_at,'isFavorite',is_favorite,'visibility',visibility,'duration',duration_ms,
 'livePhotoVideoId',live_photo_video_id,'stackId',stack_id,'libraryId',library_id,'width',width,'height',height,
 'isEdited',is_edited,'checksum',hex(checksum),'thumbhash',hex(thumbhash)),'ack','AssetV2|'||update_id)
FROM asset WHERE owner_id = (SELECT id FROM users) AND update_id > '' ORDER BY update_id"""


def bench_sync(tools):
    server = tools.large()
    stream(server, ["AssetsV2"])  # what comes from the disk comes once
    idle = anonymous_kb(server.process.pid)
    peak = [0]

    def watch():
        peak[0] = max(peak[0], anonymous_kb(server.process.pid))

    def ours():
        n, seconds, _ = stream(server, ["AssetsV2"])
        return n / seconds

    database = next(os.path.join(server.media, name) for name in os.listdir(server.media) if name.endswith(".db"))

    def peer():
        begun = time.perf_counter()
        out = subprocess.run(["sqlite3", "-readonly", database, SQL_PEER], check=True, stdout=subprocess.PIPE).stdout
        return out.count(b"\n") / (time.perf_counter() - begun)

    rate, other = tools.in_turn(ours, peer)
    stream(server, ["AssetsV2"], watch)
    tools.note(f"first sync of {tools.N_LARGE:,} assets", f"{rate:,.0f}/s", f"sqlite3 json_object {other:,.0f}/s",
               f"{rate / other:.2f}", "250,000/s")
    tools.note("memory of a first sync, above idle", f"{(peak[0] - idle) / 1024:.1f} MB", "", "", "32 MB")

    text = stream(server, ALL_TYPES)[2]
    lines = server.request("POST", "/api/sync/stream", {"types": ALL_TYPES})[1].splitlines()
    acks = {}
    for line in lines:
        each = json.loads(line)
        acks[each["type"] if each["type"] != "SyncAckV1" else each["ack"].split("|")[0]] = each["ack"]
    server.json("POST", "/api/sync/ack", {"acks": list(acks.values())})
    assert b"SyncCompleteV1" in text and stream(server, ALL_TYPES)[0] == 0
    times = sorted(stream(server, ALL_TYPES)[1] * 1000 for _ in range(100))
    ping = tools.latency(server, "/api/users/me", 500)
    tools.note("sync with nothing new, 21 types", f"p99 {times[98]:.1f} ms, median {times[50]:.1f} ms",
               f"GET /users/me p99 {ping:.1f} ms", "", "p99 5 ms")
    server.stop(keep=True)
    bench_sync_cost(tools)


# ---- what the notes for it cost ----

# As many rows as a scan adds at once, and back again: what triggers cost is all there is to see.
N_ROWS, N_TURNS = 1000, 10
SQL_INSERTS = f"""
BEGIN;
INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum, size_bytes, file_created_at,
                   file_modified_at, local_date_time, local_month, created_at, updated_at, update_id)
 SELECT gen_random_uuid ()::text, (SELECT id FROM users LIMIT 1), 'IMAGE', 'p' || n, 'IMG_' || n || '.jpg',
        decode (lpad (to_hex (n), 40, '0'), 'hex'), 1, n, n, n, n % 240, n, n, gen_random_uuid ()::text
   FROM generate_series (1, {N_ROWS}) AS n;
INSERT INTO asset_exif (asset_id, file_size_in_byte) SELECT id, 1 FROM asset WHERE original_path LIKE 'p%';
ROLLBACK;
"""
TRIGGERS = ("asset_sync_change ON asset", "asset_exif_sync_change ON asset_exif")


def bench_sync_cost(tools):
    """On PostgreSQL, where each row calls a function; on SQLite the statements make the ids."""
    cluster = os.environ.get("TINTYPE_TEST_POSTGRES")
    if not cluster:
        return
    name = f"tintype_bench_{os.getpid()}"
    subprocess.run(["psql", "-qX", "-d", cluster, "-c", f"CREATE DATABASE {name}"], check=True)
    url = cluster.replace("/postgres", f"/{name}", 1)
    server = tools.Server({"DB_URL": url})
    server.sign_up()

    def inserts(switch):
        def run():
            text = "".join(f"ALTER TABLE {table} {switch} TRIGGER {trigger};"
                           for trigger, table in (each.split(" ON ") for each in TRIGGERS))
            subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text], check=True)
            begun = time.perf_counter()
            subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", url], input=SQL_INSERTS.encode() * N_TURNS, check=True)
            return N_ROWS * N_TURNS / (time.perf_counter() - begun)
        return run

    with_notes, without = tools.in_turn(inserts("ENABLE"), inserts("DISABLE"))
    tools.note("rows of assets written with ids of changes, PostgreSQL", f"{with_notes:,.0f}/s", f"without {without:,.0f}/s",
               f"{with_notes / without:.2f}", "0.8")
    server.stop()
    subprocess.run(["psql", "-qX", "-d", cluster, "-c", f"DROP DATABASE {name} WITH (FORCE)"], check=True)


# ---- sockets ----

class Ear:
    """A socket.io client: connected, and what it heard since."""

    def __init__(self, server, polling):
        self.polling, self.server = polling, server
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.head = f"Host: x\r\nAuthorization: Bearer {server.token}\r\n"
        self.rest = b""
        if polling:
            self.open_polling()
        else:
            self.open_websocket()

    def open_websocket(self):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /api/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{self.head}Connection: Upgrade\r\n"
                             f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        self.socket.sendall(b"\x81\x82\0\0\0\x0040")
        self.until(b"on_server_version")

    def open_polling(self):
        self.socket.sendall(f"GET /api/socket.io/?EIO=4&transport=polling HTTP/1.1\r\n{self.head}\r\n".encode())
        self.sid = self.until(b'"sid":"', b'"maxPayload"').split(b'"sid":"')[1].split(b'"')[0].decode()
        self.socket.sendall((f"POST /api/socket.io/?EIO=4&transport=polling&sid={self.sid} HTTP/1.1\r\n{self.head}"
                             "Content-Length: 2\r\n\r\n40").encode())
        self.until(b"ok")
        self.poll()
        self.until(b"on_server_version")
        self.poll()

    def poll(self):
        self.rest = b""
        self.socket.sendall(f"GET /api/socket.io/?EIO=4&transport=polling&sid={self.sid} HTTP/1.1\r\n{self.head}\r\n".encode())

    def answer_pings(self):
        """Who does not is closed."""
        if not self.polling and b"\x81\x012" in self.rest:
            self.socket.sendall(b"\x81\x81\0\0\0\x003")
            self.rest = self.rest.replace(b"\x81\x012", b"")
        elif self.polling and self.has_answer() and self.rest.endswith((b"\r\n\r\n2", b"\x1e2")):
            self.server.request("POST", f"/api/socket.io/?EIO=4&transport=polling&sid={self.sid}", b"3")
            if self.rest.endswith(b"\r\n\r\n2"):
                self.poll()

    def has_answer(self):
        """Of a poll: its head, and as many bytes as that says."""
        head, end, body = self.rest.partition(b"\r\n\r\n")
        return bool(end) and len(body) >= int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])

    def until(self, *texts):
        while not all(text in self.rest for text in texts):
            data = self.socket.recv(65536)
            assert data, self.rest
            self.rest += data
        found, self.rest = self.rest, b""
        return found


def connect(server, n, polling):
    """Each one that connects is told to all the others of its user, who read that and answer pings meanwhile."""
    poller, ears = select.epoll(), {}
    for i in range(n):
        ear = Ear(server, polling)
        ears[ear.socket.fileno()] = ear
        poller.register(ear.socket.fileno(), select.EPOLLIN)
        while i % 50 == 49 and (ready := poller.poll(0.2 if i == n - 1 else 0)):
            for descriptor, _ in ready:
                other = ears[descriptor]
                other.rest += other.socket.recv(1 << 18)
                other.answer_pings()
                if polling and other.has_answer():
                    other.poll()
                other.rest = other.rest[-65536:]
    return poller, ears


def wait_for(poller, ears, text):
    """@return when each of @ears had heard @text"""
    heard = {}
    until = time.perf_counter() + 60
    while len(heard) < len(ears):
        assert time.perf_counter() < until, f"{len(ears) - len(heard)} did not hear {text}"
        # first all is read, then looked at, or what one says would make the others seem late
        arrived = [(descriptor, ears[descriptor].socket.recv(1 << 18), time.perf_counter())
                   for descriptor, _ in poller.poll(1000, len(ears))]
        for descriptor, data, at in arrived:
            ear = ears[descriptor]
            assert data, "a socket was closed"
            ear.rest += data
            ear.answer_pings()
            if ear.polling and not ear.has_answer():
                continue
            if text in ear.rest and descriptor not in heard:
                heard[descriptor] = at
                ear.rest = b""
            ear.rest = ear.rest[-65536:]
    return list(heard.values())


def keep_uploading(server, stop):
    """In a process of its own: it must not take the time of those who listen."""
    n = 0
    while not stop.is_set():
        server.upload(f"{n}.jpg", os.urandom(20000))
        n += 1


def bench_sockets(tools):
    server = tools.Server()
    server.sign_up()
    for queue in ("metadataExtraction", "thumbnailGeneration"):
        server.json("PUT", f"/api/jobs/{queue}", {"command": "pause"})
    server.json("POST", "/api/admin/users", {"email": "up@example.com", "password": "benchbench", "name": "Up"})
    asset = server.upload("a.jpg", os.urandom(5000))
    time.sleep(2)
    before = anonymous_kb(server.process.pid)
    poller, by_descriptor = connect(server, N_SOCKETS, False)
    server.json("DELETE", "/api/assets", {"ids": [asset]})
    wait_for(poller, by_descriptor, b"on_asset_trash")
    server.json("POST", "/api/trash/restore/assets", {"ids": [asset]})
    wait_for(poller, by_descriptor, b"on_asset_restore")
    time.sleep(2)
    each = (anonymous_kb(server.process.pid) - before) / N_SOCKETS
    tools.note(f"memory of one of {N_SOCKETS:,} WebSockets", f"{each:.1f} kB", "", "", "8 kB")

    other = tools.Server.__new__(tools.Server)  # the same server, by another user
    other.port, other.token = server.port, None
    other.token = other.json("POST", "/api/auth/login", {"email": "up@example.com", "password": "benchbench"})["accessToken"]
    stop = multiprocessing.Event()
    uploader = multiprocessing.Process(target=keep_uploading, args=(other, stop))
    uploader.start()
    delays = []
    for i in range(20):
        # the trash tells all sockets of the user at once, from the request itself
        begun = time.perf_counter()
        request = threading.Thread(target=server.json, args=("DELETE", "/api/assets", {"ids": [asset]}))
        request.start()
        heard = wait_for(poller, by_descriptor, b"on_asset_trash")
        request.join()
        delays += [(at - begun) * 1000 for at in heard]
        server.json("POST", "/api/trash/restore/assets", {"ids": [asset]})
        wait_for(poller, by_descriptor, b"on_asset_restore")
    delays.sort()
    tools.note(f"an event to {N_SOCKETS:,} sockets of a user, under uploads",
               f"p99 {delays[int(len(delays) * 0.99)]:.0f} ms, median {delays[len(delays) // 2]:.0f} ms", "", "", "p99 50 ms")
    for ear in by_descriptor.values():
        ear.socket.close()

    poller, by_descriptor = connect(server, N_POLLERS, True)
    delays = []
    for i in range(20):
        for word, method, path in ((b"on_asset_trash", "DELETE", "/api/assets"), (b"on_asset_restore", "POST", "/api/trash/restore/assets")):
            begun = time.perf_counter()
            request = threading.Thread(target=server.json, args=(method, path, {"ids": [asset]}))
            request.start()
            heard = wait_for(poller, by_descriptor, word)
            request.join()
            delays += [(at - begun) * 1000 for at in heard]
            for ear in by_descriptor.values():
                ear.poll()
    stop.set()
    uploader.join()
    delays.sort()
    tools.note(f"an event to {N_POLLERS} pollers of a user, under uploads",
               f"p99 {delays[int(len(delays) * 0.99)]:.0f} ms, median {delays[len(delays) // 2]:.0f} ms", "", "", "p99 50 ms")
    server.stop()
