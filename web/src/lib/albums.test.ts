import { describe, expect, it, vi } from 'vitest';
import type { AlbumResponse } from '../api';

const api = vi.hoisted(() => ({ addAssetsToAlbum: vi.fn() }));
vi.mock('../api', () => api);
vi.mock('./asset_actions', () => ({
  inParts: (ids: string[], run: (part: string[]) => Promise<unknown>) => run(ids),
}));
vi.mock('./preferences.svelte', () => ({
  t: () => ({
    albums: {
      untitled: 'Untitled album',
      addedSome: (n: number, refused: number, name: string) => `${n} to ${name}, ${refused} not`,
    },
  }),
}));
vi.mock('./session.svelte', () => ({ session: { user: { id: 'me' } } }));
const { addToAlbum, albumForEnter, canEdit, filterAlbums, nameOf, sortAlbums } =
  await import('./albums');

function album(albumName: string, change: Partial<AlbumResponse> = {}, role = 'owner') {
  return {
    id: albumName,
    albumName,
    description: '',
    assetCount: 0,
    shared: false,
    createdAt: '2024-01-01T00:00:00.000Z',
    albumUsers: [{ role, user: { id: 'me' } }],
    ...change,
  } as AlbumResponse;
}

const names = (albums: AlbumResponse[]): string[] => albums.map(({ albumName }) => albumName);

describe('albums', () => {
  it('tell what could not be put into them', async () => {
    api.addAssetsToAlbum.mockResolvedValue([
      { id: 'mine', success: true },
      { id: 'theirs', success: false, error: 'no_permission' },
    ]);
    expect(await addToAlbum(album('Copy'), ['mine', 'theirs'])).toBe('1 to Copy, 1 not');
  });

  it('are found by name and description, whatever the case', () => {
    const all = [album('Oslo'), album('Rome', { description: 'before oslo' }), album('Bonn')];
    expect(names(filterAlbums(all, 'all', ' OSLO'))).toEqual(['Oslo', 'Rome']);
  });

  it('are mine or shared', () => {
    const all = [album('a'), album('b', { shared: true }), album('c', { shared: true }, 'viewer')];
    expect(names(filterAlbums(all, 'mine'))).toEqual(['a', 'b']);
    expect(names(filterAlbums(all, 'shared'))).toEqual(['b', 'c']);
  });

  it('are ordered by their photos, those without at the end', () => {
    const all = [
      album('empty'),
      album('old', { endDate: '2010-05-01T00:00:00.000Z', assetCount: 9 }),
      album('new', { endDate: '2020-05-01T00:00:00.000Z', assetCount: 2 }),
    ];
    expect(names(sortAlbums(all, 'newest', 'en'))).toEqual(['new', 'old', 'empty']);
    expect(names(sortAlbums(all, 'count', 'en'))).toEqual(['old', 'new', 'empty']);
  });

  it('count numbers in names as numbers', () => {
    const all = [album('Trip 10'), album('Trip 9')];
    expect(names(sortAlbums(all, 'name', 'en'))).toEqual(['Trip 9', 'Trip 10']);
  });

  it('may be changed by owners and editors, and always have a name', () => {
    expect(canEdit(album('a', {}, 'editor'))).toBe(true);
    expect(canEdit(album('a', {}, 'viewer'))).toBe(false);
    expect(nameOf(album('  '))).toBe('Untitled album');
  });

  it('are chosen by Enter only by the whole name', () => {
    const summer = album('Summer');
    const newer = album('Summer 2024', { createdAt: '2024-09-01T00:00:00.000Z' });
    const all = [newer, summer];
    expect(albumForEnter(all, ' Summer ')).toBe(summer);
    expect(albumForEnter(all, 'summer')).toBe(summer);
    expect(albumForEnter(all, 'Summ')).toBe('new');
    expect(albumForEnter(all, '  ')).toBeNull();
    expect(albumForEnter(null, 'Summer')).toBeNull();
  });

  it('are not guessed by Enter where two have the name', () => {
    const [upper, lower] = [album('Oslo'), album('oslo')];
    expect(albumForEnter([upper, lower], 'oslo')).toBe(lower);
    expect(albumForEnter([upper, lower], 'OSLO')).toBeNull();
    expect(albumForEnter([upper, album('Oslo', { id: 'another' })], 'Oslo')).toBeNull();
  });
});
