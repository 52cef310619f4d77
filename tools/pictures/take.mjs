/* Pictures of every page of the web app, for docs/pictures.md, of a server with a made-up library.
 *
 * usage: node tools/pictures/take.mjs [NAME...]
 *
 * All pages when none is named. Each is taken light and dark, wide and narrow, and put on one sheet; the pictures
 * in their own size stay in the folder that is told. It needs a built program (TINTYPE_BINARY, else build/tintype),
 * the packages of 'make test' and tests/browser/node_modules. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { account, fill } from './library.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { chromium } = createRequire(join(root, 'tests/browser/'))('playwright-core');

const looks = [
  { name: 'wide-light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'wide-dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'narrow-light', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { name: 'narrow-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
];

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** [name, title, path, what to do before the picture]; those with a name of "visitor" are seen without login. */
function pagesOf({ photos, film, alps, coast, person, tag, link }) {
  const viewer = `photos/${photos[0].id}`;
  return [
    ['login', 'Logging in', 'auth/login', null, true],
    ['link', 'A shared link, as those see it who have no account', `share/${link}`, null, true],
    ['photos', 'The timeline', 'photos'],
    [
      'selection',
      'Photos that are chosen',
      'photos',
      async (page) => {
        await page.locator('a[data-asset]').first().focus();
        await page.keyboard.press('x');
        for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
      },
    ],
    ['viewer', 'One photo', viewer],
    ['details', 'What is known of it', viewer, (page) => page.keyboard.press('i')],
    ['editor', 'Cropping and turning', viewer, (page) => page.keyboard.press('e')],
    ['video', 'A video', `photos/${film}`],
    ['albums', 'Albums', 'albums'],
    ['album', 'An album', `albums/${alps}`],
    ['sharing', 'What is shared, and with whom', 'sharing'],
    ['favorites', 'Favourites', 'favorites'],
    ['archive', 'The archive', 'archive'],
    ['locked', 'The locked folder', 'locked'],
    ['trash', 'The trash', 'trash'],
    ['explore', 'Explore', 'explore'],
    ['people', 'People', 'people'],
    ['person', 'A person', `people/${person}`],
    ['map', 'The map', 'map', (page) => page.locator('.map-photo img').first().waitFor()],
    ['tags', 'Tags', 'tags'],
    ['tag', 'A tag', `tags/${tag}`],
    ['search', 'Finding photos', 'search?q=FUJIFILM'],
    ['duplicates', 'Duplicates', 'duplicates'],
    ['large', 'Large files', 'large'],
    ['folders', 'Folders', 'folders'],
    ['workflows', 'Workflows', 'workflows'],
    ['settings', 'Settings: who one is', 'user-settings'],
    ['security', 'Settings: password, PIN, logging in', 'user-settings/security'],
    ['devices', 'Settings: devices', 'user-settings/devices'],
    ['api-keys', 'Settings: API keys', 'user-settings/api-keys'],
    ['preferences', 'Settings: what is shown', 'user-settings/preferences'],
    ['users', 'Administration: users', 'admin'],
    ['queues', 'Administration: queues', 'admin/queues'],
    ['config', 'Administration: settings of the server', 'admin/settings'],
    ['libraries', 'Administration: libraries', 'admin/libraries'],
    ['statistics', 'Administration: statistics', 'admin/statistics'],
    ['maintenance', 'Administration: backups and repairs', 'admin/maintenance'],
    ['about', 'About', 'user-settings/about'],
  ].map(([name, title, path, act = null, isVisitor = false]) => ({ name, title, path, act, isVisitor }));
}

/* ---- the server ---- */

async function freePort() {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

async function startServer(media) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const { TINTYPE_BINARY = join(root, 'build/tintype'), ...ours } = process.env;
  const binary = resolve(TINTYPE_BINARY);
  const env = { ...ours, IMMICH_HOST: '127.0.0.1', IMMICH_PORT: String(port), IMMICH_MEDIA_LOCATION: media };
  const child = spawn(binary, ['serve'], { env: { ...env, IMMICH_API_METRICS_PORT: '0', IMMICH_LOG_LEVEL: 'warn' }, stdio: ['ignore', 'inherit', 'inherit'] });
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break;
    const isUp = await fetch(`${base}/api/server/ping`).then(({ ok }) => ok, () => false);
    if (isUp) return { base, stop: () => new Promise((ended) => child.on('exit', ended).kill('SIGTERM')) };
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Error(`${binary} does not start`);
}

/* ---- the pictures ---- */

async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() =>
    [...document.images].every((image) => {
      const { bottom, top } = image.getBoundingClientRect();
      return image.complete || bottom < 0 || top > innerHeight;
    }),
  );
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => 0))));
  // What was drawn last is on the screen one frame later.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.waitForTimeout(300);
}

async function take(browser, base, pages, folder) {
  for (const { name: look, ...options } of looks) {
    const isNarrow = options.viewport.width < 700;
    for (const isVisitor of [true, false]) {
      const context = await browser.newContext({ ...options, locale: 'en-GB', reducedMotion: 'reduce', hasTouch: isNarrow, isMobile: isNarrow });
      const { email, password } = account;
      if (!isVisitor) await context.request.post(`${base}/api/auth/login`, { data: { email, password } });
      const page = await context.newPage();
      for (const { name, path, act } of pages.filter((each) => each.isVisitor === isVisitor)) {
        await page.goto(`${base}/${path}`);
        await settled(page);
        if (act) await act(page);
        await settled(page);
        await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
      }
      await context.close();
    }
    console.log(look);
  }
}

/** The four looks of a page beside each other, in the same height. */
function sheet(folder, name, target) {
  const height = 480;
  const parts = looks.map(({ name: look }) => {
    const part = join(folder, `part-${look}.png`);
    execFileSync('vips', ['thumbnail', join(folder, `${name}-${look}.png`), part, '4000', '--height', String(height)]);
    const framed = join(folder, `framed-${look}.png`);
    const [width] = execFileSync('vipsheader', ['-f', 'width', part], { encoding: 'utf8' }).split('\n');
    const [w, h] = [Number(width) + 16, height + 16];
    execFileSync('vips', ['embed', part, framed, '8', '8', String(w), String(h), '--extend', 'background', '--background', '128 124 120']);
    return framed;
  });
  const joined = parts.reduce((left, right, i) => {
    const out = join(folder, `joined-${i}.png`);
    execFileSync('vips', ['join', left, right, out, 'horizontal', '--expand']);
    return out;
  });
  execFileSync('vips', ['webpsave', joined, target, '--Q', '72', '--effort', '6', '--strip']);
}

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'tintype-pictures-'));
const media = mkdtempSync(join(tmpdir(), 'tintype-media-'));
const target = join(root, 'docs/pictures');
const server = await startServer(media);
const browser = await chromium.launch({
  executablePath: process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium',
  // The map is drawn without a graphics card.
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
try {
  const all = pagesOf(await fill(server.base));
  const pages = wanted.length > 0 ? all.filter(({ name }) => wanted.includes(name)) : all;
  await take(browser, server.base, pages, folder);
  mkdirSync(target, { recursive: true });
  for (const { name } of pages) sheet(folder, name, join(target, `${name}.webp`));
  if (pages.some(({ name }) => name === 'photos')) {
    const first = join(folder, 'photos-wide-light.png');
    execFileSync('vips', ['webpsave', first, join(target, 'timeline.webp'), '--Q', '75', '--effort', '6', '--strip']);
  }
  const shown = all.map(({ name, title }) => `## ${title}\n\n![${title}](pictures/${name}.webp)\n`);
  writeFileSync(
    join(root, 'docs/pictures.md'),
    `# Pictures\n\nEvery page, light and dark, on a desk and on a phone. The photos are made up; \`node tools/pictures/take.mjs\` takes\nthe pictures and writes this page.\n\n${shown.join('\n')}`,
  );
} finally {
  await browser.close();
  await server.stop();
  rmSync(media, { recursive: true });
}
console.log(`the pictures in their own size are in ${folder}`);
