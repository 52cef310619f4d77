/* Where one can go, in the order of the navigation. */
import type { IconName } from '../components/Icon.svelte';
import { library } from './library_routes';
import type { Route, ViewName } from './router';

export type PlaceName =
  ViewName | 'albums' | 'sharing' | 'locked' | 'explore' | 'people' | 'map' | 'tags' | 'folders';

export interface Place {
  name: PlaceName;
  icon: IconName;
  route: Route;
}

export interface PlaceGroup {
  name: 'library' | 'explore';
  places: Place[];
}

function list(view: ViewName, icon: IconName): Place {
  return { name: view, icon, route: { page: 'view', view, assetId: null } };
}

export const placeGroups: PlaceGroup[] = [
  {
    name: 'library',
    places: [
      list('photos', 'photos'),
      { name: 'albums', icon: 'album', route: { page: 'albums' } },
      { name: 'sharing', icon: 'people', route: { page: 'sharing' } },
      list('favorites', 'heart'),
      list('archive', 'archive'),
      { name: 'locked', icon: 'lock', route: { page: 'locked', assetId: null } },
      list('trash', 'trash'),
    ],
  },
  // Ways to find something: search, people, map.
  {
    name: 'explore',
    places: [
      { name: 'explore', icon: 'explore', route: library('explore') },
      { name: 'people', icon: 'faces', route: library('people') },
      { name: 'map', icon: 'map', route: library('map') },
      { name: 'tags', icon: 'tag', route: library('tags') },
    ],
  },
];

/** Shown to those who want it. */
export const foldersPlace: Place = {
  name: 'folders',
  icon: 'folder',
  route: library('folders'),
};

/** Those at hand on a phone, at most four; the others are one touch further. */
export const mainPlaces: PlaceName[] = ['photos', 'albums', 'sharing', 'favorites'];
