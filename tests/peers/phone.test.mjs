// Two users' phones follow a server on which both do random things, and which is killed now and then, also
// in the middle of something. Whenever they have caught up, each has what REST tells its user. The seed is printed; TINTYPE_SEED repeats a run, TINTYPE_LONG=1 makes it long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ffmpeg, jpeg, sha1 } from '../api/fixtures.mjs';
import { server, sleep } from '../api/harness.mjs';
import { Phone } from './phone.mjs';

const SEED = Number(process.env.TINTYPE_SEED ?? 20261128);
const STEPS = process.env.TINTYPE_LONG ? 3000 : 200;
const LOOK_EVERY = process.env.TINTYPE_LONG ? 50 : 25;
const KILL_EVERY = 60; // steps, about
const JOBS_LIMIT_MS = 300_000; // what a killed server worked at waits until its lease is over

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

async function kill() {
  await server.end('SIGKILL');
  await server.start();
}

/** What the two do. Each returns without a word when there is nothing to do it to; what is refused (not
 *  an owner, not a member any more) is refused, and then nothing may change. */
function world(users) {
  const assets = new Map(users.map((user) => [user, []])); // ids that are not removed
  const films = new Map(); // by the id of the live photo: hidden, never touched alone
  const bytesOf = new Map(); // by id
  const film = ffmpeg('a.mov', '64x48', '-pix_fmt', 'yuv420p');
  const newFilm = () => Buffer.concat([film, Buffer.from(`\0\0\0\x10free${below(2 ** 32).toString(16).padStart(8, '0')}`, 'latin1')]);
  const other = (user) => users[1 - users.indexOf(user)];
  const owners = new Map();
  const keep = (user, id, bytes) => {
    if (!assets.get(user).includes(id)) assets.get(user).push(id);
    bytesOf.set(id, bytes);
    owners.set(id, user);
  };
  const addOne = async (user, bytes) => {
    const reply = await server.upload(bytes, `p${below(1e6)}.jpg`, { isFavorite: random() < 0.2 }, { as: user });
    keep(user, reply.expect(201).json.id, bytes);
  };
  const findByContent = async (user, bytes) => {
    const check = { assets: [{ id: 'x', checksum: sha1(bytes) }] };
    return (await json('POST', '/assets/bulk-upload-check', check, user)).results[0].assetId;
  };
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
    /** Of a user: what is there, films too. */
    all: (user) => assets.get(user).flatMap((id) => (films.has(id) ? [id, films.get(id)] : [id])),
    /** The server dies while a file comes in. Answered or not, it is there whole or not at all. */
    async dieDuringUpload(user) {
      const bytes = jpeg();
      const answer = server.upload(bytes, 'killed.jpg', {}, { as: user }).then((reply) => reply.expect(201).json.id, () => undefined);
      await sleep(below(30));
      await kill();
      const [id, found] = [await answer, await findByContent(user, bytes)];
      if (id !== undefined) assert.equal(found, id, 'what was answered is lost');
      if (found !== undefined) keep(user, found, bytes);
    },
    /** The server dies while something else is done; whether it was done, nobody knows. */
    async dieDuring(action, user) {
      const done = action(user).catch(() => {});
      await sleep(below(20));
      await kill();
      await done;
    },
    actions: {
      async upload(user) {
        await addOne(user, jpeg());
      },
      /* several at once, as a phone and a tablet may send it */
      async uploadAtOnce(user) {
        const bytes = jpeg();
        const replies = await Promise.all(Array.from({ length: 3 }, () => server.upload(bytes, 'same.jpg', {}, { as: user })));
        assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 200, 201]);
        assert.equal(new Set(replies.map(({ json }) => json.id)).size, 1, 'one file is one asset');
        keep(user, replies[0].json.id, bytes);
      },
      /* a phone that loses its network in the middle of a file */
      async cutShort(user) {
        const bytes = jpeg();
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from('--b\r\nContent-Disposition: form-data; name="assetData"; filename="a.jpg"\r\n\r\n'));
            controller.enqueue(bytes.subarray(0, 100));
          },
        });
        const stop = new AbortController();
        const sent = fetch(`${server.base}/api/assets`, {
          method: 'POST', body, duplex: 'half', signal: stop.signal,
          headers: { authorization: `Bearer ${user.token}`, 'content-type': 'multipart/form-data; boundary=b' },
        });
        setTimeout(() => stop.abort(), below(20));
        await assert.rejects(sent);
        assert.equal(await findByContent(user, bytes), undefined);
      },
      /* the film first, as the apps do it; or both at once, the photo naming no film */
      async livePhoto(user) {
        const [moving, still] = [newFilm(), jpeg()];
        const video = (await server.upload(moving, 'l.mov', {}, { as: user })).expect(201).json.id;
        const photo = (await server.upload(still, 'l.jpg', { livePhotoVideoId: video }, { as: user })).expect(201).json.id;
        keep(user, photo, still);
        films.set(photo, video);
      },
      /* the backup does not know what was deleted: in the trash it stays and can be restored, removed it is new */
      async uploadAgain(user) {
        const mine = assets.get(user);
        const old = [...bytesOf].filter(([id]) => owners.get(id) === user);
        if (!old.length) return;
        const [id, bytes] = one(old);
        await server.waitForJobs(JOBS_LIMIT_MS);
        const reply = await server.upload(bytes, 'again.jpg', {}, { as: user });
        assert.equal(reply.status, mine.includes(id) || reply.json.id !== id && mine.includes(reply.json.id) ? 200 : 201, reply.text);
        if (reply.status === 201) keep(user, reply.json.id, bytes);
        else (await call('POST', '/trash/restore/assets', { ids: [reply.json.id] }, user)).expect(200);
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
        for (const id of ids) films.delete(id);
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
  // of what a partner may not open the metadata is withheld; what came before that is not taken back
  const isSeen = ({ isTrashed, visibility }) => !isTrashed && ['timeline', 'hidden'].includes(visibility);
  for (const asset of rest.filter(isSeen)) {
    const { id, exifInfo } = asset;
    const photos = rest.filter(({ livePhotoVideoId }) => livePhotoVideoId === id);
    if (asset.visibility === 'hidden' && photos.length > 0 && !photos.some(isSeen)) continue; // a film is as open as its photos
    assert.deepEqual([phone.exifs.get(id)?.description, phone.exifs.get(id)?.rating], [exifInfo.description, exifInfo.rating], 'exif of the partner');
  }
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
  const { actions, all, dieDuring, dieDuringUpload } = world(users);
  // those whose outcome can be read from the server; what is uploaded and removed is known by its answers
  const uncertain = ['favorite', 'describe', 'bulk', 'trash', 'restore', 'createAlbum', 'addToAlbum', 'takeFromAlbum', 'invite', 'role', 'partner',
    'person', 'face', 'editPerson', 'deletePerson', 'note'];
  const names = Object.keys(actions);
  const weights = { upload: 4, remove: 2, addToAlbum: 3, invite: 3, createAlbum: 2, partner: 2 };
  const bag = names.flatMap((name) => Array(weights[name] ?? 1).fill(name));
  const done = [];

  try {
    for (let step = 1; step <= STEPS; step++) {
      const name = one(bag);
      const who = below(2);
      done.push(`${step} ${name} ${who}`);
      await actions[name](users[who]);
      if (random() < 1 / KILL_EVERY) {
        const user = users[below(2)];
        const how = below(4);
        const what = one(uncertain);
        done.push(`${step} killed (${how}, ${what})`);
        if (how === 0) await kill();
        else if (how === 1) await dieDuringUpload(user);
        else if (how === 2) await dieDuring(actions[what], user);
        else await dieDuring(() => phones[users.indexOf(user)].sync(), user);
      }
      if (random() < 0.15) await one(phones).sync(random() < 0.3 ? 1 + below(4) : Infinity);
      if (step % LOOK_EVERY !== 0) continue;
      await server.waitForJobs(JOBS_LIMIT_MS);
      const devices = step % (LOOK_EVERY * 4) === 0 ? [...phones, tablet] : phones;
      for (const phone of devices) {
        const i = users.findIndex(({ id }) => id === phone.user.id);
        await phone.sync();
        await compareAssets(phone, users[i], all(users[i]));
        await comparePartner(phone, users[i], users[1 - i], all(users[1 - i]));
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
