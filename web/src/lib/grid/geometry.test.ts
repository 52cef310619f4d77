import { describe, expect, it } from 'vitest';
import {
  canvasHeight,
  isSettled,
  ScrubScale,
  settledOrigin,
  Stack,
  tallestCanvas,
} from './geometry';

describe('Stack', () => {
  const stack = new Stack([100, 50, 200]);

  it('knows where sections begin and end', () => {
    expect([0, 1, 2, 3].map((i) => stack.top(i))).toEqual([0, 100, 150, 350]);
    expect(stack.total).toBe(350);
  });

  it('finds the section at a height', () => {
    expect([-5, 0, 99, 100, 149, 150, 349, 9999].map((y) => stack.indexAt(y))).toEqual([
      0, 0, 0, 1, 1, 2, 2, 2,
    ]);
    expect(stack.range(90, 120)).toEqual([0, 2]);
  });

  it('can be empty', () => {
    expect(new Stack([]).indexAt(10)).toBe(-1);
    expect(new Stack([]).range(0, 100)).toEqual([0, 0]);
  });
});

describe('the canvas', () => {
  it('is the timeline itself while that is not too tall', () => {
    expect(settledOrigin(123_456, 1_000_000)).toBe(0);
    expect(canvasHeight(1_000_000, 0)).toBe(1_000_000);
  });

  it('stays under the limit of browsers and reaches both ends', () => {
    const total = 40_000_000;
    for (const top of [0, 5_000_000, 20_000_000, total - 900]) {
      const origin = settledOrigin(top, total);
      const height = canvasHeight(total, origin);
      expect(height).toBeLessThanOrEqual(tallestCanvas);
      expect(top - origin).toBeGreaterThanOrEqual(0);
      expect(top - origin).toBeLessThanOrEqual(height);
    }
    expect(settledOrigin(0, total)).toBe(0);
    for (const top of [0, 1_000, 5_000_000, 20_000_000, total - 900]) {
      expect(isSettled(settledOrigin(top, total), top, total)).toBe(true);
    }
  });

  it('is moved when it does not begin where the timeline does, or room runs out', () => {
    expect(isSettled(-200, 1_000, 1_000_000)).toBe(false);
    expect(isSettled(200, 1_000, 1_000_000)).toBe(false);
    const total = 40_000_000;
    expect(isSettled(10_000_000, 14_000_000, total)).toBe(true);
    expect(isSettled(10_000_000, 10_000_500, total)).toBe(false);
    expect(isSettled(10_000_000, 17_999_000, total)).toBe(false);
    expect(isSettled(total, total, total)).toBe(false);
  });

  it('ends where the timeline ends', () => {
    const total = 40_000_000;
    expect(settledOrigin(total, total)).toBe(total - tallestCanvas);
  });
});

describe('ScrubScale', () => {
  const scale = new ScrubScale([1000, 1, 500, 2]);

  it('goes there and back', () => {
    for (const month of [0, 1, 2, 3]) {
      for (const inner of [0.1, 0.5, 0.9]) {
        const place = scale.place(scale.fraction(month, inner));
        expect(place.month).toBe(month);
        expect(place.inner).toBeCloseTo(inner, 6);
      }
    }
    expect(scale.place(0)).toEqual({ month: 0, inner: 0 });
    expect(scale.place(1)).toEqual({ month: 3, inner: 1 });
  });

  it('leaves months of little enough room to be hit', () => {
    expect(scale.fraction(2, 0) - scale.fraction(1, 0)).toBeGreaterThan(0.02);
  });
});
