/* One month of the timeline as blocks: a block is a day, its heading and its justified rows. Days
 * of a few photos stand side by side, so that a quiet month is not mostly empty paper. */
import { justify, type Box, type JustifyOptions } from './justify';

export interface LayoutOptions extends JustifyOptions {
  /** Room above the photos of a day for its heading. */
  header: number;
  /** Room below a day. */
  below: number;
  /** No day is narrower, so that its heading fits. */
  narrowestBlock: number;
}

/** What the layout needs to know of a photo. */
export interface Shown {
  ratio: number;
  /** Local time of the photo, as milliseconds as if it were UTC. */
  local: number;
}

export interface Block {
  /** Local midnight, as milliseconds as if it were UTC. */
  day: number;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Index in the month of the first photo; one box for each photo, relative to the block. */
  first: number;
  boxes: Box[];
}

export interface MonthLayout {
  height: number;
  blocks: Block[];
}

export const dayMs = 86_400_000;

function splitDays(photos: readonly Shown[]): { day: number; first: number; end: number }[] {
  const days: { day: number; first: number; end: number }[] = [];
  photos.forEach((photo, i) => {
    const day = Math.floor(photo.local / dayMs) * dayMs;
    const last = days.at(-1);
    if (last && last.day === day) last.end = i + 1;
    else days.push({ day, first: i, end: i + 1 });
  });
  return days;
}

export function layoutMonth(photos: readonly Shown[], options: LayoutOptions): MonthLayout {
  const { width, gap, header, below } = options;
  const blocks: Block[] = [];
  let y = 0; // top of the band being filled
  let bandHeight = 0;
  let x = 0; // where the next block of the band could stand
  /** The heading of the last one in a band has all the room that is left. */
  const closeBand = (): void => {
    const last = blocks.at(-1);
    if (last) last.width = width - last.x;
  };
  for (const { day, first, end } of splitDays(photos)) {
    const ratios = photos.slice(first, end).map((photo) => photo.ratio);
    const rows = justify(ratios, options);
    const isShort = rows.rows === 1 && rows.width < width;
    const blockWidth = isShort
      ? Math.min(width, Math.max(rows.width, options.narrowestBlock))
      : width;
    if (!isShort || x + blockWidth > width) {
      closeBand();
      y += bandHeight;
      bandHeight = 0;
      x = 0;
    }
    const height = header + rows.height + below;
    const boxes = rows.boxes.map((box) => ({ ...box, y: box.y + header }));
    blocks.push({ day, x, y, width: blockWidth, height, first, boxes });
    bandHeight = Math.max(bandHeight, height);
    // The space between neighbours tells days apart where the gap between photos would not.
    x = isShort ? x + blockWidth + gap * 6 : width + 1;
  }
  closeBand();
  return { height: y + bandHeight, blocks };
}

/** How high a month will about be before its photos are known. */
export function estimateMonthHeight(count: number, options: LayoutOptions): number {
  const typicalRatio = 1.3;
  const perRow = Math.max(
    1,
    (options.width + options.gap) / (options.rowHeight * typicalRatio + options.gap),
  );
  const days = Math.min(count, Math.max(1, Math.round(Math.min(31, count / 6))));
  const rows = Math.max(days, Math.ceil(count / perRow));
  return Math.round(
    rows * (options.rowHeight + options.gap) + days * (options.header + options.below),
  );
}

/** The wished row height, gaps and headings for a width in pixels.
 *  @param factor  of the usual height of a row */
export function optionsForWidth(width: number, factor = 1): LayoutOptions {
  const options = usualOptions(width);
  // A photo is never higher than a window is wide.
  const rowHeight = Math.min(options.rowHeight * factor, width * 0.75);
  return { ...options, rowHeight: Math.round(rowHeight) };
}

function usualOptions(width: number): LayoutOptions {
  if (width < 560) {
    return { width, rowHeight: 112, gap: 3, header: 42, below: 10, narrowestBlock: 156 };
  }
  if (width < 900) {
    return { width, rowHeight: 160, gap: 4, header: 46, below: 14, narrowestBlock: 184 };
  }
  return { width, rowHeight: 204, gap: 5, header: 50, below: 18, narrowestBlock: 200 };
}
