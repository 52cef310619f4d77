/* Videos that the server converts while they are watched: what the browser cannot play, a size that
 * somebody chooses, a connection that is too slow, sessions and their end. */
import { expect, test, type Locator, type Page, type Request } from '@playwright/test';
import { enter, tileOf, watch } from './helpers';
import { filmOf, put } from './media';

test.describe.configure({ mode: 'serial' });

const seconds = 20;
const ids: Record<string, string> = {};
let page: Page;
let complaints: string[];
let requests: Request[];

/** Nothing is converted beforehand, so that what is played is what was uploaded. */
async function configure(page: Page, ffmpeg: object, realtime: object): Promise<void> {
  const config = (await (await page.request.get('api/system-config')).json()) as {
    ffmpeg: { realtime: object };
  };
  config.ffmpeg = {
    ...config.ffmpeg,
    ...ffmpeg,
    realtime: { ...config.ffmpeg.realtime, ...realtime },
  };
  const answer = await page.request.put('api/system-config', { data: config });
  expect(answer.status()).toBe(200);
}

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000);
  const context = await browser.newContext();
  page = await context.newPage();
  complaints = watch(page);
  await enter(page);
  await configure(page, { transcode: 'disabled' }, { enabled: true, videoCodecs: ['h264'] });
  requests = [];
  page.on('request', (request) => requests.push(request));
  const film = (name: string, encoder: string, day: string): Promise<string> =>
    put(page, filmOf(name, seconds, encoder), name, day);
  ids.foreign = await film('foreign.avi', 'mpeg4', '2005-03-05');
  ids.usual = await film('usual.mp4', 'libx264', '2005-03-04');
  ids.halfForeign = await film('half.mp4', 'mpeg4', '2005-03-03');
});
test.afterAll(async () => {
  await configure(
    page,
    { transcode: 'required' },
    { enabled: false, videoCodecs: ['h264', 'hevc'] },
  );
  await page.context().close();
});
test.beforeEach(() => {
  requests.length = 0;
});
test.afterEach(() => expect(complaints).toEqual([]));

const viewer = (on: Page = page): Locator => on.getByRole('dialog', { name: 'Photo viewer' });
const film = (on: Page = page): Locator => viewer(on).locator('.slide[aria-hidden="false"] video');
const number = (
  name: 'currentTime' | 'videoHeight' | 'videoWidth',
  on: Page = page,
): Promise<number> => film(on).evaluate((node: HTMLVideoElement, name) => node[name], name);
const asked = (what: RegExp): Request[] =>
  requests.filter((request) => what.test(`${request.method()} ${request.url()}`));
const mains = (): Request[] => asked(/^GET .*\/main\.m3u8/);
const segments = (): Request[] => asked(/^GET .*\/seg_\d+\.m4s/);
const ends = (): Request[] => asked(/^DELETE .*\/video\/stream\/[0-9a-f-]{36}/);

async function open(name: string, on: Page = page): Promise<void> {
  await on.goto(`./photos/${ids[name]}`);
  await expect(viewer(on)).toBeVisible();
}

async function chooseQuality(name: string): Promise<void> {
  await page.mouse.move(300, 300 + Math.random() * 50);
  const button = viewer().getByRole('button', { name: 'Quality' });
  await button.click();
  await viewer().getByRole('button', { name, exact: true }).click();
  await button.click();
  await expect(viewer().getByRole('button', { name, exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.keyboard.press('Escape');
}

/** It may not begin by itself: whether a page may that nobody has touched is up to the browser. */
async function expectPlaying(from: number, on: Page = page): Promise<void> {
  const goOn = (node: HTMLVideoElement): number => {
    if (node.paused) void node.play().catch(() => undefined);
    return node.currentTime;
  };
  await expect.poll(() => film(on).evaluate(goOn)).toBeGreaterThan(from + 0.3);
  expect(await number('videoWidth', on)).toBeGreaterThan(0);
}

/** The session that was ended: nothing of it is served any more. */
async function expectEnd(): Promise<void> {
  await expect.poll(() => ends().length).toBe(1);
  const end = ends()[0]!;
  expect((await end.response())?.status()).toBe(204);
  const [playlist] = asked(/^GET .*\/playlist\.m3u8/);
  expect(playlist!.url()).toContain(new URL(end.url()).pathname);
  expect((await page.request.get(playlist!.url())).status()).toBe(404);
}

/** Nothing after the first segment comes: a quick machine would have made all before anyone could seek. */
const holdTheRest = (): Promise<void> => page.route(/\/seg_[1-7]\.m4s/, () => undefined);

const seek = (to: number): Promise<void> =>
  film().evaluate((node: HTMLVideoElement, to) => void (node.currentTime = to), to);

test('what the browser cannot play is streamed until the viewer closes', async () => {
  await open('foreign');
  await expectPlaying(0);
  expect(mains()).toHaveLength(1);
  expect(ends()).toHaveLength(0);
  await page.keyboard.press('Escape');
  await expect(viewer()).toHaveCount(0);
  await expectEnd();
});

test('it waits while the server opens others', async () => {
  let n = 0;
  await page.route(/\/main\.m3u8/, (route) =>
    ++n > 2 ? route.continue() : route.fulfill({ status: 429 }),
  );
  await open('foreign');
  await expectPlaying(0);
  expect(n).toBe(3);
  await page.unroute(/\/main\.m3u8/);
  await page.keyboard.press('Escape');
  await expectEnd();
});

test('turning the page ends it too', async () => {
  await open('foreign');
  await expectPlaying(0);
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(new RegExp(ids.usual!));
  await expectEnd();
});

test('what the browser can play is played as it is, until a size is chosen', async () => {
  await open('usual');
  await expectPlaying(0);
  expect(mains()).toHaveLength(0);
  expect(await number('videoHeight')).toBe(720);
  await seek(8);
  await chooseQuality('480p');
  await expect.poll(() => number('videoHeight')).toBe(480);
  await expectPlaying(8);
  expect(mains()).toHaveLength(1);
  await chooseQuality('720p');
  await expect.poll(() => number('videoHeight')).toBe(720);
  // And back to the file, from where it was.
  await seek(8);
  await chooseQuality('Original');
  await expectPlaying(8);
  expect(await film().getAttribute('src')).toContain('/video/playback');
  await page.keyboard.press('Escape');
  await expectEnd();
});

test('a size that was chosen is that of the next video', async () => {
  await open('usual');
  await chooseQuality('480p');
  await open('usual');
  await expect.poll(() => number('videoHeight')).toBe(480);
  expect(asked(/\/video\/playback/).length).toBeLessThanOrEqual(1);
  await chooseQuality('Automatic');
});

test('a file of which the browser plays only the sound is streamed, from any place', async () => {
  await holdTheRest();
  await open('halfForeign');
  await expectPlaying(0);
  expect(mains()).toHaveLength(1);
  // Far beyond what is there already.
  const before = segments().length;
  await seek(seconds - 4);
  await expectPlaying(seconds - 4);
  const wanted = segments()
    .slice(before)
    .map((request) => request.url());
  expect(wanted.some((url) => /seg_8\.m4s/.test(url))).toBe(true);
  await page.unrouteAll();
});

test('a session that the server has ended is opened again where it was', async () => {
  await holdTheRest();
  await open('halfForeign');
  await expectPlaying(0);
  await film().evaluate((node: HTMLVideoElement) => node.pause());
  const [playlist] = asked(/^GET .*\/playlist\.m3u8/);
  const stream = playlist!.url().replace(/\/\d+\/playlist\.m3u8.*/, '');
  expect((await page.request.delete(stream)).status()).toBe(204);
  await seek(seconds - 4);
  await expect.poll(() => mains().length).toBe(2);
  await expectPlaying(seconds - 4);
  await page.unrouteAll();
});

test('a file that does not come is streamed instead', async () => {
  await page.route('**/video/playback*', () => undefined); // never answered
  await open('usual');
  await expectPlaying(0);
  expect(mains()).toHaveLength(1);
  await page.unroute('**/video/playback*');
});

test('a browser without media sources plays it by itself', async ({ browser }) => {
  const storageState = await page.context().storageState();
  const context = await browser.newContext({ storageState });
  const other = await context.newPage();
  watch(other, complaints);
  await other.addInitScript(() => {
    Reflect.deleteProperty(window, 'MediaSource');
    Reflect.deleteProperty(window, 'ManagedMediaSource');
  });
  const ended = other.waitForRequest(
    (request) => request.method() === 'DELETE' && /\/video\/stream\//.test(request.url()),
  );
  await open('foreign', other);
  await expectPlaying(0, other);
  expect(await film(other).getAttribute('src')).toMatch(/\/playlist\.m3u8$/);
  await other.keyboard.press('Escape');
  expect((await (await ended).response())?.status()).toBe(204);
  await context.close();
});

test('who comes by a link sees it as well', async ({ browser }) => {
  const data = { type: 'INDIVIDUAL', assetIds: [ids.foreign, ids.usual] };
  const answer = await page.request.post('api/shared-links', { data });
  expect(answer.status()).toBe(201);
  const { key } = (await answer.json()) as { key: string };
  const context = await browser.newContext();
  const stranger = await context.newPage();
  watch(stranger, complaints);
  await stranger.goto(`./share/${key}`);
  await tileOf(stranger, '5 March 2005').click();
  await expectPlaying(0, stranger);
  const ended = stranger.waitForRequest(
    (request) => request.method() === 'DELETE' && /\/video\/stream\//.test(request.url()),
  );
  await stranger.keyboard.press('Escape');
  expect((await (await ended).response())?.status()).toBe(204);
  await context.close();
});

test('without streams there is no choice, and a video says that it cannot be played', async () => {
  await configure(page, {}, { enabled: false });
  await open('foreign');
  await expect(viewer().getByRole('alert')).toContainText('cannot play this video');
  await expect(viewer().getByRole('button', { name: 'Quality' })).toHaveCount(0);
  expect(mains()).toHaveLength(0);
});
