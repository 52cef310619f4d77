// Events, heard with the clients' own library: who gets them, over which transport, in which order.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { io } from 'socket.io-client';
import { jpeg } from './fixtures.mjs';
import { password, server } from './harness.mjs';

const LIMIT_MS = 60_000;
const open = new Set();

/** What a socket hears, in order; next (name) waits for the first one of that name not yet taken. */
class Ear {
  heard = [];
  #taken = 0;
  #wake = () => {};

  constructor(socket) {
    this.socket = socket;
    open.add(this);
    socket.onAny((name, ...args) => this.#note({ name, args }));
    socket.on('connect', () => this.#note({ name: 'connect', args: [] }));
    socket.on('connect_error', (error) => this.#note({ name: 'connect_error', args: [error.message] }));
    socket.on('disconnect', (reason) => this.#note({ name: 'disconnect', args: [reason] }));
  }

  #note(event) {
    this.heard.push(event);
    this.#wake();
  }

  async next(name) {
    const until = Date.now() + LIMIT_MS;
    for (;;) {
      const found = this.heard.findIndex((event, at) => at >= this.#taken && event.name === name);
      if (found >= 0) {
        this.#taken = found + 1;
        return this.heard[found].args;
      }
      const left = until - Date.now();
      const names = this.heard.map((event) => event.name).join(', ');
      assert.ok(left > 0, `no ${name} within ${LIMIT_MS} ms, only: ${names}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => (clearTimeout(timer), resolve());
      });
    }
  }

  get names() {
    return this.heard.map((event) => event.name);
  }

  close() {
    this.socket.close();
    open.delete(this);
  }
}

const headersOf = (as) => (as === undefined ? {} : as.key ? { 'x-api-key': as.key } : { authorization: `Bearer ${as.token}` });

async function listen(as, options = {}) {
  await server.start();
  return new Ear(io(server.base, {
    path: '/api/socket.io', transports: ['websocket'], forceNew: true, reconnection: false,
    extraHeaders: headersOf(as), ...options,
  }));
}

/** A socket that was told the version, so it is in its rooms after the next event at the latest. */
async function joined(as, options) {
  const ear = await listen(as, options);
  await ear.next('on_server_version');
  return ear;
}

/** Wait until @param ears hear what is sent to everybody: whatever was for them has come before it. */
async function allHave(...ears) {
  const admin = await server.signUp();
  const config = (await server.request('GET', '/system-config', { as: admin })).expect(200).json;
  const waits = ears.map((ear) => ear.next('on_config_update'));
  (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  await Promise.all(waits);
}

const created = async (bytes, name, as) => (await server.upload(bytes, name, {}, { as })).expect(201).json.id;

after(() => {
  for (const ear of open) ear.socket.close();
});

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']])
  test(`the version comes first over ${transports.join(', then ')}`, async () => {
    const admin = await server.signUp();
    const ear = await listen(admin, { transports });
    const [version] = await ear.next('on_server_version');
    assert.deepEqual([version.major, version.minor, version.patch], [3, 2, 2]);
    assert.deepEqual(ear.names.slice(0, 2), ['connect', 'on_server_version']);
    await allHave(ear);
    ear.close();
  });

test('polling is left for a WebSocket, and nothing is lost on the way', async () => {
  const admin = await server.signUp();
  const ear = await listen(admin, { transports: ['polling', 'websocket'] });
  await ear.next('on_server_version');
  const { engine } = ear.socket.io;
  if (engine.transport.name !== 'websocket')
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no upgrade')), LIMIT_MS);
      engine.once('upgrade', () => (clearTimeout(timer), resolve()));
    });
  assert.equal(engine.transport.name, 'websocket');
  await allHave(ear);
  ear.close();
});

test('without a credential one may connect, is told so, and is sent away', async () => {
  for (const as of [undefined, { token: 'nonsense' }, { key: 'nonsense' }]) {
    const ear = await listen(as);
    await ear.next('connect');
    assert.deepEqual(await ear.next('error'), ['unauthorized']);
    assert.deepEqual(await ear.next('disconnect'), ['io server disconnect']);
    assert.ok(!ear.names.includes('on_server_version'));
    ear.close();
  }
});

test('every header that carries a credential works, a query or a payload does not', async () => {
  const admin = await server.signUp();
  for (const extraHeaders of [
    { cookie: `immich_access_token=${admin.token}` },
    { 'x-immich-user-token': admin.token },
    { 'x-immich-session-token': admin.token },
  ])
    (await joined(undefined, { extraHeaders })).close();
  for (const options of [{ query: { sessionKey: admin.token } }, { auth: { token: admin.token } }]) {
    const ear = await listen(undefined, options);
    assert.deepEqual(await ear.next('error'), ['unauthorized']);
    ear.close();
  }
});

test('an API key must be allowed everything', async () => {
  const admin = await server.signUp();
  const all = await joined(await server.newKey(admin, 'all'));
  await allHave(all);
  all.close();
  const some = await listen(await server.newKey(admin, 'asset.read'));
  assert.deepEqual(await some.next('error'), ['unauthorized']);
  some.close();
});

test('there is no other name space', async () => {
  const admin = await server.signUp();
  const ear = new Ear(io(`${server.base}/admin`, {
    path: '/api/socket.io', transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders: headersOf(admin),
  }));
  assert.deepEqual(await ear.next('connect_error'), ['Invalid namespace']);
  ear.close();
});

test('an upload is announced to its owner when its thumbnails are ready, and to nobody else', async () => {
  const admin = await server.signUp();
  const other = await server.newUser();
  const [mine, theirs] = [await joined(admin), await joined(other)];
  const id = await created(jpeg({ make: 'Canon' }), 'heard.jpg', admin);
  const [asset] = await mine.next('on_upload_success');
  assert.deepEqual([asset.id, asset.ownerId, asset.originalFileName], [id, admin.id, 'heard.jpg']);
  assert.match(asset.thumbhash, /^[A-Za-z0-9+/]+=*$/);
  assert.equal(asset.exifInfo.make, 'Canon');
  await server.waitForJobs();
  await allHave(mine, theirs);
  const ready = Object.fromEntries(mine.heard.map(({ name, args }) => [name, args]));
  for (const name of ['AssetUploadReadyV1', 'AssetUploadReadyV2']) {
    assert.equal(ready[name]?.length, 1, `${name} was not heard`);
    const [{ asset: row, exif }] = ready[name];
    assert.deepEqual([row.id, row.ownerId, row.visibility, row.isFavorite], [id, admin.id, 'timeline', false]);
    assert.equal(row.checksum, asset.checksum);
    assert.deepEqual([exif.assetId, exif.make], [id, 'Canon']);
  }
  assert.deepEqual(theirs.names, ['connect', 'on_server_version', 'on_config_update']);
  mine.close();
  theirs.close();
});

test('trash, restore and delete are told once, with their ids, to the owner only', async () => {
  const admin = await server.signUp();
  const other = await server.newUser();
  const ids = [await created(jpeg(), 'a.jpg', other), await created(jpeg(), 'b.jpg', other)];
  await server.waitForJobs();
  const [owner, second, stranger] = [await joined(other), await joined(other), await joined(admin)];
  (await server.request('DELETE', '/assets', { as: other, body: { ids } })).expect(204);
  for (const ear of [owner, second]) assert.deepEqual((await ear.next('on_asset_trash'))[0].sort(), ids.sort());
  (await server.request('POST', '/trash/restore/assets', { as: other, body: { ids } })).expect(200);
  for (const ear of [owner, second]) assert.deepEqual((await ear.next('on_asset_restore'))[0].sort(), ids.sort());
  (await server.request('DELETE', '/assets', { as: other, body: { ids, force: true } })).expect(204);
  const gone = [await owner.next('on_asset_delete'), await owner.next('on_asset_delete')].map(([id]) => id);
  assert.deepEqual(gone.sort(), ids.sort());
  await server.waitForJobs();
  await allHave(owner, second, stranger);
  const count = (ear, name) => ear.names.filter((each) => each === name).length;
  for (const ear of [owner, second])
    assert.deepEqual([count(ear, 'on_asset_trash'), count(ear, 'on_asset_restore'), count(ear, 'on_asset_delete')], [1, 1, 2]);
  assert.ok(!stranger.names.some((name) => name.startsWith('on_asset')), stranger.names.join(', '));
  for (const ear of [owner, second, stranger]) ear.close();
});

test('a changed asset is told by a bulk update', async () => {
  const admin = await server.signUp();
  const id = await created(jpeg(), 'changed.jpg', admin);
  await server.waitForJobs();
  const ear = await joined(admin);
  (await server.request('PUT', '/assets', { as: admin, body: { ids: [id], isFavorite: true } })).expect(204);
  const [asset] = await ear.next('on_asset_update');
  assert.deepEqual([asset.id, asset.isFavorite], [id, true]);
  ear.close();
});

test('of one asset every change is told too, and of one that is locked no more than that', async () => {
  const user = await server.newUser();
  const id = await created(jpeg(), 'one.jpg', user);
  await server.waitForJobs();
  const ear = await joined(user);
  const change = async (body) => (await server.request('PUT', `/assets/${id}`, { as: user, body })).expect(200);
  await change({ isFavorite: true });
  assert.equal((await ear.next('on_asset_update'))[0].isFavorite, true);
  await change({ visibility: 'locked' });
  assert.deepEqual(await ear.next('on_asset_hidden'), [id]);
  await allHave(ear);
  assert.equal(ear.names.filter((name) => name === 'on_asset_update').length, 1);
  ear.close();
});

test('a saved config is told to everybody, without an argument', async () => {
  const [admin, other] = [await server.signUp(), await server.newUser()];
  const ears = [await joined(admin), await joined(other), await joined(other, { transports: ['polling'] })];
  await allHave(...ears);
  for (const ear of ears) {
    assert.deepEqual(ear.heard.find(({ name }) => name === 'on_config_update').args, []);
    ear.close();
  }
});

test('a logout tells the sockets of its session', async () => {
  await server.signUp();
  const user = await server.newUser();
  const again = await server.login(user.email);
  const [leaving, staying] = [await joined(again), await joined(user)];
  (await server.request('POST', '/auth/logout', { as: again })).expect(200);
  const [id] = await leaving.next('on_session_delete');
  assert.match(id, /^[0-9a-f-]{36}$/);
  await allHave(leaving, staying);
  assert.ok(!staying.names.includes('on_session_delete'));
  leaving.close();
  staying.close();
});

test('a hundred connections hear the same', async () => {
  const user = await server.newUser();
  const id = await created(jpeg(), 'many.jpg', user);
  await server.waitForJobs();
  const ears = await Promise.all(
    Array.from({ length: 100 }, (_, i) => joined(user, { transports: [i % 10 === 0 ? 'polling' : 'websocket'] })));
  await allHave(...ears);
  (await server.request('DELETE', '/assets', { as: user, body: { ids: [id] } })).expect(204);
  for (const ear of ears) assert.deepEqual(await ear.next('on_asset_trash'), [[id]]);
  for (const ear of ears) ear.close();
});

test('a server that ends closes its sockets', async () => {
  const ear = await joined(await server.signUp());
  await server.end();
  const [reason] = await ear.next('disconnect');
  assert.match(reason, /^transport (close|error)$/);
});

test('who was logged out elsewhere hears nothing more', async () => {
  const user = await server.newUser();
  const thief = await server.login(user.email, password);
  const [own, stolen] = [await joined(user), await joined(thief)];
  const third = await server.login(user.email, password);
  const one = await joined(third);
  const { id } = (await server.request('GET', '/sessions', { as: third })).expect(200).json.find(({ current }) => current);
  (await server.request('DELETE', `/sessions/${id}`, { as: user })).expect(204);
  await one.next('disconnect');
  (await server.request('DELETE', '/sessions', { as: user })).expect(204);
  await stolen.next('disconnect');
  const again = await joined(await server.login(user.email, password));
  const changed = { password, newPassword: `${password}2`, invalidateSessions: true };
  (await server.request('POST', '/auth/change-password', { as: user, body: changed })).expect(200);
  await again.next('disconnect');
  await created(jpeg(), 'a.jpg', user);
  await own.next('on_upload_success');
  assert.ok(!own.names.includes('disconnect'));
});

test('with a session end the sockets of those it made, with a key those of its old secret', async () => {
  const user = await server.newUser();
  const own = await joined(user);
  const made = async (by, body = {}) => {
    const { token } = (await server.request('POST', '/sessions', { as: by, body })).expect(201).json;
    return { token };
  };
  /** @returns a login, and the ears of the session it made and of the one that made in turn */
  const family = async () => {
    const parent = await server.login(user.email, password);
    const child = await made(parent);
    return { parent, child, ears: [await joined(child), await joined(await made(child))] };
  };
  const gone = (ears) => Promise.all(ears.map((ear) => ear.next('disconnect')));

  const brief = await joined(await made(user, { duration: 8 })); // long enough to join on a busy machine
  const first = await family();
  const { id } = (await server.request('GET', '/sessions', { as: first.parent })).expect(200).json.find(({ current }) => current);
  (await server.request('DELETE', `/sessions/${id}`, { as: user })).expect(204);
  await gone(first.ears);
  const second = await family();
  (await server.request('POST', '/auth/logout', { as: second.parent })).expect(200);
  for (const ear of second.ears) await ear.next('on_session_delete');
  await gone(second.ears);

  const [rotated, reduced] = [await server.newKey(user), await server.newKey(user)];
  const ears = [await joined(rotated), await joined(reduced)];
  (await server.request('POST', `/api-keys/${rotated.id}/rotate`, { as: user })).expect(201);
  await gone([ears[0]]);
  const less = await joined(reduced);
  (await server.request('PUT', `/api-keys/${reduced.id}`, { as: user, body: { permissions: ['asset.read'] } })).expect(200);
  await gone([less]);
  await gone([brief]); // its time is over

  assert.ok(!own.names.includes('disconnect'));
  const third = await family(); // that ends itself
  (await server.request('DELETE', '/sessions', { as: third.child })).expect(204);
  await gone([own, ...third.ears]);
});

test('of what is locked is told that it is not to be seen, and no more', async () => {
  const user = await server.newUser();
  const id = await created(jpeg(), 'secret.jpg', user);
  await server.waitForJobs();
  const ear = await joined(user);
  (await server.request('PUT', '/assets', { as: user, body: { ids: [id], visibility: 'locked' } })).expect(204);
  assert.deepEqual(await ear.next('on_asset_hidden'), [id]);
  await allHave(ear);
  assert.ok(!ear.names.includes('on_asset_update'));
});

test('edits of what is locked are told to the sessions that may see it alone', async () => {
  const user = await server.newUser();
  const id = await created(jpeg(), 'secret.jpg', user);
  await server.waitForJobs();
  (await server.request('PUT', '/assets', { as: user, body: { ids: [id], visibility: 'locked' } })).expect(204);
  (await server.request('POST', '/auth/pin-code', { as: user, body: { pinCode: '123456' } })).expect(204);
  (await server.request('POST', '/auth/session/unlock', { as: user, body: { pinCode: '123456' } })).expect(204);
  const [editor, ear] = [await joined(user), await joined(await server.login(user.email))];
  (await server.request('PUT', `/assets/${id}/edits`, { as: user, body: { edits: [{ action: 'rotate', parameters: { angle: 90 } }] } })).expect(200);
  for (const version of ['V1', 'V2']) assert.equal((await editor.next(`AssetEditReady${version}`))[0].asset.id, id);
  await allHave(ear);
  assert.deepEqual(ear.names.filter((name) => name.startsWith('AssetEditReady')), []);
});

test('the whole trash coming back and a new name of an album are told', async () => {
  const user = await server.newUser();
  const id = await created(jpeg(), 'a.jpg', user);
  const album = (await server.request('POST', '/albums', { as: user, body: { albumName: 'Old' } })).expect(201).json.id;
  await server.waitForJobs();
  (await server.request('DELETE', '/assets', { as: user, body: { ids: [id] } })).expect(204);
  const ear = await joined(user);
  (await server.request('POST', '/trash/restore', { as: user })).expect(200);
  assert.deepEqual(await ear.next('on_asset_restore'), [[id]]);
  (await server.request('PATCH', `/albums/${album}`, { as: user, body: { albumName: 'New' } })).expect(200);
  assert.deepEqual(await ear.next('on_album_update'), [album]);
});
