// External libraries: what a scan brings in, what becomes of files that change, go and come back, and that
// nothing ever touches the files themselves.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { filesBelow, jpeg, png } from './fixtures.mjs';
import { server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const DEFAULTS = ['**/@eaDir/**', '**/._*', '**/#recycle/**', '**/#snapshot/**', '**/.stversions/**', '**/.stfolder/**'];
const folders = [];
const admin = () => server.signUp();
const call = async (method, where, body, as) => server.request(method, where, { as: as ?? (await admin()), body });
const put = (folder, name, bytes) => {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), bytes);
};

after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** Every name, size, content, mode and time of modification below a folder. */
const snapshot = (folder) =>
  fs.readdirSync(folder, { recursive: true }).sort().map((name) => {
    const { mode, mtimeMs, size, ino } = fs.statSync(path.join(folder, name));
    const file = path.join(folder, name);
    const hash = fs.statSync(file).isFile() ? createHash('sha1').update(fs.readFileSync(file)).digest('hex') : '';
    return { name, mode, mtimeMs, size, ino, hash };
  });

/** A library of a user of its own over a folder with these files: { 'a/b.png': bytes }. */
async function scene(files, fields = {}) {
  const user = await server.newUser();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-library-'));
  folders.push(folder);
  for (const [name, bytes] of Object.entries(files)) put(folder, name, bytes);
  const library = (await call('POST', '/libraries', { ownerId: user.id, name: 'Disk', importPaths: [folder], ...fields })).expect(201).json;
  const self = { user, folder, id: library.id };
  self.scan = async () => {
    (await call('POST', `/libraries/${self.id}/scan`)).expect(204);
    await server.waitForJobs();
  };
  self.assets = async () => {
    const query = { size: 1000, withDeleted: true, withExif: true, libraryId: self.id };
    const all = (await call('POST', '/search/metadata', query, user)).expect(200).json.assets.items;
    return Object.fromEntries(all.map((asset) => [path.relative(folder, asset.originalPath), asset]));
  };
  self.names = async () => Object.keys(await self.assets()).sort();
  self.notices = async () =>
    (await call('GET', '/notifications')).expect(200).json.filter((each) => each.description?.includes(folder));
  return self;
}

test('libraries are made, changed and told of, by admins alone', async () => {
  const user = await server.newUser();
  const made = (await call('POST', '/libraries', { ownerId: user.id })).expect(201).json;
  assert.equal(made.name, 'New External Library');
  assert.equal(made.ownerId, user.id);
  assert.deepEqual([made.importPaths, made.exclusionPatterns, made.refreshedAt, made.assetCount], [[], DEFAULTS, null, 0]);
  const where = `/libraries/${made.id}`;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-library-'));
  folders.push(folder);
  const changed = (await call('PUT', where, { name: 'L2', importPaths: [folder] })).expect(200).json;
  assert.deepEqual([changed.name, changed.importPaths, changed.exclusionPatterns], ['L2', [folder], DEFAULTS]);
  assert.deepEqual((await call('GET', where)).expect(200).json, changed);
  assert.ok((await call('GET', '/libraries')).expect(200).json.some(({ id }) => id === made.id));
  assert.deepEqual((await call('GET', `${where}/statistics`)).expect(200).json, { photos: 0, videos: 0, usage: 0, total: 0 });

  (await call('PUT', where, { importPaths: ['/nothing-here'] })).expect(400, 'Invalid import path: Path does not exist (ENOENT)');
  (await call('PUT', where, { importPaths: [server.media] })).expect(400, 'Invalid import path: Cannot use media upload folder for external libraries');
  (await call('PUT', where, { importPaths: [folder, folder] })).expect(400, /given twice/);
  (await call('PUT', where, { exclusionPatterns: [''] })).expect(400, /must not be empty/);
  (await call('PUT', where, { exclusionPatterns: ['**/[z-a]'] })).expect(400, /Invalid exclusion pattern/);
  (await call('POST', '/libraries', { ownerId: MISSING })).expect(400, 'User not found');
  for (const [method, rest, body] of [['GET', ''], ['PUT', '', {}], ['DELETE', ''], ['POST', '/scan']])
    (await call(method, `/libraries/${MISSING}${rest}`, body)).expect(400, 'Library not found');
  (await call('GET', `/libraries/${MISSING}/statistics`)).expect(400, `Library ${MISSING} not found`);
  const { importPaths } = (await call('POST', `/libraries/${MISSING}/validate`, { importPaths: [folder, '/nothing-here', 'relative'] })).expect(200).json;
  assert.deepEqual(importPaths.slice(0, 2), [
    { importPath: folder, isValid: true },
    { importPath: '/nothing-here', isValid: false, message: 'Path does not exist (ENOENT)' },
  ]);
  assert.match(importPaths[2].message, /^Import path must be absolute, try \/.*\/relative$/);
  assert.deepEqual((await call('GET', where)).expect(200).json, changed);

  for (const [method, rest, body] of [['GET', ''], ['POST', '', { ownerId: user.id }], ['GET', `/${made.id}`], ['PUT', `/${made.id}`, {}],
    ['DELETE', `/${made.id}`], ['POST', `/${made.id}/scan`], ['GET', `/${made.id}/statistics`], ['POST', `/${made.id}/validate`, {}]])
    (await call(method, `/libraries${rest}`, body, user)).expect(403);
  (await call('DELETE', where)).expect(204);
  (await call('GET', where)).expect(400, 'Library not found');
});

test('a scan brings in what the folders have, once, and reads the sidecars beside', async () => {
  const xmp = (text) => Buffer.from(
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">' +
    `${text}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>`);
  const picture = jpeg();
  const own = await scene({
    'a.jpg': picture, 'a.jpg.xmp': xmp('beside'), 'sub/B.PNG': png(30, 20), 'sub/B.xmp': xmp('of B'),
    'sub/{x}, \'[y]\'/c.png': png(20, 20), 'notes.txt': Buffer.from('x'), '.hidden/d.png': png(9, 9),
    '@eaDir/e.png': png(9, 9), 'skip/f.png': png(9, 9),
  }, { exclusionPatterns: [...DEFAULTS, '**/Skip/**'] });
  const before = snapshot(own.folder);
  await own.scan();
  const found = await own.assets();
  assert.deepEqual(Object.keys(found).sort(), ['a.jpg', 'sub/B.PNG', "sub/{x}, '[y]'/c.png"]);
  const a = found['a.jpg'];
  assert.equal(a.originalFileName, 'a.jpg');
  assert.equal(a.ownerId, own.user.id);
  assert.equal(a.libraryId, own.id);
  assert.equal(a.checksum, createHash('sha1').update(`path:${own.folder}/a.jpg`).digest('base64'));
  assert.equal(a.exifInfo.description, 'beside');
  assert.equal(found['sub/B.PNG'].exifInfo.description, 'of B');
  assert.deepEqual([found['sub/B.PNG'].width, found['sub/B.PNG'].height], [30, 20]);
  assert.ok(a.thumbhash);
  assert.deepEqual((await call('GET', `/assets/${a.id}/original`, undefined, own.user)).expect(200).bytes, picture);
  (await call('GET', `/assets/${a.id}/thumbnail`, undefined, own.user)).expect(200);
  assert.equal((await call('GET', '/users/me', undefined, own.user)).json.quotaUsageInBytes, 0);
  const stats = (await call('GET', `/libraries/${own.id}/statistics`)).expect(200).json;
  assert.deepEqual([stats.photos, stats.videos, stats.total], [3, 0, 3]);
  assert.equal(stats.usage, Object.values(found).reduce((sum, each) => sum + each.exifInfo.fileSizeInByte, 0));
  const library = (await call('GET', `/libraries/${own.id}`)).json;
  assert.equal(library.assetCount, 3);
  assert.ok(library.refreshedAt);
  await own.scan();
  assert.deepEqual(Object.values(await own.assets()).map(({ id, updatedAt }) => [id, updatedAt]).sort(),
    Object.values(found).map(({ id, updatedAt }) => [id, updatedAt]).sort());
  assert.deepEqual(snapshot(own.folder), before);
});

test('files that change are read again, files that go are offline until they are back', async () => {
  const own = await scene({ 'a.png': png(20, 10), 'b.png': png(20, 10), 'c.png': png(20, 10), 'sub/d.png': png(20, 10) });
  await own.scan();
  const first = await own.assets();
  put(own.folder, 'a.png', png(40, 30));
  fs.utimesSync(path.join(own.folder, 'a.png'), new Date(), new Date('2020-02-03T04:05:06Z'));
  fs.renameSync(path.join(own.folder, 'b.png'), path.join(own.folder, 'b.away'));
  fs.rmSync(path.join(own.folder, 'sub'), { recursive: true });
  (await call('DELETE', '/assets', { ids: [first['c.png'].id] }, own.user)).expect(204);
  fs.renameSync(path.join(own.folder, 'c.png'), path.join(own.folder, 'c.away'));
  await own.scan();
  const second = await own.assets();
  assert.deepEqual([second['a.png'].width, second['a.png'].height], [40, 30]);
  assert.equal(second['a.png'].fileModifiedAt, '2020-02-03T04:05:06.000Z');
  for (const name of ['b.png', 'sub/d.png', 'c.png'])
    assert.deepEqual([second[name].isOffline, second[name].isTrashed, second[name].id], [true, true, first[name].id]);
  assert.equal((await call('GET', `/libraries/${own.id}/statistics`)).json.total, 1);
  assert.deepEqual((await call('POST', '/trash/restore/assets', { ids: [first['b.png'].id] }, own.user)).expect(200).json, { count: 1 });
  assert.equal((await own.assets())['b.png'].isOffline, true);

  fs.renameSync(path.join(own.folder, 'b.away'), path.join(own.folder, 'b.png'));
  fs.renameSync(path.join(own.folder, 'c.away'), path.join(own.folder, 'c.png'));
  await own.scan();
  const third = await own.assets();
  assert.deepEqual([third['b.png'].isOffline, third['b.png'].isTrashed, third['b.png'].id], [false, false, first['b.png'].id]);
  assert.deepEqual([third['c.png'].isOffline, third['c.png'].isTrashed], [false, true]); // as the user left it
  assert.equal(third['sub/d.png'].isOffline, true);

  // what the admin excludes or takes out goes, without a question, and comes back the same way
  (await call('PUT', `/libraries/${own.id}`, { exclusionPatterns: ['**/A.png'] })).expect(200);
  await own.scan();
  assert.equal((await own.assets())['a.png'].isOffline, true);
  (await call('PUT', `/libraries/${own.id}`, { exclusionPatterns: [] })).expect(200);
  await own.scan();
  assert.deepEqual([(await own.assets())['a.png'].isOffline, (await own.assets())['b.png'].isOffline], [false, false]);
  (await call('PUT', `/libraries/${own.id}`, { importPaths: [] })).expect(200);
  await own.scan();
  assert.deepEqual(Object.values(await own.assets()).map(({ isOffline }) => isOffline), [true, true, true, true]);
  assert.deepEqual(await own.notices(), []);
});

test('what changes in a watched library is seen while it happens', async () => {
  const config = (await call('GET', '/system-config')).expect(200).json;
  const own = await scene({ 'a.png': png(20, 10), 'b.png': png(20, 10), 'old/c.png': png(20, 10), '.dots/d.png': png(9, 9) });
  // until everything is so, or told why not
  const see = async (wanted) => {
    const shown = async () =>
      Object.values(await own.assets()).map((one) => `${path.relative(own.folder, one.originalPath)} ${one.width}${one.isOffline ? ' offline' : ''}`).sort();
    for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 200)))
      if ((await shown()).join() === wanted.join()) return;
    assert.deepEqual(await shown(), wanted);
  };
  (await call('PUT', '/system-config', { ...config, library: { ...config.library, watch: { enabled: true } } })).expect(200);
  try {
    await see(['a.png 20', 'b.png 20', 'old/c.png 20']); // what was there before
    await server.waitForJobs();
    const first = await own.assets();
    const refreshedAt = async () => (await call('GET', `/libraries/${own.id}`)).expect(200).json.refreshedAt;
    const scannedAt = await refreshedAt();

    put(own.folder, 'a.png', png(40, 10));
    fs.rmSync(path.join(own.folder, 'b.png'));
    fs.renameSync(path.join(own.folder, 'old'), path.join(own.folder, 'new'));
    put(own.folder, 'far/below/e.png', png(30, 10));
    put(own.folder, 'notes.txt', Buffer.from('x'));
    await see(['a.png 40', 'b.png 20 offline', 'far/below/e.png 30', 'new/c.png 20', 'old/c.png 20 offline']);
    assert.equal((await own.assets())['a.png'].id, first['a.png'].id);
    assert.equal(await refreshedAt(), scannedAt, 'folders alone were scanned');

    // in the folders that are new, and where links lead, but not into the media folder
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-library-'));
    folders.push(elsewhere);
    put(elsewhere, 'g.png', png(50, 10));
    put(own.folder, 'new/f.png', png(60, 10));
    put(own.folder, 'far/below/h.png', png(70, 10));
    fs.symlinkSync(elsewhere, path.join(own.folder, 'link'));
    fs.symlinkSync(server.media, path.join(own.folder, 'media'));
    fs.symlinkSync('..', path.join(own.folder, 'new/round'));
    const seen = ['a.png 40', 'b.png 20 offline', 'far/below/e.png 30', 'far/below/h.png 70', 'link/g.png 50', 'new/c.png 20', 'new/f.png 60', 'old/c.png 20 offline'];
    await see(seen);
    put(elsewhere, 'i.png', png(80, 10));
    put(own.folder, 'new/k.png', png(65, 10));
    await see([...seen, 'link/i.png 80', 'new/k.png 65'].sort());
    fs.rmSync(path.join(own.folder, 'link'));
    await see([...seen, 'link/i.png 80', 'new/k.png 65'].map((line) => line.replace(/^(link.*)/, '$1 offline')).sort());
    assert.deepEqual(await own.notices(), []);

    // as when a disk is mounted there: another folder of that name
    const away = `${own.folder}-away`, other = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-library-'));
    folders.push(away, other);
    put(other, 'a.png', png(90, 10));
    put(other, 'j.png', png(25, 10));
    fs.renameSync(own.folder, away);
    fs.renameSync(other, own.folder);
    const shown = async () => Object.entries(await own.assets()).filter(([, one]) => !one.isOffline).map(([name, one]) => `${name} ${one.width}`).sort();
    for (const end = Date.now() + 60_000; Date.now() < end && (await shown()).join() !== 'a.png 90,j.png 25';)
      await new Promise((done) => setTimeout(done, 200));
    assert.deepEqual(await shown(), ['a.png 90', 'j.png 25']);
  } finally {
    (await call('PUT', '/system-config', config)).expect(200);
  }
});

test('offline and the trash do not wipe each other out', async () => {
  const own = await scene({ 'a.png': png(20, 10), 'b.png': png(20, 10), 'c.png': png(20, 10) });
  await own.scan();
  const { 'a.png': a, 'b.png': b } = await own.assets();
  const inTimeline = async () =>
    (await call('GET', '/timeline/buckets?isTrashed=false', undefined, own.user)).expect(200).json.reduce((n, { count }) => n + count, 0);
  const deletedAt = async ({ id }) => Number((await server.sql(`SELECT deleted_at FROM asset WHERE id = '${id}'`))[0][0]);
  (await call('DELETE', '/assets', { ids: [a.id] }, own.user)).expect(204);
  for (const name of ['a', 'b']) fs.renameSync(path.join(own.folder, `${name}.png`), path.join(own.folder, `${name}.away`));
  await own.scan();
  await server.sql(`UPDATE asset SET deleted_at = 1000 WHERE id IN ('${a.id}', '${b.id}')`);

  // out of the trash, but still without a file
  const start = Date.now();
  assert.deepEqual((await call('POST', '/trash/restore/assets', { ids: [a.id] }, own.user)).expect(200).json, { count: 1 });
  assert.equal(await inTimeline(), 1);
  assert.ok((await deletedAt(a)) >= start);
  // into the trash after long days offline: it stays there for its days
  (await call('DELETE', '/assets', { ids: [b.id] }, own.user)).expect(204);
  assert.ok((await deletedAt(b)) >= start);

  for (const name of ['a', 'b']) fs.renameSync(path.join(own.folder, `${name}.away`), path.join(own.folder, `${name}.png`));
  await own.scan();
  const back = await own.assets();
  assert.deepEqual([back['a.png'].isTrashed, back['b.png'].isTrashed, await inTimeline()], [false, true, 2]);
});

test('a film whose photo the disk lost is seen by itself when the photo is forgotten', async () => {
  const own = await scene({ 'a.jpg': jpeg(), 'a.mov': 'film a', 'b.jpg': jpeg(), 'b.mov': 'film b', 'c.jpg': jpeg(), 'c.mov': 'film c', 'd.jpg': jpeg() });
  await own.scan();
  const { 'a.jpg': a, 'a.mov': film, 'b.jpg': b, 'b.mov': gone, 'c.jpg': c, 'c.mov': deleted, 'd.jpg': d } = await own.assets();
  const sent = (await server.upload(Buffer.from('film d'), 'd.mov', {}, { as: own.user })).expect(201).json;
  for (const [photo, livePhotoVideoId] of [[a, film.id], [b, gone.id], [c, deleted.id], [d, sent.id]])
    (await call('PUT', `/assets/${photo.id}`, { livePhotoVideoId }, own.user)).expect(200);
  (await call('PUT', '/assets', { ids: [a.id], visibility: 'archive' }, own.user)).expect(204);
  for (const name of ['a.jpg', 'b.jpg', 'b.mov', 'd.jpg']) fs.rmSync(path.join(own.folder, name));
  await own.scan();

  (await call('DELETE', '/assets', { ids: [a.id, b.id, c.id, d.id], force: true }, own.user)).expect(204);
  await server.waitForJobs();
  const states = async () => (await server.sql(`SELECT original_file_name, visibility, status FROM asset WHERE owner_id = '${own.user.id}'`))
    .map((row) => row.join(' ')).sort();
  const left = ['a.mov archive active', 'd.mov timeline active'];
  assert.deepEqual(await states(), left);
  await own.scan();
  assert.deepEqual(await states(), left, 'nothing of what was deleted is imported again');
});

test('a disk that is not mounted takes nothing away, and the admins are told', async () => {
  const own = await scene({ 'a.png': png(20, 10), 'disk/b.png': png(20, 10) });
  const online = async () => Object.values(await own.assets()).filter(({ isOffline }) => !isOffline).length;
  const away = `${own.folder}-away`;
  folders.push(away);
  await own.scan();
  const failed = async () => (await call('GET', '/jobs')).json.library.jobCounts.failed;
  const n = await failed();

  fs.renameSync(own.folder, away); // the mount point is missing
  await own.scan();
  assert.equal(await online(), 2);
  assert.equal(await failed(), n + 1);
  assert.match((await own.notices())[0].description, /Path does not exist/);

  fs.mkdirSync(own.folder); // it is there, and empty
  await own.scan();
  assert.equal(await online(), 2);
  assert.match((await own.notices())[0].description, /no photo or video was found in it/);

  put(own.folder, 'new.png', png(20, 10)); // a part is missing: what is there is taken
  fs.mkdirSync(path.join(own.folder, 'disk'));
  await own.scan();
  const partly = await own.assets();
  assert.equal(partly['disk/b.png'].isOffline, false);
  assert.equal(partly['a.png'].isOffline, true); // its folder is there, and has files
  assert.equal(partly['new.png'].isOffline, false);
  const notices = await own.notices();
  assert.equal(notices.length, 3);
  assert.match(notices[0].description, /disk' is empty/);

  fs.rmSync(own.folder, { recursive: true });
  fs.renameSync(away, own.folder);
  await own.scan();
  const back = await own.assets();
  assert.deepEqual(['a.png', 'disk/b.png', 'new.png'].map((name) => back[name].isOffline), [false, false, true]);
  assert.equal((await own.notices()).length, 3);
});

test('what is there and cannot be read stays, and the admins are told', async () => {
  const own = await scene({ 'a.png': png(20, 10), 'b.png': png(20, 10), 'c.png': png(20, 10), 'disk/d.png': png(20, 10) });
  const at = (name) => path.join(own.folder, name);
  const offline = async () => Object.entries(await own.assets()).filter(([, each]) => each.isOffline).map(([name]) => name);
  await own.scan();
  fs.chmodSync(at('a.png'), 0); // root reads it all the same
  fs.rmSync(at('b.png'));
  fs.symlinkSync('b.png', at('b.png')); // ELOOP
  fs.rmSync(at('c.png'));
  fs.symlinkSync('/nothing-here/c.png', at('c.png'));
  fs.rmSync(at('disk'), { recursive: true });
  fs.symlinkSync('/nothing-here', at('disk'));
  await own.scan();
  assert.deepEqual(await offline(), []);
  const [{ description }] = await own.notices();
  assert.match(description, /^\d files were not found: cannot read '.*\/[ab]\.png'/);

  fs.rmSync(at('b.png'));
  fs.rmSync(at('c.png'), { force: true });
  fs.rmSync(at('disk'));
  fs.chmodSync(at('a.png'), 0o644);
  await own.scan();
  assert.deepEqual((await offline()).sort(), ['b.png', 'c.png', 'disk/d.png']);
});

test('a folder that goes with many photos is asked about', async () => {
  const many = 100;
  const files = Object.fromEntries(Array.from({ length: many }, (_, i) => [`disk/${i % 2 ? 'sub/' : ''}${i}.png`, png(9, 9)]));
  const own = await scene({ 'a.png': png(9, 9), 'few/b.png': png(9, 9), ...files });
  const offline = async () => Object.entries(await own.assets()).filter(([, each]) => each.isOffline).map(([name]) => name);
  await own.scan();
  fs.rmSync(path.join(own.folder, 'few'), { recursive: true });
  fs.rmSync(path.join(own.folder, 'disk'), { recursive: true }); // as a mount point that goes with its disk
  await own.scan();
  assert.deepEqual(await offline(), ['few/b.png']);
  const [{ description }] = await own.notices();
  assert.match(description, /^100 files were not found: the folder '.*\/disk' is missing, and with it 100 photos/);

  // meant so: a pattern says it, and may go afterwards
  (await call('PUT', `/libraries/${own.id}`, { exclusionPatterns: ['**/disk/**'] })).expect(200);
  await own.scan();
  assert.equal((await offline()).length, many + 1);
  (await call('PUT', `/libraries/${own.id}`, { exclusionPatterns: [] })).expect(200);
  await own.scan();
  assert.equal((await offline()).length, many + 1);
  assert.equal((await own.notices()).length, 1);
});

test('links are followed, but neither round in circles nor to what others uploaded', async () => {
  const bob = await server.newUser();
  (await server.upload(png(9, 9), 'secret.png', {}, { as: bob })).expect(201);
  await server.waitForJobs();
  const uploads = path.join(server.media, 'upload', bob.id);
  const secret = path.join(uploads, filesBelow(uploads)[0]);
  const other = await scene({ 'far.png': png(9, 9) });
  const own = await scene({ 'sub/a.png': png(9, 9) });
  fs.symlinkSync('..', path.join(own.folder, 'sub/up'));
  fs.symlinkSync(own.folder, path.join(own.folder, 'self'));
  fs.symlinkSync(other.folder, path.join(own.folder, 'other'));
  fs.symlinkSync(secret, path.join(own.folder, 'secret.png'));
  fs.symlinkSync(server.media, path.join(own.folder, 'media'));
  fs.symlinkSync(path.join(server.media, 'upload'), path.join(own.folder, 'upload'));
  await own.scan();
  assert.deepEqual(await own.names(), ['other/far.png', 'sub/a.png']);
});

test('no link shows what others uploaded: neither a sidecar nor what takes the place of a known file', async () => {
  const bob = await server.newUser();
  const hidden = png(11, 9);
  (await server.upload(hidden, 'secret.png', {}, { as: bob })).expect(201);
  await server.waitForJobs();
  const uploads = path.join(server.media, 'upload', bob.id);
  const secret = path.join(uploads, filesBelow(uploads)[0]);
  const own = await scene({ 'a.png': png(9, 9), 'b.png': png(9, 9), 'sub/c.png': png(9, 9), 'far/c.png': png(12, 9) });
  const at = (name) => path.join(own.folder, name);
  fs.symlinkSync(secret, at('a.png.xmp'));
  await own.scan();
  const { 'a.png': a, 'b.png': b, 'sub/c.png': c } = await own.assets();
  const get = async (where) => call('GET', where, undefined, own.user);
  assert.deepEqual((await get(`/asset-files?assetId=${a.id}&type=sidecar`)).expect(200).json, []);
  fs.rmSync(at('a.png.xmp'));
  fs.writeFileSync(at('a.png.xmp'), '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>');
  await own.scan();
  const [sidecar] = (await get(`/asset-files?assetId=${a.id}&type=sidecar`)).expect(200).json;
  (await get(`/asset-files/${sidecar.id}/download`)).expect(200);

  for (const [name, target] of [['a.png.xmp', secret], ['b.png', secret], ['sub', path.dirname(secret)]]) {
    fs.rmSync(at(name), { recursive: true });
    fs.symlinkSync(target, at(name));
  }
  fs.symlinkSync(secret, path.join(path.dirname(secret), 'c.png'));
  (await get(`/asset-files/${sidecar.id}/download`)).expect(404);
  for (const { id } of [b, c]) {
    (await get(`/assets/${id}/original`)).expect(404);
    const zip = (await call('POST', '/download/archive', { assetIds: [id] }, own.user)).expect(200).bytes;
    assert.equal(zip.includes(hidden), false);
  }
  const target = (await server.upload(png(9, 9), 'target.png', {}, { as: own.user })).expect(201).json.id;
  await server.waitForJobs();
  (await call('PUT', '/assets/copy', { sourceId: a.id, targetId: target, sidecar: true }, own.user)).expect(500);
  fs.rmSync(path.join(path.dirname(secret), 'c.png'));
  // a link to elsewhere is as good as the file
  fs.rmSync(at('sub'));
  fs.symlinkSync(at('far'), at('sub'));
  assert.deepEqual((await get(`/assets/${c.id}/original`)).expect(200).bytes, fs.readFileSync(at('far/c.png')));
});

test('nothing that happens to assets or accounts touches the folder', async () => {
  const files = { 'a.jpg': jpeg(), 'a.jpg.xmp': Buffer.from('<x/>'), 'b.png': png(20, 10), 'c.png': png(20, 10), 'd.png': png(20, 10), 'sub/e.png': png(20, 10) };
  const own = await scene(files);
  for (const name of Object.keys(files)) fs.chmodSync(path.join(own.folder, name), 0o444);
  fs.chmodSync(path.join(own.folder, 'sub'), 0o555);
  fs.chmodSync(own.folder, 0o555);
  const before = snapshot(own.folder);
  try {
    await own.scan();
    const found = await own.assets();
    const id = (name) => found[name].id;
    assert.equal(Object.keys(found).length, 5);
    // changing and copying what is known of them
    (await call('PUT', `/assets/${id('b.png')}`, { description: 'mine', rating: 3, latitude: 1, longitude: 2 }, own.user)).expect(200);
    (await call('PUT', '/assets/copy', { sourceId: id('a.jpg'), targetId: id('b.png') }, own.user)).expect(204);
    // the ways out: by force, and from the trash
    (await call('DELETE', '/assets', { ids: [id('a.jpg'), id('d.png')], force: true }, own.user)).expect(204);
    (await call('DELETE', '/assets', { ids: [id('b.png'), id('c.png')] }, own.user)).expect(204);
    (await call('POST', '/trash/empty', undefined, own.user)).expect(200);
    await server.waitForJobs();
    assert.deepEqual(await own.names(), ['sub/e.png']);
    assert.deepEqual(snapshot(own.folder), before);
    // and what was removed does not come back by itself
    await own.scan();
    assert.deepEqual(await own.names(), ['sub/e.png']);

    // the whole library
    const thumbs = path.join(server.media, 'thumbs', own.user.id);
    assert.ok(filesBelow(thumbs).length > 0);
    (await call('DELETE', `/libraries/${own.id}`)).expect(204);
    await server.waitForJobs();
    assert.deepEqual(await own.names(), []);
    assert.deepEqual(filesBelow(thumbs), []);
    assert.deepEqual(await server.sql(`SELECT id FROM library WHERE id = '${own.id}'`), []);
    assert.deepEqual(snapshot(own.folder), before);

    // the account, with another library over the same folder
    const again = (await call('POST', '/libraries', { ownerId: own.user.id, importPaths: [own.folder] })).expect(201).json;
    own.id = again.id;
    await own.scan();
    assert.equal((await own.names()).length, 5);
    (await call('DELETE', `/admin/users/${own.user.id}`, { force: true })).expect(200);
    await server.waitForJobs();
    assert.deepEqual(await server.sql(`SELECT id FROM asset WHERE library_id = '${again.id}'`), []);
    assert.deepEqual(await server.sql(`SELECT id FROM library WHERE id = '${again.id}'`), []);
    assert.deepEqual(snapshot(own.folder), before);
  } finally {
    for (const folder of [own.folder, path.join(own.folder, 'sub')]) fs.chmodSync(folder, 0o755);
  }
});

test('a file that takes the place of a removed one is another photo', async () => {
  const own = await scene({ 'a.png': png(20, 10), 'b.png': png(20, 10) });
  await own.scan();
  const old = (await own.assets())['a.png'];
  (await call('DELETE', '/assets', { ids: [old.id], force: true }, own.user)).expect(204);
  await own.scan();
  assert.deepEqual(await own.names(), ['b.png']);
  put(own.folder, 'a.png', png(40, 30));
  fs.utimesSync(path.join(own.folder, 'a.png'), new Date(), new Date(Date.now() + 60_000));
  await own.scan(); // sees that it is another one
  await own.scan();
  const found = await own.assets();
  assert.equal(found['a.png'].width, 40);
  assert.notEqual(found['a.png'].id, old.id);
});

test('all libraries are scanned by the queue', async () => {
  const one = await scene({ 'a.png': png(9, 9) });
  const two = await scene({ 'b.png': png(9, 9) });
  (await call('PUT', '/jobs/library', { command: 'start', force: false })).expect(200);
  await server.waitForJobs();
  assert.deepEqual([await one.names(), await two.names()], [['a.png'], ['b.png']]);
});
