// Sign-up, login and logout, credentials, password, PIN code and elevation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newServer, password, server } from './harness.mjs';

const login = (email, secret, headers) =>
  server.request('POST', '/auth/login', { body: { email, password: secret }, headers });
const me = (options) => server.request('GET', '/users/me', options);

test('before sign-up nobody can log in and nothing is shown', async () => {
  (await me()).expect(401, 'Authentication required');
  (await login('a@b.c', 'x')).expect(401, 'Incorrect email or password');
});

test('sign-up checks what it is given', async () => {
  const signUp = (body) => server.request('POST', '/auth/admin-sign-up', { body });
  (await signUp({ email: 'nonsense', password: '' })).expectIssues('email', 'name');
  (await server.request('POST', '/auth/admin-sign-up')).expectIssues('');
  (await signUp({ email: 'a@b.c', name: 'A', password: '' })).expectIssues('password');
});

test('sign-up makes the one admin, without a session', async () => {
  const body = { email: 'Admin@Example.com', password, name: 'Admin' };
  const reply = (await server.request('POST', '/auth/admin-sign-up', { body })).expect(201);
  const { id, createdAt, profileChangedAt, updatedAt, clusterGroupId, ...rest } = reply.json;
  assert.deepEqual(rest, {
    email: 'admin@example.com', name: 'Admin', profileImagePath: '', avatarColor: 'gray',
    storageLabel: 'admin', shouldChangePassword: true, isAdmin: true, deletedAt: null, oauthId: '',
    quotaSizeInBytes: null, quotaUsageInBytes: 0, status: 'active', license: null,
  });
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(clusterGroupId, /^[0-9a-f-]{36}$/);
  assert.equal(createdAt, profileChangedAt);
  assert.equal(createdAt, updatedAt);
  assert.deepEqual(reply.cookies, []);
  (await server.request('POST', '/auth/admin-sign-up', { body: { ...body, email: 'x@example.com' } }))
    .expect(400, 'The server already has an admin');
  server.admin = await server.login('admin@example.com');
});

test('two sign-ups at once make one admin', async () => {
  const other = newServer();
  await other.start();
  const replies = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      other.request('POST', '/auth/admin-sign-up', { body: { email: `a${n}@b.c`, password, name: 'A' } })),
  );
  assert.equal(replies.filter((reply) => reply.status === 201).length, 1);
  for (const reply of replies.filter((each) => each.status !== 201)) reply.expect(400);
});

test('without IMMICH_ALLOW_SETUP nobody can sign up', async () => {
  const other = newServer();
  await other.start({ IMMICH_ALLOW_SETUP: 'false' });
  (await other.request('POST', '/auth/admin-sign-up', { body: { email: 'a@b.c', password, name: 'A' } }))
    .expect(400, 'Admin setup is disabled');
});

test('login answers a token and sets three cookies', async () => {
  const reply = (await login('ADMIN@example.com', password)).expect(201);
  const { accessToken, userId, ...rest } = reply.json;
  assert.match(accessToken, /^[A-Za-z0-9]{30,43}$/);
  assert.equal(userId, server.admin.id);
  assert.deepEqual(rest, {
    userEmail: 'admin@example.com', name: 'Admin', isAdmin: true, profileImagePath: '',
    shouldChangePassword: true, isOnboarded: false,
  });
  const [, expires] = /Expires=([^;]+);/.exec(reply.cookies[0]);
  assert.match(expires, /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
  const days = (Date.parse(expires) - Date.now()) / 86_400_000;
  assert.ok(days > 399.9 && days < 400.1, `expires in ${days} days`);
  assert.deepEqual(reply.cookies, [
    `immich_access_token=${accessToken}; Max-Age=34560000; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax`,
    `immich_auth_type=password; Max-Age=34560000; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax`,
    `immich_is_authenticated=true; Max-Age=34560000; Path=/; Expires=${expires}; SameSite=Lax`,
  ]);
});

test('behind a proxy with TLS the cookies are for TLS only', async () => {
  const reply = (await login('admin@example.com', password, { 'x-forwarded-proto': 'https' })).expect(201);
  assert.match(reply.cookies[0], /; HttpOnly; Secure; SameSite=Lax$/);
  assert.match(reply.cookies[1], /; HttpOnly; Secure; SameSite=Lax$/);
  assert.match(reply.cookies[2], /GMT; Secure; SameSite=Lax$/);
});

test('a wrong login does not say what was wrong', async () => {
  (await login('admin@example.com', 'no')).expect(401, 'Incorrect email or password');
  (await login('nobody@example.com', password)).expect(401, 'Incorrect email or password');
  (await login('admin@example.com', '')).expect(401, 'Incorrect email or password');
  (await server.request('POST', '/auth/login', { body: { email: 'admin@example.com' } }))
    .expectIssues('password');
  (await server.request('POST', '/auth/login', { body: 'hello', headers: { 'content-type': 'text/plain' } }))
    .expectIssues('');
  (await server.request('POST', '/auth/login', { body: '{', headers: { 'content-type': 'application/json' } }))
    .expect(400);
});

test('guessing is slowed down for that account and address only', async () => {
  const user = await server.newUser();
  for (let i = 0; i < 10; i++) (await login(user.email, `guess ${i}`)).expect(401);
  const refused = (await login(user.email, password)).expect(429, /^Too many wrong attempts/);
  const wait = Number(refused.headers.get('retry-after'));
  assert.ok(wait > 0 && wait <= 60, `Retry-After: ${wait}`);
  (await me({ as: user })).expect(200);
  (await login('admin@example.com', password)).expect(201);
});

test('each way to present a session token works', async () => {
  const { token, id } = await server.login('admin@example.com');
  const ways = [
    { headers: { authorization: `Bearer ${token}` } },
    { headers: { authorization: `bEARER ${token}` } },
    { headers: { 'x-immich-user-token': token } },
    { headers: { 'x-immich-session-token': token } },
    { headers: { cookie: `a=b; immich_access_token=${token}` } },
  ];
  for (const way of ways) assert.equal((await me(way)).expect(200).json.id, id);
  assert.equal((await server.request('GET', `/users/me?sessionKey=${token}`)).expect(200).json.id, id);
});

test('each way to present an API key works', async () => {
  const { key } = await server.newKey(server.admin, 'user.read');
  (await me({ headers: { 'x-api-key': key } })).expect(200);
  (await server.request('GET', `/users/me?apiKey=${key}`)).expect(200);
});

test('a bad credential fails whatever else is presented', async () => {
  const { token } = server.admin;
  const { key } = await server.newKey(server.admin, 'all');
  (await me({ headers: { authorization: 'Bearer nonsense' } })).expect(401, 'Invalid user token');
  (await me({ headers: { 'x-api-key': 'nonsense' } })).expect(401, 'Invalid API key');
  (await me({ headers: { cookie: 'immich_access_token=stale', 'x-api-key': key } }))
    .expect(401, 'Invalid user token');
  (await me({ as: token, headers: { 'x-immich-share-key': 'nonsense' } })).expect(401, 'Invalid share key');
  (await me({ as: token, headers: { 'x-immich-share-slug': 'nonsense' } })).expect(401, 'Invalid share slug');
  (await server.request('GET', '/users/me?key=nonsense', { as: token })).expect(401, 'Invalid share key');
  (await server.request('GET', '/users/me?apiKey=nonsense', { as: token })).expect(200);
  (await me({ headers: { authorization: `Basic ${token}` } })).expect(401, 'Authentication required');
  (await me({ headers: { authorization: `Bearer  ${token}` } })).expect(401);
  (await me({ headers: { 'x-immich-user-token': '', 'x-api-key': key } })).expect(200);
});

test('the token of a session is no API key, and the other way round', async () => {
  const { key } = await server.newKey(server.admin, 'all');
  (await me({ headers: { 'x-api-key': server.admin.token } })).expect(401, 'Invalid API key');
  (await me({ as: key })).expect(401, 'Invalid user token');
});

test('the database holds no token, secret or password', async () => {
  const { token } = await server.login('admin@example.com');
  const { key } = await server.newKey(server.admin, 'user.read');
  const rows = [
    ...(await server.sql('SELECT * FROM session')),
    ...(await server.sql('SELECT * FROM api_key')),
    ...(await server.sql('SELECT * FROM users')),
  ].flat().join('\n');
  for (const secret of [token, key, password]) assert.ok(!rows.includes(secret));
  assert.match(rows, /\$2b\$10\$/);
});

test('validateToken answers for sessions and for any key', async () => {
  const { key } = await server.newKey(server.admin, 'asset.read');
  for (const as of [server.admin, { key }]) {
    const reply = (await server.request('POST', '/auth/validateToken', { as })).expect(200);
    assert.deepEqual(reply.json, { authStatus: true });
  }
  (await server.request('POST', '/auth/validateToken')).expect(401);
});

test('logout ends the session and its cookies', async () => {
  const user = await server.login('admin@example.com');
  const reply = (await server.request('POST', '/auth/logout', { as: user })).expect(200);
  assert.deepEqual(reply.json, { successful: true, redirectUri: '/auth/login?autoLaunch=0' });
  const gone = '=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
  assert.deepEqual(reply.cookies, [
    `immich_access_token${gone}`, `immich_auth_type${gone}`, `immich_is_authenticated${gone}`,
  ]);
  (await me({ as: user })).expect(401, 'Invalid user token');
});

test('logout with a key deletes nothing', async () => {
  const key = await server.newKey(server.admin, 'all');
  (await server.request('POST', '/auth/logout', { as: key })).expect(200);
  (await me({ as: key })).expect(200);
  const limited = await server.newKey(server.admin, 'user.read');
  (await server.request('POST', '/auth/logout', { as: limited }))
    .expect(403, 'Missing required permission: all');
});

test('changing the password needs the current one', async () => {
  const user = await server.newUser();
  const change = (body) => server.request('POST', '/auth/change-password', { as: user, body });
  (await change({ password: 'no', newPassword: 'Passw0rd!2' })).expect(400, 'Wrong password');
  const short = (await change({ password, newPassword: 'short' })).expectIssues('newPassword');
  assert.equal(short.json.errors[0].message, 'Too small: expected string to have >=8 characters');
  const reply = (await change({ password, newPassword: 'Passw0rd!2' })).expect(200);
  assert.equal(reply.json.id, user.id);
  (await login(user.email, password)).expect(401);
  (await login(user.email, 'Passw0rd!2')).expect(201);
});

test('changing the password ends other sessions when asked to', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  const change = (from, to, invalidateSessions) =>
    server.request('PUT', '/auth/change-password', {
      as: user, body: { password: from, newPassword: to, invalidateSessions },
    });
  (await change(password, 'Passw0rd!2', false)).expect(200);
  (await me({ as: other })).expect(200);
  (await change('Passw0rd!2', 'Passw0rd!3', true)).expect(200);
  (await me({ as: other })).expect(401);
  (await me({ as: user })).expect(200);
});

test('a changed password counts for its first 72 bytes', async () => {
  const long = 'x'.repeat(72);
  const user = await server.newUser({ password: `${long}tail` });
  (await login(user.email, long)).expect(201);
  (await login(user.email, long.slice(1))).expect(401);
});

// ---- PIN code and elevation ----

const pin = (method, as, body) => server.request(method, '/auth/pin-code', { as, body });
const unlock = (as, body) => server.request('POST', '/auth/session/unlock', { as, body });
const status = async (as) => (await server.request('GET', '/auth/status', { as })).expect(200).json;

test('a PIN is set once, changed and reset', async () => {
  const user = await server.newUser();
  assert.deepEqual(await status(user), { pinCode: false, password: true, isElevated: false });
  (await pin('PUT', user, { pinCode: '123456', newPinCode: '111111' })).expect(400, 'User does not have a PIN code');
  (await pin('DELETE', user, { pinCode: '123456' })).expect(400, 'User does not have a PIN code');
  const bad = (await pin('POST', user, { pinCode: '12ab' })).expectIssues('pinCode');
  assert.equal(bad.json.errors[0].message, 'Invalid string: must match pattern /^\\d{6}$/');
  for (const wrong of ['123456\n', '１２３４５６', '1234567', ''])
    (await pin('POST', user, { pinCode: wrong })).expectIssues('pinCode');
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  (await pin('POST', user, { pinCode: '654321' })).expect(400, 'User already has a PIN code');
  assert.equal((await status(user)).pinCode, true);

  (await pin('PUT', user, { pinCode: '000000', newPinCode: '111111' })).expect(400, 'Wrong PIN code');
  (await pin('PUT', user, { newPinCode: '111111' })).expect(400, 'Either password or pinCode is required');
  (await pin('PUT', user, { pinCode: '123456', newPinCode: '111111' })).expect(204);
  (await pin('PUT', user, { password: 'no', pinCode: '111111', newPinCode: '222222' })).expect(400, 'Wrong password');
  (await pin('PUT', user, { password, pinCode: '999999', newPinCode: '222222' })).expect(204);

  (await pin('DELETE', user, { pinCode: '111111' })).expect(400, 'Wrong PIN code');
  (await pin('DELETE', user, { pinCode: '222222' })).expect(204);
  assert.equal((await status(user)).pinCode, false);
});

test('two first PINs at once leave one of them', async () => {
  const user = await server.newUser();
  const replies = await Promise.all(['111111', '222222'].map((pinCode) => pin('POST', user, { pinCode })));
  assert.deepEqual(replies.map((reply) => reply.status).sort(), [204, 400]);
});

test('the PIN elevates one session for a quarter of an hour', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  (await unlock(user, { pinCode: '123456' })).expect(400, 'User does not have a PIN code');
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  (await unlock(user, { pinCode: '000000' })).expect(400, 'Wrong PIN code');
  (await unlock(user, { password })).expect(400, 'Either password or pinCode is required');
  (await unlock(user, { pinCode: '123456' })).expect(204);
  const { pinExpiresAt, ...rest } = await status(user);
  assert.deepEqual(rest, { pinCode: true, password: true, isElevated: true });
  const minutes = (Date.parse(pinExpiresAt) - Date.now()) / 60_000;
  assert.ok(minutes > 14 && minutes <= 15, `${minutes} minutes`);
  assert.equal((await status(other)).isElevated, false);
  (await server.request('POST', '/auth/session/lock', { as: user })).expect(204);
  assert.deepEqual(await status(user), { pinCode: true, password: true, isElevated: false });
  (await server.request('POST', '/auth/session/lock', { as: user })).expect(204);
  (await server.request('POST', '/auth/pin-code/verify', { as: user, body: { pinCode: '123456' } })).expect(204);
  assert.equal((await status(user)).isElevated, true);
});

test('elevation slides in its last five minutes, and ends', async () => {
  const user = await server.newUser();
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  (await unlock(user, { pinCode: '123456' })).expect(204);
  const set = (ms) =>
    server.sql(`UPDATE session SET pin_expires_at = ${Date.now() + ms} WHERE user_id = '${user.id}'`);
  const left = async () => Date.parse((await status(user)).pinExpiresAt) - Date.now();
  await set(8 * 60_000);
  assert.ok((await left()) > 7 * 60_000);
  await set(60_000);
  await status(user);
  const after = await left();
  assert.ok(after > 4 * 60_000 && after <= 5 * 60_000, `${after} ms`);
  await set(-1000);
  const ended = await status(user);
  assert.equal(ended.isElevated, false);
  assert.ok(ended.pinExpiresAt, 'a passed time is still shown');
});

test('resetting the PIN ends elevation everywhere, changing it does not', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  (await unlock(user, { pinCode: '123456' })).expect(204);
  (await unlock(other, { pinCode: '123456' })).expect(204);
  (await pin('PUT', user, { pinCode: '123456', newPinCode: '222222' })).expect(204);
  assert.equal((await status(other)).isElevated, true);
  (await pin('DELETE', user, { password })).expect(204);
  assert.equal((await status(user)).isElevated, false);
  assert.equal((await status(other)).isElevated, false);
});

test('a key cannot elevate anything', async () => {
  const user = await server.newUser();
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  const key = await server.newKey(user, 'all');
  const text = 'This endpoint can only be used with a session token';
  (await unlock(key, { pinCode: '123456' })).expect(400, text);
  (await server.request('POST', '/auth/session/lock', { as: key })).expect(400, text);
  assert.deepEqual(await status(key), { pinCode: true, password: true, isElevated: false });
});

test('guessing a PIN is slowed down', async () => {
  const user = await server.newUser();
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  for (let i = 0; i < 10; i++) (await unlock(user, { pinCode: `00000${i}` })).expect(400, 'Wrong PIN code');
  const refused = (await unlock(user, { pinCode: '123456' })).expect(429);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal((await status(user)).isElevated, false);
});

test('guesses with a key are counted apart from those of its owner, and together after a while', async () => {
  const user = await server.newUser();
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  const guess = (as) => pin('PUT', as, { pinCode: '000000', newPinCode: '111111' });
  const guesses = async () => {
    const key = await server.newKey(user, 'pinCode.update');
    for (let i = 0; i < 10; i++) (await guess(key)).expect(400, 'Wrong PIN code');
    (await guess(key)).expect(429);
  };
  await guesses();
  await guesses();
  (await unlock(user, { pinCode: '123456' })).expect(204); // which forgets those
  for (let i = 0; i < 3; i++) await guesses();
  (await unlock(user, { pinCode: '123456' })).expect(429);
  const body = { password, newPassword: 'Passw0rd!2' };
  (await server.request('POST', '/auth/change-password', { as: user, body })).expect(200);
});

// ---- sockets ----

test('a socket is opened with a session or a key that may do all', async () => {
  const user = await server.newUser();
  const all = await server.newKey(user, 'all');
  const ways = [
    { authorization: `Bearer ${user.token}` },
    { 'x-immich-user-token': user.token },
    { cookie: `immich_access_token=${user.token}` },
    { 'x-api-key': all.key },
  ];
  for (const headers of ways) {
    const socket = await server.events(headers);
    await socket.next('on_server_version');
    socket.close();
  }
});

test('a socket without a good credential is told so and closed', async () => {
  const user = await server.newUser();
  const limited = await server.newKey(user, 'user.read');
  const ways = [
    {},
    { authorization: 'Bearer nonsense' },
    { 'x-api-key': 'nonsense' },
    { 'x-api-key': limited.key },
    { authorization: `Bearer ${user.token}`, 'x-immich-share-key': 'nonsense' },
  ];
  for (const headers of ways) {
    const socket = await server.events(headers);
    assert.deepEqual(await socket.next('error'), ['unauthorized']);
    await socket.end();
    socket.close();
    assert.equal(socket.received.some(([name]) => name === 'on_server_version'), false);
  }
});

test('the sockets of a session hear of its logout, those of others do not', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  const sessions = (await server.request('GET', '/sessions', { as: user })).expect(200).json;
  const own = sessions.find((session) => session.current).id;
  const socket = await server.events({ authorization: `Bearer ${user.token}` });
  const bystander = await server.events({ authorization: `Bearer ${other.token}` });
  await Promise.all([socket.next('on_server_version'), bystander.next('on_server_version')]);
  (await server.request('POST', '/auth/logout', { as: user })).expect(200);
  assert.deepEqual(await socket.next('on_session_delete'), [own]);
  assert.equal(bystander.received.some(([name]) => name === 'on_session_delete'), false);
  socket.close();
  bystander.close();
});

test('without the old one a password is set where an admin wants it, or where it opens nothing else', async () => {
  const user = await server.newUser();
  const set = (as) => server.request('PUT', '/users/me', { as, body: { password } });
  (await set(await server.newKey(user, 'user.update'))).expect(403, 'Missing required permission: all');
  (await set(await server.newKey(user))).expect(200);
  (await set(user)).expect(200);
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  (await set(user)).expect(401, 'Elevated permission is required');
  (await unlock(user, { pinCode: '123456' })).expect(204);
  (await set(user)).expect(200);
  const asked = await server.newUser({ shouldChangePassword: true });
  (await pin('POST', asked, { pinCode: '123456' })).expect(204);
  (await set(asked)).expect(200);
});

test('an admin, and who has no password, is never asked to go around the PIN', async () => {
  const locked = 'Elevated permission is required';
  const set = (as, body) => server.request('PUT', '/users/me', { as, body });
  const boss = await server.newUser({ isAdmin: true, shouldChangePassword: true });
  (await set(boss, { password })).expect(200); // as an app asks at the first login
  await server.sql(`UPDATE users SET should_change_password = 1 WHERE id = '${boss.id}'`);
  (await pin('POST', boss, { pinCode: '123456' })).expect(204);
  (await set(boss, { password: 'thief' })).expect(401, locked);
  const self = (as, body) => server.request('PUT', `/admin/users/${boss.id}`, { as, body });
  for (const body of [{ password: 'thief' }, { pinCode: '000000' }, { pinCode: null }, { email: 'thief@example.com' }])
    (await self(boss, body)).expect(401, locked);
  (await self(boss, { name: 'Boss', storageLabel: null, email: boss.email })).expect(200);
  const small = await server.newKey(boss, 'adminUser.update');
  (await self(small, { password: 'thief' })).expect(403, 'Missing required permission: all');
  (await unlock(boss, { pinCode: '123456' })).expect(204);
  (await self(boss, { password, pinCode: '654321' })).expect(200);

  const guest = await server.newUser({ shouldChangePassword: true });
  await server.sql(`UPDATE users SET oauth_id = 'guest', password = '' WHERE id = '${guest.id}'`);
  (await pin('POST', guest, { pinCode: '123456' })).expect(204);
  (await set(guest, { password: 'thief' })).expect(401, locked);
  // once an admin has given one, the app asks whoever logs in with it, as it asks others
  const change = { password, shouldChangePassword: true };
  (await server.request('PUT', `/admin/users/${guest.id}`, { as: server.admin, body: change })).expect(200);
  const back = await server.login(guest.email);
  (await set(back, { email: 'thief@example.com' })).expect(401, locked);
  (await set(back, { password })).expect(200);
  (await set(back, { password })).expect(401, locked);
});

test('a new e-mail of one\'s own is asked for what a new password is', async () => {
  const user = await server.newUser({ shouldChangePassword: true });
  const set = (as, body) => server.request('PUT', '/users/me', { as, body });
  const small = await server.newKey(user, 'user.update');
  (await set(small, { email: 'other@example.com' })).expect(403, 'Missing required permission: all');
  (await set(small, { email: user.email.toUpperCase(), name: 'Same' })).expect(200);
  (await set(user, { email: 'moved@example.com' })).expect(200);
  (await pin('POST', user, { pinCode: '123456' })).expect(204);
  for (const more of [{}, { password }]) // a password is asked for, no e-mail
    (await set(user, { email: 'other@example.com', ...more })).expect(401, 'Elevated permission is required');
  (await set(user, { email: 'moved@example.com', name: 'Same' })).expect(200);
  (await unlock(user, { pinCode: '123456' })).expect(204);
  (await set(user, { email: 'other@example.com' })).expect(200);
});
