/* What the stories have in common: an account, photos that the test makes, and a page that is
 * watched for what must never happen. */
import { expect, type Locator, type Page } from '@playwright/test';

export const account = {
  name: 'Ada Browser',
  email: process.env.TINTYPE_EMAIL ?? 'ada@example.com',
  password: process.env.TINTYPE_PASSWORD ?? 'a long enough password',
};

/** Complaints of the browser; answers with an error status are judged where they are expected. */
export function watch(page: Page, complaints: string[] = []): string[] {
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    const isExpected = /Failed to load resource: the server responded with a status/.test(text);
    if (message.type() === 'error' && !isExpected) complaints.push(text);
  });
  return complaints;
}

/** Who is new is asked a few things first; stories about something else pass them by. */
async function passWelcome(page: Page): Promise<void> {
  const photos = page.getByRole('link', { name: 'Photos', exact: true });
  const skip = page.getByRole('button', { name: 'Skip all this' });
  await expect(photos.or(skip)).toBeVisible();
  if (await skip.isVisible()) await skip.click();
  await expect(photos).toBeVisible();
}

/** Make the first account on a new server, else log in. */
export async function enter(page: Page): Promise<void> {
  await page.goto('./');
  const welcome = page.getByRole('heading', { name: 'Welcome' });
  const login = page.getByRole('button', { name: 'Log in' });
  await expect(welcome.or(login)).toBeVisible();
  if (await welcome.isVisible()) {
    await page.getByLabel('Name', { exact: true }).fill(account.name);
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password', { exact: true }).fill(account.password);
    await page.getByLabel('Repeat password').fill(account.password);
    await page.getByRole('button', { name: 'Create account' }).click();
  } else {
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password', { exact: true }).fill(account.password);
    await login.click();
  }
  await passWelcome(page);
}

export interface Person {
  name: string;
  email: string;
  password: string;
}

/** Make another account, whose password holds unless it is to be changed at the first login. The
 *  page must be the administrator's. */
export async function addUser(
  page: Page,
  { name, email, password }: Person,
  { shouldChangePassword = false } = {},
): Promise<void> {
  const data = { name, email, password, shouldChangePassword };
  const answer = await page.request.post('api/admin/users', { data });
  expect(answer.status()).toBe(201);
}

/** Log in as somebody who has an account. */
export async function enterAs(page: Page, { email, password }: Person): Promise<void> {
  await page.goto('./');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await passWelcome(page);
}

export interface MadeFile {
  name: string;
  /** Local date of the file, such as 2021-07-05. */
  day: string;
  text?: string;
}

let made = 0;

/** Drop files onto the page. Photos are JPEGs with a picture that no other has. */
export async function drop(page: Page, files: MadeFile[]): Promise<void> {
  await expect(page.getByTestId('file-chooser')).toBeAttached(); // with it the page listens for drops
  const seed = `${Date.now()}-${process.pid}-${++made}`;
  await page.evaluate(
    async ({ files, seed }) => {
      const data = new DataTransfer();
      for (const [i, { name, day, text }] of files.entries()) {
        const canvas = document.createElement('canvas');
        canvas.width = 640;
        canvas.height = i % 2 === 0 ? 480 : 960;
        const context = canvas.getContext('2d')!;
        context.fillStyle = `hsl(${(i * 137) % 360} 45% 45%)`;
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.fillStyle = '#fff';
        context.font = '28px sans-serif';
        context.fillText(`${name} ${seed}`, 20, 60, 600);
        const photo = await new Promise<Blob>((resolve) =>
          canvas.toBlob((blob) => resolve(blob!), 'image/jpeg'),
        );
        const lastModified = Date.parse(`${day}T12:00:00Z`);
        data.items.add(new File([text ?? photo], name, { lastModified }));
      }
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(
          new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
        );
      }
    },
    { files, seed },
  );
}

/** Drop the same bytes twice at once is a race; this drops what another tile already shows. */
export async function dropCopyOf(page: Page, assetId: string, name: string): Promise<void> {
  await page.evaluate(
    async ({ assetId, name }) => {
      const original = await fetch(`api/assets/${assetId}/original`);
      const data = new DataTransfer();
      data.items.add(new File([await original.blob()], name, { lastModified: 0 }));
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    },
    { assetId, name },
  );
}

/** Until the server has done all it had to: no photo gets another shape or picture any more. The page
 *  must be the administrator's. */
export async function untilIdle(page: Page): Promise<void> {
  const left = async (): Promise<number> => {
    const queues = await (await page.request.get('api/queues')).json();
    return queues.reduce(
      (sum: number, { statistics: { active, waiting, delayed } }: any) =>
        sum + active + waiting + delayed,
      0,
    );
  };
  await expect.poll(left, { timeout: 120_000 }).toBe(0);
}

export const tiles = (page: Page) => page.locator('a[data-asset]');

/** The tile whose label tells this date, such as "5 July 2021". */
export const tileOf = (page: Page, date: string) =>
  page.locator(`a[data-asset][aria-label*="${date}"]`);

/** Open the photo of a tile. @return the viewer, which hears keys from now on */
export async function openPhoto(tile: Locator): Promise<Locator> {
  await tile.click();
  const viewer = tile.page().getByRole('dialog', { name: 'Photo viewer' });
  await expect(viewer).toBeVisible();
  return viewer;
}

/** The thumbnail itself arrived and was decoded. */
export async function expectPicture(page: Page, date: string): Promise<void> {
  const image = tileOf(page, date).locator('img');
  await expect(image).toBeVisible();
  await expect
    .poll(() => image.evaluate((node: HTMLImageElement) => node.complete && node.naturalWidth))
    .toBeGreaterThan(0);
}

/** To the end of a list of months, however long it is. */
export async function goToOldest(page: Page): Promise<void> {
  await expect(tiles(page).first()).toBeVisible();
  const line = page.getByRole('slider', { name: 'Go to a date' });
  // A list that fits into the window has none.
  if ((await line.count()) === 0) return;
  await line.focus();
  await page.keyboard.press('End');
}
