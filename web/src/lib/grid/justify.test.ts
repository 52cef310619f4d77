import { describe, expect, it } from 'vitest';
import { justify } from './justify';

const options = { width: 1000, rowHeight: 200, gap: 4 };

/** The same numbers each time, so that a failure can be looked at again. */
function manyRatios(count: number): number[] {
  let seed = 42;
  return Array.from({ length: count }, () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return 0.4 + (seed / 0x7fffffff) * 2;
  });
}

describe('justify', () => {
  it('fills every row but the last exactly, with the gap between', () => {
    const { boxes } = justify(manyRatios(200), options);
    const tops = [...new Set(boxes.map(({ y }) => y))];
    const rows = tops.map((y) => boxes.filter((box) => box.y === y));
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows.slice(0, -1)) {
      expect(row[0]?.x).toBe(0);
      const last = row.at(-1)!;
      expect(last.x + last.width).toBe(options.width);
      row.slice(1).forEach((box, i) => expect(box.x - row[i]!.x - row[i]!.width).toBe(4));
    }
  });

  it('keeps rows near the wished height and photos near their proportions', () => {
    const ratios = manyRatios(200);
    const { boxes } = justify(ratios, options);
    boxes.forEach((box, i) => {
      expect(box.height).toBeGreaterThan(130);
      expect(box.height).toBeLessThan(320);
      expect(box.width / box.height).toBeCloseTo(Math.max(0.45, ratios[i]!), 1);
    });
  });

  it('does not blow up the last row, and lets it match the row above', () => {
    const { boxes } = justify([1.5, 1.5, 1.5, 1.5], options);
    const last = boxes.at(-1)!;
    expect(last.y).toBeGreaterThan(0);
    expect(last.height).toBe(boxes[0]!.height);
    expect(justify([1.5], options).boxes[0]).toEqual({ x: 0, y: 0, width: 300, height: 200 });
  });

  it('tells how wide few photos are', () => {
    expect(justify([1, 1], options)).toMatchObject({ width: 404, height: 200, rows: 1 });
  });

  it('fits one panorama, a sliver, and broken proportions', () => {
    for (const ratio of [12, 0.01, 0, NaN, Infinity, -3]) {
      const [box] = justify([ratio], options).boxes;
      expect(box!.width).toBeGreaterThan(80);
      expect(box!.width).toBeLessThanOrEqual(1000);
      expect(box!.height).toBeGreaterThan(100);
    }
    const [narrow] = justify([3], { ...options, width: 200 }).boxes;
    expect(narrow).toMatchObject({ x: 0, width: 200 });
  });

  it('lays out nothing as nothing', () => {
    expect(justify([], options)).toEqual({ boxes: [], width: 0, height: 0, rows: 0 });
  });
});
