// Kill the server while it looks for the originals of a database that is older than their moves. At no moment anybody
// is shown another photo, and in the end each one has its own file again, with its sidecar.
import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { filesBelow, jpeg, sha1 } from '../api/fixtures.mjs';
import { server, sleep } from '../api/harness.mjs';

const ROUNDS = Number(process.env.TINTYPE_CRASH_ROUNDS ?? 4);
const PHOTOS = Number(process.env.TINTYPE_CRASH_PHOTOS ?? 60);
const BYTES = 30_000;
const xmp = (text) => '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>' +
  `<rdf:li xml:lang="x-default">${text}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>`;

const at = (name) => path.join(server.media, name);
const originals = () => filesBelow(at('library')).filter((name) => name.endsWith('.jpg')).map((name) => path.join('library', name));

/** As many moves would have left it: what lay at one path lies at another one of the same folder, or at a new one. */
function shuffle() {
  const folders = new Map();
  for (const name of originals()) folders.set(name.split('/')[1], [...(folders.get(name.split('/')[1]) ?? []), name]);
  for (const names of folders.values()) {
    const goals = names.map((name, i) => (i % 5 ? name : path.join(path.dirname(name), `${randomUUID()}.jpg`)));
    for (let i = goals.length - 1; i > 0; i--) {
      const k = randomInt(i + 1);
      [goals[i], goals[k]] = [goals[k], goals[i]];
    }
    const move = (from, to) => {
      for (const end of ['', '.xmp']) if (fs.existsSync(at(from + end))) fs.renameSync(at(from + end), at(to + end));
    };
    names.forEach((name, i) => move(name, `${name}.${i}.way`));
    names.forEach((name, i) => move(`${name}.${i}.way`, goals[i]));
  }
  fs.writeFileSync(at('library/.moving'), randomUUID());
}

test(`${ROUNDS} crashes while ${PHOTOS} originals are looked for show nobody another one`, async (t) => {
  await server.signUp();
  const config = (await server.request('GET', '/system-config', { as: server.admin })).expect(200).json;
  Object.assign(config.storageTemplate, { enabled: true, template: '{{y}}/{{filename}}' });
  (await server.request('PUT', '/system-config', { as: server.admin, body: config })).expect(200);
  const users = [server.admin, await server.newUser()];
  const photos = new Map();
  const add = async (i) => {
    const bytes = Buffer.concat([jpeg({ date: `20${10 + (i % 10)}:01:02 03:04:05` }), Buffer.alloc(BYTES)]).subarray(0, BYTES);
    const as = users[i % 2], text = i % 3 === 0 ? `the words of ${i}` : undefined;
    const reply = await server.upload(bytes, `IMG_${i}.jpg`, {}, { as, sidecar: text && xmp(text) });
    photos.set(reply.expect(201).json.id, { as, sum: sha1(bytes), text: text ?? '' });
  };
  for (let i = 0; i < PHOTOS; i += 10) await Promise.all(Array.from({ length: Math.min(10, PHOTOS - i) }, (_, k) => add(i + k)));
  await server.waitForJobs(300_000);

  let interrupted = 0, refused = 0;
  const look = async (id) => {
    const { as, sum } = photos.get(id);
    const reply = await server.request('GET', `/assets/${id}/original`, { as }).catch(() => undefined);
    if (!reply) return; // it was killed at this moment
    assert.ok([200, 404, 503].includes(reply.status), `status ${reply.status}`);
    if (reply.status === 200) assert.equal(sha1(reply.bytes), sum, 'another photo is shown');
    else refused++;
  };
  for (let round = 0; round < ROUNDS; round++) {
    await server.end(round % 2 ? 'SIGKILL' : 'SIGTERM');
    shuffle();
    for (let n = 0; n < 3; n++) {
      await server.start(n === 0 ? { IMMICH_WORKERS_EXCLUDE: 'microservices' } : {});
      await server.sql("UPDATE job SET leased_until = 0 WHERE state = 'active' RETURNING id");
      const ids = [...photos.keys()].sort(() => randomInt(3) - 1).slice(0, 40);
      const looking = Promise.all(ids.map(look));
      await sleep(randomInt(1, 150));
      const [[left]] = await server.sql('SELECT count(*) FROM storage_doubt');
      await server.end('SIGKILL');
      await looking;
      interrupted += Number(left) > 0;
    }
    await server.start();
    await server.sql("UPDATE job SET leased_until = 0 WHERE state = 'active' RETURNING id");
    await server.waitForJobs(300_000);
    assert.deepEqual(await server.sql('SELECT asset_id FROM storage_doubt'), []);
    const known = (await server.sql('SELECT id, original_path FROM asset')).sort();
    for (const [id, name] of known) assert.equal(sha1(fs.readFileSync(at(name))), photos.get(id).sum, name);
    assert.deepEqual(known.map(([, name]) => name).sort(), originals().sort());
    const words = new Map(await server.sql('SELECT asset_id, description FROM asset_exif'));
    for (const [id, { text }] of photos) assert.equal(words.get(id), text);
  }
  t.diagnostic(`${interrupted} of ${3 * ROUNDS} ends came before all were found; ${refused} requests were refused meanwhile`);
  assert.ok(interrupted > 0);
});
