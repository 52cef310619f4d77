// What the mobile app of 3.x does from the typed address to the first backup, with its very headers and cookies:
// finding the server, logging in, starting, catching up, sending, being put aside, logging out.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { io } from 'socket.io-client';
import { ffmpeg, jpeg } from '../api/fixtures.mjs';
import { password, server } from '../api/harness.mjs';
import { REQUESTS, parseLines } from './phone.mjs';

const IPHONE = { deviceModel: 'iPhone15,2', deviceType: 'iOS', 'user-agent': 'immich-ios/3.2.2' };
const PIXEL = { deviceModel: 'Pixel 7', deviceType: 'Android', 'user-agent': 'immich-android/3.2.2' };

/** The app: its headers on every request, and the cookies that the server set, as its HTTP stack keeps them. */
class App {
  cookies = new Map();

  constructor(headers) {
    this.headers = headers;
  }

  get cookie() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async request(method, where, body, options = {}) {
    const headers = { ...this.headers, ...(this.cookies.size && { cookie: this.cookie }), ...options.headers };
    const reply = await server.request(method, where, { body, ...options, headers });
    for (const line of reply.cookies) this.#set(line);
    return reply;
  }

  /* by exact host, for the path / only, as long as they last */
  #set(line) {
    const [pair, ...rest] = line.split('; ');
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const attributes = Object.fromEntries(rest.map((each) => each.toLowerCase().split('=')));
    assert.equal(attributes.domain, undefined);
    assert.equal(attributes.path, '/');
    const isOver = attributes['max-age'] === '0' || Date.parse(rest.find((each) => /^expires=/i.test(each))?.slice(8) ?? '2100') < Date.now();
    if (isOver || value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  async get(where) {
    return (await this.request('GET', where)).expect(200).json;
  }

  /** POST /assets as the app makes the form: no checksum, no device ids. */
  upload(bytes, name, fields = {}) {
    const form = new FormData();
    const all = { fileCreatedAt: '2024-05-06T07:08:09.000Z', fileModifiedAt: '2024-05-06T07:08:10.000Z', isFavorite: 'false', duration: '0', ...fields };
    for (const [key, value] of Object.entries(all)) form.append(key, value);
    form.append('assetData', new Blob([bytes], { type: 'application/octet-stream' }), name);
    return this.request('POST', '/assets', form);
  }

  /** One remote sync: the version first, then the stream, each group acknowledged. @return the types of lines */
  async sync(reset = false) {
    await this.get('/server/version');
    const text = (await this.request('POST', '/sync/stream', { types: REQUESTS, reset })).expect(200).text;
    const lines = parseLines(text);
    for (const [i, line] of lines.entries())
      if (lines[i + 1]?.type !== line.type) (await this.request('POST', '/sync/ack', { acks: [line.ack] })).expect(204);
    return lines;
  }

  listen() {
    return io(server.base, { path: '/api/socket.io', transports: ['websocket'], forceNew: true, reconnection: false,
      extraHeaders: { ...this.headers, cookie: this.cookie } });
  }
}

let user;
before(async () => {
  await server.signUp();
  user = await server.newUser({ name: 'Phone', shouldChangePassword: true });
});

const heard = (socket, name) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`no ${name}`)), 30_000);
  socket.once(name, (argument) => (clearTimeout(timer), resolve(argument)));
});

async function logIn(app) {
  const reply = (await app.request('POST', '/auth/login', { email: user.email, password })).expect(201);
  assert.deepEqual([...app.cookies.keys()].sort(), ['immich_access_token', 'immich_auth_type', 'immich_is_authenticated']);
  assert.deepEqual([app.cookies.get('immich_is_authenticated'), app.cookies.get('immich_auth_type')], ['true', 'password']);
  const [me, preferences] = await Promise.all([app.get('/users/me'), app.get('/users/me/preferences')]);
  assert.deepEqual([me.id, preferences.memories.enabled], [user.id, true]);
  return reply.json;
}

test('the server is found by its address, and says how to log in', async () => {
  const app = new App(IPHONE);
  const known = (await app.request('GET', '/.well-known/immich', undefined, { raw: true })).expect(200);
  assert.match(known.headers.get('content-type'), /^application\/json/);
  assert.deepEqual(known.json, { api: { endpoint: '/api' } });
  assert.deepEqual(await app.get('/server/ping'), { res: 'pong' });
  const version = await app.get('/server/version');
  assert.ok([version.major, version.minor, version.patch].every(Number.isInteger) && version.major === 3);
  const features = await app.get('/server/features');
  for (const name of ['oauth', 'oauthAutoLaunch', 'passwordLogin', 'trash', 'map', 'smartSearch']) assert.equal(typeof features[name], 'boolean', name);
  const config = await app.get('/server/config');
  const wanted = { externalDomain: 'string', isInitialized: 'boolean', isOnboarded: 'boolean', loginPageMessage: 'string', maintenanceMode: 'boolean',
    mapDarkStyleUrl: 'string', mapLightStyleUrl: 'string', oauthButtonText: 'string', publicUsers: 'boolean', trashDays: 'number', userDeleteDelay: 'number' };
  for (const [name, type] of Object.entries(wanted)) assert.equal(typeof config[name], type, name);
  assert.ok(Number.isInteger(config.trashDays) && Number.isInteger(config.userDeleteDelay));
  const back = await app.request('GET', '/oauth/mobile-redirect?code=a&state=b');
  assert.deepEqual([back.status, back.headers.get('location')], [307, 'app.immich:///oauth-callback?code=a&state=b']);
  assert.equal(app.cookies.size, 0);
});

test('one logs in, is asked for another password, starts and is told what the session is', async () => {
  const app = new App(PIXEL);
  const login = await logIn(app);
  assert.equal(login.shouldChangePassword, true);
  (await app.request('PUT', '/users/me', { password })).expect(200);
  const [current] = (await app.get('/sessions')).filter((each) => each.current);
  assert.deepEqual([current.deviceType, current.deviceOS, current.appVersion], ['Pixel 7', 'android', '3.2.2']);

  const socket = app.listen();
  const { major } = await heard(socket, 'on_server_version');
  assert.equal(major, 3);
  const first = await app.sync();
  assert.equal(first.at(-1).type, 'SyncCompleteV1');
  assert.ok(first.some(({ type, data }) => type === 'AuthUserV1' && data.id === user.id));
  assert.deepEqual((await app.sync()).map(({ type }) => type), ['SyncCompleteV1']);

  const ready = heard(socket, 'AssetUploadReadyV2');
  const id = (await app.upload(jpeg(), 'PXL_1.jpg')).expect(201).json.id;
  const { asset, exif } = await ready;
  assert.deepEqual([asset.id, exif.assetId, asset.duration], [id, id, null]);
  socket.close(); // put aside
  const again = app.listen(); // and taken up
  await heard(again, 'on_server_version');
  again.close();
  const lines = await app.sync();
  assert.deepEqual(lines.filter(({ type }) => type === 'AssetV2').map(({ data }) => data), [asset]);
  for (const where of [`/assets/${id}/thumbnail?size=thumbnail&edited=true&c=${encodeURIComponent(asset.thumbhash)}`,
    `/assets/${id}/thumbnail?size=preview&edited=true`, `/assets/${id}/original?edited=true`])
    (await app.request('GET', where)).expect(200);

  const { token } = await server.login(user.email).then(({ accessToken }) => ({ token: accessToken }));
  for (const [method, where, body] of [['POST', '/search/random', { size: 1 }], ['GET', '/memories?for=2024-05-06'], ['GET', '/albums'],
    ['GET', `/assets/${id}/thumbnail?size=preview&edited=true`]]) {
    const reply = await server.request(method, `${where}${where.includes('?') ? '&' : '?'}sessionKey=${token}`, { body });
    assert.equal(reply.status, 200, `a widget: ${where}`);
  }
  (await server.request('GET', '/users/me', { headers: { 'x-immich-user-token': token, 'user-agent': 'Immich_Android_2.3.1' } })).expect(200);

  (await app.request('POST', '/auth/logout')).expect(200);
  assert.equal(app.cookies.size, 0, 'a login is over with its cookies');
});

test('a backup: three at once, live photos, cloud ids, albums, what is here already', async () => {
  const app = new App(IPHONE);
  await logIn(app);
  await app.sync();
  const album = (await app.request('POST', '/albums', { albumName: 'Recents' })).expect(201).json;
  const photos = Array.from({ length: 6 }, () => jpeg());
  const ids = [];
  const queue = [...photos.entries()];
  await Promise.all(Array.from({ length: 3 }, async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      ids.push((await app.upload(next[1], `IMG_${next[0]}.JPG`)).expect(201).json.id);
  }));
  const video = (await app.upload(ffmpeg('a.mov', '64x48', '-pix_fmt', 'yuv420p'), 'IMG_9.MOV', { duration: '1000' })).expect(201).json.id;
  const metadata = JSON.stringify([{ key: 'mobile-app', value: { iCloudId: 'A/1', createdAt: '2024-05-06T09:08:09.000', adjustmentTime: null, latitude: '52.5', longitude: '13.4' } }]);
  const still = (await app.upload(jpeg(), 'IMG_9.HEIC.jpg', { livePhotoVideoId: video, metadata })).expect(201).json.id;
  // the background task of iOS names the file in a field
  ids.push(still, (await app.upload(jpeg(), 'asset.tmp.jpg', { filename: 'IMG_10.JPG' })).expect(201).json.id);
  const added = (await app.request('PUT', `/albums/${album.id}/assets`, { ids })).expect(200).json;
  assert.ok(added.every((each) => each.success) && added.length === 8);
  await server.waitForJobs();

  const lines = await app.sync();
  const last = new Map(lines.filter(({ type }) => type === 'AssetV2').map(({ data }) => [data.id, data]));
  assert.deepEqual([last.get(video).visibility, last.get(still).livePhotoVideoId, last.get(still).visibility], ['hidden', video, 'timeline']);
  assert.equal(last.get(ids.at(-1)).originalFileName, 'IMG_10.JPG');
  assert.deepEqual(lines.filter(({ type }) => type === 'AlbumToAssetV1').map(({ data }) => data.assetId).sort(), [...ids].sort());
  const noted = lines.find(({ type, data }) => type === 'AssetMetadataV1' && data.assetId === still);
  assert.equal(noted.data.value.iCloudId, 'A/1');

  assert.deepEqual((await app.upload(photos[0], 'IMG_0.JPG')).expect(200).json.status, 'duplicate');
  (await server.request('PUT', `/admin/users/${user.id}`, { as: server.admin, body: { quotaSizeInBytes: 1 } })).expect(200);
  (await app.upload(jpeg(), 'full.jpg')).expect(400, 'Quota has been exceeded!');
  (await server.request('PUT', `/admin/users/${user.id}`, { as: server.admin, body: { quotaSizeInBytes: null } })).expect(200);
});
