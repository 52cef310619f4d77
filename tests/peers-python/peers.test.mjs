// The clients of tests/peers-python, on a server with one of everything. Run by tests/peers-python/run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ffmpeg, jpeg } from '../api/fixtures.mjs';
import { server } from '../api/harness.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const python = async (...args) =>
  JSON.parse((await run(process.env.TINTYPE_PYTHON, [path.join(here, args[0]), ...args.slice(1)], { maxBuffer: 1 << 24 })).stdout);

let admin, places, key;

before(async () => {
  admin = await server.signUp();
  const other = await server.newUser({ name: 'Other' });
  const call = async (method, where, body, as = admin) => {
    const reply = await server.request(method, where, { as, body });
    assert.ok(reply.status < 300, `${method} ${where}: ${reply.status} ${reply.text}`);
    return reply.json;
  };
  const send = async (bytes, name) => (await server.upload(bytes, name, {}, { as: admin })).expect(201).json.id;
  const [first, second, third] = [await send(jpeg(), 'first.jpg'), await send(Buffer.concat([jpeg(), Buffer.from('2')]), 'second.jpg'), await send(Buffer.concat([jpeg(), Buffer.from('3')]), 'third.jpg')];
  const film = await send(await ffmpeg('film.mp4', '64x48', '-t', '1', '-pix_fmt', 'yuv420p'), 'film.mp4');
  await server.waitForJobs();
  await call('PUT', `/assets/${first}`, { description: 'hello', rating: 4, latitude: 52.5, longitude: 13.4, isFavorite: true });
  await call('PUT', `/assets/${first}/metadata`, { items: [{ key: 'mobile-app', value: { iCloudId: '1' } }] });
  const album = await call('POST', '/albums', { albumName: 'Album', assetIds: [first, second, film], albumUsers: [{ userId: other.id, role: 'editor' }] });
  const link = await call('POST', '/shared-links', { type: 'ALBUM', albumId: album.id });
  await call('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [first] });
  const [tag] = await call('PUT', '/tags', { tags: ['trips/lake'] });
  await call('PUT', `/tags/${tag.id}/assets`, { ids: [first] });
  const person = await call('POST', '/people', { name: 'Ann', birthDate: '1990-01-01' });
  await call('POST', '/faces', { assetId: first, personId: person.id, imageWidth: 8, imageHeight: 8, x: 1, y: 1, width: 4, height: 4 });
  const stack = await call('POST', '/stacks', { assetIds: [second, third] });
  const memory = await call('POST', '/memories', { type: 'on_this_day', data: { year: 2020 }, memoryAt: '2024-01-02T00:00:00.000Z', assetIds: [first] });
  await call('POST', '/partners', { sharedWithId: other.id });
  await call('POST', '/activities', { albumId: album.id, type: 'comment', comment: 'fine' });
  await call('POST', '/activities', { albumId: album.id, type: 'like', assetId: first });
  const library = await call('POST', '/libraries', { ownerId: admin.id, name: 'Library' });
  const workflow = await call('POST', '/workflows', { name: 'Flow', trigger: 'AssetCreate', steps: [] });
  const notice = await call('POST', '/admin/notifications', { title: 'Notice', userId: admin.id });
  key = await server.newKey(admin, 'all');
  const mine = await call('GET', '/api-keys/me', undefined, key);
  const [session] = await call('GET', '/sessions');
  const [file] = await call('GET', `/asset-files?assetId=${first}`);
  const [plugin] = await call('GET', '/plugins');
  await server.waitForJobs();
  places = {
    'ActivitiesApi.album_id': album.id, 'AlbumsApi.id': album.id, 'APIKeysApi.id': mine.id, 'AssetFilesApi.id': file.id,
    'AssetsApi.id': first, 'FacesApi.id': first, 'LibrariesApi.id': library.id, 'MemoriesApi.id': memory.id,
    'NotificationsApi.id': notice.id, 'PartnersApi.direction': 'shared-by', 'PeopleApi.id': person.id, 'PluginsApi.id': plugin.id,
    'QueuesApi.name': 'metadataExtraction', 'SearchApi.type': 'city', 'SearchApi.name': 'a', 'SessionsApi.id': session.id,
    'SharedLinksApi.id': link.id, 'StacksApi.id': stack.id, 'TagsApi.id': tag.id, 'UsersAdminApi.id': other.id,
    'UsersApi.id': other.id, 'WorkflowsApi.id': workflow.id, 'MaintenanceAdminApi.type': 'missing_file',
    album_id: album.id, asset_id: first, lat: 52.5, lon: 13.4, time_bucket: '2024-01-01', path: '/', key: 'mobile-app',
  };
}, { timeout: 120_000 });

/* What there is nothing of here, or what the caller is not. */
const REFUSED = {
  'AssetsApi.get_asset_ocr': 501,
  'AssetsApi.get_main_playlist': 400, // no streams unless the admin wants them
  'AssetsApi.play_asset_video': 404, // the asset is a photo
  'ServerApi.get_server_license': 404,
  'SharedLinksApi.get_my_shared_link': 403, // for visitors
  'SyncApi.get_sync_ack': 403, // for sessions
  'UsersApi.get_profile_image': 404,
  'UsersApi.get_user_license': 404,
};
const NOT_ASKED = [
  'AssetsApi.get_media_playlist', 'AssetsApi.get_segment', 'ClusterGroupsApi.get_cluster_group_requests_for_group',
  'ClusterGroupsApi.get_cluster_group_users', 'DatabaseBackupsAdminApi.download_database_backup',
  'MaintenanceAdminApi.get_integrity_report_file',
];
const REDIRECT = 'AuthenticationApi.redirect_o_auth_to_mobile'; // into an app, which this client cannot follow

test('a client that checks every answer against the models of the contract can read all there is', async () => {
  const { read, refused, wrong, not_asked: notAsked } = await python('reads.py', server.base, key.key, JSON.stringify(places));
  delete wrong[REDIRECT];
  assert.deepEqual(wrong, {});
  assert.deepEqual(refused, REFUSED);
  assert.deepEqual(notAsked, NOT_ASKED);
  assert.ok(read.length > 100, `${read.length} operations were read`);
});

test("Home Assistant's client sends a photo and finds what there is", async () => {
  const photo = path.join(server.media, 'sent.jpg');
  fs.writeFileSync(photo, Buffer.concat([jpeg(), Buffer.from('4')]));
  const told = await python('home_assistant.py', String(server.port), key.key, photo,
    places['AlbumsApi.id'], places['TagsApi.id'], places['PeopleApi.id']);
  assert.match(told.version, /^v3\./);
  const { version, ...rest } = told;
  assert.deepEqual(rest, {
    photos: 4, me: admin.name, sent: 'created', added: [true], albums: ['Album'], album: 4, in_album: 4, tagged: 1, of_person: 1,
    favourites: 1, people: ['Ann'], tags: ['trips', 'lake'], face: 'ffd8', thumbnail: 'ffd8',
  });
});
