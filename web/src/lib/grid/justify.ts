/* Justified rows: photos keep their proportions, each row fills the width, and rows are close to a
 * wished height. Pure arithmetic, in whole pixels so that no seams show. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface JustifyOptions {
  width: number;
  rowHeight: number;
  gap: number;
}

export interface Justified {
  boxes: Box[];
  /** Of the widest row: less than the room when there are only a few photos. */
  width: number;
  height: number;
  rows: number;
}

/** A panorama or a long screenshot is shown cropped rather than as a sliver. */
const narrowest = 0.45;
const widest = 3.2;

export function shownRatio(ratio: number): number {
  if (!Number.isFinite(ratio) || ratio <= 0) return 1;
  return Math.min(widest, Math.max(narrowest, ratio));
}

/** The height at which these photos fill the width exactly. */
function fittingHeight(ratioSum: number, count: number, { width, gap }: JustifyOptions): number {
  return (width - gap * (count - 1)) / ratioSum;
}

/** Where each row begins. A row is closed where its height comes closest to the wished one. */
function breakRows(ratios: number[], options: JustifyOptions): number[] {
  const starts: number[] = [];
  let start = 0;
  while (start < ratios.length) {
    starts.push(start);
    let sum = 0;
    let end = start;
    let before = Infinity;
    for (; end < ratios.length; end++) {
      sum += ratios[end] ?? 1;
      const height = fittingHeight(sum, end - start + 1, options);
      if (height > options.rowHeight) {
        before = height;
        continue;
      }
      const closer = options.rowHeight - height <= before - options.rowHeight || end === start;
      if (closer) end++;
      break;
    }
    start = end;
  }
  return starts;
}

export function justify(rawRatios: readonly number[], options: JustifyOptions): Justified {
  const { width, rowHeight, gap } = options;
  const ratios = rawRatios.map(shownRatio);
  const starts = breakRows(ratios, options);
  const boxes: Box[] = [];
  let y = 0;
  let widestRow = 0;
  let lastHeight = rowHeight;
  starts.forEach((start, row) => {
    const end = starts[row + 1] ?? ratios.length;
    const sum = ratios.slice(start, end).reduce((a, b) => a + b, 0);
    const fitting = fittingHeight(sum, end - start, options);
    // The last row is stretched only when that hardly shows.
    const isFull = row < starts.length - 1 || fitting <= rowHeight * 1.15;
    // Else it is as high as the row above it, so that it does not look like something else.
    const height = Math.max(1, Math.round(isFull ? fitting : Math.min(fitting, lastHeight)));
    lastHeight = height;
    const inner = isFull ? width - gap * (end - start - 1) : sum * height;
    // Edges are rounded, not widths: so the row ends exactly where the room ends.
    let passed = 0;
    for (let i = start; i < end; i++) {
      const left = Math.round((passed / sum) * inner);
      passed += ratios[i] ?? 1;
      const right = Math.round((passed / sum) * inner);
      const x = left + gap * (i - start);
      boxes.push({ x, y, width: Math.max(1, right - left), height });
      widestRow = Math.max(widestRow, x + right - left);
    }
    y += height + gap;
  });
  return { boxes, width: widestRow, height: Math.max(0, y - gap), rows: starts.length };
}
