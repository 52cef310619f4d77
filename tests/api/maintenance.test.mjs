// Maintenance mode, and restoring a backup in it: what is served, who is let in, and that the database
// afterwards is the old one or the new one, whatever happens on the way.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { engine, newServer, password, server, sleep } from './harness.mjs';
import { png } from './pictures.mjs';

const LIMIT_MS = 120_000;
const photo = (n) => png(40, 30, n);

async function until(what, check, limitMs = LIMIT_MS) {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      const found = await check();
      if (found) return found;
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error; // else it is between two modes
    }
    assert.ok(Date.now() < end, `${what} did not come within ${limitMs} ms`);
    await sleep(50);
  }
}

const inMode = (of, mode) =>
  until(`maintenance mode ${mode}`, async () =>
    (await of.request('GET', '/server/config')).json?.maintenanceMode === mode);

const cookieOf = (reply) => {
  const cookie = reply.cookies.find((each) => each.startsWith('immich_maintenance_token='));
  return cookie?.split(';')[0];
};

async function enter(of, body = { action: 'start' }) {
  const reply = await of.request('POST', '/admin/maintenance', { as: await of.signUp(), body });
  const cookie = cookieOf(reply.expect(201));
  assert.ok(cookie);
  return { cookie };
}

async function backup(of) {
  const admin = await of.signUp();
  const names = async () =>
    (await of.request('GET', '/admin/database-backups', { as: admin })).expect(200).json.backups.map((each) => each.filename);
  const before = new Set(await names());
  (await of.request('POST', '/jobs', { as: admin, body: { name: 'backup-database' } })).expect(204);
  await of.waitForJobs();
  return (await names()).find((name) => !before.has(name));
}

const albums = async (of) =>
  (await of.request('GET', '/albums', { as: of.admin })).expect(200).json.map(({ albumName }) => albumName).sort();
const addAlbum = async (of, albumName) =>
  (await of.request('POST', '/albums', { as: of.admin, body: { albumName } })).expect(201);

const status = async (of, cookie) =>
  (await of.request('GET', '/admin/maintenance/status', { headers: cookie ? { cookie } : {} })).expect(200).json;

/** The log says so once, and then the server begins again: in its normal mode it would answer the same as
 *  before it knew of the restore. */
async function restored(of, name, begin) {
  const times = () => of.log.split(`the backup '${name}' is restored`).length;
  const before = times();
  const result = await begin();
  await until(`the restore of ${name}`, () => {
    assert.ok(!of.log.includes('is not restored'), of.log.slice(-2000));
    return times() > before;
  });
  await inMode(of, false);
  return result;
}

const end = async (of, cookie) => {
  (await of.request('POST', '/admin/maintenance', { headers: { cookie }, body: { action: 'end' } })).expect(201);
  await inMode(of, false);
};

/** Change what a backup holds. @param change  of its content, as Buffer */
function alter(of, name, to, change) {
  const folder = path.join(of.media, 'backups');
  const content = zlib.gunzipSync(fs.readFileSync(path.join(folder, name)));
  fs.writeFileSync(path.join(folder, to), zlib.gzipSync(change(content)));
  return to;
}

/** Run SQL in a backup. */
function alterSql(of, name, to, sql) {
  if (engine === 'postgres')
    return alter(of, name, to, (content) => Buffer.concat([content, Buffer.from(`\nSET search_path = public;\n${sql};\n`)]));
  return alter(of, name, to, (content) => {
    const file = path.join(of.media, 'altered.db');
    fs.writeFileSync(file, content);
    execFileSync('python3', ['-c', 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.create_function("uuid_v7", 0, lambda: "x");' +
      'db.executescript(sys.argv[2]); db.commit()', file, sql]);
    const altered = fs.readFileSync(file);
    fs.rmSync(file);
    return altered;
  });
}

test('in normal mode there is nothing to end and nobody to log in', async () => {
  const admin = await server.signUp();
  assert.deepEqual(await status(server), { active: false, action: 'end' });
  (await server.request('POST', '/admin/maintenance/login', { body: {} })).expect(400, 'Not in maintenance mode');
  const reply = await server.request('POST', '/admin/maintenance', { as: admin, body: { action: 'end' } });
  assert.equal(cookieOf(reply.expect(201)), undefined);
  (await server.request('POST', '/admin/maintenance', { as: admin, body: { action: 'restore_database' } }))
    .expectIssues('restoreBackupFilename');
  (await server.request('POST', '/admin/maintenance', {
    as: admin,
    body: { action: 'restore_database', restoreBackupFilename: 'none.sql.gz' },
  })).expect(404);
  const user = await server.newUser();
  (await server.request('POST', '/admin/maintenance', { as: user, body: { action: 'start' } })).expect(403);
  (await server.request('GET', '/admin/maintenance/detect-install')).expect(401);
  const found = (await server.request('GET', '/admin/maintenance/detect-install', { as: admin })).expect(200).json;
  assert.deepEqual(found.storage.map(({ folder }) => folder), ['encoded-video', 'library', 'upload', 'profile', 'thumbs', 'backups']);
  assert.ok(found.storage.every(({ readable, writable }) => readable && writable));
  assert.equal(found.storage.at(-1).files, 0);
});

test('it begins in the same process, tells clients, and serves next to nothing', async () => {
  const admin = await server.signUp();
  const { pid } = server;
  const socket = await server.events({ authorization: `Bearer ${admin.token}` });
  const { cookie } = await enter(server);
  assert.deepEqual(await socket.next('AppRestartV1'), [{ isMaintenanceMode: true }]);
  await inMode(server, true);
  assert.equal(server.pid, pid);
  process.kill(pid, 0);
  (await server.request('GET', '/server/ping')).expect(200);
  (await server.request('GET', '/server/version')).expect(200);
  assert.deepEqual(await status(server), { active: true, action: 'start' });
  for (const where of ['/users/me', '/albums', '/server/about', '/auth/status', '/server/features'])
    (await server.request('GET', where, { as: admin })).expect(404);
  (await server.request('GET', '/.well-known/immich', { raw: true })).expect(404);
  (await server.request('GET', '/custom.css', { raw: true })).expect(404);
  const page = await server.request('GET', '/albums/1?a=b', { raw: true, headers: { accept: 'text/html' } });
  assert.equal(page.expect(302).headers.get('location'), '/maintenance?continue=%2Falbums%2F1%3Fa%3Db');
  assert.notEqual((await server.request('GET', '/maintenance', { raw: true, headers: { accept: 'text/html' } })).status, 302);

  // the cookie alone lets in
  (await server.request('GET', '/admin/database-backups', { as: admin })).expect(401, 'Missing JWT Token');
  (await server.request('GET', '/admin/database-backups', { headers: { cookie: `${cookie}x` } })).expect(401, 'Invalid JWT Token');
  (await server.request('GET', '/admin/database-backups', { headers: { cookie } })).expect(200);
  (await server.request('GET', '/admin/maintenance/detect-install', { headers: { cookie } })).expect(200);
  (await server.request('POST', '/admin/maintenance', { headers: { cookie }, body: { action: 'start' } })).expect(201);
  (await server.request('POST', '/admin/maintenance', { body: { action: 'end' } })).expect(401);

  // the link in the log does
  const link = /log in at http:\S+\/maintenance\?token=(\S+)\s/;
  await server.says(link);
  const [, token] = link.exec(server.log);
  const login = await server.request('POST', '/admin/maintenance/login', { body: { token } });
  assert.equal(login.expect(201).json.username, 'immich-admin');
  assert.ok(cookieOf(login));
  assert.match(login.cookies[0], /HttpOnly/);
  (await server.request('POST', '/admin/maintenance/login', { body: {} })).expect(401, 'Missing JWT Token');

  const [head, body] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  assert.equal(head.alg, 'HS256');
  assert.equal(body.exp - body.iat, 4 * 60 * 60);
  const forge = (header, claims, secret) => {
    const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${secret === undefined ? '' : createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const [[stored]] = await server.sql("SELECT value FROM system_metadata WHERE key = 'maintenance-mode'");
  const { secret } = JSON.parse(stored);
  assert.match(secret, /^[0-9a-f]{128}$/);
  for (const bad of [
    forge({ alg: 'none' }, body),
    forge({ alg: 'HS256' }, body, 'guess'),
    forge({ alg: 'HS256' }, { ...body, exp: body.iat - 1 }, secret),
    forge({ alg: 'HS512' }, body, secret),
    'a.b.c',
    'x'.repeat(100_000),
  ])
    (await server.request('POST', '/admin/maintenance/login', { body: { token: bad } })).expect(401, 'Invalid JWT Token');

  // it stays until it is ended, also when the server starts anew
  await server.restart();
  await inMode(server, true);
  const later = await server.events({ cookie });
  await end(server, cookie);
  assert.deepEqual(await later.next('AppRestartV1'), [{ isMaintenanceMode: false }]);
  (await server.request('GET', '/users/me', { as: admin })).expect(200);
});

test('a backup is restored, and what came after it is gone', async () => {
  await server.signUp();
  (await server.upload(photo(1), 'one.png')).expect(201);
  await addAlbum(server, 'before');
  await server.waitForJobs();
  const name = await backup(server);
  await addAlbum(server, 'after');
  const second = (await server.upload(photo(2), 'two.png')).expect(201).json;
  await server.waitForJobs();
  await restored(server, name, () => enter(server, { action: 'restore_database', restoreBackupFilename: name }));
  await server.waitForJobs();
  assert.deepEqual(await albums(server), ['before']);
  const found = (await server.request('GET', '/assets/statistics', { as: server.admin })).expect(200).json;
  assert.equal(found.images, 1);
  (await server.request('GET', `/assets/${second.id}`, { as: server.admin })).expect(400);
  const names = (await server.request('GET', '/admin/database-backups', { as: server.admin })).json.backups.map((each) => each.filename);
  const point = names.find((each) => each.startsWith('restore-point-immich-db-backup-'));
  assert.ok(point);
  // it goes on to work: writes, jobs, search, sync
  await addAlbum(server, 'later');
  (await server.upload(photo(3), 'three.png')).expect(201);
  await server.waitForJobs();
  assert.deepEqual(await albums(server), ['before', 'later']);
  const next = await backup(server);

  // the restore point holds what was there before the restore
  await restored(server, point, () => enter(server, { action: 'restore_database', restoreBackupFilename: point }));
  assert.deepEqual(await albums(server), ['after', 'before']);
  assert.ok(next);
});

test('an old backup removes nothing that was wanted back since, and phones begin anew', async () => {
  const of = newServer();
  const admin = await of.signUp();
  const user = await of.newUser();
  const { id } = (await of.upload(photo(1), 'one.png')).expect(201).json;
  const lost = (await of.upload(photo(2), 'two.png')).expect(201).json;
  await of.waitForJobs();
  const { originalPath } = (await of.request('GET', `/assets/${lost.id}`, { as: admin })).expect(200).json;
  (await of.request('DELETE', '/assets', { as: admin, body: { ids: [id] } })).expect(204);
  (await of.request('DELETE', `/admin/users/${user.id}`, { as: admin, body: {} })).expect(200);
  await of.waitForJobs();
  const old = alterSql(of, await backup(of), 'uploaded-old.sql.gz',
    `UPDATE asset SET deleted_at = 1600000000000 WHERE id = '${id}';
     UPDATE users SET deleted_at = 1600000000000 WHERE id = '${user.id}';
     UPDATE system_metadata SET value = '2020-09-13' WHERE key = 'nightly-day'`);
  fs.rmSync(originalPath);
  const start = Date.now();
  await restored(of, old, () => enter(of, { action: 'restore_database', restoreBackupFilename: old }));
  const [[asset]] = await of.sql(`SELECT deleted_at FROM asset WHERE id = '${id}'`);
  const [[account]] = await of.sql(`SELECT deleted_at FROM users WHERE id = '${user.id}'`);
  assert.ok(Number(asset) >= start);
  assert.ok(Number(account) >= start);
  const [[day]] = await of.sql("SELECT value FROM system_metadata WHERE key = 'nightly-day'");
  assert.ok(day >= new Date(start).toISOString().slice(0, 10));
  // the admin is told, also of what differs
  await of.waitForJobs();
  const differs = (await of.request('GET', '/admin/integrity/summary', { as: admin })).expect(200).json;
  assert.equal(differs.missing_file, 1);
  const notices = (await of.request('GET', '/notifications', { as: admin })).expect(200).json;
  assert.ok(notices.some(({ description }) => description?.includes(old)));
  const stream = await of.request('POST', '/sync/stream', { as: admin, body: { types: ['AssetsV1'] } });
  assert.match(stream.expect(200).text, /^\{"type":"SyncResetV1"/);
});

test('what cannot be restored leaves the database as it was', async () => {
  const name = await backup(server);
  const before = await albums(server);
  const folder = path.join(server.media, 'backups');
  fs.writeFileSync(path.join(folder, 'uploaded-junk.sql.gz'), 'junk');
  fs.writeFileSync(path.join(folder, 'uploaded-empty.sql.gz'), '');
  const whole = fs.readFileSync(path.join(folder, name));
  fs.writeFileSync(path.join(folder, 'uploaded-short.sql.gz'), whole.subarray(0, whole.length / 2));
  const flipped = Buffer.from(whole);
  flipped[flipped.length - 6] ^= 0xff; // in the checksum of gzip
  fs.writeFileSync(path.join(folder, 'uploaded-flipped.sql.gz'), flipped);
  const cases = [
    ['uploaded-junk.sql.gz', /Invalid backup file format|psql failed/],
    ['uploaded-empty.sql.gz', /Invalid backup file format/],
    ['uploaded-short.sql.gz', /Invalid backup file format/],
    ['uploaded-flipped.sql.gz', /Invalid backup file format/],
    [alterSql(server, name, 'uploaded-nobody.sql.gz', 'UPDATE users SET is_admin = 0'), /no admin exists/],
    [alterSql(server, name, 'uploaded-newer.sql.gz', "INSERT INTO migration (number, name, applied_at) VALUES (9999, 'future', 0)"),
      /newer version/],
    // it is only seen when the program starts: the migration is there, but is not noted
    [alterSql(server, name, 'uploaded-unnoted.sql.gz', 'DELETE FROM migration WHERE number = 31'), /album/],
  ];
  if (engine === 'postgres')
    cases.push(
      [alter(server, name, 'uploaded-shell.sql.gz', (content) =>
        Buffer.concat([content, Buffer.from(`\n\\! touch ${server.media}/hacked\n`)])), /restrict/],
      [alter(server, name, 'uploaded-fault.sql.gz', (content) => Buffer.concat([content, Buffer.from('\nSELECT 1 / 0;\n')])),
        /division by zero/],
    );
  const { cookie } = await enter(server, { action: 'select_database_restore' });
  await inMode(server, true);
  assert.equal((await status(server)).action, 'select_database_restore');
  for (const [file, why] of cases) {
    (await server.request('POST', '/admin/maintenance', {
      headers: { cookie },
      body: { action: 'restore_database', restoreBackupFilename: file },
    })).expect(201);
    const last = await until(`the error of ${file}`, async () => {
      const now = await status(server, cookie);
      return now.error && now.task === 'error' && now;
    });
    assert.match(last.error, why, file);
    assert.equal((await status(server)).error, 'Something went wrong, see logs!');
    assert.equal(last.active, true);
  }
  assert.ok(!fs.existsSync(path.join(server.media, 'hacked')));
  // the reason is kept for who comes later, and nothing is tried again by itself
  await server.restart();
  await inMode(server, true);
  assert.match((await status(server, cookie)).error, /./);
  await end(server, cookie);
  assert.deepEqual(await albums(server), before);
  await addAlbum(server, 'still');
  const left = fs.readdirSync(folder).filter((each) => /^\.restore\b(?!-)/.test(each) && each !== '.restoring');
  assert.deepEqual(left, []);
});

test('a server that is killed while it restores comes up old or new, and ends new', async () => {
  const other = newServer();
  await other.signUp();
  await addAlbum(other, 'before');
  const name = await backup(other);
  for (const stop of ['ready', 'backup', 'restore', 'migrations']) {
    await addAlbum(other, `after-${stop}`);
    const { cookie } = await enter(other, { action: 'restore_database', restoreBackupFilename: name });
    const order = ['ready', 'backup', 'restore', 'migrations'];
    const isOver = other.log.split('is restored').length;
    await until(stop, async () => {
      if (other.log.split('is restored').length > isOver) return true;
      const now = await status(other, cookie);
      return now.active && order.indexOf(now.task) >= order.indexOf(stop);
    });
    await other.end('SIGKILL');
    await other.start();
    await inMode(other, false);
    assert.deepEqual(await albums(other), ['before'], stop);
  }
});

test('a server that is killed while it makes a backup has the old ones, and makes the next', async () => {
  const other = newServer();
  const admin = await other.signUp();
  const first = await backup(other);
  const folder = path.join(other.media, 'backups');
  const bytes = fs.readFileSync(path.join(folder, first));
  await other.request('POST', '/jobs', { as: admin, body: { name: 'backup-database' } });
  await other.end('SIGKILL');
  fs.writeFileSync(path.join(folder, 'immich-db-backup-20200101T000000-v3.2.2-x.sql.gz.tmp'), 'half');
  await other.start();
  await other.waitForJobs();
  assert.ok(await backup(other));
  assert.deepEqual(fs.readFileSync(path.join(folder, first)), bytes);
  assert.deepEqual(fs.readdirSync(folder).filter((each) => each.endsWith('.tmp')), []);
});

test('a new server takes over the database of an old one', async () => {
  const old = newServer();
  await old.signUp();
  await addAlbum(old, 'mine');
  const name = await backup(old);
  const bytes = fs.readFileSync(path.join(old.media, 'backups', name));

  const fresh = newServer();
  const reply = (await fresh.request('POST', '/admin/database-backups/start-restore')).expect(201);
  const cookie = cookieOf(reply);
  await inMode(fresh, true);
  assert.equal((await status(fresh)).action, 'select_database_restore');
  const form = new FormData();
  form.append('file', new Blob([bytes]), name);
  (await fresh.request('POST', '/admin/database-backups/upload', { body: form })).expect(401);
  const again = new FormData();
  again.append('file', new Blob([bytes]), name);
  (await fresh.request('POST', '/admin/database-backups/upload', { headers: { cookie }, body: again })).expect(201);
  await restored(fresh, `uploaded-${name}`, async () =>
    (await fresh.request('POST', '/admin/maintenance', {
      headers: { cookie },
      body: { action: 'restore_database', restoreBackupFilename: `uploaded-${name}` },
    })).expect(201));
  fresh.admin = await fresh.login('admin@example.com', password);
  assert.deepEqual(await albums(fresh), ['mine']);
});

test('a restore goes into the schema that the connection uses, and no other', { skip: engine !== 'postgres' && 'SQLite has none' }, async () => {
  const own = newServer();
  await own.start();
  const [[database]] = await own.sql('SELECT current_database ()');
  const url = new URL(process.env.TINTYPE_TEST_POSTGRES);
  url.pathname = `/${database}`;
  url.search = '?options=-csearch_path%3Dphotos';
  await own.sql('CREATE SCHEMA photos');
  await own.restart({ DB_URL: url.toString() });
  await own.signUp();
  const before = (await own.upload(png(30, 20, 1), 'a.png')).expect(201).json.id;
  await own.waitForJobs();
  await own.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE public.others AS SELECT 1 AS one');
  const made = own.command(['backup']);
  assert.equal(made.status, 0, made.stderr);
  const [name] = fs.readdirSync(path.join(own.media, 'backups')).filter((each) => each.endsWith('.sql.gz'));
  const after = (await own.upload(png(30, 20, 2), 'b.png')).expect(201).json.id;
  await own.waitForJobs();
  await own.end();
  const restored = own.command(['restore', name]);
  assert.equal(restored.status, 0, restored.stderr);
  await own.start({ DB_URL: url.toString() });
  assert.deepEqual(await own.sql('SELECT id FROM photos.asset'), [[before]]);
  assert.notEqual(after, before);
  assert.deepEqual(await own.sql('SELECT one FROM public.others'), [['1']]);
  await own.end();
});
