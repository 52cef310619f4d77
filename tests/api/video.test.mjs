// Videos: what is read of them, their picture, playing them, and the copies that every client plays.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { mountDisk } from './fixtures.mjs';
import { server, until } from './harness.mjs';
import { png } from './pictures.mjs';

const run = promisify(execFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-video-'));
const fields = { fileCreatedAt: '2024-01-02T03:04:05.000Z', fileModifiedAt: '2024-01-02T03:04:05.000Z' };
let admin, n = 0;

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The bytes of a video that ffmpeg makes; each one differs. @param args  after the inputs */
function make(name, args, { seconds = 1, size = '320x180', sound = true } = {}) {
  const file = path.join(folder, `${++n}-${name}`);
  execFileSync('ffmpeg', ['-v', 'error', '-y',
    '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=10:d=${seconds}`,
    ...(sound ? ['-f', 'lavfi', '-i', `sine=f=${400 + n}:d=${seconds}`] : []),
    '-metadata', `comment=${n}`, ...args, file]);
  return fs.readFileSync(file);
}

/** What ffprobe says about bytes. */
async function probe(bytes) {
  const file = path.join(folder, `probe-${++n}`);
  fs.writeFileSync(file, bytes);
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', file]);
  const { format, streams } = JSON.parse(stdout);
  return { format, video: streams.find((s) => s.codec_type === 'video'), audio: streams.find((s) => s.codec_type === 'audio') };
}

const get = (where, options = {}) => server.request('GET', where, { as: admin, ...options });
const asset = async (id) => (await get(`/assets/${id}`)).expect(200).json;
const playback = async (id) => (await get(`/assets/${id}/video/playback`)).expect(200);
const encodedFiles = () => fs.readdirSync(path.join(server.media, 'encoded-video'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== '.immich').map((entry) => entry.name).sort();

async function upload(bytes, name) {
  const { id } = (await server.upload(bytes, name, fields)).expect(201).json;
  await server.waitForJobs();
  return id;
}

async function configure(changes) {
  const config = (await get('/system-config')).expect(200).json;
  Object.assign(config.ffmpeg, changes);
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
}

async function failures(queue) {
  const jobs = (await get(`/queues/${queue}/jobs?status=failed`)).expect(200).json;
  return jobs.map((job) => job.data.id);
}

const reasonOf = async (id) =>
  (await server.sql(`SELECT error FROM job WHERE data LIKE '%${id}%' AND name = 'AssetEncodeVideo'`)).flat();

before(async () => {
  admin = await server.signUp();
});

describe('an MP4 that plays everywhere', () => {
  let id, bytes;

  before(async () => {
    bytes = make('plain.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
      '-metadata', 'creation_time=2023-05-06T07:08:09Z', '-metadata', 'location=+52.5200+013.4050/'],
    { seconds: 2, size: '640x480' });
    id = await upload(bytes, 'plain.mp4');
  });

  test('has its facts', async () => {
    const facts = await asset(id);
    assert.equal(facts.type, 'VIDEO');
    assert.ok(Math.abs(facts.duration - 2000) < 100, `${facts.duration} ms`);
    assert.deepEqual([facts.width, facts.height], [640, 480]);
    assert.equal(facts.fileCreatedAt, '2023-05-06T07:08:09.000Z');
    assert.equal(facts.localDateTime, '2023-05-06T09:08:09.000Z');
    assert.equal(facts.exifInfo.timeZone, 'Europe/Berlin');
    assert.equal(facts.exifInfo.city, 'Berlin');
    assert.equal(facts.exifInfo.orientation, '1');
    assert.ok(facts.thumbhash.length > 10);
  });

  test('has a picture', async () => {
    const small = (await get(`/assets/${id}/thumbnail`)).expect(200);
    assert.equal(small.headers.get('content-type'), 'image/webp');
    const { video } = await probe(small.bytes);
    assert.deepEqual([video.width, video.height], [334, 250]);
    (await get(`/assets/${id}/thumbnail?size=preview`)).expect(200);
  });

  test('is played as it came, in parts', async () => {
    assert.deepEqual((await playback(id)).bytes, bytes);
    const part = (await get(`/assets/${id}/video/playback`, { headers: { range: 'bytes=100-199' } })).expect(206);
    assert.deepEqual(part.bytes, bytes.subarray(100, 200));
    assert.equal(part.headers.get('content-range'), `bytes 100-199/${bytes.length}`);
    assert.equal(part.headers.get('content-type'), 'video/mp4');
    const tail = (await get(`/assets/${id}/video/playback`, { headers: { range: 'bytes=-50' } })).expect(206);
    assert.deepEqual(tail.bytes, bytes.subarray(-50));
    assert.deepEqual(encodedFiles(), []);
  });
});

describe('a video that needs it', () => {
  let id, original;

  before(async () => {
    original = make('phone.mov', ['-vf', 'setsar=1', '-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p',
      '-tag:v', 'hvc1', '-c:a', 'pcm_s16le', '-ac', '1'], { size: '1920x1440' });
    id = await upload(original, 'phone.mov');
  });

  test('is played as H.264 and AAC of the size that is set', async () => {
    const { bytes, headers } = await playback(id);
    assert.equal(headers.get('content-type'), 'video/mp4');
    const { format, video, audio } = await probe(bytes);
    assert.match(format.format_name, /mp4/);
    assert.equal(video.codec_name, 'h264');
    assert.equal(video.pix_fmt, 'yuv420p');
    assert.deepEqual([video.width, video.height], [960, 720]);
    assert.equal(audio.codec_name, 'aac');
    assert.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'the index stands in front');
    assert.deepEqual(encodedFiles(), [`${id}.mp4`]);
  });

  test('keeps its original byte for byte', async () => {
    assert.deepEqual((await get(`/assets/${id}/original`)).expect(200).bytes, original);
  });

  test('loses the copy when it is not wanted any more', async () => {
    await configure({ acceptedVideoCodecs: ['h264', 'hevc'], acceptedAudioCodecs: ['aac', 'mp3', 'opus', 'pcm_s16le'] });
    (await server.request('POST', '/assets/jobs', { as: admin, body: { assetIds: [id], name: 'transcode-video' } })).expect(204);
    await server.waitForJobs();
    assert.deepEqual((await playback(id)).bytes, original);
    assert.deepEqual(encodedFiles(), []);
    await configure({ acceptedVideoCodecs: ['h264'], acceptedAudioCodecs: ['aac', 'mp3', 'opus'] });
  });

  test('is converted in software where the device that is set is not, and the log says so once', async (t) => {
    if (fs.existsSync('/dev/mpp_service')) return t.skip('this machine has the device');
    await configure({ accel: 'rkmpp' });
    for (let i = 0; i < 2; i++) {
      (await server.request('POST', '/assets/jobs', { as: admin, body: { assetIds: [id], name: 'transcode-video' } })).expect(204);
      await server.waitForJobs();
    }
    assert.equal((await probe((await playback(id)).bytes)).video.codec_name, 'h264');
    assert.equal(server.log.match(/ffmpeg\.accel is 'rkmpp', but there is no device/g)?.length, 1);
    await configure({ accel: 'disabled' });
    return undefined;
  });

  test('is found by the queue', async () => {
    (await server.request('PUT', '/jobs/videoConversion', { as: admin, body: { command: 'start', force: false } })).expect(200);
    await server.waitForJobs();
    assert.deepEqual(encodedFiles(), [`${id}.mp4`]);
  });

  test('loses the copy when a file that needs none takes its place', async () => {
    const form = new FormData();
    for (const [key, value] of Object.entries({ deviceAssetId: 'x', deviceId: 'y', ...fields })) form.append(key, value);
    form.append('assetData', new Blob([make('new.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'])]), 'new.mp4');
    const old = (await server.request('PUT', `/assets/${id}/original`, { as: admin, body: form })).expect(200).json;
    await server.waitForJobs();
    assert.ok(!encodedFiles().includes(`${id}.mp4`));
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [id], force: true } })).expect(204);
    (await server.request('POST', '/trash/restore/assets', { as: admin, body: { ids: [old.id] } })).expect(200);
    id = old.id;
    (await server.request('PUT', '/jobs/videoConversion', { as: admin, body: { command: 'start', force: false } })).expect(200);
    await server.waitForJobs();
    assert.deepEqual(encodedFiles(), [`${id}.mp4`]);
  });

  test('takes its copy along when it is deleted', async () => {
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [id], force: true } })).expect(204);
    await server.waitForJobs();
    assert.deepEqual(encodedFiles(), []);
  });
});

describe('the settings', () => {
  const cases = [
    ['a container alone', 'seen.avi', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'libmp3lame'], {},
      ({ format, video, audio }) => {
        assert.match(format.format_name, /mp4/);
        assert.deepEqual([video.codec_name, audio.codec_name], ['h264', 'mp3']);
      }],
    ['HEVC in two passes, 10 bits', 'deep.mkv', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le', '-c:a', 'libvorbis'],
      { targetVideoCodec: 'hevc', targetAudioCodec: 'opus', twoPass: true, maxBitrate: '500k', targetResolution: '90', preset: 'superfast',
        gopSize: 5, bframes: 1, refs: 2, threads: 1 },
      ({ video, audio }) => {
        assert.deepEqual([video.codec_name, audio.codec_name, video.codec_tag_string], ['hevc', 'opus', 'hvc1']);
        assert.deepEqual([video.width, video.height, video.pix_fmt], [160, 90, 'yuv420p']);
      }],
    ['VP9 in two passes', 'nine.mov', ['-c:v', 'mpeg4', '-c:a', 'aac'],
      { targetVideoCodec: 'vp9', twoPass: true, targetResolution: 'original' },
      ({ video }) => assert.deepEqual([video.codec_name, video.width], ['vp9', 320])],
    ['AV1', 'one.mov', ['-c:v', 'mpeg4', '-c:a', 'aac'], { targetVideoCodec: 'av1', maxBitrate: '800k', threads: 2, crf: 35 },
      ({ video }) => assert.equal(video.codec_name, 'av1')],
    ['H.264 in two passes, with odd sides', 'odd.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv444p', '-vf', 'crop=161:91', '-c:a', 'aac'],
      { twoPass: true, maxBitrate: '1m', cqMode: 'cqp' },
      ({ video }) => assert.deepEqual([video.codec_name, video.width, video.height], ['h264', 160, 90])],
    ['a limit of bits', 'heavy.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-b:v', '3000k', '-c:a', 'aac'],
      { transcode: 'bitrate', maxBitrate: '100k', crf: 40 },
      ({ video }) => assert.ok(Number(video.bit_rate) < 600_000, video.bit_rate)],
    ['HDR to what every screen shows', 'hdr.mov', ['-c:v', 'libx265', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1', '-an', '-x265-params',
      'log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc', '-color_primaries', 'bt2020', '-color_trc', 'smpte2084',
      '-colorspace', 'bt2020nc'], {},
      ({ video }) => assert.deepEqual([video.codec_name, video.pix_fmt, video.color_transfer], ['h264', 'yuv420p', 'bt709'])],
  ];

  for (const [what, name, args, changes, check] of cases) {
    test(what, async () => {
      const before = (await get('/system-config')).json.ffmpeg;
      await configure(changes);
      try {
        const id = await upload(make(name, args), name);
        assert.deepEqual(await reasonOf(id), []);
        assert.ok(encodedFiles().includes(`${id}.mp4`), 'a copy was made');
        check(await probe((await playback(id)).bytes));
      } finally {
        await configure(before);
      }
    });
  }

  test('nothing at all', async () => {
    await configure({ transcode: 'disabled' });
    const bytes = make('left.mov', ['-c:v', 'mpeg4', '-c:a', 'aac']);
    assert.deepEqual((await playback(await upload(bytes, 'left.mov'))).bytes, bytes);
    await configure({ transcode: 'required' });
  });
});

describe('a damaged video', () => {
  test('is kept, and says why it has no picture', async () => {
    const whole = make('cut.mp4', ['-c:v', 'libx264', '-c:a', 'aac']);
    const cut = whole.subarray(0, whole.length / 2);
    const id = await upload(cut, 'cut.mp4');
    assert.deepEqual((await get(`/assets/${id}/original`)).expect(200).bytes, cut);
    (await get(`/assets/${id}/thumbnail`)).expect(404);
    assert.ok((await failures('thumbnailGeneration')).includes(id));
    const [[reason]] = await server.sql(`SELECT processing_error FROM asset WHERE id = '${id}'`);
    assert.match(reason, /cut short/);
  });
});

describe('ffmpeg', () => {
  const slow = () => make('long.mov', ['-c:v', 'mpeg4', '-q:v', '2', '-an'], { seconds: 30, size: '1920x1080', sound: false });

  /** The processes that the server's own process started, by name. */
  function children(name) {
    return fs.readdirSync('/proc').filter((pid) => {
      try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
        return stat.includes(`(${name})`) && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === server.pid;
      } catch {
        return false;
      }
    });
  }

  /** An ffmpeg that stands still from then on: it could be done before the test goes on. */
  async function stopFfmpeg() {
    const pid = Number(await until(() => children('ffmpeg')[0], 'ffmpeg is started'));
    process.kill(pid, 'SIGSTOP');
    return pid;
  }

  test('that dies in the middle fails its job and leaves nothing', async () => {
    await configure({ preset: 'veryslow', targetResolution: 'original' });
    const before = encodedFiles();
    const { id } = (await server.upload(slow(), 'long.mov', fields)).expect(201).json;
    process.kill(await stopFfmpeg(), 'SIGKILL');
    await server.waitForJobs();
    assert.ok((await failures('videoConversion')).includes(id));
    assert.match((await reasonOf(id))[0], /ffmpeg was killed by signal 9/);
    assert.deepEqual(encodedFiles(), before);
    (await server.request('DELETE', '/queues/videoConversion/jobs', { as: admin, body: { failed: true } })).expect(204);
  });

  test('that fills the disk leaves nothing, keeps nobody else waiting, and is run again', async (t) => {
    const disk = path.join(server.media, 'encoded-video');
    const marker = fs.readFileSync(path.join(disk, '.immich'));
    const before = encodedFiles();
    await configure({ preset: 'ultrafast', targetResolution: 'original' });
    if (!mountDisk(disk, 'size=300k')) return t.skip('this machine lets nobody mount a small disk');
    let id;
    try {
      fs.writeFileSync(path.join(disk, '.immich'), marker);
      ({ id } = (await server.upload(slow(), 'full.mov', fields)).expect(201).json);
      await until(async () => (await reasonOf(id)).some(Boolean), 'there is a reason');
      // not again by itself, which would fill the disk anew while the small one is made
      await server.sql(`UPDATE job SET run_after = ${Date.now() + 3_600_000} WHERE name = 'AssetEncodeVideo'`);
      assert.match((await reasonOf(id))[0], /ffmpeg: .*No space left on device/);
      assert.deepEqual(encodedFiles(), []);
      const small = make('small.mov', ['-c:v', 'mpeg4', '-c:a', 'aac'], { size: '64x48' });
      const { id: other } = (await server.upload(small, 'small.mov', fields)).expect(201).json;
      await until(() => encodedFiles().includes(`${other}.mp4`), 'there is a copy of the small one');
      assert.deepEqual(encodedFiles(), [`${other}.mp4`]);
    } finally {
      execFileSync('umount', [disk]);
    }
    await server.sql("UPDATE job SET run_after = 0 WHERE name = 'AssetEncodeVideo'");
    await server.waitForJobs();
    assert.deepEqual(encodedFiles(), [...before, `${id}.mp4`].sort());
  });

  test('ends with the server, and begins again', async () => {
    const { id } = (await server.upload(slow(), 'again.mov', fields)).expect(201).json;
    const pid = await stopFfmpeg();
    await server.end();
    assert.ok(!fs.existsSync(`/proc/${pid}`), 'ffmpeg is gone');
    await server.start();
    const next = await stopFfmpeg();
    const attempts = await server.sql(`SELECT attempt FROM job WHERE data LIKE '%${id}%' AND name = 'AssetEncodeVideo'`);
    process.kill(next, 'SIGCONT');
    assert.deepEqual(attempts, [['1']]);
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [id], force: true } })).expect(204);
    await server.waitForJobs();
    assert.deepEqual(children('ffmpeg'), []);
    assert.ok(!encodedFiles().some((name) => name.includes(id)));
  });

  test('that is not installed is asked for', async () => {
    await configure({ preset: 'ultrafast' });
    await server.restart({ PATH: folder });
    const { id } = (await server.upload(make('none.mov', ['-c:v', 'mpeg4', '-c:a', 'aac']), 'none.mov', fields)).expect(201).json;
    await server.waitForJobs();
    assert.match((await reasonOf(id))[0], /ffmpeg is not installed.*install the package 'ffmpeg'/);
    await server.restart();
  });
});

describe('by a link that hides metadata', () => {
  const place = ['-metadata', 'location=+52.5200+013.4050/', '-metadata', 'title=Home sweet home'];
  const link = async (type, body) =>
    (await server.request('POST', '/shared-links', { as: admin, body: { type, showMetadata: false, ...body } })).expect(201).json;
  const play = (id, key) => server.request('GET', `/assets/${id}/video/playback?key=${key}`);
  /** Ask until it is there. */
  async function played(id, key) {
    let reply;
    await until(async () => {
      reply = await play(id, key);
      if (reply.status === 200) return true;
      assert.equal(reply.status, 503, reply.text);
      assert.match(reply.headers.get('retry-after'), /^\d+$/);
      return false;
    }, 'the copy is there');
    return reply.bytes;
  }
  const tells = (bytes) => ['Home sweet home', '+52.5200', 'Spotless'].filter((text) => bytes.includes(text));
  const streams = async (bytes) => {
    const file = path.join(folder, `probe-${++n}`);
    fs.writeFileSync(file, bytes);
    const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v', '-map', '0:a?', '-c', 'copy', '-f', 'streamhash', '-']);
    return stdout;
  };

  test('what plays as it is comes without what it tells, picture and sound untouched', async () => {
    const bytes = make('placed.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', ...place]);
    const id = await upload(bytes, 'placed.mp4');
    assert.deepEqual(tells(bytes), ['Home sweet home']); // the position is binary in an MP4
    assert.match((await probe(bytes)).format.tags.location, /52\.52/);
    const { key } = await link('INDIVIDUAL', { assetIds: [id] });
    assert.equal((await play(id, key)).status, 503);
    const copy = await played(id, key);
    assert.deepEqual(tells(copy), []);
    assert.equal(await streams(copy), await streams(bytes));
    assert.deepEqual(Object.keys((await probe(copy)).format.tags).sort(), ['compatible_brands', 'encoder', 'major_brand', 'minor_version']);
    // it stays when all copies are looked at anew, and goes with the link
    (await server.request('PUT', '/jobs/videoConversion', { as: admin, body: { command: 'start', force: true } })).expect(200);
    await server.waitForJobs();
    assert.deepEqual(tells((await play(id, key)).expect(200).bytes), []);
    const { id: linkId } = (await get('/shared-links')).json.find((each) => each.key === key);
    (await server.request('DELETE', `/shared-links/${linkId}`, { as: admin })).expect(204);
    (await server.request('PUT', '/jobs/videoConversion', { as: admin, body: { command: 'start', force: true } })).expect(200);
    await server.waitForJobs();
    assert.deepEqual((await playback(id)).bytes, bytes);
  });

  test('also from an album, where nothing is converted, in every container', async () => {
    await configure({ transcode: 'disabled' });
    try {
      const chapters = path.join(folder, 'chapters.txt'), [plain, divided] = ['plain.mov', 'divided.mov'].map((name) => path.join(folder, name));
      fs.writeFileSync(chapters, ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/10\nSTART=0\nEND=5\ntitle=Spotless chapter\n');
      fs.writeFileSync(plain, make('placed.mov', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', ...place]));
      execFileSync('ffmpeg', ['-v', 'error', '-i', plain, '-i', chapters, '-map_metadata', '0', '-map_chapters', '1', '-c', 'copy', divided]);
      const files = {
        'placed.mov': fs.readFileSync(divided),
        'placed.mkv': make('placed.mkv', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', ...place]),
        'placed.avi': make('placed.avi', ['-c:v', 'mjpeg', '-c:a', 'pcm_s16le', ...place]),
        'placed.mts': make('placed.mts', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'ac3',
          '-bsf:v', 'h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+Spotless', ...place]),
      };
      const ids = {};
      for (const [name, bytes] of Object.entries(files)) {
        assert.notDeepEqual(tells(bytes), [], name);
        ids[name] = await upload(bytes, name);
      }
      const album = (await server.request('POST', '/albums', { as: admin, body: { albumName: 'x', assetIds: Object.values(ids) } })).expect(201).json;
      const { key } = await link('ALBUM', { albumId: album.id });
      for (const [name, id] of Object.entries(ids)) {
        const copy = await played(id, key);
        assert.deepEqual(tells(copy), [], name);
        assert.equal((await probe(copy)).video.codec_name, 'h264', name);
      }
    } finally {
      await configure({ transcode: 'required' });
    }
  });

  test('one that cannot be copied is refused, and not tried again by every visitor', async () => {
    const whole = make('cut.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-movflags', 'faststart']);
    const id = await upload(whole.subarray(0, 600), 'cut.mp4');
    const { key } = await link('INDIVIDUAL', { assetIds: [id] });
    assert.equal((await play(id, key)).status, 503);
    await server.waitForJobs();
    for (let i = 0; i < 2; i++) (await play(id, key)).expect(404, 'This video cannot be shown without its metadata');
    assert.equal((await reasonOf(id)).length, 1);
  });

  test('the film of a live photo too', async () => {
    const film = (await server.upload(make('film.mov', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...place]), 'film.mov',
      { ...fields, visibility: 'hidden' })).expect(201).json.id;
    const still = (await server.upload(png(60, 50, 9), 'still.png', { ...fields, livePhotoVideoId: film })).expect(201).json.id;
    await server.waitForJobs();
    assert.equal((await asset(still)).livePhotoVideoId, film);
    const { key } = await link('INDIVIDUAL', { assetIds: [still] });
    assert.deepEqual(tells(await played(film, key)), []);
    assert.deepEqual(tells((await playback(film)).bytes), []); // one copy for all
    assert.deepEqual(tells((await get(`/assets/${film}/original`)).expect(200).bytes), ['Home sweet home', '+52.5200']);
  });

  test('nor does it give out originals when it is changed to allow downloads', async () => {
    const id = await upload(make('kept.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...place]), 'kept.mp4');
    const { key, id: linkId } = await link('INDIVIDUAL', { assetIds: [id] });
    const patch = (body) => server.request('PATCH', `/shared-links/${linkId}`, { as: admin, body }).then((reply) => reply.expect(200));
    const original = () => server.request('GET', `/assets/${id}/original?key=${key}`);
    await patch({ allowDownload: true });
    (await original()).expect(400, 'Not found or no asset.download access');
    await patch({ showMetadata: true });
    (await original()).expect(200);
  });
});
