// Two users' phones follow a server on which both do random things. Whenever they have caught up, each
// has what REST tells its user. The seed is printed; TINTYPE_SEED repeats a run, TINTYPE_LONG=1 makes it long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jpeg } from '../api/fixtures.mjs';
import { server } from '../api/harness.mjs';
import { Phone } from './phone.mjs';

const SEED = Number(process.env.TINTYPE_SEED ?? 20261128);
const STEPS = process.env.TINTYPE_LONG ? 5000 : 200;
const LOOK_EVERY = 25;

/* mulberry32: a small generator that repeats */
let state = SEED >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const some = (list, n = 3) => [...new Set(Array.from({ length: 1 + below(n) }, () => one(list)))];

const call = (method, where, body, as) => server.request(method, where, { as, body });
const json = async (method, where, body, as) => (await call(method, where, body, as)).expect(200).json;

/** What the two do. Each returns without a word when there is nothing to do it to; what is refused (not
 *  an owner, not a member any more) is refused, and then nothing may change. */
function world(users) {
  const assets = new Map(users.map((user) => [user, []])); // ids that are not removed
  const other = (user) => users[1 - users.indexOf(user)];
  const albums = async (user) => (await json('GET', '/albums', undefined, user)).map(({ id }) => id);
  const people = async (user) => (await json('GET', '/people?withHidden=true', undefined, user)).people.map(({ id }) => id);
  const change = (fields) => async (user) => {
    const mine = assets.get(user);
    if (mine.length) await json('PUT', `/assets/${one(mine)}`, fields(), user);
  };
  const inAlbum = (act) => async (user) => {
    const list = await albums(user);
    if (list.length) await act(user, one(list));
  };

  return {
    assets,
    actions: {
      async upload(user) {
        const reply = await server.upload(jpeg(), `p${below(1e6)}.jpg`, { isFavorite: random() < 0.2 }, { as: user });
        assets.get(user).push(reply.expect(201).json.id);
      },
      favorite: change(() => ({ isFavorite: random() < 0.5 })),
      archive: change(() => ({ visibility: one(['archive', 'timeline']) })),
      describe: change(() => ({ description: `d${below(1000)}`, rating: 1 + below(5) })),
      locate: change(() => ({ latitude: below(90), longitude: below(180) })),
      async bulk(user) {
        const mine = assets.get(user);
        if (mine.length) (await call('PUT', '/assets', { ids: some(mine, 5), isFavorite: random() < 0.5 }, user)).expect(204);
      },
      async trash(user) {
        const mine = assets.get(user);
        if (mine.length) (await call('DELETE', '/assets', { ids: some(mine) }, user)).expect(204);
      },
      async restore(user) {
        await json('POST', '/trash/restore', undefined, user);
      },
      async remove(user) {
        const mine = assets.get(user);
        if (mine.length < 4) return;
        const ids = some(mine, 2);
        (await call('DELETE', '/assets', { ids, force: true }, user)).expect(204);
        assets.set(user, mine.filter((id) => !ids.includes(id)));
      },
      async createAlbum(user) {
        const mine = assets.get(user);
        const albumUsers = random() < 0.6 ? [{ userId: other(user).id, role: one(['editor', 'viewer']) }] : [];
        const body = { albumName: `a${below(1000)}`, assetIds: mine.length && random() < 0.8 ? some(mine, 6) : [], albumUsers };
        (await call('POST', '/albums', body, user)).expect(201);
      },
      editAlbum: inAlbum((user, id) => call('PATCH', `/albums/${id}`, { albumName: `b${below(1000)}`, order: one(['asc', 'desc']) }, user)),
      addToAlbum: inAlbum(async (user, id) => {
        const mine = assets.get(user);
        if (mine.length) await call('PUT', `/albums/${id}/assets`, { ids: some(mine, 6) }, user);
      }),
      takeFromAlbum: inAlbum(async (user, id) => {
        const mine = assets.get(user);
        if (mine.length) await call('DELETE', `/albums/${id}/assets`, { ids: some(mine, 6) }, user);
      }),
      invite: inAlbum((user, id) => call('PUT', `/albums/${id}/users`, { albumUsers: [{ userId: other(user).id, role: 'editor' }] }, user)),
      role: inAlbum((user, id) => call('PUT', `/albums/${id}/user/${other(user).id}`, { role: one(['editor', 'viewer']) }, user)),
      expel: inAlbum((user, id) => call('DELETE', `/albums/${id}/user/${other(user).id}`, undefined, user)),
      leave: inAlbum((user, id) => call('DELETE', `/albums/${id}/user/me`, undefined, user)),
      deleteAlbum: inAlbum(async (user, id) => {
        if (random() < 0.3) await call('DELETE', `/albums/${id}`, undefined, user);
      }),
      async partner(user) {
        const id = other(user).id;
        const has = (await json('GET', '/partners?direction=shared-by', undefined, user)).length > 0;
        if (!has) (await call('POST', '/partners', { sharedWithId: id }, user)).expect(201);
        else if (random() < 0.5) (await call('DELETE', `/partners/${id}`, undefined, user)).expect(204);
        else await call('PUT', `/partners/${id}`, { inTimeline: random() < 0.5 }, other(user));
      },
      async person(user) {
        (await call('POST', '/people', { name: `n${below(100)}` }, user)).expect(201);
      },
      async face(user) {
        const mine = assets.get(user);
        const list = await people(user);
        if (!mine.length || !list.length) return;
        const body = { assetId: one(mine), personId: one(list), imageWidth: 100, imageHeight: 100, x: below(50), y: below(50), width: 10, height: 10 };
        await call('POST', '/faces', body, user);
      },
      async editPerson(user) {
        const list = await people(user);
        if (list.length) await json('PUT', `/people/${one(list)}`, { name: `m${below(100)}`, isHidden: random() < 0.2 }, user);
      },
      async deletePerson(user) {
        const list = await people(user);
        if (list.length > 2) (await call('DELETE', `/people/${one(list)}`, undefined, user)).expect(204);
      },
      async deleteFace(user) {
        const mine = assets.get(user);
        if (!mine.length) return;
        const faces = await json('GET', `/faces?id=${one(mine)}`, undefined, user);
        if (faces.length) await call('DELETE', `/faces/${one(faces).id}`, { force: random() < 0.5 }, user);
      },
      async note(user) {
        const mine = assets.get(user);
        if (mine.length) await call('PUT', `/assets/${one(mine)}/metadata`, { items: [{ key: 'mobile-app', value: { iCloudId: `${below(99)}` } }] }, user);
      },
    },
  };
}

const time = (text) => (text === null || text === undefined ? null : Date.parse(text));

/** An asset as both can tell it. */
const ofPhone = (a) => ({
  id: a.id, ownerId: a.ownerId, name: a.originalFileName, type: a.type, visibility: a.visibility, trashed: a.deletedAt !== null,
  favorite: a.isFavorite, checksum: a.checksum, thumbhash: a.thumbhash, created: time(a.fileCreatedAt), local: time(a.localDateTime),
  width: a.width, height: a.height,
});
const ofRest = (a) => ({
  id: a.id, ownerId: a.ownerId, name: a.originalFileName, type: a.type, visibility: a.visibility, trashed: a.isTrashed,
  favorite: a.isFavorite, checksum: a.checksum, thumbhash: a.thumbhash, created: time(a.fileCreatedAt), local: time(a.localDateTime),
  width: a.width, height: a.height,
});
const sorted = (list, key = 'id') => [...list].sort((a, b) => (a[key] < b[key] ? -1 : 1));

async function compareAssets(phone, user, mine) {
  const own = [...phone.assets.values()].filter(({ ownerId }) => ownerId === user.id);
  const rest = [];
  for (const id of mine) rest.push(await json('GET', `/assets/${id}`, undefined, user));
  assert.deepEqual(sorted(own.map(ofPhone)), sorted(rest.map(ofRest)), 'own assets');
  for (const { id, exifInfo } of rest) {
    const exif = phone.exifs.get(id);
    assert.deepEqual(
      [exif?.description, exif?.rating, exif?.latitude, exif?.longitude, exif?.city, exif?.make, exif?.fileSizeInByte],
      [exifInfo.description, exifInfo.rating, exifInfo.latitude, exifInfo.longitude, exifInfo.city, exifInfo.make, exifInfo.fileSizeInByte],
      `exif of ${id}`,
    );
  }
  const faces = [];
  for (const id of mine) for (const face of await json('GET', `/faces?id=${id}`, undefined, user)) faces.push({ id: face.id, person: face.person?.id ?? null });
  assert.deepEqual(
    sorted([...phone.faces.values()].filter((face) => face.deletedAt === null).map(({ id, personId }) => ({ id, person: personId }))),
    sorted(faces), 'faces');
}

async function comparePartner(phone, user, other, others) {
  const shares = (await json('GET', '/partners?direction=shared-with', undefined, user)).some(({ id }) => id === other.id);
  assert.equal(phone.partners.has(`${other.id} ${user.id}`), shares, 'partner');
  if (!shares) return;
  const rest = [];
  for (const id of others) rest.push(await json('GET', `/assets/${id}`, undefined, other));
  const has = [...phone.assets.values()].filter(({ ownerId }) => ownerId === other.id);
  assert.deepEqual(sorted(has.map(ofPhone)), sorted(rest.map((asset) => ({ ...ofRest(asset), favorite: false }))), 'assets of the partner');
  for (const { id, exifInfo } of rest)
    assert.deepEqual([phone.exifs.get(id)?.description, phone.exifs.get(id)?.rating], [exifInfo.description, exifInfo.rating], 'exif of the partner');
}

async function compareAlbums(phone, user) {
  const rest = await json('GET', '/albums', undefined, user);
  assert.deepEqual(
    sorted([...phone.albums.values()].map((l) => [l.id, l.name, l.description, l.order, l.thumbnailAssetId, l.isActivityEnabled, time(l.updatedAt)]), 0),
    sorted(rest.map((l) => [l.id, l.albumName, l.description, l.order, l.albumThumbnailAssetId, l.isActivityEnabled, time(l.updatedAt)]), 0), 'albums');
  assert.deepEqual(
    [...phone.members.values()].map((m) => `${m.albumId} ${m.userId} ${m.role}`).sort(),
    rest.flatMap((l) => l.albumUsers.map((m) => `${l.id} ${m.user.id} ${m.role}`)).sort(), 'members');
  const links = await server.sql(
    `SELECT aa.album_id, aa.asset_id FROM album_asset aa JOIN album_user m ON m.album_id = aa.album_id WHERE m.user_id = '${user.id}'`);
  assert.deepEqual([...phone.links.keys()].sort(), links.map((pair) => pair.join(' ')).sort(), 'what is in the albums');
}

async function comparePeople(phone, user) {
  const { people } = await json('GET', '/people?withHidden=true&size=1000', undefined, user);
  const all = await server.sql(`SELECT id, name, is_hidden FROM person WHERE owner_id = '${user.id}'`);
  assert.deepEqual([...phone.people.values()].map((p) => `${p.id} ${p.name} ${Number(p.isHidden)}`).sort(), all.map((p) => p.join(' ')).sort(), 'people');
  for (const { id, name } of people) assert.equal(phone.people.get(id).name, name);
}

test(`phones have what the server has, seed ${SEED}`, { timeout: 3_600_000 }, async () => {
  const users = [await server.newUser(), await server.newUser()];
  const phones = users.map((user) => new Phone(server, user));
  // a second device, which comes late and now and then only
  const tablet = new Phone(server, { ...(await server.login(users[0].email)), id: users[0].id });
  const { actions, assets } = world(users);
  const names = Object.keys(actions);
  const weights = { upload: 4, addToAlbum: 3, invite: 3, createAlbum: 2, partner: 2 };
  const bag = names.flatMap((name) => Array(weights[name] ?? 1).fill(name));
  const done = [];

  try {
    for (let step = 1; step <= STEPS; step++) {
      const name = one(bag);
      const who = below(2);
      done.push(`${step} ${name} ${who}`);
      await actions[name](users[who]);
      if (random() < 0.15) await one(phones).sync(random() < 0.3 ? 1 + below(4) : Infinity);
      if (step % LOOK_EVERY !== 0) continue;
      await server.waitForJobs();
      const devices = step % (LOOK_EVERY * 4) === 0 ? [...phones, tablet] : phones;
      for (const phone of devices) {
        const i = users.findIndex(({ id }) => id === phone.user.id);
        await phone.sync();
        await compareAssets(phone, users[i], assets.get(users[i]));
        await comparePartner(phone, users[i], users[1 - i], assets.get(users[1 - i]));
        await compareAlbums(phone, users[i]);
        await comparePeople(phone, users[i]);
      }
      for (const phone of devices) {
        const again = (await phone.sync()).filter(({ type }) => type !== 'SyncAckV1');
        assert.deepEqual(again.map(({ type }) => type), ['SyncCompleteV1'], 'nothing comes twice');
      }
    }
  } catch (error) {
    error.message += `\nseed ${SEED}, the last steps: ${done.slice(-30).join(', ')}`;
    throw error;
  }
});
