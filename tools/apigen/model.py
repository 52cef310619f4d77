"""What the .api files say, as objects, and the checks that look across files."""
from dataclasses import dataclass, field
from typing import Optional

from lexer import ApiError
from names import pascal, snake

SCALARS = ('string', 'uuid', 'email', 'date', 'url', 'int', 'number', 'bool', 'time', 'json', 'blob',
           'file')


@dataclass
class Rules:
    pattern: Optional[str] = None
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    min_length: Optional[int] = None
    max_length: Optional[int] = None
    min_items: Optional[int] = None
    max_items: Optional[int] = None
    unique: bool = False
    clock: bool = False  # of int: a text field may also be H:MM:SS.fff, read as milliseconds
    offset: bool = False  # of time: written as +00:00, without a fraction that is zero
    one_of: list = field(default_factory=list)  # of json: the types it may be


@dataclass
class TypeUse:
    """The type of a field: a scalar, a named type or enum, or a list of one."""
    name: str
    is_list: bool = False
    is_map: bool = False  # {json}: an object with free keys, kept as text
    nullable: bool = False
    item_nullable: bool = False  # only in shapes: (string | null)[]
    item_list: bool = False  # only in shapes: (string[] | null)[]
    rules: Rules = field(default_factory=Rules)
    target: object = None  # the Type or Enum that name stands for


@dataclass
class Field:
    name: str
    use: TypeUse
    optional: bool = False
    default: Optional[str] = None  # JSON text
    until: Optional[str] = None
    line: int = 0

    @property
    def column(self):
        return snake(self.name)


@dataclass
class Enum:
    name: str
    public_name: str
    values: list
    is_int: bool = False
    feature: str = ''
    where: str = ''


@dataclass
class Type:
    kind: str  # type row shape
    name: str
    public_name: Optional[str]  # None: written out where it is used
    fields: list
    feature: str = ''
    where: str = ''


@dataclass
class Operation:
    method: str
    path: str  # without /api, parameters as {name}
    path_fields: list
    id: str = ''
    query_fields: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    body: Optional[TypeUse] = None
    body_kind: str = ''  # json, multipart, json-or-form
    body_optional: bool = False
    answer: Optional[TypeUse] = None
    answer_kind: str = 'nothing'  # nothing json file stream
    status: int = 200
    also: list = field(default_factory=list)
    permission: Optional[str] = None
    is_public: bool = False
    is_admin: bool = False
    any_key: bool = False
    takes_link: bool = False
    quick: bool = False
    alias: Optional[str] = None
    formerly: list = field(default_factory=list)
    since: Optional[str] = None
    until: Optional[str] = None
    feature: str = ''
    where: str = ''

    @property
    def function(self):
        return snake(self.id)

    @property
    def request(self):
        return pascal(self.id) + 'Request'

    @property
    def has_out(self):
        """Does the handler fill a struct? Shapes are written by hand."""
        return self.answer_kind == 'json' and getattr(self.answer.target, 'kind', '') != 'shape'


@dataclass
class Feature:
    name: str  # of its folder: shared-links
    stem: str  # of its files: shared_links
    types: list = field(default_factory=list)
    enums: list = field(default_factory=list)
    operations: list = field(default_factory=list)


class Model:
    def __init__(self, features):
        self.features = features
        self.names = {}
        for feature in features:
            for thing in feature.enums + feature.types:
                if thing.name in self.names:
                    raise ApiError(f'{thing.where}: {thing.name} stands already at '
                                   f'{self.names[thing.name].where}')
                if thing.name in SCALARS:
                    raise ApiError(f'{thing.where}: {thing.name} is the name of a scalar')
                self.names[thing.name] = thing
        for feature in features:
            for thing in feature.types:
                for each in thing.fields:
                    self._resolve(each.use, thing.where, feature)
                    self._check_field(each, thing.where, thing.kind)
            for operation in feature.operations:
                self._check_operation(operation, feature)
        self._check_routes()

    @property
    def operations(self):
        return [operation for feature in self.features for operation in feature.operations]

    def operation(self, name):
        return next((o for o in self.operations if o.id == name), None)

    def _resolve(self, use, where, feature):
        for name in [use.name, *use.rules.one_of]:
            if name in SCALARS:
                continue
            target = self.names.get(name)
            if target is None:
                raise ApiError(f'{where}: no type, row, shape or enum is called {name}')
            if target.feature not in (feature.name, 'common'):
                raise ApiError(f'{where}: {name} belongs to {target.feature}; what several features '
                               'use stands in common.api')
            if name == use.name:
                use.target = target

    def _check_field(self, each, where, kind):
        use = each.use
        if (use.item_nullable or use.item_list) and kind != 'shape':
            raise ApiError(f'{where}: {each.name}: only a shape may have a list of nulls or of lists')
        if getattr(use.target, 'kind', '') == 'shape' and kind != 'shape':
            raise ApiError(f'{where}: {each.name}: only a shape may hold a shape')
        if getattr(use.target, 'kind', '') == 'row' and kind != 'row':
            raise ApiError(f'{where}: {each.name}: only a row may hold a row')
        if each.default is not None and use.nullable:
            raise ApiError(f'{where}: {each.name}: a default for what may be null would hide which it was')

    def _check_operation(self, operation, feature):
        where = operation.where
        if not operation.id:
            raise ApiError(f'{where}: which operation is it? give it an id')
        for each in operation.path_fields + operation.query_fields:
            self._resolve(each.use, where, feature)
            self._check_field(each, where, 'query')
        names = [each.column for each in operation.path_fields + operation.query_fields] + ['body']
        if len(set(names)) != len(names):
            raise ApiError(f'{where}: {operation.id}: a name stands twice in path and query')
        for use in filter(None, [operation.body, operation.answer]):
            self._resolve(use, where, feature)
        if operation.body and not isinstance(operation.body.target, Type):
            raise ApiError(f'{where}: {operation.id}: a body is an object type')
        permissions = self.names.get('Permission')
        if permissions and operation.permission and operation.permission not in permissions.values:
            raise ApiError(f'{where}: {operation.permission} is no value of the enum Permission')
        if operation.quick and operation.method != 'GET':
            raise ApiError(f'{where}: {operation.id}: quick is for GET: what changes something waits '
                           'for a disk')

    def _check_routes(self):
        ids, routes = {}, {}
        for operation in self.operations:
            if operation.id in ids:
                raise ApiError(f'{operation.where}: {operation.id} stands already at {ids[operation.id]}')
            ids[operation.id] = operation.where
            shape = '/'.join('{}' if part.startswith('{') else part.lower()
                             for part in operation.path.split('/'))
            route = (operation.method, shape)
            if route in routes:
                raise ApiError(f'{operation.where}: {operation.method} {operation.path} is already '
                               f'{routes[route]}')
            routes[route] = operation.id
        for operation in self.operations:
            if operation.alias:
                self._check_alias(operation)

    def _check_alias(self, operation):
        other = self.operation(operation.alias)
        if other is None or other.feature != operation.feature:
            raise ApiError(f'{operation.where}: {operation.id} is an alias of {operation.alias}, which '
                           'is no operation of this file')
        same = ([f.name for f in operation.path_fields + operation.query_fields] ==
                [f.name for f in other.path_fields + other.query_fields] and
                getattr(operation.body, 'name', None) == getattr(other.body, 'name', None) and
                getattr(operation.answer, 'name', None) == getattr(other.answer, 'name', None))
        if not same:
            raise ApiError(f'{operation.where}: {operation.id} takes or gives something else than '
                           f'{other.id} and cannot be its alias')
