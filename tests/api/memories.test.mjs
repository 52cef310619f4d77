// This day, years ago: made at night or by a client, shown for a day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { png } from './fixtures.mjs';
import { engine, server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const get = async (where, as) => (await call('GET', where, undefined, as)).expect(200).json;
const list = (as, query = '') => get(`/memories${query}`, as);
const total = async (as, query = '') => (await get(`/memories/statistics${query}`, as)).total;
const idsOf = (items) => items.map(({ id }) => id);

/** A user of its own with photos of these moments. */
async function scene(...moments) {
  const user = await server.newUser();
  const ids = [];
  for (const fileCreatedAt of moments)
    ids.push((await server.upload(png(20, 10), 'a.png', { fileCreatedAt }, { as: user })).expect(201).json.id);
  await server.waitForJobs();
  return { user, ids };
}

const fields = (more) => ({ type: 'on_this_day', data: { year: 2019 }, memoryAt: '2019-03-02T00:00:00.000Z', ...more });
const create = async (as, more) => (await call('POST', '/memories', fields(more), as)).expect(201).json;

async function runJob(name) {
  (await call('POST', '/jobs', { name }, await server.signUp())).expect(204);
  await server.waitForJobs();
}

test('a memory is made, found, changed and deleted', async () => {
  const { user, ids: [late, early] } = await scene('2019-03-02T12:00:00.000Z', '2019-03-02T08:00:00.000Z');
  const made = await create(user, { assetIds: [late, early], showAt: '2026-03-02T00:00:00.000Z', hideAt: '2026-03-02T23:59:59.999Z' });
  assert.deepEqual(
    [made.ownerId, made.type, made.data, made.isSaved, made.memoryAt],
    [user.id, 'on_this_day', { year: 2019 }, false, '2019-03-02T00:00:00.000Z'],
  );
  assert.deepEqual(idsOf(made.assets), [early, late]);
  assert.ok(!('exifInfo' in made.assets[0]) && !('seenAt' in made) && !('deletedAt' in made));
  assert.deepEqual(await get(`/memories/${made.id}`, user), made);
  assert.deepEqual(await list(user), [made]);
  (await call('PUT', `/memories/${made.id}`, {}, user)).expectIssues('');
  (await call('PUT', `/memories/${made.id}`, { seenAt: null }, user)).expectIssues('seenAt');
  const seen = (await call('PUT', `/memories/${made.id}`, { isSaved: true, seenAt: '2026-03-02T10:00:00.000Z' }, user)).expect(200).json;
  assert.deepEqual([seen.isSaved, seen.seenAt, seen.memoryAt], [true, '2026-03-02T10:00:00.000Z', made.memoryAt]);
  (await call('DELETE', `/memories/${made.id}`, undefined, user)).expect(204);
  (await call('GET', `/memories/${made.id}`, undefined, user)).expect(400, 'Not found or no memory.read access');
  assert.deepEqual(await list(user), []);
});

test('memories are filtered, ordered and paged', async () => {
  const { user, ids } = await scene('2019-03-02T12:00:00.000Z');
  const add = (more) => create(user, { assetIds: ids, ...more });
  const day = await add({ showAt: '2026-03-02T00:00:00.000Z', hideAt: '2026-03-02T23:59:59.999Z', isSaved: true });
  const later = await add({ showAt: '2199-03-03T00:00:00.000Z', memoryAt: '2018-01-01T00:00:00.000Z' });
  const always = await add({ memoryAt: '2017-01-01T00:00:00.000Z' });
  const empty = await create(user, {});
  assert.deepEqual(idsOf(await list(user)), [later.id, day.id, always.id]);
  assert.deepEqual(idsOf(await list(user, '?order=asc')), [day.id, later.id, always.id]);
  assert.deepEqual(idsOf(await list(user, '?order=random')).sort(), idsOf([day, later, always]).sort());
  assert.deepEqual(idsOf(await list(user, '?for=2026-03-02')), [day.id, always.id]);
  assert.deepEqual(idsOf(await list(user, '?for=2026-03-02T15:00:00.000Z')), [day.id, always.id]);
  assert.deepEqual(idsOf(await list(user, '?for=2026-03-03')), [always.id]);
  assert.deepEqual(idsOf(await list(user, '?isSaved=true')), [day.id]);
  assert.deepEqual(idsOf(await list(user, '?isUpcoming=true')), [later.id]);
  assert.deepEqual(idsOf(await list(user, '?isUpcoming=false&type=on_this_day')), [day.id, always.id]);
  assert.deepEqual(idsOf(await list(user, `?id=${always.id}`)), [always.id]);
  assert.deepEqual(await list(user, '?isTrashed=true'), []);
  assert.deepEqual(idsOf(await list(user, '?size=2')), [later.id, day.id]);
  assert.deepEqual(idsOf(await list(user, '?size=2&page=2')), [always.id]);
  assert.deepEqual(await list(user, '?size=9007199254740991&page=9007199254740991'), []);
  assert.deepEqual(idsOf(await list(user, '?page=2')), [later.id, day.id, always.id]);
  // the one without assets is counted, not shown
  assert.deepEqual([await total(user), await total(user, '?isSaved=true'), await total(user, '?for=2026-03-02')], [4, 1, 3]);
  assert.deepEqual((await get(`/memories/${empty.id}`, user)).assets, []);
  (await call('GET', '/memories?size=0', undefined, user)).expectIssues('size');
  (await call('GET', '/memories?for=tomorrow', undefined, user)).expectIssues('for');
  (await call('POST', '/memories', fields({ data: { year: 20 } }), user)).expectIssues('data.year');
});

test('assets come and go, each with its answer', async () => {
  const { user, ids: [one, two, locked] } = await scene(
    '2019-03-02T12:00:00.000Z', '2019-03-02T13:00:00.000Z', '2019-03-02T14:00:00.000Z');
  const other = await scene('2019-03-02T12:00:00.000Z');
  (await call('PUT', `/assets/${locked}`, { visibility: 'locked' }, user)).expect(200);
  const memory = await create(user, { assetIds: [one, other.ids[0], locked, MISSING] });
  assert.deepEqual(idsOf(memory.assets), [one]);
  const where = `/memories/${memory.id}/assets`;
  const added = (await call('PUT', where, { ids: [one, two, two, locked, other.ids[0], MISSING] }, user)).expect(200).json;
  assert.deepEqual(added, [
    { id: one, success: false, error: 'duplicate' },
    { id: two, success: true },
    { id: two, success: false, error: 'duplicate' },
    { id: locked, success: false, error: 'no_permission' },
    { id: other.ids[0], success: false, error: 'no_permission' },
    { id: MISSING, success: false, error: 'no_permission' },
  ]);
  const removed = (await call('DELETE', where, { ids: [one, one, MISSING] }, user)).expect(200).json;
  assert.deepEqual(removed, [
    { id: one, success: true },
    { id: one, success: false, error: 'not_found' },
    { id: MISSING, success: false, error: 'not_found' },
  ]);
  assert.deepEqual(idsOf((await get(`/memories/${memory.id}`, user)).assets), [two]);
  assert.deepEqual((await call('PUT', where, { ids: [] }, user)).expect(200).json, []);
  (await call('PUT', where, { ids: ['x'] }, user)).expectIssues('ids.0');
  // what is trashed or archived is not shown, and comes back
  (await call('DELETE', '/assets', { ids: [two] }, user)).expect(204);
  assert.deepEqual(await list(user), []);
  (await call('POST', '/trash/restore', undefined, user)).expect(200);
  assert.deepEqual(idsOf(await list(user)), [memory.id]);
});

test('a memory that is deleted at this moment takes nothing more', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
  const { user, ids } = await scene('2019-03-02T12:00:00.000Z');
  const { id } = await create(user, {});
  const answer = await server.during(`DELETE FROM memory WHERE id = '${id}'`, () => call('PUT', `/memories/${id}/assets`, { ids }, user));
  answer.expect(409, /changed or removed at this moment/);
  assert.deepEqual(await list(user), []);
});

test('who is hidden is not shown by surprise', async () => {
  const { user, ids: [one, two] } = await scene('2019-03-02T12:00:00.000Z', '2019-03-02T13:00:00.000Z');
  const memory = await create(user, { assetIds: [one, two] });
  const id = MISSING.replace('6cb3', '7cb3');
  await server.sql(`INSERT INTO person (id, owner_id, is_hidden, created_at, updated_at, update_id)
    VALUES ('${id}', '${user.id}', 1, 1, 1, 'u')`);
  await server.sql(`INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2, source_type,
    created_at, updated_at, update_id) VALUES ('${id}', '${one}', '${id}', 9, 9, 1, 1, 2, 2, 'manual', 1, 1, 'u')`);
  assert.deepEqual(idsOf((await list(user))[0].assets), [two]);
  assert.deepEqual(idsOf((await get(`/memories/${memory.id}`, user)).assets), [one, two]);
});

test('nobody has another\'s memories', async () => {
  const { user, ids } = await scene('2019-03-02T12:00:00.000Z');
  const { id } = await create(user, { assetIds: ids });
  const bob = await server.newUser();
  const refuse = async (method, where, permission, body) =>
    (await call(method, where, body, bob)).expect(400, `Not found or no ${permission} access`);
  for (const each of [id, MISSING]) {
    await refuse('GET', `/memories/${each}`, 'memory.read');
    await refuse('PUT', `/memories/${each}`, 'memory.update', { isSaved: true });
    await refuse('DELETE', `/memories/${each}`, 'memory.delete');
    await refuse('PUT', `/memories/${each}/assets`, 'memoryAsset.create', { ids });
    await refuse('DELETE', `/memories/${each}/assets`, 'memoryAsset.delete', { ids });
  }
  assert.deepEqual([await list(bob), await total(bob)], [[], 0]);
  const key = await server.newKey(user, 'memory.read');
  (await call('GET', '/memories/statistics', undefined, key)).expect(403);
  assert.equal((await list(key)).length, 1);
});

test('the night makes memories of this day, and forgets them', async () => {
  const now = new Date();
  const years = now.getUTCMonth() === 1 && now.getUTCDate() === 29 ? 4 : 3;
  const day = new Date(Date.UTC(now.getUTCFullYear() - years, now.getUTCMonth(), now.getUTCDate(), 12));
  const { user, ids: [one] } = await scene(day.toISOString(), '2001-01-01T01:01:01.000Z');
  await server.sql(`DELETE FROM system_metadata WHERE key = 'memories-state'`);
  await runJob('memory-create');
  await runJob('memory-create');
  const today = now.toISOString().slice(0, 10);
  const [memory, ...others] = await list(user, `?for=${today}`);
  assert.deepEqual(others, []);
  assert.deepEqual([memory.data, idsOf(memory.assets)], [{ year: day.getUTCFullYear() }, [one]]);
  assert.deepEqual([memory.showAt, memory.hideAt], [`${today}T00:00:00.000Z`, `${today}T23:59:59.999Z`]);
  assert.equal(memory.memoryAt, `${day.toISOString().slice(0, 10)}T00:00:00.000Z`);
  (await call('PUT', `/assets/${one}`, { visibility: 'archive' }, user)).expect(200);
  await runJob('memory-cleanup');
  assert.deepEqual(await server.sql(`SELECT count(*) FROM memory_asset WHERE memory_id = '${memory.id}'`), [['0']]);
  assert.equal(await total(user), 1, engine);
  await server.sql(`UPDATE memory SET created_at = created_at - 2678400000 WHERE id = '${memory.id}'`);
  await runJob('memory-cleanup');
  assert.equal(await total(user), 0);
});

test('of a partner whose account is deleted a memory tells nothing, until it is back', async () => {
  const { user: partner, ids: [theirs] } = await scene('2019-03-02T12:00:00.000Z');
  const { user, ids: [own] } = await scene('2019-03-02T08:00:00.000Z');
  const admin = await server.signUp();
  (await call('POST', '/partners', { sharedWithId: user.id }, partner)).expect(201);
  const both = await create(user, { assetIds: [own, theirs] }), only = await create(user, { assetIds: [theirs] });
  assert.deepEqual(idsOf(both.assets), [own, theirs]);
  (await call('DELETE', `/admin/users/${partner.id}`, {}, admin)).expect(200);
  assert.deepEqual(idsOf((await get(`/memories/${both.id}`, user)).assets), [own]);
  assert.deepEqual(idsOf(await list(user)), [both.id]);
  (await call('POST', `/admin/users/${partner.id}/restore`, undefined, admin)).expect(200);
  assert.deepEqual(idsOf((await get(`/memories/${both.id}`, user)).assets), [own, theirs]);
  assert.deepEqual(idsOf(await list(user)).sort(), [both.id, only.id].sort());
});

test('a partner who shares no more takes their photos out of memories and links', async () => {
  const [sharer, receiver] = [await server.newUser(), await server.newUser()];
  const id = (await server.upload(png(20, 10), 'a.png', {}, { as: sharer })).expect(201).json.id;
  await server.waitForJobs();
  const as = (user, method, where, body) => server.request(method, where, { as: user, body });
  (await as(sharer, 'POST', '/partners', { sharedWithId: receiver.id })).expect(201);
  const memory = (await as(receiver, 'POST', '/memories', { type: 'on_this_day', data: { year: 2020 }, memoryAt: '2020-01-01T00:00:00.000Z', assetIds: [id] })).expect(201).json;
  assert.equal(memory.assets.length, 1);
  const link = (await as(receiver, 'POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [id] })).expect(201).json;
  const look = () => server.request('GET', `/assets/${id}/original?key=${link.key}`, { as: undefined });
  (await look()).expect(200);
  (await as(sharer, 'DELETE', `/partners/${receiver.id}`)).expect(204);
  assert.deepEqual((await as(receiver, 'GET', `/memories/${memory.id}`)).expect(200).json.assets, []);
  (await look()).expect(400);
});
