/* How the web app feels, in Debian's Chromium: usage: browser.mjs SETTINGS, which are JSON (see browsing.py).
 * Prints what it measured as JSON. Times are told by the page itself, on its own clock, at the frame
 * after the one that shows what is waited for. */
import { chromium } from 'playwright-core';

const settings = JSON.parse(process.argv[2]);
const { base, email, password, link, turns, minutes } = settings;
const browser = await chromium.launch({
  executablePath: process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Runs in the page before its scripts: window.bench tells when photos were there. */
function watch() {
  const isInView = (node) => {
    const { top, bottom, height } = node.getBoundingClientRect();
    return height > 0 && bottom > 0 && top < innerHeight;
  };
  const isThere = (image) => image.complete && image.naturalWidth > 0;
  const bench = {
    first: 0,
    isInView,
    frames: 0,
    script: 0,
    /** The time of the frame after the first in which @isSo. */
    when: (isSo) =>
      new Promise((resolve) => {
        const look = () =>
          requestAnimationFrame(() => (isSo() ? requestAnimationFrame(() => resolve(performance.now())) : look()));
        look();
      }),
    tiles: () => [...document.querySelectorAll('a[data-asset]')].filter(isInView),
    allThere: () =>
      bench.tiles().length > 0 && bench.tiles().every((tile) => [...tile.querySelectorAll('img')].some(isThere)),
  };
  window.bench = bench;
  // Chromium drops what is beyond 250.
  performance.setResourceTimingBufferSize(10_000);
  void bench.when(() => bench.tiles().some((tile) => [...tile.querySelectorAll('img')].some(isThere))).then((time) => {
    bench.script = performance
      .getEntriesByType('resource')
      .filter(({ name, responseEnd }) => /\.js$/.test(new URL(name).pathname) && responseEnd < time)
      .reduce((sum, { transferSize }) => sum + transferSize, 0);
    bench.first = time;
  });
  const count = () => {
    bench.frames++;
    requestAnimationFrame(count);
  };
  count();
}

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  await context.addInitScript(watch);
  return context;
}

async function logIn(context) {
  const answer = await context.request.post(`${base}/api/auth/login`, { data: { email, password } });
  if (answer.status() !== 201) throw new Error(`the login answered ${answer.status()}`);
}

/** @return when the first thumbnail, and when all that are in view were there, ms; and the script, bytes */
async function firstPhotos(page, address) {
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForFunction(() => window.bench?.first > 0, null, { timeout: 120_000 });
  return page.evaluate(async () => {
    const all = await window.bench.when(window.bench.allThere);
    return { first: window.bench.first, script: window.bench.script, all };
  });
}

/* ---- opening ---- */

async function opening() {
  const found = { first: [], again: [], script: [] };
  for (let turn = 0; turn < turns; turn++) {
    const context = await open();
    await logIn(context);
    const page = await context.newPage();
    const fresh = await firstPhotos(page, `${base}/photos`);
    found.first.push(fresh.first);
    found.script.push(fresh.script);
    // Its service worker is there, as it is for whoever comes back.
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.goto('about:blank');
    found.again.push((await firstPhotos(page, `${base}/photos`)).first);
    await context.close();
  }
  return { first: median(found.first), again: median(found.again), script: median(found.script) };
}

/* ---- going to a year ---- */

const line = (page) => page.getByRole('slider', { name: 'Go to a date' });

/** Press the line of years at @fraction of its height.
 *  @return ms until photos of there stand in view with their placeholders, and until all pictures do */
async function jump(page, fraction) {
  const box = await line(page).boundingBox();
  await page.evaluate(() => {
    window.bench.jump = new Promise((resolve) => {
      const press = async () => {
        const begun = performance.now();
        const before = new Set(window.bench.tiles().map((tile) => tile.dataset.asset));
        const isThere = () => {
          if ([...document.querySelectorAll('.loading-rows')].some(window.bench.isInView)) return false;
          const tiles = window.bench.tiles();
          const areOthers = tiles.length > 3 && !tiles.some((tile) => before.has(tile.dataset.asset));
          return areOthers && tiles.every((tile) => tile.querySelector('canvas, img'));
        };
        const placeholders = (await window.bench.when(isThere)) - begun;
        const pictures = (await window.bench.when(window.bench.allThere)) - begun;
        resolve({ placeholders, pictures });
      };
      addEventListener('pointerdown', press, { once: true, capture: true });
    });
  });
  await page.mouse.click(box.x + box.width / 2, box.y + 14 + fraction * (box.height - 28));
  return page.evaluate(() => window.bench.jump);
}

/* ---- scrolling ---- */

async function scrolling(page, session) {
  const rates = [];
  let mostHeap = 0;
  let [work, frames] = [0, 0];
  const usedHeap = async () => (await session.send('Runtime.getHeapUsage')).usedSize;
  const mainThread = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  const end = Date.now() + minutes * 60_000;
  for (let turn = 0; Date.now() < end; turn++) {
    // Somewhere else every few seconds: what is kept in memory must not grow with it.
    if (turn % 4 === 3) await jump(page, ((turn * 0.618) % 1) * 0.98);
    const workBefore = await mainThread();
    const before = await page.evaluate(() => [performance.now(), window.bench.frames]);
    await session.send('Input.synthesizeScrollGesture', {
      ...{ x: 600, y: 400, yDistance: -7_500, speed: 2_500 },
      ...{ gestureSourceType: 'mouse', preventFling: true },
    });
    const after = await page.evaluate(() => [performance.now(), window.bench.frames]);
    rates.push(((after[1] - before[1]) / (after[0] - before[0])) * 1000);
    work += (await mainThread()) - workBefore;
    frames += after[1] - before[1];
    mostHeap = Math.max(mostHeap, await usedHeap());
  }
  await session.send('HeapProfiler.collectGarbage');
  const slow = [...rates].sort((a, b) => a - b)[Math.floor(rates.length / 10)];
  return { rate: median(rates), slow, work: (work * 1000) / frames, mostHeap, heap: await usedHeap() };
}

async function walking() {
  const context = await open();
  await logIn(context);
  const page = await context.newPage();
  await firstPhotos(page, `${base}/photos`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const jumps = [];
  // Each is another month, which was not loaded before.
  for (let i = 0; i < Math.max(9, turns * 3); i++) jumps.push(await jump(page, 0.97 - ((i * 0.381966) % 0.94)));
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.enable');
  // CPU time of its thread, which does not count what else the machine does.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const scrolled = await scrolling(page, session);
  await context.close();
  const of = (name) => jumps.map((each) => each[name]);
  return {
    placeholders: median(of('placeholders')),
    slowestPlaceholders: Math.max(...of('placeholders')),
    pictures: median(of('pictures')),
    ...scrolled,
  };
}

/* ---- a link, on a phone far away ---- */

async function sharedLink() {
  const found = { first: [], all: [] };
  for (let turn = 0; turn < turns; turn++) {
    const context = await open({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 300,
      downloadThroughput: 1.6e6 / 8,
      uploadThroughput: 0.75e6 / 8,
    });
    const { first, all } = await firstPhotos(page, link);
    found.first.push(first);
    found.all.push(all);
    await context.close();
  }
  return { first: median(found.first), all: median(found.all) };
}

/* ---- pages with very much on them ---- */

/** ms from the navigation until the first of @selector was painted. */
async function pageOf(path, selector) {
  const times = [];
  for (let turn = 0; turn < turns; turn++) {
    const context = await open();
    await logIn(context);
    const page = await context.newPage();
    await page.goto(`${base}/${path}`, { waitUntil: 'commit' });
    times.push(await page.evaluate((wanted) => window.bench.when(() => document.querySelector(wanted)), selector));
    await context.close();
  }
  return median(times);
}

async function pages() {
  return { albums: await pageOf('albums', '[data-album]'), map: await pageOf('map', '.map-photo') };
}

const parts = { opening, walking, sharedLink, pages };
const result = {};
for (const name of settings.parts ?? Object.keys(parts)) result[name] = await parts[name]();
await browser.close();
console.log(JSON.stringify(result));
