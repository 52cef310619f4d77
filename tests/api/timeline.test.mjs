// The timeline: months, buckets as columns, filters, and who may see them.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { server } from './harness.mjs';
import { png } from './pictures.mjs';

const COLUMNS = [
  'city', 'country', 'duration', 'id', 'visibility', 'isFavorite', 'isImage', 'isTrashed', 'livePhotoVideoId',
  'fileCreatedAt', 'localOffsetHours', 'createdAt', 'ownerId', 'projectionType', 'ratio', 'status', 'thumbhash',
];
let admin, bob;
let seed = 0;
const ids = {};

async function put(name, fileCreatedAt, fields = {}, as = admin) {
  const reply = await server.upload(png(8, 6, ++seed), name, { fileCreatedAt, fileModifiedAt: fileCreatedAt, ...fields }, { as });
  return reply.expect(201).json.id;
}
const buckets = (query = '', as = admin) => server.request('GET', `/timeline/buckets${query}`, { as });
const bucket = (query, as = admin) => server.request('GET', `/timeline/bucket?${query}`, { as });
/** The month in which the server got it: it may be over when a test looks. */
const monthOfUpload = async (id, as = admin) => (await server.request('GET', `/assets/${id}`, { as })).expect(200).json.createdAt.slice(0, 7);
const counts = async (query, as) =>
  Object.fromEntries((await buckets(query, as)).expect(200).json.map((month) => [month.timeBucket, month.count]));

before(async () => {
  admin = await server.signUp();
  bob = await server.newUser();
  ids.march1 = await put('a.png', '2024-03-05T10:00:00.000Z');
  ids.march2 = await put('b.png', '2024-03-05T11:30:00.250Z');
  ids.march3 = await put('c.png', '2024-03-31T23:59:59.999Z');
  ids.april = await put('d.png', '2024-04-01T00:00:00.000Z');
  ids.archived = await put('e.png', '2024-04-10T00:00:00.000Z', { visibility: 'archive' });
  ids.favorite = await put('f.png', '2019-12-24T18:00:00.000Z', { isFavorite: 'true' });
  ids.old = await put('g.png', '1955-07-01T12:00:00.500Z');
  ids.trashed = await put('h.png', '2021-01-01T00:00:00.000Z');
  ids.video = await put('i.mp4', '2018-06-06T06:06:06.000Z', { duration: 1500 });
  ids.bob = await put('j.png', '2024-03-07T00:00:00.000Z', {}, bob);
  await server.waitForJobs();
  (await server.request('DELETE', '/assets', { as: admin, body: { ids: [ids.trashed] } })).expect(204);
});

describe('months', () => {
  test('come newest first with their counts, timeline and archive together', async () => {
    assert.deepEqual((await buckets()).expect(200).json, [
      { timeBucket: '2024-04-01', count: 2 },
      { timeBucket: '2024-03-01', count: 3 },
      { timeBucket: '2019-12-01', count: 1 },
      { timeBucket: '2018-06-01', count: 1 },
      { timeBucket: '1955-07-01', count: 1 },
    ]);
  });

  test('come oldest first when asked', async () => {
    const names = (await buckets('?order=asc')).expect(200).json.map((month) => month.timeBucket);
    assert.deepEqual(names, ['1955-07-01', '2018-06-01', '2019-12-01', '2024-03-01', '2024-04-01']);
  });

  test('are filtered by visibility, favourite and trash', async () => {
    assert.deepEqual(await counts('?visibility=archive'), { '2024-04-01': 1 });
    assert.equal((await counts('?visibility=timeline'))['2024-04-01'], 1);
    assert.deepEqual(await counts('?isFavorite=true'), { '2019-12-01': 1 });
    assert.equal((await counts('?isFavorite=false'))['2019-12-01'], undefined);
    assert.deepEqual(await counts('?isTrashed=true'), { '2021-01-01': 1 });
  });

  test('follow the upload when asked', async () => {
    const month = await monthOfUpload(ids.march1);
    const all = await counts('?orderBy=createdAt');
    assert.equal(Object.values(all).reduce((a, b) => a + b, 0), 8);
    assert.ok(`${month}-01` in all);
  });

  test('follow every change of an asset', async () => {
    const id = await put('k.png', '2010-10-10T10:10:10.000Z');
    await server.waitForJobs();
    assert.equal((await counts(''))['2010-10-01'], 1);
    (await server.request('PUT', `/assets/${id}`, { as: admin, body: { dateTimeOriginal: '2011-11-11T11:11:11.000Z' } })).expect(200);
    const moved = await counts('');
    assert.equal(moved['2010-10-01'], undefined);
    assert.equal(moved['2011-11-01'], 1);
    (await server.request('DELETE', '/assets', { as: admin, body: { ids: [id], force: true } })).expect(204);
    assert.equal((await counts(''))['2011-11-01'], undefined);
  });

  test('are empty for who has nothing', async () => {
    assert.deepEqual((await buckets('', await server.newUser())).expect(200).json, []);
  });
});

describe('a bucket', () => {
  test('has its columns in the known order', async () => {
    const json = (await bucket('timeBucket=2024-03-01')).expect(200).json;
    assert.deepEqual(Object.keys(json), COLUMNS);
    for (const column of COLUMNS) assert.equal(json[column].length, 3, column);
  });

  test('holds what the assets are', async () => {
    const json = (await bucket('timeBucket=2024-03-01')).expect(200).json;
    assert.deepEqual(json.id, [ids.march3, ids.march2, ids.march1]);
    assert.deepEqual(json.fileCreatedAt, ['2024-03-31T23:59:59.999', '2024-03-05T11:30:00.25', '2024-03-05T10:00:00']);
    assert.deepEqual(json.localOffsetHours, [0, 0, 0]);
    assert.deepEqual(json.ratio, [1.333, 1.333, 1.333]);
    assert.deepEqual(json.isImage, [true, true, true]);
    assert.deepEqual(json.status, ['active', 'active', 'active']);
    assert.deepEqual(new Set(json.ownerId), new Set([admin.id]));
    for (const hash of json.thumbhash) assert.ok(Buffer.from(hash, 'base64').length > 4);
    for (const at of json.createdAt) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$/);
  });

  test('of videos says so', async () => {
    const json = (await bucket('timeBucket=2018-06-01')).expect(200).json;
    assert.deepEqual([json.isImage, json.duration], [[false], [1500]]);
  });

  test('before 1970 is in its month', async () => {
    const json = (await bucket('timeBucket=1955-07-01')).expect(200).json;
    assert.deepEqual([json.id, json.fileCreatedAt], [[ids.old], ['1955-07-01T12:00:00.5']]);
  });

  test('comes oldest first when asked', async () => {
    const json = (await bucket('timeBucket=2024-03-01&order=asc')).expect(200).json;
    assert.deepEqual(json.id, [ids.march1, ids.march2, ids.march3]);
  });

  test('is filtered as the months are', async () => {
    assert.deepEqual((await bucket('timeBucket=2024-04-01&visibility=archive')).json.id, [ids.archived]);
    assert.deepEqual((await bucket('timeBucket=2024-04-01')).json.id, [ids.archived, ids.april]);
    assert.deepEqual((await bucket('timeBucket=2019-12-01&isFavorite=true')).json.isFavorite, [true]);
    assert.deepEqual((await bucket('timeBucket=2019-12-01&isFavorite=false')).json.id, []);
    const trash = (await bucket('timeBucket=2021-01-01&isTrashed=true')).json;
    assert.deepEqual([trash.id, trash.isTrashed, trash.status], [[ids.trashed], [true], ['trashed']]);
  });

  test('has the order of the upload when asked', async () => {
    const month = await monthOfUpload(ids.march1);
    const json = (await bucket(`timeBucket=${month}-01&orderBy=createdAt&order=asc`)).expect(200).json;
    assert.deepEqual(json.id[0], ids.march1);
    assert.deepEqual([...json.createdAt].sort(), json.createdAt);
  });

  test('has coordinates and stacks only when asked', async () => {
    (await server.request('PUT', `/assets/${ids.april}`, { as: admin, body: { latitude: 52.5, longitude: 13.25 } })).expect(200);
    const json = (await bucket('timeBucket=2024-04-01&visibility=timeline&withCoordinates=true&withStacked=true')).expect(200).json;
    assert.deepEqual([json.latitude, json.longitude, json.stack], [[52.5], [13.25], [null]]);
  });

  test('takes a whole time and a sign before it', async () => {
    for (const name of ['2024-03-01T00:00:00.000Z', '%2B2024-03-01', '-2024-03-01'])
      assert.equal((await bucket(`timeBucket=${name}`)).expect(200).json.id.length, 3, name);
  });

  test('of another day than the first is empty', async () => {
    assert.deepEqual((await bucket('timeBucket=2024-03-05')).expect(200).json.id, []);
    assert.deepEqual((await bucket('timeBucket=1800-01-01')).expect(200).json.id, []);
  });

  test('without or with a broken name is refused', async () => {
    (await bucket('')).expectIssues('timeBucket');
    for (const name of ['hello', '2022-03', '', '2024-13-01'])
      (await bucket(`timeBucket=${name}`)).expectIssues('timeBucket');
  });
});

describe('an area', () => {
  before(async () => {
    const places = [[ids.march1, 52.5, 13.25], [ids.favorite, -17, 179.5], [ids.old, -18, -179.5]];
    for (const [id, latitude, longitude] of places)
      (await server.request('PUT', `/assets/${id}`, { as: admin, body: { latitude, longitude } })).expect(200);
  });

  test('shows only what lies in it', async () => {
    const inside = await counts('?bbox=13,52,14,53');
    assert.equal(inside['2024-03-01'], 1);
    assert.equal(inside['2019-12-01'], undefined);
    assert.deepEqual((await bucket('timeBucket=2024-03-01&bbox=13,52,14,53')).json.id, [ids.march1]);
    assert.deepEqual((await bucket('timeBucket=2024-03-01&bbox=14,52,15,53')).json.id, []);
  });

  test('may cross the antimeridian', async () => {
    assert.deepEqual(await counts('?bbox=179,-20,-179,-10'), { '2019-12-01': 1, '1955-07-01': 1 });
    assert.deepEqual(await counts('?bbox=-179,-20,179,-10'), {});
  });

  test('is checked', async () => {
    const refused = async (bbox) => (await buckets(`?bbox=${bbox}`)).expect(400).json.errors[0];
    assert.equal((await refused('nonsense')).message, 'bbox must have 4 comma-separated numbers: west,south,east,north');
    assert.equal((await refused('1,2,3,4,5')).message, 'bbox must have 4 comma-separated numbers: west,south,east,north');
    assert.equal((await refused('1,2,3,x')).message, 'bbox parts must be valid numbers');
    assert.equal((await refused('1,inf,3,4')).message, 'bbox parts must be valid numbers');
    assert.deepEqual((await refused('-181,2,3,4')).path, ['bbox', 'west']);
    assert.deepEqual((await refused('1,2,3,91')).path, ['bbox', 'north']);
    assert.equal((await refused('1,5,3,4')).message, 'North latitude must be greater than or equal to south latitude');
  });
});

describe('access', () => {
  test('needs a login', async () => {
    (await server.request('GET', '/timeline/buckets')).expect(401);
    (await server.request('GET', '/timeline/bucket?timeBucket=2024-03-01')).expect(401);
  });

  test('shows one owner only', async () => {
    assert.deepEqual(await counts('', bob), { '2024-03-01': 1 });
    assert.deepEqual((await bucket('timeBucket=2024-03-01', bob)).json.id, [ids.bob]);
    assert.deepEqual(await counts(`?userId=${bob.id}`, bob), { '2024-03-01': 1 });
    (await buckets(`?userId=${bob.id}`)).expect(400, 'Not found or no timeline.read access');
    (await bucket(`timeBucket=2024-03-01&userId=${bob.id}`)).expect(400, 'Not found or no timeline.read access');
  });

  test('to the locked folder needs the PIN', async () => {
    (await buckets('?visibility=locked')).expect(401, 'Elevated permission is required');
    (await server.request('POST', '/auth/pin-code', { as: admin, body: { pinCode: '123456' } })).expect(204);
    const id = await put('locked.png', '2005-05-05T05:05:05.000Z', { visibility: 'locked' });
    await server.waitForJobs();
    (await server.request('POST', '/auth/session/unlock', { as: admin, body: { pinCode: '123456' } })).expect(204);
    assert.deepEqual(await counts('?visibility=locked'), { '2005-05-01': 1 });
    assert.deepEqual((await bucket('timeBucket=2005-05-01&visibility=locked')).json.id, [id]);
    assert.equal((await counts(''))['2005-05-01'], undefined);
    (await buckets(`?visibility=locked&userId=${bob.id}`)).expect(400, "You may not access another user's locked timeline");
    (await server.request('POST', '/auth/session/lock', { as: admin })).expect(204);
  });

  test('to unknown albums, tags and people is refused', async () => {
    const id = '6f891704-e36c-4bd6-9a26-0a999fde9fcd';
    (await buckets(`?albumId=${id}`)).expect(400, 'Not found or no album.read access');
    (await buckets(`?tagId=${id}`)).expect(400, 'Not found or no tag.read access');
    (await buckets(`?personId=${id}`)).expect(400, 'Not found or no person.read access');
    (await buckets('?albumId=nonsense')).expectIssues('albumId');
  });

  test('to favourites is to the own ones: what others marked is to nobody else a favourite', async () => {
    const [owner, viewer] = [await server.newUser(), await server.newUser()];
    const marked = await put('x.png', '2001-02-03T00:00:00.000Z', { isFavorite: 'true' }, owner);
    const plain = await put('y.png', '2001-02-04T00:00:00.000Z', {}, owner);
    const own = await put('z.png', '2001-02-05T00:00:00.000Z', { isFavorite: 'true' }, viewer);
    const other = await put('w.png', '2001-02-06T00:00:00.000Z', {}, viewer);
    await server.waitForJobs();
    const as = (user) => async (method, path, body, status) => (await server.request(method, path, { as: user, body })).expect(status).json;
    const album = await as(owner)('POST', '/albums', { albumName: 'x', assetIds: [marked, plain], albumUsers: [{ userId: viewer.id, role: 'editor' }] }, 201);
    await as(viewer)('PUT', `/albums/${album.id}/assets`, { ids: [own, other] }, 200);
    await as(owner)('POST', '/partners', { sharedWithId: viewer.id }, 201);
    const link = await as(owner)('POST', '/shared-links', { type: 'ALBUM', albumId: album.id }, 201);
    for (const id of [marked, plain]) await as(owner)('PUT', `/assets/${id}`, { latitude: 10, longitude: 10 }, 200);
    for (const id of [own, other]) await as(viewer)('PUT', `/assets/${id}`, { latitude: 10, longitude: 10 }, 200);
    const month = await monthOfUpload(marked, owner);
    const cases = [
      [`albumId=${album.id}`, owner, [marked], [plain, own, other]],
      [`albumId=${album.id}`, viewer, [own], [marked, plain, other]],
      [`albumId=${album.id}&userId=${owner.id}`, viewer, [], [marked, plain]],
      [`albumId=${album.id}&key=${link.key}`, undefined, [], [marked, plain, own, other]],
      [`userId=${owner.id}`, viewer, [], [marked, plain]],
      [`userId=${viewer.id}`, viewer, [own], [other]],
    ];
    for (const [query, user, favorites, others] of cases)
      for (const more of ['', '&bbox=9,9,11,11', '&orderBy=createdAt', '&withStacked=true', '&order=asc'])
        for (const [isFavorite, wanted] of [[true, favorites], [false, others]]) {
          const where = `${query}${more}&isFavorite=${isFavorite}`;
          const list = (await bucket(`timeBucket=${more.includes('createdAt') ? month : '2001-02'}-01&${where}`, user)).expect(200).json;
          assert.deepEqual([...list.id].sort(), [...wanted].sort(), where);
          assert.equal(Object.values(await counts(`?${where}`, user)).reduce((a, b) => a + b, 0), wanted.length, where);
        }
  });

  test('to partners is only for what they share', async () => {
    const text = 'withPartners is only supported for non-archived, non-trashed, non-favorited assets';
    for (const query of ['', '&visibility=archive', '&visibility=timeline&isFavorite=true', '&visibility=timeline&isTrashed=true'])
      (await buckets(`?withPartners=true${query}`)).expect(400, text);
    assert.equal((await counts('?withPartners=true&visibility=timeline'))['2024-03-01'], 3);
  });

  test('by an API key needs asset.read', async () => {
    (await buckets('', await server.newKey(admin, 'asset.read'))).expect(200);
    (await buckets('', await server.newKey(admin, 'asset.view'))).expect(403);
  });
});
