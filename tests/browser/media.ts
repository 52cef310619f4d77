/* Files that the stories need and the library does not have, made by ffmpeg and exiftool, and put on
 * the server through its API. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';

function inFolder(run: (folder: string) => Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'tintype-media-'));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function ffmpeg(name: string, source: string, ...args: string[]): Buffer {
  return inFolder((folder) => {
    const file = join(folder, name);
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, ...args, file]);
    return readFileSync(file);
  });
}

function withTags(bytes: Buffer, ...tags: string[]): Buffer {
  return inFolder((folder) => {
    const file = join(folder, 'tagged.jpg');
    writeFileSync(file, bytes);
    execFileSync('exiftool', ['-q', '-overwrite_original', ...tags, file]);
    return readFileSync(file);
  });
}

const box = (x: number, y: number, w: number, h: number, color: string): string =>
  `drawbox=x=${x}:y=${y}:w=${w}:h=${h}:c=${color}:t=fill`;

let made = 0;
/** Makes each file another one, so that none is known to the server already. */
const comment = (): string => `-Comment=number ${++made} of ${process.pid} at ${Date.now()}`;

/** Red above left, lime above right, blue below left, white below right. */
export function quarters(width: number, height: number): Buffer {
  const [w, h] = [width / 2, height / 2];
  const boxes = [box(w, 0, w, h, 'lime'), box(0, h, w, h, 'blue'), box(w, h, w, h, 'white')];
  const source = `color=c=red:s=${width}x${height},${boxes.join()}`;
  return withTags(ffmpeg('quarters.jpg', source, '-frames:v', '1', '-q:v', '2'), comment());
}

/** All around: blue in front (the middle), red to the left and lime to the right of it. */
export function panorama(): Buffer {
  const boxes = [box(0, 0, 768, 1024, 'red'), box(1280, 0, 768, 1024, 'lime')];
  const source = `color=c=blue:s=2048x1024,${boxes.join()}`;
  const bytes = ffmpeg('around.jpg', source, '-frames:v', '1', '-q:v', '2');
  return withTags(bytes, '-XMP-GPano:ProjectionType=equirectangular', comment());
}

/** With a tone, so that there is something to mute. */
export function video(seconds: number): Buffer {
  return ffmpeg(
    'film.mp4',
    `testsrc2=s=320x240:r=15:d=${seconds}`,
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest'],
    ...['-movflags', '+faststart', '-metadata', `comment=${++made} ${process.pid} ${Date.now()}`],
  );
}

/** 1280 x 720, by an encoder of ffmpeg; the name says which container. */
export function filmOf(name: string, seconds: number, encoder: string): Buffer {
  return ffmpeg(
    name,
    `testsrc2=s=1280x720:r=15:d=${seconds}`,
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...['-c:v', encoder, '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest'],
    ...['-movflags', '+faststart', '-metadata', `comment=${++made} ${process.pid} ${Date.now()}`],
  );
}

/** A photo with its moment inside, as phones of Google make them. */
export function movingPhoto(): Buffer {
  const film = video(2);
  const photo = withTags(
    quarters(640, 480),
    '-XMP-GCamera:MicroVideo=1',
    `-XMP-GCamera:MicroVideoOffset=${film.length}`,
  );
  return Buffer.concat([photo, film]);
}

/** Upload as the one who is logged in on @page, and wait for the preview. @return its id */
export async function put(page: Page, bytes: Buffer, name: string, day: string): Promise<string> {
  const time = `${day}T12:00:00.000Z`;
  const answer = await page.request.post('api/assets', {
    multipart: {
      fileCreatedAt: time,
      fileModifiedAt: time,
      assetData: { name, mimeType: 'application/octet-stream', buffer: bytes },
    },
  });
  expect(answer.status()).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  await expect
    .poll(async () => {
      const { thumbhash, processingError } = await assetOf(page, id);
      return Boolean(thumbhash ?? processingError);
    })
    .toBe(true);
  return id;
}

export interface Asset {
  thumbhash: string | null;
  processingError?: string | null;
  width: number;
  height: number;
  isEdited: boolean;
  livePhotoVideoId: string | null;
  localDateTime: string;
  exifInfo: {
    description?: string;
    rating?: number | null;
    latitude?: number | null;
    longitude?: number | null;
    projectionType?: string | null;
    dateTimeOriginal?: string;
    timeZone?: string;
  };
  tags?: { value: string }[];
}

export async function assetOf(page: Page, id: string): Promise<Asset> {
  return (await (await page.request.get(`api/assets/${id}`)).json()) as Asset;
}
