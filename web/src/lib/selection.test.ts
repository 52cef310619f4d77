import { describe, expect, it } from 'vitest';
import type { GridAsset, Month } from './months';
import { Selection } from './selection.svelte';

const month = (key: string, ids: string[] | null): Month => ({
  key,
  count: ids?.length ?? 3,
  assets: ids?.map((id) => ({ id }) as GridAsset) ?? null,
});
const idsOf = (selection: Selection): string[] => [...selection.ids].sort();

describe('chosen photos', () => {
  it('are not chosen any more when they are gone, whatever else is not loaded', () => {
    const selection = new Selection();
    for (const id of ['a', 'b', 'c']) selection.toggle(id);
    const older = month('2024-05-01', null);
    selection.follow([month('2024-06-01', ['a', 'b', 'c']), older]);
    expect(idsOf(selection)).toEqual(['a', 'b', 'c']);
    selection.follow([month('2024-06-01', ['a', 'c']), older]);
    expect(idsOf(selection)).toEqual(['a', 'c']);
    selection.follow([older]);
    expect(idsOf(selection)).toEqual([]);
  });

  it('stay while their month is only forgotten', () => {
    const selection = new Selection();
    for (const id of ['a', 'b']) selection.toggle(id);
    selection.follow([month('2024-06-01', ['a']), month('2024-05-01', ['b'])]);
    selection.follow([month('2024-06-01', ['a']), month('2024-05-01', null)]);
    expect(idsOf(selection)).toEqual(['a', 'b']);
    expect([...selection.monthKeys].sort()).toEqual(['2024-05-01', '2024-06-01']);
    selection.follow([month('2024-06-01', ['a']), month('2024-05-01', ['c'])]);
    expect(idsOf(selection)).toEqual(['a']);
  });
});
