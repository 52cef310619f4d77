/* Photos that are close to each other on the map, as one pile. A million of them are gone through each time
 * the map has moved, which takes some hundredths of a second: nothing is indexed, nothing is copied.
 *
 * Places are parts of the world in Web Mercator, 0 to 1 from the date line eastward and from the north
 * down. The cells of a grid that lies on the world come first, so that a pile stays as it is while the map
 * is dragged; then those of neighbouring cells that would touch are put together. */

export interface Place {
  lat: number;
  lon: number;
}

/** In degrees; beyond 180 where the world begins anew. */
export interface Box {
  west: number;
  east: number;
  north: number;
  south: number;
}

export interface Pile {
  /** The same for the same photos at the same zoom, for one alone at each. */
  key: string;
  /** The middle of them. */
  lat: number;
  lon: number;
  count: number;
  /** The first of them in the list. */
  first: number;
  /** Where they are. */
  box: Box;
}

const tileSize = 512;
/** Pixels: less than this apart is one pile. */
export const pileSize = 62;

const latitudeEnd = 85.051129;

function xOf(lon: number): number {
  return (lon + 180) / 360;
}

function yOf(lat: number): number {
  const sine = Math.sin((Math.max(-latitudeEnd, Math.min(latitudeEnd, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

function latOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

interface Cell {
  count: number;
  first: number;
  x: number;
  y: number;
  west: number;
  east: number;
  north: number;
  south: number;
}

function join(a: Cell, b: Cell): void {
  const count = a.count + b.count;
  a.x = (a.x * a.count + b.x * b.count) / count;
  a.y = (a.y * a.count + b.y * b.count) / count;
  a.count = count;
  a.first = Math.min(a.first, b.first);
  a.west = Math.min(a.west, b.west);
  a.east = Math.max(a.east, b.east);
  a.north = Math.min(a.north, b.north);
  a.south = Math.max(a.south, b.south);
}

export class Piles {
  private readonly xs: Float64Array;
  private readonly ys: Float64Array;

  constructor(places: readonly Place[]) {
    this.xs = Float64Array.from(places, ({ lon }) => xOf(lon));
    this.ys = Float64Array.from(places, ({ lat }) => yOf(lat));
  }

  /** The piles of a part of the world, the largest first. */
  within(box: Box, zoom: number): Pile[] {
    const size = pileSize / (tileSize * 2 ** Math.floor(zoom));
    const cells = this.cellsOf(box, size);
    const piles: Cell[] = [];
    for (const cell of cells.sort((a, b) => b.count - a.count || a.first - b.first)) {
      const near = piles.find((pile) => Math.hypot(pile.x - cell.x, pile.y - cell.y) < size);
      if (near) join(near, cell);
      else piles.push(cell);
    }
    return piles.map(({ count, first, x, y, west, east, north, south }) => ({
      key: `${count > 1 ? Math.floor(zoom) : ''} ${first} ${count} ${Math.floor(x)}`,
      lat: latOf(y),
      lon: x * 360 - 180,
      count,
      first,
      box: {
        west: west * 360 - 180,
        east: east * 360 - 180,
        north: latOf(north),
        south: latOf(south),
      },
    }));
  }

  private cellsOf(box: Box, size: number): Cell[] {
    const [west, east] = [xOf(box.west) - size, xOf(box.east) + size];
    const [north, south] = [yOf(box.north) - size, yOf(box.south) + size];
    const cells = new Map<number, Cell>();
    const perRow = Math.ceil(1 / size) + 1;
    // Where the world is seen more than once, so are its photos.
    for (let world = Math.floor(west); world <= Math.floor(east); world++) {
      for (let i = 0; i < this.xs.length; i++) {
        const x = (this.xs[i] ?? 0) + world;
        const y = this.ys[i] ?? 0;
        if (x < west || x > east || y < north || y > south) continue;
        const key = (Math.floor(y / size) * 64 + world) * perRow + Math.floor((x - world) / size);
        const cell = cells.get(key);
        if (!cell) {
          cells.set(key, { count: 1, first: i, x, y, west: x, east: x, north: y, south: y });
          continue;
        }
        cell.count++;
        cell.x += (x - cell.x) / cell.count;
        cell.y += (y - cell.y) / cell.count;
        if (x < cell.west) cell.west = x;
        if (x > cell.east) cell.east = x;
        if (y < cell.north) cell.north = y;
        if (y > cell.south) cell.south = y;
      }
    }
    return [...cells.values()];
  }

  /** Their places in the list, in its order. */
  inside(box: Box, most: number): number[] {
    // A hair's breadth more: degrees and back are not the same number.
    const hair = 1e-9;
    const world = Math.floor(xOf((box.west + box.east) / 2));
    const [west, east] = [xOf(box.west) - world - hair, xOf(box.east) - world + hair];
    const [north, south] = [yOf(box.north) - hair, yOf(box.south) + hair];
    const found: number[] = [];
    for (let i = 0; i < this.xs.length && found.length < most; i++) {
      const x = this.xs[i] ?? 0;
      const y = this.ys[i] ?? 0;
      if (x >= west && x <= east && y >= north && y <= south) found.push(i);
    }
    return found;
  }
}

/** How far it reaches, in pixels at this zoom. */
export function extentOf({ box }: Pile, zoom: number): number {
  const width = xOf(box.east) - xOf(box.west);
  const height = yOf(box.south) - yOf(box.north);
  return Math.max(width, height) * tileSize * 2 ** zoom;
}
