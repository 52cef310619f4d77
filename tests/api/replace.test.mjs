// Another file for an asset, as clients of version 2 ask for it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import { filesBelow, jpeg, png, sha1 } from './fixtures.mjs';
import { server, until } from './harness.mjs';

let user;
before(async () => {
  await server.signUp();
});

const call = (method, where, body, as = user) => server.request(method, where, { as, body });
const asset = async (id) => (await call('GET', `/assets/${id}`)).expect(200).json;
const usage = async () => (await call('GET', '/users/me')).expect(200).json.quotaUsageInBytes;

async function add(bytes, options = {}) {
  const { id } = (await server.upload(bytes, 'old.jpg', {}, { as: user, ...options })).expect(201).json;
  await server.waitForJobs();
  return id;
}

function replace(id, bytes, fields = {}, as = user) {
  const form = new FormData();
  const all = { deviceAssetId: 'x', deviceId: 'y', fileCreatedAt: '2022-02-03T04:05:06.000Z', fileModifiedAt: '2022-02-03T04:05:06.000Z', ...fields };
  for (const [key, value] of Object.entries(all)) form.append(key, value);
  if (bytes) form.append('assetData', new Blob([bytes]), 'new.jpg');
  return server.request('PUT', `/assets/${id}/original`, { as, body: form });
}

test('the asset gets the file and keeps its id, the old file is an asset in the trash', async () => {
  user = await server.newUser();
  const [before, after] = [jpeg({ date: '2020:01:02 03:04:05', make: 'Canon' }), jpeg({ date: '2021:02:03 04:05:06', make: 'Nikon' })];
  const xmp = Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>');
  const id = await add(before, { sidecar: xmp });
  await call('PUT', `/assets/${id}`, { isFavorite: true });
  const album = (await call('POST', '/albums', { albumName: 'a', assetIds: [id] })).expect(201).json;
  (await call('PUT', `/assets/${id}/edits`, { edits: [{ action: 'rotate', parameters: { angle: 90 } }] })).expect(200);
  await server.waitForJobs();

  const reply = (await replace(id, after, { filename: 'better.jpg' })).expect(200).json;
  assert.equal(reply.status, 'replaced');
  assert.notEqual(reply.id, id);
  await server.waitForJobs();

  const now = await asset(id);
  assert.deepEqual([now.checksum, now.originalFileName, now.exifInfo.make, now.isTrashed, now.isFavorite, now.isEdited],
    [sha1(after, 'base64'), 'better.jpg', 'Nikon', false, true, false]);
  assert.equal(now.fileCreatedAt, '2021-02-03T04:05:06.000Z');
  assert.ok((await call('GET', `/assets/${id}/original`)).expect(200).bytes.equals(after));
  assert.deepEqual((await call('GET', `/albums/${album.id}`)).expect(200).json.assetCount, 1);

  const old = await asset(reply.id);
  assert.deepEqual([old.checksum, old.originalFileName, old.exifInfo.make, old.isTrashed], [sha1(before, 'base64'), 'old.jpg', 'Canon', true]);
  assert.ok((await call('GET', `/assets/${reply.id}/original`)).expect(200).bytes.equals(before));
  (await call('GET', `/assets/${reply.id}/thumbnail`)).expect(200);
  assert.deepEqual(await server.sql("SELECT asset_id FROM asset_file WHERE type = 'sidecar'"), [[reply.id]]);
  assert.equal(await usage(), before.length + after.length);

  // it can come back, and can go for good
  (await call('POST', '/trash/restore/assets', { ids: [reply.id] })).expect(200);
  assert.equal((await asset(reply.id)).isTrashed, false);
  (await call('DELETE', '/assets', { ids: [reply.id], force: true })).expect(204);
  await server.waitForJobs();
  assert.equal(await usage(), after.length);
  assert.ok((await call('GET', `/assets/${id}/original`)).expect(200).bytes.equals(after));
  assert.equal(filesBelow(path.join(server.media, 'upload', user.id)).length, 1);
});

test('what was said of the picture stays with the asset', async () => {
  user = await server.newUser();
  const id = await add(jpeg({ date: '2020:01:02 03:04:05', make: 'Canon' }));
  const tags = (await call('PUT', '/tags', { tags: ['Family/Oma'] })).expect(200).json;
  (await call('PUT', '/tags/assets', { tagIds: tags.map((tag) => tag.id), assetIds: [id] })).expect(200);
  (await call('PUT', `/assets/${id}`, { description: 'Grandma', rating: 4, latitude: 48.1, longitude: 11.5 })).expect(200);
  await server.waitForJobs();
  const reply = (await replace(id, jpeg({ date: '2021:02:03 04:05:06', make: 'Nikon' }))).expect(200).json;
  await server.waitForJobs();
  const told = ({ fileCreatedAt, tags: all, exifInfo: e }) => [e.make, e.description, e.rating, all.map(({ value }) => value), fileCreatedAt, e.latitude];
  const expected = ['Nikon', 'Grandma', 4, ['Family/Oma'], '2021-02-03T04:05:06.000Z', null];
  assert.deepEqual(told(await asset(id)), expected);
  (await server.request('POST', '/assets/jobs', { as: user, body: { assetIds: [id], name: 'refresh-metadata' } })).expect(204);
  await server.waitForJobs();
  assert.deepEqual(told(await asset(id)), expected, 'it is in a sidecar of its own');
  assert.deepEqual(await server.sql(`SELECT locked_properties FROM asset_exif WHERE asset_id = '${id}'`), [['[]']]);
  const old = await asset(reply.id);
  assert.deepEqual([old.exifInfo.make, old.exifInfo.description, old.exifInfo.rating], ['Canon', 'Grandma', 4]);
  const places = (await server.sql("SELECT path FROM asset_file WHERE type = 'sidecar' AND asset_id IN " + `('${id}', '${reply.id}')`)).flat();
  assert.equal(new Set(places).size, 2, 'each has its own');
});

test('what was made of the former file is not shown any more, even when nothing can be made of the new one', async () => {
  user = await server.newUser();
  const id = await add(png(60, 40));
  const seen = (where, as = user) => server.request('GET', `/assets/${id}/${where}`, { as });
  (await seen('thumbnail?size=preview')).expect(200);
  (await call('PUT', `/assets/${id}/edits`, { edits: [{ action: 'crop', parameters: { x: 0, y: 0, width: 20, height: 20 } }] })).expect(200);
  await server.waitForJobs();
  const link = (await call('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [id] })).expect(201).json;
  (await seen(`thumbnail?size=preview&key=${link.key}`, null)).expect(200);

  const admin = await server.signUp();
  const pause = async (isPaused) => (await call('PUT', '/queues/thumbnailGeneration', { isPaused }, admin)).expect(200);
  await pause(true);
  try {
    (await replace(id, Buffer.from('no picture at all'))).expect(200);
    for (const size of ['preview', 'thumbnail']) (await seen(`thumbnail?size=${size}&key=${link.key}`, null)).expect(404);
  } finally {
    await pause(false);
  }
  await server.waitForJobs();
  const now = await asset(id);
  assert.deepEqual([now.width, now.height, now.thumbhash], [null, null, null]);
  assert.ok(now.processingError);
  (await seen('thumbnail?size=preview')).expect(404);
  (await replace(id, png(30, 20))).expect(200);
  await server.waitForJobs();
  (await seen('thumbnail?size=preview')).expect(200);
  assert.deepEqual([(await asset(id)).width, (await asset(id)).height], [30, 20]);
});

test('a film that was replaced is not played any more', async () => {
  user = await server.newUser();
  const id = await add(jpeg());
  await server.sql(`INSERT INTO asset_file (id, asset_id, type, path, created_at, updated_at) VALUES ('${id}', '${id}', 'encoded_video', 'encoded-video/x.mp4', 1, 1)`);
  (await replace(id, jpeg())).expect(200);
  assert.deepEqual(await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' AND type = 'encoded_video'`), []);
});

test('the former file of a film is found in the trash, as visible as the photo, and no picture takes its place', async () => {
  user = await server.newUser();
  const film = () => Buffer.from(`video ${Math.random()}`);
  const upload = async (bytes, name, fields) => (await server.upload(bytes, name, fields, { as: user })).expect(201).json.id;
  const setVisibility = async (id, visibility) => (await call('PUT', `/assets/${id}`, { visibility })).expect(200);
  const seen = async (id) => (await server.sql(`SELECT visibility, status FROM asset WHERE id = '${id}'`))[0].join(' ');
  (await call('POST', '/auth/pin-code', { pinCode: '123456' })).expect(204);
  (await call('POST', '/auth/session/unlock', { pinCode: '123456' })).expect(204);
  for (const visibility of ['timeline', 'archive', 'locked']) {
    const id = await upload(film(), 'a.mov');
    const photo = await upload(jpeg(), 'a.jpg', { livePhotoVideoId: id });
    await setVisibility(photo, visibility);
    (await replace(id, jpeg())).expect(400, 'The video of a live photo can only be replaced by a video');
    const copy = (await replace(id, film(), { filename: 'b.mov' })).expect(200).json.id;
    assert.deepEqual([await seen(id), await seen(copy)], ['hidden active', `${visibility} trashed`]);
    assert.equal((await asset(photo)).livePhotoVideoId, id);
    (await call('POST', '/trash/restore/assets', { ids: [copy] })).expect(200);
    assert.equal(await seen(copy), `${visibility} active`);
  }

  // of several photos: as closed as what is locked, and never hidden while one is seen
  const id = await upload(film(), 'a.mov');
  const [locked, hidden] = [await upload(jpeg(), 'a.jpg', { livePhotoVideoId: id }), await upload(jpeg(), 'b.jpg', { livePhotoVideoId: id })];
  await upload(jpeg(), 'c.jpg', { livePhotoVideoId: id });
  await setVisibility(hidden, 'hidden');
  const copyOf = async () => seen((await replace(id, film(), { filename: 'b.mov' })).expect(200).json.id);
  assert.equal(await copyOf(), 'timeline trashed');
  await setVisibility(locked, 'locked');
  assert.equal(await copyOf(), 'locked trashed');

  // what its owner hid, and no photo shows, stays so; by a picture, too
  const own = await upload(film(), 'a.mov', { visibility: 'hidden' });
  assert.equal(await seen((await replace(own, jpeg())).expect(200).json.id), 'hidden trashed');
});

test('nothing that was made of former files is left when the asset goes', async () => {
  user = await server.newUser();
  const admin = await server.signUp();
  const made = () => ['thumbs', 'encoded-video'].flatMap((name) => filesBelow(path.join(server.media, name)))
    .filter((name) => name.includes(user.id));
  const remove = async (id) => {
    (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
    await server.waitForJobs();
  };
  const id = await add(png(60, 40));
  (await call('PUT', `/assets/${id}/edits`, { edits: [{ action: 'rotate', parameters: { angle: 90 } }] })).expect(200);
  await server.waitForJobs();
  assert.ok(made().some((name) => name.includes('_edited')));
  const copy = (await replace(id, Buffer.from('no picture at all, too'))).expect(200).json;
  await server.waitForJobs();
  for (const each of [id, copy.id]) await remove(each);
  assert.deepEqual(made(), []);

  // edits that were asked for and are not made yet
  const edited = await add(png(60, 40));
  const rotate = async (angle) => (await call('PUT', `/assets/${edited}/edits`, { edits: [{ action: 'rotate', parameters: { angle } }] })).expect(200);
  await rotate(90);
  await server.waitForJobs();
  const pause = async (isPaused) => (await call('PUT', '/queues/editor', { isPaused }, admin)).expect(200);
  await pause(true);
  try {
    await rotate(180);
    await remove(edited);
  } finally {
    await pause(false);
  }
  await server.waitForJobs();
  assert.deepEqual(made(), []);
});

test('a file that is here already is a duplicate, and nothing changes', async () => {
  user = await server.newUser();
  const [one, two] = [jpeg(), jpeg()];
  const [first, second] = [await add(one), await add(two)];
  for (const [bytes, known] of [[two, second], [one, first]]) {
    assert.deepEqual((await replace(first, bytes)).expect(200).json, { id: known, status: 'duplicate' });
    assert.equal((await asset(first)).checksum, sha1(one, 'base64'));
  }
  assert.equal(await usage(), one.length + two.length);
  assert.equal(filesBelow(path.join(server.media, 'upload', user.id)).length, 2);
});

test('only its owner may, with a file that is one, within the quota', async () => {
  user = await server.newUser({ quotaSizeInBytes: 1200 });
  const bytes = jpeg();
  const id = await add(bytes);
  (await replace(id, jpeg(), {}, await server.newUser())).expect(400, 'Not found or no asset.update access');
  (await replace(id, undefined)).expect(400, 'File is required');
  (await replace(id, Buffer.alloc(0))).expect(400, 'File is empty');
  (await replace(id, Buffer.alloc(1200, 1))).expect(400, 'Quota has been exceeded!');
  (await replace(id, jpeg(), { filename: 'x.txt' })).expect(400, 'Unsupported file type x.txt');
  assert.equal((await asset(id)).checksum, sha1(bytes, 'base64'));
  // what was received goes when its call ends, which may be a moment after its answer
  await until(() => filesBelow(path.join(server.media, 'upload', '.tmp')).length === 0, 'nothing is left');
});
