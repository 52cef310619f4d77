// The official SDK, as programs use it: it knows the API's paths, fields and kinds of answers by itself.
// One story, told from top to bottom; every answer is held against the contract on its way.
import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import * as sdk from '@immich/sdk';
import { Contract } from './contract.mjs';
import { jpeg, sha1 } from './fixtures.mjs';
import { password, server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const ADMIN = { email: 'admin@example.com', name: 'Ada', password };
/* How programs write a day that pictures were taken. */
const TAKEN = '2024-03-05T10:00:00.000Z';

let admin; // who signed up
let token; // of a session
let apiKey; // the SDK's credential from the second part on
let asset; // the first one
let others; // two more

/** As the web app and programs with a session do it. */
const as = (sessionToken) => ({ headers: { Authorization: `Bearer ${sessionToken}` } });

/** That @param promise fails with this status and text, as the SDK tells it. */
async function refuses(promise, status, message) {
  const error = await promise.then(() => assert.fail(`${message} was expected`), (reason) => reason);
  assert.ok(sdk.isHttpError(error), String(error));
  // Calls that answer nothing or a file give the error as they would give the answer.
  let { data } = error;
  if (data instanceof Blob) data = await data.text();
  if (typeof data === 'string') data = JSON.parse(data);
  assert.deepEqual([error.status, data.message, data.statusCode], [status, message, status]);
  return data;
}

async function upload(bytes, name, more = {}, opts = undefined) {
  const { xImmichChecksum, ...fields } = more;
  const assetData = new File([bytes], name);
  const assetMediaCreateDto = { assetData, fileCreatedAt: TAKEN, fileModifiedAt: TAKEN, ...fields };
  return sdk.uploadAsset({ assetMediaCreateDto, xImmichChecksum }, opts);
}

const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());

before(async () => {
  await server.start();
  const contract = await Contract.of(server.base);
  sdk.setBaseUrl(`${server.base}/api`);
  sdk.setFetch(async (input, options) => {
    const response = await fetch(input, options);
    const { pathname, search } = new URL(input);
    const bytes = Buffer.from(await response.clone().arrayBuffer());
    contract.check(options?.method ?? 'GET', pathname + search, response, bytes);
    return response;
  });
});

// ---- without a credential, then with a session ----

test('a new server tells that it waits for its admin', async () => {
  assert.deepEqual(await sdk.pingServer(), { res: 'pong' });
  assert.deepEqual(await sdk.getServerVersion(), { major: 3, minor: 2, patch: 2, prerelease: null });
  assert.equal((await sdk.getServerConfig()).isInitialized, false);
  assert.equal((await sdk.getServerFeatures()).passwordLogin, true);
  assert.ok((await sdk.getSupportedMediaTypes()).image.includes('.jpg'));
  await refuses(sdk.getMyUser(), 401, 'Authentication required');
});

test('the first user signs up and is the admin; there is no second one', async () => {
  admin = await sdk.signUpAdmin({ signUpDto: ADMIN });
  assert.deepEqual([admin.email, admin.name, admin.isAdmin, admin.status], [ADMIN.email, 'Ada', true, 'active']);
  assert.equal((await sdk.getServerConfig()).isInitialized, true);
  await refuses(sdk.signUpAdmin({ signUpDto: { ...ADMIN, email: 'other@example.com' } }), 400,
    'The server already has an admin');
});

test('logging in gives a session that knows who it is', async () => {
  await refuses(sdk.login({ loginCredentialDto: { email: ADMIN.email, password: 'wrong' } }), 401,
    'Incorrect email or password');
  const session = await sdk.login({ loginCredentialDto: { email: ADMIN.email, password } });
  token = session.accessToken;
  server.admin = { ...session, id: session.userId, token }; // for the harness's own requests
  assert.deepEqual([session.userId, session.userEmail, session.isAdmin], [admin.id, ADMIN.email, true]);
  assert.deepEqual(await sdk.validateAccessToken(as(token)), { authStatus: true });
  assert.equal((await sdk.getMyUser(as(token))).id, admin.id);
  const status = await sdk.getAuthStatus(as(token));
  assert.deepEqual([status.password, status.pinCode, status.isElevated], [true, false, false]);
});

test('what is wrong with a request is told field by field', async () => {
  const wrong = sdk.createApiKey({ apiKeyCreateDto: { name: 'x', permissions: ['no.such'] } }, as(token));
  const { errors } = await refuses(wrong, 400, 'Validation failed');
  assert.deepEqual(errors.map((issue) => issue.path), [['permissions', 0]]);
});

test('sessions are listed, changed and ended', async () => {
  const { accessToken: second } = await sdk.login({ loginCredentialDto: { email: ADMIN.email, password } });
  const list = await sdk.getSessions(as(second));
  assert.equal(list.length, 2);
  const [current] = list.filter((each) => each.current);
  const [first] = list.filter((each) => !each.current);

  const child = await sdk.createSession({ sessionCreateDto: { duration: 60, deviceType: 'Cast' } }, as(second));
  assert.deepEqual([child.deviceType, child.current], ['Cast', false]);
  assert.equal((await sdk.getMyUser(as(child.token))).id, admin.id);

  const changed = await sdk.updateSession(
    { id: current.id, sessionUpdateDto: { isPendingSyncReset: true } }, as(second));
  assert.equal(changed.isPendingSyncReset, true);

  await sdk.deleteSession({ id: current.id }, as(token));
  await refuses(sdk.getMyUser(as(second)), 401, 'Invalid user token');
  await refuses(sdk.getMyUser(as(child.token)), 401, 'Invalid user token');
  assert.deepEqual((await sdk.getSessions(as(token))).map((each) => each.id), [first.id]);

  const { accessToken: third } = await sdk.login({ loginCredentialDto: { email: ADMIN.email, password } });
  await sdk.deleteAllSessions(as(token));
  await refuses(sdk.getMyUser(as(third)), 401, 'Invalid user token');
  const { accessToken: fourth } = await sdk.login({ loginCredentialDto: { email: ADMIN.email, password } });
  assert.equal((await sdk.logout(as(fourth))).successful, true);
  await refuses(sdk.getMyUser(as(fourth)), 401, 'Invalid user token');
});

// ---- with an API key ----

test('a key stands for its user and for no more than its permissions', async () => {
  const make = (name, permissions) => sdk.createApiKey({ apiKeyCreateDto: { name, permissions } }, as(token));
  const narrow = await make('narrow', [sdk.Permission.UserRead]);
  sdk.init({ baseUrl: `${server.base}/api`, apiKey: narrow.secret });
  assert.equal((await sdk.getMyUser()).id, admin.id);
  assert.deepEqual((await sdk.getMyApiKey()).permissions, ['user.read']);
  await refuses(sdk.getAssetStatistics({}), 403, 'Missing required permission: asset.statistics');

  const all = await make('all', [sdk.Permission.All]);
  apiKey = all.secret;
  sdk.init({ baseUrl: `${server.base}/api`, apiKey });
  assert.deepEqual((await sdk.getApiKeys()).map((each) => each.name).sort(), ['all', 'narrow']);
  const renamed = await sdk.updateApiKey({ id: all.apiKey.id, apiKeyUpdateDto: { name: 'everything' } });
  assert.deepEqual([renamed.name, renamed.permissions], ['everything', ['all']]);

  await sdk.deleteApiKey({ id: narrow.apiKey.id });
  sdk.setApiKey(narrow.secret);
  await refuses(sdk.getMyUser(), 401, 'Invalid API key');
  sdk.setApiKey(apiKey);
  assert.equal((await sdk.getMyUser()).id, admin.id);
});

test('preferences are changed one by one', async () => {
  const before = await sdk.getMyPreferences();
  const change = { tags: { enabled: true, sidebarWeb: true }, download: { archiveSize: 12345 } };
  const changed = await sdk.updateMyPreferences({ userPreferencesUpdateDto: change });
  assert.deepEqual(changed.tags, change.tags);
  assert.deepEqual(changed.download, { ...before.download, archiveSize: 12345 });
  assert.deepEqual({ ...changed, tags: before.tags, download: before.download }, before);
  assert.deepEqual(await sdk.getMyPreferences(), changed);
});

test('users are made, changed, deleted and brought back', async () => {
  const made = await sdk.createUserAdmin({
    userAdminCreateDto: { email: 'Eve@Example.com', name: 'Eve', password, quotaSizeInBytes: 1000, avatarColor: 'red' },
  });
  assert.deepEqual([made.email, made.quotaSizeInBytes, made.avatarColor, made.isAdmin],
    ['eve@example.com', 1000, 'red', false]);
  const { id } = made;
  await refuses(sdk.createUserAdmin({ userAdminCreateDto: { email: 'eve@example.com', name: 'E', password } }), 400,
    'Email is not available');

  const changed = await sdk.updateUserAdmin({ id, userAdminUpdateDto: { name: 'Evelyn', quotaSizeInBytes: null } });
  assert.deepEqual([changed.name, changed.quotaSizeInBytes, changed.email], ['Evelyn', null, 'eve@example.com']);
  assert.deepEqual(await sdk.getUserAdmin({ id }), changed);
  assert.deepEqual((await sdk.searchUsers()).map((each) => each.name).sort(), ['Ada', 'Evelyn']);
  assert.equal((await sdk.getUser({ id })).name, 'Evelyn');
  assert.deepEqual(await sdk.getUserStatisticsAdmin({ id }), { images: 0, videos: 0, total: 0 });

  const session = await sdk.login({ loginCredentialDto: { email: 'eve@example.com', password } });
  sdk.setApiKey(''); // an empty one counts as none
  await refuses(sdk.getUserAdmin({ id }, as(session.accessToken)), 403, 'Forbidden');
  const self = await sdk.updateMyUser({ userUpdateMeDto: { name: 'Eva' } }, as(session.accessToken));
  assert.equal(self.name, 'Eva');
  sdk.setApiKey(apiKey);

  assert.equal((await sdk.deleteUserAdmin({ id, userAdminDeleteDto: {} })).status, 'deleted');
  await refuses(sdk.getMyUser(as(session.accessToken)), 401, 'Invalid user token');
  const found = (withDeleted) => sdk.searchUsersAdmin({ withDeleted }).then((all) => all.map((each) => each.name).sort());
  assert.deepEqual([await found(undefined), await found(true)], [['Ada'], ['Ada', 'Eva']]);
  assert.equal((await sdk.restoreUserAdmin({ id })).status, 'active');
  assert.deepEqual(await found(undefined), ['Ada', 'Eva']);
  await refuses(sdk.getUserAdmin({ id: MISSING }), 400, 'User not found');
});

// ---- assets ----

test('a photo is uploaded once, and known by its checksum from then on', async () => {
  const bytes = jpeg({ make: 'Acme', model: 'One', date: '2024:03:05 10:00:00' });
  const checksum = sha1(bytes);
  const ask = () => sdk.checkBulkUpload({
    assetBulkUploadCheckDto: { assets: [{ id: 'hex', checksum }, { id: 'base64', checksum: sha1(bytes, 'base64') }] },
  });
  assert.deepEqual((await ask()).results, [{ id: 'hex', action: 'accept' }, { id: 'base64', action: 'accept' }]);

  const made = await upload(bytes, 'one.jpg', { isFavorite: true });
  assert.equal(made.status, 'created');
  const known = { action: 'reject', reason: 'duplicate', assetId: made.id, isTrashed: false };
  assert.deepEqual((await ask()).results, [{ id: 'hex', ...known }, { id: 'base64', ...known }]);
  assert.deepEqual(await upload(bytes, 'again.jpg'), { id: made.id, status: 'duplicate' });
  assert.deepEqual(await upload(bytes, 'known.jpg', { xImmichChecksum: checksum }), { id: made.id, status: 'duplicate' });
  await refuses(upload(Buffer.from('text'), 'text.txt'), 400, 'Unsupported file type text.txt');

  asset = await sdk.getAssetInfo({ id: made.id });
  assert.deepEqual([asset.originalFileName, asset.type, asset.isFavorite, asset.ownerId, asset.checksum],
    ['one.jpg', 'IMAGE', true, admin.id, sha1(bytes, 'base64')]);
  const original = await sdk.downloadAsset({ id: made.id });
  assert.deepEqual(await bytesOf(original), bytes);
  await refuses(sdk.getAssetInfo({ id: MISSING }), 400, 'Not found or no asset.read access');
  await refuses(sdk.downloadAsset({ id: MISSING }), 400, 'Not found or no asset.download access');
});

test('after its jobs a photo has its facts and its pictures', async () => {
  others = [];
  for (const month of ['01', '03']) {
    const bytes = jpeg({ date: `2024:${month}:20 09:00:00` });
    others.push((await upload(bytes, `${month}.jpg`)).id);
  }
  await server.waitForJobs();
  asset = await sdk.getAssetInfo({ id: asset.id });
  assert.deepEqual([asset.exifInfo.make, asset.exifInfo.model, asset.width, asset.height], ['Acme', 'One', 16, 16]);
  assert.ok(asset.thumbhash);
  for (const size of [undefined, sdk.AssetMediaSize.Thumbnail, sdk.AssetMediaSize.Preview]) {
    const picture = await sdk.viewAsset({ id: asset.id, size });
    assert.match(picture.type, /^image\/(webp|jpeg)$/);
    assert.ok(picture.size > 20);
  }
});

test('photos are changed, one and many', async () => {
  const updateAssetDto = { description: 'a grey square', rating: 4, isFavorite: false };
  const changed = await sdk.updateAsset({ id: asset.id, updateAssetDto });
  assert.deepEqual([changed.exifInfo.description, changed.exifInfo.rating, changed.isFavorite], ['a grey square', 4, false]);
  await refuses(sdk.updateAsset({ id: MISSING, updateAssetDto }), 400, 'Not found or no asset.update access');

  await sdk.updateAssets({ assetBulkUpdateDto: { ids: others, isFavorite: true, visibility: 'archive' } });
  for (const id of others) {
    const each = await sdk.getAssetInfo({ id });
    assert.deepEqual([each.isFavorite, each.visibility, each.isArchived], [true, 'archive', true]);
  }
  assert.deepEqual(await sdk.getAssetStatistics({}), { images: 3, videos: 0, total: 3 });
  assert.deepEqual(await sdk.getAssetStatistics({ isFavorite: true }), { images: 2, videos: 0, total: 2 });
  assert.deepEqual(await sdk.getAssetStatistics({ visibility: 'timeline' }), { images: 1, videos: 0, total: 1 });
  await sdk.updateAssets({ assetBulkUpdateDto: { ids: others, visibility: 'timeline' } });
});

test('a photo without a date keeps its time when it gets a position', async () => {
  const { id } = await upload(jpeg(), 'dateless.jpg');
  await server.waitForJobs();
  await sdk.updateAsset({ id, updateAssetDto: { latitude: 52.5, longitude: 13.25 } });
  await server.waitForJobs();
  const moved = await sdk.getAssetInfo({ id });
  assert.deepEqual([moved.fileCreatedAt, moved.exifInfo.latitude, moved.exifInfo.timeZone], [TAKEN, 52.5, 'Europe/Berlin']);
  await sdk.deleteAssets({ assetBulkDeleteDto: { ids: [id], force: true } });
  await server.waitForJobs();
});

test('values beside a photo are kept for programs', async () => {
  const items = [{ key: 'program', value: { a: [1, { b: null }] } }];
  const [kept] = await sdk.updateAssetMetadata({ id: asset.id, assetMetadataUpsertDto: { items } });
  assert.deepEqual([kept.key, kept.value], ['program', items[0].value]);
  assert.deepEqual(await sdk.getAssetMetadata({ id: asset.id }), [kept]);
});

test('the timeline has the months and their photos', async () => {
  const buckets = await sdk.getTimeBuckets({});
  assert.deepEqual(buckets, [{ timeBucket: '2024-03-01', count: 2 }, { timeBucket: '2024-01-01', count: 1 }]);
  const march = await sdk.getTimeBucket({ timeBucket: '2024-03-01' });
  assert.deepEqual(march.id, [others[1], asset.id]);
  assert.deepEqual([march.isFavorite, march.isImage, march.isTrashed], [[true, false], [true, true], [false, false]]);
  for (const [name, column] of Object.entries(march)) assert.equal(column.length, 2, name);
});

test('photos are downloaded as an archive', async () => {
  const ids = [asset.id, ...others];
  const info = await sdk.getDownloadInfo({ downloadInfoDto: { assetIds: ids } });
  assert.deepEqual(info.archives.flatMap((each) => each.assetIds).sort(), [...ids].sort());
  const archive = await sdk.downloadArchive({ downloadArchiveDto: { assetIds: ids } });
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-sdk-')), 'all.zip');
  try {
    fs.writeFileSync(file, await bytesOf(archive));
    const script = 'import sys, zipfile; print("\\n".join(sorted(zipfile.ZipFile(sys.argv[1]).namelist())))';
    const names = execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(names, ['01.jpg', '03.jpg', 'one.jpg']);
  } finally {
    fs.rmSync(path.dirname(file), { recursive: true });
  }
});

test('photos go to the trash, come back, and go for good', async () => {
  const [first, second] = others;
  await sdk.deleteAssets({ assetBulkDeleteDto: { ids: others } });
  assert.equal((await sdk.getAssetInfo({ id: first })).isTrashed, true);
  assert.deepEqual(await sdk.getAssetStatistics({ isTrashed: true }), { images: 2, videos: 0, total: 2 });
  assert.deepEqual(await sdk.restoreAssets({ bulkIdsDto: { ids: [first] } }), { count: 1 });
  assert.equal((await sdk.getAssetInfo({ id: first })).isTrashed, false);
  assert.deepEqual(await sdk.emptyTrash(), { count: 1 });
  await server.waitForJobs();
  await refuses(sdk.getAssetInfo({ id: second }), 400, 'Not found or no asset.read access');
  await sdk.deleteAssets({ assetBulkDeleteDto: { ids: [first] } });
  assert.deepEqual(await sdk.restoreTrash(), { count: 1 });
  assert.deepEqual(await sdk.getAssetStatistics({}), { images: 2, videos: 0, total: 2 });
  await refuses(sdk.deleteAssets({ assetBulkDeleteDto: { ids: [MISSING] } }), 400, 'Not found or no asset.delete access');
});

// ---- the server ----

test('queues are idle and named', async () => {
  const queues = await sdk.getQueues();
  assert.deepEqual(queues.map((each) => each.name).sort(), Object.values(sdk.QueueName).sort());
  for (const { statistics, isPaused } of queues)
    assert.deepEqual([statistics.active, statistics.waiting, isPaused], [0, 0, false]);
  assert.equal((await sdk.getQueue({ name: sdk.QueueName.ThumbnailGeneration })).name, 'thumbnailGeneration');
});

test('settings are read, changed and put back', async () => {
  const config = await sdk.getConfig();
  assert.deepEqual(config, await sdk.getConfigDefaults());
  const wanted = structuredClone(config);
  wanted.trash.days = 7;
  assert.deepEqual(await sdk.updateConfig({ adminConfigDto: wanted }), wanted);
  assert.equal((await sdk.getServerConfig()).trashDays, 7);
  const bad = { ...wanted, trash: { enabled: true, days: -1 } };
  const { errors } = await refuses(sdk.updateConfig({ adminConfigDto: bad }), 400, 'Validation failed');
  assert.deepEqual(errors.map((issue) => issue.path.join('.')), ['trash.days']);
  assert.deepEqual(await sdk.updateConfig({ adminConfigDto: config }), config);
});

test('the server counts what it has', async () => {
  assert.match((await sdk.getAboutInfo()).version, /^v3\.2\.2/);
  const statistics = await sdk.getServerStatistics();
  assert.equal(statistics.photos, 2);
  assert.equal(statistics.usageByUser.find((each) => each.userId === admin.id).photos, 2);
  const storage = await sdk.getStorage();
  assert.ok(storage.diskSizeRaw > 0 && storage.diskUsagePercentage >= 0);
});
