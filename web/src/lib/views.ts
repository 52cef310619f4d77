/* The lists of photos there are: what to ask the server for, and which photos belong. */
import type { GridAsset } from './months';
import type { ViewName } from './router';

export interface BucketQuery {
  visibility?: 'timeline' | 'archive';
  isFavorite?: boolean;
  isTrashed?: boolean;
}

export interface View {
  name: ViewName;
  query: BucketQuery;
  accepts: (asset: GridAsset) => boolean;
}

export const views: Record<ViewName, View> = {
  photos: {
    name: 'photos',
    query: { visibility: 'timeline', isTrashed: false },
    accepts: (asset) => asset.visibility === 'timeline' && !asset.isTrashed,
  },
  favorites: {
    name: 'favorites',
    query: { isFavorite: true, isTrashed: false },
    accepts: (asset) =>
      asset.isFavorite &&
      !asset.isTrashed &&
      (asset.visibility === 'timeline' || asset.visibility === 'archive'),
  },
  archive: {
    name: 'archive',
    query: { visibility: 'archive', isTrashed: false },
    accepts: (asset) => asset.visibility === 'archive' && !asset.isTrashed,
  },
  trash: {
    name: 'trash',
    query: { isTrashed: true },
    accepts: (asset) => asset.isTrashed,
  },
};
