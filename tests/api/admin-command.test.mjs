// 'tintype admin', beside a running server: the made-up library, and the check of kept counts.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { server, sleep } from './harness.mjs';

let admin;

const command = (...args) => server.command(args);
command.ask = (input, ...args) => server.command(args, input);

before(async () => {
  await server.start();
  assert.match(command('seed-demo', '--assets', '5').stderr, /there is no admin yet/);
  admin = await server.signUp();
});

test('seed-demo makes a library that can be looked at', async () => {
  const made = command('seed-demo', '--assets', '500', '--years', '2', '--people', '3', '--faces', '20');
  assert.equal(made.status, 0, made.stderr);
  const months = (await server.request('GET', '/timeline/buckets', { as: admin })).expect(200).json;
  const trashed = (await server.request('GET', '/timeline/buckets?isTrashed=true', { as: admin })).expect(200).json;
  const total = [...months, ...trashed].reduce((sum, month) => sum + month.count, 0);
  assert.equal(total, 500);
  assert.ok(months.length >= 23 && months.length <= 26);
  const { timeBucket } = months[5];
  const bucket = (await server.request('GET', `/timeline/bucket?timeBucket=${timeBucket}`, { as: admin })).expect(200).json;
  assert.equal(bucket.id.length, months[5].count);
  for (const size of ['thumbnail', 'preview'])
    (await server.request('GET', `/assets/${bucket.id[0]}/thumbnail?size=${size}`, { as: admin })).expect(200);
  const original = (await server.request('GET', `/assets/${bucket.id[0]}/original`, { as: admin })).expect(200);
  assert.equal(original.headers.get('content-type'), 'image/png');
});

test('check-counts finds what is wrong, and sets it right', async () => {
  const id = (await server.upload(jpeg({ make: 'Canon', model: 'M1' }), 'a.jpg')).expect(201).json.id;
  await server.waitForJobs();
  (await server.request('PUT', `/assets/${id}`, { as: admin, body: { latitude: 48.85, longitude: 2.35 } })).expect(200);
  await server.waitForJobs();
  const made = (await server.request('POST', '/albums', { as: admin, body: { albumName: 'a', assetIds: [id] } })).expect(201).json;
  const read = async () => (await server.request('GET', `/albums/${made.id}`, { as: admin })).expect(200).json.assetCount;
  assert.equal(await read(), 1);
  assert.equal(command('check-counts').status, 0, command('check-counts').stdout);
  await server.sql(`UPDATE asset SET stack_hidden = 1 WHERE id = '${id}'`);
  const film = (await server.upload(Buffer.from('video'), 'a.mov')).expect(201).json.id;
  await server.sql(`UPDATE asset SET own_visibility = visibility, visibility = 'hidden' WHERE id = '${film}'`);
  await server.sql("UPDATE asset_month SET n_assets = n_assets + 1");
  await server.sql("DELETE FROM asset_usage");
  await server.sql("UPDATE asset_created_day SET n_assets = 7");
  await server.sql("UPDATE users SET quota_usage_bytes = 1");
  await server.sql("UPDATE asset_place SET n_assets = n_assets + 1");
  await server.sql("DELETE FROM asset_camera");
  await server.sql("UPDATE album_summary SET n_assets = 5, last_at = 0");
  await server.sql("UPDATE album_asset SET timeline_state = NULL");
  await server.sql('DELETE FROM person_seen');
  await server.sql("UPDATE asset SET timeline_city = 'Atlantis'");
  const found = command('check-counts');
  assert.equal(found.status, 1);
  for (const name of ['asset_month', 'asset_usage', 'asset_created_day', 'users.quota_usage_bytes', 'asset_place', 'asset_camera', 'album_summary', 'album_asset', 'person_seen', 'asset.timeline', 'asset.stack_hidden', 'asset.own_visibility'])
    assert.match(found.stdout, new RegExp(`${name}: \\d+ rows differ\\n`));
  const repaired = command('check-counts', '--repair');
  assert.equal(repaired.status, 0, repaired.stderr);
  assert.equal(command('check-counts').stdout.match(/right/g).length, 14);
  assert.deepEqual(await server.sql(`SELECT visibility, stack_hidden FROM asset WHERE id IN ('${id}', '${film}')`), Array(2).fill(['timeline', '0']));
  assert.equal(await read(), 1);
  const months = (await server.request('GET', '/timeline/buckets?visibility=timeline&isFavorite=true', { as: admin })).expect(200).json;
  const [[wanted]] = await server.sql("SELECT count(*) FROM asset WHERE is_favorite = 1 AND visibility = 'timeline' AND status = 'active'");
  assert.equal(months.reduce((sum, month) => sum + month.count, 0), Number(wanted));
});

test('wrong arguments are named', () => {
  assert.match(command('seed-demo', '--assets', '0').stderr, /--assets must be 1 to/);
  assert.match(command('seed-demo', '--assets', '1', '--years', '99').stderr, /--years must be 1 to 50/);
  assert.match(command('seed-demo', '--assets', '1', '--user', 'x@y.z').stderr, /no user 'x@y.z'/);
  assert.match(command('fly').stderr, /unknown command 'fly'/);
  assert.equal(command('fly').status, 2);
});

test('the admin gets a new password, given or made', async () => {
  const given = command.ask('Passw0rd!2\n', 'reset-admin-password');
  assert.equal(given.stdout, 'The admin password has been updated.\n', given.stderr);
  await server.login('admin@example.com', 'Passw0rd!2');
  const made = command.ask('\n', 'reset-admin-password');
  const [, secret] = /^The admin password has been updated to:\n(\S{20,})\n$/.exec(made.stdout);
  await server.login('admin@example.com', secret);
  command.ask('Passw0rd!\n', 'reset-admin-password');
});

test('logins are switched off and on, and a running server sees it', async () => {
  const until = async (status) => {
    for (let i = 0; i < 600; i++) {
      const reply = await server.request('POST', '/auth/login', { body: { email: 'admin@example.com', password: 'Passw0rd!' } });
      if (reply.status === status) return;
      await sleep(100);
    }
    assert.fail(`a login never answered ${status}`);
  };
  assert.equal(command('disable-password-login').stdout, 'Password login has been disabled.\n');
  await until(401);
  assert.equal(command('enable-password-login').stdout, 'Password login has been enabled.\n');
  await until(201);
  assert.equal(command('enable-oauth-login').stdout, 'OAuth login has been enabled.\n');
  assert.equal(command('disable-oauth-login').stdout, 'OAuth login has been disabled.\n');
});

test('users are listed, and made admins and back', async () => {
  const user = await server.newUser();
  assert.match(command('list-users').stdout, new RegExp(`${user.id}  ${user.email}  User 1\\n`));
  assert.equal(command('grant-admin', user.email).status, 0);
  (await server.request('GET', '/admin/users', { as: user })).expect(200);
  assert.equal(command.ask(`${user.email}\n`, 'revoke-admin').status, 0);
  (await server.request('GET', '/admin/users', { as: user })).expect(403);
  assert.match(command('revoke-admin', 'admin@example.com').stderr, /there would be no admin/);
  assert.match(command('grant-admin', 'nobody@example.com').stderr, /there is no user/);
});

test('the schema is compared with the one the program makes', async () => {
  const clean = command('schema-check');
  assert.equal(clean.stdout, 'Migrations are up to date\nNo schema drift detected\n', clean.stderr);
  await server.sql('CREATE INDEX drift ON asset (size_bytes)');
  await server.sql('DROP INDEX asset_device');
  const found = command('schema-check');
  assert.equal(found.status, 1);
  assert.match(found.stdout, /^missing: index asset_device: /m);
  assert.match(found.stdout, /^unexpected: index drift: /m);
  await server.sql('DROP INDEX drift');
  await server.sql('CREATE INDEX asset_device ON asset (owner_id, device_id, device_asset_id) WHERE device_id IS NOT NULL');
  assert.match(command('version').stdout, /^v\d+\.\d+\.\d+\n$/);
  assert.equal(command('moon').status, 2);
});

test('stored paths of an old folder are rewritten', async () => {
  const [[id, before]] = await server.sql("SELECT id, original_path FROM asset LIMIT 1");
  await server.sql(`UPDATE asset SET original_path = '/old/place/${before}' WHERE id = '${id}'`);
  assert.equal(command('change-media-location', '/old/pla', server.media).stdout.split('\n')[0], '0 paths have been changed.');
  assert.equal(command.ask(`/old/place/\n${server.media}\n`, 'change-media-location').stdout, '1 paths have been changed.\n');
  assert.deepEqual(await server.sql(`SELECT original_path FROM asset WHERE id = '${id}'`), [[before]]);
  assert.match(command('change-media-location', 'old', '/new').stderr, /absolute/);
});

test('maintenance mode is entered and left by command, and a backup is restored', async () => {
  const mode = async (wanted) => {
    for (let i = 0; i < 1200; i++) {
      const reply = await server.request('GET', '/server/config').catch(() => undefined);
      if (reply?.json?.maintenanceMode === wanted) return;
      await sleep(50);
    }
    assert.fail(`maintenance mode never became ${wanted}`);
  };
  const on = command('enable-maintenance-mode');
  const url = /^Maintenance mode has been enabled\.\n\nLog in using the following URL:\n(\S+)\n$/.exec(on.stdout)[1];
  await mode(true);
  assert.match(command('enable-maintenance-mode').stdout, /^The server is already in maintenance mode!\n/);
  const token = new URL(url).searchParams.get('token');
  const login = await server.request('POST', '/admin/maintenance/login', { body: { token } });
  assert.equal(login.expect(201).json.username, 'cli-admin');
  assert.equal(command('disable-maintenance-mode').stdout, 'Maintenance mode has been disabled.\n');
  await mode(false);

  const albums = async () => (await server.request('GET', '/albums', { as: admin })).expect(200).json.map(({ albumName }) => albumName);
  const before = await albums();
  const made = command('backup');
  assert.equal(made.status, 0, made.stderr);
  const name = made.stdout.trim().split('/').at(-1);
  (await server.request('POST', '/albums', { as: admin, body: { albumName: 'late' } })).expect(201);
  assert.match(command('restore', 'none.sql').stderr, /there is no backup/);
  await mode(false);
  const restored = command('restore', name);
  assert.match(restored.stdout, /restored\.\n$/, restored.stderr);
  await mode(false);
  assert.deepEqual(await albums(), before);
});
