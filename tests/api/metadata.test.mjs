// What was read of a photo once is not forgotten when it cannot be read again: the decoder hangs, the sidecar is away.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { server, until } from './harness.mjs';

const WORKER_LIMIT_S = 3;
let admin;

before(async () => {
  await server.start({ TINTYPE_MEDIA_WORKER_TIMEOUT_S: String(WORKER_LIMIT_S) });
  admin = await server.signUp();
});

const call = (method, where, body) => server.request(method, where, { as: admin, body });

const xmp = (description, more = '') => '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"' +
  ' xmlns:own="http://example.org/own/" exif:GPSLatitude="43,28.04688N" exif:GPSLongitude="11,53.1069E">' +
  `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${description}</rdf:li></rdf:Alt></dc:description>` +
  `<dc:subject><rdf:Bag><rdf:li>Oma</rdf:li></rdf:Bag></dc:subject>${more}</rdf:Description></rdf:RDF></x:xmpmeta>`;

/** A photo whose sidecar says what it shows. */
async function add(description = 'Holiday') {
  const { id } = (await server.upload(jpeg({ make: 'NIKON' }), 'a.jpg', {}, { sidecar: Buffer.from(xmp(description)) })).expect(201).json;
  return id;
}

async function facts(id) {
  const { exifInfo: e, tags } = (await call('GET', `/assets/${id}`)).expect(200).json;
  return [e.make, e.description, e.latitude, tags.map(({ value }) => value)];
}
const whole = ['NIKON', 'Holiday', 43.467448, ['Oma']];

const refresh = async (id) => (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-metadata' })).expect(204);

/** The metadata jobs that are kept, as [state, reason], once none runs. */
async function kept() {
  await until(async () => {
    const { active, waiting } = (await call('GET', '/queues/metadataExtraction')).json.statistics;
    return active + waiting === 0;
  }, 'the metadata jobs end');
  return server.sql("SELECT state, error FROM job WHERE queue = 'metadataExtraction'");
}

/** What waits for its next attempt need not wait any longer. */
async function tryAgain() {
  await server.sql("UPDATE job SET run_after = 0 WHERE state = 'waiting' AND queue = 'metadataExtraction'");
  await until(async () => (await call('GET', '/queues/metadataExtraction')).json.statistics.delayed === 0, 'it is tried again');
}

async function clear() {
  await call('PUT', '/jobs/metadataExtraction', { command: 'clear-failed' });
}

/** Have the decoders that idle now hang in their next task. */
function stopWorkers() {
  const workers = fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return Number(parent) === server.pid && name.startsWith('tintype-media');
    } catch {
      return false; // it ended meanwhile
    }
  });
  assert.ok(workers.length > 0, 'there are decoders');
  for (const pid of workers) process.kill(Number(pid), 'SIGSTOP');
}

test('a decoder that hangs costs nothing that was read, and is tried again', async () => {
  const id = await add();
  await server.waitForJobs();
  assert.deepEqual(await facts(id), whole);
  stopWorkers();
  await refresh(id);
  const [[state, why]] = await kept();
  assert.equal(state, 'waiting');
  assert.match(why, new RegExp(`longer than ${WORKER_LIMIT_S} s`));
  assert.deepEqual(await facts(id), whole);
  await tryAgain();
  await server.waitForJobs();
  assert.deepEqual([await kept(), await facts(id)], [[], whole]);
});

test('a photo whose first reading hangs is read later', async () => {
  await add();
  await server.waitForJobs();
  stopWorkers();
  const id = await add();
  assert.equal((await kept())[0][0], 'waiting');
  await tryAgain();
  await server.waitForJobs();
  assert.deepEqual(await facts(id), whole);
  (await call('GET', `/assets/${id}/thumbnail`)).expect(200);
});

test('a photo that cannot be read in the end is shown all the same, and its job tells why', async () => {
  await add();
  await server.waitForJobs();
  stopWorkers();
  const id = await add();
  assert.equal((await kept())[0][0], 'waiting');
  // not tried again by itself: its last attempt meets a fresh decoder that idles and then hangs
  await server.sql(`UPDATE job SET attempt = 4, run_after = ${Date.now() + 3_600_000} WHERE queue = 'metadataExtraction'`);
  await add();
  await server.waitForJobs(undefined, ['metadataExtraction']);
  assert.equal((await kept()).length, 1);
  stopWorkers();
  await tryAgain();
  await server.waitForJobs();
  const [[state, why], ...others] = await kept();
  assert.deepEqual([state, others], ['failed', []]);
  assert.match(why, /longer than/);
  (await call('GET', `/assets/${id}/thumbnail`)).expect(200);
  // read again once decoders are well
  await clear();
  await refresh(id);
  await server.waitForJobs();
  assert.deepEqual([await kept(), await facts(id)], [[], whole]);
});

test('a sidecar that is lost or damaged is not taken for none', async () => {
  const harms = {
    'is lost': (file) => fs.rmSync(file),
    'is empty': (file) => fs.truncateSync(file),
    'is cut short': (file) => fs.truncateSync(file, 300),
    'is something else': (file) => fs.writeFileSync(file, Buffer.alloc(1000, 0xff)),
  };
  for (const [what, harm] of Object.entries(harms)) {
    const id = await add();
    await server.waitForJobs();
    const [[stored]] = await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`);
    const file = path.resolve(server.media, stored);
    harm(file);
    await refresh(id);
    const [[state, why], ...others] = await kept();
    assert.deepEqual([state, others], ['failed', []], what);
    assert.ok(why.includes(file), why);
    assert.deepEqual(await facts(id), whole, what);
    await clear();
    fs.writeFileSync(file, xmp('Repaired'));
    await refresh(id);
    assert.deepEqual(await kept(), [], what);
    assert.deepEqual(await facts(id), ['NIKON', 'Repaired', 43.467448, ['Oma']], what);
  }
});

test('a sidecar whose folder is away is waited for', async () => {
  const id = await add();
  await server.waitForJobs();
  const [[stored]] = await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`);
  // the original stays where it can be read
  const away = path.join(path.dirname(path.resolve(server.media, stored)), 'away', path.basename(stored));
  await server.sql(`UPDATE asset_file SET path = '${path.relative(server.media, away)}' WHERE asset_id = '${id}' AND type = 'sidecar'`);
  await refresh(id);
  assert.equal((await kept())[0][0], 'waiting');
  assert.deepEqual(await facts(id), whole);
  fs.mkdirSync(path.dirname(away));
  fs.renameSync(path.resolve(server.media, stored), away);
  await tryAgain();
  await server.waitForJobs();
  assert.deepEqual([await kept(), await facts(id)], [[], whole]);
});

test('a sidecar that says nothing we know is whole', async () => {
  const text = xmp('', '<own:history>gz12abc</own:history>').replace(/ exif:GPS\w+="[^"]*"/g, '').replace(/<dc:.*<\/dc:subject>/, '');
  const { id } = (await server.upload(jpeg({ make: 'NIKON' }), 'a.jpg', {}, { sidecar: Buffer.from(text) })).expect(201).json;
  await server.waitForJobs();
  await refresh(id);
  assert.deepEqual([await kept(), (await facts(id))[0]], [[], 'NIKON']);
});
