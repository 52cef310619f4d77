// What a user changes is written to the XMP beside the original: read back by ExifTool and by ourselves.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { jpeg, sha1, withXmp } from './fixtures.mjs';
import { server } from './harness.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-sidecars-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

let admin;
before(async () => {
  admin = await server.signUp();
});

const call = (method, where, body, as = admin) => server.request(method, where, { as, body });
const asset = async (id) => (await call('GET', `/assets/${id}`)).expect(200).json;

async function add(bytes = jpeg({ date: '2020:01:02 03:04:05' }), options = {}) {
  const { id } = (await server.upload(bytes, 'a.jpg', {}, options)).expect(201).json;
  await server.waitForJobs();
  return id;
}

async function change(id, body) {
  (await call('PUT', `/assets/${id}`, body)).expect(200);
  await server.waitForJobs();
}

async function refresh(id) {
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-metadata' })).expect(204);
  await server.waitForJobs();
}

async function sidecar(id) {
  const rows = await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${id}' AND type = 'sidecar'`);
  return rows.length === 0 ? undefined : path.resolve(server.media, rows[0][0]);
}

const locked = async (id) => JSON.parse((await server.sql(`SELECT locked_properties FROM asset_exif WHERE asset_id = '${id}'`))[0][0]);
const exiftool = (file) => JSON.parse(execFileSync('exiftool', ['-json', '-n', '-G1', '-struct', file]).toString())[0];
const failed = async () =>
  (await call('GET', '/queues/sidecar/jobs?status=failed')).expect(200).json;

/** What clients are told that can follow from a change. */
const facts = ({ fileCreatedAt, localDateTime, exifInfo: e, tags }) => ({
  fileCreatedAt, localDateTime, tags: tags?.map(({ value }) => value).sort(),
  description: e.description, rating: e.rating, latitude: e.latitude, longitude: e.longitude,
  timeZone: e.timeZone, dateTimeOriginal: e.dateTimeOriginal, city: e.city,
});

const others = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Other">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"' +
  ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:own="http://example.org/own/" xmp:Label="Red" xmp:Rating="1" own:history="gz12abc">' +
  '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">theirs</rdf:li></rdf:Alt></dc:description>' +
  '<dc:subject><rdf:Bag><rdf:li>their keyword</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

test('every change is in a sidecar beside the original, which stays as it was', async () => {
  const bytes = jpeg({ date: '2020:01:02 03:04:05' });
  const id = await add(bytes);
  assert.equal(await sidecar(id), undefined);
  const tags = (await call('PUT', '/tags', { tags: ['places/Köln', 'sea'] })).expect(200).json;
  (await call('PUT', '/tags/assets', { tagIds: tags.map((tag) => tag.id), assetIds: [id] })).expect(200);
  // Two writes that overlap end in the same, but the second may carry what was read back, without its outer blanks.
  await server.waitForJobs();
  await change(id, { description: ' A day <at> the "sea" & more ', rating: 4, dateTimeOriginal: '2023-11-19T18:11:00.000-07:00' });
  const { originalPath } = await asset(id);
  const file = await sidecar(id);
  assert.equal(file, `${originalPath}.xmp`);
  assert.ok(fs.readFileSync(originalPath).equals(bytes));
  const found = exiftool(file);
  assert.equal(found['XMP-dc:Description'], ' A day <at> the "sea" & more ');
  assert.equal(found['XMP-tiff:ImageDescription'], ' A day <at> the "sea" & more ');
  assert.equal(found['XMP-xmp:Rating'], 4);
  assert.equal(found['XMP-exif:DateTimeOriginal'], '2023:11:19 18:11:00.000-07:00');
  assert.equal(found['XMP-photoshop:DateCreated'], '2023:11:19 18:11:00.000-07:00');
  assert.deepEqual(found['XMP-digiKam:TagsList'], ['places/Köln', 'sea']);
  assert.deepEqual(await locked(id), []);
  await change(id, { latitude: -33.856784, longitude: 151.215297 });
  const there = exiftool(file);
  assert.ok(Math.abs(there['XMP-exif:GPSLatitude'] + 33.856784) < 1e-6 && Math.abs(there['XMP-exif:GPSLongitude'] - 151.215297) < 1e-6);
  assert.equal(there['XMP-dc:Description'], ' A day <at> the "sea" & more ', 'what was written before stays');

  const told = facts(await asset(id));
  assert.deepEqual([told.description, told.rating, told.latitude, told.longitude, told.fileCreatedAt],
    ['A day <at> the "sea" & more', 4, -33.856784, 151.215297, '2023-11-20T01:11:00.000Z']);
  assert.deepEqual(told.tags, ['places/Köln', 'sea']);
  assert.equal(told.timeZone, 'Australia/Sydney');
  await refresh(id);
  assert.deepEqual(facts(await asset(id)), told, 'reading it again changes nothing');
  const folderOfIt = fs.readdirSync(path.dirname(file));
  assert.deepEqual(folderOfIt.sort(), [path.basename(originalPath), path.basename(file)].sort(), 'nothing is left beside it');
});

test('what is cleared stays cleared', async () => {
  const id = await add(undefined, { sidecar: Buffer.from(others) });
  assert.equal((await asset(id)).exifInfo.description, 'theirs');
  assert.deepEqual((await asset(id)).tags.map(({ value }) => value), ['their keyword']);
  const [tag] = (await asset(id)).tags;
  (await call('DELETE', `/tags/${tag.id}/assets`, { ids: [id] })).expect(200);
  await change(id, { description: '', rating: null });
  const found = exiftool(await sidecar(id));
  assert.equal(found['XMP-xmp:Rating'], 0);
  assert.deepEqual(await locked(id), []);
  await refresh(id);
  const told = await asset(id);
  assert.deepEqual([told.exifInfo.description, told.exifInfo.rating, told.tags], ['', null, []]);
});

test('an uploaded sidecar is changed where it is, and keeps what other programs have in it', async () => {
  const id = await add(undefined, { sidecar: Buffer.from(others) });
  const file = await sidecar(id);
  fs.chmodSync(file, 0o640);
  await change(id, { rating: 5 });
  assert.equal(await sidecar(id), file);
  const text = fs.readFileSync(file, 'utf8');
  for (const kept of ['own:history="gz12abc"', 'xmp:Label="Red"', 'x:xmptk="Other"', 'theirs', 'their keyword']) assert.ok(text.includes(kept), kept);
  assert.equal(exiftool(file)['XMP-xmp:Rating'], 5);
  assert.equal(fs.statSync(file).mode & 0o777, 0o640);
  // a change by another program counts again, since nothing is locked any more
  fs.writeFileSync(file, text.replace('theirs', 'theirs again'));
  await refresh(id);
  assert.equal((await asset(id)).exifInfo.description, 'theirs again');
  assert.equal((await asset(id)).exifInfo.rating, 5);
});

test('many edits at once end in the last one, in both places', async () => {
  const id = await add();
  await Promise.all(Array.from({ length: 12 }, (_, i) => call('PUT', `/assets/${id}`, { description: `edit ${i}`, rating: 1 + (i % 5) })));
  (await call('PUT', `/assets/${id}`, { description: 'the last' })).expect(200);
  await server.waitForJobs();
  assert.equal(exiftool(await sidecar(id))['XMP-dc:Description'], 'the last');
  const told = facts(await asset(id));
  assert.equal(told.description, 'the last');
  assert.equal(exiftool(await sidecar(id))['XMP-xmp:Rating'], told.rating);
  assert.deepEqual(await locked(id), []);
  assert.deepEqual(await server.sql('SELECT name FROM job'), [], 'nothing goes round in circles');
});

test('a bulk edit and a renamed tag reach the sidecars', async () => {
  const ids = [await add(), await add()];
  const [tag] = (await call('PUT', '/tags', { tags: ['old name'] })).expect(200).json;
  (await call('PUT', `/tags/${tag.id}/assets`, { ids })).expect(200);
  (await call('PUT', '/assets', { ids, dateTimeRelative: 60, timeZone: 'Europe/Berlin', rating: 2 })).expect(204);
  (await call('PUT', `/tags/${tag.id}`, { name: 'new name' })).expect(200);
  await server.waitForJobs();
  for (const id of ids) {
    const found = exiftool(await sidecar(id));
    assert.deepEqual([found['XMP-xmp:Rating'], found['XMP-exif:DateTimeOriginal']], [2, '2020:01:02 05:04:05.000+01:00']);
    assert.deepEqual([found['XMP-digiKam:TagsList']].flat(), ['new name']);
    assert.equal((await asset(id)).localDateTime, '2020-01-02T05:04:05.000Z');
  }
});

test('a sidecar that cannot be understood is left as it is, and the change is not lost', async () => {
  const laughs = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>';
  for (const text of ['<x:xmpmeta', 'no XML', laughs, ' '.repeat(16 * 1024 * 1024 + 1)]) {
    const id = await add(undefined, { sidecar: Buffer.from(text) });
    const file = await sidecar(id);
    await change(id, { description: 'mine' });
    assert.equal(sha1(fs.readFileSync(file)), sha1(Buffer.from(text)));
    assert.equal((await asset(id)).exifInfo.description, 'mine');
    assert.deepEqual(await locked(id), ['description']);
    assert.deepEqual((await failed()).map(({ data }) => data.id), [id]);
    const [[why]] = await server.sql("SELECT error FROM job WHERE queue = 'sidecar' AND state = 'failed'");
    assert.ok(why.includes(file) && /repair or remove the file/.test(why), why);
    await refresh(id);
    assert.equal((await asset(id)).exifInfo.description, 'mine');
    // repaired: the next change brings both
    fs.writeFileSync(file, others);
    await change(id, { rating: 3 });
    const found = exiftool(file);
    assert.deepEqual([found['XMP-dc:Description'], found['XMP-xmp:Rating'], found['XMP-xmp:Label']], ['mine', 3, 'Red']);
    assert.deepEqual(await locked(id), []);
    (await call('PUT', '/jobs/sidecar', { command: 'clear-failed' })).expect(200);
  }
});

/** A folder is away, as a disk that is not mounted: an empty one is in its place. */
function takeAway(place) {
  fs.renameSync(place, `${place}.away`);
  fs.mkdirSync(place);
  return () => {
    assert.deepEqual(fs.readdirSync(place), [], 'nothing is written where the disk is missing');
    fs.rmdirSync(place);
    fs.renameSync(`${place}.away`, place);
  };
}

test('a sidecar that was lost is made anew with all that is known, not with the last change alone', async () => {
  const id = await add(jpeg({ date: '2020:01:02 03:04:05' }));
  const [tag] = (await call('PUT', '/tags', { tags: ['Family/Oma'] })).expect(200).json;
  (await call('PUT', `/tags/${tag.id}/assets`, { ids: [id] })).expect(200);
  await change(id, { description: 'Grandma 1950', latitude: 48.1, longitude: 11.5, dateTimeOriginal: '1950-06-01T12:00:00.000+01:00' });
  const file = await sidecar(id);
  const told = facts(await asset(id));
  assert.deepEqual([told.description, told.tags], ['Grandma 1950', ['Family/Oma']]);
  fs.rmSync(file);
  await change(id, { rating: 4 });
  assert.equal(await sidecar(id), file);
  const found = exiftool(file);
  assert.deepEqual([found['XMP-dc:Description'], found['XMP-xmp:Rating'], [found['XMP-digiKam:TagsList']].flat()], ['Grandma 1950', 4, ['Family/Oma']]);
  assert.ok(Math.abs(found['XMP-exif:GPSLatitude'] - 48.1) < 1e-6 && Math.abs(found['XMP-exif:GPSLongitude'] - 11.5) < 1e-6);
  assert.deepEqual(await locked(id), []);
  assert.deepEqual(facts(await asset(id)), { ...told, rating: 4 });
  await refresh(id);
  assert.deepEqual(facts(await asset(id)), { ...told, rating: 4 });
});

test('what was cleared does not come back from the original with the loss of the sidecar', async () => {
  const id = await add(withXmp(jpeg({ date: '2020:01:02 03:04:05' }), 'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="5"',
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">of the camera</rdf:li></rdf:Alt></dc:description>' +
    '<dc:subject><rdf:Bag><rdf:li>of the camera, too</rdf:li></rdf:Bag></dc:subject>'));
  const first = await asset(id);
  assert.deepEqual([first.exifInfo.description, first.exifInfo.rating, first.tags.length], ['of the camera', 5, 1]);
  await change(id, { description: '', rating: null });
  (await call('DELETE', `/tags/${first.tags[0].id}/assets`, { ids: [id] })).expect(200);
  await server.waitForJobs();
  fs.rmSync(await sidecar(id));
  await change(id, { latitude: 48.1, longitude: 11.5 });
  await refresh(id);
  const { exifInfo, tags } = await asset(id);
  assert.deepEqual([exifInfo.description, exifInfo.rating, tags, exifInfo.latitude], ['', null, [], 48.1]);
});

test('nor does a position that was cleared, and one that is given again stays', async () => {
  const id = await add(jpeg({ position: [52.5, 13.4] }));
  assert.equal((await asset(id)).exifInfo.latitude, 52.5);
  const loseSidecar = async (rating) => {
    fs.rmSync(await sidecar(id));
    await change(id, { rating });
    await refresh(id);
    return (await asset(id)).exifInfo.latitude;
  };
  await change(id, { latitude: 0, longitude: 0 });
  assert.equal((await asset(id)).exifInfo.latitude, null);
  assert.deepEqual([await loseSidecar(1), await loseSidecar(2)], [null, null]);
  // as a version that did not remember it left it: the sidecar tells
  await server.sql(`UPDATE asset_exif SET is_position_cleared = 0 WHERE asset_id = '${id}'`);
  await refresh(id);
  assert.equal(await loseSidecar(4), null);
  await change(id, { latitude: 48.1, longitude: 11.5 });
  assert.equal(await loseSidecar(3), 48.1);
  const other = await add(jpeg());
  await change(other, { rating: 1 });
  fs.rmSync(await sidecar(other));
  await change(other, { rating: 2 });
  assert.equal(exiftool(await sidecar(other))['XMP-exif:GPSLatitude'], undefined, 'others would see it in the ocean');
});

test('a change made while the disk is away is kept until it is back', async () => {
  for (const what of ['folder', 'upload']) {
    const id = await add();
    await change(id, { description: 'Old words' });
    const file = await sidecar(id);
    const bringBack = takeAway(what === 'upload' ? path.join(server.media, 'upload') : path.join(server.media, 'upload', admin.id));
    const reply = (await call('PUT', `/assets/${id}`, { description: 'Precious words' })).expect(200).json;
    assert.equal(reply.exifInfo.description, 'Precious words');
    const [why] = await server.postponed('SidecarWrite');
    assert.ok(why.includes(file.slice(0, -'.xmp'.length)) && /kept in the database/.test(why), why);
    assert.deepEqual(await locked(id), ['description']);
    bringBack();
    await server.tryAgain();
    assert.equal(exiftool(file)['XMP-dc:Description'], 'Precious words');
    assert.deepEqual([(await asset(id)).exifInfo.description, await locked(id)], ['Precious words', []]);
    assert.deepEqual(await failed(), []);
  }
});

test('an uploaded sidecar is not forgotten while its folder is away', async () => {
  const user = await server.newUser();
  const id = await add(undefined, { sidecar: Buffer.from(others), as: user });
  const file = await sidecar(id);
  const description = async () => (await call('GET', `/assets/${id}`, undefined, user)).expect(200).json.exifInfo.description;
  const bringBack = takeAway(path.join(server.media, 'upload', user.id));
  (await call('PUT', '/jobs/sidecar', { command: 'start', force: true })).expect(200);
  const whys = await server.postponed('SidecarCheck');
  assert.ok(whys.every((why) => why.includes(user.id)), whys);
  assert.equal(await sidecar(id), file);
  bringBack();
  await server.tryAgain();
  assert.equal(await sidecar(id), file);
  assert.equal(await description(), 'theirs');
});

test('a text that a reader would cut stays whole in the database', async () => {
  const id = await add();
  const long = 'x'.repeat(70_000);
  await change(id, { description: long, rating: 2 });
  assert.deepEqual(await locked(id), ['description']);
  await refresh(id);
  assert.equal((await asset(id)).exifInfo.description, long);
  assert.equal(exiftool(await sidecar(id))['XMP-xmp:Rating'], 2);
  // as long as a description may be, in characters that take much room
  const longest = '\u{1f4f7}'.repeat(50_000);
  await change(id, { description: longest, rating: 4 });
  assert.deepEqual(await locked(id), ['description']);
  assert.equal(exiftool(await sidecar(id))['XMP-xmp:Rating'], 4);
});

test('nothing is written into the folders of an external library', async () => {
  const photos = path.join(folder, 'photos');
  fs.mkdirSync(photos);
  fs.writeFileSync(path.join(photos, 'a.jpg'), jpeg({ date: '2020:01:02 03:04:05', position: [52.52, 13.4] }));
  fs.writeFileSync(path.join(photos, 'b.jpg'), jpeg({ date: '2020:01:02 03:04:05' }));
  fs.writeFileSync(path.join(photos, 'b.jpg.xmp'), others);
  fs.chmodSync(photos, 0o555);
  const library = (await call('POST', '/libraries', { ownerId: admin.id, importPaths: [photos] })).expect(201).json;
  (await call('POST', `/libraries/${library.id}/scan`)).expect(204);
  await server.waitForJobs();
  const ids = (await server.sql(`SELECT id FROM asset WHERE library_id = '${library.id}' ORDER BY original_path`)).flat();
  for (const id of ids) await change(id, { description: 'mine', rating: 3 });
  assert.deepEqual(fs.readdirSync(photos), ['a.jpg', 'b.jpg', 'b.jpg.xmp']);
  assert.equal(fs.readFileSync(path.join(photos, 'b.jpg.xmp'), 'utf8'), others);
  for (const id of ids) {
    await refresh(id);
    assert.deepEqual([(await asset(id)).exifInfo.description, (await asset(id)).exifInfo.rating], ['mine', 3]);
  }
  // a place that was taken away stays away
  await change(ids[0], { latitude: 0, longitude: 0 });
  await refresh(ids[0]);
  assert.equal((await asset(ids[0])).exifInfo.latitude, null);
  assert.equal(server.log.split('are kept in the database alone').length, 2, 'it is said once');
  assert.deepEqual(await failed(), []);
  fs.chmodSync(photos, 0o755);
});

test('the sidecar job finds what was put beside an original', async () => {
  const id = await add();
  const { originalPath } = await asset(id);
  fs.writeFileSync(`${originalPath}.xmp`, others);
  (await call('PUT', '/jobs/sidecar', { command: 'start', force: false })).expect(200);
  await server.waitForJobs();
  assert.equal(await sidecar(id), `${originalPath}.xmp`);
  assert.equal((await asset(id)).exifInfo.description, 'theirs');
  fs.rmSync(`${originalPath}.xmp`);
  (await call('PUT', '/jobs/sidecar', { command: 'start', force: true })).expect(200);
  await server.waitForJobs();
  assert.equal(await sidecar(id), undefined);
  assert.equal((await asset(id)).exifInfo.description, '');
});

test('a sidecar goes with its photo', async () => {
  const id = await add();
  await change(id, { rating: 1 });
  const file = await sidecar(id);
  assert.ok(fs.existsSync(file));
  (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
  await server.waitForJobs();
  assert.ok(!fs.existsSync(file));
});
