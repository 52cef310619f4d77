// The golden table: what becomes of every file of the test data, from its bytes to what clients are told, as
// golden.tsv has it. A change of a decoder, of a reader of metadata or of a rule shows here. After one that is
// meant, TINTYPE_WRITE_GOLDEN=1 writes the table anew; its difference is what to look at. The previews of pictures
// are held against what other decoders see.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MOST_DIFFERENCE, difference } from './decoders.mjs';
import { server } from './harness.mjs';

const testData = process.env.TINTYPE_TESTDATA ?? new URL('../../../shared/testdata', import.meta.url).pathname;
const table = fileURLToPath(new URL('golden.tsv', import.meta.url));
const COLUMNS = ['file', 'type', 'width', 'height', 'orientation', 'duration', 'preview', 'thumbnail', 'thumbhash',
  'fileCreatedAt', 'localDateTime', 'timeZone', 'motion', 'error'];
const NOT_MEDIA = /\.(csv|json|md|xmp)$|README$/i;
const PICTURE = /\.(jpe?g|png|webp|avif|jxl|heic)$/i; // of a film it is not known which frame was taken
const CREATED = '2001-02-03T04:05:06.000Z'; // of what has no date of its own

/** Width and height of a JPEG or WebP as we write them. */
function sizeOf(bytes) {
  if (bytes.subarray(8, 12).toString() === 'WEBP') {
    const kind = bytes.subarray(12, 16).toString();
    if (kind === 'VP8 ') return `${bytes.readUInt16LE(26) & 0x3fff}x${bytes.readUInt16LE(28) & 0x3fff}`;
    if (kind === 'VP8X') return `${bytes.readUIntLE(24, 3) + 1}x${bytes.readUIntLE(27, 3) + 1}`;
    const bits = bytes.readUInt32LE(21);
    return `${(bits & 0x3fff) + 1}x${((bits >> 14) & 0x3fff) + 1}`;
  }
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xc2) return `${bytes.readUInt16BE(at + 7)}x${bytes.readUInt16BE(at + 5)}`;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  throw new Error('neither JPEG nor WebP');
}

function files(folder, below = '') {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) return files(folder, name);
    return entry.isFile() && !NOT_MEDIA.test(entry.name) ? [name] : [];
  }).sort();
}

async function rendition(admin, id, size) {
  const reply = await server.request('GET', `/assets/${id}/thumbnail?size=${size}`, { as: admin });
  return reply.status === 200 ? sizeOf(reply.bytes) : '-';
}

async function row(admin, file, id, error) {
  const asset = (await server.request('GET', `/assets/${id}`, { as: admin })).expect(200).json;
  const values = [file, asset.type, asset.width, asset.height, asset.exifInfo.orientation, asset.duration,
    await rendition(admin, id, 'preview'), await rendition(admin, id, 'thumbnail'), asset.thumbhash ? 'yes' : 'no',
    asset.fileCreatedAt, asset.localDateTime, asset.exifInfo.timeZone, asset.livePhotoVideoId ? 'yes' : 'no', error];
  return values.map((value) => value ?? '-').join('\t');
}

test('every file of the test data becomes what the golden table says', { timeout: 800_000 }, async (t) => {
  if (!fs.existsSync(testData)) return t.skip(`there is no test data in '${testData}'`);
  const admin = await server.signUp();
  // copies of videos are another test's business
  const config = (await server.request('GET', '/system-config', { as: admin })).expect(200).json;
  config.ffmpeg.transcode = 'disabled';
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  const ids = new Map();
  const rows = [];

  for (const file of files(testData)) {
    const bytes = fs.readFileSync(path.join(testData, file));
    const reply = await server.upload(bytes, path.basename(file), { fileCreatedAt: CREATED, fileModifiedAt: CREATED });
    if (reply.status === 201 || reply.status === 200) ids.set(file, reply.json.id);
    else rows.push([file, `refused with ${reply.status}`].join('\t'));
    if (ids.size % 8 === 0) await server.waitForJobs();
  }
  await server.waitForJobs();
  const errors = new Map(await server.sql("SELECT id, CASE WHEN processing_error IS NULL THEN 'no' ELSE 'yes' END FROM asset"));
  for (const [file, id] of ids) rows.push(await row(admin, file, id, errors.get(id)));
  const now = [COLUMNS.join('\t'), ...rows.sort()];
  if (process.env.TINTYPE_WRITE_GOLDEN) fs.writeFileSync(table, `${now.join('\n')}\n`);
  const golden = fs.readFileSync(table, 'utf8').trimEnd().split('\n');
  assert.ok(golden.length > 60, 'the table is not empty');
  assert.deepEqual(now, golden);

  const orientations = new Map(await server.sql('SELECT asset_id, orientation FROM asset_exif'));
  const wrong = [];
  for (const [file, id] of ids) {
    const reply = await server.request('GET', `/assets/${id}/thumbnail?size=preview`, { as: admin });
    if (!PICTURE.test(file) || reply.status !== 200) continue;
    const differs = await difference(reply.bytes, path.join(testData, file), Number(orientations.get(id) || 1));
    if (differs > MOST_DIFFERENCE) wrong.push(`${file}: ${differs.toFixed(1)}`);
  }
  assert.deepEqual(wrong, [], 'the preview shows something else than other decoders see');
  return undefined;
});
