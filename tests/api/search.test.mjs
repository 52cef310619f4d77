// Searching: filters of both forms, order and pages, whose assets are found, suggestions, people, places.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { jpeg, sha1 } from './fixtures.mjs';
import { server } from './harness.mjs';

const ids = {};
const bytes = {};
let alice, bob, carl, albumId, tagParent, tagChild;
const q = (text) => (text === null || text === undefined ? 'NULL' : `'${String(text).replaceAll("'", "''")}'`);
const call = (method, where, body, as = alice) => server.request(method, where, { as, body });
const metadata = async (body, as) => (await call('POST', '/search/metadata', body, as)).expect(200).json.assets;
const nameOf = (id) => Object.keys(ids).find((name) => ids[name] === id) ?? id;
const names = (list) => list.map(({ id }) => nameOf(id));
const found = async (body, as) => names((await metadata(body, as)).items);
const filtered = (filter, as) => found({ filter }, as);
const sorted = async (promise) => (await promise).sort();

/** Upload a picture taken on this day of 2024, and what its metadata says. */
async function put(name, day, facts = {}, as = alice) {
  const at = `2024-03-${String(day).padStart(2, '0')}T12:00:00.000Z`;
  const exif = { date: at.slice(0, 19).replaceAll('-', ':').replace('T', ' '), offset: '+00:00', ...facts.exif };
  bytes[name] = jpeg(exif);
  ids[name] = (await server.upload(bytes[name], facts.file ?? `${name}.jpg`, { fileCreatedAt: at, fileModifiedAt: at, ...facts.fields }, { as }))
    .expect(201).json.id;
}

async function describe_(name, facts, as = alice) {
  (await call('PUT', `/assets/${ids[name]}`, facts, as)).expect(200);
}

before(async () => {
  alice = await server.newUser({ name: 'Alice' });
  bob = await server.newUser({ name: 'Bob' });
  carl = await server.newUser({ name: 'Carl' });
  await put('sea', 1, { file: 'Ausflug_ans-Meer (1).jpg', exif: { make: 'Canon', model: 'EOS 7D', position: [52.52, 13.405] } });
  await put('tree', 2, { file: 'BAUM.JPG', exif: { make: 'Canon', model: 'EOS R5' } });
  await put('house', 3, { exif: { make: 'NIKON', model: 'D90', position: [48.137, 11.575] } });
  await put('cat', 4, {});
  await put('old', 5, { fields: { visibility: 'archive' } });
  await put('secret', 6, {});
  await put('gone', 7, {});
  await put('twin', 4, {}); // the same moment as the cat
  await put('bobs', 8, { exif: { make: 'Sony', position: [52.52, 13.405] } }, bob);
  await put('bobsOld', 9, { fields: { visibility: 'archive' } }, bob);
  await put('carls', 10, { exif: { make: 'Leica' } }, carl);
  await server.waitForJobs();
  await describe_('sea', { description: 'Ein schöner Tag am Strand', rating: 5 });
  await describe_('tree', { description: 'ein Baum', isFavorite: true, rating: 2 });
  await describe_('gone', { description: 'a beach' });
  await server.waitForJobs(); // which read the files once more, and find no tags there
  (await call('DELETE', '/assets', { ids: [ids.gone] })).expect(204);
  await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id = '${ids.secret}'`);
  await server.sql(`INSERT INTO partner (shared_by_id, shared_with_id, in_timeline, created_at, updated_at, create_id, update_id)
    VALUES ('${bob.id}', '${alice.id}', 1, 1, 1, 'a', 'a')`);
  albumId = randomUUID();
  await server.sql(`INSERT INTO album (id, name, created_at, updated_at, update_id) VALUES ('${albumId}', 'a', 1, 1, 'a')`);
  for (const [user, role] of [[carl, 'owner'], [alice, 'viewer']])
    await server.sql(`INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)
      VALUES ('${albumId}', '${user.id}', '${role}', 1, 'a', 'a')`);
  for (const name of ['carls', 'cat'])
    await server.sql(`INSERT INTO album_asset (album_id, asset_id, created_at, update_id) VALUES ('${albumId}', '${ids[name]}', 1, 'a')`);
  tagParent = randomUUID();
  tagChild = randomUUID();
  for (const [id, parent, value] of [[tagParent, null, 'Urlaub'], [tagChild, tagParent, 'Urlaub/Ostsee']])
    await server.sql(`INSERT INTO tag (id, owner_id, parent_id, value, created_at, updated_at, update_id)
      VALUES ('${id}', '${alice.id}', ${q(parent)}, '${value}', 1, 1, 'a')`);
  for (const [tag, ancestor] of [[tagParent, tagParent], [tagChild, tagChild], [tagChild, tagParent]])
    await server.sql(`INSERT INTO tag_ancestor (tag_id, ancestor_id) VALUES ('${tag}', '${ancestor}')`);
  for (const [tag, name] of [[tagChild, 'sea'], [tagParent, 'house']])
    await server.sql(`INSERT INTO tag_asset (tag_id, asset_id) VALUES ('${tag}', '${ids[name]}')`);
  // as the server does it, so that the next look at the file does not take the tag away
  await server.sql(`UPDATE asset_exif SET tags = '["Urlaub"]', locked_properties = '["tags"]' WHERE asset_id = '${ids.house}'`);
});

describe('what is found', () => {
  test('everything but the locked and the trash, newest first, with what partners show', async () => {
    const twins = ids.cat > ids.twin ? ['cat', 'twin'] : ['twin', 'cat'];
    assert.deepEqual(await found({}), ['bobs', 'old', ...twins, 'house', 'tree', 'sea']);
    assert.deepEqual(await found({ order: 'asc' }), ['bobs', 'old', ...twins, 'house', 'tree', 'sea'].reverse());
    assert.deepEqual(await found({ visibility: 'timeline' }), ['bobs', ...twins, 'house', 'tree', 'sea']);
    assert.deepEqual(await found({ visibility: 'archive' }), ['old']);
    assert.deepEqual(await found({}, carl), ['carls']);
  });

  test('the answer has what clients read', async () => {
    const { items: [item], ...rest } = await metadata({ id: ids.sea });
    assert.deepEqual(rest, { total: 1, count: 1, facets: [], nextPage: null, nextCursor: null });
    assert.equal(item.exifInfo, undefined);
    assert.deepEqual(item.people, []);
    const reply = (await call('POST', '/search/metadata', { id: ids.sea, withExif: true })).json;
    assert.deepEqual(reply.albums, { total: 0, count: 0, items: [], facets: [] });
    assert.equal(reply.assets.items[0].exifInfo.city, 'Berlin');
    (await call('POST', '/search/metadata', undefined)).expect(400);
  });

  test('locked assets need an unlocked session, and to be asked for', async () => {
    for (const where of ['metadata', 'random', 'statistics'])
      (await call('POST', `/search/${where}`, { visibility: 'locked' })).expect(401, 'Elevated permission is required');
    (await call('POST', '/search/large-assets?visibility=locked')).expect(401, 'Elevated permission is required');
    for (const visibility of [{ eq: 'locked' }, { in: ['timeline', 'locked'] }, { ne: 'timeline' }, { notIn: ['archive'] }])
      (await call('POST', '/search/metadata', { filter: { visibility } })).expect(401);
    (await call('POST', '/search/metadata', { filter: { or: [{ visibility: { eq: 'locked' } }] } })).expect(401);
    (await call('POST', '/auth/pin-code', { pinCode: '123456' })).expect(204);
    const elevated = await server.login(alice.email);
    (await call('POST', '/auth/session/unlock', { pinCode: '123456' }, elevated)).expect(204);
    assert.deepEqual(await found({ visibility: 'locked' }, elevated), ['secret']);
    assert.deepEqual(await filtered({ visibility: { eq: 'locked' } }, elevated), ['secret']);
    assert.ok(!(await found({}, elevated)).includes('secret'));
    assert.equal((await call('POST', '/search/statistics', { visibility: 'locked' }, elevated)).json.total, 1);
  });

  test('the trash only when asked, and never that of others', async () => {
    assert.ok((await found({ withDeleted: true })).includes('gone'));
    assert.deepEqual(await found({ trashedAfter: '2020-01-01T00:00:00Z' }), ['gone']);
    assert.deepEqual(await filtered({ trashedAt: { ne: null } }), ['gone']);
    assert.ok((await filtered({})).includes('gone'));
    assert.ok(!(await filtered({ trashedAt: { eq: null } })).includes('gone'));
  });
});

describe('the flat form', () => {
  const cases = [
    ['city', { city: 'Berlin' }, ['bobs', 'sea']],
    ['city of another case', { city: 'berlin' }, []],
    ['make', { make: 'Canon' }, ['sea', 'tree']],
    ['make and model', { make: 'Canon', model: 'EOS R5' }, ['tree']],
    ['no make', { make: null, visibility: 'timeline' }, ['cat', 'twin']],
    ['rating', { rating: 5 }, ['sea']],
    ['favourites', { isFavorite: true }, ['tree']],
    ['a part of a file name', { originalFileName: 'AUSFLUG_ans' }, ['sea']],
    ['a short part of a file name', { originalFileName: 'au' }, ['sea', 'tree']],
    ['a file name with a wildcard', { originalFileName: 'aus%meer' }, ['sea']],
    ['a description without its accents', { description: 'SCHONER tag' }, ['sea']],
    ['an empty text is no filter', { description: '', type: 'VIDEO' }, []],
    ['both', { description: 'ein', originalFileName: 'baum' }, ['tree']],
    ['words of all', { query: 'strand berl' }, ['sea']],
    ['a word of a tag', { query: 'ostsee' }, ['sea']],
    ['a word of a camera', { query: 'nikon d90' }, ['house']],
    ['a part that begins no word', { query: 'trand' }, []],
    ['nothing but signs', { query: '--' }, []],
    ['dates', { takenAfter: '2024-03-02T00:00:00Z', takenBefore: '2024-03-03T12:00:00.000Z' }, ['house', 'tree']],
    ['no album', { isNotInAlbum: true }, ['bobs', 'house', 'old', 'sea', 'tree', 'twin']],
    ['type', { type: 'VIDEO' }, []],
    ['motion', { isMotion: true }, []],
    ['ocr', { ocr: 'x' }, []],
  ];
  for (const [name, body, wanted] of cases)
    test(name, async () => {
      assert.deepEqual(await sorted(found(body)), wanted);
      const { order, query, originalFileName, ...rest } = body;
      if (!query && !originalFileName)
        assert.equal((await call('POST', '/search/statistics', rest)).expect(200).json.total, wanted.length);
    });

  test('tags have what is tagged below them; given twice they count once', async () => {
    assert.deepEqual(await sorted(found({ tagIds: [tagParent] })), ['house', 'sea']);
    assert.deepEqual(await found({ tagIds: [tagChild] }), ['sea']);
    assert.deepEqual(await found({ tagIds: [tagChild, tagParent, tagChild] }), ['sea']);
    assert.deepEqual(await sorted(found({ tagIds: null, visibility: 'timeline' })), ['bobs', 'cat', 'tree', 'twin']);
    assert.deepEqual(await found({ tagIds: [randomUUID()] }), []);
  });

  test('checksums are base64 or hex', async () => {
    const hex = sha1(bytes.cat);
    assert.deepEqual(await found({ checksum: hex.toUpperCase() }), ['cat']);
    assert.deepEqual(await found({ checksum: Buffer.from(hex, 'hex').toString('base64') }), ['cat']);
    assert.deepEqual(await found({ checksum: 'garbage' }), []);
  });

  test('paths are those that clients are told', async () => {
    const { items: [item] } = await metadata({ id: ids.cat });
    assert.deepEqual(await found({ originalPath: item.originalPath.toUpperCase() }), ['cat']);
  });

  test('changes are found at once', async () => {
    await describe_('house', { description: 'Zuhause bei Łukasz' });
    assert.deepEqual(await found({ query: 'lukasz' }), ['house']);
    await describe_('house', { description: '' });
    assert.deepEqual(await found({ query: 'lukasz' }), []);
    await server.sql(`UPDATE tag SET value = 'Urlaub/Nordsee' WHERE id = '${tagChild}'`);
    assert.deepEqual(await found({ query: 'nordsee' }), ['sea']);
    assert.deepEqual(await found({ query: 'ostsee' }), []);
    await server.sql(`UPDATE tag SET value = 'Urlaub/Ostsee' WHERE id = '${tagChild}'`);
  });

  test('what cannot be is refused', async () => {
    (await call('POST', '/search/metadata', { rating: 6 })).expectIssues('rating');
    (await call('POST', '/search/metadata', { page: 0 })).expectIssues('page');
    (await call('POST', '/search/metadata', { size: 1001 })).expectIssues('size');
    (await call('POST', '/search/metadata', { takenAfter: '2024-01-01' })).expectIssues('takenAfter');
    (await call('POST', '/search/metadata', { description: 'x'.repeat(2000) })).expect(400, /longer than/);
  });
});

describe('pages', () => {
  test('follow each other without gaps', async () => {
    const all = await found({});
    const seen = [];
    let page = 1;
    for (;;) {
      const { items, nextPage, count } = await metadata({ size: 2, page });
      assert.equal(count, items.length);
      seen.push(...names(items));
      if (nextPage === null) break;
      assert.equal(nextPage, String(page + 1));
      page++;
    }
    assert.deepEqual(seen, all);
    assert.deepEqual((await metadata({ page: 99 })).items, []);
  });

  test('of the structured form have cursors', async () => {
    const all = await filtered({ trashedAt: { eq: null } });
    const seen = [];
    let cursor;
    do {
      const { items, nextPage, nextCursor } = await metadata({ filter: { trashedAt: { eq: null } }, size: 3, cursor });
      assert.equal(nextPage, null);
      seen.push(...names(items));
      cursor = nextCursor ?? undefined;
    } while (cursor);
    assert.deepEqual(seen, all);
    (await call('POST', '/search/metadata', { cursor: '!!' })).expect(400, 'Invalid cursor');
  });
});

describe('the structured form', () => {
  const cases = [
    ['eq', { city: { eq: 'Berlin' } }, ['bobs', 'sea']],
    ['ne does not match nulls', { make: { ne: 'Canon' } }, ['bobs', 'house']],
    ['null', { make: { eq: null }, visibility: { eq: 'timeline' }, trashedAt: { eq: null } }, ['cat', 'twin']],
    ['in', { make: { in: ['NIKON', 'Sony'] } }, ['bobs', 'house']],
    ['like', { description: { like: 'SCHÖNER' } }, ['sea']],
    ['notLike', { originalFileName: { notLike: 'a' }, make: { in: ['Canon', 'NIKON'] } }, ['house']],
    ['startsWith', { originalFileName: { startsWith: 'ausf' } }, ['sea']],
    ['endsWith', { originalFileName: { endsWith: 'UM.jpg' } }, ['tree']],
    ['rating', { rating: { gte: 2, lt: 5 } }, ['tree']],
    ['ratings', { rating: { in: [1, 5] } }, ['sea']],
    ['size', { fileSizeInBytes: { lt: 1 } }, []],
    ['dates', { takenAt: { gt: '2024-03-02T12:00:00Z', lte: '2024-03-03T12:00:00Z' } }, ['house']],
    ['flags', { isFavorite: { eq: true }, hasTags: { eq: false }, hasAlbums: { eq: false }, hasPeople: { eq: false } }, ['tree']],
    ['or', { or: [{ make: { eq: 'NIKON' } }, { rating: { eq: 5 }, type: { in: ['IMAGE'] } }] }, ['house', 'sea']],
    ['ocr', { ocr: { matches: 'x' } }, []],
  ];
  for (const [name, filter, wanted] of cases)
    test(name, async () => {
      assert.deepEqual(await sorted(filtered(filter)), wanted);
      assert.equal((await call('POST', '/search/statistics', { filter })).expect(200).json.total, wanted.length);
      const random = (await call('POST', '/search/random', { filter })).expect(200).json;
      assert.deepEqual(names(random).sort(), wanted);
    });

  test('sets', async () => {
    assert.deepEqual(await sorted(filtered({ tagIds: { any: [tagChild, tagParent] } })), ['house', 'sea']);
    assert.deepEqual(await filtered({ tagIds: { all: [tagChild, tagParent] } }), ['sea']);
    assert.deepEqual(await filtered({ tagIds: { any: [tagParent], none: [tagChild] } }), ['house']);
    const checksum = { in: [sha1(bytes.cat), sha1(bytes.tree)] };
    assert.deepEqual(await sorted(filtered({ checksum })), ['cat', 'tree']);
  });

  test('orders', async () => {
    const order = async (field, direction) =>
      found({ filter: { rating: { ne: null } }, orderBy: { field, direction } });
    assert.deepEqual(await order('rating'), ['sea', 'tree']);
    assert.deepEqual(await order('rating', 'asc'), ['tree', 'sea']);
    assert.deepEqual(await order('localDateTime', 'asc'), ['sea', 'tree']);
    assert.deepEqual(await order('fileSizeInBytes', 'asc').then((list) => list.sort()), ['sea', 'tree']);
    const rated = await found({ orderBy: { field: 'rating', direction: 'asc' } });
    assert.deepEqual(rated.slice(0, 2), ['tree', 'sea']);
  });

  test('does not mix with the flat one', async () => {
    const reply = (await call('POST', '/search/metadata', { filter: {}, city: 'Berlin' })).expectIssues('city');
    assert.equal(reply.json.errors[0].message, 'Deprecated field city cannot be combined with filter');
    (await call('POST', '/search/random', { filter: {}, isFavorite: true })).expectIssues('isFavorite');
    assert.deepEqual(await found({ filter: {}, withStacked: true, query: 'nikon' }), ['house']);
    (await call('POST', '/search/metadata', { filter: { city: {} } })).expectIssues('filter.city');
    (await call('POST', '/search/metadata', { filter: { or: [{}, { takenAt: {} }] } })).expectIssues('filter.or.1.takenAt');
  });

  test('has a hundred branches at most', async () => {
    const branches = (n) => ({ filter: { or: Array.from({ length: n }, () => ({ type: { eq: 'VIDEO' }, isMotion: { eq: true } })) } });
    for (const where of ['metadata', 'random', 'statistics']) {
      (await call('POST', `/search/${where}`, branches(100))).expect(200);
      (await call('POST', `/search/${where}`, branches(101))).expectIssues('filter.or');
      (await call('POST', `/search/${where}`, branches(3000))).expectIssues('filter.or');
    }
  });
});

describe('albums', () => {
  test('have the assets of all members', async () => {
    assert.deepEqual(await found({ albumIds: [albumId] }), ['carls', 'cat']);
    assert.deepEqual(await filtered({ albumIds: { any: [albumId] } }), ['carls', 'cat']);
    assert.deepEqual(await filtered({ or: [{ albumIds: { any: [albumId] } }, { rating: { eq: 5 } }] }), ['carls', 'cat', 'sea']);
    assert.deepEqual(await filtered({ or: [{ albumIds: { any: [albumId] } }, { make: { eq: 'Leica' } }] }), ['carls', 'cat']);
  });

  test('are not searched by those who are no members', async () => {
    for (const body of [{ albumIds: [albumId] }, { filter: { albumIds: { none: [albumId] } } }, { albumIds: [randomUUID()] }])
      (await call('POST', '/search/metadata', body, bob)).expect(400, 'Not found or no album.read access');
  });

  test('do not show what others have in the trash or locked, in none of the branches', async () => {
    const [owner, viewer] = [await server.newUser(), await server.newUser()];
    for (const [day, name] of ['shared', 'trashed', 'locked'].entries()) await put(name, 11 + day, { exif: { make: 'Agfa' } }, owner);
    await put('own', 20, { exif: { make: 'Zeiss' } }, viewer);
    await server.waitForJobs();
    const users = [{ userId: viewer.id, role: 'editor' }];
    const assetIds = [ids.shared, ids.trashed, ids.locked];
    const id = (await call('POST', '/albums', { albumName: 'b', assetIds, albumUsers: users }, owner)).expect(201).json.id;
    (await call('DELETE', '/assets', { ids: [ids.trashed] }, owner)).expect(204);
    // it stays in the album, as after a restored backup
    await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id = '${ids.locked}'`);
    for (const user of [owner, viewer]) {
      (await call('POST', '/auth/pin-code', { pinCode: '123456' }, user)).expect(204);
      (await call('POST', '/auth/session/unlock', { pinCode: '123456' }, user)).expect(204);
    }
    const inAlbum = { albumIds: { any: [id] } };
    const filters = [{ or: [inAlbum, { make: { eq: 'Zeiss' } }] }, { or: [{ make: { eq: 'Zeiss' } }, { albumIds: { all: [id] } }] }];
    for (const filter of filters) {
      assert.deepEqual(await filtered(filter, viewer), ['own', 'shared']);
      assert.deepEqual(names((await call('POST', '/search/random', { filter }, viewer)).expect(200).json).sort(), ['own', 'shared']);
      assert.equal((await call('POST', '/search/statistics', { filter }, viewer)).expect(200).json.total, 2);
      assert.deepEqual(await filtered({ ...filter, visibility: { eq: 'locked' } }, viewer), []);
      assert.deepEqual(await filtered({ ...filter, trashedAt: { ne: null } }, viewer), []);
    }
    assert.deepEqual(await filtered({ or: [{ ...inAlbum, visibility: { eq: 'locked' } }, { make: { eq: 'Zeiss' } }] }, viewer), ['own']);
    // its owner finds both
    const mixed = { or: [inAlbum, { make: { eq: 'Leica' } }] };
    assert.deepEqual(await filtered({ ...mixed, visibility: { eq: 'locked' } }, owner), ['locked']);
    assert.deepEqual(await filtered({ ...mixed, trashedAt: { ne: null } }, owner), ['trashed']);
  });
});

describe('people', () => {
  const person = randomUUID();
  before(async () => {
    for (const [id, owner, name, hidden] of [[person, alice, 'Zoë Müller', 0], [randomUUID(), alice, 'Bob', 0],
      [randomUUID(), alice, 'Hidden Zoe', 1], [randomUUID(), bob, 'Zoe', 0]])
      await server.sql(`INSERT INTO person (id, owner_id, name, is_hidden, created_at, updated_at, update_id)
        VALUES ('${id}', '${owner.id}', '${name}', ${hidden}, 1, 1, 'a')`);
    await server.sql(`INSERT INTO asset_face (id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2, source_type, created_at, updated_at, update_id)
      VALUES ('${randomUUID()}', '${ids.tree}', '${person}', 1, 1, 0, 0, 1, 1, 'manual', 1, 1, 'a')`);
  });

  test('are found by about their name', async () => {
    const search = async (query) => (await call('GET', `/search/person?${query}`)).expect(200).json.map(({ name }) => name);
    assert.deepEqual(await search('name=zoe'), ['Zoë Müller']);
    assert.deepEqual(await search('name=mueler'), []);
    assert.deepEqual(await search('name=muler'), ['Zoë Müller']);
    assert.deepEqual(await search('name=b'), ['Bob']);
    assert.deepEqual(await search('name=zoe&withHidden=true'), ['Hidden Zoe', 'Zoë Müller']);
    (await call('GET', '/search/person')).expectIssues('name');
  });

  test('filter assets', async () => {
    assert.deepEqual(await found({ personIds: [person] }), ['tree']);
    assert.deepEqual(await filtered({ personIds: { none: [person] }, make: { eq: 'Canon' } }), ['sea']);
    assert.deepEqual(await filtered({ hasPeople: { eq: true } }), ['tree']);
  });
});

describe('the others', () => {
  test('statistics count as the kept counts do', async () => {
    const count = async (body, as) => (await call('POST', '/search/statistics', body, as)).expect(200).json.total;
    assert.equal(await count({}, carl), 1);
    assert.equal(await count({ type: 'VIDEO' }, carl), 0);
    assert.equal(await count({ visibility: 'archive' }, bob), 1);
    assert.equal(await count({ isFavorite: true }), 1);
    assert.equal(await count({}), 7);
    assert.equal(await count({ withDeleted: true, filter: undefined }), 8 - 1);
  });

  test('random gives some of all', async () => {
    const all = names((await call('POST', '/search/random', {})).expect(200).json).sort();
    assert.deepEqual(all, (await found({})).sort());
    assert.equal((await call('POST', '/search/random', { size: 2 })).json.length, 2);
  });

  test('large ones come by size', async () => {
    const list = (await call('POST', '/search/large-assets?size=3&isFavorite=false')).expect(200).json;
    assert.equal(list.length, 3);
    const sizes = list.map(({ exifInfo }) => exifInfo.fileSizeInByte);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
    assert.deepEqual((await call('POST', '/search/large-assets?minFileSize=1000000')).json, []);
    assert.deepEqual(names((await call('POST', `/search/large-assets?city=Berlin&rating=5`)).json), ['sea']);
  });

  test('smart search is off', async () => {
    (await call('POST', '/search/smart', { query: 'x' })).expect(400, 'Smart search is not enabled');
    const features = (await call('GET', '/server/features')).json;
    assert.deepEqual([features.search, features.map, features.smartSearch], [true, true, false]);
  });

  test('suggestions', async () => {
    const suggest = async (query) => (await call('GET', `/search/suggestions?${query}`)).expect(200).json;
    assert.deepEqual(await suggest('type=country'), ['Germany']);
    assert.deepEqual(await suggest('type=city'), ['Berlin', 'Munich']);
    assert.deepEqual(await suggest('type=city&country=France'), []);
    assert.deepEqual(await suggest('type=city&country=Germany&state=Bavaria'), ['Munich']);
    assert.deepEqual(await suggest('type=camera-make'), ['Canon', 'NIKON', 'Sony']);
    assert.deepEqual(await suggest('type=camera-model&make=Canon'), ['EOS 7D', 'EOS R5']);
    // a null among texts is against the contract's types, but what clients ask for
    const plain = async (query) =>
      (await fetch(`${server.base}/api/search/suggestions?${query}`, { headers: { authorization: `Bearer ${alice.token}` } })).json();
    assert.deepEqual(await plain('type=camera-model&make=Canon&includeNull=true'), ['EOS 7D', 'EOS R5', null]);
    assert.deepEqual(await plain('type=camera-lens-model&includeNull=true'), [null]);
    assert.deepEqual(await plain('type=camera-lens-model&includeNull=false'), []);
    (await call('GET', '/search/suggestions?type=moon')).expectIssues('type');
  });

  test('cities and explore', async () => {
    const cities = (await call('GET', '/search/cities')).expect(200).json;
    assert.deepEqual(cities.map(({ exifInfo }) => exifInfo.city), ['Berlin', 'Munich']);
    const [byCity, byTime] = (await call('GET', '/search/explore')).expect(200).json;
    assert.deepEqual([byCity.fieldName, byCity.items], ['exifInfo.city', []]);
    assert.equal(byTime.fieldName, 'createdAt');
    assert.deepEqual(names(byTime.items.map(({ data }) => data)), ['twin', 'cat', 'house', 'tree', 'sea']);
    assert.equal(byTime.items[0].value, byTime.items[0].data.createdAt);
    for (let i = 0; i < 4; i++) await put(`more${i}`, 20 + i, { exif: { position: [52.52, 13.405] } });
    await server.waitForJobs();
    const [explored] = (await call('GET', '/search/explore')).json;
    assert.deepEqual(explored.items.map(({ value }) => value), ['Berlin']);
  });

  test('places', async () => {
    const places = async (name) => (await call('GET', `/search/places?name=${encodeURIComponent(name)}`)).expect(200).json;
    const [berlin] = await places('berlin');
    assert.deepEqual([berlin.name, Math.round(berlin.latitude), Math.round(berlin.longitude)], ['Berlin', 53, 13]);
    assert.equal((await places('Reykjavk'))[0].name, 'Reykjavík');
    assert.equal((await places('München'))[0].name, 'Munich');
    assert.deepEqual((await places('portland oregon'))[0].admin1name, 'Oregon');
    assert.deepEqual(await places(''), []);
    assert.equal((await places('san')).length, 20);
    await places('x'.repeat(100));
    (await call('GET', `/search/places?name=${'x'.repeat(101)}`)).expectIssues('name');
  });
});

describe('a shared link', () => {
  test('searches its album alone', async () => {
    const key = Buffer.alloc(50, 7);
    const blob = process.env.TINTYPE_TEST_ENGINE === 'postgres' ? `'\\x${key.toString('hex')}'` : `X'${key.toString('hex')}'`;
    await server.sql(`INSERT INTO shared_link (id, owner_id, type, album_id, key, created_at) VALUES
      ('${randomUUID()}', '${carl.id}', 'ALBUM', '${albumId}', ${blob}, 1)`);
    const search = (body) => server.request('POST', `/search/metadata?key=${key.toString('base64url')}`, { body });
    (await search({})).expect(400, 'Shared link access is only allowed in combination with an albumIds filter');
    assert.deepEqual(names((await search({ albumIds: [albumId] })).expect(200).json.assets.items), ['carls', 'cat']);
    (await search({ albumIds: [randomUUID()] })).expect(400, 'Not found or no album.read access');
    assert.deepEqual(names((await search({ filter: { albumIds: { all: [albumId] } } })).json.assets.items), ['carls', 'cat']);
    (await search({ filter: { or: [{ albumIds: { any: [albumId] } }, {}] } })).expect(400);
  });
});
