// People and faces: naming, drawing, merging, and the pictures that are cut out of photos.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { filesBelow, jpeg } from './fixtures.mjs';
import { server } from './harness.mjs';
import { png } from './pictures.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const NO_PERSON = (what) => `Not found or no person.${what} access`;
const call = (method, where, body, as) => server.request(method, where, { as, body });
let serial = 0;

/** A photo of 250x200 whose red is its x and whose green is its y; behind its end is what makes it differ. */
const picture = () => Buffer.concat([png(250, 200), Buffer.from(`${++serial}`)]);
const addPhoto = async (user, options = {}) =>
  (await server.upload(picture(), 'a.png', {}, { as: user, ...options })).expect(201).json.id;
const addPerson = async (user, fields = {}) => (await call('POST', '/people', fields, user)).expect(201).json;
const box = (assetId, personId, fields = {}) =>
  ({ assetId, personId, imageWidth: 250, imageHeight: 200, x: 100, y: 80, width: 40, height: 60, ...fields });
const addFace = async (user, assetId, personId, fields) =>
  (await call('POST', '/faces', box(assetId, personId, fields), user)).expect(201);
const facesOf = async (user, id) => (await call('GET', `/faces?id=${id}`, undefined, user)).expect(200).json;
const getPerson = async (user, id) => (await call('GET', `/people/${id}`, undefined, user)).expect(200).json;
const list = async (user, query = '') => (await call('GET', `/people${query}`, undefined, user)).expect(200).json;
const names = async (user, query) => (await list(user, query)).people.map(({ name }) => name);
const count = async (user, id) => (await call('GET', `/people/${id}/statistics`, undefined, user)).expect(200).json.assets;
const pictureOf = (user, id) => call('GET', `/people/${id}/thumbnail`, undefined, user);
const pictureFiles = (user) => filesBelow(path.join(server.media, 'thumbs', user.id)).filter((file) => !file.includes('_'));
const setConfig = async (change) => {
  const admin = await server.signUp();
  const config = (await call('GET', '/system-config', undefined, admin)).expect(200).json;
  change(config);
  (await call('PUT', '/system-config', config, admin)).expect(200);
};

/** A user with photos. */
async function scene(n) {
  const user = await server.newUser();
  const photos = [];
  for (let i = 0; i < n; i++) photos.push(await addPhoto(user));
  await server.waitForJobs();
  return { user, photos };
}

/** The pixels of a JPEG, decoded by another program. */
function decode(bytes) {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
    { input: bytes, maxBuffer: 1 << 26 });
  const side = Math.sqrt(raw.length / 3);
  return { side, at: (x, y) => [...raw.subarray((y * side + x) * 3, (y * side + x) * 3 + 3)] };
}

test('a person is made, read, changed and deleted', async () => {
  const user = await server.newUser();
  const made = await addPerson(user, { name: ' Ann ', birthDate: '1990-05-06T23:00:00.000Z', color: 'Abc', isFavorite: true });
  assert.deepEqual({ ...made, id: 0, updatedAt: 0 }, { id: 0, name: ' Ann ', birthDate: '1990-05-06', thumbnailPath: '',
    isHidden: false, isFavorite: true, color: '#Abc', updatedAt: 0 });
  assert.deepEqual(await getPerson(user, made.id), made);
  const put = async (body) => (await call('PUT', `/people/${made.id}`, body, user)).expect(200).json;
  assert.equal((await put({})).name, ' Ann ');
  const changed = await put({ name: 'Bea', birthDate: null, color: '', isHidden: true });
  assert.deepEqual({ ...changed, updatedAt: 0 },
    { id: made.id, name: 'Bea', birthDate: null, thumbnailPath: '', isHidden: true, isFavorite: true, updatedAt: 0 });
  assert.equal((await put({ birthDate: '1999/1/2' })).birthDate, '1999-01-02');
  for (const birthDate of ['2990-01-01', 'soon', '1990-02-30', '1990-13-01', '1990-05-06Tnoon'])
    (await call('PUT', `/people/${made.id}`, { birthDate }, user)).expectIssues('birthDate');
  (await call('POST', '/people', { birthDate: '2990-01-01' }, user)).expectIssues('birthDate');
  (await call('PUT', `/people/${made.id}`, { name: null }, user)).expectIssues('name');
  (await call('PUT', `/people/${made.id}`, { color: 'red' }, user)).expectIssues('color');
  (await call('DELETE', `/people/${made.id}`, undefined, user)).expect(204);
  (await call('GET', `/people/${made.id}`, undefined, user)).expect(400, NO_PERSON('read'));
});

test('many people are changed at once, each with its own answer', async () => {
  const { user, photos: [photo] } = await scene(1);
  const other = await addPerson(await server.newUser(), { name: 'Other' });
  const [a, b] = [await addPerson(user, { name: 'A', color: '#111' }), await addPerson(user, { name: 'B' })];
  const reply = (await call('PUT', '/people', { people: [
    { id: a.id, name: 'A2', color: '#222', isFavorite: true }, { id: other.id, name: 'stolen' }, { id: MISSING },
    { id: b.id, name: 'B2', featureFaceAssetId: photo } ] }, user)).expect(200).json;
  assert.deepEqual(reply, [{ id: a.id, success: true }, { id: other.id, success: false, error: 'unknown' },
    { id: MISSING, success: false, error: 'unknown' }, { id: b.id, success: false, error: 'unknown' }]);
  const after = await getPerson(user, a.id);
  assert.deepEqual([after.name, after.color, after.isFavorite], ['A2', '#111', true]);
  assert.equal((await getPerson(user, b.id)).name, 'B');
  assert.deepEqual((await call('PUT', '/people', { people: [] }, user)).expect(200).json, []);
  (await call('PUT', '/people', { people: [{ id: a.id }, { id: b.id, birthDate: '2990-01-01' }] }, user))
    .expectIssues('people.1.birthDate');
  (await call('DELETE', '/people', { ids: [a.id, other.id] }, user)).expect(400, NO_PERSON('delete'));
  await getPerson(user, a.id);
  (await call('DELETE', '/people', { ids: [a.id, b.id] }, user)).expect(204);
  (await call('GET', `/people/${b.id}`, undefined, user)).expect(400);
});

test('the list has who is seen, in order, page by page', async () => {
  const { user, photos } = await scene(4);
  const add = async (fields, ...seen) => {
    const person = await addPerson(user, fields);
    for (const photo of seen) await addFace(user, photo, person.id);
    return person;
  };
  const [p, q, r, s] = photos;
  await add({ name: 'nobody' });
  await add({ name: 'Zoe' }, p, q);
  await add({ name: 'Amy' }, p, q);
  await add({ name: 'Max' }, p, q, r);
  await add({ name: 'Fav', isFavorite: true }, s);
  await add({ name: 'Hid', isHidden: true }, p, q, r, s);
  await add({}, p, q);
  const unnamed = await add({}, p, q, r, s);
  assert.deepEqual(await names(user), ['Fav', 'Max', 'Amy', 'Zoe', '']);
  assert.deepEqual(await names(user, '?withHidden=true'), ['Fav', 'Max', 'Amy', 'Zoe', '', 'Hid']);
  const first = await list(user, '?size=2');
  assert.deepEqual([first.total, first.hidden, first.hasNextPage], [7, 1, true]);
  assert.deepEqual(first.people.map(({ name }) => name), ['Fav', 'Max']);
  const last = await list(user, '?size=2&page=3');
  assert.deepEqual([last.people.map(({ id }) => id), last.hasNextPage], [[unnamed.id], false]);
  assert.deepEqual(await names(user, '?size=2&page=9007199254740991'), []);
  (await call('PUT', '/users/me/preferences', { people: { minimumFaces: 5 } }, user)).expect(200);
  assert.deepEqual(await names(user), ['Fav', 'Max', 'Amy', 'Zoe']);
  (await call('PUT', '/users/me/preferences', { people: { minimumFaces: 1 } }, user)).expect(200);
  assert.deepEqual(await names(user), ['Fav', 'Max', 'Amy', 'Zoe', '', '']);
  (await call('GET', '/people?size=1001', undefined, user)).expectIssues('size');
  (await call('GET', '/people?page=0', undefined, user)).expectIssues('page');
  (await call('GET', `/people?closestPersonId=${MISSING}`, undefined, user)).expect(404, 'Person not found');
  assert.equal((await list(user, `?closestPersonId=${unnamed.id}`)).people.length, 6);
  assert.deepEqual(await list(await server.newUser()), { people: [], hasNextPage: false, total: 0, hidden: 0 });
});

test('only what is on the timeline counts', async () => {
  const { user, photos } = await scene(4);
  const person = await addPerson(user, { name: 'Ann' });
  for (const photo of photos) await addFace(user, photo, person.id);
  await addFace(user, photos[0], person.id, { x: 10 });
  assert.equal(await count(user, person.id), 4);
  (await call('PUT', `/assets/${photos[0]}`, { visibility: 'archive' }, user)).expect(200);
  (await call('DELETE', '/assets', { ids: [photos[1]] }, user)).expect(204);
  (await call('PUT', '/assets', { ids: [photos[2]], visibility: 'locked' }, user)).expect(204);
  assert.equal(await count(user, person.id), 1);
  assert.equal((await list(user)).total, 1);
  (await call('DELETE', '/assets', { ids: [photos[3]], force: true }, user)).expect(204);
  assert.equal(await count(user, person.id), 0);
  assert.deepEqual((await list(user)).people, []);
  (await call('POST', '/trash/restore', undefined, user)).expect(200);
  assert.equal(await count(user, person.id), 1);
});

test('a face is drawn, told of with the asset, given to another person, and deleted', async () => {
  const { user, photos: [photo] } = await scene(1);
  const [ann, bea] = [await addPerson(user, { name: 'Ann' }), await addPerson(user, { name: 'Bea' })];
  const reply = await addFace(user, photo, ann.id, { x: 60 });
  assert.equal(reply.text, '');
  await addFace(user, photo, bea.id, { imageWidth: 1000, imageHeight: 800, x: -5, y: 20, width: 100, height: 120 });
  await addFace(user, photo, ann.id, { x: 90 });
  const faces = await facesOf(user, photo);
  assert.deepEqual(faces.map((face) => [face.boundingBoxX1, face.boundingBoxY1, face.boundingBoxX2, face.boundingBoxY2,
    face.imageWidth, face.imageHeight, face.sourceType, face.person.name]), [
    [-5, 20, 95, 140, 1000, 800, 'manual', 'Bea'], [60, 80, 100, 140, 250, 200, 'manual', 'Ann'],
    [90, 80, 130, 140, 250, 200, 'manual', 'Ann']]);
  const people = async () => (await call('GET', `/assets/${photo}`, undefined, user)).expect(200).json.people.map(({ name }) => name);
  assert.deepEqual(await people(), ['Bea', 'Ann']);
  /* clients know two ways of writing times */
  assert.match(faces[0].person.updatedAt, /\+00:00$/);
  assert.match((await getPerson(user, bea.id)).updatedAt, /Z$/);
  const moved = (await call('PUT', `/faces/${ann.id}`, { id: faces[0].id }, user)).expect(200).json;
  assert.equal(moved.id, ann.id);
  assert.deepEqual(await people(), ['Ann']);
  (await call('DELETE', `/faces/${faces[1].id}`, {}, user)).expectIssues('force');
  (await call('DELETE', `/faces/${faces[1].id}`, { force: false }, user)).expect(204);
  (await call('DELETE', `/faces/${faces[2].id}`, { force: true }, user)).expect(204);
  assert.deepEqual((await facesOf(user, photo)).map(({ id }) => id), [faces[0].id]);
  assert.deepEqual(await server.sql(`SELECT id, person_id FROM asset_face WHERE asset_id = '${photo}' AND deleted_at IS NOT NULL`),
    [[faces[1].id, ann.id]]);
  const columns = 'asset_id, image_width, image_height, x1, y1, x2, y2, source_type, created_at, updated_at, update_id';
  await server.sql(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 998)
    INSERT INTO asset_face (id, ${columns}) SELECT 'many-' || i, ${columns.replace('update_id', 'uuid_v7 ()')} FROM numbers, asset_face f WHERE f.id = '${faces[0].id}'`);
  (await call('POST', '/faces', box(photo, bea.id), user)).expect(400, /1000 faces at most/);
  await server.sql(`DELETE FROM asset_face WHERE id LIKE 'many-%'`);
  (await call('DELETE', `/people/${ann.id}`, undefined, user)).expect(204);
  assert.deepEqual((await facesOf(user, photo)).map(({ person }) => person), [null]);
  assert.deepEqual(await people(), []);
});

test('boxes that show nothing of the picture are refused', async () => {
  const { user, photos: [photo] } = await scene(1);
  const { id } = await addPerson(user);
  for (const [field, value] of [['width', 0], ['height', -60], ['imageWidth', 0], ['imageHeight', -1], ['width', 2 ** 53 - 1],
    ['imageWidth', 1e9], ['x', 250], ['x', -40], ['y', 200], ['y', -(2 ** 53 - 1)]])
    (await call('POST', '/faces', box(photo, id, { [field]: value }), user)).expectIssues(field);
  (await call('POST', '/faces', box(photo, id, { x: 1.5 }), user)).expectIssues('x');
  (await call('POST', '/faces', { assetId: photo, personId: id }, user)).expect(400, 'Validation failed');
  assert.deepEqual(await facesOf(user, photo), []);
});

test('the picture of a person is the square around the face', async () => {
  const { user, photos: [photo] } = await scene(1);
  const person = await addPerson(user, { name: 'Ann' });
  (await pictureOf(user, person.id)).expect(404, 'Not Found');
  const events = await server.events({ authorization: `Bearer ${user.token}` });
  /* drawn on a picture of twice the size: 50..80 by 40..90 here, so the middle is 65,65 and the reach 27 */
  await addFace(user, photo, person.id, { imageWidth: 500, imageHeight: 400, x: 100, y: 80, width: 60, height: 100 });
  assert.deepEqual(await events.next('on_person_thumbnail'), [person.id]);
  events.close();
  const reply = (await pictureOf(user, person.id)).expect(200);
  assert.equal(reply.headers.get('content-type'), 'image/jpeg');
  assert.equal(reply.headers.get('cache-control'), 'private, no-cache, no-transform');
  const again = await server.request('GET', `/people/${person.id}/thumbnail`,
    { as: user, headers: { 'if-none-match': reply.headers.get('etag') } });
  assert.equal(again.status, 304);
  const pixels = decode(reply.bytes);
  assert.equal(pixels.side, 54);
  for (const [x, y] of [[0, 0], [53, 0], [0, 53], [53, 53], [20, 30]]) {
    const [red, green] = pixels.at(x, y);
    assert.ok(Math.abs(red - (38 + x)) <= 5 && Math.abs(green - (38 + y)) <= 5, `${x},${y} is ${pixels.at(x, y)}`);
  }
  const { thumbnailPath } = await getPerson(user, person.id);
  assert.equal(thumbnailPath, path.join(server.media, 'thumbs', user.id, person.id.slice(0, 2), person.id.slice(2, 4), `${person.id}.jpeg`));
  assert.deepEqual(fs.readFileSync(thumbnailPath), reply.bytes);
  (await call('DELETE', `/people/${person.id}`, undefined, user)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(pictureFiles(user), []);
});

test('who loses the face that is their picture gets another one', async () => {
  const { user, photos } = await scene(4);
  const { id } = await addPerson(user, { name: 'Ann' });
  for (const [i, photo] of photos.entries()) await addFace(user, photo, id, { x: 40 + 30 * i });
  await server.waitForJobs();
  /* the middle of what is shown is the middle of the box */
  const shown = async () => {
    await server.waitForJobs();
    const pixels = decode((await pictureOf(user, id)).expect(200).bytes);
    return Math.round((pixels.at(pixels.side / 2, 10)[0] - 60) / 30);
  };
  assert.equal(await shown(), 0);
  const choose = async (i) => (await call('PUT', `/people/${id}`, { featureFaceAssetId: photos[i] }, user)).expect(200);
  await choose(3);
  assert.equal(await shown(), 3);
  (await call('PUT', `/assets/${photos[3]}`, { visibility: 'locked' }, user)).expect(200);
  assert.equal(await shown(), 0);
  (await call('PUT', `/people/${id}`, { featureFaceAssetId: photos[3] }, user)).expect(400, 'Not found or no asset.read access');
  /* what is locked is out of reach for changes, too */
  const [[locked]] = await server.sql(`SELECT id FROM asset_face WHERE asset_id = '${photos[3]}'`);
  const other = await addPerson(user);
  (await call('DELETE', `/faces/${locked}`, { force: true }, user)).expect(400, 'Not found or no asset.update access');
  (await call('PUT', `/faces/${other.id}`, { id: locked }, user)).expect(400, 'Not found or no asset.update access');
  (await call('POST', '/faces', box(photos[3], other.id), user)).expect(400, 'Not found or no asset.update access');
  (await call('PUT', `/people/${other.id}/reassign`, { data: [{ assetId: photos[3], personId: id }] }, user)).expect(200);
  assert.deepEqual(await server.sql(`SELECT person_id FROM asset_face WHERE id = '${locked}'`), [[id]]);
  const [face] = await facesOf(user, photos[0]);
  (await call('DELETE', `/faces/${face.id}`, { force: false }, user)).expect(204);
  assert.equal(await shown(), 1);
  (await call('PUT', `/people/${id}`, { featureFaceAssetId: photos[0] }, user))
    .expect(400, 'Invalid assetId for feature face or asset is offline');
  (await call('DELETE', '/assets', { ids: [photos[1]], force: true }, user)).expect(204);
  assert.equal(await shown(), 2);
  (await call('DELETE', '/assets', { ids: [photos[2]], force: true }, user)).expect(204);
  await server.waitForJobs();
  (await pictureOf(user, id)).expect(404);
  assert.equal((await getPerson(user, id)).thumbnailPath, '');
  assert.deepEqual(pictureFiles(user), []);
});

test('people are merged, in both forms', async () => {
  const { user, photos: [p, q] } = await scene(2);
  const other = await addPerson(await server.newUser(), { name: 'Other' });
  const target = await addPerson(user, { birthDate: '1990-05-06' });
  const [a, b] = [await addPerson(user, { name: 'A', birthDate: '2000-01-01', isFavorite: true, color: '#123' }), await addPerson(user, { name: 'B' })];
  await addFace(user, p, a.id);
  await addFace(user, q, b.id);
  await server.waitForJobs();
  assert.equal(pictureFiles(user).length, 2);
  const merge = (id, ids) => call('POST', `/people/${id}/merge`, { ids }, user);
  (await merge(target.id, [a.id, target.id])).expect(400, 'Cannot merge a person into themselves');
  (await merge(target.id, Array.from({ length: 21 }, () => a.id))).expectIssues('ids');
  (await merge(other.id, [a.id])).expect(400, NO_PERSON('merge'));
  assert.deepEqual((await merge(target.id, [])).expect(200).json, []);
  assert.deepEqual((await merge(target.id, [other.id, a.id, a.id, MISSING])).expect(200).json, [
    { id: other.id, success: false, error: 'no_permission' }, { id: a.id, success: true },
    { id: a.id, success: false, error: 'not_found' }, { id: MISSING, success: false, error: 'no_permission' }]);
  const together = (ids) => call('POST', '/people/merge', { ids }, user);
  (await together([target.id])).expect(400, 'At least two people are required for merging');
  (await together([])).expect(400, 'At least two people are required for merging');
  (await together([target.id, b.id, b.id])).expect(400, 'Cannot merge a person into themselves');
  assert.deepEqual((await together([target.id, b.id])).expect(200).json, [{ id: b.id, success: true }]);
  await server.waitForJobs();
  const after = await getPerson(user, target.id);
  assert.deepEqual([after.name, after.birthDate, after.isFavorite, after.color], ['A', '1990-05-06', false, undefined]);
  assert.equal(await count(user, target.id), 2);
  assert.deepEqual(pictureFiles(user).map((file) => path.basename(file)), [`${target.id}.jpeg`]);
  for (const { id } of [a, b]) (await call('GET', `/people/${id}`, undefined, user)).expect(400);
});

test('faces of some photos are reassigned', async () => {
  const { user, photos: [p, q] } = await scene(2);
  const [from, to] = [await addPerson(user, { name: 'From' }), await addPerson(user, { name: 'To' })];
  await addFace(user, p, from.id);
  await addFace(user, q, from.id);
  const reassign = (id, data) => call('PUT', `/people/${id}/reassign`, { data }, user);
  const reply = (await reassign(to.id, [{ assetId: p, personId: from.id }, { assetId: MISSING, personId: from.id }])).expect(200).json;
  assert.deepEqual(reply.map(({ id, thumbnailPath }) => [id, thumbnailPath]), [[to.id, ''], [to.id, '']]);
  assert.deepEqual([await count(user, from.id), await count(user, to.id)], [1, 1]);
  await server.waitForJobs();
  for (const { id } of [from, to]) (await pictureOf(user, id)).expect(200);
  /* the last face goes, the picture stays */
  (await reassign(to.id, [{ assetId: q, personId: from.id }])).expect(200);
  await server.waitForJobs();
  assert.equal(await count(user, from.id), 0);
  (await pictureOf(user, from.id)).expect(200);
  assert.deepEqual((await reassign(to.id, [])).expect(200).json, []);
  (await reassign(to.id, [{ assetId: p, personId: MISSING }])).expect(400, NO_PERSON('reassign'));
  /* and who is in no photo goes with the clean-up, picture and all */
  (await call('POST', '/jobs', { name: 'person-cleanup' }, await server.signUp())).expect(204);
  await server.waitForJobs();
  (await call('GET', `/people/${from.id}`, undefined, user)).expect(400);
  assert.equal((await getPerson(user, to.id)).name, 'To');
  assert.deepEqual(pictureFiles(user).map((file) => path.basename(file)), [`${to.id}.jpeg`]);
});

test('nobody sees or changes another\'s people', async () => {
  const { user, photos: [photo] } = await scene(1);
  const person = await addPerson(user, { name: 'Ann' });
  await addFace(user, photo, person.id);
  const [face] = await facesOf(user, photo);
  const { user: bob, photos: [his] } = await scene(1);
  const own = await addPerson(bob, { name: 'Own' });
  for (const [method, where, body, what] of [
    ['GET', `/people/${person.id}`, undefined, 'person.read'], ['PUT', `/people/${person.id}`, {}, 'person.update'],
    ['DELETE', `/people/${person.id}`, undefined, 'person.delete'], ['GET', `/people/${person.id}/thumbnail`, undefined, 'person.read'],
    ['GET', `/people/${person.id}/statistics`, undefined, 'person.statistics'],
    ['PUT', `/people/${person.id}/reassign`, { data: [] }, 'person.reassign'], ['GET', `/faces?id=${photo}`, undefined, 'asset.read'],
    ['POST', '/faces', box(photo, own.id), 'asset.update'], ['POST', '/faces', box(his, person.id), 'person.read'],
    ['PUT', `/faces/${own.id}`, { id: face.id }, 'face.update'], ['PUT', `/faces/${person.id}`, { id: face.id }, 'person.update'],
    ['DELETE', `/faces/${face.id}`, { force: true }, 'face.delete']])
    (await call(method, where, body, bob)).expect(400, `Not found or no ${what} access`);
  /* a partner sees the photo and where faces are, not who they are */
  await server.sql(`INSERT INTO partner (shared_by_id, shared_with_id, created_at, updated_at, update_id, create_id)
    VALUES ('${user.id}', '${bob.id}', 1, 1, 'u', 'c')`);
  assert.deepEqual((await facesOf(bob, photo)).map(({ person: who }) => who), [null]);
  assert.deepEqual((await call('GET', `/assets/${photo}`, undefined, bob)).expect(200).json.people, []);
  assert.equal((await facesOf(user, photo))[0].person.name, 'Ann');
  const key = await server.newKey(user, 'person.read');
  (await call('POST', '/people', {}, key)).expect(403);
});

/** A sidecar that names faces, as MWG regions. */
const regions = (...faces) => Buffer.from(`<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:mwg-rs='http://www.metadataworkinggroup.com/schemas/regions/'
 xmlns:stDim='http://ns.adobe.com/xap/1.0/sType/Dimensions#' xmlns:stArea='http://ns.adobe.com/xmp/sType/Area#'>
<mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:AppliedToDimensions stDim:w='250' stDim:h='200' stDim:unit='pixel'/>
<mwg-rs:RegionList><rdf:Bag>${faces.map(([name, x, y, w, h]) => `<rdf:li><rdf:Description mwg-rs:Name='${name}' mwg-rs:Type='Face'>
<mwg-rs:Area stArea:x='${x}' stArea:y='${y}' stArea:w='${w}' stArea:h='${h}' stArea:unit='normalized'/></rdf:Description></rdf:li>`).join('')}
</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions></rdf:Description></rdf:RDF></x:xmpmeta>`);

test('faces that a file names become people, and stay when it is read again', async () => {
  await setConfig((config) => { config.metadata.faces.import = true; });
  const user = await server.newUser();
  const bea = await addPerson(user, { name: 'bea', isHidden: true });
  const photo = await addPhoto(user, { sidecar: regions(['Ann', 0.25, 0.5, 0.25, 0.25], ['BEA', 0.7, 0.5, 0.1, 0.2], ['ann', 0.5, 0.5, 0.1, 0.1]) });
  await server.waitForJobs();
  const faces = await facesOf(user, photo);
  const boxes = (all) => all.map((face) => [face.boundingBoxX1, face.boundingBoxY1, face.boundingBoxX2, face.boundingBoxY2, face.sourceType, face.person?.name]);
  assert.deepEqual(boxes(faces), [[31, 75, 93, 125, 'exif', 'Ann'], [112, 90, 137, 110, 'exif', 'Ann'], [162, 80, 187, 120, 'exif', 'bea']]);
  assert.equal(faces[2].person.id, bea.id);
  (await pictureOf(user, faces[0].person.id)).expect(200);
  /* read again: the same rows; what was deleted does not come back, what the file says no more goes */
  (await call('DELETE', `/faces/${faces[1].id}`, { force: false }, user)).expect(204);
  const again = async () => {
    (await call('POST', '/assets/jobs', { assetIds: [photo], name: 'refresh-metadata' }, user)).expect(204);
    await server.waitForJobs();
    return facesOf(user, photo);
  };
  assert.deepEqual((await again()).map(({ id }) => id), [faces[0].id, faces[2].id]);
  const [[sidecar]] = await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${photo}' AND type = 'sidecar'`);
  fs.writeFileSync(path.resolve(server.media, sidecar), regions(['Ann', 0.25, 0.5, 0.25, 0.25], ['Cid', 0.6, 0.5, 0.2, 0.2]));
  const after = await again();
  assert.deepEqual(boxes(after), [[31, 75, 93, 125, 'exif', 'Ann'], [125, 80, 175, 120, 'exif', 'Cid']]);
  assert.equal(after[0].id, faces[0].id);
  assert.equal(await count(user, bea.id), 0);
  fs.writeFileSync(path.resolve(server.media, sidecar), regions());
  assert.deepEqual(await again(), []);
  await setConfig((config) => { config.metadata.faces.import = false; });
  fs.writeFileSync(path.resolve(server.media, sidecar), regions(['Dan', 0.25, 0.5, 0.25, 0.25]));
  assert.deepEqual(await again(), []);
});

const DATA = process.env.TINTYPE_TESTDATA && path.join(process.env.TINTYPE_TESTDATA, 'photos/metadata/faces');
test('faces of real portraits, upright and turned', { skip: !(DATA && fs.existsSync(DATA)) && `no portraits in '${DATA}'` }, async () => {
  await setConfig((config) => { config.metadata.faces.import = true; });
  const user = await server.newUser();
  const files = fs.readdirSync(DATA).filter((name) => name.startsWith('portrait')).sort();
  assert.ok(files.length >= 2);
  const pictures = [];
  for (const name of files) {
    const id = (await server.upload(fs.readFileSync(path.join(DATA, name)), name, {}, { as: user })).expect(201).json.id;
    await server.waitForJobs();
    assert.deepEqual((await facesOf(user, id)).map((face) => [face.person.name, face.boundingBoxX1, face.boundingBoxY1,
      face.boundingBoxX2, face.boundingBoxY2, face.imageWidth, face.imageHeight]),
    [['Marie Curie', 261, 146, 356, 284, 840, 700], ['Pierre Curie', 536, 83, 618, 252, 840, 700]], name);
    const marie = (await list(user)).people.find((person) => person.name === 'Marie Curie');
    (await call('PUT', `/people/${marie.id}`, { featureFaceAssetId: id }, user)).expect(200);
    await server.waitForJobs();
    pictures.push(decode((await pictureOf(user, marie.id)).expect(200).bytes));
  }
  assert.equal((await list(user)).total, 2);
  /* half of 138 high, a tenth more: 75; both copies show the same */
  for (const { side } of pictures) assert.equal(side, 150);
  for (let at = 5; at < 150; at += 20)
    for (const [i, value] of pictures[0].at(at, at).entries()) assert.ok(Math.abs(value - pictures[1].at(at, at)[i]) < 24, `${at}`);
  await setConfig((config) => { config.metadata.faces.import = false; });
});

test('pictures that are missing are made again when an admin asks', async () => {
  const { user, photos: [photo] } = await scene(1);
  const person = await addPerson(user, { name: 'Ann' });
  await addFace(user, photo, person.id);
  await server.waitForJobs();
  await server.sql(`UPDATE person SET thumbnail_path = '', face_id = NULL WHERE id = '${person.id}'`);
  (await pictureOf(user, person.id)).expect(404);
  (await call('PUT', '/jobs/thumbnailGeneration', { command: 'start', force: false }, await server.signUp())).expect(200);
  await server.waitForJobs();
  (await pictureOf(user, person.id)).expect(200);
  /* not where nobody looks for faces */
  await setConfig((config) => { config.machineLearning.facialRecognition.enabled = false; });
  const other = await addPerson(user, { name: 'Bea' });
  await addFace(user, photo, other.id);
  await server.waitForJobs();
  (await pictureOf(user, other.id)).expect(404);
  await setConfig((config) => { config.machineLearning.facialRecognition.enabled = true; });
  /* a file that is no picture fails its own job alone */
  const broken = (await server.upload(jpeg().subarray(0, 60), 'b.jpg', {}, { as: user })).expect(201).json.id;
  await addFace(user, broken, other.id);
  (await call('PUT', `/people/${other.id}`, { featureFaceAssetId: broken }, user)).expect(200);
  await server.waitForJobs();
  (await pictureOf(user, other.id)).expect(404);
});
