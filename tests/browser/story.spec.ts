/* The first hour with Tintype: make an account, drop photos, look at them, love one, throw one
 * away and get it back. */
import { expect, test, type Page } from '@playwright/test';
import {
  account,
  drop,
  dropCopyOf,
  enter,
  expectPicture,
  openPhoto,
  tileOf,
  tiles,
  watch,
} from './helpers';

test.describe.configure({ mode: 'serial' });

let page: Page;
let complaints: string[];

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  complaints = watch(page);
});
test.afterAll(() => page.close());
test.afterEach(() => expect(complaints).toEqual([]));

test('the first visitor makes an account and sees an empty timeline or the photos', async () => {
  await enter(page);
  await expect(page).toHaveURL(/\/photos$/);
  await expect(page.getByText('No photos yet').or(tiles(page).first())).toBeVisible();
});

test('three dropped photos appear without a reload', async () => {
  await page.evaluate(() => Object.assign(window, { wasNotReloaded: true }));
  await drop(page, [
    { name: 'first.jpg', day: '2021-07-05' },
    { name: 'second.jpg', day: '2021-07-06' },
    { name: 'third.jpg', day: '2019-02-03' },
  ]);
  await expect(page.getByRole('heading', { name: '3 files uploaded' })).toBeVisible();
  for (const date of ['5 July 2021', '6 July 2021', '3 February 2019']) {
    await expectPicture(page, date);
  }
  expect(await page.evaluate(() => 'wasNotReloaded' in window)).toBe(true);
});

test('a copy is told apart, and a file of no use is refused with the reason', async () => {
  const id = await tileOf(page, '5 July 2021').getAttribute('data-asset');
  await dropCopyOf(page, id ?? '', 'a copy.jpg');
  const uploads = page.getByRole('region', { name: 'Uploads' });
  await expect(uploads.getByText('Already here', { exact: true })).toBeVisible();
  await drop(page, [{ name: 'letter.txt', day: '2020-01-01', text: 'Dear Ada,' }]);
  await expect(uploads.getByText(/Failed: .*letter\.txt/)).toBeVisible();
  await uploads.getByRole('button', { name: 'Close' }).click();
});

test('a photo opens, pages turn, and Escape leads back to it', async () => {
  await tileOf(page, '6 July 2021').click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await expect(viewer).toBeVisible();
  await expect(viewer.getByText('6 July 2021')).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(viewer.getByText('5 July 2021')).toBeVisible();
  const preview = viewer.locator('.slide[aria-hidden="false"] img').last();
  await expect
    .poll(() => preview.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(500);
  await page.keyboard.press('i');
  await expect(viewer.getByText('first.jpg')).toBeVisible();
  await page.keyboard.press('i');
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(tileOf(page, '5 July 2021')).toBeFocused();
});

test('its address opens it again after a reload', async () => {
  await tileOf(page, '5 July 2021').click();
  await page.reload();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await expect(viewer.getByText('5 July 2021')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(tileOf(page, '5 July 2021')).toBeVisible();
});

test('the address of a photo that is not there says so, and is not asked for again', async () => {
  let asked = 0;
  const nobody = '11111111-1111-4111-8111-111111111111';
  page.on('request', (request) => {
    if (request.url().endsWith(`/api/assets/${nobody}`)) asked++;
  });
  await page.goto(`./photos/${nobody}`);
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await expect(viewer.getByText('This photo is not here any more.')).toBeVisible();
  for (const name of ['Download', 'Details'])
    await expect(viewer.getByRole('button', { name, exact: true })).toHaveCount(0);
  await expectPicture(page, '5 July 2021');
  const before = asked;
  const ids = [await tileOf(page, '5 July 2021').getAttribute('data-asset')];
  for (const isFavorite of [true, false]) {
    await page.request.put('api/assets', { data: { ids, isFavorite } });
    await expect(page.locator('a[data-asset][aria-label*="favourite"]')).toHaveCount(+isFavorite);
  }
  expect(asked).toBe(before);
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
});

test('a favourite is marked and found among the favourites', async () => {
  await openPhoto(tileOf(page, '5 July 2021'));
  await page.keyboard.press('f');
  await expect(page.getByRole('button', { name: 'Favourite', pressed: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(tileOf(page, '5 July 2021')).toHaveAttribute('aria-label', /favourite/);
  await page.getByRole('link', { name: 'Favourites' }).click();
  await expectPicture(page, '5 July 2021');
  await expect(tileOf(page, '6 July 2021')).toHaveCount(0);
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
});

test('chosen photos are archived together and come back', async () => {
  for (const date of ['6 July 2021', '3 February 2019']) {
    await tileOf(page, date).hover();
    await page.getByRole('checkbox', { name: new RegExp(`^Select: .*${date}`) }).click();
  }
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Archive', exact: true }).click();
  await expect(tileOf(page, '6 July 2021')).toHaveCount(0);
  await page.getByRole('link', { name: 'Archive' }).click();
  await expectPicture(page, '3 February 2019');
  await tileOf(page, '6 July 2021').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Back to the timeline' }).click();
  await expect(page.getByText('The archive is empty')).toBeVisible();
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(tileOf(page, '3 February 2019')).toBeVisible();
});

test('a deleted photo lies in the trash and can be restored', async () => {
  await openPhoto(tileOf(page, '3 February 2019'));
  await page.keyboard.press('Delete');
  await expect(page.getByText('1 photo moved to the trash')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(tileOf(page, '3 February 2019')).toHaveCount(0);
  await page.getByRole('link', { name: 'Trash' }).click();
  await tileOf(page, '3 February 2019').click();
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(tileOf(page, '3 February 2019')).toHaveCount(0); // what others left there stays
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expectPicture(page, '3 February 2019');
});

test('what another window does shows here, and what is looked at does not move', async ({
  browser,
}) => {
  const many = Array.from({ length: 24 }, (_, i) => ({
    name: `many-${i}.jpg`,
    day: `2018-05-${String(i + 1).padStart(2, '0')}`,
  }));
  await drop(page, many);
  await expect(page.getByRole('heading', { name: '24 files uploaded' })).toBeVisible();
  await page
    .getByRole('region', { name: 'Uploads' })
    .getByRole('button', { name: 'Close' })
    .click();
  const scroller = page.locator('.scroller');
  const canvas = page.locator('.scroller > .canvas');
  const heightOf = () => canvas.evaluate((node) => node.clientHeight);
  // Uploaded is not yet shown: a window so tall that all are in view tells when the last came in.
  const usual = page.viewportSize()!;
  await page.setViewportSize({ width: usual.width, height: 8000 });
  await expect(tileOf(page, ' May 2018')).toHaveCount(many.length);
  await page.setViewportSize(usual);
  await scroller.evaluate((node) => node.scrollTo(0, 500));
  await expect.poll(() => scroller.evaluate((node) => node.scrollTop)).toBe(500);
  const watched = tileOf(page, '20 May 2018');
  await expect(watched).toBeInViewport();
  const place = await watched.boundingBox();
  const height = await heightOf();

  const other = await browser.newPage();
  await enter(other);
  await drop(other, [{ name: 'elsewhere.jpg', day: '2022-08-09' }]);
  await expectPicture(other, '9 August 2022');
  // It has come in above the view: the list is longer, and what is watched is where it was, both
  // at once and when the scroll position has been brought in line.
  await expect.poll(heightOf).toBeGreaterThan(height);
  expect(await watched.boundingBox()).toEqual(place);
  await expect.poll(() => scroller.evaluate((node) => node.scrollTop)).toBeGreaterThan(500);
  expect(await watched.boundingBox()).toEqual(place);
  await scroller.evaluate((node) => node.scrollTo(0, 0));
  await expectPicture(page, '9 August 2022');

  await openPhoto(tileOf(other, '9 August 2022'));
  await other.keyboard.press('Delete');
  await expect(tileOf(page, '9 August 2022')).toHaveCount(0);
  await other.close();
});

test('what is chosen here and deleted or stacked elsewhere shows here', async () => {
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  const usual = page.viewportSize()!;
  await page.setViewportSize({ width: usual.width, height: 8000 });
  const dates = [1, 2, 3, 4].map((day) => `${day} May 2018`);
  const ids: string[] = [];
  for (const date of dates) {
    const tile = page.locator(`a[data-asset][aria-label*=" ${date}"]`);
    ids.push((await tile.getAttribute('data-asset'))!);
    await tile.focus();
    await page.keyboard.press('x');
  }
  await expect(page.getByText('4 selected')).toBeVisible();
  await page.request.delete('api/assets', { data: { ids: [ids[0]] } });
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.request.post('api/stacks', { data: { assetIds: [ids[1], ids[2]] } });
  await expect(page.locator('a[data-asset][aria-label*="stack of 2"]')).toHaveCount(1);
  await expect(page.locator(`a[data-asset="${ids[2]}"]`)).toHaveCount(0);

  // What was done before can be undone for some seconds, by a button of the same name.
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toHaveCount(0);
  // Its cover goes, the other one stands there; it comes back, and is the cover again.
  await page.locator(`a[data-asset="${ids[1]}"]`).focus();
  await page.keyboard.press('x');
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.locator(`a[data-asset="${ids[1]}"]`)).toHaveCount(0);
  await expect(page.locator(`a[data-asset="${ids[2]}"]`)).toBeVisible();
  await undo.click();
  await expect(page.locator(`a[data-asset="${ids[1]}"][aria-label*="stack of 2"]`)).toBeVisible();
  await expect(page.locator(`a[data-asset="${ids[2]}"]`)).toHaveCount(0);
  await page.setViewportSize(usual);
});

test('the page fits a small phone', async ({ browser }) => {
  const phone = await browser.newPage({
    viewport: { width: 360, height: 640 },
    hasTouch: true,
    isMobile: true,
  });
  await enter(phone);
  await expect(tiles(phone).first()).toBeVisible();
  const width = () => phone.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBe(360);
  await tiles(phone).first().tap();
  await expect(phone.getByRole('dialog', { name: 'Photo viewer' })).toBeVisible();
  expect(await width()).toBe(360);
  await phone.close();
});

test('after logging out the photos are out of reach', async () => {
  await page.getByRole('button', { name: 'Account' }).click();
  await expect(page.getByText(account.email)).toBeVisible();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await page.goto('./favorites');
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
});
