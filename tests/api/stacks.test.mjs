// Stacks, duplicates, copying, folders and the calendar: what assets are to each other.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { engine, server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const get = async (id, as) => (await call('GET', `/assets/${id}`, undefined, as)).expect(200).json;
const ids = (assets) => assets.map((asset) => asset.id);

/** A user of its own with assets, one a day from 2024-03-01 on. */
async function scene(n, pictures = []) {
  const user = await server.newUser();
  const found = [];
  for (let i = 0; i < n; i++) {
    const fields = { fileCreatedAt: `2024-03-0${i + 1}T10:00:00.000Z`, fileModifiedAt: `2024-03-0${i + 1}T10:00:00.000Z` };
    const name = `a${i}.jpg`;
    found.push((await server.upload(pictures[i] ?? jpeg(), name, fields, { as: user })).expect(201).json.id);
  }
  await server.waitForJobs();
  return { user, ids: found };
}

/* ---- stacks ---- */

const stack = async (assetIds, as) => (await call('POST', '/stacks', { assetIds }, as)).expect(201).json;
const readStack = async (id, as) => (await call('GET', `/stacks/${id}`, undefined, as)).expect(200).json;

/** The ids on the timeline with stacks as one, and the number that its buckets tell. */
async function timeline(as, query = 'visibility=timeline') {
  const buckets = (await call('GET', `/timeline/buckets?withStacked=true&${query}`, undefined, as)).expect(200).json;
  const all = [];
  for (const { timeBucket, count } of buckets) {
    const bucket = (await call('GET', `/timeline/bucket?withStacked=true&${query}&timeBucket=${timeBucket}`, undefined, as)).expect(200).json;
    assert.equal(bucket.id.length, count);
    bucket.id.forEach((id, i) => all.push([id, bucket.stack[i]?.[1] ?? null]));
  }
  return all;
}

test('a stack is one on the timeline', async () => {
  const { user, ids: [a, b, c, d] } = await scene(4);
  const events = await server.events({ authorization: `Bearer ${user.token}` });
  const made = await stack([b, a, c, b], user);
  assert.deepEqual([made.primaryAssetId, ids(made.assets)], [b, [b, a, c]]);
  assert.equal('tags' in made.assets[0], false);
  await events.next('on_asset_stack_update');
  events.close();
  assert.deepEqual(await timeline(user), [[d, null], [b, '3']]);
  assert.deepEqual((await get(a, user)).stack, { id: made.id, primaryAssetId: b, assetCount: 3 });
  assert.equal((await get(d, user)).stack, null);
  assert.deepEqual(ids((await call('GET', '/stacks', undefined, user)).expect(200).json), [made.id]);
  assert.deepEqual((await call('GET', `/stacks?primaryAssetId=${a}`, undefined, user)).expect(200).json, []);

  const changed = (await call('PUT', `/stacks/${made.id}`, { primaryAssetId: c }, user)).expect(200).json;
  assert.deepEqual([changed.primaryAssetId, ids(changed.assets), changed.assets[0].tags], [c, [c, a, b], []]);
  assert.deepEqual(await timeline(user), [[d, null], [c, '3']]);
  (await call('PUT', `/stacks/${made.id}`, { primaryAssetId: d }, user)).expect(400, 'Primary asset must be in the stack');
  assert.equal((await call('PUT', `/stacks/${made.id}`, {}, user)).expect(200).json.primaryAssetId, c);
  (await call('DELETE', `/stacks/${made.id}/assets/${c}`, undefined, user)).expect(400, "Cannot remove stack's primary asset");
  (await call('DELETE', `/stacks/${made.id}/assets/${d}`, undefined, user)).expect(400, 'Asset not in stack');
  (await call('DELETE', `/stacks/${made.id}/assets/${a}`, undefined, user)).expect(204);
  assert.deepEqual(ids((await readStack(made.id, user)).assets), [c, b]);

  const joined = await stack([d, c], user); // takes in the stack that c leads
  assert.deepEqual(ids(joined.assets), [d, b, c]);
  (await call('GET', `/stacks/${made.id}`, undefined, user)).expect(400, 'Not found or no stack.read access');
  assert.deepEqual(await timeline(user), [[d, '3'], [a, null]]);
  (await call('DELETE', `/stacks/${joined.id}`, undefined, user)).expect(204);
  assert.deepEqual(await timeline(user), [[d, null], [c, null], [b, null], [a, null]]);
  (await call('DELETE', '/stacks', { ids: [] }, user)).expect(204);
});

test('a stack that others left ends, and one alone is nowhere a stack', async () => {
  const { user, ids: [a, b, c, d] } = await scene(4);
  const unstacked = async () => (await call('POST', '/search/metadata', { withStacked: false }, user)).expect(200).json.assets.items
    .map((asset) => asset.id).sort();
  const first = await stack([a, b], user);
  const second = await stack([c, b], user); // b moves, a stays alone
  (await call('GET', `/stacks/${first.id}`, undefined, user)).expect(400);
  assert.deepEqual(ids((await readStack(second.id, user)).assets), [c, b]);
  assert.equal((await get(a, user)).stack, null);
  assert.deepEqual(await timeline(user), [[d, null], [c, '2'], [a, null]]);
  assert.deepEqual(await unstacked(), [a, d].sort());
  assert.deepEqual(await server.sql(`SELECT id FROM asset WHERE owner_id = '${user.id}' AND stack_id = '${first.id}'`), []);

  // a stack whose last but one was taken out stays until it is deleted
  (await call('DELETE', `/stacks/${second.id}/assets/${b}`, undefined, user)).expect(204);
  assert.deepEqual(ids((await readStack(second.id, user)).assets), [c]);
  assert.equal((await get(c, user)).stack, null);
  assert.deepEqual(await timeline(user), [[d, null], [c, null], [b, null], [a, null]]);
  assert.deepEqual(await unstacked(), [a, b, c, d].sort());
  (await call('DELETE', `/stacks/${second.id}`, undefined, user)).expect(204);

  // as for one whose others lie in the trash
  await stack([a, b], user);
  (await call('DELETE', '/assets', { ids: [b] }, user)).expect(204);
  assert.deepEqual(await timeline(user), [[d, null], [c, null], [a, null]]);
  assert.deepEqual(await unstacked(), [a, c, d].sort());
});

test('only the owner stacks, and at least two', async () => {
  const { user, ids: [a, b] } = await scene(2);
  const other = await scene(2);
  (await call('POST', '/stacks', { assetIds: [a] }, user)).expectIssues('assetIds');
  (await call('POST', '/stacks', { assetIds: [a, a] }, user)).expectIssues('assetIds');
  (await call('POST', '/stacks', { assetIds: Array.from({ length: 5001 }, () => randomUUID()) }, user)).expectIssues('assetIds');
  (await call('POST', '/stacks', { assetIds: [a, other.ids[0]] }, user)).expect(400, 'Not found or no asset.update access');
  const theirs = await stack(other.ids, other.user);
  for (const [method, where, body, permission] of [['GET', '', undefined, 'read'], ['PUT', '', {}, 'update'],
    ['DELETE', '', undefined, 'delete'], ['DELETE', `/assets/${other.ids[1]}`, undefined, 'update']])
    (await call(method, `/stacks/${theirs.id}${where}`, body, user)).expect(400, `Not found or no stack.${permission} access`);
  const mine = await stack([a, b], user);
  (await call('DELETE', '/stacks', { ids: [mine.id, theirs.id] }, user)).expect(400, 'Not found or no stack.delete access');
  (await call('DELETE', '/stacks', { ids: [mine.id] }, user)).expect(204);
});

test('another one steps in for a primary that cannot be seen', async () => {
  const { user, ids: [a, b, c, d] } = await scene(4);
  const made = await stack([a, b, c], user);
  const trash = async (id, force = false) => (await call('DELETE', '/assets', { ids: [id], force }, user)).expect(204);
  await trash(a);
  assert.deepEqual(await timeline(user), [[d, null], [b, '2']]);
  assert.deepEqual(ids((await readStack(made.id, user)).assets), [b, c]);
  assert.deepEqual(await timeline(user, 'isTrashed=true'), [[a, '2']]);
  (await call('POST', '/trash/restore/assets', { ids: [a] }, user)).expect(200);
  assert.deepEqual(await timeline(user), [[d, null], [b, '3']]);
  assert.equal((await get(a, user)).stack.primaryAssetId, b);

  (await call('PUT', '/assets', { ids: [b], visibility: 'archive' }, user)).expect(204);
  assert.deepEqual(await timeline(user), [[d, null], [a, '2']]);
  assert.deepEqual((await timeline(user, 'visibility=archive')).map(([id]) => id), [b]);
  (await call('PUT', '/assets', { ids: [b], visibility: 'timeline' }, user)).expect(204);
  assert.deepEqual(await timeline(user), [[d, null], [a, '3']]);

  await trash(a, true); // for good
  await server.waitForJobs();
  assert.deepEqual(await timeline(user), [[d, null], [b, '2']]);
  (await call('PUT', `/assets/${b}`, { visibility: 'locked' }, user)).expect(200);
  assert.deepEqual(await timeline(user), [[d, null], [c, null]]);
  (await call('GET', `/stacks/${made.id}`, undefined, user)).expect(400); // nobody is left to be stacked with
  assert.deepEqual(await server.sql(`SELECT count(*) FROM asset WHERE owner_id = '${user.id}' AND stack_id IS NOT NULL`), [['0']]);
});

test('who is shown of a stack is what two changes at once leave', { skip: engine !== 'postgres' && 'SQLite has one writer' }, async () => {
  const { user, ids: [a, b, c] } = await scene(3);
  const made = await stack([a, b], user);
  /* the primary goes to the trash, so that the archived one stands in front; they share no count */
  (await call('PUT', `/assets/${a}`, { isFavorite: true }, user)).expect(200);
  (await call('PUT', `/assets/${b}`, { visibility: 'archive' }, user)).expect(200);
  await server.during(`UPDATE asset SET deleted_at = 1, status = 'trashed' WHERE id = '${a}';
    UPDATE stack SET primary_asset_id = '${b}' WHERE id = '${made.id}'`, async () =>
    (await call('PUT', `/assets/${b}`, { visibility: 'timeline' }, user)).expect(200));
  assert.deepEqual((await timeline(user)).map(([id]) => id), [c, b]);

  /* a stack with the same primary */
  const id = randomUUID();
  const second = await server.during(`INSERT INTO stack SELECT '${id}', owner_id, '${c}', 1, 1, uuid_v7 () FROM stack WHERE id = '${made.id}'`,
    () => stack([c, b], user));
  (await call('GET', `/stacks/${id}`, undefined, user)).expect(400);
  assert.deepEqual(ids((await readStack(second.id, user)).assets), [c, b]);
});

test('all of a stack that goes leaves no stack', async () => {
  const { user, ids: all } = await scene(3);
  await stack(all, user);
  (await call('DELETE', '/assets', { ids: all }, user)).expect(204);
  assert.equal((await call('POST', '/trash/empty', undefined, user)).expect(200).json.count, 3);
  await server.waitForJobs();
  assert.deepEqual(await server.sql(`SELECT count(*) FROM stack WHERE owner_id = '${user.id}'`), [['0']]);
});

/* ---- duplicates ---- */

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-likeness-'));
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/** A picture of shapes; another @param seed has others. */
function picture(seed, size = '800x600') {
  const [width, height] = size.split('x').map(Number);
  const wave = (k) => `sin(${((seed * 7 + k * 5) % 23) / 3 + 1}*X/W+${(seed + k) % 7})*cos(${((seed * 11 + k * 3) % 19) / 2 + 1}*Y/H+${(seed * 3 + k) % 5})`;
  const file = path.join(folder, `${seed}.png`);
  const plane = (k) => `128+60*${wave(k)}+50*${wave(k + 4)}`;
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `nullsrc=size=${width}x${height}:duration=1:rate=1`,
    '-vf', `format=rgb24,geq=r='${plane(1)}':g='${plane(2)}':b='${plane(3)}'`, '-frames:v', '1', file]);
  return fs.readFileSync(file);
}

/** The same one in another size, as a JPEG of that quality. */
function again(bytes, side, quality) {
  const [from, to] = ['from.png', 'to.jpg'].map((name) => path.join(folder, name));
  fs.writeFileSync(from, bytes);
  execFileSync('vipsthumbnail', [from, '--size', `${side}x${side}`, '-o', `${to}[Q=${quality}]`]);
  return fs.readFileSync(to);
}

const duplicates = async (as) => (await call('GET', '/duplicates', undefined, as)).expect(200).json;
const groupsOf = async (as) => (await duplicates(as)).map((group) => ids(group.assets));

async function detectAll(force) {
  const admin = await server.signUp();
  (await call('PUT', '/jobs/duplicateDetection', { command: 'start', force }, admin)).expect(200);
  await server.waitForJobs();
}

const [one, two, three] = [1, 2, 3].map((seed) => picture(seed));
const twin = again(one, 400, 60);
const triplet = again(one, 640, 85);

test('what is resized or compressed again is a duplicate, what is another picture is not', async () => {
  const { user, ids: [a, b, c, d, e] } = await scene(5, [one, two, twin, three, triplet]);
  const groups = await duplicates(user);
  assert.deepEqual(groups.map((group) => ids(group.assets)), [[a, c, e]]);
  assert.deepEqual(groups[0].suggestedKeepAssetIds, [a]);
  assert.equal(groups[0].duplicateId, (await get(a, user)).duplicateId);
  assert.equal('tags' in groups[0].assets[0] && 'exifInfo' in groups[0].assets[0], true);
  for (const id of [b, d]) assert.equal((await get(id, user)).duplicateId, null);
  const other = await scene(1, [again(one, 500, 70)]);
  assert.deepEqual(await duplicates(other.user), []);
  (await call('DELETE', `/duplicates/${groups[0].duplicateId}`, undefined, other.user))
    .expect(400, 'Not found or no duplicate.delete access');
  (await call('DELETE', '/assets', { ids: [c, e] }, user)).expect(204);
  assert.deepEqual(await duplicates(user), []);
  assert.equal((await get(a, user)).duplicateId, null);
});

test('real photos are not taken for each other', async (t) => {
  const photos = path.join(process.env.TINTYPE_TESTDATA ?? '', 'people');
  if (!fs.existsSync(photos)) return t.skip(`no portraits in '${photos}'`);
  const files = fs.readdirSync(photos).filter((name) => /\.png$/.test(name)).map((name) => fs.readFileSync(path.join(photos, name)));
  const { user, ids: [first] } = await scene(files.length + 1, [...files, again(files[0], 700, 75)]);
  assert.deepEqual((await groupsOf(user)).map((group) => [group.length, group[0]]), [[2, first]]);
});

test('what the user kept does not come back', async () => {
  const { user, ids: [a, b] } = await scene(2, [one, twin]);
  const [group] = await duplicates(user);
  (await call('DELETE', `/duplicates/${group.duplicateId}`, undefined, user)).expect(204);
  assert.deepEqual(await duplicates(user), []);
  await detectAll(true);
  assert.deepEqual(await duplicates(user), []);
  const late = (await server.upload(triplet, 'late.jpg', {}, { as: user })).expect(201).json.id;
  await server.waitForJobs();
  assert.deepEqual((await groupsOf(user))[0].sort(), [a, b, late].sort());
  (await call('PUT', '/assets', { ids: [a, b, late], duplicateId: null }, user)).expect(204);
  await detectAll(true);
  assert.deepEqual(await duplicates(user), []);
  (await call('DELETE', '/duplicates', { ids: [] }, user)).expect(204);
});

test('pictures from before are looked at when an admin asks', async () => {
  const admin = await server.signUp();
  const { user, ids: [a, b] } = await scene(2, [two, again(two, 500, 80)]);
  await server.sql(`DELETE FROM asset_likeness WHERE owner_id = '${user.id}'`);
  await server.sql(`UPDATE asset SET duplicate_id = NULL WHERE owner_id = '${user.id}'`);
  const config = (await call('GET', '/system-config', undefined, admin)).expect(200).json;
  const set = async (enabled) => {
    config.machineLearning.duplicateDetection.enabled = enabled;
    (await call('PUT', '/system-config', config, admin)).expect(200);
  };
  await set(false);
  await detectAll(false);
  assert.deepEqual(await duplicates(user), []);
  await set(true);
  await detectAll(false);
  assert.deepEqual(await groupsOf(user), [[a, b]]);
});

test('one is kept and takes over what the others had', async () => {
  const { user, ids: [a, b, c] } = await scene(3, [one, twin, triplet]);
  const [{ duplicateId }] = await duplicates(user);
  const set = async (id, body) => (await call('PUT', `/assets/${id}`, body, user)).expect(200);
  await set(a, { description: 'first\nboth', rating: 2 });
  await set(b, { description: ' both \nsecond', rating: 4, isFavorite: true, latitude: 52.5, longitude: 13.4 });
  await set(c, { visibility: 'archive' });
  const [tag] = (await call('PUT', '/tags', { tags: ['x/y'] }, user)).expect(200).json;
  (await call('PUT', `/tags/${tag.id}/assets`, { ids: [b] }, user)).expect(200);
  await server.sql(`INSERT INTO album (id, name, created_at, updated_at, update_id) VALUES ('${duplicateId}', 'x', 1, 1, 'u')`);
  await server.sql(`INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)
    VALUES ('${duplicateId}', '${user.id}', 'owner', 1, 'u', 'u')`);
  await server.sql(`INSERT INTO album_asset (album_id, asset_id, created_at, update_id) VALUES ('${duplicateId}', '${c}', 1, 'u')`);
  await server.waitForJobs();
  const resolve = async (keepAssetIds, trashAssetIds, id = duplicateId) =>
    call('POST', '/duplicates/resolve', { groups: [{ duplicateId: id, keepAssetIds, trashAssetIds }] }, user);
  (await resolve([a], [b, c], MISSING)).expect(400, 'Not found or no duplicate.delete access');
  assert.deepEqual((await resolve([a], [b])).expect(200).json, [{ id: duplicateId, success: false, error: 'validation',
    errorMessage: 'Every asset must be in either keepAssetIds or trashAssetIds' }]);
  assert.deepEqual((await resolve([a, b], [b, c])).expect(200).json, [{ id: duplicateId, success: false, error: 'validation',
    errorMessage: 'An asset cannot be in both keepAssetIds and trashAssetIds' }]);
  assert.deepEqual((await resolve([a, MISSING], [b, c])).expect(200).json, [{ id: duplicateId, success: true }]);
  const kept = await get(a, user);
  assert.deepEqual([kept.isFavorite, kept.visibility, kept.duplicateId, kept.exifInfo.rating, kept.exifInfo.description],
    [true, 'archive', null, 4, 'first\nboth\nsecond']);
  assert.deepEqual([kept.exifInfo.latitude, kept.exifInfo.longitude], [52.5, 13.4]);
  assert.deepEqual(kept.tags.map((each) => each.value), ['x/y']);
  assert.deepEqual((await server.sql(`SELECT asset_id FROM album_asset WHERE album_id = '${duplicateId}'`)).flat().sort(), [a, c].sort());
  for (const id of [b, c]) {
    const gone = await get(id, user);
    assert.deepEqual([gone.isTrashed, gone.duplicateId], [true, null]);
  }
});

test('the last copies do not go when the one to be kept is in the trash by now', async () => {
  const { user, ids: [a, b, c] } = await scene(3, [one, twin, triplet]);
  const [{ duplicateId }] = await duplicates(user);
  (await call('DELETE', '/assets', { ids: [a] }, user)).expect(204);
  const groups = [{ duplicateId, keepAssetIds: [a], trashAssetIds: [b, c] }];
  assert.deepEqual((await call('POST', '/duplicates/resolve', { groups }, user)).expect(200).json, [{ id: duplicateId, success: false,
    error: 'validation', errorMessage: 'None of the assets in keepAssetIds is in the group any more' }]);
  for (const id of [b, c]) assert.equal((await get(id, user)).isTrashed, false);
});

test('two who keep different ones of the same groups at once do not remove every copy', async () => {
  const user = await server.newUser();
  const pairs = [];
  for (let i = 0; i < 20; i++) {
    const ids = [];
    for (let k = 0; k < 2; k++) ids.push((await server.upload(jpeg(), `pair-${i}-${k}.jpg`, {}, { as: user })).expect(201).json.id);
    pairs.push({ duplicateId: randomUUID(), ids });
  }
  await server.waitForJobs();
  for (const { duplicateId, ids } of pairs) (await call('PUT', '/assets', { ids, duplicateId }, user)).expect(204);
  for (const { duplicateId, ids } of pairs) {
    const keep = (kept, trashed) =>
      call('POST', '/duplicates/resolve', { groups: [{ duplicateId, keepAssetIds: [kept], trashAssetIds: [trashed] }] }, user);
    const answers = await Promise.all([keep(ids[0], ids[1]), keep(ids[1], ids[0])]);
    assert.ok(answers.some((each) => each.status === 200 && each.json[0].success === true));
    assert.equal((await Promise.all(ids.map((id) => get(id, user)))).filter((each) => each.isTrashed).length, 1);
  }
});

/* ---- copying, chance ---- */

test('one asset gets what another one has', async () => {
  const { user, ids: [a, b, c, d] } = await scene(4);
  const other = await scene(1);
  await server.sql(`INSERT INTO album (id, name, created_at, updated_at, update_id) VALUES ('${user.id}', 'x', 1, 1, 'u')`);
  await server.sql(`INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id) VALUES ('${user.id}', '${user.id}', 'owner', 1, 'u', 'u')`);
  await server.sql(`INSERT INTO album_asset (album_id, asset_id, created_at, update_id) VALUES ('${user.id}', '${a}', 1, 'u')`);
  (await call('PUT', `/assets/${a}`, { isFavorite: true }, user)).expect(200);
  const made = await stack([a, d], user);
  const copy = (sourceId, targetId, rest = {}) => call('PUT', '/assets/copy', { sourceId, targetId, ...rest }, user);
  (await copy(a, b, { albums: false, favorite: false })).expect(204);
  assert.deepEqual([(await get(b, user)).isFavorite, (await get(b, user)).stack.id], [false, made.id]);
  const second = await stack([c, b], user);
  (await copy(a, c)).expect(204);
  assert.deepEqual(ids((await readStack(second.id, user)).assets), [c, a, b, d]);
  (await call('GET', `/stacks/${made.id}`, undefined, user)).expect(400);
  assert.equal((await get(c, user)).isFavorite, true);
  assert.deepEqual((await server.sql(`SELECT asset_id FROM album_asset WHERE album_id = '${user.id}'`)).flat().sort(), [a, c].sort());
  (await copy(a, a)).expect(400, 'Source and target id must be distinct');
  (await copy(a, other.ids[0])).expect(400, 'Not found or no asset.copy access');
});

test('a copy joins no album and no link that a partner put the source into', async () => {
  const { user, ids: [a, b] } = await scene(2);
  const partner = await server.newUser();
  (await call('POST', '/partners', { sharedWithId: partner.id }, user)).expect(201);
  const album = (await call('POST', '/albums', { albumName: 'theirs', assetIds: [a] }, partner)).expect(201).json;
  const theirs = (await call('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [a] }, partner)).expect(201).json;
  const own = (await call('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [a] }, user)).expect(201).json;
  (await call('PUT', '/assets', { ids: [b], visibility: 'archive' }, user)).expect(204);
  (await call('PUT', '/assets/copy', { sourceId: a, targetId: b }, user)).expect(204);
  (await call('GET', `/assets/${b}`, undefined, partner)).expect(400);
  assert.equal((await call('GET', `/albums/${album.id}`, undefined, partner)).json.assetCount, 1);
  const linked = async (link, as) => (await call('GET', `/shared-links/${link.id}`, undefined, as)).json.assets.length;
  assert.deepEqual([await linked(theirs, partner), await linked(own, user)], [1, 2]);
});

test('a copied sidecar is read', async () => {
  const xmp = (text) => Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">${text}</rdf:li>` +
    '</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>');
  const user = await server.newUser();
  const add = async (text) => (await server.upload(jpeg(), 'a.jpg', {}, { as: user, sidecar: xmp(text) })).expect(201).json.id;
  const [a, b] = [await add('from the source'), await add('of the target')];
  await server.waitForJobs();
  const [[old]] = await server.sql(`SELECT path FROM asset_file WHERE asset_id = '${b}' AND type = 'sidecar'`);
  (await call('PUT', '/assets/copy', { sourceId: a, targetId: b }, user)).expect(204);
  await server.waitForJobs();
  const target = await get(b, user);
  assert.equal(target.exifInfo.description, 'from the source');
  assert.equal(fs.readFileSync(`${target.originalPath}.xmp`, 'utf8'), xmp('from the source').toString());
  const before = path.join(server.media, old);
  if (before !== `${target.originalPath}.xmp`) assert.equal(fs.existsSync(before), false);
});

test('chance finds what is there', async () => {
  const { user, ids: all } = await scene(3);
  const random = async (query) => ids((await call('GET', `/assets/random${query}`, undefined, user)).expect(200).json);
  assert.equal((await random('')).length, 1);
  assert.deepEqual((await random('?count=50')).sort(), [...all].sort());
  (await call('PUT', '/assets', { ids: all.slice(1), visibility: 'archive' }, user)).expect(204);
  assert.deepEqual(await random('?count=2'), [all[0]]);
});

/* ---- folders, calendar ---- */

test('folders are where the originals lie', async () => {
  const { user, ids: [a, b] } = await scene(2);
  const paths = async () => (await call('GET', '/view/folder/unique-paths', undefined, user)).expect(200).json;
  const inside = async (where) =>
    ids((await call('GET', `/view/folder?path=${encodeURIComponent(where)}`, undefined, user)).expect(200).json);
  const folders = await Promise.all([a, b].map(async (id) => path.dirname((await get(id, user)).originalPath)));
  assert.deepEqual(await paths(), [...new Set(folders)].sort());
  assert.ok((await inside(folders[0])).includes(a));
  assert.ok((await inside(`${folders[0]}/`)).includes(a));
  assert.deepEqual(await inside(path.dirname(folders[0])), []);
  assert.deepEqual(await inside('%'), []);
  (await call('GET', '/view/folder', undefined, user)).expectIssues('path');
  await server.sql(`UPDATE asset SET original_path = '/photos/2020/b.jpg' WHERE id = '${b}'`);
  assert.deepEqual(await inside('/photos/2020'), [b]);
  assert.ok((await paths()).includes('/photos/2020'));
  (await call('DELETE', '/assets', { ids: [b] }, user)).expect(204);
  assert.deepEqual(await inside('/photos/2020'), []);
});

test('the calendar counts days of upload and of capture', async () => {
  const { user, ids: [a] } = await scene(2);
  const admin = await server.signUp();
  const read = async (query, as = user, where = '/users/me') =>
    (await call('GET', `${where}/calendar-heatmap${query}`, undefined, as)).expect(200).json;
  const taken = await read('?type=Taken&from=2024-02-28&to=2024-03-02');
  assert.deepEqual(taken, { from: '2024-02-28', to: '2024-03-02', totalCount: 2, series: [
    { date: '2024-02-28', count: 0 }, { date: '2024-02-29', count: 0 }, { date: '2024-03-01', count: 1 }, { date: '2024-03-02', count: 1 }] });
  const uploaded = await read('');
  assert.deepEqual([uploaded.series.length, uploaded.totalCount, uploaded.series[0].date], [364, 2, uploaded.from]);
  assert.deepEqual(await read('?type=Taken&from=2024-03-01&to=2024-03-01', admin, `/admin/users/${user.id}`),
    { from: '2024-03-01', to: '2024-03-01', totalCount: 1, series: [{ date: '2024-03-01', count: 1 }] });
  (await call('PUT', `/assets/${a}`, { visibility: 'locked' }, user)).expect(200);
  assert.equal((await read('')).totalCount, 1);
  assert.equal((await read('?type=Taken&from=2024-03-01&to=2024-03-09')).totalCount, 1);
  (await call('DELETE', '/assets', { ids: (await call('GET', '/assets/random?count=9', undefined, user)).json.map((x) => x.id) }, user)).expect(204);
  assert.equal((await read('')).totalCount, 0);
  (await call('GET', '/users/me/calendar-heatmap?from=2024-03-02&to=2024-03-01', undefined, user)).expectIssues('from');
  (await call('GET', '/users/me/calendar-heatmap?from=1000-01-01', undefined, user)).expectIssues('from');
  (await call('GET', `/admin/users/${user.id}/calendar-heatmap`, undefined, user)).expect(403);
  (await call('GET', `/admin/users/${MISSING}/calendar-heatmap`, undefined, admin)).expect(400, 'User not found');
});
