// Workflows: rules that users make for what comes to them, from the template to what a run did; and what a
// rule must not reach.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { jpeg, png } from './fixtures.mjs';
import { server, sleep } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const CORE = 'immich-plugin-core#';
const step = (name, config = null, fields = {}) => ({ method: `${CORE}${name}`, config, ...fields });
const closing = [];

/** A server of somebody else: what it was asked, and what it answers. */
async function listener() {
  const self = { calls: [], answers: [] };
  const app = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      self.calls.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts).toString() });
      const { status = 200, headers = {}, body = '' } = self.answers.shift() ?? {};
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => { app.closeAllConnections?.(); app.close(resolve); }));
  self.port = app.address().port;
  self.url = (where) => `http://127.0.0.1:${self.port}${where}`;
  return self;
}

let hook;
let forbidden;

before(async () => {
  hook = await listener();
  forbidden = await listener();
  await server.start({ TINTYPE_WEBHOOK_HOSTS: `example.lan, 127.0.0.1:${hook.port}` });
});
after(async () => { for (const close of closing) await close(); });

/** A user with what a story needs. */
async function scene() {
  const user = await server.newUser();
  const call = (method, where, body) => server.request(method, where, { as: user, body });
  const self = { user, call };
  self.album = async (name) => (await call('POST', '/albums', { albumName: name })).expect(201).json;
  self.inAlbum = async (id) => (await call('POST', '/search/metadata', { albumIds: [id] })).expect(200).json.assets.items.map((each) => each.id).sort();
  self.workflow = async (trigger, steps, fields = {}) => (await call('POST', '/workflows', { trigger, steps, ...fields })).expect(201).json;
  self.log = async (id, query = '') => (await call('GET', `/workflows/${id}/logs${query}`)).expect(200).json;
  self.upload = async (name, bytes = jpeg(), fields = {}) => (await server.upload(bytes, name, fields, { as: user })).expect(201).json.id;
  self.asset = async (id) => (await call('GET', `/assets/${id}`)).expect(200).json;
  self.tag = async (value) => (await call('PUT', '/tags', { tags: [value] })).expect(200).json[0].id;
  return self;
}

test('the built-in plugin tells what it can do', async () => {
  const { user, call } = await scene();
  const [plugin, ...others] = (await call('GET', '/plugins')).expect(200).json;
  assert.deepEqual(others, []);
  assert.equal(plugin.name, 'immich-plugin-core');
  assert.deepEqual((await call('GET', `/plugins/${plugin.id}`)).expect(200).json, plugin);
  (await call('GET', `/plugins/${MISSING}`)).expect(400, 'Plugin not found');
  for (const query of ['?enabled=false', `?id=${MISSING}`, '?name=other', '?version=0', '?title=nothing'])
    assert.deepEqual((await call('GET', `/plugins${query}`)).expect(200).json, [], query);
  assert.equal((await call('GET', '/plugins?title=BUILT&enabled=true')).expect(200).json.length, 1);

  const methods = (await call('GET', '/plugins/methods')).expect(200).json;
  assert.deepEqual(methods, plugin.methods);
  for (const each of methods) {
    assert.equal(each.key, `${CORE}${each.name}`);
    assert.deepEqual(each.types, ['AssetV1']);
    assert.deepEqual(each.uiHints, each.name.endsWith('Filter') ? ['Filter'] : []);
  }
  const file = methods.find(({ name }) => name === 'assetFileFilter');
  assert.deepEqual(file.schema.required, ['pattern']);
  assert.deepEqual(file.schema.properties.matchType.enum, ['contains', 'exact', 'startsWith', 'endsWith', 'regex']);
  assert.equal(file.schema.properties.matchType.default, 'contains');
  assert.equal(methods.find(({ name }) => name === 'assetArchive').schema, undefined);
  const found = (query) => call('GET', `/plugins/methods${query}`).then((reply) => reply.expect(200).json.map(({ name }) => name));
  assert.deepEqual(await found('?name=webhook'), ['webhook']);
  assert.deepEqual(await found('?title=filter%20by%20t'), ['assetTypeFilter', 'assetTagFilter']);
  assert.deepEqual(await found('?pluginName=other'), []);
  assert.equal((await found('?trigger=AssetTagged&type=AssetV1&pluginName=immich-plugin-core')).length, methods.length);

  const templates = (await call('GET', '/plugins/templates')).expect(200).json;
  assert.ok(templates.length >= 3);
  for (const { steps } of templates)
    for (const each of steps) assert.ok(methods.some(({ key }) => key === each.method), each.method);
  const triggers = (await call('GET', '/workflows/triggers')).expect(200).json;
  assert.deepEqual(triggers, ['AssetCreate', 'AssetMetadataExtraction', 'AssetTagged'].map((trigger) => ({ trigger, types: ['AssetV1'] })));
  assert.ok(user);
});

test('a workflow is made, found, changed, shared and deleted by its owner alone', async () => {
  const own = await scene();
  const other = await scene();
  const { call } = own;
  const album = await own.album('A');
  const steps = [
    step('assetFileFilter', { pattern: 'a' }, { enabled: false }),
    step('assetAddToAlbums', { albumIds: [album.id] }),
    step('webhook', { url: hook.url('/secret-path'), headerName: 'Authorization', headerValue: 'Bearer secret' }),
  ];
  const made = await own.workflow('AssetCreate', steps, { name: 'First', description: 'One two' });
  assert.deepEqual([made.name, made.description, made.enabled, made.logging, made.trigger], ['First', 'One two', true, true, 'AssetCreate']);
  assert.deepEqual(made.steps, steps);
  assert.equal(made.createdAt, made.updatedAt);
  const where = `/workflows/${made.id}`;
  assert.deepEqual((await call('GET', where)).expect(200).json, made);
  const bare = (await call('POST', '/workflows', { trigger: 'AssetTagged', enabled: false, logging: false })).expect(201).json;
  assert.deepEqual([bare.name, bare.description, bare.steps, bare.enabled, bare.logging], [null, null, [], false, false]);
  const found = async (query) => (await call('GET', `/workflows${query}`)).expect(200).json.map(({ id }) => id);
  assert.deepEqual(await found(''), [made.id, bare.id]);
  for (const query of ['?name=FIRST', '?description=two', '?enabled=true', '?logging=true', '?trigger=AssetCreate', `?id=${made.id}`])
    assert.deepEqual(await found(query), [made.id], query);
  assert.deepEqual(await found('?name=nothing'), []);

  const changed = (await call('PUT', where, { enabled: false, name: null })).expect(200).json;
  assert.deepEqual([changed.enabled, changed.name, changed.description], [false, null, 'One two']);
  assert.deepEqual(changed.steps, steps);
  assert.deepEqual((await call('GET', where)).expect(200).json, changed);

  // what is shared has neither ids, addresses nor secrets
  const shared = (await call('GET', `${where}/share`)).expect(200);
  assert.deepEqual(shared.json, {
    name: null, description: 'One two', trigger: 'AssetCreate',
    steps: [steps[0], step('assetAddToAlbums', {}), step('webhook', { headerName: 'Authorization' })],
  });
  assert.doesNotMatch(shared.text, /secret/);

  for (const [method, rest, body, right] of [['GET', '', undefined, 'read'], ['PUT', '', {}, 'update'], ['DELETE', '', undefined, 'delete'],
    ['GET', '/logs', undefined, 'logs'], ['GET', '/share', undefined, 'read']])
    (await other.call(method, where + rest, body)).expect(400, `Not found or no workflow.${right} access`);
  assert.deepEqual((await other.call('GET', '/workflows')).expect(200).json, []);

  const reader = await server.newKey(own.user, 'workflow.read');
  (await server.request('GET', where, { as: reader })).expect(200);
  (await server.request('GET', `${where}/logs`, { as: reader })).expect(403);
  (await server.request('DELETE', where, { as: reader })).expect(403);
  (await server.request('GET', '/plugins', { as: reader })).expect(403);

  (await call('DELETE', where)).expect(204);
  (await call('GET', where)).expect(400);
  assert.deepEqual(await found(''), [bare.id]);
});

test('what cannot work is refused when it is saved, and the fault is named', async () => {
  const own = await scene();
  const other = await scene();
  const foreign = await other.album('not mine');
  const refused = async (steps, at, message) => {
    const reply = await own.call('POST', '/workflows', { trigger: 'AssetCreate', steps });
    reply.expectIssues(at);
    if (message) assert.match(reply.json.errors[0].message, message);
  };
  await refused([step('assetArchive'), step('nothing')], 'steps.1.method', /no such method/);
  await refused([{ method: 'other#assetArchive', config: null }], 'steps.0.method');
  await refused([step('assetFileFilter', {})], 'steps.0.config.pattern');
  await refused([step('assetFileFilter', { pattern: 5 })], 'steps.0.config.pattern');
  await refused([step('assetFileFilter', { pattern: 'a', usepath: true })], 'steps.0.config.usepath', /no such setting/);
  await refused([step('assetFileFilter', { pattern: 'a(', matchType: 'regex' })], 'steps.0.config.pattern', /regular expression/);
  await refused([step('assetDateFilter', { startDate: { month: 2, day: 30 }, recurring: true })], 'steps.0.config.startDate', /no such day/);
  await refused([step('assetAddToAlbums', { albumIds: [] })], 'steps.0.config.albumIds');
  await refused([step('assetAddToAlbums', { albumIds: [MISSING] })], 'steps.0.config.albumIds', /not there/);
  await refused([step('assetAddToAlbums', { albumIds: [foreign.id] })], 'steps.0.config.albumIds', /not there/);
  await refused([step('webhook', { url: 'gopher://127.0.0.1/' })], 'steps.0.config.url', /http/);
  await refused([step('webhook', { url: 'https://a/', headerName: 'A', headerValue: 'b\r\nHost: c' })], 'steps.0.config.headerValue');
  await refused([step('assetFileFilter', { pattern: 'x'.repeat(20_000) })], 'steps.0.config', /bytes/);
  await refused(Array.from({ length: 51 }, () => step('assetArchive')), 'steps', /50/);
  (await own.call('POST', '/workflows', { trigger: 'AssetDeleted' })).expectIssues('trigger');
  (await own.call('POST', '/workflows', { trigger: 'AssetCreate', name: '' })).expectIssues('name');
  (await own.call('POST', '/workflows', { trigger: 'AssetCreate', name: 'x'.repeat(201) })).expectIssues('name');
  (await own.call('POST', '/workflows', { trigger: 'AssetCreate', steps: [{ method: 1, config: 'x' }] })).expect(400);
  const made = await own.workflow('AssetCreate', []);
  (await own.call('PUT', `/workflows/${made.id}`, { steps: [step('assetAddToAlbums', { albumIds: [foreign.id] })] })).expectIssues('steps.0.config.albumIds');
  assert.deepEqual((await own.call('GET', `/workflows/${made.id}`)).expect(200).json, made);

  // a viewer may not add, an editor may
  const invite = (role) => other.call('PUT', `/albums/${foreign.id}/user/${own.user.id}`, { role });
  (await other.call('PUT', `/albums/${foreign.id}/users`, { albumUsers: [{ userId: own.user.id, role: 'viewer' }] })).expect(200);
  await refused([step('assetAddToAlbums', { albumIds: [foreign.id] })], 'steps.0.config.albumIds');
  (await invite('editor')).expect(204);
  const working = await own.workflow('AssetCreate', [step('assetAddToAlbums', { albumIds: [foreign.id] })]);
  const id = await own.upload('editor.jpg');
  await server.waitForJobs();
  assert.deepEqual(await own.inAlbum(foreign.id), [id]);

  // and no longer, once the other one takes the right back
  (await invite('viewer')).expect(204);
  const late = await own.upload('viewer.jpg');
  await server.waitForJobs();
  assert.deepEqual(await own.inAlbum(foreign.id), [id]);
  const [entry] = await own.log(working.id);
  assert.deepEqual([entry.result, entry.triggerDataId, entry.lastStep], ['error', late, { index: 0, method: `${CORE}assetAddToAlbums` }]);
  assert.match(entry.error, /albumIds/);
});

test('a user has so many workflows at most', async () => {
  const own = await scene();
  for (let i = 0; i < 100; i++) await own.workflow('AssetTagged', []);
  (await own.call('POST', '/workflows', { trigger: 'AssetTagged' })).expect(400, /100 workflows/);
});

test('what is uploaded goes the way of the rules, in their order', async () => {
  const own = await scene();
  const other = await scene();
  const album = await own.album('Screenshots');
  const socket = await server.events({ authorization: `Bearer ${own.user.token}` });
  const flow = await own.workflow('AssetCreate', [
    step('assetFileFilter', { pattern: '^screenshot', matchType: 'regex' }),
    step('assetFavorite', null, { enabled: false }),
    step('assetAddToAlbums', { albumIds: [album.id] }),
    step('assetArchive'),
    step('assetAddTags', { tags: ['kinds/screenshot'] }),
  ]);
  const off = await own.workflow('AssetCreate', [step('assetFavorite')], { enabled: false });
  const silent = await own.workflow('AssetCreate', [step('assetTypeFilter', { allowedTypes: ['VIDEO'] }), step('assetFavorite')], { logging: false });
  const picture = png(10, 10);
  const shot = await own.upload('Screenshot_1.png', picture);
  const photo = await own.upload('IMG_1.jpg');
  const stranger = await other.upload('screenshot_2.png', png(11, 11));
  await server.waitForJobs();

  assert.deepEqual(await own.inAlbum(album.id), [shot]);
  const seen = await own.asset(shot);
  assert.deepEqual([seen.visibility, seen.isFavorite, seen.tags.map(({ value }) => value)], ['archive', false, ['kinds/screenshot']]);
  const untouched = await own.asset(photo);
  assert.deepEqual([untouched.visibility, untouched.isFavorite, untouched.tags], ['timeline', false, []]);
  assert.equal((await other.asset(stranger)).visibility, 'timeline');
  const log = await own.log(flow.id);
  const of = (id) => log.filter((each) => each.triggerDataId === id).map(({ result, lastStep }) => [result, lastStep]);
  assert.deepEqual(of(shot), [['completed', { index: 4, method: `${CORE}assetAddTags` }]]);
  assert.deepEqual(of(photo), [['halted', { index: 0, method: `${CORE}assetFileFilter` }]]);
  assert.equal(log.length, 2);
  assert.deepEqual(await own.log(off.id), []);
  assert.deepEqual(await own.log(silent.id), []);
  await socket.next('on_asset_update', (asset) => asset.id === shot && asset.visibility === 'archive');
  socket.close();

  // the same file again is no new asset
  (await server.upload(picture, 'Screenshot_1.png', {}, { as: own.user })).expect(200);
  await server.waitForJobs();
  assert.equal((await own.log(flow.id)).length, 2);
});

test('a log has pages, and what is asked for', async () => {
  const own = await scene();
  const flow = await own.workflow('AssetCreate', [step('assetFileFilter', { pattern: 'yes' })]);
  for (const name of ['yes1.png', 'no1.png', 'yes2.png', 'no2.png', 'yes3.png']) await own.upload(name, png(20, 20));
  await server.waitForJobs();
  const all = await own.log(flow.id);
  assert.equal(all.length, 5);
  assert.deepEqual([...all].sort((a, b) => b.at.localeCompare(a.at)), all);
  assert.equal(new Set(all.map(({ at }) => at)).size, 5);
  const pages = [];
  for (let page = await own.log(flow.id, '?limit=2'); page.length > 0; page = await own.log(flow.id, `?limit=2&before=${page.at(-1).at}`)) pages.push(...page);
  assert.deepEqual(pages, all);
  assert.equal((await own.log(flow.id, '?result=halted')).length, 2);
  assert.equal((await own.log(flow.id, '?result=completed')).length, 3);
  assert.deepEqual(await own.log(flow.id, '?result=error'), []);
  (await own.call('GET', `/workflows/${flow.id}/logs?limit=0`)).expectIssues('limit');
  (await own.call('GET', `/workflows/${flow.id}/logs?result=maybe`)).expectIssues('result');

  // only the last thousand are kept
  await server.sql(`UPDATE workflow SET n_logged = 1002 WHERE id = '${flow.id}'`);
  await own.upload('yes4.png', png(21, 21));
  await server.waitForJobs();
  assert.deepEqual((await own.log(flow.id)).map(({ id }) => id).slice(1), all.slice(0, 2).map(({ id }) => id));
});

test('metadata that was read, and files of a library, start rules as well', async () => {
  const own = await scene();
  const album = await own.album('Christmas');
  const feast = await own.workflow('AssetMetadataExtraction', [
    step('assetDateFilter', { startDate: { month: 12, day: 24 }, endDate: { month: 12, day: 26 }, recurring: true }),
    step('assetAddToAlbums', { albumIds: [album.id] }),
  ]);
  const place = await own.workflow('AssetMetadataExtraction', [step('assetLocationFilter', { country: 'france' }), step('assetAddTags', { tags: ['away'] })]);
  const camera = await own.workflow('AssetMetadataExtraction', [step('assetCameraFilter', { make: 'acme' }), step('assetFavorite')]);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-workflow-'));
  closing.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.mkdirSync(path.join(folder, 'phone'));
  fs.writeFileSync(path.join(folder, 'phone', 'b.png'), png(31, 31));
  const paths = await own.workflow('AssetCreate', [step('assetFileFilter', { pattern: '/phone/', usePath: true }), step('assetArchive')]);
  const admin = await server.signUp();
  const library = (await server.request('POST', '/libraries', { as: admin, body: { ownerId: own.user.id, importPaths: [folder] } })).expect(201).json;
  (await server.request('POST', `/libraries/${library.id}/scan`, { as: admin })).expect(204);
  const santa = await own.upload('a.jpg', jpeg({ make: 'ACME', date: '2019:12:25 10:00:00', position: [48.8566, 2.3522] }));
  await server.waitForJobs();
  assert.deepEqual(await own.inAlbum(album.id), [santa]);
  assert.equal((await own.asset(santa)).isFavorite, true);
  assert.equal((await own.log(feast.id)).filter(({ result }) => result === 'completed').length, 1);
  assert.equal((await own.log(camera.id)).length, 2);
  assert.deepEqual((await own.log(place.id)).map(({ result }) => result).sort(), ['completed', 'halted']);
  assert.deepEqual((await own.asset(santa)).tags.map(({ value }) => value), ['away']);
  const archived = (await own.call('POST', '/search/metadata', { visibility: 'archive' })).expect(200).json.assets.items;
  assert.deepEqual(archived.map((each) => each.originalFileName), ['b.png']);
  assert.equal((await own.log(paths.id)).length, 2);
});

test('tags start rules, and rules that tag come to an end', async () => {
  const own = await scene();
  const album = await own.album('Trips');
  const id = await own.upload('a.jpg');
  await server.waitForJobs();
  const trips = await own.workflow('AssetTagged', [step('assetTagFilter', { tags: ['trips'] }), step('assetAddToAlbums', { albumIds: [album.id] })]);
  const paris = await own.tag('trips/paris');
  const food = await own.tag('food');
  (await own.call('PUT', `/tags/${food}/assets`, { ids: [id] })).expect(200);
  await server.waitForJobs();
  assert.deepEqual(await own.inAlbum(album.id), []);
  (await own.call('PUT', '/tags/assets', { tagIds: [paris], assetIds: [id] })).expect(200);
  await server.waitForJobs();
  assert.deepEqual(await own.inAlbum(album.id), [id]);
  (await own.call('PUT', '/tags/assets', { tagIds: [paris], assetIds: [id] })).expect(200); // has it already
  await server.waitForJobs();
  assert.deepEqual((await own.log(trips.id)).map(({ result }) => result), ['completed', 'halted']);
  (await own.call('DELETE', `/workflows/${trips.id}`)).expect(204);

  // each undoes what makes the other one run, for ever
  const ping = await own.workflow('AssetTagged', [step('assetRemoveTags', { tags: ['x'] }), step('assetAddTags', { tags: ['x'] })]);
  const pong = await own.workflow('AssetTagged', [step('assetRemoveTags', { tags: ['y'] }), step('assetAddTags', { tags: ['y'] })]);
  (await own.call('PUT', `/tags/${await own.tag('start')}/assets`, { ids: [id] })).expect(200);
  await server.waitForJobs();
  assert.deepEqual((await own.asset(id)).tags.map(({ value }) => value), ['food', 'start', 'trips/paris', 'x', 'y']);
  // each once for the user's tag, and once for the other's unless that one came first
  for (const { id: flow } of [ping, pong]) {
    const { length } = await own.log(flow);
    assert.ok(length === 1 || length === 2, `${length} runs`);
  }
});

test('what is hidden, locked, in the trash or not to be seen starts nothing', async () => {
  const own = await scene();
  const flow = await own.workflow('AssetCreate', [step('assetFavorite')]);
  await own.upload('hidden.png', png(40, 40), { visibility: 'hidden' });
  await server.waitForJobs();
  assert.deepEqual(await own.log(flow.id), []);

  // what waits while the queue is paused is looked at again when it runs
  const admin = await server.signUp();
  const pause = (isPaused) => server.request('PUT', '/queues/workflow', { as: admin, body: { isPaused } });
  (await pause(true)).expect(200);
  const trashed = await own.upload('trashed.png', png(41, 41));
  const gone = await own.upload('gone.png', png(42, 42));
  const stays = await own.upload('stays.png', png(43, 43));
  (await own.call('DELETE', '/assets', { ids: [trashed] })).expect(204);
  (await own.call('DELETE', '/assets', { ids: [gone], force: true })).expect(204);
  (await pause(false)).expect(200);
  await server.waitForJobs();
  assert.deepEqual((await own.log(flow.id)).map(({ triggerDataId }) => triggerDataId), [stays]);
});

test('a step that fails is named, and nothing behind it is done', async () => {
  const own = await scene();
  const album = await own.album('Soon gone');
  const flow = await own.workflow('AssetCreate', [step('assetAddToAlbums', { albumIds: [album.id] }), step('assetArchive')]);
  const slow = await own.workflow('AssetCreate', [step('assetFileFilter', { pattern: '^(a+)+$', matchType: 'regex' }), step('assetArchive')]);
  (await own.call('DELETE', `/albums/${album.id}`)).expect(204);
  const id = await own.upload(`${'a'.repeat(100)}!.png`, png(50, 50));
  await server.waitForJobs();
  const [entry] = await own.log(flow.id, '?result=error');
  assert.deepEqual([entry.triggerDataId, entry.lastStep], [id, { index: 0, method: `${CORE}assetAddToAlbums` }]);
  assert.match(entry.error, new RegExp(album.id));
  const [stopped] = await own.log(slow.id);
  assert.equal(stopped.result, 'error');
  assert.match(stopped.error, /too many steps/);
  assert.equal((await own.asset(id)).visibility, 'timeline');
});

/** The calls of a listener whose address ends like this. */
const callsAt = (where) => hook.calls.filter(({ url }) => url === where);

test('a webhook gets the asset, where the admin allows it to go', async () => {
  const own = await scene();
  const flow = await own.workflow('AssetMetadataExtraction', [
    step('assetFavorite'),
    step('webhook', { url: hook.url('/in?a=b'), method: 'PUT', headerName: 'Authorization', headerValue: 'Bearer token' }),
    step('assetAddTags', { tags: ['told'] }),
    step('webhook', { url: hook.url('/get'), method: 'GET' }),
  ], { name: 'Hook' });
  const id = await own.upload('hook.jpg', jpeg({ make: 'ACME' }));
  await server.waitForJobs();
  const calls = callsAt('/in?a=b');
  assert.equal(calls.length, 1);
  assert.equal(calls[0].method, 'PUT');
  assert.equal(calls[0].headers.authorization, 'Bearer token');
  assert.equal(calls[0].headers['content-type'], 'application/json');
  const body = JSON.parse(calls[0].body);
  assert.deepEqual([body.trigger, body.workflow], ['AssetMetadataExtraction', { id: flow.id, name: 'Hook' }]);
  assert.deepEqual([body.asset.id, body.asset.ownerId, body.asset.originalFileName, body.asset.isFavorite, body.asset.exifInfo.make], [id, own.user.id, 'hook.jpg', true, 'ACME']);
  assert.deepEqual(callsAt('/get').map(({ method, body: sent }) => [method, sent]), [['GET', '']]);
  assert.deepEqual((await own.log(flow.id)).map(({ result, lastStep }) => [result, lastStep.index]), [['completed', 3]]);
  assert.deepEqual((await own.asset(id)).tags.map(({ value }) => value), ['told']);
});

test('a webhook does not reach the private network, nor follow where it is sent', async () => {
  const own = await scene();
  const at = async (url) => own.workflow('AssetCreate', [step('webhook', { url })]);
  const { port } = forbidden;
  const flows = [];
  for (const url of [forbidden.url('/'), `http://localhost:${port}/`, `http://[::1]:${port}/`, `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, `http://0.0.0.0:${port}/`, `http://127.0.0.1:${server.port}/api/server/ping`,
    'http://169.254.169.254/latest/meta-data'])
    flows.push(await at(url));
  hook.answers.push({ status: 302, headers: { location: forbidden.url('/moved') } });
  const moved = await at(hook.url('/moved'));
  await own.upload('x.png', png(60, 60));
  await server.waitForJobs();
  for (const { id, steps } of flows) {
    const log = await own.log(id);
    assert.deepEqual(log.map(({ result }) => result), ['error'], steps[0].config.url);
    assert.match(log[0].error, /private network/, steps[0].config.url);
  }
  assert.deepEqual(forbidden.calls, []);
  const [entry] = await own.log(moved.id);
  assert.equal(entry.result, 'error');
  assert.match(entry.error, /302, and redirects are not followed/);
});

test('a webhook that fails is tried again by itself, and what cannot get better is not', async () => {
  const own = await scene();
  const flow = await own.workflow('AssetCreate', [
    step('webhook', { url: hook.url('/before') }),
    step('webhook', { url: hook.url('/again') }),
    step('assetArchive'),
  ]);
  hook.answers.push({}, { status: 503, body: 'later' }, { status: 429 });
  const id = await own.upload('again.png', png(70, 70));
  for (const n of [1, 2, 3]) {
    while (callsAt('/again').length < n) {
      await server.sql("UPDATE job SET run_after = 0 WHERE queue = 'workflow' AND state = 'waiting' AND run_after > 0");
      await sleep(200);
    }
  }
  await server.waitForJobs();
  assert.deepEqual([callsAt('/before').length, callsAt('/again').length], [1, 3]);
  assert.deepEqual((await own.log(flow.id)).map(({ result }) => result), ['completed']);
  assert.equal((await own.asset(id)).visibility, 'archive');
  (await own.call('DELETE', `/workflows/${flow.id}`)).expect(204);

  const wrong = await own.workflow('AssetCreate', [step('webhook', { url: hook.url('/wrong') }), step('assetArchive')]);
  hook.answers.push({ status: 404 });
  const kept = await own.upload('wrong.png', png(71, 71));
  await server.waitForJobs();
  const [entry] = await own.log(wrong.id);
  assert.deepEqual([entry.result, entry.error, callsAt('/wrong').length], ['error', `'127.0.0.1:${hook.port}' answered 404`, 1]);
  assert.equal((await own.asset(kept)).visibility, 'timeline');
  (await own.call('DELETE', `/workflows/${wrong.id}`)).expect(204);

  // what stays wrong ends as well, after five times
  const down = await own.workflow('AssetCreate', [step('webhook', { url: hook.url('/down') }), step('assetArchive')]);
  hook.answers.push(...Array.from({ length: 5 }, () => ({ status: 500 })));
  await own.upload('down.png', png(72, 72));
  while ((await own.log(down.id)).length === 0) {
    await server.sql("UPDATE job SET run_after = 0 WHERE queue = 'workflow' AND state = 'waiting' AND run_after > 0");
    await sleep(200);
  }
  const [last] = await own.log(down.id);
  assert.deepEqual([last.result, last.error, callsAt('/down').length], ['error', `'127.0.0.1:${hook.port}' answered 500`, 5]);
  await server.waitForJobs();

  // nothing of it is a failed job of the admin's
  const admin = await server.signUp();
  const { failed } = (await server.request('GET', '/queues/workflow', { as: admin })).expect(200).json.statistics;
  assert.equal(failed, 0);
});

test('the workflows of a user go with the user', async () => {
  const own = await scene();
  const flow = await own.workflow('AssetCreate', [step('assetFavorite')]);
  await own.upload('z.png', png(80, 80));
  await server.waitForJobs();
  assert.equal((await own.log(flow.id)).length, 1);
  const admin = await server.signUp();
  (await server.request('DELETE', `/admin/users/${own.user.id}`, { as: admin, body: { force: true } })).expect(200);
  await server.waitForJobs();
  assert.deepEqual(await server.sql(`SELECT id FROM workflow_log WHERE workflow_id = '${flow.id}'`), []);
  assert.deepEqual(await server.sql(`SELECT id FROM workflow WHERE id = '${flow.id}'`), []);
});
