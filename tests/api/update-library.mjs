// update-library.mjs -- a little of everything that a database of an older version may hold
//
// tests/fixtures has such databases, made by servers of that version:
//   TINTYPE_BINARY=OLD/tintype node tests/api/update-library.mjs     (with TINTYPE_TEST_ENGINE, as tests run)
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { jpeg } from './fixtures.mjs';
import { engine, server } from './harness.mjs';

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../fixtures');
const PIN = '123456';

/** Names of the databases: the migration that was the last one then. */
export const VERSIONS = ['0100'];
export const databaseOf = (version) => gunzipSync(fs.readFileSync(path.join(FOLDER, `library-${version}.${engine}.gz`)));
/** Who and what is in it: { who, answers }, see answersOf (). */
export const libraryOf = (version) => JSON.parse(fs.readFileSync(path.join(FOLDER, `library-${version}.${engine}.json`), 'utf8'));

const only = (...names) => (row) => Object.fromEntries(names.map((name) => [name, row[name]]));
const byId = (a, b) => (a.id < b.id ? -1 : 1);

/** What @param on answers to everybody in @param who, in what no version may change. */
export async function answersOf(on, { owner, partner, key, link, album }) {
  const get = async (as, where) => (await on.request('GET', where, { as })).expect(200).json;
  const found = async (as, body) => (await on.request('POST', '/search/metadata', { as, body: { size: 100, ...body } }))
    .expect(200).json.assets.items;
  const answers = {};
  for (const [name, as] of Object.entries({ owner, partner })) {
    const items = await found(as, { withDeleted: true });
    answers[name] = {
      assets: items.map(only('id', 'originalFileName', 'checksum', 'localDateTime', 'isFavorite', 'isTrashed', 'visibility', 'livePhotoVideoId'))
        .sort(byId),
      statistics: await get(as, '/assets/statistics'),
      months: {
        shown: await get(as, '/timeline/buckets?visibility=timeline&withStacked=true&withPartners=true'),
        archived: await get(as, '/timeline/buckets?visibility=archive'),
        trashed: await get(as, '/timeline/buckets?isTrashed=true'),
        ofAlbum: await get(as, `/timeline/buckets?albumId=${album}`),
      },
      albums: (await get(as, '/albums')).map(only('id', 'albumName', 'assetCount', 'startDate', 'endDate')).sort(byId),
      people: (await get(as, '/people')).people.map(only('id', 'name', 'birthDate')).sort(byId),
      tags: (await get(as, '/tags')).map(only('id', 'value', 'parentId')).sort(byId),
      stacks: (await get(as, '/stacks')).map(({ id, primaryAssetId, assets }) => ({ id, primaryAssetId, n: assets.length })),
      memories: (await get(as, '/memories')).map(({ id, assets }) => ({ id, assets: assets.map((each) => each.id).sort() })),
      partners: (await get(as, '/partners?direction=shared-with')).map(only('id', 'inTimeline')),
      comments: (await get(as, `/activities?albumId=${album}`)).map(only('id', 'type', 'comment', 'assetId')),
      described: (await found(as, { description: 'Übung' })).map(({ id }) => id),
      keys: (await get(as, '/api-keys')).map(only('id', 'name', 'permissions')),
    };
  }
  answers.ofKey = (await get(key, '/albums')).length;
  const opened = await on.request('POST', `/shared-links/login?key=${link}`, { body: { password: 'secret' } });
  answers.ofLink = only('id', 'type', 'allowUpload')(opened.expect(201).json);
  return JSON.parse(JSON.stringify(answers)); // as it is kept: without what is undefined
}

async function fill() {
  const admin = await server.signUp();
  const owner = await server.newUser({ name: 'Owner' });
  const partner = await server.newUser({ name: 'Partner' });
  const call = async (as, method, where, body) => {
    const reply = await server.request(method, where, { as, body });
    if (reply.status >= 300) throw new Error(`${method} ${where}: ${reply.status} ${reply.text}`);
    return reply.json;
  };
  const upload = async (as, name, fields) => (await server.upload(jpeg(), name, fields, { as })).expect(201).json.id;
  const ids = [];
  for (let i = 0; i < 12; i++)
    ids.push(await upload(owner, `IMG_${i}.jpg`, { fileCreatedAt: `20${10 + i}-0${1 + (i % 9)}-15T12:00:00.000Z`, isFavorite: String(i % 4 === 0) }));
  const theirs = [await upload(partner, 'hers.jpg'), await upload(partner, 'film.jpg')];
  await server.waitForJobs();
  await call(owner, 'PUT', `/assets/${ids[0]}`, { description: 'Übung am Meer', latitude: 52.5, longitude: 13.4, rating: 4 });
  const album = (await call(owner, 'POST', '/albums', { albumName: 'Sea', assetIds: ids.slice(0, 5), albumUsers: [{ userId: partner.id, role: 'editor' }] })).id;
  await call(owner, 'POST', '/albums', { albumName: 'Empty' });
  await call(partner, 'PUT', `/albums/${album}/assets`, { ids: theirs.slice(0, 1) });
  await call(partner, 'POST', '/activities', { albumId: album, type: 'comment', comment: 'lovely' });
  const link = (await call(owner, 'POST', '/shared-links', { type: 'ALBUM', albumId: album, password: 'secret' })).key;
  await call(owner, 'POST', '/partners', { sharedWithId: partner.id });
  await call(partner, 'PUT', `/partners/${owner.id}`, { inTimeline: true });
  const [tag] = await call(owner, 'PUT', '/tags', { tags: ['family/anna'] });
  await call(owner, 'PUT', `/tags/${tag.id}/assets`, { ids: ids.slice(2, 6) });
  await call(owner, 'POST', '/stacks', { assetIds: ids.slice(5, 7) });
  const person = (await call(owner, 'POST', '/people', { name: 'Opa', birthDate: '1940-05-06' })).id;
  const box = { imageWidth: 16, imageHeight: 16, x: 1, y: 1, width: 5, height: 5 };
  for (const assetId of ids.slice(1, 4)) await call(owner, 'POST', '/faces', { assetId, personId: person, ...box });
  await call(owner, 'POST', '/memories', { type: 'on_this_day', data: { year: 2020 }, memoryAt: '2020-01-01T00:00:00.000Z', assetIds: ids.slice(0, 2) });
  await call(owner, 'PUT', `/assets/${ids[3]}/edits`, { edits: [{ action: 'rotate', parameters: { angle: 90 } }] });
  await call(owner, 'PUT', '/assets', { ids: ids.slice(7, 8), visibility: 'archive' });
  await call(owner, 'PUT', '/assets', { ids: ids.slice(8, 9), visibility: 'locked' });
  await call(owner, 'DELETE', '/assets', { ids: ids.slice(9, 10) });
  await call(owner, 'POST', '/auth/pin-code', { pinCode: PIN });
  await call(owner, 'POST', '/workflows', { name: 'w', trigger: 'AssetCreate', steps: [] });
  await call(admin, 'POST', '/libraries', { ownerId: owner.id, name: 'NAS', importPaths: ['/nowhere'] });
  const key = await server.newKey(owner);
  await server.waitForJobs();
  const lines = (await server.request('POST', '/sync/stream', { as: partner, body: { types: ['UsersV1', 'AssetsV2', 'PartnerAssetsV2', 'AlbumsV2'] } })).text;
  const acks = lines.trim().split('\n').map((line) => JSON.parse(line).ack);
  await call(partner, 'POST', '/sync/ack', { acks });
  return { admin, owner, partner, key, link, album };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const who = await fill();
  const library = { who, answers: await answersOf(server, who) };
  const [[version]] = await server.sql('SELECT max(number) FROM migration');
  const name = path.join(FOLDER, `library-${version.padStart(4, '0')}.${engine}`);
  const database = await server.takeDatabase();
  fs.mkdirSync(FOLDER, { recursive: true });
  fs.writeFileSync(`${name}.gz`, gzipSync(database, { level: 9 }));
  fs.writeFileSync(`${name}.json`, `${JSON.stringify(library)}\n`);
}
