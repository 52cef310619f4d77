/* What can be done to the photos of a list, in the words and signs of the bar, the viewer and
 * their menus. */
import type { IconName } from '../components/Icon.svelte';
import { download, restore, setArchived, setFavorite, setLocked } from './asset_actions';
import { confirm } from './confirm';
import { libraryActions } from './library_actions';
import type { GridAsset } from './months';
import { partners } from './partners.svelte';
import { t } from './preferences.svelte';
import { session } from './session.svelte';
import type { PhotoSource } from './timeline.svelte';

export interface PhotoAction {
  icon: IconName;
  label: string;
  filled?: boolean;
  /** Stays in sight where there is little room. */
  isMain?: boolean;
  /** @return whether it was done; false, too, when it went on in a dialog */
  run: (assets: GridAsset[]) => Promise<boolean> | boolean;
  /** Which photos it can be done to; all when it does not say. */
  isFor?: (assets: readonly GridAsset[]) => boolean;
}

export interface ListRights {
  /** Keep in albums, share, mark: not for visitors of a link. */
  organise: boolean;
  download: boolean;
  /** Camera, place and file name. */
  details: boolean;
}

export const allRights: ListRights = { organise: true, download: true, details: true };

export function areMine(assets: readonly GridAsset[]): boolean {
  return assets.length > 0 && assets.every(({ ownerId }) => ownerId === session.user?.id);
}

/** Whether they may be put into albums and shared: an album may hold photos of people who only show
 *  them there. */
export function canHandOn(assets: readonly GridAsset[]): boolean {
  const others = new Set(assets.map(({ ownerId }) => ownerId));
  others.delete(session.user?.id ?? '');
  return assets.length > 0 && [...others].every((id) => partners.sharesWithMe(id));
}

export interface ActionDialogs {
  addToAlbum: (assets: GridAsset[]) => void;
  shareByLink: (assets: GridAsset[]) => void;
  /** @return whether it was done */
  remove: (assets: GridAsset[]) => Promise<boolean> | boolean;
}

/** Everything that these photos of this list allow, the most used first. */
export function actionsFor(
  timeline: PhotoSource,
  assets: readonly GridAsset[],
  rights: ListRights,
  extra: readonly PhotoAction[],
  dialogs: ActionDialogs,
): PhotoAction[] {
  const words = t().actions;
  const isMine = areMine(assets);
  const save: PhotoAction = {
    icon: 'download',
    label: words.download,
    run: (chosen) => download(chosen.map(({ id }) => id)),
  };
  const more = extra.filter((action) => action.isFor?.(assets) ?? true);
  if (!rights.organise) return rights.download ? [{ ...save, isMain: true }, ...more] : more;
  const remove = (label: string): PhotoAction => ({
    icon: 'trash',
    label,
    isMain: true,
    run: dialogs.remove,
  });
  if (timeline.view.name === 'trash') {
    return [
      {
        icon: 'restore',
        label: words.restore,
        isMain: true,
        run: (chosen) => restore(timeline, chosen),
      },
      save,
      remove(words.deleteForever),
    ];
  }
  if (timeline.view.name === 'locked') {
    return [
      {
        icon: 'unlock',
        label: words.unlock,
        isMain: true,
        run: (chosen) => setLocked(timeline, chosen, false),
      },
      save,
      remove(words.trash),
    ];
  }
  const lock: PhotoAction = {
    icon: 'lock',
    label: words.lock,
    run: async (chosen) =>
      (await confirm({
        title: t().confirm.lockTitle(chosen.length),
        text: t().confirm.lockText,
        action: words.lock,
      })) && setLocked(timeline, chosen, true),
  };
  const areFavorites = assets.length > 0 && assets.every(({ isFavorite }) => isFavorite);
  const areArchived =
    assets.length > 0 && assets.every(({ visibility }) => visibility === 'archive');
  const favorite: PhotoAction = {
    icon: 'heart',
    filled: areFavorites,
    isMain: true,
    label: areFavorites ? words.unfavorite : words.favorite,
    run: (chosen) => setFavorite(timeline, chosen, !areFavorites),
  };
  const archive: PhotoAction = {
    icon: areArchived ? 'unarchive' : 'archive',
    label: areArchived ? words.unarchive : words.archive,
    run: (chosen) => setArchived(timeline, chosen, !areArchived),
  };
  const keep: PhotoAction = {
    icon: 'albumAdd',
    label: t().albums.addTo,
    isMain: true,
    run: (chosen) => {
      dialogs.addToAlbum(chosen);
      return false;
    },
  };
  const share: PhotoAction = {
    icon: 'link',
    label: t().links.share,
    run: (chosen) => {
      dialogs.shareByLink(chosen);
      return false;
    },
  };
  return [
    ...(isMine ? [favorite] : []),
    ...(canHandOn(assets) ? [keep, share] : []),
    ...(isMine ? [archive, lock] : []),
    ...(isMine ? libraryActions(timeline, assets) : []),
    save,
    ...more,
    ...(isMine ? [remove(words.trash)] : []),
  ];
}
