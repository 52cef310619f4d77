/* A backup is brought back under maintenance: what was changed since is gone, the restore point holds
 * it, and a backup that is none leaves everything as it was. */
import { expect, test, type Page } from '@playwright/test';
import { judge } from './axe';
import { enter, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now();
const kept = `Kept ${stamp}`;
const later = `Later ${stamp}`;
/** The server begins again, and works on its database meanwhile. */
const patience = { timeout: 30_000 };

let page: Page;
let complaints: string[];
let backup: string;

const post = async (path: string, data: object) =>
  expect((await page.request.post(`api/${path}`, { data })).status()).toBe(201);
const names = async (): Promise<string[]> =>
  (await (await page.request.get('api/admin/database-backups')).json()).backups.map(
    ({ filename }: { filename: string }) => filename,
  );
const photos = () => page.getByRole('link', { name: 'Photos', exact: true });
const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });
const end = () => page.getByRole('button', { name: 'End maintenance' });

async function startMaintenance(): Promise<void> {
  await page.goto('./admin/maintenance');
  await page.getByRole('button', { name: 'Start maintenance' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start maintenance' }).click();
  await expect(end()).toBeVisible(patience);
}

/** Restore on the page of the maintenance mode. */
async function restore(name: string): Promise<void> {
  await row(name).getByRole('button', { name: 'Restore' }).click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText(name);
  await question.getByRole('button', { name: 'Restore' }).click();
}

async function expectAlbums(...there: string[]): Promise<void> {
  await page.goto('./albums');
  for (const name of [kept, later]) {
    const album = page.getByRole('link', { name: new RegExp(name) });
    await expect(album).toHaveCount(there.includes(name) ? 1 : 0);
  }
}

async function noSideways(): Promise<void> {
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  expect(scrollWidth).toBe(clientWidth);
}

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext()).newPage();
  complaints = watch(page);
  await enter(page);
  await post('albums', { albumName: kept });
});
test.afterAll(() => page.context().close());
test.afterEach(() => {
  // The server was away for a moment, more than once.
  expect(complaints.filter((text) => !/ERR_CONNECTION|WebSocket/.test(text))).toEqual([]);
});

test('a backup is made, and restored under maintenance', async () => {
  await page.goto('./admin/maintenance');
  const before = new Set(await names());
  await page.getByRole('button', { name: 'Back up now' }).click();
  const made = async () => (await names()).find((name) => !before.has(name));
  await expect.poll(made, patience).toBeTruthy();
  backup = (await made())!;

  await post('albums', { albumName: later });
  await expectAlbums(kept, later);
  await startMaintenance();
  await noSideways();
  // Who changes their mind changes nothing.
  await row(backup).getByRole('button', { name: 'Restore' }).click();
  expect(await judge(page, 'maintenance')).toEqual([]);
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await restore(backup);
  await expect(photos()).toBeVisible(patience);
  await expectAlbums(kept);
});

test('the restore point brings back what the backup did not have, on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('./admin/maintenance');
  const point = (await names()).find((name) => name.startsWith('restore-point-'))!;
  await page.getByRole('button', { name: `Restore ${point}` }).click();
  const question = page.getByRole('dialog', { name: 'Go back to this backup?' });
  await expect(question).toContainText(point);
  await question.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Maintenance' })).toBeHidden(patience);
  await expect(photos()).toBeVisible(patience);
  await expectAlbums(kept, later);
});

test('what is no backup is refused, and nothing is lost', async () => {
  await startMaintenance();
  await page.getByLabel('Upload a backup').setInputFiles({
    name: `junk-${stamp}.sql.gz`,
    mimeType: 'application/gzip',
    buffer: Buffer.from('no backup at all'),
  });
  await restore(`uploaded-junk-${stamp}.sql.gz`);
  await expect(
    page.getByText('The backup was not restored. The database is as it was before.'),
  ).toBeVisible(patience);
  await expect(page.getByRole('alert')).toContainText(/./);
  await noSideways();
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await judge(page, 'maintenance that failed')).toEqual([]);
  await end().click();
  await expect(photos()).toBeVisible(patience);
  await expectAlbums(kept, later);
});
