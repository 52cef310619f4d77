import { describe, expect, it } from 'vitest';
import {
  boxOfRatio,
  dragBox,
  mirror,
  noEdits,
  readEdits,
  shownSize,
  toOriginal,
  toShown,
  turn,
  wholePixels,
  writeEdits,
  type Edits,
  type Handle,
} from './edits';

const size = { width: 400, height: 300 };
const box = { x: 10, y: 20, width: 100, height: 50 };

/** All eight ways to lay a picture. */
const ways: Edits[] = [0, 1, 2, 3].flatMap((turns) => [
  { crop: null, turns, isMirrored: false },
  { crop: null, turns, isMirrored: true },
]);

/** What the two operations do to a point of a picture, said in another way. */
function apply(items: ReturnType<typeof writeEdits>, [x, y]: [number, number]): [number, number] {
  let { width, height } = size;
  for (const { action, parameters } of items) {
    const { angle = 0, axis } = parameters as { angle?: number; axis?: string };
    if (action === 'mirror') [x, y] = axis === 'vertical' ? [x, height - y] : [width - x, y];
    if (action !== 'rotate') continue;
    for (let i = 0; i < angle / 90; i++) {
      [x, y] = [height - y, x];
      [width, height] = [height, width];
    }
  }
  return [x, y];
}

describe('turning and mirroring', () => {
  it('come back after four turns or two mirrors', () => {
    for (const way of ways) {
      expect(turn(turn(turn(turn(way, 1), 1), 1), 1)).toEqual(way);
      expect(turn(turn(way, 1), -1)).toEqual(way);
      for (const axis of ['horizontal', 'vertical'] as const)
        expect(mirror(mirror(way, axis), axis)).toEqual(way);
    }
  });

  it('mean on the screen what they say, whatever was done before', () => {
    const point: [number, number] = [30, 70];
    for (const way of ways) {
      const seen = shownSize(size, way);
      const [x, y] = apply(writeEdits(way), point);
      expect(apply(writeEdits(turn(way, 1)), point)).toEqual([seen.height - y, x]);
      expect(apply(writeEdits(mirror(way, 'horizontal')), point)).toEqual([seen.width - x, y]);
      expect(apply(writeEdits(mirror(way, 'vertical')), point)).toEqual([x, seen.height - y]);
    }
  });
});

describe('what the server keeps', () => {
  it('is written and read again', () => {
    for (const way of ways) {
      expect(readEdits(writeEdits(way))).toEqual(way);
      expect(readEdits(writeEdits({ ...way, crop: box }))).toEqual({ ...way, crop: box });
    }
    expect(writeEdits(noEdits)).toEqual([]);
  });

  it('is understood in any order', () => {
    const edits = readEdits([
      { action: 'mirror', parameters: { axis: 'vertical' } },
      { action: 'rotate', parameters: { angle: 90 } },
      { action: 'mirror', parameters: { axis: 'horizontal' } },
    ]);
    // To (30, 230), then to (70, 30) of a picture 300 wide, then to its mirror.
    const point: [number, number] = [30, 70];
    expect(apply(writeEdits(edits), point)).toEqual([230, 30]);
  });
});

describe('a box', () => {
  it('goes to the screen and back', () => {
    for (const way of ways) {
      const seen = toShown(box, size, way);
      expect(toOriginal(seen, size, way)).toEqual(box);
    }
    expect(toShown(box, size, { crop: null, turns: 1, isMirrored: false })).toEqual({
      x: 230,
      y: 10,
      width: 50,
      height: 100,
    });
  });

  it('is whole pixels inside the picture, or all of it', () => {
    expect(wholePixels({ x: -0.4, y: 0.2, width: 400.3, height: 299.9 }, size)).toBeNull();
    expect(wholePixels({ x: 399.6, y: 1.5, width: 10, height: 500 }, size)).toEqual({
      x: 399,
      y: 2,
      width: 1,
      height: 298,
    });
  });

  it('of a ratio is as large as it can be', () => {
    expect(boxOfRatio(1, size, box)).toEqual({ x: 0, y: 0, width: 300, height: 300 });
    expect(boxOfRatio(1, size, { x: 300, y: 0, width: 100, height: 300 }).x).toBe(100);
    expect(boxOfRatio(4, size, box)).toEqual({ x: 0, y: 0, width: 400, height: 100 });
  });
});

describe('a handle', () => {
  const handles: Handle[] = ['', 'n', 's', 'e', 'w', 'ne', 'nw', 'se', 'sw'];
  const start = { x: 100, y: 100, width: 120, height: 90 };

  it('moves its own side only', () => {
    expect(dragBox(start, 'e', { x: 30, y: 99 }, size, null, 16)).toEqual({ ...start, width: 150 });
    expect(dragBox(start, 'nw', { x: -10, y: 5 }, size, null, 16)).toEqual({
      x: 90,
      y: 105,
      width: 130,
      height: 85,
    });
  });

  it('never leaves the picture, is never too small, and keeps its ratio', () => {
    for (const handle of handles) {
      for (const ratio of [null, 1, 4 / 3, 9 / 16]) {
        const from = ratio ? boxOfRatio(ratio, { width: 90, height: 90 }, start) : start;
        for (const x of [-1000, -50, 0, 50, 1000]) {
          for (const y of [-1000, 0, 1000]) {
            const to = dragBox(from, handle, { x, y }, size, ratio, 16);
            expect(to.x).toBeGreaterThanOrEqual(-1e-9);
            expect(to.y).toBeGreaterThanOrEqual(-1e-9);
            expect(to.x + to.width).toBeLessThanOrEqual(400 + 1e-9);
            expect(to.y + to.height).toBeLessThanOrEqual(300 + 1e-9);
            expect(Math.min(to.width, to.height)).toBeGreaterThanOrEqual(16 - 1e-9);
            if (ratio) expect(to.width / to.height).toBeCloseTo(ratio);
          }
        }
      }
    }
  });
});
