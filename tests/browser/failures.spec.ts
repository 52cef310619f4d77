/* Where a request is slow or refused: nothing that was typed or chosen is lost, and nothing looks
 * empty or done that is not. */
import { expect, test, type Browser, type Page, type Route } from '@playwright/test';
import { account, addUser, drop, enter, openPhoto, tileOf, tiles, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

const friend = {
  name: 'Fay Friend',
  email: `fay-${Date.now()}@example.com`,
  password: 'another long password',
};

let page: Page;
let complaints: string[];
let albumId: string;

test.beforeAll(async ({ browser }) => {
  // a request that the service worker passes on could not be held
  page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage();
  complaints = watch(page);
  await enter(page);
  await addUser(page, friend);
  await drop(page, [
    { name: 'one.jpg', day: '2014-02-01' },
    { name: 'two.jpg', day: '2014-02-02' },
  ]);
  await expect(page.getByRole('heading', { name: '2 files uploaded' })).toBeVisible();
  const uploads = page.getByRole('region', { name: 'Uploads' });
  await uploads.getByRole('button', { name: 'Close' }).click();
  await page.setViewportSize({ width: 1280, height: 8000 });
  await expect(tileOf(page, 'February 2014')).toHaveCount(2);
  await page.setViewportSize({ width: 1280, height: 800 });
  const albumUsers = [{ userId: await friendId(), role: 'editor' }];
  const assetIds = [await tileOf(page, '1 February 2014').getAttribute('data-asset')];
  const data = { albumName: 'Winter', albumUsers, assetIds };
  albumId = (await (await page.request.post('api/albums', { data })).json()).id;
});
test.afterAll(() => page.context().close());
test.afterEach(async () => {
  expect(complaints).toEqual([]);
  await page.unrouteAll();
});

const viewer = () => page.getByRole('dialog', { name: 'Photo viewer' });
const refuse = (route: Route, message = 'Nobody there'): Promise<void> =>
  route.fulfill({ status: 502, json: { message, statusCode: 502 } });

async function friendId(): Promise<string> {
  const users = (await (await page.request.get('api/users')).json()) as {
    id: string;
    email: string;
  }[];
  return users.find(({ email }) => email === friend.email)!.id;
}

/** Requests of this method are not passed on until they are let go. */
async function hold(path: string, method: string): Promise<() => void> {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(path, async (route) => {
    if (route.request().method() === method) await gate;
    await route.continue();
  });
  return letGo;
}

/** Requests of this method are refused, in words of their own. */
async function fail(path: string, method: string, message?: string): Promise<void> {
  await page.route(path, (route) =>
    route.request().method() === method ? refuse(route, message) : route.continue(),
  );
}

test('neither a stroke that ends outside nor a click there closes a dialog in which was typed', async () => {
  await page.goto('./albums');
  await page.getByRole('button', { name: 'New album' }).first().click();
  const name = page.getByRole('textbox', { name: 'Name' });
  await name.fill('A long name');
  const box = (await name.boundingBox())!;
  await page.mouse.move(box.x + 60, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(20, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(name).toHaveValue('A long name');
  await page.mouse.click(20, 400);
  await expect(name).toHaveValue('A long name');
  await page.keyboard.press('Escape');
  await expect(page.locator('dialog')).toHaveCount(0);
  // Where nothing was typed, a click outside closes.
  await page.getByRole('button', { name: 'New album' }).first().click();
  await expect(name).toBeVisible();
  await page.mouse.click(20, 400);
  await expect(page.locator('dialog')).toHaveCount(0);
});

test('Enter adds to the album of just this name, once the albums are known', async () => {
  for (const albumName of ['Summer', 'Summer 2024']) {
    const answer = await page.request.post('api/albums', { data: { albumName } });
    expect(answer.status()).toBe(201);
  }
  await page.goto('./photos');
  await tileOf(page, '1 February 2014').focus();
  await page.keyboard.press('x');
  const letGo = await hold('**/api/albums*', 'GET');
  await page.getByRole('button', { name: 'Add to album' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add to album' });
  await dialog.getByRole('searchbox').fill('Summer');
  await page.keyboard.press('Enter');
  letGo();
  await expect(dialog.getByRole('button', { name: /^Summer/ })).toHaveCount(2);
  await dialog.getByRole('searchbox').fill('');
  await page.keyboard.press('Enter');
  await dialog.getByRole('searchbox').fill('Summer');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 photo added to “Summer”')).toBeVisible();
  const albums = (await (await page.request.get('api/albums')).json()) as {
    albumName: string;
    assetCount: number;
  }[];
  const counts = albums.map(({ albumName, assetCount }) => `${albumName}: ${assetCount}`);
  expect(counts.sort()).toEqual(['Summer 2024: 0', 'Summer: 1', 'Winter: 1']);
});

test('an album that was made is there, also when the photos could not be added', async () => {
  await page.goto('./photos');
  await tileOf(page, '1 February 2014').focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Add to album' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add to album' });
  await dialog.getByRole('searchbox').fill('Made once');
  await fail('**/api/albums/*/assets', 'PUT', 'No albums today');
  await page.keyboard.press('Enter');
  // The dialog covers the page: what is told stands above it.
  const told = page.getByText('No albums today');
  await expect(told).toBeVisible();
  const isOnTop = told.evaluate((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2) === node;
  });
  expect(await isOnTop).toBe(true);
  await expect(dialog.getByRole('button', { name: /^Made once/ })).toBeVisible();
  await page.unrouteAll();
  await dialog.getByRole('searchbox').press('Enter');
  await expect(page.getByText('1 photo added to “Made once”')).toBeVisible();
  const albums = await (await page.request.get('api/albums')).json();
  const made = albums.filter((each: { albumName: string }) => each.albumName === 'Made once');
  expect(made.map((each: { assetCount: number }) => each.assetCount)).toEqual([1]);
});

test('a description that is typed while the one before is saved is saved, and tags stay', async () => {
  const ids = await tiles(page).evaluateAll((all) => all.map((each) => each.dataset.asset!));
  const [first, second] = ids as [string, string];
  const tags = await page.request.put('api/tags', { data: { tags: ['kept'] } });
  const [tag] = (await tags.json()) as [{ id: string }];
  await page.request.put(`api/tags/${tag.id}/assets`, { data: { ids } });
  await page.goto('./photos');
  await openPhoto(tiles(page).first());
  await page.keyboard.press('i');
  const details = viewer().getByRole('complementary', { name: 'Details' });
  const field = details.getByRole('textbox', { name: 'Description' });
  await expect(details.getByRole('link', { name: 'kept' })).toBeVisible();
  const letGo = await hold(`**/api/assets/${first}`, 'PUT');
  await field.fill('one');
  await field.blur();
  await field.fill('one and more');
  await field.blur();
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(new RegExp(second));
  await expect(field).toHaveValue('');
  await field.fill('of the second');
  await field.blur();
  letGo();
  await expect(page.getByText('Description saved').first()).toBeVisible(); // it is told for a few seconds
  const description = async (id: string): Promise<string> =>
    (await (await page.request.get(`api/assets/${id}`)).json()).exifInfo.description;
  await expect.poll(() => description(first)).toBe('one and more');
  await expect.poll(() => description(second)).toBe('of the second');
  await expect(details.getByRole('link', { name: 'kept' })).toBeVisible();
});

test('a tag or a name that was refused stays typed', async () => {
  const details = viewer().getByRole('complementary', { name: 'Details' });
  await fail('**/api/tags', 'PUT', 'No tags today');
  const tag = details.getByRole('combobox', { name: 'Add a tag' });
  await tag.fill('Travel/Italy');
  await tag.press('Enter');
  await expect(page.getByText('No tags today')).toBeVisible();
  await expect(tag).toHaveValue('Travel/Italy');
  await page.unrouteAll();
  await tag.press('Enter');
  await expect(details.getByRole('link', { name: 'Travel/Italy' })).toBeVisible();

  const made = await page.request.post('api/people', { data: { name: 'Ann' } });
  expect(made.status()).toBe(201);
  const box = { imageWidth: 640, imageHeight: 480, x: 100, y: 100, width: 200, height: 200 };
  const assetId = /photos\/([0-9a-f-]+)/.exec(page.url())![1];
  const data = { ...box, assetId, personId: (await made.json()).id };
  expect((await page.request.post('api/faces', { data })).ok()).toBe(true);
  await page.goto('./people');
  await fail('**/api/people/*', 'PUT', 'No people today');
  const name = page.getByRole('textbox', { name: 'Name' });
  await name.fill('Ann Marie');
  await name.press('Enter');
  await expect(page.getByText('No people today')).toBeVisible();
  await expect(name).toHaveValue('Ann Marie');
  await page.unrouteAll();
  await name.focus();
  await name.press('Enter');
  await expect(page.getByRole('link', { name: 'Photos of Ann Marie' })).toBeVisible();
});

test('a person that was made is there, also when the face could not be given to it', async () => {
  await page.goto('./photos');
  await openPhoto(tiles(page).first());
  await page.keyboard.press('i');
  const details = viewer().getByRole('complementary', { name: 'Details' });
  await details.getByRole('button', { name: 'Add a face' }).click();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const picker = page.getByRole('dialog', { name: 'Who is this?' });
  await picker.getByRole('searchbox').fill('Made Once');
  await fail('**/api/faces', 'POST', 'No faces today');
  await page.keyboard.press('Enter');
  await expect(page.getByText('No faces today')).toBeVisible();
  await expect(picker.getByRole('button', { name: 'Made Once' })).toHaveCount(1);
  await page.unrouteAll();
  await picker.getByRole('searchbox').press('Enter');
  await expect(details.getByRole('link', { name: 'Made Once' })).toBeVisible();
  const { people } = await (await page.request.get('api/people?withHidden=true')).json();
  expect(people.filter((each: { name: string }) => each.name === 'Made Once')).toHaveLength(1);
});

test('a comment that was refused stands before what was typed meanwhile', async () => {
  await page.goto(`./albums/${albumId}`);
  await page.getByRole('button', { name: 'Comments' }).click();
  const panel = page.getByRole('complementary', { name: 'Comments' });
  const field = panel.getByLabel('Say something');
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/api/activities*', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await gate;
    return refuse(route);
  });
  await field.fill('First');
  await field.press('Enter');
  await expect(field).toHaveValue('');
  await field.fill('second');
  letGo();
  await expect(field).toHaveValue('First second');
  await page.unrouteAll();
  // Stored it is, though the list cannot be read again.
  await fail('**/api/activities*', 'GET');
  await field.press('Enter');
  await expect(field).toHaveValue('');
  const said = async (): Promise<string[]> =>
    (
      (await (await page.request.get(`api/activities?albumId=${albumId}`)).json()) as {
        comment: string;
      }[]
    ).map(({ comment }) => comment);
  await expect.poll(said).toEqual(['First second']);
  await expect(field).toHaveValue('');
});

test('what was chosen for an album stays chosen when it could not be added', async () => {
  await page.goto(`./albums/${albumId}`);
  await expect(tiles(page).first()).toBeVisible();
  await fail('**/api/timeline/buckets*', 'GET');
  await page.getByRole('button', { name: 'Add photos' }).click();
  const picker = page.getByRole('dialog', { name: /Add photos to|selected/ });
  await expect(picker.getByRole('alert')).toContainText('Nobody there');
  await expect(picker.getByText('No photos yet')).toHaveCount(0);
  await page.unrouteAll();
  await picker.getByRole('button', { name: 'Try again' }).click();
  await picker.locator('a[data-asset][aria-label*="2 February 2014"]').click();
  await fail('**/api/albums/*/assets', 'PUT', 'No albums today');
  const add = picker.getByRole('button', { name: 'Add', exact: true });
  await add.click();
  await expect(page.getByText('No albums today')).toBeVisible();
  await expect(picker.getByText('1 selected')).toBeVisible();
  await page.unrouteAll();
  await add.click();
  await expect(page.locator('dialog')).toHaveCount(0);
  await expect(tiles(page)).toHaveCount(2);
});

test('what was refused is shown as it still is', async () => {
  await page.goto(`./albums/${albumId}`);
  await page.locator('main').getByRole('button', { name: 'Share', exact: true }).click();
  await fail('**/api/albums/*/user/*', 'PUT', 'No roles today');
  const role = page.getByRole('combobox', { name: `What ${friend.name} may do` });
  await role.selectOption('viewer');
  await expect(page.getByText('No roles today')).toBeVisible();
  await expect(role).toHaveValue('editor');
  await page.unrouteAll();

  await page.goto('./user-settings/preferences');
  await fail('**/api/users/me/preferences', 'PUT', 'No settings today');
  const ratings = page.getByRole('switch', { name: 'Stars' });
  const was = await ratings.isChecked();
  await ratings.click();
  await expect(page.getByText('No settings today')).toBeVisible();
  await expect(ratings).toBeChecked({ checked: was });
});

test('of two changes at once the one that was refused is shown as it was, the other as it is', async () => {
  await page.goto('./user-settings/preferences');
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let asked = 0;
  await page.route('**/api/users/me/preferences', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    if (asked++ > 0) return route.fulfill({ status: 500, json: { message: 'No settings today' } });
    await gate;
    return route.continue();
  });
  const taken = page.getByRole('switch', { name: 'Stars' });
  const refused = page.getByRole('switch', { name: 'Tags' });
  const [takenWas, refusedWas] = [await taken.isChecked(), await refused.isChecked()];
  await taken.click();
  await refused.click();
  await expect(page.getByText('No settings today')).toBeVisible();
  letGo();
  await expect(refused).toBeChecked({ checked: refusedWas });
  await expect(taken).toBeChecked({ checked: !takenWas });
});

test('a number that is typed while another setting is stored stays typed, and is stored', async () => {
  await page.goto('./user-settings/preferences');
  const number = page.getByLabel('How long each photo is shown');
  await expect(number).toHaveValue(/\d/);
  const letGo = await hold('**/api/users/me/preferences', 'PUT');
  const taken = page.waitForResponse(
    (reply) => reply.url().endsWith('/preferences') && reply.request().method() === 'PUT',
  );
  await page.getByRole('switch', { name: 'Stars' }).click();
  await number.fill('11');
  letGo();
  await (await taken).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  await expect(number).toHaveValue('11');
  await number.blur();
  const stored = async (): Promise<number> =>
    (await (await page.request.get('api/users/me/preferences')).json()).memories.duration;
  await expect.poll(stored).toBe(11);
});

test('what was changed before the page had read all is shown as it is now', async () => {
  await page.goto('./user-settings');
  await expect(page.getByLabel('E-mail')).toHaveValue(/@/);
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const isRead = new Promise<void>((resolve) =>
    page.route('**/api/users/me/preferences', async (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      const response = await route.fetch();
      resolve();
      await gate;
      return route.fulfill({ response });
    }),
  );
  await page.getByRole('link', { name: 'Preferences' }).click();
  await isRead;
  const answer = (method: string) =>
    page.waitForResponse(
      (reply) => reply.url().endsWith('/preferences') && reply.request().method() === method,
    );
  const ratings = page.getByRole('switch', { name: 'Stars' });
  const was = await ratings.isChecked();
  const taken = answer('PUT');
  await ratings.click();
  await (await taken).finished();
  const late = answer('GET');
  letGo();
  await (await late).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  await expect(ratings).toBeChecked({ checked: !was });
});

test('queues are shown as they are now, not as an answer that is late tells', async () => {
  await page.goto('./admin/queues');
  const row = page.getByRole('listitem', { name: 'Previews' });
  await expect(row).toBeVisible();
  const queues = await (await page.request.get('api/queues')).json();
  const told = (isPaused: boolean) =>
    queues.map((each: { name: string }) =>
      each.name === 'thumbnailGeneration' ? { ...each, isPaused } : each,
    );
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let asked = 0;
  let wasSent = (): void => undefined;
  const sent = new Promise<void>((resolve) => (wasSent = resolve));
  await page.route('**/api/queues', async (route) => {
    if (asked++ > 0) return route.fulfill({ json: told(true) });
    await gate;
    await route.fulfill({ json: told(false) });
    wasSent();
  });
  await expect.poll(() => asked).toBe(1);
  await page.route('**/api/queues/thumbnailGeneration', (route) => route.fulfill({ json: {} }));
  await row.getByRole('button', { name: /^Pause/ }).click();
  const resume = row.getByRole('button', { name: /^Resume/ });
  await expect(resume).toBeVisible();
  letGo();
  await sent;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  expect(await resume.count()).toBe(1);
});

const pages = {
  albums: 'albums',
  people: 'people',
  tags: 'tags',
  folders: 'view/folder/unique-paths',
  duplicates: 'duplicates',
  explore: 'search/cities',
  sharing: 'partners',
  workflows: 'workflows',
  'user-settings/devices': 'sessions',
  'user-settings/api-keys': 'api-keys',
  'admin/users': 'admin/users',
};
for (const [address, path] of Object.entries(pages)) {
  test(`${address}: what could not be read does not look empty`, async () => {
    await page.route(new RegExp(`/api/${path}(\\?.*)?$`), (route) => refuse(route));
    await page.goto(`./${address}`);
    const trouble = page.getByRole('alert').filter({ hasText: 'Nobody there' });
    await expect(trouble).toBeVisible();
    await expect(page.getByRole('heading', { name: /^(No|Nobody|Nothing)\b/ })).toHaveCount(0);
    await page.unrouteAll();
    await trouble.getByRole('button', { name: 'Try again' }).click();
    await expect(trouble).toHaveCount(0);
  });
}

test('a list or a picture that did not come is tried again without asking', async () => {
  await page.route(/\/api\/people(\?.*)?$/, (route) => refuse(route));
  await page.goto('./people');
  const trouble = page.getByRole('alert').filter({ hasText: 'Nobody there' });
  await expect(trouble).toBeVisible();
  await page.unrouteAll();
  await expect(page.getByRole('link', { name: 'Photos of Ann Marie' })).toBeVisible();
  await expect(trouble).toHaveCount(0);

  await page.route('**/thumbnail*', (route) => route.fulfill({ status: 503 }));
  await page.goto('./photos');
  await expect(page.getByText('No preview').first()).toBeVisible();
  await page.unrouteAll();
  await expect(page.getByText('No preview')).toHaveCount(0);
});

test('a preview that does not come is no file that cannot be shown, and comes by itself', async () => {
  await page.route(/thumbnail.*size=preview/, (route) => route.fulfill({ status: 503 }));
  await page.goto('./photos');
  await openPhoto(tileOf(page, '1 February 2014'));
  await expect(viewer().getByText('The preview did not come').first()).toBeVisible();
  await expect(viewer().getByText('This file cannot be shown')).toHaveCount(0);
  await page.unrouteAll();
  await expect(viewer().getByText('The preview did not come')).toHaveCount(0);
  await expect(viewer().locator('img[data-size="preview"]').first()).toBeVisible();
  // What comes and is no picture will not become one.
  await page.route(/thumbnail.*size=preview/, (route) => route.fulfill({ body: 'no picture' }));
  await page.reload();
  await expect(viewer().getByText('This file cannot be shown').first()).toBeVisible();
});

test('a page whose script did not come is there when the server is', async () => {
  await page.goto('./photos');
  await expect(tiles(page).first()).toBeVisible();
  await page.waitForLoadState('networkidle');
  await page.route('**/*', (route) => route.abort('connectionrefused'));
  await page.getByRole('link', { name: 'Sharing', exact: true }).click();
  await expect(page.getByRole('alert').getByText(/could not be loaded/)).toBeVisible();
  complaints.length = 0; // that nothing answers
  await page.unrouteAll();
  await expect(page.getByRole('heading', { name: 'Sharing', exact: true })).toBeVisible({
    timeout: 20_000,
  });
  complaints.length = 0;
});

test('what was begun about one photo is not said of another, nor shown to who logs in later', async () => {
  await page.goto('./photos');
  await expect(tiles(page)).toHaveCount(2);
  const ids = await tiles(page).evaluateAll((all) => all.map((each) => each.dataset.asset!));
  await page.request.put(`api/albums/${albumId}/assets`, { data: { ids } });
  const said = page.getByRole('complementary', { name: 'Comments' }).getByLabel('Say something');
  await page.goto(`./albums/${albumId}`);
  await page.getByRole('button', { name: 'Comments' }).click();
  await said.fill('About the album');
  await page.goto(`./albums/${albumId}/${ids[0]}`);
  await expect(viewer()).toBeVisible();
  await page.keyboard.press('c');
  await expect(said).toHaveValue('');
  await said.fill('About the first');
  await page.goto(`./albums/${albumId}`);
  await page.getByRole('button', { name: 'Comments' }).click();
  await expect(said).toHaveValue('About the album');

  // In another tab the same person logs out: nothing that is typed here stays in the browser.
  await page.goto('./photos');
  await openPhoto(tileOf(page, '1 February 2014'));
  await page.keyboard.press('i');
  const field = viewer().getByRole('textbox', { name: 'Description' });
  await field.fill('Half a secret');
  const other = await page.context().newPage();
  await other.goto('./photos');
  await other.getByRole('button', { name: 'Account' }).click();
  await other.getByRole('button', { name: 'Log out' }).click();
  await expect(other.getByRole('button', { name: 'Log in' })).toBeVisible();
  await other.close();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await page.waitForLoadState('networkidle');
  const kept = () => page.evaluate(() => JSON.stringify(sessionStorage));
  expect(await kept()).not.toMatch(/About the|Half a/);
  await enter(page);
});

test('long descriptions are taken, and none of the locked folder is kept in the browser', async () => {
  await page.goto('./photos');
  const id = await tileOf(page, '2 February 2014').getAttribute('data-asset');
  await openPhoto(tileOf(page, '2 February 2014'));
  await page.keyboard.press('i');
  const field = viewer().getByRole('textbox', { name: 'Description' });
  await field.focus();
  const long = 'So much to say. '.repeat(1000).trim();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(long);
  await field.blur();
  await expect(page.getByText('Description saved')).toBeVisible();
  const { exifInfo } = await (await page.request.get(`api/assets/${id}`)).json();
  expect(exifInfo.description).toBe(long);

  await page.route(`**/api/assets/${id}`, async (route) => {
    if (route.request().method() !== 'GET') return refuse(route);
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), visibility: 'locked' } });
  });
  await page.reload();
  await expect(viewer()).toBeVisible();
  await page.keyboard.press('i');
  await expect(field).toHaveValue(long);
  await field.fill('A secret');
  await field.blur();
  await expect(page.getByRole('alert').or(page.getByText('Nobody there')).first()).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('A secret');
});

test('the profile does not ask twice who somebody is', async () => {
  let asked = 0;
  page.on('request', (request) => (asked += Number(request.url().endsWith('/api/users/me'))));
  await page.goto('./user-settings/profile');
  await expect(page.getByRole('heading', { name: 'Profile' }).first()).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(asked).toBe(1);
});

for (const address of ['people', 'tags']) {
  test(`${address}: one that is not there is not asked for again`, async () => {
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/timeline/buckets')) asked++;
    });
    await page.goto(`./${address}/11111111-1111-4111-8111-111111111111`);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
    await expect(page.getByText('Not found')).toHaveCount(0);
    await page.waitForLoadState('networkidle');
    const before = asked;
    await page.waitForTimeout(7_000); // what only stumbled is asked for again within that time
    expect(asked).toBe(before);
  });
}

/** From another device: this browser is logged out. */
async function endSession(browser: Browser): Promise<void> {
  const other = await browser.newContext();
  const { email, password } = account;
  const data = { email, password };
  expect((await other.request.post('api/auth/login', { data })).ok()).toBe(true);
  expect((await other.request.delete('api/sessions')).ok()).toBe(true);
  await other.close();
}

async function logInAgain(): Promise<void> {
  await expect(page.getByText('Your session has ended. Please log in again.')).toBeVisible();
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

test('a login that ends says so, and leads back to the page and to what was typed there', async ({
  browser,
}) => {
  await page.goto(`./albums/${albumId}`);
  const comments = page.getByRole('button', { name: 'Comments' });
  const said = page.getByRole('complementary', { name: 'Comments' }).getByLabel('Say something');
  await comments.click();
  await said.fill('Half a sentence');
  await endSession(browser);
  await logInAgain();
  await expect(page).toHaveURL(new RegExp(albumId));
  await comments.click();
  await expect(said).toHaveValue('Half a sentence');
  await said.fill('');

  await page.goto('./photos');
  await openPhoto(tileOf(page, '1 February 2014'));
  const field = viewer().getByRole('textbox', { name: 'Description' });
  await page.keyboard.press('i');
  await field.fill('Half a description');
  await endSession(browser);
  await logInAgain();
  await expect(viewer()).toBeVisible();
  await page.keyboard.press('i');
  await expect(field).toHaveValue('Half a description');
  await field.focus();
  await field.blur();
  await expect(page.getByText('Description saved')).toBeVisible();
  // Whoever logs out is not told what he knows.
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect(page.getByText(/session has ended/)).toHaveCount(0);
  await enter(page);
});

test('that a photo which was opened by its address went to the trash elsewhere is told once', async () => {
  await page.goto('./photos');
  const id = await tileOf(page, '1 February 2014').getAttribute('data-asset');
  const connected = page.waitForEvent('websocket');
  await page.goto(`./photos/${id}`);
  await (await connected).waitForEvent('framereceived');
  await expect(viewer()).toBeVisible();
  await page.waitForLoadState('networkidle');
  const data = { ids: [id] };
  expect((await page.request.delete('api/assets', { data })).ok()).toBe(true);
  const told = page.getByText('This photo is not here any more.');
  await expect(told.first()).toBeVisible();
  await page.waitForTimeout(500); // as long as a second one would take
  await expect(told).toHaveCount(1);
});

test('what another client does to the photo that is looked at shows at once', async () => {
  await page.goto('./photos');
  const tile = tileOf(page, '2 February 2014');
  const id = await tile.getAttribute('data-asset');
  const connected = page.waitForEvent('websocket');
  await page.reload();
  await (await connected).waitForEvent('framereceived');
  await openPhoto(tile);
  await page.keyboard.press('i');
  const details = viewer().getByRole('complementary', { name: 'Details' });
  await expect(details).toBeVisible();
  const heart = (isOn: boolean) =>
    viewer().getByRole('button', { name: 'Favourite', pressed: isOn });
  await expect(heart(false)).toBeVisible();
  const put = (data: object) => page.request.put(`api/assets/${id}`, { data });
  expect((await put({ isFavorite: true })).ok()).toBe(true);
  await expect(heart(true)).toBeVisible();
  const data = { ids: [id], force: true };
  expect((await page.request.delete('api/assets', { data })).ok()).toBe(true);
  await expect(viewer().getByText('This photo is not here any more.')).toBeVisible();
  for (const name of ['Favourite', 'Archive', 'Download', 'Details', 'Move to trash', 'More'])
    await expect(viewer().getByRole('button', { name, exact: true })).toHaveCount(0);
  await expect(details).toHaveCount(0);
});
