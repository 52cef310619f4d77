// Who may do what to which object: every operation that takes the id of something, as every kind of caller,
// held against the table in access-table.mjs. An operation that takes an id and has no row fails.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { findMissing } from '../../tools/missing_operations.mjs';
import { ASSETS, ASSET_ROWS, LINKS, ROWS, USERS } from './access-table.mjs';
import { MISSING, makeScene } from './access-scene.mjs';
import { Contract } from './contract.mjs';
import { server } from './harness.mjs';

const REFUSED = /^Not found or no \S+ access$/;

let contract;
let scene;
let missing;
const operations = new Map();
const keys = new Map();

const permissionOf = (operation) => operation['x-immich-permission'] ?? 'all';
const takesLink = (operation) => ['key', 'slug'].every((name) =>
  operation.parameters?.some((each) => each.in === 'query' && each.name === name && !each.required));

/** A key of the owner that holds just this permission. */
async function keyFor(permission) {
  if (!keys.has(permission)) keys.set(permission, await server.newKey(scene.users.owner, permission));
  return keys.get(permission);
}

const ok = async (method, where, body, as) => (await server.request(method, where, { as, body })).json;

/** Things of each caller's own, for operations that put one thing into another. */
async function giveEachTheirOwn() {
  for (const kind of ['tags', 'otherTags', 'albums', 'memories', 'sharedLinks', 'people', 'spare']) scene[kind] = {};
  for (const who of USERS) {
    const as = scene.users[who === 'key' ? 'owner' : who];
    [scene.tags[who], scene.otherTags[who]] = (await ok('PUT', '/tags', { tags: [`a ${who}`, `b ${who}`] }, as)).map(({ id }) => id);
    scene.albums[who] = (await ok('POST', '/albums', { albumName: who, assetIds: [] }, as)).id;
    scene.memories[who] = (await ok('POST', '/memories', { type: 'on_this_day', data: { year: 2019 }, memoryAt: '2019-01-01T00:00:00.000Z', assetIds: [] }, as)).id;
    scene.sharedLinks[who] = (await ok('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [scene.own[who]] }, as)).id;
    for (const kind of ['people', 'spare']) scene[kind][who] = (await ok('POST', '/people', { name: who }, as)).id;
  }
  // what only one of them has would be refused for another reason
  for (const who of LINKS) for (const kind of ['tags', 'otherTags', 'albums', 'memories', 'sharedLinks', 'people', 'spare', 'own']) scene[kind][who] = MISSING;
}

before(async () => {
  await server.signUp();
  contract = await Contract.of(server.base);
  for (const each of contract.operations) operations.set(each.operationId, each);
  missing = (await findMissing(server.base, contract, { authorization: `Bearer ${server.admin.token}` })).map((each) => each.operationId);
  scene = await makeScene();
  await giveEachTheirOwn();
});

/** The credential of @param who for @param operation, as options of a request. */
async function credentialOf(who, operation) {
  if (who === 'key') return { as: await keyFor(permissionOf(operation)) };
  if (scene.links[who]) return { headers: { 'x-immich-share-key': scene.links[who].key } };
  return { as: scene.users[who] };
}

/** One request of @param row about @param id. */
function ask(row, operation, id, who, credential) {
  const more = row.path?.(scene, who) ?? {};
  const inPath = { id: row.id?.(scene, who) ?? id, key: 'mobile-app', sessionId: MISSING, variantIndex: 0, filename: 'init.mp4', ...more };
  const path = operation.path.replace(/\{(\w+)\}/g, (all, name) => encodeURIComponent(inPath[name]));
  const query = row.query ? `?${row.query(id)}` : '';
  return server.request(operation.method, path + query, { ...credential, body: row.body?.(id, scene, who) });
}

/** What @param who shall hear: undefined when it is open, else [status, message]. */
function refusalOf(row, operation, who, isOpen) {
  if (LINKS.includes(who) && !takesLink(operation)) return [403, 'Forbidden'];
  if (row.unelevated?.includes(who)) return [401, 'Elevated permission is required'];
  if (row.unpermitted?.includes(who)) return [401, 'Unauthorized'];
  if (LINKS.includes(who) && row.saysToLinks) return [400, row.saysToLinks];
  if (isOpen) return undefined;
  if (row.took) return [row.ok, undefined];
  const [, status, text] = /^(\d+) (.*)$/.exec(row.says) ?? [undefined, 400, `Not found or no ${row.says} access`];
  return [Number(status), text];
}

/** What is wrong with an answer, or undefined. */
function judge(row, reply, id, refusal, name) {
  const says = `${reply.status} ${reply.json?.message ?? ''}`.trim();
  if (refusal?.[1] !== undefined)
    return reply.status === refusal[0] && reply.json?.message === refusal[1] ? undefined : `${says}, not ${refusal.join(' ')}`;
  const statuses = [row.ok].flat();
  if (!statuses.includes(reply.status) || REFUSED.test(reply.json?.message ?? '')) return `${says}, not ${statuses}`;
  if (!row.took || row.blind?.includes(name)) return undefined;
  const took = Boolean(reply.status < 300 && row.took(reply.json, id));
  return took === (refusal === undefined) ? undefined : `${took ? 'it was taken' : 'it was not taken'}: ${reply.text.slice(0, 200)}`;
}

const isBuilt = (row) => !missing.includes(row.operation);

/** Those who are refused come first: nothing may have changed by them. @return what disagrees, as lines */
async function walk(row, name, idOf, isOpen) {
  const operation = operations.get(row.operation);
  assert.ok(operation, `there is no operation ${row.operation}`);
  const wrong = [];
  const callers = [...USERS, ...LINKS].filter((who) => !row.except?.includes(who));
  const refused = (who) => refusalOf(row, operation, who, isOpen(who)) !== undefined;
  for (const who of [...callers.filter(refused), ...callers.filter((each) => !refused(each))]) {
    const id = await idOf(who, refused(who));
    const reply = await ask(row, operation, id, who, await credentialOf(who, operation));
    const found = judge(row, reply, id, refusalOf(row, operation, who, isOpen(who)), name);
    if (found) wrong.push(`${row.operation} of ${name} by ${who}: ${found}`);
  }
  return wrong;
}

test('every operation that takes an id has a row', () => {
  const isId = (schema, seen = new Set()) => {
    const target = contract.resolve(schema);
    if (seen.has(target)) return false;
    seen.add(target);
    const inside = [target.items, ...Object.values(target.properties ?? {}), ...(target.oneOf ?? []), ...(target.anyOf ?? []), ...(target.allOf ?? [])];
    return target.format === 'uuid' || inside.some((each) => each && isId(each, seen));
  };
  const takesId = (operation) =>
    (operation.parameters ?? []).some((each) => each.in !== 'header' && isId(each.schema)) ||
    Object.values(operation.requestBody?.content ?? {}).some(({ schema }) => isId(schema));
  const rows = new Set([...ASSET_ROWS, ...ROWS].map((row) => row.operation));
  const taking = contract.operations.filter(takesId).map((each) => each.operationId);
  assert.ok(taking.length > 150, `only ${taking.length} take an id`);
  assert.deepEqual(taking.filter((name) => !rows.has(name)), []);
});

test('who comes without a good credential gets nothing, whatever the id', async () => {
  const wrong = [];
  const little = await keyFor('activity.statistics');
  const other = await keyFor('tag.read');
  for (const row of [...ASSET_ROWS, ...ROWS]) {
    const operation = operations.get(row.operation);
    const permission = permissionOf(operation);
    const isAdmins = row.says === '403 Forbidden';
    const cases = [
      [{}, 401, 'Authentication required'],
      [{ as: 'nonsense' }, 401, 'Invalid user token'],
      [{ as: { key: 'nonsense' } }, 401, 'Invalid API key'],
      [{ headers: { 'x-immich-share-key': scene.links.expired.key } }, 401, 'Invalid share key'],
      [{ headers: { 'x-immich-share-key': scene.links.guarded.key } }, 401, 'Password required'],
      [{ headers: { 'x-immich-share-key': scene.links.guarded.key, cookie: 'immich_shared_link_token=wrong' } }, 401, 'Password required'],
      [{ as: permission === 'activity.statistics' ? other : little }, 403,
        isAdmins ? 'Forbidden' : `Missing required permission: ${permission}`],
    ];
    for (const [credential, status, message] of cases) {
      const reply = await ask(row, operation, scene.assets.inAlbum, 'owner', credential);
      if (reply.status !== status || reply.json?.message !== message)
        wrong.push(`${row.operation}: ${reply.status} ${reply.text.slice(0, 100)}, not ${status} ${message}`);
    }
  }
  assert.equal(wrong.join('\n'), '');
});

test('what has an id of its own is open to whom the table names', async () => {
  const wrong = [];
  const made = new Map([['album', scene.album], ['missing', MISSING], ['plainId', scene.assets.plain],
    ['ownerId', scene.users.owner.id], ['group', scene.group]]);
  for (const row of ROWS.filter(isBuilt)) {
    const { kind } = row;
    const once = async () => {
      if (!made.has(kind)) made.set(kind, await scene.make[kind]());
      return made.get(kind);
    };
    wrong.push(...(await walk(row, kind, (who, isRefused) => (row.fresh && !isRefused ? scene.make[kind]() : once()), (who) => row.open.includes(who))));
  }
  assert.equal(wrong.join('\n'), '');
});

test('an id of nothing is as closed as one of another', async () => {
  const wrong = [];
  const closed = ROWS.filter((row) => isBuilt(row) && row.says && !['ownerId', 'missing'].includes(row.kind) && row.says !== '403 Forbidden');
  for (const row of closed) {
    if (row.operation === 'removeUserFromAlbum' || row.operation === 'addAssetsToAlbum' || row.id) continue;
    const operation = operations.get(row.operation);
    const reply = await ask(row, operation, MISSING, 'other', { as: scene.users.other });
    const found = judge(row, reply, MISSING, refusalOf(row, operation, 'other', false));
    if (found) wrong.push(`${row.operation}: ${found}`);
  }
  assert.equal(wrong.join('\n'), '');
});

test('assets are open to whom the table names, in each state', async () => {
  const wrong = [];
  for (const row of ASSET_ROWS.filter(isBuilt))
    for (const [state, open] of Object.entries(ASSETS))
      wrong.push(...(await walk(row, state, () => scene.assets[state], (who) => open[row.right].includes(who))));
  assert.equal(wrong.join('\n'), '');
});
