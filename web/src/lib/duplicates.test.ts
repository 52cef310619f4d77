import { describe, expect, it } from 'vitest';
import type { AssetResponse, DuplicateResponse } from '../api';
import { groupsWithout, keptIn, suggestedIn } from './duplicates';

function group(duplicateId: string, ids: string[], keep: string[] = []): DuplicateResponse {
  const assets = ids.map((id) => ({ id }) as AssetResponse);
  return { duplicateId, assets, suggestedKeepAssetIds: keep };
}

describe('groups of duplicates', () => {
  it('lose what is gone, and end with the last but one', () => {
    const all = [group('one', ['a', 'b', 'c']), group('two', ['d', 'e'])];
    const left = groupsWithout(all, new Set(['a', 'e']));
    expect(left.map(({ assets }) => assets.map(({ id }) => id))).toEqual([['b', 'c']]);
    expect(groupsWithout(all, new Set())).toEqual(all);
  });

  it('keep nothing when the chosen photo is gone', () => {
    const whole = group('one', ['a', 'b', 'c'], ['a']);
    const [left] = groupsWithout([whole], new Set(['a']));
    expect(keptIn(whole, ['a'])).toEqual(['a']);
    expect(left && keptIn(left, ['a'])).toEqual([]);
    expect(left && keptIn(left, ['a', 'b'])).toEqual(['b']);
  });

  it('keep what the server suggests, else the first', () => {
    expect(suggestedIn(group('one', ['a', 'b'], ['b']))).toEqual(['b']);
    expect(suggestedIn(group('one', ['a', 'b']))).toEqual(['a']);
  });
});
