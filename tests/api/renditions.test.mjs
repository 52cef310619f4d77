// A changed size or format in the config makes what was made before stale: it counts as missing.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { filesBelow, png } from './fixtures.mjs';
import { server } from './harness.mjs';

const call = async (method, where, body) => server.request(method, where, { as: await server.signUp(), body });

async function setImage(change) {
  const config = (await call('GET', '/system-config')).expect(200).json;
  change(config.image);
  (await call('PUT', '/system-config', config)).expect(200);
}

async function makeMissing() {
  (await call('PUT', '/jobs/thumbnailGeneration', { command: 'start', force: false })).expect(200);
  await server.waitForJobs();
}

const files = async (id) => Object.fromEntries((await server.sql(
  `SELECT type, path, size_px, updated_at FROM asset_file WHERE asset_id = '${id}' AND is_edited = 0`))
  .map(([type, file, size, at]) => [type, { file: path.basename(file), size: Number(size), at }]));

test('renditions of another size or format than the config wants are made again', async () => {
  const id = (await server.upload(png(400, 300), 'a.png')).expect(201).json.id;
  await server.waitForJobs();
  const first = await files(id);
  assert.deepEqual([first.preview.size, first.thumbnail.size], [1440, 250]);
  await makeMissing();
  assert.deepEqual(await files(id), first, 'nothing is made without a reason');

  await setImage((image) => {
    image.preview.size = 100;
  });
  assert.deepEqual(await files(id), first, 'a save alone starts nothing');
  await makeMissing();
  const smaller = await files(id);
  assert.equal(smaller.preview.size, 100);
  const jpeg = (await call('GET', `/assets/${id}/thumbnail?size=preview`)).expect(200).bytes;
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  assert.deepEqual([jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)], [133, 100]);
  await makeMissing();
  assert.deepEqual(await files(id), smaller);

  await setImage((image) => {
    image.preview.format = 'webp';
    image.preview.quality = 50;
  });
  await makeMissing();
  const other = await files(id);
  assert.equal(other.preview.file, `${id}_preview.webp`);
  assert.equal((await call('GET', `/assets/${id}/thumbnail?size=preview`)).expect(200).headers.get('content-type'), 'image/webp');
  assert.ok(!filesBelow(path.join(server.media, 'thumbs')).some((file) => file.endsWith('_preview.jpeg')), 'the old one went');
  await setImage((image) => {
    image.preview.quality = 60;
  });
  await makeMissing();
  assert.deepEqual(await files(id), other, 'another quality is no reason');
});
