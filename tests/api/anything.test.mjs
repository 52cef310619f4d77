// Thousands of requests made up from the contract: whatever somebody with a login sends, the answer is one
// that the contract has (harness.mjs holds each against it) and never a fault of the server.
//
// Names and values are chosen at random: mostly of the described type, now and then not at all. Ids are those of
// things that were seen in answers, so that requests meet. A failure prints its seed; TINTYPE_SEED tells the
// same story again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeScene } from './access-scene.mjs';
import { Contract } from './contract.mjs';
import { jpeg } from './fixtures.mjs';
import { password, server } from './harness.mjs';

const N_REQUESTS = Number(process.env.TINTYPE_REQUESTS ?? (process.env.TINTYPE_LONG ? 200_000 : 2000));
/* The same one in each run of 'make test', so that a red one is of the change. */
const seed = Number(process.env.TINTYPE_SEED ?? (process.env.TINTYPE_LONG ? Date.now() % 1_000_000_000 : 1));

/* They end the server or every login, or ask another machine. */
const LEFT_OUT = /^(setMaintenanceMode|startDatabaseRestoreFlow|uploadDatabaseBackup|signUpAdmin|updateConfig|updateAdminConfig|sendTestEmailAdmin)$/;

/* ---- chance ---- */

let state = BigInt(seed) + 1n;
/** 0 <= n < 1, by splitmix64. */
function chance() {
  state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
  return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
}
const upTo = (n) => Math.floor(chance() * n);
const oneOf = (list) => list[upTo(list.length)];
const isSo = (probability) => chance() < probability;

/** Half of the requests hold to the contract, so that they get somewhere. */
let isWild = false;
const isWrong = (probability) => isWild && isSo(probability);

/* ---- what was seen ---- */

const NOBODY = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const MOST = 50;
const seen = new Map(); // kind, the first segment of a path or the stem of a field -> ids, the last one seen at the end

function remember(kind, id) {
  const ids = (seen.get(kind) ?? []).filter((each) => each !== id);
  seen.set(kind, [...ids, id].slice(-MOST));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/* What a field means that is not called after its kind. */
const KINDS = { sharedWithId: 'user', sharedById: 'user', ownerId: 'user', userIds: 'user', primaryAssetId: 'asset',
  livePhotoVideoId: 'asset', featureFaceAssetId: 'asset', targetId: 'asset', sourceId: 'asset', albumThumbnailAssetId: 'asset',
  personIds: 'people', personId: 'people', memoryId: 'memorie', libraryId: 'librarie', activityId: 'activitie' };

const KINDS_OF_SCENE = { person: 'people', memory: 'memorie', library: 'librarie', activity: 'activitie', sharedLink: 'shared-link',
  apiKey: 'api-key', partialUpload: 'partial-upload', file: 'asset-file' };

const kindOfPath = (path) => path.replace(/^\/(api\/)?(admin\/)?/, '').split(/[/?]/)[0].replace(/s$/, '');
/** @param name  of a field, as 'albumId'; 'id' and 'ids' are those of @param kind, the path's */
const kindOfField = (name, kind) => KINDS[name] ?? (/^ids?$/.test(name) ? kind : name.replace(/Ids?$/, ''));

function look(value, kind) {
  if (Array.isArray(value)) for (const each of value) look(each, kind);
  else if (value !== null && typeof value === 'object')
    for (const [name, each] of Object.entries(value)) {
      if (typeof each === 'string' && UUID.test(each)) remember(kindOfField(name, kind), each);
      else look(each, /^(assets|albums|people|users|tags|faces)$/.test(name) ? name.replace(/s$/, '') : kind);
    }
}

/** What was seen last is most likely to be there still. */
function anId(kind) {
  if (isWrong(0.1)) return NOBODY;
  const ids = (isWrong(0.1) ? undefined : seen.get(kind)) ?? oneOf([...seen.values()]);
  return isSo(0.5) ? oneOf(ids.slice(-3)) : oneOf(ids);
}

/* ---- values ---- */

const TEXTS = ['', ' ', 'a', 'Zoë & Söhne', '日本', '👩‍👩‍👧', '\u202Eabc', '%', '_%\\', "'", '"; --', '../../etc', 'a/b/c', '/', 'null', '0', '-1',
  '1e999', '\u0000', '\uFFFF', '<img src=x>', 'x'.repeat(300), 'long '.repeat(600), '{{y}}/{{filename}}', '*', '-photo', 'a:b', '^$'];
const NUMBERS = [0, 1, -1, 2, 3, 5, 50, 1000, 1001, 90, 180, -180, 0.5, 1e9, 2 ** 31, -(2 ** 31), 2 ** 53, -(2 ** 53), 1e21, 1e308];
const TIMES = ['2024-01-02T03:04:05.000Z', '2020-02-29T12:00:00.000Z', '1970-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z'];
const ODD_TIMES = ['2024-01-01', '2024-02-30', '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2024-01-02T03:04:05+14:00',
  '-000001-01-01T00:00:00.000Z', '+275760-09-13T00:00:00.000Z', 'now'];
const OTHERS = [null, true, false, [], {}, [[]], [null], { a: 1 }];

const something = () => oneOf([() => oneOf(TEXTS), () => oneOf(NUMBERS), () => oneOf(ODD_TIMES), () => oneOf(OTHERS), () => anId('asset')])();

function aNumber(schema) {
  const low = schema.minimum ?? -10;
  const high = Math.min(schema.maximum ?? low + 1000, low + 1e6);
  if (isWrong(0.4)) return oneOf(NUMBERS);
  if (isSo(0.1)) return oneOf([low, high]);
  const value = low + chance() * (high - low);
  return schema.type === 'integer' ? Math.round(value) : value;
}

function aText(schema, name, kind) {
  if (schema.format === 'uuid') return anId(kindOfField(name, kind));
  if (schema.format === 'date-time') return oneOf(isWrong(0.4) ? ODD_TIMES : TIMES);
  if (schema.format === 'date') return oneOf(isWrong(0.4) ? ODD_TIMES : ['2024-01-01', '1980-02-29']);
  if (schema.format === 'email') return oneOf(['admin@example.com', `${upTo(1e6)}@example.com`, 'user1@example.com']);
  if (schema.format === 'uri') return 'http://127.0.0.1:1/x';
  if (/color/i.test(name)) return '#ff00aa';
  if (/timeBucket/.test(name)) return oneOf(['2024-01-01', '2020-01-01']);
  if (/pin/i.test(name)) return oneOf(['123456', '000000']);
  if (/password/i.test(name)) return password;
  return oneOf(TEXTS);
}

/** A value that @param schema may take, or in a wild request now and then one that it may not. */
function aValue(contract, given, name, kind, depth = 0) {
  const schema = contract.resolve(given);
  if (isWrong(0.04)) return something();
  if (schema.nullable && isSo(0.1)) return null;
  if (schema.oneOf) return aValue(contract, oneOf(schema.oneOf), name, kind, depth);
  if (schema.enum) return oneOf(schema.enum);
  switch (schema.type) {
    case 'boolean': return isSo(0.5);
    case 'integer':
    case 'number': return aNumber(schema);
    case 'string': return aText(schema, name, kind);
    case 'array': return Array.from({ length: isSo(0.05) ? 50 : Math.max(schema.minItems ?? 0, upTo(4)) },
      () => aValue(contract, schema.items, name, kind, depth + 1));
    case 'object': return anObject(contract, schema, kind, depth);
    default: return something();
  }
}

function anObject(contract, schema, kind, depth) {
  const fields = Object.entries(schema.properties ?? {});
  const share = chance(); // few fields, or nearly all of them
  const chosen = fields.filter(([name]) => (schema.required?.includes(name) ? !isWrong(0.06) : depth < 6 && isSo(share)));
  const object = Object.fromEntries(chosen.map(([name, each]) => [name, aValue(contract, each, name, kind, depth + 1)]));
  if (schema.additionalProperties || isWrong(0.02)) object[oneOf(TEXTS).slice(0, 40)] = something();
  return object;
}

/* ---- requests ---- */

const asText = (value) => (value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value));

function aPath(contract, operation) {
  const kind = kindOfPath(operation.path);
  const parameters = operation.parameters ?? [];
  let where = operation.path;
  for (const each of parameters.filter((p) => p.in === 'path'))
    where = where.replace(`{${each.name}}`, encodeURIComponent(asText(aValue(contract, each.schema, each.name, kind))));
  const query = new URLSearchParams();
  const share = chance();
  for (const each of parameters.filter((p) => p.in === 'query')) {
    // includeNull gives a null among texts, which the published contract does not say;
    // a link is another caller: seldom, or hardly anything else would be asked
    const is = /^(key|slug)$/.test(each.name) ? 0.02 : each.required ? (isWild ? 0.95 : 1) : share;
    if (!isSo(is) || each.name === 'includeNull') continue;
    const value = aValue(contract, each.schema, each.name, kind);
    for (const item of Array.isArray(value) ? value : [value]) query.append(each.name, asText(item));
  }
  return query.size === 0 && String(query) === '' ? where : `${where}?${query}`;
}

function aForm(contract, schema, kind) {
  const form = new FormData();
  for (const [name, each] of Object.entries(contract.resolve(schema).properties ?? {})) {
    const isFile = contract.resolve(each).format === 'binary';
    if (isFile && isSo(0.9)) form.append(name, new Blob([jpeg()]), oneOf(['a.jpg', 'b.jpg', 'ü.jpg', 'x.xmp', 'noname']));
    else if (!isFile && isSo(0.7)) form.append(name, asText(aValue(contract, each, name, kind)));
  }
  return form;
}

function aBody(contract, operation) {
  const content = operation.requestBody?.content;
  const kind = kindOfPath(operation.path);
  if (!content) return undefined;
  if (content['multipart/form-data']) return aForm(contract, content['multipart/form-data'].schema, kind);
  if (!content['application/json']) return Buffer.from(oneOf(TEXTS));
  const body = aValue(contract, content['application/json'].schema, '', kind);
  if (body === null || typeof body !== 'object') return JSON.stringify(body);
  // who cannot come back is no caller any more
  if (/^update(MyUser|UserAdmin)$/.test(operation.operationId)) for (const name of ['email', 'password', 'isAdmin']) delete body[name];
  if (/^changePassword/.test(operation.operationId)) body.newPassword = password;
  return body;
}

/* ---- callers ---- */

/** Logins are ended, passwords changed and accounts deleted on the way: the same caller with a new login, or, when
 *  that is refused, a new one. */
async function returning(caller) {
  if ((await server.request('GET', '/users/me', { as: caller })).status === 200) return caller;
  const { status, json } = await server.request('POST', '/auth/login', { body: { email: caller.email, password } });
  if (status === 201) return Object.assign(caller, { token: json.accessToken });
  assert.notEqual(caller, server.admin, 'the admin cannot log in again');
  return server.newUser({ email: `${upTo(1e12)}@example.com` });
}

async function ask(contract, operation, as) {
  const where = aPath(contract, operation);
  const body = aBody(contract, operation);
  const headers = body !== undefined && (typeof body === 'string' || body instanceof Buffer)
    ? { 'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream' } : {};
  const said = () => `seed ${seed}: ${operation.method} ${where.slice(0, 2000)} ${body instanceof FormData ? 'form' : JSON.stringify(body)?.slice(0, 4000)}`;
  const reply = await server.request(operation.method, where, { as, body, headers, redirect: 'manual' }).catch((error) => {
    throw new Error(`${said()}\n${error.message}`, { cause: error });
  });
  assert.ok(reply.status < 500 || reply.status === 501, `${said()}\nanswered ${reply.status}: ${reply.text.slice(0, 500)}`);
  look(reply.json, kindOfPath(operation.path));
  return reply;
}

test(`${N_REQUESTS} requests that the contract allows or nearly so`, async (t) => {
  const scene = await makeScene();
  const contract = await Contract.of(server.base);
  const operations = contract.operations.filter(({ operationId }) => !LEFT_OUT.test(operationId));
  const { admin, owner, other } = scene.users;
  const callers = [admin, owner, owner, owner, other];
  for (const id of Object.values(scene.assets)) remember('asset', id);
  for (const { id } of Object.values(scene.users)) remember('user', id);
  remember('album', scene.album);
  const makers = Object.entries(scene.make);
  const make = async ([name, one]) => remember(KINDS_OF_SCENE[name] ?? name, await one());
  for (const each of makers) await make(each);
  const quick = makers.filter(([name]) => !/^(duplicate|file)$/.test(name)); // they wait for jobs, which may be paused
  const statuses = {};
  const wrong = [];
  for (let i = 0; i < N_REQUESTS && wrong.length < 20; i++) {
    const who = upTo(callers.length);
    if (isSo(0.05)) await make(oneOf(quick)).catch(() => {}); // its owner may be gone
    const operation = oneOf(operations);
    isWild = isSo(0.5);
    const reply = await ask(contract, operation, callers[who]).catch((error) => {
      wrong.push(error.message);
      return { status: 'wrong' };
    });
    statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
    // an admin who is gone could not make the others again
    if (reply.status === 401) callers[who] = await returning(callers[who]);
  }
  t.diagnostic(`seed ${seed}: ${JSON.stringify(statuses)}`);
  assert.deepEqual(wrong, []);
  assert.ok((statuses[200] ?? 0) > N_REQUESTS / 20, 'hardly anything was understood');
});
