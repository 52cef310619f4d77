// A server that is begun with the database of an older version: all is there afterwards, or as it was before.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { jpeg } from './fixtures.mjs';
import { engine, newServer } from './harness.mjs';
import { answersOf, databaseOf, libraryOf, VERSIONS } from './update-library.mjs';

const backupsOf = (server) => fs.readdirSync(path.join(server.media, 'backups')).filter((name) => /^before-update-/.test(name));

async function serverOf(version) {
  const server = newServer();
  await server.putDatabase(databaseOf(version));
  const { who, answers } = libraryOf(version);
  server.admin = who.admin;
  return { server, who, answers };
}

for (const version of VERSIONS)
  test(`a library of ${version} is all there after the update`, async () => {
    const { server, who, answers } = await serverOf(version);
    await server.start();
    await server.says(/made the backup 'before-update-[^]*bringing the database up to date[^]*step 1 of \d+: /);
    assert.deepEqual(await answersOf(server, who), answers);
    await server.waitForJobs();
    const drift = server.command(['schema-check']);
    assert.equal(drift.stdout, 'Migrations are up to date\nNo schema drift detected\n', drift.stderr);
    // the phone goes on where it was; that the library may be older than a month, after which it begins anew, is not meant
    (await server.request('DELETE', '/sync/ack', { as: who.partner, body: { types: ['SyncCompleteV1'] } })).expect(204);
    const types = ['UsersV1', 'AssetsV2', 'PartnerAssetsV2', 'AlbumsV2'];
    const lines = (await server.request('POST', '/sync/stream', { as: who.partner, body: { types } })).expect(200).text;
    assert.doesNotMatch(lines, /SyncResetV1/);
    (await server.upload(jpeg(), 'new.jpg', {}, { as: who.owner })).expect(201);
    await server.waitForJobs();
  });

test('films that no photo shows are found again, as closed as they may have been', async () => {
  const server = newServer();
  await server.signUp();
  const users = [await server.newUser(), await server.newUser()];
  const film = async (as, name, fields) => (await server.upload(Buffer.from(`video ${Math.random()}`), name, fields, { as })).expect(201).json.id;
  const photo = async (as, fields) => (await server.upload(jpeg(), 'a.jpg', fields, { as })).expect(201).json.id;
  const seen = {}, named = {};
  for (const [i, as] of users.entries()) {
    const found = i === 0 ? 'archive' : 'locked';
    const former = await film(as, 'former.mov'), trashed = await film(as, 'trashed.mov'), own = await film(as, 'own.mov');
    const [replaced, shown] = [await film(as, 'replaced.mov'), await film(as, 'shown.mov')];
    const [first, second] = [await photo(as, { livePhotoVideoId: replaced }), await photo(as, { livePhotoVideoId: shown })];
    // what its owner hid in an album or a link is not shown there by the update
    const [inAlbum, inLink] = [await film(as, 'album.mov'), await film(as, 'link.mov')];
    (await server.request('POST', '/albums', { as, body: { albumName: 'a', assetIds: [inAlbum] } })).expect(201);
    (await server.request('POST', '/shared-links', { as, body: { type: 'INDIVIDUAL', assetIds: [inLink] } })).expect(201);
    const third = await photo(as, { livePhotoVideoId: replaced });
    await server.waitForJobs();
    await server.sql(`UPDATE asset SET visibility = 'hidden', device_id = NULL, device_asset_id = NULL
      WHERE id IN ('${former}', '${trashed}', '${inAlbum}', '${inLink}')`);
    await server.sql(`UPDATE asset SET status = 'trashed', deleted_at = 1900000000000 WHERE id = '${trashed}'`);
    await server.sql(`UPDATE asset SET visibility = 'hidden' WHERE id = '${own}'`);
    await server.sql(`UPDATE asset SET type = 'IMAGE' WHERE id = '${replaced}'`);
    if (i === 1) await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id IN ('${first}', '${third}')`);
    Object.assign(seen, { [inAlbum]: 'hidden', [inLink]: 'hidden', [former]: found, [trashed]: found, [own]: 'hidden', [replaced]: i === 1 ? 'locked' : 'timeline', [shown]: 'hidden' });
    Object.assign(named, { [first]: '', [third]: '', [second]: shown });
  }
  await server.sql('DELETE FROM migration WHERE number = 125');
  await server.restart();
  const of = async (ids, column) => Object.fromEntries(await server.sql(
    `SELECT id, COALESCE(${column}, '') FROM asset WHERE id IN (${Object.keys(ids).map((id) => `'${id}'`)})`));
  assert.deepEqual(await of(seen, 'visibility'), seen);
  assert.deepEqual(await of(named, 'live_photo_video_id'), named);
  await server.end();
});

test('the backup of before the update can be updated again, and one of them is kept', async () => {
  const { server, who, answers } = await serverOf(VERSIONS[0]);
  await server.start();
  const [first] = backupsOf(server);
  await server.putDatabase(gunzipSync(fs.readFileSync(path.join(server.media, 'backups', first))));
  await server.start();
  await server.says(/step 1 of \d+: /);
  assert.deepEqual(await answersOf(server, who), answers);
  const now = backupsOf(server);
  assert.equal(now.length, 1);
  assert.notEqual(now[0], first);
});

test('a restore that is under way keeps the backup it is of', { skip: engine !== 'postgres' && 'SQLite is restored beside it' }, async () => {
  const { server } = await serverOf(VERSIONS[0]);
  await server.start();
  const [first] = backupsOf(server);
  const folder = path.join(server.media, 'backups');
  await server.putDatabase(gunzipSync(fs.readFileSync(path.join(folder, first))));
  const point = first.replace('before-update', 'restore-point');
  fs.copyFileSync(path.join(folder, first), path.join(folder, point));
  fs.writeFileSync(path.join(folder, '.restore'), point);
  await server.start();
  assert.equal(backupsOf(server).length, 2);
  assert.ok(backupsOf(server).includes(first));
});

test('without a backup the database is left as it is, unless none is wanted', async () => {
  const { server, who, answers } = await serverOf(VERSIONS[0]);
  const lock = path.join(server.media, 'backups', '.making');
  fs.mkdirSync(lock); // no file can be opened there
  await assert.rejects(server.start(), /did not start/);
  assert.equal((await server.end()).code, 1);
  assert.match(server.log, /left as it is[^]*TINTYPE_UPDATE_BACKUP[^]*\.making/);
  await server.start({ TINTYPE_UPDATE_BACKUP: 'false' });
  await server.says(/step 1 of \d+: /);
  assert.deepEqual(backupsOf(server), []);
  assert.deepEqual(await answersOf(server, who), answers);
});

test('commands of an administrator do not update what an older server may be using', async () => {
  const { server } = await serverOf(VERSIONS[0]);
  const { status, stderr } = server.command(['list-users']);
  assert.equal(status, 1);
  assert.match(stderr, /of an older version/);
  await server.start();
  await server.says(/step 1 of \d+: /);
});
