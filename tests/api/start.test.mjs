// Starting and stopping: what keeps the server from it says so in a line, and what runs is finished.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { filesBelow, jpeg, mountDisk } from './fixtures.mjs';
import { engine, freePort, newServer, sleep, until } from './harness.mjs';

const LIMIT_MS = 60_000;
const folders = [];
const isRoot = process.getuid() === 0;

function newFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-start-'));
  folders.push(folder);
  return folder;
}

after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** @param server does not start with @param env, ends with 1 and says @param line. */
async function isRefused(server, env, line) {
  await assert.rejects(server.start(env), /did not start/);
  const exit = await server.end();
  assert.deepEqual([exit.code, exit.signal], [1, null], server.log.slice(-2000));
  assert.match(server.log, line);
  assert.ok(!/    at |Traceback|\(core dumped\)/.test(server.log));
}

test('a variable that cannot be used is named, all of them at once', async () => {
  await isRefused(newServer(), {
    IMMICH_PORT: 'many', IMMICH_LOG_LEVEL: 'loud', IMMICH_MEDIA_LOCATION: 'relative', IMMICH_ALLOW_SETUP: 'perhaps',
    IMMICH_WORKERS_INCLUDE: 'api,foo', TINTYPE_MEDIA_WORKERS: '-1',
  }, /Invalid environment variables:[^]*\[IMMICH_PORT\][^]*'many'/);
  for (const [name, value] of [['IMMICH_PORT', '65536'], ['IMMICH_LOG_LEVEL', 'loud'], ['IMMICH_MEDIA_LOCATION', 'data'],
    ['IMMICH_ALLOW_SETUP', 'perhaps'], ['IMMICH_WORKERS_INCLUDE', 'api,foo'], ['IMMICH_WORKERS_EXCLUDE', 'bar'],
    ['TINTYPE_MEDIA_WORKERS', '-1'], ['TINTYPE_SHUTDOWN_GRACE_S', '1e3'], ['IMMICH_LOG_FORMAT', 'xml'], ['DB_URL', 'mysql://x/y'],
    ['IMMICH_CONFIG_FILE', 'config.json'],
    ...(engine === 'sqlite' ? [['DB_PASSWORD_FILE', '/nowhere/secret']] : []), // not read beside DB_URL
    ['IMMICH_TRUSTED_PROXIES', 'not-an-address'], ['IMMICH_API_METRICS_PORT', 'x']])
    await isRefused(newServer(), { [name]: value }, new RegExp(name.replace(/_FILE$/, '')));
});

test('a variable that means nothing is warned of, and the start goes on', async () => {
  const server = newServer();
  await server.start({ IMMICH_PROT: '2283' });
  await server.says(/IMMICH_PROT means nothing here/);
});

test('an argument that is not known is refused', (t) => {
  const program = process.env.TINTYPE_BINARY;
  if (!program) return t.skip('needs TINTYPE_BINARY');
  for (const args of [['immich'], ['serve', 'now'], ['--nonsense']]) {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(args.at(-1)));
  }
});

test('a media folder that cannot be made or written is named', async () => {
  const folder = newFolder();
  const file = path.join(folder, 'file');
  fs.writeFileSync(file, 'in the way');
  await isRefused(newServer(), { IMMICH_MEDIA_LOCATION: path.join(file, 'media') }, /file\/media/);
  await isRefused(newServer(), { IMMICH_MEDIA_LOCATION: '/proc/media' }, /\/proc\/media/);
});

test('a marker that is gone after the first start stops the next one, unless that is ignored', async () => {
  const server = newServer();
  const admin = await server.signUp();
  for (const name of ['encoded-video', 'library', 'upload', 'profile', 'thumbs', 'backups'])
    assert.match(fs.readFileSync(path.join(server.media, name, '.immich'), 'utf8'), /^\d{13}$/, name);
  await server.end();
  const marker = path.join(server.media, 'thumbs', '.immich');
  fs.rmSync(marker);
  await isRefused(server, {}, /Failed to read[^]*thumbs\/\.immich/);
  await server.start({ IMMICH_IGNORE_MOUNT_CHECK_ERRORS: 'true' });
  (await server.request('GET', '/users/me', { as: admin })).expect(200);
  await server.says(/thumbs\/\.immich/);
  await server.end();
  fs.mkdirSync(path.dirname(marker), { recursive: true });
  fs.writeFileSync(marker, '1700000000000');
  await server.start();
  assert.notEqual(fs.readFileSync(marker, 'utf8'), '1700000000000');
});

test('the media folder of another server is refused, and left as it is', async () => {
  const [mine, other, fresh] = [newServer(), newServer(), newServer()];
  for (const each of [mine, other]) {
    await each.signUp();
    (await each.upload(jpeg(), 'a.jpg', {}, { as: await each.signUp() })).expect(201);
    await each.waitForJobs();
  }
  await fresh.start();
  for (const each of [mine, other, fresh]) await each.end();
  const upload = (each) => path.join(each.media, 'upload'), own = `${upload(mine)}.own`;
  const all = () => filesBelow(upload(other)).sort();
  const before = all();
  fs.renameSync(upload(mine), own);
  fs.symlinkSync(upload(other), upload(mine));
  await isRefused(mine, {}, /The media folder '[^']*' is that of another server: its 'upload\/\.tintype' says "[-0-9a-f]{36}", the database "[-0-9a-f]{36}"/);
  assert.deepEqual(all(), before);
  await mine.start({ IMMICH_IGNORE_MOUNT_CHECK_ERRORS: 'true' });
  await mine.says(/is that of another server[^\n]*, ignored/);
  await mine.end();
  await isRefused(mine, {}, /is that of another server/);
  // a server without accounts begins with what it finds
  fs.rmSync(upload(fresh), { recursive: true });
  fs.symlinkSync(upload(other), upload(fresh));
  await fresh.start();
  await fresh.end();
  fs.unlinkSync(upload(fresh));
  await other.start();
  await other.end();
  fs.unlinkSync(upload(mine));
  fs.renameSync(own, upload(mine));
  await mine.start();
  await mine.end();
  // who knows better says so
  fs.rmSync(path.join(upload(mine), '.tintype'));
  await mine.start();
  assert.match(fs.readFileSync(path.join(upload(mine), '.tintype'), 'utf8'), /^[-0-9a-f]{36}$/);
});

test('a media folder that is read-only is named', async (t) => {
  const disk = newFolder();
  if (!mountDisk(disk, 'size=24m')) return t.skip('this machine lets nobody mount a small disk');
  try {
    const server = newServer();
    server.media = path.join(disk, 'media');
    await server.start();
    await server.end();
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0);
    await isRefused(server, {}, /\/media[^\n]*Read-only file system/);
    assert.equal(spawnSync('mount', ['-o', 'remount,rw', disk]).status, 0);
    await server.start();
    await server.end();
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});

test('a disk that is full is told of, and does not keep those out who may make room', async (t) => {
  const disk = newFolder();
  if (!mountDisk(disk, 'size=24m,nr_inodes=1000')) return t.skip('this machine lets nobody mount a small disk');
  try {
    const server = newServer();
    const other = path.join(disk, 'other-program');
    server.media = path.join(disk, 'media');
    await server.start();
    const admin = await server.signUp();
    await server.end();
    fs.mkdirSync(other);
    const fd = fs.openSync(path.join(other, 'large'), 'w');
    assert.throws(() => { for (;;) fs.writeSync(fd, Buffer.alloc(1024)); }, /ENOSPC/);
    fs.closeSync(fd);
    assert.throws(() => { for (let i = 0; ; i++) fs.writeFileSync(path.join(other, `${i}`), ''); }, /ENOSPC/);
    if (engine === 'sqlite') {
      await isRefused(server, {}, /tintype\.db[^]*the disk of the database is full, make room/);
    } else {
      await server.start();
      await server.login(admin.email);
      await server.says(/No space left on device[^]*Make room/);
      (await server.upload(jpeg(), 'a.jpg', {}, { as: admin })).expect(507);
      await server.end();
    }
    fs.rmSync(other, { recursive: true });
    await server.start();
    (await server.upload(jpeg(), 'a.jpg', {}, { as: admin })).expect(201);
    await server.waitForJobs();
    assert.equal(filesBelow(path.join(server.media, 'upload', '.tmp')).length, 0);
    await server.end();
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});

test('a database of a newer version is refused and left as it is', async () => {
  const server = newServer();
  await server.signUp();
  const [[table]] = engine === 'sqlite'
    ? await server.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%'")
    : await server.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name LIKE '%migration%'");
  const columns = engine === 'sqlite'
    ? (await server.sql(`SELECT name FROM pragma_table_info('${table}')`)).flat()
    : (await server.sql(`SELECT column_name FROM information_schema.columns WHERE table_name = '${table}' ORDER BY ordinal_position`)).flat();
  const newest = `(SELECT max(${columns[0]}) FROM ${table})`;
  await server.sql(`UPDATE ${table} SET ${columns[0]} = ${columns[0] === 'name' ? "'9999-future'" : 9999} WHERE ${columns[0]} = ${newest}`);
  await server.end();
  await isRefused(server, {}, /newer/);
});

test('a database that cannot be reached is named without its password', async () => {
  const port = await freePort();
  const server = newServer();
  await assert.rejects(server.start({ DB_URL: `postgresql://someone:very-secret@127.0.0.1:${port}/nothing` }), /did not start/);
  assert.equal((await server.end()).code, 1);
  assert.match(server.log, /127\.0\.0\.1/);
  assert.ok(!server.log.includes('very-secret'));
});

test('a port that is taken is named', async () => {
  const taken = net.createServer();
  await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address();
  const server = newServer();
  await assert.rejects(server.start({ IMMICH_PORT: String(port) }), /did not start/);
  await server.end();
  assert.match(server.log, new RegExp(`${port}[^]*in use`, 'i'));
  taken.close();
});

test('SIGTERM during an upload lets it finish, and refuses new ones', async () => {
  const server = newServer();
  const admin = await server.signUp();
  const bytes = jpeg();
  const part = (name, value) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = part('fileCreatedAt', '2024-01-02T03:04:05.000Z') + part('fileModifiedAt', '2024-01-02T03:04:05.000Z') +
    '--x\r\nContent-Disposition: form-data; name="assetData"; filename="late.jpg"\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--x--\r\n')]);
  const socket = net.connect(server.port, '127.0.0.1');
  let answer = '';
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('data', (chunk) => (answer += chunk)).on('error', () => {});
  const half = head.length + 10;
  socket.write(`POST /api/assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.token}\r\n` +
    `Content-Type: multipart/form-data; boundary=x\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body.subarray(0, half));
  const temporary = () => filesBelow(path.join(server.media, 'upload', '.tmp'));
  await until(() => temporary().length > 0, 'the upload began');
  process.kill(server.pid, 'SIGTERM');
  await server.says(/stopping/);
  socket.write(body.subarray(half));
  await closed;
  assert.match(answer, /^HTTP\/1\.1 201 /);
  const exit = await server.ended;
  assert.deepEqual([exit.code, exit.signal], [0, null]);
  await server.end();
  const { id } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
  await server.start();
  await server.waitForJobs();
  assert.equal((await server.request('GET', `/assets/${id}`, { as: admin })).expect(200).json.width, 16);
});

/** A program whose media workers need @param seconds to begin; with an end that puts the old one back. */
function slowProgram(seconds) {
  const before = process.env.TINTYPE_BINARY;
  const program = readableProgram();
  const worker = path.join(path.dirname(program), 'src/worker/tintype-media-worker');
  fs.renameSync(worker, `${worker}.real`);
  fs.writeFileSync(worker, `#!/usr/bin/python3
import os, sys, time
time.sleep(${seconds})
os.execv('${worker}.real', sys.argv)
`, { mode: 0o755 });
  process.env.TINTYPE_BINARY = program;
  return () => (process.env.TINTYPE_BINARY = before);
}

/** A server with a job that does not end in the time that is given to jobs when it stops. */
async function serverWithLongJob(t) {
  if (!process.env.TINTYPE_BINARY) return void t.skip('needs TINTYPE_BINARY');
  const server = newServer();
  const putBack = slowProgram(600);
  await server.start().finally(putBack);
  const admin = await server.signUp();
  (await server.upload(jpeg(), 'long.jpg')).expect(201);
  await until(async () => (await server.request('GET', '/queues/metadataExtraction', { as: admin })).json.statistics.active === 1,
    'a job began');
  return server;
}

test('SIGTERM during a long job ends it, and the job is done after the next start', async (t) => {
  const server = await serverWithLongJob(t);
  if (!server) return;
  assert.deepEqual(await server.end(), { code: 0, signal: null }, 'it does not wait for a decoder');
  await server.start();
  await server.waitForJobs();
  const [{ thumbhash }] = (await server.request('POST', '/search/metadata', { as: server.admin, body: {} })).json.assets.items;
  assert.ok(thumbhash);
});

test('SIGTERM while it begins again in the other mode is heard', async (t) => {
  const server = await serverWithLongJob(t);
  if (!server) return;
  (await server.request('POST', '/admin/maintenance', { as: server.admin, body: { action: 'start' } })).expect(201);
  await server.says(/stopping/); // it begins again
  assert.deepEqual(await server.end(), { code: 0, signal: null });
  assert.doesNotMatch(server.log, /is in maintenance mode/);
});

test('a database that stands still does not keep the server from its end', async (t) => {
  if (engine !== 'postgres') return t.skip('SQLite is in the server');
  const server = newServer();
  await server.start({ TINTYPE_SHUTDOWN_GRACE_S: '0' });
  await server.signUp();
  const [[name]] = await server.sql('SELECT current_database()');
  const database = new URL(process.env.TINTYPE_TEST_POSTGRES);
  database.pathname = `/${name}`;
  const lock = spawn('psql', ['-qX', '-d', database.toString(), '-c', 'BEGIN; LOCK TABLE job; SELECT pg_sleep(300)'],
    { stdio: 'ignore' });
  try {
    await until(async () => (await server.sql("SELECT 1 FROM pg_locks WHERE relation = 'job'::regclass AND mode = 'AccessExclusiveLock' AND granted"))
      .length === 1, 'the table is locked');
    assert.deepEqual(await server.end(), { code: 1, signal: null });
    assert.match(server.log, /could not stop in time/);
  } finally {
    lock.kill('SIGKILL');
  }
});

test('metrics are on a port of their own, on the loopback only', async () => {
  const server = newServer();
  const port = await freePort();
  await server.start({ IMMICH_API_METRICS_PORT: String(port) });
  const reply = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(reply.status, 200);
  const text = await reply.text();
  assert.match(reply.headers.get('content-type'), /^text\/plain/);
  assert.match(text, /^# TYPE \S+ (counter|gauge|histogram)$/m);
  assert.equal((await server.request('GET', '/metrics', { raw: true, headers: { accept: 'text/plain' } })).status, 406);
  const other = Object.values(os.networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal);
  if (other) await assert.rejects(fetch(`http://${other.address}:${port}/metrics`, { signal: AbortSignal.timeout(5000) }));
});

// ---- whose process it is ----

/** The program run by @param command ..., until it answers; with its own end. */
async function runBy(command, env, port) {
  const child = spawn(command[0], [...command.slice(1), process.env.TINTYPE_BINARY, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, TZ: 'UTC', ...env },
  });
  let log = '';
  let exit;
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve((exit = { code, signal }))));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (log += chunk));
  for (const end = Date.now() + LIMIT_MS; ; await sleep(50)) {
    assert.ok(exit === undefined && Date.now() < end, `it did not start:\n${log}`);
    try {
      if ((await fetch(`http://127.0.0.1:${port}/api/server/ping`)).ok) break;
    } catch {
      // not yet
    }
  }
  return { child, log: () => log, stop: async () => (child.kill('SIGTERM'), ended) };
}

/** It takes an upload and makes its renditions, all in @param media. */
async function worksIn(port, media) {
  const base = `http://127.0.0.1:${port}/api`;
  const json = (body) => ({ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const who = { email: 'a@example.com', password: 'Passw0rd!', name: 'A' };
  assert.equal((await fetch(`${base}/auth/admin-sign-up`, json(who))).status, 201);
  const { accessToken } = await (await fetch(`${base}/auth/login`, json(who))).json();
  const form = new FormData();
  for (const name of ['fileCreatedAt', 'fileModifiedAt']) form.append(name, '2024-01-02T03:04:05.000Z');
  form.append('assetData', new Blob([jpeg()]), 'a.jpg');
  const headers = { authorization: `Bearer ${accessToken}` };
  const { id } = await (await fetch(`${base}/assets`, { method: 'POST', body: form, headers })).json();
  for (const end = Date.now() + LIMIT_MS; ; await sleep(50)) {
    const asset = await (await fetch(`${base}/assets/${id}`, { headers })).json();
    assert.equal(asset.processingError, null);
    if (asset.thumbhash) break;
    assert.ok(Date.now() < end, 'no renditions');
  }
  assert.ok(filesBelow(path.join(media, 'thumbs')).length >= 2);
}

/** What the server and its workers need, where everybody may read it: a checkout may be somebody's own. */
function readableProgram() {
  const folder = newFolder();
  fs.chmodSync(folder, 0o755);
  const build = path.dirname(process.env.TINTYPE_BINARY);
  for (const part of ['tintype', 'src/worker/tintype-media-worker', 'src/media/places.bin']) {
    fs.mkdirSync(path.dirname(path.join(folder, part)), { recursive: true, mode: 0o755 });
    fs.copyFileSync(path.join(build, part), path.join(folder, part));
  }
  fs.chmodSync(path.join(folder, 'src/media/places.bin'), 0o644);
  return path.join(folder, 'tintype');
}

test('it runs as nobody, with a media folder of its own and nothing else', async (t) => {
  if (engine !== 'sqlite' || !isRoot || !process.env.TINTYPE_BINARY)
    return t.skip('needs root, to become nobody, and TINTYPE_BINARY; on SQLite');
  const before = process.env.TINTYPE_BINARY;
  const media = newFolder();
  fs.chownSync(media, 65534, 65534);
  const port = await freePort();
  process.env.TINTYPE_BINARY = readableProgram();
  try {
    const server = await runBy(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'],
      { IMMICH_HOST: '127.0.0.1', IMMICH_PORT: String(port), IMMICH_API_METRICS_PORT: '0', IMMICH_MEDIA_LOCATION: media }, port);
    await worksIn(port, media);
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, server.log());
    assert.equal(fs.statSync(path.join(media, 'upload')).uid, 65534);
  } finally {
    process.env.TINTYPE_BINARY = before;
  }
});

test('it runs on a root that is read-only', async (t) => {
  if (engine !== 'sqlite' || !process.env.TINTYPE_BINARY) return t.skip('needs TINTYPE_BINARY; on SQLite');
  const media = newFolder();
  // the media folder is mounted anew before the rest becomes read-only
  const script = 'set -e; mount --bind "$1" "$1"; mount -o remount,ro,bind / ; ' +
    'for m in /tmp /home /root /var /work; do mountpoint -q "$m" && mount -o remount,ro,bind "$m" || true; done; ' +
    'if touch /read-only-test 2>/dev/null; then rm -f /read-only-test; exit 3; fi; shift; exec "$@"';
  const command = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', media];
  const { status, stderr } = spawnSync(command[0], [...command.slice(1), 'true'], { encoding: 'utf8' });
  if (status !== 0) return t.skip(`this machine does not let a read-only root be made: ${stderr.trim()}`);
  const port = await freePort();
  const server = await runBy(command,
    { IMMICH_HOST: '127.0.0.1', IMMICH_PORT: String(port), IMMICH_API_METRICS_PORT: '0', IMMICH_MEDIA_LOCATION: media }, port);
  await worksIn(port, media);
  assert.deepEqual(await server.stop(), { code: 0, signal: null }, server.log());
});

test('with IMMICH_WORKERS_* one server answers and another one works', async (t) => {
  if (engine !== 'postgres') return t.skip('two servers need PostgreSQL');
  const api = newServer();
  await api.start({ IMMICH_WORKERS_INCLUDE: 'api' });
  const admin = await api.signUp();
  const { id } = (await api.upload(jpeg(), 'split.jpg')).expect(201).json;
  await sleep(500); // long enough for a server that would do it
  const waiting = (await api.request('GET', '/queues/metadataExtraction', { as: admin })).json.statistics;
  assert.deepEqual([waiting.waiting, waiting.active], [1, 0]);
  const [[url]] = await api.sql('SELECT current_database()');
  const database = new URL(process.env.TINTYPE_TEST_POSTGRES);
  database.pathname = `/${url}`;
  const worker = spawn(process.env.TINTYPE_BINARY, ['serve'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH: process.env.PATH, TZ: 'UTC', IMMICH_WORKERS_EXCLUDE: 'api', IMMICH_PORT: String(await freePort()),
      IMMICH_API_METRICS_PORT: '0', IMMICH_MEDIA_LOCATION: api.media, DB_URL: database.toString() },
  });
  const ended = new Promise((resolve) => worker.on('close', (code, signal) => resolve({ code, signal })));
  try {
    await api.waitForJobs();
    assert.equal((await api.request('GET', `/assets/${id}`, { as: admin })).expect(200).json.width, 16);
  } finally {
    worker.kill('SIGTERM');
  }
  assert.deepEqual(await ended, { code: 0, signal: null });
});
