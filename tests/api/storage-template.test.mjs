// Originals in folders by the storage template: where they go, with whom, and that nobody notices but the disk.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { filesBelow, jpeg, mountDisk, sha1 } from './fixtures.mjs';
import { engine, newServer, server, sleep, until } from './harness.mjs';

const TEMPLATE = '{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-storage-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const xmp = (text) => Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">' +
  `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${text}</rdf:li></rdf:Alt></dc:description>` +
  '</rdf:Description></rdf:RDF></x:xmpmeta>');

let videos = 0;
function video(contentId) {
  const file = path.join(folder, `${++videos}.mov`);
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5:d=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p',
    '-metadata', `comment=${videos}`, '-movflags', 'use_metadata_tags',
    ...(contentId ? ['-metadata', `com.apple.quicktime.content.identifier=${contentId}`] : []), file]);
  return fs.readFileSync(file);
}

/** A server with the template on or off, and short words for what the tests do. */
class Scene {
  constructor(on = server) {
    this.on = on;
  }

  async set(settings) {
    const admin = await this.on.signUp();
    const config = (await this.on.request('GET', '/system-config', { as: admin })).expect(200).json;
    Object.assign(config.storageTemplate, settings);
    (await this.on.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  }

  async user(fields) {
    this.owner = await this.on.newUser(fields);
    return this.owner;
  }

  call(method, where, body) {
    return this.on.request(method, where, { as: this.owner, body });
  }

  async add(bytes, name, fields, options) {
    const reply = await this.on.upload(bytes, name, fields, { as: this.owner, ...options });
    await this.on.waitForJobs();
    return reply.expect(201).json.id;
  }

  async asset(id) {
    return (await this.call('GET', `/assets/${id}`)).expect(200).json;
  }

  /** Where its original is, below the media folder. */
  async at(id) {
    return path.relative(this.on.media, (await this.asset(id)).originalPath);
  }

  async sidecarAt(id) {
    return (await this.on.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`))[0]?.[0];
  }

  async migrate() {
    const admin = await this.on.signUp();
    (await this.on.request('PUT', '/jobs/storageTemplateMigration', { as: admin, body: { command: 'start', force: false } })).expect(200);
    await this.on.waitForJobs(120_000);
  }

  /** As a mover without links has it between the rename and the switch of the paths. */
  async interrupt(id, kind, from, to) {
    const at = (name) => path.join(this.on.media, name);
    const content = fs.readFileSync(at(from));
    await this.on.sql('INSERT INTO storage_move (asset_id, kind, old_path, new_path, size_bytes, sha1) VALUES ' +
      `('${id}', '${kind}', '${from}', '${to}', ${content.length}, ${engine === 'postgres' ? "'\\x" : "X'"}${sha1(content)}')`);
    fs.mkdirSync(path.dirname(at(to)), { recursive: true });
    fs.renameSync(at(from), at(to));
  }

  async assertServed(id, bytes) {
    assert.ok((await this.call('GET', `/assets/${id}/original`)).expect(200).bytes.equals(bytes));
  }

  /** Every original is at its place, with its content, and nothing else lies in the folders of originals. */
  async assertTidy() {
    const known = new Set();
    const hex = engine === 'postgres' ? "encode(checksum, 'hex')" : 'lower(hex(checksum))';
    for (const [file, sum] of await this.on.sql(`SELECT original_path, ${hex} FROM asset`)) {
      known.add(file);
      assert.equal(sha1(fs.readFileSync(path.join(this.on.media, file))), sum, file);
    }
    for (const [file] of await this.on.sql("SELECT path FROM asset_file WHERE type = 'sidecar'")) known.add(file);
    for (const top of ['library', 'upload'])
      for (const file of filesBelow(path.join(this.on.media, top)))
        assert.ok(known.has(path.join(top, file)) || file === '.moving', `${top}/${file} belongs to nobody`);
    assert.deepEqual(await this.on.sql('SELECT * FROM storage_move'), []);
  }
}

describe('off', () => {
  test('is how it comes: originals stay where their upload put them, also when a migration is asked for', async () => {
    const scene = new Scene();
    await scene.user();
    const id = await scene.add(jpeg(), 'IMG_1.JPG');
    assert.match(await scene.at(id), /^upload\//);
    await scene.migrate();
    assert.match(await scene.at(id), /^upload\//);
  });
});

describe('on', () => {
  const scene = new Scene();

  test('an upload goes to the folder of its day, by the clock of the server', async () => {
    await scene.set({ enabled: true, template: TEMPLATE });
    const user = await scene.user();
    const bytes = jpeg({ date: '2011:11:11 10:11:11', make: 'Canon' });
    const id = await scene.add(bytes, 'IMG_1.JPEG', { fileModifiedAt: '2001-02-03T04:05:06.789Z' });
    const asset = await scene.asset(id);
    assert.equal(await scene.at(id), `library/${user.id}/2011/2011-11-11/IMG_1.jpg`);
    assert.equal(asset.originalFileName, 'IMG_1.JPEG');
    assert.equal(fs.statSync(asset.originalPath).mtimeMs, Date.parse('2001-02-03T04:05:06.789Z'));
    await scene.assertServed(id, bytes);
    (await scene.call('GET', `/assets/${id}/thumbnail?size=preview`)).expect(200);
    await scene.assertTidy();
    assert.deepEqual((await scene.call('POST', '/assets/bulk-upload-check', { assets: [{ id: 'x', checksum: sha1(bytes) }] })).expect(200)
      .json.results.map(({ action }) => action), ['reject']);
  });

  test('names that are taken get a number, and keep it', async () => {
    const user = await scene.user({ storageLabel: 'ann' });
    assert.equal(user.email.length > 0, true);
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'a.jpg'));
    const places = await Promise.all(ids.map((id) => scene.at(id)));
    assert.deepEqual(places, ['a.jpg', 'a+1.jpg', 'a+2.jpg', 'a+3.jpg'].map((name) => `library/ann/2020/2020-01-02/${name}`));
    (await scene.call('DELETE', '/assets', { ids: [ids[1]], force: true })).expect(204);
    await server.waitForJobs();
    await scene.migrate();
    assert.equal(await scene.at(ids[2]), places[2]);
    assert.equal(await scene.at(await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'a.jpg')), places[1]);
    await scene.assertTidy();
  });

  test('a file that nobody knows is neither replaced nor taken', async () => {
    await scene.user({ storageLabel: 'cuckoo' });
    const place = path.join(server.media, 'library/cuckoo/2020/2020-01-02');
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(path.join(place, 'a.jpg'), 'somebody put me here');
    const id = await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'a.jpg');
    assert.equal(await scene.at(id), 'library/cuckoo/2020/2020-01-02/a+1.jpg');
    assert.equal(fs.readFileSync(path.join(place, 'a.jpg'), 'utf8'), 'somebody put me here');
    fs.rmSync(path.join(place, 'a.jpg'));
    // nor is it taken for the sidecar of who comes beside it
    fs.writeFileSync(path.join(place, 'b.jpg.xmp'), xmp('of somebody'));
    const other = await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'b.jpg');
    assert.equal(await scene.at(other), 'library/cuckoo/2020/2020-01-02/b+1.jpg');
    (await scene.call('PUT', `/assets/${other}`, { rating: 3 })).expect(200);
    await server.waitForJobs();
    assert.equal((await scene.asset(other)).exifInfo.description, '');
    fs.rmSync(path.join(place, 'b.jpg.xmp'));
  });

  test('hostile names stay inside the folder of their user', async () => {
    await scene.user({ storageLabel: 'eve' });
    const fields = (filename) => ({ filename });
    const names = {
      '../../../../x.jpg': 'x.jpg',
      '/etc/passwd.jpg': 'passwd.jpg',
      'a\\..\\b.jpg': 'a..b.jpg',
      'CON.jpg': null,
      '....jpg': null,
      'ünï 字.jpg': 'ünï 字.jpg',
      '{{album}}.jpg': '{{album}}.jpg',
      [`${'x'.repeat(250)}.jpg`]: `${'x'.repeat(220)}.jpg`,
      '.immich.jpg': '.immich.jpg',
      'tab\there.jpg': 'tabhere.jpg',
    };
    for (const [name, wanted] of Object.entries(names)) {
      const id = await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'a.jpg', fields(name));
      assert.equal(await scene.at(id), `library/eve/2020/2020-01-02/${wanted ?? `${id}.jpg`}`, name);
    }
    await scene.set({ template: '{{make}}/{{model}}/{{filename}}' });
    const id = await scene.add(jpeg({ make: '../../..', model: 'x', date: '2020:01:02 03:04:05' }), 'out.jpg');
    assert.match(await scene.at(id), /^upload\//);
    const failed = (await server.request('GET', '/queues/storageTemplateMigration/jobs?status=failed', { as: server.admin })).expect(200).json;
    assert.deepEqual(failed.map(({ data }) => data.id), [id]);
    const slashes = await scene.add(jpeg({ make: 'a/b', model: '..', date: '2020:01:02 03:04:05' }), 'in.jpg');
    assert.equal(await scene.at(slashes), 'library/eve/a/in.jpg');
    (await server.request('PUT', '/jobs/storageTemplateMigration', { as: server.admin, body: { command: 'clear-failed' } })).expect(200);
    await scene.set({ template: TEMPLATE });
    await scene.migrate();
    assert.equal(await scene.at(id), 'library/eve/2020/2020-01-02/out.jpg');
    await scene.assertTidy();
    assert.deepEqual(fs.readdirSync(path.join(server.media, 'library/eve')), ['2020'], 'empty folders went');
  });

  test('a photo, its sidecar and the video of a live photo go together, whoever comes first', async () => {
    await scene.user({ storageLabel: 'pair' });
    for (const order of ['photo first', 'video first']) {
      const contentId = `0A1B2C3D-${order[0]}`;
      const photo = () => scene.add(jpeg({ make: 'Apple', contentId, date: '2021:05:06 07:08:09' }), 'IMG_7.HEIC.jpg', {}, { sidecar: xmp('pair') });
      const film = () => scene.add(video(contentId), 'IMG_other.MOV');
      const [first, second] = order === 'photo first' ? [photo, film] : [film, photo];
      const ids = [await first(), await second()];
      const [photoId, videoId] = order === 'photo first' ? ids : ids.reverse();
      assert.equal((await scene.asset(photoId)).livePhotoVideoId, videoId);
      if (order !== 'photo first') await scene.migrate();
      const base = `library/pair/2021/2021-05-06/IMG_7.HEIC${order === 'photo first' ? '' : '+1'}`;
      assert.equal(await scene.at(photoId), `${base}.jpg`);
      assert.equal(await scene.at(videoId), `${base}.mov`);
      assert.equal(await scene.sidecarAt(photoId), `${base}.jpg.xmp`);
      assert.equal((await scene.asset(photoId)).exifInfo.description, 'pair');
      (await scene.call('GET', `/assets/${videoId}/video/playback`)).expect(200);
    }
    await scene.assertTidy();
  });

  test('albums name folders, and a change of them is followed by a migration', async () => {
    await scene.set({ template: '{{#if album}}{{album-startDate-y}}/{{album}}{{else}}Other/{{MMMM}}{{/if}}/{{{filename}}}' });
    await scene.user({ storageLabel: 'albums' });
    const early = await scene.add(jpeg({ date: '2018:03:04 05:06:07' }), 'early.jpg');
    const late = await scene.add(jpeg({ date: '2019:03:04 05:06:07' }), "it's late.jpg");
    assert.deepEqual([await scene.at(early), await scene.at(late)],
      ['library/albums/Other/March/early.jpg', "library/albums/Other/March/it's late.jpg"]);
    const album = (await scene.call('POST', '/albums', { albumName: 'Su/mm.er: 1', assetIds: [early, late] })).expect(201).json;
    await scene.migrate();
    assert.deepEqual([await scene.at(early), await scene.at(late)],
      ['library/albums/2018/Summer 1/early.jpg', "library/albums/2018/Summer 1/it's late.jpg"]);
    assert.ok(!fs.existsSync(path.join(server.media, 'library/albums/Other')), 'the empty folder went');
    (await scene.call('DELETE', `/albums/${album.id}/assets`, { ids: [early] })).expect(200);
    await scene.migrate();
    assert.deepEqual([await scene.at(early), await scene.at(late)],
      ['library/albums/Other/March/early.jpg', "library/albums/2019/Summer 1/it's late.jpg"]);
    await scene.assertTidy();
    await scene.set({ template: TEMPLATE });
  });

  test('an edited date moves its photo at once, a changed label with the next migration', async () => {
    const user = await scene.user({ storageLabel: 'before' });
    const bytes = jpeg({ date: '2020:01:02 03:04:05' });
    const id = await scene.add(bytes, 'a.jpg');
    (await scene.call('PUT', `/assets/${id}`, { dateTimeOriginal: '2022-03-04T05:06:07.000Z' })).expect(200);
    await server.waitForJobs();
    await scene.migrate();
    assert.equal(await scene.at(id), 'library/before/2022/2022-03-04/a.jpg');
    (await server.request('PUT', `/admin/users/${user.id}`, { as: server.admin, body: { storageLabel: 'after' } })).expect(200);
    await server.waitForJobs();
    assert.equal(await scene.at(id), 'library/before/2022/2022-03-04/a.jpg');
    await scene.migrate();
    assert.equal(await scene.at(id), 'library/after/2022/2022-03-04/a.jpg');
    assert.ok(!fs.existsSync(path.join(server.media, 'library/before')));
    await scene.assertServed(id, bytes);
    await scene.assertTidy();
  });

  test('what is removed for good leaves no file, and its path is free for another photo', async () => {
    await scene.user({ storageLabel: 'gone' });
    const add = () => scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'a.jpg', {}, { sidecar: xmp('x') });
    const first = await add();
    const place = 'library/gone/2020/2020-01-02/a.jpg';
    assert.deepEqual([await scene.at(first), await scene.sidecarAt(first)], [place, `${place}.xmp`]);
    (await scene.call('DELETE', '/assets', { ids: [first], force: true })).expect(204);
    await server.waitForJobs();
    assert.ok(!fs.existsSync(path.join(server.media, 'library/gone')));
    const second = await add();
    assert.equal(await scene.at(second), place);
    // the deletion of the first one runs again, as after a crash: the second one is not its file
    await server.sql('INSERT INTO job (id, queue, name, data, run_after, created_at) VALUES' +
      ` ('00000000-0000-7000-8000-000000000001', 'backgroundTask', 'FileDelete', '{"files":["${place}"]}', 0, 0)`);
    await server.restart();
    await server.waitForJobs();
    assert.ok(fs.existsSync(path.join(server.media, place)));
    await scene.assertTidy();
  });

  test('what was replaced while it was moved without links is kept with its sidecar', async () => {
    await scene.user({ storageLabel: 'nolinks' });
    const bytes = jpeg({ date: '2020:01:02 03:04:05' });
    const id = await scene.add(bytes, 'a.jpg');
    (await scene.call('PUT', `/assets/${id}`, { description: 'the old one' })).expect(200);
    await server.waitForJobs();
    const at = await scene.at(id);
    await scene.set({ enabled: false });
    const notes = [['original', at, 'library/nolinks/b.jpg'], ['sidecar', `${at}.xmp`, 'library/nolinks/b.jpg.xmp']];
    for (const each of notes) await scene.interrupt(id, ...each);
    const form = new FormData();
    const fields = { deviceAssetId: 'c', deviceId: 'test', fileCreatedAt: '2024-01-02T03:04:05.000Z', fileModifiedAt: '2024-01-02T03:04:05.000Z' };
    for (const [key, value] of Object.entries(fields)) form.append(key, value);
    const after = jpeg({ date: '2021:01:02 03:04:05' });
    form.append('assetData', new Blob([after]), 'c.jpg');
    const kept = (await scene.call('PUT', `/assets/${id}/original`, form)).expect(200).json.id; // its jobs settle the move
    await server.waitForJobs();
    await scene.assertServed(id, after);
    await scene.assertServed(kept, bytes);
    assert.deepEqual([await scene.at(kept), await scene.sidecarAt(kept)], notes.map(([, , to]) => to));
    assert.match(fs.readFileSync(path.join(server.media, notes[1][2]), 'utf8'), /the old one/);
    await scene.assertTidy();
    await scene.set({ enabled: true });
  });

  test('a sidecar is copied to where its photo has been moved', async () => {
    await scene.user({ storageLabel: 'copies' });
    const source = await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'source.jpg', {}, { sidecar: xmp('of the source') });
    const target = await scene.add(jpeg({ date: '2020:01:02 03:04:06' }), 'target.jpg');
    await scene.interrupt(target, 'original', await scene.at(target), 'library/copies/moved.jpg');
    (await scene.call('PUT', '/assets/copy', { sourceId: source, targetId: target, sidecar: true })).expect(204);
    await server.waitForJobs();
    assert.equal(await scene.sidecarAt(target), `${await scene.at(target)}.xmp`);
    assert.equal((await scene.asset(target)).exifInfo.description, 'of the source');
    await scene.assertTidy();
  });

  test('a move that was interrupted is finished or undone by the next start', async () => {
    await scene.user({ storageLabel: 'crash' });
    const bytes = jpeg({ date: '2020:01:02 03:04:05' });
    const id = await scene.add(bytes, 'a.jpg');
    const at = await scene.at(id);
    const note = (from, to) => server.sql('INSERT INTO storage_move (asset_id, kind, old_path, new_path, size_bytes, sha1)' +
      ` SELECT '${id}', 'original', '${from}', '${to}', size_bytes, checksum FROM asset WHERE id = '${id}'`);
    const file = (name) => path.join(server.media, 'library/crash', name);

    // both are there, the old one counts
    fs.linkSync(path.join(server.media, at), file('new.jpg'));
    await note(at, 'library/crash/new.jpg');
    await server.restart();
    assert.ok(!fs.existsSync(file('new.jpg')));
    await scene.assertServed(id, bytes);
    // both are there, the new one counts
    fs.copyFileSync(path.join(server.media, at), file('old.jpg'));
    await note('library/crash/old.jpg', at);
    await server.restart();
    assert.ok(!fs.existsSync(file('old.jpg')));
    await scene.assertServed(id, bytes);
    // half a copy
    fs.writeFileSync(file('.half.jpg.tmp'), bytes.subarray(0, 20));
    await note(at, 'library/crash/half.jpg');
    await server.restart();
    assert.ok(!fs.existsSync(file('.half.jpg.tmp')));
    // the new one is somebody else's
    fs.writeFileSync(file('other.jpg'), 'another photo');
    await note(at, 'library/crash/other.jpg');
    await server.restart();
    assert.equal(fs.readFileSync(file('other.jpg'), 'utf8'), 'another photo');
    fs.rmSync(file('other.jpg'));
    // it was renamed and nobody wrote it down
    fs.renameSync(path.join(server.media, at), file('renamed.jpg'));
    await note(at, 'library/crash/renamed.jpg');
    await server.restart();
    assert.equal(await scene.at(id), 'library/crash/renamed.jpg');
    await scene.assertServed(id, bytes);
    await scene.assertTidy();
  });
});

test('switching it on later moves everything, while everything is read', async () => {
  const scene = new Scene(newServer());
  await scene.user({ storageLabel: 'later' });
  const photos = new Map();
  for (let i = 0; i < 60; i++) {
    const bytes = jpeg({ date: `2019:0${1 + (i % 9)}:02 03:04:05` });
    photos.set((await scene.on.upload(bytes, `IMG_${i % 20}.jpg`, {}, { as: scene.owner })).expect(201).json.id, bytes);
  }
  await scene.on.waitForJobs();
  await scene.set({ enabled: true, template: TEMPLATE });
  let moving = true, reads = 0;
  const reader = async (index) => {
    const ids = [...photos.keys()];
    for (let i = index; moving; i = (i + 7) % ids.length, reads++) {
      await scene.assertServed(ids[i], photos.get(ids[i]));
      if (i % 5 === 0) {
        const body = { assetIds: ids.slice(0, 20) };
        const archive = (await scene.call('POST', '/download/archive', body)).expect(200).bytes;
        for (const id of body.assetIds) assert.ok(archive.includes(photos.get(id)), 'a photo is missing in the archive');
      }
    }
  };
  const readers = [0, 1, 2].map(reader);
  for (const id of photos.keys())
    (await scene.call('POST', '/assets/jobs', { assetIds: [id], name: 'regenerate-thumbnail' })).expect(204);
  await scene.migrate();
  moving = false;
  await Promise.all(readers);
  assert.ok(reads > 0);
  for (const id of photos.keys()) assert.match(await scene.at(id), /^library\/later\/2019\/2019-0\d-02\/IMG_\d+(\+\d)?\.jpg$/);
  const failed = (await scene.on.request('GET', '/jobs', { as: scene.on.admin })).json;
  assert.deepEqual(Object.entries(failed).filter(([, { jobCounts }]) => jobCounts.failed > 0), []);
  assert.deepEqual(await scene.on.sql('SELECT count(*) FROM asset WHERE processing_error IS NOT NULL'), [['0']]);
  await scene.assertTidy();
  // a second run finds all as it should be
  const before = await scene.on.sql('SELECT id, original_path, update_id FROM asset ORDER BY id');
  await scene.migrate();
  assert.deepEqual(await scene.on.sql('SELECT id, original_path, update_id FROM asset ORDER BY id'), before);
});

test('onto another file system originals are copied and compared', async (t) => {
  const other = '/dev/shm';
  if (!fs.existsSync(other) || fs.statSync(other).dev === fs.statSync(os.tmpdir()).dev) {
    t.skip('/dev/shm is no file system of its own');
    return;
  }
  const scene = new Scene(newServer());
  const library = fs.mkdtempSync(path.join(other, 'tintype-library-'));
  try {
    await scene.user({ storageLabel: 'far' });
    fs.copyFileSync(path.join(scene.on.media, 'library', '.immich'), path.join(library, '.immich'));
    fs.rmSync(path.join(scene.on.media, 'library'), { recursive: true });
    fs.symlinkSync(library, path.join(scene.on.media, 'library'));
    const bytes = jpeg({ date: '2020:01:02 03:04:05' });
    const good = await scene.add(bytes, 'good.jpg');
    const bad = await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'bad.jpg');
    const badPath = (await scene.asset(bad)).originalPath;
    const damaged = fs.readFileSync(badPath);
    damaged[damaged.length - 3] ^= 1;
    fs.writeFileSync(badPath, damaged);
    await scene.set({ enabled: true, template: TEMPLATE });
    await scene.migrate();
    assert.equal(await scene.at(good), 'library/far/2020/2020-01-02/good.jpg');
    await scene.assertServed(good, bytes);
    assert.match(await scene.at(bad), /^upload\//);
    const failed = (await scene.on.request('GET', '/queues/storageTemplateMigration/jobs?status=failed', { as: scene.on.admin })).expect(200).json;
    assert.deepEqual(failed.map(({ data }) => data.id), [bad]);
    assert.deepEqual(filesBelow(path.join(library, 'far')), ['2020/2020-01-02/good.jpg']);
    assert.ok(!fs.existsSync(path.join(scene.on.media, 'upload', scene.owner.id, 'good.jpg')));
  } finally {
    fs.rmSync(library, { recursive: true, force: true });
  }
});

/** Until it holds; the reason of a failure is that of the last look. */
async function eventually(look) {
  for (let left = 600; ; left--) {
    try {
      return await look();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(50);
    }
  }
}

test('while the volume of the originals is away nothing is moved into its mount point', async () => {
  const scene = new Scene(newServer());
  await scene.user({ storageLabel: 'away' });
  await scene.set({ enabled: true, template: TEMPLATE });
  const library = path.join(scene.on.media, 'library');
  const volume = `${library}-volume`;
  fs.renameSync(library, volume);
  fs.mkdirSync(library);
  const bytes = jpeg({ date: '2020:01:02 03:04:05' });
  const id = (await scene.on.upload(bytes, 'a.jpg', {}, { as: scene.owner })).expect(201).json.id;
  await eventually(async () => {
    const waiting = (await scene.on.request('GET', '/queues/storageTemplateMigration/jobs', { as: scene.on.admin })).expect(200).json;
    assert.match(waiting.find(({ data }) => data.id === id)?.error ?? 'none', /library\/\.immich.*volume/);
  });
  assert.match(await scene.at(id), /^upload\//);
  assert.deepEqual(filesBelow(library), []);
  await scene.assertServed(id, bytes);
  fs.rmdirSync(library);
  fs.renameSync(volume, library);
  await scene.on.tryAgain();
  assert.equal(await scene.at(id), 'library/away/2020/2020-01-02/a.jpg');
  await scene.assertServed(id, bytes);
});

test('what came to the path of a removed photo since the database was backed up is not removed with it', async () => {
  const scene = new Scene(newServer());
  await scene.user({ storageLabel: 'restored' });
  await scene.set({ enabled: true, template: TEMPLATE });
  const date = { date: '2020:01:02 03:04:05' };
  const [gone, own] = [await scene.add(jpeg(date), 'a.jpg', {}, { sidecar: xmp('Old words') }), await scene.add(jpeg(date), 'b.jpg')];
  const [file, ownFile] = [(await scene.asset(gone)).originalPath, (await scene.asset(own)).originalPath];
  assert.match(file, /library\/restored\/2020\/2020-01-02\/a\.jpg$/);
  // as if the restored database were from before the photo was removed and another came by its name
  const other = jpeg(date);
  fs.writeFileSync(file, other);
  fs.writeFileSync(`${file}.xmp`, 'of the other');
  (await scene.call('DELETE', '/assets', { ids: [gone, own], force: true })).expect(204);
  await scene.on.waitForJobs();
  assert.ok(fs.readFileSync(file).equals(other));
  assert.equal(fs.readFileSync(`${file}.xmp`, 'utf8'), 'of the other');
  assert.ok(!fs.existsSync(ownFile));
});

test('with an account goes no file that came to the path of one of its photos since', async () => {
  const scene = new Scene(newServer());
  await scene.set({ enabled: true, template: TEMPLATE });
  const leaving = await scene.user({ storageLabel: 'changed-hands' });
  const date = { date: '2020:01:02 03:04:05' };
  const [gone, own] = [await scene.add(jpeg(date), 'a.jpg', {}, { sidecar: xmp('Old words') }), await scene.add(jpeg(date), 'b.jpg')];
  const [file, ownFile] = [await scene.at(gone), await scene.at(own)].map((name) => path.join(scene.on.media, name));
  // as if the restored database were from before the label was given to another user
  const other = jpeg(date);
  fs.writeFileSync(file, other);
  fs.writeFileSync(`${file}.xmp`, 'of the other');
  (await scene.on.request('DELETE', `/admin/users/${leaving.id}`, { as: scene.on.admin, body: { force: true } })).expect(200);
  await scene.on.waitForJobs();
  assert.deepEqual(await scene.on.sql(`SELECT id FROM users WHERE id = '${leaving.id}'`), []);
  assert.ok(fs.readFileSync(file).equals(other));
  assert.equal(fs.readFileSync(`${file}.xmp`, 'utf8'), 'of the other');
  assert.ok(!fs.existsSync(ownFile));
  // it is told at once, not only by the next check
  const { items } = (await scene.on.request('GET', '/admin/integrity/report?type=untracked_file', { as: scene.on.admin })).expect(200).json;
  assert.deepEqual(items.map((item) => item.path), [file]);
});

/** Two photos of one name in the folders of two years, then in those of each other. */
class Exchange extends Scene {
  async begin(sizes, { beforeBackup = () => {}, moves = [[0, 2022], [1, 2020], [0, 2021]] } = {}) {
    await this.set({ enabled: true, template: '{{y}}/{{filename}}' });
    await this.user({ storageLabel: 'exchanged' });
    this.photos = [];
    for (const [i, size] of sizes.entries()) {
      const bytes = Buffer.concat([jpeg({ date: `202${i}:01:02 03:04:05` }), Buffer.alloc(size)]).subarray(0, size);
      const id = await this.add(bytes, 'a.jpg');
      assert.equal(await this.at(id), `library/exchanged/202${i}/a.jpg`);
      this.photos.push({ id, bytes });
    }
    const [{ id }] = this.photos;
    (await this.call('PUT', `/assets/${id}`, { description: 'of the first' })).expect(200);
    await this.on.waitForJobs();
    await beforeBackup(this.photos);
    this.database = await this.on.takeDatabase();
    await this.on.start();
    for (const [index, year] of moves) {
      const dateTimeOriginal = `${year}-01-02T03:04:05.000Z`;
      (await this.call('PUT', `/assets/${this.photos[index].id}`, { dateTimeOriginal })).expect(200);
      await this.on.waitForJobs();
      assert.equal(await this.at(this.photos[index].id), `library/exchanged/${year}/a.jpg`);
    }
    await this.on.putDatabase(this.database);
  }

  async assertMended() {
    await this.on.waitForJobs();
    for (const [i, { id, bytes }] of this.photos.entries()) {
      await this.assertServed(id, bytes);
      assert.equal(await this.at(id), `library/exchanged/202${1 - i}/a.jpg`);
      assert.equal(await this.sidecarAt(id), `library/exchanged/202${1 - i}/a.jpg.xmp`);
      const { exifInfo } = await this.asset(id);
      assert.equal(exifInfo.description, i === 0 ? 'of the first' : '');
      assert.match(exifInfo.dateTimeOriginal, new RegExp(`^202${1 - i}-01-02`));
    }
    await this.assertTidy();
    assert.deepEqual(await this.on.sql('SELECT path FROM integrity_report'), []);
    assert.deepEqual(await this.on.sql("SELECT key FROM system_metadata WHERE key = 'storage-unsure'"), []);
  }
}

test('after the restore of a database that is older than moves each photo is shown by its own file, from the start on', async () => {
  const scene = new Exchange(newServer());
  await scene.begin([40_000, 50_000]);
  await scene.on.start();
  for (const { id, bytes } of scene.photos) await scene.assertServed(id, bytes);
  await scene.assertMended();
  assert.match(scene.on.log, /are not of the same time/);
});

test('and also where files of the same size have come to the paths of each other', async () => {
  const scene = new Exchange(newServer());
  await scene.begin([40_000, 40_000]);
  await scene.on.start();
  await scene.assertMended();
});

test('what lies at the path of a photo is shown to nobody before it is known to be its own', async () => {
  const scene = new Exchange(newServer());
  const stays = jpeg({ date: '2015:01:02 03:04:05' });
  let id;
  await scene.begin([40_000, 40_000], { beforeBackup: async () => { id = await scene.add(stays, 'stays.jpg'); } });
  // no job runs, so nothing is compared
  await scene.on.start({ IMMICH_WORKERS_EXCLUDE: 'microservices' });
  await scene.assertServed(id, stays);
  for (const photo of scene.photos)
    assert.match((await scene.call('GET', `/assets/${photo.id}/original`)).expect(503).json.message, /not at its place.*looked for$/);
  const assetIds = [id, ...scene.photos.map((photo) => photo.id)];
  const zip = (await scene.call('POST', '/download/archive', { assetIds })).expect(200).bytes;
  assert.ok(zip.includes(stays));
  for (const { bytes } of scene.photos) assert.ok(!zip.includes(bytes));
  // nor is it written beside: that would be the words of the other
  const [first, second] = scene.photos;
  const sidecar = path.join(scene.on.media, 'library/exchanged/2020/a.jpg.xmp');
  const words = fs.readFileSync(sidecar, 'utf8');
  (await scene.call('PUT', `/assets/${first.id}`, { description: 'changed' })).expect(200);
  (await scene.call('PUT', '/assets/copy', { sourceId: id, targetId: second.id, sidecar: true })).expect(503);
  await scene.on.sql("UPDATE job SET state = 'failed' WHERE name LIKE 'Integrity%'");
  await scene.on.restart();
  await until(async () => (await scene.on.sql("SELECT id FROM job WHERE name = 'SidecarWrite' AND attempt > 0")).length > 0, 'the sidecar is tried to be written');
  assert.equal(fs.readFileSync(sidecar, 'utf8'), words);
  await scene.on.sql("UPDATE job SET state = 'waiting', run_after = 0 WHERE name LIKE 'Integrity%'");
  await scene.on.waitForJobs();
  for (const photo of scene.photos) await scene.assertServed(photo.id, photo.bytes);
  assert.deepEqual(await scene.on.sql('SELECT * FROM storage_doubt'), []);
});

test('a photo does not take the sidecar of another one that lies at its path', async () => {
  const scene = new Exchange(newServer());
  await scene.begin([40_000, 40_000]);
  await scene.on.start({ IMMICH_WORKERS_EXCLUDE: 'microservices' });
  const [, { id }] = scene.photos;
  assert.ok(fs.existsSync(path.join(scene.on.media, 'library/exchanged/2021/a.jpg.xmp')), 'that of the first photo, at the path of the second');
  await scene.on.sql("UPDATE job SET state = 'failed' WHERE name LIKE 'Integrity%'");
  const jobs = [['StorageTemplateMigrationSingle', 'storageTemplateMigration'], ['SidecarCheck', 'sidecar']];
  for (const [i, [name, queue]] of jobs.entries())
    await scene.on.sql(`INSERT INTO job (id, name, queue, data, run_after, created_at)
      VALUES ('00000000-0000-7000-8000-00000000000${i}', '${name}', '${queue}', '{"id":"${id}"}', 0, 0)`);
  await scene.on.restart();
  await until(async () => (await scene.on.sql("SELECT id FROM job WHERE name IN ('SidecarCheck', 'StorageTemplateMigrationSingle') AND error IS NULL")).length === 0, 'both were tried');
  assert.equal(await scene.sidecarAt(id), undefined);
  await scene.on.sql("UPDATE job SET state = 'waiting', run_after = 0 WHERE name LIKE 'Integrity%'");
  await scene.assertMended();
});

test('what lies where the upload put it is shown as it is: nobody else comes to that path', async () => {
  const scene = new Exchange(newServer());
  await scene.set({ enabled: false });
  await scene.user();
  const bytes = jpeg({ date: '2014:01:02 03:04:05' }), changed = Buffer.concat([bytes, Buffer.from('by another program')]);
  const [id, gone] = [await scene.add(bytes, 'stays.jpg'), await scene.add(jpeg(), 'gone.jpg')], as = scene.owner;
  const files = await Promise.all([id, gone].map(async (each) => path.join(scene.on.media, await scene.at(each))));
  for (const file of files) assert.match(file, /\/upload\//);
  await scene.begin([40_000, 40_000]);
  fs.writeFileSync(files[0], changed);
  fs.rmSync(files[1]);
  const get = (which) => scene.on.request('GET', `/assets/${which}/original`, { as });
  await scene.on.start({ IMMICH_WORKERS_EXCLUDE: 'microservices' });
  assert.ok((await get(id)).expect(200).bytes.equals(changed));
  (await get(gone)).expect(503);
  await scene.on.restart();
  await scene.on.waitForJobs();
  assert.ok((await get(id)).expect(200).bytes.equals(changed));
  (await get(gone)).expect(404);
  assert.deepEqual(await scene.on.sql('SELECT asset_id FROM storage_doubt'), [[gone]]);
});

test('a photo that is not found shows no other file afterwards, and can be replaced', async () => {
  const scene = new Exchange(newServer());
  await scene.begin([40_000, 40_000], { moves: [[0, 2022], [1, 2020]] });
  const [{ id }, { id: other, bytes }] = scene.photos;
  fs.rmSync(path.join(scene.on.media, 'library/exchanged/2022/a.jpg'));
  await scene.on.start();
  await scene.on.waitForJobs();
  await scene.assertServed(other, bytes);
  assert.equal(await scene.at(other), await scene.at(id), 'the path of the lost one is that of the other one now');
  assert.match((await scene.call('GET', `/assets/${id}/original`)).expect(404).json.message, /not at its place.*not found elsewhere$/);
  (await scene.call('GET', `/assets/${id}/thumbnail`)).expect(200);
  const again = jpeg(), form = new FormData();
  for (const name of ['fileCreatedAt', 'fileModifiedAt']) form.append(name, '2022-02-03T04:05:06.000Z');
  for (const name of ['deviceAssetId', 'deviceId']) form.append(name, 'x');
  form.append('assetData', new Blob([again]), 'new.jpg');
  (await scene.call('PUT', `/assets/${id}/original`, form)).expect(200);
  await scene.assertServed(id, again);
  const [[former]] = await scene.on.sql("SELECT id FROM asset WHERE status = 'trashed'");
  (await scene.call('GET', `/assets/${former}/original`)).expect(404);
  await scene.assertServed(other, bytes);
});

test('originals are compared in steps, which go on where they were', async () => {
  const scene = new Exchange(newServer());
  const ids = [];
  await scene.begin([40_000, 40_000], {
    beforeBackup: async () => {
      for (let i = 0; i < 4; i++) ids.push(await scene.add(jpeg({ date: `2010:0${i + 1}:02 03:04:05` }), `${i}.jpg`));
    },
  });
  await scene.on.start({ IMMICH_WORKERS_EXCLUDE: 'microservices' });
  const paths = await Promise.all(ids.sort().map((id) => scene.at(id)));
  // all were looked at, the first two were read when the server ended; meanwhile their bytes change
  await scene.on.sql(`DELETE FROM storage_doubt WHERE asset_id IN ('${ids[0]}', '${ids[1]}')`);
  await scene.on.sql(`UPDATE system_metadata SET value = '{"since":"","stage":2,"after":"${ids[1]}"}' WHERE key = 'storage-unsure'`);
  await scene.on.end();
  const change = (name) => {
    const file = path.join(scene.on.media, name);
    fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size));
  };
  [0, 1, 3].forEach((i) => change(paths[i]));
  await scene.on.start();
  await scene.on.waitForJobs();
  const lost = (await scene.on.sql('SELECT asset_id FROM storage_doubt WHERE is_lost = 1 ORDER BY asset_id')).map(([id]) => id);
  // of those two of the exchange whose ids came before, one was passed over, too
  assert.deepEqual(lost.filter((id) => ids.includes(id)), [ids[3]]);
  assert.deepEqual(await scene.on.sql("SELECT key FROM system_metadata WHERE key = 'storage-unsure'"), []);
  await scene.on.says(/all originals were looked at; \d+ of them were not found/);
});

test('what a restored backup says of a move that was under way takes nobody\'s only copy', async () => {
  const scene = new Exchange(newServer());
  // of the first photo, to where it is by now; where it was lies the second
  const beforeBackup = ([{ id, bytes }]) => scene.on.sql(
    'INSERT INTO storage_move (asset_id, kind, old_path, new_path, size_bytes, sha1) VALUES ' +
    `('${id}', 'original', 'library/exchanged/2020/a.jpg', 'library/exchanged/2022/a.jpg', ${bytes.length}, ` +
    `${engine === 'postgres' ? "'\\x" : "X'"}${sha1(bytes)}')`);
  await scene.begin([40_000, 50_000], { beforeBackup, moves: [[0, 2022], [1, 2020]] });
  await scene.on.start();
  for (const { id, bytes } of scene.photos) await scene.assertServed(id, bytes);
});

test('what is deleted before the files were compared takes no other file with it', async () => {
  const scene = new Exchange(newServer());
  await scene.begin([40_000, 40_000]);
  // no job runs, so nothing is compared
  await scene.on.start({ IMMICH_WORKERS_EXCLUDE: 'microservices' });
  const [{ id }, { id: other, bytes }] = scene.photos;
  (await scene.call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
  await scene.on.sql("UPDATE job SET state = 'failed' WHERE name LIKE 'Integrity%'");
  await scene.on.restart();
  await scene.on.waitForJobs();
  assert.ok(fs.readFileSync(path.join(scene.on.media, 'library/exchanged/2020/a.jpg')).equals(bytes));
  await scene.on.sql("UPDATE job SET state = 'waiting', run_after = 0 WHERE name LIKE 'Integrity%'");
  await scene.on.waitForJobs();
  await scene.assertServed(other, bytes);
});

test('a move that ended before it began is no reason to doubt', async () => {
  const scene = new Scene(newServer());
  await scene.set({ enabled: true, template: TEMPLATE });
  await scene.user({ storageLabel: 'step' });
  const bytes = jpeg({ date: '2020:01:02 03:04:05' });
  const id = await scene.add(bytes, 'a.jpg');
  const lock = path.join(scene.on.media, 'library/.moving');
  const [[step]] = await scene.on.sql("SELECT value FROM system_metadata WHERE key = 'storage-step'");
  const { last } = JSON.parse(step);
  assert.equal(fs.readFileSync(lock, 'utf8'), last);
  // as a crash leaves it between the database and the file
  await scene.on.sql(`UPDATE system_metadata SET value = '${JSON.stringify({ last: last.replace(/./g, (c) => (c === '-' ? c : '0')), before: last })}' WHERE key = 'storage-step'`);
  await scene.on.restart();
  assert.doesNotMatch(scene.on.log, /are not of the same time/);
  await scene.assertServed(id, bytes);
  assert.equal(await scene.at(await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'b.jpg')), 'library/step/2020/2020-01-02/b.jpg');
  assert.deepEqual(await scene.on.sql("SELECT key FROM system_metadata WHERE key = 'storage-unsure'"), []);
});

test('a sidecar whose write was cut off before its record stays with its original, and goes with it', async () => {
  const scene = new Scene(newServer());
  await scene.user({ storageLabel: 'cut' });
  const id = await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'a.jpg');
  (await scene.call('PUT', `/assets/${id}`, { description: 'My words' })).expect(200);
  await scene.on.waitForJobs();
  const forget = () => scene.on.sql(`DELETE FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`);
  await forget();
  await scene.set({ enabled: true, template: TEMPLATE });
  await scene.migrate();
  assert.equal(await scene.sidecarAt(id), 'library/cut/2020/2020-01-02/a.jpg.xmp');
  assert.equal((await scene.asset(id)).exifInfo.description, 'My words');
  await scene.assertTidy();
  await forget();
  (await scene.call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
  await scene.on.waitForJobs();
  await scene.assertTidy();
});

test('a photo that came again to the path of its removed self keeps what lies beside it', async () => {
  const scene = new Scene(newServer());
  await scene.set({ enabled: true, template: TEMPLATE });
  await scene.user({ storageLabel: 'again' });
  const bytes = jpeg({ date: '2020:01:02 03:04:05' });
  const id = await scene.add(bytes, 'a.jpg');
  (await scene.call('PUT', `/assets/${id}`, { description: 'My words' })).expect(200);
  await scene.on.waitForJobs();
  const original = await scene.at(id);
  // between the write of a sidecar and its record, the removal of who was here before takes place
  await scene.on.sql(`DELETE FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`);
  const data = { files: [], original, sizeBytes: bytes.length, checksum: Buffer.from(sha1(bytes), 'hex').toString('base64'), sidecars: [] };
  await scene.on.sql("INSERT INTO job (id, queue, name, data, run_after, created_at) VALUES " +
    `('01a23155-f93a-7000-bb65-000000000000', 'backgroundTask', 'FileDelete', '${JSON.stringify(data)}', 0, 0)`);
  await scene.on.restart();
  await scene.on.waitForJobs();
  assert.match(scene.on.log, /is not deleted: another asset has it/);
  await scene.assertServed(id, bytes);
  assert.match(fs.readFileSync(path.join(scene.on.media, `${original}.xmp`), 'utf8'), /My words/);
});

test('a disk that is too full for a move keeps nobody from making room, nor the server from starting', async (t) => {
  const scene = new Scene(newServer());
  await scene.set({ enabled: true, template: TEMPLATE });
  await scene.user({ storageLabel: 'full' });
  await scene.on.end();
  const disk = path.join(scene.on.media, 'library');
  const marker = fs.readFileSync(path.join(disk, '.immich'));
  if (!mountDisk(disk, 'size=1m')) return t.skip('this machine lets nobody mount a small disk');
  try {
    fs.writeFileSync(path.join(disk, '.immich'), marker);
    await scene.on.start();
    const large = Buffer.concat([jpeg({ date: '2020:01:02 03:04:05' }), Buffer.alloc(200_000)]);
    const [id, other] = [await scene.add(large, 'a.jpg'), await scene.add(jpeg({ date: '2020:01:02 03:04:05' }), 'b.jpg')];
    const file = path.join(scene.on.media, await scene.at(id));
    assert.ok(file.startsWith(disk));
    // as the version before left it, which knew no steps
    await scene.on.sql("DELETE FROM system_metadata WHERE key = 'storage-step'");
    fs.truncateSync(path.join(disk, '.moving'), 0);
    const fd = fs.openSync(path.join(disk, 'large'), 'w');
    assert.throws(() => { for (;;) fs.writeSync(fd, Buffer.alloc(4096)); }, /ENOSPC/);
    fs.closeSync(fd);
    for (const template of ['{{y}}/{{filename}}', '{{filename}}']) {
      await scene.set({ template });
      const start = () => scene.on.request('PUT', '/jobs/storageTemplateMigration', { as: scene.on.admin, body: { command: 'start', force: false } });
      // not while another try of the move before runs
      await until(async () => (await start()).status === 200, 'the migration begins');
      await scene.on.says(new RegExp(`asset '${other}' stays where it is: .*No space left`));
      await scene.on.restart();
    }
    (await scene.call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
    await until(() => !fs.existsSync(file), 'its file goes, and makes room');
    assert.doesNotMatch(scene.on.log, /are not of the same time/);
    fs.rmSync(path.join(disk, 'large'));
    await scene.on.tryAgain();
    assert.equal(await scene.at(other), 'library/full/b.jpg');
    await scene.on.end();
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});
