// Everything outside /api, and what every answer has in common: tags, compression, names of requests.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import zlib from 'node:zlib';
import { newServer, server } from './harness.mjs';

const HTML = { accept: 'text/html' };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-web-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** Without fetch's own decompression: status, head (lower case) and body. */
async function raw(method, target, headers = {}) {
  await server.start();
  const bytes = await new Promise((resolve, reject) => {
    const chunks = [];
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(
      `${method} ${target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n` +
      `${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
  });
  const end = bytes.indexOf('\r\n\r\n');
  const [first, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const head = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
  let body = bytes.subarray(end + 4);
  if (head['transfer-encoding'] === 'chunked') {
    const parts = [];
    for (let at = 0; ;) {
      const line = body.indexOf('\r\n', at);
      const n = Number.parseInt(body.subarray(at, line).toString(), 16);
      if (n === 0) break;
      parts.push(body.subarray(line + 2, line + 2 + n));
      at = line + 2 + n + 2;
    }
    body = Buffer.concat(parts);
  }
  return { status: Number(first.split(' ')[1]), head, body };
}

test('the app finds the API, a style sheet of the admin is served', async () => {
  const known = (await server.request('GET', '/.well-known/immich', { raw: true })).expect(200);
  assert.equal(known.text, '{"api":{"endpoint":"/api"}}');
  assert.match(known.headers.get('content-type'), /^application\/json/);
  const css = (await server.request('GET', '/custom.css', { raw: true })).expect(200);
  assert.deepEqual([css.text, css.headers.get('content-type')], ['', 'text/css; charset=utf-8']);
  const admin = await server.signUp();
  const config = (await server.request('GET', '/system-config', { as: admin })).json;
  config.theme.customCss = 'body { color: teal } /* ü */';
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  assert.equal((await server.request('GET', '/custom.css', { raw: true })).text, config.theme.customCss);
});

test('JSON has a strong tag, and 304 when it is known', async () => {
  const first = (await server.request('GET', '/server/media-types')).expect(200);
  const tag = first.headers.get('etag');
  assert.match(tag, /^"[^"]+"$/);
  for (const known of [tag, `"other", ${tag}`, '*', `W/${tag}`]) {
    const again = await raw('GET', '/api/server/media-types', { 'If-None-Match': known });
    assert.deepEqual([again.status, again.body.length, again.head.etag], [304, 0, tag], known);
  }
  assert.equal((await raw('GET', '/api/server/media-types', { 'If-None-Match': '"other"' })).status, 200);
  const head = await raw('HEAD', '/api/server/media-types');
  assert.deepEqual([head.status, head.body.length, head.head.etag], [200, 0, tag]);
  assert.equal(Number(head.head['content-length']), first.bytes.length);
});

test('long JSON is compressed as the client asks, short JSON is not', async () => {
  const plain = (await raw('GET', '/api/system-config/defaults', { Authorization: `Bearer ${(await server.signUp()).token}` }));
  const unpack = { br: zlib.brotliDecompressSync, gzip: zlib.gunzipSync };
  assert.equal(plain.head['content-encoding'], undefined);
  for (const [accept, encoding] of [['gzip', 'gzip'], ['br', 'br'], ['gzip, br', 'br'], ['gzip;q=1, br;q=0', 'gzip'], ['*', undefined]]) {
    const packed = await raw('GET', '/api/system-config/defaults',
      { Authorization: `Bearer ${server.admin.token}`, 'Accept-Encoding': accept });
    assert.equal(packed.status, 200);
    if (encoding) assert.equal(packed.head['content-encoding'], encoding, `${accept}: ${JSON.stringify(packed.head)}`);
    const used = packed.head['content-encoding'];
    assert.ok((used ? unpack[used](packed.body) : packed.body).equals(plain.body), accept);
    assert.match(packed.head.vary, /accept-encoding/i);
    if (used) assert.ok(packed.body.length < plain.body.length / 2);
  }
  assert.equal((await raw('GET', '/api/server/ping', { 'Accept-Encoding': 'gzip, br' })).head['content-encoding'], undefined);
});

test('every answer below /api has the name of its request, others have none', async () => {
  for (const where of ['/api/server/ping', '/api/nothing', '/api/users/me', '/API/server/ping/']) {
    const own = await raw('GET', where);
    assert.match(own.head['x-correlation-id'] ?? '', /^[a-z0-9]{8}$/, where);
    const given = await raw('GET', where, { 'X-Correlation-ID': 'mine-1/2' });
    assert.equal(given.head['x-correlation-id'], 'mine-1/2');
  }
  assert.equal((await raw('GET', '/', HTML)).head['x-correlation-id'], undefined);
});

test('what is not there is named by method and path', async () => {
  for (const [method, where] of [['GET', '/api/xyz'], ['PATCH', '/api/server/ping'], ['OPTIONS', '/api/server/ping'],
    ['DELETE', '/api/server/ping'], ['GET', '/api'], ['POST', '/api/server/ping']]) {
    const reply = await server.request(method, where, { raw: true });
    reply.expect(404, `Cannot ${method} ${where}`);
    assert.deepEqual([reply.json.error, reply.json.statusCode], ['Not Found', 404]);
  }
  (await server.request('POST', '/photos', { raw: true })).expect(404, 'Cannot POST /photos');
});

test('paths know no case and no slash at the end', async () => {
  for (const where of ['/api/Server/PING', '/api/server/ping/', '/API/SERVER/PING'])
    assert.equal((await server.request('GET', where, { raw: true })).expect(200).json.res, 'pong');
});

test('security headers are on every answer', async () => {
  for (const where of ['/', '/api/server/ping', '/custom.css', '/.well-known/immich']) {
    const { head } = await raw('GET', where, HTML);
    assert.equal(head['x-content-type-options'], 'nosniff', where);
    assert.ok(head['referrer-policy'], where);
    assert.equal(head['access-control-allow-origin'], undefined);
  }
  const { head } = await raw('GET', '/', HTML);
  assert.match(head['content-security-policy'], /default-src 'self'/);
  assert.match(head['content-security-policy'], /object-src 'none'|default-src 'self'/);
});

/** The built-in app, when there is one in this build. */
async function index() {
  const page = await raw('GET', '/', HTML);
  return page.status === 200 ? page : undefined;
}

test('every page of the app is its index, never stored', async (t) => {
  const page = await index();
  if (!page) return t.skip('this program was built without the web app: make web');
  assert.match(page.head['content-type'], /^text\/html/);
  for (const where of ['/photos', '/albums/6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10', '/index.html', '/a/../../etc/passwd', '/%2e%2e/x']) {
    const other = await raw('GET', where, HTML);
    assert.deepEqual([other.status, other.head['cache-control'], other.body.equals(page.body)], [200, 'no-store', true], where);
  }
  const known = await raw('GET', '/photos', { ...HTML, 'If-None-Match': page.head.etag });
  assert.deepEqual([known.status, known.body.length], [304, 0]);
  const head = await raw('HEAD', '/photos', HTML);
  assert.deepEqual([head.status, head.body.length], [200, 0]);
});

test('files with a hash in their name are kept for ever, in three forms', async (t) => {
  const page = await index();
  if (!page) return t.skip('this program was built without the web app: make web');
  const script = /\/assets\/[^"']+\.js/.exec(page.body.toString())[0];
  const plain = await raw('GET', script);
  assert.equal(plain.head['cache-control'], 'public, max-age=31536000, immutable');
  assert.match(plain.head['content-type'], /^text\/javascript/);
  for (const [encoding, unpack] of [['br', zlib.brotliDecompressSync], ['gzip', zlib.gunzipSync]]) {
    const packed = await raw('GET', script, { 'Accept-Encoding': encoding });
    assert.equal(packed.head['content-encoding'], encoding);
    assert.ok(unpack(packed.body).equals(plain.body));
  }
  const gone = await raw('GET', '/assets/index-00000000.js', { Accept: '*/*' });
  assert.equal(gone.status, 404); // not the index: a browser would run it
});

test('the service worker and the manifest are asked for every time', async (t) => {
  if (!(await index())) return t.skip('this program was built without the web app: make web');
  for (const [where, type] of [['/sw.js', /^text\/javascript/], ['/manifest.webmanifest', /^application\/manifest\+json$/]]) {
    const { status, head } = await raw('GET', where, { Accept: '*/*' });
    assert.deepEqual([status, head['cache-control']], [200, 'no-cache'], where);
    assert.match(head['content-type'], type);
    assert.equal((await raw('GET', where, { Accept: '*/*', 'If-None-Match': head.etag })).status, 304);
  }
});

test('who does not take a page is told that there is nothing else', async () => {
  const reply = await server.request('GET', '/photos', { raw: true, headers: { accept: 'image/png' } });
  reply.expect(406);
  assert.match(reply.json.message, /photos/);
  assert.match(reply.json.message, /image\/png/);
});

test('a path that cannot be decoded is 400', async () => {
  for (const where of ['/%zz', '/%', '/%00', '/%ff%fe']) assert.equal((await raw('GET', where, HTML)).status, 400, where);
});

test('IMMICH_WEB_DIR serves another app, and nothing outside it', async () => {
  fs.writeFileSync(path.join(folder, 'secret.txt'), 'secret');
  const app = path.join(folder, 'app');
  fs.mkdirSync(path.join(app, 'sub'), { recursive: true });
  fs.writeFileSync(path.join(app, 'index.html'), '<p>another app');
  fs.writeFileSync(path.join(app, 'sub', 'app.js'), 'run ()');
  fs.symlinkSync('../secret.txt', path.join(app, 'link.txt'));
  const other = newServer();
  await other.start({ IMMICH_WEB_DIR: app });
  const get = (where) => other.request('GET', where, { raw: true, headers: HTML });
  const script = (await get('/sub/app.js')).expect(200);
  assert.deepEqual([script.text, script.headers.get('content-type')], ['run ()', 'text/javascript; charset=utf-8']);
  for (const where of ['/', '/photos', '/link.txt', '/..%2fsecret.txt', '/sub', '/sub/../../secret.txt', '/%2e%2e/secret.txt']) {
    const page = (await get(where)).expect(200);
    assert.deepEqual([page.text, page.headers.get('cache-control')], ['<p>another app', 'no-store'], where);
  }
  for (const where of ['/share/no-such-key', '/s/no-such-slug']) {
    const page = (await get(where)).expect(404);
    assert.deepEqual([page.text, page.headers.get('content-type')], ['<p>another app', 'text/html; charset=utf-8'], where);
  }
  fs.rmSync(path.join(app, 'index.html'));
  (await get('/')).expect(404, /IMMICH_WEB_DIR/);
  (await get('/s/no-such-slug')).expect(404, /IMMICH_WEB_DIR/);
});
