import { describe, expect, it } from 'vitest';
import { firstPart, largestPart, PartSize, smallestPart } from './part_size';

describe('the size of parts', () => {
  it('grows while the line is quick, and no further than the server takes', () => {
    const size = new PartSize();
    for (let i = 0; i < 9; i++) size.passed(size.bytes, 100);
    expect(size.bytes).toBe(largestPart);
    size.passed(size.bytes, 30_000);
    expect(size.bytes).toBe(largestPart);
  });

  it('does not grow for a last part that was small', () => {
    const size = new PartSize();
    size.passed(1000, 1);
    expect(size.bytes).toBe(firstPart);
  });

  it('halves below what was refused, stays there, and ends somewhere', () => {
    const size = new PartSize();
    expect(size.refuse(firstPart)).toBe(true);
    expect(size.bytes).toBeLessThan(firstPart / 2);
    const below = size.bytes;
    size.passed(below, 1);
    expect(size.bytes).toBe(below);
    let n = 0;
    while (size.refuse(size.bytes)) expect(++n).toBeLessThan(10);
    expect(size.bytes).toBe(smallestPart);
  });

  it('halves when a part breaks off, and grows again', () => {
    const size = new PartSize();
    size.shrink();
    expect(size.bytes).toBe(firstPart / 2);
    size.passed(size.bytes, 1);
    expect(size.bytes).toBe(firstPart);
    for (let i = 0; i < 20; i++) size.shrink();
    expect(size.bytes).toBe(smallestPart);
  });
});
