// Pictures that move (GIF, WebP, AVIF, PNG), and files that are called .gif whatever they are: each gets a
// still preview that shows something, and none of them takes the server's time or memory.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { server } from './harness.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-animations-'));
let admin, n = 0;

after(() => fs.rmSync(folder, { recursive: true, force: true }));
before(async () => {
  admin = await server.signUp();
});

/** Half a second of black, then colours. */
function make(extension, args, start = 0.5) {
  const file = path.join(folder, `${++n}.${extension}`);
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `color=black:s=320x240:r=10:d=${Math.max(start, 0.1)}`,
    '-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=10:d=1', '-filter_complex',
    start > 0 ? '[0][1]concat=n=2' : '[1]null', ...args, file]);
  return fs.readFileSync(file);
}

async function upload(bytes, name) {
  const { id } = (await server.upload(bytes, name, {})).expect(201).json;
  await server.waitForJobs();
  return (await server.request('GET', `/assets/${id}`, { as: admin })).expect(200).json;
}

/** How much the preview differs from one colour, of 255; and its size. */
async function preview(id) {
  const { bytes } = (await server.request('GET', `/assets/${id}/thumbnail?size=preview`, { as: admin })).expect(200);
  const file = path.join(folder, `preview-${++n}.jpg`);
  fs.writeFileSync(file, bytes);
  const pixels = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', 'scale=32:24', '-f', 'rawvideo', '-pix_fmt', 'gray', '-']);
  return Math.max(...pixels) - Math.min(...pixels);
}

for (const [name, args] of Object.entries({
  gif: ['-f', 'gif'], webp: ['-c:v', 'libwebp_anim'], avif: ['-c:v', 'libaom-av1', '-cpu-used', '8', '-f', 'avif'], png: ['-f', 'apng'],
})) {
  test(`a moving picture of the kind ${name} has a preview`, async () => {
    // of all but GIF the first picture counts, as clients expect it
    const asset = await upload(make(name, args, name === 'gif' ? 0.5 : 0), `moving.${name}`);
    assert.deepEqual([asset.type, asset.width, asset.height], ['IMAGE', 320, 240]);
    assert.ok(asset.thumbhash);
    assert.ok(await preview(asset.id) > 100);
  });
}

test('a name that ends in .gif may hold any picture, and a film', async () => {
  for (const [what, bytes] of [['PNG', make('png', ['-frames:v', '1'], 0)], ['JPEG', make('jpg', ['-frames:v', '1'], 0)],
    ['MP4', make('mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'])]]) {
    const asset = await upload(bytes, `${what}.GIF`);
    assert.equal(asset.type, 'IMAGE');
    assert.ok(await preview(asset.id) > 100, what);
  }
});

test('a .gif that is nothing is kept, and says why it has no preview', async () => {
  const asset = await upload(Buffer.from('no picture at all'), 'text.gif');
  (await server.request('GET', `/assets/${asset.id}/thumbnail`, { as: admin })).expect(404);
  const [[why]] = await server.sql(`SELECT processing_error FROM asset WHERE id = '${asset.id}'`);
  assert.match(why, /text, not a picture/);
});

test('a GIF of 10,000 pictures is one preview', async () => {
  const still = make('gif', ['-s', '64x48', '-frames:v', '1', '-f', 'gif'], 0);
  // all between the colours and the end, once more and once more
  const begin = still.indexOf(Buffer.from([0x21, 0xf9]));
  const head = still.subarray(0, begin), frame = still.subarray(begin, still.length - 1);
  const asset = await upload(Buffer.concat([head, ...Array(10_000).fill(frame), Buffer.from(';')]), 'long.gif');
  assert.ok(await preview(asset.id) > 100);
});
