// Originals that come in parts: what was answered is kept, also over a kill, and nobody else gets near.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { jpeg, mountDisk, sha1 } from './fixtures.mjs';
import { newServer, server, sleep, until } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const DATES = { fileCreatedAt: '2024-01-02T03:04:05.000Z', fileModifiedAt: '2024-01-02T03:04:06.000Z' };
const partsFolder = () => path.join(server.media, 'upload', '.parts');

/** A picture of @param n bytes that no other has: what follows the end of a JPEG is looked at by nobody. */
const picture = (n) => {
  const head = jpeg();
  return Buffer.concat([head, randomBytes(n - head.length)]);
};

const create = async (bytes, options = {}) =>
  server.request('POST', `/partial-uploads${options.query ?? ''}`, {
    as: 'as' in options ? options.as : await server.signUp(),
    body: { filename: options.filename ?? 'big.jpg', sizeInBytes: bytes.length, ...(options.checksum === null ? {} : { checksum: sha1(bytes) }), ...options.fields },
  });

async function append(id, offset, bytes, options = {}) {
  const form = new FormData();
  form.append('offset', String(offset));
  form.append('checksum', options.checksum ?? sha1(bytes));
  form.append('data', new Blob([bytes]), 'part');
  return server.request('PATCH', `/partial-uploads/${id}${options.query ?? ''}`, {
    as: 'as' in options ? options.as : await server.signUp(), body: form, headers: options.headers,
  });
}

async function finish(id, options = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...DATES, ...options.fields })) form.append(name, value);
  if (options.sidecar) form.append('sidecarData', new Blob([options.sidecar]), 'big.xmp');
  return server.request('POST', `/partial-uploads/${id}/asset${options.query ?? ''}`, {
    as: 'as' in options ? options.as : await server.signUp(), body: form,
  });
}

const look = async (id, options = {}) =>
  server.request('GET', `/partial-uploads/${id}${options.query ?? ''}`, { as: 'as' in options ? options.as : await server.signUp() });
const remove = async (id, as) => server.request('DELETE', `/partial-uploads/${id}`, { as: as ?? (await server.signUp()) });
const asset = async (id, as) => (await server.request('GET', `/assets/${id}`, { as: as ?? (await server.signUp()) })).expect(200).json;

async function sendAll(bytes, id, from = 0, size = 64 * 1024, options = {}) {
  for (let at = from; at < bytes.length; at += size) {
    const { json } = (await append(id, at, bytes.subarray(at, at + size), options)).expect(200);
    assert.equal(json.receivedBytes, Math.min(at + size, bytes.length));
  }
}

test('a file that came in parts is an asset like any other', async () => {
  const bytes = picture(300_000);
  const begun = (await create(bytes)).expect(201).json;
  assert.equal(begun.receivedBytes, 0);
  assert.equal(begun.sizeInBytes, bytes.length);
  assert.ok(Date.parse(begun.expiresAt) > Date.now() + 86_400_000);
  await sendAll(bytes, begun.id);
  assert.equal((await look(begun.id)).expect(200).json.receivedBytes, bytes.length);
  const made = (await finish(begun.id, { fields: { isFavorite: 'true' } })).expect(201).json;
  assert.equal(made.status, 'created');
  const found = await asset(made.id);
  assert.equal(found.checksum, sha1(bytes, 'base64'));
  assert.equal(found.originalFileName, 'big.jpg');
  assert.equal(found.isFavorite, true);
  assert.ok(fs.readFileSync(found.originalPath).equals(bytes));
  assert.equal(fs.statSync(found.originalPath).mtimeMs, Date.parse(DATES.fileModifiedAt));
  assert.deepEqual(fs.readdirSync(partsFolder()), []);
  await server.waitForJobs();
  assert.equal((await asset(made.id)).processingError, null);
  // the answer was lost: asking again gives the same, and makes nothing
  assert.deepEqual((await finish(begun.id)).expect(201).json, made);
  assert.equal((await look(begun.id)).json.assetId, made.id);
  (await append(begun.id, bytes.length, Buffer.from('x'))).expect(409);
});

test('its sidecar goes with it', async () => {
  const bytes = picture(100_000);
  const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">from the sidecar</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>';
  const { id } = (await create(bytes)).expect(201).json;
  await sendAll(bytes, id);
  const made = (await finish(id, { sidecar: xmp })).expect(201).json;
  await server.waitForJobs();
  assert.equal((await asset(made.id)).exifInfo.description, 'from the sidecar');
});

test('a file that is there already is a duplicate, and leaves nothing', async () => {
  const bytes = picture(80_000);
  const known = (await server.upload(bytes, 'known.jpg')).expect(201).json;
  const { id } = (await create(bytes)).expect(201).json;
  await sendAll(bytes, id);
  assert.deepEqual((await finish(id)).expect(200).json, { id: known.id, status: 'duplicate' });
  assert.deepEqual(fs.readdirSync(partsFolder()), []);
});

test('only the next byte is taken: no gap, no overlap, nothing behind the end', async () => {
  const bytes = picture(100_000);
  const { id } = (await create(bytes)).expect(201).json;
  (await append(id, 10, bytes.subarray(10, 20))).expect(409, 'the next part begins at 0, not at 10');
  (await append(id, 0, bytes.subarray(0, 50_000))).expect(200);
  (await append(id, 0, bytes.subarray(0, 50_000))).expect(409, 'the next part begins at 50000, not at 0');
  (await append(id, 49_999, bytes.subarray(49_999, 60_000))).expect(409);
  (await append(id, 50_001, bytes.subarray(50_001))).expect(409);
  (await append(id, 50_000, randomBytes(50_001))).expect(400, /this part ends at 100001/);
  (await finish(id)).expect(409, 'of 100000 bytes 50000 are here: send the rest first');
  (await append(id, -1, bytes.subarray(0, 1))).expectIssues('offset');
  (await append(id, 50_000, Buffer.alloc(0))).expectIssues('data');
  await sendAll(bytes, id, 50_000);
  const made = (await finish(id)).expect(201).json;
  assert.equal((await asset(made.id)).checksum, sha1(bytes, 'base64'));
});

test('who was told where to go on does so at once', async () => {
  const n = 500;
  const { id } = (await create(Buffer.alloc(n), { checksum: null })).expect(201).json;
  const { token } = await server.signUp();
  const piece = (name, value) => `--x\r\nContent-Disposition: form-data; name=${name}\r\n\r\n${value}\r\n`;
  const request = (offset) => {
    const body = `${piece('"offset"', offset)}${piece('"checksum"', sha1(Buffer.from('y')))}${piece('"data"; filename="part"', 'y')}--x--\r\n`;
    return `PATCH /api/partial-uploads/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: multipart/form-data; boundary=x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  // one request behind the other on a connection: the second is there when the answer of the first goes
  const socket = net.connect(server.port, '127.0.0.1').setEncoding('latin1');
  let answers = '';
  socket.on('data', (text) => (answers += text));
  for (let i = 0; i < n; i++) socket.write(request(n) + request(i));
  const statuses = () => [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  await until(() => statuses().length === 2 * n, 'all are answered');
  socket.destroy();
  assert.deepEqual(statuses(), Array.from({ length: 2 * n }, (_, i) => (i % 2 ? '200' : '409')));
});

test('a part that was changed on its way is not taken', async () => {
  const bytes = picture(50_000);
  const { id } = (await create(bytes)).expect(201).json;
  (await append(id, 0, bytes, { checksum: sha1(Buffer.from('another')) })).expect(400, /does not have its checksum/);
  (await append(id, 0, bytes, { checksum: 'nonsense' })).expectIssues('checksum');
  assert.equal((await look(id)).json.receivedBytes, 0);
});

test('a file that was changed while it was sent is refused and forgotten', async () => {
  const bytes = picture(50_000);
  const { id } = (await create(bytes, { fields: { checksum: sha1(picture(50_000)) } })).expect(201).json;
  await sendAll(bytes, id);
  (await finish(id)).expect(400, /does not have the checksum it was begun with/);
  (await look(id)).expect(400, 'Not found or no asset.upload access');
  assert.ok(!fs.existsSync(path.join(partsFolder(), id)));
});

test('of writers at once each byte is taken from one', async () => {
  const bytes = picture(200_000);
  const { id } = (await create(bytes)).expect(201).json;
  const parts = [bytes.subarray(0, 100_000), bytes.subarray(0, 60_000), bytes.subarray(0, 100_000), bytes.subarray(0, 60_000)];
  const replies = await Promise.all(parts.map((part) => append(id, 0, part)));
  const taken = replies.filter(({ status }) => status === 200);
  assert.equal(taken.length, 1, replies.map(({ status }) => status).join());
  for (const reply of replies) if (reply !== taken[0]) reply.expect(409);
  const { receivedBytes } = (await look(id)).json;
  assert.equal(taken[0].json.receivedBytes, receivedBytes);
  await sendAll(bytes, id, receivedBytes);
  const ends = await Promise.all([finish(id), finish(id), finish(id)]);
  for (const { status, text } of ends) assert.ok(status === 201 || status === 409, text);
  const made = (await finish(id)).expect(201).json;
  assert.equal((await asset(made.id)).checksum, sha1(bytes, 'base64'));
  assert.ok(ends.filter(({ status }) => status === 201).every(({ json }) => json.id === made.id));
});

test('what was begun with the same checksum is gone on with', async () => {
  const bytes = picture(90_000);
  const first = (await create(bytes)).expect(201).json;
  (await append(first.id, 0, bytes.subarray(0, 40_000))).expect(200);
  const again = (await create(bytes)).expect(200).json;
  assert.deepEqual([again.id, again.receivedBytes], [first.id, 40_000]);
  const user = await server.newUser();
  const other = (await create(bytes, { as: user })).expect(201).json;
  assert.notEqual(other.id, first.id);
  const list = (await server.request('GET', '/partial-uploads', { as: user })).expect(200).json;
  assert.deepEqual(list.map(({ id }) => id), [other.id]);
});

test("another user's upload is not there", async () => {
  const bytes = picture(50_000);
  const { id } = (await create(bytes)).expect(201).json;
  const user = await server.newUser();
  const text = 'Not found or no asset.upload access';
  (await look(id, { as: user })).expect(400, text);
  (await append(id, 0, bytes, { as: user })).expect(400, text);
  (await finish(id, { as: user })).expect(400, text);
  (await remove(id, user)).expect(400, text);
  (await look(MISSING)).expect(400, text);
  (await look(id, { as: undefined })).expect(401);
  assert.equal((await look(id)).expect(200).json.receivedBytes, 0);
});

test('an upload that is given up leaves nothing', async () => {
  const bytes = picture(50_000);
  const { id } = (await create(bytes)).expect(201).json;
  await sendAll(bytes, id);
  (await remove(id)).expect(204);
  (await look(id)).expect(400);
  assert.ok(!fs.existsSync(path.join(partsFolder(), id)));
});

test('sizes, names and parts beyond all measure are refused', async () => {
  const tiny = Buffer.from('x');
  (await create(tiny, { fields: { sizeInBytes: 2 ** 53 - 1 } })).expect(413, /256 GiB together/);
  (await create(tiny, { fields: { sizeInBytes: 1e300 } })).expectIssues('sizeInBytes');
  (await create(tiny, { fields: { sizeInBytes: 0 } })).expectIssues('sizeInBytes');
  (await create(tiny, { fields: { sizeInBytes: -1 } })).expectIssues('sizeInBytes');
  (await create(tiny, { filename: 'notes.txt' })).expect(400, 'Unsupported file type notes.txt');
  (await create(tiny, { filename: 'side.xmp' })).expect(400, 'Unsupported file type side.xmp');
  (await create(tiny, { fields: { filename: `${'x'.repeat(2000)}.jpg` } })).expectIssues('filename');
  (await create(tiny, { fields: { checksum: 'zz' } })).expectIssues('checksum');
  const { id } = (await create(tiny, { fields: { sizeInBytes: 2 ** 37 } })).expect(201).json;
  // refused by what it announces, before a byte of it comes
  const reply = await append(id, 0, Buffer.alloc(65 * 1024 * 1024)).catch(() => null);
  if (reply) reply.expect(413, /67108864 bytes at most/);
  assert.equal((await look(id)).json.receivedBytes, 0);
  (await remove(id)).expect(204);
});

test('what is open counts against the quota, and so does the end', async () => {
  const user = await server.newUser({ quotaSizeInBytes: 200_000 });
  (await create(picture(200_001), { as: user })).expect(400, 'Quota has been exceeded!');
  const bytes = picture(120_000);
  const { id } = (await create(bytes, { as: user })).expect(201).json;
  (await create(picture(80_001), { as: user })).expect(400, 'Quota has been exceeded!');
  (await create(picture(80_000), { as: user })).expect(201);
  // an upload in one piece is not held up by those that are open; then the end of one finds no room
  (await server.upload(picture(100_000), 'a.jpg', {}, { as: user })).expect(201);
  await sendAll(bytes, id, 0, 64 * 1024, { as: user });
  (await finish(id, { as: user })).expect(400, 'Quota has been exceeded!');
  assert.equal((await look(id, { as: user })).json.receivedBytes, bytes.length);
});

test('the last of a disk is kept free, so that something can be deleted', async (t) => {
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-disk-'));
  if (!mountDisk(disk, 'size=64m')) {
    fs.rmdirSync(disk);
    return t.skip('this machine lets nobody mount a small disk');
  }
  const other = newServer();
  other.media = path.join(disk, 'media');
  fs.mkdirSync(other.media);
  try {
    const as = await other.signUp();
    const kept = (await other.upload(picture(20_000), 'kept.jpg')).expect(201).json.id;
    const bytes = picture(100_000);
    const body = { filename: 'big.jpg', sizeInBytes: bytes.length, checksum: sha1(bytes) };
    const { id } = (await other.request('POST', '/partial-uploads', { as, body })).expect(201).json;
    await other.waitForJobs();
    const { bavail, bsize, blocks } = fs.statfsSync(disk);
    const ballast = path.join(disk, 'ballast');
    fs.writeFileSync(ballast, Buffer.alloc(bavail * bsize - Math.floor((blocks * bsize) / 32) + 8192));
    (await other.upload(picture(2000), 'small.jpg')).expect(507, /is full/);
    const form = new FormData();
    form.append('offset', '0');
    form.append('checksum', sha1(bytes));
    form.append('data', new Blob([bytes]), 'part');
    (await other.request('PATCH', `/partial-uploads/${id}`, { as, body: form })).expect(507);
    // people go on, and can make room
    (await other.request('POST', '/auth/login', { body: { email: as.email, password: as.password } })).expect(201);
    (await other.request('DELETE', '/assets', { as, body: { ids: [kept], force: true } })).expect(204);
    await other.waitForJobs();
    fs.rmSync(ballast);
    (await other.upload(picture(2000), 'small.jpg')).expect(201);
    await other.waitForJobs();
  } finally {
    await other.stop();
    execFileSync('umount', [disk]);
    fs.rmdirSync(disk);
  }
});

test('a user has so many open at once, and no more', async () => {
  const user = await server.newUser();
  for (let i = 0; i < 64; i++) (await create(Buffer.from('x'), { as: user, checksum: null })).expect(201);
  (await create(Buffer.from('x'), { as: user, checksum: null })).expect(429, /64 uploads are open already/);
  const [{ id }] = (await server.request('GET', '/partial-uploads', { as: user })).expect(200).json;
  (await remove(id, user)).expect(204);
  (await create(Buffer.from('x'), { as: user, checksum: null })).expect(201);
});

test('visitors of a link have a share of their own, and neither they nor the owner are in the way of the other', async () => {
  const user = await server.newUser({ quotaSizeInBytes: 100_000 });
  const album = (await server.request('POST', '/albums', { as: user, body: { albumName: 'open' } })).expect(201).json;
  const link = async () => (await server.request('POST', '/shared-links', { as: user,
    body: { type: 'ALBUM', albumId: album.id, allowUpload: true } })).expect(201).json.key;
  const one = { as: undefined, query: `?key=${await link()}`, checksum: null };
  const two = { ...one, query: `?key=${await link()}` };
  const mine = { as: user, checksum: null };
  for (let i = 0; i < 32; i++) (await create(Buffer.from('x'), one)).expect(201);
  (await create(Buffer.from('x'), one)).expect(429, /32 uploads are open already/);
  (await create(Buffer.alloc(90_000), two)).expect(201);
  // what strangers announced is not stored yet: it holds up themselves alone
  (await create(Buffer.alloc(20_000), two)).expect(400, 'Quota has been exceeded!');
  (await create(Buffer.alloc(60_000), mine)).expect(201);
  (await create(Buffer.alloc(60_000), mine)).expect(400, 'Quota has been exceeded!');
});

test('a visitor of a link that takes uploads may send in parts, one of another link may not go on', async () => {
  const admin = await server.signUp();
  const album = (await server.request('POST', '/albums', { as: admin, body: { albumName: 'open' } })).expect(201).json;
  const link = async (fields) =>
    (await server.request('POST', '/shared-links', { as: admin, body: { type: 'ALBUM', albumId: album.id, ...fields } })).expect(201).json.key;
  const [open, other, closed] = [await link({ allowUpload: true }), await link({ allowUpload: true }), await link({ allowUpload: false })];
  const bytes = picture(60_000);
  (await create(bytes, { as: undefined, query: `?key=${closed}` })).expect(401);
  const { id } = (await create(bytes, { as: undefined, query: `?key=${open}` })).expect(201).json;
  (await append(id, 0, bytes, { as: undefined, query: `?key=${other}` })).expect(400);
  (await append(id, 0, bytes, { as: undefined, query: `?key=${closed}` })).expect(401);
  (await append(id, 0, bytes)).expect(400);
  await sendAll(bytes, id, 0, 64 * 1024, { as: undefined, query: `?key=${open}` });
  const made = (await finish(id, { as: undefined, query: `?key=${open}` })).expect(201).json;
  const inside = (await server.request('POST', '/search/metadata', { as: admin, body: { albumIds: [album.id] } })).expect(200).json;
  assert.deepEqual(inside.assets.items.map((each) => each.id), [made.id]);
});

test('after kill -9 in the middle what was answered is here, and the rest makes it whole', async () => {
  const bytes = picture(4_000_000);
  const admin = await server.signUp();
  const { id } = (await create(bytes)).expect(201).json;
  await sendAll(bytes.subarray(0, 1_500_000), id, 0, 500_000);
  // killed while a part comes
  const sending = append(id, 1_500_000, bytes.subarray(1_500_000, 3_500_000)).catch(() => null);
  await sleep(3);
  await server.end('SIGKILL');
  await sending;
  await server.start();
  const { receivedBytes } = (await look(id)).expect(200).json;
  assert.ok(receivedBytes === 1_500_000 || receivedBytes === 3_500_000, String(receivedBytes));
  await sendAll(bytes, id, receivedBytes, 500_000);
  // killed while it is finished
  const finishing = finish(id).catch(() => null);
  await sleep(5);
  await server.end('SIGKILL');
  const early = await finishing;
  await server.start();
  const made = (await finish(id)).expect(201).json;
  if (early?.status === 201) assert.equal(early.json.id, made.id);
  const found = await asset(made.id, admin);
  const stored = fs.readFileSync(found.originalPath);
  assert.equal(createHash('sha1').update(stored).digest('base64'), sha1(bytes, 'base64'));
  await server.waitForJobs();
});

test('what nobody goes on with is forgotten by the clean-up of the night, and strange files are left alone', async () => {
  const admin = await server.signUp();
  const bytes = picture(60_000);
  const old = (await create(bytes)).expect(201).json;
  await append(old.id, 0, bytes.subarray(0, 1000));
  const fresh = (await create(picture(60_000))).expect(201).json;
  await server.sql(`UPDATE partial_upload SET updated_at = updated_at - 4 * 86400000 WHERE id = '${old.id}'`);
  const orphan = path.join(partsFolder(), '11111111-2222-4333-8444-555555555555');
  const strange = path.join(partsFolder(), 'keep-me');
  for (const file of [orphan, strange]) {
    fs.writeFileSync(file, 'x');
    fs.utimesSync(file, 1, 1);
  }
  await server.sql(`INSERT INTO job (id, name, queue, data, run_after, created_at)
    VALUES ('${MISSING}', 'PartialUploadCleanup', 'backgroundTask', '{}', 0, 0)`);
  await server.waitForJobs();
  assert.ok(!fs.existsSync(orphan));
  (await look(old.id, { as: admin })).expect(400);
  assert.ok(!fs.existsSync(path.join(partsFolder(), old.id)));
  (await look(fresh.id, { as: admin })).expect(200);
  assert.ok(fs.existsSync(strange));
});
