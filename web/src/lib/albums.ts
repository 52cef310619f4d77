/* Albums as this user sees them: what may be done, how they are ordered, and what adding says. */
import {
  addAssetsToAlbum,
  type AlbumResponse,
  type AlbumUserRole,
  type BulkIdResponse,
} from '../api';
import { inParts } from './asset_actions';
import { t } from './preferences.svelte';
import { session } from './session.svelte';

export function roleIn(album: AlbumResponse): AlbumUserRole | null {
  return album.albumUsers.find(({ user }) => user.id === session.user?.id)?.role ?? null;
}

export function canEdit(album: AlbumResponse): boolean {
  const role = roleIn(album);
  return role === 'owner' || role === 'editor';
}

export function ownerOf(album: AlbumResponse) {
  return album.albumUsers.find(({ role }) => role === 'owner')?.user ?? null;
}

export function nameOf(album: AlbumResponse): string {
  return album.albumName.trim() || t().albums.untitled;
}

export type AlbumFilter = 'all' | 'mine' | 'shared';
export type AlbumSort = 'newest' | 'created' | 'name' | 'count';

export function filterAlbums(
  albums: readonly AlbumResponse[],
  filter: AlbumFilter,
  text = '',
): AlbumResponse[] {
  const wanted = text.trim().toLocaleLowerCase();
  return albums.filter((album) => {
    if (filter === 'mine' && roleIn(album) !== 'owner') return false;
    if (filter === 'shared' && !album.shared) return false;
    return `${nameOf(album)} ${album.description}`.toLocaleLowerCase().includes(wanted);
  });
}

export function sortAlbums(
  albums: readonly AlbumResponse[],
  sort: AlbumSort,
  locale: string,
): AlbumResponse[] {
  const byName = new Intl.Collator(locale, { numeric: true }).compare;
  const later = (a = '', b = ''): number => (a < b ? 1 : a > b ? -1 : 0);
  const orders: Record<AlbumSort, (a: AlbumResponse, b: AlbumResponse) => number> = {
    newest: (a, b) => later(a.endDate, b.endDate) || later(a.createdAt, b.createdAt),
    created: (a, b) => later(a.createdAt, b.createdAt),
    name: (a, b) => byName(nameOf(a), nameOf(b)),
    count: (a, b) => b.assetCount - a.assetCount || byName(nameOf(a), nameOf(b)),
  };
  return [...albums].sort(orders[sort]);
}

const sameName = (a: string, b: string): boolean => a.toLocaleLowerCase() === b.toLocaleLowerCase();

/** Whether a name is free, as far as is known. */
export function isNewName(albums: readonly AlbumResponse[], text: string): boolean {
  const name = text.trim();
  return name !== '' && !albums.some((album) => sameName(nameOf(album), name));
}

/** What Enter chooses: the album of just this name, or a new one when there is none. Nothing where that
 *  would be a guess, and nothing while the albums are not known. */
export function albumForEnter(
  albums: readonly AlbumResponse[] | null,
  text: string,
): AlbumResponse | 'new' | null {
  const name = text.trim();
  if (albums === null || name === '') return null;
  if (isNewName(albums, name)) return 'new';
  const alike = albums.filter((album) => sameName(nameOf(album), name));
  const exact = alike.filter((album) => nameOf(album) === name);
  const [only, another] = exact.length > 0 ? exact : alike;
  return only && !another ? only : null;
}

/** Put photos into an album. @return what to say about it */
export async function addToAlbum(album: AlbumResponse, ids: string[]): Promise<string> {
  const answers: BulkIdResponse[] = [];
  await inParts(ids, async (part) => {
    answers.push(...(await addAssetsToAlbum({ id: album.id, body: { ids: part } })));
  });
  const added = answers.filter(({ success }) => success).length;
  const refused = answers.filter(({ error }) => error === 'no_permission').length;
  if (refused > 0) return t().albums.addedSome(added, refused, nameOf(album));
  if (added === 0) return t().albums.addedNone(nameOf(album));
  return t().albums.added(added, nameOf(album));
}
