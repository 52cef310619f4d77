// The judge itself: what contract.mjs must find wrong with an answer, on a contract of a few lines.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Contract } from './contract.mjs';

const text = (more = {}) => ({ type: 'string', ...more });
const json = (schema) => ({ description: '', content: { 'application/json': { schema } } });
const file = { description: '', content: { 'application/octet-stream': { schema: text({ format: 'binary' }) } } };
const Thing = {
  type: 'object',
  required: ['id', 'at', 'size'],
  properties: {
    id: text({ format: 'uuid' }),
    at: { ...text({ format: 'date-time' }), nullable: true },
    size: { type: 'integer', minimum: 0 },
    kind: { $ref: '#/components/schemas/Kind' },
    owner: { allOf: [{ $ref: '#/components/schemas/Owner' }], nullable: true },
    flags: { type: 'array', items: { type: 'boolean' } },
    free: { type: 'object', additionalProperties: {} },
  },
};
const contract = new Contract({
  paths: {
    '/things': { get: { operationId: 'getThings', responses: { 200: json({ type: 'array', items: Thing }) } } },
    '/things/mine': { get: { operationId: 'getMine', responses: { 200: json(Thing) } } },
    '/things/{id}': {
      get: { operationId: 'getThing', responses: { 200: json(Thing) } },
      delete: { operationId: 'deleteThing', responses: { 204: { description: '' } } },
    },
    '/things/{id}/file': { get: { operationId: 'getThingFile', responses: { 200: file } } },
  },
  components: {
    schemas: {
      Kind: text({ enum: ['big', 'small'] }),
      Owner: { type: 'object', required: ['email'], properties: { email: text({ format: 'email' }) } },
    },
  },
});

const ID = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const GOOD = { id: ID, at: '2024-01-02T03:04:05.678Z', size: 1 };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8', 'x-correlation-id': 'abcd1234' };

function check(method, where, status, body, headers = JSON_TYPE, statusText = 'Bad Request') {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  contract.check(method, where, { status, statusText, headers: new Headers(headers) }, bytes);
}

const isThing = (more) => check('GET', `/api/things/${ID}`, 200, { ...GOOD, ...more });
const isProblem = (more, headers) =>
  check('GET', '/api/things', 400, { message: 'no', error: 'Bad Request', statusCode: 400, ...more }, headers);

test('answers of the contract are let through', () => {
  isThing({});
  isThing({ at: null, kind: 'big', owner: { email: 'a@b' }, flags: [true], free: { any: [null, { thing: 1 }] } });
  isThing({ owner: null });
  check('GET', '/api/things?x=1', 200, [GOOD, GOOD]);
  check('GET', '/api/THINGS/Mine/', 200, GOOD);
  check('HEAD', '/api/things', 200, '');
  check('DELETE', `/api/things/${ID}`, 204, '', { 'x-correlation-id': 'a' });
  check('GET', '/api/things', 304, '', { 'x-correlation-id': 'a' });
  for (const status of [200, 206]) check('GET', '/api/things/x/file', status, 'bytes', { ...JSON_TYPE, 'content-type': 'image/webp' });
  check('GET', '/api/things/x/file', 302, '', { 'x-correlation-id': 'a', location: '/x' });
  isProblem({});
  isProblem({ message: 'Validation failed', errors: [{ code: 'custom', path: ['a', 0], message: 'no' }] });
  check('GET', '/somewhere', 200, '<html>', { 'content-type': 'text/html' });
});

test('fields that are missing, unknown, of another type or form are found', () => {
  assert.throws(() => isThing({ id: undefined }), /\$\.id is missing/);
  assert.throws(() => isThing({ more: 1 }), /\$\.more is not in the contract/);
  assert.throws(() => isThing({ id: ID.toUpperCase() }), /not a uuid/);
  assert.throws(() => isThing({ id: ID.replace('-4a', '-1a') }), /not a uuid/);
  assert.throws(() => isThing({ id: null }), /\$\.id is null/);
  for (const at of ['2024-01-02T03:04:05.678+00:00', '2024-01-02T03:04:05Z', '2024-13-02T03:04:05.678Z', ''])
    assert.throws(() => isThing({ at }), /not a date-time/);
  for (const size of [1.5, 2 ** 53]) assert.throws(() => isThing({ size }), /not a whole number/);
  assert.throws(() => isThing({ size: -1 }), /out of 0\.\./);
  assert.throws(() => isThing({ size: '1' }), /is string "1", not integer/);
  assert.throws(() => isThing({ kind: 'huge' }), /not of big,small/);
  assert.throws(() => isThing({ owner: {} }), /\$\.owner\.email is missing/);
  assert.throws(() => isThing({ owner: { email: 'A@b' } }), /not a email/);
  assert.throws(() => isThing({ flags: [true, null] }), /\$\.flags\[1\] is null/);
  assert.throws(() => isThing({ flags: {} }), /not array/);
  assert.throws(() => check('GET', '/api/things', 200, GOOD), /not array/);
});

test('statuses, types and bodies that an operation does not have are found', () => {
  assert.throws(() => check('GET', '/api/things', 201, [GOOD]), /getThings gives 200/);
  assert.throws(() => check('GET', '/api/others', 200, []), /no such operation/);
  assert.throws(() => check('DELETE', '/api/things', 204, '', { 'x-correlation-id': 'a' }), /no such operation/);
  assert.throws(() => check('DELETE', '/api/things/x', 204, '', JSON_TYPE), /204 has no body and no type/);
  assert.throws(() => check('GET', '/api/things', 200, '', JSON_TYPE), /answers JSON/);
  assert.throws(() => check('GET', '/api/things', 200, '[', JSON_TYPE), /the body is not JSON/);
  assert.throws(() => check('GET', '/api/things', 200, '[]', { ...JSON_TYPE, 'content-type': 'text/plain' }), /answers JSON/);
  assert.throws(() => check('GET', '/api/things', 200, [], { 'content-type': 'application/json' }), /X-Correlation-ID/);
  assert.throws(() => check('GET', '/api/things/x/file', 200, 'x', { ...JSON_TYPE, 'content-type': 'text/html' }), /HTML/);
  assert.throws(() => check('GET', '/api/things/x/file', 302, ''), /getThingFile gives 200/);
});

test('errors without their shape are found', () => {
  assert.throws(() => isProblem({ message: '' }), /message is ""/);
  assert.throws(() => isProblem({ message: ['no'] }), /message is/);
  assert.throws(() => isProblem({ statusCode: '400' }), /statusCode is "400"/);
  assert.throws(() => isProblem({ error: 'Oh' }), /error is "Oh"/);
  assert.throws(() => isProblem({ stack: 'at main' }), /an error has no stack/);
  assert.throws(() => isProblem({ message: 'Validation failed' }), /errors is undefined/);
  assert.throws(() => isProblem({ message: 'Validation failed', errors: [] }), /errors is \[\]/);
  assert.throws(() => isProblem({ message: 'Validation failed', errors: [{ path: 'a' }] }), /errors\[0\]/);
  assert.throws(() => isProblem({ errors: [] }), /errors beside the message/);
  assert.throws(() => isProblem({}, { ...JSON_TYPE, 'content-type': 'text/html' }), /an error of type 'text\/html'/);
  assert.throws(() => check('GET', '/api/things', 500, 'oops'), /not JSON/);
});
