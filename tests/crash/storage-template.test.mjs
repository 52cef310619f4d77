// Kill the server while it moves hundreds of originals to where the storage template wants them. Every original
// must be there afterwards, once, byte for byte, and be served.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { filesBelow, jpeg, sha1 } from '../api/fixtures.mjs';
import { server, sleep } from '../api/harness.mjs';

const ROUNDS = Number(process.env.TINTYPE_CRASH_ROUNDS ?? 10);
const PHOTOS = Number(process.env.TINTYPE_CRASH_PHOTOS ?? 300);
const TEMPLATES = ['{{y}}/{{MM}}/{{filename}}', '{{make}}/{{y}}-{{MM}}-{{dd}}/{{filename}}'];
const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>';

async function setTemplate(template) {
  const config = (await server.request('GET', '/system-config', { as: server.admin })).expect(200).json;
  Object.assign(config.storageTemplate, { enabled: true, template });
  (await server.request('PUT', '/system-config', { as: server.admin, body: config })).expect(200);
  for (;;) {
    const reply = await server.request('PUT', '/jobs/storageTemplateMigration', { as: server.admin, body: { command: 'start' } });
    if (reply.status === 200) return;
    reply.expect(400, 'Job is already running');
    await sleep(20);
  }
}

/** What only time would bring: the leases of the server that was killed run out. */
const endLeases = () => server.sql("UPDATE job SET leased_until = 0 WHERE state = 'active' RETURNING id");

test(`${ROUNDS} crashes while ${PHOTOS} originals move lose nothing and leave nothing twice`, async (t) => {
  await server.signUp();
  const photos = new Map(); // asset id -> SHA-1
  const add = async (i) => {
    const bytes = jpeg({ make: 'Canon', date: `20${10 + (i % 10)}:0${1 + (i % 9)}:0${1 + (i % 7)} 03:04:05` });
    const reply = await server.upload(bytes, `IMG_${i % 40}.jpg`, {}, { sidecar: i % 3 === 0 ? xmp : undefined });
    photos.set(reply.expect(201).json.id, sha1(bytes));
  };
  for (let i = 0; i < PHOTOS; i += 10) await Promise.all(Array.from({ length: Math.min(10, PHOTOS - i) }, (_, k) => add(i + k)));
  await server.waitForJobs(300_000);

  let crashes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await setTemplate(TEMPLATES[round % TEMPLATES.length]);
    await sleep(randomInt(5, 400));
    const notes = await server.sql('SELECT count(*) FROM storage_move');
    await server.end('SIGKILL');
    crashes += Number(notes[0][0]) > 0;
    await server.start();
    await endLeases();
    for (const id of [...photos.keys()].slice(0, 20)) {
      const original = (await server.request('GET', `/assets/${id}/original`, { as: server.admin })).expect(200);
      assert.equal(sha1(original.bytes), photos.get(id));
    }
  }
  t.diagnostic(`${crashes} of ${ROUNDS} crashes came while a move was noted`);
  const last = TEMPLATES[ROUNDS % TEMPLATES.length];
  await setTemplate(last);
  await server.waitForJobs(600_000);
  await setTemplate(last);
  await server.waitForJobs(600_000);

  const known = new Map((await server.sql('SELECT id, original_path FROM asset')).map(([id, file]) => [file, id]));
  assert.equal(known.size, PHOTOS, 'two assets share a path');
  for (const [file, id] of known) {
    assert.match(file, /^library\//);
    assert.equal(sha1(fs.readFileSync(path.join(server.media, file))), photos.get(id), `${file} differs`);
  }
  const sidecars = (await server.sql("SELECT path FROM asset_file WHERE type = 'sidecar'")).map(([file]) => file);
  for (const file of sidecars) {
    assert.match(file, /^library\/.*\.jpg\.xmp$/);
    assert.equal(fs.readFileSync(path.join(server.media, file), 'utf8'), xmp);
  }
  const all = ['upload', 'library'].flatMap((top) => filesBelow(path.join(server.media, top)).map((file) => path.join(top, file)));
  assert.deepEqual(all.filter((file) => !known.has(file) && !sidecars.includes(file)), ['library/.moving']);
  assert.deepEqual(await server.sql('SELECT * FROM storage_move'), []);
  for (const [id, sum] of photos) {
    const original = (await server.request('GET', `/assets/${id}/original`, { as: server.admin })).expect(200);
    assert.equal(sha1(original.bytes), sum);
    (await server.request('GET', `/assets/${id}/thumbnail`, { as: server.admin })).expect(200);
  }
});
