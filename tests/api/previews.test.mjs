// Pictures and films of each kind that ffmpeg and heif-enc can make: their facts, and previews that show what other
// decoders see, upright. golden.test.mjs does the same with the files of the test data.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { MOST_DIFFERENCE, difference } from './decoders.mjs';
import { server } from './harness.mjs';

const run = promisify(execFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-previews-'));
const CREATED = '2001-02-03T04:05:06.000Z';
let admin, n = 0;

before(async () => {
  admin = await server.signUp();
  const config = (await server.request('GET', '/system-config', { as: admin })).expect(200).json;
  config.ffmpeg.transcode = 'disabled';
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function upload(file, name = path.basename(file)) {
  const reply = await server.upload(fs.readFileSync(file), name, { fileCreatedAt: CREATED, fileModifiedAt: CREATED });
  assert.ok(reply.status === 201 || reply.status === 200, `${name}: ${reply.status} ${reply.text}`); // 200: the same bytes again
  return reply.json.id;
}

/** That the preview shows what another decoder sees. @return the asset */
async function compare(id, file, orientation) {
  const asset = (await server.request('GET', `/assets/${id}`, { as: admin })).expect(200).json;
  const reply = await server.request('GET', `/assets/${id}/thumbnail?size=preview`, { as: admin });
  const name = path.basename(file);
  assert.equal(reply.status, 200, `${name} has no preview: ${asset.processingError}`);
  const differs = await difference(reply.bytes, file, orientation);
  assert.ok(differs <= MOST_DIFFERENCE, `the preview of ${name} differs by ${differs.toFixed(1)}`);
  return asset;
}

// ---- what is made ----

async function ffmpeg(name, source, ...args) {
  const file = path.join(folder, name);
  await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, ...args, '-metadata', `comment=${++n}`, file]);
  return file;
}

const PICTURES = {
  'rgb.png': ['-pix_fmt', 'rgb24'], 'deep.png': ['-pix_fmt', 'rgb48be'], 'grey.png': ['-pix_fmt', 'gray'], 'few.png': ['-pix_fmt', 'pal8'],
  'a.tif': ['-pix_fmt', 'rgb24'], 'packed.tiff': ['-compression_algo', 'lzw'], 'a.bmp': [], 'a.gif': [], 'a.jp2': ['-pix_fmt', 'rgb24'],
  'lossy.webp': ['-c:v', 'libwebp', '-q:v', '90'], 'exact.webp': ['-c:v', 'libwebp', '-lossless', '1'], 'a.jxl': ['-c:v', 'libjxl', '-pix_fmt', 'rgb24'],
  'a.avif': ['-c:v', 'libaom-av1', '-cpu-used', '8', '-still-picture', '1', '-pix_fmt', 'yuv444p', '-crf', '10'],
  'sub.jpg': ['-pix_fmt', 'yuvj420p', '-q:v', '2'], 'whole.jpeg': ['-pix_fmt', 'yuvj444p', '-q:v', '2'], 'grey.jpg': ['-pix_fmt', 'gray', '-q:v', '2'],
};
// in the light and the primaries of cameras and phones that take more than sRGB can say
const SRGB = 'format=gbrp,setparams=color_primaries=bt709:color_trc=iec61966-2-1:colorspace=gbr:range=pc,format=gbrp16';
const light = (way, format) => ['-vf', `${SRGB},zscale=t=linear,format=gbrpf32le,zscale=agamma=0:${way},format=${format}`];
const avif = ['-c:v', 'libaom-av1', '-cpu-used', '8', '-still-picture', '1', '-crf', '10'];
const WIDE = {
  'pq.avif': [...light('t=smpte2084:p=bt2020:m=bt2020nc:r=limited', 'yuv420p10le'), ...avif],
  'hlg.avif': [...light('t=arib-std-b67:p=bt2020:m=bt2020nc:r=limited', 'yuv420p10le'), ...avif],
  'p3.avif': ['-vf', `${SRGB},zscale=p=smpte432:t=iec61966-2-1:m=bt470bg:r=full,format=yuv444p`, ...avif],
  'pq.jxl': [...light('t=smpte2084:p=bt2020:r=full', 'gbrp16,format=rgb48le'), '-c:v', 'libjxl', '-distance', '0.5'],
  'hlg.jxl': [...light('t=arib-std-b67:p=smpte432:r=full', 'gbrp16,format=rgb48le'), '-c:v', 'libjxl', '-distance', '0.5'],
};
const x264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
const mpeg2 = ['-c:v', 'mpeg2video', '-q:v', '2'];
const FILMS = {
  'avc.mp4': x264, 'avc.mov': x264, 'avc.mkv': x264, 'avc.ts': x264, 'avc.mts': [...x264, '-f', 'mpegts'], 'avc.m2ts': x264, 'avc.flv': x264,
  'hevc.mov': ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1'],
  'deep.mp4': ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1'],
  'pq.mov': [...light('t=smpte2084:p=bt2020:m=bt2020nc:r=limited', 'yuv420p10le'), '-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1'],
  'av1.mp4': ['-c:v', 'libaom-av1', '-cpu-used', '8', '-pix_fmt', 'yuv420p'], 'av1.webm': ['-c:v', 'libaom-av1', '-cpu-used', '8', '-pix_fmt', 'yuv420p'],
  'vp8.webm': ['-c:v', 'libvpx', '-b:v', '2M'], 'vp9.webm': ['-c:v', 'libvpx-vp9', '-b:v', '2M', '-deadline', 'realtime'],
  'mpeg4.avi': ['-c:v', 'mpeg4', '-q:v', '2'], 'mpeg4.m4v': ['-c:v', 'mpeg4', '-q:v', '2', '-f', 'mp4'], 'mjpeg.avi': ['-c:v', 'mjpeg', '-q:v', '2'],
  'mjpeg.mov': ['-c:v', 'mjpeg', '-q:v', '2'], 'prores.mov': ['-c:v', 'prores_ks'], 'mpeg2.mpg': mpeg2, 'mpeg2.mpeg': mpeg2, 'mpeg2.vob': mpeg2,
  'mpeg2.mxf': mpeg2, 'wmv2.wmv': ['-c:v', 'wmv2', '-q:v', '2'], 'flv1.flv': ['-c:v', 'flv', '-q:v', '2'],
  'h263.3gp': ['-c:v', 'h263', '-s', '352x288', '-q:v', '2'],
};

// ---- the table ----

test('pictures of each kind show what ffmpeg sees', async () => {
  const rows = [];
  for (const [name, args] of Object.entries({ ...PICTURES, ...WIDE })) rows.push([name, await ffmpeg(name, 'testsrc=size=400x300', ...args, '-frames:v', '1')]);
  const heic = path.join(folder, 'a.heic');
  await run('heif-enc', ['-q', '90', rows[0][1], '-o', heic]);
  rows.push(['a.heic', heic]);
  const ids = [];
  for (const [name, file] of rows) ids.push([name, file, await upload(file, name)]);
  await server.waitForJobs();
  for (const [name, file, id] of ids) {
    const asset = await compare(id, file);
    assert.deepEqual([asset.type, asset.width, asset.height], ['IMAGE', 400, 300], name);
  }
});

test('a photo is upright whichever way the camera was held', async () => {
  const plain = await ffmpeg('plain.jpg', 'testsrc=size=400x300', '-frames:v', '1', '-q:v', '2', '-pix_fmt', 'yuvj420p');
  const ids = [];
  for (let orientation = 1; orientation <= 8; orientation++) {
    const file = path.join(folder, `turned-${orientation}.jpg`);
    await run('exiftool', ['-q', '-n', `-Orientation=${orientation}`, '-o', file, plain]);
    ids.push([orientation, file, await upload(file)]);
  }
  await server.waitForJobs();
  for (const [orientation, file, id] of ids) {
    const asset = await compare(id, file, orientation);
    assert.equal(asset.exifInfo.orientation, `${orientation}`);
    assert.deepEqual([asset.width, asset.height], orientation < 5 ? [400, 300] : [300, 400]);
  }
});

test('films of each codec and container show what ffmpeg sees', { timeout: 300_000 }, async () => {
  const ids = [];
  // all frames are alike, so that it does not matter which one is taken
  for (const [name, args] of Object.entries(FILMS)) {
    const file = await ffmpeg(name, 'smptebars=size=320x240:rate=25:duration=1', ...args);
    ids.push([name, file, await upload(file, name)]);
  }
  await server.waitForJobs();
  for (const [name, file, id] of ids) {
    const asset = await compare(id, file);
    assert.deepEqual([asset.type, asset.width, asset.height], ['VIDEO', ...(name === 'h263.3gp' ? [384, 288] : [320, 240])], name); // its pixels are not square
    assert.ok(Math.abs(asset.duration - 1000) <= 250, `${name} lasts ${asset.duration} ms`);
  }
});

test('a film is upright whichever way the phone was held', async () => {
  const ids = [];
  for (const angle of [90, 180, 270])
    for (const suffix of ['mp4', 'mov']) {
      const plain = await ffmpeg(`plain-${angle}.${suffix}`, 'smptebars=size=320x240:rate=25:duration=1', ...x264);
      const file = path.join(folder, `turned-${angle}.${suffix}`);
      await run('ffmpeg', ['-v', 'error', '-i', plain, '-c', 'copy', '-metadata:s:v:0', `rotate=${angle}`, file]);
      ids.push([angle, file, await upload(file)]);
    }
  await server.waitForJobs();
  for (const [angle, file, id] of ids) {
    const asset = await compare(id, file);
    assert.deepEqual([asset.width, asset.height], angle === 180 ? [320, 240] : [240, 320], path.basename(file));
  }
});
