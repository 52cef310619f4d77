// Links: who makes them, what they open and what they never do, and what a messenger is told.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { exampleText, fillPath } from '../../tools/missing_operations.mjs';
import { Contract } from './contract.mjs';
import { png } from './fixtures.mjs';
import { server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const WRONG_KEY = 'A'.repeat(67);
const COOKIE = 'immich_shared_link_token';
const call = (method, where, body, as, headers) => server.request(method, where, { as, body, headers });
/** As who has nothing but the link. */
const visit = (link, method, where, body, headers) =>
  call(method, where, body, undefined, { 'x-immich-share-key': link.key, ...headers });
const me = (link, headers) => visit(link, 'GET', '/shared-links/me', undefined, headers);
const upload = async (as, fields) =>
  (await server.upload(png(30, 20), 'Holiday.png', fields, { as })).expect(201).json.id;

let owner;
let other;
let contract;

before(async () => {
  owner = await server.newUser({ name: 'Owner' });
  other = await server.newUser();
  contract = await Contract.of(server.base);
});

/** An album with these assets, whose first is its cover. */
const newAlbum = async (user, albumName, assetIds) =>
  (await call('POST', '/albums', { albumName, assetIds }, user)).expect(201).json.id;

const albumOf = async (id) => (await server.sql(`SELECT asset_id FROM album_asset WHERE album_id = '${id}'`)).flat();

async function newLink(fields, as = owner) {
  const type = fields.albumId ? 'ALBUM' : 'INDIVIDUAL';
  return (await call('POST', '/shared-links', { type, ...fields }, as)).expect(201).json;
}

async function logIn(link, password, headers) {
  const reply = (await visit(link, 'POST', '/shared-links/login', { password }, headers)).expect(201);
  const [cookie] = reply.cookies;
  return { reply, cookie, headers: { cookie: cookie.split(';')[0] } };
}

// ---- making and changing them ----

test('a link is made, listed, read, changed and removed by its owner', async () => {
  const [one, two] = [await upload(owner), await upload(owner)];
  await server.waitForJobs(); // what a link shows of an asset is compared below
  const link = await newLink({ assetIds: [two, one], description: '', password: 'secret', expiresAt: '2100-01-01T00:00:00.000Z' });
  assert.match(link.key, /^[A-Za-z0-9_-]{67}$/);
  assert.deepEqual([link.description, link.password, link.slug, link.expiresAt, link.userId, link.type],
    [null, 'secret', null, '2100-01-01T00:00:00.000Z', owner.id, 'INDIVIDUAL']);
  assert.deepEqual([link.allowUpload, link.allowDownload, link.showMetadata, 'album' in link], [true, true, true, false]);
  assert.deepEqual(link.assets.map((each) => each.id).sort(), [one, two].sort());
  assert.ok(link.assets.every((each) => !('exifInfo' in each)));

  const listed = (await call('GET', `/shared-links?id=${link.id}`, undefined, owner)).expect(200).json;
  assert.deepEqual(listed.map((each) => [each.id, each.assets.length, each.password]), [[link.id, 1, 'secret']]);
  const whole = (await call('GET', `/shared-links/${link.id}`, undefined, owner)).expect(200).json;
  assert.equal(whole.assets.length, 2);
  assert.ok(whole.assets.every((each) => each.exifInfo && each.people.length === 0));

  const patch = async (body) => (await call('PATCH', `/shared-links/${link.id}`, body, owner)).expect(200).json;
  const set = await patch({ slug: 'Some Slug', description: 'about', allowUpload: false, showMetadata: false, allowDownload: false });
  assert.deepEqual([set.slug, set.description, set.allowUpload, set.showMetadata, set.allowDownload, set.password],
    ['Some Slug', 'about', false, false, false, 'secret']);
  assert.deepEqual((await patch({})), set); // the slug stays
  assert.equal((await patch({ changeExpiryTime: true })).expiresAt, null);
  const cleared = await patch({ slug: '', description: null, password: '', expiresAt: null });
  assert.deepEqual([cleared.slug, cleared.description, cleared.password, cleared.expiresAt], [null, null, null, null]);

  for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']])
    for (const [id, as] of [[link.id, other], [link.id, server.admin], [MISSING, owner]])
      (await call(method, `/shared-links/${id}`, body, as)).expect(400, 'Shared link not found');
  assert.deepEqual((await call('GET', '/shared-links', undefined, other)).json, []);
  (await call('DELETE', `/shared-links/${link.id}`, undefined, owner)).expect(204);
  (await me(link)).expect(401, 'Invalid share key');
});

test('the list is newest first, with the album, without those of deleted albums', async () => {
  const user = await server.newUser();
  const id = await upload(user);
  const album = await newAlbum(user, 'Mine', [id]);
  const gone = await newAlbum(user, 'Gone', []);
  const a = await newLink({ albumId: album, assetIds: [MISSING] }, user);
  const b = await newLink({ assetIds: [id, id], expiresAt: '2001-01-01T00:00:00.000Z' }, user);
  const c = await newLink({ albumId: gone }, user);
  await server.sql(`UPDATE shared_link SET created_at = created_at + 10 WHERE id = '${b.id}'`);
  await server.sql(`UPDATE shared_link SET created_at = created_at + 20 WHERE id = '${c.id}'`);
  await server.sql(`UPDATE album SET deleted_at = 1 WHERE id = '${gone}'`);
  const list = (await call('GET', '/shared-links', undefined, user)).expect(200).json;
  assert.deepEqual(list.map((each) => each.id), [b.id, a.id]);
  assert.deepEqual([a.assets, a.type], [[], 'ALBUM']);
  const [, { album: shown }] = list;
  assert.deepEqual([shown.id, shown.albumName, shown.shared, shown.hasSharedLink], [album, 'Mine', true, true]);
  assert.deepEqual(shown.albumUsers.map((each) => [each.user.id, each.role]), [[user.id, 'owner']]); // at least one, the contract says
  assert.deepEqual((await call('GET', `/shared-links?albumId=${album}`, undefined, user)).json.map((each) => each.id), [a.id]);
  assert.deepEqual((await call('GET', `/shared-links?albumId=${MISSING}`, undefined, user)).json, []);
});

test('only what one may share becomes a link', async () => {
  const [mine, theirs, locked] = [await upload(owner), await upload(other), await upload(owner, { visibility: 'locked' })];
  const album = await newAlbum(other, 'Theirs', []);
  const post = (body) => call('POST', '/shared-links', body, owner);
  (await post({})).expectIssues('type');
  (await post({ type: 'ALBUM' })).expect(400, 'Invalid albumId');
  (await post({ type: 'INDIVIDUAL' })).expect(400, 'Invalid assetIds');
  (await post({ type: 'INDIVIDUAL', assetIds: [] })).expect(400, 'Invalid assetIds');
  for (const albumId of [album, MISSING]) (await post({ type: 'ALBUM', albumId })).expect(400, 'Not found or no album.share access');
  for (const id of [theirs, locked, MISSING])
    (await post({ type: 'INDIVIDUAL', assetIds: [mine, id] })).expect(400, 'Not found or no asset.share access');
  (await post({ type: 'INDIVIDUAL', assetIds: [mine], slug: 'x'.repeat(256) })).expectIssues('slug');
  await newLink({ assetIds: [mine], slug: 'taken' });
  (await post({ type: 'INDIVIDUAL', assetIds: [mine], slug: 'taken' })).expect(400, 'Failed to save shared link');
  const second = await newLink({ assetIds: [mine], slug: 'Taken' });
  (await call('PATCH', `/shared-links/${second.id}`, { slug: 'taken' }, owner)).expect(400, 'Failed to save shared link');
  assert.equal((await newLink({ assetIds: [mine], showMetadata: false })).allowDownload, false);
});

test('an editor makes links to an album, a viewer does not, and who leaves takes them along', async () => {
  const album = await newAlbum(owner, 'Ours', [await upload(owner)]);
  const users = [{ userId: other.id, role: 'viewer' }];
  (await call('PUT', `/albums/${album}/users`, { albumUsers: users }, owner)).expect(200);
  const setRole = async (role) => (await call('PUT', `/albums/${album}/user/${other.id}`, { role }, owner)).expect(204);
  (await call('POST', '/shared-links', { type: 'ALBUM', albumId: album }, other)).expect(400, 'Not found or no album.share access');
  await setRole('editor');
  const link = await newLink({ albumId: album }, other);
  (await me(link)).expect(200);
  await setRole('viewer');
  (await me(link)).expect(401, 'Invalid share key');
});

test('an album tells who left it nothing by a link made before, and its owner of no link', async () => {
  const editor = await server.newUser();
  const albumId = await newAlbum(owner, 'Before', [await upload(owner)]);
  (await call('PUT', `/albums/${albumId}/users`, { albumUsers: [{ userId: editor.id, role: 'editor' }] }, owner)).expect(200);
  const link = await newLink({ albumId }, editor);
  const hasLink = async () => (await call('GET', `/albums/${albumId}`, undefined, owner)).expect(200).json.hasSharedLink;
  const listed = async () => (await call('GET', '/shared-links', undefined, editor)).expect(200).json.map(({ id }) => id);
  assert.deepEqual([await hasLink(), await listed()], [true, [link.id]]);
  (await call('DELETE', `/albums/${albumId}/user/${editor.id}`, undefined, owner)).expect(204);
  assert.deepEqual([await hasLink(), await listed()], [false, []]);
  (await call('GET', `/shared-links/${link.id}`, undefined, editor)).expect(400, 'Shared link not found');
  assert.deepEqual((await call('GET', '/albums?isShared=true', undefined, owner)).expect(200).json.filter(({ id }) => id === albumId), []);
  (await call('PUT', `/albums/${albumId}/users`, { albumUsers: [{ userId: editor.id, role: 'editor' }] }, owner)).expect(200);
  assert.deepEqual([await hasLink(), await listed()], [true, [link.id]]);
});

test('a partner\'s photo is in a link as long as the partner shows it', async () => {
  const [partner, user, admin] = [await server.newUser(), await server.newUser(), await server.signUp()];
  (await call('POST', '/partners', { sharedWithId: user.id }, partner)).expect(201);
  const [theirs, own] = [await upload(partner), await upload(user)];
  await server.waitForJobs();
  const link = await newLink({ assetIds: [theirs, own] }, user);
  const shown = async () => {
    const ids = (await me(link)).expect(200).json.assets.map(({ id }) => id);
    const mine = (await call('GET', `/shared-links/${link.id}`, undefined, user)).expect(200).json.assets.map(({ id }) => id);
    assert.deepEqual(mine, ids);
    for (const id of [theirs, own]) (await visit(link, 'GET', `/assets/${id}/original`)).expect(ids.includes(id) ? 200 : 400);
    return ids.sort();
  };
  assert.deepEqual(await shown(), [theirs, own].sort());
  (await call('PUT', `/assets/${theirs}`, { visibility: 'archive' }, partner)).expect(200);
  (await call('PUT', `/assets/${own}`, { visibility: 'archive' }, user)).expect(200);
  assert.deepEqual(await shown(), [own]);
  (await call('PUT', `/assets/${theirs}`, { visibility: 'timeline' }, partner)).expect(200);
  assert.deepEqual(await shown(), [theirs, own].sort());
  (await call('DELETE', `/admin/users/${partner.id}`, {}, admin)).expect(200);
  assert.deepEqual(await shown(), [own]);
  (await call('POST', `/admin/users/${partner.id}/restore`, undefined, admin)).expect(200);
  (await call('DELETE', `/partners/${user.id}`, undefined, partner)).expect(204);
  await server.sql(`INSERT INTO shared_link_asset (link_id, asset_id) VALUES ('${link.id}', '${theirs}')`); // at that moment
  assert.deepEqual(await shown(), [own]);
});

test('assets are added and removed one by one', async () => {
  const [one, two, locked, theirs] = [await upload(owner), await upload(owner), await upload(owner, { visibility: 'locked' }), await upload(other)];
  const link = await newLink({ assetIds: [one] });
  const change = async (method, assetIds) => (await call(method, `/shared-links/${link.id}/assets`, { assetIds }, owner)).expect(200).json;
  const bad = (assetId, error) => ({ assetId, success: false, error });
  assert.deepEqual(await change('PUT', [two, one, two, locked, theirs, MISSING]), [{ assetId: two, success: true },
    bad(one, 'duplicate'), bad(two, 'duplicate'), bad(locked, 'no_permission'), bad(theirs, 'no_permission'), bad(MISSING, 'no_permission')]);
  assert.deepEqual(await change('DELETE', [one, one, MISSING]), [{ assetId: one, success: true }, bad(one, 'not_found'), bad(MISSING, 'not_found')]);
  assert.deepEqual((await me(link)).json.assets.map((each) => each.id), [two]);
  assert.deepEqual([await change('PUT', []), await change('DELETE', [])], [[], []]);
  for (const method of ['PUT', 'DELETE']) {
    (await call(method, `/shared-links/${link.id}/assets`, { assetIds: [one] }, other)).expect(400, 'Shared link not found');
    const ofAlbum = await newLink({ albumId: await newAlbum(owner, 'x', []) });
    (await call(method, `/shared-links/${ofAlbum.id}/assets`, { assetIds: [one] }, owner)).expect(400, 'Invalid shared link type');
  }
});

// ---- the link as a credential ----

test('key and slug open a link in all their forms, and nothing else does', async () => {
  const link = await newLink({ assetIds: [await upload(owner)], slug: 'sommer / süß' });
  const bytes = Buffer.from(link.key, 'base64url');
  for (const key of [link.key, `${link.key}=`, bytes.toString('base64'), bytes.toString('hex'), bytes.toString('hex').toUpperCase()])
    assert.equal((await me({ key })).expect(200).json.id, link.id);
  for (const where of [`key=${link.key}`, `slug=${encodeURIComponent(link.slug)}`, `slug=&key=${link.key}&sessionKey=wrong`])
    assert.equal((await call('GET', `/shared-links/me?${where}`)).expect(200).json.id, link.id);
  for (const key of [WRONG_KEY, 'short', `${link.key}x`, link.key.toLowerCase(), '%'])
    (await me({ key })).expect(401, 'Invalid share key');
  for (const slug of ['Sommer / süß', 'sommer', "' OR 1 = 1 --", link.key])
    (await call('GET', `/shared-links/me?slug=${encodeURIComponent(slug)}`)).expect(401, 'Invalid share slug');
  // the link counts, whoever else asks; and a wrong one is not passed over
  assert.equal((await visit(link, 'GET', '/shared-links/me', undefined, { authorization: `Bearer ${owner.token}` })).json.id, link.id);
  (await call('GET', '/users/me?key=x', undefined, owner)).expect(401, 'Invalid share key');
  for (const [method, where, body] of [['GET', '/shared-links/me'], ['POST', '/shared-links/login', { password: 'x' }]])
    (await call(method, where, body, owner)).expect(403, 'Forbidden');
});

test('an expired link, one of a deleted user and one to a deleted album open nothing', async () => {
  const user = await server.newUser();
  const album = await newAlbum(user, 'x', [await upload(user)]);
  const link = await newLink({ albumId: album }, user);
  const patch = (body) => call('PATCH', `/shared-links/${link.id}`, body, user);
  (await me(link)).expect(200);
  await patch({ expiresAt: new Date(Date.now() - 1000).toISOString() });
  (await me(link)).expect(401, 'Invalid share key');
  await patch({ expiresAt: new Date(Date.now() + 3600_000).toISOString() });
  (await me(link)).expect(200);
  (await call('DELETE', `/admin/users/${user.id}`, {}, server.admin)).expect(200);
  (await me(link)).expect(401, 'Invalid share key');
  (await call('POST', `/admin/users/${user.id}/restore`, undefined, server.admin)).expect(200);
  (await me(link)).expect(200);
  (await call('DELETE', `/albums/${album}`, undefined, user)).expect(204);
  (await me(link)).expect(401, 'Invalid share key');
});

test('a password is wanted everywhere, and its cookie opens this link only', async () => {
  const id = await upload(owner);
  await server.waitForJobs();
  const link = await newLink({ assetIds: [id], password: 'secret', slug: 'guarded' });
  const second = await newLink({ assetIds: [id], password: 'secret' });
  const doors = [['GET', '/shared-links/me'], ['GET', `/assets/${id}`], ['GET', `/assets/${id}/thumbnail`], ['GET', `/assets/${id}/original`],
    ['POST', '/download/info', { assetIds: [id] }], ['POST', '/download/archive', { assetIds: [id] }], ['GET', '/timeline/buckets']];
  for (const [method, where, body] of doors) (await visit(link, method, where, body)).expect(401, 'Password required');
  for (const query of ['&password=secret', '&token=secret']) (await call('GET', `/shared-links/me?key=${link.key}${query}`)).expect(401, 'Password required');
  const refused = await server.upload(png(5, 5), 'a.png', {}, { as: undefined, headers: { 'x-immich-share-key': link.key } });
  refused.expect(401, 'Password required');
  (await visit(link, 'POST', '/shared-links/login', { password: 'wrong' })).expect(401, 'Invalid password');

  const { reply, cookie, headers } = await logIn(link, 'secret');
  assert.match(cookie, /^immich_shared_link_token=[A-Za-z0-9%]+; Max-Age=86400; Path=\/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$/);
  assert.match(decodeURIComponent(headers.cookie.slice(COOKIE.length + 1)), /^[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual([reply.json.id, reply.json.password], [link.id, '********']);
  assert.equal((await me(link, headers)).expect(200).json.password, '********');
  assert.equal((await call('GET', '/shared-links/me?slug=guarded', undefined, undefined, headers)).expect(200).json.id, link.id);
  for (const [method, where, body] of doors.slice(0, 6)) assert.ok((await visit(link, method, where, body, headers)).status < 300, where);
  (await me(second, headers)).expect(401, 'Password required');
  const both = (await logIn(second, 'secret', headers)).headers;
  (await me(link, both)).expect(200);
  (await me(second, both)).expect(200);

  const patch = (body) => call('PATCH', `/shared-links/${link.id}`, body, owner);
  await patch({ password: 'secret', description: 'the same password' });
  (await me(link, headers)).expect(200);
  await patch({ password: 'other' });
  (await me(link, headers)).expect(401, 'Password required');
  await patch({ password: 'secret' });
  (await me(link, headers)).expect(401, 'Password required');
  await patch({ password: null });
  (await me(link)).expect(200);
  (await visit(link, 'POST', '/shared-links/login', { password: 'x' })).expect(400, 'Shared link is not password protected');
});

test('a password is not guessed', async () => {
  const link = await newLink({ assetIds: [await upload(owner)], password: 'secret' });
  const guess = (password) => visit(link, 'POST', '/shared-links/login', { password });
  for (let i = 0; i < 9; i++) (await guess(`wrong ${i}`)).expect(401, 'Invalid password');
  (await guess('secret')).expect(201); // what was right is no guess
  for (let i = 0; i < 10; i++) (await guess(`wrong ${i}`)).expect(401, 'Invalid password');
  const reply = (await guess('secret')).expect(429);
  assert.ok(Number(reply.headers.get('retry-after')) > 0);
});

// ---- what it reaches ----

test('visitors see no owner, no people and no favourites; without metadata they see next to nothing', async () => {
  const [id, trashed] = [await upload(owner, { isFavorite: true }), await upload(owner)];
  const link = await newLink({ assetIds: [id, trashed] });
  (await call('DELETE', '/assets', { ids: [trashed] }, owner)).expect(204);
  const asset = (await visit(link, 'GET', `/assets/${id}`)).expect(200).json;
  assert.deepEqual([asset.owner, asset.people, asset.isFavorite, asset.originalFileName], [undefined, [], false, 'Holiday.png']);
  assert.ok(asset.exifInfo);
  const shown = (await me(link)).json.assets;
  assert.deepEqual(shown.map((each) => [each.id, each.isFavorite, each.owner]), [[id, false, undefined]]);
  assert.equal((await call('PATCH', `/shared-links/${link.id}`, { showMetadata: false }, owner)).expect(200).json.assets.length, 2);
  const keys = ['duration', 'hasMetadata', 'height', 'id', 'livePhotoVideoId', 'localDateTime', 'originalMimeType', 'thumbhash', 'type', 'width'];
  for (const stripped of [(await visit(link, 'GET', `/assets/${id}`)).expect(200).json, (await me(link)).json.assets[0]]) {
    assert.deepEqual(Object.keys(stripped).sort(), keys);
    assert.equal(stripped.hasMetadata, false);
  }
  assert.ok('exifInfo' in (await call('GET', `/shared-links/${link.id}`, undefined, owner)).json.assets[0]);
  await server.waitForJobs();
  const name = (await visit(link, 'GET', `/assets/${id}/thumbnail`)).expect(200).headers.get('content-disposition');
  assert.ok(name.includes(id) && !name.includes('Holiday'), name);
});

test('a link that hides metadata has no search that tells it', async () => {
  const user = await server.newUser();
  const ids = [await upload(user, { isFavorite: true }), await upload(user)];
  await server.waitForJobs();
  (await call('PUT', `/assets/${ids[0]}`, { description: 'secret words', rating: 3 }, user)).expect(200);
  const albumId = await newAlbum(user, 'Hidden', ids);
  const link = await newLink({ albumId, showMetadata: false }, user);
  const search = (body, by = link) => visit(by, 'POST', '/search/metadata', body);
  const albums = { any: [albumId] };
  const shown = [
    { albumIds: [albumId], type: 'IMAGE', page: 1, size: 10, order: 'asc', withExif: true, withPeople: true },
    { filter: { albumIds: albums, type: { eq: 'IMAGE' } }, withExif: true, orderBy: { field: 'localDateTime', direction: 'asc' } },
    { filter: { or: [{ albumIds: albums }, { albumIds: albums, type: { eq: 'VIDEO' } }] }, orderBy: { field: 'fileCreatedAt' } },
  ];
  for (const body of shown) {
    const { assets } = (await search(body)).expect(200).json;
    assert.deepEqual(assets.items.map((each) => each.id).sort(), [...ids].sort());
    assert.deepEqual([assets.total, assets.count, assets.nextPage, assets.nextCursor], [2, 2, null, null]);
    for (const item of assets.items) assert.deepEqual(item, (await visit(link, 'GET', `/assets/${item.id}`)).expect(200).json);
  }
  assert.equal((await search({ albumIds: [albumId], size: 1 })).expect(200).json.assets.nextPage, '2');

  const flat = { id: ids[0], checksum: 'x', city: 'Berlin', country: null, make: 'Canon', model: 'x', lensModel: 'x', state: 'x', description: 'secret',
    query: 'secret', originalFileName: 'Holiday', originalPath: 'x', encodedVideoPath: 'x', ocr: 'x', rating: 3, isFavorite: true, isEncoded: false,
    isMotion: false, isOffline: false, isNotInAlbum: false, libraryId: null, personIds: [MISSING], tagIds: null, visibility: 'timeline', withDeleted: true,
    ...Object.fromEntries(['created', 'taken', 'trashed', 'updated'].flatMap((name) =>
      ['After', 'Before'].map((side) => [`${name}${side}`, '2020-01-01T00:00:00.000Z']))) };
  for (const [name, value] of Object.entries(flat)) {
    const reply = (await search({ albumIds: [albumId], [name]: value })).expectIssues(name);
    assert.equal(reply.json.errors[0].message, 'This link does not show metadata');
  }
  const filters = { city: { eq: 'x' }, description: { like: 's' }, fileSizeInBytes: { gt: 1 }, isFavorite: { eq: true }, takenAt: { gt: '2020-01-01T00:00:00.000Z' },
    hasTags: { eq: true }, visibility: { eq: 'timeline' } };
  for (const [name, value] of Object.entries(filters)) {
    (await search({ filter: { albumIds: albums, [name]: value } })).expectIssues(`filter.${name}`);
    (await search({ filter: { or: [{ albumIds: albums }, { albumIds: albums, [name]: value }] } })).expectIssues(`filter.or.1.${name}`);
  }
  (await search({ albumIds: [albumId], description: 'x'.repeat(2000) })).expectIssues('description');
  for (const field of ['fileSizeInBytes', 'rating'])
    (await search({ filter: { albumIds: albums }, orderBy: { field } })).expectIssues('orderBy.field');

  // one that shows metadata tells it, but not what its owner likes
  const open = await newLink({ albumId }, user);
  const found = async (body) => (await search(body, open)).expect(200).json.assets.items.map((each) => each.id).sort();
  assert.deepEqual(await found({ albumIds: [albumId], description: 'secret' }), [ids[0]]);
  assert.deepEqual(await found({ albumIds: [albumId], isFavorite: true }), []);
  assert.deepEqual(await found({ albumIds: [albumId], isFavorite: false }), [...ids].sort());
  assert.deepEqual(await found({ filter: { albumIds: albums, isFavorite: { eq: false } } }), [...ids].sort());
});

let made;
/** A link of each kind, and assets inside and outside of both; the same on every call. */
const scene = () => (made ??= makeScene());

async function makeScene() {
  const [inside, outside, theirs, locked, trashed] = [await upload(owner), await upload(owner), await upload(other), await upload(owner), await upload(owner)];
  await server.waitForJobs();
  const ids = [inside, locked, trashed];
  const albumId = await newAlbum(owner, 'Scene', ids);
  const links = { album: await newLink({ albumId }), individual: await newLink({ assetIds: ids }) };
  // both stay in it, as after a restored backup: access alone must keep them from showing
  await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id = '${locked}'`);
  (await call('DELETE', '/assets', { ids: [trashed] }, owner)).expect(204);
  return { inside, refused: { outside, theirs, locked, trashed, missing: MISSING }, albumId, otherAlbum: await newAlbum(owner, 'Other', [outside]), links };
}

const takesLink = (operation) => ['key', 'slug'].every((name) =>
  operation.parameters?.some((each) => each.in === 'query' && each.name === name && !each.required));
const isPublic = (operation) => operation.security === undefined;

/* Every operation that takes a link: what it answers about an asset (or album) that the link reaches, and
   about one that it does not. Those without a request are held by the features that serve them. */
const onAsset = (method, path, status, permission, right) =>
  ({ method, path: (id) => path.replace('{id}', id), status, message: `Not found or no ${permission} access`, right });
const onBody = (path, status) => ({ method: 'POST', path: () => path, body: (id) => ({ assetIds: [id] }), status,
  message: 'Not found or no asset.download access', right: 'allowDownload' });
const TABLE = {
  getAssetInfo: onAsset('GET', '/assets/{id}', 200, 'asset.read'),
  viewAsset: onAsset('GET', '/assets/{id}/thumbnail', 200, 'asset.view'),
  downloadAsset: onAsset('GET', '/assets/{id}/original', 200, 'asset.download', 'allowDownload'),
  // a photo has no film: what may not be seen is refused before that
  playAssetVideo: onAsset('GET', '/assets/{id}/video/playback', 404, 'asset.view'),
  getDownloadInfo: onBody('/download/info', 201),
  downloadArchive: onBody('/download/archive', 200),
  getMySharedLink: {}, sharedLinkLogin: {}, uploadAsset: {}, // stories of their own
  replaceAsset: {}, // of older clients: changes are the owner's
  createPartialUpload: {}, getPartialUpload: {}, appendPartialUpload: {}, finishPartialUpload: {}, deletePartialUpload: {},
  getTimeBucket: {}, getTimeBuckets: {}, getAlbumInfo: {}, getAlbumMapMarkers: {}, searchAssets: {},
  getMainPlaylist: {}, getMediaPlaylist: {}, getSegment: {}, endSession: {},
};

test('a link reaches what is in it and nothing else, operation by operation', async () => {
  const { inside, refused, links } = await scene();
  for (const [kind, link] of Object.entries(links)) {
    for (const [name, row] of Object.entries(TABLE).filter(([, each]) => each.method)) {
      const ask = (id) => visit(link, row.method, row.path(id), row.body?.(id));
      const set = (body) => call('PATCH', `/shared-links/${link.id}`, body, owner);
      const reply = await ask(inside);
      assert.equal(reply.status, row.status, `${kind} ${name}: ${reply.text.slice(0, 200)}`);
      for (const [what, id] of Object.entries(refused)) {
        const no = await ask(id);
        assert.deepEqual([no.status, no.json?.message], [400, row.message], `${kind} ${name} of what is ${what}`);
      }
      if (!row.right) continue;
      await set({ [row.right]: false });
      (await ask(inside)).expect(400, row.message);
      await set({ [row.right]: true });
    }
  }
});

test('every operation takes links or refuses them, as the contract says', async () => {
  const { links: { album, individual } } = await scene();
  const guarded = await newLink({ assetIds: [await upload(owner)], password: 'secret' });
  const wrong = [];
  const operations = contract.operations.filter((each) => !isPublic(each));
  const taking = operations.filter(takesLink);
  assert.deepEqual(taking.map((each) => each.operationId).filter((id) => !TABLE[id]), [], 'a new one needs its row in the table');
  for (const operation of operations) {
    const where = fillPath(operation, (each) => exampleText(contract, each.schema));
    const expect = async (link, status, message) => {
      const reply = await visit(link, operation.method, where);
      if (reply.status !== status || reply.json?.message !== message)
        wrong.push(`${operation.method} ${where}: ${reply.status} ${reply.text.slice(0, 100)}, not ${status} ${message}`);
    };
    await expect({ key: WRONG_KEY }, 401, 'Invalid share key');
    if (operation.operationId !== 'sharedLinkLogin') await expect(guarded, 401, 'Password required');
    for (const link of [album, individual]) {
      if (!takesLink(operation)) {
        await expect(link, 403, 'Forbidden');
      } else {
        const { status } = await visit(link, operation.method, where);
        if (status === 401 || status === 403) wrong.push(`${operation.method} ${where} refuses a link: ${status}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('a link has the timeline and the downloads of its own album only', async () => {
  const { inside, albumId, otherAlbum, links } = await scene();
  const { album: own } = links;
  (await visit(own, 'GET', `/albums/${albumId}`)).expect(200);
  const [{ timeBucket, count }] = (await visit(own, 'GET', `/timeline/buckets?albumId=${albumId}`)).expect(200).json;
  assert.equal(count, 1);
  assert.deepEqual((await visit(own, 'GET', `/timeline/bucket?albumId=${albumId}&timeBucket=${timeBucket}`)).expect(200).json.id, [inside]);
  const download = () => visit(own, 'POST', '/download/info', { albumId });
  assert.deepEqual((await download()).expect(201).json.archives.map((each) => each.assetIds), [[inside]]);
  (await call('PATCH', `/shared-links/${own.id}`, { allowDownload: false }, owner)).expect(200);
  (await download()).expect(400, 'Not found or no album.download access');
  (await call('PATCH', `/shared-links/${own.id}`, { allowDownload: true }, owner)).expect(200);
  const foreign = await newAlbum(other, 'x', []);
  for (const link of Object.values(links)) {
    for (const id of [otherAlbum, foreign]) (await visit(link, 'GET', `/albums/${id}`)).expect(400, 'Not found or no album.read access');
    for (const where of ['/timeline/buckets?', '/timeline/bucket?timeBucket=2024-01-01&'])
      for (const [query, message] of [['', 'timeline.read'], [`userId=${owner.id}`, 'timeline.read'], [`albumId=${otherAlbum}`, 'album.read'], [`albumId=${foreign}`, 'album.read']])
        (await visit(link, 'GET', where + query)).expect(400, `Not found or no ${message} access`);
    for (const id of [otherAlbum, foreign, ...(link.type === 'ALBUM' ? [] : [albumId])])
      (await visit(link, 'POST', '/download/info', { albumId: id })).expect(400, 'Not found or no album.download access');
    (await visit(link, 'POST', '/download/info', { userId: owner.id })).expect(400, 'Not found or no timeline.download access');
  }
});

// ---- uploads ----

const send = (link, bytes, fields, headers) =>
  server.upload(bytes, 'guest.png', fields, { as: undefined, headers: { 'x-immich-share-key': link.key, ...headers } });

test('an upload by link is the owner\'s, and in the album or the link', async () => {
  const albumId = await newAlbum(owner, 'Guests', []);
  const links = { album: await newLink({ albumId }), individual: await newLink({ assetIds: [await upload(owner)] }) };
  for (const [kind, link] of Object.entries(links)) {
    const bytes = png(31, 21);
    const { id } = (await send(link, bytes, { isFavorite: true, visibility: 'locked' })).expect(201).json;
    const asset = (await call('GET', `/assets/${id}`, undefined, owner)).expect(200).json;
    assert.deepEqual([asset.ownerId, asset.isFavorite, asset.visibility], [owner.id, false, 'timeline'], kind);
    (await visit(link, 'GET', `/assets/${id}`)).expect(200);
    // what the owner has already comes in, too, once the visitor showed to have it
    const own = png(32, 22);
    const known = (await server.upload(own, 'own.png', {}, { as: owner })).expect(201).json.id;
    (await visit(link, 'GET', `/assets/${known}`)).expect(400);
    for (let i = 0; i < 2; i++) {
      const hash = Buffer.from(await crypto.subtle.digest('SHA-1', own)).toString('hex');
      const again = (await send(link, own, {}, { 'x-immich-checksum': hash })).expect(200).json;
      assert.deepEqual(again, { id: known, status: 'duplicate' });
      (await visit(link, 'GET', `/assets/${known}`)).expect(200);
    }
    if (kind === 'album') assert.deepEqual((await albumOf(albumId)).sort(), [id, known].sort());
  }
  assert.equal((await call('GET', `/shared-links/${links.individual.id}`, undefined, owner)).json.assets.length, 3);
});

test('a checksum alone tells and opens nothing', async () => {
  const bytes = png(33, 23);
  const id = (await server.upload(bytes, 'own.png', {}, { as: owner })).expect(201).json.id;
  const link = await newLink({ assetIds: [await upload(owner)] });
  const hash = Buffer.from(await crypto.subtle.digest('SHA-1', bytes)).toString('hex');
  (await send(link, png(3, 3), {}, { 'x-immich-checksum': hash })).expect(400, /checksum/);
  (await visit(link, 'GET', `/assets/${id}`)).expect(400);
});

test('a locked photo that is uploaded again stays locked and out', async () => {
  const bytes = png(34, 24);
  const id = (await server.upload(bytes, 'own.png', { visibility: 'locked' }, { as: owner })).expect(201).json.id;
  const link = await newLink({ albumId: await newAlbum(owner, 'x', []) });
  assert.equal((await send(link, bytes)).expect(200).json.id, id);
  (await visit(link, 'GET', `/assets/${id}`)).expect(400);
  assert.deepEqual((await me(link)).json.album.assetCount, 0);
});

test('a visitor takes no film of the owner as a motion part', async () => {
  const film = (await server.upload(Buffer.from('film'), 'a.mov', {}, { as: owner })).expect(201).json.id;
  const link = await newLink({ assetIds: [await upload(owner)] });
  for (const id of [film, MISSING]) (await send(link, png(9, 9), { livePhotoVideoId: id })).expect(400, 'Live photo video not found');
  const shown = await newLink({ assetIds: [film] }, owner);
  (await send(shown, png(9, 9), { livePhotoVideoId: film })).expect(400, 'Live photo video not found');
  assert.equal((await call('GET', `/assets/${film}`, undefined, owner)).expect(200).json.visibility, 'timeline');
  const own = (await server.upload(Buffer.from(`film ${Math.random()}`), 'b.mov', { visibility: 'hidden' }, { as: undefined, headers: { 'x-immich-share-key': link.key } })).expect(201).json.id;
  (await send(link, png(9, 9), { livePhotoVideoId: own })).expect(201);
  (await visit(link, 'GET', `/assets/${own}`)).expect(200);
});

test('without the right nothing is uploaded, and the owner\'s quota counts', async () => {
  const user = await server.newUser({ quotaSizeInBytes: 10_000 });
  const link = await newLink({ assetIds: [await upload(user)] }, user);
  (await send(link, Buffer.alloc(20_000))).expect(400, 'Quota has been exceeded!');
  (await call('PATCH', `/shared-links/${link.id}`, { allowUpload: false }, user)).expect(200);
  (await send(link, png(5, 5))).expect(401, 'Unauthorized');
  const before = (await call('GET', '/assets/statistics', undefined, user)).json.total;
  assert.equal(before, 1);
});

// ---- pages for messengers ----

const page = (where, headers = {}, method = 'GET') => server.request(method, where, { raw: true, headers: { accept: 'text/html', ...headers } });
const tags = (html) => Object.fromEntries([...html.matchAll(/<meta (?:name|property)="([^"]+)" content="([^"]*)"/g)].map(([, name, value]) => [name, value]));
const MARKER = '<!-- metadata:tags -->';

async function hasApp(t) {
  if ((await page('/')).status === 200) return true;
  t.skip('this program was built without the web app: make web');
  return false;
}

test('a messenger is shown the album behind a link', async (t) => {
  if (!await hasApp(t)) return;
  const [cover, second] = [await upload(owner), await upload(owner)];
  const link = await newLink({ albumId: await newAlbum(owner, 'Summer & <script>alert("1")</script> \' onload=', [cover, second]), slug: 'sp ace/ü' });
  const image = `http://127.0.0.1:${server.port}/api/assets/${cover}/thumbnail?key=${link.key}`;
  for (const where of [`/share/${link.key}`, `/share/${link.key}/`, `/share/${link.key}?x=1`, `/share/${link.key}/photos/${cover}`,
    '/s/sp%20ace%2F%C3%BC', '/s/sp%20ace%2f%c3%bc?utm=1']) {
    const reply = (await page(where)).expect(200);
    const found = tags(reply.text);
    const title = 'Summer &amp; &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &#39; onload=';
    assert.deepEqual([found['og:title'], found['twitter:title'], found['og:type'], found['twitter:card']], [title, title, 'website', 'summary_large_image'], where);
    assert.deepEqual([found.description, found['og:description'], found['twitter:description']], Array(3).fill('2 shared photos &amp; videos'));
    assert.deepEqual([found['og:image'], found['twitter:image']], [image, image]);
    assert.ok(!reply.text.includes('<script>alert') && !reply.text.includes(MARKER));
    assert.deepEqual([reply.headers.get('content-type'), reply.headers.get('cache-control')], ['text/html; charset=utf-8', 'no-store']);
    assert.match(reply.headers.get('etag'), /^"[^"]+"$/);
    assert.match(reply.headers.get('content-security-policy'), /default-src 'self'/);
    const head = (await page(where, {}, 'HEAD')).expect(200);
    assert.deepEqual([head.bytes.length, head.headers.get('cache-control')], [0, 'no-store']);
  }
  const proxied = tags((await page(`/share/${link.key}`, { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'photos.example.com' })).text);
  assert.ok(proxied['og:image'].startsWith('https://photos.example.com/api/assets/'), proxied['og:image']);
  assert.equal((await server.request('GET', image.slice(server.base.length), { raw: true, headers: { accept: 'image/*' } })).status < 500, true);

  const config = (await call('GET', '/system-config', undefined, server.admin)).json;
  const setDomain = (externalDomain) =>
    call('PUT', '/system-config', { ...config, server: { ...config.server, externalDomain } }, server.admin);
  (await setDomain('https://my.photos.example')).expect(200);
  assert.ok(tags((await page(`/share/${link.key}`)).text)['og:image'].startsWith('https://my.photos.example/api/assets/'));
  (await setDomain('')).expect(200);
});

test('the page of a link has its first answers sent along', async (t) => {
  if (!await hasApp(t)) return;
  const preloads = async (where) => [...(await page(where)).expect(200).text.matchAll(/<link rel="preload" as="fetch" crossorigin href="\.\/api(\/[^"]*)" \/>/g)]
    .map(([, found]) => found.replaceAll('&amp;', '&'));
  const others = await preloads('/');
  const album = await newAlbum(owner, 'A', [await upload(owner, { fileCreatedAt: '2001-01-01T00:00:00.000Z' }), await upload(owner, { fileCreatedAt: '2003-05-01T00:00:00.000Z' })]);
  const link = await newLink({ albumId: album, slug: 'first answers' });
  const told = (await preloads(`/share/${link.key}`)).filter((each) => !others.includes(each));
  const list = `albumId=${album}&isTrashed=false&order=desc`;
  assert.deepEqual(told, [`/shared-links/me?key=${link.key}`, `/timeline/buckets?${list}&key=${link.key}`,
    `/timeline/bucket?${list}&timeBucket=2003-05-01&key=${link.key}`]);
  const bySlug = (await preloads('/s/first%20answers')).filter((each) => !others.includes(each));
  assert.equal(bySlug.length, 3);
  for (const where of [...told, ...bySlug]) (await call('GET', where)).expect(200);
  (await call('PATCH', `/albums/${album}`, { order: 'asc' }, owner)).expect(200);
  assert.equal((await preloads(`/share/${link.key}`)).at(-1), `/timeline/bucket?albumId=${album}&isTrashed=false&order=asc&timeBucket=2001-01-01&key=${link.key}`);
  const single = await newLink({ assetIds: [await upload(owner)] });
  assert.deepEqual((await preloads(`/share/${single.key}`)).filter((each) => !others.includes(each)), [`/shared-links/me?key=${single.key}`]);
});

test('a messenger is shown what an individual link says of itself', async (t) => {
  if (!await hasApp(t)) return;
  const ids = [await upload(owner, { fileCreatedAt: '2001-01-01T00:00:00.000Z' }), await upload(owner), await upload(owner)];
  const link = await newLink({ assetIds: ids, description: '"><img src=x onerror=1>' });
  let found = tags((await page(`/share/${link.key}`)).text);
  assert.deepEqual([found['og:title'], found['og:description']], ['Public Share', '&quot;&gt;&lt;img src=x onerror=1&gt;']);
  assert.ok(found['og:image'].includes(ids[0]));
  await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id = '${ids[0]}'`);
  (await call('DELETE', '/assets', { ids: [ids[1]] }, owner)).expect(204);
  (await call('PATCH', `/shared-links/${link.id}`, { description: null }, owner)).expect(200);
  found = tags((await page(`/share/${link.key}`)).text);
  assert.equal(found.description, '1 shared photos &amp; videos');
  assert.ok(found['og:image'].includes(ids[2]));
  const empty = await newLink({ albumId: await newAlbum(owner, '', []) });
  found = tags((await page(`/share/${empty.key}`)).text);
  assert.deepEqual([found['og:image'], found['twitter:card'], found['og:description']], [undefined, 'summary', '0 shared photos &amp; videos']);
});

test('nothing is told of a link with a password, of an expired one and of none', async (t) => {
  if (!await hasApp(t)) return;
  const plain = (await page('/')).text;
  const link = await newLink({ assetIds: [await upload(owner)], password: 'secret', description: 'private' });
  const guarded = (await page(`/share/${link.key}`)).expect(200);
  assert.equal(guarded.text, plain);
  assert.equal(tags((await page(`/share/${link.key}`, (await logIn(link, 'secret')).headers)).text)['og:description'], 'private');
  (await call('PATCH', `/shared-links/${link.id}`, { password: null, expiresAt: '2001-01-01T00:00:00.000Z' }, owner)).expect(200);
  for (const where of [`/share/${link.key}`, `/share/${WRONG_KEY}`, '/share/', '/s/', '/s/nothing', '/share/%20', "/s/'%22%3E"]) {
    const reply = await page(where);
    assert.deepEqual([reply.status, reply.text, reply.headers.get('cache-control')], [404, plain, 'no-store'], where);
    assert.equal((await page(where, {}, 'HEAD')).status, 404);
  }
});
