// What the server says of itself, and to whom.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { newServer, server } from './harness.mjs';

const get = async (where, as) => (await server.request('GET', where, { as })).expect(200).json;

test('ping is what container health checks compare', async () => {
  const reply = (await server.request('GET', '/server/ping')).expect(200);
  assert.equal(reply.text, '{"res":"pong"}');
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8');
});

test('nobody needs to log in to see whether it is set up', async () => {
  const before = await get('/server/config');
  assert.deepEqual([before.isInitialized, before.isOnboarded], [false, false]);
  const admin = await server.signUp();
  assert.equal((await get('/server/config')).isInitialized, true);
  (await server.request('POST', '/system-metadata/admin-onboarding', { as: admin, body: { isOnboarded: true } })).expect(204);
  const config = await get('/server/config');
  assert.equal(config.isOnboarded, true);
  assert.deepEqual([config.loginPageMessage, config.trashDays, config.userDeleteDelay, config.oauthButtonText],
    ['', 30, 7, 'Login with OAuth']);
  assert.deepEqual([config.externalDomain, config.publicUsers, config.maintenanceMode, config.minFaces], ['', true, false, 3]);
  assert.match(config.mapLightStyleUrl, /^https:\/\//);
  assert.match(config.mapDarkStyleUrl, /^https:\/\//);
});

test('the version is that of the API which clients know', async () => {
  const version = await get('/server/version');
  assert.deepEqual(version, { major: 3, minor: 2, patch: 2, prerelease: null });
  const [newest, ...older] = await get('/server/version-history');
  assert.deepEqual([newest.version, older], ['3.2.2', []]);
  assert.match(newest.createdAt, /^\d{4}-.*\.\d{3}Z$/);
  await server.restart();
  assert.equal((await get('/server/version-history')).length, 1);
});

test('no version check is made, and none is told of', async () => {
  const admin = await server.signUp();
  const nothing = { checkedAt: null, releaseVersion: null };
  assert.deepEqual(await get('/server/version-check', admin), nothing);
  assert.deepEqual(await get('/system-metadata/version-check-state', admin), nothing);
});

test('features that are not built are off, whatever the config says', async () => {
  const features = await get('/server/features');
  for (const [name, value] of Object.entries({
    smartSearch: false, facialRecognition: false, duplicateDetection: true, ocr: false, oauth: false, oauthAutoLaunch: false,
    importFaces: false, email: false, trash: true, sidecar: true, passwordLogin: true, configFile: false,
    reverseGeocoding: true, realtimeTranscoding: false,
  })) assert.equal(features[name], value, name);
});

test('media types are those that are taken, in order', async () => {
  const types = await get('/server/media-types');
  assert.deepEqual(Object.keys(types), ['video', 'image', 'sidecar']);
  assert.deepEqual(types.sidecar, ['.xmp']);
  assert.deepEqual(types.image.slice(0, 8), ['.avif', '.bmp', '.gif', '.jpeg', '.jpg', '.png', '.webp', '.3fr']);
  assert.equal(types.video.join(' '), '.3gp .3gpp .avi .flv .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf ' +
    '.ts .vob .webm .wmv');
  assert.equal(types.image.length, 48);
});

test('about names the API version and the program', async () => {
  const user = await server.newUser();
  const about = await get('/server/about', user);
  assert.deepEqual([about.version, about.licensed], ['v3.2.2', false]);
  assert.match(about.build, /^Tintype \d/);
  const links = await get('/server/apk-links', user);
  assert.deepEqual(Object.keys(links), ['arm64v8a', 'armeabiv7a', 'universal', 'x86_64']);
  for (const link of Object.values(links)) assert.match(link, /^https:\/\/.*\/v3\.2\.2\/app-.*\.apk$/);
});

test('storage is that of the file system of the media folder', async () => {
  const storage = await get('/server/storage', await server.newUser());
  const disk = fs.statfsSync(server.media);
  assert.equal(storage.diskSizeRaw, disk.blocks * disk.bsize);
  assert.ok(storage.diskUseRaw > 0 && storage.diskUseRaw <= storage.diskSizeRaw);
  assert.ok(Math.abs(storage.diskUsagePercentage - (storage.diskUseRaw / storage.diskSizeRaw) * 100) <= 0.005001);
  for (const name of ['diskSize', 'diskAvailable', 'diskUse']) assert.match(storage[name], /^\d+(\.\d [KMGTPE]iB| B)$/, name);
});

test('statistics sum up what users store', async () => {
  const admin = await server.signUp();
  const other = await server.newUser({ quotaSizeInBytes: 5_000_000 });
  const files = [jpeg(), jpeg()];
  for (const file of files) (await server.upload(file, 'a.jpg', {}, { as: other })).expect(201);
  const { id } = (await server.upload(jpeg(), 'trashed.jpg', {}, { as: other })).expect(201).json;
  (await server.request('DELETE', '/assets', { as: other, body: { ids: [id] } })).expect(204);
  const stats = await get('/server/statistics', admin);
  const mine = stats.usageByUser.find(({ userId }) => userId === other.id);
  const bytes = files[0].length + files[1].length;
  assert.deepEqual([mine.photos, mine.videos, mine.usage, mine.usagePhotos, mine.usageVideos, mine.quotaSizeInBytes],
    [2, 0, bytes, bytes, 0, 5_000_000]);
  assert.equal(stats.usageByUser[0].userId, admin.id);
  for (const name of ['photos', 'videos', 'usage', 'usagePhotos', 'usageVideos'])
    assert.equal(stats[name], stats.usageByUser.reduce((sum, user) => sum + user[name], 0), name);
});

test('who may not is told so', async () => {
  const user = await server.newUser();
  const admin = await server.signUp();
  for (const where of ['/server/about', '/server/storage', '/server/apk-links', '/server/version-check', '/server/statistics'])
    (await server.request('GET', where)).expect(401, 'Authentication required');
  (await server.request('GET', '/server/statistics', { as: user })).expect(403, 'Forbidden');
  const key = await server.newKey(admin, 'asset.read');
  (await server.request('GET', '/server/about', { as: key })).expect(403, 'Missing required permission: server.about');
  (await server.request('GET', '/server/statistics', { as: key })).expect(403, 'Missing required permission: server.statistics');
});

test('with IMMICH_ALLOW_SETUP=false no visitor can become the admin', async () => {
  const closed = newServer();
  await closed.start({ IMMICH_ALLOW_SETUP: 'false' });
  assert.equal((await closed.request('GET', '/server/config')).json.isInitialized, true);
  (await closed.request('POST', '/auth/admin-sign-up', { body: { email: 'a@example.com', password: 'Passw0rd!', name: 'A' } }))
    .expect(400, 'Admin setup is disabled');
});
