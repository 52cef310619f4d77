/* The administration, on a desk and on a phone: each thing is done by hand and then looked up by
 * asking the server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page, type Route } from '@playwright/test';
import { account, enter, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

const sizes = {
  desk: { width: 1400, height: 900 },
  phone: { width: 360, height: 740 },
};

for (const [size, viewport] of Object.entries(sizes)) {
  test.describe(size, () => {
    const stamp = `${size}-${Date.now()}`;
    const person = { name: `Dora ${stamp}`, email: `dora-${stamp}@example.com`, password: '' };
    const folder = mkdtempSync(join(tmpdir(), 'tintype-external-'));

    let page: Page;
    let complaints: string[];

    const read = async (path: string): Promise<any> =>
      (await page.request.get(`api/${path}`)).json();
    const toast = (text: string) => page.getByText(text, { exact: true }).last();
    const userNow = async () =>
      (await read('admin/users?withDeleted=true')).find(({ email }: any) => email === person.email);
    const config = () => read('system-config');

    async function go(section: string): Promise<void> {
      await page.goto(`./admin/${section}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    }

    async function noSideways(): Promise<void> {
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('main .content')]
          .filter((node) => node.scrollWidth > node.clientWidth + 1)
          .map((node) => node.className),
      );
      expect(wide).toEqual([]);
    }

    const row = (text: string) => page.getByRole('listitem').filter({ hasText: text });

    async function choose(user: string, item: string): Promise<void> {
      await page.getByRole('button', { name: `More about ${user}` }).click();
      await row(user).getByRole('button', { name: item }).click();
    }

    test.beforeAll(async ({ browser }) => {
      // A service worker asks the server itself: what a story answers in its place would not be seen.
      page = await browser.newPage({ viewport, serviceWorkers: 'block' });
      complaints = watch(page);
      await enter(page);
    });
    test.afterAll(async () => {
      await page.close();
      rmSync(folder, { recursive: true, force: true });
    });
    test.afterEach(() => expect(complaints).toEqual([]));

    test('a user is made', async () => {
      await page.getByRole('button', { name: 'Account' }).click();
      await page.getByRole('link', { name: 'Administration' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();
      await page.getByRole('button', { name: 'New user' }).click();
      const dialog = page.getByRole('dialog', { name: 'New user' });
      await dialog.getByLabel('Name', { exact: true }).fill(person.name);
      await dialog.getByLabel('E-mail').fill('no address');
      await dialog.getByLabel('Password', { exact: true }).fill('a first password');
      await dialog.getByRole('button', { name: 'Create' }).click();
      await expect(dialog.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
      await dialog.getByLabel('E-mail').fill(person.email);
      await dialog.getByLabel('Storage limit').fill('1.5');
      await dialog.getByRole('button', { name: 'Create' }).click();
      await expect(row(person.email)).toBeVisible();
      const user = await userNow();
      expect(user.quotaSizeInBytes).toBe(1.5 * 1024 ** 3);
      expect(user.shouldChangePassword).toBe(true);
      expect(user.isAdmin).toBe(false);
      await expect(row(person.email).getByRole('meter')).toBeVisible();
      await noSideways();
    });

    test('a user is changed, and looked at', async () => {
      await page.getByRole('button', { name: `Change ${person.name}` }).click();
      const dialog = page.getByRole('dialog', { name: `Change ${person.name}` });
      await dialog.getByLabel('Storage limit').fill('');
      await dialog.getByLabel('Storage label').fill(`dora-${stamp}`);
      await dialog.getByRole('switch', { name: 'Looks after the server' }).check();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog).toBeHidden();
      const user = await userNow();
      expect(user.quotaSizeInBytes).toBe(null);
      expect(user.storageLabel).toBe(`dora-${stamp}`);
      expect(user.isAdmin).toBe(true);
      await choose(person.name, 'Details and devices');
      const details = page.getByRole('dialog', { name: person.name });
      await expect(details.getByText(user.id)).toBeVisible();
      await expect(details.getByText('Not logged in anywhere.')).toBeVisible();
      await details.getByRole('button', { name: 'Close' }).last().click();
    });

    test('a user gets a new password, and has to change it', async ({ browser }) => {
      await page.request.put(`api/admin/users/${(await userNow()).id}`, {
        data: { isAdmin: false, shouldChangePassword: false },
      });
      await choose(person.name, 'New password');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Make new password' }).click();
      person.password = await dialog.getByLabel('The new password').inputValue();
      expect(person.password).toMatch(/^[a-zA-Z0-9]{16}$/);
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      const other = await browser.newPage();
      await other.goto('./');
      await other.getByLabel('E-mail').fill(person.email);
      await other.getByLabel('Password', { exact: true }).fill(person.password);
      await other.getByRole('button', { name: 'Log in' }).click();
      await expect(other.getByRole('heading', { name: 'Choose a password' })).toBeVisible();
      await other.context().close();
      await choose(person.name, 'Details and devices');
      await expect(page.getByRole('dialog').getByText(/Linux/)).toBeVisible();
      await page.keyboard.press('Escape');
      await choose(person.name, 'Remove PIN code');
      await page.getByRole('dialog').getByRole('button', { name: 'Remove PIN code' }).click();
      await expect(toast('PIN code removed')).toBeVisible();
    });

    test('what needs the PIN code of whoever does it says so', async () => {
      await page.request.post('api/auth/pin-code', { data: { pinCode: '123456' } });
      await page.getByRole('button', { name: `More about ${account.name}` }).click();
      const item = (name: string) => row(account.email).getByRole('button', { name, exact: true });
      await expect(item('Details and devices')).toBeVisible();
      await expect(item('New password')).toHaveCount(0);
      await expect(item('Remove PIN code')).toHaveCount(0);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: `Change ${account.name}` }).click();
      const dialog = page.getByRole('dialog', { name: `Change ${account.name}` });
      await dialog.getByLabel('E-mail').fill(`moved-${stamp}@example.com`);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog.getByRole('alert')).toContainText('This needs your PIN code.');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await page.request.delete('api/auth/pin-code', { data: { password: account.password } });
    });

    test('a user is deleted, restored, and removed at once', async () => {
      await choose(person.name, 'Delete user');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete user' }).click();
      await expect(row(person.email).getByText('Deleted', { exact: true })).toBeVisible();
      expect((await userNow()).status).toBe('deleted');
      await page.getByRole('button', { name: `Restore ${person.name}` }).click();
      await expect(page.getByRole('button', { name: `Change ${person.name}` })).toBeVisible();
      expect((await userNow()).deletedAt).toBe(null);
      await choose(person.name, 'Delete user');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('switch', { name: 'Remove everything at once' }).check();
      const remove = dialog.getByRole('button', { name: 'Remove everything at once' });
      await expect(remove).toBeDisabled();
      await dialog.getByLabel(`Type ${person.email} to go on`).fill(person.email);
      await remove.click();
      await expect(toast('The account is being removed')).toBeVisible();
      await expect.poll(async () => (await userNow()) ?? 'gone').toBe('gone');
    });

    test('queues are paused, resumed and started, with what waits in sight', async () => {
      await go('queues');
      await page.getByRole('button', { name: 'Pause Previews' }).click();
      await expect(page.getByRole('button', { name: 'Resume Previews' })).toBeVisible();
      expect((await read('queues/thumbnailGeneration')).isPaused).toBe(true);
      const previews = page.getByRole('listitem', { name: 'Previews' });
      await expect(previews.getByText('Paused')).toBeVisible();
      await previews.getByRole('button', { name: 'Previews: do what is missing' }).click();
      await expect(previews.getByText(/waiting/)).toBeVisible();
      await previews.getByRole('button', { name: 'Jobs of Previews' }).click();
      await expect(previews.getByText('AssetGenerateThumbnailsQueueAll')).toBeVisible();
      await previews.getByRole('button', { name: 'More for Previews' }).click();
      await previews.getByRole('button', { name: 'Drop what is waiting' }).click();
      await expect(previews.getByText('No jobs.')).toBeVisible();
      const { statistics } = await read('queues/thumbnailGeneration');
      expect(statistics.waiting + statistics.paused).toBe(0);
      await noSideways();
      await page.getByRole('button', { name: 'Resume Previews' }).click();
      await expect
        .poll(async () => (await read('queues/thumbnailGeneration')).isPaused)
        .toBe(false);

      const number = size === 'desk' ? 4 : 5;
      const field = page.getByLabel('Metadata: how many at the same time');
      await field.fill('0');
      await field.blur();
      await expect(page.getByText('Enter a whole number from 1 on.')).toBeVisible();
      await field.fill(String(number));
      await field.blur();
      await expect
        .poll(async () => (await config()).job.metadataExtraction.concurrency)
        .toBe(number);
      await page.getByLabel('Task', { exact: true }).selectOption('tag-cleanup');
      await page.getByRole('button', { name: 'Start', exact: true }).last().click();
      await expect(toast('Started')).toBeVisible();
    });

    test('failed jobs are shown with what went wrong, and forgotten', async () => {
      await go('queues');
      // Nothing fails by itself here: the answers of the server are those of the contract.
      const statistics = { active: 0, completed: 0, failed: 1, delayed: 0, waiting: 0, paused: 0 };
      const jobs = async (route: Route) =>
        route.fulfill({
          json: route.request().url().includes('status=failed')
            ? [
                {
                  id: '7',
                  name: 'AssetExtractMetadata',
                  timestamp: Date.now(),
                  data: { id: 'photo-1' },
                  error: 'the file /photos/broken.jpg cannot be read',
                },
              ]
            : [],
        });
      await page.route('**/api/queues', async (route) => {
        const answer = await route.fetch();
        const all = (await answer.json()).map((queue: any) =>
          queue.name === 'metadataExtraction' ? { ...queue, statistics } : queue,
        );
        await route.fulfill({ json: all });
      });
      await page.route('**/api/queues/metadataExtraction/jobs*', jobs);
      const metadata = page.getByRole('listitem', { name: 'Metadata' });
      await expect(metadata.getByText('1 failed')).toBeVisible();
      await metadata.getByRole('button', { name: 'Jobs of Metadata' }).click();
      await expect(metadata.getByText('the file /photos/broken.jpg cannot be read')).toBeVisible();
      const asked = page.waitForRequest((request) => request.method() === 'PUT');
      await metadata.getByRole('button', { name: 'More for Metadata' }).click();
      await metadata.getByRole('button', { name: 'Forget what failed' }).click();
      expect((await asked).postDataJSON()).toEqual({ command: 'clear-failed' });
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    });

    test('settings are found, changed, refused at their field, and put back', async () => {
      await go('settings');
      await page.getByLabel('Find a setting').fill('trash');
      const trash = page.getByRole('form', { name: 'Trash' });
      await expect(page.getByRole('form')).toHaveCount(1);
      await trash.getByLabel('Keep for', { exact: true }).fill('-3');
      await trash.getByRole('button', { name: 'Save' }).click();
      await expect(trash.getByText(/Too small/)).toBeVisible();
      await expect(trash.getByLabel('Keep for', { exact: true })).toHaveAttribute(
        'aria-invalid',
        'true',
      );
      await trash.getByLabel('Keep for', { exact: true }).fill('12');
      await trash.getByRole('button', { name: 'Save' }).click();
      await expect(toast('Saved')).toBeVisible();
      expect((await config()).trash.days).toBe(12);
      await trash.getByRole('button', { name: 'Keep for: back to the default' }).click();
      await expect(trash.getByLabel('Keep for', { exact: true })).toHaveValue('30');
      await trash.getByRole('button', { name: 'Save' }).click();
      await expect.poll(async () => (await config()).trash.days).toBe(30);

      await page.getByLabel('Find a setting').fill('backups database');
      const backup = page.getByRole('form', { name: 'Backups of the database' });
      await backup.getByLabel('When', { exact: true }).fill('every night');
      await backup.getByRole('button', { name: 'Save' }).click();
      await expect(backup.getByText('Invalid cron expression')).toBeVisible();
      // A search that hides it does not lose it.
      await page.getByLabel('Find a setting').fill('trash');
      await expect(backup).toHaveCount(0);
      await page.getByLabel('Find a setting').fill('backups database');
      await expect(backup.getByLabel('When', { exact: true })).toHaveValue('every night');
      // Nor does a look at another page.
      await page.getByRole('link', { name: 'Users', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();
      await page.getByRole('link', { name: 'Settings', exact: true }).click();
      await page.getByLabel('Find a setting').fill('backups database');
      await expect(backup.getByLabel('When', { exact: true })).toHaveValue('every night');
      await backup.getByRole('button', { name: 'Discard' }).click();
      await expect(backup.getByLabel('When', { exact: true })).toHaveValue('0 02 * * *');
      await noSideways();
    });

    test('settings of every kind', async () => {
      await go('settings');
      await page.getByLabel('Find a setting').fill('videos codecs');
      const videos = page.getByRole('form', { name: 'Videos', exact: true });
      const kept = videos.getByRole('group', { name: 'Video codecs that stay' });
      await kept.getByRole('checkbox', { name: 'av1' }).check();
      await videos.getByRole('button', { name: 'Save' }).click();
      await expect
        .poll(async () => (await config()).ffmpeg.acceptedVideoCodecs)
        .toEqual(['h264', 'av1']);
      await videos
        .getByRole('button', { name: 'Video codecs that stay: back to the default' })
        .click();
      await videos.getByRole('button', { name: 'Save' }).click();
      await expect.poll(async () => (await config()).ffmpeg.acceptedVideoCodecs).toEqual(['h264']);

      await page.getByLabel('Find a setting').fill('machine learning');
      const learning = page.getByRole('form', { name: 'Machine learning' });
      const addresses = learning.getByLabel('Addresses', { exact: true });
      await addresses.fill(`http://${stamp}-one:3003\n\nhttp://${stamp}-two:3003\n`);
      await learning.getByLabel('How sure', { exact: true }).fill('0.55');
      await learning.getByRole('button', { name: 'Save' }).click();
      await expect
        .poll(async () => (await config()).machineLearning.urls)
        .toEqual([`http://${stamp}-one:3003`, `http://${stamp}-two:3003`]);
      expect((await config()).machineLearning.facialRecognition.minScore).toBe(0.55);
      await learning.getByRole('button', { name: 'Addresses: back to the default' }).click();
      await learning.getByRole('button', { name: 'Faces, How sure: back to the default' }).click();
      await learning.getByRole('button', { name: 'Save' }).click();
      const { machineLearning } = await read('system-config/defaults');
      await expect
        .poll(async () => (await config()).machineLearning.urls)
        .toEqual(machineLearning.urls);
      await noSideways();
    });

    test('the storage template shows what becomes of a photo', async () => {
      await go('settings');
      await page.getByLabel('Find a setting').fill('storage template');
      const form = page.getByRole('form', { name: 'Storage template' });
      const year = new Date().getFullYear();
      await expect(form.getByTestId('template-preview')).toContainText(`${year}/${year}-`);
      await form
        .getByLabel('Ready-made templates')
        .selectOption('{{make}}/{{model}}/{{lensModel}}/{{filename}}');
      await expect(form.getByTestId('template-preview')).toHaveText(
        'Canon/EOS R5/RF35mm F1.8/IMG_0042.jpg',
      );
      await form.getByLabel('Template', { exact: true }).fill('{{y}}/{{nothing}}');
      await expect(form.getByText('This template has a mistake.')).toBeVisible();
      await form.getByRole('button', { name: 'Save' }).click();
      await expect(form.getByRole('alert')).toContainText('Invalid storage template');
      await form.getByLabel('Template', { exact: true }).fill('{{y}}/{{MM}}/{{filename}}');
      await form.getByRole('button', { name: 'Save' }).click();
      await expect
        .poll(async () => (await config()).storageTemplate.template)
        .toBe('{{y}}/{{MM}}/{{filename}}');
      await form.getByRole('button', { name: 'Template: back to the default' }).click();
      await form.getByRole('button', { name: 'Save' }).click();
      await expect
        .poll(async () => (await config()).storageTemplate.template)
        .toBe('{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}');
    });

    test('a test e-mail that cannot be sent says so', async () => {
      await go('settings');
      await page.getByLabel('Find a setting').fill('smtp');
      const form = page.getByRole('form', { name: 'E-mail' });
      await form.getByLabel('Host', { exact: true }).fill('127.0.0.1');
      await form.getByLabel('Port', { exact: true }).fill('9');
      await form.getByLabel('Sender', { exact: true }).fill('photos@example.com');
      const asked = page.waitForRequest('**/api/admin/notifications/test-email');
      await form.getByRole('button', { name: 'Send a test e-mail' }).click();
      expect((await asked).postDataJSON()).toMatchObject({
        from: 'photos@example.com',
        transport: { host: '127.0.0.1', port: 9 },
      });
      await expect(page.getByText(/SMTP/).last()).toBeVisible();
      await form.getByRole('button', { name: 'Discard' }).click();
    });

    test('settings go into a file and come from one', async () => {
      await go('settings');
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download as file' }).click();
      expect((await download).suggestedFilename()).toBe('tintype-settings.json');
      const put = async (text: string) =>
        page.getByTestId('settings-chooser').setInputFiles({
          name: 'x.json',
          mimeType: 'application/json',
          buffer: Buffer.from(text),
        });
      await put('{"nothing": 1}');
      await expect(toast('This is no file of settings.')).toBeVisible();
      for (const days of [9, 7]) {
        await put(`{"user": {"deleteDelay": ${days}}}`);
        await page.getByRole('dialog').getByRole('button', { name: 'Take from a file' }).click();
        await expect.poll(async () => (await config()).user.deleteDelay).toBe(days);
        await expect(page.locator('dialog')).toHaveCount(0);
      }
    });

    test('settings from a file on the server can only be read', async () => {
      await page.route('**/api/server/features', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ json: { ...(await answer.json()), configFile: true } });
      });
      await go('settings');
      await expect(page.getByText(/The settings come from a file/)).toBeVisible();
      await page.getByLabel('Find a setting').fill('trash');
      const trash = page.getByRole('form', { name: 'Trash' });
      await expect(trash.getByLabel('Keep for', { exact: true })).toBeDisabled();
      await expect(trash.getByRole('button', { name: 'Save' })).toBeDisabled();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.reload();
    });

    test('an external library is made, checked, scanned and deleted', async () => {
      const photos = join(folder, 'photos');
      mkdirSync(photos);
      const jpeg = await page.evaluate(() => {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 64;
        canvas.getContext('2d')!.fillText(String(Math.random()), 4, 20);
        return canvas.toDataURL('image/jpeg').split(',')[1]!;
      });
      writeFileSync(join(photos, 'one.jpg'), Buffer.from(jpeg, 'base64'));
      await go('libraries');
      await page.getByRole('button', { name: 'New library' }).click();
      const dialog = page.getByRole('dialog', { name: 'New library' });
      await dialog.getByLabel('Name', { exact: true }).fill(`Attic ${size}`);
      await dialog.getByLabel('Folders').fill(photos);
      await dialog.getByLabel('Leave out').fill('**/*.tif');
      await dialog.getByRole('button', { name: 'Create' }).click();
      await expect(dialog).toBeHidden();
      const library = (await read('libraries')).find(({ name }: any) => name === `Attic ${size}`);
      expect(library.importPaths).toEqual([photos]);
      expect(library.exclusionPatterns).toEqual(['**/*.tif']);

      await page.getByRole('button', { name: `Change Attic ${size}` }).click();
      const change = page.getByRole('dialog', { name: 'Change library' });
      await change.getByLabel('Folders').fill(`${photos}\n/nowhere/at/all`);
      await change.getByRole('button', { name: 'Check folders' }).click();
      await expect(change.getByText(`${photos}: can be read`)).toBeVisible();
      await expect(change.getByText(/\/nowhere\/at\/all: ./)).toBeVisible();
      await change.getByRole('button', { name: 'Cancel' }).click();

      await page.getByRole('button', { name: `Scan Attic ${size}` }).click();
      await expect(row(`Attic ${size}`).getByText(/1 photo,.*scanned/)).toBeVisible();
      await noSideways();
      await page.getByRole('button', { name: `Delete Attic ${size}` }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await expect(row(`Attic ${size}`)).toHaveCount(0);
      expect((await read('libraries')).map(({ id }: any) => id)).not.toContain(library.id);
    });

    test('statistics and the about page', async () => {
      await go('statistics');
      const { photos } = await read('server/statistics');
      await expect(page.getByRole('meter', { name: 'Disk' })).toBeVisible();
      await expect(page.getByRole('row', { name: new RegExp(account.name) })).toBeVisible();
      await expect(
        page.getByText(photos.toLocaleString('en-GB'), { exact: true }).first(),
      ).toBeVisible();
      await noSideways();
      await go('about');
      const { version } = await read('server/about');
      await expect(page.getByText(version, { exact: true })).toBeVisible();
      await expect(page.getByText(/\.heic/)).toBeVisible();
      await noSideways();
    });

    test('a backup is made, another comes, and both go', async () => {
      await go('maintenance');
      await page.getByRole('button', { name: 'Back up now' }).click();
      await expect(toast('The backup has begun')).toBeVisible();
      const names = async (): Promise<string[]> =>
        (await read('admin/database-backups')).backups.map((each: any) => each.filename);
      await expect.poll(async () => (await names()).length, { timeout: 60_000 }).toBe(1);
      const [made] = await names();
      await expect(page.getByText(made!)).toBeVisible();
      await page.getByTestId('backup-chooser').setInputFiles({
        name: 'x.sql.gz',
        mimeType: 'application/gzip',
        buffer: Buffer.from('12345'),
      });
      await expect(page.getByText('uploaded-x.sql.gz')).toBeVisible();
      await noSideways();
      for (const name of await names()) {
        await page.getByRole('button', { name: `Delete ${name}` }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
        await expect(page.getByText(name)).toHaveCount(0);
      }
      await expect(page.getByText('There are no backups yet.')).toBeVisible();
      expect(await names()).toEqual([]);
    });

    test('files are checked', async () => {
      const summary = () => read('admin/integrity/summary');
      await go('maintenance');
      await page.getByRole('button', { name: 'Check: Files that are missing' }).click();
      expect(await summary()).toEqual({
        missing_file: 0,
        untracked_file: 0,
        checksum_mismatch: 0,
      });
    });

    test('the maintenance mode is entered, and ended by who began it', async () => {
      await go('maintenance');
      await page.getByRole('button', { name: 'Start maintenance' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Start maintenance' }).click();
      await expect(page.getByRole('button', { name: 'End maintenance' })).toBeVisible({
        timeout: 60_000,
      });
      expect(await read('server/config')).toMatchObject({ maintenanceMode: true });
      await page.getByRole('button', { name: 'End maintenance' }).click();
      await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible({
        timeout: 60_000,
      });
      expect(await read('server/config')).toMatchObject({ maintenanceMode: false });
      complaints.length = 0; // the server was away for a moment
    });
  });
}
