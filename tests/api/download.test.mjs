// Archives: what they would hold, and the ZIP itself as other programs read it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { server, until } from './harness.mjs';
import { png } from './pictures.mjs';

const pictures = [png(40, 30, 1), png(50, 40, 2), png(60, 50, 3)];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-zip-'));
let admin, bob, ids;

after(() => fs.rmSync(folder, { recursive: true, force: true }));

const info = (body, as = admin) => server.request('POST', '/download/info', { as, body });
const archive = (body, as = admin, headers = {}) => server.request('POST', '/download/archive', { as, body, headers });

/** The archive's entries, read by Python after unzip found nothing wrong. */
function read(bytes) {
  const file = path.join(folder, 'a.zip');
  fs.writeFileSync(file, bytes);
  const script =
    'import json, sys, zipfile, hashlib\n' +
    'z = zipfile.ZipFile(sys.argv[1])\n' +
    'assert z.testzip() is None\n' +
    'print(json.dumps([{"name": i.filename, "size": i.file_size, "stored": i.compress_type == 0,\n' +
    '  "mode": oct((i.external_attr >> 16) & 0o777), "flags": i.flag_bits,\n' +
    '  "sha1": hashlib.sha1(z.read(i)).hexdigest()} for i in z.infolist()]))\n';
  if (bytes.length > 22 && spawnSync('unzip', ['-v']).error === undefined) execFileSync('unzip', ['-tq', file]);
  return JSON.parse(execFileSync('python3', ['-c', script, file]));
}
const sha1 = (bytes) => execFileSync('sha1sum', { input: bytes }).toString().slice(0, 40);

before(async () => {
  admin = await server.signUp();
  bob = await server.newUser();
  ids = [];
  for (const [i, name] of ['b.png', 'a.png', 'b.png'].entries())
    ids.push((await server.upload(pictures[i], name)).expect(201).json.id);
  await server.waitForJobs();
});

describe('the info', () => {
  test('adds up in the order of the request', async () => {
    const json = (await info({ assetIds: [ids[2], ids[0]] })).expect(201).json;
    const size = pictures[2].length + pictures[0].length;
    assert.deepEqual(json, { totalSize: size, archives: [{ size, assetIds: [ids[2], ids[0]] }] });
  });

  test('cuts after the item that exceeds the limit', async () => {
    const json = (await info({ assetIds: ids, archiveSize: pictures[0].length })).expect(201).json;
    assert.deepEqual(json.archives.map((each) => each.assetIds), [[ids[0], ids[1]], [ids[2]]]);
    (await info({ assetIds: ids, archiveSize: 0 })).expectIssues('archiveSize');
  });

  test('of nothing is empty', async () => {
    assert.deepEqual((await info({ assetIds: [] })).expect(201).json, { totalSize: 0, archives: [] });
    (await info({})).expect(400, 'assetIds, albumId, or userId is required');
  });

  test('of a user has all but the trash', async () => {
    const gone = (await server.upload(png(10, 10, 7), 'gone.png')).expect(201).json.id;
    const archived = (await server.upload(png(10, 10, 8), 'archived.png', { visibility: 'archive' })).expect(201).json.id;
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [gone] } })).expect(204);
    const json = (await info({ userId: admin.id })).expect(201).json;
    assert.deepEqual(new Set(json.archives[0].assetIds), new Set([...ids, archived]));
    assert.deepEqual((await info({ assetIds: [gone] })).expect(201).json.archives, []);
  });

  test('is for those who may have it', async () => {
    (await info({ assetIds: ids }, bob)).expect(400, 'Not found or no asset.download access');
    (await info({ userId: admin.id }, bob)).expect(400, 'Not found or no timeline.download access');
    (await info({ albumId: ids[0] })).expect(400, 'Not found or no album.download access');
    (await info({ assetIds: ids }, null)).expect(401);
  });

  test('puts motion parts behind the stills', async () => {
    const motion = (await server.upload(Buffer.from('moving'), 'm.mp4')).expect(201).json.id;
    const still = (await server.upload(png(20, 20, 40), 'm.png', { livePhotoVideoId: motion })).expect(201).json.id;
    const json = (await info({ assetIds: [still, ids[0]] })).expect(201).json;
    assert.deepEqual(json.archives[0].assetIds, [still, ids[0], motion]);
  });
});

describe('an archive', () => {
  test('holds the originals in order, stored', async () => {
    const reply = (await archive({ assetIds: [ids[1], ids[0]] })).expect(200);
    assert.equal(reply.headers.get('content-type'), 'application/octet-stream');
    assert.equal(reply.headers.get('content-disposition'), null);
    const entries = read(reply.bytes);
    assert.deepEqual(entries.map((entry) => entry.name), ['a.png', 'b.png']);
    assert.deepEqual(entries.map((entry) => entry.sha1), [pictures[1], pictures[0]].map(sha1));
    for (const entry of entries) assert.deepEqual([entry.stored, entry.mode, entry.flags & 8], [true, '0o644', 8]);
  });

  test('keeps equal names apart', async () => {
    const names = read((await archive({ assetIds: [ids[0], ids[2], ids[0]] })).expect(200).bytes).map((entry) => entry.name);
    assert.deepEqual(names, ['b.png', 'b+1.png', 'b+2.png']);
  });

  test('has clean names, in any script', async () => {
    const wanted = ['Zürich 東京.png', 'etcpasswd.png', 'unnamed'];
    const given = ['Zürich 東京.png', '../etc/passwd.png', 'nul.png'];
    const list = [];
    for (const [i, filename] of given.entries())
      list.push((await server.upload(png(11, 11, 50 + i), 'x.png', { filename })).expect(201).json.id);
    const names = read((await archive({ assetIds: list })).expect(200).bytes).map((entry) => entry.name);
    assert.deepEqual(names, [wanted[0], '..etcpasswd.png', wanted[2]]);
  });

  test('has the name that was asked for', async () => {
    const reply = (await archive({ assetIds: [ids[0]], archiveName: "Anna's Ä" })).expect(200);
    assert.equal(reply.headers.get('content-disposition'), "attachment; filename*=UTF-8''Anna%27s%20%C3%84.zip");
  });

  test('is made from a form, too', async () => {
    const body = new URLSearchParams({ assetIds: `${ids[0]},${ids[1]}`, edited: 'true', archiveName: 'x' });
    const reply = (await archive(body)).expect(200);
    assert.equal(reply.headers.get('content-disposition'), "attachment; filename*=UTF-8''x.zip");
    assert.deepEqual(read(reply.bytes).map((entry) => entry.name), ['b.png', 'a.png']);
    (await archive(new URLSearchParams({ assetIds: `${ids[0]},nonsense` }))).expectIssues('assetIds.1');
  });

  test('has a name that fits into a header and is a file\'s', async () => {
    const named = async (archiveName) => (await archive({ assetIds: [], archiveName })).expect(200).headers.get('content-disposition');
    assert.equal(await named('ä'.repeat(3000)), `attachment; filename*=UTF-8''${'%C3%A4'.repeat(127)}.zip`);
    assert.equal(await named('../a/b\r\nX-Evil: 1'), "attachment; filename*=UTF-8''..abX-Evil%201.zip");
  });

  test('takes thousands of ids', async () => {
    const assetIds = Array.from({ length: 3000 }, (_, i) => ids[i % 2]);
    const entries = read((await archive({ assetIds })).expect(200).bytes);
    assert.equal(entries.length, 3000);
    assert.equal(new Set(entries.map((entry) => entry.name)).size, 3000);
  });

  test('leaves out what is gone from the disk', async () => {
    const lost = (await server.upload(png(12, 12, 60), 'lost.png')).expect(201).json.id;
    await server.waitForJobs();
    fs.rmSync((await server.request('GET', `/assets/${lost}`, { as: admin })).expect(200).json.originalPath);
    assert.deepEqual(read((await archive({ assetIds: [lost, ids[0]] })).expect(200).bytes).map((entry) => entry.name), ['b.png']);
    assert.equal((await archive({ assetIds: [lost] })).expect(200).bytes.length, 22);
    assert.equal((await archive({ assetIds: [] })).expect(200).bytes.length, 22);
  });

  test('is for those who may have all of it', async () => {
    (await archive({ assetIds: ids }, bob)).expect(400, 'Not found or no asset.download access');
    (await archive({ assetIds: ids }, null)).expect(401);
    (await archive({})).expectIssues('assetIds');
  });

  test('may be larger than 4 GiB', { skip: process.env.TINTYPE_LONG ? false : 'set TINTYPE_LONG=1' }, async () => {
    const big = (await server.upload(Buffer.from('big'), 'big.mp4')).expect(201).json.id;
    await server.waitForJobs();
    const { originalPath } = (await server.request('GET', `/assets/${big}`, { as: admin })).expect(200).json;
    const size = 4 * 1024 ** 3 + 12345;
    fs.truncateSync(originalPath, size);
    const file = path.join(folder, 'big.zip');
    execFileSync('curl', ['-sf', '-o', file, '-H', `Authorization: Bearer ${admin.token}`, '-H', 'Content-Type: application/json',
      '-d', JSON.stringify({ assetIds: [big, ids[0]] }), `${server.base}/api/download/archive`]);
    const script =
      'import sys, zipfile\n' +
      'z = zipfile.ZipFile(sys.argv[1])\n' +
      'assert z.testzip() is None\n' +
      'print(" ".join(f"{i.filename}:{i.file_size}" for i in z.infolist()))\n';
    assert.equal(execFileSync('python3', ['-c', script, file]).toString().trim(), `big.mp4:${size} b.png:${pictures[0].length}`);
    fs.rmSync(file);
  });
});

test('an archive goes on only with what its reader may still see', async () => {
  const big = (await server.upload(Buffer.from('also big'), 'big.mp4')).expect(201).json.id;
  await server.waitForJobs();
  const { originalPath } = (await server.request('GET', `/assets/${big}`, { as: admin })).expect(200).json;
  fs.truncateSync(originalPath, 100 * 1024 * 1024); // more than all buffers on the way
  const body = { albumName: 'shared', assetIds: [big, ids[0]], albumUsers: [{ userId: bob.id, role: 'viewer' }] };
  const { id } = (await server.request('POST', '/albums', { as: admin, body })).expect(201).json;
  const link = (await server.request('POST', '/shared-links', { as: admin, body: { type: 'ALBUM', albumId: id } })).expect(201).json;

  /** Begin to read, change something, read on. @return the names in it, or undefined when it was broken off */
  const during = async (where, headers, change) => {
    const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ assetIds: [big, ids[0]] }) };
    const reader = (await fetch(`${server.base}/api/download/archive${where}`, request)).body.getReader();
    const chunks = [(await reader.read()).value];
    await change();
    try {
      for (let next; !(next = await reader.read()).done;) chunks.push(next.value);
    } catch {
      return undefined;
    }
    return read(Buffer.concat(chunks)).map(({ name }) => name);
  };
  const as = ({ token }) => ({ authorization: `Bearer ${token}` });
  const drop = (where, who = admin) => server.request('DELETE', where, { as: who });
  assert.deepEqual(await during('', as(bob), () => {}), ['big.mp4', 'b.png']);
  assert.equal(await during(`?key=${link.key}`, {}, () => drop(`/shared-links/${link.id}`)), undefined);
  const closing = (await server.request('POST', '/shared-links', { as: admin, body: { type: 'ALBUM', albumId: id } })).expect(201).json;
  const forbid = () => server.request('PATCH', `/shared-links/${closing.id}`, { as: admin, body: { allowDownload: false } }).then((reply) => reply.expect(200));
  assert.equal(await during(`?key=${closing.key}`, {}, forbid), undefined);
  const other = await server.login(bob.email, bob.password);
  assert.equal(await during('', as(other), () => drop('/sessions', bob)), undefined);
  assert.deepEqual(await during('', as(bob), () => drop(`/albums/${id}/user/${bob.id}`)), ['big.mp4']);
});

describe('a single file that takes long', { concurrency: true }, () => {
  const size = 400 * 1024 * 1024;
  /** A user with a video in an album, a viewer of it, and a link to it. */
  async function scene() {
    const owner = await server.newUser();
    const { id } = (await server.upload(randomBytes(64), 'long.mp4', {}, { as: owner })).expect(201).json;
    await server.waitForJobs();
    const { originalPath } = (await server.request('GET', `/assets/${id}`, { as: owner })).expect(200).json;
    fs.truncateSync(originalPath, size);
    const make = async (where, extra) => (await server.request('POST', where, { as: owner, body: extra })).expect(201).json;
    const album = await make('/albums', { albumName: 'long', assetIds: [id], albumUsers: [{ userId: bob.id, role: 'viewer' }] });
    const link = await make('/shared-links', { type: 'INDIVIDUAL', assetIds: [id] });
    const change = async (method, where, extra, as = owner) => {
      const reply = await server.request(method, where, { as, body: extra });
      assert.ok(reply.status < 300, `${method} ${where}: ${reply.status}`);
    };
    return { owner, id, album, link, change };
  }
  const as = ({ token }) => ({ authorization: `Bearer ${token}` });

  /** Read a little, change something, read on for three seconds, then as fast as it goes. @return whether all of it came */
  async function during(url, headers, change) {
    const reply = await fetch(`${server.base}/api${url}`, { headers });
    assert.ok([200, 206].includes(reply.status), `${url}: ${reply.status}`);
    const reader = reply.body.getReader();
    let n = (await reader.read()).value.length;
    await change();
    const end = Date.now() + 5000;
    try {
      for (let next; !(next = await reader.read()).done;) {
        n += next.value.length;
        if (Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } catch {
      // broken off
    }
    return n === Number(reply.headers.get('content-length'));
  }

  const cases = {
    'nothing changed': { url: ({ id }) => `/assets/${id}/original`, change: () => {}, goesOn: true },
    'the session is deleted': { url: ({ id }) => `/assets/${id}/original`, change: ({ change }) => change('POST', '/auth/logout') },
    'the user is deleted': {
      url: ({ id }) => `/assets/${id}/video/playback`,
      change: ({ change, owner }) => change('DELETE', `/admin/users/${owner.id}`, { force: false }, admin),
    },
    'the link is deleted': {
      url: ({ id, link }) => `/assets/${id}/original?key=${link.key}`, byLink: true,
      change: ({ change, link }) => change('DELETE', `/shared-links/${link.id}`),
    },
    'the link to a film is deleted': {
      url: ({ id, link }) => `/assets/${id}/video/playback?key=${link.key}`, byLink: true,
      change: ({ change, link }) => change('DELETE', `/shared-links/${link.id}`),
    },
    'the asset goes to the trash': {
      url: ({ id, link }) => `/assets/${id}/original?key=${link.key}`, byLink: true,
      change: ({ change, id }) => change('DELETE', '/assets', { ids: [id] }),
    },
    'the asset is locked': {
      url: ({ id }) => `/assets/${id}/original`,
      change: ({ change, id }) => change('PUT', '/assets', { ids: [id], visibility: 'locked' }),
    },
    'a range of it, after its reader left the album': {
      url: ({ id }) => `/assets/${id}/original`, byBob: true, headers: { range: 'bytes=1000-' },
      change: ({ change, album }) => change('DELETE', `/albums/${album.id}/user/${bob.id}`),
    },
  };
  for (const [name, { url, change, byLink, byBob, headers, goesOn }] of Object.entries(cases))
    test(`${goesOn ? 'goes on when' : 'is broken off when'} ${name}`, async () => {
      const it = await scene();
      const credential = byLink ? {} : as(byBob ? bob : it.owner);
      assert.equal(await during(url(it), { ...credential, ...headers }, () => change(it)), !!goesOn);
    });
});

describe('many at once', () => {
  test('who opens too many by a link keeps nobody else waiting', async () => {
    const large = Buffer.concat([png(40, 30, 7), randomBytes(24 * 1024 * 1024)]); // more than sockets take ahead
    const { id } = (await server.upload(large, 'large.png')).expect(201).json;
    const link = (await server.request('POST', '/shared-links', { as: admin, body: { type: 'INDIVIDUAL', assetIds: [id] } })).expect(201).json;
    const body = JSON.stringify({ assetIds: [id] });
    const open = () => new Promise((resolve, reject) => {
      const socket = net.connect(server.port, '127.0.0.1');
      let head = '';
      socket.setEncoding('latin1').on('error', reject).on('data', (text) => {
        head += text;
        if (!/^HTTP\/1\.1 200 |"statusCode"/.test(head)) return; // the answer may come in pieces
        socket.pause(); // it reads nothing more
        resolve({ socket, head });
      });
      socket.write(`POST /api/download/archive?key=${link.key} HTTP/1.1\r\nHost: x\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    const opened = [];
    try {
      for (let i = 0; i < 32; i++) opened.push(await open());
      for (const { head } of opened) assert.match(head, /^HTTP\/1\.1 200 /);
      const refused = await open();
      refused.socket.destroy();
      assert.match(refused.head, /^HTTP\/1\.1 429 [^]*retry-after: \d+\r\n[^]*"statusCode":429/i);
      assert.deepEqual(read((await archive({ assetIds: [ids[0]] })).expect(200).bytes).map(({ name }) => name), ['b.png']);
      opened.pop().socket.destroy();
      await until(async () => {
        const { socket, head } = await open();
        socket.destroy();
        return /^HTTP\/1\.1 200 /.test(head);
      }, 'a place that was left is free again');
    } finally {
      opened.forEach(({ socket }) => socket.destroy());
    }
  });
});
