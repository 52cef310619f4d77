// Backups of the database: made, listed, fetched, deleted, uploaded, pruned.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { engine, newServer, server } from './harness.mjs';

const ROUTINE = engine === 'postgres'
  ? /^immich-db-backup-\d{8}T\d{6}-v3\.2\.2-pg\d+\.\d+\.sql\.gz$/
  : /^immich-db-backup-\d{8}T\d{6}-v3\.2\.2-sqlite3\.\d+\.\d+\.sql\.gz$/;
const folder = (of = server) => path.join(of.media, 'backups');

async function list(of = server) {
  const reply = await of.request('GET', '/admin/database-backups', { as: await of.signUp() });
  return reply.expect(200).json.backups;
}

async function make(of = server) {
  const admin = await of.signUp();
  const before = new Set((await list(of)).map(({ filename }) => filename));
  (await of.request('POST', '/jobs', { as: admin, body: { name: 'backup-database' } })).expect(204);
  await of.waitForJobs();
  return (await list(of)).map(({ filename }) => filename).filter((name) => !before.has(name));
}

async function upload(name, bytes, field = 'file') {
  const form = new FormData();
  form.append(field, new Blob([bytes]), name);
  return server.request('POST', '/admin/database-backups/upload', { as: await server.signUp(), body: form });
}

test('a backup is made, listed and holds the database', async () => {
  await server.signUp();
  assert.deepEqual(await list(), []);
  const [name, ...others] = await make();
  assert.match(name, ROUTINE);
  assert.deepEqual(others, []);
  const [entry] = await list();
  const file = path.join(folder(), name);
  assert.deepEqual(entry, { filename: name, filesize: fs.statSync(file).size, timezone: 'UTC' });
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  const content = zlib.gunzipSync(fs.readFileSync(file));
  assert.ok(content.includes('admin@example.com'));
  const start = content.subarray(0, 200).toString('latin1');
  assert.match(start, engine === 'postgres' ? /PostgreSQL database dump/ : /^SQLite format 3\0/);
  const left = fs.readdirSync(folder()).filter((each) => /tmp|copy/.test(each));
  assert.deepEqual(left, []);
});

test('it is fetched as a whole, in parts, and not again when it is known', async () => {
  const admin = await server.signUp();
  const [{ filename, filesize }] = await list();
  const where = `/admin/database-backups/${filename}`;
  const whole = (await server.request('GET', where, { as: admin })).expect(200);
  assert.equal(whole.headers.get('content-type'), 'application/gzip');
  assert.equal(whole.headers.get('cache-control'), 'private, no-cache, no-transform');
  assert.match(whole.headers.get('content-disposition'), /^inline/);
  assert.equal(whole.bytes.length, filesize);
  const part = await server.request('GET', where, { as: admin, headers: { range: 'bytes=2-9' } });
  part.expect(206);
  assert.deepEqual(part.bytes, whole.bytes.subarray(2, 10));
  const etag = whole.headers.get('etag');
  (await server.request('GET', where, { as: admin, headers: { 'if-none-match': etag } })).expect(304);
});

test('names lead nowhere else', async () => {
  const admin = await server.signUp();
  fs.writeFileSync(path.join(server.media, 'outside.sql'), 'secret');
  fs.symlinkSync('../outside.sql', path.join(folder(), 'link.sql'));
  const get = (name) => server.request('GET', `/admin/database-backups/${name}`, { as: admin });
  (await get('..%2Foutside.sql')).expect(400);
  (await get('.making')).expect(400, 'Invalid backup name!');
  (await get('a.txt')).expect(400, 'Invalid backup name!');
  (await get('a%00.sql')).expect(400);
  (await get('missing.sql')).expect(404);
  (await get('link.sql')).expect(404);
  assert.ok(!(await list()).some(({ filename }) => filename === 'link.sql'));
  const del = (...backups) =>
    server.request('DELETE', '/admin/database-backups', { as: admin, body: { backups } });
  (await del('../outside.sql')).expect(400, 'Filename contains invalid characters');
  (await del('link.sql', 'gone.sql')).expect(200);
  assert.equal(fs.readFileSync(path.join(server.media, 'outside.sql'), 'utf8'), 'secret');
  fs.rmSync(path.join(folder(), 'link.sql'));
  fs.rmSync(path.join(server.media, 'outside.sql'));
});

test('files are uploaded under a name of their own', async () => {
  (await upload('../../e.sql', 'hello')).expect(201);
  assert.equal(fs.readFileSync(path.join(folder(), 'uploaded-e.sql'), 'utf8'), 'hello');
  (await upload('e.sql', 'other')).expect(400, /already a backup/);
  assert.equal(fs.readFileSync(path.join(folder(), 'uploaded-e.sql'), 'utf8'), 'hello');
  (await upload('e.txt', 'hello')).expect(400, 'Invalid backup name!');
  (await upload('e f.sql', 'hello')).expect(400, 'Filename contains invalid characters');
  (await upload(`${'x'.repeat(300)}.sql`, 'hello')).expect(400);
  (await upload('e.sql', 'hello', 'other')).expect(400, 'Unexpected field - other');
  const admin = await server.signUp();
  const empty = new FormData();
  empty.append('x', 'y');
  (await server.request('POST', '/admin/database-backups/upload', { as: admin, body: empty })).expect(400);
  const names = (await list()).map(({ filename }) => filename);
  assert.equal(names[0], 'uploaded-e.sql'); // uploaded ones come first
  (await server.request('DELETE', '/admin/database-backups', { as: admin, body: { backups: ['uploaded-e.sql'] } }))
    .expect(200);
  assert.ok(!fs.existsSync(path.join(folder(), 'uploaded-e.sql')));
});

test('only an admin may, and keys need the permission', async () => {
  const admin = await server.signUp();
  const user = await server.newUser();
  const [{ filename }] = await list();
  (await server.request('GET', '/admin/database-backups', { as: user })).expect(403);
  (await server.request('GET', `/admin/database-backups/${filename}`, { as: user })).expect(403);
  (await server.request('GET', '/admin/database-backups')).expect(401);
  const key = await server.newKey(admin, 'backup.download');
  (await server.request('GET', `/admin/database-backups/${filename}`, { as: key })).expect(200);
  (await server.request('GET', '/admin/database-backups', { as: key })).expect(403);
  (await server.request('POST', '/admin/database-backups/start-restore')).expect(400, 'The server already has an admin');
});

test('the newest are kept, and what is called otherwise stays', async () => {
  const admin = await server.signUp();
  const config = (await server.request('GET', '/system-config', { as: admin })).expect(200).json;
  config.backup.database.keepLastAmount = 2;
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  const add = (name) => fs.writeFileSync(path.join(folder(), name), 'x');
  const of = { sqlite: 'sqlite3.40.0', postgres: 'pg14.19' };
  const name = (engineName) => `immich-db-backup-20200101T000000-v2.5.0-${of[engineName]}.sql.gz`;
  const old = name(engine);
  // what only another engine can restore may be the last of the server that was here before
  const others = ['uploaded-old.sql.gz', `restore-point-${old}`, 'mine.sql', 'immich-db-backup-1500000000000.sql.gz',
    name(engine === 'sqlite' ? 'postgres' : 'sqlite')];
  [old, `${old}.tmp`, ...others].forEach(add);
  await make();
  const kept = fs.readdirSync(folder()).filter((name) => !name.startsWith('.')).sort();
  const routine = kept.filter((name) => ROUTINE.test(name));
  assert.equal(routine.length, 2);
  assert.deepEqual(kept.filter((name) => !ROUTINE.test(name)), [...others].sort());
  others.forEach((name) => fs.rmSync(path.join(folder(), name)));
});

test('a backup that fails leaves the old ones, and the admin hears of it', async () => {
  const other = newServer();
  const admin = await other.signUp();
  await make(other);
  const before = fs.readdirSync(folder(other)).sort();
  // where the new file would be there is none to be made: the folder is a file
  fs.renameSync(folder(other), `${folder(other)}-away`);
  fs.writeFileSync(folder(other), '');
  (await other.request('GET', '/admin/database-backups', { as: admin })).expect(500);
  (await other.request('POST', '/jobs', { as: admin, body: { name: 'backup-database' } })).expect(204);
  await other.waitForJobs();
  fs.rmSync(folder(other));
  fs.renameSync(`${folder(other)}-away`, folder(other));
  assert.deepEqual(fs.readdirSync(folder(other)).sort(), before);
  const notices = (await other.request('GET', '/notifications', { as: admin })).expect(200).json;
  const notice = notices.find(({ type }) => type === 'JobFailed');
  assert.equal(notice.title, 'Job Failed');
  assert.match(notice.description, /^Job DatabaseBackup failed with error: /);
});
