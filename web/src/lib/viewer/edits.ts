/* Cropping, turning and mirroring as arithmetic. A crop is kept in pixels of the upright original,
 * what is done to the whole picture as quarter turns followed by a mirror: any series of turns and
 * mirrors is one of these eight. */
import type { AssetEditActionItem } from '../../api';
import type { Point, Size } from '../zoom';

export interface Box extends Point, Size {}

export interface Edits {
  /** Null: the whole picture. */
  crop: Box | null;
  /** Quarters of a circle, clockwise, before the mirror: 0 to 3. */
  turns: number;
  /** Left and right are swapped. */
  isMirrored: boolean;
}

export const noEdits: Edits = { crop: null, turns: 0, isMirrored: false };

/** The sides of the frame that follow the hand; none: all of it moves. */
export type Handle = '' | 'n' | 's' | 'e' | 'w' | 'ne' | 'nw' | 'se' | 'sw';

/** A crop has at least so many pixels of the original on each side. */
export const leastPixels = 16;

const quarters = (turns: number): number => ((turns % 4) + 4) % 4;
const within = (value: number, least: number, most: number): number =>
  Math.min(Math.max(least, most), Math.max(least, value));

/** As it is seen, a quarter clockwise: behind a mirror that is the other way round. */
export function turn(edits: Edits, by: 1 | -1): Edits {
  return { ...edits, turns: quarters(edits.turns + (edits.isMirrored ? -by : by)) };
}

export function mirror(edits: Edits, axis: 'horizontal' | 'vertical'): Edits {
  // Top and bottom swapped is left and right swapped, upside down.
  const turns = axis === 'vertical' ? quarters(edits.turns + 2) : edits.turns;
  return { ...edits, turns, isMirrored: !edits.isMirrored };
}

export function isSame(a: Edits, b: Edits): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The size of what is seen of a picture of @size. */
export function shownSize({ width, height }: Size, { turns }: Edits): Size {
  return turns % 2 === 0 ? { width, height } : { width: height, height: width };
}

function rotateBox(box: Box, size: Size): { box: Box; size: Size } {
  return {
    box: { x: size.height - box.y - box.height, y: box.x, width: box.height, height: box.width },
    size: { width: size.height, height: size.width },
  };
}

function rotateOften(box: Box, size: Size, times: number): Box {
  let now = { box, size };
  for (let i = 0; i < times; i++) now = rotateBox(now.box, now.size);
  return now.box;
}

/** Where a box of the original of @size is seen. */
export function toShown(box: Box, size: Size, edits: Edits): Box {
  const turned = rotateOften(box, size, edits.turns);
  if (!edits.isMirrored) return turned;
  return { ...turned, x: shownSize(size, edits).width - turned.x - turned.width };
}

/** Where in the original of @size a box is that is seen. */
export function toOriginal(box: Box, size: Size, edits: Edits): Box {
  const seen = shownSize(size, edits);
  const straight = edits.isMirrored ? { ...box, x: seen.width - box.x - box.width } : box;
  return rotateOften(straight, seen, quarters(-edits.turns));
}

/** Whole pixels inside the picture; null when that is all of it. */
export function wholePixels(box: Box, size: Size): Box | null {
  const x = within(Math.round(box.x), 0, size.width - 1);
  const y = within(Math.round(box.y), 0, size.height - 1);
  const width = within(Math.round(box.width), 1, size.width - x);
  const height = within(Math.round(box.height), 1, size.height - y);
  if (width === size.width && height === size.height) return null;
  return { x, y, width, height };
}

/** What the server keeps, in whatever order somebody sent it. */
export function readEdits(items: readonly AssetEditActionItem[]): Edits {
  let edits = noEdits;
  for (const { action, parameters } of items) {
    const { angle, axis, ...box } = parameters as { angle?: number; axis?: string } & Partial<Box>;
    if (action === 'crop') edits = { ...edits, crop: box as Box };
    else if (action === 'mirror')
      edits = mirror(edits, axis === 'vertical' ? 'vertical' : 'horizontal');
    else for (let i = 0; i < Math.round((angle ?? 0) / 90); i++) edits = turn(edits, 1);
  }
  return edits;
}

/** An empty list says that there is nothing left to edit. */
export function writeEdits({ crop, turns, isMirrored }: Edits): AssetEditActionItem[] {
  const items: AssetEditActionItem[] = [];
  if (crop) items.push({ action: 'crop', parameters: { ...crop } });
  if (turns > 0) items.push({ action: 'rotate', parameters: { angle: turns * 90 } });
  if (isMirrored) items.push({ action: 'mirror', parameters: { axis: 'horizontal' } });
  return items;
}

/* ---- the frame of the crop ---- */

/** The largest box of this ratio in a picture, as near to the middle of another as it can be. */
export function boxOfRatio(ratio: number, bounds: Size, near: Box): Box {
  const width = Math.min(bounds.width, bounds.height * ratio);
  const height = width / ratio;
  return {
    x: within(near.x + near.width / 2 - width / 2, 0, bounds.width - width),
    y: within(near.y + near.height / 2 - height / 2, 0, bounds.height - height),
    width,
    height,
  };
}

/** One side of the frame: where it begins and how long it is. */
function stretch(
  [from, length]: [number, number],
  pull: -1 | 0 | 1,
  by: number,
  room: number,
  least: number,
): [number, number] {
  const end = from + length;
  if (pull === 1) return [from, within(length + by, least, room - from)];
  if (pull === 0) return [from, length];
  const begin = within(from + by, 0, end - least);
  return [begin, end - begin];
}

function pulls(handle: Handle): [-1 | 0 | 1, -1 | 0 | 1] {
  return [
    handle.includes('w') ? -1 : handle.includes('e') ? 1 : 0,
    handle.includes('n') ? -1 : handle.includes('s') ? 1 : 0,
  ];
}

/** How long a side can get whose other end, or whose middle, stays where it is. */
function roomFor([from, length]: [number, number], pull: -1 | 0 | 1, room: number): number {
  if (pull === 1) return room - from;
  if (pull === -1) return from + length;
  return 2 * Math.min(from + length / 2, room - from - length / 2);
}

function place([from, length]: [number, number], pull: -1 | 0 | 1, now: number): number {
  if (pull === 1) return from;
  if (pull === -1) return from + length - now;
  return from + (length - now) / 2;
}

/** The frame @start after @handle was moved @by, inside @bounds.
 *  @param ratio  width by height that it keeps; null: any */
export function dragBox(
  start: Box,
  handle: Handle,
  by: Point,
  bounds: Size,
  ratio: number | null,
  least: number,
): Box {
  if (handle === '') {
    return {
      ...start,
      x: within(start.x + by.x, 0, bounds.width - start.width),
      y: within(start.y + by.y, 0, bounds.height - start.height),
    };
  }
  const [pullX, pullY] = pulls(handle);
  const across: [number, number] = [start.x, start.width];
  const down: [number, number] = [start.y, start.height];
  if (ratio === null) {
    const [x, width] = stretch(across, pullX, by.x, bounds.width, least);
    const [y, height] = stretch(down, pullY, by.y, bounds.height, least);
    return { x, y, width, height };
  }
  const byWidth = start.width + pullX * by.x;
  const byHeight = (start.height + pullY * by.y) * ratio;
  const wanted = pullX === 0 ? byHeight : pullY === 0 ? byWidth : Math.max(byWidth, byHeight);
  const most = Math.min(
    roomFor(across, pullX, bounds.width),
    roomFor(down, pullY, bounds.height) * ratio,
  );
  const width = Math.min(most, Math.max(wanted, least, least * ratio));
  const height = width / ratio;
  return { x: place(across, pullX, width), y: place(down, pullY, height), width, height };
}
