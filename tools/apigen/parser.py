"""Reads .api files (docs/contract-language.md) into a Model."""
import os
import re

import lexer
from lexer import ApiError
from model import Enum, Feature, Field, Model, Operation, Rules, Type, TypeUse

PARAMETER = re.compile(r'\{([^}]*)\}')
ITEM_WORDS = ('type', 'row', 'shape', 'enum') + lexer.METHODS


class Parser:
    def __init__(self, file_name, text, feature):
        self.file_name = file_name
        self.tokens = lexer.split(file_name, text)
        self.at = 0
        self.feature = feature

    # ---- tokens ----

    @property
    def token(self):
        return self.tokens[self.at]

    def where(self):
        return f'{self.file_name}:{self.token.line}'

    def fail(self, wanted):
        raise ApiError(f'{self.where()}: expected {wanted}, found {self.token.text or "the end"!r}')

    def take(self, kind, wanted=None):
        if self.token.kind != kind or (wanted is not None and self.token.text != wanted):
            self.fail(repr(wanted) if wanted else f'a {kind}')
        self.at += 1
        return self.tokens[self.at - 1].text

    def take_if(self, text, kind='sign'):
        if self.token.kind == kind and self.token.text == text:
            self.at += 1
            return True
        return False

    # ---- types ----

    def bound(self):
        if self.token.kind != 'number':
            return None
        text = self.take('number')
        return float(text) if '.' in text else int(text)

    def range(self):
        low = self.bound()
        self.take('sign', '..')
        return low, self.bound()

    def pattern(self):
        text = self.take('string')
        try:
            re.compile(text)
        except re.error as error:
            raise ApiError(f'{self.where()}: the pattern {text} is wrong: {error}') from error
        return text

    def rules(self, rules):
        """What stands between parentheses after a type."""
        while not self.take_if(')'):
            if self.take_if('length', 'word'):
                rules.min_length, rules.max_length = self.range()
            elif self.take_if('items', 'word'):
                rules.min_items, rules.max_items = self.range()
            elif self.take_if('pattern', 'word'):
                rules.pattern = self.pattern()
            elif self.take_if('unique', 'word'):
                rules.unique = True
            elif self.take_if('clock', 'word'):
                rules.clock = True
            elif self.take_if('offset', 'word'):
                rules.offset = True
            elif self.take_if('one', 'word'):
                self.take('word', 'of')
                while self.token.kind == 'word':
                    rules.one_of.append(self.take('word'))
            elif self.token.kind == 'number' or self.token.text == '..':
                rules.minimum, rules.maximum = self.range()
            else:
                self.fail('a rule: a range, length, items, pattern, unique, clock, offset or one of')
            if self.token.text != ')':
                self.take('sign', ',')

    def type_use(self):
        use = TypeUse('')
        if self.take_if('('):
            inner = self.type_use()
            self.take('sign', ')')
            self.take('sign', '[]')
            use = TypeUse(inner.name, is_list=True, item_nullable=inner.nullable,
                          item_list=inner.is_list, rules=inner.rules)
        elif self.take_if('{'):
            use.name = self.take('word', 'json')
            self.take('sign', '}')
            use.is_map = True
        else:
            use.name = self.take('word')
        while True:
            if self.token.text == '(' and self.token.kind == 'sign':
                self.take('sign')
                self.rules(use.rules)
            elif self.token.text == '[]':
                if use.is_list:
                    self.fail('something other than a list of lists')
                self.take('sign')
                use.is_list = True
            else:
                break
        if self.take_if('|'):
            self.take('word', 'null')
            use.nullable = True
        return use

    def default(self):
        if self.token.kind == 'number':
            return self.take('number')
        if self.token.kind == 'string':
            return '"' + self.take('string').replace('\\', '\\\\').replace('"', '\\"') + '"'
        if self.take_if('[]'):
            return '[]'
        word = self.take('word')
        return word if word in ('true', 'false') else f'"{word}"'

    def field(self):
        line = self.token.line
        name = self.take('word')
        optional = self.take_if('?')
        self.take('sign', ':')
        each = Field(name, self.type_use(), optional=optional, line=line)
        if self.take_if('='):
            if not optional:
                self.fail(f'a ? after {name}, which has a default')
            each.default = self.default()
        if self.token.text == 'until' and self.tokens[self.at + 1].kind in ('word', 'number'):
            self.take('word')
            each.until = self.version()
        return each

    def fields(self):
        out = []
        self.take('sign', '{')
        while not self.take_if('}'):
            out.append(self.field())
            if out[-1].name in [each.name for each in out[:-1]]:
                self.fail(f'another name than {out[-1].name}, which stands twice')
        return out

    def version(self):
        return self.take('number') if self.token.kind == 'number' else self.take('word')

    # ---- items ----

    def public_name(self, name, default):
        if not self.take_if('as', 'word'):
            return default
        as_what = self.take('word')
        return {'is': name, 'inline': None}.get(as_what, as_what)

    def type(self, kind):
        where = self.where()
        name = self.take('word')
        public = self.public_name(name, name + 'Dto')
        self.feature.types.append(Type(kind, name, public, self.fields(), self.feature.name, where))

    def enum(self):
        where = self.where()
        name = self.take('word')
        each = Enum(name, self.public_name(name, name), [], feature=self.feature.name, where=where)
        if self.take_if(':'):
            self.take('word', 'int')
            each.is_int = True
        self.take('sign', '{')
        while not self.take_if('}'):
            if self.token.kind not in ('word', 'string', 'number'):
                self.fail('a value of the enum')
            each.values.append(self.take(self.token.kind))
        if len(set(each.values)) != len(each.values) or not each.values:
            raise ApiError(f'{where}: the values of {name} must be different, and at least one')
        self.feature.enums.append(each)

    def path(self, operation):
        text = self.take('path')

        def parameter(match):
            inner = Parser(self.file_name, match[1], self.feature)
            inner.tokens = [lexer.Token(t.kind, t.text, self.tokens[self.at - 1].line)
                            for t in inner.tokens]
            operation.path_fields.append(inner.field())
            return '{' + operation.path_fields[-1].name + '}'

        operation.path = PARAMETER.sub(parameter, text)

    def answer(self, operation):
        self.take('sign', '->')
        if self.token.kind == 'number':
            operation.status = int(self.take('number'))
        if self.token.kind != 'word' or self.token.text in CLAUSES or self.token.text in ITEM_WORDS:
            return
        if self.token.text in ('file', 'stream'):
            operation.answer_kind = self.take('word')
            return
        operation.answer_kind = 'json'
        operation.answer = self.type_use()

    def permission(self, operation):
        while True:
            word = self.take('word')
            if word == 'public':
                operation.is_public = True
            elif word == 'admin':
                operation.is_admin = True
            elif word == 'any':
                operation.any_key = True
            elif word == 'shared-link':
                operation.takes_link = True
            elif word != 'none':
                operation.permission = word
            if not self.take_if(','):
                return

    def body(self, operation):
        operation.body_kind = 'json'
        if self.token.text in ('multipart', 'json-or-form'):
            operation.body_kind = self.take('word')
        operation.body_optional = self.take_if('optional', 'word')
        operation.body = self.type_use()

    def operation(self, method):
        each = Operation(method, '', [], feature=self.feature.name, where=self.where())
        self.path(each)
        self.answer(each)
        while self.token.text in CLAUSES:
            clause = self.take('word')
            if clause == 'operation':
                each.id = self.take('word')
            elif clause == 'permission':
                self.permission(each)
            elif clause == 'query':
                each.query_fields = self.fields()
            elif clause == 'body':
                self.body(each)
            elif clause == 'header':
                each.headers.append(self.take('word'))
            elif clause == 'also':
                each.also.append(int(self.take('number')))
            elif clause == 'quick':
                each.quick = True
            elif clause == 'alias':
                each.alias = self.take('word')
            elif clause == 'formerly':
                each.formerly.append(self.take('word'))
            elif clause == 'since':
                each.since = self.version()
            elif clause == 'until':
                each.until = self.version()
        self.feature.operations.append(each)

    def file(self):
        while self.token.kind != 'end':
            word = self.take('word')
            if word in ('type', 'row', 'shape'):
                self.type(word)
            elif word == 'enum':
                self.enum()
            elif word in lexer.METHODS:
                self.operation(word)
            else:
                self.at -= 1
                self.fail('type, row, shape, enum or a method')


CLAUSES = ('operation', 'permission', 'query', 'body', 'header', 'also', 'quick', 'alias', 'formerly',
           'since', 'until')


def parse_text(text, feature_name='test', file_name='test.api'):
    feature = Feature(feature_name, os.path.splitext(os.path.basename(file_name))[0])
    Parser(file_name, text, feature).file()
    return feature


def parse_files(paths):
    """@return the Model of all files; a file's folder is its feature"""
    features = []
    for path in sorted(paths):
        with open(path, encoding='utf-8') as file:
            folder = os.path.basename(os.path.dirname(os.path.abspath(path)))
            features.append(parse_text(file.read(), folder, path))
    return Model(features)
