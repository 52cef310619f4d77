// API keys: what they may do, and that they cannot gain more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server } from './harness.mjs';

const make = (as, body) => server.request('POST', '/api-keys', { as, body });
const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';

test('a new key is answered in both shapes', async () => {
  const user = await server.newUser();
  const { secret, apiKey, ...flat } = (
    await make(user, { name: 'mine', permissions: ['asset.read', 'asset.read', 'album.read'] })
  ).expect(201).json;
  assert.match(secret, /^[A-Za-z0-9]{30,43}$/);
  assert.deepEqual(flat, apiKey);
  assert.equal(apiKey.name, 'mine');
  assert.deepEqual(apiKey.permissions, ['asset.read', 'asset.read', 'album.read']);
  assert.equal(apiKey.createdAt, apiKey.updatedAt);
  const read = (await server.request('GET', `/api-keys/${apiKey.id}`, { as: user })).expect(200).json;
  assert.deepEqual(read, apiKey);
  const key = (await server.request('GET', '/api-keys/me', { as: { key: secret } })).expect(200).json;
  assert.deepEqual(key, apiKey);
});

test('a key without a name gets one', async () => {
  const user = await server.newUser();
  for (const name of [undefined, ''])
    assert.equal((await make(user, { name, permissions: ['all'] })).expect(201).json.apiKey.name, 'API Key');
});

test('permissions must be known, and at least one', async () => {
  const user = await server.newUser();
  const none = (await make(user, { permissions: [] })).expectIssues('permissions');
  assert.equal(none.json.errors[0].message, 'Too small: expected array to have >=1 items');
  (await make(user, { permissions: ['asset.fly'] })).expectIssues('permissions.0');
  (await make(user, {})).expectIssues('permissions');
  (await make(user, { permissions: Array(1001).fill('all') })).expectIssues('permissions');
});

test('keys are listed newest first, only to their owner', async () => {
  const user = await server.newUser();
  const made = [];
  for (const name of ['a', 'b', 'c']) {
    const { id } = (await make(user, { name, permissions: ['all'] })).expect(201).json;
    await server.sql(`UPDATE api_key SET created_at = created_at + ${made.length} WHERE id = '${id}'`);
    made.unshift(name);
  }
  const listed = (await server.request('GET', '/api-keys', { as: user })).expect(200).json;
  assert.deepEqual(listed.map((key) => key.name), made);
  const stranger = await server.newUser();
  assert.deepEqual((await server.request('GET', '/api-keys', { as: stranger })).expect(200).json, []);
});

test("other people's keys are not found, not even by an admin", async () => {
  const user = await server.newUser();
  const key = await server.newKey(user, 'all');
  const admin = await server.signUp();
  for (const id of [key.id, MISSING]) {
    const on = (method, body, more = '') => server.request(method, `/api-keys/${id}${more}`, { as: admin, body });
    (await on('GET')).expect(400, 'API Key not found');
    (await on('PUT', { name: 'x' })).expect(400, 'API Key not found');
    (await on('DELETE')).expect(400, 'API Key not found');
    (await on('POST', undefined, '/rotate')).expect(400, 'API Key not found');
  }
  (await server.request('GET', '/api-keys/me', { as: key })).expect(200);
});

test('a key is renamed, changed and deleted', async () => {
  const user = await server.newUser();
  const key = await server.newKey(user, 'apiKey.delete', 'user.read');
  const put = (body) => server.request('PUT', `/api-keys/${key.id}`, { as: user, body });
  assert.equal((await put({ name: 'other' })).expect(200).json.name, 'other');
  assert.equal((await put({ name: '' })).expect(200).json.name, '');
  const same = (await put({})).expect(200).json;
  assert.deepEqual(same.permissions, ['apiKey.delete', 'user.read']);
  assert.deepEqual((await put({ permissions: ['apiKey.delete'] })).expect(200).json.permissions, ['apiKey.delete']);
  (await put({ permissions: [] })).expectIssues('permissions');
  (await server.request('GET', '/users/me', { as: key })).expect(403, 'Missing required permission: user.read');
  (await server.request('DELETE', `/api-keys/${key.id}`, { as: key })).expect(204);
  (await server.request('GET', '/users/me', { as: key })).expect(401, 'Invalid API key');
});

test('a key does what it holds and nothing else', async () => {
  const user = await server.newUser();
  const reader = await server.newKey(user, 'user.read');
  const all = await server.newKey(user, 'all');
  (await server.request('GET', '/users/me', { as: reader })).expect(200);
  (await server.request('PUT', '/users/me', { as: reader, body: { name: 'x' } }))
    .expect(403, 'Missing required permission: user.update');
  (await server.request('GET', '/auth/status', { as: reader })).expect(403, 'Missing required permission: all');
  (await server.request('GET', '/auth/status', { as: all })).expect(200);
  (await server.request('GET', '/admin/users', { as: all })).expect(403, 'Forbidden');
  (await server.request('GET', '/api-keys/me', { as: user })).expect(403, 'Not authenticated with an API Key');
});

test('a key cannot grant what it does not hold', async () => {
  const user = await server.newUser();
  const target = await server.newKey(user, 'asset.read');
  const limited = await server.newKey(user, 'apiKey.create', 'apiKey.update', 'apiKey.rotate', 'user.read');
  const text = 'Cannot grant permissions you do not have';
  (await make(limited, { permissions: ['all'] })).expect(400, text);
  (await make(limited, { permissions: ['user.read', 'user.update'] })).expect(400, text);
  (await make(limited, { permissions: ['user.read'] })).expect(201);
  const put = (body) => server.request('PUT', `/api-keys/${target.id}`, { as: limited, body });
  (await put({ permissions: ['all'] })).expect(400, text);
  (await put({ permissions: ['user.read'] })).expect(200);
  const all = await server.newKey(user, 'all');
  (await make(all, { permissions: ['all'] })).expect(201);
  (await server.request('POST', `/api-keys/${all.id}/rotate`, { as: limited }))
    .expect(400, 'Cannot rotate an API Key with permissions you do not have');
  (await server.request('GET', '/api-keys/me', { as: all })).expect(200);
});

test('rotating a key gives it another secret', async () => {
  const user = await server.newUser();
  const key = await server.newKey(user, 'user.read');
  const { secret, apiKey, ...flat } = (
    await server.request('POST', `/api-keys/${key.id}/rotate`, { as: user })
  ).expect(201).json;
  assert.deepEqual(flat, apiKey);
  assert.equal(apiKey.id, key.id);
  assert.deepEqual(apiKey.permissions, ['user.read']);
  (await server.request('GET', '/users/me', { as: key })).expect(401, 'Invalid API key');
  (await server.request('GET', '/users/me', { as: { key: secret } })).expect(200);
});

test('a permission that this version does not know is kept and not shown', async () => {
  const user = await server.newUser();
  const key = await server.newKey(user, 'user.read');
  await server.sql(`UPDATE api_key SET permissions = '["user.read","future.fly"]' WHERE id = '${key.id}'`);
  const read = (await server.request('GET', `/api-keys/${key.id}`, { as: user })).expect(200).json;
  assert.deepEqual(read.permissions, ['user.read']);
  (await server.request('GET', '/users/me', { as: key })).expect(200);
});
