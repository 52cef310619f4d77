/* A small decoder for ThumbHash, the 25 bytes or so that stand in for a photo until it is there.
 * Format: the average colour, then the cosine coefficients of luminance, two colour axes and, if
 * there is one, alpha, four bits each (evanw.github.io/thumbhash). */

export interface Placeholder {
  width: number;
  height: number;
  /** width * height * 4 bytes: red, green, blue, alpha. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

const longestEdge = 32;

/** From lightness and the two colour axes, blue to yellow and green to red. */
function rgbOf(lightness: number, yellow: number, redGreen: number): [number, number, number] {
  const blue = lightness - (2 / 3) * yellow;
  const red = (3 * lightness - blue + redGreen) / 2;
  return [red, red - redGreen, blue];
}

/** How many cosine waves there are along x and y, and their weights. */
interface Channel {
  nx: number;
  ny: number;
  weights: number[];
}

function base64Bytes(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Reads four-bit weights one after the other; null as soon as the bytes run out. */
class NibbleReader {
  private at = 0;
  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
  ) {}

  channel(nx: number, ny: number, scale: number): Channel | null {
    const weights: number[] = [];
    for (let y = 0; y < ny; y++) {
      for (let x = y === 0 ? 1 : 0; x * ny < nx * (ny - y); x++) {
        const byte = this.bytes[this.start + (this.at >> 1)];
        if (byte === undefined) return null;
        const nibble = this.at & 1 ? byte >> 4 : byte & 15;
        weights.push((nibble / 7.5 - 1) * scale);
        this.at++;
      }
    }
    return { nx, ny, weights };
  }
}

function cosines(count: number, position: number, length: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Math.cos((Math.PI / length) * (position + 0.5) * i),
  );
}

/** What the waves come to on the line at @fy: a weight for each wave along x. */
function onLine({ nx, ny, weights }: Channel, fy: number[]): number[] {
  const line = new Array<number>(nx).fill(0);
  let i = 0;
  for (let y = 0; y < ny; y++) {
    const twice = (fy[y] ?? 0) * 2;
    for (let x = y === 0 ? 1 : 0; x * ny < nx * (ny - y); x++) {
      line[x] = (line[x] ?? 0) + (weights[i++] ?? 0) * twice;
    }
  }
  return line;
}

function wave(line: number[], fx: number[]): number {
  let sum = 0;
  for (let x = 0; x < line.length; x++) sum += (line[x] ?? 0) * (fx[x] ?? 0);
  return sum;
}

/** The average colour of a hash, for CSS; null when parts of it are transparent or it is no hash. */
export function averageColour(base64: string): string | null {
  const [b0 = 0, b1 = 0, b2 = 0, b3] = base64Bytes(base64.slice(0, 8)) ?? [];
  if (b3 === undefined || b2 >> 7 !== 0) return null;
  const head = b0 | (b1 << 8) | (b2 << 16);
  const [red, green, blue] = rgbOf(
    (head & 63) / 63,
    ((head >> 6) & 63) / 31.5 - 1,
    ((head >> 12) & 63) / 31.5 - 1,
  );
  return `rgb(${Math.round(red * 255)} ${Math.round(green * 255)} ${Math.round(blue * 255)})`;
}

/** Decode a hash in base64. Null when it is not one: a placeholder is never worth an error. */
export function decodeThumbhash(base64: string): Placeholder | null {
  const bytes = base64Bytes(base64);
  if (!bytes || bytes.length < 5) return null;
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = bytes;
  const head = b0 | (b1 << 8) | (b2 << 16);
  const tail = b3 | (b4 << 8);
  const hasAlpha = head >> 23 !== 0;
  const isLandscape = tail >> 15 !== 0;
  if (hasAlpha && bytes.length < 6) return null;

  const long = hasAlpha ? 5 : 7;
  const short = tail & 7;
  const nx = Math.max(3, isLandscape ? long : short);
  const ny = Math.max(3, isLandscape ? short : long);

  const average = {
    l: (head & 63) / 63,
    p: ((head >> 6) & 63) / 31.5 - 1,
    q: ((head >> 12) & 63) / 31.5 - 1,
    a: hasAlpha ? (b5 & 15) / 15 : 1,
  };
  const reader = new NibbleReader(bytes, hasAlpha ? 6 : 5);
  const l = reader.channel(nx, ny, ((head >> 18) & 31) / 31);
  // The encoder leaves out the factor 1.25 of the colour axes.
  const p = reader.channel(3, 3, (((tail >> 3) & 63) / 63) * 1.25);
  const q = reader.channel(3, 3, (((tail >> 9) & 63) / 63) * 1.25);
  const a = hasAlpha ? reader.channel(5, 5, (b5 >> 4) / 15) : null;
  if (!l || !p || !q || (hasAlpha && !a)) return null;

  const ratio = (isLandscape ? long : short) / (isLandscape ? short : long);
  const width = Math.max(1, Math.round(ratio > 1 ? longestEdge : longestEdge * ratio));
  const height = Math.max(1, Math.round(ratio > 1 ? longestEdge / ratio : longestEdge));
  const pixels = new Uint8ClampedArray(width * height * 4);
  const columns = Array.from({ length: width }, (_, x) => cosines(7, x, width));
  for (let y = 0, i = 0; y < height; y++) {
    const fy = cosines(7, y, height);
    const [lineL, lineP, lineQ] = [onLine(l, fy), onLine(p, fy), onLine(q, fy)];
    const lineA = a && onLine(a, fy);
    for (const fx of columns) {
      const [red, green, blue] = rgbOf(
        average.l + wave(lineL, fx),
        average.p + wave(lineP, fx),
        average.q + wave(lineQ, fx),
      );
      pixels[i++] = red * 255;
      pixels[i++] = green * 255;
      pixels[i++] = blue * 255;
      pixels[i++] = (average.a + (lineA ? wave(lineA, fx) : 0)) * 255;
    }
  }
  return { width, height, pixels };
}

/** Paint a hash into a canvas; false when there is nothing to paint. */
export function paintThumbhash(canvas: HTMLCanvasElement, base64: string): boolean {
  const placeholder = decodeThumbhash(base64);
  const context = placeholder && canvas.getContext('2d');
  if (!placeholder || !context) return false;
  canvas.width = placeholder.width;
  canvas.height = placeholder.height;
  context.putImageData(
    new ImageData(placeholder.pixels, placeholder.width, placeholder.height),
    0,
    0,
  );
  return true;
}
