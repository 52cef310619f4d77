/* A made-up library through the API of a new server: the photos of scenes.mjs as JPEGs with dates, places and
 * cameras, and what a family makes of them: albums, people, tags, links, a second account. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { face, scene } from './scenes.mjs';

const run = promisify(execFile);

export const account = { name: 'Ada Berger', email: 'ada@example.com', password: 'a long enough password' };
const second = { name: 'Ben Okafor', email: 'ben@example.com', password: 'a long enough password' };

const places = {
  alps: [46.56, 7.98],
  coast: [38.69, -9.42],
  iceland: [64.15, -21.94],
  provence: [43.95, 5.05],
  newYork: [40.7, -74.0],
  sahara: [31.1, -3.98],
  berlin: [52.52, 13.4],
  cappadocia: [38.64, 34.83],
};
const cameras = [
  ['FUJIFILM', 'X-T30', 'XF23mmF2 R WR', '23', '5.6', '1/250', '200'],
  ['Google', 'Pixel 8', 'Pixel 8 back camera', '6.9', '1.7', '1/120', '64'],
  ['Apple', 'iPhone 15 Pro', 'iPhone 15 Pro back camera', '6.8', '1.8', '1/60', '80'],
];

/** [kind, days before today, place]; what stands together was taken on one day. */
const taken = [
  ...[['lake dawn', 1, 'alps'], ['mountains dawn', 1, 'alps'], ['mountains day', 1, 'alps'], ['portrait 0', 1, 'alps']],
  ...[['lake day', 1, 'alps'], ['meadow day', 2, 'alps'], ['forest haze', 2, 'alps'], ['portrait 1', 2, 'alps']],
  ...[['mountains haze', 2, 'alps'], ['lake dusk', 2, 'alps'], ['mountains dusk', 2, 'alps'], ['forest day', 5, 'berlin']],
  ...[['forest haze', 5, 'berlin'], ['portrait 2', 5, 'berlin'], ['city dusk', 6, 'berlin'], ['city night', 6, 'berlin']],
  ...[['sea day', 40, 'coast'], ['sea dusk', 40, 'coast'], ['sea dawn', 41, 'coast'], ['portrait 3', 41, 'coast']],
  ...[['sea dusk', 42, 'coast'], ['sea haze', 42, 'coast'], ['sea day', 42, 'coast'], ['portrait 0', 42, 'coast']],
  ...[['fields day', 75, 'provence'], ['fields dusk', 75, 'provence'], ['fields dawn', 76, 'provence'], ['meadow dusk', 76, 'provence']],
  ...[['balloons dawn', 110, 'cappadocia'], ['balloons day', 110, 'cappadocia'], ['dunes day', 150, 'sahara'], ['dunes dusk', 150, 'sahara']],
  ...[['dunes dawn', 151, 'sahara'], ['portrait 4', 151, 'sahara'], ['city night', 210, 'newYork'], ['city dusk', 210, 'newYork']],
  ...[['city day', 211, 'newYork'], ['portrait 2', 211, 'newYork'], ['aurora night', 290, 'iceland'], ['aurora night', 291, 'iceland']],
  ...[['sea haze', 291, 'iceland'], ['mountains haze', 292, 'iceland'], ['lake haze', 365, 'iceland'], ['sea dawn', 365, 'coast']],
  ...[['meadow day', 365, 'alps'], ['portrait 1', 366, 'alps'], ['lake dusk', 730, 'alps'], ['balloons dusk', 730, 'cappadocia']],
  ...[['forest day', 731, 'berlin'], ['mountains day', 1095, 'alps'], ['lake dawn', 1095, 'alps'], ['fields day', 1100, 'provence']],
];

const shapes = [
  [1600, 1200],
  [1600, 1067],
  [1200, 1600],
  [1600, 1200],
  [1600, 900],
];

function sizeOf(kind, i) {
  return kind.startsWith('portrait') ? [[1200, 1500], [1600, 1200]][i % 2] : shapes[i % shapes.length];
}

export class Client {
  constructor(base) {
    this.base = base;
  }

  async ask(method, path, body) {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${this.base}/api${path}`, {
      method,
      headers: {
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
        ...(body && !isForm ? { 'Content-Type': 'application/json' } : {}),
      },
      body: isForm ? body : body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : null;
  }

  async logIn({ email, password }) {
    this.token = (await this.ask('POST', '/auth/login', { email, password })).accessToken;
    await this.ask('PUT', '/users/me/onboarding', { isOnboarded: true });
  }

  async upload(bytes, name, time) {
    const form = new FormData();
    form.set('fileCreatedAt', time);
    form.set('fileModifiedAt', time);
    form.set('assetData', new Blob([bytes]), name);
    return (await this.ask('POST', '/assets', form)).id;
  }

  async whenReady(ids) {
    for (const id of ids)
      while (!(await this.ask('GET', `/assets/${id}`)).thumbhash) await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function tagsOf({ place, time, i }) {
  const [make, model, lens, length, aperture, exposure, iso] = cameras[i % cameras.length];
  const [latitude, longitude] = places[place].map((degrees) => degrees + ((i % 7) - 3) * 0.004);
  const date = time.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
  return [
    ...[`-DateTimeOriginal=${date}`, `-CreateDate=${date}`, `-Make=${make}`, `-Model=${model}`, `-LensModel=${lens}`],
    ...[`-FocalLength=${length}`, `-FNumber=${aperture}`, `-ExposureTime=${exposure}`, `-ISO=${iso}`],
    ...[`-GPSLatitude=${latitude}`, '-GPSLatitudeRef=N', `-GPSLongitude=${Math.abs(longitude)}`],
    `-GPSLongitudeRef=${longitude < 0 ? 'W' : 'E'}`,
  ];
}

/** Files with the time and the place inside. @return [{kind, file, time, width, height}] */
async function makePhotos(folder, today) {
  const photos = taken.map(([kind, days, place], i) => {
    const [width, height] = sizeOf(kind, i);
    const time = new Date(today - days * 86_400_000);
    time.setUTCHours(8 + (i % 4) * 3, (i * 17) % 60, (i * 7) % 60, 0);
    return { kind, place, width, height, time, i, file: join(folder, `IMG_${String(2041 + i * 3)}.jpg`) };
  });
  const todo = [...photos];
  const worker = async () => {
    for (let photo = todo.shift(); photo; photo = todo.shift()) {
      const { kind, width, height, i, file } = photo;
      const svg = file.replace(/jpg$/, 'svg');
      writeFileSync(svg, scene(kind, i + 1, width, height));
      await run('vips', ['copy', svg, `${file}[Q=88]`]);
    }
  };
  await Promise.all(cpus().map(worker));
  // One run for all: it takes longer to start than to write.
  const tags = photos.flatMap((photo, n) => [...(n > 0 ? ['-execute'] : []), ...tagsOf(photo), photo.file]);
  writeFileSync(join(folder, 'tags'), tags.join('\n'));
  await run('exiftool', ['-@', join(folder, 'tags'), '-common_args', '-q', '-overwrite_original']);
  return photos;
}

/** A slow walk over a scene. */
async function makeVideo(folder) {
  const [svg, png, file] = ['film.svg', 'film.png', 'VID_0007.mp4'].map((name) => join(folder, name));
  writeFileSync(svg, scene('sea dusk', 77, 1600, 900));
  await run('vips', ['copy', svg, png]);
  await run('ffmpeg', [
    ...['-v', 'error', '-loop', '1', '-i', png, '-t', '12', '-r', '24'],
    ...['-vf', "zoompan=z='1+on/2400':d=288:s=1280x720:fps=24", '-c:v', 'libx264', '-pix_fmt', 'yuv420p', file],
  ]);
  return file;
}

/** Fill a new server. @return what the pictures need to know of it */
export async function fill(base) {
  const client = new Client(base);
  await client.ask('POST', '/auth/admin-sign-up', account);
  await client.logIn(account);
  await client.ask('POST', '/system-metadata/admin-onboarding', { isOnboarded: true });
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const folder = mkdtempSync(join(tmpdir(), 'tintype-photos-'));
  const photos = await makePhotos(folder, today);
  for (const photo of photos) photo.id = await client.upload(readFileSync(photo.file), photo.file.split('/').pop(), photo.time.toISOString());
  const filmTime = new Date(today - 40 * 86_400_000 + 19 * 3_600_000).toISOString();
  const film = await client.upload(readFileSync(await makeVideo(folder)), 'VID_0007.mp4', filmTime);
  // The same once more, smaller and without its date: a duplicate to be found.
  await run('vips', ['resize', photos[0].file, `${join(folder, 'copy.jpg')}[strip]`, '0.6']);
  const copy = await client.upload(readFileSync(join(folder, 'copy.jpg')), 'lake (copy).jpg', photos[34].time.toISOString());
  rmSync(folder, { recursive: true });
  await client.whenReady([...photos.map(({ id }) => id), film, copy]);

  const at = (place) => photos.filter((photo) => photo.place === place).map(({ id }) => id);
  const album = async (albumName, description, assetIds) =>
    (await client.ask('POST', '/albums', { albumName, description, assetIds })).id;
  const alps = await album('A week in the Alps', 'Five days of walking, one of rain, and the hut with the good cake.', at('alps'));
  const coast = await album('By the sea', '', [...at('coast'), film]);
  await album('Iceland in winter', 'Waiting for the lights.', at('iceland'));
  await album('Provence', '', at('provence'));
  await album('Balloons and dunes', '', [...at('cappadocia'), ...at('sahara')]);
  await album('New York', '', at('newYork'));

  const portraits = photos.filter(({ kind }) => kind.startsWith('portrait'));
  const people = [];
  for (const name of ['Clara', 'Ben', 'Ida', 'Emil', 'Grandma'])
    people.push((await client.ask('POST', '/people', { name })).id);
  for (const { id, kind, width, height } of portraits) {
    const box = Object.fromEntries(Object.entries(face(width, height)).map(([name, value]) => [name, Math.round(value)]));
    const personId = people[Number(kind.split(' ')[1])];
    await client.ask('POST', '/faces', { assetId: id, personId, imageWidth: width, imageHeight: height, ...box });
  }

  const tags = await client.ask('PUT', '/tags', { tags: ['Journeys/Mountains', 'Journeys/Sea', 'Journeys/Cities', 'For the wall', 'Family'] });
  const tag = (value, assetIds) =>
    client.ask('PUT', '/tags/assets', { tagIds: tags.filter((each) => each.value === value).map(({ id }) => id), assetIds });
  await tag('Journeys/Mountains', at('alps'));
  await tag('Journeys/Sea', at('coast'));
  await tag('Journeys/Cities', [...at('newYork'), ...at('berlin')]);
  await tag('For the wall', [photos[0].id, photos[9].id, photos[38].id]);
  await tag('Family', portraits.map(({ id }) => id));

  const some = (...indexes) => indexes.map((i) => photos[i].id);
  await client.ask('PUT', '/assets', { ids: some(0, 9, 17, 25, 28, 31, 38, 46), isFavorite: true });
  await client.ask('PUT', `/assets/${photos[0].id}`, { description: 'Before anybody else was up', rating: 5 });
  await client.ask('PUT', '/assets', { ids: some(21, 41, 48), visibility: 'archive' });
  await client.ask('DELETE', '/assets', { ids: some(36, 40) });
  await client.ask('POST', '/stacks', { assetIds: some(16, 22) });
  for (const [years, ids] of [[1, some(42, 43, 44)], [2, some(46, 47)], [3, some(49, 50)]]) {
    const day = new Date(today);
    await client.ask('POST', '/memories', {
      type: 'on_this_day',
      data: { year: day.getUTCFullYear() - years },
      memoryAt: new Date(Date.UTC(day.getUTCFullYear() - years, day.getUTCMonth(), day.getUTCDate())).toISOString(),
      showAt: new Date(today).toISOString(),
      hideAt: new Date(today + 86_399_000).toISOString(),
      assetIds: ids,
    });
  }

  const ben = await client.ask('POST', '/admin/users', { ...second, shouldChangePassword: false, quotaSizeInBytes: 50e9 });
  await client.ask('PUT', `/albums/${alps}/users`, { albumUsers: [{ userId: ben.id, role: 'editor' }] });
  await client.ask('POST', '/partners', { sharedWithId: ben.id });
  const other = new Client(base);
  await other.logIn(second);
  await other.ask('POST', '/activities', { albumId: alps, type: 'comment', comment: 'The second one goes on the wall!' });
  await other.ask('POST', '/activities', { albumId: alps, assetId: photos[0].id, type: 'like' });
  const link = await client.ask('POST', '/shared-links', {
    type: 'ALBUM',
    albumId: coast,
    description: 'For everybody who was there',
    allowUpload: true,
  });
  await client.ask('POST', '/auth/pin-code', { pinCode: '123456' });
  await client.ask('POST', '/api-keys', { name: 'Frame in the hall', permissions: ['asset.read', 'asset.view', 'album.read'] });
  return { client, photos, film, alps, coast, person: people[0], tag: tags.find(({ value }) => value === 'Journeys/Mountains')?.id, link: link.key };
}
