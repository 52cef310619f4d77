// 'tintype admin', beside a running server: the made-up library, and the check of kept counts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { before, test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { server } from './harness.mjs';

let admin;

/** Run it on the server's own database and folder. */
function command(...args) {
  const env = Object.fromEntries(
    fs.readFileSync(`/proc/${server.pid}/environ`, 'utf8').split('\0').filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const program = fs.readlinkSync(`/proc/${server.pid}/exe`);
  return spawnSync(program, ['admin', ...args], { env, encoding: 'utf8', timeout: 120_000 });
}

before(async () => {
  await server.start();
  assert.match(command('seed-demo', '--assets', '5').stderr, /there is no admin yet/);
  admin = await server.signUp();
});

test('seed-demo makes a library that can be looked at', async () => {
  const made = command('seed-demo', '--assets', '500', '--years', '2');
  assert.equal(made.status, 0, made.stderr);
  const months = (await server.request('GET', '/timeline/buckets', { as: admin })).expect(200).json;
  const trashed = (await server.request('GET', '/timeline/buckets?isTrashed=true', { as: admin })).expect(200).json;
  const total = [...months, ...trashed].reduce((sum, month) => sum + month.count, 0);
  assert.equal(total, 500);
  assert.ok(months.length >= 23 && months.length <= 26);
  const { timeBucket } = months[5];
  const bucket = (await server.request('GET', `/timeline/bucket?timeBucket=${timeBucket}`, { as: admin })).expect(200).json;
  assert.equal(bucket.id.length, months[5].count);
  for (const size of ['thumbnail', 'preview'])
    (await server.request('GET', `/assets/${bucket.id[0]}/thumbnail?size=${size}`, { as: admin })).expect(200);
  const original = (await server.request('GET', `/assets/${bucket.id[0]}/original`, { as: admin })).expect(200);
  assert.equal(original.headers.get('content-type'), 'image/png');
});

test('check-counts finds what is wrong, and sets it right', async () => {
  const id = (await server.upload(jpeg({ make: 'Canon', model: 'M1' }), 'a.jpg')).expect(201).json.id;
  await server.waitForJobs();
  (await server.request('PUT', `/assets/${id}`, { as: admin, body: { latitude: 48.85, longitude: 2.35 } })).expect(200);
  await server.waitForJobs();
  const made = (await server.request('POST', '/albums', { as: admin, body: { albumName: 'a', assetIds: [id] } })).expect(201).json;
  const read = async () => (await server.request('GET', `/albums/${made.id}`, { as: admin })).expect(200).json.assetCount;
  assert.equal(await read(), 1);
  assert.equal(command('check-counts').status, 0, command('check-counts').stdout);
  await server.sql("UPDATE asset_month SET n_assets = n_assets + 1");
  await server.sql("DELETE FROM asset_usage");
  await server.sql("UPDATE asset_created_day SET n_assets = 7");
  await server.sql("UPDATE users SET quota_usage_bytes = 1");
  await server.sql("UPDATE asset_place SET n_assets = n_assets + 1");
  await server.sql("DELETE FROM asset_camera");
  await server.sql("UPDATE album_summary SET n_assets = 5, last_at = 0");
  const found = command('check-counts');
  assert.equal(found.status, 1);
  for (const name of ['asset_month', 'asset_usage', 'asset_created_day', 'users.quota_usage_bytes', 'asset_place', 'asset_camera', 'album_summary'])
    assert.match(found.stdout, new RegExp(`${name}: \\d+ rows differ\\n`));
  const repaired = command('check-counts', '--repair');
  assert.equal(repaired.status, 0, repaired.stderr);
  assert.equal(command('check-counts').stdout.match(/right/g).length, 7);
  assert.equal(await read(), 1);
  const months = (await server.request('GET', '/timeline/buckets?visibility=timeline&isFavorite=true', { as: admin })).expect(200).json;
  const [[wanted]] = await server.sql("SELECT count(*) FROM asset WHERE is_favorite = 1 AND visibility = 'timeline' AND status = 'active'");
  assert.equal(months.reduce((sum, month) => sum + month.count, 0), Number(wanted));
});

test('wrong arguments are named', () => {
  assert.match(command('seed-demo', '--assets', '0').stderr, /--assets must be 1 to/);
  assert.match(command('seed-demo', '--assets', '1', '--years', '99').stderr, /--years must be 1 to 50/);
  assert.match(command('seed-demo', '--assets', '1', '--user', 'x@y.z').stderr, /no user 'x@y.z'/);
  assert.match(command('fly').stderr, /unknown command 'fly'/);
  assert.equal(command('fly').status, 2);
});
