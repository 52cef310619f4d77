"""What the language means and what is made of it."""
import glob
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import emit_c  # noqa: E402
import emit_openapi  # noqa: E402
import emit_typescript  # noqa: E402
import parser  # noqa: E402
from lexer import ApiError  # noqa: E402
from model import Model  # noqa: E402
from names import pascal, snake, upper  # noqa: E402

ALBUMS = r'''
# albums.api -- an example
enum Role { owner editor read-only }
enum Height : int { 480 1080 }
type Member { userId: uuid  role?: Role = editor }
type CreateAlbum {
  albumName: string (length 1..100)
  members?: Member[] (items 1..5)
  note?: string | null
  size?: int (0..) | null
  extra: {json}
  colour?: string (pattern "^#\\d$")
  heights: Height[]
  ownerId?: uuid until 2
}
type Settings as is { on: bool }
type Day as inline { date: date }
type Album { id: uuid  days: Day[]  settings: Settings }
shape Columns { city: (string | null)[]  stack?: (string[] | null)[] }
row AlbumRow { id: uuid  at: time }

GET /albums/{id: uuid} -> Album
  operation getAlbumInfo
  permission album.read, shared-link
  query { withoutAssets?: bool = false  size?: number (0.5..2) }
POST /albums -> 201 Album
  operation createAlbum
  permission album.create
  body CreateAlbum
  also 200
DELETE /albums/{id: uuid} -> 204
  operation deleteAlbum
  permission none, admin
GET /albums/{id: uuid}/file -> file
  operation getAlbumFile
  permission public
  quick
GET /columns -> Columns
  operation getColumns
  permission any
GET /names -> string[]
  operation getNames
  permission album.read
PUT /names -> string[]
  operation getNamesByPut
  permission album.read
  alias getNames
'''


def model_of(text, feature='albums'):
    return Model([parser.parse_text(text, feature, feature + '.api')])


def flat(lines):
    return re.sub(r'\s+', ' ', '\n'.join(lines))


class LanguageTest(unittest.TestCase):
    def refuse(self, text, wanted):
        with self.assertRaises(ApiError) as caught:
            model_of(text)
        self.assertIn(wanted, str(caught.exception))

    def test_an_operation_says_who_may_call_it(self):
        model = model_of(ALBUMS)
        read, delete = model.operation('getAlbumInfo'), model.operation('deleteAlbum')
        self.assertEqual(('album.read', True, False), (read.permission, read.takes_link, read.is_admin))
        self.assertEqual((None, False, True), (delete.permission, delete.takes_link, delete.is_admin))
        self.assertTrue(model.operation('getAlbumFile').is_public)
        self.assertTrue(model.operation('getColumns').any_key)

    def test_an_operation_has_its_status_path_and_query(self):
        model = model_of(ALBUMS)
        create, read = model.operation('createAlbum'), model.operation('getAlbumInfo')
        self.assertEqual((201, [200]), (create.status, create.also))
        self.assertEqual('/albums/{id}', read.path)
        self.assertEqual(['id'], [each.name for each in read.path_fields])
        self.assertEqual([('withoutAssets', 'false'), ('size', None)],
                         [(each.name, each.default) for each in read.query_fields])

    def test_public_names_have_dto_unless_told_otherwise(self):
        names = {each.name: each.public_name for each in model_of(ALBUMS).features[0].types}
        self.assertEqual({'Member': 'MemberDto', 'Settings': 'Settings', 'Day': None},
                         {name: names[name] for name in ('Member', 'Settings', 'Day')})

    def test_a_fault_is_told_with_file_and_line(self):
        self.refuse('type A {\n  x: nothing\n}', 'albums.api:1: no type, row, shape or enum is called')
        self.refuse('type A {\n  x string\n}', "albums.api:2: expected ':'")
        self.refuse('type A { x: string (longish) }', 'expected a rule')
        self.refuse('\n\n%', "albums.api:3: what does '%' mean")

    def test_what_cannot_be_is_refused(self):
        self.refuse('type A { x: int } type A { y: int }', 'A stands already at albums.api:1')
        self.refuse('type A { x: int  x: int }', 'stands twice')
        self.refuse('type A { x: int = 3 }', 'expected a ? after x')
        self.refuse('type A { x?: int | null = 3 }', 'a default for what may be null')
        self.refuse('type A { x: (string | null)[] }', 'only a shape')
        self.refuse('row R { x: int } type A { r: R }', 'only a row')
        self.refuse('enum E { a a }', 'must be different')
        self.refuse('type A { x: string (pattern "(") }', 'the pattern ( is wrong')
        self.refuse('enum Permission { a } GET /a -> 204 operation x permission b', 'b is no value')
        self.refuse('GET /a -> 204', 'which operation is it?')
        self.refuse('GET /a -> 204 operation x GET /A -> 204 operation y', 'is already x')
        self.refuse('GET /{a: int} -> 204 operation x GET /{b: uuid} -> 204 operation y', 'is already x')
        self.refuse('POST /a -> 204 operation x quick', 'quick is for GET')
        self.refuse('GET /a -> 204 operation x POST /b -> 204 operation y alias z', 'is no operation')

    def test_a_feature_uses_its_own_types_and_the_common_ones(self):
        other = parser.parse_text('type Other { x: int }', 'others', 'others.api')
        user = parser.parse_text('type A { o: Other }', 'albums', 'albums.api')
        with self.assertRaisesRegex(ApiError, 'Other belongs to others'):
            Model([other, user])
        other.types[0].feature = 'common'
        Model([other, user])

    def test_names_become_c(self):
        self.assertEqual('album_name', snake('albumName'))
        self.assertEqual('bounding_box_x1', snake('boundingBoxX1'))
        self.assertEqual('unlink_oauth_account', snake('unlinkOAuthAccount'))
        self.assertEqual('for_', snake('for'))
        self.assertEqual('CQ_MODE', upper('CQMode'))
        self.assertEqual('READ_ONLY', upper('read-only'))
        self.assertEqual('SharedLinks', pascal('shared-links'))


class CTest(unittest.TestCase):
    def setUp(self):
        self.files = emit_c.files(model_of(ALBUMS), '{}')
        self.header = flat([self.files['albums_api.h']])
        self.source = flat([self.files['albums_api.c']])

    def test_fields_stand_as_descriptor_h_says(self):
        self.assertIn('struct _CreateAlbum { const char *album_name; MemberList members; '
                      'gboolean has_members; const char *note; gboolean set_note; gint64 size; '
                      'gboolean has_size; gboolean set_size; const char *extra; const char *colour; '
                      'IntList heights; const char *owner_id; };', self.header)
        self.assertIn('struct _Member { const char *user_id; int role; };', self.header)

    def test_descriptors_point_to_the_members(self):
        self.assertIn('.name = "size", .column = "size", .kind = FIELD_INT, .flags = FIELD_OPTIONAL | '
                      'FIELD_NULLABLE, .offset = offsetof (CreateAlbum, size), .has_offset = offsetof '
                      '(CreateAlbum, has_size), .set_offset = offsetof (CreateAlbum, set_size)',
                      self.source)
        self.assertIn('.flags = FIELD_OPTIONAL | FIELD_DEFAULT, .offset = offsetof (Member, role), '
                      '.has_offset = NO_OFFSET', self.source)
        self.assertIn('.default_text = "\\"editor\\""', self.source)
        self.assertIn('.pattern = "^#\\\\d$"', self.source)

    def test_handlers_have_their_own_types(self):
        self.assertIn('ApiStatus (*get_album_info) (ApiCall *call, const GetAlbumInfoRequest *in, '
                      'Album *out);', self.header)
        self.assertIn('(*delete_album) (ApiCall *call, const DeleteAlbumRequest *in);', self.header)
        self.assertIn('(*get_names) (ApiCall *call, const GetNamesRequest *in, StringList *out);',
                      self.header)
        self.assertIn('typedef struct { const char *id; gboolean without_assets; double size; '
                      'gboolean has_size; } GetAlbumInfoRequest;', self.header)
        self.assertIn('typedef struct { const CreateAlbum *body; } CreateAlbumRequest;', self.header)
        self.assertIn('typedef GetNamesRequest GetNamesByPutRequest;', self.header)

    def test_shapes_have_no_struct_and_files_no_out(self):
        self.assertNotIn('struct _Columns', self.header)
        self.assertIn('(*get_columns) (ApiCall *call, const GetColumnsRequest *in);', self.header)
        self.assertIn('.id = "getAlbumFile"', self.source)
        self.assertIn('.flags = API_PUBLIC | API_QUICK | API_OWN_ANSWER', self.source)

    def test_enums_are_typed_and_int_enums_are_ints(self):
        self.assertIn('typedef enum { ROLE_OWNER, ROLE_EDITOR, ROLE_READ_ONLY, } Role;', self.header)
        self.assertNotIn('HEIGHT_480', self.header)
        self.assertIn('static const char *const height_texts[] = { "480", "1080" };', self.source)


class OtherOutputTest(unittest.TestCase):
    def test_openapi_shows_the_public_names_and_every_reference_resolves(self):
        document = json.loads(emit_openapi.render(model_of(ALBUMS)))
        schemas = document['components']['schemas']
        for name in re.findall(r'#/components/schemas/(\w+)', json.dumps(document)):
            self.assertIn(name, schemas)
        self.assertEqual({'MemberDto', 'CreateAlbumDto', 'Settings', 'AlbumDto', 'ColumnsDto', 'Role',
                          'Height'}, set(schemas))
        create = schemas['CreateAlbumDto']
        self.assertEqual(['albumName', 'extra', 'heights'], create['required'])
        self.assertEqual({'type': 'integer', 'minimum': 0, 'nullable': True}, create['properties']['size'])
        self.assertEqual({'201', '200'}, set(document['paths']['/albums']['post']['responses']))
        self.assertNotIn('security', document['paths']['/albums/{id}/file']['get'])

    def test_times_inside_an_object_can_have_an_offset(self):
        model = model_of('type Who { at: time }  type All { whos: Who[] (offset)  who: Who }'
                         ' GET /all -> All operation getAll permission any')
        fields = json.loads(emit_openapi.render(model))['components']['schemas']['AllDto']['properties']
        self.assertEqual('offset', fields['whos']['items']['x-form'])
        self.assertNotIn('x-form', fields['who'])

    def test_typescript_flattens_arguments(self):
        client = emit_typescript.render(model_of(ALBUMS))
        self.assertIn('export function getAlbumInfo(args: { id: string; withoutAssets?: boolean; '
                      'size?: number; key?: string; slug?: string }, options?: RequestInit): '
                      'Promise<Album> {', client)
        self.assertIn('export function createAlbum(args: { body: CreateAlbum }, options?: RequestInit): '
                      'Promise<Album> {', client)
        self.assertIn('export function getNames(options?: RequestInit): Promise<string[]> {', client)
        self.assertIn('export function getAlbumFileUrl(args: { id: string }): string {', client)
        self.assertIn("export const roleValues = ['owner', 'editor', 'read-only'] as const;\n"
                      'export type Role = (typeof roleValues)[number];', client)
        self.assertIn('export const heightValues = [480, 1080] as const;', client)
        self.assertIn('  city: (string | null)[];', client)
        self.assertIn('  note?: string | null;', client)

    def test_the_whole_contract_makes_one_sound_document(self):
        features = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'src', 'features')
        document = json.loads(emit_openapi.render(parser.parse_files(
            glob.glob(os.path.join(features, '*', '*.api')))))
        for name in re.findall(r'#/components/schemas/(\w+)', json.dumps(document)):
            self.assertIn(name, document['components']['schemas'])
        ids = []
        for path, methods in document['paths'].items():
            for operation in methods.values():
                ids.append(operation['operationId'])
                named = {each['name'] for each in operation.get('parameters', []) if each['in'] == 'path'}
                self.assertEqual(set(re.findall(r'\{(\w+)\}', path)), named, path)
        self.assertEqual(len(set(ids)), len(ids))
        self.assertGreaterEqual(len(ids), 286)


if __name__ == '__main__':
    unittest.main()
