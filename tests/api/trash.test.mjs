// Deleting: what can come back, and what leaves nothing behind.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { filesBelow, jpeg, png, sha1 } from './fixtures.mjs';
import { server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const filesOf = (user) =>
  ['upload', 'thumbs'].flatMap((folder) => filesBelow(path.join(server.media, folder, user.id)));
const get = async (id, as) => (await call('GET', `/assets/${id}`, undefined, as)).expect(200).json;

/** A user of its own, and uploads of theirs. */
async function scene(n, options = {}) {
  const user = await server.newUser();
  const bytes = Array.from({ length: n }, () => png(20, 10));
  const ids = [];
  for (const each of bytes) ids.push((await server.upload(each, 'a.png', {}, { as: user, ...options })).expect(201).json.id);
  await server.waitForJobs();
  return { user, bytes, ids };
}

test('what is in the trash is kept, can be read, and comes back', async () => {
  const { user, ids: [one, two] } = await scene(2);
  (await call('DELETE', '/assets', { ids: [one, two] }, user)).expect(204);
  const trashed = await get(one, user);
  assert.equal(trashed.isTrashed, true);
  assert.ok(fs.existsSync(trashed.originalPath));
  assert.deepEqual((await call('POST', '/trash/restore/assets', { ids: [one] }, user)).expect(200).json, { count: 1 });
  assert.equal((await get(one, user)).isTrashed, false);
  assert.deepEqual((await call('POST', '/trash/restore', undefined, user)).expect(200).json, { count: 1 });
  assert.equal((await get(two, user)).isTrashed, false);
  assert.deepEqual((await call('POST', '/trash/restore', undefined, user)).expect(200).json, { count: 0 });
  assert.deepEqual((await call('POST', '/trash/restore/assets', { ids: [] }, user)).expect(200).json, { count: 0 });
  assert.deepEqual((await call('POST', '/trash/restore/assets', { ids: [one, two] }, user)).expect(200).json, { count: 2 });
});

test('what is removed for good leaves nothing', async () => {
  const { user, ids: [one, two], bytes } = await scene(2, { sidecar: Buffer.from('<x/>') });
  assert.equal(filesOf(user).length, 8);
  (await call('DELETE', '/assets', { ids: [one], force: true }, user)).expect(204);
  (await call('GET', `/assets/${one}`, undefined, user)).expect(400, 'Not found or no asset.read access');
  await server.waitForJobs();
  assert.equal(filesOf(user).length, 4);
  assert.deepEqual(await server.sql(`SELECT id FROM asset WHERE owner_id = '${user.id}'`), [[two]]);
  assert.equal((await call('GET', '/users/me', undefined, user)).json.quotaUsageInBytes, bytes[1].length);
  assert.ok(fs.existsSync((await get(two, user)).originalPath));
});

test('a file that cannot be removed for good is not forgotten', async () => {
  for (const what of ['original', 'sidecar']) {
    const { user, ids: [id] } = await scene(1, { sidecar: Buffer.from('<x/>') });
    const { originalPath } = await get(id, user);
    const sidecar = filesOf(user).find((name) => name.endsWith('.xmp'));
    const file = what === 'original' ? originalPath : path.join(server.media, 'upload', user.id, sidecar);
    fs.renameSync(file, `${file}.away`);
    fs.mkdirSync(file); // which even root cannot unlink
    (await call('DELETE', '/assets', { ids: [id], force: true }, user)).expect(204);
    const [why] = await server.postponed('FileDelete');
    assert.ok(why.includes(`cannot delete '${file}'`), why);
    fs.rmdirSync(file);
    fs.renameSync(`${file}.away`, file);
    await server.tryAgain();
    assert.deepEqual(filesOf(user), []);
  }
});

test('an emptied trash is empty, the rest is not touched', async () => {
  const { user, ids: [one, two, three] } = await scene(3);
  const other = await scene(1);
  (await call('DELETE', '/assets', { ids: other.ids }, other.user)).expect(204);
  (await call('DELETE', '/assets', { ids: [one] }, user)).expect(204);
  (await call('PUT', `/assets/${two}`, { visibility: 'archive' }, user)).expect(200);
  (await call('DELETE', '/assets', { ids: [two] }, user)).expect(204);
  assert.deepEqual((await call('POST', '/trash/empty', undefined, user)).expect(200).json, { count: 2 });
  assert.deepEqual((await call('POST', '/trash/empty', undefined, user)).expect(200).json, { count: 0 });
  await server.waitForJobs();
  assert.equal(filesOf(user).length, 3);
  assert.equal((await get(three, user)).isTrashed, false);
  assert.equal((await get(other.ids[0], other.user)).isTrashed, true);
  assert.deepEqual((await call('GET', '/assets/statistics?isTrashed=true', undefined, user)).json.total, 0);
});

test('what is being removed can be uploaded again at once', async () => {
  const { user, ids: [id], bytes: [bytes] } = await scene(1);
  (await call('DELETE', '/assets', { ids: [id] }, user)).expect(204);
  const trashed = (await server.upload(bytes, 'a.png', {}, { as: user })).expect(200).json;
  assert.deepEqual(trashed, { id, status: 'duplicate' });
  const admin = await server.signUp();
  (await call('PUT', '/jobs/backgroundTask', { command: 'pause' }, admin)).expect(200);
  (await call('DELETE', '/assets', { ids: [id], force: true }, user)).expect(204);
  const again = (await server.upload(bytes, 'a.png', {}, { as: user })).expect(201).json.id;
  assert.notEqual(again, id);
  (await call('PUT', '/jobs/backgroundTask', { command: 'resume' }, admin)).expect(200);
  await server.waitForJobs();
  const asset = await get(again, user);
  assert.equal(sha1(fs.readFileSync(asset.originalPath)), sha1(bytes));
  assert.ok(asset.thumbhash);
});

test('nobody deletes, restores or empties what is another\'s', async () => {
  const { user, ids } = await scene(1);
  const bob = await server.newUser();
  for (const id of [...ids, MISSING]) {
    (await call('DELETE', '/assets', { ids: [id], force: true }, bob)).expect(400, 'Not found or no asset.delete access');
    (await call('POST', '/trash/restore/assets', { ids: [id] }, bob)).expect(400, 'Not found or no asset.delete access');
  }
  (await call('DELETE', '/assets', { ids: ['x'] }, bob)).expectIssues('ids.0');
  (await call('DELETE', '/assets', { ids: [] }, bob)).expect(204);
  const key = await server.newKey(user, 'asset.read');
  (await call('POST', '/trash/empty', undefined, key)).expect(403);
  assert.equal((await get(ids[0], user)).isTrashed, false);
});

test('the motion part of a live photo goes with it', async () => {
  const user = await server.newUser();
  const add = async (bytes, name, fields) => (await server.upload(bytes, name, fields, { as: user })).expect(201).json.id;
  const video = await add(Buffer.from(`video ${Math.random()}`), 'a.mov');
  const photo = await add(jpeg(), 'a.jpg', { livePhotoVideoId: video });
  (await call('DELETE', '/assets', { ids: [photo] }, user)).expect(204);
  assert.equal((await get(video, user)).isTrashed, false);
  (await call('POST', '/trash/empty', undefined, user)).expect(200);
  await server.waitForJobs();
  (await call('GET', `/assets/${video}`, undefined, user)).expect(400);
  assert.deepEqual(filesOf(user), []);
  assert.equal((await call('GET', '/users/me', undefined, user)).json.quotaUsageInBytes, 0);
});

test('a film from the trash that becomes a motion part is taken out of it', async () => {
  const user = await server.newUser();
  const add = async (bytes, name, fields) => (await server.upload(bytes, name, fields, { as: user })).json.id;
  const bytes = Buffer.from(`video ${Math.random()}`);
  const trash = async (id) => (await call('DELETE', '/assets', { ids: [id] }, user)).expect(204);
  const empty = async () => {
    const { count } = (await call('POST', '/trash/empty', undefined, user)).expect(200).json;
    await server.waitForJobs();
    return count;
  };
  const isThere = async (id) => {
    const { visibility, isTrashed } = await get(id, user);
    assert.deepEqual([visibility, isTrashed], ['hidden', false]);
    assert.equal(await empty(), 0);
    assert.ok(fs.existsSync((await get(id, user)).originalPath));
  };

  // a phone sends the live photo whose film alone was deleted
  const video = await add(bytes, 'a.mov');
  await server.waitForJobs();
  await trash(video);
  const events = await server.events({ authorization: `Bearer ${user.token}` });
  assert.equal(await add(bytes, 'a.mov'), video);
  await add(jpeg(), 'a.jpg', { livePhotoVideoId: video });
  assert.deepEqual(await events.next('on_asset_hidden'), [video]);
  events.close();
  await isThere(video);

  // linked later, to a photo in the trash: there only the photo lies, with which it goes
  const [other, photo] = [await add(Buffer.from(`video ${Math.random()}`), 'b.mov'), await add(jpeg(), 'b.jpg')];
  await server.waitForJobs();
  await trash(other);
  (await call('PUT', `/assets/${photo}`, { livePhotoVideoId: other }, user)).expect(200);
  await isThere(other);
  (await call('PUT', `/assets/${photo}`, { livePhotoVideoId: null }, user)).expect(200);
  await trash(other);
  await trash(photo);
  (await call('PUT', `/assets/${photo}`, { livePhotoVideoId: other }, user)).expect(200);
  assert.equal((await get(other, user)).isTrashed, false);
  assert.equal(await empty(), 1);
  for (const id of [photo, other]) (await call('GET', `/assets/${id}`, undefined, user)).expect(400);
});

test('a film in the trash goes with the last photo that shows it', async () => {
  const user = await server.newUser();
  const add = async (bytes, name, fields) => (await server.upload(bytes, name, fields, { as: user })).expect(201).json.id;
  const video = await add(Buffer.from(`video ${Math.random()}`), 'a.mov');
  const photo = await add(jpeg(), 'a.jpg', { livePhotoVideoId: video });
  const empty = async () => (await call('POST', '/trash/empty', undefined, user)).expect(200).json.count;
  (await call('DELETE', '/assets', { ids: [video] }, user)).expect(204);
  assert.equal(await empty(), 0);
  await server.waitForJobs();
  assert.ok(fs.existsSync((await get(video, user)).originalPath));
  assert.equal((await get(photo, user)).livePhotoVideoId, video);
  assert.equal((await call('POST', '/trash/restore', undefined, user)).expect(200).json.count, 1);
  assert.equal((await get(video, user)).isTrashed, false);

  (await call('DELETE', '/assets', { ids: [video, photo] }, user)).expect(204);
  assert.equal(await empty(), 1);
  await server.waitForJobs();
  assert.deepEqual(filesOf(user), []);
  assert.equal((await call('GET', '/users/me', undefined, user)).json.quotaUsageInBytes, 0);
});

test('an asset that is removed while its renditions are made leaves none of them', async () => {
  const user = await server.newUser();
  const ids = [];
  for (let i = 0; i < 20; i++) ids.push((await server.upload(png(400, 300), 'a.png', {}, { as: user })).expect(201).json.id);
  (await call('DELETE', '/assets', { ids, force: true }, user)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(filesOf(user), []);
});

test('thousands at once are put into albums, marked, trashed and restored, each of them once', async () => {
  const user = await server.newUser();
  await server.fill(user, 2500); // more than two parts
  const ids = (await server.sql(`SELECT id FROM asset WHERE owner_id = '${user.id}'`)).flat();
  const album = (await call('POST', '/albums', { albumName: 'all' }, user)).expect(201).json;
  const answers = async (method) => {
    const each = (await call(method, `/albums/${album.id}/assets`, { ids }, user)).expect(200).json;
    assert.deepEqual(each.map(({ id }) => id), ids);
    return each.filter(({ success }) => success).length;
  };
  assert.deepEqual([await answers('PUT'), await answers('PUT')], [2500, 0]);
  assert.deepEqual([await answers('DELETE'), await answers('DELETE')], [2500, 0]);
  (await call('PUT', '/albums/assets', { albumIds: [album.id, album.id], assetIds: ids }, user)).expect(200);
  assert.equal((await call('GET', `/albums/${album.id}`, undefined, user)).json.assetCount, 2500);
  (await call('PUT', '/albums/assets', { albumIds: ids.slice(0, 121), assetIds: ids }, user)).expectIssues('assetIds');

  const count = async (query) => (await call('GET', `/assets/statistics?${query}`, undefined, user)).expect(200).json.total;
  (await call('PUT', '/assets', { ids, isFavorite: true }, user)).expect(204);
  assert.equal(await count('isFavorite=true'), 2500);
  (await call('DELETE', '/assets', { ids }, user)).expect(204);
  assert.equal(await count('isTrashed=true'), 2500);
  assert.deepEqual((await call('POST', '/trash/restore', undefined, user)).expect(200).json, { count: 2500 });
  (await call('DELETE', '/assets', { ids }, user)).expect(204);
  assert.deepEqual((await call('POST', '/trash/restore/assets', { ids }, user)).expect(200).json, { count: 2500 });
  assert.equal(await count('isTrashed=false'), 2500);
});

test('a removal that a crash interrupts is finished by the next start', async () => {
  const { user, ids } = await scene(3);
  (await call('DELETE', '/assets', { ids, force: true }, user)).expect(204);
  await server.end('SIGKILL');
  await server.start();
  await server.waitForJobs();
  assert.deepEqual(filesOf(user), []);
  assert.deepEqual(await server.sql(`SELECT id FROM asset WHERE owner_id = '${user.id}'`), []);
});
