// What nobody should send. Each case has its named outcome; after each the server still answers, others
// are served, and nothing is left in the folder of unfinished uploads.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { ffmpeg, filesBelow, jpeg, pngBomb, sha1 } from './fixtures.mjs';
import { server, until } from './harness.mjs';

const LIMIT_MS = 60_000;

const temporary = () => filesBelow(path.join(server.media, 'upload', '.tmp'));
const get = async (id) => (await server.request('GET', `/assets/${id}`, { as: await server.signUp() })).expect(200).json;
const created = async (bytes, name) => {
  const { json } = (await server.upload(bytes, name)).expect(201);
  assert.equal(json.status, 'created');
  return json.id;
};
const isServed = async () => assert.equal((await server.request('GET', '/server/ping')).expect(200).json.res, 'pong');

afterEach(async () => {
  await isServed();
  await until(() => temporary().length === 0, 'nothing is left behind');
});

/** Bytes as they are, on a connection of their own. @return all that came back until the other side closed,
 *  or until it answered when @param once. */
async function raw(chunks, { once = false } = {}) {
  await server.start();
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1');
    let answer = '';
    const timer = setTimeout(() => (socket.destroy(), reject(new Error(`no end within ${LIMIT_MS} ms: ${answer}`))), LIMIT_MS);
    const done = () => (clearTimeout(timer), resolve(answer));
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
      if (once && answer.includes('\r\n\r\n')) socket.end();
    });
    socket.on('close', done);
    socket.on('error', () => {}); // a reset is an end too
    for (const chunk of [chunks].flat()) socket.write(chunk);
  });
}

const statusOf = (answer) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

async function post(target, body, type = 'application/json') {
  const as = await server.signUp();
  return server.request('POST', target, { as, body: Buffer.from(body), headers: { 'content-type': type } });
}

// ---- files ----

/** @param bytes are kept as they came, with a reason why they are not shown; a good file beside them is. */
async function isKeptWithAReason(bytes, name) {
  const id = await created(bytes, name);
  const good = await created(jpeg(), 'good.jpg');
  await server.waitForJobs();
  const asset = await get(id);
  assert.ok(asset.processingError?.length > 10, `${name}: ${asset.processingError}`);
  assert.ok(!asset.processingError.includes(server.media), asset.processingError);
  assert.equal(asset.thumbhash, null);
  assert.ok(fs.readFileSync(asset.originalPath).equals(bytes));
  assert.equal(asset.checksum, sha1(bytes, 'base64'));
  const other = await get(good);
  assert.deepEqual([other.processingError, other.width], [null, 16]);
  return asset;
}

test('a JPEG that was cut short is kept byte for byte and says why it is not shown', async () => {
  const whole = ffmpeg('a.jpg', '640x480', '-frames:v', '1');
  await isKeptWithAReason(whole.subarray(0, Math.floor(whole.length / 2)), 'cut.jpg');
});

test('a text named .jpg is kept and says why it is not shown', async () => {
  await isKeptWithAReason(Buffer.from('<html>this is no picture</html>'), 'text.jpg');
});

test('noise under every kind of name is kept and says why it is not shown', async () => {
  for (const extension of ['png', 'gif', 'webp', 'heic', 'avif', 'jxl', 'tiff', 'svg', 'dng', 'bmp'])
    await isKeptWithAReason(Buffer.from(`${extension} \0\xff\xd8 ${'noise '.repeat(100)}`, 'latin1'), `noise.${extension}`);
});

test('a PNG of 60,000 times 60,000 pixels in ten megabytes takes nobody\'s memory', async () => {
  const bomb = pngBomb(60_000, 60_000);
  assert.ok(bomb.length < 20_000_000);
  const before = process.hrtime.bigint();
  const asset = await isKeptWithAReason(bomb, 'bomb.png');
  assert.ok(process.hrtime.bigint() - before < 120_000_000_000n, asset.processingError);
  const status = fs.readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const peakMb = Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) / 1024;
  assert.ok(peakMb < 2000, `the server itself took ${peakMb} MB`);
});

test('a file of no bytes is refused', async () => {
  (await server.upload(Buffer.alloc(0), 'empty.jpg')).expect(400, 'File is empty');
});

test('a JPEG named .heic works', async () => {
  const id = await created(jpeg(), 'lying.heic');
  await server.waitForJobs();
  const asset = await get(id);
  assert.deepEqual([asset.processingError, asset.width, asset.height], [null, 16, 16]);
});

test('a file name cannot leave the folder of its owner', async () => {
  const admin = await server.signUp();
  const before = fs.readdirSync(path.dirname(server.media));
  for (const name of ['../../x.jpg', '..\\..\\x.jpg', '/tmp/x.jpg', `${'../'.repeat(40)}tmp/x.jpg`, 'a\u202egpj.exe.jpg']) {
    const asset = await get(await created(jpeg(), name));
    assert.ok(asset.originalPath.startsWith(`${server.media}/upload/${admin.id}/`), asset.originalPath);
    assert.ok(fs.realpathSync(asset.originalPath).startsWith(`${fs.realpathSync(server.media)}/upload/`));
  }
  assert.deepEqual(fs.readdirSync(path.dirname(server.media)).filter((name) => name === 'x.jpg'), before.filter((n) => n === 'x.jpg'));
});

// ---- multipart ----

test('a multipart body without its end is refused and leaves nothing', async () => {
  const before = filesBelow(path.join(server.media, 'upload'));
  const body = '--x\r\nContent-Disposition: form-data; name="assetData"; filename="a.jpg"\r\n\r\nbytes';
  (await post('/assets', body, 'multipart/form-data; boundary=x')).expect(400);
  // the part goes with the call, which ends just after its answer
  const left = () => filesBelow(path.join(server.media, 'upload')).filter((file) => !before.includes(file));
  await until(() => left().length === 0, 'nothing is left');
});

test('multipart bodies that are none are refused with a reason', async () => {
  for (const [body, type] of [
    ['', 'multipart/form-data; boundary=x'],
    ['garbage', 'multipart/form-data; boundary=x'],
    ['--x\r\n\r\nno disposition\r\n--x--\r\n', 'multipart/form-data; boundary=x'],
    ['--x--\r\n', 'multipart/form-data'],
    [`--x\r\nContent-Disposition: form-data; name="a"\r\n${'X: y\r\n'.repeat(20_000)}\r\n--x--\r\n`, 'multipart/form-data; boundary=x'],
    [`--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'z'.repeat(2_000_000)}\r\n--x--\r\n`, 'multipart/form-data; boundary=x'],
    ['--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(5000) + '--x--\r\n', 'multipart/form-data; boundary=x'],
  ]) {
    const reply = await post('/assets', body, type);
    assert.ok([400, 413, 431].includes(reply.status), `${reply.status} for ${body.slice(0, 60)}`);
    assert.ok(reply.json.message.length > 5, reply.text);
  }
});

// ---- heads ----

test('a header of a megabyte is 431', async () => {
  const answer = await raw(`GET /api/server/ping HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(1024 * 1024)}\r\n\r\n`);
  assert.equal(statusOf(answer), 431, answer.slice(0, 200));
});

test('a request line of a megabyte is 431 or 414', async () => {
  const answer = await raw(`GET /api/server/ping?x=${'a'.repeat(1024 * 1024)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.ok([414, 431].includes(statusOf(answer)), answer.slice(0, 200));
});

test('what is no HTTP is answered with an error or closed', async () => {
  for (const bytes of [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a, 0x0d, 0x0a]), 'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n', 'SSH-2.0-OpenSSH_9.2\r\n\r\n']) {
    const answer = await raw(bytes, { once: true });
    assert.ok(answer === '' || statusOf(answer) >= 400, answer.slice(0, 200));
  }
});

test('two lengths, or a length and chunks, are refused', async () => {
  const admin = await server.signUp();
  const head = `POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.token.slice(1)}\r\nConnection: close\r\n`;
  for (const lengths of ['Content-Length: 5\r\nContent-Length: 50\r\n', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'Content-Length: -1\r\n', 'Content-Length: 99999999999999999999999\r\n', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n']) {
    const answer = await raw(`${head}${lengths}\r\n0\r\n\r\nGET /api/server/ping HTTP/1.1\r\nHost: x\r\n\r\n`, { once: true });
    assert.ok(answer === '' || statusOf(answer) >= 400, `${lengths.trim()}: ${answer.slice(0, 200)}`);
    assert.ok(!answer.includes('pong'), `${lengths.trim()}: a second request was seen in the first one's body`);
  }
});

// ---- JSON ----

test('JSON nested 100,000 deep is refused', async () => {
  for (const body of ['['.repeat(100_000), '['.repeat(100_000) + ']'.repeat(100_000), '{"a":'.repeat(100_000)])
    (await post('/auth/login', body)).expect(400, /nested deeper/);
});

test('a name that stands twice is refused', async () => {
  (await post('/auth/login', '{"email":"a@b.c","password":"x","email":"b@b.c"}')).expect(400, /duplicate/i);
});

test('what is no UTF-8 is refused', async () => {
  const reply = await post('/auth/login', Buffer.from('{"email":"\xff\xfe@example.com","password":"x"}', 'latin1'));
  reply.expect(400, /unable to decode byte 0xff/);
  for (const escape of ['\\ud800', '\\udc00\\ud800', '\\u0000', '\\q'])
    (await post('/auth/login', `{"email":"a@example.com","password":"${escape}"}`)).expect(400);
});

test('a JSON body of eleven megabytes is 413', async () => {
  const reply = await post('/auth/login', JSON.stringify({ email: 'a@b.c', password: 'x'.repeat(11 * 1024 * 1024) }));
  reply.expect(413);
  assert.ok(reply.json.message.length > 5);
});

test('numbers that are too small, too large or none are refused by name', async () => {
  for (const quota of ['-1', '1e400', '9007199254740993', '99999999999999999999999', '1.5', '"7"', 'NaN', '-0x1', '0777']) {
    const body = `{"email":"refused@example.com","name":"n","password":"Passw0rd!","quotaSizeInBytes":${quota}}`;
    const reply = (await post('/admin/users', body)).expect(400);
    if (reply.json.errors) assert.deepEqual(reply.json.errors[0].path, ['quotaSizeInBytes']);
  }
  const admin = await server.signUp();
  for (const size of ['-1', '0.5', '1e99', '"x"', '9007199254740992', '[]', '{}'])
    (await server.request('PUT', '/users/me/preferences', {
      as: admin, body: `{"download":{"archiveSize":${size}}}`, headers: { 'content-type': 'application/json' },
    })).expectIssues('download.archiveSize');
  assert.ok(!(await server.request('GET', '/admin/users', { as: admin })).text.includes('refused@example.com'));
});

test('a body of a type that nobody reads counts as none', async () => {
  for (const type of ['text/plain', 'application/xml', 'application/x-tar', 'json', '\u00e4', 'application/json2'])
    (await post('/auth/login', '{"email":"a@example.com","password":"x"}', type)).expectIssues('');
});

test('what is no JSON is refused', async () => {
  for (const body of ['{', '{"a"}', 'nul', "{'a':1}", '{"a":1,}', '// x\n{}', '{}{}', '"text"', 'null', '\0', '[1,2'])
    (await post('/auth/login', body)).expect(400);
});

// ---- many ----

test('thousands of connections that drip do not keep others waiting', async () => {
  await server.start();
  const wanted = Math.min(3000, Math.floor(Number(/open files\s+\d+\s+(\d+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1]) / 3));
  const sockets = [];
  const opened = [];
  for (let i = 0; i < wanted; i++) {
    const socket = net.connect(server.port, '127.0.0.1');
    sockets.push(socket);
    opened.push(new Promise((resolve) => socket.once('connect', resolve).once('error', resolve)));
    socket.on('error', () => {});
    socket.write(`POST /api/auth/login HTTP/1.1\r\nHost: x\r\nX-Slow: ${'a'.repeat(i % 50)}`);
    if (i % 200 === 199) await Promise.all(opened);
  }
  await Promise.all(opened);
  const drip = setInterval(() => sockets.forEach((socket) => socket.destroyed || socket.write('a')), 500);
  try {
    for (let i = 0; i < 20; i++) await isServed();
    const id = await created(jpeg(), 'meanwhile.jpg');
    await server.waitForJobs();
    assert.equal((await get(id)).processingError, null);
  } finally {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  }
});
