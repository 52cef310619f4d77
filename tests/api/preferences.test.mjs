// Preferences, onboarding and licences.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const DEFAULTS = {
  albums: { defaultAssetOrder: 'desc' },
  folders: { enabled: false, sidebarWeb: false },
  memories: { enabled: true, duration: 5, sidebarWeb: false },
  people: { enabled: true, sidebarWeb: false },
  sharedLinks: { enabled: true, sidebarWeb: false },
  ratings: { enabled: false },
  tags: { enabled: false, sidebarWeb: false },
  emailNotifications: { enabled: true, albumInvite: true, albumUpdate: true },
  download: { archiveSize: 4294967296, includeEmbeddedVideos: false },
  purchase: { showSupportBadge: true, hideBuyButtonUntil: '2022-02-12T00:00:00.000Z' },
  cast: { gCastEnabled: false },
  recentlyAdded: { sidebarWeb: false },
};

const mine = async (as) => (await server.request('GET', '/users/me/preferences', { as })).expect(200).json;
const change = (as, body) => server.request('PUT', '/users/me/preferences', { as, body });

test('a new user has the defaults', async () => {
  assert.deepEqual(await mine(await server.newUser()), DEFAULTS);
});

test('a change touches what it names', async () => {
  const user = await server.newUser();
  const body = { memories: { enabled: false }, tags: { enabled: true, sidebarWeb: true }, download: { archiveSize: 1073741824 } };
  const expected = {
    ...DEFAULTS,
    memories: { ...DEFAULTS.memories, enabled: false },
    tags: { enabled: true, sidebarWeb: true },
    download: { ...DEFAULTS.download, archiveSize: 1073741824 },
  };
  assert.deepEqual((await change(user, body)).expect(200).json, expected);
  assert.deepEqual(await mine(user), expected);
  assert.deepEqual((await change(user, {})).expect(200).json, expected);
  assert.deepEqual((await change(user, { memories: { enabled: true } })).expect(200).json.memories, DEFAULTS.memories);
  assert.deepEqual((await change(user, { people: { minimumFaces: 7 } })).expect(200).json.people,
    { ...DEFAULTS.people, minimumFaces: 7 });
});

test('only what differs from the defaults is stored', async () => {
  const user = await server.newUser();
  (await change(user, { ratings: { enabled: true }, cast: { gCastEnabled: false } })).expect(200);
  const [[stored]] = await server.sql(
    `SELECT value FROM user_metadata WHERE user_id = '${user.id}' AND key = 'preferences'`);
  assert.deepEqual(JSON.parse(stored), { ratings: { enabled: true } });
});

test('what is wrong is refused where it stands', async () => {
  const user = await server.newUser();
  const bad = (await change(user, { memories: { enabled: 'yes' } })).expectIssues('memories.enabled');
  assert.equal(bad.json.errors[0].message, 'Invalid input: expected boolean, received string');
  (await change(user, { download: { archiveSize: 0 } })).expectIssues('download.archiveSize');
  (await change(user, { albums: { defaultAssetOrder: 'sideways' } })).expectIssues('albums.defaultAssetOrder');
  (await change(user, { tags: null })).expectIssues('tags');
  assert.deepEqual(await mine(user), DEFAULTS);
});

test("an admin reads and changes anybody's preferences", async () => {
  const user = await server.newUser();
  const admin = await server.signUp();
  const path = `/admin/users/${user.id}/preferences`;
  assert.deepEqual((await server.request('GET', path, { as: admin })).expect(200).json, DEFAULTS);
  (await server.request('PUT', path, { as: admin, body: { cast: { gCastEnabled: true } } })).expect(200);
  assert.equal((await mine(user)).cast.gCastEnabled, true);
  (await server.request('GET', path, { as: user })).expect(403, 'Forbidden');
  (await server.request('GET', `/admin/users/${MISSING}/preferences`, { as: admin })).expect(400, 'User not found');
  (await server.request('DELETE', `/admin/users/${user.id}`, { as: admin, body: {} })).expect(200);
  (await server.request('GET', path, { as: admin })).expect(200);
});

test('two changes at once both count', async () => {
  const user = await server.newUser();
  const replies = await Promise.all([
    change(user, { ratings: { enabled: true } }),
    change(user, { tags: { enabled: true } }),
    change(user, { folders: { enabled: true } }),
  ]);
  for (const reply of replies) reply.expect(200);
  const found = await mine(user);
  assert.deepEqual([found.ratings.enabled, found.tags.enabled, found.folders.enabled], [true, true, true]);
});

test('onboarding is remembered, and shown at login', async () => {
  const user = await server.newUser();
  const on = (method, body) => server.request(method, '/users/me/onboarding', { as: user, body });
  assert.deepEqual((await on('GET')).expect(200).json, { isOnboarded: false });
  assert.deepEqual((await on('PUT', { isOnboarded: true })).expect(200).json, { isOnboarded: true });
  assert.deepEqual((await on('GET')).expect(200).json, { isOnboarded: true });
  assert.equal((await server.login(user.email)).isOnboarded, true);
  (await on('DELETE')).expect(204);
  (await on('DELETE')).expect(204);
  assert.deepEqual((await on('GET')).expect(200).json, { isOnboarded: false });
  (await on('PUT', {})).expectIssues('isOnboarded');
});

test('the onboarding of the server is for admins', async () => {
  const user = await server.newUser();
  const admin = await server.signUp();
  const on = (method, as, body) => server.request(method, '/system-metadata/admin-onboarding', { as, body });
  assert.deepEqual((await on('GET', admin)).expect(200).json, { isOnboarded: false });
  (await on('POST', admin, { isOnboarded: true })).expect(204);
  assert.deepEqual((await on('GET', admin)).expect(200).json, { isOnboarded: true });
  (await on('GET', user)).expect(403, 'Forbidden');
  (await on('POST', user, { isOnboarded: false })).expect(403, 'Forbidden');
});

test('no licence is ever found or taken', async () => {
  const user = await server.newUser();
  const admin = await server.signUp();
  const key = { licenseKey: `IMSV${'-AAAA'.repeat(8)}`, activationKey: 'x' };
  for (const [as, path] of [[user, '/users/me/license'], [admin, '/server/license']]) {
    (await server.request('GET', path, { as })).expect(404, 'Not Found');
    (await server.request('PUT', path, { as, body: key })).expect(400, 'Invalid license key');
    (await server.request('PUT', path, { as, body: { ...key, licenseKey: 'IMXX' } })).expectIssues('licenseKey');
    (await server.request('DELETE', path, { as })).expect(204);
  }
  assert.equal((await server.request('GET', '/users/me', { as: user })).json.license, null);
});
