// Files of assets: originals, thumbnails, videos, and the list of what was made.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { server } from './harness.mjs';
import { png } from './pictures.mjs';

const CACHE = 'private, max-age=86400, no-transform, stale-while-revalidate=2592000, stale-if-error=2592000';
const picture = png(640, 480, 1);
const video = Buffer.from('not really a video, but served as it came');
let admin, bob, id, videoId;

const get = (where, options = {}) => server.request('GET', where, { as: admin, ...options });
const thumbnail = (query = '', options = {}) => get(`/assets/${id}/thumbnail${query}`, options);

before(async () => {
  admin = await server.signUp();
  bob = await server.newUser();
  const fileModifiedAt = '2024-01-02T03:04:05.678Z';
  id = (await server.upload(picture, "it's ä (1).png", { fileModifiedAt })).expect(201).json.id;
  videoId = (await server.upload(video, 'film.mp4', { fileModifiedAt })).expect(201).json.id;
  await server.waitForJobs();
});

describe('an original', () => {
  test('comes back byte for byte', async () => {
    const reply = (await get(`/assets/${id}/original`)).expect(200);
    assert.deepEqual(reply.bytes, picture);
    assert.equal(reply.headers.get('content-type'), 'image/png');
    assert.equal(reply.headers.get('cache-control'), CACHE);
    assert.equal(reply.headers.get('content-disposition'), "inline; filename*=UTF-8''it's%20%C3%A4%20(1).png");
    assert.equal(reply.headers.get('last-modified'), 'Tue, 02 Jan 2024 03:04:05 GMT');
    const modified = Date.parse('2024-01-02T03:04:05.678Z');
    assert.equal(reply.headers.get('etag'), `W/"${picture.length.toString(16)}-${modified.toString(16)}"`);
    assert.equal(reply.headers.get('accept-ranges'), 'bytes');
  });

  test('runs nothing in a browser', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const svgId = (await server.upload(Buffer.from(svg), 'x.svg')).expect(201).json.id;
    const reply = (await get(`/assets/${svgId}/original`)).expect(200);
    assert.match(reply.headers.get('content-security-policy'), /sandbox; default-src 'none'/);
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  });

  test('can be asked for in parts', async () => {
    const part = (await get(`/assets/${id}/original`, { headers: { range: 'bytes=10-19' } })).expect(206);
    assert.deepEqual(part.bytes, picture.subarray(10, 20));
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${picture.length}`);
    const beyond = (await get(`/assets/${id}/original`, { headers: { range: 'bytes=99999999-' } })).expect(416);
    assert.equal(beyond.headers.get('content-range'), `bytes */${picture.length}`);
  });

  test('is not sent again', async () => {
    const etag = (await get(`/assets/${id}/original`)).headers.get('etag');
    (await get(`/assets/${id}/original`, { headers: { 'if-none-match': etag } })).expect(304);
    (await get(`/assets/${id}/original`, { headers: { 'if-modified-since': 'Tue, 02 Jan 2024 03:04:05 GMT' } })).expect(304);
  });

  test('answers HEAD', async () => {
    const reply = (await server.request('HEAD', `/assets/${id}/original`, { as: admin })).expect(200);
    assert.equal(reply.headers.get('content-length'), String(picture.length));
    assert.equal(reply.bytes.length, 0);
  });

  test('of somebody else is not found', async () => {
    (await get(`/assets/${id}/original`, { as: bob })).expect(400, 'Not found or no asset.download access');
    (await get('/assets/6f891704-e36c-4bd6-9a26-0a999fde9fcd/original')).expect(400, 'Not found or no asset.download access');
    (await get(`/assets/${id}/original`, { as: undefined })).expect(401);
    (await get('/assets/nonsense/original')).expectIssues('id');
    const refused = await get(`/assets/${id}/original`, { as: bob });
    assert.equal(refused.headers.get('cache-control'), 'none');
  });

  test('needs the right permission of a key', async () => {
    const viewer = await server.newKey(admin, 'asset.view');
    (await get(`/assets/${id}/original`, { as: viewer })).expect(403);
    (await get(`/assets/${id}/thumbnail`, { as: viewer })).expect(200);
  });

  test('that is trashed is still its owner\'s', async () => {
    const trashed = (await server.upload(png(4, 4, 9), 'trash.png')).expect(201).json.id;
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [trashed] } })).expect(204);
    (await get(`/assets/${trashed}/original`)).expect(200);
  });

  test('that is gone from the disk is 404', async () => {
    const lost = (await server.upload(png(4, 4, 10), 'lost.png')).expect(201).json.id;
    await server.waitForJobs();
    const info = (await get(`/assets/${lost}`)).expect(200).json;
    fs.rmSync(info.originalPath);
    const reply = (await get(`/assets/${lost}/original`)).expect(404, 'Not Found');
    assert.equal(reply.headers.get('cache-control'), 'none');
  });

  test('whose reader leaves counts what was sent', async () => {
    const { id: large } = (await server.upload(Buffer.from('large'), 'large.mp4')).expect(201).json;
    await server.waitForJobs();
    const n = 200 * 1024 * 1024; // more than all buffers on the way
    fs.truncateSync((await get(`/assets/${large}`)).expect(200).json.originalPath, n);
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(`GET /api/assets/${large}/original HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.token}\r\n\r\n`);
    await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
    socket.destroy();
    const line = new RegExp(`GET /api/assets/${large}/original 200 (\\d+) bytes in .*, not sent to the end`);
    await server.says(line);
    const sent = Number(line.exec(server.log)[1]);
    assert.ok(sent > 0 && sent < n, `${sent} bytes`);
  });

  test('that is no regular file is not waited for', async () => {
    const odd = (await server.upload(png(4, 4, 11), 'odd.png')).expect(201).json.id;
    await server.waitForJobs();
    const info = (await get(`/assets/${odd}`)).expect(200).json;
    fs.rmSync(info.originalPath);
    fs.mkdirSync(info.originalPath);
    assert.ok((await get(`/assets/${odd}/original`)).status >= 400);
    fs.rmdirSync(info.originalPath);
  });
});

describe('a thumbnail', () => {
  test('is the small file by default', async () => {
    const reply = (await thumbnail()).expect(200);
    assert.equal(reply.headers.get('content-type'), 'image/webp');
    assert.equal(reply.headers.get('content-disposition'), "inline; filename*=UTF-8''it's%20%C3%A4%20(1)_thumbnail.webp");
    assert.equal(reply.headers.get('cache-control'), CACHE);
    assert.equal(reply.bytes.toString('latin1', 8, 12), 'WEBP');
    assert.deepEqual((await thumbnail('?size=thumbnail&c=abc&format=WEBP')).expect(200).bytes, reply.bytes);
  });

  test('may be the preview', async () => {
    const reply = (await thumbnail('?size=preview')).expect(200);
    assert.equal(reply.headers.get('content-type'), 'image/jpeg');
    assert.match(reply.headers.get('content-disposition'), /_preview\.jpeg$/);
    (await thumbnail('?size=preview&edited=true')).expect(200);
  });

  test('of full size leads to the original', async () => {
    for (const size of ['fullsize', 'original']) {
      const reply = (await thumbnail(`?size=${size}`)).expect(302);
      assert.equal(reply.headers.get('location'), 'original?');
      assert.equal(reply.text, 'Found. Redirecting to original?');
    }
    const reply = (await thumbnail('?c=a%0Ab&size=original')).expect(302);
    assert.equal(reply.headers.get('location'), 'original?c=a%0Ab');
  });

  test('of full size leads to the preview when the original cannot be shown', async () => {
    const reply = (await get(`/assets/${videoId}/thumbnail?size=fullsize&c=1`)).expect(302);
    assert.equal(reply.headers.get('location'), `/api/assets/${videoId}/thumbnail?c=1&size=preview`);
    const edited = (await thumbnail('?size=fullsize&edited=true')).expect(302);
    assert.equal(edited.headers.get('location'), `/api/assets/${id}/thumbnail?edited=true&size=preview`);
  });

  test('of an unknown size is refused', async () => {
    (await thumbnail('?size=huge')).expectIssues('size');
  });

  test('that was not made is 404', async () => {
    const reply = (await get(`/assets/${videoId}/thumbnail`)).expect(404, 'Asset media not found');
    assert.equal(reply.headers.get('cache-control'), 'none');
  });

  test('of somebody else is not found', async () => {
    (await thumbnail('', { as: bob })).expect(400, 'Not found or no asset.view access');
    (await thumbnail('', { as: undefined })).expect(401);
    (await thumbnail('', { as: 'wrong' })).expect(401);
  });

  test('answers many at once, each with its own', async () => {
    const wanted = [await thumbnail(), await thumbnail('?size=preview')].map((reply) => reply.bytes);
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, i) => thumbnail(i % 2 ? '?size=preview' : '', i % 3 === 2 ? { as: bob } : {})),
    );
    replies.forEach((reply, i) => {
      if (i % 3 === 2) reply.expect(400);
      else assert.deepEqual(reply.expect(200).bytes, wanted[i % 2]);
    });
  });

  test('of a locked asset needs the PIN at every request', async () => {
    (await server.request('POST', '/auth/pin-code', { as: admin, body: { pinCode: '123456' } })).expect(204);
    const locked = (await server.upload(png(300, 200, 20), 'secret.png', { visibility: 'locked' })).expect(201).json.id;
    await server.waitForJobs();
    (await get(`/assets/${locked}/thumbnail`)).expect(400);
    (await server.request('POST', '/auth/session/unlock', { as: admin, body: { pinCode: '123456' } })).expect(204);
    (await get(`/assets/${locked}/thumbnail`)).expect(200);
    (await get(`/assets/${locked}/original`)).expect(200);
    (await server.request('POST', '/auth/session/lock', { as: admin })).expect(204);
    (await get(`/assets/${locked}/thumbnail`)).expect(400);
  });

  test('notes the use of a session like any request', async () => {
    const session = await server.login(bob.email);
    const own = (await server.upload(png(30, 20, 22), 'noted.png', {}, { as: session })).expect(201).json.id;
    await server.waitForJobs();
    const [[sessionId]] = await server.sql(`SELECT id FROM session WHERE user_id = '${bob.id}' ORDER BY created_at DESC LIMIT 1`);
    await server.sql(`UPDATE session SET updated_at = 1000 WHERE id = '${sessionId}'`);
    const replies = await Promise.all(Array.from({ length: 20 }, () => get(`/assets/${own}/thumbnail`, { as: session })));
    for (const reply of replies) reply.expect(200);
    const [[updatedAt]] = await server.sql(`SELECT updated_at FROM session WHERE id = '${sessionId}'`);
    assert.ok(Number(updatedAt) > Date.now() - 60_000);
  });

  test('ends for a partner with the very next request', async () => {
    const own = (await server.upload(png(30, 20, 23), 'shared.png')).expect(201).json.id;
    await server.waitForJobs();
    const seen = async (status) => {
      const replies = await Promise.all(Array.from({ length: 8 }, () => get(`/assets/${own}/thumbnail`, { as: bob })));
      for (const reply of replies) reply.expect(status);
    };
    await seen(400);
    // from another process, as an admin command would
    await server.sql(
      `INSERT INTO partner (shared_by_id, shared_with_id, created_at, updated_at, create_id, update_id)
       SELECT u.id, '${bob.id}', 0, 0, 'c', 'u' FROM users u JOIN asset a ON a.owner_id = u.id WHERE a.id = '${own}'`,
    );
    await seen(200);
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [own] } })).expect(204);
    await seen(400);
    (await get(`/assets/${own}/thumbnail`)).expect(200); // in its owner's trash
    (await server.request('POST', '/trash/restore/assets', { as: admin, body: { ids: [own] } })).expect(200);
    await seen(200);
    await server.sql(`DELETE FROM partner WHERE shared_with_id = '${bob.id}'`);
    await seen(400);
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [own], force: true } })).expect(204);
    (await get(`/assets/${own}/thumbnail`)).expect(400);
  });

  test('stops with the session', async () => {
    const session = await server.login(bob.email);
    const own = (await server.upload(png(30, 20, 21), 'own.png', {}, { as: session })).expect(201).json.id;
    await server.waitForJobs();
    (await get(`/assets/${own}/thumbnail`, { as: session })).expect(200);
    (await server.request('POST', '/auth/logout', { as: session })).expect(200);
    (await get(`/assets/${own}/thumbnail`, { as: session })).expect(401);
  });
});

describe('a video', () => {
  test('is played from its file, in parts', async () => {
    const reply = (await get(`/assets/${videoId}/video/playback`, { headers: { range: 'bytes=0-3' } })).expect(206);
    assert.equal(reply.text, 'not ');
    assert.equal(reply.headers.get('content-type'), 'video/mp4');
    assert.equal(reply.headers.get('content-disposition'), null);
  });

  test('is not made of a photo', async () => {
    (await get(`/assets/${id}/video/playback`)).expect(404, 'Asset not found or asset is not a video');
    (await get(`/assets/${videoId}/video/playback`, { as: bob })).expect(400, 'Not found or no asset.view access');
  });
});

describe('the files of an asset', () => {
  const files = (query, options) => get(`/asset-files?assetId=${id}${query}`, options);

  test('are listed for the owner', async () => {
    const list = (await files('')).expect(200).json;
    assert.deepEqual(list.map((file) => file.type).sort(), ['preview', 'thumbnail']);
    for (const file of list) {
      assert.deepEqual([file.isEdited, file.isProgressive, file.isTransparent], [false, false, false]);
      assert.ok(path.isAbsolute(file.path));
      assert.deepEqual((await get(`/asset-files/${file.id}`)).expect(200).json, file);
    }
    assert.equal((await files('&type=preview')).json.length, 1);
    assert.equal((await files('&isEdited=true')).json.length, 0);
    (await files('', { as: bob })).expect(400, 'Not found or no asset.read access');
    (await get('/asset-files')).expectIssues('assetId');
  });

  test('are downloaded under their own names', async () => {
    const [file] = (await files('&type=thumbnail')).json;
    const reply = (await get(`/asset-files/${file.id}/download`)).expect(200);
    assert.deepEqual(reply.bytes, fs.readFileSync(file.path));
    assert.equal(reply.headers.get('content-disposition'), `inline; filename*=UTF-8''${path.basename(file.path)}`);
  });

  test('are no one else\'s', async () => {
    const [file] = (await files('&type=thumbnail')).json;
    for (const where of [`/asset-files/${file.id}`, `/asset-files/${file.id}/download`])
      (await get(where, { as: bob })).expect(404, 'Asset file not found');
    (await server.request('DELETE', `/asset-files/${file.id}`, { as: bob })).expect(404, 'Asset file not found');
    (await get('/asset-files/6f891704-e36c-4bd6-9a26-0a999fde9fcd')).expect(404, 'Asset file not found');
  });

  test('can be deleted, but not a sidecar', async () => {
    const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>';
    const made = (await server.upload(png(50, 40, 30), 'side.png', {}, { sidecar: Buffer.from(xmp) })).expect(201).json.id;
    await server.waitForJobs();
    const list = (await get(`/asset-files?assetId=${made}`)).json;
    const sidecar = list.find((file) => file.type === 'sidecar');
    const small = list.find((file) => file.type === 'thumbnail');
    (await server.request('DELETE', `/asset-files/${sidecar.id}`, { as: admin })).expect(400, 'Sidecar files cannot be deleted');
    (await server.request('DELETE', `/asset-files/${small.id}`, { as: admin })).expect(204);
    assert.equal(fs.existsSync(small.path), false);
    (await get(`/assets/${made}/thumbnail`)).expect(404);
    (await get(`/asset-files/${small.id}`)).expect(404);
  });
});
