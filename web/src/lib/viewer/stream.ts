/* A video that the server converts while it is watched (HLS, docs/videos.md). It is played through
 * Media Source Extensions where the browser has them, for they tell what went wrong; else by the
 * browser itself. Each way is a module of its own, loaded when a video needs it. */

/** What became of it: the server does not know the session any more, does not answer or refuses,
 *  or sends what the browser does not play. */
export type StreamFailure = 'gone' | 'network' | 'format';

/** One session of the server. */
export interface Stream {
  /** Shorter sides of the picture that can be chosen, in pixels, largest first. */
  readonly sizes: readonly number[];
  /** @param at  seconds from the start of the video */
  play(video: HTMLVideoElement, at: number): void;
  /** Take the video away from it; it can be played again. */
  stop(): void;
  /** @param size  null: what suits screen and connection */
  choose(size: number | null): void;
  /** Tell the server that nobody watches any more. */
  close(): void;
}

/** @param onfail  called while it plays, at most once; while it opens the promise fails instead
 *  @param signal  aborted when nobody waits for it any more; it may open all the same */
export type OpenStream = (
  id: string,
  onfail: (why: StreamFailure) => void,
  signal: AbortSignal,
) => Promise<Stream>;

export async function openStream(...args: Parameters<OpenStream>): Promise<Stream> {
  const hasSources = 'MediaSource' in window || 'ManagedMediaSource' in window;
  const { open } = hasSources ? await import('./hls_stream') : await import('./native_stream');
  return open(...args);
}

/** The largest that is not larger than what is wanted, else the smallest; @sizes  largest first */
export function nearestSize(sizes: readonly number[], wanted: number): number | undefined {
  return sizes.find((size) => size <= wanted) ?? sizes.at(-1);
}

/** Each once, largest first. */
export function sizesOf(pictures: readonly { width: number; height: number }[]): number[] {
  const sizes = new Set(pictures.map(({ width, height }) => Math.min(width, height)));
  return [...sizes].sort((a, b) => b - a);
}

/** @param address  of a playlist of one size */
export function sessionOf(address: string): string {
  return /\/stream\/([0-9a-f-]{36})\//i.exec(address)?.[1] ?? '';
}

export interface Variant {
  width: number;
  height: number;
  codecs: string;
  /** Relative to the main playlist. */
  address: string;
}

/** What a main playlist offers, in its order. */
export function parseVariants(playlist: string): Variant[] {
  const found: Variant[] = [];
  for (const [, attributes = '', address = ''] of playlist.matchAll(
    /^#EXT-X-STREAM-INF:(.*)\r?\n([^#\s].*?)\r?$/gm,
  )) {
    const [, width, height] = /RESOLUTION=(\d+)x(\d+)/.exec(attributes) ?? [];
    const codecs = /CODECS="([^"]*)"/.exec(attributes)?.[1] ?? '';
    if (width && height)
      found.push({ width: Number(width), height: Number(height), codecs, address });
  }
  return found;
}
