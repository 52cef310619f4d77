// Tags: a tree of labels, put on assets by users and by the keywords of files.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { engine, server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const valuesOf = async (as) => (await call('GET', '/tags', undefined, as)).expect(200).json.map((tag) => tag.value);
const tagsOf = async (id, as) =>
  (await call('GET', `/assets/${id}`, undefined, as)).expect(200).json.tags.map((tag) => tag.value);
const upsert = async (tags, as) => (await call('PUT', '/tags', { tags }, as)).expect(200).json;
const create = async (body, as) => (await call('POST', '/tags', body, as)).expect(201).json;

const sidecar = (list, items) => Buffer.from(
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"' +
    ` xmlns:dc="http://purl.org/dc/elements/1.1/"><${list}><rdf:Bag>` +
    items.map((item) => `<rdf:li>${item}</rdf:li>`).join('') +
    `</rdf:Bag></${list}></rdf:Description></rdf:RDF></x:xmpmeta>`);

/** A user of its own with assets. @param options  of the upload of each */
async function scene(n, ...options) {
  const user = await server.newUser();
  const ids = [];
  for (let i = 0; i < n; i++)
    ids.push((await server.upload(jpeg(), 'a.jpg', {}, { as: user, ...options[i] })).expect(201).json.id);
  await server.waitForJobs();
  return { user, ids };
}

test('tags make a tree', async () => {
  const { user } = await scene(0);
  const [paris, food, again] = await upsert(['trip/paris', '/food/', 'trip//paris', '', '//'], user);
  assert.equal(again, undefined);
  assert.deepEqual([paris.name, paris.value, 'color' in paris], ['paris', 'trip/paris', false]);
  assert.deepEqual([food.name, food.value, 'parentId' in food], ['food', 'food', false]);
  assert.deepEqual(await upsert([], user), []);
  const sub = await create({ name: 'sub', parentId: paris.id, color: 'ff0000' }, user);
  assert.deepEqual([sub.value, sub.parentId, sub.color], ['trip/paris/sub', paris.id, '#ff0000']);
  assert.deepEqual(await valuesOf(user), ['food', 'trip', 'trip/paris', 'trip/paris/sub']);
  assert.deepEqual((await call('GET', `/tags/${sub.id}`, undefined, user)).expect(200).json, sub);

  (await call('POST', '/tags', { name: 'food' }, user)).expect(400, 'A tag with that name already exists');
  (await call('POST', '/tags', { name: '' }, user)).expectIssues('name');
  (await call('POST', '/tags', { name: 'x', color: 'red' }, user)).expectIssues('color');
  (await call('POST', '/tags', { name: 'x'.repeat(1001) }, user)).expect(400, /at most 1000 bytes/);
  (await call('POST', '/tags', { name: 'x', parentId: MISSING }, user)).expect(400, 'Not found or no tag.read access');
  const deep = await create({ name: 'a/b', parentId: food.id }, user);
  assert.deepEqual([deep.name, deep.value], ['b', 'food/a/b']);
  assert.ok((await valuesOf(user)).includes('food/a'));
});

test('parallel upserts make each tag once', async () => {
  const { user } = await scene(0);
  const lists = [['a/b/c', 'z'], ['a/b', 'a/b/c/d'], ['z', 'a/x'], ['a/b/c', 'a/x/y'], ['y', 'a']];
  const answers = await Promise.all(lists.map((tags) => upsert(tags, user)));
  answers.forEach((tags, i) => assert.deepEqual(tags.map((tag) => tag.value), lists[i]));
  assert.deepEqual(await valuesOf(user), ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/x', 'a/x/y', 'y', 'z']);
  const closure = await server.sql(`SELECT count(*) FROM tag_ancestor b JOIN tag t ON t.id = b.tag_id
    WHERE t.owner_id = '${user.id}'`);
  assert.deepEqual(closure, [['17']]);
});

test('a renamed tag takes along what is below it, and what the assets say', async () => {
  const { user, ids: [one, two] } = await scene(2);
  const [paris, sub] = await upsert(['trip/paris', 'trip/paris/süß/x'], user);
  const [trip] = (await call('GET', '/tags', undefined, user)).json;
  (await call('PUT', `/tags/${paris.id}/assets`, { ids: [one] }, user)).expect(200);
  (await call('PUT', `/tags/${sub.id}/assets`, { ids: [one, two] }, user)).expect(200);
  const renamed = (await call('PUT', `/tags/${trip.id}`, { name: 'jöurney' }, user)).expect(200).json;
  assert.deepEqual([renamed.id, renamed.value], [trip.id, 'jöurney']);
  assert.deepEqual(await tagsOf(one, user), ['jöurney/paris', 'jöurney/paris/süß/x']);
  await server.waitForJobs();
  const exif = await server.sql(`SELECT tags, locked_properties FROM asset_exif WHERE asset_id = '${two}'`);
  assert.deepEqual(JSON.parse(exif[0][0]), ['jöurney/paris/süß/x']);
  assert.deepEqual(JSON.parse(exif[0][1]), [], 'it is in the sidecar');
  await upsert(['jöurney/rome'], user);
  (await call('PUT', `/tags/${paris.id}`, { name: 'rome' }, user)).expect(400, 'A tag with that name already exists');
  (await call('PUT', `/tags/${paris.id}`, { name: 'a/b' }, user)).expectIssues('name');
  const colored = (await call('PUT', `/tags/${paris.id}`, { color: '#abc' }, user)).expect(200).json;
  assert.deepEqual([colored.value, colored.color], ['jöurney/paris', '#abc']);
  const plain = (await call('PUT', `/tags/${paris.id}`, { color: null }, user)).expect(200).json;
  assert.equal('color' in plain, false);
  assert.deepEqual((await call('PUT', `/tags/${paris.id}`, {}, user)).expect(200).json.value, 'jöurney/paris');

  (await call('DELETE', `/tags/${paris.id}`, undefined, user)).expect(204);
  assert.deepEqual(await valuesOf(user), ['jöurney', 'jöurney/rome']);
  assert.deepEqual(await tagsOf(one, user), []);
  (await call('POST', '/assets/jobs', { assetIds: [one], name: 'refresh-metadata' }, user)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(await valuesOf(user), ['jöurney', 'jöurney/rome']);
});

test('a new name is refused that makes what is below too long for its assets to keep', async () => {
  const { user, ids: [id] } = await scene(1);
  const [long] = await upsert([`a/${'ü'.repeat(499)}`], user); // 1000 bytes
  (await call('PUT', `/tags/${long.id}/assets`, { ids: [id] }, user)).expect(200);
  const [root] = (await call('GET', '/tags', undefined, user)).json;
  (await call('PUT', `/tags/${root.id}`, { name: 'ab' }, user)).expect(400, /A tag below it would have more than 1000 bytes/);
  (await call('PUT', `/tags/${root.id}`, { name: 'x'.repeat(1001) }, user)).expect(400, /A tag needs a name, has at most/);
  (await call('PUT', `/tags/${root.id}`, { name: 'b' }, user)).expect(200);
  assert.deepEqual(await tagsOf(id, user), [`b/${'ü'.repeat(499)}`]);
});

test('assets are tagged one by one and in bulk', async () => {
  const { user, ids: [one, two, three] } = await scene(3);
  const other = await scene(1);
  const [a, b] = await upsert(['a', 'b/c'], user);
  const [foreign] = await upsert(['a'], other.user);
  const add = (body, id = a.id) => call('PUT', `/tags/${id}/assets`, body, user);
  assert.deepEqual((await add({ ids: [one, two, other.ids[0], one] })).expect(200).json, [
    { id: one, success: true }, { id: two, success: true },
    { id: other.ids[0], success: false, error: 'no_permission' }, { id: one, success: false, error: 'duplicate' }]);
  assert.deepEqual((await add({ ids: [one] })).json, [{ id: one, success: false, error: 'duplicate' }]);
  const bulk = (tagIds, assetIds) => call('PUT', '/tags/assets', { tagIds, assetIds }, user);
  assert.deepEqual((await bulk([a.id, b.id, a.id, foreign.id, MISSING], [one, two, three, other.ids[0]])).expect(200).json,
    { count: 4 });
  assert.deepEqual((await bulk([a.id], [])).expect(200).json, { count: 0 });
  assert.deepEqual(await tagsOf(three, user), ['a', 'b/c']);
  assert.deepEqual(await tagsOf(other.ids[0], other.user), []);
  assert.deepEqual((await call('DELETE', `/tags/${a.id}/assets`, { ids: [two, other.ids[0], two] }, user)).expect(200).json, [
    { id: two, success: true }, { id: other.ids[0], success: false, error: 'not_found' },
    { id: two, success: false, error: 'not_found' }]);
  assert.deepEqual(await tagsOf(two, user), ['b/c']);

  for (const [method, where, body, permission] of [
    ['GET', '', undefined, 'tag.read'], ['PUT', '', {}, 'tag.update'], ['DELETE', '', undefined, 'tag.delete'],
    ['PUT', '/assets', { ids: [one] }, 'tag.asset'], ['DELETE', '/assets', { ids: [one] }, 'tag.asset']])
    (await call(method, `/tags/${foreign.id}${where}`, body, user)).expect(400, `Not found or no ${permission} access`);
});

test('an asset has no more tags than its file can give back, and nobody waits for all that are put on', async () => {
  const { user, ids: [one, two] } = await scene(2);
  const tagIds = (await upsert(Array.from({ length: 501 }, (_, i) => `t${i}`), user)).map(({ id }) => id);
  const bulk = (tags, assetIds) => call('PUT', '/tags/assets', { tagIds: tags, assetIds }, user);
  (await bulk(tagIds, [one])).expect(400, `An asset can have 500 tags at most; take some off '${one}' first`);
  assert.equal((await tagsOf(one, user)).length, 500, 'what was written before is not undone');
  assert.deepEqual((await bulk(tagIds.slice(0, 150), [one, two])).expect(200).json, { count: 150 });
  assert.deepEqual((await bulk(tagIds.slice(0, 150), [one, two])).expect(200).json, { count: 0 });
  const many = Array.from({ length: 601 }, () => randomUUID());
  (await bulk(tagIds, many)).expectIssues('assetIds');
});

test('a tag that is deleted at this moment is left out', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
  const { user, ids: [id] } = await scene(1);
  const [gone, stays] = await upsert(['gone', 'stays'], user);
  const body = { tagIds: [gone.id, stays.id], assetIds: [id] };
  const answer = await server.during(`DELETE FROM tag WHERE id = '${gone.id}'`, () => call('PUT', '/tags/assets', body, user));
  assert.deepEqual(answer.expect(200).json, { count: 1 });
  assert.deepEqual(await tagsOf(id, user), ['stays']);
});

test('who tags waits for an edit before the edit could wait for that', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
  const { user, ids: [id, other] } = await scene(2);
  const [old, tag] = await upsert(['old', 'tag'], user);
  (await call('PUT', '/tags/assets', { tagIds: [old.id], assetIds: [id] }, user)).expect(200);
  await server.waitForJobs();
  const edit = (act) => server.during(`SET LOCAL deadlock_timeout = '10ms'; UPDATE asset SET updated_at = 1 WHERE id = '${id}'`, act,
    `UPDATE asset_exif SET description = 'edited' WHERE asset_id = '${id}'`);
  for (const [method, where, body] of [
    ['PUT', '/tags/assets', { tagIds: [tag.id], assetIds: [other, id] }], ['PUT', `/tags/${tag.id}`, { name: 'new' }],
    ['DELETE', `/tags/${tag.id}/assets`, { ids: [id] }], ['DELETE', `/tags/${old.id}`]]) {
    assert.ok((await edit(() => call(method, where, body, user))).status < 300, `${method} ${where}`);
    await server.waitForJobs();
  }
  assert.deepEqual([await tagsOf(id, user), await tagsOf(other, user)], [[], ['new']]);
});

test('the keywords of a file become tags, until the user has a say', async () => {
  const { user, ids: [one, two] } = await scene(2,
    { sidecar: sidecar('digiKam:TagsList', ['places/Berlin', 'sea', 'sea', '/']) },
    { sidecar: sidecar('lr:hierarchicalSubject', ['places|Berlin|Mitte', 'a/b']) });
  assert.deepEqual(await tagsOf(one, user), ['places/Berlin', 'sea']);
  assert.deepEqual(await tagsOf(two, user), ['a|b', 'places/Berlin/Mitte']);
  assert.deepEqual(await valuesOf(user), ['a|b', 'places', 'places/Berlin', 'places/Berlin/Mitte', 'sea']);

  const all = (await call('GET', '/tags', undefined, user)).json;
  const sea = all.find((tag) => tag.value === 'sea');
  const [mine] = await upsert(['mine'], user);
  (await call('DELETE', `/tags/${sea.id}/assets`, { ids: [one] }, user)).expect(200);
  (await call('PUT', `/tags/${mine.id}/assets`, { ids: [one] }, user)).expect(200);
  (await call('PUT', `/assets/${one}`, { description: 'mine, too' }, user)).expect(200);
  (await call('POST', '/assets/jobs', { assetIds: [one, two], name: 'refresh-metadata' }, user)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(await tagsOf(one, user), ['mine', 'places/Berlin']);
  assert.deepEqual(await tagsOf(two, user), ['a|b', 'places/Berlin/Mitte']);
  const exif = await server.sql(`SELECT tags, locked_properties FROM asset_exif WHERE asset_id = '${one}'`);
  assert.deepEqual(exif.map((row) => row.map((text) => JSON.parse(text))), [[['mine', 'places/Berlin'], []]], 'the words of the user are in the sidecar');
});

test('the clean-up removes tags that nothing below has an asset of', async () => {
  const admin = await server.signUp();
  const { user, ids: [one] } = await scene(1);
  const tags = await upsert(['used/by/one', 'un/used', 'used/not'], user);
  (await call('PUT', `/tags/${tags[0].id}/assets`, { ids: [one] }, user)).expect(200);
  (await call('POST', '/jobs', { name: 'tag-cleanup' }, admin)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(await valuesOf(user), ['used', 'used/by', 'used/by/one']);
  (await call('DELETE', '/assets', { ids: [one], force: true }, user)).expect(204);
  await server.waitForJobs();
  (await call('POST', '/jobs', { name: 'tag-cleanup' }, admin)).expect(204);
  await server.waitForJobs();
  assert.deepEqual(await valuesOf(user), []);
});

test('many tags of many levels are refused at once: each level is written below all above it', async () => {
  const user = await server.newUser();
  const deep = Array.from({ length: 3000 }, (_, i) => `z${i}/${'a/'.repeat(30)}a`);
  assert.match(JSON.stringify((await call('PUT', '/tags', { tags: deep }, user)).expect(400).json), /many levels/);
  assert.equal((await upsert(deep.slice(0, 2), user)).length, 2);
});
