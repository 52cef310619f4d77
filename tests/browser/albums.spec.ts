/* Albums: made from chosen photos, changed, and shared with somebody who sees them, adds to the
 * talk and leaves. */
import { expect, test, type Page } from '@playwright/test';
import {
  account,
  addUser,
  drop,
  enter,
  enterAs,
  expectPicture,
  tileOf,
  tiles,
  watch,
} from './helpers';

test.describe.configure({ mode: 'serial' });

const name = `Harbour ${Date.now()}`;
const friend = {
  name: 'Grace Guest',
  email: `grace-${Date.now()}@example.com`,
  password: 'another long password',
};

let page: Page;
let other: Page;
let complaints: string[];

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  complaints = watch(page);
  await enter(page);
  await addUser(page, friend);
  other = await (await browser.newContext()).newPage();
  complaints = watch(other, complaints);
  await drop(page, [
    { name: 'quay.jpg', day: '2016-03-01' },
    { name: 'crane.jpg', day: '2016-03-02' },
    { name: 'gull.jpg', day: '2016-03-03' },
  ]);
  await expect(page.getByRole('heading', { name: '3 files uploaded' })).toBeVisible();
  const uploads = page.getByRole('region', { name: 'Uploads' });
  await uploads.getByRole('button', { name: 'Close' }).click();
});
test.afterAll(async () => {
  await page.close();
  await other.context().close();
});
test.afterEach(() => expect(complaints).toEqual([]));

/** Choose photos of the timeline that opens at this month. */
async function choose(where: Page, dates: string[]): Promise<void> {
  await where.setViewportSize({ width: 1280, height: 8000 });
  for (const date of dates) {
    await tileOf(where, date).focus();
    await where.keyboard.press('x');
  }
  await where.setViewportSize({ width: 1280, height: 800 });
}

const heading = (where: Page) => where.getByRole('heading', { level: 1, name });

test('an album is made of chosen photos', async () => {
  await choose(page, ['1 March 2016', '2 March 2016']);
  await page.getByRole('button', { name: 'Add to album' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add to album' });
  await dialog.getByRole('searchbox').fill(name);
  await page.mouse.click(8, 400); // beside it: what was typed stays
  await expect(dialog.getByRole('searchbox')).toHaveValue(name);
  await dialog.getByRole('button', { name: `New album “${name}”` }).click();
  await expect(page.getByText(`2 photos added to “${name}”`)).toBeVisible();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(heading(page)).toBeVisible();
  await expectPicture(page, '2 March 2016');
  await expect(tiles(page)).toHaveCount(2);
});

test('photos are added from the timeline and taken out again', async () => {
  await page.getByRole('button', { name: 'Add photos' }).click();
  const picker = page.getByRole('dialog', { name: /Add photos to/ });
  await expect(picker.locator('a[data-asset]').first()).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 8000 });
  await picker.locator('a[data-asset][aria-label*="3 March 2016"]').click();
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  // as long as it is in the page, hidden or not, it holds the same photo beside the album's
  await expect(page.locator('dialog')).toHaveCount(0);
  await expectPicture(page, '3 March 2016');
  await tileOf(page, '1 March 2016').focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Remove from album' }).click();
  await expect(tileOf(page, '1 March 2016')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(tileOf(page, '1 March 2016')).toBeVisible();
});

test('its order, description and cover are changed', async () => {
  const first = () => tiles(page).first().getAttribute('aria-label');
  expect(await first()).toContain('3 March 2016');
  await page.locator('main').getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Oldest first' }).click();
  await expect.poll(first).toContain('1 March 2016');

  await page.locator('main').getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Rename or describe' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('Boats and birds');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Boats and birds')).toBeVisible();

  const cover = await tileOf(page, '2 March 2016').getAttribute('data-asset');
  await tileOf(page, '2 March 2016').click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.getByRole('button', { name: 'More', exact: true }).click();
  await viewer.getByRole('button', { name: 'Use as cover' }).click();
  await expect(page.getByText('Cover changed')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await page.getByRole('link', { name: 'Albums', exact: true }).first().click();
  const tile = page.getByRole('link', { name: new RegExp(`^${name}`) });
  await expect(tile.locator('img')).toHaveAttribute('src', new RegExp(`${cover}`));
  await page.getByLabel('Search albums').fill(name.slice(-9));
  await expect(page.locator('[data-album]')).toHaveCount(1);
  await tile.click();
  await expect(heading(page)).toBeVisible();
});

test('who is invited sees it, and only that', async () => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Share' });
  await dialog.getByLabel('What who is invited may do').selectOption('viewer');
  await dialog.getByLabel('Find by name or e-mail').fill(friend.email);
  await dialog.getByRole('button', { name: `Invite ${friend.name}` }).click();
  await expect(dialog.getByLabel(`What ${friend.name} may do`)).toHaveValue('viewer');
  await dialog.getByRole('button', { name: 'Close' }).click();

  await enterAs(other, friend);
  await other.getByRole('link', { name: 'Sharing' }).click();
  await other.getByRole('link', { name: new RegExp(`^${name}`) }).click();
  await expect(heading(other)).toBeVisible();
  await expectPicture(other, '3 March 2016');
  await expect(other.getByRole('button', { name: 'Add photos' })).toHaveCount(0);
  await tileOf(other, '3 March 2016').focus();
  await other.keyboard.press('x');
  await expect(other.getByRole('button', { name: 'Download' })).toBeVisible();
  const forbidden = ['Favourite', 'Move to trash', 'Remove from album'];
  // Whoever only sees photos in an album may not hand them on.
  for (const action of [...forbidden, 'Share by link', 'Add to album']) {
    await expect(other.getByRole('button', { name: action, exact: true })).toHaveCount(0);
  }
  await other.keyboard.press('Escape');
});

test('what one adds shows to the other at once', async () => {
  await drop(page, [{ name: 'late.jpg', day: '2016-03-04' }]);
  await expectPicture(page, '4 March 2016');
  await expectPicture(other, '4 March 2016');
});

test('they talk about the album and its photos', async () => {
  await tileOf(other, '3 March 2016').click();
  const viewer = other.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.getByRole('button', { name: 'Comments' }).click();
  await viewer.getByLabel('Say something').fill('What a gull!');
  await viewer.getByRole('button', { name: 'Send' }).click();
  await expect(viewer.getByText('What a gull!')).toBeVisible();
  await viewer.getByRole('button', { name: 'I like it' }).click();
  await expect(viewer.getByText('likes it')).toBeVisible();

  await page.reload();
  await page.getByRole('button', { name: 'Comments' }).click();
  const panel = page.getByRole('complementary', { name: 'Comments' });
  await expect(panel.getByText('What a gull!')).toBeVisible();
  await expect(panel.getByText('likes it')).toBeVisible();
  await panel.getByLabel('Say something').fill('Thank you');
  await page.keyboard.press('Enter');
  await expect(panel.getByText('Thank you')).toBeVisible();
  await panel.getByRole('button', { name: 'Close' }).click();
});

test('who leaves does not see it any more', async () => {
  await other.keyboard.press('Escape');
  await expect(other.getByRole('dialog', { name: 'Photo viewer' })).toBeHidden();
  await other.locator('main').getByRole('button', { name: 'More' }).click();
  await other.getByRole('button', { name: 'Leave album' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Leave album' }).click();
  await expect(other.getByText('No albums yet')).toBeVisible();
});

test('a whole library is shared, shown in the timeline and not any more', async () => {
  await page.getByRole('link', { name: 'Sharing' }).click();
  await page.getByRole('button', { name: 'Share my library' }).click();
  await page.getByRole('dialog').getByRole('button', { name: friend.email }).click();
  await expect(
    page.getByRole('button', { name: `Stop sharing with ${friend.name}` }),
  ).toBeVisible();

  await other.getByRole('link', { name: 'Sharing' }).click();
  await other.getByRole('switch', { name: `Show in my timeline: ${account.name}` }).check();
  await other.getByRole('link', { name: account.name }).click();
  await expect(tiles(other).first()).toBeVisible();
  await tiles(other).first().focus();
  await other.keyboard.press('x');
  await expect(other.getByRole('button', { name: 'Share by link' })).toBeVisible();
  await other.keyboard.press('Escape');
  await other.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(tiles(other).first()).toBeVisible();

  await page.getByRole('button', { name: `Stop sharing with ${friend.name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop sharing' }).click();
  await expect(page.getByText('Nobody sees your whole library.')).toBeVisible();
  await other.reload();
  await expect(other.getByText('No photos yet')).toBeVisible();
});

test('the album page fits a small phone', async ({ browser }) => {
  const phone = await browser.newPage({
    viewport: { width: 360, height: 640 },
    hasTouch: true,
    isMobile: true,
  });
  await enter(phone);
  await phone.getByRole('link', { name: 'Albums' }).tap();
  await phone.getByRole('link', { name: new RegExp(`^${name}`) }).tap();
  await expect(tiles(phone).first()).toBeVisible();
  for (const button of await phone.locator('main button:visible').all()) {
    const box = await button.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
  }
  await phone.getByRole('navigation').getByRole('button', { name: 'More' }).tap();
  await phone.getByRole('dialog').getByRole('link', { name: 'Trash' }).tap();
  await expect(phone).toHaveURL(/\/trash$/);
  await phone.close();
});

test('a menu that was opened before the photos came stays open', async ({ browser }) => {
  // a request that the service worker passes on could not be held
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const slow = await context.newPage();
  let arrive = (): void => undefined;
  const photos = new Promise<void>((resolve) => (arrive = resolve));
  await enter(slow);
  await slow.getByRole('link', { name: 'Albums', exact: true }).click();
  await slow.route('**/api/timeline/buckets?*', async (route) => {
    await photos;
    await route.continue();
  });
  await slow.getByRole('link', { name: new RegExp(`^${name}`) }).click();
  await slow.locator('main').getByRole('button', { name: 'More' }).click();
  await expect(slow.getByRole('button', { name: 'Delete album' })).toBeVisible();
  await expect(tiles(slow)).toHaveCount(0);
  arrive();
  await expect(tiles(slow).first()).toBeVisible();
  await expect(slow.getByRole('button', { name: 'Delete album' })).toBeVisible();
  await context.close();
});

test('a deleted album is gone, its photos are not', async () => {
  await page.getByRole('link', { name: 'Albums', exact: true }).click();
  await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
  await page.locator('main').getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Delete album' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete album' }).click();
  await expect(page).toHaveURL(/\/albums$/);
  await expect(page.getByRole('link', { name: new RegExp(`^${name}`) })).toHaveCount(0);
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await page.setViewportSize({ width: 1280, height: 8000 });
  await expect(tileOf(page, '3 March 2016')).toBeVisible();
});

test('of hundreds of albums as many are in the page as were scrolled to', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 140; i++) {
    const answer = await page.request.post('api/albums', { data: { albumName: `Shelf ${i}` } });
    ids.push((await answer.json()).id);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('link', { name: 'Albums', exact: true }).click();
  const albums = page.locator('[data-album]');
  await expect(albums).toHaveCount(60);
  await expect(async () => {
    await albums.last().scrollIntoViewIfNeeded();
    expect(await albums.count()).toBeGreaterThanOrEqual(ids.length);
  }).toPass();
  await page.getByLabel('Search albums').fill('Shelf 139');
  await expect(albums).toHaveCount(1);
  for (const id of ids) await page.request.delete(`api/albums/${id}`);
});
