/* Where the months stand, one below the other, and how the scroll position of a browser, which is
 * limited to some millions of pixels, maps onto a timeline that is not. */

/** Browsers clamp taller elements (Firefox at about 17.8 million pixels). */
export const tallestCanvas = 8_000_000;

/** What is in the page is chosen anew when a scroll has gone this far, not in each of its frames. */
export const windowStep = 200;

export function stepBefore(top: number): number {
  return Math.floor(top / windowStep) * windowStep;
}

export class Stack {
  private readonly tops: number[];
  readonly total: number;

  /** @param lead  room above the first */
  constructor(
    readonly heights: readonly number[],
    lead = 0,
  ) {
    let top = lead;
    this.tops = heights.map((height) => {
      const here = top;
      top += height;
      return here;
    });
    this.total = top;
  }

  top(index: number): number {
    return this.tops[index] ?? this.total;
  }

  /** The section at a height; the first above it all, the last below. -1 when there is none. */
  indexAt(y: number): number {
    let low = 0;
    let high = this.tops.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= y) low = middle;
      else high = middle - 1;
    }
    return this.tops.length === 0 ? -1 : low;
  }

  /** Sections that touch [from, to]: first and one past the last. */
  range(from: number, to: number): [number, number] {
    if (this.tops.length === 0) return [0, 0];
    return [this.indexAt(from), this.indexAt(to) + 1];
  }
}

/** What is subtracted from a place in the timeline to get its place in the canvas, when all is
 *  settled: 0 unless the timeline is taller than a canvas may be. */
export function settledOrigin(virtualTop: number, total: number): number {
  if (total <= tallestCanvas) return 0;
  return Math.round(Math.min(total - tallestCanvas, Math.max(0, virtualTop - tallestCanvas / 2)));
}

/** Whether the origin may stay: the canvas shows what it shall and there is room to scroll. */
export function isSettled(origin: number, virtualTop: number, total: number): boolean {
  if (total <= tallestCanvas) return origin === 0;
  if (origin < 0 || origin > total - tallestCanvas) return false;
  const margin = tallestCanvas / 10;
  const scrollTop = virtualTop - origin;
  const hasRoomAbove = scrollTop > margin || origin === 0;
  const hasRoomBelow = scrollTop < tallestCanvas - margin || origin === total - tallestCanvas;
  return hasRoomAbove && hasRoomBelow;
}

export function canvasHeight(total: number, origin: number): number {
  return Math.max(0, Math.min(total - origin, tallestCanvas));
}

/** The scrubber gives each month room by its photos, and each some, so that years of little are
 *  still there to be hit. It does not move while months load: counts are known from the start. */
export class ScrubScale {
  private readonly stack: Stack;

  constructor(counts: readonly number[]) {
    const sum = counts.reduce((a, b) => a + b, 0);
    const floor = Math.max(1, sum / Math.max(1, counts.length * 6));
    this.stack = new Stack(counts.map((count) => count + floor));
  }

  /** 0 to 1 for the point @inner (0 to 1) of a month. */
  fraction(month: number, inner: number): number {
    if (this.stack.total === 0) return 0;
    const height = this.stack.heights[month] ?? 0;
    return (this.stack.top(month) + height * inner) / this.stack.total;
  }

  place(fraction: number): { month: number; inner: number } {
    const y = Math.min(1, Math.max(0, fraction)) * this.stack.total;
    const month = this.stack.indexAt(y);
    const height = this.stack.heights[month] ?? 1;
    return { month, inner: Math.min(1, Math.max(0, (y - this.stack.top(month)) / height)) };
  }
}
