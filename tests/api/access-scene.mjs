// access-scene.mjs -- one of everything that has an id, and every kind of caller, for access-matrix.test.mjs
//
// Everything is the owner's. The partner gets the owner's timeline; the editor and the viewer are members of
// the album; the admin and the other are neither.
import { jpeg } from './fixtures.mjs';
import { password, server } from './harness.mjs';

const PIN = '123456';
export const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const ok = async (...args) => {
  const reply = await call(...args);
  if (reply.status >= 300) throw new Error(`${args[0]} ${args[1]}: ${reply.status} ${reply.text}`);
  return reply.json;
};

async function makeUsers() {
  const users = { admin: await server.signUp() };
  for (const name of ['owner', 'partner', 'editor', 'viewer', 'other']) users[name] = await server.newUser({ name });
  const { owner, partner, other } = users;
  await ok('POST', '/auth/pin-code', { pinCode: PIN }, owner);
  users.elevated = { ...(await server.login(owner.email)), id: owner.id };
  await ok('POST', '/auth/session/unlock', { pinCode: PIN }, users.elevated);
  await ok('POST', '/partners', { sharedWithId: partner.id }, owner);
  // an elevation opens what is locked of one's own, never of a partner
  await ok('POST', '/auth/pin-code', { pinCode: PIN }, other);
  await ok('POST', '/auth/session/unlock', { pinCode: PIN }, other);
  await ok('POST', '/auth/pin-code', { pinCode: PIN }, partner);
  await ok('POST', '/auth/session/unlock', { pinCode: PIN }, partner);
  return users;
}

const STATES = ['plain', 'inAlbum', 'inLink', 'archived', 'archivedShared', 'locked', 'lockedShared', 'trashed', 'trashedShared', 'removed'];
const SHARED = ['inAlbum', 'archivedShared', 'lockedShared', 'trashedShared'];
const LINKED = ['inLink', 'archivedShared', 'lockedShared', 'trashedShared'];

const upload = async (as, name) => (await server.upload(jpeg(), `${name}.jpg`, {}, { as })).expect(201).json.id;

/** Assets of the owner in each state, by name; those that are shared are in the album and in the link. */
async function makeAssets(owner) {
  const assets = { missing: MISSING };
  for (const state of STATES) assets[state] = await upload(owner, state);
  await server.waitForJobs();
  return assets;
}

async function setStates(assets, { owner }) {
  const some = (...names) => names.map((name) => assets[name]);
  await ok('PUT', '/assets', { ids: some('archived', 'archivedShared'), visibility: 'archive' }, owner);
  await ok('PUT', '/assets', { ids: some('locked'), visibility: 'locked' }, owner);
  // it stays in album and link, as after a restored backup: access alone must keep it from showing
  await server.sql(`UPDATE asset SET visibility = 'locked' WHERE id = '${assets.lockedShared}'`);
  await ok('DELETE', '/assets', { ids: some('trashed', 'trashedShared') }, owner);
  await ok('DELETE', '/assets', { ids: some('removed'), force: true }, owner);
  await server.waitForJobs();
}

async function makeLinks({ owner }, album, ids) {
  const bare = { allowUpload: false, allowDownload: false, showMetadata: false };
  const make = (fields) => ok('POST', '/shared-links', { type: fields.albumId ? 'ALBUM' : 'INDIVIDUAL', ...fields }, owner);
  return {
    albumLink: await make({ albumId: album }),
    bareAlbumLink: await make({ albumId: album, ...bare }),
    link: await make({ assetIds: ids }),
    bareLink: await make({ assetIds: ids, ...bare }),
    expired: await make({ albumId: album, expiresAt: '2001-01-01T00:00:00.000Z' }),
    guarded: await make({ albumId: album, password: 'secret' }),
  };
}

const memory = (assetIds) => ({ type: 'on_this_day', data: { year: 2020 }, memoryAt: '2020-01-01T00:00:00.000Z', assetIds });

export async function makeScene() {
  const users = await makeUsers();
  const { owner, admin, editor, viewer } = users;
  const assets = await makeAssets(owner);
  const own = {}; // an asset of each caller's own, for what takes two
  for (const name of ['partner', 'editor', 'viewer', 'other', 'admin']) own[name] = await upload(users[name], name);
  for (const name of ['owner', 'elevated', 'key']) own[name] = await upload(owner, 'own');
  const albumUsers = [{ userId: editor.id, role: 'editor' }, { userId: viewer.id, role: 'viewer' }];
  const album = await ok('POST', '/albums', { albumName: 'shared', assetIds: SHARED.map((name) => assets[name]), albumUsers }, owner);
  const links = await makeLinks(users, album.id, LINKED.map((name) => assets[name]));
  await setStates(assets, users);

  /** A new thing of the owner's, by kind; what is made each time may be deleted. @return its id */
  const make = {
    album: async () => (await ok('POST', '/albums', { albumName: 'new', assetIds: [], albumUsers }, owner)).id,
    tag: async () => (await ok('PUT', '/tags', { tags: [`t${Math.random()}`] }, owner))[0].id,
    stack: async () => (await ok('POST', '/stacks', { assetIds: [await upload(owner, 's'), await upload(owner, 's')] }, owner)).id,
    memory: async () => (await ok('POST', '/memories', memory([assets.plain]), owner)).id,
    person: async () => (await ok('POST', '/people', { name: 'somebody' }, owner)).id,
    async face() {
      const box = { imageWidth: 16, imageHeight: 16, x: 1, y: 1, width: 5, height: 5 };
      const before = new Set((await ok('GET', `/faces?id=${assets.inAlbum}`, undefined, owner)).map(({ id }) => id));
      await ok('POST', '/faces', { assetId: assets.inAlbum, personId: await make.person(), ...box }, owner);
      return (await ok('GET', `/faces?id=${assets.inAlbum}`, undefined, owner)).find(({ id }) => !before.has(id)).id;
    },
    // by the editor, in the owner's album: both may remove it
    activity: async () => (await ok('POST', '/activities', { albumId: album.id, type: 'comment', comment: 'well' }, editor)).id,
    notification: async () => (await ok('POST', '/admin/notifications', { title: 'News', userId: owner.id }, admin)).id,
    session: async () => {
      const { accessToken } = await ok('POST', '/auth/login', { email: owner.email, password });
      return (await ok('GET', '/sessions', undefined, accessToken)).find(({ current }) => current).id;
    },
    apiKey: async () => (await server.newKey(owner, 'tag.read')).id,
    sharedLink: async () => (await ok('POST', '/shared-links', { type: 'INDIVIDUAL', assetIds: [assets.plain] }, owner)).id,
    async duplicate() {
      const duplicateId = `6cb36bd2-5cd2-4a4b-8d2b-${Math.random().toString(16).slice(2, 14).padEnd(12, '0')}`;
      const ids = [await upload(owner, 'd'), await upload(owner, 'd')];
      await server.waitForJobs(); // they look for duplicates themselves
      await ok('PUT', '/assets', { ids, duplicateId }, owner);
      return duplicateId;
    },
    partialUpload: async () => (await ok('POST', '/partial-uploads', { filename: 'big.jpg', sizeInBytes: 1_000_000 }, owner)).id,
    workflow: async () => (await ok('POST', '/workflows', { name: 'w', trigger: 'AssetCreate', steps: [] }, owner)).id,
    async file() {
      const id = await upload(owner, 'f');
      await server.waitForJobs();
      await ok('PUT', `/albums/${album.id}/assets`, { ids: [id] }, owner); // to see it is not to have its files
      return (await ok('GET', `/asset-files?assetId=${id}`, undefined, owner)).find(({ type }) => type === 'thumbnail').id;
    },
    library: async () => (await ok('POST', '/libraries', { ownerId: owner.id }, admin)).id,
    user: async () => (await server.newUser()).id,
    asset: () => upload(owner, 'new'),
    async request() {
      const { clusterGroupId } = await ok('GET', '/users/me', undefined, owner);
      const invited = await ok('PUT', `/cluster-groups/${clusterGroupId}/requests`, { userId: users.partner.id }, owner);
      return invited.id;
    },
  };
  const group = (await ok('GET', '/users/me', undefined, owner)).clusterGroupId;
  return { users, assets, own, album: album.id, links, make, group };
}
