"""Writes the C of each feature, NAME_api.h and NAME_api.c, and the table of them all.

The headers hold structs, enums, request structs and a struct of handlers; the .c files hold the
descriptors by which the engine (src/api) parses, checks and writes, and the operations."""
import json

from model import SCALARS, Enum
from names import pascal, snake, upper

STRINGS = ('string', 'uuid', 'email', 'date', 'url')
KINDS = {**{name: 'STRING' for name in STRINGS}, 'int': 'INT', 'number': 'NUMBER', 'bool': 'BOOL',
         'time': 'TIME', 'json': 'JSON', 'blob': 'BLOB', 'file': 'FILE'}
C_TYPES = {'STRING': 'const char *', 'INT': 'gint64 ', 'NUMBER': 'double ', 'BOOL': 'gboolean ',
           'TIME': 'gint64 ', 'ENUM': 'int ', 'JSON': 'const char *', 'BLOB': 'GBytes *',
           'FILE': 'ApiFile *'}
LISTS = {'STRING': 'StringList', 'INT': 'IntList', 'NUMBER': 'NumberList', 'BOOL': 'BoolList',
         'TIME': 'IntList', 'ENUM': 'EnumList'}
FORMATS = {'uuid': 'UUID', 'email': 'EMAIL', 'date': 'DATE', 'url': 'URL'}
POINTERS = ('STRING', 'JSON', 'BLOB', 'FILE', 'OBJECT')


def text(value):
    """A C string literal."""
    return json.dumps(value, ensure_ascii=True).replace('\\u', '\\\\u') if value is not None else 'NULL'


def is_int_enum(use):
    return isinstance(use.target, Enum) and use.target.is_int


def kind(use):
    if use.name in SCALARS:
        return KINDS[use.name]
    if isinstance(use.target, Enum):
        return 'INT' if use.target.is_int else 'ENUM'
    return 'OBJECT'


def list_type(use):
    return use.name + 'List' if kind(use) == 'OBJECT' else LISTS[kind(use)]


def c_type(use):
    """What stands before the member's name, with the space."""
    if use.is_list:
        return list_type(use) + ' '
    return f'const {use.name} *' if kind(use) == 'OBJECT' else C_TYPES[kind(use)]


def presence(each):
    """@return whether has_x and set_x stand beside the member"""
    pointer = kind(each.use) in POINTERS and not each.use.is_list
    has = (each.optional or each.use.nullable) and each.default is None and not pointer
    return has, each.optional and each.use.nullable


def members(fields):
    out = []
    for each in fields:
        has, is_set = presence(each)
        out.append(f'    {c_type(each.use)}{each.column};')
        if has:
            out.append(f'    gboolean has_{each.column};')
        if is_set:
            out.append(f'    gboolean set_{each.column};')
    return out


# ---- descriptors ----

def rules_of(each):
    """The initialisers of a FieldRules that differ from 'no rule'; empty: none needed."""
    use, rules = each.use, each.use.rules
    out = []
    if use.name in FORMATS:
        out.append(f'.format = FORMAT_{FORMATS[use.name]}')
    if rules.pattern is not None:
        out.append(f'.format = FORMAT_PATTERN, .pattern = {text(rules.pattern)}')
    if rules.clock:
        out.append('.pattern = API_RULE_CLOCK')
    if rules.offset:
        out.append('.pattern = API_RULE_OFFSET')
    if rules.minimum is not None:
        out.append(f'.has_min = TRUE, .min = {rules.minimum}')
    if rules.maximum is not None:
        out.append(f'.has_max = TRUE, .max = {rules.maximum}')
    lengths = [rules.min_length, rules.max_length, rules.min_items, rules.max_items]
    if rules.unique:
        out.append('.unique_items = TRUE')
    if each.default is not None:
        out.append(f'.default_text = {text(each.default)}')
    if out or any(length is not None for length in lengths):
        for name, value in zip(('min_length', 'max_length', 'min_items', 'max_items'), lengths):
            out.append(f'.{name} = {-1 if value is None else value}')
    return out


def flags_of(each):
    flags = []
    if each.optional:
        flags.append('FIELD_OPTIONAL')
    if each.use.nullable:
        flags.append('FIELD_NULLABLE')
    if each.use.is_list:
        flags.append('FIELD_LIST')
    if each.use.is_map:
        flags.append('FIELD_MAP')
    if each.default is not None:
        flags.append('FIELD_DEFAULT')
    return ' | '.join(flags) or '0'


def target_of(use):
    out = []
    if kind(use) == 'OBJECT':
        out.append(f'.type = &{snake(use.name)}_type')
    elif isinstance(use.target, Enum):
        out.append(f'.enumeration = &{snake(use.name)}_enum')
    return out


def field_descriptor(struct, each, rules_name):
    has, is_set = presence(each)
    parts = [f'.name = {text(each.name)}', f'.column = {text(each.column)}',
             f'.kind = FIELD_{kind(each.use)}', f'.flags = {flags_of(each)}',
             f'.offset = offsetof ({struct}, {each.column})',
             f'.has_offset = {f"offsetof ({struct}, has_{each.column})" if has else "NO_OFFSET"}',
             f'.set_offset = {f"offsetof ({struct}, set_{each.column})" if is_set else "NO_OFFSET"}']
    parts += target_of(each.use)
    if rules_name:
        parts.append(f'.rules = &{rules_name}')
    return '    { ' + ', '.join(parts) + ' },'


def descriptor(name, struct, fields, public_name, is_static):
    """The FieldDescriptors and the TypeDescriptor called @name."""
    out, rows = [], []
    for each in fields:
        rules = rules_of(each)
        rules_name = f'{name}_{each.column}_rules' if rules else None
        if rules:
            out.append(f'static const FieldRules {rules_name} = {{ {", ".join(rules)} }};')
        rows.append(field_descriptor(struct, each, rules_name))
    if rows:
        out += [f'static const FieldDescriptor {name}_fields[] = {{', *rows, '};']
    fields_text = f'{name}_fields' if rows else 'NULL'
    static = 'static ' if is_static else ''
    out.append(f'{static}const TypeDescriptor {name} = {{ {text(public_name)}, sizeof ({struct}), '
               f'{fields_text}, {len(rows)} }};')
    return out


# ---- header ----

def needs_common(feature):
    uses = [each.use for thing in feature.types for each in thing.fields]
    for operation in feature.operations:
        uses += [each.use for each in operation.path_fields + operation.query_fields]
        uses += [use for use in (operation.body, operation.answer) if use]
    return any(getattr(use.target, 'feature', feature.name) != feature.name for use in uses)


def request_struct(operation):
    lines = members(operation.path_fields) + members(operation.query_fields)
    if operation.body:
        lines.append(f'    const {operation.body.name} *body;'
                     + (' /* NULL: none was sent */' if operation.body_optional else ''))
    return ['typedef struct {', *(lines or ['    int nothing;']), f'}} {operation.request};']


def handler_member(operation):
    out = ''
    if operation.has_out:
        use = operation.answer
        out = f', {list_type(use) if use.is_list else use.name} *out'
    return f'    ApiStatus (*{operation.function}) (ApiCall *call, const {operation.request} *in{out});'


def header(feature, folder):
    stem = feature.stem
    out = [f'/* {stem}_api.h -- made by tools/apigen from {feature.name}/{stem}.api; do not edit */',
           '#pragma once', '#include "api/operation.h"']
    if needs_common(feature):
        out.append(f'#include "{folder}/common_api.h"')
    for each in feature.enums:
        if not each.is_int:
            out += ['', 'typedef enum {',
                    *[f'    {upper(each.name)}_{upper(value)},' for value in each.values],
                    f'}} {each.name};']
        out.append(f'extern const EnumDescriptor {snake(each.name)}_enum;')
    structs = [each for each in feature.types if each.kind != 'shape']
    if structs:
        out.append('')
    for each in structs:
        out += [f'typedef struct _{each.name} {each.name};',
                f'typedef struct {{ {each.name} *items; gsize n; }} {each.name}List;']
    for each in structs:
        out += ['', f'struct _{each.name} {{', *(members(each.fields) or ['    int nothing;']), '};',
                f'extern const TypeDescriptor {snake(each.name)}_type;']
    if not feature.operations:
        return out + ['']
    for each in feature.operations:
        out.append('')
        if each.alias:
            other = next(o for o in feature.operations if o.id == each.alias)
            out.append(f'typedef {other.request} {each.request}; /* {each.method} {each.path} */')
        else:
            out += [f'/* {each.method} {each.path} */', *request_struct(each)]
    # An alias may stand before what it is an alias of.
    out += ['', f'typedef struct {{ /* a member left NULL answers 501 */',
            *[handler_member(each) for each in feature.operations],
            f'}} {pascal(feature.name)}Handlers;', '',
            f'void api_serve_{stem} (Api *api, const {pascal(feature.name)}Handlers *handlers);',
            f'extern const ApiOperation {stem}_operations[{len(feature.operations)}];', '']
    return out


# ---- source ----

def thunk(operation, handlers):
    """Calls the member with its own types."""
    out_type = None
    if operation.has_out:
        out_type = list_type(operation.answer) if operation.answer.is_list else operation.answer.name
    pass_out = ', out' if out_type else ''
    return ['static ApiStatus',
            f'run_{operation.function} (ApiCall *call, const void *handlers, const void *in, void *out)',
            '{', f'    return ((const {handlers} *) handlers)->{operation.function} (call, in{pass_out});',
            '}', '']


def answers_itself(operation):
    return operation.answer_kind != 'nothing' and not operation.has_out


def operation_row(operation, handlers):
    flags = [flag for flag, on in (('API_PUBLIC', operation.is_public), ('API_ADMIN', operation.is_admin),
                                   ('API_ANY_KEY', operation.any_key),
                                   ('API_TAKES_LINK', operation.takes_link),
                                   ('API_QUICK', operation.quick),
                                   ('API_BODY_OPTIONAL', operation.body_optional),
                                   ('API_OWN_ANSWER', answers_itself(operation))) if on]
    struct = operation.request
    parts = [f'.id = {text(operation.id)}', f'.method = HTTP_{operation.method}',
             f'.path = {text(operation.path)}', f'.status = {operation.status}']
    if operation.permission:
        parts.append(f'.permission = {text(operation.permission)}')
    if flags:
        parts.append(f'.flags = {" | ".join(flags)}')
    parts.append(f'.request_bytes = sizeof ({struct})')
    if operation.path_fields:
        parts.append(f'.path_type = &{operation.function}_path')
    if operation.query_fields:
        parts.append(f'.query_type = &{operation.function}_query')
    if operation.body:
        body_kind = 'MULTIPART' if operation.body_kind == 'multipart' else 'JSON'
        parts += [f'.body_kind = API_BODY_{body_kind}',
                  f'.body_type = &{snake(operation.body.name)}_type',
                  f'.body_offset = offsetof ({struct}, body)']
    if operation.has_out:
        use = operation.answer
        out_type = list_type(use) if use.is_list else use.name
        parts += [f'.answer = &{operation.function}_answer', f'.answer_bytes = sizeof ({out_type})']
    parts += [f'.handler_offset = offsetof ({handlers}, {operation.function})',
              f'.run = run_{operation.function}']
    return '    { ' + ',\n      '.join(parts) + ' },'


def answer_descriptor(operation):
    use = operation.answer
    parts = ['.name = ""', f'.kind = FIELD_{kind(use)}', f'.flags = {"FIELD_LIST" if use.is_list else 0}',
             '.has_offset = NO_OFFSET', '.set_offset = NO_OFFSET'] + target_of(use)
    return [f'static const FieldDescriptor {operation.function}_answer = {{ {", ".join(parts)} }};']


def source(feature, folder):
    stem, handlers = feature.stem, pascal(feature.name) + 'Handlers'
    out = [f'/* {stem}_api.c -- made by tools/apigen from {feature.name}/{stem}.api; do not edit */',
           f'#include "{folder}/{stem}_api.h"', '', '#include <stddef.h>', '']
    for each in feature.enums:
        name = snake(each.name)
        out += [f'static const char *const {name}_texts[] = {{ '
                + ', '.join(text(value) for value in each.values) + ' };',
                f'const EnumDescriptor {name}_enum = {{ {text(each.name)}, {name}_texts, '
                f'{len(each.values)} }};', '']
    for each in feature.types:
        if each.kind != 'shape':
            out += descriptor(snake(each.name) + '_type', each.name, each.fields, each.name, False) + ['']
    for each in feature.operations:
        if each.path_fields:
            out += descriptor(each.function + '_path', each.request, each.path_fields, each.id, True)
        if each.query_fields:
            out += descriptor(each.function + '_query', each.request, each.query_fields, each.id, True)
        if each.has_out:
            out += answer_descriptor(each)
        out += thunk(each, handlers)
    if feature.operations:
        out += [f'const ApiOperation {stem}_operations[] = {{',
                *[operation_row(each, handlers) for each in feature.operations], '};', '',
                'void', f'api_serve_{stem} (Api *api, const {handlers} *handlers)', '{',
                f'    api_serve (api, {stem}_operations, G_N_ELEMENTS ({stem}_operations), handlers);',
                '}', '']
    return out


def contract(model, openapi_text, folder):
    """The table of every feature, and the OpenAPI document."""
    features = [each for each in model.features if each.operations]
    out = ['/* api_contract.c -- made by tools/apigen; do not edit */', f'#include "{folder}/api_contract.h"', '']
    out += [f'#include "{folder}/{each.stem}_api.h"' for each in features]
    out += ['', 'static const ApiOperations features[] = {',
            *[f'    {{ {each.stem}_operations, {len(each.operations)} }},' for each in features], '};', '',
            'static const char openapi_json[] =']
    out += ['    ' + text(openapi_text[at:at + 90]) for at in range(0, len(openapi_text), 90)]
    out[-1] += ';'
    out += ['', 'const ApiContract api_contract = { features, G_N_ELEMENTS (features), openapi_json };', '']
    return out


CONTRACT_HEADER = '''/* api_contract.h -- made by tools/apigen; do not edit */
#pragma once
#include "api/operation.h"

/** Every operation of every feature; for ApiSettings. */
extern const ApiContract api_contract;
'''


def files(model, openapi_text, folder='features'):
    """@param folder  what the headers are included from
    @return file name -> contents"""
    out = {'api_contract.h': CONTRACT_HEADER,
           'api_contract.c': '\n'.join(contract(model, openapi_text, folder))}
    for feature in model.features:
        # What an alias stands for must be declared first.
        feature.operations.sort(key=lambda each: each.alias is not None)
        out[f'{feature.stem}_api.h'] = '\n'.join(header(feature, folder))
        out[f'{feature.stem}_api.c'] = '\n'.join(source(feature, folder))
    return out
