// Partners: who shows a library to whom, and what of it is seen; timelines of tags and people.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { server } from './harness.mjs';
import { png } from './pictures.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const NO_TIMELINE = 'Not found or no timeline.read access';
let alice, bob, eve;
let seed = 0;
const ids = {};

const call = (method, where, body, as = alice) => server.request(method, where, { as, body });
const partners = async (direction, as) =>
  (await call('GET', `/partners?direction=${direction}`, undefined, as)).expect(200).json.map((each) => [each.id, each.inTimeline]);
const buckets = (query, as) => call('GET', `/timeline/buckets?${query}`, undefined, as);
const bucket = async (query, as) => (await call('GET', `/timeline/bucket?${query}`, undefined, as)).expect(200).json;
const counts = async (query, as) => Object.fromEntries((await buckets(query, as)).expect(200).json.map((month) => [month.timeBucket, month.count]));

async function put(name, fileCreatedAt, as = alice, fields = {}) {
  const reply = await server.upload(png(8, 6, ++seed), name, { fileCreatedAt, fileModifiedAt: fileCreatedAt, ...fields }, { as });
  return reply.expect(201).json.id;
}

before(async () => {
  alice = await server.signUp();
  bob = await server.newUser({ name: 'Bob' });
  eve = await server.newUser({ name: 'Eve' });
  ids.plain = await put('a.png', '2024-03-05T10:00:00.000Z', alice, { isFavorite: 'true' });
  ids.archived = await put('b.png', '2024-04-06T11:00:00.000Z', alice, { visibility: 'archive' });
  ids.trashed = await put('c.png', '2024-05-07T12:00:00.000Z');
  ids.locked = await put('d.png', '2024-06-08T12:00:00.000Z', alice, { visibility: 'locked' });
  ids.bob = await put('e.png', '2024-03-06T10:00:00.000Z', bob);
  await server.waitForJobs();
  (await call('DELETE', '/assets', { ids: [ids.trashed] })).expect(204);
});

describe('sharing', () => {
  test('is begun by the sharer, and put into the timeline by the receiver', async () => {
    const made = (await call('POST', '/partners', { sharedWithId: bob.id })).expect(201).json;
    assert.deepEqual([made.id, made.name, made.inTimeline], [bob.id, 'Bob', false]);
    (await call('POST', '/partners', { sharedWithId: bob.id })).expect(400, 'Partner already exists');
    (await call('POST', `/partners/${bob.id}`)).expect(400, 'Partner already exists');
    assert.deepEqual(await partners('shared-by'), [[bob.id, false]]);
    assert.deepEqual(await partners('shared-with'), []);
    assert.deepEqual(await partners('shared-with', bob), [[alice.id, false]]);
    (await call('PUT', `/partners/${bob.id}`, { inTimeline: true })).expect(400, 'Not found or no partner.update access');
    (await call('PUT', `/partners/${alice.id}`, { inTimeline: true }, eve)).expect(400, 'Not found or no partner.update access');
    const changed = (await call('PUT', `/partners/${alice.id}`, { inTimeline: true }, bob)).expect(200).json;
    assert.deepEqual([changed.id, changed.inTimeline], [alice.id, true]);
    assert.deepEqual(await partners('shared-by'), [[bob.id, true]]);
  });

  test('is checked', async () => {
    for (const id of [MISSING, alice.id]) (await call('POST', '/partners', { sharedWithId: id })).expect(400, 'Invalid user');
    (await call('DELETE', `/partners/${eve.id}`)).expect(400, 'Partner not found');
    (await call('DELETE', `/partners/${alice.id}`, undefined, bob)).expect(400, 'Partner not found');
    (await call('GET', '/partners')).expectIssues('direction');
    (await call('GET', '/partners?direction=shared-by', undefined, await server.newKey(alice, 'partner.read'))).expect(200);
    (await call('POST', '/partners', { sharedWithId: eve.id }, await server.newKey(alice, 'partner.read'))).expect(403);
  });
});

describe('the timeline of a partner', () => {
  test('shows what is on it, not the archive, the trash or what is locked', async () => {
    assert.deepEqual(await counts(`userId=${alice.id}`, bob), { '2024-03-01': 1 });
    assert.deepEqual((await bucket(`timeBucket=2024-03-01&userId=${alice.id}`, bob)).id, [ids.plain]);
    assert.deepEqual((await bucket(`timeBucket=2024-04-01&userId=${alice.id}`, bob)).id, []);
    (await buckets(`userId=${alice.id}&visibility=archive`, bob)).expect(400, 'Not found or no archive.read access');
    (await buckets(`userId=${alice.id}&isTrashed=true`, bob)).expect(400, NO_TIMELINE);
    (await buckets(`userId=${alice.id}&visibility=locked`, bob)).expect(401, 'Elevated permission is required');
    (await buckets(`userId=${bob.id}`)).expect(400, NO_TIMELINE);
    (await buckets(`userId=${alice.id}`, eve)).expect(400, NO_TIMELINE);
  });

  test('does not tell favourites', async () => {
    assert.deepEqual((await bucket(`timeBucket=2024-03-01&userId=${alice.id}`, bob)).isFavorite, [false]);
  });

  test('stands beside the own one', async () => {
    assert.deepEqual(await counts('visibility=timeline&withPartners=true', bob), { '2024-03-01': 2 });
    const both = await bucket('timeBucket=2024-03-01&visibility=timeline&withPartners=true', bob);
    assert.deepEqual([both.id, both.ownerId], [[ids.bob, ids.plain], [bob.id, alice.id]]);
    const upwards = await bucket('timeBucket=2024-03-01&visibility=timeline&withPartners=true&order=asc', bob);
    assert.deepEqual(upwards.id, [ids.plain, ids.bob]);
    assert.equal(Object.values(await counts('visibility=timeline&withPartners=true&orderBy=createdAt', bob)).reduce((a, b) => a + b), 2);
    assert.deepEqual(await counts('visibility=timeline&withPartners=true'), { '2024-03-01': 1 }, 'it goes one way');
    assert.deepEqual(await counts(`visibility=timeline&withPartners=true&userId=${alice.id}`, bob), { '2024-03-01': 1 });
    (await call('PUT', `/partners/${alice.id}`, { inTimeline: false }, bob)).expect(200);
    assert.deepEqual(await counts('visibility=timeline&withPartners=true', bob), { '2024-03-01': 1 });
    assert.deepEqual(await counts(`userId=${alice.id}`, bob), { '2024-03-01': 1 });
  });

  test('may be shared on, in albums', async () => {
    const made = (await call('POST', '/albums', { albumName: 'x', assetIds: [ids.plain, ids.archived, ids.trashed, ids.locked] }, bob)).expect(201).json;
    assert.deepEqual([made.assetCount, made.albumThumbnailAssetId], [1, ids.plain]);
    (await call('GET', `/assets/${ids.archived}`, undefined, bob)).expect(400);
    (await call('PUT', `/assets/${ids.plain}`, { isFavorite: false }, bob)).expect(400);
  });

  test('is gone with a deleted user, and with the sharing', async () => {
    const dora = await server.newUser({ name: 'Dora' });
    (await call('POST', `/partners/${alice.id}`, undefined, dora)).expect(201);
    (await call('PUT', `/partners/${dora.id}`, { inTimeline: true })).expect(200);
    await put('z.png', '2001-01-01T01:01:01.000Z', dora);
    assert.equal((await counts('visibility=timeline&withPartners=true'))['2001-01-01'], 1);
    (await call('DELETE', `/admin/users/${dora.id}`, {})).expect(200);
    assert.deepEqual(await partners('shared-with'), []);
    assert.equal((await counts('visibility=timeline&withPartners=true'))['2001-01-01'], undefined);
    (await call('PUT', `/partners/${dora.id}`, { inTimeline: true })).expect(400, 'Not found or no partner.update access');
    (await buckets(`userId=${dora.id}`)).expect(400, NO_TIMELINE);
    (await call('DELETE', `/partners/${bob.id}`)).expect(204);
    assert.deepEqual(await partners('shared-with', bob), []);
    (await buckets(`userId=${alice.id}`, bob)).expect(400, NO_TIMELINE);
  });
});

describe('the timeline', () => {
  const row = (table, values) => server.sql(`INSERT INTO ${table} VALUES (${values.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ')})`);
  before(async () => {
    for (const [id, parent, value] of [['10000000-0000-4000-8000-000000000001', null, 'a'], ['10000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'a/b']])
      await row('tag (id, owner_id, parent_id, value, created_at, updated_at, update_id)', [id, alice.id, parent, value, 0, 0, 'u']);
    ids.parent = '10000000-0000-4000-8000-000000000001';
    ids.child = '10000000-0000-4000-8000-000000000002';
    for (const [tag, above] of [[ids.parent, ids.parent], [ids.child, ids.child], [ids.child, ids.parent]])
      await row('tag_ancestor (tag_id, ancestor_id)', [tag, above]);
    for (const [tag, asset] of [[ids.child, ids.plain], [ids.parent, ids.archived], [ids.child, ids.locked]])
      await row('tag_asset (tag_id, asset_id)', [tag, asset]);
    ids.person = '20000000-0000-4000-8000-000000000001';
    await row('person (id, owner_id, created_at, updated_at, update_id)', [ids.person, alice.id, 0, 0, 'u']);
    const face = 'asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2, source_type, created_at, updated_at, update_id, is_visible, deleted_at)';
    const box = [9, 9, 0, 0, 1, 1, 'exif', 0, 0, 'u'];
    await row(face, ['f1', ids.plain, ids.person, ...box, 1, null]);
    await row(face, ['f2', ids.archived, ids.person, ...box, 0, null]);
    await row(face, ['f3', ids.locked, ids.person, ...box, 1, null]);
    await row(face, ['f4', ids.trashed, ids.person, ...box, 1, null]);
  });

  test('of a tag shows what is tagged below it, too', async () => {
    assert.deepEqual(await counts(`tagId=${ids.parent}`), { '2024-04-01': 1, '2024-03-01': 1 });
    assert.deepEqual(await counts(`tagId=${ids.child}`), { '2024-03-01': 1 });
    assert.deepEqual((await bucket(`timeBucket=2024-03-01&tagId=${ids.parent}`)).id, [ids.plain]);
    assert.deepEqual(await counts(`tagId=${ids.parent}&isFavorite=true&orderBy=takenAt`), { '2024-03-01': 1 });
    assert.deepEqual(await counts(`tagId=${ids.parent}&bbox=-180,-90,180,90`), {});
    (await buckets(`tagId=${ids.parent}`, bob)).expect(400, 'Not found or no tag.read access');
  });

  test('of a person shows what a visible face of it is in', async () => {
    assert.deepEqual(await counts(`personId=${ids.person}`), { '2024-03-01': 1 });
    assert.deepEqual((await bucket(`timeBucket=2024-03-01&personId=${ids.person}&tagId=${ids.child}`)).id, [ids.plain]);
    await server.sql("UPDATE asset_face SET deleted_at = 1 WHERE id = 'f1'");
    assert.deepEqual(await counts(`personId=${ids.person}`), {});
    (await buckets(`personId=${ids.person}`, bob)).expect(400, 'Not found or no person.read access');
  });
});
