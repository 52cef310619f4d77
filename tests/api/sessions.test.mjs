// Sessions: what is known of a device, sessions for casting, and how sessions end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server } from './harness.mjs';

const list = async (as) => (await server.request('GET', '/sessions', { as })).expect(200).json;
const current = async (as) => (await list(as)).find((session) => session.current);
const make = (as, body = {}) => server.request('POST', '/sessions', { as, body });
const me = (as) => server.request('GET', '/users/me', { as });
const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';

test('a login notes its device', async () => {
  const user = await server.newUser();
  const phone = await server.login(user.email, user.password, {
    'user-agent': 'immich-android/3.2.2', devicemodel: 'Pixel 7', devicetype: 'Android',
  });
  const { id, createdAt, updatedAt, ...rest } = await current(phone);
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal(createdAt, updatedAt);
  assert.deepEqual(rest, {
    current: true, appVersion: '3.2.2', deviceOS: 'android', deviceType: 'Pixel 7', isPendingSyncReset: false,
  });
});

test('sessions are listed with the one used last first', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  assert.deepEqual((await list(user)).map((session) => session.current), [false, true]);
  const first = (await list(user))[1].id;
  await server.sql(`UPDATE session SET updated_at = updated_at + 60000 WHERE id = '${first}'`);
  assert.equal((await list(other))[0].id, first);
});

test('with a key no session is the current one', async () => {
  const user = await server.newUser();
  const key = await server.newKey(user, 'session.read');
  assert.deepEqual((await list(key)).map((session) => session.current), [false]);
});

test('the use of a session is noted after an hour, or with another app version', async () => {
  const user = await server.newUser();
  const headers = { 'user-agent': 'immich-ios/1.0', devicemodel: 'iPhone', devicetype: 'iOS' };
  const phone = await server.login(user.email, user.password, headers);
  const read = (more) => server.request('GET', '/sessions', { as: phone, headers: { ...headers, ...more } });
  const mine = async (more) => (await read(more)).expect(200).json.find((session) => session.current);
  const before = await mine();
  assert.equal((await mine()).updatedAt, before.updatedAt);
  const updated = await mine({ 'user-agent': 'immich-ios/1.1' });
  assert.equal(updated.appVersion, '1.1');
  assert.ok(updated.updatedAt > before.updatedAt);
  assert.equal((await mine({ 'user-agent': 'okhttp/4' })).appVersion, '1.1');
  await server.sql(`UPDATE session SET updated_at = updated_at - 3700000 WHERE id = '${before.id}'`);
  const later = await mine({ 'user-agent': 'Dart/3', devicemodel: 'iPhone 15' });
  assert.deepEqual([later.appVersion, later.deviceType, later.deviceOS], [null, 'iPhone 15', 'iOS']);
  assert.ok(Date.now() - Date.parse(later.updatedAt) < 60_000);
});

test('a session for casting is a child that dies with its parent', async () => {
  const user = await server.newUser();
  const { token, expiresAt, ...rest } = (
    await make(user, { duration: 3600, deviceType: 'Cast', deviceOS: 'TV' })
  ).expect(201).json;
  assert.equal(rest.current, false);
  assert.equal(rest.deviceType, 'Cast');
  assert.equal(rest.deviceOS, 'TV');
  assert.equal(rest.appVersion, null);
  const seconds = (Date.parse(expiresAt) - Date.parse(rest.createdAt)) / 1000;
  assert.ok(seconds > 3599 && seconds <= 3601);
  (await me(token)).expect(200);
  (await server.request('POST', '/auth/logout', { as: user })).expect(200);
  (await me(token)).expect(401, 'Invalid user token');
});

test('a child may be made without any field, and has no end then', async () => {
  const user = await server.newUser();
  const child = (await make(user)).expect(201).json;
  assert.equal('expiresAt' in child, false);
  assert.deepEqual([child.deviceType, child.deviceOS], ['', '']);
  (await server.request('POST', '/sessions', { as: user })).expectIssues('');
  const long = (await make(user, { duration: Number.MAX_SAFE_INTEGER })).expect(201).json;
  (await me(long.token)).expect(200); // more milliseconds than there are
  (await make(user, { duration: 0 })).expectIssues('duration');
  (await make(user, { duration: 1.5 })).expectIssues('duration');
  (await make(user, { deviceType: 'x'.repeat(256) })).expectIssues('deviceType');
  const key = await server.newKey(user, 'all');
  (await make(key)).expect(400, 'This endpoint can only be used with a session token');
});

test('an expired session is refused and hidden, and can be deleted', async () => {
  const user = await server.newUser();
  const child = (await make(user, { duration: 60 })).expect(201).json;
  await server.sql(`UPDATE session SET expires_at = ${Date.now() - 1000} WHERE id = '${child.id}'`);
  (await me(child.token)).expect(401, 'Invalid user token');
  assert.equal((await list(user)).length, 1);
  (await server.request('DELETE', `/sessions/${child.id}`, { as: user })).expect(204);
});

test('deleting all sessions keeps the one that asks', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  (await server.request('DELETE', '/sessions', { as: user })).expect(204);
  (await me(user)).expect(200);
  (await me(other)).expect(401);
  const key = await server.newKey(user, 'session.delete');
  (await server.request('DELETE', '/sessions', { as: key })).expect(204);
  (await me(user)).expect(401);
});

test('a child that deletes all others deletes its parent and itself', async () => {
  const user = await server.newUser();
  const child = (await make(user)).expect(201).json;
  (await server.request('DELETE', '/sessions', { as: child.token })).expect(204);
  (await me(user)).expect(401);
  (await me(child.token)).expect(401);
});

test('one session is updated, locked and deleted by its id', async () => {
  const user = await server.newUser();
  const { id } = await current(user);
  const update = (as, of, body) => server.request('PUT', `/sessions/${of}`, { as, body });
  const reply = (await update(user, id, { isPendingSyncReset: true })).expect(200);
  assert.equal(reply.json.isPendingSyncReset, true);
  assert.equal(reply.json.current, false);
  (await update(user, id, {})).expect(400, 'No fields to update');
  (await server.request('PUT', `/sessions/${id}`, { as: user })).expectIssues('');
  (await update(user, 'nonsense', {})).expectIssues('id');

  (await server.request('POST', '/auth/pin-code', { as: user, body: { pinCode: '123456' } })).expect(204);
  (await server.request('POST', '/auth/session/unlock', { as: user, body: { pinCode: '123456' } })).expect(204);
  const key = await server.newKey(user, 'session.lock');
  (await server.request('POST', `/sessions/${id}/lock`, { as: key })).expect(204);
  const status = (await server.request('GET', '/auth/status', { as: user })).expect(200).json;
  assert.equal(status.isElevated, false);

  (await server.request('DELETE', `/sessions/${id.toUpperCase()}`, { as: user })).expect(204);
  (await me(user)).expect(401);
});

test("other people's sessions are as good as missing", async () => {
  const user = await server.newUser();
  const { id } = await current(user);
  const stranger = await server.newUser();
  for (const each of [id, MISSING]) {
    const on = (method, more = '', body) =>
      server.request(method, `/sessions/${each}${more}`, { as: stranger, body });
    (await on('PUT', '', { isPendingSyncReset: true })).expect(400, 'Not found or no session.update access');
    (await on('PUT', '', {})).expect(400, 'Not found or no session.update access');
    (await on('POST', '/lock')).expect(400, 'Not found or no session.lock access');
    (await on('DELETE')).expect(400, 'Not found or no authDevice.delete access');
  }
  assert.equal((await current(user)).isPendingSyncReset, false);
});

test("an admin sees anybody's sessions", async () => {
  const user = await server.newUser();
  const admin = await server.signUp();
  const of = async (id) => (await server.request('GET', `/admin/users/${id}/sessions`, { as: admin })).expect(200).json;
  const own = await of(user.id);
  assert.equal(own.length, 1);
  assert.equal(own[0].current, false);
  assert.deepEqual(await of(MISSING), []);
  (await server.request('GET', `/admin/users/${admin.id}/sessions`, { as: user })).expect(403, 'Forbidden');
});
