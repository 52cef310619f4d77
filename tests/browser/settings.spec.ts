/* One's own settings, the locked folder and the first password, on a desk and on a phone: each
 * thing is done by hand and then looked up by asking the server. */
import { expect, test, type APIResponse, type Page } from '@playwright/test';
import { addUser, drop, enter, enterAs, expectPicture, tileOf, tiles, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

const sizes = {
  desk: { width: 1400, height: 900 },
  phone: { width: 360, height: 740 },
};

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    const stamp = `${size}-${Date.now()}`;
    const person = {
      name: `Cleo ${size}`,
      email: `cleo-${stamp}@example.com`,
      password: 'a first password',
    };

    let page: Page;
    let complaints: string[];

    const read = async (path: string): Promise<any> =>
      (await page.request.get(`api/${path}`)).json();
    const toast = (text: string) => page.getByText(text, { exact: true }).last();

    /** Answers of the server that a click must not bring about. */
    async function ok(answer: APIResponse): Promise<void> {
      expect(answer.ok(), await answer.text()).toBe(true);
    }

    async function go(section: string): Promise<void> {
      await page.goto(`./user-settings${section}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    }

    async function noSideways(): Promise<void> {
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('main .content, main .page')]
          .filter((node) => node.scrollWidth > node.clientWidth + 1)
          .map((node) => node.className),
      );
      expect(wide).toEqual([]);
    }

    test.beforeAll(async ({ browser }) => {
      // A service worker asks the server itself: what a story answers in its place would not be seen.
      page = await browser.newPage({ viewport, serviceWorkers: 'block' });
      complaints = watch(page);
      await enter(page);
      await addUser(page, person, { shouldChangePassword: true });
    });
    test.afterAll(() => page.close());
    test.afterEach(() => expect(complaints).toEqual([]));

    test('whoever was given a password must choose one', async ({ browser }) => {
      const fresh = await browser.newPage({ viewport });
      watch(fresh, complaints);
      await fresh.goto('./albums');
      await fresh.getByLabel('E-mail').fill(person.email);
      await fresh.getByLabel('Password', { exact: true }).fill(person.password);
      await fresh.getByRole('button', { name: 'Log in' }).click();
      await expect(fresh.getByRole('heading', { name: 'Choose a password' })).toBeVisible();
      // the first choices of an account come after it, and have a story of their own
      await fresh.request.put('api/users/me/onboarding', { data: { isOnboarded: true } });
      await fresh.reload();
      await expect(fresh.getByRole('heading', { name: 'Choose a password' })).toBeVisible();
      await fresh.getByLabel('New password', { exact: true }).fill('short');
      await fresh.getByRole('button', { name: 'Change password' }).click();
      await expect(fresh.getByText('Use at least 8 characters.')).toBeVisible();
      person.password = 'a password of my own';
      await fresh.getByLabel('New password', { exact: true }).fill(person.password);
      await fresh.getByLabel('Repeat new password').fill(person.password);
      await fresh.getByRole('button', { name: 'Change password' }).click();
      await expect(fresh.getByRole('heading', { name: 'Albums', exact: true })).toBeVisible();
      const me = await (await fresh.request.get('api/users/me')).json();
      expect(me.shouldChangePassword).toBe(false);
      await fresh.context().close();
    });

    test('the menu of the account leads to the profile: name, colour, picture', async () => {
      await page.context().clearCookies();
      await enterAs(page, person);
      await page.getByRole('button', { name: 'Account' }).click();
      await expect(page.getByRole('link', { name: 'Administration' })).toHaveCount(0);
      await page.getByRole('link', { name: 'Settings' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible();
      await expect(page.getByLabel('E-mail')).toHaveValue(person.email);
      await noSideways();

      await page.getByLabel('Name', { exact: true }).fill('Cleo the Second');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(toast('Saved')).toBeVisible();
      await page.getByRole('radio', { name: 'Purple' }).check();
      await expect.poll(async () => (await read('users/me')).avatarColor).toBe('purple');
      expect((await read('users/me')).name).toBe('Cleo the Second');

      const picture = await page.evaluate(async () => {
        const canvas = document.createElement('canvas');
        canvas.width = 400;
        canvas.height = 200;
        const context = canvas.getContext('2d')!;
        context.fillStyle = '#c00';
        context.fillRect(0, 0, 200, 200);
        context.fillStyle = '#00c';
        context.fillRect(200, 0, 200, 200);
        return canvas.toDataURL('image/png').split(',')[1]!;
      });
      await page.getByTestId('picture-chooser').setInputFiles({
        name: 'me.png',
        mimeType: 'image/png',
        buffer: Buffer.from(picture, 'base64'),
      });
      const dialog = page.getByRole('dialog', { name: 'Cut out your picture' });
      const area = dialog.getByRole('application', { name: 'Part of the picture that is used' });
      await expect(dialog.getByRole('button', { name: 'Save' })).toBeEnabled();
      // By the keyboard to the left edge: what is taken is all red.
      await area.focus();
      for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowLeft');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog).toBeHidden();
      const { id, profileImagePath } = await read('users/me');
      expect(profileImagePath).not.toBe('');
      const colors = await page.evaluate(async (address) => {
        const bitmap = await createImageBitmap(await (await fetch(address)).blob());
        const canvas = document.createElement('canvas');
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
        const context = canvas.getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const at = (x: number) => [...context.getImageData(x, bitmap.height / 2, 1, 1).data];
        return { square: bitmap.width === bitmap.height, left: at(4), right: at(bitmap.width - 5) };
      }, `api/users/${id}/profile-image`);
      expect(colors.square).toBe(true);
      for (const [red = 0, , blue = 0] of [colors.left, colors.right]) {
        expect(red).toBeGreaterThan(150);
        expect(blue).toBeLessThan(80);
      }
      await page.getByRole('button', { name: 'Remove picture' }).click();
      await expect(page.getByRole('button', { name: 'Remove picture' })).toHaveCount(0);
      expect((await read('users/me')).profileImagePath).toBe('');
    });

    test('a new password ends the other devices, when asked to', async ({ browser }) => {
      const other = await browser.newPage();
      await enterAs(other, person);
      await go('/security');
      await noSideways();
      await page.getByLabel('Current password', { exact: true }).fill('not this one');
      await page.getByLabel('New password', { exact: true }).fill('the next password');
      await page.getByLabel('Repeat new password').fill('the next one');
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByText('The two passwords are not the same.')).toBeVisible();
      await page.getByLabel('Repeat new password').fill('the next password');
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByRole('alert')).toContainText('Wrong password');
      await page.getByLabel('Current password', { exact: true }).fill(person.password);
      await page.getByRole('switch', { name: 'Log out all other devices' }).uncheck();
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(toast('Password changed')).toBeVisible();
      person.password = 'the next password';
      await ok(await other.request.get('api/users/me'));

      await page.getByLabel('Current password', { exact: true }).fill(person.password);
      await page.getByLabel('New password', { exact: true }).fill('the last password');
      await page.getByLabel('Repeat new password').fill('the last password');
      await page.getByRole('switch', { name: 'Log out all other devices' }).check();
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(toast('Password changed, other devices are logged out')).toBeVisible();
      person.password = 'the last password';
      expect((await other.request.get('api/users/me')).status()).toBe(401);
      await other.context().close();
    });

    test('a PIN code is set, changed, forgotten', async () => {
      await go('/security');
      await page.getByLabel('PIN code', { exact: true }).fill('12345');
      await page.getByRole('button', { name: 'Set PIN code' }).click();
      await expect(page.getByText('Enter six digits.')).toBeVisible();
      await page.getByLabel('PIN code', { exact: true }).fill('123456');
      await page.getByLabel('Repeat PIN code').fill('123456');
      await page.getByRole('button', { name: 'Set PIN code' }).click();
      await expect(toast('PIN code set')).toBeVisible();
      expect((await read('auth/status')).pinCode).toBe(true);

      await page.getByLabel('Current PIN code').fill('999999');
      await page.getByLabel('New PIN code').fill('654321');
      await page.getByLabel('Repeat PIN code').fill('654321');
      await page.getByRole('button', { name: 'Change PIN code' }).click();
      await expect(page.getByRole('alert')).toContainText('Wrong PIN code');
      await page.getByLabel('Current PIN code').fill('123456');
      await page.getByRole('button', { name: 'Change PIN code' }).click();
      await expect(toast('PIN code changed')).toBeVisible();
      const unlock = { data: { pinCode: '654321' } };
      await ok(await page.request.post('api/auth/session/unlock', unlock));
      await ok(await page.request.post('api/auth/session/lock'));

      await page.getByRole('button', { name: 'I have forgotten it' }).click();
      const dialog = page.getByRole('dialog', { name: 'Remove the PIN code?' });
      await dialog.getByLabel('Password', { exact: true }).fill('wrong');
      await dialog.getByRole('button', { name: 'Remove PIN code' }).click();
      await expect(dialog.getByRole('alert')).toContainText('Wrong password');
      await dialog.getByLabel('Password', { exact: true }).fill(person.password);
      await dialog.getByRole('button', { name: 'Remove PIN code' }).click();
      await expect(dialog).toBeHidden();
      await expect(page.getByRole('button', { name: 'Set PIN code' })).toBeVisible();
      expect((await read('auth/status')).pinCode).toBe(false);
    });

    test('photos go into the locked folder, and out of it', async () => {
      await page.goto('./photos');
      await drop(page, [
        { name: 'secret.jpg', day: '2016-03-01' },
        { name: 'open.jpg', day: '2016-03-02' },
      ]);
      await expectPicture(page, '1 March 2016');
      await expectPicture(page, '2 March 2016');
      await page
        .getByRole('region', { name: 'Uploads' })
        .getByRole('button', { name: 'Close' })
        .click();
      await tileOf(page, '1 March 2016').focus();
      await page.keyboard.press('x');
      const bar = page.getByRole('region', { name: '1 selected' });
      if (size === 'phone') await bar.getByRole('button', { name: 'More' }).click();
      await bar.getByRole('button', { name: 'Move to the locked folder' }).click();
      const question = page.getByRole('dialog', { name: 'Move 1 photo to the locked folder?' });
      await question.getByRole('button', { name: 'Move to the locked folder' }).click();
      await expect(tileOf(page, '1 March 2016')).toHaveCount(0);
      await expect(tiles(page)).toHaveCount(1);

      if (size === 'phone') await page.getByRole('button', { name: 'More' }).last().click();
      await page.getByRole('link', { name: 'Locked folder' }).click();
      await page.getByLabel('PIN code', { exact: true }).fill('246802');
      await page.getByLabel('Repeat PIN code').fill('246802');
      await page.getByRole('button', { name: 'Set PIN code' }).click();
      await expectPicture(page, '1 March 2016');
      expect((await read('auth/status')).isElevated).toBe(true);
      expect((await read('assets/statistics?visibility=locked')).total).toBe(1);

      // Leaving locks it again; a wrong code does not open it.
      await page.getByRole('button', { name: 'Lock', exact: true }).click();
      await page.getByLabel('PIN code', { exact: true }).fill('111111');
      await page.getByRole('button', { name: 'Unlock' }).click();
      await expect(page.getByText('Wrong PIN code')).toBeVisible();
      await page.getByLabel('PIN code', { exact: true }).fill('246802');
      await page.getByRole('button', { name: 'Unlock' }).click();
      await expectPicture(page, '1 March 2016');
      await page.getByRole('link', { name: 'Photos', exact: true }).click();
      await expect.poll(async () => (await read('auth/status')).isElevated).toBe(false);

      await page.goBack();
      await page.getByLabel('PIN code', { exact: true }).fill('246802');
      await page.getByRole('button', { name: 'Unlock' }).click();
      await tileOf(page, '1 March 2016').click();
      const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
      await expect(viewer).toBeVisible();
      // What is deleted lies in a trash of its own, and comes back from there.
      await page.keyboard.press('Delete');
      await expect(viewer).toBeHidden();
      await expect(page.getByText('The locked folder is empty')).toBeVisible();
      await page.getByRole('button', { name: 'Trash of the locked folder' }).click();
      await expectPicture(page, '1 March 2016');
      await noSideways();
      await tileOf(page, '1 March 2016').focus();
      await page.keyboard.press('x');
      await page.getByRole('button', { name: 'Restore', exact: true }).click();
      await expect(page.getByText('The trash is empty')).toBeVisible();
      await page.getByRole('button', { name: 'Back', exact: true }).click();
      await expectPicture(page, '1 March 2016');
      await tileOf(page, '1 March 2016').focus();
      await page.keyboard.press('x');
      await page.getByRole('button', { name: 'Move out of the locked folder' }).click();
      await expect(page.getByText('The locked folder is empty')).toBeVisible();
      expect((await read('assets/statistics?visibility=timeline')).total).toBe(2);
    });

    test('the trash of the locked folder is emptied by itself', async () => {
      await page.goto('./photos');
      const id = (await tileOf(page, '1 March 2016').getAttribute('data-asset'))!;
      const lock = { ids: [id], visibility: 'locked' };
      await ok(await page.request.put('api/assets', { data: lock }));
      await ok(await page.request.post('api/auth/session/lock'));
      await page.goto('./locked');
      await page.getByLabel('PIN code', { exact: true }).fill('246802');
      await page.getByRole('button', { name: 'Unlock' }).click();
      await tileOf(page, '1 March 2016').focus();
      await page.keyboard.press('x');
      await page.getByRole('button', { name: 'Move to trash' }).click();
      await expect(page.getByText('The locked folder is empty')).toBeVisible();
      await page.getByRole('button', { name: 'Trash of the locked folder' }).click();
      await page.getByRole('button', { name: 'Empty trash' }).click();
      await page
        .getByRole('dialog', { name: 'Delete 1 photo for good?' })
        .getByRole('button', { name: 'Delete for good' })
        .click();
      await expect(page.getByText('The trash is empty')).toBeVisible();
      await expect(page.getByRole('button', { name: 'Empty trash' })).toHaveCount(0);
      await expect
        .poll(async () => (await page.request.get(`api/assets/${id}`)).status())
        .toBe(400);
      expect((await read('assets/statistics?visibility=timeline')).total).toBe(1);
    });

    test('devices are listed and logged out', async ({ browser }) => {
      const others: Page[] = [];
      for (let i = 0; i < 2; i++) {
        const other = await browser.newPage();
        await enterAs(other, person);
        others.push(other);
      }
      await go('/devices');
      await noSideways();
      await expect(page.getByText('This device')).toHaveCount(1);
      await page
        .getByRole('button', { name: /^Log out .*Linux/ })
        .first()
        .click();
      await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click();
      await expect(toast('Device logged out')).toBeVisible();
      expect(await read('sessions')).toHaveLength(2);
      await page.getByRole('button', { name: 'Log out all others' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Log out all others' }).click();
      await expect(toast('All other devices are logged out')).toBeVisible();
      expect(await read('sessions')).toHaveLength(1);
      for (const other of others) {
        expect((await other.request.get('api/users/me')).status()).toBe(401);
        await other.context().close();
      }
    });

    test('API keys are made, changed, renewed and deleted', async ({ playwright, baseURL }) => {
      const asKey = (secret: string) =>
        playwright.request.newContext({ baseURL, extraHTTPHeaders: { 'x-api-key': secret } });
      await go('/api-keys');
      await expect(page.getByText('You have no API keys.')).toBeVisible();
      await page.getByRole('button', { name: 'New API key' }).click();
      const dialog = page.getByRole('dialog', { name: 'New API key' });
      await dialog.getByLabel('Name', { exact: true }).fill('Backup');
      await dialog.getByRole('button', { name: 'Nothing' }).click();
      await dialog.getByRole('button', { name: 'Create' }).click();
      await expect(dialog.getByText('Choose at least one permission.')).toBeVisible();
      await dialog.getByLabel('Find a permission').fill('user.read');
      await dialog.getByRole('checkbox', { name: 'user.read', exact: true }).check();
      await dialog.getByRole('button', { name: 'Create' }).click();
      const made = page.getByRole('dialog', { name: 'Your API key' });
      const secret = await made.getByLabel('Secret').inputValue();
      await page.mouse.click(4, 4); // it is shown only this once
      await expect(made).toBeVisible();
      await made.getByRole('button', { name: 'Close' }).last().click();
      const key = await asKey(secret);
      await ok(await key.get('api/users/me'));
      expect((await key.get('api/albums')).status()).toBe(403);
      await expect(page.getByText(/1 permission/)).toBeVisible();
      await noSideways();

      await page.getByRole('button', { name: 'Change Backup' }).click();
      const change = page.getByRole('dialog', { name: 'Change API key' });
      await change.getByLabel('Name', { exact: true }).fill('Everything');
      await change.getByRole('button', { name: 'Everything' }).click();
      await change.getByRole('button', { name: 'Save' }).click();
      await expect(change).toBeHidden();
      await ok(await key.get('api/albums'));

      await page.getByRole('button', { name: 'New secret for Everything' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Make new secret' }).click();
      const renewed = await page
        .getByRole('dialog', { name: 'Your API key' })
        .getByLabel('Secret')
        .inputValue();
      expect((await key.get('api/albums')).status()).toBe(401);
      await ok(await (await asKey(renewed)).get('api/albums'));
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();

      await page.getByRole('button', { name: 'Delete Everything' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await expect(page.getByText('You have no API keys.')).toBeVisible();
      expect(await read('api-keys')).toEqual([]);
    });

    test('preferences are kept by the server, the look by the browser', async () => {
      await go('/preferences');
      await page.getByRole('switch', { name: 'Show memories' }).uncheck();
      await expect
        .poll(async () => (await read('users/me/preferences')).memories.enabled)
        .toBe(false);
      await page.getByLabel('Photos in new albums').selectOption('asc');
      await page.getByRole('switch', { name: 'Stars' }).check();
      await page.getByRole('switch', { name: 'Folders', exact: true }).check();
      await page.getByRole('switch', { name: 'Folders in the navigation' }).check();
      await page.getByLabel('Largest archive').fill('-1');
      await page.getByLabel('Largest archive').blur();
      await expect(page.getByText('Enter a number above 0.')).toBeVisible();
      await page.getByLabel('Largest archive').fill('2');
      await page.getByLabel('Largest archive').blur();
      await page.getByLabel('How long each photo is shown').fill('9');
      await page.getByLabel('How long each photo is shown').blur();
      await expect
        .poll(async () => {
          const { albums, ratings, folders, download, memories } =
            await read('users/me/preferences');
          return [
            albums.defaultAssetOrder,
            ratings.enabled,
            folders.sidebarWeb,
            download.archiveSize,
            memories.duration,
          ];
        })
        .toEqual(['asc', true, true, 2 * 1024 ** 3, 9]);
      await noSideways();
      if (size === 'desk') {
        await expect(
          page.getByRole('navigation').getByRole('link', { name: 'Folders' }),
        ).toBeVisible();
      }
      await page.getByRole('radio', { name: 'Deutsch' }).check();
      await expect(page.getByRole('heading', { level: 1, name: 'Vorlieben' })).toBeVisible();
      await page.getByRole('radio', { name: 'Dunkel' }).check();
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
      await page.getByRole('radio', { name: 'English' }).check();
      await page.getByRole('radio', { name: 'Automatic' }).check();
    });

    test('an account is linked to a provider and unlinked', async () => {
      // No provider is at hand: the server's part has tests of its own, here it answers by contract.
      const me = await read('users/me');
      const linked: any[] = [];
      await page.route('**/api/server/features', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ json: { ...(await answer.json()), oauth: true } });
      });
      await page.route('**/api/oauth/authorize', async (route) => {
        const { redirectUri } = route.request().postDataJSON();
        await route.fulfill({ status: 201, json: { url: `${redirectUri}?code=abc&state=def` } });
      });
      await page.route('**/api/oauth/link', async (route) => {
        linked.push(route.request().postDataJSON());
        await route.fulfill({ json: { ...me, oauthId: 'sub-1' } });
      });
      await page.route('**/api/oauth/unlink', (route) => route.fulfill({ json: me }));
      await go('/security');
      await page.getByRole('button', { name: 'Link account' }).click();
      await expect(toast('Account linked')).toBeVisible();
      expect(linked).toEqual([
        { url: expect.stringMatching(/\/user-settings\?code=abc&state=def$/) },
      ]);
      expect(page.url()).toMatch(/\/user-settings\/security$/);
      await page.getByRole('button', { name: 'Unlink account' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Unlink account' }).click();
      await expect(page.getByRole('button', { name: 'Link account' })).toBeVisible();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    });

    test('the about page names its version and what it is made of', async () => {
      await go('/about');
      const { version } = await read('server/about');
      await expect(page.getByText(version, { exact: true })).toBeVisible();
      await expect(page.getByRole('link', { name: 'GeoNames' })).toBeVisible();
      await expect(page.getByRole('link', { name: 'OpenStreetMap' })).toBeVisible();
      await page.getByRole('button', { name: 'Show the texts' }).click();
      await expect(page.getByText(/socket\.io-client/)).toBeVisible();
      await noSideways();
    });

    test('the administration is not for everybody', async () => {
      await page.goto('./admin/users');
      await expect(page.getByRole('heading', { name: 'For administrators' })).toBeVisible();
    });
  });
}
