/* Finding photos: by words, by tags, and by who is in them. */
import { expect, test, type Page } from '@playwright/test';
import { drop, enter, expectPicture, openPhoto, tileOf, tiles, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

/** The library need not be empty: what these stories make has a name and a day of its own. */
const mark = `find${Date.now().toString(36)}`;
const name = `Grace ${mark}`;

let page: Page;
let complaints: string[];

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  complaints = watch(page);
  await enter(page);
  await drop(page, [
    { name: `${mark}-one.jpg`, day: '2015-04-01' },
    { name: `${mark}-two.jpg`, day: '2015-04-02' },
  ]);
  await expect(page.getByRole('heading', { name: '2 files uploaded' })).toBeVisible();
  await page
    .getByRole('region', { name: 'Uploads' })
    .getByRole('button', { name: 'Close' })
    .click();
});
test.afterAll(() => page.close());
test.afterEach(() => expect(complaints).toEqual([]));

const viewer = () => page.getByRole('dialog', { name: 'Photo viewer' });
const field = () => page.getByRole('combobox', { name: 'Search your photos' });

test('words find photos, and stand in the address', async () => {
  await page.locator('main').focus();
  await page.keyboard.press('/');
  await expect(field()).toBeFocused();
  await field().fill(mark);
  await expect(page.getByRole('option', { name: `${mark}-one.jpg` })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/search\\?q=${mark}$`));
  await expect(tiles(page)).toHaveCount(2);
  await expectPicture(page, '1 April 2015');
  await page.reload();
  await expect(tiles(page)).toHaveCount(2);
});

test('a filter narrows the search and can be taken away', async () => {
  await page.getByRole('button', { name: 'Filters' }).click();
  const dialog = page.getByRole('dialog', { name: 'Filters' });
  await dialog.getByLabel('From').fill('2015-04-02');
  await dialog.getByRole('button', { name: 'Show photos' }).click();
  await expect(page).toHaveURL(/from=2015-04-02/);
  await expect(tiles(page)).toHaveCount(1);
  await expect(tileOf(page, '2 April 2015')).toBeVisible();
  await page.getByRole('button', { name: /^Remove from/ }).click();
  await expect(tiles(page)).toHaveCount(2);
});

test('what is not there is told', async () => {
  await field().fill(`${mark}-nothing-at-all`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.goBack();
  await expect(tiles(page)).toHaveCount(2);
});

test('a photo is tagged in its details and found by the tag', async () => {
  await openPhoto(tileOf(page, '1 April 2015'));
  await page.keyboard.press('i');
  const tag = viewer().getByRole('combobox', { name: 'Add a tag' });
  await tag.fill(`${mark}/small`);
  await tag.press('Enter');
  await viewer()
    .getByRole('link', { name: `${mark}/small` })
    .click();
  await expect(page.getByRole('heading', { name: 'small', exact: true })).toBeVisible();
  await expect(tileOf(page, '1 April 2015')).toBeVisible();
  await expect(tileOf(page, '2 April 2015')).toHaveCount(0);

  // On the page of the tag above it cannot be taken off: it is told where it can.
  await page.getByRole('link', { name: mark, exact: true }).click();
  await expect(page.getByRole('heading', { name: mark, exact: true })).toBeVisible();
  await tileOf(page, '1 April 2015').focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: `Remove tag ${mark}` }).click();
  await expect(page.getByText(`1 photo has a tag below ${mark}`)).toBeVisible();
  await expect(tileOf(page, '1 April 2015')).toBeVisible();
});

test('a face is drawn by hand, named, and leads to the person', async () => {
  await field().fill(mark);
  await page.keyboard.press('Enter');
  await openPhoto(tileOf(page, '1 April 2015'));
  // The details are still what one wanted to see, or are opened again.
  const details = viewer().getByRole('complementary', { name: 'Details' });
  if (!(await details.isVisible())) await page.keyboard.press('i');
  await details.getByRole('button', { name: 'Add a face' }).click();
  const paper = viewer().getByRole('application');
  await expect(paper).toBeVisible();
  const box = (await paper.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.7, { steps: 4 });
  await page.mouse.up();
  const picker = page.getByRole('dialog', { name: 'Who is this?' });
  await picker.getByRole('searchbox').fill(name);
  await picker.getByRole('button', { name: `New: ${name}` }).click();
  await expect(details.getByRole('link', { name })).toBeVisible();
  await details.getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
  await expect(tileOf(page, '1 April 2015')).toBeVisible();
});

test('the person is found among the people and renamed there', async () => {
  await page.getByRole('link', { name: 'People', exact: true }).first().click();
  const person = page.getByRole('listitem').filter({
    has: page.getByRole('link', { name: `Photos of ${name}` }),
  });
  await person.getByRole('textbox', { name: 'Name' }).fill(`${name} H.`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: `Photos of ${name} H.` })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('link', { name: `Photos of ${name} H.` })).toBeVisible();
});

test('what is deleted, restored or locked elsewhere leaves the results or returns', async () => {
  await field().fill(mark);
  await page.keyboard.press('Enter');
  await expect(tiles(page)).toHaveCount(2);
  const id = (await tileOf(page, '2 April 2015').getAttribute('data-asset'))!;
  await page.request.delete('api/assets', { data: { ids: [id] } });
  await expect(tiles(page)).toHaveCount(1);
  await page.request.post('api/trash/restore/assets', { data: { ids: [id] } });
  await expect(tiles(page)).toHaveCount(2);

  await openPhoto(tileOf(page, '2 April 2015'));
  await viewer().getByRole('button', { name: 'More', exact: true }).click();
  await viewer().getByRole('button', { name: 'Move to the locked folder' }).click();
  await page.getByRole('button', { name: 'Move to the locked folder' }).last().click();
  await expect(page.getByText('1 photo moved to the locked folder')).toBeVisible();
  await expect(page).not.toHaveURL(new RegExp(id));
  await page.keyboard.press('Escape');
  await expect(viewer()).toBeHidden();
  await expect(tiles(page)).toHaveCount(1);
});
