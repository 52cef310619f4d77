/* Shared links: made by somebody with an account, opened by strangers in a browser that knows
 * nothing. */
import { readFileSync } from 'node:fs';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { drop, enter, expectPicture, openPhoto, tileOf, tiles, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

const name = `Feast ${Date.now()}`;
const slug = `feast-${Date.now()}`;

let page: Page;
let complaints: string[];
let albumLink = '';
let secretLink = '';

async function stranger(browser: Browser, address: string): Promise<Page> {
  const visitor = await (await browser.newContext()).newPage();
  watch(visitor, complaints);
  await visitor.goto(address);
  return visitor;
}

/** Every question of the page of a link to the server must carry the link. */
function watchCredentials(visitor: Page): string[] {
  const without: string[] = [];
  const isPublic = /\/api\/server\/|\/shared-links\/.*(key|slug)=|[?&](key|slug)=/;
  visitor.on('request', (request) => {
    if (request.url().includes('/api/') && !isPublic.test(request.url())) {
      without.push(request.url());
    }
  });
  return without;
}

/** The questions of a page that its head asks already, each as often as it was asked. */
function watchPreloaded(visitor: Page): Record<string, number> {
  const asked: Record<string, number> = {};
  visitor.on('request', (request) => {
    const found = /\/api\/(shared-links\/me|timeline\/buckets?)\?/.exec(request.url());
    if (found) asked[found[1]] = (asked[found[1]] ?? 0) + 1;
  });
  return asked;
}

/** What the dialog says the address is. */
async function createdAddress(): Promise<string> {
  const dialog = page.getByRole('dialog', { name: 'The link is ready' });
  const address = await dialog.getByLabel('Address').inputValue();
  await dialog.getByRole('contentinfo').or(dialog.locator('footer')).getByText('Close').click();
  return address;
}

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  complaints = watch(page);
  await enter(page);
  const answer = await page.request.post('api/albums', { data: { albumName: name } });
  const { id } = await answer.json();
  await page.goto(`./albums/${id}`);
  await expect(page.getByText('Nothing in here yet')).toBeVisible();
  await drop(page, [
    { name: 'cake.jpg', day: '2015-06-01' },
    { name: 'dance.jpg', day: '2015-06-02' },
  ]);
  await expectPicture(page, '1 June 2015');
  await expectPicture(page, '2 June 2015');
  const uploads = page.getByRole('region', { name: 'Uploads' });
  await uploads.getByRole('button', { name: 'Close' }).click();
});
test.afterAll(() => page.close());
test.afterEach(() => expect(complaints).toEqual([]));

test('a link to an album with an address of its own', async ({ browser }) => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('button', { name: 'Create link' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create link' });
  await dialog.getByLabel('Address of your own').fill(slug);
  await dialog.getByRole('switch', { name: 'Allow uploads' }).check();
  await dialog.getByRole('button', { name: 'Create link' }).click();
  albumLink = await createdAddress();
  expect(albumLink).toMatch(new RegExp(`/s/${slug}$`));

  const visitor = await stranger(browser, 'about:blank');
  const without = watchCredentials(visitor);
  const asked = watchPreloaded(visitor);
  await visitor.goto(albumLink);
  await expect(visitor.getByRole('heading', { level: 1, name })).toBeVisible();
  await expectPicture(visitor, '2 June 2015');
  expect(asked).toEqual({ 'shared-links/me': 1, 'timeline/buckets': 1, 'timeline/bucket': 1 });
  const viewer = await openPhoto(tileOf(visitor, '1 June 2015'));
  await visitor.keyboard.press('i');
  await expect(viewer.getByText('cake.jpg')).toBeVisible();
  for (const forbidden of ['Favourite', 'Move to trash', 'Archive']) {
    await expect(viewer.getByRole('button', { name: forbidden, exact: true })).toHaveCount(0);
  }
  const one = visitor.waitForEvent('download');
  await viewer.getByRole('button', { name: 'Download' }).click();
  expect((await one).suggestedFilename()).toBe('cake.jpg');
  await visitor.reload();
  await expect(viewer.getByText('1 June 2015')).toBeVisible();
  await visitor.keyboard.press('Escape');
  await expect(viewer).toBeHidden();

  const all = visitor.waitForEvent('download');
  await visitor.getByRole('button', { name: 'Download all' }).click();
  const archive = await all;
  expect(archive.suggestedFilename()).toBe(`${name}.zip`);
  const bytes = readFileSync(await archive.path());
  expect(bytes.includes('cake.jpg') && bytes.includes('dance.jpg')).toBe(true);
  expect(without).toEqual([]);
  await visitor.context().close();
});

test('strangers add photos where they may', async ({ browser }) => {
  const visitor = await stranger(browser, albumLink);
  await expect(tiles(visitor)).toHaveCount(2);
  await drop(visitor, [{ name: 'toast.jpg', day: '2015-07-03' }]);
  await expect(visitor.getByRole('heading', { name: '1 file uploaded' })).toBeVisible();
  await expectPicture(visitor, '3 July 2015');
  await expect(visitor.getByText(/^3 photos · Jun .*Jul 2015$/)).toBeVisible();
  await visitor.context().close();
  await page.keyboard.press('Escape');
  await expectPicture(page, '3 July 2015');
});

test('a server that stumbles has not ended the link', async ({ browser }) => {
  const visitor = await stranger(browser, 'about:blank');
  await visitor.route('**/api/shared-links/me*', (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
  );
  await visitor.goto(albumLink);
  await expect(visitor.getByText('The server does not answer')).toBeVisible();
  await visitor.unroute('**/api/shared-links/me*');
  await visitor.getByRole('button', { name: 'Try again' }).click();
  await expect(tiles(visitor)).toHaveCount(3);
  await visitor.context().close();
});

test('a link to chosen photos, behind a password and without downloads', async ({ browser }) => {
  await page.reload();
  await tileOf(page, '1 June 2015').focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Share by link' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create link' });
  await dialog.getByLabel('Description').fill('Just the cake');
  await dialog.getByLabel('Password', { exact: true }).fill('icing');
  await dialog.getByLabel('Ends').selectOption('7');
  await dialog.getByRole('switch', { name: 'Show date, place and camera' }).uncheck();
  await expect(dialog.getByRole('switch', { name: 'Allow downloads' })).not.toBeChecked();
  await dialog.getByRole('button', { name: 'Create link' }).click();
  secretLink = await createdAddress();

  const visitor = await stranger(browser, secretLink);
  await visitor.getByLabel('Password', { exact: true }).fill('custard');
  await visitor.getByRole('button', { name: 'Open' }).click();
  await expect(visitor.getByText('This is not the password.')).toBeVisible();
  await expect(tiles(visitor)).toHaveCount(0);
  await visitor.getByLabel('Password', { exact: true }).fill('icing');
  await visitor.getByRole('button', { name: 'Open' }).click();
  await expect(visitor.getByRole('heading', { level: 1, name: 'Just the cake' })).toBeVisible();
  await expectPicture(visitor, '1 June 2015');
  await expect(tiles(visitor)).toHaveCount(1);
  await expect(visitor.getByRole('button', { name: 'Download all' })).toHaveCount(0);
  await expect(visitor.getByRole('button', { name: 'Upload' })).toHaveCount(0);
  await tiles(visitor).first().click();
  const viewer = visitor.getByRole('dialog', { name: 'Photo viewer' });
  await expect(viewer).toBeVisible();
  await expect(viewer.getByRole('button', { name: 'Details' })).toHaveCount(0);
  await expect(viewer.getByRole('button', { name: 'Download' })).toHaveCount(0);
  await visitor.reload();
  await expect(viewer).toBeVisible();
  await visitor.context().close();
});

test('links are listed, changed and ended', async ({ browser }) => {
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Sharing' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'Just the cake' });
  await expect(row.getByText(/until .* password .* no downloads .* no details/)).toBeVisible();
  await row.getByRole('button', { name: 'Edit link' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit link' });
  await dialog.getByLabel('Password', { exact: true }).fill('');
  await dialog.getByRole('switch', { name: 'Show date, place and camera' }).check();
  await dialog.getByRole('switch', { name: 'Allow downloads' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row.getByText(/no details|password/)).toHaveCount(0);
  const visitor = await stranger(browser, secretLink);
  await expect(tiles(visitor)).toHaveCount(1);

  await row.getByRole('button', { name: 'Delete link' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete link' }).click();
  await expect(row).toHaveCount(0);
  await visitor.reload();
  await expect(visitor.getByText('This link does not work any more')).toBeVisible();
  await visitor.context().close();
});

test('whoever has an account is told that a link has ended, and stays who they are', async ({
  browser,
}) => {
  const known = await browser.newPage();
  await enter(known);
  await known.goto(albumLink);
  await expect(tiles(known)).toHaveCount(3);
  const links = await (await page.request.get('api/shared-links')).json();
  const { id } = links.find((link: { slug: string | null }) => link.slug === slug);
  await page.request.delete(`api/shared-links/${id}`);
  await known.getByRole('button', { name: 'Download all' }).click();
  await expect(known.getByText('Invalid share slug')).toBeVisible();
  await known.getByRole('link', { name: 'Tintype' }).click();
  await expect(tiles(known).first()).toBeVisible();
  await known.close();
});
