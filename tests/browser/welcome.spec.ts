/* The first minutes: an admin decides for the server, somebody new for himself, and an empty timeline
 * says how photos get there. */
import { expect, test } from '@playwright/test';
import jsqr from 'jsqr';
import { addUser, enter, watch } from './helpers';

const decode = jsqr as unknown as typeof jsqr.default;

test('an admin is led through a few choices, which hold', async ({ page }) => {
  const complaints = watch(page);
  await enter(page);
  await page.request.delete('api/users/me/onboarding');
  await page.evaluate(() => localStorage.removeItem('tintype.welcomed'));
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Hello, Ada Browser' })).toBeVisible();
  await expect(page.getByText('Step 1 of 4')).toBeVisible();
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByText('Schritt 1 von 4')).toBeVisible();
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('heading', { name: 'Where files lie' })).toBeFocused();
  await page.getByRole('switch', { name: 'Sort files into folders' }).check();
  await page.getByLabel('Folders', { exact: true }).selectOption('{{y}}/{{MM}}/{{filename}}');
  await expect(page.getByText(/A photo of today goes to \d{4}\/\d\d\/IMG_1\.jpg/)).toBeVisible();
  await page.getByRole('button', { name: 'Next' }).click();
  const versions = page.getByRole('switch', { name: /Look for new versions/ });
  await expect(versions).not.toBeChecked();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('heading', { name: 'Your phone' })).toBeFocused();
  await page.getByRole('button', { name: 'To my photos' }).click();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  const config = (await (await page.request.get('api/admin/config')).json()) as {
    storageTemplate: { enabled: boolean; template: string };
    newVersionCheck: { enabled: boolean };
  };
  expect(config.storageTemplate).toMatchObject({
    enabled: true,
    template: '{{y}}/{{MM}}/{{filename}}',
  });
  expect(config.newVersionCheck.enabled).toBe(false);
  for (const where of ['users/me/onboarding', 'system-metadata/admin-onboarding'])
    expect(await (await page.request.get(`api/${where}`)).json()).toEqual({ isOnboarded: true });
  await page.reload();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  // As it was: other stories share this server.
  const data = { ...config, storageTemplate: { ...config.storageTemplate, enabled: false } };
  expect((await page.request.put('api/admin/config', { data })).status()).toBe(200);
  expect(complaints).toEqual([]);
});

test('a question that was broken off is asked again at the next start', async ({ page }) => {
  await enter(page);
  await page.request.delete('api/users/me/onboarding');
  await page.evaluate(() => localStorage.removeItem('tintype.welcomed'));
  await page.route('**/api/users/me/onboarding', (route) => route.abort());
  await page.reload();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  await page.unrouteAll();
  await page.reload();
  await page.getByRole('button', { name: 'Skip all this' }).click();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
});

test('somebody new has two steps, and an empty timeline with the address as a code', async ({
  page,
  browser,
}) => {
  await enter(page);
  const user = {
    name: 'Nora New',
    email: `nora-${Date.now()}@example.com`,
    password: 'yet another password',
  };
  await addUser(page, user);
  const other = await (await browser.newContext()).newPage();
  const complaints = watch(other);
  await other.goto('./');
  await other.getByLabel('E-mail').fill(user.email);
  await other.getByLabel('Password', { exact: true }).fill(user.password);
  await other.getByRole('button', { name: 'Log in' }).click();
  await expect(other.getByText('Step 1 of 2')).toBeVisible();
  await other.getByRole('button', { name: 'Next' }).click();
  await other.getByRole('button', { name: 'To my photos' }).click();
  await expect(other.getByRole('heading', { name: 'No photos yet' })).toBeVisible();
  const steps = other.getByRole('region', { name: 'How photos get here' });
  await expect(steps.getByText(/immich login http.*\/api KEY/)).toBeVisible();
  const code = steps.getByRole('img', { name: /^QR code of http/ });
  await expect(code).toBeVisible();
  // What a camera would read.
  const { pixels, size } = await code.evaluate(async (svg) => {
    const size = 200;
    const copy = svg.cloneNode(true) as SVGElement;
    for (const [i, node] of [...copy.children].entries())
      node.setAttribute('fill', i === 0 ? '#fff' : '#000');
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [size, size];
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0, size, size);
    return { pixels: [...context.getImageData(0, 0, size, size).data], size };
  });
  expect(decode(Uint8ClampedArray.from(pixels), size, size)?.data).toBe(
    new URL('./', other.url()).origin,
  );
  expect(complaints).toEqual([]);
  await other.context().close();
});
