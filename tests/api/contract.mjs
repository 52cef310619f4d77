// contract.mjs -- holds every answer against the contract
//
// The contract is the server's own /api/openapi.json, made of the .api files (which
// tools/apigen/test_contract.py holds against the published one). An answer must have a status that
// its operation names, a body of the described type with nothing missing and nothing besides, ids and
// times in the one form in which they are written, or else the shape of an error.
import assert from 'node:assert/strict';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TIME_WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?\+00:00$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const EMAIL = /^[^\s@]+@[^\s@]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_ISSUES = 12;
/* All that is told of an asset by a link which hides metadata; clients know it by hasMetadata false. */
const STRIPPED = ['id', 'type', 'originalMimeType', 'thumbhash', 'localDateTime', 'duration', 'livePhotoVideoId',
  'hasMetadata', 'width', 'height'];

const formats = {
  uuid: (text) => UUID.test(text),
  'date-time': (text) => TIME.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => DATE.test(text) && !Number.isNaN(Date.parse(text)),
  email: (text) => EMAIL.test(text) && text === text.toLowerCase(),
  uri: (text) => URL.canParse?.(text) ?? /^[a-z][a-z0-9+.-]*:/i.test(text),
  byte: (text) => BASE64.test(text),
};

const kindOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const show = (value) => JSON.stringify(value)?.slice(0, 80);

export class Contract {
  static #known;
  #schemas;
  #operations;

  constructor(openapi) {
    this.#schemas = openapi.components.schemas;
    this.#operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation, method: method.toUpperCase(), path, pattern: pathPattern(path),
      })),
    );
    // A written segment goes before a parameter: /users/me before /users/{id}.
    this.#operations.sort((a, b) => countParameters(a.path) - countParameters(b.path));
  }

  /** That of the server at @param base, read once for all servers of the process. */
  static of(base) {
    this.#known ??= this.#read(base).catch((error) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  static async #read(base) {
    const response = await fetch(`${base}/api/openapi.json`);
    assert.equal(response.status, 200, 'there is no /api/openapi.json to hold answers against');
    return new Contract(await response.json());
  }

  /** Every operation: method, path below /api, operationId, parameters, responses, ... */
  get operations() {
    return this.#operations;
  }

  /** The schema behind a reference, or @param schema itself. */
  resolve(schema) {
    if (schema.$ref) return this.#schemas[schema.$ref.split('/').pop()];
    return schema.allOf?.length === 1 ? this.resolve(schema.allOf[0]) : schema;
  }

  /** @param where  path with query, as requested. @return the operation, or undefined */
  find(method, where) {
    const path = new URL(where, 'http://x').pathname.replace(/^\/api(?=\/)/i, '').replace(/(.)\/$/, '$1');
    const wanted = method === 'HEAD' ? 'GET' : method;
    return this.#operations.find((each) => each.method === wanted && each.pattern.test(path));
  }

  /** Fails unless this answer is one that the contract has. Only what is below /api is looked at.
   *  @param response  of fetch; @param bytes  its body */
  check(method, where, response, bytes) {
    if (!/^\/api(\/|\?|$)/i.test(where) || /^\/api\/openapi\.json/i.test(where)) return;
    const issues = [];
    const { status, headers } = response;
    const type = headers.get('content-type') ?? '';
    const isJson = /^application\/json(;|$)/.test(type);
    let body;
    if (!headers.get('x-correlation-id')) issues.push('there is no X-Correlation-ID');
    if (isJson && bytes.length > 0) {
      try {
        body = JSON.parse(bytes.toString('utf8'));
      } catch (error) {
        issues.push(`the body is not JSON: ${error.message}`);
      }
    }
    if (status >= 400) {
      if (type !== 'application/json; charset=utf-8') issues.push(`an error of type '${type}'`);
      else if (method !== 'HEAD') checkProblem(body, response, issues);
    } else {
      this.#checkSuccess(this.find(method, where), method, response, { type, isJson, bytes, body }, issues);
    }
    assert.ok(issues.length === 0, `${method} ${where} answered ${status} against the contract:\n  ` +
      `${issues.slice(0, MAX_ISSUES).join('\n  ')}\n  ${bytes.toString('utf8').slice(0, 500)}`);
  }

  #checkSuccess(operation, method, { status, headers }, { type, isJson, bytes, body }, issues) {
    if (!operation) {
      issues.push('there is no such operation');
      return;
    }
    const content = (operation.responses[status] ?? Object.values(operation.responses)[0])?.content;
    const hasLocation = Boolean(headers.get('location'));
    const isFile = content?.['application/octet-stream'] !== undefined;
    const schema = content?.['application/json']?.schema;
    // A file may be sent in part, or be found elsewhere.
    const isOfFile = isFile && (status === 206 || (status === 302 && hasLocation));
    if (status === 304) {
      if (method !== 'GET' && method !== 'HEAD') issues.push('304 to a change');
    } else if (!operation.responses[status] && !isOfFile) {
      issues.push(`${operation.operationId} gives ${Object.keys(operation.responses)}`);
    }
    if ((status === 204 || status === 304) && (bytes.length > 0 || (status === 204 && type)))
      issues.push(`${status} has no body and no type, this has ${bytes.length} bytes of '${type}'`);
    if (status === 204 || status === 304 || method === 'HEAD') return;
    if (/^text\/html/.test(type)) issues.push('HTML below /api');
    if (isFile) return;
    if (!schema) {
      if (bytes.length > 0) issues.push(`${operation.operationId} has no body, this has ${bytes.length} bytes`);
    } else if (!isJson || bytes.length === 0) {
      issues.push(`${operation.operationId} answers JSON, this is ${bytes.length} bytes of '${type}'`);
    } else if (body !== undefined) {
      this.validate(schema, body, '$', issues);
    }
  }

  /** Add to @param issues what is wrong with @param value, which stands at @param at.
   *  @param form  'offset': that of all times inside */
  validate(schema, value, at, issues, form = schema['x-form']) {
    if (value === null) {
      if (!schema.nullable && !isAnything(schema)) issues.push(`${at} is null`);
      return;
    }
    if (schema.$ref) {
      const name = schema.$ref.split('/').pop();
      const target = this.#schemas[name];
      const isStripped = name === 'AssetResponseDto' && value.hasMetadata === false;
      this.validate(isStripped ? only(target, STRIPPED) : target, value, at, issues, form);
      return;
    }
    for (const each of schema.allOf ?? []) this.validate(each, value, at, issues, form);
    if (schema.oneOf) this.#validateOneOf(schema.oneOf, value, at, issues);
    if (schema.enum && !schema.enum.includes(value)) issues.push(`${at} is ${show(value)}, not of ${schema.enum}`);
    if (schema.type) this.#validateType(schema, value, at, issues, form);
  }

  #validateOneOf(schemas, value, at, issues) {
    const all = schemas.map((each) => {
      const found = [];
      this.validate(each, value, at, found);
      return found;
    });
    if (all.every((found) => found.length > 0)) issues.push(`${at} is none of its types:`, ...all.flat());
  }

  #validateType(schema, value, at, issues, form) {
    const wanted = schema.type === 'integer' ? 'number' : schema.type;
    if (kindOf(value) !== wanted) {
      issues.push(`${at} is ${kindOf(value)} ${show(value)}, not ${schema.type}`);
      return;
    }
    if (wanted === 'object') this.#validateObject(schema, value, at, issues, form);
    else if (wanted === 'array') this.#validateArray(schema, value, at, issues, form);
    else if (wanted === 'string') validateText(schema, value, at, issues, form);
    else if (wanted === 'number') validateNumber(schema, value, at, issues);
  }

  #validateObject(schema, value, at, issues, form) {
    const properties = schema.properties ?? {};
    for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) issues.push(`${at}.${name} is missing`);
    for (const [name, each] of Object.entries(value)) {
      if (Object.hasOwn(properties, name)) this.validate(properties[name], each, `${at}.${name}`, issues, form ?? properties[name]['x-form']);
      else if (!schema.additionalProperties) issues.push(`${at}.${name} is not in the contract`);
    }
  }

  #validateArray(schema, value, at, issues, form) {
    value.forEach((each, i) => this.validate(schema.items, each, `${at}[${i}]`, issues, form ?? schema.items['x-form']));
    if (schema.uniqueItems && new Set(value.map((each) => JSON.stringify(each))).size !== value.length)
      issues.push(`${at} has an item twice`);
    if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity))
      issues.push(`${at} has ${value.length} items`);
  }
}

const only = (schema, names) => ({
  ...schema,
  properties: Object.fromEntries(names.map((name) => [name, schema.properties[name]])),
  required: names,
});
const isAnything = (schema) => Object.keys(schema).length === 0;
const countParameters = (path) => path.split('{').length;

function pathPattern(path) {
  const segments = path.split(/\{[^}]+\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${segments.join('[^/]+')}$`, 'i');
}

function validateText(schema, value, at, issues, form) {
  if (form === 'offset' && schema.format === 'date-time') {
    if (!TIME_WITH_OFFSET.test(value)) issues.push(`${at} is ${show(value)}, not a date-time with +00:00`);
  } else if (schema.format && formats[schema.format] && !formats[schema.format](value))
    issues.push(`${at} is ${show(value)}, not a ${schema.format}`);
  if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value))
    issues.push(`${at} is ${show(value)}, not like ${schema.pattern}`);
  const length = [...value].length;
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? Infinity))
    issues.push(`${at} has ${length} characters`);
}

function validateNumber(schema, value, at, issues) {
  if (schema.type === 'integer' && !Number.isSafeInteger(value)) issues.push(`${at} is ${value}, not a whole number`);
  if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))
    issues.push(`${at} is ${value}, out of ${schema.minimum ?? ''}..${schema.maximum ?? ''}`);
}

/** An error: message, error and statusCode; errors with 'Validation failed' and only then. */
function checkProblem(body, { status, statusText }, issues) {
  if (kindOf(body) !== 'object') {
    issues.push('an error is an object');
    return;
  }
  const { message, error, statusCode, errors, ...rest } = body;
  if (typeof message !== 'string' || message === '') issues.push(`message is ${show(message)}`);
  if (error !== statusText) issues.push(`error is ${show(error)}, the status says '${statusText}'`);
  if (statusCode !== status) issues.push(`statusCode is ${show(statusCode)}`);
  if (Object.keys(rest).length > 0) issues.push(`an error has no ${Object.keys(rest)}`);
  if (status === 400 && message === 'Validation failed') checkIssues(errors, issues);
  else if (errors !== undefined) issues.push(`errors beside the message ${show(message)}`);
}

function checkIssues(errors, issues) {
  if (!Array.isArray(errors) || errors.length === 0) {
    issues.push(`errors is ${show(errors)}`);
    return;
  }
  errors.forEach((each, i) => {
    const steps = Array.isArray(each?.path) ? each.path : [null];
    const isPath = steps.every((step) => typeof step === 'string' || Number.isSafeInteger(step));
    if (!isPath || !each.code || typeof each.code !== 'string' || !each.message || typeof each.message !== 'string')
      issues.push(`errors[${i}] is ${show(each)}`);
  });
}
