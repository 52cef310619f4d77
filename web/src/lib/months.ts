/* The timeline as data: months with a count and, once loaded, their photos. Nothing here changes
 * what it is given; a month that did not change stays the same object, so layouts can be kept. */
import type { AssetResponse, AssetVisibility, TimeBucketAssetResponse } from '../api';

export interface GridAsset {
  id: string;
  ownerId: string;
  ratio: number;
  thumbhash: string | null;
  isFavorite: boolean;
  isImage: boolean;
  isTrashed: boolean;
  visibility: AssetVisibility;
  /** Milliseconds of a video; null for photos. */
  duration: number | null;
  /** When it was taken: the instant, and the local time as milliseconds as if it were UTC. */
  taken: number;
  local: number;
  /** The stack it stands for, or is hidden in. */
  stack: { id: string; count: number; isPrimary: boolean } | null;
  /** The video of a photo that moves. */
  livePhotoVideoId: string | null;
  /** How a picture all around is laid flat, such as EQUIRECTANGULAR. */
  projection: string | null;
  city: string | null;
  country: string | null;
}

export interface Month {
  /** First day, as the server names it: 2024-06-01. */
  key: string;
  count: number;
  /** In the order of the list; null until loaded. */
  assets: readonly GridAsset[] | null;
  /** Something in it changed: what is shown stays until it was read again. */
  isStale?: true;
}

export type Months = readonly Month[];

/** Newest first, except in albums that tell a story from its beginning. */
export type Order = 'asc' | 'desc';

export function monthKey(local: number): string {
  return `${new Date(local).toISOString().slice(0, 7)}-01`;
}

/** Newest first: by local day, then by instant, then by id so that ties do not flicker. */
export function compareAssets(a: GridAsset, b: GridAsset): number {
  const dayA = Math.floor(a.local / 86_400_000);
  const dayB = Math.floor(b.local / 86_400_000);
  return dayB - dayA || b.taken - a.taken || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function sortAssets(assets: GridAsset[], order: Order): GridAsset[] {
  return assets.sort(order === 'desc' ? compareAssets : (a, b) => -compareAssets(a, b));
}

function sortMonths(months: Month[], order: Order): Month[] {
  const sign = order === 'desc' ? 1 : -1;
  return months.sort((a, b) => sign * (a.key < b.key ? 1 : a.key > b.key ? -1 : 0));
}

/** Times of a bucket carry no zone: they are UTC. */
function parseUtc(text: string): number {
  return Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
}

/** Its id and its size, both as text. In buckets only those are told that stand for their stack. */
function stackFromColumn(column: readonly string[] | null): GridAsset['stack'] {
  const [id, count] = column ?? [];
  return id ? { id, count: Number(count) || 0, isPrimary: true } : null;
}

export function assetsFromColumns(
  columns: TimeBucketAssetResponse,
  order: Order = 'desc',
): GridAsset[] {
  const assets = columns.id.map((id, i): GridAsset => {
    const taken = parseUtc(columns.fileCreatedAt[i] ?? '') || 0;
    return {
      id,
      ownerId: columns.ownerId[i] ?? '',
      ratio: columns.ratio[i] ?? 1,
      thumbhash: columns.thumbhash[i] ?? null,
      isFavorite: columns.isFavorite[i] ?? false,
      isImage: columns.isImage[i] ?? true,
      isTrashed: columns.isTrashed[i] ?? false,
      visibility: columns.visibility[i] ?? 'timeline',
      duration: columns.duration[i] ?? null,
      taken,
      local: taken + (columns.localOffsetHours[i] ?? 0) * 3_600_000,
      stack: stackFromColumn(columns.stack?.[i] ?? null),
      livePhotoVideoId: columns.livePhotoVideoId[i] ?? null,
      projection: columns.projectionType[i] ?? null,
      city: columns.city?.[i] ?? null,
      country: columns.country?.[i] ?? null,
    };
  });
  return sortAssets(assets, order);
}

/** Of photos of a link that hides metadata some of the fields are not told. */
export function assetFromResponse(asset: AssetResponse): GridAsset {
  const told: Partial<AssetResponse> = asset;
  const local = Date.parse(asset.localDateTime);
  return {
    id: asset.id,
    ownerId: told.ownerId ?? '',
    ratio: asset.width && asset.height ? asset.width / asset.height : 1,
    thumbhash: asset.thumbhash,
    isFavorite: told.isFavorite ?? false,
    isImage: asset.type === 'IMAGE',
    isTrashed: told.isTrashed ?? false,
    visibility: told.visibility ?? 'timeline',
    duration: asset.duration,
    taken: told.fileCreatedAt ? Date.parse(told.fileCreatedAt) : local,
    local,
    stack: asset.stack
      ? {
          id: asset.stack.id,
          count: asset.stack.assetCount,
          isPrimary: asset.stack.primaryAssetId === asset.id,
        }
      : null,
    livePhotoVideoId: told.livePhotoVideoId ?? null,
    projection: asset.exifInfo?.projectionType ?? null,
    city: asset.exifInfo?.city ?? null,
    country: asset.exifInfo?.country ?? null,
  };
}

/** A month whose photos are not here, or are not all of those the server counts. */
export function needsLoading(month: Month): boolean {
  return month.isStale === true || month.assets?.length !== month.count;
}

/** Put fresh counts under what is loaded. What is shown stays until its month was loaded again.
 *  @param isAnew  also months of the same count may have changed */
export function mergeBuckets(
  old: Months,
  buckets: readonly { timeBucket: string; count: number }[],
  order: Order = 'desc',
  isAnew = false,
): Month[] {
  const known = new Map(old.map((month) => [month.key, month]));
  const months = buckets.map(({ timeBucket, count }): Month => {
    const month = known.get(timeBucket);
    const assets = month?.assets ?? null;
    if (isAnew && assets) return { key: timeBucket, count, assets, isStale: true };
    return month?.count === count ? month : { key: timeBucket, count, assets };
  });
  return sortMonths(months, order);
}

export function setAssets(months: Months, key: string, assets: readonly GridAsset[]): Month[] {
  return months
    .map((month) => (month.key === key ? { key, count: assets.length, assets } : month))
    .filter((month) => month.count > 0);
}

/** Forget the photos of a month but keep its place. */
export function dropAssets(months: Months, keys: ReadonlySet<string>): Month[] {
  return months.map((month) => (keys.has(month.key) ? { ...month, assets: null } : month));
}

export function removeAssets(months: Months, ids: ReadonlySet<string>): Month[] {
  return months
    .map((month) => {
      if (!month.assets?.some((asset) => ids.has(asset.id))) return month;
      const assets = month.assets.filter((asset) => !ids.has(asset.id));
      return { key: month.key, count: assets.length, assets };
    })
    .filter((month) => month.count > 0);
}

/** Add photos, or replace those that are there; a photo whose date changed moves. One that was told
 *  of twice is as it was told last. Where nothing is loaded yet, those count that came there.
 *  @param areNew  they were not in this list before, so all of them came */
export function putAssets(
  months: Months,
  added: readonly GridAsset[],
  areNew: boolean,
  order: Order = 'desc',
): Month[] {
  // Of two events about one photo the later one holds.
  const latest = new Map(added.map((asset) => [asset.id, asset]));
  const ids: ReadonlySet<string> = new Set(latest.keys());
  const byMonth = new Map<string, GridAsset[]>();
  for (const asset of latest.values()) {
    const key = monthKey(asset.local);
    byMonth.set(key, [...(byMonth.get(key) ?? []), asset]);
  }
  const listed = new Set(
    months.flatMap(({ assets }) => assets?.map(({ id }) => id).filter((id) => ids.has(id)) ?? []),
  );
  const result = months.map((month) => {
    const mine = byMonth.get(month.key) ?? [];
    byMonth.delete(month.key);
    const hadSome = month.assets?.some((asset) => ids.has(asset.id)) ?? false;
    if (mine.length === 0 && !hadSome) return month;
    if (!month.assets) {
      const came = mine.filter(({ id }) => areNew || listed.has(id)).length;
      return came > 0 ? { ...month, count: month.count + came } : month;
    }
    const kept = month.assets.filter((asset) => !ids.has(asset.id));
    const assets = sortAssets([...kept, ...mine], order);
    return { key: month.key, count: assets.length, assets };
  });
  for (const [key, assets] of byMonth) {
    result.push({ key, count: assets.length, assets: sortAssets(assets, order) });
  }
  return sortMonths(
    result.filter((month) => month.count > 0),
    order,
  );
}

export function patchAssets(
  months: Months,
  ids: ReadonlySet<string>,
  change: Partial<GridAsset>,
): Month[] {
  return months.map((month) => {
    if (!month.assets?.some((asset) => ids.has(asset.id))) return month;
    const assets = month.assets.map((asset) =>
      ids.has(asset.id) ? { ...asset, ...change } : asset,
    );
    return { ...month, assets };
  });
}

export interface Found {
  month: number;
  index: number;
  asset: GridAsset;
}

export function findAsset(months: Months, id: string): Found | null {
  for (let month = 0; month < months.length; month++) {
    const index = months[month]?.assets?.findIndex((asset) => asset.id === id) ?? -1;
    const asset = months[month]?.assets?.[index];
    if (asset) return { month, index, asset };
  }
  return null;
}
