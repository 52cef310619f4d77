/* The app as a program: installed, below a path of a proxy, without a connection, after an update,
 * with photos from a share sheet, and never showing one what another saw. */
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { account, addUser, enter, enterAs, tileOf, tiles } from './helpers';
import { put, quarters } from './media';
import { Proxy } from './proxy';

test.describe.configure({ mode: 'serial' });

const target = new URL(process.env.TINTYPE_URL ?? 'http://127.0.0.1:2283');
const proxy = new Proxy(target, '/family/photos/');
const sizes = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};
const guest = {
  name: 'Second Person',
  email: `second-${Date.now()}@example.com`,
  password: 'one more long password',
};

let context: BrowserContext;
let page: Page;
let complaints: string[];
const ids: string[] = [];
const days = ['2 March 2003', '3 March 2003'];

const viewer = () => page.getByRole('dialog', { name: 'Photo viewer' });
const note = () => page.getByText('No connection.');

async function newContext(browser: import('@playwright/test').Browser, size: keyof typeof sizes) {
  context = await browser.newContext({ ...sizes[size], baseURL: proxy.url });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
}

/** Names of the caches, without what all have in common. */
const cacheNames = (): Promise<string[]> =>
  page.evaluate(async () =>
    (await caches.keys()).map((name) => name.replace('tintype:/family/photos/:', '')),
  );

const addresses = (kind: string): Promise<string[]> =>
  page.evaluate(async (kind) => {
    const names = (await caches.keys()).filter((name) => name.endsWith(`:${kind}`));
    const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return keys.flat().map(({ url }) => url);
  }, kind);

/** What was kept is written after it was shown. */
const untilKept = (kind: string, what: string): Promise<void> =>
  expect
    .poll(async () => (await addresses(kind)).some((url) => url.includes(what)), what)
    .toBe(true);

async function expectShown(date: string): Promise<void> {
  const image = tileOf(page, date).locator('img');
  await expect
    .poll(() => image.evaluate((node: HTMLImageElement) => (node.complete ? node.naturalWidth : 0)))
    .toBeGreaterThan(0);
}

test.beforeAll(async ({ browser }) => {
  complaints = [];
  await proxy.start();
  await newContext(browser, 'desk');
  await enter(page);
  for (const day of ['2003-03-02', '2003-03-03']) {
    ids.push(await put(page, quarters(1200, 900), `${day}.jpg`, day));
  }
  await addUser(page, guest);
});
test.afterAll(async () => {
  await context.close();
  await proxy.stop();
});
test.afterEach(() => expect(complaints).toEqual([]));

test('a browser may install it', async () => {
  const answer = await page.request.get('manifest.webmanifest');
  expect(answer.headers()['content-type']).toBe('application/manifest+json');
  const manifest = (await answer.json()) as {
    icons: { src: string; sizes: string; type: string; purpose: string }[];
    share_target: { action: string; method: string };
  };
  for (const { src, sizes, type } of manifest.icons.filter((icon) => icon.sizes !== 'any')) {
    const icon = await page.request.get(src);
    expect(icon.headers()['content-type']).toBe(type);
    // Width and height stand in the head of a PNG.
    const bytes = await icon.body();
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
  }
  const purposes = new Set(manifest.icons.map(({ purpose }) => purpose));
  expect([...purposes].sort()).toEqual(['any', 'maskable']);
  expect(manifest.share_target).toMatchObject({ action: './share-target', method: 'POST' });

  const worker = await page.request.get('sw.js');
  expect(worker.headers()['cache-control']).toBe('no-cache');
  expect(worker.headers()['content-type']).toMatch(/^text\/javascript/);
  const session = await context.newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // The windows of tests are private ones, which can never install anything.
  const errors = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
  expect(errors).toEqual([]);
  await session.detach();
});

for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
  test(`what was seen is there without the server, on a ${size}`, async ({ browser }) => {
    if (size !== 'desk') {
      await context.close();
      await newContext(browser, size);
      await enterAs(page, account);
    }
    await page.goto(`./photos/${ids[0]}`);
    await expect(viewer()).toBeVisible();
    await page.keyboard.press('Escape');
    for (const day of days) await expectShown(day);
    // Also what was asked before there was a worker.
    for (const [kind, what] of [
      ['thumbnails', ids[1]!],
      ['previews', ids[0]!],
      ['answers', 'users/me'],
      ['answers', 'users/me/preferences'],
      ['answers', 'timeline/buckets?'],
      ['answers', 'timeline/bucket?'],
      ['answers', 'server/config'],
      ['answers', 'server/features'],
    ] as const)
      await untilKept(kind, what);

    await proxy.stop();
    try {
      await page.reload();
      await expect(note()).toBeVisible();
      for (const day of days) await expectShown(day);
      await tileOf(page, days[0]!).click();
      const preview = viewer().locator('.slide[aria-hidden="false"] img[data-size="preview"]');
      await expect
        .poll(() => preview.evaluate((node: HTMLImageElement) => node.naturalWidth))
        .toBe(1200);
      await page.keyboard.press('Escape');
      // Pages that come later are here as well.
      await page.goto('./albums');
      await expect(page.getByRole('heading', { name: 'Albums', level: 1 })).toBeVisible();
      await expect(note()).toBeVisible();
    } finally {
      await proxy.start();
    }
    await expect(note()).toBeHidden({ timeout: 30_000 });
    await page.goto('./photos');
    for (const day of days) await expectShown(day);
  });
}

test('photos of a link and large files are not kept', async () => {
  const made = await page.request.post('api/shared-links', {
    data: { type: 'INDIVIDUAL', assetIds: [ids[0]] },
  });
  const { key } = (await made.json()) as { key: string };
  await page.goto(`./share/${key}`);
  await expect(tiles(page)).toHaveCount(1);
  await page.goto(`./photos/${ids[0]}`);
  await expect(viewer()).toBeVisible();
  const sizes = await page.evaluate(async (id) => {
    const sizes: number[] = [];
    for (const path of [`assets/${id}/original`, `assets/${id}/thumbnail?size=fullsize`, 'tags'])
      sizes.push((await (await fetch(`api/${path}`)).blob()).size);
    return sizes;
  }, ids[0]);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  // Of these the last one is kept: by then what was asked for before it would be, too.
  await untilKept('answers', '/api/tags');
  const kept = [
    ...(await addresses('thumbnails')),
    ...(await addresses('previews')),
    ...(await addresses('answers')),
  ];
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.filter((url) => /[?&]key=|\/original|size=fullsize|\/auth\//.test(url))).toEqual([]);
});

test('files from the share sheet of a phone are uploaded', async () => {
  const name = `shared ü ${Date.now()}.jpg`;
  await page.goto('./photos');
  await page.evaluate(
    async ({ name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      const lastModified = Date.parse('2003-03-04T12:00:00Z');
      data.items.add(new File([bytes], name, { type: 'image/jpeg', lastModified }));
      const form = document.createElement('form');
      const input = document.createElement('input');
      Object.assign(form, {
        method: 'post',
        enctype: 'multipart/form-data',
        action: 'share-target',
      });
      Object.assign(input, { type: 'file', name: 'files', files: data.files });
      form.append(input);
      document.body.append(form);
      form.submit();
    },
    { name, base64: quarters(640, 480).toString('base64') },
  );
  await expect(page).toHaveURL(/\/family\/photos\/photos$/);
  await expect(page.getByText('1 file was received')).toBeVisible();
  const found = async (): Promise<number> => {
    const answer = await page.request.post('api/search/metadata', {
      data: { originalFileName: name },
    });
    return (await answer.json()).assets.total;
  };
  await expect.poll(found).toBe(1);
  // Taken once: it is not sent again.
  await page.reload();
  await expect(tiles(page).first()).toBeVisible();
  expect(await cacheNames()).toContainEqual(expect.stringMatching(/^shell:/));
  expect(
    await page.evaluate(async () => {
      const cache = await caches.open('tintype:/family/photos/:shared');
      return (await cache.keys()).length;
    }),
  ).toBe(0);
});

test('an update is there at once, and of the build before nothing stays', async () => {
  await page.goto('./photos');
  const shell = (await cacheNames()).find((name) => name.startsWith('shell:'))!;
  const version = shell.slice('shell:'.length);
  proxy.rewrite = (path, text) =>
    path === '/sw.js'
      ? text.replace(version, 'nextnextnext')
      : text.replace('</head>', '<meta name="build" content="next" /></head>');
  try {
    // The page is the new one although the old worker is still there.
    await page.reload();
    await expect(page.locator('meta[name="build"]')).toHaveCount(1);
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
    await expect.poll(cacheNames).toContain('shell:nextnextnext');
    // It waits for the pages of the old one to close, whose files are here until then.
    expect(await cacheNames()).toContain(shell);
    await page.close();
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    // A page of the same host, but not of the app: from there one can watch.
    await page.goto(`${new URL(proxy.url).origin}/nothing-of-ours`);
    await expect.poll(cacheNames).not.toContain(shell);
    expect(await cacheNames()).toContain('shell:nextnextnext');
    await page.goto('./photos');
    await expectShown(days[0]!);
    await proxy.stop();
    await page.reload();
    await expect(page.locator('meta[name="build"]')).toHaveCount(1);
    await expectShown(days[0]!);
    await proxy.start();
  } finally {
    proxy.rewrite = (_, text) => text;
  }
});

test('whoever logs out leaves nothing, and the next one sees nothing of it', async () => {
  await page.goto('./photos');
  await expectShown(days[0]!);
  expect((await cacheNames()).filter((name) => name.startsWith('seen:'))).not.toEqual([]);
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect
    .poll(async () => (await cacheNames()).filter((name) => name.startsWith('seen:')))
    .toEqual([]);

  await enterAs(page, guest);
  await expect(page.getByText('No photos yet')).toBeVisible();
  await page.reload();
  await expect(page.getByText('No photos yet')).toBeVisible();
  for (const what of ['users/me', 'users/me/preferences', 'server/config', 'timeline/buckets?'])
    await untilKept('answers', what);
  await proxy.stop();
  try {
    await page.goto(`./photos/${ids[0]}`);
    await expect(note()).toBeVisible();
    await expect(page.getByText('No photos yet')).toBeAttached();
    const answer = await page.evaluate(
      (id) =>
        fetch(`api/assets/${id}/thumbnail?size=preview`).then(
          ({ status }) => status,
          () => 'nothing',
        ),
      ids[0],
    );
    expect(answer).toBe('nothing');
  } finally {
    await proxy.start();
  }
});

test('who lost the login elsewhere leaves nothing either', async () => {
  await page.goto('./photos');
  await expect(page.getByText('No photos yet')).toBeVisible();
  const owners = async (): Promise<string[]> =>
    (await cacheNames()).filter((name) => name.startsWith('seen:'));
  await expect.poll(async () => (await owners()).length).toBeGreaterThan(0);
  await page.request.post('api/auth/logout');
  await context.addCookies([
    { name: 'immich_is_authenticated', value: 'true', url: new URL(proxy.url).origin },
  ]);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect.poll(owners).toEqual([]);
});
