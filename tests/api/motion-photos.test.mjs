// Photos that move: live photos whose halves come one after the other, and videos inside photos.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { filesBelow, jpeg, motionPhoto, withXmp } from './fixtures.mjs';
import { engine, server, sleep } from './harness.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-motion-'));
const testData = process.env.TINTYPE_TESTDATA ?? new URL('../../../shared/testdata', import.meta.url).pathname;
let admin, events, n = 0;

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A video of a second; each one differs. */
function video(contentId) {
  const file = path.join(folder, `${++n}.mov`);
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=10:d=1',
    '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-metadata', `comment=${n}`, '-movflags', 'use_metadata_tags',
    ...(contentId ? ['-metadata', `com.apple.quicktime.content.identifier=${contentId}`] : []), file]);
  return fs.readFileSync(file);
}

const directory = (length, padding) => '<Container:Directory><rdf:Seq>' +
  '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/></rdf:li>' +
  `<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" Item:Length="${length}"` +
  ` Item:Padding="${padding}"/></rdf:li></rdf:Seq></Container:Directory>`;

const get = (where, options = {}) => server.request('GET', where, { as: admin, ...options });
const asset = async (id) => (await get(`/assets/${id}`)).expect(200).json;
const call = (method, where, body) => server.request(method, where, { as: admin, body });
/** What another server does that looks at films, too: see asset_wait_for_motion_parts. */
const elsewhere = (change) => `UPDATE users SET updated_at = updated_at WHERE id = '${admin.id}'; ${change}`;
const fileOf = async (id) => path.resolve(server.media, (await server.sql(`SELECT original_path FROM asset WHERE id = '${id}'`))[0][0]);
const usage = async () => (await get('/users/me')).json.quotaUsageInBytes;

async function upload(bytes, name, options, fields = {}) {
  const { id } = (await server.upload(bytes, name, fields, options)).expect(201).json;
  await server.waitForJobs();
  return id;
}

async function refresh(id) {
  (await server.request('POST', '/assets/jobs', { as: admin, body: { assetIds: [id], name: 'refresh-metadata' } })).expect(204);
  await server.waitForJobs();
}

before(async () => {
  admin = await server.signUp();
  events = await server.events({ authorization: `Bearer ${admin.token}` });
});

describe('a film that came hidden, without its photo,', () => {
  const sendFilm = async () => {
    const bytes = video();
    const id = await upload(bytes, 'a.mov', undefined, { visibility: 'hidden' });
    return { bytes, id, checksum: createHash('sha1').update(bytes).digest('hex') };
  };
  const post = async (bytes, name, fields, headers) => (await server.upload(bytes, name, fields, { headers })).json;
  const action = async (checksum) =>
    (await call('POST', '/assets/bulk-upload-check', { assets: [{ id: 'a', checksum }] })).expect(200).json.results[0].action;
  const stateOf = async (id) => (await server.sql(`SELECT visibility, status FROM asset WHERE id = '${id}'`))[0].join(' ');

  test('is shown when it is sent to be seen by itself', async () => {
    const { bytes, id, checksum } = await sendFilm();
    const headers = { 'x-immich-checksum': checksum };
    assert.deepEqual(await post(bytes, 'a.mov', { visibility: 'hidden' }, headers), { id, status: 'duplicate' });
    assert.equal(await stateOf(id), 'hidden active', 'it is sent again before its photo');
    assert.equal(await action(checksum), 'accept');
    assert.deepEqual(await post(bytes, 'a.mov', { visibility: 'archive' }, headers), { id, status: 'duplicate' });
    await server.waitForJobs();
    assert.equal(await stateOf(id), 'archive active');
    (await get(`/assets/${id}/thumbnail`)).expect(200);
    assert.equal(await action(checksum), 'reject');
    await post(bytes, 'a.mov', {});
    assert.equal(await stateOf(id), 'archive active', 'what is seen stays where it is');
  });

  test('is shown in the trash, too, and not once a photo shows it', async () => {
    const [away, film] = [await sendFilm(), await sendFilm()];
    (await call('DELETE', '/assets', { ids: [away.id] })).expect(204);
    await post(away.bytes, 'a.mov', {});
    assert.equal(await stateOf(away.id), 'timeline trashed');
    (await server.upload(jpeg(), 'a.jpg', { livePhotoVideoId: film.id })).expect(201);
    assert.equal(await action(film.checksum), 'reject');
    await post(film.bytes, 'a.mov', {});
    assert.equal(await stateOf(film.id), 'hidden active');
  });

  for (const visibility of ['timeline', 'archive', 'locked'])
    test(`is as visible as its photo that was here already: ${visibility}`, async () => {
      const bytes = jpeg(), id = await upload(bytes, 'here.jpg', undefined, { visibility });
      const film = await sendFilm();
      assert.deepEqual(await post(bytes, 'here.jpg', { livePhotoVideoId: film.id }), { id, status: 'duplicate' });
      assert.equal(await stateOf(film.id), `${visibility} active`);
    });

  test('is on the timeline after a week, and its photo may come all the same', async () => {
    const [old, late, recent, ofPhoto, albums] = await Promise.all(Array.from({ length: 5 }, sendFilm));
    const seen = await upload(video(), 'seen.mov');
    (await call('PUT', `/assets/${seen}`, { visibility: 'hidden' })).expect(200);
    (await server.upload(jpeg(), 'a.jpg', { livePhotoVideoId: ofPhoto.id })).expect(201);
    (await call('POST', '/albums', { albumName: 'with a film', assetIds: [albums.id] })).expect(201);
    const clean = async () => {
      await server.sql(`INSERT INTO job (id, name, queue, data, run_after, created_at)
        VALUES ('${randomUUID()}', 'PartialUploadCleanup', 'backgroundTask', '{}', 0, 0) RETURNING id`);
      await server.waitForJobs();
    };
    const age = (films, days) => server.sql(`UPDATE asset SET created_at = ${Date.now() - days * 86_400_000} WHERE id IN ('${
      films.map(({ id }) => id).join("', '")}') RETURNING id`);
    await age([old, late, ofPhoto, albums, { id: seen }], 8);
    await age([recent], 6);
    await clean();
    const states = await Promise.all([old, late, recent, ofPhoto, albums].map(({ id }) => stateOf(id)));
    assert.deepEqual(states, ['timeline active', 'timeline active', 'hidden active', 'hidden active', 'hidden active']);
    assert.equal(await stateOf(seen), 'hidden active', 'its owner hid it');
    (await get(`/assets/${old.id}/thumbnail`)).expect(200);
    (await server.upload(jpeg(), 'late.jpg', { livePhotoVideoId: late.id })).expect(201);
    await server.waitForJobs();
    assert.equal(await stateOf(late.id), 'hidden active');
    await clean();
    assert.equal(await stateOf(late.id), 'hidden active');
  });

  test('is not shown by others', async () => {
    const film = await sendFilm(), bytes = jpeg(), as = await server.newUser();
    (await server.upload(bytes, 'his.jpg', {}, { as })).expect(201);
    await server.upload(bytes, 'his.jpg', { livePhotoVideoId: film.id }, { as });
    (await server.upload(film.bytes, 'his.mov', {}, { as })).expect(201);
    assert.equal(await stateOf(film.id), 'hidden active');
  });
});

describe('a live photo', () => {
  test('that is given another video shows the former one by itself again', async () => {
    const [photo, other] = [await upload(jpeg(), 'one.jpg'), await upload(jpeg(), 'two.jpg')];
    const [first, second, third] = [await upload(video(), '1.mp4'), await upload(video(), '2.mp4'), await upload(video(), '3.mp4')];
    const link = async (id, livePhotoVideoId) => {
      (await call('PUT', `/assets/${id}`, { livePhotoVideoId })).expect(200);
      await server.waitForJobs();
    };
    const shown = async () => Promise.all([first, second, third].map(async (id) => (await asset(id)).visibility));
    await link(photo, first);
    assert.deepEqual(await shown(), ['hidden', 'timeline', 'timeline']);
    await link(photo, first);
    assert.deepEqual(await shown(), ['hidden', 'timeline', 'timeline']);
    (await call('PUT', '/assets', { ids: [photo], visibility: 'archive' })).expect(204);
    await link(photo, second);
    assert.deepEqual(await shown(), ['archive', 'hidden', 'timeline'], 'as visible as the photo');
    (await get(`/assets/${first}/thumbnail`)).expect(200);
    await link(other, second);
    await link(photo, third);
    assert.deepEqual(await shown(), ['archive', 'hidden', 'hidden'], 'another photo shows it still');
  });

  test('that is unlinked leaves its video to another photo, and else to the timeline', async () => {
    const movie = await upload(video(), 'shared.mp4');
    const photos = [];
    for (const name of ['one.jpg', 'two.jpg']) {
      const { id } = (await server.upload(jpeg(), name, { livePhotoVideoId: movie })).expect(201).json;
      photos.push(id);
    }
    const link = async (id, livePhotoVideoId) => (await call('PUT', `/assets/${id}`, { livePhotoVideoId })).expect(200);
    await link(photos[0], null);
    assert.equal((await asset(movie)).visibility, 'hidden');
    await link(photos[0], movie);
    (await call('DELETE', '/assets', { ids: [photos[1]] })).expect(204);
    await link(photos[0], null);
    assert.equal((await asset(movie)).visibility, 'timeline', 'a photo in the trash shows nothing');
    (await call('DELETE', '/assets', { ids: [photos[1]], force: true })).expect(204);
    await server.waitForJobs();
    (await get(`/assets/${movie}/video/playback`)).expect(200);
  });

  test('that is hidden leaves its video hidden, whatever that was before', async () => {
    for (const other of [null, await upload(video(), 'other.mp4')]) {
      const bytes = video();
      const movie = await upload(bytes, 'own.mp4');
      const photo = await upload(motionPhoto(bytes), 'own.jpg');
      assert.equal((await asset(photo)).livePhotoVideoId, movie);
      (await call('PUT', `/assets/${photo}`, { visibility: 'hidden' })).expect(200);
      (await call('PUT', `/assets/${photo}`, { livePhotoVideoId: other })).expect(200);
      const found = server.command(['check-counts', '--repair']);
      assert.match(found.stdout, /asset\.own_visibility: right/, found.stdout);
      assert.equal((await asset(movie)).visibility, 'hidden');
    }
  });

  describe('that another server works at, too', { skip: engine !== 'postgres' && 'SQLite has one writer' }, () => {
    let movie, one, two;
    beforeEach(async () => {
      movie = await upload(video(), 'shared.mp4');
      [one, two] = await Promise.all(['one.jpg', 'two.jpg'].map(async (name) =>
        (await server.upload(jpeg(), name, { livePhotoVideoId: movie })).expect(201).json.id));
      await server.waitForJobs();
    });

    test('leaves its video to the timeline when both unlink it', async () => {
      (await server.during(elsewhere(`UPDATE asset SET live_photo_video_id = NULL WHERE id = '${two}'`),
        () => call('PUT', `/assets/${one}`, { livePhotoVideoId: null }))).expect(200);
      assert.equal((await asset(movie)).visibility, 'timeline');
    });

    test('leaves its video to the photo that the other one links while this one goes', async () => {
      await call('PUT', `/assets/${two}`, { livePhotoVideoId: null });
      // of a library: what goes there changes no usage, by which one would wait for the other
      await server.sql(`UPDATE asset SET library_id = '${movie}' WHERE id = '${one}';
        UPDATE users SET quota_usage_bytes = quota_usage_bytes - (SELECT size_bytes FROM asset WHERE id = '${one}') WHERE id = '${admin.id}'`);
      await server.during(elsewhere(`UPDATE asset SET live_photo_video_id = '${movie}' WHERE id = '${two}'`), async () => {
        (await call('DELETE', '/assets', { ids: [one], force: true })).expect(204);
        await server.waitForJobs();
      });
      assert.equal((await asset(two)).livePhotoVideoId, movie);
      await asset(movie);
    });
  });

  for (const [order, first] of [['photo first', 'photo'], ['video first', 'video']]) {
    test(`is joined, ${order}`, async () => {
      const contentId = `CONTENT-${first}`;
      const halves = { photo: [jpeg({ make: 'Apple', contentId }), 'IMG_1.jpg'], video: [video(contentId), 'IMG_1.mov'] };
      const ids = {};
      for (const half of first === 'photo' ? ['photo', 'video'] : ['video', 'photo']) {
        if (half !== first) assert.equal((await asset(ids[first])).visibility, 'timeline');
        ids[half] = await upload(...halves[half]);
      }
      assert.equal((await asset(ids.photo)).livePhotoVideoId, ids.video);
      assert.equal((await asset(ids.video)).visibility, 'hidden');
      assert.equal((await asset(ids.photo)).visibility, 'timeline');
      await events.next('on_asset_hidden', (id) => id === ids.video);
      (await get(`/assets/${ids.video}/video/playback`)).expect(200);
    });
  }

  test('of two users stays apart', async () => {
    const bob = await server.newUser();
    const videoId = await upload(video('SHARED'), 'a.mov', { as: bob });
    const photoId = await upload(jpeg({ make: 'Apple', contentId: 'SHARED' }), 'a.jpg');
    assert.equal((await asset(photoId)).livePhotoVideoId, null);
    assert.equal((await server.request('GET', `/assets/${videoId}`, { as: bob })).json.visibility, 'timeline');
  });

  test('whose halves come at once is joined', async () => {
    const pairs = await Promise.all(Array.from({ length: 8 }, async (_, i) => {
      const [photo, movie] = await Promise.all([
        server.upload(jpeg({ make: 'Apple', contentId: `AT-ONCE-${i}` }), `b${i}.jpg`),
        server.upload(video(`AT-ONCE-${i}`), `b${i}.mov`),
      ]);
      return [photo.expect(201).json.id, movie.expect(201).json.id];
    }));
    await server.waitForJobs();
    for (const [photo, movie] of pairs) assert.equal((await asset(photo)).livePhotoVideoId, movie);
  });
});

describe('a motion photo', () => {
  const kinds = [
    ['MicroVideo', (bytes) => withXmp(jpeg(), `GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${bytes.length}"`), ''],
    ['MotionPhoto', (bytes) => withXmp(jpeg(), 'GCamera:MotionPhoto="1"', directory(bytes.length, 0)), ''],
    ['MotionPhoto with padding', (bytes) => withXmp(jpeg(), 'GCamera:MotionPhoto="1"', directory(bytes.length, 7)), '1234567'],
  ];

  for (const [kind, picture, padding] of kinds) {
    test(`of the kind ${kind} shows its video`, async () => {
      const bytes = video();
      const whole = Buffer.concat([picture(bytes), bytes, Buffer.from(padding)]);
      const before = await usage();
      const id = await upload(whole, 'PXL_1.MP.jpg');
      const photo = await asset(id);
      assert.ok(photo.livePhotoVideoId, 'it has a motion part');
      const part = await asset(photo.livePhotoVideoId);
      assert.deepEqual([part.type, part.visibility, part.originalFileName], ['VIDEO', 'hidden', 'PXL_1.MP.mp4']);
      assert.equal(part.checksum, createHash('sha1').update(bytes).digest('base64'));
      assert.equal(part.duration, 1000);
      assert.match(part.originalPath, new RegExp(`encoded-video/${admin.id}/../../[0-9a-f-]{36}-MP.mp4$`));
      assert.deepEqual((await get(`/assets/${part.id}/video/playback`)).expect(200).bytes, bytes);
      assert.deepEqual((await get(`/assets/${id}/original`)).expect(200).bytes, whole);
      assert.equal(await usage(), before + whole.length + bytes.length);

      await refresh(id);
      assert.equal((await asset(id)).livePhotoVideoId, part.id);
      assert.equal(await usage(), before + whole.length + bytes.length);

      (await server.request('DELETE', '/assets', { as: admin, body: { ids: [id], force: true } })).expect(204);
      await server.waitForJobs();
      (await get(`/assets/${part.id}`)).expect(400);
      assert.equal(await usage(), before);
      assert.ok(!fs.existsSync(part.originalPath), 'its file is gone');
    });
  }

  test('of a Samsung phone, in HEIC, shows its video', async (t) => {
    const file = path.join(testData, 'photos/formats/motionphoto/samsung-one-ui-6.heic');
    if (!fs.existsSync(file)) return t.skip('no test data');
    const whole = fs.readFileSync(file);
    const id = await upload(whole, 'samsung.heic');
    const { livePhotoVideoId } = await asset(id);
    assert.ok(livePhotoVideoId, 'it has a motion part');
    const part = await asset(livePhotoVideoId);
    assert.ok(part.duration > 500, `${part.duration} ms`);
    assert.ok(part.width > 0);
    assert.deepEqual((await get(`/assets/${id}/original`)).expect(200).bytes, whole);
    return undefined;
  });

  test('whose video is here already takes that one', async () => {
    const bytes = video();
    const videoId = await upload(bytes, 'own.mp4');
    const picture = withXmp(jpeg(), `GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${bytes.length}"`);
    const id = await upload(Buffer.concat([picture, bytes]), 'twice.jpg');
    assert.equal((await asset(id)).livePhotoVideoId, videoId);
    assert.equal((await asset(videoId)).visibility, 'hidden');
  });

  test('that goes leaves the video that was here already to itself again', async () => {
    const bytes = video();
    const videoId = await upload(bytes, 'own.mp4');
    (await call('PUT', `/assets/${videoId}`, { visibility: 'archive' })).expect(200);
    const photos = [await upload(motionPhoto(bytes), 'one.jpg'), await upload(motionPhoto(bytes), 'two.jpg')];
    for (const left of [1, 0]) {
      assert.equal((await asset(videoId)).visibility, 'hidden');
      (await call('DELETE', '/assets', { ids: [photos[left]], force: true })).expect(204);
      await server.waitForJobs();
    }
    assert.equal((await asset(videoId)).visibility, 'archive');
    assert.deepEqual((await get(`/assets/${videoId}/original`)).expect(200).bytes, bytes);
  });

  test('takes no video out of the locked folder, unless it lies there', async () => {
    const bytes = video();
    const videoId = await upload(bytes, 'own.mp4');
    (await call('PUT', `/assets/${videoId}`, { visibility: 'locked' })).expect(200);
    const id = await upload(motionPhoto(bytes), 'open.jpg');
    assert.equal((await asset(id)).livePhotoVideoId, null);
    assert.deepEqual(await server.sql(`SELECT visibility FROM asset WHERE id = '${videoId}'`), [['locked']]);
    const locked = (await server.upload(motionPhoto(bytes), 'locked.jpg', { visibility: 'locked' })).expect(201).json.id;
    await server.waitForJobs();
    assert.deepEqual(await server.sql(`SELECT live_photo_video_id FROM asset WHERE id = '${locked}'`), [[videoId]]);
    await refresh(id);
    assert.equal((await asset(id)).livePhotoVideoId, null, 'as closed as its photo');
  });

  test('whose video lies in the trash takes it out', async () => {
    const bytes = video();
    const videoId = await upload(bytes, 'own.mp4');
    (await call('DELETE', '/assets', { ids: [videoId] })).expect(204);
    const id = await upload(motionPhoto(bytes), 'twice.jpg');
    assert.equal((await asset(id)).livePhotoVideoId, videoId);
    const { visibility, isTrashed } = await asset(videoId);
    assert.deepEqual([visibility, isTrashed], ['hidden', false]);
    (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
    await server.waitForJobs();
    (await get(`/assets/${videoId}`)).expect(400);
  });

  test('is forgotten by a video that is linked to another photo later', async () => {
    const remove = async (id) => {
      (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
      await server.waitForJobs();
    };
    const link = async (id, livePhotoVideoId) => (await call('PUT', `/assets/${id}`, { livePhotoVideoId })).expect(200);
    const other = await upload(video(), 'other.mp4');
    for (const leave of [remove, (id) => link(id, other)]) {
      const bytes = video();
      const videoId = await upload(bytes, 'own.mp4');
      await leave(await upload(motionPhoto(bytes), 'motion.jpg'));
      assert.equal((await asset(videoId)).visibility, 'timeline');
      const photo = await upload(jpeg(), 'photo.jpg');
      await link(photo, videoId);
      await remove(photo);
      (await get(`/assets/${videoId}`)).expect(400);
    }
  });

  test('that lies about its video is a photo', async () => {
    const lies = [
      ['nothing there', withXmp(jpeg(), 'GCamera:MotionPhoto="1"')],
      ['too long', withXmp(jpeg(), 'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="999999999"')],
      ['no video', Buffer.concat([withXmp(jpeg(), 'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="1000"'), Buffer.alloc(1000)])],
    ];
    for (const [what, bytes] of lies) {
      const id = await upload(bytes, `${what}.jpg`);
      assert.equal((await asset(id)).livePhotoVideoId, null, what);
      (await get(`/assets/${id}/thumbnail`)).expect(200);
    }
  });

  test('that several jobs read at once keeps its video', async () => {
    // so large that the copies of it take a while
    const bytes = Buffer.concat([video(), Buffer.alloc(8 * 1024 * 1024)]);
    for (let round = 0; round < 5; round++) {
      (await call('PUT', '/queues/metadataExtraction', { isPaused: true })).expect(200);
      const { id } = (await server.upload(motionPhoto(bytes), 'busy.jpg')).expect(201).json;
      (await call('PUT', `/assets/${id}`, { description: 'edited at once' })).expect(200);
      (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-metadata' })).expect(204);
      for (const end = Date.now() + 60_000; (await get('/queues/metadataExtraction')).json.statistics.paused < 3; await sleep(20))
        assert.ok(Date.now() < end, 'three jobs do not wait');
      (await call('PUT', '/queues/metadataExtraction', { isPaused: false })).expect(200);
      await server.waitForJobs();
      const { livePhotoVideoId } = await asset(id);
      assert.equal((await get(`/assets/${livePhotoVideoId}/video/playback`)).expect(200).bytes.length, bytes.length);
      (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
      await server.waitForJobs();
      const left = filesBelow(path.join(server.media, 'encoded-video')).filter((file) => /-MP\.mp4/.test(file) && file.startsWith(admin.id));
      const known = (await server.sql("SELECT original_path FROM asset WHERE original_path LIKE 'encoded-video/%'")).flat();
      assert.deepEqual(left.filter((file) => !known.includes(`encoded-video/${file}`)), [], 'no copy is left');
    }
  });

  test('gets a video back whose file was lost', async () => {
    const bytes = video();
    const id = await upload(motionPhoto(bytes), 'hurt.jpg');
    const { livePhotoVideoId } = await asset(id);
    const file = await fileOf(livePhotoVideoId);
    const used = await usage();
    fs.rmSync(file);
    (await get(`/assets/${livePhotoVideoId}/video/playback`)).expect(404);

    // not below a mount point whose volume is away
    const marker = path.join(server.media, 'encoded-video', '.immich');
    fs.renameSync(marker, `${marker}-away`);
    await refresh(id);
    assert.equal(await fileOf(livePhotoVideoId), file);
    assert.ok(!fs.existsSync(file));
    fs.renameSync(`${marker}-away`, marker);

    await refresh(id);
    assert.equal((await asset(id)).livePhotoVideoId, livePhotoVideoId);
    assert.deepEqual((await get(`/assets/${livePhotoVideoId}/video/playback`)).expect(200).bytes, bytes);
    assert.equal(await usage(), used);
    const mended = await fileOf(livePhotoVideoId);
    await refresh(id);
    assert.equal(await fileOf(livePhotoVideoId), mended);
  });

  test('keeps a video that was taken out again when the former file is deleted late', async () => {
    const bytes = video();
    const id = await upload(motionPhoto(bytes), 'again.jpg');
    const { livePhotoVideoId: former } = await asset(id);
    const formerFile = await fileOf(former);
    (await call('DELETE', '/assets', { ids: [former], force: true })).expect(204);
    await server.waitForJobs();
    assert.ok(!fs.existsSync(formerFile));
    await refresh(id);
    const { livePhotoVideoId } = await asset(id);
    assert.deepEqual((await get(`/assets/${livePhotoVideoId}/video/playback`)).expect(200).bytes, bytes);

    // the job that deleted the former file comes again, as after a crash
    const data = JSON.stringify({ files: [path.relative(server.media, formerFile)] });
    await server.sql('INSERT INTO job (id, queue, name, data, run_after, created_at) VALUES' +
      ` ('00000000-0000-7000-8000-000000000013', 'backgroundTask', 'FileDelete', '${data}', 0, 0)`);
    await server.waitForJobs();
    assert.deepEqual((await get(`/assets/${livePhotoVideoId}/video/playback`)).expect(200).bytes, bytes);
  });

  test('that is changed on its disk leaves its former video to others that hold the same', async () => {
    const disk = fs.mkdtempSync(path.join(folder, 'library-'));
    const [shared, next, last] = [video(), video(), video()];
    const put = (name, bytes) => fs.writeFileSync(path.join(disk, name), motionPhoto(bytes, { make: name }));
    put('a.jpg', shared);
    put('b.jpg', shared);
    const library = (await call('POST', '/libraries', { ownerId: admin.id, importPaths: [disk] })).expect(201).json;
    const parts = async () => {
      (await call('POST', `/libraries/${library.id}/scan`)).expect(204);
      await server.waitForJobs();
      const { items } = (await call('POST', '/search/metadata', { libraryId: library.id, type: 'IMAGE' })).expect(200).json.assets;
      return Object.fromEntries(items.map((each) => [path.basename(each.originalPath, '.jpg'), each.livePhotoVideoId]));
    };
    const play = async (id) => (await get(`/assets/${id}/video/playback`)).expect(200).bytes;
    const first = await parts();
    assert.equal(first.a, first.b);
    put('a.jpg', next);
    const second = await parts();
    assert.equal(second.b, first.b);
    assert.deepEqual([await play(second.a), await play(second.b)], [next, shared]);
    const file = await fileOf(second.b);
    put('b.jpg', last);
    const third = await parts();
    assert.deepEqual([await play(third.a), await play(third.b)], [next, last]);
    (await get(`/assets/${first.b}`)).expect(400);
    assert.ok(!fs.existsSync(file), 'the last one takes it along');
  });

  test('does not go over the quota', async () => {
    const bytes = video();
    const whole = Buffer.concat([withXmp(jpeg(), `GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${bytes.length}"`), bytes]);
    const user = await server.newUser({ quotaSizeInBytes: whole.length + 10 });
    const id = await upload(whole, 'tight.jpg', { as: user });
    assert.equal((await server.request('GET', `/assets/${id}`, { as: user })).expect(200).json.livePhotoVideoId, null);
    assert.deepEqual(fs.readdirSync(path.join(server.media, 'encoded-video', user.id), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile()), []);
  });

  test('keeps a video that it shares with a library which is deleted', async () => {
    const disk = fs.mkdtempSync(path.join(folder, 'library-'));
    const bytes = video();
    fs.writeFileSync(path.join(disk, 'a.jpg'), motionPhoto(bytes));
    const user = await server.newUser();
    const mine = async (method, where, body) => (await server.request(method, where, { as: user, body })).expect(200).json;
    const library = (await call('POST', '/libraries', { ownerId: user.id, importPaths: [disk] })).expect(201).json;
    (await call('POST', `/libraries/${library.id}/scan`)).expect(204);
    await server.waitForJobs();
    const whole = motionPhoto(bytes);
    const id = await upload(whole, 'mine.jpg', { as: user });
    const { livePhotoVideoId } = await mine('GET', `/assets/${id}`);
    assert.equal((await mine('GET', `/assets/${livePhotoVideoId}`)).libraryId, library.id);
    (await call('DELETE', `/libraries/${library.id}`)).expect(204);
    await server.waitForJobs();
    assert.equal((await mine('GET', `/assets/${id}`)).livePhotoVideoId, livePhotoVideoId);
    assert.equal((await mine('GET', `/assets/${livePhotoVideoId}`)).libraryId, null);
    assert.deepEqual((await server.request('GET', `/assets/${livePhotoVideoId}/original`, { as: user })).expect(200).bytes, bytes);
    assert.equal((await mine('GET', '/users/me')).quotaUsageInBytes, whole.length + bytes.length);
    assert.equal((await server.sql(`SELECT id FROM asset WHERE owner_id = '${user.id}'`)).length, 2);
    (await server.request('DELETE', '/assets', { as: user, body: { ids: [id], force: true } })).expect(204);
    await server.waitForJobs();
    assert.equal((await mine('GET', '/users/me')).quotaUsageInBytes, 0);
  });

  test('of an external library goes with its video, and the library\'s file stays', async () => {
    const disk = fs.mkdtempSync(path.join(folder, 'library-'));
    const names = ['deleted', 'lost', 'left'];
    for (const name of names) {
      const bytes = video();
      const picture = withXmp(jpeg({ make: name }), `GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${bytes.length}"`);
      fs.writeFileSync(path.join(disk, `${name}.jpg`), Buffer.concat([picture, bytes]));
    }
    const before = await usage();
    const library = (await call('POST', '/libraries', { ownerId: admin.id, importPaths: [disk] })).expect(201).json;
    const scan = async () => {
      (await call('POST', `/libraries/${library.id}/scan`)).expect(204);
      await server.waitForJobs();
    };
    await scan();
    const { items } = (await call('POST', '/search/metadata', { libraryId: library.id, type: 'IMAGE' })).expect(200).json.assets;
    const photos = Object.fromEntries(items.map((each) => [path.basename(each.originalPath, '.jpg'), each]));
    assert.deepEqual(Object.keys(photos).sort(), [...names].sort());
    const parts = Object.fromEntries(names.map((name) => [name, photos[name].livePhotoVideoId]));
    const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await fileOf(parts[name])])));
    const isGone = async (name) => {
      (await get(`/assets/${photos[name].id}`)).expect(400);
      (await get(`/assets/${parts[name]}`)).expect(400);
      assert.ok(!fs.existsSync(files[name]), `the video of ${name} is gone`);
    };
    for (const name of names) assert.ok(fs.existsSync(files[name]), name);
    assert.equal(await usage(), before, 'what a library has is nobody\'s quota');

    // by its owner
    (await call('DELETE', '/assets', { ids: [photos.deleted.id], force: true })).expect(204);
    await server.waitForJobs();
    await isGone('deleted');
    assert.ok(fs.existsSync(path.join(disk, 'deleted.jpg')));

    // its file is gone: it may come back, so that its video stays until the user gives it up
    fs.rmSync(path.join(disk, 'lost.jpg'));
    await scan();
    assert.ok((await asset(photos.lost.id)).isOffline);
    assert.ok(fs.existsSync(files.lost));
    (await call('DELETE', '/assets', { ids: [photos.lost.id], force: true })).expect(204);
    await server.waitForJobs();
    await isGone('lost');

    // with the library
    (await call('DELETE', `/libraries/${library.id}`)).expect(204);
    await server.waitForJobs();
    await isGone('left');
    assert.deepEqual(fs.readdirSync(disk).sort(), ['deleted.jpg', 'left.jpg']);
    assert.equal(await usage(), before);
  });
});

describe('what a visitor sends', () => {
  let album, link;
  const send = async (bytes, name) => upload(bytes, name, { as: undefined, headers: { 'x-immich-share-key': link.key } });
  const counts = async () => (await get(`/albums/${album.id}`)).json.assetCount;
  const remove = async (id) => {
    (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
    await server.waitForJobs();
  };

  before(async () => {
    album = (await call('POST', '/albums', { albumName: 'Wedding' })).expect(201).json;
    link = (await call('POST', '/shared-links', { type: 'ALBUM', albumId: album.id, allowUpload: true })).expect(201).json;
  });

  test('takes no video of the owner along', async () => {
    const bytes = video('OWN');
    const movie = await upload(bytes, 'wedding.mp4');
    const still = await upload(jpeg({ make: 'Apple', contentId: 'OTHER' }), 'IMG.jpg');
    (await call('PUT', `/albums/${album.id}/assets`, { ids: [movie] })).expect(200);
    const sent = [await send(motionPhoto(bytes), 'same.jpg'), await send(jpeg({ make: 'Apple', contentId: 'OWN' }), 'pair.jpg'),
      await send(video('OTHER'), 'pair.mov')];
    assert.equal(await counts(), 1 + sent.length);
    for (const id of sent) await refresh(id);
    for (const id of [...sent, still]) assert.equal((await asset(id)).livePhotoVideoId, null);
    for (const id of sent) await remove(id);
    assert.equal((await asset(movie)).visibility, 'timeline');
    assert.equal(await counts(), 1);
    assert.deepEqual((await get(`/assets/${movie}/original`)).expect(200).bytes, bytes);
  });

  test('shows a video that it brought', async () => {
    const bytes = video();
    const photos = [await send(motionPhoto(bytes), 'one.jpg'), await send(motionPhoto(bytes), 'two.jpg')];
    const { livePhotoVideoId } = await asset(photos[0]);
    assert.ok(livePhotoVideoId);
    assert.equal((await asset(photos[1])).livePhotoVideoId, livePhotoVideoId);
    (await server.request('GET', `/assets/${livePhotoVideoId}/video/playback?key=${link.key}`)).expect(200);
    for (const id of photos) await remove(id);
    (await get(`/assets/${livePhotoVideoId}`)).expect(400);
  });

  test('is shown, when the photo of a film was here already', async () => {
    const bytes = jpeg(), headers = { 'x-immich-share-key': link.key };
    const mine = await upload(bytes, 'here.jpg');
    const post = async (body, name, fields) => (await server.upload(body, name, fields, { as: undefined, headers })).json;
    const other = jpeg(), [film, kept] = [await post(video(), 'a.mov', { visibility: 'hidden' }), await post(video(), 'b.mov', { visibility: 'hidden' })];
    assert.deepEqual(await post(bytes, 'here.jpg', { livePhotoVideoId: film.id }), { id: mine, status: 'duplicate' });
    for (const status of ['created', 'duplicate'])
      assert.equal((await post(other, 'new.jpg', { livePhotoVideoId: kept.id })).status, status);
    await server.waitForJobs();
    assert.deepEqual([(await asset(film.id)).visibility, (await asset(kept.id)).visibility], ['timeline', 'hidden']);
    assert.equal((await asset(mine)).livePhotoVideoId, null);
    (await get(`/assets/${film.id}/thumbnail`)).expect(200);
  });

  test('is not shown, when another photo of the film comes at this moment', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
    const bytes = jpeg(), headers = { 'x-immich-share-key': link.key };
    const [mine, other] = [await upload(bytes, 'here.jpg'), await send(jpeg(), 'new.jpg')];
    const { id } = (await server.upload(video(), 'a.mov', { visibility: 'hidden' }, { as: undefined, headers })).expect(201).json;
    await server.waitForJobs();
    const answer = await server.during(elsewhere(`UPDATE asset SET live_photo_video_id = '${id}' WHERE id = '${other}'`),
      () => server.upload(bytes, 'here.jpg', { livePhotoVideoId: id }, { as: undefined, headers }));
    assert.deepEqual(answer.expect(200).json, { id: mine, status: 'duplicate' });
    assert.equal((await asset(id)).visibility, 'hidden');
  });

  test('brings no picture that its owner cannot see', async () => {
    const headers = { 'x-immich-share-key': link.key };
    const { id } = (await server.upload(jpeg(), 'a.jpg', { visibility: 'hidden' }, { as: undefined, headers })).expect(201).json;
    assert.equal((await asset(id)).visibility, 'timeline');
  });
});
