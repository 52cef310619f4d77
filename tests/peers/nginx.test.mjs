// Behind a real nginx: its limit of a body stops an upload in one piece, and not one in parts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { jpeg, sha1 } from '../api/fixtures.mjs';
import { server } from '../api/harness.mjs';
import { nginxProgram, startNginx } from './nginx.mjs';

const skip = nginxProgram ? false : 'nginx is not installed';
const MB = 1024 * 1024;
const DATES = { fileCreatedAt: '2024-01-02T03:04:05.000Z', fileModifiedAt: '2024-01-02T03:04:05.000Z' };

let proxy;
let admin;
before(async () => {
  if (skip) return;
  admin = await server.signUp();
  proxy = await startNginx(server.base);
});
after(() => proxy?.stop());

const picture = (n) => { const head = jpeg(); return Buffer.concat([head, randomBytes(n - head.length)]); };

function formOf(fields, file) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  if (file) form.append(file.field, new Blob([file.bytes]), file.name);
  return form;
}

const ask = (base, method, where, body) =>
  fetch(`${base}/api${where}`, {
    method,
    headers: { authorization: `Bearer ${admin.token}`, ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }) },
    body: body instanceof FormData ? body : JSON.stringify(body),
  });

async function sendInParts(base, bytes, size) {
  let state = await (await ask(base, 'POST', '/partial-uploads', { filename: 'film.jpg', sizeInBytes: bytes.length, checksum: sha1(bytes) })).json();
  while (state.receivedBytes < bytes.length) {
    const part = bytes.subarray(state.receivedBytes, state.receivedBytes + size);
    const form = formOf({ offset: state.receivedBytes, checksum: sha1(part) }, { field: 'data', bytes: part, name: 'part' });
    const answer = await ask(base, 'PATCH', `/partial-uploads/${state.id}`, form);
    assert.equal(answer.status, 200, await answer.clone().text());
    state = await answer.json();
  }
  const answer = await ask(base, 'POST', `/partial-uploads/${state.id}/asset`, formOf(DATES));
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

test('a proxy that takes 10 MB refuses a larger upload with a page of its own', { skip }, async () => {
  const form = formOf({ ...DATES, filename: 'film.jpg' }, { field: 'assetData', bytes: picture(12 * MB), name: 'film.jpg' });
  const answer = await ask(proxy.root, 'POST', '/assets', form);
  assert.equal(answer.status, 413);
  assert.match(answer.headers.get('server'), /nginx/);
  assert.match(await answer.text(), /nginx/);
});

test('in parts of 8 MB the same goes through, and is whole', { skip }, async () => {
  const bytes = picture(25 * MB + 17);
  const { id, status } = await sendInParts(proxy.root, bytes, 8 * MB);
  assert.equal(status, 'created');
  const { originalPath } = (await server.request('GET', `/assets/${id}`, { as: admin })).expect(200).json;
  assert.ok(fs.readFileSync(originalPath).equals(bytes));
});

test('even a proxy with its default of 1 MB lets parts through', { skip }, async () => {
  const bytes = picture(3 * MB);
  const part = formOf({ offset: 0, checksum: sha1(bytes) }, { field: 'data', bytes, name: 'part' });
  const { id } = await (await ask(proxy.narrow, 'POST', '/partial-uploads', { filename: 'a.jpg', sizeInBytes: bytes.length })).json();
  assert.equal((await ask(proxy.narrow, 'PATCH', `/partial-uploads/${id}`, part)).status, 413);
  assert.equal((await sendInParts(proxy.narrow, bytes, MB / 2)).status, 'created');
});

test('the app below a path knows where it is', { skip }, async () => {
  const page = await (await fetch(`${proxy.below}/`, { headers: { 'accept-encoding': 'br, gzip' } })).text();
  assert.match(page, /<base href="\/photos\/" \/>/);
  assert.equal((await fetch(`${proxy.below}/api/server/ping`)).status, 200);
  assert.equal((await fetch(`${proxy.below.replace(/\/photos$/, '')}/api/server/ping`)).status, 404);
});
