import { describe, expect, it } from 'vitest';
import { extentOf, Piles, type Box } from './piles';

const world: Box = { west: -180, east: 180, north: 85, south: -85 };
const paris = { lat: 48.8566, lon: 2.3522 };
const versailles = { lat: 48.8049, lon: 2.1204 };
const sydney = { lat: -33.8688, lon: 151.2093 };

describe('piles of a map', () => {
  it('puts together what is close at this zoom, and only that', () => {
    const piles = new Piles([paris, sydney, versailles, paris]);
    const far = piles.within(world, 2);
    expect(far.map(({ count, first }) => [count, first])).toEqual([
      [3, 0],
      [1, 1],
    ]);
    expect(far[0]?.lat).toBeCloseTo((2 * paris.lat + versailles.lat) / 3, 3);
    const near = piles.within(world, 12);
    expect(near.map(({ count }) => count).sort()).toEqual([1, 1, 2]);
  });

  it('gives what is in view, and a little beyond', () => {
    const piles = new Piles([paris, sydney]);
    const view: Box = { west: 0, east: 5, north: 50, south: 47 };
    expect(piles.within(view, 6).map(({ first }) => first)).toEqual([0]);
  });

  it('leaves none out and counts none twice', () => {
    const places = Array.from({ length: 5000 }, (_, i) => ({
      lat: ((i * 7919) % 16000) / 100 - 80,
      lon: ((i * 104729) % 36000) / 100 - 180,
    }));
    const piles = new Piles(places);
    for (const zoom of [0, 1.7, 4]) {
      const found = piles.within(world, zoom);
      // What stands at the date line is seen at both ends of the world.
      const inside = found.filter(({ lon }) => lon >= -180 && lon < 180);
      const sum = inside.reduce((total, { count }) => total + count, 0);
      expect(sum).toBeGreaterThanOrEqual(places.length * 0.98);
      expect(sum).toBeLessThanOrEqual(places.length * 1.02);
      expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
    }
  });

  it('keeps a pile as it is while the map is dragged', () => {
    const piles = new Piles([paris, versailles, sydney]);
    const one = piles.within({ west: -10, east: 12, north: 55, south: 40 }, 4);
    const other = piles.within({ west: -9.3, east: 12.7, north: 54.2, south: 39 }, 4);
    expect(other.map(({ key }) => key)).toEqual(one.map(({ key }) => key));
  });

  it('keeps one alone as it is at each zoom', () => {
    const piles = new Piles([paris, sydney]);
    const keys = (zoom: number): string[] => piles.within(world, zoom).map(({ key }) => key);
    expect(keys(3)).toEqual(keys(9));
  });

  it('shows the world again beyond the date line', () => {
    const piles = new Piles([paris]);
    const found = piles.within({ west: 170, east: 400, north: 60, south: 40 }, 2);
    expect(found).toHaveLength(1);
    expect(found[0]?.lon).toBeCloseTo(paris.lon + 360, 6);
    expect(piles.inside(found[0]?.box ?? world, 10)).toEqual([0]);
  });

  it('tells who is in a pile, in order', () => {
    const piles = new Piles([sydney, paris, versailles, paris]);
    const [pile] = piles.within(world, 2);
    expect(piles.inside(pile?.box ?? world, 10)).toEqual([1, 2, 3]);
    expect(piles.inside(pile?.box ?? world, 2)).toEqual([1, 2]);
  });

  it('knows what no zoom takes apart', () => {
    const [same] = new Piles([paris, paris]).within(world, 2);
    const [close] = new Piles([paris, versailles]).within(world, 2);
    expect(same && extentOf(same, 13)).toBe(0);
    expect(close && extentOf(close, 13)).toBeGreaterThan(1000);
  });

  it('stays calm at the poles', () => {
    const found = new Piles([
      { lat: 90, lon: 0 },
      { lat: -90, lon: 180 },
    ]).within(world, 1);
    expect(found.every(({ lat, lon }) => Number.isFinite(lat) && Number.isFinite(lon))).toBe(true);
    expect(found.length).toBeGreaterThanOrEqual(2);
  });
});
