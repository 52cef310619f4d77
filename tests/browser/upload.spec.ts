/* Uploading as it is in life: folders, sidecars, live photos, a line that breaks, a page that is
 * reloaded, thousands of files, large ones. */
import { expect, test, type Page, type Request } from '@playwright/test';
import { account, addUser, drop, enter, enterAs, tileOf, watch } from './helpers';

test.describe.configure({ mode: 'serial' });

let page: Page;
let complaints: string[];

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext()).newPage();
  complaints = watch(page);
  // A page that sends asks before it is left; who reloads here means it.
  page.on('dialog', (dialog) => void dialog.accept());
  await enter(page);
});
test.afterAll(() => page.context().close());
test.afterEach(() => {
  // What is made to fail here is not what this looks for.
  expect(complaints.filter((text) => !/ERR_FAILED|ERR_INTERNET_DISCONNECTED/.test(text))).toEqual(
    [],
  );
});

const panel = () => page.getByRole('region', { name: 'Uploads' });
const heading = (text: string | RegExp) => panel().getByRole('heading', { name: text });

async function close(): Promise<void> {
  await panel().getByRole('button', { name: 'Close' }).click();
  await expect(panel()).toBeHidden();
}

/** A picture that no other has, as a file for a dialog. */
async function picture(name: string) {
  const base64 = await page.evaluate(async (text) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 240];
    const context = canvas.getContext('2d')!;
    context.fillStyle = `hsl(${Math.random() * 360} 50% 50%)`;
    context.fillRect(0, 0, 320, 240);
    context.fillStyle = '#fff';
    context.fillText(`${text} ${Math.random()}`, 10, 30);
    return canvas.toDataURL('image/jpeg').split(',')[1]!;
  }, name);
  return { name, mimeType: 'image/jpeg', buffer: Buffer.from(base64, 'base64') };
}

const choose = (files: Awaited<ReturnType<typeof picture>>[]) =>
  page.getByTestId('file-chooser').setInputFiles(files);

/** Drop a picture that is followed by bytes which nobody looks at. It grows in the page: to bring so much
 *  there takes long. */
async function dropLarge(name: string, bytes: number): Promise<void> {
  const { buffer } = await picture(name);
  await page.evaluate(
    ({ name, base64, bytes }) => {
      const head = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const tail = new Uint8Array(bytes - head.length).map((_, i) => i >> 12);
      const data = new DataTransfer();
      data.items.add(new File([head, tail], name, { type: 'image/jpeg' }));
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    },
    { name, base64: buffer.toString('base64'), bytes },
  );
}

interface Found {
  id: string;
  checksum: string;
  livePhotoVideoId: string | null;
  exifInfo?: { description: string };
}

async function find(name: string): Promise<Found> {
  const data = { originalFileName: name, withExif: true };
  const answer = await page.request.post('api/search/metadata', { data });
  const { items } = ((await answer.json()) as { assets: { items: Found[] } }).assets;
  expect(items).toHaveLength(1);
  return items[0]!;
}

const sidecar = (text: string): string =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">${text}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>`;

test('a sidecar goes with its photo, a film with its live photo, and a lone sidecar says so', async () => {
  const mark = `pair${Date.now()}`;
  const xmp = {
    name: `${mark}.jpg.xmp`,
    mimeType: 'application/xml',
    buffer: Buffer.from(sidecar('said beside')),
  };
  const film = { ...(await picture(`${mark}-live.MOV`)), mimeType: 'video/quicktime' };
  await choose([
    await picture(`${mark}.jpg`),
    xmp,
    await picture(`${mark}-live.jpg`),
    film,
    { ...xmp, name: 'nothing.xmp' },
  ]);
  await expect(heading('2 files uploaded')).toBeVisible();
  await expect(panel().getByText(/Failed: a sidecar without its photo/)).toBeVisible();
  await close();
  await expect
    .poll(async () => (await find(`${mark}.jpg`)).exifInfo?.description)
    .toBe('said beside');
  expect((await find(`${mark}-live.jpg`)).livePhotoVideoId).not.toBeNull();
});

test('a picture from the clipboard is pasted', async () => {
  const { buffer } = await picture('x');
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
    document.body.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  }, buffer.toString('base64'));
  await expect(heading('1 file uploaded')).toBeVisible();
  await expect(panel().getByText(/^pasted-\d{4}-.*\.png$/)).toBeVisible();
  await close();
});

test('a large file goes in parts, and one that breaks off goes on where it was', async () => {
  test.setTimeout(120_000);
  const name = `large${Date.now()}.jpg`;
  const bytes = 20 * 1024 * 1024;
  const parts: string[] = [];
  const isPart = (request: Request) => request.method() === 'PATCH';
  let failing = 2;
  await page.route('**/api/partial-uploads/*', async (route) => {
    if (!isPart(route.request())) return route.continue();
    // The second part and its first repetition break off.
    if (parts.length === 1 && failing-- > 0) return route.abort('internetdisconnected');
    parts.push(route.request().url());
    return route.continue();
  });
  await dropLarge(name, bytes);
  await expect(panel().getByText(/The connection was lost/)).toBeVisible();
  await expect(heading('1 file uploaded')).toBeVisible({ timeout: 40_000 });
  await page.unroute('**/api/partial-uploads/*');
  // All to the same upload: nothing was begun again.
  expect(new Set(parts).size).toBe(1);
  expect(parts.length).toBeGreaterThanOrEqual(3);
  const { checksum } = await find(name);
  const wanted = await page.evaluate(
    async (id) => {
      const bytes = await (await fetch(`api/assets/${id}/original`)).arrayBuffer();
      return bytes.byteLength;
    },
    (await find(name)).id,
  );
  expect(wanted).toBe(bytes);
  expect(checksum).toHaveLength(28);
  await close();
});

test('a lost connection is waited for, with a way to try at once', async () => {
  test.setTimeout(120_000);
  await page.route('**/api/assets', (route) =>
    route.request().method() === 'POST' ? route.abort('internetdisconnected') : route.continue(),
  );
  await choose([await picture('patient.jpg'), await picture('patient-too.jpg')]);
  await expect(panel().getByText(/The connection was lost/)).toBeVisible();
  // It waits twice as long each time; in the end there is time enough to click.
  const tryNow = panel().getByRole('button', { name: 'Try now' });
  await expect(async () => {
    await tryNow.click({ timeout: 1_000 });
    const waits = panel().getByText(/tried again in [1-9]\d seconds/);
    await expect(waits).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 60_000 });
  await page.unroute('**/api/assets');
  await tryNow.click();
  await expect(heading('2 files uploaded')).toBeVisible();
  await close();
});

test('a proxy that refuses a body is named, and the file goes in parts', async () => {
  let refused = 0;
  await page.route('**/api/assets', (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    refused++;
    return route.fulfill({
      status: 413,
      contentType: 'text/html',
      body: '<html><body><h1>413 Request Entity Too Large</h1><hr><center>nginx/1.22.1</center></body></html>',
    });
  });
  const name = `narrow${Date.now()}.jpg`;
  await dropLarge(name, 3 * 1024 * 1024);
  await expect(
    panel().getByText(/nginx in front of the server refused a body of 3\.\d MB/),
  ).toBeVisible();
  await expect(heading('1 file uploaded')).toBeVisible();
  expect(refused).toBe(1);
  await find(name);
  await page.unroute('**/api/assets');
  await close();
});

/** Drop so many small files, without waiting for any. */
async function dropMany(n: number): Promise<void> {
  await page.evaluate((n) => {
    const data = new DataTransfer();
    for (let i = 0; i < n; i++)
      data.items.add(new File([`many ${i}`], `many-${i}.jpg`, { lastModified: 1e12 + i }));
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
    );
  }, n);
}

test('ten thousand files are a list that scrolls, can be paused and given up', async () => {
  // Nothing may be answered, or it would be gone too soon.
  await page.route('**/api/assets/bulk-upload-check', (route) =>
    route.abort('internetdisconnected'),
  );
  await dropMany(10_000);
  await expect(heading(/^Uploading 0 of 10,000 files$/)).toBeVisible();
  await panel().getByRole('button', { name: 'Pause' }).click();
  await expect(panel().getByText('Paused')).toBeVisible();
  const rows = panel().getByRole('listitem');
  expect(await rows.count()).toBeLessThan(40);
  const list = panel().getByRole('region', { name: 'Files' });
  await list.evaluate((node) => node.scrollTo(0, node.scrollHeight));
  expect(await list.evaluate((node) => node.scrollHeight)).toBe(10_000 * 64);
  await expect(rows.last()).toBeInViewport();
  await expect(rows.last().getByText(/^many-\d+\.jpg$/)).toBeVisible();
  expect(await rows.count()).toBeLessThan(40);
  await panel().getByRole('button', { name: 'Cancel all' }).click();
  await expect(panel().getByText('10,000 cancelled')).toBeVisible();
  await page.unroute('**/api/assets/bulk-upload-check');
  await close();
});

/** How many files the browser remembers as not sent. */
const keptFiles = () =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('tintype-uploads');
        opening.onerror = () => reject(new Error('no database'));
        opening.onsuccess = () => {
          const counting = opening.result.transaction('files').objectStore('files').count();
          counting.onerror = () => reject(new Error('no files'));
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
        };
      }),
  );

test('what was not sent is offered again after a reload, and what was is not sent twice', async () => {
  const files = [
    await picture('stay-1.jpg'),
    await picture('stay-2.jpg'),
    await picture('stay-3.jpg'),
  ];
  // One gets through, the others do not.
  let sent = 0;
  await page.route('**/api/assets', (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    return sent++ === 0 ? route.continue() : route.abort('internetdisconnected');
  });
  const folder = files.map((file) => ({ ...file, base64: file.buffer.toString('base64') }));
  const dropSame = () =>
    page.evaluate(
      (files) => {
        const data = new DataTransfer();
        for (const { name, base64 } of files) {
          const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
          data.items.add(new File([bytes], name, { lastModified: 1_500_000_000_000 }));
        }
        document.body.dispatchEvent(
          new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
        );
      },
      folder.map(({ name, base64 }) => ({ name, base64 })),
    );
  await dropSame();
  await expect(heading('Uploading 1 of 3 files')).toBeVisible();
  await expect(panel().getByText(/The connection was lost/)).toBeVisible();
  await panel().getByRole('button', { name: 'Pause' }).click();
  await expect(panel().getByText('Paused')).toBeVisible();
  // The browser's own database may be slow, and drops what is under way when a page goes.
  await expect.poll(keptFiles).toBe(2);
  await page.reload();
  await page.unroute('**/api/assets');
  await expect(heading('2 files not sent yet')).toBeVisible();
  await dropSame();
  await expect(heading('2 files uploaded')).toBeVisible();
  await expect(panel().getByText('1 already here')).toBeVisible();
  await expect(heading(/not sent yet/)).toBeHidden();
  await close();
  await page.reload();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  await expect(panel()).toBeHidden();
  // Other stories may have brought newer photos, which stand above.
  await page.setViewportSize({ width: 1280, height: 8000 });
  await expect(tileOf(page, '14 July 2017').first()).toBeAttached();
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('what the server refuses for what it is is neither tried nor offered again', async () => {
  await drop(page, [
    { name: 'letter.txt', day: '2017-07-21', text: 'Dear Ada,' },
    { name: 'nothing.jpg', day: '2017-07-21', text: '' },
  ]);
  await expect(panel().getByText('2 failed')).toBeVisible();
  await expect(panel().getByRole('button', { name: /Try again|Retry failed/ })).toHaveCount(0);
  await expect.poll(keptFiles).toBe(0);
  await page.reload();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  await page.waitForLoadState('networkidle');
  await expect(panel()).toBeHidden();
});

test('what something in front of the server refuses is tried again, and kept', async () => {
  let asked = 0;
  await page.route('**/api/assets', (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    asked++;
    if (asked > 1) return route.fulfill({ status: 415, contentType: 'text/html', body: 'no' });
    const headers = { 'retry-after': '4' };
    return route.fulfill({ status: 429, contentType: 'text/html', headers, body: 'busy' });
  });
  await drop(page, [{ name: 'refused.jpg', day: '2017-07-23' }]);
  await expect(panel().getByText(/The connection was lost/)).toBeVisible();
  await page.waitForTimeout(2_500); // longer than it waits when nobody asks for more
  expect(asked).toBe(1);
  await expect(panel().getByText('1 failed')).toBeVisible();
  await expect.poll(keptFiles).toBe(1);
  await page.unroute('**/api/assets');
  await panel().getByRole('button', { name: 'Try again' }).click();
  await expect(heading('1 file uploaded')).toBeVisible();
  await close();
});

test('after a file without room none as large is sent, but smaller ones are', async ({
  browser,
}) => {
  const guest = {
    name: 'Quinn Quota',
    email: `quinn-${Date.now()}@example.com`,
    password: 'no room for more',
  };
  await addUser(page, guest);
  const users = (await (await page.request.get('api/users')).json()) as {
    id: string;
    email: string;
  }[];
  const { id } = users.find(({ email }) => email === guest.email)!;
  const setRoom = async (quotaSizeInBytes: number): Promise<void> => {
    const data = { quotaSizeInBytes };
    expect((await page.request.put(`api/admin/users/${id}`, { data })).ok()).toBe(true);
  };
  await setRoom(1000);
  const theirs = await (await browser.newContext()).newPage();
  await enterAs(theirs, guest);
  let posted = 0;
  theirs.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/api/assets')) posted++;
  });
  const large = Array.from({ length: 12 }, (_, i) => ({
    name: `large-${i}.jpg`,
    day: '2017-07-22',
    text: `${i}`.padEnd(2000 + i, '.'),
  }));
  const uploads = theirs.getByRole('region', { name: 'Uploads' });
  await drop(theirs, [
    ...large,
    { name: 'small.jpg', day: '2017-07-22', text: 'small'.padEnd(500) },
  ]);
  await expect(uploads.getByRole('heading', { name: '1 file uploaded' })).toBeVisible();
  await expect(uploads.getByText('12 failed')).toBeVisible();
  await expect(uploads.getByText(/there is no room for it/).first()).toBeVisible();
  // Those that were on their way together, and the small one.
  expect(posted).toBeLessThanOrEqual(4);
  await setRoom(1_000_000);
  await uploads.getByRole('button', { name: 'Retry failed' }).click();
  await expect(uploads.getByRole('heading', { name: '13 files uploaded' })).toBeVisible();
  await theirs.context().close();
});

test('what one tab is about to send another does not offer', async () => {
  const sender = await page.context().newPage();
  await sender.route('**/api/assets', (route) =>
    route.request().method() === 'POST' ? route.abort('internetdisconnected') : route.continue(),
  );
  await sender.goto('./');
  await drop(sender, [{ name: 'once.jpg', day: '2017-07-19' }]);
  await expect(sender.getByText(/The connection was lost/)).toBeVisible();
  await expect.poll(keptFiles).toBe(1);
  await page.reload();
  await expect(page.getByRole('link', { name: 'Photos', exact: true })).toBeVisible();
  await page.waitForLoadState('networkidle');
  await expect(panel()).toBeHidden();
  await sender.close();
  await page.reload();
  await expect(heading('1 file not sent yet')).toBeVisible();
  await panel().getByRole('button', { name: 'Forget them' }).click();
  await expect(panel()).toBeHidden();
});

test('an open tab does not go on as somebody else who logs in beside it', async ({ browser }) => {
  const friend = {
    name: 'Tom Tabs',
    email: `tom-${Date.now()}@example.com`,
    password: 'another long password',
  };
  await addUser(page, friend);
  const context = await browser.newContext();
  const tab = await context.newPage();
  const beside = await context.newPage();
  await enter(tab);
  await tab.goto('./people');
  await expect(tab.getByRole('button', { name: 'Account' })).toBeVisible();
  // The tab hears nothing of it, and asks before it sends.
  await context.request.post('api/auth/login', { data: friend });
  await drop(tab, [{ name: 'hers.jpg', day: '2017-07-20' }]);
  await expect(tab.getByText(`This browser is now logged in as ${friend.name}`)).toBeVisible();
  const statistics = await context.request.get('api/assets/statistics');
  expect((await statistics.json()).total).toBe(0);

  // A tab tells the others who logs out and in.
  await tab.getByRole('button', { name: 'Skip all this' }).click();
  await expect(tab.getByRole('button', { name: 'Account' })).toBeVisible();
  await beside.goto('./');
  await beside.getByRole('button', { name: 'Account' }).click();
  await beside.getByRole('button', { name: 'Log out' }).click();
  await expect(tab.getByRole('button', { name: 'Log in' })).toBeVisible();
  await enterAs(beside, friend);
  await tab.getByLabel('E-mail').fill(account.email);
  await tab.getByLabel('Password', { exact: true }).fill(account.password);
  await tab.getByRole('button', { name: 'Log in' }).click();
  await expect(beside.getByText(`This browser is now logged in as ${account.name}`)).toBeVisible();
  await context.close();
});
