import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AssetResponse } from '../api';
import { assetFromResponse } from './months';

vi.mock('./timeline.svelte', () => ({ Timeline: { open: new Set() } }));
const { AssetList } = await import('./asset_list.svelte');

function answer(id: string, change: Partial<AssetResponse> = {}): AssetResponse {
  return {
    id,
    type: 'IMAGE',
    visibility: 'timeline',
    isTrashed: false,
    isFavorite: false,
    localDateTime: '2024-06-01T12:00:00.000Z',
    ...change,
  } as AssetResponse;
}

/** What the server would answer, two photos a page. */
let stored: AssetResponse[];
const fetchPage = async (after: string | null) => {
  const start = Number(after ?? 0);
  const next = start + 2 < stored.length ? String(start + 2) : null;
  return { assets: stored.slice(start, start + 2), next };
};

const shown = (list: InstanceType<typeof AssetList>): string[] => list.assets.map(({ id }) => id);

async function start(pages = 1) {
  const list = new AssetList(fetchPage);
  for (let i = 0; i < pages; i++) await list.more();
  return list;
}

beforeEach(() => {
  stored = ['a', 'b', 'c', 'd', 'e'].map((id) => answer(id));
});

describe('a list that comes page after page', () => {
  it('does not keep what was locked, here or elsewhere', async () => {
    const list = await start(2);
    list.patch(['b'], { visibility: 'locked' });
    expect(shown(list)).toEqual(['a', 'c', 'd']);
    list.put([assetFromResponse(answer('c', { visibility: 'locked' }))]);
    expect(shown(list)).toEqual(['a', 'd']);
    list.put([assetFromResponse(answer('b'))]);
    expect(shown(list)).toEqual(['a', 'b', 'd']);
  });

  it('shows again what was restored elsewhere, in its place', async () => {
    const list = await start(2);
    list.remove(['b', 'c']);
    list.bringBack(['c', 'b', 'x']);
    expect(shown(list)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is read again as far as it was read', async () => {
    const list = await start(2);
    list.remove(['a']);
    stored = stored.map(({ id }) => answer(id, { isFavorite: true }));
    stored.splice(3, 1);
    await list.refresh();
    expect(shown(list)).toEqual(['a', 'b', 'c', 'e']);
    expect(list.assets.every(({ isFavorite }) => isFavorite)).toBe(true);
    expect(list.hasMore).toBe(false);
  });

  it('does not show again what leaves while it is read again', async () => {
    const list = await start(2);
    const reading = list.refresh();
    await Promise.resolve();
    list.remove(['b']);
    await reading;
    expect(shown(list)).toEqual(['a', 'c', 'd']);
    list.bringBack(['b']);
    expect(shown(list)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stays when it cannot be read again, and is read anew with the next try', async () => {
    const list = await start(3);
    const pages = stored;
    stored = null as never;
    await list.refresh();
    expect(list.error).not.toBeNull();
    expect(shown(list)).toEqual(['a', 'b', 'c', 'd', 'e']);
    stored = pages.slice(1);
    await list.more();
    expect(list.error).toBeNull();
    expect(shown(list)).toEqual(['b', 'c', 'd', 'e']);
  });
});
