// decoders.mjs -- what decoders that are not ours see in a picture or film: ffmpeg, and heif-convert for HEIC
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SIDE = 64;

/** How much a preview may differ from what another decoder sees, of 255: the root of the mean square over all pixels
 *  and colours of both, reduced to 64 x 64. Encoders of quality 80 and another grid of colours make 1 to 4; a wrong
 *  turn, mirror, colour matrix or range makes 15 and more. */
export const MOST_DIFFERENCE = 6;

/** What ffmpeg does to turn a picture of each Exif orientation upright. */
const TURNS = ['', '', 'hflip,', 'hflip,vflip,', 'vflip,', 'transpose=0,', 'transpose=1,', 'transpose=3,', 'transpose=2,'];

/** What makes sRGB of a file that says it is something else; HDR by ffmpeg's own filters, to the curve that we use. */
async function toSrgb(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=color_transfer,color_primaries', '-of', 'json', file]);
  const { color_transfer: transfer, color_primaries: primaries = 'bt709' } = JSON.parse(stdout).streams[0];
  if (['smpte2084', 'arib-std-b67'].includes(transfer))
    return 'zscale=agamma=0:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0:peak=10,zscale=t=iec61966-2-1:r=full,format=gbrp,';
  return ['bt2020', 'smpte432'].includes(primaries) ? 'zscale=p=bt709,' : '';
}

async function pixels(file, turn, input) {
  const colours = 'scale=flags=bilinear+full_chroma_int+full_chroma_inp+accurate_rnd,format=rgb24';
  const { stdout } = await run('ffmpeg', ['-v', 'error', ...input, '-i', file, '-frames:v', '1',
    '-vf', `${turn}${await toSrgb(file)}${colours},scale=${SIDE}:${SIDE}:flags=area`, '-f', 'rawvideo', '-'], { encoding: 'buffer', maxBuffer: 1 << 24 });
  assert.equal(stdout.length, SIDE * SIDE * 3, `ffmpeg does not read ${file}`);
  return stdout;
}

/** The first picture of a file, upright. @param orientation  of its Exif; films and HEIC are turned as they say */
async function see(file, orientation = 1) {
  if (!/\.hei[cf]$/i.test(file)) return pixels(file, TURNS[orientation], orientation > 1 ? ['-noautorotate'] : []);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-heif-'));
  try {
    await run('heif-convert', [file, path.join(folder, 'a.png')]); // of several pictures, a-1.png and so on
    return await pixels(path.join(folder, fs.readdirSync(folder).sort()[0]), '', []);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** @param preview  bytes of a JPEG or WebP  @return how much it differs from what another decoder sees in @file */
export async function difference(preview, file, orientation) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-preview-'));
  try {
    const [wide, ours] = ['preview', 'preview.png'].map((name) => path.join(folder, name));
    fs.writeFileSync(wide, preview); // some are in Display P3, as their profile says
    await run('vips', ['icc_transform', wide, ours, 'srgb', '--embedded']);
    const [a, b] = [await pixels(ours, '', []), await see(file, orientation)];
    return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
