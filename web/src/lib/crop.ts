/* The square that is cut out of a picture: where it lies, and that it never leaves the picture. */

export interface Crop {
  /** The middle of the square, as parts of the width and the height. */
  x: number;
  y: number;
  /** 1 is the largest square there is, 4 a quarter of its side. */
  zoom: number;
}

export const mostZoom = 4;

/** The side of the square in pixels of the picture. */
export function sideOf(width: number, height: number, zoom: number): number {
  return Math.min(width, height) / zoom;
}

/** The nearest crop that lies inside the picture. */
export function fitCrop({ x, y, zoom }: Crop, width: number, height: number): Crop {
  const fitted = Math.min(mostZoom, Math.max(1, zoom));
  const half = sideOf(width, height, fitted) / 2;
  const within = (part: number, length: number): number =>
    Math.min(1 - half / length, Math.max(half / length, part));
  return { x: within(x, width), y: within(y, height), zoom: fitted };
}

/** Left, top and side in pixels of the picture. */
export function cropRectangle(crop: Crop, width: number, height: number): [number, number, number] {
  const side = sideOf(width, height, crop.zoom);
  return [crop.x * width - side / 2, crop.y * height - side / 2, side];
}
