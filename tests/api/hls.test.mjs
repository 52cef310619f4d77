// Videos in segments that are made while they are watched: playlists, playing, seeking, limits, the end.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { entriesBelow, mountDisk } from './fixtures.mjs';
import { server, sleep } from './harness.mjs';

const run = promisify(execFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-hls-'));
const fields = { fileCreatedAt: '2024-01-02T03:04:05.000Z', fileModifiedAt: '2024-01-02T03:04:05.000Z' };
let admin, key, n = 0;

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A file that ffmpeg makes; each one differs. */
function make(name, args, { seconds = 7.3, size = '320x180', rate = 30, sound = true } = {}) {
  const file = path.join(folder, `${++n}-${name}`);
  execFileSync('ffmpeg', ['-v', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`,
    ...(sound ? ['-f', 'lavfi', '-i', `sine=f=${400 + n}:d=${seconds}`] : []),
    '-metadata', `comment=${n}`, ...args, file]);
  return file;
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

/** A segment that a busy machine did not make in time is asked for again, as players do. */
async function get(where, options = {}) {
  for (let attempt = 1; ; attempt++) {
    const reply = await server.request('GET', where, { as: admin, ...options });
    if (reply.status !== 503 || attempt === 10 || !/not ready in time/.test(reply.text)) return reply;
  }
}

const stream = (id) => `/assets/${id}/video/stream`;
const main = (id) => `${stream(id)}/main.m3u8`;

async function upload(file) {
  const { id } = (await server.upload(fs.readFileSync(file), path.basename(file), fields)).expect(201).json;
  await server.waitForJobs();
  return id;
}

async function configure(changes) {
  const config = (await get('/system-config')).expect(200).json;
  Object.assign(config.ffmpeg.realtime, changes.realtime ?? {});
  Object.assign(config.ffmpeg, { ...changes, realtime: config.ffmpeg.realtime });
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
}

/** The lines of a main playlist: [{ attributes, uri, base }]. */
async function open(id, options, query = '') {
  const reply = (await get(main(id) + query, options)).expect(200);
  assert.equal(reply.headers.get('content-type'), 'application/vnd.apple.mpegurl');
  assert.equal(reply.headers.get('cache-control'), 'no-cache');
  assert.ok(reply.text.endsWith('\n'));
  const lines = reply.text.trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 3), ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS']);
  const variants = [];
  for (let i = 3; i < lines.length; i += 2) {
    assert.match(lines[i], /^#EXT-X-STREAM-INF:/);
    const attributes = Object.fromEntries(
      [...lines[i].matchAll(/([A-Z-]+)=("[^"]*"|[^,]*)/g)].map(([, name, value]) => [name, value.replaceAll('"', '')]));
    const base = `${stream(id)}/${lines[i + 1].replace(/playlist\.m3u8.*$/, '')}`;
    variants.push({ attributes, uri: `${stream(id)}/${lines[i + 1]}`, base, session: lines[i + 1].split('/')[0] });
  }
  return variants;
}

/** The segments of a media playlist: [{ seconds, uri }]. */
async function segments(variant, options) {
  const { text } = (await get(variant.uri, options)).expect(200);
  const found = [...text.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)];
  assert.ok(text.endsWith('#EXT-X-ENDLIST\n'));
  return found.map(([, seconds, uri]) => ({ seconds: Number(seconds), uri: variant.base + uri }));
}

/** What ffmpeg sees when it plays an address: it decodes all, and fails at the first fault. On a machine with
 *  much else to do a segment may take longer than the server waits; then the player tries again. */
async function play(where, options) {
  for (let attempt = 1; ; attempt++) {
    const played = await playOnce(where, options);
    if (attempt === 5 || !/503 Service Unavailable/.test(played.stderr)) return played;
  }
}

async function playOnce(where, { credential = `x-api-key: ${key}\r\n` } = {}) {
  const out = path.join(folder, `played-${++n}.txt`);
  const { stderr } = await run('ffmpeg', ['-v', 'warning', '-xerror', '-nostdin',
    ...(credential ? ['-headers', credential] : []),
    '-i', `${server.base}/api${where}`, '-map', '0:v', '-map', '0:a?', '-f', 'framehash', out], { timeout: 240_000 })
    .catch((error) => ({ stderr: error.stderr }));
  if (!fs.existsSync(out)) return { stderr, pictures: 0, sound: 0 };
  const rows = fs.readFileSync(out, 'utf8').split('\n').filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').map((part) => part.trim()));
  return { stderr, pictures: rows.filter((row) => row[0] === '0').length, sound: rows.filter((row) => row[0] === '1').length };
}

const temporary = () => [...entriesBelow(path.join(server.media, 'upload'))].map(([name]) => name)
  .filter((name) => /stream-/.test(name));

/** ffmpeg processes that this server has started. @param state of theirs: else all but those that have ended */
function ffmpegs(state = /[^Z]/) {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [, name, its, parent] = /\((.*)\) (\S) (\d+)/.exec(stat);
      return Number(parent) === server.pid && name === 'ffmpeg' && state.test(its);
    } catch {
      return false;
    }
  });
}

async function end(id, { session }) {
  (await server.request('DELETE', `${stream(id)}/${session}`, { as: admin })).expect(204);
  await until('no ffmpeg is left', () => ffmpegs().length === 0);
}

async function until(what, check) {
  for (let i = 0; i < 2400; i++) {
    const found = await check();
    if (found) return found;
    await sleep(50);
  }
  assert.fail(`waited in vain: ${what}`);
}

before(async () => {
  admin = await server.signUp();
  key = (await server.request('POST', '/api-keys', { as: admin, body: { name: 'player', permissions: ['asset.view'] } }))
    .expect(201).json.secret;
  await configure({ realtime: { enabled: true } });
});

test('what is switched off is refused, and not announced', async () => {
  const id = await upload(make('off.mp4', H264, { seconds: 1 }));
  await configure({ realtime: { enabled: false } });
  (await get(main(id))).expect(400, 'Real-time transcoding is not enabled');
  assert.equal((await get('/server/features')).json.realtimeTranscoding, false);
  await configure({ realtime: { enabled: true } });
  assert.equal((await get('/server/features')).json.realtimeTranscoding, true);
  (await get(main(id))).expect(200);
});

describe('playlists', () => {
  let id, variants;

  before(async () => {
    id = await upload(make('small.mp4', H264));
    variants = await open(id);
  });

  test('offer what is switched on, no larger than the video', () => {
    assert.deepEqual(variants.map((v) => [v.uri.split('/').at(-2), v.attributes.RESOLUTION, v.attributes.BANDWIDTH, v.attributes.CODECS]), [
      ['1', '320x180', '1620000', 'hvc1.1.6.L90.B0,mp4a.40.2'],
      ['2', '320x180', '3375000', 'avc1.64001e,mp4a.40.2'],
    ]);
    assert.deepEqual([variants[0].attributes['FRAME-RATE'], variants[0].attributes['VIDEO-RANGE']], ['30.000', 'SDR']);
  });

  test('count the seconds of each segment', async () => {
    const list = await segments(variants[1]);
    assert.deepEqual(list.map((s) => s.seconds), [2, 2, 2, 1.3]);
    assert.match((await get(variants[1].uri)).text, /#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI="init\.mp4"\n/);
    assert.equal(ffmpegs().length, 0, 'nothing is made before it is asked for');
  });

  test('segments are kept by clients for a day, and their lengths are true', async () => {
    const list = await segments(variants[1]);
    const init = (await get(`${variants[1].base}init.mp4`)).expect(200);
    for (const [i, segment] of list.entries()) {
      const reply = (await get(segment.uri)).expect(200);
      assert.equal(reply.headers.get('content-type'), 'video/mp4');
      assert.match(reply.headers.get('cache-control'), /^private, max-age=86400/);
      const file = path.join(folder, `segment-${i}.mp4`);
      fs.writeFileSync(file, Buffer.concat([init.bytes, reply.bytes]));
      const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', file]);
      const packets = stdout.trim().split('\n').map((line) => line.split(','));
      assert.equal(packets.length, Math.round(segment.seconds * 30));
      assert.equal(Number(packets[0][0]), 2 * i);
      assert.deepEqual(packets.map(([, flags]) => flags.startsWith('K')), packets.map((_, at) => at === 0));
    }
  });

  test('what is not there is said', async () => {
    const { session } = variants[0];
    (await get(`${stream(id)}/${session}/14/playlist.m3u8`)).expect(404, /no variant 14/);
    (await get(`${stream(id)}/${session}/2/seg_4.m4s`)).expect(404, /4 segments/);
    (await get(`${stream(id)}/${session}/2/seg_99999999999999999999.m4s`)).expect(404, /4 segments/);
    (await get(`${stream(id)}/${session}/2/list.m3u8`)).expect(400);
    (await get(`${stream(id)}/${session}/2/seg_-1.m4s`)).expect(400);
    (await get(`${stream(id)}/00000000-0000-4000-8000-000000000000/2/playlist.m3u8`)).expect(404, 'Session not found');
  });

  test('a picture is not streamed', async () => {
    const image = make('still.png', ['-frames:v', '1'], { sound: false });
    (await get(main(await upload(image)))).expect(404, /Asset not found/);
  });
});

describe('every kind of video plays whole, and from the middle', () => {
  const kinds = {
    'H.264 in MP4': { file: () => make('a.mp4', H264), pictures: 219, codecs: 'all' },
    'HEVC in MOV': {
      file: () => make('b.mov', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p',
        '-tag:v', 'hvc1', '-c:a', 'aac', '-ac', '1']), pictures: 219,
    },
    'one that is turned': {
      file: () => {
        const flat = make('flat.mp4', H264);
        const turned = path.join(folder, `${++n}-turned.mp4`);
        execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', flat, '-c', 'copy', '-metadata:s:v', 'rotate=90', turned]);
        return turned;
      }, pictures: 219, size: '180x320',
    },
    'one without sound': { file: () => make('mute.mp4', H264, { sound: false }), pictures: 219, mute: true },
    'one with a varying rate': {
      file: () => make('vfr.mp4', ['-vf', "select='not(mod(n,3))+gt(n,90)'", '-fps_mode', 'vfr', ...H264]), pictures: null,
    },
    'one of television': { file: () => make('tv.mp4', H264, { rate: '30000/1001', seconds: 7 }), pictures: 210 },
    'WebM': { file: () => make('c.webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '500k', '-c:a', 'libopus']), pictures: 219 },
    'MPEG-TS that does not begin at 0': { file: () => make('d.ts', [...H264, '-output_ts_offset', '500']), pictures: null },
  };

  for (const [name, { file, pictures, size = '320x180', mute, codecs }] of Object.entries(kinds)) {
    test(name, async () => {
      const id = await upload(file());
      const variants = await open(id);
      for (const variant of codecs === 'all' ? variants : variants.slice(-1)) {
        assert.equal(variant.attributes.RESOLUTION, size);
        assert.equal(/mp4a/.test(variant.attributes.CODECS), !mute);
        const rate = Number(variant.attributes['FRAME-RATE']);
        const list = await segments(variant);
        const seconds = list.reduce((sum, s) => sum + s.seconds, 0);
        const whole = await play(variant.uri);
        assert.equal(whole.stderr, '');
        assert.ok(Math.abs(whole.pictures - seconds * rate) < 0.1, `${whole.pictures} pictures in ${seconds} s of ${rate}/s`);
        if (pictures) assert.equal(whole.pictures, pictures);
        if (mute) assert.equal(whole.sound, 0);
        else assert.ok(Math.abs(whole.sound * 1024 / 44100 - seconds) < 0.2 || Math.abs(whole.sound * 1024 / 48000 - seconds) < 0.2,
          `${whole.sound} pieces of sound`);
      }
      await end(id, variants[0]);
      // another session, whose player jumps to the third segment
      const variant = (await open(id)).at(-1);
      const rate = Number(variant.attributes['FRAME-RATE']);
      const list = await segments(variant);
      const parts = [(await get(`${variant.base}init.mp4`, { headers: { 'x-immich-hls-msn': '2' } })).expect(200).bytes];
      for (const { uri } of list.slice(2)) parts.push((await get(uri)).expect(200).bytes);
      const rest = path.join(folder, `rest-${++n}.mp4`);
      fs.writeFileSync(rest, Buffer.concat(parts));
      const { stdout, stderr } = await run('ffmpeg', ['-v', 'warning', '-xerror', '-copyts', '-i', rest, '-map', '0:v', '-f', 'framehash', '-']);
      assert.equal(stderr, '');
      const shown = stdout.split('\n').filter((line) => /^0,/.test(line)).length;
      assert.equal(shown, Math.round(list.slice(2).reduce((sum, s) => sum + s.seconds, 0) * rate));
      const { streams, packets } = JSON.parse((await run('ffprobe', ['-v', 'error', '-show_packets', '-show_streams', '-of', 'json', rest])).stdout);
      const begin = list[0].seconds + list[1].seconds;
      assert.ok(Math.abs(packets.find((p) => p.codec_type === 'video').pts_time - begin) < 0.001);
      if (!mute) assert.ok(packets.find((p) => p.codec_type === 'audio').pts_time - begin < 0.03);
      assert.equal(streams.length, mute ? 1 : 2);
      const made = temporary().filter((name) => name.includes(variant.session) && /seg_[01]\.m4s$/.test(name));
      assert.deepEqual(made, [], 'what was jumped over was not made');
      await end(id, variant);
    });
  }
});

// A film that grows brighter with each second tells by its first picture where it was entered.
describe('a jump shows what is there, however far apart the key frames are', () => {
  const rare = ['-g', '300', '-an']; // at 25 pictures a second 12 s
  const kinds = {
    'MPEG-4 in AVI': ['rare.avi', ['-c:v', 'mpeg4', '-q:v', '3', ...rare]],
    'H.264 in MPEG-TS': ['rare.ts', [...H264, '-sc_threshold', '0', ...rare]],
    'H.264 in Matroska': ['rare.mkv', [...H264, '-sc_threshold', '0', ...rare]],
    'H.264 in MOV': ['rare.mov', [...H264, '-sc_threshold', '0', ...rare]],
    'MPEG-2 in a programme stream': ['rare.mpg', ['-c:v', 'mpeg2video', '-q:v', '3', ...rare]],
  };
  for (const [name, [file, args]] of Object.entries(kinds))
    test(name, async () => {
      const id = await upload(make(file, ['-vf', 'geq=lum=16+4*floor(T):cb=128:cr=128', ...args], { size: '64x48', seconds: 52, rate: 25, sound: false }));
      const [variant] = (await open(id)).slice(-1);
      const list = await segments(variant);
      for (const at of [20, 7, 11, 24]) { // 40 s, 14 s, 22 s, 48 s: before and after key frames, forward and back
        const init = (await get(`${variant.base}init.mp4`, { headers: { 'x-immich-hls-msn': `${at}` } })).expect(200).bytes;
        const piece = path.join(folder, `piece-${++n}.mp4`);
        fs.writeFileSync(piece, Buffer.concat([init, (await get(list[at].uri)).expect(200).bytes]));
        const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', piece, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'], { encoding: 'buffer' });
        assert.ok(Math.abs(stdout[0] - (16 + 4 * 2 * at)) <= 2, `${2 * at} s has brightness ${stdout[0]}`);
      }
      await end(id, variant);
    });
});

describe('a long video', () => {
  let id, file;

  before(async () => {
    file = make('long.mp4', [...H264, '-g', '300'], { seconds: 300, rate: 10 });
    id = await upload(file);
  });

  test('is made where the player is, not from the start', async () => {
    const [variant] = (await open(id)).slice(-1);
    const list = await segments(variant);
    assert.equal(list.length, 150);
    (await get(list[120].uri)).expect(200);
    const names = temporary().filter((name) => name.includes(variant.session) && /seg_\d+\.m4s$/.test(name));
    assert.ok(names.length > 0 && names.every((name) => Number(/seg_(\d+)/.exec(name)[1]) >= 120), names.join());
    (await get(list[3].uri)).expect(200);
    (await get(list[121].uri)).expect(200);
    await end(id, variant);
  });

  test('stands still when it is far ahead', async () => {
    await configure({ preset: 'veryslow' }); // fewer segments between two looks of a server that has much else to do
    const [variant] = (await open(id)).slice(-1);
    const list = await segments(variant);
    (await get(list[0].uri)).expect(200);
    const made = () => temporary().filter((name) => name.includes(variant.session) && /\/2\/seg_\d+\.m4s$/.test(name)).length;
    // a player that asks now and then, or its ffmpeg would be ended
    await until('30 segments', async () => (await get(list[0].uri)).expect(200) && made() >= 30);
    await until('a process that stands still', () => ffmpegs(/T/).length > 0);
    assert.ok(made() < 45, `${made()} segments`);
    (await get(list[29].uri)).expect(200);
    (await get(list[30].uri)).expect(200);
    (await get(list[45].uri)).expect(200);
    await end(id, variant);
    await configure({ preset: 'ultrafast' });
  });

  test('begins where a header says', async () => {
    const [variant] = (await open(id)).slice(-1);
    (await get(variant.uri, { headers: { 'x-immich-hls-pos': '201.5' } })).expect(200);
    const made = () => temporary().filter((name) => name.includes(variant.session) && /seg_\d+\.m4s$/.test(name)).map((name) => Number(/seg_(\d+)/.exec(name)[1]));
    await until('segments', () => made().length > 0);
    assert.ok(made().every((number) => number >= 100), made().join());
    (await get(`${variant.base}init.mp4`, { headers: { 'x-immich-hls-msn': '100' } })).expect(200);
    await end(id, variant);
  });

  test('leaves nothing when its session ends', async () => {
    const [variant] = (await open(id)).slice(-1);
    const list = await segments(variant);
    (await get(list[0].uri)).expect(200);
    (await server.request('DELETE', `${stream(id)}/${variant.session}`, { as: admin })).expect(204);
    (await get(list[0].uri)).expect(404, 'Session not found');
    (await server.request('DELETE', `${stream(id)}/${variant.session}`, { as: admin })).expect(404, 'Session not found');
    await until('its files are gone', () => !temporary().some((name) => name.includes(variant.session)));
  });

  test('a user has two made at a time, the third is told to wait', async () => {
    const sessions = [];
    for (let i = 0; i < 3; i++) sessions.push((await open(id)).at(-1));
    (await get((await segments(sessions[0]))[0].uri)).expect(200);
    (await get((await segments(sessions[1]))[0].uri)).expect(200);
    (await get((await segments(sessions[2]))[0].uri)).expect(429, /2 videos are being converted/);
    assert.ok(ffmpegs().length <= 2);
    for (const { session } of sessions)
      (await server.request('DELETE', `${stream(id)}/${session}`, { as: admin })).expect(204);
    await until('no ffmpeg is left', () => ffmpegs().length === 0);
  });

  test('is not the business of others', async () => {
    const other = await server.newUser();
    const [variant] = (await open(id)).slice(-1);
    (await get(main(id), { as: other })).expect(400, /asset\.view/);
    (await get(variant.uri, { as: other })).expect(400, /asset\.view/);
    (await get(`${variant.base}seg_0.m4s`, { as: other })).expect(400, /asset\.view/);
    (await server.request('DELETE', `${stream(id)}/${variant.session}`, { as: other })).expect(400, /asset\.view/);
    (await get(`${variant.base}seg_0.m4s`, { as: null })).expect(401);
  });

  test('an ffmpeg that is killed is a clear error, and leaves no half segment', async () => {
    await configure({ preset: 'veryslow' });
    const big = await upload(make('big.mp4', H264, { seconds: 10, size: '1280x720' }));
    const variant = (await open(big)).find((v) => v.uri.includes('/4/'));
    const waits = get(`${variant.base}seg_1.m4s`);
    const [pid] = await until('an ffmpeg', () => (ffmpegs().length > 0 ? ffmpegs() : null));
    process.kill(Number(pid), 'SIGKILL');
    (await waits).expect(503, /cannot be streamed/);
    await until('its files are gone', () => !temporary().some((name) => name.includes(variant.session) && /run\//.test(name)));
    await server.says(/killed by signal 9/);
    await configure({ preset: 'ultrafast' });
    (await server.request('DELETE', `${stream(big)}/${variant.session}`, { as: admin })).expect(204);
  });

  test('who leaves does not wait any more', async () => {
    await configure({ preset: 'veryslow' });
    const big = await upload(make('left.mp4', H264, { seconds: 10, size: '1280x720' }));
    const variant = (await open(big)).find((v) => v.uri.includes('/4/'));
    const segment = `${variant.base}seg_1.m4s`;
    const leaving = new AbortController();
    const ask = () => server.request('GET', segment, { as: admin, signal: leaving.signal }).catch(() => null);
    const first = ask();
    const [pid] = await until('an ffmpeg', () => (ffmpegs().length > 0 ? ffmpegs() : null));
    process.kill(Number(pid), 'SIGSTOP'); // nothing is made any more
    const refused = await Promise.race([first, ...Array.from({ length: 8 }, ask)]);
    refused.expect(429, /8 requests of this session wait/);
    leaving.abort();
    let next;
    await until('room for the next one', async () => {
      next = get(segment);
      return (await Promise.race([next, sleep(3000)]))?.status !== 429;
    });
    await end(big, variant);
    (await next).expect(503, 'Session ended');
    await configure({ preset: 'ultrafast' });
  });

  test('a video that is moved goes on, one that got another file ends', async () => {
    const long = { seconds: 300, rate: 10 };
    const moved = await upload(make('moved.mp4', [...H264, '-g', '300'], long));
    const [variant] = (await open(moved)).slice(-1), [later] = (await open(moved)).slice(-1);
    const list = await segments(variant);
    const [[original]] = await server.sql(`SELECT original_path FROM asset WHERE id = '${moved}'`);
    // a move that is noted and not made yet
    await server.sql('INSERT INTO storage_move (asset_id, kind, old_path, new_path, size_bytes, sha1)' +
      ` SELECT id, 'original', original_path, 'library/not-yet.mp4', size_bytes, checksum FROM asset WHERE id = '${moved}'`);
    const first = (await get(list[0].uri)).expect(200).bytes;
    await server.sql('DELETE FROM storage_move');
    const other = original.replace(/\.mp4$/, '-moved.mp4');
    fs.renameSync(path.join(server.media, original), path.join(server.media, other));
    await server.sql(`UPDATE asset SET original_path = '${other}' WHERE id = '${moved}'`);
    // another one comes to where it was
    fs.copyFileSync(make('comes.mp4', H264, { seconds: 2 }), path.join(server.media, original));
    assert.ok((await get((await segments(later))[0].uri)).expect(200).bytes.equals(first));
    await end(moved, later);
    (await get(list[100].uri)).expect(200);

    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, deviceAssetId: 'x', deviceId: 'y' })) form.append(name, value);
    form.append('assetData', new Blob([fs.readFileSync(make('another.mp4', H264, { seconds: 2 }))]), 'another.mp4');
    (await server.request('PUT', `/assets/${moved}/original`, { as: admin, body: form })).expect(200);
    (await get(list[75].uri)).expect(503, /cannot be streamed/); // one that is not made yet
    await server.says(/got another file meanwhile/);
    await end(moved, variant);
    await server.waitForJobs();
  });

  test('a full disk is a clear error, and what is kept for the database is not touched', async (t) => {
    const [variant] = (await open(id)).slice(-1);
    const list = await segments(variant);
    const disk = path.join(server.media, 'upload', '.tmp', fs.readdirSync(path.join(server.media, 'upload', '.tmp'))[0]);
    if (!mountDisk(disk, 'size=32m')) return t.skip('this machine lets nobody mount a small disk');
    try {
      fs.writeFileSync(path.join(disk, 'rest'), Buffer.alloc(31.5 * 1024 * 1024));
      (await get(list[0].uri)).expect(507, /no room left for segments/);
      fs.truncateSync(path.join(disk, 'rest'), 30 * 1024 * 1024 + 800 * 1024); // room for a few segments
      await get(list[0].uri);
      await until('no ffmpeg is left', () => ffmpegs().length === 0);
      const { bavail, bsize } = fs.statfsSync(disk);
      assert.ok(bavail * bsize > 512 * 1024, `${bavail * bsize} bytes are left`);
      await server.says(/cannot stream .*is kept free for the database/);
    } finally {
      await until('no ffmpeg is left', () => ffmpegs().length === 0);
      execFileSync('umount', [disk]);
    }
    (await server.request('DELETE', `${stream(id)}/${variant.session}`, { as: admin })).expect(204);
  });

  test('a file that is damaged is a clear error', async () => {
    const bad = await upload(make('bad.mp4', H264, { seconds: 3 }));
    const [variant] = (await open(bad)).slice(-1);
    const [[original]] = await server.sql(`SELECT original_path FROM asset WHERE id = '${bad}'`);
    fs.writeFileSync(path.join(server.media, original), 'no video any more');
    (await get(`${variant.base}init.mp4`)).expect(503, /cannot be streamed/);
    await until('its files are gone', () => !temporary().some((name) => name.includes(variant.session) && /run\//.test(name)));
    (await get(main(bad))).expect(500);
  });
});

describe('by a shared link', () => {
  test('a video plays by its key alone, and with others beside it in vain', async () => {
    const id = await upload(make('shared.mp4', H264));
    const secret = await upload(make('secret.mp4', H264, { seconds: 1 }));
    const link = (await server.request('POST', '/shared-links', { as: admin, body: { type: 'INDIVIDUAL', assetIds: [id] } })).expect(201).json;
    const whole = await play(`${main(id)}?key=${link.key}`, { credential: null });
    assert.equal(whole.pictures, 219);
    // a client that adds the key to the addresses of a playlist again is served as well
    const { text } = (await get(`${main(id)}?key=${link.key}`, { as: null })).expect(200);
    const uri = `${stream(id)}/${text.trimEnd().split('\n').at(-1)}`;
    assert.match(uri, /\?key=/);
    (await get(`${uri}&key=${link.key}`, { as: null })).expect(200);
    const [variant] = await open(id);
    (await get(`${main(secret)}?key=${link.key}`, { as: null })).expect(400);
    // the session of a user is not that of a link
    (await get(`${variant.uri}?key=${link.key}`, { as: null })).expect(404, 'Session not found');
  });
});

test('who comes by a link leaves a place to those with an account', async () => {
  const id = await upload(make('by-link.mp4', H264, { seconds: 120 }));
  const link = (await server.request('POST', '/shared-links', { as: admin, body: { type: 'INDIVIDUAL', assetIds: [id] } })).expect(201).json;
  const query = `?key=${link.key}`;
  const opened = [];
  let reply;
  do {
    const variant = (await open(id, { as: null }, query)).at(-1);
    opened.push(`${stream(id)}/${variant.session}${query}`);
    reply = await get(`${variant.base}seg_0.m4s${query}`, { as: null });
  } while (reply.status === 200);
  assert.ok([429, 503].includes(reply.status), reply.text);
  const own = (await open(id)).at(-1);
  (await get(`${own.base}seg_0.m4s`)).expect(200);
  for (const where of opened) (await server.request('DELETE', where, { as: null })).expect(204);
  await end(id, own);
});

test('who may not see a video any more has not one more segment', async () => {
  const { id } = (await server.upload(fs.readFileSync(make('revoked.mp4', H264)), 'revoked.mp4', fields)).expect(201).json;
  await server.waitForJobs();
  const bob = await server.newUser();
  const call = (method, where, body) => server.request(method, where, { as: admin, body });
  const album = (await call('POST', '/albums', { albumName: 'a', assetIds: [id], albumUsers: [{ userId: bob.id, role: 'viewer' }] })).expect(201).json.id;
  const link = (await call('POST', '/shared-links', { type: 'ALBUM', albumId: album })).expect(201).json;
  const login = await server.login(admin.email);
  const viewers = [
    { as: bob, end: () => call('DELETE', `/albums/${album}/user/${bob.id}`).then((reply) => reply.expect(204)), status: 400 },
    { as: null, query: `?key=${link.key}`, end: () => call('DELETE', `/shared-links/${link.id}`).then((reply) => reply.expect(204)), status: 401 },
    { as: login, end: () => server.request('POST', '/auth/logout', { as: login }).then((reply) => reply.expect(200)), status: 401 },
    { as: admin, end: () => call('PUT', '/assets', { ids: [id], visibility: 'locked' }).then((reply) => reply.expect(204)), status: 400 },
  ];
  for (const viewer of viewers) {
    const [variant] = await open(`${id}`, { as: viewer.as }, viewer.query);
    const segment = `${variant.base}seg_0.m4s${viewer.query ?? ''}`;
    (await get(segment, { as: viewer.as })).expect(200);
    await viewer.end();
    for (const where of [segment, `${variant.base}seg_1.m4s${viewer.query ?? ''}`, variant.uri])
      (await server.request('GET', where, { as: viewer.as })).expect(viewer.status);
    await until('its ffmpeg ends', () => ffmpegs().length === 0);
  }
});

describe('when the server stops', () => {
  test('no ffmpeg and no segment stays', async () => {
    const id = await upload(make('last.mp4', [...H264, '-g', '300'], { seconds: 300, rate: 10 }));
    const [variant] = (await open(id)).slice(-1);
    (await get((await segments(variant))[0].uri)).expect(200);
    const running = ffmpegs();
    assert.equal(running.length, 1);
    await server.end();
    await until('its ffmpeg is gone', () => running.every((pid) => !fs.existsSync(`/proc/${pid}`)));
    assert.deepEqual(temporary(), []);
  });
});
