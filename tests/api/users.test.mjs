// Accounts: one's own, other people's, and their administration.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { filesBelow, jpeg } from './fixtures.mjs';
import { engine, newServer, password, server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const admin = () => server.signUp();
const asAdmin = async (method, where, body) => server.request(method, where, { as: await admin(), body });
const me = async (as) => (await server.request('GET', '/users/me', { as })).expect(200).json;

// ---- administration ----

test('an admin makes an account with the defaults', async () => {
  const body = { email: 'Bob@Example.com', password, name: 'Bob' };
  const { id, clusterGroupId, createdAt, updatedAt, profileChangedAt, ...rest } =
    (await asAdmin('POST', '/admin/users', body)).expect(201).json;
  assert.deepEqual(rest, {
    email: 'bob@example.com', name: 'Bob', profileImagePath: '', avatarColor: 'blue', storageLabel: null,
    shouldChangePassword: true, isAdmin: false, deletedAt: null, oauthId: '', quotaSizeInBytes: null,
    quotaUsageInBytes: 0, status: 'active', license: null,
  });
  assert.equal(createdAt, profileChangedAt);
  assert.equal(createdAt, updatedAt);
  (await asAdmin('POST', '/admin/users', body)).expect(400, 'Email is not available');
  const read = (await asAdmin('GET', `/admin/users/${id}`)).expect(200).json;
  assert.equal(read.clusterGroupId, clusterGroupId);
});

test('an admin makes an account as wished', async () => {
  const made = (await asAdmin('POST', '/admin/users', {
    email: 'carol@example.com', password: 'x', name: '', avatarColor: 'red', isAdmin: true, pinCode: '123456',
    storageLabel: 'a/b\\c:d*e?f"g<h>i|j k', quotaSizeInBytes: 0, shouldChangePassword: false, notify: false,
  })).expect(201).json;
  assert.equal(made.storageLabel, 'abcdefghij k');
  assert.deepEqual([made.avatarColor, made.isAdmin, made.quotaSizeInBytes, made.shouldChangePassword, made.name],
    ['red', true, 0, false, '']);
  const carol = await server.login('carol@example.com', 'x');
  (await server.request('POST', '/auth/session/unlock', { as: carol, body: { pinCode: '123456' } })).expect(204);
});

test('accounts that cannot be are refused', async () => {
  const make = (fields) =>
    asAdmin('POST', '/admin/users', { email: 'new@example.com', password, name: 'N', ...fields });
  (await make({ password: '' })).expect(400, 'password is required');
  (await make({ email: 'nonsense', name: undefined })).expectIssues('email', 'name');
  (await make({ pinCode: '12' })).expectIssues('pinCode');
  (await make({ quotaSizeInBytes: -1 })).expectIssues('quotaSizeInBytes');
  (await make({ avatarColor: 'mauve' })).expectIssues('avatarColor');
  (await make({ isAdmin: null })).expectIssues('isAdmin');
  (await make({ storageLabel: 'admin' })).expect(400, 'Storage label already in use by another account');
  (await make({ email: `${'a'.repeat(400)}@example.com` })).expect(400);
});

test('labels that come to nothing are none, so two accounts may have one', async () => {
  for (const storageLabel of ['', '...', 'con', null])
    assert.equal((await server.newUser({ storageLabel })).id !== undefined, true);
});

test('administration is for admins', async () => {
  const user = await server.newUser();
  const key = await server.newKey(await admin(), 'user.read');
  const as = (who, method, where, body) => server.request(method, where, { as: who, body });
  (await as(user, 'GET', '/admin/users')).expect(403, 'Forbidden');
  (await as(user, 'POST', '/admin/users', { email: 'z@example.com', password, name: 'Z' })).expect(403, 'Forbidden');
  (await as(user, 'PUT', `/admin/users/${user.id}`, { isAdmin: true })).expect(403, 'Forbidden');
  (await as(user, 'DELETE', `/admin/users/${user.id}`, {})).expect(403, 'Forbidden');
  (await as(user, 'GET', `/admin/users/${user.id}/statistics`)).expect(403, 'Forbidden');
  (await as(key, 'GET', '/admin/users')).expect(403, 'Missing required permission: adminUser.read');
  (await server.request('GET', '/admin/users')).expect(401, 'Authentication required');
});

test('accounts are listed newest first', async () => {
  const users = (await asAdmin('GET', '/admin/users')).expect(200).json;
  const times = users.map((user) => user.createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
  const { id } = users[1];
  assert.deepEqual((await asAdmin('GET', `/admin/users?id=${id}`)).expect(200).json, [users[1]]);
  assert.deepEqual((await asAdmin('GET', `/admin/users?id=${MISSING}`)).expect(200).json, []);
  (await asAdmin('GET', '/admin/users?id=nonsense')).expectIssues('id');
  (await asAdmin('GET', '/admin/users?withDeleted=yes')).expectIssues('withDeleted');
});

test('an update changes what it names', async () => {
  const user = await server.newUser();
  const put = (body) => asAdmin('PUT', `/admin/users/${user.id}`, body);
  const before = await me(user);
  const after = (await put({
    name: 'Bobby', storageLabel: 'bobby', quotaSizeInBytes: 50_000_000, avatarColor: 'green', isAdmin: false,
  })).expect(200).json;
  assert.deepEqual({ ...after, updatedAt: '' }, {
    ...before, name: 'Bobby', storageLabel: 'bobby', quotaSizeInBytes: 50_000_000, avatarColor: 'green', updatedAt: '',
  });
  const cleared = (await put({ storageLabel: '', quotaSizeInBytes: null, avatarColor: null })).expect(200).json;
  assert.deepEqual({ ...cleared, updatedAt: '' }, { ...before, name: 'Bobby', updatedAt: '' });
  assert.ok((await put({})).expect(200).json.updatedAt >= cleared.updatedAt);
  (await put({ email: 'admin@example.com' })).expect(400, 'Email is not available');
  (await put({ storageLabel: 'admin' })).expect(400, 'Storage label already in use by another account');
  (await put({ email: user.email.toUpperCase() })).expect(200);
  (await asAdmin('PUT', `/admin/users/${MISSING}`, {})).expect(400, 'User not found');
});

test('an admin sets and clears passwords and PINs of others', async () => {
  const user = await server.newUser();
  const put = (body) => asAdmin('PUT', `/admin/users/${user.id}`, body);
  const status = async () => (await server.request('GET', '/auth/status', { as: user })).expect(200).json;
  (await put({ password: 'another', pinCode: '123456' })).expect(200);
  (await server.request('GET', '/users/me', { as: user })).expect(200);
  assert.equal((await server.login(user.email, 'another')).shouldChangePassword, true);
  assert.equal((await status()).pinCode, true);
  (await put({ pinCode: '' })).expect(200);
  assert.equal((await status()).pinCode, false);
  (await put({ pinCode: '123456' })).expect(200);
  (await put({ pinCode: null, password: '' })).expect(200);
  assert.deepEqual(await status(), { pinCode: false, password: true, isElevated: false });
  (await put({ pinCode: 'x' })).expectIssues('pinCode');
});

test('an admin cannot shed the right, but another one can take it', async () => {
  const one = await admin();
  const two = await server.newUser({ isAdmin: true });
  const put = (as, body) => server.request('PUT', `/admin/users/${one.id}`, { as, body });
  (await put(one, { isAdmin: false })).expect(400, 'Admin status can only be changed by another admin');
  (await put(one, { isAdmin: true })).expect(200);
  (await put(two, { isAdmin: false })).expect(200);
  (await server.request('GET', '/admin/users', { as: one })).expect(403, 'Forbidden');
  (await put(two, { isAdmin: true })).expect(200);
});

test('two admins cannot take the last role of each other', async () => {
  const other = newServer();
  const one = await other.signUp();
  const two = await other.newUser({ isAdmin: true });
  const kept = 'Without this user there would be no admin; make somebody else one first';
  const each = (method, bodyOf) => [[one, two], [two, one]].map(([as, of]) =>
    other.request(method, `/admin/users/${of.id}`, { as, body: bodyOf }));
  for (const [method, body] of [['PUT', { isAdmin: false }], ['DELETE', {}]])
    for (let i = 0; i < 10; i++) {
      const replies = await Promise.all(each(method, body));
      const [[n]] = await other.sql('SELECT count(*) FROM users WHERE is_admin = 1 AND deleted_at IS NULL');
      assert.equal(n, '1');
      // the later one is refused by what is left, or, coming later still, for being no admin any more
      const refused = replies.filter(({ status }) => status !== 200);
      assert.equal(refused.length, 1);
      if (refused[0].status === 400) assert.equal(refused[0].json.message, kept);
      else assert.ok([401, 403].includes(refused[0].status));
      await other.sql("UPDATE users SET is_admin = 1, deleted_at = NULL, status = 'active'");
    }
  (await other.request('POST', '/auth/admin-sign-up', { body: { email: 'x@example.com', password, name: 'X' } }))
    .expect(400, 'The server already has an admin');
});

test('a deleted account cannot be used, and comes back whole', async () => {
  const user = await server.newUser({ storageLabel: 'deleted-one' });
  const key = await server.newKey(user, 'user.read');
  const del = (body) => asAdmin('DELETE', `/admin/users/${user.id}`, body);
  const gone = (await del({})).expect(200).json;
  assert.equal(gone.status, 'deleted');
  assert.ok(Date.now() - Date.parse(gone.deletedAt) < 60_000);
  (await del({})).expect(400, 'User not found');

  (await server.request('GET', '/users/me', { as: user })).expect(401, 'Invalid user token');
  (await server.request('GET', '/users/me', { as: key })).expect(401, 'Invalid API key');
  (await server.request('POST', '/auth/login', { body: { email: user.email, password } }))
    .expect(401, 'Incorrect email or password');
  (await asAdmin('GET', `/users/${user.id}`)).expect(400, 'User not found');
  (await asAdmin('PUT', `/admin/users/${user.id}`, {})).expect(400, 'User not found');
  assert.equal((await asAdmin('GET', `/admin/users/${user.id}`)).expect(200).json.status, 'deleted');
  assert.deepEqual((await asAdmin('GET', `/admin/users/${user.id}/sessions`)).expect(200).json, []);
  const ids = async (query) => (await asAdmin('GET', `/admin/users${query}`)).expect(200).json.map((each) => each.id);
  assert.ok(!(await ids('')).includes(user.id));
  assert.ok((await ids('?withDeleted=true')).includes(user.id));
  (await asAdmin('POST', '/admin/users', { email: user.email, password, name: 'N' })).expect(400, 'Email is not available');
  (await asAdmin('POST', '/admin/users', { email: 'n@example.com', password, name: 'N', storageLabel: 'deleted-one' }))
    .expect(400, 'Storage label already in use by another account');

  const back = (await asAdmin('POST', `/admin/users/${user.id}/restore`)).expect(200).json;
  assert.deepEqual([back.status, back.deletedAt], ['active', null]);
  (await server.request('GET', '/users/me', { as: user })).expect(200);
  (await server.request('GET', '/users/me', { as: key })).expect(200);
  const again = (await asAdmin('POST', `/admin/users/${user.id}/restore`)).expect(200).json;
  assert.equal(again.updatedAt, back.updatedAt);
  (await asAdmin('POST', `/admin/users/${MISSING}/restore`)).expect(400, 'User not found');
});

test('nobody deletes the own account, and unknown ones are told', async () => {
  const { id } = await admin();
  (await asAdmin('DELETE', `/admin/users/${id}`, {})).expect(403, 'Cannot delete your own account');
  (await asAdmin('DELETE', `/admin/users/${MISSING}`, {})).expect(400, 'User not found');
});

test('a forced deletion removes the account with all it has', async () => {
  const user = await server.newUser();
  const folder = path.join(server.media, 'upload', user.id, 'ab');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'file.jpg'), 'x');
  (await server.newKey(user, 'all'));
  const gone = (await asAdmin('DELETE', `/admin/users/${user.id}`, { force: true })).expect(200).json;
  assert.equal(gone.status, 'removing');
  await server.waitForJobs();
  (await asAdmin('GET', `/admin/users/${user.id}`)).expect(400, 'User not found');
  assert.equal(fs.existsSync(path.join(server.media, 'upload', user.id)), false);
  for (const table of ['session', 'api_key', 'user_metadata'])
    assert.deepEqual(await server.sql(`SELECT * FROM ${table} WHERE user_id = '${user.id}'`), []);
  (await asAdmin('POST', '/admin/users', { email: user.email, password, name: 'N' })).expect(201);
});

test('photos of others in a folder that is named by the account stay, whatever order the language of the database has', async () => {
  const own = newServer();
  const admin = await own.signUp();
  if (engine === 'postgres')
    await own.sql(`DO $$ DECLARE -- a trigger that names the column is in the way
        made TEXT := pg_get_triggerdef((SELECT oid FROM pg_trigger WHERE tgname = 'asset_storage_doubt'));
      BEGIN
        DROP TRIGGER asset_storage_doubt ON asset;
        ALTER TABLE asset ALTER COLUMN original_path TYPE text COLLATE "th-x-icu";
        EXECUTE made;
      END $$`);
  const [user, other] = [await own.newUser(), await own.newUser()];
  const bytes = jpeg();
  const { id } = (await own.upload(bytes, 'a.jpg', {}, { as: other })).expect(201).json;
  await own.waitForJobs();
  const [[from]] = await own.sql(`SELECT original_path FROM asset WHERE id = '${id}'`);
  const to = `library/${user.id}/2020/a.jpg`;
  fs.mkdirSync(path.join(own.media, path.dirname(to)), { recursive: true });
  fs.renameSync(path.join(own.media, from), path.join(own.media, to));
  await own.sql(`UPDATE asset SET original_path = '${to}' WHERE id = '${id}'`);
  (await own.request('DELETE', `/admin/users/${user.id}`, { as: admin, body: { force: true } })).expect(200);
  await own.waitForJobs();
  assert.deepEqual(await own.sql(`SELECT id FROM users WHERE id = '${user.id}'`), []);
  assert.ok((await own.request('GET', `/assets/${id}/original`, { as: other })).expect(200).bytes.equals(bytes));
});

test('with an account go its files, wherever they lie, and its albums; nothing of others', async () => {
  const user = await server.newUser({ storageLabel: 'leaving' });
  const other = await server.newUser();
  const ids = [];
  for (const as of [user, user, other]) ids.push((await server.upload(jpeg(), 'a.jpg', {}, { as })).expect(201).json.id);
  await server.waitForJobs();
  // as a storage template would have it, under labels of then and now
  const library = path.join(server.media, 'library');
  const move = async (id, where) => {
    const from = (await server.sql(`SELECT original_path FROM asset WHERE id = '${id}'`))[0][0];
    fs.mkdirSync(path.dirname(path.join(library, where)), { recursive: true });
    fs.renameSync(path.join(server.media, from), path.join(library, where));
    await server.sql(`UPDATE asset SET original_path = 'library/${where}' WHERE id = '${id}'`);
  };
  await move(ids[0], 'before/2024/a.jpg');
  await move(ids[1], 'leaving/2024/a.jpg');
  await move(ids[2], 'leaving/2023/a.jpg');
  await server.sql(`INSERT INTO album (id, name, created_at, updated_at, update_id) VALUES ('${ids[0]}', 'x', 1, 1, 'u')`);
  await server.sql(`INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)
    VALUES ('${ids[0]}', '${user.id}', 'owner', 1, 'u', 'u'), ('${ids[0]}', '${other.id}', 'viewer', 1, 'u', 'u')`);
  const album = async () => (await server.sql(`SELECT deleted_at IS NULL, update_id FROM album WHERE id = '${ids[0]}'`))[0];
  const isThere = ([value]) => value === '1' || value === 't';

  (await asAdmin('DELETE', `/admin/users/${user.id}`, {})).expect(200);
  assert.equal(isThere(await album()), false);
  (await asAdmin('POST', `/admin/users/${user.id}/restore`)).expect(200);
  assert.equal(isThere(await album()), true);
  assert.notEqual((await album())[1], 'u');

  (await asAdmin('DELETE', `/admin/users/${user.id}`, { force: true })).expect(200);
  await server.waitForJobs();
  assert.deepEqual(await server.sql(`SELECT id FROM asset WHERE owner_id = '${user.id}'`), []);
  assert.equal(await album(), undefined);
  // the lock of moves is nobody's
  assert.deepEqual(filesBelow(library).filter((name) => name !== '.moving'), ['leaving/2023/a.jpg']);
  assert.equal(fs.existsSync(path.join(library, 'leaving/2024')), false);
  for (const folder of ['upload', 'thumbs']) assert.equal(fs.existsSync(path.join(server.media, folder, user.id)), false);
  (await server.request('GET', `/assets/${ids[2]}/original`, { as: other })).expect(200);
});

test('accounts deleted long ago are removed by the clean-up, recent ones are not', async () => {
  const old = await server.newUser();
  const recent = await server.newUser();
  for (const user of [old, recent]) (await asAdmin('DELETE', `/admin/users/${user.id}`, {})).expect(200);
  const day = 86_400_000;
  await server.sql(`UPDATE users SET deleted_at = ${Date.now() - 8 * day} WHERE id = '${old.id}'`);
  await server.sql(`UPDATE users SET deleted_at = ${Date.now() - 6 * day} WHERE id = '${recent.id}'`);
  (await asAdmin('POST', '/jobs', { name: 'user-cleanup' })).expect(204);
  await server.waitForJobs();
  (await asAdmin('GET', `/admin/users/${old.id}`)).expect(400, 'User not found');
  (await asAdmin('GET', `/admin/users/${recent.id}`)).expect(200);
});

test('a removal that waits leaves an account that was restored and deleted again meanwhile', async () => {
  const user = await server.newUser();
  const { id } = (await server.upload(jpeg(), 'only.jpg', {}, { as: user })).expect(201).json;
  await server.waitForJobs();
  const remove = () => asAdmin('DELETE', `/admin/users/${user.id}`, {}).then((reply) => reply.expect(200));
  await remove();
  const queue = (command) => asAdmin('PUT', '/jobs/backgroundTask', { command, force: false });
  (await queue('pause')).expect(200);
  // as the clean-up of long ago left it
  await server.sql(`INSERT INTO job (id, name, queue, key, data, state, priority, attempt, deaths, run_after, created_at)
    VALUES ('${crypto.randomUUID()}', 'UserDelete', 'backgroundTask', '${user.id}', '{"id":"${user.id}"}', 'waiting', 0, 0, 0, 0, 1)`);
  (await asAdmin('POST', `/admin/users/${user.id}/restore`)).expect(200);
  await remove();
  (await queue('resume')).expect(200);
  await server.waitForJobs();
  (await asAdmin('POST', `/admin/users/${user.id}/restore`)).expect(200);
  (await server.request('GET', `/assets/${id}/original`, { as: user })).expect(200);
});

test('a delay of more days than a number of milliseconds holds is for ever', async () => {
  const user = await server.newUser();
  const config = (await asAdmin('GET', '/system-config')).expect(200).json;
  const forever = { ...config, user: { deleteDelay: 999_999_999_999 } };
  (await asAdmin('PUT', '/system-config', forever)).expect(200);
  (await asAdmin('DELETE', `/admin/users/${user.id}`, {})).expect(200);
  (await asAdmin('POST', '/jobs', { name: 'user-cleanup' })).expect(204);
  await server.waitForJobs();
  (await asAdmin('GET', `/admin/users/${user.id}`)).expect(200);
  (await asAdmin('PUT', '/system-config', config)).expect(200);
});

test('statistics of an account without assets are zero', async () => {
  const user = await server.newUser();
  const none = { images: 0, videos: 0, total: 0 };
  for (const query of ['', '?isTrashed=true', '?isFavorite=false', '?visibility=locked'])
    assert.deepEqual((await asAdmin('GET', `/admin/users/${user.id}/statistics${query}`)).expect(200).json, none);
  assert.deepEqual((await asAdmin('GET', `/admin/users/${MISSING}/statistics`)).expect(200).json, none);
  (await asAdmin('GET', `/admin/users/${user.id}/statistics?visibility=x`)).expectIssues('visibility');
});

test('statistics count by state', async () => {
  const user = await server.newUser();
  const rows = [
    ['IMAGE', 'timeline', 1, 'active', 3], ['IMAGE', 'archive', 0, 'active', 5], ['VIDEO', 'timeline', 0, 'active', 7],
    ['IMAGE', 'locked', 0, 'active', 11], ['VIDEO', 'hidden', 0, 'active', 13], ['IMAGE', 'timeline', 0, 'trashed', 17],
  ];
  for (const [type, visibility, favorite, status, n] of rows)
    await server.sql(`INSERT INTO asset_usage VALUES
      ('${user.id}', '${type}', '${visibility}', ${favorite}, '${status}', 0, ${n}, ${n * 1000})`);
  const of = async (query) => (await asAdmin('GET', `/admin/users/${user.id}/statistics${query}`)).expect(200).json;
  assert.deepEqual(await of(''), { images: 8, videos: 7, total: 15 });
  assert.deepEqual(await of('?isFavorite=true'), { images: 3, videos: 0, total: 3 });
  assert.deepEqual(await of('?isFavorite=false'), { images: 5, videos: 7, total: 12 });
  assert.deepEqual(await of('?visibility=locked'), { images: 11, videos: 0, total: 11 });
  assert.deepEqual(await of('?visibility=hidden'), { images: 0, videos: 13, total: 13 });
  assert.deepEqual(await of('?isTrashed=true'), { images: 17, videos: 0, total: 17 });
  // a new quota counts what is stored: everything that is not external
  const updated = (await asAdmin('PUT', `/admin/users/${user.id}`, { quotaSizeInBytes: 10 })).expect(200).json;
  assert.equal(updated.quotaUsageInBytes, 56_000);
  // no asset stands behind these rows
  await server.sql(`DELETE FROM asset_usage WHERE owner_id = '${user.id}'`);
  await server.sql(`UPDATE users SET quota_usage_bytes = 0 WHERE id = '${user.id}'`);
});

// ---- oneself and others ----

test('everybody sees everybody, unless the server says otherwise', async () => {
  const user = await server.newUser();
  const users = (await server.request('GET', '/users', { as: user })).expect(200).json;
  assert.ok(users.length > 2);
  const own = users.find((each) => each.id === user.id);
  assert.deepEqual(Object.keys(own).sort(),
    ['avatarColor', 'email', 'id', 'name', 'profileChangedAt', 'profileImagePath']);
  const { id } = await admin();
  assert.equal((await server.request('GET', `/users/${id}`, { as: user })).expect(200).json.name, 'Admin');
  (await server.request('GET', `/users/${MISSING}`, { as: user })).expect(400, 'User not found');
  (await server.request('GET', '/users/nonsense', { as: user })).expectIssues('id');
});

test('without public users one sees oneself, and an admin everybody', async () => {
  const other = newServer();
  const user = await other.newUser();
  const boss = await other.signUp();
  const config = (await other.request('GET', '/system-config', { as: boss })).expect(200).json;
  config.server.publicUsers = false;
  (await other.request('PUT', '/system-config', { as: boss, body: config })).expect(200);
  const ids = async (as) => (await other.request('GET', '/users', { as })).expect(200).json.map((each) => each.id);
  assert.deepEqual(await ids(user), [user.id]);
  assert.equal((await ids(boss)).length, 2);
  (await other.request('GET', `/users/${boss.id}`, { as: user })).expect(200);
});

test('one changes the own account', async () => {
  const user = await server.newUser();
  const put = (body) => server.request('PUT', '/users/me', { as: user, body });
  const changed = (await put({ name: 'New', email: 'New-Mail@Example.com', avatarColor: 'amber' })).expect(200).json;
  assert.deepEqual([changed.name, changed.email, changed.avatarColor], ['New', 'new-mail@example.com', 'amber']);
  (await put({ email: 'admin@example.com' })).expect(400, 'Email is not available');
  (await put({ email: 'nonsense' })).expectIssues('email');
  (await put({ name: null })).expectIssues('name');
  (await put({ name: 'x'.repeat(1001) })).expectIssues('name');
  for (const body of [{}, { password: '' }])
    assert.equal((await put(body)).expect(200).json.updatedAt, changed.updatedAt);
  const colors = ['primary', 'pink', 'red', 'yellow', 'blue', 'green', 'purple', 'orange', 'gray', 'amber'];
  const sum = [...'new-mail@example.com'].reduce((total, c) => total + c.codePointAt(0), 0);
  assert.equal((await put({ avatarColor: null })).expect(200).json.avatarColor, colors[sum % 10]);
});

test('a new password of one\'s own is no longer to be changed', async () => {
  const user = await server.newUser();
  const other = await server.login(user.email);
  assert.equal((await me(user)).shouldChangePassword, true);
  const changed = (await server.request('PUT', '/users/me', { as: user, body: { password: 'a' } })).expect(200).json;
  assert.equal(changed.shouldChangePassword, false);
  await server.login(user.email, 'a');
  (await server.request('GET', '/users/me', { as: other })).expect(200);
});

// ---- picture ----

/** A PNG of one colour. */
function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const pixels = zlib.deflateSync(Buffer.alloc((width * 3 + 1) * height, 0));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes) {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ~value >>> 0;
}

function webpSize(bytes) {
  assert.equal(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 12), 'RIFFWEBP');
  const kind = bytes.toString('latin1', 12, 16);
  if (kind === 'VP8 ') return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff];
  if (kind === 'VP8X') return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1];
  const bits = bytes.readUInt32LE(21);
  return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
}

const setPicture = (as, bytes, name, field = 'file') => {
  const form = new FormData();
  if (bytes) form.append(field, new Blob([bytes]), name);
  else form.append('other', 'text');
  return server.request('POST', '/users/profile-image', { as, body: form });
};
const picture = (as, id, headers) => server.request('GET', `/users/${id}/profile-image`, { as, headers });

test('a picture is re-encoded, served to everybody, replaced and deleted', async () => {
  const user = await server.newUser();
  const stranger = await server.newUser();
  (await picture(stranger, user.id)).expect(404, 'Not Found');
  (await picture(stranger, MISSING)).expect(404, 'Not Found');
  (await server.request('DELETE', '/users/profile-image', { as: user })).expect(400, "Can't delete a missing profile Image");

  const { userId, profileImagePath, profileChangedAt } = (await setPicture(user, png(800, 533), 'Me.PNG')).expect(201).json;
  assert.equal(userId, user.id);
  assert.match(profileImagePath, new RegExp(`profile/${user.id}/[0-9a-f-]{36}\\.webp$`));
  const mine = await me(user);
  assert.deepEqual([mine.profileImagePath, mine.profileChangedAt], [profileImagePath, profileChangedAt]);
  const served = (await picture(stranger, user.id)).expect(200);
  assert.deepEqual(webpSize(served.bytes), [375, 250]);
  assert.equal(served.headers.get('content-type'), 'image/webp');
  assert.equal(served.headers.get('cache-control'), 'public, max-age=0');
  (await picture(stranger, user.id, { 'if-none-match': served.headers.get('etag') })).expect(304);
  assert.equal((await picture(stranger, user.id, { range: 'bytes=0-3' })).expect(206).text, 'RIFF');

  const folder = path.join(server.media, 'profile', user.id);
  const [first] = fs.readdirSync(folder);
  (await setPicture(user, png(10, 20), 'small.png')).expect(201);
  assert.deepEqual(webpSize((await picture(user, user.id)).expect(200).bytes), [10, 20]);
  const left = fs.readdirSync(folder);
  assert.equal(left.length, 1);
  assert.notEqual(left[0], first);
  (await server.request('DELETE', '/users/profile-image', { as: user })).expect(204);
  assert.deepEqual(fs.readdirSync(folder), []);
  (await picture(user, user.id)).expect(404, 'Not Found');
  assert.equal((await me(user)).profileImagePath, '');
});

test('pictures that are many at once are not all worked on', async () => {
  const users = [];
  for (let i = 0; i < 3; i++) users.push(await server.newUser());
  const large = png(4000, 3000);
  const replies = await Promise.all([...users, ...users, ...users].map((user) => setPicture(user, large, 'me.png')));
  const statuses = replies.map((reply) => reply.status).sort();
  assert.deepEqual([statuses[0], statuses.at(-1)], [201, 429], `${statuses}`);
  for (const reply of replies.filter(({ status }) => status === 429))
    assert.match(reply.expect(429, /try again later/).headers.get('retry-after'), /^\d+$/);
  for (const user of users) (await setPicture(user, png(8, 8), 'me.png')).expect(201);
});

test('what is no picture is refused and leaves nothing behind', async () => {
  const user = await server.newUser();
  (await setPicture(user, png(8, 8), 'me.txt')).expect(400, 'Unsupported file type me.txt');
  (await setPicture(user, Buffer.from('not a picture'), 'me.png')).expect(400, 'Unable to process profile image');
  (await setPicture(user, png(800, 600).subarray(0, 100), 'me.png')).expect(400, 'Unable to process profile image');
  (await setPicture(user, png(8, 8), 'me.png', 'avatar')).expect(400, 'Unexpected field - avatar');
  (await setPicture(user)).expect(400);
  assert.equal((await me(user)).profileImagePath, '');
  const folder = path.join(server.media, 'profile', user.id);
  assert.deepEqual(fs.existsSync(folder) ? fs.readdirSync(folder) : [], []);
});

test('the picture of a deleted account is hidden', async () => {
  const user = await server.newUser();
  (await setPicture(user, png(8, 8), 'me.png')).expect(201);
  (await asAdmin('DELETE', `/admin/users/${user.id}`, {})).expect(200);
  (await picture(await admin(), user.id)).expect(404, 'Not Found');
});
