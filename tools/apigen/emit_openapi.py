"""Writes the OpenAPI 3.0 document that is served at /api/openapi.json, with the contract's own names."""
import json

from model import Enum

FORMATS = {'uuid': 'uuid', 'email': 'email', 'date': 'date', 'url': 'uri', 'time': 'date-time',
           'file': 'binary', 'blob': 'byte'}


def scalar(name):
    if name == 'int':
        return {'type': 'integer'}
    if name == 'number':
        return {'type': 'number', 'format': 'double'}
    if name == 'bool':
        return {'type': 'boolean'}
    if name == 'json':
        return {}
    return {'type': 'string', **({'format': FORMATS[name]} if name in FORMATS else {})}


class Document:
    def __init__(self, model, version):
        self.model = model
        self.version = version

    def named(self, name):
        target = self.model.names[name]
        if target.public_name is None:
            return self.object(target.fields)
        return {'$ref': f'#/components/schemas/{target.public_name}'}

    def bare(self, use):
        """One item, without list and null."""
        if use.is_map:
            return {'type': 'object', 'additionalProperties': {}}
        if use.rules.one_of:
            return {'oneOf': [self.named(name) for name in use.rules.one_of]}
        if use.target is not None:
            named = self.named(use.name)
            return {'allOf': [named], 'x-form': 'offset'} if use.rules.offset else named
        out, rules = scalar(use.name), use.rules
        for name, value in (('pattern', rules.pattern), ('minimum', rules.minimum),
                            ('maximum', rules.maximum), ('minLength', rules.min_length),
                            ('maxLength', rules.max_length),
                            ('x-form', 'offset' if rules.offset else None)):
            if value is not None:
                out[name] = value
        return out

    def nullable(self, schema):
        if '$ref' in schema:
            return {'allOf': [schema], 'nullable': True}
        return {**schema, 'nullable': True}

    def use(self, use):
        out = self.bare(use)
        if use.item_list:
            out = {'type': 'array', 'items': out}
        if use.item_nullable:
            out = self.nullable(out)
        if use.is_list:
            out = {'type': 'array', 'items': out}
            for name, value in (('minItems', use.rules.min_items), ('maxItems', use.rules.max_items),
                                ('uniqueItems', use.rules.unique or None)):
                if value is not None:
                    out[name] = value
        return self.nullable(out) if use.nullable else out

    def field(self, each):
        out = self.use(each.use)
        extra = {}
        if each.default is not None:
            extra['default'] = json.loads(each.default)
        if each.until:
            extra['deprecated'] = True
        if extra and '$ref' in out:
            out = {'allOf': [out]}
        return {**out, **extra}

    def object(self, fields):
        out = {'type': 'object', 'properties': {each.name: self.field(each) for each in fields}}
        required = [each.name for each in fields if not each.optional]
        if required:
            out['required'] = required
        return out

    def parameters(self, operation):
        out = [{'name': each.name, 'in': 'path', 'required': True, 'schema': self.use(each.use)}
               for each in operation.path_fields]
        for each in operation.query_fields:
            out.append({'name': each.name, 'in': 'query', 'required': not each.optional,
                        **({'deprecated': True} if each.until else {}), 'schema': self.field(each)})
        if operation.takes_link:
            out += [{'name': name, 'in': 'query', 'required': False, 'schema': {'type': 'string'}}
                    for name in ('key', 'slug')]
        return out + [{'name': name, 'in': 'header', 'required': False, 'schema': {'type': 'string'}}
                      for name in operation.headers]

    def answer(self, operation):
        if operation.answer_kind == 'file':
            return {'application/octet-stream': {'schema': {'type': 'string', 'format': 'binary'}}}
        if operation.answer_kind == 'stream':
            return {'application/octet-stream': {'schema': {'type': 'string', 'format': 'binary'}}}
        if operation.answer_kind == 'json':
            return {'application/json': {'schema': self.use(operation.answer)}}
        return None

    def operation(self, operation):
        out = {'operationId': operation.id, 'tags': [operation.feature]}
        parameters = self.parameters(operation)
        if parameters:
            out['parameters'] = parameters
        if operation.body:
            schema = {'schema': self.use(operation.body)}
            types = {'json': ['application/json'], 'multipart': ['multipart/form-data'],
                     'json-or-form': ['application/json', 'application/x-www-form-urlencoded']}
            out['requestBody'] = {'required': not operation.body_optional,
                                  'content': {each: schema for each in types[operation.body_kind]}}
        content = self.answer(operation)
        out['responses'] = {str(status): {'description': '', **({'content': content} if content else {})}
                            for status in [operation.status, *operation.also]}
        if not operation.is_public:
            out['security'] = [{'bearer': []}, {'cookie': []}, {'api_key': []}]
        if operation.permission:
            out['x-immich-permission'] = operation.permission
        if operation.is_admin:
            out['x-immich-admin-only'] = True
        if operation.until or operation.alias or operation.formerly:
            out['deprecated'] = True
        return out

    def render(self):
        paths, schemas = {}, {}
        for operation in self.model.operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = self.operation(operation)
        for name in sorted(self.model.names):
            target = self.model.names[name]
            if isinstance(target, Enum):
                values = [int(value) for value in target.values] if target.is_int else target.values
                schemas[target.public_name] = {'type': 'integer' if target.is_int else 'string',
                                               'enum': values}
            elif target.kind != 'row' and target.public_name is not None:
                schemas[target.public_name] = self.object(target.fields)
        return {'openapi': '3.0.3',
                'info': {'title': 'Tintype', 'description': 'The Immich API, served by Tintype',
                         'version': self.version},
                'servers': [{'url': '/api'}],
                'paths': dict(sorted(paths.items())),
                'components': {
                    'schemas': schemas,
                    'securitySchemes': {
                        'bearer': {'type': 'http', 'scheme': 'bearer'},
                        'cookie': {'type': 'apiKey', 'in': 'cookie', 'name': 'immich_access_token'},
                        'api_key': {'type': 'apiKey', 'in': 'header', 'name': 'x-api-key'}}}}


def render(model, version='3.2.2'):
    return json.dumps(Document(model, version).render(), separators=(',', ':'), ensure_ascii=False)
