// Every operation of the contract: who may call it, what it says to bad input, whether it is there.
//
// The operations are those of the published contract (TINTYPE_CONTRACT, a file or the folder that has
// contract-3.2.2.json; else ../shared/api beside the checkout) with those of older clients; without
// the published one, all are as our own description says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exampleText, fillPath, findMissing, probe, render } from '../../tools/missing_operations.mjs';
import { Contract } from './contract.mjs';
import { server } from './harness.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const PAGE = path.join(ROOT, 'docs/missing-operations.md');
/* Any key may ask about itself. Not in our description, so named here. */
const ANY_KEY = ['POST /auth/validateToken', 'GET /api-keys/me'];
/* Lists and counts of a user who is unknown are empty, as for one who is deleted. */
const EMPTY_OF_NOBODY = ['GET /admin/users/{id}/sessions', 'GET /admin/users/{id}/statistics',
  'POST /libraries/{id}/validate'];
/* Nobody has a licence. */
const NOT_THERE = ['GET /server/license', 'GET /users/me/license'];
/* A user has come by no link. */
const OF_LINKS = ['GET /shared-links/me'];
/* Off until the config says otherwise. */
const OFF = ['GET /oauth/authorize'];

let contract;
let operations;
let missing;

function readPublished() {
  let file = process.env.TINTYPE_CONTRACT ?? path.join(ROOT, '../shared/api');
  if (fs.existsSync(file) && fs.statSync(file).isDirectory()) file = path.join(file, 'contract-3.2.2.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
}

/** What our description says of access, put right by the published contract where that tells it. */
function describe(operation, fact) {
  const says = fact?.describedIn !== undefined;
  const name = `${operation.method} ${operation.path}`;
  return {
    ...operation,
    name,
    permission: (says ? fact.permission : operation['x-immich-permission']) ?? 'all',
    isAdmin: fact?.adminOnly ?? operation['x-immich-admin-only'] ?? false,
    isPublic: says ? Boolean(fact.public) : operation.security === undefined,
    takesAnyKey: ANY_KEY.includes(name),
    pathParameters: (operation.parameters ?? []).filter((each) => each.in === 'path'),
    body: operation.requestBody?.content['application/json']?.schema,
  };
}

before(async () => {
  await server.signUp();
  contract = await Contract.of(server.base);
  const published = readPublished();
  const facts = new Map((published?.operations ?? []).map((fact) => [`${fact.method} ${fact.path}`, fact]));
  operations = contract.operations.map((each) => describe(each, facts.get(`${each.method} /api${each.path}`)));
  missing = await findMissing(server.base, contract, { authorization: `Bearer ${server.admin.token}` });
});

const isBuilt = (operation) => !missing.some((each) => each.operationId === operation.operationId);
const validPath = (operation) => fillPath(operation, (each) => exampleText(contract, each.schema));

/** Call @param each on all of @param list; what it throws or returns (a text) is what is wrong. */
async function onAll(list, each) {
  assert.ok(list.length > 0, 'there is nothing to look at');
  const wrong = [];
  for (const operation of list) {
    const found = await Promise.resolve(each(operation)).catch((error) => error.message);
    if (found) wrong.push(`${operation.name}: ${found}`);
  }
  assert.deepEqual(wrong, []);
}

const differs = (reply, status, message) =>
  reply.status === status && (message === undefined || reply.json?.message === message)
    ? undefined
    : `${reply.status} ${reply.text.slice(0, 200)}, not ${status} ${message ?? ''}`;

test('every operation of the published contract is declared', (t) => {
  const published = readPublished();
  if (!published) {
    t.skip('there is no published contract; set TINTYPE_CONTRACT');
    return;
  }
  const ours = new Set(operations.map((each) => `${each.method} /api${each.path}`));
  assert.equal(published.operations.length, 276);
  assert.deepEqual(published.operations.map((fact) => `${fact.method} ${fact.path}`).filter((each) => !ours.has(each)), []);
});

// ---- who may call ----

test('without a credential only the public operations answer', async () => {
  await onAll(operations.filter((each) => !each.isPublic), async (operation) =>
    differs(await server.request(operation.method, validPath(operation)), 401, 'Authentication required'));
  await onAll(operations.filter((each) => each.isPublic), async (operation) => {
    const { status, message } = await probe(server.base, contract, operation);
    const wanted = isBuilt(operation) ? 400 : 501;
    return status === wanted ? undefined : `${status} ${message}`;
  });
});

test('a credential that is none is refused by all but the public operations', async () => {
  const guarded = operations.filter((each) => !each.isPublic);
  await onAll(guarded, async (operation) =>
    differs(await server.request(operation.method, validPath(operation), { as: 'nonsense' }), 401, 'Invalid user token'));
  await onAll(guarded, async (operation) =>
    differs(await server.request(operation.method, validPath(operation), { as: { key: 'nonsense' } }), 401, 'Invalid API key'));
  await onAll(operations.filter((each) => each.isPublic), async (operation) => {
    const { status, message } = await probe(server.base, contract, operation, { 'x-api-key': 'nonsense' });
    return status === 400 || status === 501 ? undefined : `${status} ${message}`;
  });
});

test('a key without the permission learns which one it lacks', async () => {
  const one = await server.newKey(server.admin, 'activity.statistics');
  const other = await server.newKey(server.admin, 'tag.read');
  await onAll(operations.filter((each) => !each.isPublic && !each.takesAnyKey), async (operation) => {
    const as = operation.permission === 'activity.statistics' ? other : one;
    const reply = await server.request(operation.method, validPath(operation), { as });
    return differs(reply, 403, `Missing required permission: ${operation.permission}`);
  });
  for (const operation of operations.filter((each) => each.takesAnyKey))
    (await server.request(operation.method, operation.path, { as: one })).expect(200);
});

test('a key with just the permission gets through', async () => {
  const keys = new Map();
  await onAll(operations.filter((each) => !each.isPublic), async (operation) => {
    const { permission } = operation;
    if (!keys.has(permission)) keys.set(permission, await server.newKey(server.admin, permission));
    const headers = { 'x-api-key': keys.get(permission).key };
    const { status, message } = await probe(server.base, contract, operation, headers);
    return status === (isBuilt(operation) ? 400 : 501) ? undefined : `${status} ${message}`;
  });
});

test('users who are no admins are kept out of administration, before their key is looked at', async () => {
  const user = await server.newUser();
  const callers = [user, await server.newKey(user), await server.newKey(user, 'tag.read')];
  for (const as of callers)
    await onAll(operations.filter((each) => each.isAdmin), async (operation) =>
      differs(await server.request(operation.method, validPath(operation), { as }), 403, 'Forbidden'));
});

test('who may call is asked after the body can be read and before it is looked at', async () => {
  const json = { 'content-type': 'application/json' };
  const withBody = operations.filter((each) => each.body);
  await onAll(withBody, async (operation) =>
    differs(await server.request(operation.method, validPath(operation), { headers: json, body: '{' }), 400));
  const broken = await server.request('POST', '/no-such-thing', { headers: json, body: '{' });
  broken.expect(400);
  (await server.request('POST', '/no-such-thing', { body: {} })).expect(404, 'Cannot POST /api/no-such-thing');
  await onAll(withBody.filter((each) => !each.isPublic), async (operation) =>
    differs(await server.request(operation.method, validPath(operation), { body: { a: 1 } }), 401, 'Authentication required'));
});

test('a path is found in any case and with a slash behind it, and by its own methods only', async () => {
  await onAll(operations.filter((each) => !each.isPublic), async (operation) => {
    const where = `${validPath(operation).toUpperCase()}/`;
    return differs(await server.request(operation.method, where), 401, 'Authentication required');
  });
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const others = operations.filter((each) => !contract.find(method, validPath(each)));
    await onAll(others, async (operation) => {
      const reply = await server.request(method, validPath(operation), { as: server.admin });
      return differs(reply, 404, `Cannot ${method} /api${validPath(operation)}`);
    });
  }
});

// ---- bad input ----

const BAD = { uuid: 'not-a-uuid', enum: 'no-such-value', number: '-1x', pattern: '!' };

function badText(parameter) {
  const schema = contract.resolve(parameter.schema);
  if (schema.format === 'uuid') return BAD.uuid;
  if (schema.enum) return BAD.enum;
  if (schema.type === 'integer' || schema.type === 'number') return BAD.number;
  return schema.pattern ? BAD.pattern : undefined;
}

test('a bad id in the path is named, where there is something behind the path', async () => {
  const withIds = operations.filter((each) => each.pathParameters.some((one) => badText(one)));
  assert.ok(withIds.length > 100);
  await onAll(withIds, async (operation) => {
    const bad = operation.pathParameters.filter((one) => badText(one));
    const where = fillPath(operation, (one) => badText(one) ?? exampleText(contract, one.schema));
    const reply = await server.request(operation.method, where, { as: server.admin, body: operation.body ? {} : undefined });
    if (!isBuilt(operation)) return differs(reply, 501, `${operation.operationId} is not built yet`);
    const wrong = differs(reply, 400, 'Validation failed');
    if (wrong) return wrong;
    const found = reply.json.errors.map((issue) => issue.path.join('.'));
    const wanted = bad.map((one) => one.name);
    return String(found) === String(wanted) ? undefined : `it names ${found}, not ${wanted}`;
  });
});

test('a path that cannot be decoded is refused', async () => {
  await onAll(operations.filter((each) => isBuilt(each) && each.pathParameters.length > 0), async (operation) => {
    const where = operation.path.replace(/\{[^}]+\}/g, '%zz');
    const reply = await server.request(operation.method, where, { as: server.admin });
    return differs(reply, 400, "Failed to decode param '%zz'");
  });
});

const requiredQuery = (operation) =>
  (operation.parameters ?? []).filter((each) => each.in === 'query' && each.required).map((each) => each.name);

test('what the query must have is asked for by name', async () => {
  await onAll(operations.filter((each) => isBuilt(each) && requiredQuery(each).length > 0), async (operation) => {
    const reply = await server.request(operation.method, validPath(operation), { as: server.admin });
    const wrong = differs(reply, 400, 'Validation failed');
    if (wrong) return wrong;
    const found = reply.json.errors.map((issue) => issue.path.join('.'));
    return String(found) === String(requiredQuery(operation)) ? undefined : `it names ${found}`;
  });
});

const builtWithBody = () => operations.filter((each) => isBuilt(each) && each.body && !requiredQuery(each).length);
const asCaller = (operation) => (operation.isPublic ? undefined : server.admin);

test('no body, or a list instead of an object, is told apart from an empty one', async () => {
  await onAll(builtWithBody().filter((each) => each.requestBody.required), async (operation) => {
    const as = asCaller(operation);
    for (const body of [undefined, []]) {
      const options = { as, headers: { 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) };
      const reply = await server.request(operation.method, validPath(operation), options);
      const wrong = differs(reply, 400, 'Validation failed');
      if (wrong) return wrong;
      const [issue] = reply.json.errors;
      const message = `Invalid input: expected object, received ${body ? 'array' : 'undefined'}`;
      if (issue.path.length > 0 || issue.message !== message) return JSON.stringify(issue);
    }
    return undefined;
  });
});

test('what a body must have is asked for by name, all at once, in order', async () => {
  const list = builtWithBody().filter((each) => contract.resolve(each.body).required?.length > 0);
  await onAll(list, async (operation) => {
    const schema = contract.resolve(operation.body);
    const wanted = schema.required.filter((name) => schema.properties[name].default === undefined);
    const reply = await server.request(operation.method, validPath(operation), { as: asCaller(operation), body: {} });
    const wrong = differs(reply, 400, 'Validation failed');
    if (wrong) return wrong;
    const found = reply.json.errors.map((issue) => issue.path.join('.'));
    return String(found) === String(wanted) ? undefined : `it names ${found}, not ${wanted}`;
  });
});

/** A value of another type than @param schema; undefined where anything goes. */
function wrongValue(schema) {
  const target = contract.resolve(schema);
  if (target.oneOf || !(target.type || target.enum)) return undefined;
  return target.type === 'boolean' ? 'yes' : target.type === 'object' ? 7 : target.type === 'array' ? {} : [{}];
}

test('fields of a wrong type are named, all at once, in order', async () => {
  await onAll(builtWithBody(), async (operation) => {
    const { properties } = contract.resolve(operation.body);
    const body = {};
    for (const [name, schema] of Object.entries(properties ?? {})) {
      const value = wrongValue(schema);
      if (value !== undefined) body[name] = value;
    }
    if (Object.keys(body).length === 0) return undefined;
    const reply = await server.request(operation.method, validPath(operation), { as: asCaller(operation), body });
    const wrong = differs(reply, 400, 'Validation failed');
    if (wrong) return wrong;
    const found = [...new Set(reply.json.errors.map((issue) => String(issue.path[0])))];
    const missed = Object.keys(body).filter((name) => !found.includes(name));
    return missed.length > 0 ? `it does not name ${missed}` : undefined;
  });
});

test('an id of nothing is refused without a fault', async () => {
  const list = operations.filter((each) =>
    isBuilt(each) && each.pathParameters.some((one) => badText(one) === BAD.uuid) &&
    requiredQuery(each).length === 0 && !(contract.resolve(each.body ?? {}).required?.length > 0));
  await onAll(list, async (operation) => {
    const body = operation.body ? {} : undefined;
    const reply = await server.request(operation.method, validPath(operation), { as: server.admin, body });
    if (EMPTY_OF_NOBODY.includes(operation.name)) return differs(reply, 200);
    return reply.status === 400 || reply.status === 404 ? undefined : `${reply.status} ${reply.text.slice(0, 200)}`;
  });
});

// ---- what is there ----

test('what can be read without an argument is as the contract has it', async () => {
  const list = operations.filter((each) =>
    isBuilt(each) && each.method === 'GET' && each.pathParameters.length === 0 && requiredQuery(each).length === 0 &&
    each.responses[200]?.content?.['application/json']);
  assert.ok(list.length > 15);
  await onAll(list, async (operation) => {
    const as = operation.takesAnyKey ? await server.newKey(server.admin, 'tag.read') : asCaller(operation);
    const wanted = NOT_THERE.includes(operation.name) ? 404 : OF_LINKS.includes(operation.name) ? 403
      : OFF.includes(operation.name) ? 400 : 200;
    return differs(await server.request('GET', operation.path, { as }), wanted);
  });
});

test('what is not built says so and is on the list', async (t) => {
  await onAll(operations.filter((each) => !isBuilt(each)), async (operation) => {
    const options = { as: asCaller(operation), body: operation.body ? {} : undefined };
    const reply = await server.request(operation.method, validPath(operation), options);
    return differs(reply, 501, `${operation.operationId} is not built yet`);
  });
  const page = render(contract, missing);
  if (process.env.TINTYPE_WRITE_MISSING === '1') {
    fs.writeFileSync(PAGE, page);
    t.diagnostic(`wrote ${PAGE}`);
  }
  assert.ok(fs.existsSync(PAGE), `${PAGE} is not there; TINTYPE_WRITE_MISSING=1 writes it`);
  assert.equal(fs.readFileSync(PAGE, 'utf8'), page, 'the page is not of this server; TINTYPE_WRITE_MISSING=1 writes it');
});
