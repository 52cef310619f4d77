// The map: whose markers are on it, and what a position is called.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { server } from './harness.mjs';

const ids = {};
let alice, bob, carl;
const get = (where, as = alice) => server.request('GET', where, { as });
const nameOf = (id) => Object.keys(ids).find((name) => ids[name] === id) ?? id;
const markers = async (query = '', as) => (await get(`/map/markers${query}`, as)).expect(200).json;
const names = async (query, as) => (await markers(query, as)).map(({ id }) => nameOf(id));

async function put(name, day, position, fields = {}, as = alice) {
  const at = `2024-05-${String(day).padStart(2, '0')}T12:00:00.000Z`;
  const bytes = jpeg({ date: at.slice(0, 19).replaceAll('-', ':').replace('T', ' '), offset: '+00:00', position });
  ids[name] = (await server.upload(bytes, `${name}.jpg`, { fileCreatedAt: at, fileModifiedAt: at, ...fields }, { as })).expect(201).json.id;
}

before(async () => {
  alice = await server.newUser();
  bob = await server.newUser();
  carl = await server.newUser();
  await put('berlin', 1, [52.52, 13.405]);
  await put('ocean', 2, [-30, -20]);
  await put('nowhere', 3);
  await put('old', 4, [48.85, 2.35], { visibility: 'archive' });
  await put('gone', 5, [48.85, 2.35]);
  await put('secret', 6, [48.85, 2.35]);
  await put('bobs', 7, [41.9, 12.5], {}, bob);
  await put('bobsOld', 8, [41.9, 12.5], { visibility: 'archive' }, bob);
  await put('carls', 9, [40.71, -74.0], { isFavorite: 'true' }, carl);
  await server.waitForJobs();
  (await server.request('PUT', `/assets/${ids.ocean}`, { as: alice, body: { isFavorite: true } })).expect(200);
  (await server.request('DELETE', '/assets', { as: alice, body: { ids: [ids.gone] } })).expect(204);
  await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id = '${ids.secret}'`);
  await server.sql(`INSERT INTO partner (shared_by_id, shared_with_id, in_timeline, created_at, updated_at, create_id, update_id)
    VALUES ('${bob.id}', '${alice.id}', 0, 1, 1, 'a', 'a')`);
  const album = randomUUID();
  await server.sql(`INSERT INTO album (id, name, created_at, updated_at, update_id) VALUES ('${album}', 'a', 1, 1, 'a')`);
  for (const [user, role] of [[carl, 'owner'], [alice, 'viewer']])
    await server.sql(`INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)
      VALUES ('${album}', '${user.id}', '${role}', 1, 'a', 'a')`);
  for (const name of ['carls', 'berlin', 'secret', 'gone'])
    await server.sql(`INSERT INTO album_asset (album_id, asset_id, created_at, update_id) VALUES ('${album}', '${ids[name]}', 1, 'a')`);
});

describe('markers', () => {
  test('are those of the own timeline, newest first', async () => {
    const list = await markers();
    assert.deepEqual(list.map(({ id }) => nameOf(id)), ['ocean', 'berlin']);
    assert.deepEqual(list[0], { id: ids.ocean, lat: -30, lon: -20, city: null, state: null, country: null });
    assert.deepEqual({ ...list[1], lat: 0, lon: 0 },
      { id: ids.berlin, lat: 0, lon: 0, city: 'Berlin', state: 'State of Berlin', country: 'Germany' });
    assert.ok(Math.abs(list[1].lat - 52.52) < 1e-4 && Math.abs(list[1].lon - 13.405) < 1e-4);
    assert.deepEqual(await names('', bob), ['bobs']);
  });

  test('with the archive, partners and albums as asked', async () => {
    assert.deepEqual(await names('?isArchived=true'), ['old', 'ocean', 'berlin']);
    assert.deepEqual(await names('?withPartners=true'), ['bobs', 'ocean', 'berlin']);
    assert.deepEqual(await names('?withPartners=true&isArchived=true'), ['bobs', 'old', 'ocean', 'berlin']);
    assert.deepEqual(await names('?withSharedAlbums=true'), ['carls', 'ocean', 'berlin']);
    assert.deepEqual(await names('?withSharedAlbums=true&withPartners=true'), ['carls', 'bobs', 'ocean', 'berlin']);
  });

  test('filtered by favourite and date', async () => {
    assert.deepEqual(await names('?isFavorite=true'), ['ocean']);
    assert.deepEqual(await names('?isFavorite=false&withSharedAlbums=true'), ['carls', 'berlin']);
    assert.deepEqual(await names('?fileCreatedAfter=2024-05-02T12:00:00.000Z'), ['ocean']);
    assert.deepEqual(await names('?fileCreatedBefore=2024-05-01T12:00:00.000Z'), ['berlin']);
    (await get('/map/markers?isFavorite=maybe')).expectIssues('isFavorite');
  });

  test('move with their assets', async () => {
    (await server.request('PUT', `/assets/${ids.nowhere}`, { as: alice, body: { latitude: 48.137, longitude: 11.575 } })).expect(200);
    await server.waitForJobs();
    assert.deepEqual(await names(), ['nowhere', 'ocean', 'berlin']);
    (await server.request('PUT', `/assets/${ids.nowhere}`, { as: alice, body: { visibility: 'archive' } })).expect(200);
    assert.deepEqual(await names(), ['ocean', 'berlin']);
  });
});

test('a position has a name, or none', async () => {
  const names = async (lat, lon) => (await get(`/map/reverse-geocode?lat=${lat}&lon=${lon}`)).expect(200).json;
  assert.deepEqual(await names(52.52, 13.405), [{ country: 'Germany', state: 'State of Berlin', city: 'Berlin' }]);
  assert.deepEqual(await names(0, 0), [{ country: null, state: null, city: null }]);
  (await get('/map/reverse-geocode?lat=91&lon=0')).expectIssues('lat');
  (await get('/map/reverse-geocode?lat=1')).expectIssues('lon');
  (await get('/system-metadata/reverse-geocoding-state')).expect(403);
  const state = (await get('/system-metadata/reverse-geocoding-state', await server.signUp())).expect(200).json;
  assert.equal(state.lastImportFileName, 'places.bin');
  assert.ok(Date.parse(state.lastUpdate) <= Date.now());
});
