// fixtures.mjs -- tiny files for tests, made when they are needed
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';

/** A grey picture of 16x16 pixels. */
const GREY_JPEG = Buffer.from(
  '/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/wAALCAAQ' +
  'ABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJx' +
  'FDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJ' +
  'ipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APP6' +
  'KKK//9k=', 'base64');

let serial = 0;

const u16 = (value) => { const b = Buffer.alloc(2); b.writeUInt16LE(value); return b; };
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32LE(value); return b; };

/** A TIFF directory at @param offset, followed by what does not fit into its entries. */
function directory(offset, entries) {
  const head = [u16(entries.length)];
  const tail = [];
  let at = offset + 2 + entries.length * 12 + 4;
  for (const [tag, type, count, value] of entries) {
    head.push(u16(tag), u16(type), u32(count));
    if (value.length <= 4) {
      head.push(Buffer.concat([value, Buffer.alloc(4 - value.length)]));
    } else {
      head.push(u32(at));
      tail.push(value);
      at += value.length;
    }
  }
  return Buffer.concat([...head, u32(0), ...tail]);
}

const ascii = (tag, text) => [tag, 2, text.length + 1, Buffer.from(`${text}\0`, 'latin1')];
const rationals = (tag, numbers) =>
  [tag, 5, numbers.length, Buffer.concat(numbers.flatMap((n) => [u32(Math.round(n * 10000)), u32(10000)]))];

function gps([latitude, longitude]) {
  const parts = (n) => {
    const all = Math.abs(n);
    const minutes = (all % 1) * 60;
    return [Math.floor(all), Math.floor(minutes), (minutes % 1) * 60];
  };
  return [ascii(1, latitude < 0 ? 'S' : 'N'), rationals(2, parts(latitude)), ascii(3, longitude < 0 ? 'W' : 'E'),
    rationals(4, parts(longitude))];
}

/** Apple's maker note with a live photo's content identifier; its numbers are big-endian. */
function appleNote(contentId) {
  const text = Buffer.from(`${contentId}\0`, 'latin1');
  const head = Buffer.alloc(14 + 2 + 12 + 4);
  head.write('Apple iOS\0\0\x01MM', 0, 'latin1');
  head.writeUInt16BE(1, 14);
  head.writeUInt16BE(0x11, 16);
  head.writeUInt16BE(2, 18);
  head.writeUInt32BE(text.length, 20);
  head.writeUInt32BE(head.length, 24);
  return Buffer.concat([head, text]);
}

/** An APP1 segment. exif: make, model, orientation, date ('2001:06:09 15:17:32'), offset, position,
 *  contentId (of a live photo, with make 'Apple'). */
function app1(exif) {
  const build = (subAt, gpsAt) => directory(8, [
    ...(exif.make ? [ascii(0x10f, exif.make)] : []),
    ...(exif.model ? [ascii(0x110, exif.model)] : []),
    ...(exif.orientation ? [[0x112, 3, 1, u16(exif.orientation)]] : []),
    [0x8769, 4, 1, u32(subAt)],
    ...(exif.position ? [[0x8825, 4, 1, u32(gpsAt)]] : []),
  ]);
  const sub = (at) => directory(at, [
    ...(exif.date ? [ascii(0x9003, exif.date)] : []),
    ...(exif.offset ? [ascii(0x9011, exif.offset)] : []),
    ...(exif.contentId ? [[0x927c, 7, appleNote(exif.contentId).length, appleNote(exif.contentId)]] : []),
  ]);
  const subAt = 8 + build(0, 0).length;
  const gpsAt = subAt + sub(subAt).length;
  const tiff = Buffer.concat([Buffer.from('II*\0'), u32(8), build(subAt, gpsAt), sub(subAt),
    exif.position ? directory(gpsAt, gps(exif.position)) : Buffer.alloc(0)]);
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(body.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xe1]), size, body]);
}

/** A JPEG, each one with other bytes; of 16x16 unless @param base is another one. @param exif  see app1 () */
export function jpeg(exif, base = GREY_JPEG) {
  const comment = Buffer.from(`number ${++serial} of ${process.pid}`);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(comment.length + 2);
  return Buffer.concat([base.subarray(0, 2), exif ? app1(exif) : Buffer.alloc(0),
    Buffer.from([0xff, 0xfe]), size, comment, base.subarray(2)]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4 + body.length);
  return out;
}

/** A JPEG with these XMP properties, in a segment of their own. */
export function withXmp(picture, attributes, inside = '') {
  const packet = Buffer.from('http://ns.adobe.com/xap/1.0/\0' +
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"' +
    ' xmlns:Container="http://ns.google.com/photos/1.0/container/"' +
    ` xmlns:Item="http://ns.google.com/photos/1.0/container/item/" ${attributes}>${inside}</rdf:Description></rdf:RDF></x:xmpmeta>`);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(packet.length + 2);
  return Buffer.concat([picture.subarray(0, 2), Buffer.from([0xff, 0xe1]), size, packet, picture.subarray(2)]);
}

/** A motion photo that holds this video. */
export const motionPhoto = (bytes, exif) =>
  Buffer.concat([withXmp(jpeg(exif), `GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${bytes.length}"`), bytes]);

/** A PNG of one colour that differs from call to call. */
export function png(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  serial++;
  const row = Buffer.concat([Buffer.from([0]),
    Buffer.from(Array.from({ length: width }, () => [serial & 255, serial >> 8, 99]).flat())]);
  const pixels = zlib.deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', head),
    chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** An uncompressed TIFF of 8-bit RGB, which browsers do not show. */
export function tiff(width, height) {
  const pixels = Buffer.alloc(width * height * 3, ++serial & 255);
  const entries = (at) => [[256, 3, 1, u16(width)], [257, 3, 1, u16(height)],
    [258, 3, 3, Buffer.concat([u16(8), u16(8), u16(8)])], [259, 3, 1, u16(1)], [262, 3, 1, u16(2)],
    [273, 4, 1, u32(at)], [277, 3, 1, u16(3)], [278, 3, 1, u16(height)], [279, 4, 1, u32(pixels.length)]];
  const at = 8 + directory(8, entries(0)).length;
  return Buffer.concat([Buffer.from('II*\0'), u32(8), directory(8, entries(at)), pixels]);
}

/** A camera raw file (DNG) of one grey, turned by @param orientation; @param inside  a JPEG in it, or nothing. */
export function dng(width, height, { orientation = 1, inside, make = 'Tintype' } = {}) {
  const pixels = Buffer.alloc(width * height * 2, 0x40);
  const srationals = (tag, numbers) => [tag, 10, numbers.length,
    Buffer.concat(numbers.flatMap((n) => [u32(Math.round(n * 10000) >>> 0), u32(10000)]))];
  const main = (insideAt, pixelsAt) => directory(8, [
    [254, 4, 1, u32(0)], [256, 4, 1, u32(width)], [257, 4, 1, u32(height)], [258, 3, 1, u16(16)], [259, 3, 1, u16(1)],
    [262, 3, 1, u16(32803)], ascii(271, make), ascii(272, 'Box one'), [273, 4, 1, u32(pixelsAt)], [274, 3, 1, u16(orientation)],
    [277, 3, 1, u16(1)], [278, 4, 1, u32(height)], [279, 4, 1, u32(pixels.length)],
    ...(inside ? [[330, 4, 1, u32(insideAt)]] : []),
    [33421, 3, 2, Buffer.concat([u16(2), u16(2)])], [33422, 1, 4, Buffer.from([0, 1, 1, 2])],
    [50706, 1, 4, Buffer.from([1, 4, 0, 0])], ascii(50708, `Tintype ${++serial}`), [50717, 4, 1, u32(65535)],
    srationals(50721, [3.2405, -1.5371, -0.4985, -0.9693, 1.876, 0.0416, 0.0556, -0.204, 1.0572]),
    rationals(50728, [1, 1, 1]), [50778, 3, 1, u16(21)],
  ]);
  const second = (at, jpegAt) => (inside ? directory(at, [[254, 4, 1, u32(1)], [256, 4, 1, u32(inside.width)],
    [257, 4, 1, u32(inside.height)], [258, 3, 1, u16(8)], [259, 3, 1, u16(7)], [262, 3, 1, u16(6)], [273, 4, 1, u32(jpegAt)],
    [277, 3, 1, u16(3)], [279, 4, 1, u32(inside.bytes.length)]]) : Buffer.alloc(0));
  const secondAt = 8 + main(0, 0).length;
  const jpegAt = secondAt + second(0, 0).length;
  const pixelsAt = jpegAt + (inside?.bytes.length ?? 0);
  return Buffer.concat([Buffer.from('II*\0'), u32(8), main(secondAt, pixelsAt), second(secondAt, jpegAt),
    inside?.bytes ?? Buffer.alloc(0), pixels]);
}

/** A picture or film that ffmpeg makes; @param args  of ffmpeg after its input 'testsrc'. */
export function ffmpeg(name, size, ...args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-fixture-'));
  try {
    const file = path.join(folder, name);
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=${size}:duration=1:rate=5`,
      ...args, file]);
    return fs.readFileSync(file);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

export const sha1 = (bytes, encoding = 'hex') => createHash('sha1').update(bytes).digest(encoding);

/** All below a folder, [relative path, entry], also while it is being deleted: what has gone is not there. */
export function* entriesBelow(folder, at = '') {
  let entries;
  try {
    entries = fs.readdirSync(path.join(folder, at), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries) {
    const below = path.join(at, entry.name);
    yield [below, entry];
    if (entry.isDirectory()) yield* entriesBelow(folder, below);
  }
}

/** The files below a folder that a user's upload may leave there: relative paths. */
export const filesBelow = (folder) => [...entriesBelow(folder)]
  .filter(([, entry]) => !entry.isDirectory() && !['.immich', '.tintype'].includes(entry.name)).map(([below]) => below);

/** A PNG whose head claims a picture of any size, and whose pixels (all of them black) are really there
 *  but take a thousandth of the room: what a decoder must not simply believe. 8 bits a sample, RGB. */
export function pngBomb(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const nBytes = height * (1 + width * 3);
  const block = 1024 * 1024;
  const deflate = (n, finishFlush) => zlib.deflateRawSync(Buffer.alloc(n), { level: 9, finishFlush });
  const whole = deflate(block, zlib.constants.Z_FULL_FLUSH);
  const adler = Buffer.alloc(4); // of n zeros: a is 1, b is n
  adler.writeUInt32BE((((nBytes % 65521) << 16) | 1) >>> 0);
  const pixels = Buffer.concat([Buffer.from([0x78, 0xda]),
    ...Array.from({ length: Math.floor(nBytes / block) }, () => whole),
    deflate(nBytes % block, zlib.constants.Z_FINISH), adler]);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', head),
    chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** Mount a small disk on a folder. @return false where the machine forbids it; any other failure is one of the test */
export function mountDisk(folder, options) {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
    return true;
  } catch (error) {
    if (!/permission denied|not permitted|superuser/i.test(`${error.stderr}`)) throw error;
    return false;
  }
}
