// Kill the server and its workers while photos come in. Whatever was answered 201 must be there
// afterwards, byte for byte, with its thumbnails; nothing else may be left lying about.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { jpeg } from '../api/fixtures.mjs';
import { server, sleep } from '../api/harness.mjs';

const ROUNDS = Number(process.env.TINTYPE_CRASH_ROUNDS ?? 10);
const PHOTOS = Number(process.env.TINTYPE_CRASH_PHOTOS ?? 500);
const PARALLEL = 6;

const sha1 = (bytes) => createHash('sha1').update(bytes).digest('base64');

/** Children of the server: the media workers. */
function workersOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it is gone already
  }
}

function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true, recursive: false }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(full) : [full];
  });
}

test(`${ROUNDS} crashes in the middle of ${PHOTOS} uploads lose nothing`, async (t) => {
  await server.signUp();
  const user = server.admin;
  const acknowledged = new Map(); // asset id -> checksum of what was sent
  let next = 0;

  for (let round = 0; round < ROUNDS; round++) {
    const until = Math.ceil(((round + 1) * PHOTOS) / ROUNDS);
    let isDown = false;
    const uploader = async () => {
      while (!isDown && next < until) {
        const bytes = jpeg();
        next++;
        try {
          const reply = await server.upload(bytes, `photo-${next}.jpg`, {}, { as: user });
          if (reply.status === 201 || reply.status === 200) acknowledged.set(reply.json.id, sha1(bytes));
          else assert.fail(`upload answered ${reply.status}: ${reply.text}`);
        } catch (error) {
          if (!isDown && error.name === 'AssertionError') throw error;
          return; // the server is gone; what was not acknowledged was not promised
        }
      }
    };
    // so many, however fast the machine is
    const enough = acknowledged.size + randomInt(2, Math.max(3, Math.floor(PHOTOS / ROUNDS) - PARALLEL));
    const uploads = Array.from({ length: PARALLEL }, uploader);
    for (const end = Date.now() + 60_000; acknowledged.size < enough && next < until && Date.now() < end;) await sleep(5);
    assert.ok(acknowledged.size >= enough || next >= until, `round ${round}: only ${acknowledged.size} of ${enough} uploads were answered in a minute`);
    for (const worker of workersOf(server.pid)) if (randomInt(2)) kill(worker);
    await sleep(randomInt(0, 100));
    const exit = server.end('SIGKILL');
    isDown = true;
    await exit;
    await Promise.all(uploads);
    next = until;
    await server.start();
  }
  t.diagnostic(`${acknowledged.size} uploads were answered before a crash`);
  assert.ok(acknowledged.size >= 2 * ROUNDS, `only ${acknowledged.size} uploads were answered`);

  await server.waitForJobs(300_000);
  const originals = new Set();
  for (const [id, checksum] of acknowledged) {
    const asset = (await server.request('GET', `/assets/${id}`, { as: user })).expect(200).json;
    const original = (await server.request('GET', `/assets/${id}/original`, { as: user })).expect(200);
    assert.equal(asset.checksum, checksum);
    assert.equal(sha1(original.bytes), checksum, `the original of ${id} differs`);
    for (const size of ['thumbnail', 'preview'])
      (await server.request('GET', `/assets/${id}/thumbnail?size=${size}`, { as: user })).expect(200);
    originals.add(asset.originalPath);
  }

  // nothing lies about: every file of upload/ belongs to an asset, also to one whose answer was lost
  const known = new Set((await server.sql('SELECT original_path FROM asset')).map(([file]) => path.join(server.media, file)));
  const stray = filesBelow(path.join(server.media, 'upload'))
    .filter((file) => !known.has(file) && !['.immich', '.tintype'].includes(path.basename(file)));
  assert.deepEqual(stray, []);
  for (const [id] of await server.sql('SELECT id FROM asset'))
    (await server.request('GET', `/assets/${id}/thumbnail`, { as: user })).expect(200);
  const [[left]] = await server.sql("SELECT count(*) FROM job");
  assert.equal(Number(left), 0, 'jobs are left');
});
