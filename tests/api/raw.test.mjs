// Camera raw files: developed, shown by what the camera made of them, edited, or told to be broken; and what
// editors save, BMP and Photoshop files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { dng, ffmpeg } from './fixtures.mjs';
import { server } from './harness.mjs';

const call = (method, where, body, as) => server.request(method, where, { as, body });

async function add(user, bytes, name) {
  const { id } = (await server.upload(bytes, name, {}, { as: user })).expect(201).json;
  await server.waitForJobs();
  return (await call('GET', `/assets/${id}`, undefined, user)).expect(200).json;
}

/** The mean colour of what is shown. */
async function colour(id, query, user) {
  const { bytes } = (await call('GET', `/assets/${id}/thumbnail?${query}`, undefined, user)).expect(200);
  return [...execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-vf', 'scale=1:1:flags=area', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
    { input: bytes })];
}
const isGrey = ([r, g, b]) => Math.abs(r - g) < 12 && Math.abs(g - b) < 12;

test('a raw file is developed, upright', async () => {
  const user = await server.newUser();
  const asset = await add(user, dng(320, 240, { orientation: 6 }), 'a.DNG');
  assert.deepEqual([asset.type, asset.width, asset.height], ['IMAGE', 240, 320]);
  assert.ok(asset.thumbhash);
  assert.equal(asset.exifInfo.make, 'Tintype');
  assert.deepEqual([asset.exifInfo.exifImageWidth, asset.exifInfo.exifImageHeight, asset.exifInfo.orientation], [320, 240, '6']);
  for (const size of ['thumbnail', 'preview', 'fullsize']) assert.ok(isGrey(await colour(asset.id, `size=${size}`, user)), size);
  const edits = [{ action: 'crop', parameters: { x: 0, y: 0, width: 240, height: 100 } }];
  (await call('PUT', `/assets/${asset.id}/edits`, { edits }, user)).expect(200);
  await server.waitForJobs();
  const edited = (await call('GET', `/assets/${asset.id}`, undefined, user)).json;
  assert.deepEqual([edited.width, edited.height], [240, 100]);
});

test('what the camera made of it is shown when the config says so', async () => {
  const admin = await server.signUp();
  const user = await server.newUser();
  const inside = { width: 160, height: 120, bytes: Buffer.from(ffmpeg('a.jpg', '160x120', '-vf', 'drawbox=c=red:t=fill', '-frames:v', '1')) };
  const before = (await call('GET', '/system-config', undefined, admin)).expect(200).json;
  const set = async (extractEmbedded, size) => {
    const image = { ...before.image, extractEmbedded, preview: { ...before.image.preview, size } };
    (await call('PUT', '/system-config', { ...before, image }, admin)).expect(200);
  };
  const show = async () => (await add(user, dng(320, 240, { inside }), 'a.dng'));
  const isRed = ([r, g, b]) => r > 150 && g < 100 && b < 100;
  await set(true, 120);
  const shown = await show();
  assert.ok(isRed(await colour(shown.id, 'size=preview', user)));
  assert.deepEqual([shown.width, shown.height], [320, 240]);
  await set(true, 121);
  assert.ok(isGrey(await colour((await show()).id, 'size=preview', user)));
  await set(false, 120);
  assert.ok(isGrey(await colour((await show()).id, 'size=preview', user)));
  (await call('PUT', '/system-config', before, admin)).expect(200);
});

test('a broken raw file says why it is not shown', async () => {
  const user = await server.newUser();
  const whole = dng(320, 240);
  for (const [bytes, name, why] of [
    [whole.subarray(0, whole.length / 2), 'a.dng', 'the camera raw file ends after .* bytes, before the picture is complete'],
    [Buffer.alloc(5000, 0xa5), 'a.cr2', 'the file is no camera raw file of a kind that can be decoded'],
    [Buffer.concat([Buffer.from('FUJIFILMCCD-RAW '), Buffer.alloc(9000, 7)]), 'a.raf', '.'],
    [Buffer.from('Dear diary'), 'a.nef', 'the file is text, not a picture'],
  ]) {
    const { id } = await add(user, bytes, name);
    (await call('GET', `/assets/${id}/thumbnail`, undefined, user)).expect(404);
    const [[reason]] = await server.sql(`SELECT processing_error FROM asset WHERE id = '${id}'`);
    assert.match(reason, new RegExp(why), name);
  }
});

/** A Photoshop file of one colour: header, three empty sections, then the channels as they are. */
function psd(width, height, rgb) {
  const head = Buffer.alloc(26 + 12 + 2);
  head.write('8BPS\0\x01', 'latin1');
  head.writeUInt16BE(3, 12); // channels
  head.writeUInt32BE(height, 14);
  head.writeUInt32BE(width, 18);
  head.writeUInt16BE(8, 22);
  head.writeUInt16BE(3, 24); // RGB
  return Buffer.concat([head, ...rgb.map((value) => Buffer.alloc(width * height, value))]);
}

test('BMP and Photoshop files are shown and can be edited', async () => {
  const user = await server.newUser();
  const bmp = ffmpeg('a.bmp', '320x240', '-vf', 'drawbox=c=0x102040:t=fill', '-frames:v', '1');
  for (const [bytes, name] of [[bmp, 'a.bmp'], [psd(320, 240, [0x10, 0x20, 0x40]), 'a.psd']]) {
    const asset = await add(user, bytes, name);
    assert.deepEqual([asset.type, asset.width, asset.height, asset.processingError], ['IMAGE', 320, 240, null], name);
    for (const size of ['thumbnail', 'preview'])
      (await colour(asset.id, `size=${size}`, user)).forEach((value, i) =>
        assert.ok(Math.abs(value - [0x10, 0x20, 0x40][i]) < 12, `${name} ${size} ${i}: ${value}`));
    const edits = [{ action: 'rotate', parameters: { angle: 90 } }];
    (await call('PUT', `/assets/${asset.id}/edits`, { edits }, user)).expect(200);
    await server.waitForJobs();
    const edited = (await call('GET', `/assets/${asset.id}`, undefined, user)).json;
    assert.deepEqual([edited.width, edited.height], [240, 320], name);
  }
});
