/* What the service worker and the page must agree on. Several of our apps may live on one host, each
 * below its own path: every name carries the path. */

/** @param base  path the app lives below, with a slash at both ends */
export function cacheNames(base: string) {
  const own = `tintype:${base}:`;
  return {
    own,
    /** The app itself, of one build. */
    shells: `${own}shell:`,
    /** What somebody saw. */
    seen: `${own}seen:`,
    /** Whose that is. */
    state: `${own}state`,
    /** Files that came by the share sheet of a phone and wait for the page. */
    shared: `${own}shared`,
  };
}

/** Where the share sheet of a phone sends files; the manifest names it, too. */
export const sharePath = 'share-target';

/** Of a file that waits: its name, encoded, and when it was last changed. */
export const fileNameHeader = 'x-file-name';
export const fileTimeHeader = 'x-file-time';

export type ToWorker =
  | { type: 'forget' }
  /** What the page has seen without the worker: before there was one, and what goes past it. */
  | { type: 'warm'; urls: string[] };

export type FromWorker = { type: 'connection'; isOnline: boolean };
