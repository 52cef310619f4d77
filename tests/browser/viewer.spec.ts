/* The viewer: looking closely, editing, slideshows, pictures all around, photos that move, videos,
 * and the details beside them; with a mouse on a desk and with fingers on a phone. */
import { readFileSync } from 'node:fs';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { enter, watch } from './helpers';
import { assetOf, filmOf, movingPhoto, panorama, put, quarters, video } from './media';

test.describe.configure({ mode: 'serial' });

const sizes = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** Each size has days of its own: both stories share a server. */
for (const [size, options] of Object.entries(sizes)) {
  test.describe(size, () => {
    const year = size === 'desk' ? 2008 : 2009;
    const day = (n: number): string => `${year}-05-${String(n).padStart(2, '0')}`;
    const isPhone = size === 'phone';

    const noFilm = `no film at all, ${size}, ${Date.now()}`;

    let page: Page;
    let complaints: string[];
    const ids: Record<string, string> = {};

    test.beforeAll(async ({ browser }) => {
      test.setTimeout(180_000);
      const context = await browser.newContext(options);
      page = await context.newPage();
      complaints = watch(page);
      await enter(page);
      ids.photo = await put(page, quarters(3600, 2400), 'quarters.jpg', day(9));
      ids.other = await put(page, quarters(1200, 1600), 'other.jpg', day(8));
      ids.around = await put(page, panorama(), 'around.jpg', day(7));
      ids.moving = await put(page, movingPhoto(), 'moving.jpg', day(6));
      ids.film = await put(page, video(2), 'film.mp4', day(5));
      ids.last = await put(page, quarters(800, 600), 'last.jpg', day(4));
      ids.broken = await put(page, Buffer.from(noFilm), 'broken.mp4', day(3));
      ids.hevc = await put(page, filmOf('phone.mov', 6, 'libx265'), 'phone.mov', day(2));
    });
    test.afterAll(() => page.context().close());
    test.afterEach(() => expect(complaints).toEqual([]));

    const viewer = (): Locator => page.getByRole('dialog', { name: 'Photo viewer' });
    const slide = (): Locator => viewer().locator('.slide[aria-hidden="false"]');
    const editor = (): Locator => page.getByRole('region', { name: 'Edit photo' });

    async function open(name: string): Promise<void> {
      await page.goto(`./photos/${ids[name]}`);
      await expect(viewer()).toBeVisible();
    }

    /** What is a button on a desk stands in the menu of a phone. */
    async function choose(name: string): Promise<void> {
      const button = viewer().getByRole('button', { name, exact: true });
      // The bar comes back when something moves.
      if (!isPhone) await page.mouse.move(300, 300 + Math.random() * 50);
      await expect(async () => {
        if (!(await button.isVisible())) {
          await viewer().getByRole('button', { name: 'More', exact: true }).click();
        }
        await expect(button).toBeVisible({ timeout: 1000 });
      }).toPass();
      await button.click();
    }

    const widthOf = (image: Locator): Promise<number> =>
      image.evaluate((node: HTMLImageElement) => (node.complete ? node.naturalWidth : 0));

    /** Colours of the picture that is shown: above left, above right, below left, below right. */
    async function corners(image: Locator): Promise<string[]> {
      return image.evaluate((node: HTMLImageElement) => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [40, 40];
        const context = canvas.getContext('2d')!;
        context.drawImage(node, 0, 0, 40, 40);
        const name = (x: number, y: number): string => {
          const [r = 0, g = 0, b = 0] = context.getImageData(x, y, 1, 1).data;
          const [red, green, blue] = [r > 128, g > 128, b > 128];
          if (red && green && blue) return 'white';
          return red ? 'red' : green ? 'lime' : blue ? 'blue' : 'black';
        };
        return [name(8, 8), name(32, 8), name(8, 32), name(32, 32)];
      });
    }

    test('neighbours are loaded before they are turned to', async () => {
      await open('photo');
      const neighbour = viewer().locator('.slide[aria-hidden="true"] img[data-size="preview"]');
      await expect.poll(() => widthOf(neighbour.last())).toBe(1200);
    });

    test('closer than the preview, the original is shown', async () => {
      const preview = slide().locator('img[data-size="preview"]');
      await expect.poll(() => widthOf(preview)).toBe(2160);
      await expect(slide().locator('img[data-size="full"]')).toHaveCount(0);
      // How close that is depends on the screen: a small one shows the whole preview for long.
      for (let i = 0; i < 6; i++) await page.keyboard.press('+');
      const full = slide().locator('img[data-size="full"]');
      await expect.poll(() => widthOf(full)).toBe(3600);
      await page.keyboard.press('0');
    });

    const scale = (): Promise<number> =>
      slide()
        .locator('.picture')
        .evaluate((node) => Number(/scale\(([\d.]+)\)/.exec(node.style.transform)?.[1] ?? 1));

    /** Until it is so: on a machine with much to do two may be too far apart to be a double one. */
    async function twice(wanted: number, press: () => Promise<void>): Promise<void> {
      await expect(async () => {
        for (let i = 0; i < 2 && (await scale()) !== wanted; i++) await press();
        await expect.poll(scale, { timeout: 1000 }).toBe(wanted);
      }).toPass();
    }

    if (isPhone) {
      /** Fingers, as the browser itself would tell of them. */
      async function fingers(steps: [number, number][][]): Promise<void> {
        const session = await page.context().newCDPSession(page);
        const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: [number, number][]) =>
          session.send('Input.dispatchTouchEvent', {
            type,
            touchPoints: points.map(([x, y], id) => ({ x, y, id })),
          });
        for (const [i, points] of steps.entries()) {
          await send(i === 0 ? 'touchStart' : 'touchMove', points);
        }
        await send('touchEnd', []);
        await session.detach();
      }

      test('two fingers come closer, two taps too, and back', async () => {
        await fingers([
          [
            [180, 420],
            [210, 420],
          ],
          [
            [150, 420],
            [240, 420],
          ],
          [
            [100, 420],
            [290, 420],
          ],
        ]);
        await expect.poll(scale).toBeGreaterThan(3);
        await twice(1, () => page.touchscreen.tap(195, 420));
        await twice(2.5, () => page.touchscreen.tap(195, 420));
        await page.keyboard.press('0');
      });

      test('a swipe turns the page, a swipe down closes', async () => {
        await fingers([[[300, 420]], [[200, 422]], [[60, 424]]]);
        await expect(page).toHaveURL(new RegExp(ids.other!));
        await fingers([[[60, 420]], [[200, 422]], [[320, 424]]]);
        await expect(page).toHaveURL(new RegExp(ids.photo!));
        await fingers([[[200, 300]], [[202, 400]], [[204, 600]]]);
        await expect(viewer()).toBeHidden();
      });
    } else {
      test('the wheel comes closer where the pointer is, and the picture can be moved', async () => {
        await page.mouse.move(400, 300);
        await page.mouse.wheel(0, -600);
        await expect.poll(scale).toBeGreaterThan(3);
        const place = (): Promise<string> =>
          slide()
            .locator('.picture')
            .evaluate((node) => node.style.transform);
        const before = await place();
        await page.mouse.down();
        await page.mouse.move(500, 360, { steps: 4 });
        await page.mouse.up();
        await expect.poll(place).not.toBe(before);
        await twice(1, () => page.mouse.click(400, 300));
      });
    }

    test('a crop, a turn and a mirror are made, seen and kept', async () => {
      await open('photo');
      await choose('Edit photo');
      const frame = editor().getByRole('application');
      await expect(frame).toBeVisible();
      // The lower right handle to the middle: only what is red stays.
      const handle = editor().getByRole('button', { name: 'Lower right corner' });
      const from = (await handle.boundingBox())!;
      const all = (await frame.boundingBox())!;
      await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
      await page.mouse.down();
      await page.mouse.move(all.x + all.width * 0.7, all.y + all.height * 0.6, { steps: 3 });
      await page.mouse.move(all.x + all.width * 0.75, all.y + all.height * 0.5, { steps: 3 });
      await page.mouse.up();
      await editor().getByRole('button', { name: 'Turn to the right' }).click();
      await editor().getByRole('button', { name: 'Swap left and right' }).click();
      await editor().getByRole('button', { name: 'Save' }).click();
      await expect(editor()).toBeHidden({ timeout: 60_000 });

      const answer = await page.request.get(`api/assets/${ids.photo}/edits`);
      const { edits } = (await answer.json()) as {
        edits: { action: string; parameters: Record<string, number | string> }[];
      };
      expect(edits.map(({ action }) => action)).toEqual(['crop', 'rotate', 'mirror']);
      const crop = edits[0]!.parameters as Record<string, number>;
      expect([crop.x, crop.y]).toEqual([0, 0]);
      // As exactly as a pointer can be on a screen with fewer pixels than the picture.
      expect(Math.abs(crop.width! - 2700)).toBeLessThan(24);
      expect(Math.abs(crop.height! - 1200)).toBeLessThan(24);
      expect(edits[1]!.parameters).toEqual({ angle: 90 });
      expect(edits[2]!.parameters).toEqual({ axis: 'horizontal' });
      const asset = await assetOf(page, ids.photo!);
      expect(asset.isEdited).toBe(true);
      expect([asset.width, asset.height]).toEqual([crop.height, crop.width]);
      // Red, lime beside it: turned to the right red is above, and nothing of a mirror shows.
      const preview = slide().locator('img[data-size="preview"]');
      await expect.poll(async () => corners(preview)).toEqual(['red', 'red', 'lime', 'lime']);
    });

    test('edits can be taken back step by step, by keys, and are not kept when left', async () => {
      await choose('Edit photo');
      const stage = editor().locator('[data-edits]');
      const edits = async (): Promise<{ action: string; parameters: Record<string, unknown> }[]> =>
        JSON.parse((await stage.getAttribute('data-edits')) ?? '[]');
      await expect.poll(async () => (await edits()).length).toBe(3);
      const saved = await edits();
      const undo = editor().getByRole('button', { name: 'Undo' });
      await expect(undo).toBeDisabled();
      await editor().getByRole('button', { name: 'Square' }).click();
      const square = (await edits())[0]!.parameters as { width: number; height: number };
      expect(square.width).toBe(square.height);
      await editor().getByRole('application').press('ArrowRight');
      await editor().getByRole('button', { name: 'Upper left corner' }).press('ArrowDown');
      expect(await edits()).not.toEqual(saved);
      for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z');
      expect(await edits()).toEqual(saved);
      await page.keyboard.press('Control+Shift+z');
      expect((await edits())[0]!.parameters).toEqual(square);
      await editor().getByRole('button', { name: 'Cancel' }).click();
      await expect(editor()).toBeHidden();
      const answer = await page.request.get(`api/assets/${ids.photo}/edits`);
      const kept = (await answer.json()).edits.map(
        ({ action, parameters }: (typeof saved)[number]) => ({ action, parameters }),
      );
      expect(kept).toEqual(saved);
    });

    test('the edited photo and the original can both be downloaded', async () => {
      const { width } = await assetOf(page, ids.photo!);
      for (const [name, isOriginal] of [
        ['Download', false],
        ['Download the original', true],
      ] as const) {
        const coming = page.waitForEvent('download');
        await choose(name);
        const bytes = readFileSync(await (await coming).path());
        const original = await page.request.get(`api/assets/${ids.photo}/original`);
        expect(bytes.equals(await original.body())).toBe(isOriginal);
        const shown = await page.evaluate(async (base64) => {
          const image = new Image();
          image.src = `data:image/jpeg;base64,${base64}`;
          await image.decode();
          return image.naturalWidth;
        }, bytes.toString('base64'));
        expect(shown).toBe(isOriginal ? 3600 : width);
      }
    });

    test('all edits are removed again', async () => {
      await choose('Edit photo');
      await editor().getByRole('button', { name: 'Back to the original' }).click();
      await editor().getByRole('button', { name: 'Save' }).click();
      await expect(editor()).toBeHidden({ timeout: 60_000 });
      const asset = await assetOf(page, ids.photo!);
      expect([asset.isEdited, asset.width, asset.height]).toEqual([false, 3600, 2400]);
      const preview = slide().locator('img[data-size="preview"]');
      await expect.poll(() => corners(preview)).toEqual(['red', 'lime', 'blue', 'white']);
    });

    test('what cannot be edited is not offered to be', async () => {
      await open('around');
      await expect(slide().getByRole('button', { name: /Look around|Show it flat/ })).toBeVisible();
      if (isPhone) await viewer().getByRole('button', { name: 'More', exact: true }).click();
      await expect(viewer().getByRole('button', { name: 'Edit photo' })).toHaveCount(0);
    });

    test('a picture all around can be looked about in', async () => {
      await open('around');
      expect((await assetOf(page, ids.around!)).exifInfo.projectionType).toBe('EQUIRECTANGULAR');
      // On a touch screen a swipe would not turn the page any more: there it is asked for.
      if (isPhone) await slide().getByRole('button', { name: 'Look around' }).click();
      const sphere = slide().getByRole('application');
      await expect(sphere).toHaveAttribute('data-shown', /[1-9]/);
      const middle = (): Promise<string> =>
        sphere.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
          const gl = canvas.getContext('webgl2')!;
          const pixel = new Uint8Array(4);
          const [x, y] = [canvas.width >> 1, canvas.height >> 1];
          gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
          return [...pixel.slice(0, 3)].map((value) => (value > 128 ? 1 : 0)).join('');
        });
      await expect.poll(middle).toBe('001');
      await sphere.focus();
      for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight');
      await expect.poll(middle).toBe('010');
      await page.keyboard.press('0');
      await expect.poll(middle).toBe('001');
      const box = (await sphere.boundingBox())!;
      for (let i = 0; i < 3; i++) {
        await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 3 });
        await page.mouse.up();
        if ((await middle()) === '100') break;
      }
      await expect.poll(middle).toBe('100');
      const before = await sphere.getAttribute('data-look');
      await page.keyboard.press('+');
      await expect(sphere).not.toHaveAttribute('data-look', before!);
      await slide().getByRole('button', { name: 'Show it flat' }).click();
      await expect(sphere).toHaveCount(0);
    });

    test('a photo that moves plays when it is asked to', async () => {
      await open('moving');
      expect((await assetOf(page, ids.moving!)).livePhotoVideoId).toBeTruthy();
      const button = slide().getByRole('button', { name: 'Moving' });
      const film = slide().locator('video');
      if (!isPhone) {
        // As long as the mouse is on it.
        await button.hover();
        await expect(film).toHaveClass(/showing/);
        await page.mouse.move(20, 400);
        await expect(film).toHaveCount(0);
      }
      await button.click();
      if (!isPhone) await page.mouse.move(20, 400);
      await expect(film).toHaveClass(/showing/);
      await expect
        .poll(() => film.evaluate((node: HTMLVideoElement) => node.currentTime))
        .toBeGreaterThan(0.2);
      // Once through, then the photo is there again.
      await expect(film).toHaveCount(0);
      await expect(button).toHaveAttribute('aria-pressed', 'false');
      // Held down, it plays until it is let go.
      await page.mouse.move(isPhone ? 195 : 640, 380);
      await page.mouse.down();
      await expect(film).toHaveClass(/showing/);
      await page.mouse.up();
      await expect(film).toHaveCount(0);
      await expect(viewer()).toBeVisible();
    });

    test('a video plays, stops, is muted, and goes on by keys', async () => {
      await open('film');
      const film = slide().locator('video');
      const is = (property: 'paused' | 'muted'): Promise<boolean> =>
        film.evaluate((node: HTMLVideoElement, name) => node[name], property);
      await expect(film).toHaveAttribute('poster', /size=preview/);
      await expect
        .poll(() => film.evaluate((node: HTMLVideoElement) => node.readyState))
        .toBeGreaterThan(2);
      await film.evaluate((node: HTMLVideoElement) => {
        node.loop = true; // so that it does not end while we look
        return node.play();
      });
      await page.keyboard.press(' ');
      await expect.poll(() => is('paused')).toBe(true);
      await page.keyboard.press(' ');
      await expect.poll(() => is('paused')).toBe(false);
      await page.keyboard.press('m');
      expect(await is('muted')).toBe(true);
      await page.keyboard.press(' ');
      await film.evaluate((node: HTMLVideoElement) => {
        node.currentTime = 0;
        node.focus();
      });
      await page.keyboard.press('ArrowRight');
      await expect
        .poll(() => film.evaluate((node: HTMLVideoElement) => node.currentTime))
        .toBeGreaterThan(1);
      await page.keyboard.press('f');
      await expect
        .poll(() => page.evaluate(() => document.fullscreenElement?.tagName))
        .toBe('VIDEO');
      await page.keyboard.press('f');
      await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();
      // Without the focus on the film, arrows turn the page.
      await viewer().focus();
      await page.keyboard.press('ArrowRight');
      await expect(page).toHaveURL(new RegExp(ids.last!));
    });

    test('what a phone filmed in HEVC plays, from any place', async () => {
      await open('hevc');
      const film = slide().locator('video');
      const is = (name: 'currentTime' | 'readyState' | 'videoWidth'): Promise<number> =>
        film.evaluate((node: HTMLVideoElement, name) => node[name], name);
      await expect.poll(() => is('readyState'), { timeout: 60_000 }).toBeGreaterThan(2);
      expect(await is('videoWidth')).toBe(1280);
      await film.evaluate((node: HTMLVideoElement) => {
        node.muted = true;
        return node.play();
      });
      await expect.poll(() => is('currentTime')).toBeGreaterThan(0.2);
      for (const place of [5, 2]) {
        await film.evaluate((node: HTMLVideoElement, to) => {
          node.pause();
          node.currentTime = to;
        }, place);
        await expect
          .poll(() =>
            film.evaluate((node: HTMLVideoElement) => !node.seeking && node.readyState > 1),
          )
          .toBe(true);
        expect(await is('currentTime')).toBeCloseTo(place, 1);
      }
    });

    test('a video that cannot be played says so and can be downloaded', async () => {
      await open('broken');
      const alert = slide().getByRole('alert');
      await expect(alert).toContainText('cannot play this video');
      await expect(alert).toContainText('Reason: the video is damaged');
      const coming = page.waitForEvent('download');
      await alert.getByRole('link', { name: 'Download the video' }).click();
      expect(readFileSync(await (await coming).path(), 'utf8')).toBe(noFilm);
    });

    test('a slideshow goes by itself, stops, waits for videos, and ends', async () => {
      await open('moving');
      await choose('Slideshow');
      const show = page.getByRole('region', { name: 'Slideshow' });
      const shown = (): Promise<string | null> =>
        show.locator('[data-shown]').last().getAttribute('data-shown');
      await expect.poll(shown).toBe(ids.moving);
      await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
      await page.mouse.move(200, 300);
      await show.getByRole('button', { name: 'Settings' }).click();
      const settings = show.getByRole('group', { name: 'Settings' });
      await settings.getByLabel('Each photo').selectOption('4 seconds');
      await settings.getByRole('switch', { name: 'Show date and place' }).check();
      await page.keyboard.press('Escape');
      await expect(settings).toHaveCount(0);
      await expect(show.getByText(`6 May ${year}`)).toBeVisible();
      // By itself to the video, which plays to its end, and on.
      await expect.poll(shown).toBe(ids.film);
      const film = show.locator('video');
      await expect
        .poll(() => film.evaluate((node: HTMLVideoElement) => node.currentTime).catch(() => 0))
        .toBeGreaterThan(0.5);
      await expect.poll(shown, { intervals: [100] }).toBe(ids.last);
      await page.keyboard.press(' ');
      await expect(show.getByRole('button', { name: 'Play', exact: true })).toBeAttached();
      await page.keyboard.press('ArrowLeft');
      await expect.poll(shown).toBe(ids.film);
      await page.keyboard.press('ArrowLeft');
      await expect.poll(shown).toBe(ids.moving);
      // It closes on what was shown last, and remembers how it ran.
      await page.keyboard.press('Escape');
      await expect(show).toHaveCount(0);
      await expect(page).toHaveURL(new RegExp(ids.moving!));
      expect(await page.evaluate(() => localStorage.getItem('tintype.slideshow'))).toContain(
        '"showsInfo":true',
      );
    });

    test('a slideshow goes backwards and shuffled, and tells its end', async () => {
      await open('last');
      await choose('Slideshow');
      const show = page.getByRole('region', { name: 'Slideshow' });
      const shown = (): Promise<string | null> =>
        show.locator('[data-shown]').last().getAttribute('data-shown');
      await page.mouse.move(200, 300);
      await page.keyboard.press(' ');
      await show.getByRole('button', { name: 'Settings' }).click();
      const order = show.getByLabel('Order');
      await order.selectOption('Backwards');
      await page.keyboard.press('Escape');
      await page.keyboard.press('ArrowRight');
      await expect.poll(shown).toBe(ids.film);
      await page.mouse.move(210, 310);
      await show.getByRole('button', { name: 'Settings' }).click();
      await order.selectOption('Shuffled');
      await page.keyboard.press('Escape');
      const before = await shown();
      await page.keyboard.press('ArrowRight');
      await expect.poll(shown).not.toBe(before);
      await page.mouse.move(220, 320);
      await show.getByRole('button', { name: 'Settings' }).click();
      await order.selectOption('As in the list');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
    });

    /* ---- the details ---- */

    const details = (): Locator => viewer().getByRole('complementary', { name: 'Details' });

    test('description, rating and tags are changed beside the photo', async () => {
      await open('photo');
      await page.keyboard.press('i');
      const text = `Four fields, ${size}`;
      await details().getByRole('textbox', { name: 'Description' }).fill(text);
      await page.keyboard.press('Control+Enter');
      await expect
        .poll(async () => (await assetOf(page, ids.photo!)).exifInfo.description)
        .toBe(text);
      await details().getByRole('button', { name: '4 stars' }).click();
      await expect.poll(async () => (await assetOf(page, ids.photo!)).exifInfo.rating).toBe(4);
      await expect(details().getByRole('button', { name: '4 stars' })).toHaveAttribute(
        'aria-pressed',
        'true',
      );
      await details().getByRole('button', { name: '4 stars' }).click();
      await expect.poll(async () => (await assetOf(page, ids.photo!)).exifInfo.rating).toBeNull();

      const tag = `fields/${size}`;
      const input = details().getByRole('combobox', { name: 'Add a tag' });
      await input.fill(tag);
      await input.press('Enter');
      await expect(details().getByRole('link', { name: tag })).toBeVisible();
      expect((await assetOf(page, ids.photo!)).tags?.map(({ value }) => value)).toEqual([tag]);
      // One that exists is offered.
      await details()
        .getByRole('button', { name: new RegExp(tag) })
        .click();
      await expect(details().getByRole('link', { name: tag })).toHaveCount(0);
      expect((await assetOf(page, ids.photo!)).tags).toEqual([]);
      await input.fill('fields/');
      await details().getByRole('option', { name: tag }).click();
      await expect(details().getByRole('link', { name: tag })).toBeVisible();
    });

    test('the date is changed, and the photo moves to its new day', async () => {
      await details().getByRole('button', { name: 'Change date and time' }).click();
      const dialog = page.getByRole('dialog', { name: 'Change date and time' });
      await dialog.locator('input[type="datetime-local"]').fill(`${year}-06-21T07:08:09`);
      await dialog.locator('select').selectOption('Europe/Oslo');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog).toHaveCount(0);
      await expect
        .poll(async () => (await assetOf(page, ids.photo!)).localDateTime)
        .toContain(`${year}-06-21T07:08:09`);
      await expect(details().getByText(`21 June ${year}`)).toBeVisible();
      expect((await assetOf(page, ids.photo!)).exifInfo.timeZone).toBe('UTC+2');
      await expect(viewer().locator('.when')).toContainText(`21 June ${year}`);
    });

    test('the place is found by name and kept', async () => {
      await details()
        .getByRole('button', { name: /Add a place|Change place/ })
        .click();
      const dialog = page.getByRole('dialog', { name: /place/i });
      await dialog.getByRole('searchbox').fill('Bergen');
      await dialog
        .getByRole('button', { name: /Bergen.*Vestland/ })
        .first()
        .click();
      await expect(dialog.getByLabel('Latitude')).toHaveValue(/^60\.3/);
      await dialog.getByLabel('Longitude').fill('5.5');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog).toHaveCount(0);
      const { exifInfo } = await assetOf(page, ids.photo!);
      expect(exifInfo.latitude).toBeCloseTo(60.39, 1);
      expect(exifInfo.longitude).toBeCloseTo(5.5, 5);
      await expect(details().getByText(/^60\.\d+, 5\.50000$/)).toBeVisible();
    });

    test('faces are drawn, shown, given to another and taken out', async () => {
      await details().getByRole('button', { name: 'Add a face' }).click();
      const paper = viewer().getByRole('application');
      await paper.press('Enter'); // a box in the middle
      await paper.press('ArrowUp');
      await paper.press('Enter');
      const picker = page.getByRole('dialog', { name: 'Who is this?' });
      await picker.getByRole('searchbox').fill(`Ida ${size}`);
      await picker.getByRole('button', { name: `New: Ida ${size}` }).click();
      await expect(details().getByRole('link', { name: `Ida ${size}` })).toBeVisible();
      const faces = async (): Promise<{ person: { name: string } | null }[]> =>
        (await page.request.get(`api/faces?id=${ids.photo}`)).json();
      expect((await faces()).map(({ person }) => person?.name)).toEqual([`Ida ${size}`]);
      await expect(viewer().locator('.frame')).toContainText(`Ida ${size}`);
      await details().getByRole('button', { name: 'Show where people are' }).click();
      await expect(viewer().locator('.frame')).toHaveCount(0);

      const more = details().getByRole('button', { name: `More about Ida ${size}` });
      await more.click();
      await details()
        .getByRole('button', { name: /Somebody else/ })
        .click();
      await picker.getByRole('searchbox').fill(`Nora ${size}`);
      await picker.getByRole('button', { name: `New: Nora ${size}` }).click();
      await expect(details().getByRole('link', { name: `Nora ${size}` })).toBeVisible();
      expect((await faces()).map(({ person }) => person?.name)).toEqual([`Nora ${size}`]);

      await details()
        .getByRole('button', { name: `More about Nora ${size}` })
        .click();
      await details().getByRole('button', { name: 'Remove from the photo' }).click();
      await expect(details().getByRole('link', { name: `Nora ${size}` })).toHaveCount(0);
      await expect.poll(async () => (await faces()).length).toBe(0);
    });

    test('the albums of a photo lead to them', async () => {
      const albumName = `Fields ${size}`;
      const answer = await page.request.post('api/albums', {
        data: { albumName, assetIds: [ids.photo] },
      });
      expect(answer.status()).toBe(201);
      await open('photo');
      await page.keyboard.press('i');
      await details().getByRole('link', { name: albumName }).click();
      await expect(page.getByRole('heading', { level: 1, name: albumName })).toBeVisible();
    });
  });
}
