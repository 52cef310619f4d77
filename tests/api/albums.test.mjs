// Albums: what is in them, who sees and changes them, and comments and likes.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { server } from './harness.mjs';
import { png } from './pictures.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
let alice, bob, carol, eve;
let seed = 0;
const ids = {};

const call = (method, where, body, as = alice) => server.request(method, where, { as, body });
const get = async (id, as) => (await call('GET', `/albums/${id}`, undefined, as)).expect(200).json;
const list = async (query = '', as) => (await call('GET', `/albums${query}`, undefined, as)).expect(200).json.map((each) => each.albumName);
const create = async (albumName, fields = {}, as) => (await call('POST', '/albums', { albumName, ...fields }, as)).expect(201).json;
const remove = async (album, as) => (await call('DELETE', `/albums/${album.id}`, undefined, as)).expect(204);
const add = async (id, assets, as) => (await call('PUT', `/albums/${id}/assets`, { ids: assets }, as)).expect(200).json.map((each) => each.error ?? each.success);
const take = async (id, assets, as) => (await call('DELETE', `/albums/${id}/assets`, { ids: assets }, as)).expect(200).json.map((each) => each.error ?? each.success);
const counts = async (query, as) =>
  Object.fromEntries((await call('GET', `/timeline/buckets?${query}`, undefined, as)).expect(200).json.map((month) => [month.timeBucket, month.count]));
const shared = (user, role) => ({ albumUsers: [{ userId: user.id, role }] });

async function put(name, fileCreatedAt, as = alice, fields = {}) {
  const reply = await server.upload(png(8, 6, ++seed), name, { fileCreatedAt, fileModifiedAt: fileCreatedAt, ...fields }, { as });
  return reply.expect(201).json.id;
}

before(async () => {
  alice = await server.signUp();
  bob = await server.newUser({ name: 'Bob' });
  carol = await server.newUser({ name: 'Carol' });
  eve = await server.newUser({ name: 'Eve' });
  ids.march = await put('a.png', '2024-03-05T10:00:00.000Z');
  ids.april = await put('b.png', '2024-04-06T11:00:00.000Z');
  ids.archived = await put('c.png', '2024-05-07T12:00:00.000Z', alice, { visibility: 'archive' });
  ids.old = await put('d.png', '1955-07-01T12:00:00.500Z');
  ids.bob = await put('e.png', '2020-02-02T02:02:02.000Z', bob);
  ids.eve = await put('f.png', '2021-01-01T01:01:01.000Z', eve);
  await server.waitForJobs();
});

describe('an album', () => {
  test('is what it was made of', async () => {
    const made = await create('Trip', { description: 'd', assetIds: [ids.april, ids.march, ids.archived, ids.eve, MISSING, ids.april], ...shared(bob, 'editor') });
    assert.deepEqual([made.albumName, made.description, made.assetCount, made.shared, made.hasSharedLink], ['Trip', 'd', 3, true, false]);
    assert.deepEqual([made.albumThumbnailAssetId, made.isActivityEnabled, made.order], [ids.april, true, 'desc']);
    assert.deepEqual(made.albumUsers.map(({ user, role }) => [user.id, role]), [[alice.id, 'owner'], [bob.id, 'editor']]);
    assert.deepEqual([made.startDate, made.endDate], ['2024-03-05T00:00:00.000Z', '2024-05-07T00:00:00.000Z']);
    const read = await get(made.id, bob);
    assert.deepEqual(read.contributorCounts, [{ userId: alice.id, assetCount: 3 }]);
    const { updatedAt } = (await call('GET', `/assets/${ids.archived}`)).json;
    assert.ok(Date.parse(read.lastModifiedAssetTimestamp) >= Date.parse(updatedAt));
    await remove(made);
    (await call('GET', `/albums/${made.id}`)).expect(400, 'Not found or no album.read access');
  });

  test('may be empty', async () => {
    const made = await create('Empty');
    assert.deepEqual([made.assetCount, made.albumThumbnailAssetId, made.shared, made.startDate], [0, null, false, undefined]);
    assert.equal((await get(made.id)).contributorCounts, undefined);
    assert.deepEqual(await counts(`albumId=${made.id}`), {});
    await remove(made);
  });

  test('has the order that its owner prefers', async () => {
    (await call('PUT', '/users/me/preferences', { albums: { defaultAssetOrder: 'asc' } }, eve)).expect(200);
    const made = await create('Ascending', {}, eve);
    assert.equal(made.order, 'asc');
    await remove(made, eve);
  });

  test('is refused with members who cannot be', async () => {
    const body = (userId, role) => ({ albumName: 'x', albumUsers: [{ userId, role }] });
    (await call('POST', '/albums', body(MISSING, 'viewer'))).expect(400, 'Invalid user');
    (await call('POST', '/albums', body(bob.id, 'owner'))).expect(400, 'Cannot add another owner');
    (await call('POST', '/albums', { albumName: 5, assetIds: ['x'] })).expectIssues('albumName', 'assetIds.0');
    const made = (await call('POST', '/albums', body(alice.id, 'viewer'))).expect(201).json;
    assert.deepEqual(made.albumUsers.map(({ role }) => role), ['owner']);
    await remove(made);
    assert.deepEqual(await list(), []);
  });

  test('is changed', async () => {
    const { id, updatedAt } = await create('Before', { assetIds: [ids.march], ...shared(bob, 'editor') });
    const changed = (await call('PATCH', `/albums/${id}`, { albumName: 'After', order: 'asc', isActivityEnabled: false, description: 'x' })).expect(200).json;
    assert.deepEqual([changed.albumName, changed.order, changed.isActivityEnabled, changed.description], ['After', 'asc', false, 'x']);
    assert.equal((await call('PATCH', `/albums/${id}`, { description: null }, bob)).expect(200).json.description, '');
    const same = (await call('PATCH', `/albums/${id}`, {})).expect(200).json;
    assert.equal(same.albumName, 'After');
    assert.ok(same.updatedAt > updatedAt);
    (await call('PATCH', `/albums/${id}`, { albumThumbnailAssetId: ids.april, albumName: 'No' })).expect(400, 'Invalid album thumbnail');
    assert.equal((await get(id)).albumName, 'After');
    await add(id, [ids.april]);
    assert.equal((await call('PATCH', `/albums/${id}`, { albumThumbnailAssetId: ids.april })).expect(200).json.albumThumbnailAssetId, ids.april);
    await remove({ id });
  });
});

describe('assets', () => {
  test('come and go one by one', async () => {
    const { id } = await create('Assets', shared(bob, 'editor'));
    const socket = await server.events({ authorization: `Bearer ${bob.token}` });
    await socket.next('on_server_version'); // it is in its room now
    assert.deepEqual(await add(id, [ids.march, ids.march, ids.eve, MISSING, ids.archived]), [true, 'duplicate', 'no_permission', 'no_permission', true]);
    assert.deepEqual(await socket.next('on_album_update'), [id]);
    socket.close();
    assert.deepEqual(await add(id, [ids.bob, ids.april], bob), [true, 'no_permission']);
    assert.deepEqual(await add(id, []), []);
    let album = await get(id);
    assert.deepEqual([album.assetCount, album.albumThumbnailAssetId], [3, ids.march]);
    assert.deepEqual(album.contributorCounts, [{ userId: alice.id, assetCount: 2 }, { userId: bob.id, assetCount: 1 }]);
    assert.deepEqual(await counts(`albumId=${id}`, bob), { '2024-05-01': 1, '2024-03-01': 1, '2020-02-01': 1 });
    assert.deepEqual(await take(id, [ids.march, ids.bob, ids.april], bob), ['no_permission', true, 'not_found']);
    assert.deepEqual(await take(id, [ids.march, ids.march]), [true, 'not_found']);
    album = await get(id);
    assert.deepEqual([album.assetCount, album.albumThumbnailAssetId, album.startDate], [1, ids.archived, '2024-05-07T00:00:00.000Z']);
    assert.deepEqual(await add(id, [ids.bob], bob), [true]);
    assert.deepEqual(await take(id, [ids.bob]), [true], 'the owner removes what is of others');
    (await call('PUT', `/albums/${MISSING}/assets`, { ids: [ids.march] })).expect(400, 'Album not found');
    (await call('PUT', `/albums/${id}/assets`, { ids: [ids.eve] }, eve)).expect(400, 'Not found or no albumAsset.create access');
    await remove({ id });
  });

  test('are added to many albums at once', async () => {
    const one = await create('One');
    const two = await create('Two');
    const his = await create('His', {}, eve);
    const put = async (albumIds, assetIds) => (await call('PUT', '/albums/assets', { albumIds, assetIds })).expect(200).json;
    assert.deepEqual(await put([one.id, two.id, his.id, MISSING], [ids.march, ids.eve]), { success: true });
    assert.deepEqual(await put([one.id, two.id], [ids.march]), { success: false, error: 'duplicate' });
    assert.deepEqual(await put([one.id, two.id], [ids.march, ids.april]), { success: true });
    assert.deepEqual(await put([his.id], [ids.march]), { success: false, error: 'no_permission' });
    assert.deepEqual(await put([one.id], [ids.eve]), { success: false, error: 'no_permission' });
    assert.deepEqual(await put([], []), { success: false, error: 'no_permission' });
    assert.deepEqual([(await get(one.id)).assetCount, (await get(two.id)).assetCount, (await get(his.id, eve)).assetCount], [2, 2, 0]);
    for (const each of [one, two]) await remove(each);
    await remove(his, eve);
  });

  test('in the trash are not shown, and come back', async () => {
    const { id } = await create('Trash', { assetIds: [ids.april, ids.march], ...shared(bob, 'viewer') });
    (await call('DELETE', '/assets', { ids: [ids.april] })).expect(204);
    let album = await get(id, bob);
    assert.deepEqual([album.assetCount, album.albumThumbnailAssetId, album.endDate], [1, ids.march, '2024-03-05T00:00:00.000Z']);
    assert.deepEqual(await counts(`albumId=${id}`, bob), { '2024-03-01': 1 });
    (await call('GET', `/timeline/buckets?albumId=${id}&isTrashed=true`, undefined, bob)).expect(200);
    assert.deepEqual(await counts(`albumId=${id}&isTrashed=true`, bob), {});
    assert.deepEqual(await counts(`albumId=${id}&isTrashed=true`), { '2024-04-01': 1 });
    assert.deepEqual(await list(`?assetId=${ids.april}`), []);
    (await call('POST', '/trash/restore/assets', { ids: [ids.april] })).expect(200);
    album = await get(id, bob);
    assert.deepEqual([album.assetCount, album.endDate], [2, '2024-04-06T00:00:00.000Z']);
    await remove({ id });
  });

  test('that are locked leave every album for good', async () => {
    const id = await put('locked.png', '2019-09-09T09:09:09.000Z');
    const made = await create('Locked', { assetIds: [id, ids.march], ...shared(bob, 'editor') });
    assert.equal(made.albumThumbnailAssetId, id);
    (await call('POST', '/activities', { albumId: made.id, assetId: id, type: 'like' }, bob)).expect(201);
    await server.waitForJobs();
    (await call('PUT', `/assets/${id}`, { visibility: 'locked' })).expect(200);
    const album = await get(made.id, bob);
    assert.deepEqual([album.assetCount, album.albumThumbnailAssetId], [1, ids.march]);
    assert.deepEqual((await call('GET', `/activities?albumId=${made.id}`)).expect(200).json, []);
    (await call('GET', `/assets/${id}`, undefined, bob)).expect(400);
    assert.deepEqual(await add(made.id, [id]), ['no_permission']);
    assert.deepEqual(await server.sql(`SELECT album_id FROM album_asset WHERE asset_id = '${id}'`), []);
    (await call('POST', '/auth/pin-code', { pinCode: '123456' })).expect(204);
    (await call('POST', '/auth/session/unlock', { pinCode: '123456' })).expect(204);
    assert.deepEqual(await add(made.id, [id]), ['no_permission']);
    assert.deepEqual(await counts(`albumId=${made.id}&visibility=locked`), {});
    (await call('PUT', '/assets', { ids: [id], visibility: 'timeline' })).expect(204);
    (await call('POST', '/auth/session/lock')).expect(204);
    assert.equal((await get(made.id)).assetCount, 1);
    await server.waitForJobs();
    (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
    await remove(made);
  });

  test('that are removed for good give the cover to another', async () => {
    const id = await put('gone.png', '2019-09-09T09:09:09.000Z');
    const made = await create('Gone', { assetIds: [id, ids.march] });
    (await call('DELETE', '/assets', { ids: [id], force: true })).expect(204);
    await server.waitForJobs();
    assert.deepEqual(await server.sql(`SELECT thumbnail_asset_id FROM album WHERE id = '${made.id}'`), [[ids.march]]);
    assert.equal((await get(made.id)).assetCount, 1);
    await remove(made);
  });

  test('with a position are markers', async () => {
    (await call('PUT', `/assets/${ids.old}`, { latitude: 52.5, longitude: 13.25 })).expect(200);
    const made = await create('Map', { assetIds: [ids.old, ids.march], ...shared(bob, 'viewer') });
    const markers = (await call('GET', `/albums/${made.id}/map-markers`, undefined, bob)).expect(200).json;
    assert.deepEqual(markers.map(({ id, lat, lon }) => [id, lat, lon]), [[ids.old, 52.5, 13.25]]);
    (await call('GET', `/albums/${made.id}/map-markers`, undefined, eve)).expect(400, 'Not found or no album.read access');
    await server.waitForJobs();
    await remove(made);
  });
});

describe('the list', () => {
  test('is filtered', async () => {
    const own = await create('Own', { assetIds: [ids.march] });
    const both = await create('Both', shared(bob, 'viewer'));
    const linked = await create('Linked');
    const his = await create('His', { assetIds: [ids.bob], ...shared(alice, 'editor') }, bob);
    await server.sql(`INSERT INTO shared_link (id, owner_id, type, album_id, key, created_at) VALUES ('l1', '${alice.id}', 'ALBUM', '${linked.id}', 'key-of-l1', 0)`);
    assert.deepEqual(await list(), ['His', 'Linked', 'Both', 'Own']);
    assert.deepEqual(await list('?isOwned=true'), ['Linked', 'Both', 'Own']);
    assert.deepEqual(await list('?isOwned=false'), ['His']);
    assert.deepEqual(await list('?isShared=true'), ['His', 'Linked', 'Both']);
    assert.deepEqual(await list('?isShared=false'), ['Own']);
    assert.deepEqual(await list('?shared=true'), ['His', 'Linked', 'Both']);
    assert.deepEqual(await list('?isOwned=true&isShared=true'), ['Linked', 'Both']);
    assert.deepEqual(await list('?name=Both'), ['Both']);
    assert.deepEqual(await list('?name=both'), []);
    assert.deepEqual(await list(`?id=${own.id}`), ['Own']);
    assert.deepEqual(await list(`?id=${own.id}`, bob), []);
    assert.deepEqual(await list(`?assetId=${ids.march}`), ['Own']);
    assert.deepEqual(await list(`?assetId=${ids.march}`, bob), []);
    assert.deepEqual(await list(`?assetId=${ids.bob}&isOwned=true`), ['His']);
    assert.deepEqual((await call('GET', '/albums/statistics')).expect(200).json, { owned: 3, shared: 3, notShared: 1 });
    assert.deepEqual((await call('GET', '/albums/statistics', undefined, eve)).expect(200).json, { owned: 0, shared: 0, notShared: 0 });
    assert.deepEqual([(await get(linked.id)).shared, (await get(linked.id)).hasSharedLink], [true, true]);
    for (const each of [own, both, linked]) await remove(each);
    await remove(his, bob);
  });

  test('has the counts and dates of each album', async () => {
    const made = await create('Counted', { assetIds: [ids.march, ids.archived, ids.old] });
    const [album] = (await call('GET', '/albums?name=Counted')).expect(200).json;
    assert.deepEqual([album.assetCount, album.startDate, album.endDate], [3, '1955-07-01T00:00:00.000Z', '2024-05-07T00:00:00.000Z']);
    (await call('PUT', `/assets/${ids.old}`, { dateTimeOriginal: '1956-08-02T10:00:00.000Z' })).expect(200);
    assert.equal((await get(made.id)).startDate, '1956-08-02T00:00:00.000Z');
    await server.waitForJobs();
    await remove(made);
  });
});

describe('roles', () => {
  let id;
  before(async () => {
    const albumUsers = [{ userId: bob.id, role: 'editor' }, { userId: carol.id, role: 'viewer' }];
    ({ id } = await create('Roles', { assetIds: [ids.march, ids.archived], albumUsers }));
  });

  test('let members read, and nobody else', async () => {
    for (const user of [alice, bob, carol]) {
      assert.equal((await get(id, user)).assetCount, 2);
      assert.deepEqual(await counts(`albumId=${id}`, user), { '2024-05-01': 1, '2024-03-01': 1 });
      (await call('GET', `/assets/${ids.archived}`, undefined, user)).expect(200);
      (await call('GET', `/assets/${ids.march}/thumbnail`, undefined, user)).expect(200);
    }
    (await call('GET', `/albums/${id}`, undefined, eve)).expect(400, 'Not found or no album.read access');
    (await call('GET', `/timeline/buckets?albumId=${id}`, undefined, eve)).expect(400, 'Not found or no album.read access');
    (await call('GET', `/timeline/bucket?timeBucket=2024-03-01&albumId=${id}`, undefined, eve)).expect(400, 'Not found or no album.read access');
    (await call('GET', `/activities?albumId=${id}`, undefined, eve)).expect(400, 'Not found or no album.read access');
    (await call('GET', `/assets/${ids.march}`, undefined, eve)).expect(400);
    assert.deepEqual(await list('', eve), []);
  });

  test('do not tell favourites, nor narrow to strangers', async () => {
    (await call('PUT', `/assets/${ids.march}`, { isFavorite: true })).expect(200);
    const bucket = async (as) => (await call('GET', `/timeline/bucket?timeBucket=2024-03-01&albumId=${id}`, undefined, as)).expect(200).json;
    assert.deepEqual((await bucket(alice)).isFavorite, [true]);
    assert.deepEqual((await bucket(carol)).isFavorite, [false]);
    assert.deepEqual(await counts(`albumId=${id}&userId=${carol.id}`, carol), {});
    (await call('GET', `/timeline/buckets?albumId=${id}&userId=${alice.id}`, undefined, carol)).expect(400, 'Not found or no timeline.read access');
  });

  test('let editors change and viewers look', async () => {
    const tries = [
      ['PATCH', '', { albumName: 'Roles' }, 'album.update', 200],
      ['PUT', '/assets', { ids: [] }, 'albumAsset.create', 200],
      ['DELETE', '/assets', { ids: [] }, 'albumAsset.delete', 200],
      ['PUT', '/users', { albumUsers: [{ userId: carol.id }] }, 'album.share', 200],
      ['PUT', `/user/${carol.id}`, { role: 'viewer' }, 'album.share', 204],
    ];
    for (const [method, where, body, permission, status] of tries) {
      (await call(method, `/albums/${id}${where}`, body, bob)).expect(status);
      for (const user of [carol, eve]) (await call(method, `/albums/${id}${where}`, body, user)).expect(400, `Not found or no ${permission} access`);
    }
    for (const user of [bob, carol, eve]) (await call('DELETE', `/albums/${id}`, undefined, user)).expect(400, 'Not found or no album.delete access');
  });

  test('of API keys are those of their user, as far as the key goes', async () => {
    const reads = await server.newKey(carol, 'album.read');
    assert.equal((await get(id, reads)).id, id);
    (await call('POST', '/albums', { albumName: 'x' }, reads)).expect(403, 'Missing required permission: album.create');
    (await call('PATCH', `/albums/${id}`, { albumName: 'x' }, await server.newKey(carol, 'all'))).expect(400, 'Not found or no album.update access');
  });

  test('are given, changed and taken', async () => {
    const user = (who) => `/albums/${id}/user/${who}`;
    const added = (await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: eve.id, role: 'viewer' }, { userId: bob.id, role: 'viewer' }] })).expect(200).json;
    assert.deepEqual(added.albumUsers.map((each) => [each.user.id, each.role]), [[alice.id, 'owner'], [bob.id, 'editor'], [carol.id, 'viewer'], [eve.id, 'viewer']]);
    assert.deepEqual((await get(id, eve)).albumUsers.map((each) => each.user.id), [alice.id, bob.id, eve.id, carol.id], 'oneself first');
    (await call('PUT', user(eve.id), { role: 'editor' })).expect(204);
    (await call('PUT', user('me'), { role: 'viewer' }, eve)).expect(204);
    (await call('PUT', user(eve.id.toUpperCase()), { role: 'owner' })).expect(400, 'Cannot add another owner');
    (await call('PUT', user(alice.id), { role: 'viewer' }, bob)).expect(400, 'User is owner');
    (await call('PUT', user(MISSING), { role: 'viewer' })).expect(400, 'Album not shared with user');
    (await call('PUT', user('nobody'), { role: 'viewer' })).expectIssues('userId');
    (await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: MISSING }] })).expect(400, 'Invalid user');
    (await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: eve.id, role: 'owner' }] })).expect(400, 'Cannot add another owner');
    (await call('PUT', `/albums/${id}/users`, { albumUsers: [] })).expectIssues('albumUsers');
    (await call('DELETE', `/albums/${MISSING}/user/me`)).expect(400, 'Album not found');
    (await call('DELETE', user(MISSING))).expect(400, 'Album not shared with user');
    (await call('DELETE', user('me'))).expect(400, 'Cannot remove the last album owner');
    (await call('DELETE', user(carol.id), undefined, eve)).expect(400, 'Not found or no album.share access');
    (await call('DELETE', user('me'), undefined, eve)).expect(204);
    (await call('GET', `/albums/${id}`, undefined, eve)).expect(400, 'Not found or no album.read access');
    (await call('DELETE', user(carol.id), undefined, bob)).expect(204);
    assert.deepEqual((await get(id)).albumUsers.map((each) => each.user.id), [alice.id, bob.id]);
  });

  test('of deleted users end, and their albums are gone until they are back', async () => {
    const dora = await server.newUser({ name: 'Dora' });
    const theirs = await create('Theirs', shared(bob, 'viewer'), dora);
    (await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: dora.id }] })).expect(200);
    (await call('DELETE', `/admin/users/${dora.id}`, {})).expect(200);
    assert.deepEqual((await get(id)).albumUsers.map((each) => each.user.id), [alice.id, bob.id]);
    (await call('GET', `/albums/${theirs.id}`, undefined, bob)).expect(400, 'Not found or no album.read access');
    assert.deepEqual(await list('?isOwned=false', bob), ['Roles']);
    (await call('POST', '/albums', { albumName: 'x', ...shared(dora, 'viewer') })).expect(400, 'Invalid user');
    (await call('POST', `/admin/users/${dora.id}/restore`)).expect(200);
    assert.equal((await get(theirs.id, bob)).albumName, 'Theirs');
    (await call('DELETE', `/admin/users/${dora.id}`, { force: true })).expect(200);
    await server.waitForJobs();
    assert.deepEqual(await server.sql(`SELECT id FROM album WHERE id = '${theirs.id}'`), []);
  });
});

describe('activities', () => {
  let id, other;
  const post = (body, as) => call('POST', '/activities', { albumId: id, ...body }, as);
  const read = async (query = '', as) => (await call('GET', `/activities?albumId=${id}${query}`, undefined, as)).expect(200).json;
  before(async () => {
    ({ id } = await create('Talk', { assetIds: [ids.march, ids.april], ...shared(carol, 'viewer') }));
    other = await create('Other', shared(carol, 'viewer'));
  });

  test('are written by every member', async () => {
    const comment = (await post({ type: 'comment', comment: 'nice' }, carol)).expect(201).json;
    assert.deepEqual([comment.comment, comment.type, comment.assetId, comment.user.id], ['nice', 'comment', null, carol.id]);
    const like = (await post({ type: 'like', assetId: ids.march }, carol)).expect(201).json;
    assert.deepEqual([like.comment, like.type, like.assetId], [null, 'like', ids.march]);
    assert.deepEqual((await post({ type: 'like', assetId: ids.march }, carol)).expect(200).json, like);
    (await post({ type: 'like' }, carol)).expect(201);
    (await post({ type: 'like' })).expect(201);
    assert.deepEqual((await read()).map((each) => [each.type, each.assetId]), [['comment', null], ['like', ids.march], ['like', null], ['like', null]]);
    assert.equal((await read('&level=album')).length, 3);
    assert.equal((await read('&level=asset')).length, 4);
    assert.equal((await read('&type=like', carol)).length, 3);
    assert.deepEqual((await read(`&userId=${alice.id}`)).map((each) => each.user.id), [alice.id]);
    assert.deepEqual((await read(`&assetId=${ids.march}`)).map((each) => each.id), [like.id]);
    const statistics = async (query) => (await call('GET', `/activities/statistics?albumId=${id}${query}`)).expect(200).json;
    assert.deepEqual(await statistics(''), { comments: 1, likes: 3 });
    assert.deepEqual(await statistics(`&assetId=${ids.march}`), { comments: 0, likes: 1 });
  });

  test('are checked', async () => {
    const message = async (body) => (await post(body)).expectIssues('comment').json.errors[0].message;
    assert.equal(await message({ type: 'comment' }), 'Comment is required when type is COMMENT');
    assert.equal(await message({ type: 'like', comment: 'x' }), 'Comment must not be provided when type is not COMMENT');
    (await post({ type: 'like', assetId: ids.archived })).expect(400, 'Asset is not in the album');
    (await post({ type: 'like' }, eve)).expect(400, 'Not found or no activity.create access');
    (await call('GET', `/activities/statistics?albumId=${id}`, undefined, eve)).expect(400, 'Not found or no album.read access');
    (await call('GET', '/activities')).expectIssues('albumId');
  });

  test('need the album to allow them', async () => {
    (await call('PATCH', `/albums/${id}`, { isActivityEnabled: false })).expect(200);
    (await post({ type: 'comment', comment: 'x' })).expect(400, 'Not found or no activity.create access');
    (await call('PATCH', `/albums/${id}`, { isActivityEnabled: true })).expect(200);
  });

  test('are deleted by who wrote them and by the owner of the album', async () => {
    const write = async (as) => (await post({ type: 'comment', comment: 'x' }, as)).expect(201).json.id;
    const drop = (activity, as) => call('DELETE', `/activities/${activity}`, undefined, as);
    const [first, second] = [await write(carol), await write(alice)];
    for (const user of [bob, eve]) (await drop(first, user)).expect(400, 'Not found or no activity.delete access');
    (await drop(second, carol)).expect(400, 'Not found or no activity.delete access');
    (await drop(first, alice)).expect(204);
    (await drop(first, alice)).expect(400, 'Not found or no activity.delete access');
    (await drop(second, alice)).expect(204);
  });

  test('go with their asset', async () => {
    (await post({ type: 'comment', comment: 'april', assetId: ids.april })).expect(201);
    (await call('DELETE', '/assets', { ids: [ids.april] })).expect(204);
    assert.deepEqual(await read(`&assetId=${ids.april}`), []);
    (await post({ type: 'like', assetId: ids.april })).expect(400, 'Asset is not in the album');
    (await call('POST', '/trash/restore/assets', { ids: [ids.april] })).expect(200);
    assert.equal((await read(`&assetId=${ids.april}`)).length, 1);
    assert.deepEqual(await take(id, [ids.april]), [true]);
    assert.deepEqual(await read(`&assetId=${ids.april}`), []);
    assert.deepEqual((await call('GET', `/activities?albumId=${other.id}`)).expect(200).json, []);
  });
});
