/* The map, stacks and duplicates. */
import { expect, test, type Page } from '@playwright/test';
import { drop, enter, goToOldest, tileOf, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

let page: Page;
let complaints: string[];

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  // WebGL by software says now and then how slow it is to read from.
  complaints = watch(page);
  await enter(page);
  await drop(page, [
    { name: 'oslo.jpg', day: '1997-03-01' },
    { name: 'bergen.jpg', day: '1997-03-02' },
    { name: 'lima.jpg', day: '1997-03-03' },
  ]);
  await expect(page.getByRole('heading', { name: '3 files uploaded' })).toBeVisible();
  const uploads = page.getByRole('region', { name: 'Uploads' });
  await uploads.getByRole('button', { name: 'Close' }).click();
  await goToOldest(page);
  await expect(tileOf(page, 'March 1997')).toHaveCount(3);
});
test.afterAll(() => page.close());
test.afterEach(() =>
  expect(complaints.filter((text) => !/GPU stall|GL Driver/.test(text))).toEqual([]),
);

const idOf = async (date: string) => (await tileOf(page, date).getAttribute('data-asset'))!;
const viewer = () => page.getByRole('dialog', { name: 'Photo viewer' });

test('photos stand on the map where they were taken, and open from there', async () => {
  const places = {
    '1 March 1997': [59.91, 10.75],
    '2 March 1997': [60.39, 5.32],
    '3 March 1997': [-12.05, -77.04],
  };
  for (const [date, [latitude, longitude]] of Object.entries(places)) {
    const data = { latitude, longitude };
    const answer = await page.request.put(`api/assets/${await idOf(date)}`, { data });
    expect(answer.ok()).toBe(true);
  }
  await page.goto('./map');
  await expect(page.getByRole('heading', { name: 'Map' })).toBeAttached();
  await expect(page.locator('canvas.maplibregl-canvas')).toBeVisible();
  const piles = page.getByRole('button', { name: /^\d+ photos?(, .+)?$/ });
  await expect(piles.first()).toBeVisible();
  // Lima is alone on its side of the world.
  const alone = page.getByRole('button', { name: /^1 photo(, |$)/ }).first();
  await alone.click();
  await expect(viewer()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(viewer()).toBeHidden();
  await expect(page).toHaveURL(/\/map$/);
  // Oslo and Bergen are one pile from afar, and two photos from closer by.
  await page.getByRole('button', { name: /^2 photos/ }).click();
  await expect(page.getByRole('button', { name: /^1 photo(, |$)/ })).toHaveCount(2);
  await expect(page.getByRole('button', { name: /^2 photos/ })).toHaveCount(0);
});

test('chosen photos become a stack, whose photos can be looked through, and come apart', async () => {
  await page.goto('./photos');
  await goToOldest(page);
  for (const date of ['1 March 1997', '2 March 1997']) {
    await tileOf(page, date).focus();
    await page.keyboard.press('x');
  }
  await page.getByRole('button', { name: 'Stack', exact: true }).click();
  await expect(page.getByText('2 photos stacked')).toBeVisible();
  await expect(tileOf(page, 'March 1997')).toHaveCount(2);
  const stack = page.locator('a[data-asset][aria-label*="stack of 2"]');
  await expect(stack).toHaveCount(1);
  await stack.click();
  const strip = viewer().getByRole('group', { name: 'Photos of this stack' });
  await expect(strip.getByRole('button', { name: /^Show photo/ })).toHaveCount(2);
  await strip.getByRole('button', { name: 'Show photo 2 of the stack' }).click();
  await expect(strip.getByRole('button', { name: 'Show photo 2 of the stack' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.keyboard.press('Escape');
  await stack.focus();
  await page.keyboard.press('x');
  const apart = page.getByRole('button', { name: 'Take stack apart' });
  const more = page.getByRole('button', { name: 'More' });
  // It stands in the bar, or behind its last button where that is full.
  await expect(apart.or(more)).not.toHaveCount(0);
  if (!(await apart.isVisible())) await more.click();
  await apart.click();
  await expect(page.getByText('The stack has been taken apart.')).toBeVisible();
  await expect(tileOf(page, 'March 1997')).toHaveCount(3);
});

/** One picture, saved once for each name: the bytes differ, what is seen does not. */
async function dropAlike(names: string[], day: string): Promise<void> {
  await page.evaluate(
    async ({ names, day }) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [640, 480];
      const context = canvas.getContext('2d')!;
      for (let i = 0; i < 60; i++) {
        context.fillStyle = `hsl(${Math.random() * 360} 60% ${20 + Math.random() * 60}%)`;
        context.fillRect(
          Math.random() * 600,
          Math.random() * 440,
          40 + Math.random() * 200,
          30 + Math.random() * 150,
        );
      }
      const data = new DataTransfer();
      for (const [i, name] of names.entries()) {
        const blob = await new Promise<Blob>((resolve) =>
          canvas.toBlob((made) => resolve(made!), 'image/jpeg', 0.95 - i * 0.15),
        );
        data.items.add(new File([blob], name, { lastModified: Date.parse(`${day}T12:00:00Z`) }));
      }
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    },
    { names, day },
  );
}

interface Group {
  duplicateId: string;
  assets: { id: string; originalFileName: string }[];
}

/** The groups in which photos of such names are. */
async function groupsOf(prefix: string): Promise<Group[]> {
  const all = (await (await page.request.get('api/duplicates')).json()) as Group[];
  return all.filter(({ assets }) =>
    assets.some(({ originalFileName }) => originalFileName.startsWith(prefix)),
  );
}

test('photos that look alike are a group, of which one is kept', async () => {
  await dropAlike(['twin-fine.jpg', 'twin-coarse.jpg'], '1997-03-05');
  await expect(page.getByRole('heading', { name: '2 files uploaded' })).toBeVisible();
  const groups = async () => (await groupsOf('twin-')).length;
  await expect.poll(groups, { timeout: 50_000 }).toBe(1);
  await page.goto('./duplicates');
  const keepFine = page.getByRole('switch', { name: 'Keep twin-fine.jpg' });
  await expect(keepFine).toBeVisible();
  const group = page.getByRole('region', { name: /^Group \d+$/ }).filter({ has: keepFine });
  await keepFine.setChecked(true);
  await group.getByRole('switch', { name: 'Keep twin-coarse.jpg' }).setChecked(false);
  await group.getByRole('button', { name: 'Trash 1', exact: true }).click();
  await expect(keepFine).toBeHidden();
  expect(await groups()).toBe(0);
  const data = { originalFileName: 'twin-coarse.jpg', withDeleted: true };
  const answer = await page.request.post('api/search/metadata', { data });
  const { items } = ((await answer.json()) as { assets: { items: { isTrashed: boolean }[] } })
    .assets;
  expect(items.map(({ isTrashed }) => isTrashed)).toEqual([true]);
});

test('a group whose kept photo was deleted keeps nothing, and trashes nothing', async () => {
  const names = ['same-1.jpg', 'same-2.jpg', 'same-3.jpg', 'same-4.jpg'];
  await dropAlike(names, '1997-03-06');
  const sizes = async () => (await groupsOf('same-')).map(({ assets }) => assets.length);
  await expect.poll(sizes, { timeout: 50_000 }).toEqual([4]);
  await page.goto('./duplicates');
  const group = page.getByRole('region', { name: /^Group \d+$/ });
  const keeps = (name: string) => group.getByRole('switch', { name: `Keep ${name}` });
  await keeps('same-1.jpg').setChecked(true);
  for (const name of names.slice(1)) await keeps(name).setChecked(false);
  await group.getByRole('button', { name: 'same-1.jpg' }).first().click();
  await expect(viewer()).toBeVisible();

  // By its address alone it opens with its group.
  await page.reload();
  // Until it is known which photo this is, there is nothing to delete.
  await expect(viewer().getByRole('button', { name: 'Move to trash' })).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.getByText('1 photo moved to the trash')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(viewer()).toBeHidden();
  await expect(keeps('same-1.jpg')).toHaveCount(0);
  await expect(group.getByRole('switch')).toHaveCount(3);
  const trash = group.getByRole('button', { name: /^Trash \d+$/ });
  await expect(trash).toBeDisabled();

  // Restored elsewhere it is there again, and is what was chosen; deleted elsewhere it leaves.
  const [{ duplicateId, assets }] = (await groupsOf('same-')) as [Group];
  const found = await page.request.post('api/search/metadata', {
    data: { originalFileName: 'same-1.jpg', withDeleted: true },
  });
  const id: string = (await found.json()).assets.items[0].id;
  await page.request.post('api/trash/restore/assets', { data: { ids: [id] } });
  await expect(keeps('same-1.jpg')).toBeVisible();
  await page.request.delete('api/assets', { data: { ids: [id] } });
  await expect(keeps('same-1.jpg')).toHaveCount(0);

  // Nor does the server trash the last copies for a page that does not know.
  const others = assets.map((asset) => asset.id).filter((each) => each !== id);
  const answer = await page.request.post('api/duplicates/resolve', {
    data: { groups: [{ duplicateId, keepAssetIds: [id], trashAssetIds: others }] },
  });
  const [result] = (await answer.json()) as [{ success: boolean; error: string }];
  expect([answer.status(), result.success, result.error]).toEqual([200, false, 'validation']);
  expect(await sizes()).toEqual([3]);

  await page.goto(`./duplicates/${id}`);
  await expect(page).toHaveURL(/\/duplicates$/);
  await keeps('same-2.jpg').setChecked(true);
  for (const name of names.slice(2)) await keeps(name).setChecked(false);
  await trash.click();
  await expect(page.getByText('2 photos moved to the trash')).toBeVisible();
});
