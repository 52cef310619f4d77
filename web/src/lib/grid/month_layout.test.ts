import { describe, expect, it } from 'vitest';
import { dayMs, estimateMonthHeight, layoutMonth, optionsForWidth } from './month_layout';

const options = optionsForWidth(1100);
const june = Date.parse('2024-06-01T00:00:00Z');

/** Photos of a day of June, newest first within the day. */
function day(number: number, count: number, ratio = 1.5) {
  return Array.from({ length: count }, (_, i) => ({
    ratio,
    local: june + (number - 1) * dayMs + 20 * 3_600_000 - i * 60_000,
  }));
}

describe('layoutMonth', () => {
  it('makes a block of each day, holding its photos in order', () => {
    const { blocks } = layoutMonth([...day(20, 9), ...day(3, 12)], options);
    expect(blocks.map(({ first, boxes }) => [first, boxes.length])).toEqual([
      [0, 9],
      [9, 12],
    ]);
    expect(blocks.map((block) => new Date(block.day).getUTCDate())).toEqual([20, 3]);
  });

  it('sets days of few photos side by side, as long as there is room', () => {
    const { blocks } = layoutMonth(
      [...day(9, 1), ...day(8, 1), ...day(7, 1), ...day(6, 1)],
      options,
    );
    expect(blocks.slice(0, 3).every(({ y }) => y === 0)).toBe(true);
    expect(blocks[1]!.x).toBeGreaterThan(blocks[0]!.x + blocks[0]!.width);
    expect(blocks[3]).toMatchObject({ x: 0 });
    expect(blocks[3]!.y).toBe(blocks[0]!.height);
  });

  it('gives the heading of a day all the room up to the next one', () => {
    const { blocks } = layoutMonth([...day(9, 1), ...day(8, 1), ...day(3, 40)], options);
    expect(blocks[1]!.x + blocks[1]!.width).toBe(options.width);
    expect(layoutMonth(day(9, 1), options).blocks[0]!.width).toBe(options.width);
  });

  it('never lets blocks overlap or stick out', () => {
    const photos = [...day(30, 2), ...day(28, 40), ...day(20, 1), ...day(19, 3), ...day(2, 1)];
    for (const width of [360, 390, 700, 1100, 2400]) {
      const { blocks, height } = layoutMonth(photos, optionsForWidth(width));
      for (const a of blocks) {
        expect(a.x + a.width).toBeLessThanOrEqual(width);
        expect(a.y + a.height).toBeLessThanOrEqual(height);
        for (const b of blocks) {
          const apart =
            a === b ||
            a.x + a.width <= b.x ||
            b.x + b.width <= a.x ||
            a.y + a.height <= b.y ||
            b.y + b.height <= a.y;
          expect(apart).toBe(true);
        }
      }
    }
  });

  it('splits days by local midnight', () => {
    const midnight = june + 10 * dayMs;
    const { blocks } = layoutMonth(
      [
        { ratio: 1, local: midnight },
        { ratio: 1, local: midnight - 1 },
      ],
      options,
    );
    expect(blocks).toHaveLength(2);
  });
});

describe('estimateMonthHeight', () => {
  it('comes near the real height of a full month', () => {
    const photos = Array.from({ length: 30 }, (_, i) => day(30 - i, 10, 1.4)).flat();
    const real = layoutMonth(photos, options).height;
    const estimate = estimateMonthHeight(photos.length, options);
    expect(Math.abs(real - estimate) / real).toBeLessThan(0.35);
  });

  it('is never nothing', () => {
    expect(estimateMonthHeight(1, options)).toBeGreaterThan(options.rowHeight);
  });
});
