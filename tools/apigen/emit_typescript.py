"""Writes client.ts for the web app: types, and one function an operation."""
import json

from model import Enum
from names import pascal

SCALARS = {**dict.fromkeys(('string', 'uuid', 'email', 'date', 'url', 'time', 'blob'), 'string'),
           'int': 'number', 'number': 'number', 'bool': 'boolean', 'json': 'unknown', 'file': 'Blob'}

HEAD = '''// Made by tools/apigen from the .api files; do not edit.
/* eslint-disable */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: ApiIssue[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export interface ApiIssue {
  code: string;
  path: (string | number)[];
  message: string;
}

let basePath = '/api';

/** Where the server's API is, '/api' unless set; without a slash at its end. */
export function setBasePath(path: string): void {
  basePath = path.replace(/\\/+$/, '');
}

type Query = Record<string, unknown>;

/** The address of an operation, for links, images and downloads. */
export function url(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const each of Array.isArray(value) ? value : [value]) params.append(name, String(each));
  }
  const text = params.toString();
  return basePath + path + (text ? '?' + text : '');
}

/** A form of the fields that are set; objects go as JSON text. */
export function toForm(body: object): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined || value === null) continue;
    if (value instanceof File) form.append(name, value, value.name);
    else if (value instanceof Blob) form.append(name, value);
    else form.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return form;
}

/** Ask, and throw an ApiError unless the answer is a success. */
export async function requestRaw(
  method: string,
  address: string,
  body?: unknown,
  options: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(options.headers);
  const init: RequestInit = { credentials: 'same-origin', ...options, method, headers };
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(body);
  }
  const response = await fetch(address, init);
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(response.status, problem.message ?? response.statusText, problem.errors);
  }
  return response;
}

/** The same, and read the JSON of the answer; undefined when it has no body. */
export async function request<T>(
  method: string,
  address: string,
  body?: unknown,
  options?: RequestInit,
): Promise<T> {
  const response = await requestRaw(method, address, body, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
'''


def type_text(use):
    if use.is_map:
        out = 'Record<string, unknown>'
    elif use.rules.one_of:
        out = ' | '.join(use.rules.one_of)
    else:
        out = SCALARS.get(use.name, use.name)
    if use.item_list:
        out += '[]'
    if use.item_nullable:
        out += ' | null'
    if use.is_list:
        out = f'({out})[]' if '|' in out else f'{out}[]'
    return out + (' | null' if use.nullable else '')


def property_name(name):
    return name if name.isidentifier() else json.dumps(name)


def properties(fields):
    return [f'  {property_name(each.name)}{"?" if each.optional else ""}: {type_text(each.use)};'
            for each in fields]


def enum_text(each):
    """The values as well as the type: a form offers them. What nobody uses is not in the app."""
    values = [value if each.is_int else json.dumps(value).replace('"', "'") for value in each.values]
    name = each.name[0].lower() + each.name[1:] + 'Values'
    line = f'export const {name} = [{", ".join(values)}] as const;'
    if len(line) > 100:
        line = f'export const {name} = [\n' + '\n'.join(f'  {value},' for value in values) + '\n] as const;'
    return f'{line}\nexport type {each.name} = (typeof {name})[number];'


def arguments(operation):
    """@return the members of args"""
    out = [f'{property_name(each.name)}{"?" if each.optional else ""}: {type_text(each.use)}'
           for each in operation.path_fields + operation.query_fields]
    if operation.takes_link:
        out += ['key?: string', 'slug?: string']
    return out


def address(operation):
    path = operation.path
    for each in operation.path_fields:
        path = path.replace('{' + each.name + '}', '${encodeURIComponent(args.' + each.name + ')}')
    path = f'`{path}`' if operation.path_fields else f"'{path}'"
    query = [each.name for each in operation.query_fields]
    if operation.takes_link:
        query += ['key', 'slug']
    if query:
        path += ', { ' + ', '.join(f'{property_name(name)}: args.{name}' for name in query) + ' }'
    return f'url({path})'


def args_text(members, may_be_empty):
    if not members:
        return ''
    default = ' = {}' if may_be_empty else ''
    return 'args: { ' + '; '.join(members) + ' }' + default


def function(operation):
    members = arguments(operation)
    out = []
    may_be_empty = all('?:' in each for each in members)
    if operation.answer_kind in ('file', 'stream') and operation.method == 'GET':
        args = args_text(members, may_be_empty)
        out += [f'export function {operation.id}Url({args}): string {{',
                f'  return {address(operation)};', '}', '']
    body = 'undefined'
    if operation.body:
        members = members + [f'body{"?" if operation.body_optional else ""}: {operation.body.name}']
        body = 'toForm(args.body)' if operation.body_kind == 'multipart' else 'args.body'
        may_be_empty = may_be_empty and operation.body_optional
    args = args_text(members, may_be_empty)
    args = args + ', ' if args else ''
    if operation.answer_kind == 'json':
        result, call = type_text(operation.answer), 'request'
    elif operation.answer_kind == 'nothing':
        result, call = 'void', 'request'
    else:
        result, call = 'Response', 'requestRaw'
    note = ['/** @deprecated kept for older clients */'] if operation.until or operation.alias else []
    out += note + [f'export function {operation.id}({args}options?: RequestInit): Promise<{result}> {{',
                   f"  return {call}('{operation.method}', {address(operation)}, {body}, options);", '}', '']
    return out


def render(model):
    out = [HEAD]
    for feature in model.features:
        things = feature.enums + [each for each in feature.types if each.kind != 'row']
        if not things and not feature.operations:
            continue
        out += [f'// ---- {feature.name} ----', '']
        for each in feature.enums:
            out += [enum_text(each), '']
        for each in feature.types:
            if each.kind == 'row':
                continue
            if each.fields:
                out += [f'export interface {each.name} {{', *properties(each.fields), '}', '']
            else:
                out += [f'export type {each.name} = Record<string, never>;', '']
        for each in feature.operations:
            out += function(each)
    return '\n'.join(out)
