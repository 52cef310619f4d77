/* The timeline under the hand: drawn over to choose, chosen with shift, made larger and smaller, gone
 * through by its line of years, and calm while photos come in. */
import { expect, test, type Page } from '@playwright/test';
import { drop, enter, tileOf, tiles, untilIdle, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

let page: Page;
let complaints: string[];
const days = 30;

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000);
  page = await browser.newPage({ viewport: { width: 1280, height: 1300 } });
  complaints = watch(page);
  await enter(page);
  // Three photos a day from 1 to 30 June 1998: a month that is longer than a window, whatever comes
  // before; and one above it, for at the very top new photos come into view.
  const files = Array.from({ length: days * 3 }, (_, i) => ({
    name: `grid-${i}.jpg`,
    day: `1998-06-${String((i % days) + 1).padStart(2, '0')}`,
  }));
  files.push({ name: 'grid-newest.jpg', day: '2022-02-01' });
  await drop(page, files);
  await expect(page.getByRole('heading', { name: `${files.length} files uploaded` })).toBeVisible({
    timeout: 150_000,
  });
  const uploads = page.getByRole('region', { name: 'Uploads' });
  await uploads.getByRole('button', { name: 'Close' }).click();
  // A photo whose shape becomes known moves those after it.
  await untilIdle(page);
  await page.reload();
});
test.afterAll(() => page.close());
test.afterEach(() => expect(complaints).toEqual([]));

const scrubber = () => page.getByRole('slider', { name: 'Go to a date' });
const selectedIds = () =>
  page
    .locator('.tile.selected a[data-asset]')
    .evaluateAll((all) => all.map((a) => a.dataset.asset));

async function toJune(): Promise<void> {
  await scrubber().focus();
  await page.keyboard.press('End');
  await expect(tileOf(page, 'June 1998').first()).toBeInViewport();
  await seesJune();
  // It stands still: what is measured holds.
  let before = '';
  await expect
    .poll(async () => {
      const now = (await inView()).join();
      const isSame = now === before;
      before = now;
      return isSame;
    })
    .toBe(true);
}

/** Not only near the view, where tiles are made as well. */
async function seesJune(): Promise<void> {
  await expect.poll(async () => (await inView()).length).toBeGreaterThan(3);
  const labels = await Promise.all(
    (await inView()).map((id) => tile(id).getAttribute('aria-label')),
  );
  expect(labels.filter((label) => !label?.includes('June 1998'))).toEqual([]);
}

/** Tiles that are in view as a whole, in the order of the page, which is that of the list. */
async function inView(): Promise<string[]> {
  return tiles(page).evaluateAll((all) =>
    all
      .map((a) => ({ id: a.dataset.asset!, box: a.getBoundingClientRect() }))
      .filter(({ box }) => box.top > 110 && box.bottom < innerHeight - 20)
      .map(({ id }) => id),
  );
}

const tile = (id: string) => page.locator(`a[data-asset="${id}"]`);

test('the line of years goes to any month, by keys and by the pointer', async () => {
  await toJune();
  await page.keyboard.press('Home');
  await expect.poll(() => page.locator('.scroller').evaluate((n) => n.scrollTop)).toBeLessThan(10);
  const box = (await scrubber().boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4, { steps: 8 });
  await page.mouse.up();
  await seesJune();
  await expect(scrubber()).toHaveAttribute('aria-valuetext', /1998/);
});

test('shift with a click chooses all between', async () => {
  await toJune();
  const ids = await inView();
  expect(ids.length).toBeGreaterThan(4);
  await tile(ids[0]!).hover();
  await page
    .locator('.tile', { has: tile(ids[0]!) })
    .getByRole('checkbox')
    .click();
  await tile(ids[3]!).click({ modifiers: ['Shift'] });
  await expect(page.getByText('4 selected')).toBeVisible();
  expect((await selectedIds()).sort()).toEqual(ids.slice(0, 4).sort());
  await page.keyboard.press('Escape');
  await expect(page.getByText('4 selected')).toBeHidden();
});

test('a stroke over photos chooses them, and the click that ends it opens nothing', async () => {
  await toJune();
  const ids = await inView();
  const first = page.locator('.tile', { has: tile(ids[0]!) });
  await tile(ids[0]!).hover();
  const mark = (await first.getByRole('checkbox').boundingBox())!;
  await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2);
  await page.mouse.down();
  const last = (await tile(ids[2]!).boundingBox())!;
  await page.mouse.move(last.x + last.width / 2, last.y + last.height / 2, { steps: 12 });
  await expect(page.getByText('3 selected')).toBeVisible();
  // Back again: what was drawn over too far is let go.
  const middle = (await tile(ids[1]!).boundingBox())!;
  await page.mouse.move(middle.x + middle.width / 2, middle.y + middle.height / 2, { steps: 12 });
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.mouse.up();
  await expect(page.getByRole('dialog', { name: 'Photo viewer' })).toBeHidden();
  await expect(page.getByText('2 selected')).toBeVisible();
  expect((await selectedIds()).sort()).toEqual(ids.slice(0, 2).sort());
  await page.keyboard.press('Escape');
});

test('Ctrl and the wheel, and the keys + and -, change how large photos are', async () => {
  await toJune();
  const height = () =>
    tiles(page)
      .first()
      .evaluate((a) => a.getBoundingClientRect().height);
  const usual = await height();
  const box = (await page.locator('.scroller').boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, 120);
  await page.keyboard.up('Control');
  await expect.poll(height).toBeLessThan(usual * 0.85);
  // What was looked at is still there, and the page itself was not zoomed.
  await seesJune();
  expect(await page.evaluate(() => visualViewport?.scale)).toBe(1);
  await page.reload();
  await expect(tiles(page).first()).toBeVisible();
  await expect.poll(height).toBeLessThan(usual * 0.85);
  await tiles(page).first().focus();
  await page.keyboard.press('+');
  await expect.poll(height).toBeGreaterThan(usual * 0.85);
});

test('two fingers that part make photos larger', async ({ browser }) => {
  const phone = await browser.newPage({
    viewport: { width: 390, height: 800 },
    hasTouch: true,
    isMobile: true,
  });
  await enter(phone);
  await expect(tiles(phone).first()).toBeVisible();
  const height = () =>
    tiles(phone)
      .first()
      .evaluate((a) => a.getBoundingClientRect().height);
  const usual = await height();
  const session = await phone.context().newCDPSession(phone);
  const touch = (type: string, gap: number | null) =>
    session.send('Input.dispatchTouchEvent', {
      type: type as 'touchStart',
      touchPoints:
        gap === null
          ? []
          : [
              { x: 195 - gap, y: 420, id: 1 },
              { x: 195 + gap, y: 420, id: 2 },
            ],
    });
  await touch('touchStart', 60);
  for (const gap of [70, 80, 90, 100]) await touch('touchMove', gap);
  await touch('touchEnd', null);
  await expect.poll(height).toBeGreaterThan(usual * 1.15);
  await phone.close();
});

test('photos that come in above do not move what is looked at', async () => {
  await toJune();
  const [watched] = await inView();
  const place = await tile(watched!).boundingBox();
  // At each moment while they come, not only when all are there.
  const moved = page.evaluate(async (id) => {
    const at = () => document.querySelector(`a[data-asset="${id}"]`)?.getBoundingClientRect().top;
    const start = at();
    let most = 0;
    const isUploaded = () =>
      document.querySelector('section[aria-label="Uploads"] h2')?.textContent?.startsWith('6 ');
    const canvas = document.querySelector('.scroller > .canvas')!;
    const height = canvas.clientHeight;
    // Uploaded is not yet shown: the list is longer when they come in.
    while (!isUploaded() || canvas.clientHeight === height) {
      await new Promise(requestAnimationFrame);
      most = Math.max(most, Math.abs((at() ?? Infinity) - (start ?? 0)));
    }
    return most;
  }, watched!);
  await drop(
    page,
    Array.from({ length: 6 }, (_, i) => ({ name: `above-${i}.jpg`, day: `2023-02-0${i + 1}` })),
  );
  await expect(page.getByRole('heading', { name: '6 files uploaded' })).toBeVisible();
  expect(await moved).toBeLessThan(1.5);
  await page.keyboard.press('Home');
  await expect(tileOf(page, 'February 2023').first()).toBeVisible();
  await toJune();
  expect((await tile(watched!).boundingBox())?.x).toBe(place?.x);
});

test('going back leads to the place that was left', async () => {
  await toJune();
  const [watched] = await inView();
  await page.getByRole('link', { name: 'Albums', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Albums', exact: true })).toBeVisible();
  await page.goBack();
  await expect.poll(inView).toContain(watched);
  // Whoever comes by a link begins at the top.
  await page.getByRole('link', { name: 'Albums', exact: true }).click();
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(tileOf(page, 'February 2023').first()).toBeInViewport();
});
