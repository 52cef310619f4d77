"""Holds the .api files against the facts of the Immich API that official clients are built from.

The facts are not part of this repository: TINTYPE_CONTRACT names the folder that has
contract-3.2.2.json and contract-2.3.1-differences.json, else ../shared/api beside the checkout.
Where we differ on purpose it is listed, with the reason, in EXCEPTIONS; nothing else may."""
import glob
import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import parser  # noqa: E402
from model import SCALARS, Enum  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
FACTS = os.environ.get('TINTYPE_CONTRACT', os.path.join(ROOT, '..', 'shared', 'api'))
API_FILES = glob.glob(os.path.join(ROOT, 'src', 'features', '*', '*.api'))

EXCEPTIONS = {
    'redirectOAuthToMobile status': 'the server redirects (307); the description says 200 for lack of a body',
    'createActivity status': '200 as well, when the like was there already',
    'getUserCalendarHeatmapAdmin admin': 'described without the admin mark, which would show it to everyone',
    'AssetResponseDto.processingError': 'our own: why a file could not be decoded',
    'MetadataSearchDto.query': 'our own: words of the name, description, place, camera or tags',
    'QueueJobResponseDto.error': 'our own: why the job failed',
    'WorkflowLogEntryDto.error': 'our own: why the run stopped',
    'LicenseResponseDto': 'another name of UserLicense',
}

# Other paths to operations, which some published clients use.
ALIASES = {'changePasswordByPut', 'verifyPinCode', 'startOAuthByGet'}
# Nothing that a published client knows.
OWN_OPERATIONS = {'createPartialUpload', 'getPartialUploads', 'getPartialUpload', 'appendPartialUpload',
                  'finishPartialUpload', 'deletePartialUpload',
                  'getTombstones', 'updateTombstones', 'deleteTombstones'}

# Fields of 2.3.1 that we keep for its clients, beside those of 3.2.2; marked 'until 2'.
SCALAR_TEXT = {'int': 'number', 'number': 'number', 'bool': 'boolean', 'file': 'Blob'}


def load(name):
    with open(os.path.join(FACTS, name), encoding='utf-8') as file:
        return json.load(file)


def type_text(use):
    """Our type as the facts write it."""
    if use.is_map:
        out = '{ [key: string]: any; }'
    elif use.rules.one_of:
        out = ' | '.join(use.rules.one_of)
    elif use.name in SCALARS:
        out = SCALAR_TEXT.get(use.name, 'string')
    elif use.target.public_name is None:
        fields = sorted(use.target.fields, key=lambda each: each.name)
        out = '{ ' + ' '.join(f'{each.name}: {type_text(each.use)};' for each in fields) + ' }'
    else:
        out = use.target.public_name
    if use.item_list:
        out += '[]'
    if use.item_nullable:
        out = f'({out} | null)'
    if use.is_list:
        out += '[]'
    return out + (' | null' if use.nullable else '')


def normal(text):
    """The facts write (X) | null where X is a name, and {} for an object of any members."""
    text = re.sub(r'^\((\w+)\) \| null$', r'\1 | null', text)
    return '{ [key: string]: any; }' if text == '{}' else text


def fields_text(fields):
    return {each.name + ('?' if each.optional else ''): type_text(each.use) for each in fields}


@unittest.skipUnless(os.path.exists(os.path.join(FACTS, 'contract-3.2.2.json')),
                     f'{FACTS} has no contract-3.2.2.json; set TINTYPE_CONTRACT')
class ContractTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = parser.parse_files(API_FILES)
        cls.facts = load('contract-3.2.2.json')
        cls.older = load('contract-2.3.1-differences.json')
        cls.by_id = {each.id: each for each in cls.model.operations}
        for each in cls.model.operations:
            cls.by_id.update(dict.fromkeys(each.formerly, each))
        cls.by_public_name = {each.public_name: each for each in cls.model.names.values()}
        cls.used_exceptions = set()

    def setUp(self):
        self.differences = []

    def tearDown(self):
        if self.differences:
            self.fail('\n' + '\n'.join(self.differences))

    def expect(self, what, wanted, found):
        if wanted == found:
            return
        if what in EXCEPTIONS:
            self.used_exceptions.add(what)
            return
        self.differences.append(f'{what}: the contract has {wanted!r}, the .api files have {found!r}')

    # ---- operations ----

    def check_request(self, fact, ours):
        self.expect(f'{fact["id"]} method', fact['method'], ours.method)
        self.expect(f'{fact["id"]} path', fact['path'], '/api' + ours.path)
        self.expect(f'{fact["id"]} path types', fact.get('pathParams', {}), fields_text(ours.path_fields))
        query = fields_text([each for each in ours.query_fields if not each.until])
        if ours.takes_link:
            query.update({'key?': 'string', 'slug?': 'string'})
        elif {'key?', 'slug?'} & set(fact.get('query', {})):
            self.expect(f'{fact["id"]} shared link', True, False)
        wanted = {name: normal(text) for name, text in fact.get('query', {}).items()}
        if ours.takes_link and 'key?' not in wanted:
            query = {name: text for name, text in query.items() if name not in ('key?', 'slug?')}
        self.expect(f'{fact["id"]} query', wanted, query)
        self.expect(f'{fact["id"]} headers', fact.get('headers', []), ours.headers)
        self.expect(f'{fact["id"]} body', fact.get('body'), ours.body and type_text(ours.body))
        kinds = {'json': ('json', 'json-or-form'), 'form': ('json-or-form',),
                 'multipart': ('multipart',), None: ('',)}
        if ours.body_kind not in kinds[fact.get('bodyKind')]:
            self.expect(f'{fact["id"]} body kind', fact.get('bodyKind'), ours.body_kind)

    def check_answer(self, fact, ours):
        if fact['returns'] == 'never':
            found = 'never' if ours.answer_kind in ('nothing', 'stream') else type_text(ours.answer)
            self.expect(f'{fact["id"]} answer', 'never', found)
        elif fact['responseKind'] == 'blob':
            if ours.answer_kind not in ('file', 'stream'):
                self.expect(f'{fact["id"]} answer', 'a file', ours.answer_kind)
        else:
            self.expect(f'{fact["id"]} answer', fact['returns'], ours.answer and type_text(ours.answer))

    def check_access(self, fact, ours):
        status = ','.join(str(each) for each in sorted([ours.status, *ours.also]))
        self.expect(f'{fact["id"]} status', fact['status'], status)
        self.expect(f'{fact["id"]} permission', fact.get('permission'), ours.permission)
        self.expect(f'{fact["id"]} admin', fact.get('adminOnly', False), ours.is_admin)
        self.expect(f'{fact["id"]} public', fact.get('public', False), ours.is_public)

    def test_every_operation_of_3_2_2_is_declared_as_its_clients_call_it(self):
        for fact in self.facts['operations']:
            ours = self.by_id.get(fact['id'])
            if ours is None:
                self.differences.append(f'{fact["id"]} is not declared')
                continue
            self.check_request(fact, ours)
            self.check_answer(fact, ours)
            if 'status' in fact:  # those without one are newer than what was described
                self.check_access(fact, ours)

    def test_every_operation_of_2_3_1_is_declared(self):
        for fact in self.older['operations']:
            ours = self.by_id.get(fact['id'])
            if ours is None:
                self.differences.append(f'{fact["id"]} is not declared')
                continue
            if fact['id'] not in ours.formerly:
                self.check_request(fact, ours)
                self.check_answer(fact, ours)
            self.expect(f'{fact["id"]} route', (fact['method'], fact['path']),
                        (ours.method, '/api' + ours.path))

    def test_operations_beyond_the_contract_are_known(self):
        known = {fact['id'] for fact in self.facts['operations'] + self.older['operations']}
        extra = {each.id for each in self.model.operations if each.id not in known}
        self.expect('operations beyond the contract',
                    ALIASES | OWN_OPERATIONS, extra)

    # ---- types ----

    def test_every_type_has_the_contract_s_fields(self):
        for name, fact in self.facts['types'].items():
            ours = self.by_public_name.get(name)
            if ours is None:
                self.expect(name, 'a type', None)
                continue
            wanted = {field: normal(text) for field, text in fact.items()}
            found = fields_text([each for each in ours.fields if not each.until])
            for field in sorted(set(wanted) | set(found)):
                self.expect(f'{name}.{field.rstrip("?")}', (field, wanted.get(field)) if field in wanted
                            else None, (field, found.get(field)) if field in found else None)

    def test_types_of_2_3_1_operations_have_its_fields(self):
        used = {'CheckExistingAssetsDto', 'CheckExistingAssetsResponseDto', 'AssetMediaReplaceDto',
                'AssetDeltaSyncDto', 'AssetDeltaSyncResponseDto', 'AssetFullSyncDto', 'ServerThemeDto'}
        for name in sorted(used):
            wanted = dict(self.older['types'][name])
            if name == 'AssetMediaReplaceDto':
                wanted['duration?'] = 'number'  # read as such also from H:MM:SS
            ours = self.by_public_name.get(name)
            self.expect(name, wanted, ours and fields_text(ours.fields))

    def test_fields_kept_for_2_3_1_are_optional(self):
        for each in self.model.names.values():
            if not isinstance(each, Enum) and not self.is_older_type(each):
                for field in each.fields:
                    if field.until and not field.optional:
                        self.differences.append(f'{each.name}.{field.name} would break newer clients')

    def is_older_type(self, each):
        return each.public_name in self.older['types'] and each.public_name not in self.facts['types']

    def test_every_enum_has_the_contract_s_values(self):
        for name, values in self.facts['enums'].items():
            ours = self.by_public_name.get(name)
            found = ours.values if isinstance(ours, Enum) else None
            if found:  # beside those of 2.3.1, which its clients know
                older = set(self.older['enums'].get(name, [])) - set(values)
                found = [each for each in found if each not in older]
            if name == 'JobName' and found:
                found = [each for each in found if each != 'PartialUploadCleanup']  # our own
            self.expect(f'enum {name}', values, found)

    def test_zz_every_exception_is_still_needed(self):
        unused = set(EXCEPTIONS) - self.used_exceptions
        self.expect('exceptions that nothing needs', set(), unused)


if __name__ == '__main__':
    unittest.main()
