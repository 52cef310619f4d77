/* Below a path of another server, behind a real proxy that takes small bodies only. */
import { expect, test } from '@playwright/test';
import { drop, enter, tileOf, watch } from './helpers';

const below = process.env.TINTYPE_BELOW_URL;

test.skip(!below, 'there is no proxy; run.test.mjs starts one where nginx is installed');
test.use({ baseURL: below });

test('the app works below a path: pages, pictures, uploads, events', async ({ page }) => {
  const complaints = watch(page);
  const strays: string[] = [];
  page.on('request', (request) => {
    const { pathname, protocol } = new URL(request.url());
    if (/^http/.test(protocol) && !pathname.startsWith('/photos/')) strays.push(request.url());
  });
  await enter(page);
  await expect(page).toHaveURL(/\/photos\/photos$/);
  await drop(page, [{ name: 'below.jpg', day: '2030-01-02' }]);
  await expect(page.getByRole('heading', { name: '1 file uploaded' })).toBeVisible();
  // It appears without a reload: events come by a socket below the path.
  await expect(tileOf(page, '2 January 2030')).toBeVisible();
  await tileOf(page, '2 January 2030').click();
  await expect(page.getByRole('dialog', { name: 'Photo viewer' })).toBeVisible();
  await expect(page).toHaveURL(/\/photos\/photos\/[0-9a-f-]{36}$/);
  await page.reload();
  await expect(page.getByRole('dialog', { name: 'Photo viewer' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Albums' }).click();
  await expect(page).toHaveURL(/\/photos\/albums$/);
  await page.goBack();
  await expect(page).toHaveURL(/\/photos\/photos$/);
  expect(strays).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a file above the limit of the proxy goes in parts', async ({ page }) => {
  test.setTimeout(120_000);
  await enter(page);
  const head = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
  const buffer = Buffer.alloc(24 * 1024 * 1024);
  for (let i = 0; i < buffer.length; i += 4096)
    buffer.writeUInt32LE((Math.random() * 2 ** 32) >>> 0, i);
  head.copy(buffer);
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.request().method() === 'PATCH') answers.push(response.status());
  });
  await page
    .getByTestId('file-chooser')
    .setInputFiles({ name: 'film.jpg', mimeType: 'image/jpeg', buffer });
  await expect(page.getByRole('heading', { name: '1 file uploaded' })).toBeVisible({
    timeout: 50_000,
  });
  expect(answers.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
});
