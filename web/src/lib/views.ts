/* The lists of photos there are: what to ask the server for, and which photos belong. */
import type { GridAsset, Order } from './months';
import type { ViewName } from './router';

/** What the timeline routes can be asked. */
export interface BucketQuery {
  visibility?: 'timeline' | 'archive' | 'locked';
  isFavorite?: boolean;
  isTrashed?: boolean;
  albumId?: string;
  personId?: string;
  tagId?: string;
  userId?: string;
  bbox?: string;
  order?: Order;
  withPartners?: boolean;
  withStacked?: boolean;
}

export interface View {
  name: string;
  query: BucketQuery;
  /** Whether a photo may be in this list, by what is known of it. */
  accepts: (asset: GridAsset) => boolean;
  /** Whether that decides. Where it does not (nobody can see from a photo in which albums it is),
   *  a photo that is not in the list already is not added by what is told of it. */
  tellsMembers: boolean;
}

export function orderOf(view: View): Order {
  return view.query.order ?? 'desc';
}

const isShown = (asset: GridAsset): boolean =>
  !asset.isTrashed && (asset.visibility === 'timeline' || asset.visibility === 'archive');

/** The list for a question to the server, such as an album, a person, a tag or a place. */
export function viewOf(name: string, query: BucketQuery): View {
  const { visibility } = query;
  return {
    name,
    query: { isTrashed: false, ...query },
    accepts: (asset) => isShown(asset) && (!visibility || asset.visibility === visibility),
    tellsMembers: false,
  };
}

export const views: Record<ViewName, View> = {
  photos: {
    name: 'photos',
    query: { visibility: 'timeline', isTrashed: false, withPartners: true, withStacked: true },
    // A stack is shown as its first photo.
    accepts: (asset) =>
      asset.visibility === 'timeline' && !asset.isTrashed && asset.stack?.isPrimary !== false,
    tellsMembers: true,
  },
  favorites: {
    name: 'favorites',
    query: { isFavorite: true, isTrashed: false },
    accepts: (asset) => asset.isFavorite && isShown(asset),
    tellsMembers: true,
  },
  archive: {
    name: 'archive',
    query: { visibility: 'archive', isTrashed: false },
    accepts: (asset) => asset.visibility === 'archive' && !asset.isTrashed,
    tellsMembers: true,
  },
  trash: {
    name: 'trash',
    query: { isTrashed: true },
    accepts: (asset) => asset.isTrashed && asset.visibility !== 'locked',
    tellsMembers: true,
  },
};

/** Seen only with the PIN code. */
export const lockedView: View = {
  name: 'locked',
  query: { visibility: 'locked', isTrashed: false },
  accepts: (asset) => asset.visibility === 'locked' && !asset.isTrashed,
  tellsMembers: true,
};

/** What was deleted from there: it is not shown in the trash that all may see. */
export const lockedTrashView: View = {
  name: 'trash',
  query: { visibility: 'locked', isTrashed: true },
  accepts: (asset) => asset.visibility === 'locked' && asset.isTrashed,
  tellsMembers: true,
};
