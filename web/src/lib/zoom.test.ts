import { describe, expect, it } from 'vitest';
import { clamp, fit, fitted, largestScale, zoomAt } from './zoom';

const stage = { width: 1000, height: 800 };

describe('fit', () => {
  it('touches the nearer edges of the stage', () => {
    expect(fit(2, stage)).toEqual({ width: 1000, height: 500 });
    expect(fit(0.5, stage)).toEqual({ width: 400, height: 800 });
  });
});

describe('zoomAt', () => {
  it('keeps the point under the pointer where it is', () => {
    const point = { x: 120, y: -40 };
    const zoom = zoomAt({ scale: 2, x: 10, y: 5 }, point, 3);
    const before = { x: (point.x - 10) / 2, y: (point.y - 5) / 2 };
    expect((point.x - zoom.x) / zoom.scale).toBeCloseTo(before.x);
    expect((point.y - zoom.y) / zoom.scale).toBeCloseTo(before.y);
  });

  it('stays between fitting and close enough', () => {
    expect(zoomAt(fitted, { x: 0, y: 0 }, 0.2).scale).toBe(1);
    expect(zoomAt(fitted, { x: 0, y: 0 }, 1e9).scale).toBe(largestScale);
  });
});

describe('clamp', () => {
  const picture = { width: 1000, height: 500 };

  it('centres what fits and keeps edges on the stage', () => {
    expect(clamp({ scale: 1, x: 50, y: 50 }, picture, stage)).toEqual({ scale: 1, x: 0, y: 0 });
    expect(clamp({ scale: 2, x: 9999, y: -9999 }, picture, stage)).toEqual({
      scale: 2,
      x: 500,
      y: -100,
    });
  });
});
