/* Addresses of the pages that find photos: /people, /people/ID, /people/ID/PHOTO, /search?q=...,
 * /search/PHOTO?q=... */

export const areas = [
  'search',
  'explore',
  'people',
  'tags',
  'map',
  'memories',
  'folders',
  'duplicates',
  'large',
] as const;
export type Area = (typeof areas)[number];

export interface LibraryRoute {
  page: 'library';
  area: Area;
  /** Which person, tag or memory. */
  id: string | null;
  assetId: string | null;
  /** What is searched for, or the folder. */
  query: string;
}

const withItems: ReadonlySet<Area> = new Set(['people', 'tags', 'memories']);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function library(
  area: Area,
  more: Partial<Omit<LibraryRoute, 'page' | 'area'>> = {},
): LibraryRoute {
  return { page: 'library', area, id: null, assetId: null, query: '', ...more };
}

/** @return null when the path is none of ours */
export function parseLibraryRoute(parts: readonly string[], query: string): LibraryRoute | null {
  const [first, ...ids] = parts;
  const area = areas.find((name) => name === first);
  if (!area || !ids.every((id) => uuid.test(id))) return null;
  const [id = null, assetId = null, ...rest] = ids.map((text) => text.toLowerCase());
  if (rest.length > 0) return null;
  if (withItems.has(area)) return library(area, { id, assetId, query });
  return assetId ? null : library(area, { assetId: id, query });
}

export function libraryPath({ area, id, assetId, query }: LibraryRoute): string {
  const path = [area, id, assetId].filter(Boolean).join('/');
  return `/${path}${query ? `?${query}` : ''}`;
}
