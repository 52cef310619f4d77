/* What is deleted for good and stays away: switched on, refused, lifted, let in again; on a desk and on
 * a phone, by keys, and without breaking a rule of accessibility. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { standStill } from './axe';
import { enter, watch } from './helpers';
import { put, quarters } from './media';

test.describe.configure({ mode: 'serial' });

const sizes = {
  desk: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    const names = ['first', 'second', 'third'].map((name) => `${name}-${size}.jpg`);
    const photos: Buffer[] = [];
    let page: Page;
    let complaints: string[];

    test.beforeAll(async ({ browser }) => {
      page = await (await browser.newContext({ viewport })).newPage();
      complaints = watch(page);
      await enter(page);
    });
    test.afterAll(async () => {
      await page.request.put('api/trash/tombstones', { data: { enabled: false } });
      await page.context().close();
    });
    test.afterEach(() => expect(complaints).toEqual([]));

    const panel = (): Locator => page.getByRole('region', { name: 'Uploads' });
    const keepAway = (): Locator =>
      page.getByRole('switch', { name: 'Files I delete for good stay away' });
    const lift = (name: string): Locator =>
      page.getByRole('button', { name: `Let in ${name} again` });

    const remembered = async (): Promise<{ enabled: boolean; total: number }> =>
      (await page.request.get('api/trash/tombstones')).json();

    async function choose(at: number): Promise<void> {
      const file = { name: names[at]!, mimeType: 'image/jpeg', buffer: photos[at]! };
      await page.getByTestId('file-chooser').setInputFiles([file]);
    }

    async function axe(): Promise<void> {
      await standStill(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    }

    test('it is switched on by keys', async () => {
      await page.goto('./user-settings');
      const link = page.getByRole('link', { name: 'Deleted for good' });
      await link.focus();
      await page.keyboard.press('Enter');
      await expect(keepAway()).not.toBeChecked();
      await axe();
      await keepAway().focus();
      await page.keyboard.press('Space');
      await expect(keepAway()).toBeChecked();
      await expect(page.getByText('Nothing yet.')).toBeVisible();
      expect((await remembered()).enabled).toBe(true);
    });

    test('what was deleted for good is refused, and says so', async () => {
      const ids: string[] = [];
      for (const name of names) {
        const bytes = quarters(320, 240);
        photos.push(bytes);
        ids.push(await put(page, bytes, name, '2003-02-01'));
      }
      const answer = await page.request.delete('api/assets', { data: { ids, force: true } });
      expect(answer.status()).toBe(204);
      await expect.poll(async () => (await remembered()).total).toBe(names.length);
      await page.goto('./photos');
      await choose(0);
      const row = panel().getByRole('listitem').filter({ hasText: names[0]! });
      await expect(row).toContainText('You deleted it for good: it stays away');
      await expect(panel().getByText('1 deleted for good before')).toBeVisible();
      await expect(panel().getByRole('heading')).toHaveText('0 files uploaded');
      await axe();
      // From there to the place where it can be lifted.
      await row.getByRole('link').click();
      await expect(lift(names[0]!)).toBeVisible();
      await panel().getByRole('button', { name: 'Close' }).click();
    });

    test('what is lifted is taken again', async () => {
      await expect(page.getByText('3 files', { exact: true })).toBeVisible();
      await axe();
      await lift(names[0]!).focus();
      await page.keyboard.press('Enter');
      await expect(lift(names[0]!)).toHaveCount(0);
      await expect(page.getByText('2 files', { exact: true })).toBeVisible();
      // Whoever goes by keys is at the next one.
      const focused = page.locator('button:focus');
      await expect(focused).toHaveAccessibleName(/^Let in (second|third)/);
      await choose(0);
      await expect(panel().getByRole('heading')).toHaveText('1 file uploaded');
      await panel().getByRole('button', { name: 'Close' }).click();
    });

    test('all are lifted together, and to switch it off forgets', async () => {
      await page.getByRole('button', { name: 'Let all in again' }).click();
      const question = page.getByRole('dialog');
      await question.getByRole('button', { name: 'Let all in again' }).click();
      await expect(page.getByText('Nothing yet.')).toBeVisible();
      expect(await remembered()).toMatchObject({ enabled: true, total: 0 });
      await choose(1);
      await expect(panel().getByRole('heading')).toHaveText('1 file uploaded');
      await panel().getByRole('button', { name: 'Close' }).click();

      const data = { originalFileName: names[1] };
      const found = await page.request.post('api/search/metadata', { data });
      const { assets } = (await found.json()) as { assets: { items: { id: string }[] } };
      const ids = assets.items.map(({ id }) => id);
      await page.request.delete('api/assets', { data: { ids, force: true } });
      await expect.poll(async () => (await remembered()).total).toBe(1);
      await page.reload();
      await expect(lift(names[1]!)).toBeVisible();
      // Nothing is forgotten without a question.
      await keepAway().click();
      await question.getByRole('button', { name: 'Cancel' }).click();
      await expect(keepAway()).toBeChecked();
      expect((await remembered()).total).toBe(1);
      await keepAway().click();
      await question.getByRole('button', { name: 'Switch off and forget' }).click();
      await expect(keepAway()).not.toBeChecked();
      await expect(lift(names[1]!)).toHaveCount(0);
      expect(await remembered()).toMatchObject({ enabled: false, total: 0 });
    });
  });
}
