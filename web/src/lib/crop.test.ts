import { describe, expect, it } from 'vitest';
import { cropRectangle, fitCrop } from './crop';

describe('a crop', () => {
  it('is the middle of the picture at first, as large as there is', () => {
    expect(cropRectangle({ x: 0.5, y: 0.5, zoom: 1 }, 800, 600)).toEqual([100, 0, 600]);
    expect(cropRectangle({ x: 0.5, y: 0.5, zoom: 2 }, 800, 600)).toEqual([250, 150, 300]);
  });

  it('does not leave the picture', () => {
    const crop = fitCrop({ x: 2, y: -1, zoom: 2 }, 800, 600);
    expect(cropRectangle(crop, 800, 600)).toEqual([500, 0, 300]);
    const moved = fitCrop({ x: 0.5, y: 0.9, zoom: 1 }, 800, 600);
    expect(cropRectangle(moved, 800, 600)).toEqual([100, 0, 600]);
  });

  it('is neither larger than the picture nor too small', () => {
    expect(fitCrop({ x: 0.5, y: 0.5, zoom: 0.2 }, 10, 10).zoom).toBe(1);
    expect(fitCrop({ x: 0.5, y: 0.5, zoom: 99 }, 10, 10).zoom).toBe(4);
  });
});
