// Receiving files: nothing that was answered 201 is lost, nothing that was refused is left behind.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ffmpeg, filesBelow, jpeg, png, sha1, tiff } from './fixtures.mjs';
import { newServer, server, until } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const uploads = (which = server) => filesBelow(path.join(which.media, 'upload'));
/** Without what an earlier call is about to leave: temporary files go a moment after its answer. */
const keptUploads = () => uploads().filter((file) => !file.startsWith('.tmp/'));
const get = async (id, as) =>
  (await server.request('GET', `/assets/${id}`, { as: as ?? (await server.signUp()) })).expect(200).json;
const created = async (bytes, name, fields, options) => {
  const { json } = (await server.upload(bytes, name, fields, options)).expect(201);
  assert.equal(json.status, 'created');
  return json.id;
};

/** A form of our own making, for what FormData does not do. parts: [headers, body] */
async function post(parts, { as, boundary = 'xyz', type = `multipart/form-data; boundary=${boundary}`, end = true } = {}) {
  const body = Buffer.concat([
    ...parts.flatMap(([disposition, bytes]) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`), Buffer.from(bytes),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(end ? `--${boundary}--\r\n` : ''),
  ]);
  return server.request('POST', '/assets', {
    as: as ?? (await server.signUp()), body, headers: { 'content-type': type },
  });
}

const DATES = [['name="fileCreatedAt"', '2024-01-02T03:04:05.000Z'], ['name="fileModifiedAt"', '2024-01-02T03:04:05.000Z']];

/** What was received goes when its call ends, which may be a moment after its answer. */
async function settles(before) {
  await until(() => uploads().length <= before.length, `${before.length} files are left`);
  assert.deepEqual(uploads(), before);
}

/** The refused request @param send leaves no file, no asset and no usage. */
async function leavesNothing(send) {
  const before = keptUploads();
  const admin = await server.signUp();
  const usage = async () => (await server.request('GET', '/users/me', { as: admin })).json.quotaUsageInBytes;
  const total = async () => (await server.request('GET', '/assets/statistics', { as: admin })).json.total;
  const [usedBefore, totalBefore] = [await usage(), await total()];
  const reply = await send();
  await settles(before);
  assert.deepEqual([await usage(), await total()], [usedBefore, totalBefore]);
  return reply;
}

test('an upload is answered before it is processed, and is complete afterwards', async () => {
  const admin = await server.signUp();
  const pause = async (isPaused) =>
    (await server.request('PUT', '/queues/metadataExtraction', { as: admin, body: { isPaused } })).expect(200);
  await pause(true);
  const bytes = jpeg({ make: 'Canon', model: 'M1', date: '2011:11:11 10:11:11', offset: '+02:00' });
  const id = await created(bytes, 'IMG_1.JPG', { fileCreatedAt: '2020-05-05T05:05:05.000Z' });
  const asset = await get(id);
  assert.deepEqual([asset.thumbhash, asset.width, asset.height, asset.duration], [null, null, null, null]);
  assert.equal(asset.localDateTime, '2020-05-05T05:05:05.000Z');
  assert.equal(asset.exifInfo.fileSizeInByte, bytes.length);
  assert.equal(asset.exifInfo.description, '');
  await pause(false);
  await server.waitForJobs();
  const done = await get(id);
  assert.deepEqual([done.width, done.height, done.type, done.processingError], [16, 16, 'IMAGE', null]);
  assert.match(done.thumbhash, /^[A-Za-z0-9+/]+=*$/);
  assert.equal(done.fileCreatedAt, '2011-11-11T08:11:11.000Z');
  assert.equal(done.localDateTime, '2011-11-11T10:11:11.000Z');
  assert.deepEqual([done.exifInfo.make, done.exifInfo.model, done.exifInfo.timeZone], ['Canon', 'M1', 'UTC+2']);
});

test('the original is stored byte by byte, under an id of its own, with its time', async () => {
  const admin = await server.signUp();
  const bytes = jpeg();
  const id = await created(bytes, 'IMG_1.JPG', { fileModifiedAt: '2001-02-03T04:05:06.789Z' });
  const asset = await get(id);
  const shape = new RegExp(`^${server.media}/upload/${admin.id}/([0-9a-f]{2})/([0-9a-f]{2})/\\1\\2[0-9a-f-]{32}\\.JPG$`);
  assert.match(asset.originalPath, shape);
  assert.ok(!asset.originalPath.includes(id));
  assert.ok(fs.readFileSync(asset.originalPath).equals(bytes));
  assert.equal(fs.statSync(asset.originalPath).mtimeMs, Date.parse('2001-02-03T04:05:06.789Z'));
  assert.equal(asset.checksum, sha1(bytes, 'base64'));
  assert.equal(asset.originalMimeType, 'image/jpeg');
});

test('a name is only a name', async () => {
  for (const name of ['../../x.jpg', '/etc/passwd.jpg', 'a\\b.jpg', 'ünï 字.jpg', '.jpg', 'a.jpg"; x="y.jpg']) {
    const id = await created(jpeg(), 'a.jpg', { filename: name });
    const asset = await get(id);
    assert.equal(asset.originalFileName, name);
    assert.ok(asset.originalPath.startsWith(`${server.media}/upload/${(await server.signUp()).id}/`), asset.originalPath);
  }
  assert.equal((await get(await created(jpeg(), '../../y.jpg'))).originalFileName.endsWith('y.jpg'), true);
});

test('the field filename counts, wherever it stands', async () => {
  const file = (bytes) => ['name="assetData"; filename="part.jpg"', bytes];
  const name = ['name="filename"', 'wished.png'];
  const last = (await post([...DATES, file(jpeg()), name])).expect(201).json;
  assert.equal((await get(last.id)).originalFileName, 'wished.png');
  const first = (await post([name, ...DATES, file(jpeg())])).expect(201).json;
  assert.equal((await get(first.id)).originalFileName, 'wished.png');
  (await post([['name="filename"', 'notes.txt'], ...DATES, file(jpeg())])).expect(400, 'Unsupported file type notes.txt');
});

test('a file that is there already is answered as a duplicate', async () => {
  const bytes = jpeg();
  const id = await created(bytes, 'a.jpg');
  const again = await leavesNothing(async () => (await server.upload(bytes, 'b.jpg')).expect(200));
  assert.deepEqual(again.json, { id, status: 'duplicate' });
});

test('with a known checksum the body is not even looked at', async () => {
  const bytes = jpeg();
  const id = await created(bytes, 'a.jpg');
  for (const checksum of [sha1(bytes), sha1(bytes).toUpperCase(), sha1(bytes, 'base64')]) {
    const reply = await server.request('POST', '/assets', {
      as: await server.signUp(), body: Buffer.from('no form at all'),
      headers: { 'x-immich-checksum': checksum, 'content-type': 'multipart/form-data; boundary=x' },
    });
    assert.deepEqual(reply.expect(200).json, { id, status: 'duplicate' });
  }
});

test('a checksum that the content does not have is refused', async () => {
  const headers = { 'x-immich-checksum': sha1(Buffer.from('something else')) };
  await leavesNothing(async () => (await server.upload(jpeg(), 'a.jpg', {}, { headers })).expect(400, /checksum/));
  await leavesNothing(async () =>
    (await server.upload(jpeg(), 'a.jpg', {}, { headers: { 'x-immich-checksum': 'zz' } })).expect(400, /SHA-1/));
  const bytes = jpeg();
  await created(bytes, 'a.jpg', {}, { headers: { 'x-immich-checksum': sha1(bytes, 'base64') } });
});

test('the same file many times at the same moment is there once', async () => {
  const bytes = jpeg();
  const before = keptUploads().length;
  const replies = await Promise.all(Array.from({ length: 12 }, () => server.upload(bytes, 'a.jpg')));
  assert.deepEqual(replies.map((reply) => reply.status).sort(), [...Array(11).fill(200), 201]);
  assert.equal(new Set(replies.map((reply) => reply.json.id)).size, 1);
  await until(() => uploads().length <= before + 1, 'it is there once');
  assert.equal(uploads().length, before + 1);
});

test('two users may have the same file', async () => {
  const bytes = jpeg();
  const bob = await server.newUser();
  const mine = await created(bytes, 'a.jpg');
  const his = await created(bytes, 'a.jpg', {}, { as: bob });
  assert.notEqual(mine, his);
});

test('the quota is a limit, also for many at once', async () => {
  const bytes = jpeg();
  const eve = await server.newUser({ quotaSizeInBytes: bytes.length * 3 + 40 });
  const replies = await Promise.all(Array.from({ length: 10 }, () => server.upload(jpeg(), 'a.jpg', {}, { as: eve })));
  const stored = replies.filter((reply) => reply.status === 201);
  assert.equal(stored.length, 3);
  for (const reply of replies.filter((each) => each.status !== 201)) reply.expect(400, 'Quota has been exceeded!');
  const me = (await server.request('GET', '/users/me', { as: eve })).json;
  const sizes = await Promise.all(stored.map(async (reply) => (await get(reply.json.id, eve)).exifInfo.fileSizeInByte));
  assert.equal(me.quotaUsageInBytes, sizes.reduce((sum, size) => sum + size, 0));
  assert.equal(uploads().filter((file) => file.startsWith(eve.id)).length, 3);
  const [one, two] = [jpeg(), jpeg()];
  const sam = await server.newUser({ quotaSizeInBytes: one.length + two.length + 1000 });
  const send = (file, sidecar) => server.upload(file, 'a.jpg', {}, { as: sam, sidecar: sidecar && Buffer.alloc(sidecar, ' ') });
  const source = (await send(one, 800)).expect(201).json.id;
  assert.equal((await server.request('GET', '/users/me', { as: sam })).json.quotaUsageInBytes, one.length, 'as clients know it');
  (await send(two, 201)).expect(400, 'Quota has been exceeded!');
  const target = (await send(two)).expect(201).json.id;
  await server.waitForJobs();
  (await server.request('PUT', '/assets/copy', { as: sam, body: { sourceId: source, targetId: target } })).expect(400, 'Quota has been exceeded!');
  assert.equal(uploads().filter((file) => file.startsWith(sam.id)).length, 3);
  (await server.request('DELETE', '/assets', { as: sam, body: { ids: [source], force: true } })).expect(204);
  await server.waitForJobs();
  (await send(one, 1000)).expect(201);

  const none = await server.newUser({ quotaSizeInBytes: 0 });
  (await server.upload(bytes, 'a.jpg', {}, { as: none })).expect(400, 'Quota has been exceeded!');
  assert.equal(uploads().filter((file) => file.startsWith(none.id)).length, 0);
});

test('what is no picture and no video by its name is refused', async () => {
  for (const name of ['notes.txt', 'noextension', 'a.jpg.exe', 'a.xmp', 'a.php'])
    await leavesNothing(async () =>
      (await server.upload(jpeg(), name)).expect(400, `Unsupported file type ${name}`));
});

test('forms that are not as they should be are refused with what is wrong', async () => {
  const file = ['name="assetData"; filename="a.jpg"', jpeg()];
  await leavesNothing(async () => (await post(DATES)).expect(400, 'File is required'));
  await leavesNothing(async () => (await post([...DATES, ['name="assetData"', 'text']])).expect(400, 'File is required'));
  await leavesNothing(async () =>
    (await post([...DATES, file, ['name="assetData"; filename="b.jpg"', jpeg()]])).expect(400, 'Unexpected field - assetData'));
  await leavesNothing(async () =>
    (await post([...DATES, file, ['name="other"; filename="b.jpg"', jpeg()]])).expect(400, 'Unexpected field - other'));
  await leavesNothing(async () => (await post([...DATES, file], { type: 'multipart/form-data' })).expect(400, 'Multipart: Boundary not found'));
  await leavesNothing(async () => (await post([...DATES, file], { end: false })).expect(400, 'Multipart: Unexpected end of form'));
  await leavesNothing(async () =>
    (await post([...DATES, ['name="assetData"; filename="a.jpg"', '']])).expect(400, 'File is empty'));
  await leavesNothing(async () =>
    (await post([...DATES, file, ['name="sidecarData"; filename="a.txt"', '<x/>']])).expect(400, 'Unsupported file type a.txt'));
  const json = await server.request('POST', '/assets', { as: await server.signUp(), body: {} });
  json.expectIssues('fileCreatedAt', 'fileModifiedAt');
});

test('fields that are not as they should be leave no file behind', async () => {
  const refused = async (fields, ...paths) =>
    leavesNothing(async () => (await server.upload(jpeg(), 'a.jpg', fields)).expectIssues(...paths));
  await refused({ fileCreatedAt: 'yesterday' }, 'fileCreatedAt');
  await refused({ fileModifiedAt: '2024-01-02' }, 'fileModifiedAt');
  await refused({ fileModifiedAt: undefined }, 'fileModifiedAt');
  await refused({ visibility: 'secret' }, 'visibility');
  await refused({ isFavorite: '' }, 'isFavorite');
  await refused({ duration: 'abc' }, 'duration');
  await refused({ duration: '1.5' }, 'duration');
  await refused({ livePhotoVideoId: 'x' }, 'livePhotoVideoId');
  await refused({ metadata: '{"key":"a","value":{}}' }, 'metadata');
  await refused({ metadata: '[' }, 'metadata');
});

test('fields are stored', async () => {
  const id = await created(jpeg(), 'a.jpg', {
    isFavorite: 'true', visibility: 'archive', duration: '', metadata: '[{"key":"mobile-app","value":{"iCloudId":"x"}}]',
    fileCreatedAt: '2020-05-05T05:05:05+02:00',
  });
  const asset = await get(id);
  assert.deepEqual([asset.isFavorite, asset.visibility, asset.isArchived, asset.duration], [true, 'archive', true, null]);
  const metadata = await server.request('GET', `/assets/${id}/metadata/mobile-app`, { as: await server.signUp() });
  assert.deepEqual(metadata.expect(200).json.value, { iCloudId: 'x' });
});

test('nobody uploads without a login', async () => {
  await leavesNothing(async () => (await server.upload(jpeg(), 'a.jpg', {}, { as: null })).expect(401, 'Authentication required'));
  const key = await server.newKey(await server.signUp(), 'asset.read');
  await leavesNothing(async () => (await server.upload(jpeg(), 'a.jpg', {}, { as: key })).expect(403));
});

test('a client that leaves in the middle leaves nothing behind', async () => {
  const admin = await server.signUp();
  const before = keptUploads();
  await new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1', () => {
      socket.write(
        `POST /api/assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.token}\r\n` +
        'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n' +
        '--x\r\nContent-Disposition: form-data; name="assetData"; filename="a.jpg"\r\n\r\n' + 'y'.repeat(50000),
        () => setTimeout(() => { socket.destroy(); resolve(); }, 100),
      );
    });
    socket.on('error', reject);
  });
  await settles(before);
});

// ---- what the files turn out to be ----

test('a file that cannot be decoded is kept, and says why it is not shown', async () => {
  const whole = ffmpeg('a.jpg', '320x240', '-frames:v', '1');
  const bad = {
    'text.jpg': Buffer.from('this is no picture'),
    'cut.jpg': whole.subarray(0, Math.floor(whole.length / 3)),
    'text.heic': Buffer.from('neither is this'),
  };
  for (const [name, bytes] of Object.entries(bad)) {
    const id = await created(bytes, name);
    await server.waitForJobs();
    const asset = await get(id);
    assert.ok(asset.processingError?.length > 0, name);
    assert.ok(!asset.processingError.includes(server.media), asset.processingError);
    assert.equal(asset.thumbhash, null);
    assert.ok(fs.readFileSync(asset.originalPath).equals(bytes));
  }
});

test('content counts more than the extension', async () => {
  const jpegAsHeic = await created(jpeg(), 'a.heic');
  const pngAsJpeg = await created(png(40, 20), 'a.jpg');
  await server.waitForJobs();
  for (const [id, width, height] of [[jpegAsHeic, 16, 16], [pngAsJpeg, 40, 20]]) {
    const asset = await get(id);
    assert.deepEqual([asset.width, asset.height, asset.processingError], [width, height, null]);
    assert.ok(asset.thumbhash);
  }
});

const files = async (id) =>
  (await server.sql(`SELECT type, path FROM asset_file WHERE asset_id = '${id}' ORDER BY type`));

test('renditions are where they belong, a full-size one where browsers cannot show the original', async () => {
  const admin = await server.signUp();
  const shown = await created(png(600, 300), 'a.png');
  const other = await created(tiff(600, 300), 'a.tiff');
  await server.waitForJobs();
  const below = (id, kind, format) => `thumbs/${admin.id}/${id.slice(0, 2)}/${id.slice(2, 4)}/${id}_${kind}.${format}`;
  assert.deepEqual(await files(shown),
    [['preview', below(shown, 'preview', 'jpeg')], ['thumbnail', below(shown, 'thumbnail', 'webp')]]);
  assert.deepEqual(await files(other), [['fullsize', below(other, 'fullsize', 'jpeg')],
    ['preview', below(other, 'preview', 'jpeg')], ['thumbnail', below(other, 'thumbnail', 'webp')]]);
  for (const [, file] of [...await files(shown), ...await files(other)])
    assert.ok(fs.statSync(path.join(server.media, file)).size > 0, file);
});

test('orientation is applied to width and height', async () => {
  const id = await created(jpeg({ orientation: 6 }, ffmpeg('a.jpg', '64x48', '-frames:v', '1')), 'a.jpg');
  await server.waitForJobs();
  const { exifInfo, width, height } = await get(id);
  assert.deepEqual([exifInfo.orientation, exifInfo.exifImageWidth, exifInfo.exifImageHeight], ['6', 64, 48]);
  assert.deepEqual([width, height], [48, 64]);
});

test('a position becomes a place and a time zone', async () => {
  const id = await created(jpeg({ date: '2023:07:01 12:00:00', position: [52.52, 13.405] }), 'a.jpg');
  await server.waitForJobs();
  const { exifInfo, fileCreatedAt, localDateTime } = await get(id);
  assert.deepEqual([exifInfo.city, exifInfo.country, exifInfo.timeZone], ['Berlin', 'Germany', 'Europe/Berlin']);
  assert.deepEqual([fileCreatedAt, localDateTime], ['2023-07-01T10:00:00.000Z', '2023-07-01T12:00:00.000Z']);
});

test('a sidecar that comes along counts', async () => {
  const sidecar = Buffer.from(
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="4">' +
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">from the sidecar</rdf:li></rdf:Alt></dc:description>' +
    '</rdf:Description></rdf:RDF></x:xmpmeta>');
  const id = await created(jpeg({ make: 'Canon' }), 'a.jpg', {}, { sidecar });
  await server.waitForJobs();
  const { exifInfo } = await get(id);
  assert.deepEqual([exifInfo.description, exifInfo.rating, exifInfo.make], ['from the sidecar', 4, 'Canon']);
  assert.deepEqual((await files(id)).map(([type]) => type).sort(), ['preview', 'sidecar', 'thumbnail']);
});

test('a video is stored and waits for its decoder without an error', async () => {
  const id = await created(ffmpeg('a.mp4', '64x48', '-pix_fmt', 'yuv420p'), 'a.mp4', { duration: '1000' });
  await server.waitForJobs();
  const asset = await get(id);
  assert.deepEqual([asset.type, asset.duration, asset.processingError], ['VIDEO', 1000, null]);
});

// ---- live photos ----

test('a motion part must be a video of one\'s own', async () => {
  const bob = await server.newUser();
  const photo = await created(jpeg(), 'a.jpg');
  const his = await created(Buffer.from(`video ${Math.random()}`), 'a.mov', {}, { as: bob });
  const linked = async (livePhotoVideoId) => leavesNothing(() => server.upload(jpeg(), 'a.jpg', { livePhotoVideoId }));
  (await linked(MISSING)).expect(400, 'Live photo video not found');
  (await linked(photo)).expect(400, 'Live photo video must be a video');
  (await linked(his)).expect(400, 'Live photo video does not belong to the user');
  const video = await created(Buffer.from(`video ${Math.random()}`), 'a.mov');
  const still = await created(jpeg(), 'a.jpg', { livePhotoVideoId: video });
  assert.equal((await get(still)).livePhotoVideoId, video);
  assert.equal((await get(video)).visibility, 'hidden');
});

// ---- asking before ----

test('a bulk check says which files are there, in the order asked', async () => {
  const admin = await server.signUp();
  const bytes = jpeg();
  const id = await created(bytes, 'a.jpg');
  const check = async (assets, as = admin) =>
    (await server.request('POST', '/assets/bulk-upload-check', { as, body: { assets } })).expect(200).json.results;
  assert.deepEqual(await check([
    { id: 'a', checksum: sha1(bytes) }, { id: 'b', checksum: sha1(Buffer.from('new')) },
    { id: 'c', checksum: 'zz' }, { id: 'd', checksum: sha1(bytes, 'base64') },
  ]), [
    { id: 'a', action: 'reject', reason: 'duplicate', assetId: id, isTrashed: false }, { id: 'b', action: 'accept' },
    { id: 'c', action: 'accept' }, { id: 'd', action: 'reject', reason: 'duplicate', assetId: id, isTrashed: false },
  ]);
  (await server.request('DELETE', '/assets', { as: admin, body: { ids: [id] } })).expect(204);
  assert.equal((await check([{ id: 'a', checksum: sha1(bytes) }]))[0].isTrashed, true);
  assert.deepEqual(await check([]), []);
  assert.equal((await check([{ id: 'a', checksum: sha1(bytes) }], await server.newUser()))[0].action, 'accept');
  const many = Array.from({ length: 5000 }, (_, i) => ({ id: String(i), checksum: sha1(Buffer.from(`x${i}`)) }));
  many[4999] = { id: 'last', checksum: sha1(bytes) };
  const results = await check(many);
  assert.equal(results.length, 5000);
  assert.deepEqual(results.filter((each) => each.action === 'reject').map((each) => each.assetId), [id]);
});

test('older clients may ask by the names they gave', async () => {
  const bob = await server.newUser();
  await created(jpeg(), 'a.jpg', { deviceAssetId: 'one', deviceId: 'phone' }, { as: bob });
  const body = { deviceId: 'phone', deviceAssetIds: ['one', 'two'] };
  assert.deepEqual((await server.request('POST', '/assets/exist', { as: bob, body })).expect(200).json, { existingIds: ['one'] });
  assert.deepEqual((await server.request('GET', '/assets/device/phone', { as: bob })).expect(200).json, ['one']);
});

// ---- a crash ----

test('what was answered survives a kill, and what was not leaves no file', async () => {
  const other = newServer();
  const admin = await other.signUp();
  const answered = [];
  let isKilled = false;
  const uploader = async () => {
    while (!isKilled) {
      const bytes = jpeg();
      try {
        const reply = await other.upload(bytes, 'a.jpg', {}, { as: admin });
        if (reply.status === 201) answered.push([reply.json.id, sha1(bytes, 'base64')]);
      } catch {
        return; // it was killed meanwhile
      }
    }
  };
  const running = Array.from({ length: 8 }, uploader);
  await until(() => answered.length >= 40, 'forty are answered');
  const ended = other.end('SIGKILL');
  isKilled = true;
  await ended;
  await Promise.all(running);
  await other.start();
  for (const [id, checksum] of answered) {
    const asset = (await other.request('GET', `/assets/${id}`, { as: admin })).expect(200).json;
    assert.equal(asset.checksum, checksum);
    assert.equal(sha1(fs.readFileSync(asset.originalPath), 'base64'), checksum);
  }
  const [[nAssets]] = await other.sql('SELECT count(*) FROM asset');
  assert.equal(uploads(other).length, Number(nAssets));
  await other.waitForJobs();
  const [[nRendered]] = await other.sql('SELECT count(*) FROM asset WHERE thumbhash IS NOT NULL');
  assert.equal(nRendered, nAssets);
});

test('a note that a crash left does not delete the file of another asset', async () => {
  const own = newServer();
  const user = await own.newUser();
  const bytes = jpeg();
  const id = (await own.upload(bytes, 'a.jpg', {}, { as: user })).expect(201).json.id;
  const { originalPath } = (await own.request('GET', `/assets/${id}`, { as: user })).expect(200).json;
  // of a replacement: it names the copy of what was replaced, which is gone by now
  const notes = path.join(own.media, 'upload', '.moving', randomUUID());
  fs.mkdirSync(notes, { recursive: true });
  fs.writeFileSync(path.join(notes, `${randomUUID()}_${user.id}_${path.basename(originalPath)}`), '');
  await own.restart();
  assert.ok((await own.request('GET', `/assets/${id}/original`, { as: user })).expect(200).bytes.equals(bytes));
  assert.ok(!fs.existsSync(notes));
});
