// Whether the media folder and the database say the same: what is missing, what nobody knows, what changed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ffmpeg, jpeg, motionPhoto } from './fixtures.mjs';
import { newServer, server, sleep } from './harness.mjs';
import { png } from './pictures.mjs';

const LIMIT_MS = 120_000;

async function run(name, of = server) {
  (await of.request('POST', '/jobs', { as: await of.signUp(), body: { name } })).expect(204);
  await of.waitForJobs();
}

const summary = async (of = server) =>
  (await of.request('GET', '/admin/integrity/summary', { as: of.admin })).expect(200).json;
const report = async (type, query = '', of = server) =>
  (await of.request('GET', `/admin/integrity/report?type=${type}${query}`, { as: of.admin })).expect(200).json;
const none = { missing_file: 0, untracked_file: 0, checksum_mismatch: 0 };

/** A file just put there is not reported: it may be on its way into the database. */
async function untrackedIs(n, of = server) {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    await run('integrity-untracked-files', of);
    const found = (await summary(of)).untracked_file;
    if (found === n) return;
    assert.ok(Date.now() < end, `${found} untracked files instead of ${n}`);
    await sleep(500);
  }
}

async function asset(n, of = server) {
  const { id } = (await of.upload(png(30, 20, n), `${n}.png`)).expect(201).json;
  await of.waitForJobs();
  const { originalPath } = (await of.request('GET', `/assets/${id}`, { as: of.admin })).expect(200).json;
  return { id, path: path.isAbsolute(originalPath) ? originalPath : path.join(of.media, originalPath) };
}

const isTrashed = async (id) =>
  (await server.request('GET', `/assets/${id}`, { as: server.admin })).expect(200).json.isTrashed;

test('a library that is whole has nothing to report', async () => {
  await server.signUp();
  await asset(1);
  await asset(2);
  for (const name of ['integrity-missing-files', 'integrity-untracked-files', 'integrity-checksum-mismatch']) await run(name);
  assert.deepEqual(await summary(), none);
  assert.deepEqual(await report('missing_file'), { items: [] });
});

test('a missing original is reported, never trashed by itself, and forgotten when it is back', async () => {
  const photo = await asset(3);
  fs.renameSync(photo.path, `${photo.path}.away`);
  await run('integrity-missing-files');
  await run('integrity-missing-files');
  assert.equal((await summary()).missing_file, 1);
  const { items: [item], nextCursor } = await report('missing_file');
  assert.deepEqual([item.type, item.path, nextCursor], ['missing_file', photo.path, undefined]);
  assert.match(item.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.equal(await isTrashed(photo.id), false);
  (await server.request('GET', `/admin/integrity/report/${item.id}/file`, { as: server.admin })).expect(404);
  fs.renameSync(`${photo.path}.away`, photo.path);
  await run('integrity-missing-files-refresh');
  assert.deepEqual(await summary(), none);

  fs.renameSync(photo.path, `${photo.path}.away`);
  await run('integrity-missing-files');
  const { items: [again] } = await report('missing_file');
  (await server.request('DELETE', `/admin/integrity/report/${again.id}`, { as: server.admin })).expect(200);
  assert.equal(await isTrashed(photo.id), true);
  assert.deepEqual(await summary(), none);
  fs.renameSync(`${photo.path}.away`, photo.path);
});

test('a missing preview is forgotten, and made again', async () => {
  const photo = await asset(4);
  const [[preview]] = await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${photo.id}' AND type = 'preview'`);
  fs.rmSync(path.join(server.media, preview));
  await run('integrity-missing-files');
  const { items: [item] } = await report('missing_file');
  assert.equal(item.path, path.join(server.media, preview));
  const csv = (await server.request('GET', '/admin/integrity/report/missing_file/csv', { as: server.admin })).expect(200);
  const lines = csv.text.trimEnd().split('\n');
  assert.equal(lines[0], 'id,type,assetId,fileAssetId,path');
  assert.match(lines[1], new RegExp(`^${item.id},missing_file,${photo.id},[0-9a-f-]{36},"${item.path}"$`));
  (await server.request('DELETE', `/admin/integrity/report/${item.id}`, { as: server.admin })).expect(200);
  assert.deepEqual(await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${photo.id}' AND type = 'preview'`), []);
  assert.equal(await isTrashed(photo.id), false);
  assert.deepEqual(await summary(), none);
});

test('the film of a motion photo in an external library is one of ours', async () => {
  const admin = await server.signUp();
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-integrity-'));
  after(() => fs.rmSync(disk, { recursive: true, force: true }));
  fs.writeFileSync(path.join(disk, 'a.jpg'), motionPhoto(ffmpeg('a.mp4', '64x48', '-pix_fmt', 'yuv420p')));
  const library = (await server.request('POST', '/libraries', { as: admin, body: { ownerId: admin.id, importPaths: [disk] } })).expect(201).json;
  (await server.request('POST', `/libraries/${library.id}/scan`, { as: admin })).expect(204);
  await server.waitForJobs();
  const [[stored]] = await server.sql(`SELECT original_path FROM asset WHERE library_id = '${library.id}' AND type = 'VIDEO'`);
  const film = path.join(server.media, stored);
  const stray = path.join(path.dirname(film), 'stray.mp4');
  fs.writeFileSync(stray, 'stray');
  await untrackedIs(1);
  assert.equal((await report('untracked_file')).items[0].path, stray);
  fs.rmSync(stray);
  await untrackedIs(0);
  fs.renameSync(film, `${film}.away`);
  await run('integrity-missing-files');
  assert.deepEqual((await report('missing_file')).items.map((each) => each.path), [film]);
  fs.renameSync(`${film}.away`, film);
  fs.appendFileSync(film, '.');
  await run('integrity-missing-files-refresh');
  await run('integrity-checksum-mismatch');
  assert.deepEqual((await report('checksum_mismatch')).items.map((each) => each.path), [film]);
  (await server.request('DELETE', `/libraries/${library.id}`, { as: admin })).expect(204);
  await server.waitForJobs();
  await run('integrity-checksum-mismatch-refresh');
  assert.deepEqual(await summary(), none);
});

test('a file that nobody knows is reported, fetched and deleted; hidden ones are not looked at', async () => {
  const stray = ['upload/stray "1".jpg', 'library/a/b/stray.jpg', 'thumbs/00000000-0000-4000-8000-000000000000_preview.jpeg'];
  for (const each of [...stray, 'upload/.hidden', 'library/.folder/x.jpg', 'profile/x.jpg', 'backups/x.jpg']) {
    fs.mkdirSync(path.dirname(path.join(server.media, each)), { recursive: true });
    fs.writeFileSync(path.join(server.media, each), each);
  }
  fs.symlinkSync('/etc/passwd', path.join(server.media, 'upload/link'));
  await untrackedIs(3);
  const first = await report('untracked_file', '&limit=2');
  assert.equal(first.items.length, 2);
  const second = await report('untracked_file', `&limit=2&cursor=${first.nextCursor}`);
  assert.equal(second.nextCursor, undefined);
  const all = [...first.items, ...second.items];
  assert.deepEqual(all.map((each) => each.path).sort(), stray.map((each) => path.join(server.media, each)).sort());
  (await server.request('GET', '/admin/integrity/report?type=untracked_file&limit=0', { as: server.admin })).expectIssues('limit');
  (await server.request('GET', '/admin/integrity/report?type=moon', { as: server.admin })).expectIssues('type');
  const odd = all.find((each) => each.path.endsWith('1".jpg'));
  const file = (await server.request('GET', `/admin/integrity/report/${odd.id}/file`, { as: server.admin })).expect(200);
  assert.equal(file.text, stray[0]);
  assert.equal(file.headers.get('content-type'), 'application/octet-stream');
  const csv = (await server.request('GET', '/admin/integrity/report/untracked_file/csv', { as: server.admin })).expect(200).text;
  assert.ok(csv.includes('stray ""1"".jpg"\n'));
  (await server.request('DELETE', `/admin/integrity/report/${odd.id}`, { as: server.admin })).expect(200);
  assert.ok(!fs.existsSync(odd.path));
  (await server.request('DELETE', `/admin/integrity/report/${odd.id}`, { as: server.admin })).expect(404);
  await run('integrity-untracked-files-delete-all');
  assert.ok(all.every((each) => !fs.existsSync(each.path)));
  assert.deepEqual(await summary(), none);
  assert.ok(fs.existsSync(path.join(server.media, 'upload/.hidden')));
});

test('what somebody has by now is not deleted', async () => {
  const photo = await asset(5);
  const where = path.relative(server.media, photo.path);
  await server.sql("INSERT INTO integrity_report (id, type, path, created_at) VALUES " +
    `('019a0000-0000-4000-8000-000000000001', 'untracked_file', '${where}', 0)`);
  await run('integrity-untracked-files-delete-all');
  assert.ok(fs.existsSync(photo.path));
  assert.deepEqual(await summary(), none);
});

const drop = async (item, of = server) => of.request('DELETE', `/admin/integrity/report/${item.id}`, { as: of.admin });

/** A report as a check would have left it; of @param assetId, or of a file that nobody knows. */
async function reported(type, where, assetId) {
  const id = randomUUID();
  await server.sql('INSERT INTO integrity_report (id, type, path, asset_id, created_at) VALUES ' +
    `('${id}', '${type}', '${where}', ${assetId ? `'${assetId}'` : 'NULL'}, 0)`);
  return { id };
}

const sidecarOf = async (id) => (await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`)).flat();
const describe = async (id, description) => {
  (await server.request('PUT', `/assets/${id}`, { as: server.admin, body: { description } })).expect(200);
  await server.waitForJobs();
};
const isServed = async (id, bytes) =>
  (await server.request('GET', `/assets/${id}/original`, { as: server.admin })).expect(200).bytes.equals(bytes);

test('a missing sidecar is made anew of all that is known', async () => {
  const photo = await asset(7);
  const told = async () => {
    const { exifInfo } = (await server.request('GET', `/assets/${photo.id}`, { as: server.admin })).expect(200).json;
    return [exifInfo.description, exifInfo.rating];
  };
  (await server.request('PUT', `/assets/${photo.id}`, { as: server.admin, body: { rating: 4 } })).expect(200);
  await describe(photo.id, 'Grandma, her last birthday');
  const [sidecar] = await sidecarOf(photo.id);
  fs.rmSync(path.join(server.media, sidecar));
  await run('integrity-missing-files');
  await run('integrity-missing-files-delete-all');
  assert.deepEqual(await summary(), none);
  assert.deepEqual([await isTrashed(photo.id), await sidecarOf(photo.id)], [false, [sidecar]]);
  assert.match(fs.readFileSync(path.join(server.media, sidecar), 'utf8'), /her last birthday/);
  (await server.request('POST', '/assets/jobs', { as: server.admin, body: { assetIds: [photo.id], name: 'refresh-metadata' } })).expect(204);
  await server.waitForJobs();
  assert.deepEqual(await told(), ['Grandma, her last birthday', 4]);
});

test('what is there again is neither trashed nor forgotten', async () => {
  const photo = await asset(21);
  await describe(photo.id, 'Grandma');
  const upload = path.join(server.media, 'upload', server.admin.id);
  fs.renameSync(upload, `${upload}.away`);
  await run('integrity-missing-files');
  fs.renameSync(`${upload}.away`, upload);
  const { items } = await report('missing_file');
  assert.ok(items.some((item) => item.path === photo.path) && items.some((item) => item.path === `${photo.path}.xmp`));
  for (const item of items) (await drop(item)).expect(200);
  assert.deepEqual([await isTrashed(photo.id), await sidecarOf(photo.id)], [false, [path.relative(server.media, `${photo.path}.xmp`)]]);
  assert.deepEqual(await summary(), none);

  // what was at another path when it was looked for
  await reported('missing_file', 'upload/where-it-was.png', photo.id);
  await run('integrity-missing-files-delete-all');
  // what has its bytes again
  await reported('checksum_mismatch', path.relative(server.media, photo.path), photo.id);
  await run('integrity-checksum-mismatch-delete-all');
  assert.equal(await isTrashed(photo.id), false);
  assert.deepEqual(await summary(), none);
});

test('nothing is trashed while a volume is away', async () => {
  const photo = await asset(22);
  const item = await reported('missing_file', path.relative(server.media, photo.path), photo.id);
  const upload = path.join(server.media, 'upload');
  fs.renameSync(upload, `${upload}-away`);
  fs.mkdirSync(upload);
  const reply = await drop(item);
  fs.rmdirSync(upload);
  fs.renameSync(`${upload}-away`, upload);
  reply.expect(503);
  assert.equal(await isTrashed(photo.id), false);
  (await drop(item)).expect(200);
  assert.equal(await isTrashed(photo.id), false);
});

test('a file that nobody knows and an asset has lost is its original again', async () => {
  // as after a backup was restored that is older than a move by the storage template
  const move = async ({ id, path: from }, folder, files = ['', '.xmp']) => {
    const to = path.join('library', folder, `${id}.png`);
    fs.mkdirSync(path.join(server.media, 'library', folder), { recursive: true });
    for (const each of files) fs.renameSync(`${from}${each}`, path.join(server.media, `${to}${each}`));
    return to;
  };
  const [photo, trashed] = [await asset(23), await asset(24)];
  await describe(photo.id, 'Grandma 1950');
  await describe(trashed.id, 'Grandpa 1951');
  const [bytes, others] = [fs.readFileSync(photo.path), fs.readFileSync(trashed.path)];
  (await server.request('DELETE', '/assets', { as: server.admin, body: { ids: [trashed.id] } })).expect(204);
  const moved = await move(photo, `${server.admin.id}/2020`);
  const movedToo = await move(trashed, 'family/2020');
  // a second copy is one too many
  const copy = 'library/family/2020/copy.png';
  fs.copyFileSync(path.join(server.media, moved), path.join(server.media, copy));
  // the sidecars first: they go by their originals
  const items = [];
  for (const each of [`${moved}.xmp`, moved, `${movedToo}.xmp`, movedToo, copy]) items.push(await reported('untracked_file', each));
  for (const item of items) (await drop(item)).expect(200);
  assert.ok(await isServed(photo.id, bytes));
  assert.ok(await isServed(trashed.id, others));
  assert.deepEqual([await sidecarOf(photo.id), await sidecarOf(trashed.id)], [[`${moved}.xmp`], [`${movedToo}.xmp`]]);
  assert.deepEqual([await isTrashed(photo.id), await isTrashed(trashed.id)], [false, true]);
  assert.ok(!fs.existsSync(path.join(server.media, copy)), 'what an asset has is not kept twice');
  await server.waitForJobs();
  const { exifInfo } = (await server.request('GET', `/assets/${photo.id}`, { as: server.admin })).expect(200).json;
  assert.equal(exifInfo.description, 'Grandma 1950');
  await server.says(new RegExp(`is not deleted: it is the original of asset '${photo.id}'`));
  assert.deepEqual(await summary(), none);
});

test('a file is never taken into the folder of another user, with whom it would go', async () => {
  const other = await server.newUser();
  const photo = await asset(25);
  const where = `library/${other.id}/stray.png`;
  fs.mkdirSync(path.join(server.media, 'library', other.id), { recursive: true });
  fs.renameSync(photo.path, path.join(server.media, where));
  (await drop(await reported('untracked_file', where))).expect(200);
  assert.ok(fs.existsSync(path.join(server.media, where)), 'but it is all that is left');
  fs.renameSync(path.join(server.media, where), photo.path);
  assert.deepEqual(await summary(), none);
});

test('a sidecar that came after the backup is found beside its photo', async () => {
  const { id } = (await server.upload(jpeg({ date: '2020:01:02 03:04:05' }), 'late.jpg')).expect(201).json;
  await server.waitForJobs();
  await describe(id, 'written later');
  const [place] = await sidecarOf(id);
  await server.sql(`DELETE FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`);
  await server.sql(`UPDATE asset_exif SET description = '' WHERE asset_id = '${id}'`);
  await reported('untracked_file', place);
  await run('integrity-untracked-files-delete-all');
  assert.deepEqual(await sidecarOf(id), [place]);
  const { exifInfo } = (await server.request('GET', `/assets/${id}`, { as: server.admin })).expect(200).json;
  assert.equal(exifInfo.description, 'written later');
});

test('an original that changed on disk is reported', async () => {
  const photo = await asset(6);
  const bytes = fs.readFileSync(photo.path);
  const changed = Buffer.from(bytes);
  changed[20] ^= 1;
  fs.writeFileSync(photo.path, changed);
  await run('integrity-checksum-mismatch');
  assert.equal((await summary()).checksum_mismatch, 1);
  assert.equal((await report('checksum_mismatch')).items[0].path, photo.path);
  assert.equal(await isTrashed(photo.id), false);
  fs.writeFileSync(photo.path, bytes);
  await run('integrity-checksum-mismatch-refresh');
  assert.deepEqual(await summary(), none);
  fs.writeFileSync(photo.path, changed);
  await run('integrity-checksum-mismatch');
  await run('integrity-checksum-mismatch-delete-all');
  assert.equal(await isTrashed(photo.id), true);
  assert.deepEqual(await summary(), none);
  fs.writeFileSync(photo.path, bytes);
});

test('the checksums go on where they stopped', async () => {
  const other = newServer();
  const admin = await other.signUp();
  const photos = [];
  for (const n of [1, 2, 3, 4]) photos.push(await asset(n, other));
  const config = (await other.request('GET', '/system-config', { as: admin })).expect(200).json;
  config.integrityChecks.checksumFiles.percentageLimit = 0.25;
  (await other.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  for (const photo of photos) fs.appendFileSync(photo.path, 'x');
  for (const n of [1, 2, 3, 4]) {
    await run('integrity-checksum-mismatch', other);
    assert.equal((await summary(other)).checksum_mismatch, n);
  }
});

test('a folder without its marker pauses the checks, and the admin hears of it', async () => {
  const other = newServer();
  const admin = await other.signUp();
  const photo = await asset(1, other);
  const upload = path.join(other.media, 'upload');
  fs.renameSync(upload, `${upload}-away`);
  fs.mkdirSync(upload);
  for (const name of ['integrity-missing-files', 'integrity-untracked-files', 'integrity-checksum-mismatch']) await run(name, other);
  assert.deepEqual(await summary(other), none);
  fs.rmSync(upload, { recursive: true });
  fs.renameSync(`${upload}-away`, upload);
  const notices = (await other.request('GET', '/notifications', { as: admin })).expect(200).json;
  assert.ok(notices.some(({ description }) => /IntegrityMissingFilesQueueAll failed .*paused.*upload\/\.immich.*mount/.test(description)));
  await run('integrity-missing-files', other);
  assert.deepEqual(await summary(other), none);
  assert.ok(fs.existsSync(photo.path));
});

test('only admins look', async () => {
  const user = await server.newUser();
  for (const where of ['summary', 'report?type=missing_file', 'report/missing_file/csv'])
    (await server.request('GET', `/admin/integrity/${where}`, { as: user })).expect(403);
  const id = '019a0000-0000-4000-8000-000000000001';
  (await server.request('DELETE', `/admin/integrity/report/${id}`, { as: user })).expect(403);
});
