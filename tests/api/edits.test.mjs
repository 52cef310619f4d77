// Crop, rotate, mirror: what is shown changes, the original does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ffmpeg, filesBelow, jpeg, sha1 } from './fixtures.mjs';
import { server } from './harness.mjs';
import { png } from './pictures.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const get = async (id, as) => (await call('GET', `/assets/${id}`, undefined, as)).expect(200).json;
const file = async (where, as) => (await call('GET', where, undefined, as)).expect(200).bytes;
const edited = (id, size) => `/assets/${id}/thumbnail?edited=true&size=${size}`;
const thumbsOf = (user) => filesBelow(path.join(server.media, 'thumbs', user.id)).map((name) => path.basename(name));

const crop = (x, y, width, height) => ({ action: 'crop', parameters: { x, y, width, height } });
const rotate = (angle) => ({ action: 'rotate', parameters: { angle } });
const mirror = (axis) => ({ action: 'mirror', parameters: { axis } });

let seed = 0;

async function add(user, bytes = png(200, 120, ++seed), name = 'a.png', fields = {}) {
  const { id } = (await server.upload(bytes, name, fields, { as: user })).expect(201).json;
  await server.waitForJobs();
  return { id, bytes };
}

async function edit(id, edits, as) {
  const { json } = (await call('PUT', `/assets/${id}/edits`, { edits }, as)).expect(200);
  await server.waitForJobs();
  return json;
}

/** The pixels of a picture, as ffmpeg sees them after its @param filters. */
function pixels(bytes, filters = 'null', ...args) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-edits-'));
  try {
    fs.writeFileSync(path.join(folder, 'in'), bytes);
    return execFileSync('ffmpeg', ['-v', 'error', '-noautorotate', '-i', path.join(folder, 'in'), '-vf', filters, ...args,
      '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Mean difference of the bytes of two pictures of one size. */
function difference(a, b) {
  assert.equal(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

test('what is shown is what the edits make of the original', async () => {
  const user = await server.newUser();
  const { id, bytes } = await add(user);
  const before = await get(id, user);
  const cases = [
    [[rotate(90)], 'transpose=clock', 120, 200],
    [[rotate(180)], 'hflip,vflip', 200, 120],
    [[rotate(270)], 'transpose=cclock', 120, 200],
    [[rotate(0)], 'null', 200, 120],
    [[mirror('horizontal')], 'hflip', 200, 120],
    [[mirror('vertical')], 'vflip', 200, 120],
    [[crop(30, 20, 101, 57)], 'crop=101:57:30:20:exact=1', 101, 57],
    [[crop(100, 10, 100, 110), rotate(90), mirror('horizontal')], 'crop=100:110:100:10:exact=1,transpose=clock,hflip', 110, 100],
    [[crop(0, 0, 80, 60), mirror('vertical'), rotate(270), mirror('horizontal')],
      'crop=80:60:0:0:exact=1,vflip,transpose=cclock,hflip', 60, 80],
  ];
  for (const [edits, filters, width, height] of cases) {
    const answer = await edit(id, edits, user);
    assert.deepEqual(answer.edits.map(({ action, parameters }) => ({ action, parameters })), edits);
    assert.deepEqual((await call('GET', `/assets/${id}/edits`, undefined, user)).expect(200).json, answer);
    const asset = await get(id, user);
    assert.deepEqual([asset.isEdited, asset.width, asset.height], [true, width, height], filters);
    const wanted = pixels(bytes, filters);
    for (const where of [`/assets/${id}/original?edited=true`, edited(id, 'fullsize'), edited(id, 'preview'), edited(id, 'thumbnail')])
      assert.ok(difference(pixels(await file(where, user)), wanted) < 4, `${filters}: ${where}`);
  }
  assert.notEqual((await get(id, user)).thumbhash, before.thumbhash);
  assert.equal(sha1(await file(`/assets/${id}/original`, user)), sha1(bytes));
  assert.ok(difference(pixels(await file(`/assets/${id}/thumbnail`, user)), pixels(bytes)) < 4);
});

test('when the edits go all is as before', async () => {
  const user = await server.newUser();
  const { id, bytes } = await add(user);
  const before = await get(id, user);
  const files = thumbsOf(user);
  assert.equal(files.length, 2);
  assert.deepEqual((await call('GET', `/assets/${id}/edits`, undefined, user)).expect(200).json, { assetId: id, edits: [] });
  await edit(id, [crop(0, 0, 50, 40)], user);
  assert.deepEqual(thumbsOf(user).sort(),
    [...files, `${id}_preview_edited.jpeg`, `${id}_thumbnail_edited.webp`, `${id}_fullsize_edited.jpeg`].sort());
  (await call('DELETE', `/assets/${id}/edits`, undefined, user)).expect(204);
  const after = await get(id, user);
  for (const key of ['width', 'height', 'thumbhash', 'isEdited']) assert.equal(after[key], before[key], key);
  // at once, before the job has taken the files away
  assert.ok(difference(pixels(await file(edited(id, 'preview'), user)), pixels(bytes)) < 4);
  assert.equal(sha1(await file(`/assets/${id}/original?edited=true`, user)), sha1(bytes));
  await server.waitForJobs();
  assert.deepEqual(thumbsOf(user), files);
  assert.deepEqual(await server.sql(`SELECT id FROM asset_file WHERE is_edited = 1 AND asset_id = '${id}'`), []);
  (await call('DELETE', `/assets/${id}/edits`, undefined, user)).expect(204);
  await server.waitForJobs();
  assert.equal((await get(id, user)).width, before.width);
});

test('the crop counts pixels of the upright picture', async () => {
  const user = await server.newUser();
  const base = Buffer.from(ffmpeg('a.jpg', '200x120', '-frames:v', '1'));
  const { id, bytes } = await add(user, jpeg({ orientation: 6 }, base), 'a.jpg');
  assert.deepEqual([(await get(id, user)).width, (await get(id, user)).height], [120, 200]);
  await edit(id, [crop(20, 100, 100, 100), rotate(90)], user);
  const wanted = pixels(bytes, 'transpose=clock,crop=100:100:20:100:exact=1,transpose=clock');
  assert.ok(difference(pixels(await file(`/assets/${id}/original?edited=true`, user)), wanted) < 8);
  (await call('PUT', `/assets/${id}/edits`, { edits: [crop(0, 0, 121, 1)] }, user)).expect(400, 'Crop parameters are out of bounds');
  // of the original, not of what is shown
  await edit(id, [crop(0, 0, 120, 200)], user);
});

test('new thumbnails and metadata leave the edits', async () => {
  const user = await server.newUser();
  const { id, bytes } = await add(user);
  await edit(id, [rotate(90)], user);
  const before = await get(id, user);
  for (const name of ['regenerate-thumbnail', 'refresh-metadata']) {
    (await call('POST', '/assets/jobs', { assetIds: [id], name }, user)).expect(204);
    await server.waitForJobs();
  }
  const after = await get(id, user);
  for (const key of ['width', 'height', 'thumbhash', 'isEdited']) assert.equal(after[key], before[key], key);
  assert.ok(difference(pixels(await file(edited(id, 'preview'), user)), pixels(bytes, 'transpose=clock')) < 4);
  // what is missing is made by the nightly run
  const folder = path.join(server.media, 'thumbs', user.id);
  for (const name of filesBelow(folder)) if (name.includes('_edited')) fs.rmSync(path.join(folder, name));
  await server.sql(`DELETE FROM asset_file WHERE is_edited = 1 AND asset_id = '${id}' AND type = 'fullsize'`);
  (await call('PUT', '/jobs/thumbnailGeneration', { command: 'start', force: false }, await server.signUp())).expect(200);
  await server.waitForJobs();
  assert.equal(thumbsOf(user).length, 5);
  (await call('DELETE', '/assets', { ids: [id], force: true }, user)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(thumbsOf(user), []);
});

test('clients are told when the files are there, and when they are gone', async () => {
  const user = await server.newUser();
  const { id } = await add(user);
  const listen = () => server.events({ authorization: `Bearer ${user.token}` });
  let events = await listen();
  const { edits: [{ id: editId }] } = await edit(id, [crop(0, 0, 100, 60)], user);
  const [ready] = await events.next('AssetEditReadyV2');
  assert.deepEqual(ready.edit, [{ id: editId, assetId: id, sequence: 0, action: 'crop', parameters: { x: 0, y: 0, width: 100, height: 60 } }]);
  assert.deepEqual([ready.asset.id, ready.asset.isEdited, ready.asset.width, ready.asset.height], [id, true, 100, 60]);
  assert.equal(ready.asset.thumbhash, (await get(id, user)).thumbhash);
  assert.equal((await events.next('AssetEditReadyV1'))[0].asset.id, id);
  events.close();
  events = await listen();
  (await call('DELETE', `/assets/${id}/edits`, undefined, user)).expect(204);
  const [gone] = await events.next('AssetEditReadyV2');
  assert.deepEqual([gone.edit, gone.asset.isEdited, gone.asset.width], [[], false, 200]);
  events.close();
});

test('faces that are cut away are hidden', async () => {
  const user = await server.newUser();
  const { id } = await add(user);
  const face = async (x, y) => {
    const person = (await call('POST', '/people', { name: `at ${x}` }, user)).expect(201).json;
    const body = { assetId: id, personId: person.id, imageWidth: 100, imageHeight: 60, x, y, width: 10, height: 10 };
    (await call('POST', '/faces', body, user)).expect(201);
    return person;
  };
  const [left, right] = [await face(5, 10), await face(60, 20)];
  const faces = async () => (await call('GET', `/faces?id=${id}`, undefined, user)).expect(200).json;
  const boxes = async () => (await faces()).map((one) => [one.person?.id, one.imageWidth, one.imageHeight,
    one.boundingBoxX1, one.boundingBoxY1, one.boundingBoxX2, one.boundingBoxY2]);
  const before = await boxes();
  assert.equal(before.length, 2);
  await edit(id, [crop(100, 0, 100, 120), rotate(90)], user);
  // 120, 40 to 140, 60 of 200 x 120; cut to 20, 40 to 40, 60 of 100 x 120; turned into 120 x 100
  assert.deepEqual(await boxes(), [[right.id, 120, 100, 60, 20, 80, 40]]);
  assert.deepEqual((await get(id, user)).people.map((person) => person.id), [right.id]);
  assert.equal((await call('GET', `/people/${left.id}/statistics`, undefined, user)).expect(200).json.assets, 0);
  // what is drawn on the edited picture is there on the original
  const body = { assetId: id, personId: left.id, imageWidth: 120, imageHeight: 100, x: 60, y: 20, width: 20, height: 20 };
  (await call('POST', '/faces', body, user)).expect(201);
  (await call('DELETE', `/assets/${id}/edits`, undefined, user)).expect(204);
  const after = await boxes();
  assert.equal(after.length, 3);
  assert.deepEqual(after.find((one) => one[1] === 200), [left.id, 200, 120, 120, 40, 140, 60]);
  for (const box of before) assert.ok(after.some((one) => String(one) === String(box)));
});

test('what is no list of edits is refused', async () => {
  const user = await server.newUser();
  const { id } = await add(user);
  const put = (edits) => call('PUT', `/assets/${id}/edits`, { edits }, user);
  const text = (reply) => reply.json.errors[0].message;
  (await put([])).expectIssues('edits');
  (await put(undefined)).expectIssues('edits');
  (await put([{ action: 'blur', parameters: {} }])).expectIssues('edits.0.action');
  (await put([{ action: 'crop' }])).expectIssues('edits.0.parameters');
  assert.equal(text((await put([rotate(90), rotate(45)])).expectIssues('edits.1.parameters.angle')),
    'Angle must be one of the following values: 0, 90, 180, 270');
  assert.equal(text((await put([{ action: 'rotate', parameters: { axis: 'vertical' } }])).expectIssues('edits.0.parameters')),
    "Invalid parameters for action 'rotate', expecting keys: angle");
  for (const bad of [crop(-1, 0, 1, 1), crop(0, 0, 0, 1), crop(0.5, 0, 1, 1), crop('0', 0, 1, 1), crop(1e300, 0, 1, 1),
    { action: 'mirror', parameters: { axis: 'both' } }, { action: 'mirror', parameters: 'x' }, { action: 'crop', parameters: [[]] }])
    (await put([bad])).expectIssues('edits.0.parameters');
  for (const twice of [[crop(0, 0, 1, 1), crop(0, 0, 1, 1)], [rotate(0), rotate(90)], [mirror('vertical'), mirror('vertical')],
    Array.from({ length: 5000 }, () => mirror('vertical'))])
    assert.equal(text((await put(twice)).expectIssues('edits')), 'Duplicate edit actions are not allowed');
  (await put([rotate(90), crop(0, 0, 1, 1)])).expect(400, 'Crop action must be the first edit action');
  for (const outside of [crop(1, 0, 200, 1), crop(0, 121, 1, 1), crop(0, 0, 201, 120), crop(Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER, 1)])
    (await put([outside])).expect(400, 'Crop parameters are out of bounds');
  // what else stands there is not kept
  const sent = { action: 'rotate', parameters: { angle: 90, axis: 'vertical', x: '"}' } };
  assert.deepEqual((await put([sent])).expect(200).json.edits[0].parameters, { angle: 90 });
  assert.equal((await get(id, user)).isEdited, true);
});

test('what cannot be edited says why', async () => {
  const user = await server.newUser();
  const refuse = async (id, why) => (await call('PUT', `/assets/${id}/edits`, { edits: [rotate(90)] }, user)).expect(400, why);
  const video = await add(user, Buffer.from('no video'), 'a.mov');
  await refuse(video.id, 'Only images can be edited');
  await refuse((await add(user, jpeg(), 'a.jpg', { livePhotoVideoId: video.id })).id, 'Editing live photos is not supported');
  await refuse((await add(user, jpeg(), 'a.insp')).id, 'Editing panorama images is not supported');
  await refuse((await add(user, ffmpeg('a.gif', '20x20', '-frames:v', '1'), 'a.GIF')).id, 'Editing GIF images is not supported');
  await refuse((await add(user, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'a.svg')).id,
    'Editing SVG images is not supported');
  await refuse((await add(user, Buffer.from('no picture'), 'a.jpg')).id, 'Asset dimensions are not available for editing');
  const plain = await add(user);
  await server.sql(`UPDATE asset_exif SET projection_type = 'EQUIRECTANGULAR' WHERE asset_id = '${plain.id}'`);
  await refuse(plain.id, 'Editing panorama images is not supported');
});

test('only the owner edits, a partner sees what was done', async () => {
  const user = await server.newUser();
  const bob = await server.newUser();
  const { id } = await add(user);
  const put = (as, where = id) => call('PUT', `/assets/${where}/edits`, { edits: [rotate(90)] }, as);
  const list = (as) => call('GET', `/assets/${id}/edits`, undefined, as);
  const remove = (as) => call('DELETE', `/assets/${id}/edits`, undefined, as);
  (await put(bob)).expect(400, 'Not found or no asset.edit.create access');
  (await put(user, MISSING)).expect(400, 'Not found or no asset.edit.create access');
  (await remove(bob)).expect(400, 'Not found or no asset.edit.delete access');
  (await list(bob)).expect(400, 'Not found or no asset.read access');
  (await call('POST', '/partners', { sharedWithId: bob.id }, user)).expect(201);
  (await list(bob)).expect(200);
  (await put(bob)).expect(400, 'Not found or no asset.edit.create access');
  const key = await server.newKey(user, 'asset.edit.get');
  (await list(key)).expect(200);
  (await put(key)).expect(403);
  (await remove(key)).expect(403);
  // what is locked is closed, also to its owner
  (await call('PUT', `/assets/${id}`, { visibility: 'locked' }, user)).expect(200);
  for (const as of [user, bob]) {
    (await put(as)).expect(400, 'Not found or no asset.edit.create access');
    (await remove(as)).expect(400, 'Not found or no asset.edit.delete access');
    (await list(as)).expect(400, 'Not found or no asset.read access');
  }
  (await call('POST', '/auth/pin-code', { pinCode: '123456' }, user)).expect(204);
  (await call('POST', '/auth/session/unlock', { pinCode: '123456' }, user)).expect(204);
  (await put(user)).expect(200);
  await server.waitForJobs();
  assert.equal((await get(id, user)).width, 120);
});

test('lists that follow each other quickly end with the files of the last one', async () => {
  const user = await server.newUser();
  const { id, bytes } = await add(user);
  for (let i = 0; i < 8; i++) {
    (await call('PUT', `/assets/${id}/edits`, { edits: [rotate(90 * (i % 4))] }, user)).expect(200);
    if (i % 3 === 2) (await call('DELETE', `/assets/${id}/edits`, undefined, user)).expect(204);
  }
  await edit(id, [rotate(90)], user);
  assert.equal((await get(id, user)).width, 120);
  assert.ok(difference(pixels(await file(edited(id, 'fullsize'), user)), pixels(bytes, 'transpose=clock')) < 4);
});

test('by a link nothing is seen of a photo whose edit is not done yet, be it the first or a later one', async () => {
  const user = await server.newUser();
  const admin = await server.signUp();
  const { id, bytes } = await add(user);
  const link = (await call('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [id] }, user)).expect(201).json;
  const visit = (where) => server.request('GET', `${where}${where.includes('?') ? '&' : '?'}key=${link.key}`, { as: undefined });
  const ways = [`/assets/${id}/original`, `/assets/${id}/thumbnail?size=preview`, `/assets/${id}/thumbnail`];
  for (const way of ways) (await visit(way)).expect(200);
  const plain = await file(`/assets/${id}/thumbnail?size=preview`, user);
  for (const size of [100, 50]) {
    (await call('PUT', '/queues/editor', { isPaused: true }, admin)).expect(200);
    try {
      (await call('PUT', `/assets/${id}/edits`, { edits: [crop(0, 0, size, size)] }, user)).expect(200);
      for (const way of ways) (await visit(way)).expect(404);
      const archive = (await server.request('POST', `/download/archive?key=${link.key}`, { as: undefined, body: { assetIds: [id] } })).expect(200).bytes;
      assert.ok(!archive.includes('a.png'));
      // the owner sees the original meanwhile
      assert.deepEqual(await file(`/assets/${id}/original?edited=true`, user), bytes);
      assert.deepEqual(await file(edited(id, 'preview'), user), plain);
    } finally {
      (await call('PUT', '/queues/editor', { isPaused: false }, admin)).expect(200);
    }
    await server.waitForJobs();
    for (const way of ways) (await visit(way)).expect(200);
  }
  assert.equal(thumbsOf(user).length, 5, 'two of the original, three of the edited one');
});
