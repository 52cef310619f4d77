// The sync stream: what each action sends to whom, where a session goes on, and who may not ask.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { Phone, REQUESTS, parseLines } from '../peers/phone.mjs';
import { ffmpeg, jpeg } from './fixtures.mjs';
import { engine, server, sleep, until } from './harness.mjs';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}';
const ONLY_SESSIONS = 'Sync endpoints cannot be used with API keys';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const upload = async (as, fields = {}) => (await server.upload(jpeg(), 'a.jpg', fields, { as })).expect(201).json.id;
const stream = (body, as) => call('POST', '/sync/stream', body, as);
const acksOf = async (as) => Object.fromEntries((await call('GET', '/sync/ack', undefined, as)).expect(200).json.map(({ type, ack }) => [type, ack]));

/** What comes to a phone now, without what every upload or login sends; SyncAckV1 and the end left out. */
async function news(phone, { noise = ['UserV1', 'AuthUserV1'] } = {}) {
  const lines = await phone.sync();
  assert.equal(lines.at(-1).type, 'SyncCompleteV1');
  return lines.filter(({ type }) => !['SyncAckV1', 'SyncCompleteV1', ...noise].includes(type)).map(({ type, data }) => ({ type, data }));
}
const typesOf = async (phone, options) => [...new Set((await news(phone, options)).map(({ type }) => type))].sort();

/** Users with a phone each that has everything. */
async function scene(n = 1) {
  const users = [];
  for (let i = 0; i < n; i++) users.push(await server.newUser());
  const phones = users.map((user) => new Phone(server, user));
  for (const phone of phones) await phone.sync();
  return { users, phones };
}

test('a new account has itself and the others, and then nothing but the end', async () => {
  const user = await server.newUser();
  const lines = parseLines((await stream({ types: REQUESTS }, user)).expect(200).text);
  const { data } = lines.find(({ type }) => type === 'AuthUserV1');
  assert.deepEqual(Object.keys(data), ['id', 'name', 'email', 'avatarColor', 'deletedAt', 'profileChangedAt', 'isAdmin', 'pinCode',
    'oauthId', 'storageLabel', 'quotaSizeInBytes', 'quotaUsageInBytes', 'hasProfileImage']);
  assert.equal(data.id, user.id);
  assert.equal(data.pinCode, null);
  assert.match(lines.at(-1).ack, new RegExp(`^SyncCompleteV1\\|${UUID}$`));
  const phone = new Phone(server, user);
  await phone.sync();
  assert.deepEqual((await phone.sync()).map(({ type }) => type), ['SyncCompleteV1']);
  const reply = (await stream({ types: [] }, user)).expect(200);
  assert.equal(reply.headers.get('content-type'), 'application/jsonlines+json; charset=utf-8');
  assert.match(reply.text, new RegExp(`^{"type":"SyncCompleteV1","data":{},"ack":"SyncCompleteV1\\|${UUID}"}\n$`));
});

test('an asset: made, changed, trashed, brought back, removed', async () => {
  const { users: [user], phones: [phone] } = await scene();
  const id = await upload(user);
  await server.waitForJobs();
  const made = await news(phone);
  assert.deepEqual(made.map(({ type }) => type), ['AssetV2', 'AssetExifV1']);
  assert.deepEqual(Object.keys(made[0].data), ['id', 'ownerId', 'originalFileName', 'fileCreatedAt', 'fileModifiedAt', 'createdAt',
    'localDateTime', 'type', 'deletedAt', 'isFavorite', 'visibility', 'duration', 'livePhotoVideoId', 'stackId', 'libraryId', 'width',
    'height', 'isEdited', 'checksum', 'thumbhash']);
  const rest = (await call('GET', `/assets/${id}`, undefined, user)).expect(200).json;
  for (const name of ['id', 'ownerId', 'originalFileName', 'fileCreatedAt', 'createdAt', 'localDateTime', 'checksum', 'thumbhash', 'width', 'height'])
    assert.deepEqual(made[0].data[name], rest[name], name);
  assert.deepEqual(Object.keys(made[1].data), ['assetId', 'description', 'exifImageWidth', 'exifImageHeight', 'fileSizeInByte', 'orientation',
    'dateTimeOriginal', 'modifyDate', 'timeZone', 'latitude', 'longitude', 'projectionType', 'city', 'state', 'country', 'make', 'model',
    'lensModel', 'fNumber', 'focalLength', 'iso', 'exposureTime', 'profileDescription', 'rating', 'fps']);

  await call('PUT', `/assets/${id}`, { isFavorite: true }, user);
  assert.deepEqual((await news(phone)).map(({ type, data }) => [type, data.isFavorite]), [['AssetV2', true]]);
  await call('PUT', `/assets/${id}`, { description: 'a "word"\n€', rating: 4 }, user);
  await server.waitForJobs();
  const exif = (await news(phone)).find(({ type }) => type === 'AssetExifV1').data;
  assert.deepEqual([exif.description, exif.rating], ['a "word"\n€', 4]);
  await call('DELETE', '/assets', { ids: [id] }, user);
  const [trashed] = await news(phone);
  assert.ok(Date.parse(trashed.data.deletedAt) > 0);
  await call('POST', '/trash/restore', undefined, user);
  assert.deepEqual((await news(phone)).map(({ type, data }) => [type, data.deletedAt]), [['AssetV2', null]]);
  await call('DELETE', '/assets', { ids: [id], force: true }, user);
  await server.waitForJobs();
  assert.deepEqual(await news(phone), [{ type: 'AssetDeleteV1', data: { assetId: id } }]);
  assert.equal(phone.assets.size, 0);
  assert.equal(phone.exifs.size, 0);
});

test('what older and newer apps get of the same asset', async () => {
  const { users: [user] } = await scene();
  const id = await upload(user);
  const album = (await call('POST', '/albums', { albumName: 'A', assetIds: [id] }, user)).expect(201).json;
  await server.waitForJobs(); // which read that a photo lasts no time
  await server.sql(`UPDATE asset SET duration_ms = 3723004 WHERE id = '${id}'`);
  const types = ['AssetsV1', 'AssetsV2', 'AlbumAssetsV1', 'AlbumsV1', 'AssetFacesV1', 'PartnerAssetsV1'];
  const lines = parseLines((await stream({ types }, user)).expect(200).text);
  const of = (type) => lines.filter((line) => line.type === type).map(({ data }) => data);
  assert.deepEqual(of('AssetV1').map((a) => a.duration), ['1:02:03.004000']);
  assert.deepEqual(of('AssetV2').map((a) => a.duration), [3723004]);
  assert.deepEqual(of('AlbumAssetCreateV1').map((a) => a.id), [id]);
  assert.deepEqual(of('AlbumV1').map((l) => [l.id, l.ownerId]), [[album.id, user.id]]);
});

test('a time behind the last year is that year\'s end, as in every answer', async () => {
  const { users: [user], phones: [phone] } = await scene();
  const id = await upload(user);
  await server.waitForJobs();
  await server.sql(`UPDATE asset SET file_created_at = 400000000000000 WHERE id = '${id}'`);
  await phone.sync();
  const { fileCreatedAt } = (await call('GET', `/assets/${id}`, undefined, user)).expect(200).json;
  assert.deepEqual([phone.assets.get(id).fileCreatedAt, fileCreatedAt], Array(2).fill('9999-12-31T23:59:59.999Z'));
});

test('an album: what its members get, and who joins and leaves', async () => {
  const { users: [alice, bob], phones: [hers, his] } = await scene(2);
  const one = await upload(alice, { isFavorite: true });
  const two = await upload(alice);
  await server.waitForJobs();
  await hers.sync();
  const album = (await call('POST', '/albums', { albumName: 'Trip', assetIds: [one] }, alice)).expect(201).json;
  const made = await hers.sync();
  assert.deepEqual(made.map(({ type, ack }) => (type === 'SyncAckV1' ? ack.split('|')[0] : type)),
    ['AlbumAssetUpdateV2', 'AlbumAssetCreateV2', 'AlbumV2', 'AlbumUserV1', 'AlbumToAssetV1', 'AlbumAssetExifUpdateV1', 'AlbumAssetExifCreateV1', 'SyncCompleteV1']);
  assert.deepEqual(await typesOf(his), []);

  // Bob has an album of his own, so that all that is older in this one has to be filled in
  await call('POST', '/albums', { albumName: 'Own', assetIds: [await upload(bob)] }, bob);
  await server.waitForJobs();
  await his.sync();
  await call('PUT', `/albums/${album.id}/users`, { albumUsers: [{ userId: bob.id, role: 'viewer' }] }, alice);
  const joined = await news(his);
  const filled = (type) => joined.filter((line) => line.type === type).map(({ data }) => data);
  assert.deepEqual(filled('AlbumAssetBackfillV2').map((a) => [a.id, a.isFavorite]), [[one, false]]);
  assert.deepEqual(filled('AlbumUserBackfillV1'), [{ albumId: album.id, userId: alice.id, role: 'owner' }]);
  assert.deepEqual(filled('AlbumUserV1'), [{ albumId: album.id, userId: bob.id, role: 'viewer' }]);
  assert.deepEqual(filled('AlbumToAssetBackfillV1'), [{ assetId: one, albumId: album.id }]);
  assert.deepEqual(filled('AlbumAssetExifBackfillV1').map((e) => e.assetId), [one]);
  assert.deepEqual(filled('AlbumV2').map((l) => l.id), [album.id]);
  assert.deepEqual(await typesOf(his), []);
  assert.deepEqual(await typesOf(hers), ['AlbumUserV1', 'AlbumV2']);

  await call('PUT', `/albums/${album.id}/assets`, { ids: [two] }, alice);
  assert.deepEqual(await typesOf(his), ['AlbumAssetCreateV2', 'AlbumAssetExifCreateV1', 'AlbumToAssetV1', 'AlbumV2']);
  await call('PUT', `/assets/${one}`, { isFavorite: false }, alice);
  assert.deepEqual((await news(his)).map(({ type, data }) => [type, data.id]), [['AlbumAssetUpdateV2', one]]);
  await call('PUT', `/assets/${two}`, { rating: 3 }, alice);
  await server.waitForJobs();
  assert.deepEqual(await typesOf(his), ['AlbumAssetExifUpdateV1', 'AlbumAssetUpdateV2']);
  await call('DELETE', `/albums/${album.id}/assets`, { ids: [two] }, alice);
  assert.ok((await news(his)).some(({ type, data }) => type === 'AlbumToAssetDeleteV1' && data.assetId === two && data.albumId === album.id));
  await call('PUT', `/albums/${album.id}/user/${bob.id}`, { role: 'editor' }, alice);
  assert.deepEqual(await news(his), [{ type: 'AlbumUserV1', data: { albumId: album.id, userId: bob.id, role: 'editor' } }]);

  await hers.sync();
  await call('DELETE', `/albums/${album.id}/user/${bob.id}`, undefined, alice);
  assert.deepEqual(await news(his), [{ type: 'AlbumDeleteV1', data: { albumId: album.id } }]);
  assert.deepEqual(await news(hers), [{ type: 'AlbumUserDeleteV1', data: { userId: bob.id, albumId: album.id } }]);
  await call('PUT', `/albums/${album.id}/users`, { albumUsers: [{ userId: bob.id, role: 'viewer' }] }, alice);
  await his.sync();
  assert.ok(his.links.has(`${album.id} ${one}`));
  await hers.sync();
  await call('DELETE', `/albums/${album.id}`, undefined, alice);
  assert.deepEqual(await news(his), [{ type: 'AlbumDeleteV1', data: { albumId: album.id } }]);
  assert.deepEqual(await news(hers), [{ type: 'AlbumDeleteV1', data: { albumId: album.id } }]);
});

test('an asset that is locked leaves its albums, and its content partners', async () => {
  const { users: [alice, bob], phones: [hers, his] } = await scene(2);
  const id = await upload(alice);
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  const album = (await call('POST', '/albums', { albumName: 'A', assetIds: [id] }, alice)).expect(201).json;
  await server.waitForJobs();
  for (const phone of [hers, his]) await phone.sync();
  (await call('PUT', `/assets/${id}`, { visibility: 'locked' }, alice)).expect(200);
  const own = await news(hers);
  assert.ok(own.some(({ type, data }) => type === 'AssetV2' && data.visibility === 'locked'));
  assert.ok(own.some(({ type, data }) => type === 'AlbumToAssetDeleteV1' && data.assetId === id && data.albumId === album.id));
  await call('PUT', '/assets', { ids: [id], description: 'secret' }, alice);
  await server.waitForJobs();
  const seen = await news(his);
  assert.deepEqual([...new Set(seen.map(({ type, data }) => `${type} ${data.visibility} ${data.originalFileName} ${data.thumbhash}`))], ['PartnerAssetV2 locked  null']);
});

test('partners get the checksum of nothing that is locked, and each such asset another', async () => {
  const { users: [alice, bob], phones: [, his] } = await scene(2);
  const ids = [await upload(alice), await upload(alice)];
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  await server.waitForJobs();
  await his.sync();
  const before = ids.map((id) => his.assets.get(id).checksum);
  const sums = [];
  for (const id of ids) sums.push((await call('GET', `/assets/${id}`, undefined, alice)).expect(200).json.checksum);
  assert.deepEqual(before, sums);
  (await call('PUT', '/assets', { ids, visibility: 'locked' }, alice)).expect(204);
  await server.waitForJobs();
  const fresh = new Phone(server, await server.login(bob.email)); // who begins anew hears no more
  for (const phone of [his, fresh]) {
    await phone.sync();
    const locked = ids.map((id) => phone.assets.get(id));
    assert.deepEqual(locked.map((a) => a.visibility), ['locked', 'locked']);
    assert.equal(new Set([...before, ...locked.map((a) => a.checksum)]).size, 4); // apps want one that is no other's
    for (const { checksum } of locked) assert.equal(Buffer.from(checksum, 'base64').length, 20);
  }
  await server.sql(`UPDATE asset SET visibility = 'timeline' WHERE id IN ('${ids[0]}', '${ids[1]}')`);
  await his.sync();
  assert.deepEqual(ids.map((id) => his.assets.get(id).checksum), before);
});

test('partners get the metadata of what they are shown, when they are', async () => {
  const { users: [alice, bob], phones: [, his] } = await scene(2);
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  const change = async (id, states) => {
    for (const [set, value] of Object.entries(states)) await server.sql(`UPDATE asset SET ${set} = ${value} WHERE id = '${id}'`);
  };
  const away = { archive: { visibility: "'archive'" }, locked: { visibility: "'locked'" }, trash: { status: "'trashed'", deleted_at: 1 } };
  const back = { visibility: "'timeline'", deleted_at: 'NULL', status: "'active'" };
  const ids = {};
  for (const name of ['seen', ...Object.keys(away)]) ids[name] = await upload(alice);
  await server.waitForJobs();
  for (const [name, states] of Object.entries(away)) await change(ids[name], states);
  await his.sync();
  assert.equal(his.assets.size, 4);
  assert.deepEqual([...his.exifs.keys()], [ids.seen]);
  for (const name of Object.keys(away)) {
    await server.sql(`UPDATE asset_exif SET description = '${name}' WHERE asset_id = '${ids[name]}'`);
    assert.deepEqual(await typesOf(his), [], name);
    await change(ids[name], back);
    await his.sync();
    assert.equal(his.exifs.get(ids[name]).description, name);
  }
  // who becomes a partner later has it from the backfill, or as soon as it is shown
  const eve = await server.newUser();
  const eves = new Phone(server, eve);
  await call('POST', '/partners', { sharedWithId: eve.id }, await server.newUser());
  await change(ids.trash, away.trash);
  await eves.sync();
  await call('POST', '/partners', { sharedWithId: eve.id }, alice);
  await eves.sync();
  assert.deepEqual([...eves.exifs.keys()].sort(), Object.values(ids).filter((id) => id !== ids.trash).sort());
  await change(ids.trash, back);
  await eves.sync();
  assert.equal(eves.exifs.size, 4);
});

test('the film of a live photo is as open as the photo: to its owner, a partner, and their phones', async () => {
  const { users: [alice, bob], phones: [, his] } = await scene(2);
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  await call('PUT', `/partners/${alice.id}`, { inTimeline: true }, bob);
  const film = (await server.upload(ffmpeg('a.mov', '64x48', '-pix_fmt', 'yuv420p'), 'film.mov', {}, { as: alice })).expect(201).json.id;
  const photo = await upload(alice, { livePhotoVideoId: film });
  await server.waitForJobs();
  await server.sql(`UPDATE asset_exif SET description = 'here' WHERE asset_id = '${film}'`);
  /** Where somebody meets the film. */
  const places = async (as) => {
    const hidden = `visibility=hidden${as === alice ? '' : `&userId=${alice.id}`}`;
    const list = async (where, body) => (await call('POST', `/search/${where}`, body, as)).expect(200).json;
    const months = (await call('GET', `/timeline/buckets?${hidden}`, undefined, as)).expect(200).json;
    const listed = await Promise.all(months.map(async ({ timeBucket }) =>
      (await call('GET', `/timeline/bucket?${hidden}&timeBucket=${timeBucket}`, undefined, as)).expect(200).json.id));
    assert.equal(months.reduce((n, { count }) => n + count, 0), listed.flat().length);
    const found = (await list('metadata', {})).assets.items;
    assert.equal((await list('statistics', {})).total, found.length);
    return {
      reads: (await call('GET', `/assets/${film}`, undefined, as)).status,
      plays: (await call('GET', `/assets/${film}/original`, undefined, as)).status,
      downloads: (await call('POST', '/download/info', { assetIds: [film] }, as)).status,
      isListed: listed.flat().includes(film),
      isFound: found.some(({ id }) => id === film),
      isFoundAsHidden: (await list('metadata', { visibility: 'hidden' })).assets.items.length > 0,
      isFoundByFilter: (await list('metadata', { filter: { type: { eq: 'VIDEO' } } })).assets.items.length > 0,
    };
  };
  const open = { reads: 200, plays: 200, downloads: 201, isListed: true, isFound: true, isFoundAsHidden: true, isFoundByFilter: true };
  const closed = { reads: 400, plays: 400, downloads: 400, isListed: false, isFound: false, isFoundAsHidden: false, isFoundByFilter: false };
  const onHisPhone = async () => {
    await his.sync();
    const fresh = new Phone(server, await server.login(bob.email)); // who begins anew hears no more
    await fresh.sync();
    const { originalFileName, checksum } = his.assets.get(film);
    assert.deepEqual([fresh.assets.get(film).originalFileName, fresh.assets.get(film).checksum], [originalFileName, checksum]);
    return [originalFileName, fresh.exifs.get(film)?.description];
  };
  for (const as of [alice, bob]) assert.deepEqual(await places(as), open);
  assert.deepEqual(await onHisPhone(), ['film.mov', 'here']);
  for (const [visibility, toOwner, name] of [['locked', closed, ''], ['archive', open, 'film.mov']]) {
    (await call('PUT', '/assets', { ids: [photo], visibility }, alice)).expect(204);
    assert.deepEqual(await places(alice), toOwner, visibility);
    assert.deepEqual(await places(bob), closed, visibility);
    assert.deepEqual(await onHisPhone(), [name, undefined]);
    // what is locked its owner shows again after the PIN
    await server.sql(`UPDATE asset SET visibility = 'timeline' WHERE id = '${photo}'`);
    assert.deepEqual(await places(bob), open);
    assert.deepEqual(await onHisPhone(), ['film.mov', 'here']);
    assert.equal(his.exifs.get(film).description, 'here');
  }
  (await call('DELETE', '/assets', { ids: [photo] }, alice)).expect(204);
  assert.deepEqual(await places(bob), closed);
  assert.deepEqual((await places(alice)).reads, 200);
});

for (const [how, open, seen] of [
  ['is let go', async ({ alice, photo }) => (await call('PUT', `/assets/${photo}`, { livePhotoVideoId: null }, alice)).expect(200), 'timeline'],
  ['is given to a photo that is shown', async ({ alice, film }) =>
    (await call('PUT', `/assets/${await upload(alice)}`, { livePhotoVideoId: film }, alice)).expect(200), 'hidden'],
  ['comes with a photo that is shown', async ({ alice, film }) => upload(alice, { livePhotoVideoId: film }), 'hidden'],
]) test(`the metadata of a closed film comes to a partner when it ${how}`, async () => {
  const { users: [alice, bob], phones: [, his] } = await scene(2);
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  const film = (await server.upload(ffmpeg('a.mov', '64x48', '-pix_fmt', 'yuv420p'), 'film.mov', {}, { as: alice })).expect(201).json.id;
  const photo = await upload(alice, { livePhotoVideoId: film });
  (await call('DELETE', '/assets', { ids: [photo] }, alice)).expect(204);
  await server.waitForJobs();
  await upload(alice); // his checkpoint is past the film
  await server.waitForJobs();
  await his.sync();
  assert.deepEqual([his.assets.has(film), his.exifs.has(film)], [true, false]);
  await open({ alice, photo, film });
  await server.waitForJobs();
  await his.sync();
  assert.equal(his.assets.get(film).visibility, seen);
  assert.ok(his.exifs.has(film));
  const fresh = new Phone(server, await server.login(bob.email));
  await fresh.sync();
  assert.deepEqual(fresh.exifs.get(film), his.exifs.get(film));
  assert.deepEqual(await news(his), []);
});

test('of a partner who is deleted nothing comes, and all of it when the partner is back', async () => {
  const { users: [alice, bob, eve], phones: [, his] } = await scene(3);
  const one = await upload(alice);
  const gone = await upload(alice);
  for (const user of [alice, eve]) await call('POST', '/partners', { sharedWithId: bob.id }, user);
  await server.waitForJobs();
  await his.sync();
  assert.ok(his.exifs.has(one) && his.assets.has(gone));
  (await call('DELETE', '/assets', { ids: [gone], force: true }, alice)).expect(204);
  await server.waitForJobs();
  (await call('DELETE', `/admin/users/${alice.id}`, {}, server.admin)).expect(200);
  await server.sql(`UPDATE asset SET original_file_name = 'new.jpg' WHERE id = '${one}'`);
  await server.sql(`UPDATE asset_exif SET description = 'new' WHERE asset_id = '${one}'`);
  const eveAsset = await upload(eve); // so that his checkpoint moves on
  await server.waitForJobs();
  const lines = await news(his);
  assert.deepEqual(lines.filter(({ type }) => /^PartnerAsset/.test(type)).map(({ type, data }) => [type, data.id ?? data.assetId]),
    [['PartnerAssetDeleteV1', gone], ['PartnerAssetV2', eveAsset], ['PartnerAssetExifV1', eveAsset]]);
  const fresh = new Phone(server, await server.login(bob.email));
  await fresh.sync();
  assert.deepEqual([...fresh.assets.keys()], [eveAsset]);
  assert.deepEqual([...fresh.exifs.keys()], [eveAsset]);
  (await call('POST', `/admin/users/${alice.id}/restore`, {}, server.admin)).expect(200);
  for (const phone of [his, fresh]) {
    await phone.sync();
    assert.equal(phone.assets.get(one).originalFileName, 'new.jpg');
    assert.equal(phone.exifs.get(one).description, 'new');
    assert.ok(!phone.assets.has(gone));
  }
});

test('partners: older assets are filled in, and go with the partnership', async () => {
  const { users: [alice, bob, eve], phones: [hers, his, eves] } = await scene(3);
  const old = await upload(alice, { isFavorite: true });
  await server.waitForJobs(); // what they change comes before Eve's
  await call('POST', '/partners', { sharedWithId: bob.id }, eve);
  const eveAsset = await upload(eve);
  await server.waitForJobs();
  for (const phone of [hers, his, eves]) await phone.sync();
  assert.ok(his.assets.has(eveAsset)); // so his checkpoint is past Alice's asset
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  const gained = await news(his);
  assert.deepEqual(gained.map(({ type }) => type), ['PartnerV1', 'PartnerAssetBackfillV2', 'PartnerAssetExifBackfillV1']);
  assert.deepEqual([gained[1].data.id, gained[1].data.isFavorite], [old, false]);
  assert.deepEqual(gained[0].data, { sharedById: alice.id, sharedWithId: bob.id, inTimeline: false });
  assert.deepEqual(await typesOf(hers), ['PartnerV1']);
  assert.deepEqual(await typesOf(eves), []);
  await call('PUT', `/assets/${old}`, { visibility: 'archive' }, alice);
  assert.deepEqual((await news(his)).map(({ type, data }) => [type, data.visibility]), [['PartnerAssetV2', 'archive']]);
  await call('PUT', `/partners/${alice.id}`, { inTimeline: true }, bob);
  assert.deepEqual((await news(his)).map(({ type, data }) => [type, data.inTimeline]), [['PartnerV1', true]]);
  await call('DELETE', '/assets', { ids: [old], force: true }, alice);
  await server.waitForJobs();
  assert.deepEqual(await news(his), [{ type: 'PartnerAssetDeleteV1', data: { assetId: old } }]);
  await hers.sync();
  await call('DELETE', `/partners/${bob.id}`, undefined, alice);
  const gone = [{ type: 'PartnerDeleteV1', data: { sharedById: alice.id, sharedWithId: bob.id } }];
  assert.deepEqual(await news(his), gone);
  assert.deepEqual(await news(hers), gone);
});

test('partners: what was removed while nothing was shared is told when it is again', async () => {
  const { users: [alice, bob, eve], phones: [, his] } = await scene(3);
  const [one, eveAsset, another] = [await upload(alice), await upload(eve), await upload(eve)];
  await server.waitForJobs();
  for (const user of [alice, eve]) await call('POST', '/partners', { sharedWithId: bob.id }, user);
  const albumUsers = [{ userId: bob.id, role: 'viewer' }];
  const album = (await call('POST', '/albums', { albumName: 'x', assetIds: [one], albumUsers }, alice)).expect(201).json;
  await his.sync();
  (await call('DELETE', `/partners/${bob.id}`, undefined, alice)).expect(204);
  await his.sync();
  (await call('DELETE', `/albums/${album.id}/assets`, { ids: [one] }, alice)).expect(200);
  await his.sync();
  assert.ok(his.assets.has(one)); // no line says that it is nobody's any more
  const remove = async (id, as) => {
    (await call('DELETE', '/assets', { ids: [id], force: true }, as)).expect(204);
    await server.waitForJobs();
  };
  await remove(one, alice);
  await remove(eveAsset, eve);
  assert.deepEqual(await news(his), [{ type: 'PartnerAssetDeleteV1', data: { assetId: eveAsset } }]);
  (await call('POST', '/partners', { sharedWithId: bob.id }, alice)).expect(201);
  assert.deepEqual((await news(his)).map(({ type, data }) => [type, data.assetId]),
    [['PartnerV1', undefined], ['PartnerAssetDeleteV1', one]]);
  assert.ok(!his.assets.has(one));
  assert.deepEqual(await news(his), []); // and goes on where it was
  await remove(another, eve);
  assert.deepEqual(await news(his), [{ type: 'PartnerAssetDeleteV1', data: { assetId: another } }]);
});

test('people and faces', async () => {
  const { users: [user], phones: [phone] } = await scene();
  const id = await upload(user);
  const person = (await call('POST', '/people', { name: 'Ann', birthDate: '1990-05-06' }, user)).expect(201).json;
  await call('POST', '/faces', { assetId: id, personId: person.id, imageWidth: 100, imageHeight: 100, x: 10, y: 10, width: 30, height: 30 }, user);
  await server.waitForJobs();
  const lines = await news(phone);
  const { data: made } = lines.find(({ type }) => type === 'PersonV1');
  const { data: face } = lines.find(({ type }) => type === 'AssetFaceV2');
  assert.deepEqual(Object.keys(made), ['id', 'createdAt', 'updatedAt', 'ownerId', 'name', 'birthDate', 'isHidden', 'isFavorite', 'color', 'faceAssetId']);
  assert.deepEqual([made.name, made.birthDate, made.faceAssetId], ['Ann', '1990-05-06T00:00:00.000Z', face.id]);
  assert.deepEqual(face, { id: face.id, assetId: id, personId: person.id, imageWidth: 100, imageHeight: 100, boundingBoxX1: 10, boundingBoxY1: 10,
    boundingBoxX2: 40, boundingBoxY2: 40, sourceType: 'manual', isVisible: true, deletedAt: null });
  await call('DELETE', `/faces/${face.id}`, { force: false }, user);
  assert.ok((await news(phone)).some(({ type, data }) => type === 'AssetFaceV2' && data.deletedAt !== null));
  await call('DELETE', `/people/${person.id}`, undefined, user);
  const gone = await news(phone);
  assert.ok(gone.some(({ type, data }) => type === 'PersonDeleteV1' && data.personId === person.id));
  assert.ok(gone.some(({ type, data }) => type === 'AssetFaceV2' && data.personId === null));
  await server.sql(`DELETE FROM asset_face WHERE id = '${face.id}'`);
  assert.deepEqual(await news(phone), [{ type: 'AssetFaceDeleteV1', data: { assetFaceId: face.id } }]);
});

test('metadata of users and assets, stacks, memories, edits and text', async () => {
  const { users: [user, bob], phones: [phone, his] } = await scene(2);
  const id = await upload(user);
  const twin = await upload(user);
  await call('POST', '/partners', { sharedWithId: bob.id }, user);
  await server.waitForJobs();
  for (const each of [phone, his]) await each.sync();
  await call('PUT', '/users/me/preferences', { tags: { enabled: true } }, user);
  assert.deepEqual(await news(phone), [{ type: 'UserMetadataV1', data: { userId: user.id, key: 'preferences', value: phone.userMetadata.get('preferences') } }]);
  assert.deepEqual(phone.userMetadata.get('preferences').tags, { enabled: true });
  const value = { iCloudId: 'x', latitude: '1.5' };
  await call('PUT', `/assets/${id}/metadata`, { items: [{ key: 'mobile-app', value }] }, user);
  assert.deepEqual(await news(phone), [{ type: 'AssetMetadataV1', data: { assetId: id, key: 'mobile-app', value } }]);
  await call('DELETE', `/assets/${id}/metadata/mobile-app`, undefined, user);
  assert.deepEqual(await news(phone), [{ type: 'AssetMetadataDeleteV1', data: { assetId: id, key: 'mobile-app' } }]);

  // by SQL: the tables have triggers, whoever writes them
  const S = '11111111-1111-4111-8111-111111111111';
  await his.sync();
  await server.sql(`INSERT INTO stack (id, owner_id, primary_asset_id, created_at, updated_at, update_id) VALUES ('${S}', '${user.id}', '${id}', 1, 2, uuid_v7 ())`);
  await server.sql(`UPDATE asset SET stack_id = '${S}' WHERE id IN ('${id}', '${twin}')`);
  const stack = { id: S, createdAt: '1970-01-01T00:00:00.001Z', updatedAt: '1970-01-01T00:00:00.002Z', primaryAssetId: id, ownerId: user.id };
  const stacked = await news(phone);
  assert.deepEqual(stacked.filter(({ type }) => type === 'StackV1'), [{ type: 'StackV1', data: stack }]);
  assert.deepEqual(stacked.filter(({ type, data }) => type === 'AssetV2' && data.stackId === S).length, 2);
  assert.deepEqual((await news(his)).filter(({ type }) => /Stack/.test(type)), [{ type: 'PartnerStackV1', data: stack }]);
  await server.sql(`UPDATE asset SET stack_id = NULL WHERE stack_id = '${S}'`);
  await server.sql(`DELETE FROM stack WHERE id = '${S}'`);
  assert.deepEqual((await news(phone)).filter(({ type }) => /Stack/.test(type)), [{ type: 'StackDeleteV1', data: { stackId: S } }]);
  assert.deepEqual((await news(his)).filter(({ type }) => /Stack/.test(type)), [{ type: 'PartnerStackDeleteV1', data: { stackId: S } }]);

  const M = '22222222-2222-4222-8222-222222222222';
  await server.sql(`INSERT INTO memory (id, owner_id, type, data, memory_at, created_at, updated_at, update_id) VALUES ('${M}', '${user.id}', 'on_this_day', '{"year":2020}', 0, 1, 2, uuid_v7 ())`);
  await server.sql(`INSERT INTO memory_asset (memory_id, asset_id, created_at, update_id) VALUES ('${M}', '${id}', 1, uuid_v7 ())`);
  const remembered = await news(phone);
  assert.deepEqual(remembered.map(({ type }) => type), ['MemoryV1', 'MemoryToAssetV1']);
  assert.deepEqual([remembered[0].data.data, remembered[1].data], [{ year: 2020 }, { memoryId: M, assetId: id }]);
  await server.sql(`UPDATE memory SET is_saved = 1 WHERE id = '${M}'`);
  assert.deepEqual((await news(phone)).map(({ type, data }) => [type, data.isSaved]), [['MemoryV1', true]]);
  await server.sql(`DELETE FROM memory_asset WHERE memory_id = '${M}'`);
  assert.deepEqual(await news(phone), [{ type: 'MemoryToAssetDeleteV1', data: { memoryId: M, assetId: id } }]);
  await server.sql(`DELETE FROM memory WHERE id = '${M}'`);
  assert.deepEqual(await news(phone), [{ type: 'MemoryDeleteV1', data: { memoryId: M } }]);

  await server.sql(`INSERT INTO asset_edit (id, asset_id, sequence, action, parameters) VALUES ('${S}', '${id}', 0, 'rotate', '{"angle":90}')`);
  assert.deepEqual(await news(phone), [{ type: 'AssetEditV1', data: { id: S, assetId: id, sequence: 0, action: 'rotate', parameters: { angle: 90 } } }]);
  await server.sql(`DELETE FROM asset_edit WHERE id = '${S}'`);
  assert.deepEqual(await news(phone), [{ type: 'AssetEditDeleteV1', data: { editId: S } }]);
  await server.sql(`INSERT INTO asset_ocr (id, asset_id, x1, y1, x2, y2, x3, y3, x4, y4, box_score, text_score, body) VALUES ('${S}', '${id}', 0.1, 0.25, 1, 0, 0, 0, 0, 0, 0.9, 0.5, 'abc')`);
  assert.deepEqual(await news(phone), [{ type: 'AssetOcrV1', data: { id: S, assetId: id, x1: 0.1, y1: 0.25, x2: 1, y2: 0, x3: 0, y3: 0, x4: 0, y4: 0,
    boxScore: 0.9, textScore: 0.5, text: 'abc', isVisible: true } }]);
  await server.sql(`DELETE FROM asset_ocr WHERE id = '${S}'`);
  const [read] = await news(phone);
  assert.deepEqual([read.type, read.data.assetId], ['AssetOcrDeleteV1', id]);
  assert.ok(Math.abs(Date.parse(read.data.deletedAt) - Date.now()) < 600_000);

  // what goes with its asset is not told apart
  await call('POST', '/people', { name: 'x' }, user);
  await phone.sync();
  await server.sql(`INSERT INTO asset_edit (id, asset_id, sequence, action, parameters) VALUES ('${S}', '${id}', 0, 'rotate', '{}')`);
  await phone.sync();
  await call('DELETE', '/assets', { ids: [id], force: true }, user);
  await server.waitForJobs();
  assert.deepEqual(await news(phone), [{ type: 'AssetDeleteV1', data: { assetId: id } }]);
});

test('acks: checked, kept for the session, the last one wins', async () => {
  const { users: [user] } = await scene();
  const id = '01a1ffe2-d51a-7df5-b734-f872eec2fc34';
  const later = '01a1ffe2-d51a-7df5-b734-f872eec2fc35';
  const other = await server.login(user.email);
  await call('POST', '/sync/ack', { acks: [`UserV1|${later}`, `UserV1|${id}`, `AlbumUserBackfillV1|${id}|complete`] }, other);
  assert.deepEqual(await acksOf(other), { UserV1: `UserV1|${id}`, AlbumUserBackfillV1: `AlbumUserBackfillV1|${id}|complete` });
  assert.equal((await acksOf(user)).AlbumUserBackfillV1, undefined);
  const send = async (...acks) => call('POST', '/sync/ack', { acks }, other);
  (await send('Foo|x')).expect(400, 'Invalid ack type: Foo');
  for (const wrong of ['UserV1', 'UserV1|x', `UserV1|${id}|y`, `UserV1|${id}|${id}|z`, `UserV1|${id.toUpperCase()}`]) (await send(`PartnerV1|${id}`, wrong)).expect(400, /^Invalid ack/);
  assert.equal((await acksOf(other)).PartnerV1, undefined);
  (await send()).expect(204);
  (await call('POST', '/sync/ack', { acks: Array(1001).fill(`UserV1|${id}`) }, other)).expectIssues('acks');
  (await call('DELETE', '/sync/ack', { types: [] }, other)).expect(204);
  (await call('DELETE', '/sync/ack', { types: ['AssetV1', 'UserV1'] }, other)).expect(204);
  assert.deepEqual(Object.keys(await acksOf(other)), ['AlbumUserBackfillV1']);
  (await call('DELETE', '/sync/ack', { types: ['Moon'] }, other)).expect(400);
  (await call('DELETE', '/sync/ack', undefined, other)).expect(400);
  (await call('DELETE', '/sync/ack', {}, other)).expect(204);
  assert.deepEqual(await acksOf(other), {});
});

test('beginning again: asked for, or told to, or after a long absence', async () => {
  const { users: [user], phones: [phone] } = await scene();
  const reset = '{"type":"SyncResetV1","data":{},"ack":"SyncResetV1|reset"}\n';
  const ask = async (body = {}) => (await stream({ types: ['UsersV1'], ...body }, user)).expect(200).text;
  const { id } = (await call('GET', '/sessions', undefined, user)).expect(200).json.find(({ current }) => current);
  assert.doesNotMatch(await ask(), /UserV1"/);
  assert.match(await ask({ reset: true }), /"type":"UserV1"/);
  assert.deepEqual(await acksOf(user), {});
  (await call('PUT', `/sessions/${id}`, { isPendingSyncReset: true }, user)).expect(200);
  assert.equal(await ask(), reset);
  assert.equal(await ask(), reset);
  await phone.sync(); // acknowledges it and begins again
  assert.ok(phone.users.has(user.id));
  const at = (ms) => `${Math.floor(ms / 65536).toString(16).padStart(8, '0')}-0000-7000-8000-000000000000`;
  const old = at(Date.now() - 31 * 86400_000);
  await phone.ack(`SyncCompleteV1|${old}`);
  assert.equal(await ask(), reset);
  await phone.ack('SyncResetV1|reset', `UserV1|${old}`);
  assert.deepEqual(await acksOf(user), {});
  await phone.ack(`UserV1|${at(Date.now() + 31 * 86400_000)}`); // of a clock that was wrong
  assert.equal(await ask(), reset);
  await phone.sync();
  assert.match(await ask(), /"type":"SyncCompleteV1"/);
  (await stream({ types: ['UsersV1'], reset: 'true' }, user)).expect(400);
});

test('only a login session may ask, and only for what there is', async () => {
  const { users: [user] } = await scene();
  const key = await server.newKey(user);
  for (const [method, where, body] of [['POST', 'stream', { types: [] }], ['GET', 'ack'], ['POST', 'ack', { acks: [] }], ['DELETE', 'ack', {}]]) {
    (await call(method, `/sync/${where}`, body, key)).expect(403, ONLY_SESSIONS);
    (await call(method, `/sync/${where}`, body)).expect(401);
  }
  (await stream({ types: ['Moon'] }, user)).expect(400);
  (await stream({}, user)).expect(400);
});

/** @return ids of new albums, each with all assets of a user */
async function albumsWithAll(user, n) {
  const ids = [];
  for (let i = 0; i < n; i++) ids.push((await call('POST', '/albums', { albumName: `${i}` }, user)).expect(201).json.id);
  for (const id of ids) await server.sql(`INSERT INTO album_asset (album_id, asset_id, created_at, update_id) SELECT '${id}', id, 1, uuid_v7 () FROM asset WHERE owner_id = '${user.id}'`);
  await server.waitForJobs();
  return ids;
}

test('a long stream comes whole, and goes on where it was cut', async () => {
  const { users: [user, bob], phones: [phone, his] } = await scene(2);
  const n = 4500; // more than two batches
  await server.fill(user, n);
  const lines = await phone.lines();
  const own = lines.filter(({ type }) => type === 'AssetV2');
  assert.equal(new Set(own.map(({ data }) => data.id)).size, n);
  assert.equal(own.length, n);
  assert.deepEqual(own.map(({ ack }) => ack), own.map(({ ack }) => ack).sort());
  await phone.ack(own[2999].ack);
  assert.deepEqual((await phone.lines()).filter(({ type }) => type === 'AssetV2').map(({ ack }) => ack), own.slice(3000).map(({ ack }) => ack));
  (await call('DELETE', '/sync/ack', {}, user)).expect(204);
  await phone.sync();
  assert.equal(phone.assets.size, n);
  assert.equal(phone.exifs.size, n);

  // by a partner's and by an album, in windows over several parents
  await upload(bob);
  await call('POST', '/partners', { sharedWithId: bob.id }, user);
  const [one, two] = await albumsWithAll(user, 2);
  await phone.sync();
  assert.equal(phone.links.size, 2 * n);
  for (const id of [one, two]) await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: bob.id, role: 'viewer' }] }, user);
  const all = await his.sync();
  assert.equal(all.filter(({ type }) => type === 'PartnerAssetV2').length, n);
  assert.equal(all.filter(({ type }) => type === 'AlbumAssetCreateV2').length, 2 * n);
  assert.equal(his.links.size, 2 * n);
  await server.sql(`UPDATE asset SET is_favorite = 1 WHERE owner_id = '${user.id}'`);
  const updated = (await his.sync()).filter(({ type }) => type === 'AlbumAssetUpdateV2');
  assert.equal(new Set(updated.map(({ data }) => data.id)).size, n);
  assert.equal(updated.length, n);
});

/** Long metadata for all of a user's assets; not in what is searched, which would take long. */
const describeAtLength = (user) => server.sql(`UPDATE asset_exif SET profile_description = ${engine === 'sqlite' ? 'hex(zeroblob(50000))' : "repeat('0', 100000)"}
  WHERE asset_id IN (SELECT id FROM asset WHERE owner_id = '${user.id}')`);

/** A sync that the phone reads when something else was done while the server waits for it. */
async function slowSync(phone, meanwhile) {
  const headers = { authorization: `Bearer ${phone.user.token}`, 'content-type': 'application/json' };
  const response = await new Promise((resolve, reject) => {
    http.request(`${server.base}/api/sync/stream`, { method: 'POST', headers }, resolve).on('error', reject).end(JSON.stringify({ types: phone.requests }));
  });
  await sleep(500); // until what lies between the two is full
  await meanwhile();
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  phone.lines = async () => parseLines(text);
  const lines = await phone.sync();
  delete phone.lines;
  return lines;
}

test('of long rows the server reads no more than it sends', async () => {
  const { users: [user], phones: [phone] } = await scene();
  await server.fill(user, 400);
  await describeAtLength(user);
  const exifs = (lines) => lines.filter(({ type }) => type === 'AssetExifV1').map(({ data }) => data);
  const [[last]] = await server.sql(`SELECT asset_id FROM asset_exif WHERE owner_id = '${user.id}' ORDER BY update_id DESC LIMIT 1`);
  const first = exifs(await slowSync(phone, () => server.sql(`UPDATE asset_exif SET profile_description = 'new' WHERE asset_id = '${last}'`)));
  assert.equal(first.length, 399); // the last one was not read yet when it changed
  assert.ok(first.every(({ assetId }) => assetId !== last));
  assert.deepEqual(exifs(await phone.sync()).map(({ assetId, profileDescription }) => [assetId, profileDescription]), [[last, 'new']]);
});

test('a stream is broken off when its session has ended', async () => {
  const { users: [user], phones: [phone] } = await scene();
  await server.fill(user, 400);
  await describeAtLength(user);
  await assert.rejects(slowSync(phone, async () => {
    await sleep(1500); // who is there is looked at once a second
    (await call('POST', '/auth/logout', undefined, user)).expect(200);
  }), /terminated|aborted|other side closed|ECONNRESET/);
});

test('a partner and an album that come while the stream runs wait for the next one', async () => {
  const { users: [user, bob], phones: [, his] } = await scene(2);
  await server.fill(bob, 400);
  await describeAtLength(bob);
  await upload(bob);
  const theirs = [await upload(user), await upload(user)];
  await server.waitForJobs();
  const albumWith = async (albumName) => (await call('POST', '/albums', { albumName, assetIds: theirs }, user)).expect(201).json.id;
  const join = async (id) => (await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: bob.id, role: 'viewer' }] }, user)).expect(200);
  const [one, two] = [await albumWith('one'), await albumWith('two')];
  const ofOthers = (lines) => lines.map(({ type }) => type).filter((type) => /^Partner|^Album/.test(type));
  const countOf = (lines, type) => lines.filter((line) => line.type === type).length;

  // his metadata is long, what comes behind it is read later
  assert.deepEqual(ofOthers(await slowSync(his, async () => {
    (await call('POST', '/partners', { sharedWithId: bob.id }, user)).expect(201);
    await join(one);
  })), []);
  const next = await his.sync();
  for (const [type, n] of [['PartnerV1', 1], ['PartnerAssetV2', 2], ['PartnerAssetExifV1', 2], ['AlbumV2', 1], ['AlbumToAssetV1', 2]]) assert.equal(countOf(next, type), n, type);
  assert.equal(his.links.size, 2);

  // his albums are long
  const own = [];
  for (let i = 0; i < 60; i++) own.push((await call('POST', '/albums', { albumName: `${i}` }, bob)).expect(201).json.id);
  await server.sql(`UPDATE album SET description = ${engine === 'sqlite' ? 'hex(zeroblob(400000))' : "repeat('0', 800000)"} WHERE id IN ('${own.join("', '")}')`);
  const slow = await slowSync(his, () => join(two));
  assert.equal(countOf(slow, 'AlbumV2'), 60);
  assert.ok(!JSON.stringify(slow).includes(two));
  await his.sync();
  assert.deepEqual([his.links.size, his.albums.size], [4, 62]);
});

test('the end of a backfill whose last line is long stands where it ends', async () => {
  const { users: [user, bob], phones: [, his] } = await scene(2);
  await server.fill(user, 3);
  await describeAtLength(user);
  const [full] = await albumsWithAll(user, 1);
  const empty = (await call('POST', '/albums', { albumName: 'empty' }, user)).expect(201).json.id;
  const own = await upload(bob);
  await server.waitForJobs();
  (await call('POST', '/albums', { albumName: 'own', assetIds: [own] }, bob)).expect(201);
  await his.sync();
  for (const id of [full, empty]) (await call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: bob.id, role: 'viewer' }] }, user)).expect(200);
  const lines = await his.sync();
  assert.equal(lines.filter(({ type }) => type === 'AlbumAssetExifBackfillV1').length, 3);
  assert.equal(his.exifs.size, 4);
  assert.deepEqual(await news(his), []);
});

test('many changes in albums of others are searched once', async () => {
  const { users: [user, bob], phones: [, his] } = await scene(2);
  await server.fill(user, 4200);
  const [first] = await albumsWithAll(user, 5); // more than the window of a statement
  const before = await acksOf(bob);
  assert.equal(before.AlbumToAssetV1, undefined);
  assert.deepEqual(await typesOf(his), []);
  const after = await acksOf(bob);
  for (const type of ['AlbumToAssetV1', 'AlbumAssetCreateV2', 'AlbumAssetUpdateV2', 'AlbumAssetExifCreateV1', 'AlbumAssetExifUpdateV1'])
    assert.match(after[type], new RegExp(`^${type}\\|${UUID}$`));

  // nothing is lost by it: all that is older comes when he joins, once, and then what is new
  await call('PUT', `/albums/${first}/users`, { albumUsers: [{ userId: bob.id, role: 'viewer' }] }, user);
  const joined = await news(his);
  for (const type of ['AlbumToAssetBackfillV1', 'AlbumAssetBackfillV2', 'AlbumAssetExifBackfillV1'])
    assert.equal(joined.filter((line) => line.type === type).length, 4200, type);
  assert.deepEqual([...new Set(joined.map(({ type }) => type))].sort(), ['AlbumAssetBackfillV2', 'AlbumAssetExifBackfillV1', 'AlbumToAssetBackfillV1', 'AlbumUserV1',
    'AlbumV2']);
  const id = await upload(user);
  await server.waitForJobs();
  await call('PUT', `/albums/${first}/assets`, { ids: [id] }, user);
  assert.deepEqual((await news(his)).filter(({ type }) => type === 'AlbumToAssetV1').map(({ data }) => data.assetId), [id]);
  assert.equal(his.links.size, 4201);
});

test('what many write at once is missed by nobody', async () => {
  const { users: [user], phones: [phone] } = await scene();
  const ids = [];
  for (let i = 0; i < 12; i++) ids.push(await upload(user));
  let busy = true;
  const write = async (i) => {
    for (let n = 0; n < 15; n++) (await call('PUT', `/assets/${ids[i]}`, { isFavorite: n % 2 === 0, description: `${n}` }, user)).expect(200);
  };
  const follow = async () => {
    while (busy) await phone.sync();
  };
  const following = follow();
  await Promise.all(ids.map((_, i) => write(i)));
  await server.waitForJobs();
  busy = false;
  await following;
  await phone.sync();
  for (const id of ids) assert.deepEqual([phone.assets.get(id).isFavorite, phone.exifs.get(id).description], [true, '14']);
});

test('a change that is committed late is not skipped', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
  const { users: [user], phones: [phone] } = await scene();
  const [late, early] = [await upload(user), await upload(user)];
  await server.waitForJobs();
  await phone.sync();
  // other tests have databases in the same cluster
  const held = () => server.sql(`SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database ()
    WHERE l.locktype = 'advisory' AND l.classid::bigint >> 16 = 29801`);
  const slow = server.sql(`BEGIN; UPDATE asset SET original_file_name = 'late.jpg' WHERE id = '${late}';
    DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM system_metadata WHERE key = 'go') LOOP PERFORM pg_sleep (0.01); END LOOP; END $$; COMMIT`);
  await until(async () => (await held()).length > 0, 'the late change is made');
  (await call('PUT', `/assets/${early}`, { isFavorite: true }, user)).expect(200);
  await phone.sync();
  assert.equal(phone.assets.get(late).originalFileName, 'a.jpg');
  await server.sql("INSERT INTO system_metadata (key, value) VALUES ('go', '1')");
  await slow;
  await phone.sync();
  assert.equal(phone.assets.get(late).originalFileName, 'late.jpg');
  assert.equal(phone.assets.get(early).isFavorite, true);
});

test('notes of deletions are kept for a month', async () => {
  const { users: [user], phones: [phone] } = await scene();
  const now = Date.now();
  const id = (days) => `${Math.floor((now - days * 86400_000) / 65536).toString(16).padStart(8, '0')}-0000-7000-8000-0000000000${days}`;
  for (const days of [30, 32]) await server.sql(`INSERT INTO sync_delete VALUES ('${id(days)}', 'person', '${user.id}', '${id(days)}', NULL)`);
  const deleted = async () => (await phone.lines(true)).filter(({ type }) => type === 'PersonDeleteV1').map(({ data }) => data.personId);
  assert.deepEqual(await deleted(), [id(32), id(30)]);
  await server.sql(`INSERT INTO job (id, name, queue, data, run_after, created_at) VALUES ('${id(31)}', 'AuditTableCleanup', 'backgroundTask', '{}', 0, 0)`);
  await server.waitForJobs();
  assert.deepEqual(await deleted(), [id(30)]);
});

test('older clients: whole libraries and what changed since', async () => {
  const { users: [user, bob] } = await scene(2);
  const since = new Date(Date.now() - 1000).toISOString();
  const [one, two] = [await upload(user), await upload(user)];
  await server.waitForJobs();
  const until = new Date(Date.now() + 60_000).toISOString();
  const full = async (body, as = user) => call('POST', '/sync/full-sync', { limit: 10, updatedUntil: until, ...body }, as);
  const all = (await full({})).expect(200).json.map((a) => a.id);
  assert.deepEqual(all, [one, two].sort());
  const page = (await full({ limit: 1, lastId: all[0] })).expect(200).json;
  assert.deepEqual(page.map((a) => a.id), [all[1]]);
  (await full({ userId: user.id }, bob)).expect(400);
  const delta = async (body, as = user) => (await call('POST', '/sync/delta-sync', { updatedAfter: since, userIds: [user.id], ...body }, as)).expect(200).json;
  const changed = await delta({});
  assert.equal(changed.needsFullSync, false);
  assert.deepEqual(changed.upserted.map((a) => a.id).sort(), all);
  await call('DELETE', '/assets', { ids: [one], force: true }, user);
  await server.waitForJobs();
  const gone = await delta({});
  assert.deepEqual([gone.upserted.map((a) => a.id), gone.deleted], [[two], [one]]);
  for (const body of [{ userIds: [user.id, bob.id] }, { updatedAfter: '2020-01-01T00:00:00.000Z' }])
    assert.deepEqual(await delta(body), { needsFullSync: true, deleted: [], upserted: [] });
});

test('older clients: a partner has the timeline alone, and hears what leaves it', async () => {
  const { users: [alice, bob] } = await scene(2);
  const ids = [await upload(alice), await upload(alice)];
  await server.waitForJobs();
  await call('POST', '/partners', { sharedWithId: bob.id }, alice);
  const since = new Date(Date.now() - 60_000).toISOString();
  const until = new Date(Date.now() + 60_000).toISOString();
  const full = async (as) => (await call('POST', '/sync/full-sync', { limit: 10, updatedUntil: until, userId: alice.id }, as)).expect(200).json.map((a) => a.id);
  const delta = async (as, userIds) => (await call('POST', '/sync/delta-sync', { updatedAfter: since, userIds }, as)).expect(200).json;
  const both = [alice.id, bob.id];
  (await call('DELETE', '/assets', { ids: [ids[0]] }, alice)).expect(204);
  assert.deepEqual(await full(bob), [ids[1]]);
  const gone = await delta(bob, both);
  assert.deepEqual([gone.needsFullSync, gone.upserted.map((a) => a.id), gone.deleted], [false, [ids[1]], [ids[0]]]);
  // the owner has the trash, too
  assert.deepEqual(await full(alice), [...ids].sort());
  assert.deepEqual((await delta(alice, [alice.id])).upserted.map((a) => a.id).sort(), [...ids].sort());
  (await call('POST', '/trash/restore', undefined, alice)).expect(200);
  const back = await delta(bob, both);
  assert.deepEqual([back.upserted.map((a) => a.id).sort(), back.deleted], [[...ids].sort(), []]);
  (await call('DELETE', `/admin/users/${alice.id}`, {}, server.admin)).expect(200);
  assert.deepEqual(await delta(bob, both), { needsFullSync: true, deleted: [], upserted: [] });
  assert.equal((await delta(bob, [bob.id])).needsFullSync, false);
});
