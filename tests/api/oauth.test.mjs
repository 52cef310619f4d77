// Logging in at an OpenID provider: a real one that behaves, and one that lies.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { newServer, server } from './harness.mjs';
import { Browser, CLIENT, SECRET, lyingProvider, newKey, newPair, realProvider, signToken } from './oidc.mjs';

const MOBILE = 'app.immich:///oauth-callback';
const FAILED = 'OAuth authentication failed';
const DOWN = /^Error in OAuth discovery/;
let admin;
let real;
let lying;
let login; // the page of the web app

const call = (method, where, body, as, headers) => server.request(method, where, { as, body, headers });

/** Set the config's oauth to what @param provider needs, and @param more. */
async function configure(provider, more = {}) {
  const config = (await call('GET', '/system-config/defaults', undefined, admin)).expect(200).json;
  config.oauth = {
    ...config.oauth, enabled: true, issuerUrl: provider.issuer, clientId: CLIENT, clientSecret: SECRET,
    allowInsecureRequests: true, ...more,
  };
  (await call('PUT', '/system-config', config, admin)).expect(200);
}

before(async () => {
  admin = await server.signUp();
  login = `${server.base}/auth/login`;
  lying = await lyingProvider();
  real = await realProvider([login, MOBILE, `${server.base}/api/oauth/mobile-redirect`],
    `${server.base}/api/oauth/backchannel-logout`);
});

const cookieHeader = (reply) => reply.cookies.map((line) => line.split(';')[0]).join('; ');

/** A whole login as the web app does it. @return the answer of the callback */
async function webLogin(who, browser) {
  const begun = await call('POST', '/oauth/authorize', { redirectUri: login });
  const url = await real.logIn(begun.expect(201).json.url, who, browser);
  return call('POST', '/oauth/callback', { url }, undefined, { cookie: cookieHeader(begun) });
}

const me = async (token) => (await call('GET', '/users/me', undefined, token)).expect(200).json;

test('what clients are told before a login', async () => {
  await configure(real, { buttonText: 'House key', autoLaunch: true, accountManagementUrl: 'https://id.example.com/me' });
  const features = (await call('GET', '/server/features')).json;
  assert.deepEqual([features.oauth, features.oauthAutoLaunch, features.passwordLogin], [true, true, true]);
  const config = (await call('GET', '/server/config')).json;
  assert.deepEqual([config.oauthButtonText, config.oauthAccountManagementUrl], ['House key', 'https://id.example.com/me']);
  await configure(real, { enabled: false });
  assert.equal((await call('GET', '/server/features')).json.oauth, false);
  for (const [where, as] of [['/oauth/authorize'], ['/oauth/callback'], ['/oauth/link', admin]])
    (await call('POST', where, { redirectUri: login, url: login }, as)).expect(400, 'OAuth is not enabled');
  (await call('POST', '/oauth/backchannel-logout', { logout_token: 'x' }))
    .expect(400, 'Received backchannel logout request but OAuth is not enabled');
});

test('a login makes an account, and the next one finds it', async () => {
  await configure(real, { defaultStorageQuota: 5 });
  real.accounts.alice = { name: 'Alice A', preferred_username: 'al.ice', email: 'Alice@Example.com ' };
  const begun = (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(201);
  const url = new URL(begun.json.url);
  assert.deepEqual([...url.searchParams.keys()], ['redirect_uri', 'scope', 'state', 'code_challenge',
    'code_challenge_method', 'client_id', 'response_type', 'nonce']);
  assert.match(begun.cookies[0], /^immich_oauth_state=[\w-]{43}; Max-Age=34560000; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
  assert.match(begun.cookies[1], /^immich_oauth_code_verifier=[\w-]{43}; /);
  const back = await real.logIn(url.href, 'alice');
  const headers = { cookie: cookieHeader(begun) };
  const done = (await call('POST', '/oauth/callback', { url: back }, undefined, headers)).expect(201);
  assert.deepEqual(done.cookies.map((line) => line.split('=')[0]), ['immich_oauth_state', 'immich_oauth_code_verifier',
    'immich_access_token', 'immich_auth_type', 'immich_is_authenticated']);
  assert.match(done.cookies[3], /^immich_auth_type=oauth;/);
  const { accessToken, userEmail, name, isAdmin, shouldChangePassword, profileImagePath } = done.json;
  assert.deepEqual([userEmail, name, isAdmin, shouldChangePassword, profileImagePath],
    ['alice@example.com', 'Alice A', false, true, '']);
  const user = await me(accessToken);
  assert.deepEqual([user.oauthId, user.storageLabel, user.quotaSizeInBytes], ['alice', 'alice', 5 * 2 ** 30]);
  // a code is good for one login
  (await call('POST', '/oauth/callback', { url: back }, undefined, headers)).expect(500, 'Failed to finish oauth');
  // what changed at the provider later is left alone here
  real.accounts.alice = { name: 'Other', preferred_username: 'other', immich_quota: 1 };
  const again = (await webLogin('alice')).expect(201).json;
  assert.deepEqual([again.userId, again.name], [user.id, 'Alice A']);
  // there is no password to log in with
  for (const password of ['', 'x'])
    (await call('POST', '/auth/login', { email: 'alice@example.com', password })).expect(401);
});

test('claims make label, quota and role', async () => {
  await configure(real, { storageLabelClaim: 'preferred_username' });
  real.accounts.bob = { preferred_username: 'admin', immich_quota: '2', immich_role: 'admin' };
  const bob = await me((await webLogin('bob')).expect(201).json.accessToken);
  // the first admin has that label
  assert.deepEqual([bob.isAdmin, bob.quotaSizeInBytes, bob.storageLabel, bob.name], [true, 2 * 2 ** 30, null, 'admin']);
  real.accounts.bob = { immich_role: ['user'] };
  assert.equal((await webLogin('bob')).expect(201).json.isAdmin, false);
  real.accounts.bob = {};
  assert.equal((await webLogin('bob')).expect(201).json.isAdmin, false);
  real.accounts.bob = { immich_role: ['user', 'admin'] };
  assert.equal((await webLogin('bob')).expect(201).json.isAdmin, true);
  real.accounts.bob = {};
  assert.equal((await webLogin('bob')).expect(201).json.isAdmin, true); // nothing is said
});

test('the last admin stays one', async () => {
  await configure(real);
  const others = (await call('GET', '/admin/users', undefined, admin)).json.filter(({ isAdmin, id }) => isAdmin && id !== admin.id);
  for (const { id } of others) (await call('PUT', `/admin/users/${id}`, { isAdmin: false }, admin)).expect(200);
  real.accounts.root = { email: admin.email, immich_role: 'user' };
  const root = (await webLogin('root')).expect(201).json;
  assert.deepEqual([root.userId, root.isAdmin], [admin.id, true]);
  (await call('POST', '/oauth/unlink', undefined, admin)).expect(200);
});

/** Both at once, as two tabs or two devices may. @returns the answers */
async function together(...people) {
  const begun = [];
  for (const who of people) {
    const reply = (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(201);
    begun.push({ url: await real.logIn(reply.json.url, who), cookie: cookieHeader(reply) });
  }
  return Promise.all(begun.map(({ url, cookie }) => call('POST', '/oauth/callback', { url }, undefined, { cookie })));
}

test('two first logins at once open one account', async () => {
  await configure(real);
  for (let i = 0; i < 5; i++) {
    const [one, two] = await together(`first${i}`, `first${i}`);
    assert.equal(one.expect(201).json.userId, two.expect(201).json.userId);
  }
});

test('of two admins who lose the role at once one keeps it', async () => {
  await configure(real);
  const admins = (await server.sql('SELECT id FROM users WHERE is_admin = 1')).flat();
  const among = (ids) => `(${ids.map((id) => `'${id}'`).join(', ')})`;
  const ids = [];
  for (const who of ['role1', 'role2']) ids.push((await webLogin(who)).expect(201).json.userId);
  for (const who of ['role1', 'role2']) real.accounts[who] = { immich_role: 'user' };
  for (let i = 0; i < 5; i++) {
    await server.sql(`UPDATE users SET is_admin = CASE WHEN id IN ${among(ids)} THEN 1 ELSE 0 END`);
    const replies = await together('role1', 'role2');
    assert.deepEqual(replies.map((reply) => reply.expect(201).json.isAdmin).filter((is) => is).length, 1);
  }
  await server.sql(`UPDATE users SET is_admin = CASE WHEN id IN ${among(admins)} THEN 1 ELSE 0 END`);
});

test('the picture is fetched once, and a chosen one stays', async () => {
  await configure(real);
  real.picture = jpeg();
  real.accounts.carol = { picture: `${real.issuer}/picture` };
  const carol = (await webLogin('carol')).expect(201).json;
  assert.equal(carol.profileImagePath, ''); // of the time before
  assert.match((await me(carol.accessToken)).profileImagePath, /profile\//);
  (await call('GET', `/users/${carol.userId}/profile-image`, undefined, carol.accessToken)).expect(200);
  assert.equal((await webLogin('carol')).expect(201).json.profileImagePath, (await me(carol.accessToken)).profileImagePath);
  assert.equal(real.pictures, 1);
  // one that is none, and one of the private network, do not stop a login
  real.picture = Buffer.from('no picture');
  real.accounts.dan = { picture: `${real.issuer}/picture` };
  assert.equal((await me((await webLogin('dan')).expect(201).json.accessToken)).profileImagePath, '');
  real.accounts.eve = { picture: `${lying.issuer}/picture` };
  await webLogin('eve').then((reply) => reply.expect(201));
  assert.equal(lying.count('/picture'), 0);
  real.accounts.fred = { picture: 'file:///etc/hostname' };
  await webLogin('fred').then((reply) => reply.expect(201));
  // nor one that comes too slowly, which would keep the others waiting
  real.picture = 'slow';
  real.accounts.walt = { picture: `${real.issuer}/picture` };
  const began = Date.now();
  assert.equal((await me((await webLogin('walt')).expect(201).json.accessToken)).profileImagePath, '');
  assert.ok(Date.now() - began < 15_000, `${Date.now() - began} ms`);
  // of many who come at once each has one
  real.picture = jpeg();
  const many = ['gil', 'hal', 'ida', 'jo', 'kim', 'lou'];
  for (const who of many) real.accounts[who] = { picture: `${real.issuer}/picture` };
  for (const reply of await together(...many))
    assert.match((await me(reply.expect(201).json.accessToken)).profileImagePath, /profile\//);
});

test('an account is found by its e-mail, once, and only by a verified one', async () => {
  await configure(real);
  const user = await server.newUser();
  real.accounts.grace = { email: user.email.toUpperCase(), email_verified: false };
  (await webLogin('grace')).expect(400, 'OAuth profile does not have an email address');
  assert.equal((await me(user)).oauthId, '');
  real.accounts.grace.email_verified = true;
  assert.equal((await webLogin('grace')).expect(201).json.userId, user.id);
  assert.equal((await me(user)).oauthId, 'grace');
  // another identity with this e-mail is nobody
  real.accounts.heidi = { email: user.email };
  (await webLogin('heidi')).expect(400, FAILED);
  // the password still opens it
  await server.login(user.email);
});

test('an e-mail that only reads like another opens no account', async () => {
  await configure(real);
  const user = await server.newUser({ email: 'kurt@example.com' });
  const others = ['\u212aurt@example.com', 'kurt\u200b@example.com', 'ku rt@example.com', 'kurt@example.com\u0000', 'kurt\u001b[2J@example.com'];
  for (const [i, email] of others.entries()) {
    real.accounts[`kurt${i}`] = { email };
    const { status } = await webLogin(`kurt${i}`);
    assert.ok(status === 400 || status === 500, `${escape(email)}: ${status}`);
  }
  assert.equal((await me(user)).oauthId, '');
  real.accounts.kurtus = { email: 'KURT@example.com' };
  assert.equal((await webLogin('kurtus')).expect(201).json.userId, user.id);
});

test('an e-mail that its user chose does not open the account to who has it at the provider', async () => {
  await configure(real);
  const user = await server.newUser();
  const put = (where, body, as) => call('PUT', where, body, as).then((reply) => reply.expect(200));
  await put('/users/me', { email: 'victim@example.com' }, user);
  real.accounts.victim = { email: 'victim@example.com' };
  (await webLogin('victim')).expect(400, FAILED);
  await put('/users/me', { email: 'victim@example.com', name: 'Same' }, user); // no change
  (await webLogin('victim')).expect(400, FAILED);
  assert.equal((await me(user)).oauthId, '');
  // it can be linked by hand, and an admin may say that it is right
  await put(`/admin/users/${user.id}`, { email: 'victim@example.com' }, admin);
  assert.equal((await webLogin('victim')).expect(201).json.userId, user.id);
  // nor one's own that an admin has
  const boss = await server.newUser({ isAdmin: true });
  await put(`/admin/users/${boss.id}`, { email: 'boss2@example.com' }, boss);
  real.accounts.boss2 = { email: 'boss2@example.com' };
  (await webLogin('boss2')).expect(400, FAILED);
  const begun = (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(201);
  const url = await real.logIn(begun.json.url, 'boss2');
  (await call('POST', '/oauth/link', { url }, boss, { cookie: cookieHeader(begun) })).expect(200);
  assert.equal((await webLogin('boss2')).expect(201).json.userId, boss.id);
});

test('who has no account is refused when accounts are not made', async () => {
  await configure(real, { autoRegister: false });
  (await webLogin('ivan')).expect(400, FAILED);
  assert.equal((await call('GET', '/admin/users', undefined, admin)).json.find(({ email }) => /ivan/.test(email)), undefined);
});

test('a deleted account stays deleted', async () => {
  await configure(real);
  const judy = (await webLogin('judy')).expect(201).json;
  (await call('DELETE', `/admin/users/${judy.userId}`, {}, admin)).expect(200);
  (await webLogin('judy')).expect(400, FAILED);
  real.accounts.judy = { email: 'judy2@example.com' };
  (await webLogin('judy')).expect(400, FAILED);
  (await call('POST', `/admin/users/${judy.userId}/restore`, {}, admin)).expect(200);
  assert.equal((await webLogin('judy')).expect(201).json.userId, judy.userId);
});

test('the app logs in with a verifier of its own, by POST and by GET', async () => {
  await configure(real);
  const pair = newPair();
  const body = { redirectUri: MOBILE, state: pair.state, codeChallenge: pair.challenge };
  const begun = (await call('POST', '/oauth/authorize', body)).expect(201);
  assert.match(begun.cookies[1], /^immich_oauth_code_verifier=;/);
  const url = await real.logIn(begun.json.url, 'mobile');
  assert.ok(url.startsWith(`${MOBILE}?`));
  const end = { url, state: pair.state, codeVerifier: pair.verifier };
  (await call('POST', '/oauth/callback', { ...end, codeVerifier: newPair().verifier })).expect(500, 'Failed to finish oauth');
  const other = newPair();
  const query = new URLSearchParams({ code_challenge: other.challenge, code_challenge_method: 'S256', state: other.state });
  const got = (await call('GET', `/oauth/authorize?${query}`)).expect(200).json;
  const back = await real.logIn(got.url, 'mobile');
  const done = (await call('POST', '/oauth/callback', { url: back, state: other.state, codeVerifier: other.verifier })).expect(201);
  assert.equal((await me(done.json.accessToken)).oauthId, 'mobile');
  (await call('GET', '/oauth/authorize?code_challenge=x&code_challenge_method=plain')).expectIssues('code_challenge_method');
});

test('a provider that takes web addresses only is met by way of the server', async () => {
  await configure(real, { mobileOverrideEnabled: true, mobileRedirectUri: `${server.base}/api/oauth/mobile-redirect` });
  const pair = newPair();
  const body = { redirectUri: MOBILE, state: pair.state, codeChallenge: pair.challenge };
  const back = await real.logIn((await call('POST', '/oauth/authorize', body)).expect(201).json.url, 'mobile');
  assert.ok(back.startsWith(`${server.base}/api/oauth/mobile-redirect?code=`));
  const moved = (await call('GET', back.slice(server.base.length))).expect(307);
  const url = moved.headers.get('location');
  assert.equal(url, `${MOBILE}?${back.split('?')[1]}`);
  (await call('POST', '/oauth/callback', { url, state: pair.state, codeVerifier: pair.verifier })).expect(201);
  assert.equal((await call('GET', '/oauth/mobile-redirect')).expect(307).headers.get('location'), `${MOBILE}?`);
});

test('a provider with signed profiles, other algorithms and basic authorization', async () => {
  await configure(real, { clientId: 'basic', tokenEndpointAuthMethod: 'client_secret_basic', signingAlgorithm: 'ES256',
    profileSigningAlgorithm: 'RS256' });
  (await webLogin('basic')).expect(201);
  await configure(real, { clientId: 'basic', tokenEndpointAuthMethod: 'client_secret_basic', signingAlgorithm: 'ES256',
    profileSigningAlgorithm: 'ES256' });
  (await webLogin('basic')).expect(500, 'Failed to finish oauth');
  await configure(real, { clientId: 'basic', tokenEndpointAuthMethod: 'client_secret_basic' });
  (await webLogin('basic')).expect(500, 'Failed to finish oauth');
});

test('linking, unlinking, and unlinking all', async () => {
  await configure(real);
  const user = await server.newUser();
  const other = await server.newUser();
  const link = async (as, who) => {
    const begun = (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(201);
    const url = await real.logIn(begun.json.url, who);
    return call('POST', '/oauth/link', { url }, as, { cookie: cookieHeader(begun) });
  };
  assert.equal((await link(user, 'linked')).expect(200).json.oauthId, 'linked');
  (await link(other, 'linked')).expect(400, 'This OAuth account has already been linked to another user.');
  assert.equal((await link(user, 'linked-again')).expect(200).json.oauthId, 'linked-again');
  const key = await server.newKey(user);
  assert.equal((await link(key, 'linked')).expect(200).json.oauthId, 'linked');
  assert.equal((await webLogin('linked')).expect(201).json.userId, user.id);
  (await call('POST', '/oauth/link', { url: login })).expect(401);
  await configure(real, { enabled: false });
  assert.equal((await call('POST', '/oauth/unlink', undefined, user)).expect(200).json.oauthId, '');
  await configure(real);
  (await link(user, 'linked')).expect(200);
  (await call('POST', '/admin/auth/unlink-all', undefined, user)).expect(403);
  (await call('POST', '/admin/auth/unlink-all', undefined, admin)).expect(204);
  const users = (await call('GET', '/admin/users', undefined, admin)).json;
  assert.deepEqual(users.filter(({ oauthId }) => oauthId !== ''), []);
  await me(user); // sessions stay
});

test('a login without a password is the only one when the config says so', async () => {
  const config = (await call('GET', '/system-config', undefined, admin)).expect(200).json;
  config.passwordLogin.enabled = false;
  (await call('PUT', '/system-config', config, admin)).expect(200);
  (await call('POST', '/auth/login', { email: admin.email, password: admin.password })).expect(401, 'Password login has been disabled');
  assert.equal((await call('GET', '/server/features')).json.passwordLogin, false);
  (await webLogin('alice')).expect(201);
  await configure(real);
});

test('logging out here leads to the provider, which tells us of other sessions', async () => {
  await configure(real);
  const browser = new Browser();
  const first = (await webLogin('alice', browser)).expect(201);
  const second = (await webLogin('alice', browser)).expect(201); // of the same session there
  const apart = (await webLogin('alice')).expect(201);
  const socket = await server.events({ cookie: cookieHeader(second) });
  await socket.next('on_server_version');
  const out = (await call('POST', '/auth/logout', undefined, undefined, { cookie: cookieHeader(first) })).expect(200).json;
  const url = new URL(out.redirectUri);
  assert.equal(url.origin + url.pathname, `${real.issuer}/session/end`);
  assert.match(url.searchParams.get('id_token_hint'), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  (await call('GET', '/users/me', undefined, first.json.accessToken)).expect(401);
  await me(second.json.accessToken);
  await real.logOut(url.href, browser);
  assert.equal((await socket.next('on_session_delete')).length, 1);
  socket.close();
  (await call('GET', '/users/me', undefined, second.json.accessToken)).expect(401);
  await me(apart.json.accessToken);
  // an end of one's own goes before the discovered one; a login by password has none
  await configure(real, { endSessionEndpoint: 'https://id.example.com/bye?a=1' });
  const cookie = cookieHeader(apart);
  assert.match((await call('POST', '/auth/logout', undefined, undefined, { cookie })).json.redirectUri,
    /^https:\/\/id\.example\.com\/bye\?a=1&id_token_hint=/);
  const user = await server.newUser();
  assert.equal((await call('POST', '/auth/logout', undefined, user)).json.redirectUri, '/auth/login?autoLaunch=0');
});

// ---- the one that lies

/** Begin a login at the lying provider. @return what it needs to be finished */
async function begin(redirectUri = login) {
  const begun = (await call('POST', '/oauth/authorize', { redirectUri })).expect(201);
  const { searchParams } = new URL(begun.json.url);
  return { nonce: searchParams.get('nonce'), state: searchParams.get('state'), params: searchParams, cookie: cookieHeader(begun) };
}

const finish = ({ state, cookie }, query = {}) =>
  call('POST', '/oauth/callback', { url: `${login}?${new URLSearchParams({ code: 'c', state, ...query })}` }, undefined, { cookie });

/** A whole login whose ID token has these claims besides. */
async function lie(more = {}, key = lying.keys[0], header = {}) {
  const begun = await begin();
  lying.tokens = { access_token: 'a', id_token: signToken(lying.claims(begun.nonce, more), key, header) };
  return finish(begun);
}

test('tokens that are not right in every part are refused', async () => {
  await configure(lying);
  (await lie()).expect(201);
  const past = Math.floor(Date.now() / 1000) - 3600;
  const refused = async (reply) => (await reply).expect(500, 'Failed to finish oauth');
  await refused(lie({ nonce: 'another' }));
  await refused(lie({ nonce: undefined }));
  await refused(lie({ iss: 'https://id.example.com' }));
  await refused(lie({ aud: 'another' }));
  await refused(lie({ aud: [CLIENT], azp: 'another' }));
  await refused(lie({ exp: past }));
  await refused(lie({ exp: undefined }));
  await refused(lie({ sub: undefined }));
  await refused(lie({ sub: '' }));
  await refused(lie({}, null)); // alg none
  await refused(lie({}, SECRET)); // the secret, where a key is asked for
  await refused(lie({}, JSON.stringify(lying.keys[0].jwk), { kid: 'one' })); // a public key as a secret
  await refused(lie({}, { ...newKey('one') })); // forged
  await refused(lie({}, lying.keys[0], { crit: ['exp'] }));
  const begun = await begin();
  for (const id_token of ['', 'x', 'a.b.c', '..', 7, null, 'x'.repeat(40000)]) {
    lying.tokens = { access_token: 'a', id_token };
    lying.profile = {};
    await refused(finish(begun));
  }
  (await lie()).expect(201);
});

test('the shared secret signs when the config says so', async () => {
  await configure(lying, { signingAlgorithm: 'HS256' });
  (await lie({}, SECRET)).expect(201);
  (await lie({}, `${SECRET}x`)).expect(500);
  (await lie()).expect(500);
  await configure(lying, { signingAlgorithm: 'none' });
  (await lie({}, null)).expect(500);
});

test('what the browser brings back must be of this login', async () => {
  await configure(lying);
  const begun = await begin();
  lying.tokens = { access_token: 'a', id_token: signToken(lying.claims(begun.nonce), lying.keys[0]) };
  const asked = lying.count('/token');
  (await finish(begun, { state: 'another' })).expect(500, 'Failed to finish oauth');
  (await finish(begun, { iss: 'https://id.example.com' })).expect(500);
  (await finish(begun, { error: 'access_denied' })).expect(500);
  (await finish(begun, { code: '' })).expect(500);
  const { cookie } = begun;
  for (const url of [`${login}?code=c`, login, 'x', '?%zz', `${login}?code=c&state=%00`])
    (await call('POST', '/oauth/callback', { url }, undefined, { cookie })).expect(500, 'Failed to finish oauth');
  assert.equal(lying.count('/token'), asked); // refused before the provider is asked
  const url = `${login}?code=c&state=${begun.state}`;
  (await call('POST', '/oauth/callback', { url })).expect(400, 'OAuth state is missing');
  (await call('POST', '/oauth/callback', { url, state: '' }, undefined, { cookie })).expect(400, 'OAuth state is missing');
  (await call('POST', '/oauth/callback', { url, state: begun.state })).expect(400, 'OAuth code verifier is missing');
  (await call('POST', '/oauth/callback', { url, state: begun.state, codeVerifier: '' }, undefined, { cookie }))
    .expect(400, 'OAuth code verifier is missing');
  (await call('POST', '/oauth/callback', { url: '' })).expectIssues('url');
  (await call('POST', '/oauth/callback', { url, state: null })).expectIssues('state');
  (await call('POST', '/oauth/authorize', { redirectUri: 'x'.repeat(3000) })).expect(400);
  (await finish(begun)).expect(201);
});

test('a code is of no use without the verifier, also where PKCE is not known', async () => {
  lying.description = { code_challenge_methods_supported: undefined };
  await configure(lying);
  const begun = await begin();
  assert.equal(begun.params.get('code_challenge'), null);
  lying.tokens = { access_token: 'a', id_token: signToken(lying.claims(begun.nonce), lying.keys[0]) };
  const url = `${login}?code=c&state=${begun.state}`;
  (await call('POST', '/oauth/callback', { url, state: begun.state, codeVerifier: newPair().verifier })).expect(500);
  (await finish(begun)).expect(201);
  assert.equal(new URLSearchParams(lying.asked.at(-1).body).get('code_verifier'), null);
  lying.description = {};
});

test('the token request is what the config says', async () => {
  await configure(lying);
  (await lie()).expect(201);
  const sent = () => lying.asked.findLast(({ path }) => path === '/token');
  const body = () => Object.fromEntries(new URLSearchParams(sent().body));
  const { code_verifier: verifier, ...rest } = body();
  assert.match(verifier, /^[\w-]{43}$/);
  assert.deepEqual(rest, { redirect_uri: login, code: 'c', grant_type: 'authorization_code', client_id: CLIENT, client_secret: SECRET });
  await configure(lying, { tokenEndpointAuthMethod: 'client_secret_basic' });
  (await lie()).expect(201);
  const encode = (text) => new URLSearchParams([['', text]]).toString().slice(1);
  assert.equal(sent().headers.authorization, `Basic ${Buffer.from(`${CLIENT}:${encode(SECRET)}`).toString('base64')}`);
  assert.equal(body().client_secret, undefined);
  await configure(lying, { clientSecret: '' });
  (await lie()).expect(201);
  assert.deepEqual([body().client_id, body().client_secret, sent().headers.authorization], [CLIENT, undefined, undefined]);
});

test('the profile is asked for when the ID token has no e-mail, and is of the same person', async () => {
  await configure(lying);
  lying.profile = { sub: 'mallory', email: 'mallory@example.com' };
  (await lie({ email: undefined })).expect(201);
  assert.equal(lying.asked.at(-1).headers.authorization, 'Bearer a');
  lying.profile.sub = 'alice';
  (await lie({ email: undefined })).expect(500, 'Failed to finish oauth');
  // without an ID token the profile alone says who it is
  const begun = await begin();
  lying.profile = { sub: 'mallory' };
  lying.tokens = { access_token: 'a' };
  (await finish(begun)).expect(201);
  lying.tokens = { access_token: 'a\r\nX-Other: b' };
  (await finish(begun)).expect(500);
  lying.tokens = {};
  (await finish(begun)).expect(500);
});

test('a new key is fetched, an old one is no longer believed', async () => {
  await configure(lying);
  (await lie()).expect(201);
  const [old] = lying.keys;
  const asked = lying.count('/jwks');
  (await lie()).expect(201);
  assert.equal(lying.count('/jwks'), asked); // kept
  lying.keys = [newKey('two')];
  (await lie()).expect(201);
  assert.equal(lying.count('/jwks'), asked + 1);
  (await lie({}, old)).expect(500);
  // tokens with unknown keys, which anyone can send, do not make us ask for ever
  for (let i = 0; i < 20; i++)
    (await call('POST', '/oauth/backchannel-logout', { logout_token: signToken({}, old, { kid: `x${i}` }) })).expect(400);
  assert.ok(lying.count('/jwks') <= asked + 7);
});

test('a provider that cannot be used is told of, and nothing hangs', async () => {
  const down = async (description, more) => {
    lying.description = description;
    await configure(lying, more);
    (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(503, DOWN);
  };
  await down({ issuer: 'https://id.example.com' });
  await down({ issuer: undefined });
  await down({ token_endpoint: undefined });
  await down({ authorization_endpoint: 'javascript:alert(1)' });
  await down({ jwks_uri: 'file:///etc/hostname' });
  await down('no JSON');
  await down('[]');
  await down({}, { allowInsecureRequests: false });
  await down((request, response) => response.writeHead(500).end('no'));
  await down((request, response) => response.writeHead(302, { location: `${lying.issuer}/elsewhere` }).end());
  assert.equal(lying.count('/elsewhere'), 0);
  await down((request, response) => response.writeHead(302, { location: 'file:///etc/hostname' }).end());
  let sent = 0;
  await down((request, response) => {
    const more = () => {
      for (let ok = true; ok && sent < 64 * 2 ** 20; sent += 65536) ok = response.write(' '.repeat(65536));
    };
    response.on('drain', more).on('error', () => {});
    more();
  });
  assert.ok(sent < 16 * 2 ** 20, `${sent} bytes were taken`);
  await down(() => {}, { timeout: 300 }); // no answer
  lying.description = {};
  const gone = await lyingProvider();
  await configure(gone);
  const begun = await begin();
  await gone.close();
  (await finish(begun)).expect(500, 'Failed to finish oauth');
  await configure({ issuer: `${gone.issuer}/other` });
  (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(503, DOWN);
  // a password that stands in its address stays out of the log
  const behind = new URL(gone.issuer);
  await configure({ issuer: `http://anna:hunter2@${behind.host}/.well-known/openid-configuration` });
  (await call('POST', '/oauth/authorize', { redirectUri: login })).expect(503, DOWN);
  await server.says(new RegExp(`a login at 'http://${behind.host}' cannot begin: no answer from 'http://${behind.host}'`));
  assert.ok(!server.log.includes('hunter2'));
  // who logged in there still gets out
  const cookie = 'immich_auth_type=oauth';
  const user = await server.newUser();
  assert.equal((await call('POST', '/auth/logout', undefined, user, { cookie })).expect(200).json.redirectUri, '/auth/login?autoLaunch=0');
});

test('many logins at a provider that does not answer leave the server free', async () => {
  lying.description = () => {};
  await configure(lying, { timeout: 2000 });
  const all = Array.from({ length: 40 }, () => call('POST', '/oauth/authorize', { redirectUri: login }));
  await Promise.any(all); // more than may wait are refused at once
  assert.ok(lying.count('/.well-known/openid-configuration') > 0);
  (await call('GET', '/admin/users', undefined, admin)).expect(200); // on a thread of the same pool
  for (const reply of await Promise.all(all)) reply.expect(503, DOWN);
  lying.description = {};
});

test('only a right logout token ends sessions', async () => {
  await configure(lying);
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const now = () => Math.floor(Date.now() / 1000);
  const token = (more, key = lying.keys[0], header) =>
    signToken({ iss: lying.issuer, aud: CLIENT, iat: now(), jti: crypto.randomUUID(), events, ...more }, key, header);
  const send = (logout_token) => call('POST', '/oauth/backchannel-logout', { logout_token });
  const one = (await lie({ sid: 's1' })).expect(201).json.accessToken;
  const two = (await lie({ sid: 's2' })).expect(201).json.accessToken;
  const bad = async (text) => (await send(text)).expect(400, 'Error backchannel logout: token validation failed');
  await bad('x');
  await bad(token({ sid: 's1' }, null));
  await bad(token({ sid: 's1' }, newKey('two')));
  await bad(token({ sid: 's1' }, SECRET));
  await bad(token({ sid: 's1', iss: 'https://id.example.com' }));
  await bad(token({ sid: 's1', aud: 'another' }));
  await bad(token({ sid: 's1', iat: now() - 200 }));
  await bad(token({ sid: 's1', iat: now() + 60 }));
  await bad(token({ sid: 's1', iat: undefined }));
  await bad(token({ sid: 's1', events: {} }));
  await bad(token({ sid: 's1', nonce: 'n' }));
  (await send(token({}))).expect(400, 'Invalid logout token: it must contain either a sub or a sid claim');
  (await send(token({ sid: 's1', sub: 'alice' }))).expect(200); // not hers
  await me(one);
  await me(two);
  const form = new URLSearchParams({ logout_token: token({ sid: 's1', sub: 'mallory' }) });
  const reply = (await server.request('POST', '/oauth/backchannel-logout', { body: form })).expect(200);
  assert.deepEqual([reply.text, reply.headers.get('content-type')], ['', null]);
  (await call('GET', '/users/me', undefined, one)).expect(401);
  await me(two);
  (await send(token({ sid: 's2' }))).expect(200);
  (await call('GET', '/users/me', undefined, two)).expect(401);
  const three = (await lie({})).expect(201).json.accessToken;
  (await send(token({ sub: 'mallory' }))).expect(200);
  (await call('GET', '/users/me', undefined, three)).expect(401);
  (await send(token({ sub: 'nobody' }))).expect(200);
  await me(admin);
});

test('the first account of a server is an admin, or none', async () => {
  const fresh = newServer();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-oauth-'));
  const file = path.join(folder, 'config.json');
  fs.writeFileSync(file, JSON.stringify({ oauth: {
    enabled: true, issuerUrl: lying.issuer, clientId: CLIENT, clientSecret: SECRET, allowInsecureRequests: true } }));
  await fresh.start({ IMMICH_CONFIG_FILE: file });
  const pair = newPair();
  const redirectUri = `${fresh.base}/auth/login`;
  const body = { redirectUri, state: pair.state, codeChallenge: pair.challenge };
  const logIn = async (claims) => {
    const { url } = (await fresh.request('POST', '/oauth/authorize', { body })).expect(201).json;
    const nonce = new URL(url).searchParams.get('nonce');
    lying.tokens = { access_token: 'a', id_token: signToken(lying.claims(nonce, claims), lying.keys[0]) };
    const end = { url: `${redirectUri}?code=c&state=${pair.state}`, state: pair.state, codeVerifier: pair.verifier };
    return fresh.request('POST', '/oauth/callback', { body: end });
  };
  (await logIn({})).expect(400, 'The first registered account must the administrator.');
  assert.equal((await fresh.request('GET', '/server/config')).json.isInitialized, false);
  assert.equal((await logIn({ immich_role: 'admin' })).expect(201).json.isAdmin, true);
  assert.equal((await fresh.request('GET', '/server/config')).json.isInitialized, true);
  fs.rmSync(folder, { recursive: true });
});
