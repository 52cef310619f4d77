// One's photos: reading, changing, keeping facts with them, and what clients are told of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { io } from 'socket.io-client';
import { ffmpeg, jpeg, png } from './fixtures.mjs';
import { engine, server, sleep } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const sockets = [];
after(() => sockets.forEach((socket) => socket.disconnect()));

const upload = async (bytes, name = 'a.jpg', fields = {}, options = {}) =>
  (await server.upload(bytes, name, fields, options)).expect(201).json.id;
const call = async (method, where, body, as) =>
  server.request(method, where, { as: as ?? (await server.signUp()), body });
const get = async (id, as) => (await call('GET', `/assets/${id}`, undefined, as)).expect(200).json;
const put = async (id, body) => (await call('PUT', `/assets/${id}`, body)).expect(200).json;
const bulk = async (body, as) => call('PUT', '/assets', body, as);

/** What the server tells @param user from now on: [[event, argument]...]. */
async function listen(user) {
  await server.start();
  const heard = [];
  const socket = io(server.base, {
    path: '/api/socket.io', transports: ['websocket'], extraHeaders: { authorization: `Bearer ${user.token}` },
  });
  sockets.push(socket);
  socket.onAny((event, ...args) => heard.push([event, ...args]));
  await new Promise((resolve, reject) => socket.on('on_server_version', resolve).on('error', reject));
  heard.length = 0;
  /** Wait for one that is like this; fails after a while. */
  heard.one = async (event, like = () => true) => {
    for (let i = 0; i < 600; i++) {
      const found = heard.find((each) => each[0] === event && like(each[1]));
      if (found) return found[1];
      await sleep(50);
    }
    return assert.fail(`no ${event} among ${JSON.stringify(heard.map(([name]) => name))}`);
  };
  return heard;
}

test('an asset tells all there is, and nothing that is not', async () => {
  const admin = await server.signUp();
  const id = await upload(jpeg({ make: 'Canon', model: 'M1', date: '2001:06:09 15:17:32' }), 'IMG 1.jpg');
  await server.waitForJobs();
  const asset = await get(id);
  const { owner, exifInfo, checksum, thumbhash, originalPath, createdAt, updatedAt, ...rest } = asset;
  assert.deepEqual(rest, {
    id, ownerId: admin.id, libraryId: null, type: 'IMAGE', originalFileName: 'IMG 1.jpg', originalMimeType: 'image/jpeg',
    fileCreatedAt: '2001-06-09T15:17:32.000Z', fileModifiedAt: '2024-01-02T03:04:05.000Z',
    localDateTime: '2001-06-09T15:17:32.000Z', isFavorite: false, isArchived: false, isTrashed: false,
    visibility: 'timeline', duration: null, livePhotoVideoId: null, tags: [], people: [], stack: null, isOffline: false,
    hasMetadata: true, duplicateId: null, resized: true, width: 16, height: 16, isEdited: false, processingError: null,
    deviceAssetId: 'IMG 1.jpg', deviceId: 'test',
  });
  assert.equal(owner.id, admin.id);
  assert.equal(owner.email, 'admin@example.com');
  assert.deepEqual(exifInfo, {
    make: 'Canon', model: 'M1', exifImageWidth: 16, exifImageHeight: 16, fileSizeInByte: exifInfo.fileSizeInByte,
    orientation: null, dateTimeOriginal: '2001-06-09T15:17:32+00:00', modifyDate: '2024-01-02T03:04:05+00:00',
    timeZone: null, lensModel: null, fNumber: null, focalLength: null, iso: null, exposureTime: null, latitude: null,
    longitude: null, city: null, state: null, country: null, description: '', projectionType: null, rating: null,
  });
  assert.ok(Date.parse(updatedAt) >= Date.parse(createdAt));
});

test('what is not there and what is not mine look the same', async () => {
  const bob = await server.newUser();
  const mine = await upload(jpeg());
  for (const id of [MISSING, mine])
    (await call('GET', `/assets/${id}`, undefined, bob)).expect(400, 'Not found or no asset.read access');
  (await call('PUT', `/assets/${mine}`, { isFavorite: true }, bob)).expect(400, 'Not found or no asset.update access');
  (await bulk({ ids: [mine], isFavorite: true }, bob)).expect(400, 'Not found or no asset.update access');
  (await call('DELETE', '/assets', { ids: [mine] }, bob)).expect(400, 'Not found or no asset.delete access');
  (await call('GET', `/assets/${mine}/metadata`, undefined, bob)).expect(400, 'Not found or no asset.read access');
  (await call('POST', '/assets/jobs', { assetIds: [mine], name: 'refresh-metadata' }, bob)).expect(400);
  (await call('GET', '/assets/not-a-uuid')).expectIssues('id');
  assert.equal((await get(mine.toUpperCase())).id, mine);
  assert.equal((await get(mine)).isFavorite, false);
});

test('one foreign id refuses a whole bulk change', async () => {
  const bob = await server.newUser();
  const [mine, his] = [await upload(jpeg()), await upload(jpeg(), 'a.jpg', {}, { as: bob })];
  (await bulk({ ids: [mine, his], isFavorite: true })).expect(400, 'Not found or no asset.update access');
  assert.equal((await get(mine)).isFavorite, false);
  (await bulk({ ids: [] })).expect(204);
});

// ---- changing ----

test('an edit is answered, stored, and survives reading the file again', async () => {
  const id = await upload(jpeg({ date: '2001:06:09 15:17:32', make: 'Canon' }));
  await server.waitForJobs();
  const answer = await put(id, {
    isFavorite: true, description: 'a description', rating: 3, dateTimeOriginal: '2020-02-02T02:02:02.000-07:00',
  });
  for (const missing of ['owner', 'tags', 'stack']) assert.ok(!(missing in answer), missing);
  const check = async () => {
    const asset = await get(id);
    assert.equal(asset.isFavorite, true);
    assert.deepEqual([asset.exifInfo.description, asset.exifInfo.rating], ['a description', 3]);
    assert.deepEqual([asset.fileCreatedAt, asset.localDateTime, asset.exifInfo.dateTimeOriginal, asset.exifInfo.timeZone],
      ['2020-02-02T09:02:02.000Z', '2020-02-02T02:02:02.000Z', '2020-02-02T09:02:02+00:00', 'UTC-7']);
    assert.equal(asset.exifInfo.make, 'Canon');
  };
  await check();
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-metadata' })).expect(204);
  await server.waitForJobs();
  await check();
  await put(id, { rating: null, description: '' });
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-metadata' })).expect(204);
  await server.waitForJobs();
  assert.deepEqual([(await get(id)).exifInfo.rating, (await get(id)).exifInfo.description], [null, '']);
});

test('a position brings its place and its zone', async () => {
  const id = await upload(jpeg({ date: '2023:07:01 12:00:00' }));
  await server.waitForJobs();
  await put(id, { latitude: 52.52, longitude: 13.405 });
  await server.waitForJobs();
  const there = await get(id);
  assert.deepEqual([there.exifInfo.latitude, there.exifInfo.longitude, there.exifInfo.city, there.exifInfo.country,
    there.exifInfo.timeZone], [52.52, 13.405, 'Berlin', 'Germany', 'Europe/Berlin']);
  assert.deepEqual([there.fileCreatedAt, there.localDateTime], ['2023-07-01T10:00:00.000Z', '2023-07-01T12:00:00.000Z']);
  await put(id, { latitude: -33.8688, longitude: 151.2093 });
  await server.waitForJobs();
  const moved = await get(id);
  assert.deepEqual([moved.exifInfo.country, moved.exifInfo.timeZone, moved.localDateTime],
    ['Australia', 'Australia/Sydney', '2023-07-01T12:00:00.000Z']);
});

test('edits that make no sense are refused, field by field', async () => {
  const id = await upload(jpeg());
  const refused = async (body, ...paths) => (await call('PUT', `/assets/${id}`, body)).expectIssues(...paths);
  await refused({ latitude: 1 }, '');
  await refused({ longitude: 1 }, '');
  await refused({ latitude: 91, longitude: 0 }, 'latitude');
  await refused({ latitude: null, longitude: null }, 'latitude', 'longitude');
  await refused({ rating: 6 }, 'rating');
  await refused({ rating: 0 }, 'rating');
  await refused({ rating: 3.5 }, 'rating');
  await refused({ rating: '3' }, 'rating');
  await refused({ description: null }, 'description');
  await refused({ dateTimeOriginal: 'yesterday' }, 'dateTimeOriginal');
  await refused({ visibility: 'secret' }, 'visibility');
  assert.equal((await put(id, { rating: -1 })).exifInfo.rating, -1);
  const both = await bulk({ ids: [id], dateTimeRelative: 1, dateTimeOriginal: '2020-01-01T00:00:00Z' });
  both.expectIssues('');
  assert.equal(both.json.errors[0].message, 'dateTimeRelative cannot exist alongside dateTimeOriginal');
  (await bulk({ ids: [id], timeZone: '../../etc/passwd' })).expectIssues('timeZone');
  // a body of megabytes would be gigabytes in the database and in sidecars
  (await bulk({ ids: Array.from({ length: 700 }, () => crypto.randomUUID()), description: 'x'.repeat(100_000) })).expectIssues('description');
});

test('many are changed at once, each by its own date', async () => {
  const one = await upload(jpeg({ date: '2001:06:09 15:17:32', offset: '+02:00' }));
  const two = await upload(jpeg({ date: '2010:01:01 00:00:00' }));
  await server.waitForJobs();
  (await bulk({ ids: [one, two], dateTimeRelative: -1441, isFavorite: true, visibility: 'archive' })).expect(204);
  const [first, second] = [await get(one), await get(two)];
  assert.deepEqual([first.localDateTime, second.localDateTime], ['2001-06-08T15:16:32.000Z', '2009-12-30T23:59:00.000Z']);
  assert.deepEqual([first.isFavorite, first.visibility, second.isArchived], [true, 'archive', true]);
  (await bulk({ ids: [one], timeZone: 'Asia/Tokyo' })).expect(204);
  assert.deepEqual([(await get(one)).fileCreatedAt, (await get(one)).localDateTime],
    [first.fileCreatedAt, '2001-06-08T22:16:32.000Z']);
  (await bulk({ ids: [one, two], duplicateId: MISSING })).expect(204);
  assert.equal((await get(one)).duplicateId, MISSING);
  (await bulk({ ids: [one], duplicateId: null })).expect(204);
  assert.deepEqual([(await get(one)).duplicateId, (await get(two)).duplicateId], [null, MISSING]);
});

test('of two bulk changes one waits for the other, whatever the order of their ids', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
  const [first, last] = [await upload(jpeg()), await upload(jpeg())].sort();
  await server.waitForJobs();
  const change = (id) => `UPDATE asset SET updated_at = 1 WHERE id = '${id}'`;
  for (const ids of [[first, last], [last, first]])
    (await server.during(`SET LOCAL deadlock_timeout = '10ms'; ${change(first)}`, () => bulk({ ids, isFavorite: true }), change(last))).expect(204);
});

test('the locked folder opens with the PIN alone', async () => {
  const bob = await server.newUser();
  const id = await upload(jpeg(), 'a.jpg', {}, { as: bob });
  (await call('PUT', `/assets/${id}`, { visibility: 'locked' }, bob)).expect(200);
  (await call('GET', `/assets/${id}`, undefined, bob)).expect(400, 'Not found or no asset.read access');
  (await call('DELETE', '/assets', { ids: [id] }, bob)).expect(400, 'Not found or no asset.delete access');
  (await call('GET', '/assets/statistics?visibility=locked', undefined, bob)).expect(401, 'Elevated permission is required');
  (await call('POST', '/auth/pin-code', { pinCode: '123456' }, bob)).expect(204);
  (await call('POST', '/auth/session/unlock', { pinCode: '123456' }, bob)).expect(204);
  assert.equal((await get(id, bob)).visibility, 'locked');
  assert.equal((await call('GET', '/assets/statistics?visibility=locked', undefined, bob)).expect(200).json.total, 1);
  (await call('POST', '/auth/session/lock', undefined, bob)).expect(204);
  (await call('GET', `/assets/${id}`, undefined, bob)).expect(400);
});

test('statistics count what is shown, by kind', async () => {
  const bob = await server.newUser();
  const stats = async (query = '') => (await call('GET', `/assets/statistics${query}`, undefined, bob)).expect(200).json;
  assert.deepEqual(await stats(), { images: 0, videos: 0, total: 0 });
  const add = (bytes, name, fields) => upload(bytes, name, fields, { as: bob });
  await add(jpeg(), 'a.jpg', { isFavorite: 'true' });
  await add(jpeg(), 'b.jpg', { visibility: 'archive' });
  await add(jpeg(), 'c.jpg', { visibility: 'hidden' });
  await add(Buffer.from('video'), 'd.mp4');
  const trashed = await add(jpeg(), 'e.jpg');
  (await call('DELETE', '/assets', { ids: [trashed] }, bob)).expect(204);
  assert.deepEqual(await stats(), { images: 2, videos: 1, total: 3 });
  assert.deepEqual(await stats('?isFavorite=true'), { images: 1, videos: 0, total: 1 });
  assert.deepEqual(await stats('?isTrashed=true'), { images: 1, videos: 0, total: 1 });
  assert.deepEqual(await stats('?visibility=archive'), { images: 1, videos: 0, total: 1 });
  assert.deepEqual(await stats('?visibility=hidden&isFavorite=false'), { images: 1, videos: 0, total: 1 });
  (await call('GET', '/assets/statistics?isFavorite=yes', undefined, bob)).expectIssues('isFavorite');
});

// ---- jobs ----

test('renditions are made again when asked for', async () => {
  const id = await upload(png(300, 200), 'a.png');
  await server.waitForJobs();
  await server.sql(`UPDATE asset SET thumbhash = NULL, width = 1 WHERE id = '${id}'`);
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'regenerate-thumbnail' })).expect(204);
  await server.waitForJobs();
  const asset = await get(id);
  assert.ok(asset.thumbhash);
  assert.equal(asset.width, 300);
  assert.equal((await server.sql(`SELECT id FROM asset_file WHERE asset_id = '${id}'`)).length, 2);
});

test('a job that cannot be done yet says so', async () => {
  const id = await upload(jpeg());
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-faces' })).expect(501);
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'dance' })).expectIssues('name');
});

test('an admin starts what is missing, or all of it', async () => {
  const id = await upload(png(30, 20), 'a.png');
  await server.waitForJobs();
  const start = async (queue, force) => (await call('PUT', `/jobs/${queue}`, { command: 'start', force })).expect(200);
  await server.sql(`UPDATE asset SET thumbhash = NULL WHERE id = '${id}'`);
  await server.sql(`UPDATE asset SET metadata_at = NULL WHERE id = '${id}'`);
  await start('metadataExtraction', false);
  await server.waitForJobs();
  await start('thumbnailGeneration', false);
  await server.waitForJobs();
  assert.ok((await get(id)).thumbhash);
  await start('thumbnailGeneration', true);
  await start('metadataExtraction', true);
  await server.waitForJobs();
  assert.equal((await get(id)).processingError, null);
});

test('a format that was changed leaves no file of the old one', async () => {
  const id = await upload(png(30, 20), 'a.png');
  await server.waitForJobs();
  const config = (await call('GET', '/system-config')).expect(200).json;
  const wished = structuredClone(config);
  wished.image.preview.format = 'webp';
  (await call('PUT', '/system-config', wished)).expect(200);
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'regenerate-thumbnail' })).expect(204);
  await server.waitForJobs();
  const paths = (await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' ORDER BY path`)).flat();
  assert.deepEqual(paths.map((each) => each.split('_')[1]), ['preview.webp', 'thumbnail.webp']);
  const { readdirSync } = await import('node:fs');
  const folder = `${server.media}/${paths[0].slice(0, paths[0].lastIndexOf('/'))}`;
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith(id)).sort(), [`${id}_preview.webp`, `${id}_thumbnail.webp`]);
  (await call('PUT', '/system-config', config)).expect(200);
});

// ---- facts kept with an asset ----

test('programs keep their facts with an asset', async () => {
  const id = await upload(jpeg());
  const where = `/assets/${id}/metadata`;
  assert.deepEqual((await call('GET', where)).expect(200).json, []);
  const items = [{ key: 'mobile-app', value: { iCloudId: 'x', n: [1, null, 'é'] } }, { key: '', value: {} }];
  const written = (await call('PUT', where, { items })).expect(200).json;
  assert.deepEqual(written.map(({ key, value }) => ({ key, value })), items);
  assert.ok(written.every((each) => Date.parse(each.updatedAt) > 0));
  assert.deepEqual((await call('GET', `${where}/mobile-app`)).expect(200).json, written[0]);
  (await call('PUT', where, { items: [{ key: 'mobile-app', value: { iCloudId: 'y' } }] })).expect(200);
  assert.deepEqual((await call('GET', `${where}/mobile-app`)).json.value, { iCloudId: 'y' });
  assert.equal((await call('GET', where)).json.length, 2);
  (await call('DELETE', `${where}/mobile-app`)).expect(204);
  (await call('DELETE', `${where}/mobile-app`)).expect(204);
  (await call('GET', `${where}/mobile-app`))
    .expect(400, `Metadata with key "mobile-app" not found for asset with id "${id}"`);
  const half = (key) => ({ key, value: { text: 'x'.repeat(49_990) } });
  (await call('PUT', where, { items: [half('a')] })).expect(200);
  (await call('PUT', '/assets/metadata', { items: [{ ...half('b'), assetId: id }] })).expect(400, /100000 are allowed/);
  (await call('PUT', where, { items: [half('a')] })).expect(200);
  (await call('PUT', where, { items: [{ key: 'a', value: {} }, { key: 'a', value: {} }] }))
    .expect(400, 'Duplicate items are not allowed: "a"');
  for (const value of ['text', 1, null, []])
    (await call('PUT', where, { items: [{ key: 'a', value }] })).expectIssues('items.0.value');
});

test('facts of many assets are written and deleted at once', async () => {
  const [one, two] = [await upload(jpeg()), await upload(jpeg())];
  const items = [{ assetId: one, key: 'k', value: { n: 1 } }, { assetId: two, key: 'k', value: { n: 2 } }];
  const written = (await call('PUT', '/assets/metadata', { items })).expect(200).json;
  assert.deepEqual(written.map(({ updatedAt, ...rest }) => rest), items);
  (await call('PUT', '/assets/metadata', { items: [items[0], items[0]] }))
    .expect(400, `Duplicate items are not allowed: "(${one}, k)"`);
  assert.deepEqual((await call('PUT', '/assets/metadata', { items: [] })).expect(200).json, []);
  (await call('PUT', '/assets/metadata', { items: [{ ...items[0], assetId: MISSING }] }))
    .expect(400, 'Not found or no asset.update access');
  (await call('DELETE', '/assets/metadata', { items: [{ assetId: one, key: 'k' }, { assetId: one, key: 'other' }] })).expect(204);
  assert.deepEqual((await call('GET', `/assets/${one}/metadata`)).json, []);
  assert.equal((await call('GET', `/assets/${two}/metadata`)).json.length, 1);
});

// ---- live photos ----

/** Pause or resume the writing of sidecars. */
const sidecars = async (command) => (await call('PUT', '/jobs/sidecar', { command, force: false })).expect(200);

test('an edit that is in no sidecar yet is copied, too', async () => {
  const [source, target, other] = [await upload(jpeg({ date: '2020:01:02 03:04:05' })), await upload(jpeg({ date: '2021:01:02 03:04:05' })), await upload(jpeg())];
  const told = async (id) => {
    const { exifInfo: e, tags, fileCreatedAt } = await get(id);
    return [e.description, e.rating, e.latitude, e.longitude, tags.map(({ value }) => value), fileCreatedAt];
  };
  await server.waitForJobs();
  const untouched = await told(other);
  await sidecars('pause');
  const tags = (await call('PUT', '/tags', { tags: ['copied/Oma'] })).expect(200).json;
  (await call('PUT', '/tags/assets', { tagIds: [tags[0].id], assetIds: [source] })).expect(200);
  await put(source, { description: 'Grandma', rating: 4, latitude: 48.1, longitude: 11.5, dateTimeOriginal: '1950-06-01T12:00:00.000Z' });
  const expected = await told(source);
  assert.deepEqual(expected.slice(0, 5), ['Grandma', 4, 48.1, 11.5, ['copied/Oma']]);
  (await call('PUT', '/assets/copy', { sourceId: source, targetId: other, sidecar: false })).expect(204);
  (await call('PUT', '/assets/copy', { sourceId: source, targetId: target })).expect(204);
  (await call('DELETE', '/assets', { ids: [source], force: true })).expect(204);
  await sidecars('resume');
  await server.waitForJobs();
  assert.deepEqual(await told(target), expected);
  assert.deepEqual(await told(other), untouched, 'unless it was not asked for');
  (await call('POST', '/assets/jobs', { assetIds: [target], name: 'refresh-metadata' })).expect(204);
  await server.waitForJobs();
  assert.deepEqual(await told(target), expected, 'it is in the sidecar of the target');
  const [[locked]] = await server.sql(`SELECT locked_properties FROM asset_exif WHERE asset_id = '${target}'`);
  assert.equal(locked, '[]');
});

test('edits of a photo in an external library, which has no sidecar from us, are copied', async () => {
  const admin = await server.signUp();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-copy-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, 'a.jpg'), jpeg());
  const library = (await call('POST', '/libraries', { ownerId: admin.id, importPaths: [folder] })).expect(201).json;
  (await call('POST', `/libraries/${library.id}/scan`)).expect(204);
  await server.waitForJobs();
  const [[source]] = await server.sql(`SELECT id FROM asset WHERE library_id = '${library.id}'`);
  await put(source, { description: 'words of the library', latitude: 0, longitude: 0 }); // no place
  const target = await upload(jpeg({ position: [52.52, 13.4] }));
  await server.waitForJobs();
  (await call('PUT', '/assets/copy', { sourceId: source, targetId: target })).expect(204);
  await server.waitForJobs();
  const { exifInfo, originalPath } = await get(target);
  assert.deepEqual([exifInfo.description, exifInfo.latitude, exifInfo.city], ['words of the library', null, null]);
  assert.match(fs.readFileSync(`${originalPath}.xmp`, 'utf8'), /words of the library/);
});

test('a motion part can be linked and let go', async () => {
  const admin = await server.signUp();
  const heard = await listen(admin);
  const photo = await upload(jpeg());
  const video = await upload(ffmpeg('a.mp4', '64x48', '-pix_fmt', 'yuv420p', '-metadata', `comment=${Math.random()}`), 'a.mp4');
  await server.waitForJobs();
  assert.equal((await put(photo, { livePhotoVideoId: video })).livePhotoVideoId, video);
  assert.equal(await heard.one('on_asset_hidden'), video);
  assert.equal((await get(video)).visibility, 'hidden');
  heard.length = 0;
  assert.equal((await put(photo, { livePhotoVideoId: null })).livePhotoVideoId, null);
  assert.equal((await get(video)).visibility, 'timeline');
  assert.equal((await heard.one('on_upload_success')).id, video);
  (await call('PUT', `/assets/${photo}`, { livePhotoVideoId: photo })).expect(400, 'Live photo video must be a video');
});

test('a film that is locked, or whose photos are, is a motion part of others with the PIN alone', async () => {
  const bob = await server.newUser();
  const add = (bytes, name, fields) => upload(bytes, name, fields, { as: bob });
  const film = () => Buffer.from(`video ${Math.random()}`);
  const [own, part, single] = [await add(film(), 'own.mov'), await add(film(), 'part.mov'), await add(film(), 'single.mov')];
  const [photo, live, other] = [await add(jpeg()), await add(jpeg(), 'a.jpg', { livePhotoVideoId: part }),
    await add(jpeg(), 'b.jpg', { livePhotoVideoId: single })];
  await server.waitForJobs();
  (await call('POST', '/auth/pin-code', { pinCode: '123456' }, bob)).expect(204);
  (await bulk({ ids: [own, live, single], visibility: 'locked' }, bob)).expect(204);
  const seen = async () => Object.fromEntries(await server.sql(
    `SELECT id, visibility FROM asset WHERE id IN ('${own}', '${part}', '${single}')`));
  const link = (id, livePhotoVideoId, as = bob) => call('PUT', `/assets/${id}`, { livePhotoVideoId }, as);
  const closed = { [own]: 'locked', [part]: 'hidden', [single]: 'locked' };
  for (const id of [own, part, single]) {
    (await link(photo, id)).expect(400, 'Live photo video not found');
    // a phone that sends the changed picture of a locked pair gets it kept, by itself
    const kept = (await server.upload(jpeg(), 'c.jpg', { livePhotoVideoId: id }, { as: bob })).expect(201).json.id;
    assert.equal((await call('GET', `/assets/${kept}`, undefined, bob)).expect(200).json.livePhotoVideoId, null);
  }
  (await link(other, null)).expect(200); // what is locked by itself is not freed with its photo
  assert.deepEqual(await seen(), closed);
  for (const id of [own, part, single]) (await call('GET', `/assets/${id}/original`, undefined, bob)).expect(400);

  (await call('POST', '/auth/session/unlock', { pinCode: '123456' }, bob)).expect(204);
  for (const id of [own, part]) (await link(photo, id)).expect(200);
  assert.deepEqual(await seen(), closed, 'what was locked by itself stays so');
});

test('nothing but a photo has a motion part', async () => {
  const [video, other] = [await upload(Buffer.from(`video ${Math.random()}`), 'a.mov'), await upload(Buffer.from(`video ${Math.random()}`), 'b.mov')];
  for (const id of [video, other])
    (await call('PUT', `/assets/${video}`, { livePhotoVideoId: id })).expect(400, 'Only a photo can have a live photo video');
  const third = await upload(Buffer.from(`video ${Math.random()}`), 'c.mov', { livePhotoVideoId: video });
  assert.equal((await get(third)).livePhotoVideoId, null);
  assert.deepEqual([(await get(video)).visibility, (await get(other)).visibility], ['timeline', 'timeline']);
});

// ---- what clients are told ----

test('the owner is told when an upload is ready, and nobody else', async () => {
  const bob = await server.newUser();
  const heard = await listen(await server.signUp());
  const heardByBob = await listen(bob);
  const id = await upload(jpeg({ make: 'Canon', date: '2001:06:09 15:17:32' }));
  const asset = await heard.one('on_upload_success', (each) => each.id === id);
  assert.deepEqual([asset.width, asset.exifInfo.make, asset.tags, asset.people], [16, 'Canon', [], []]);
  for (const absent of ['owner', 'stack']) assert.ok(!(absent in asset), absent);
  const ready = await heard.one('AssetUploadReadyV2', (each) => each.asset.id === id);
  assert.deepEqual(Object.keys(ready.asset).sort(), [
    'checksum', 'createdAt', 'deletedAt', 'duration', 'fileCreatedAt', 'fileModifiedAt', 'height', 'id', 'isEdited',
    'isFavorite', 'libraryId', 'livePhotoVideoId', 'localDateTime', 'originalFileName', 'ownerId', 'stackId', 'thumbhash',
    'type', 'visibility', 'width']);
  assert.equal(ready.exif.assetId, id);
  assert.equal(ready.exif.dateTimeOriginal, '2001-06-09T15:17:32.000Z');
  assert.equal((await heard.one('AssetUploadReadyV1', (each) => each.asset.id === id)).asset.thumbhash, asset.thumbhash);
  assert.deepEqual(heardByBob.map(([event]) => event), []);
});

test('what is hidden or locked from the start is not announced', async () => {
  const heard = await listen(await server.signUp());
  const locked = await upload(jpeg(), 'a.jpg', { visibility: 'locked' });
  await server.waitForJobs();
  const shown = await upload(jpeg());
  await heard.one('on_upload_success', (each) => each.id === shown);
  assert.ok(!heard.some(([event, each]) => event === 'on_upload_success' && each.id === locked));
});

test('every edit is announced, of one asset as of many', async () => {
  const heard = await listen(await server.signUp());
  const id = await upload(jpeg());
  await heard.one('on_upload_success', (each) => each.id === id);
  await put(id, { isFavorite: true });
  assert.equal((await heard.one('on_asset_update')).isFavorite, true);
  await put(id, { visibility: 'archive' });
  await heard.one('on_asset_update', (each) => each.visibility === 'archive');
  await put(id, { description: 'new' });
  await heard.one('on_asset_update', (each) => each.exifInfo.description === 'new');
  await server.waitForJobs(); // then it was told again, with what was read back from the sidecar
  const words = heard.filter(([event]) => event === 'on_asset_update').map(([, each]) => each.exifInfo.description);
  assert.ok(words.slice(words.indexOf('new')).every((each) => each === 'new'));
  (await bulk({ ids: [id], isFavorite: false })).expect(204);
  await heard.one('on_asset_update', (each) => each.isFavorite === false);
});

test('a file that cannot be shown is announced with its reason', async () => {
  const heard = await listen(await server.signUp());
  const id = await upload(Buffer.from(`no picture ${Math.random()}`));
  const asset = await heard.one('on_asset_update', (each) => each.id === id);
  assert.ok(asset.processingError);
});
