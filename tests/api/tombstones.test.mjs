// What its owner deleted for good stays away, once they asked for that: a phone's backup does not bring it back.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { ffmpeg, jpeg } from './fixtures.mjs';
import { server } from './harness.mjs';

const call = (method, where, body, as) => server.request(method, where, { as, body });
const list = async (as, query = '') => (await call('GET', `/trash/tombstones${query}`, undefined, as)).expect(200).json;
const switchTo = async (enabled, as) => (await call('PUT', '/trash/tombstones', { enabled }, as)).expect(204);
const lift = async (as, body = {}) => (await call('DELETE', '/trash/tombstones', body, as)).expect(204);
const base64 = (bytes) => createHash('sha1').update(bytes).digest('base64');
const hex = (bytes) => createHash('sha1').update(bytes).digest('hex');
const send = (as, bytes, options = {}) => server.upload(bytes, 'photo.jpg', {}, { as, ...options });
const upload = async (as, bytes) => (await send(as, bytes)).expect(201).json.id;
const check = async (as, bytes) =>
  (await call('POST', '/assets/bulk-upload-check', { assets: [{ id: 'a', checksum: base64(bytes) }] }, as)).expect(200).json.results[0];

async function remove(as, ...ids) {
  (await call('DELETE', '/assets', { ids, force: true }, as)).expect(204);
  await server.waitForJobs();
}

async function isGone(as, bytes, id) {
  assert.deepEqual(await check(as, bytes), { id: 'a', action: 'reject', reason: 'duplicate', assetId: id, isTrashed: false });
  assert.deepEqual((await send(as, bytes)).expect(200).json, { id, status: 'duplicate' });
  for (const sum of [base64(bytes), hex(bytes)])
    assert.deepEqual((await send(as, bytes, { headers: { 'x-immich-checksum': sum } })).expect(200).json, { id, status: 'duplicate' });
  (await call('GET', `/assets/${id}`, undefined, as)).expect(400);
}

test('it is off: what is deleted may come back', async () => {
  const user = await server.newUser();
  const bytes = jpeg();
  await remove(user, await upload(user, bytes));
  assert.deepEqual(await list(user), { enabled: false, total: 0, items: [], nextPage: null });
  assert.equal((await check(user, bytes)).action, 'accept');
  await upload(user, bytes);
});

test('switched on, what is deleted for good stays away until it is lifted', async () => {
  const user = await server.newUser();
  const [one, two] = [jpeg(), jpeg()];
  await switchTo(true, user);
  const ids = [await upload(user, one), await upload(user, two)];
  const usage = async () => (await call('GET', '/users/me', undefined, user)).json.quotaUsageInBytes;
  (await call('DELETE', '/assets', { ids }, user)).expect(204);
  assert.equal((await list(user)).total, 0, 'what is in the trash can come back');
  (await call('POST', '/trash/empty', undefined, user)).expect(200);
  await server.waitForJobs();
  const shown = await list(user);
  assert.deepEqual([shown.enabled, shown.total, shown.nextPage], [true, 2, null]);
  assert.deepEqual(shown.items.map((each) => each.checksum).sort(), [base64(one), base64(two)].sort());
  assert.deepEqual(shown.items.map((each) => [each.originalFileName, ids.includes(each.assetId)]), Array(2).fill(['photo.jpg', true]));
  assert.ok(shown.items.every((each) => Date.now() - Date.parse(each.deletedAt) < 600_000));
  const [first, second] = [await list(user, '?size=1'), await list(user, '?size=1&page=2')];
  assert.deepEqual([first.nextPage, second.nextPage, first.items.length, second.items.length], [2, null, 1, 1]);
  assert.notEqual(first.items[0].checksum, second.items[0].checksum);

  await isGone(user, one, ids[0]);
  await isGone(user, two, ids[1]);
  assert.equal(await usage(), 0);
  assert.equal((await call('GET', '/assets/statistics', undefined, user)).json.total, 0);
  await lift(user, { checksums: [hex(one)] });
  await upload(user, one);
  await isGone(user, two, ids[1]);
  await lift(user);
  assert.equal((await list(user)).total, 0);
  await upload(user, two);
});

test('both parts of a live photo stay away', async () => {
  const user = await server.newUser();
  await switchTo(true, user);
  const [film, photo] = [ffmpeg('a.mov', '64x48', '-pix_fmt', 'yuv420p'), jpeg()];
  const video = (await server.upload(film, 'a.mov', {}, { as: user })).expect(201).json.id;
  const still = (await server.upload(photo, 'a.jpg', { livePhotoVideoId: video }, { as: user })).expect(201).json.id;
  await server.waitForJobs();
  await remove(user, still);
  assert.equal((await list(user)).total, 2);
  assert.deepEqual((await server.upload(film, 'a.mov', {}, { as: user })).expect(200).json, { id: video, status: 'duplicate' });
  await isGone(user, photo, still);
  // another photo with that film is kept, without it
  const edited = (await server.upload(jpeg(), 'b.jpg', { livePhotoVideoId: video }, { as: user })).expect(201).json.id;
  assert.equal((await call('GET', `/assets/${edited}`, undefined, user)).expect(200).json.livePhotoVideoId, null);
  // the app sends the photo with the id that it got for the film
  assert.deepEqual((await server.upload(photo, 'a.jpg', { livePhotoVideoId: video }, { as: user })).expect(200).json, { id: still, status: 'duplicate' });
});

test('what the disk lost, or holds with other bytes, may come back from the phone', async () => {
  const user = await server.newUser();
  await switchTo(true, user);
  const [lost, rotten, whole] = [jpeg(), jpeg(), jpeg()];
  const ids = [await upload(user, lost), await upload(user, rotten), await upload(user, whole)];
  await server.waitForJobs();
  const [first, second] = await Promise.all(ids.slice(0, 2).map(async (id) =>
    (await call('GET', `/assets/${id}`, undefined, user)).expect(200).json.originalPath));
  fs.rmSync(first);
  const bytes = fs.readFileSync(second);
  bytes[bytes.length >> 1] ^= 0xff;
  fs.writeFileSync(second, bytes);
  await remove(user, ...ids);
  assert.deepEqual((await list(user)).items.map((each) => each.checksum), [base64(whole)]);
  assert.equal((await check(user, lost)).action, 'accept');
  await upload(user, lost);
  await upload(user, rotten);
});

test('to switch it off forgets them', async () => {
  const user = await server.newUser();
  const bytes = jpeg();
  await switchTo(true, user);
  await remove(user, await upload(user, bytes));
  await switchTo(false, user);
  assert.deepEqual(await list(user), { enabled: false, total: 0, items: [], nextPage: null });
  await upload(user, bytes);
});

test('nobody else is kept from uploading, neither a user nor who has a link', async () => {
  const [user, other] = [await server.newUser(), await server.newUser()];
  const [bytes, kept] = [jpeg(), jpeg()];
  await switchTo(true, user);
  const gone = await upload(user, bytes);
  const album = (await call('POST', '/albums', { albumName: 'guests', assetIds: [await upload(user, kept)] }, user)).expect(201).json;
  await remove(user, gone);
  assert.equal((await check(other, bytes)).action, 'accept');
  await upload(other, bytes);
  assert.equal((await list(other)).total, 0);
  await lift(other);
  await isGone(user, bytes, gone);

  const link = (await call('POST', '/shared-links', { type: 'ALBUM', albumId: album.id }, user)).expect(201).json;
  const sent = (await send(undefined, bytes, { headers: { 'x-immich-share-key': link.key } })).expect(201).json;
  assert.equal((await call('GET', `/albums/${album.id}`, undefined, user)).json.assetCount, 2);
  assert.equal((await list(user)).total, 0, 'it is here again');
  assert.equal((await check(user, bytes)).assetId, sent.id);
});

test('bad input is named', async () => {
  const user = await server.newUser();
  (await call('DELETE', '/trash/tombstones', { checksums: ['nonsense'] }, user)).expectIssues('checksums');
  (await call('DELETE', '/trash/tombstones', { checksums: [] }, user)).expectIssues('checksums');
  (await call('PUT', '/trash/tombstones', { enabled: 'perhaps' }, user)).expectIssues('enabled');
  (await call('GET', '/trash/tombstones?size=1001', undefined, user)).expectIssues('size');
  (await call('GET', '/trash/tombstones')).expect(401);
});

test('twenty thousand checksums are checked in one request', async () => {
  const user = await server.newUser();
  await switchTo(true, user);
  const bytes = jpeg();
  const id = await upload(user, bytes);
  await remove(user, id);
  const assets = Array.from({ length: 20_000 }, (_, i) => ({ id: String(i), checksum: createHash('sha1').update(String(i)).digest(i % 2 ? 'hex' : 'base64') }));
  assets[12_345] = { id: 'gone', checksum: hex(bytes) };
  const { results } = (await call('POST', '/assets/bulk-upload-check', { assets }, user)).expect(200).json;
  assert.equal(results.length, 20_000);
  assert.deepEqual(results.filter((each) => each.action === 'reject'), [{ id: 'gone', action: 'reject', reason: 'duplicate', assetId: id, isTrashed: false }]);
  assert.deepEqual(results.map((each) => each.id), assets.map((each) => each.id));
});
