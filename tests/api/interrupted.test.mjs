// Connections to PostgreSQL that end at any moment, statements that it cuts off, a disk that is full now and then: what
// was answered is so, what was not can be sent again, nothing is in between.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { filesBelow, jpeg, mountDisk, sha1 } from './fixtures.mjs';
import { engine, newServer, sleep } from './harness.mjs';

const run = promisify(execFile);
const skip = engine !== 'postgres' && 'SQLite has no connections';
const DURATION_MS = Number(process.env.TINTYPE_INTERRUPTED_MS ?? 8_000);
const LIMIT_MS = 90_000;
const any = (list) => list[Math.floor(Math.random() * list.length)];

/** What clients do, each on its own; only 503 and 507 may say that something was not done, or perhaps. */
class Client {
  constructor(server, user, faults) {
    Object.assign(this, { server, user, faults, uploaded: [], favourites: new Set(), trashed: new Set(), nRefused: 0 });
  }

  async call(method, where, body, ok) {
    const reply = await this.server.request(method, where, { as: this.user, body });
    return this.judge(reply, ok);
  }

  judge(reply, ok) {
    if (ok.includes(reply.status)) return reply;
    if ([503, 507].includes(reply.status)) this.nRefused++;
    else this.faults.push(`${reply.status} ${reply.text.slice(0, 300)}`);
    return undefined;
  }

  async step(i) {
    const bytes = jpeg({ date: `20${10 + (i % 10)}:01:02 03:04:05` });
    const reply = this.judge(await this.server.upload(bytes, `${i}.jpg`, {}, { as: this.user }), [200, 201]);
    if (reply) this.uploaded.push({ id: reply.json.id, bytes });
    const free = this.uploaded.filter(({ id }) => !this.trashed.has(id));
    const ids = [...new Set([any(free), any(free), any(free)].filter(Boolean).map(({ id }) => id))];
    if (ids.length === 0) return;
    if (i % 3 === 0 && (await this.call('PUT', '/assets', { ids, isFavorite: true, description: `words ${i}` }, [204])))
      for (const id of ids) this.favourites.add(id);
    if (i % 5 === 0 && (await this.call('DELETE', '/assets', { ids: ids.slice(0, 1) }, [204]))) this.trashed.add(ids[0]);
    if (i % 4 === 0) {
      const tags = await this.call('PUT', '/tags', { tags: [`tag ${i % 8}`] }, [200]);
      if (tags) await this.call('PUT', `/tags/${tags.json[0].id}/assets`, { ids }, [200]);
    }
    if (i % 7 === 0) await this.call('POST', '/albums', { albumName: `a ${i}`, assetIds: ids }, [201]);
  }
}

async function assertNothingLost(server, clients) {
  const hex = engine === 'postgres' ? "encode(checksum, 'hex')" : 'lower(hex(checksum))';
  const rows = await server.sql(`SELECT id, original_path, ${hex}, is_favorite, status FROM asset`);
  const stored = new Map(rows.map(([id, file, sum, favourite, status]) => [id, { file, sum, favourite, status }]));
  for (const { uploaded, favourites, trashed } of clients) {
    for (const { id, bytes } of uploaded) assert.equal(stored.get(id)?.sum, sha1(bytes), `${id} was answered and is not there`);
    for (const id of favourites) assert.equal(stored.get(id).favourite, '1', `${id} is no favourite`);
    for (const id of trashed) assert.equal(stored.get(id).status, 'trashed', `${id} is not in the trash`);
  }
  const known = new Set((await server.sql("SELECT path FROM asset_file WHERE type = 'sidecar'")).map(([file]) => file));
  for (const { file, sum } of stored.values()) {
    assert.equal(sha1(fs.readFileSync(path.join(server.media, file))), sum, file);
    known.add(file);
  }
  for (const top of ['library', 'upload'])
    for (const file of filesBelow(path.join(server.media, top)))
      assert.ok(known.has(path.join(top, file)) || file === '.moving', `${top}/${file} belongs to nobody`);
  assert.deepEqual(await server.sql('SELECT * FROM storage_move'), []);
  assert.deepEqual(await server.sql("SELECT name, error FROM job WHERE state = 'failed'"), []);
}

async function begin(media) {
  const server = newServer();
  server.media = media;
  await server.start();
  const admin = await server.signUp();
  const config = (await server.request('GET', '/system-config', { as: admin })).expect(200).json;
  Object.assign(config.storageTemplate, { enabled: true, template: '{{y}}/{{filename}}' });
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  const faults = [];
  const clients = [];
  for (let i = 0; i < 4; i++) clients.push(new Client(server, await server.newUser(), faults));
  return { server, clients, faults };
}

/** What has failed for good is done again, each once. */
async function runFailed(server) {
  const twin = 'o.name = job.name AND o.key = job.key AND o.id <> job.id';
  await server.sql(`DELETE FROM job WHERE state = 'failed' AND EXISTS (SELECT 1 FROM job o WHERE ${twin}
    AND (o.state = 'waiting' OR (o.state = 'failed' AND o.id < job.id)))`);
  await server.sql("UPDATE job SET state = 'waiting', run_after = 0, attempt = 0 WHERE state = 'failed'");
}

/** For DURATION_MS, and on a slow machine until @param isEnough has happened. @return whether it is still going on */
function period(isEnough) {
  const end = Date.now() + DURATION_MS;
  return () => Date.now() < end || (Date.now() < end + LIMIT_MS && !isEnough());
}

async function work(clients, goesOn) {
  await Promise.all(clients.map(async (client) => {
    for (let i = 1; goesOn(); i++) await client.step(i);
  }));
}

const endConnections = (database, n) =>
  run('psql', ['-qXAt', '-d', process.env.TINTYPE_TEST_POSTGRES, '-c', `SELECT pg_terminate_backend (pid) FROM pg_stat_activity
    WHERE datname = '${database}' AND pid <> pg_backend_pid () ORDER BY random () LIMIT ${n}`]);

test('connections that are ended at any moment lose nothing that was answered', { skip, timeout: 300_000 }, async () => {
  const { server, clients, faults } = await begin();
  const [[database]] = await server.sql('SELECT current_database ()');
  let nKills = 0;
  const isEnough = () => nKills > 20 && clients.every(({ uploaded }) => uploaded.length > 5);
  const goesOn = period(isEnough);
  const kill = (async () => {
    for (; goesOn(); nKills++) {
      await endConnections(database, 2);
      await sleep(Math.random() * 60);
    }
  })();
  await work(clients, goesOn);
  await kill;
  assert.deepEqual(faults, []);
  assert.ok(isEnough(), 'too little was done to show anything');
  await server.waitForJobs(120_000);
  await server.restart(); // what was never answered is swept
  await server.waitForJobs(120_000);
  await assertNothingLost(server, clients);
});

test('limits of the database cut nothing in half', { skip, timeout: 300_000 }, async () => {
  const { server, clients, faults } = await begin();
  const [[database]] = await server.sql('SELECT current_database ()');
  await server.sql(`ALTER DATABASE ${database} SET statement_timeout = 60`);
  await server.sql(`ALTER DATABASE ${database} SET lock_timeout = 5`);
  await endConnections(database, 1000); // those to come have the limits
  const isEnough = () => clients.some(({ nRefused }) => nRefused > 0) && clients.every(({ uploaded }) => uploaded.length > 5);
  await work(clients, period(isEnough));
  assert.deepEqual(faults, []);
  assert.ok(isEnough(), 'nothing was cut off, or all');
  await server.sql(`ALTER DATABASE ${database} RESET ALL`);
  await server.restart();
  await runFailed(server);
  await server.waitForJobs(120_000);
  await server.tryAgain();
  await assertNothingLost(server, clients);
});

test('a disk that is full now and then loses nothing that was answered', { timeout: 300_000 }, async (t) => {
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-disk-'));
  if (!mountDisk(disk, 'size=64m')) return t.skip('this machine lets nobody mount a small disk');
  try {
    const { server, clients, faults } = await begin(path.join(disk, 'media'));
    const isEnough = () => clients.some(({ nRefused }) => nRefused > 0) && clients.some(({ uploaded }) => uploaded.length > 5);
    const goesOn = period(isEnough);
    // another program takes all there is, or nearly, also of what the server leaves free, and gives it back
    const fill = (async () => {
      while (goesOn()) {
        await sleep(Math.random() * 300);
        const fd = fs.openSync(path.join(disk, 'large'), 'w');
        const left = any([0, 0, 4096, 100_000, 1_000_000]);
        try {
          for (let bytes = fs.statfsSync(disk).bavail * 4096 - left; bytes > 0; bytes -= 65_536) fs.writeSync(fd, Buffer.alloc(Math.min(bytes, 65_536)));
        } catch (error) {
          assert.equal(error.code, 'ENOSPC');
        }
        await sleep(Math.random() * 300);
        fs.closeSync(fd);
        fs.rmSync(path.join(disk, 'large'));
      }
    })();
    await work(clients, goesOn);
    await fill;
    assert.deepEqual(faults, []);
    assert.ok(isEnough(), 'nothing was refused, or all');
    await server.restart();
    await runFailed(server);
    await server.waitForJobs(120_000, ['metadataExtraction', 'thumbnailGeneration', 'sidecar', 'storageTemplateMigration', 'backgroundTask']);
    await server.tryAgain();
    await assertNothingLost(server, clients);
    await server.end();
  } finally {
    spawnSync('umount', ['-l', disk]);
    fs.rmdirSync(disk);
  }
});
