import { describe, expect, it } from 'vitest';
import { averageColour, decodeThumbhash } from './thumbhash';

/** A hash whose photo has one colour: header with the average, all waves at their middle. */
function plainHash(l: number, p: number, q: number): string {
  const head = l | (p << 6) | (q << 12);
  const tail = 5 | (1 << 15); // landscape, 7 by 5
  const waves = new Array<number>(19).fill(0x88);
  return btoa(
    String.fromCharCode(head & 255, (head >> 8) & 255, head >> 16, tail & 255, tail >> 8, ...waves),
  );
}

function average(pixels: Uint8ClampedArray): number[] {
  const sums = [0, 0, 0, 0];
  pixels.forEach((value, i) => (sums[i % 4] = (sums[i % 4] ?? 0) + value));
  return sums.map((sum) => Math.round(sum / (pixels.length / 4)));
}

describe('decodeThumbhash', () => {
  it('keeps the proportions of the photo', () => {
    const placeholder = decodeThumbhash(plainHash(32, 32, 32));
    expect(placeholder).toMatchObject({ width: 32, height: 23 });
    expect(placeholder?.pixels.length).toBe(32 * 23 * 4);
  });

  it('decodes white, black and grey', () => {
    expect(average(decodeThumbhash(plainHash(63, 32, 32))!.pixels).slice(0, 3)).toEqual(
      [255, 255, 249].map((value) => expect.closeTo(value, -1)),
    );
    expect(average(decodeThumbhash(plainHash(0, 31, 31))!.pixels)[0]).toBeLessThan(8);
    expect(average(decodeThumbhash(plainHash(32, 32, 32))!.pixels)[1]).toBeCloseTo(130, -1);
  });

  it('decodes red as red: much q, some p', () => {
    // Pure red: l = 1/3, p = 1/2, q = 1.
    const [red = 0, green = 0, blue = 0] = average(decodeThumbhash(plainHash(21, 47, 63))!.pixels);
    expect(red).toBeGreaterThan(240);
    expect(green).toBeLessThan(12);
    expect(blue).toBeLessThan(12);
  });

  it('decodes alpha, and a transparent hash is longer', () => {
    // l = 32, grey, alpha bit 23; average alpha 8 of 15.
    const head = 32 | (32 << 6) | (32 << 12) | (1 << 23);
    const bytes = [head & 255, (head >> 8) & 255, head >> 16, 5, 0, 0x08];
    const hash = (n: number): string =>
      btoa(String.fromCharCode(...bytes, ...new Array<number>(n).fill(0x88)));
    const alpha = average(decodeThumbhash(hash(30))!.pixels)[3] ?? 0;
    expect(alpha).toBeCloseTo((8 / 15) * 255, -1);
    expect(decodeThumbhash(hash(3))).toBeNull();
  });

  it('tells the average colour for CSS, of what is not transparent', () => {
    expect(averageColour(plainHash(21, 47, 63))).toMatch(/^rgb\(2[45]\d -?\d -?\d\)$/);
    expect(averageColour(btoa(String.fromCharCode(0, 0, 128, 0, 0, 0)))).toBeNull();
    for (const text of ['', '%', 'AAA']) expect(averageColour(text)).toBeNull();
  });

  it('gives null for what is no hash', () => {
    for (const text of ['', '%', 'AAAA', '1Qc', '====']) expect(decodeThumbhash(text)).toBeNull();
    expect(decodeThumbhash(plainHash(32, 32, 32).slice(0, 12))).toBeNull();
  });
});
