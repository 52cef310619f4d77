import { describe, expect, it } from 'vitest';
import {
  assetFromResponse,
  assetsFromColumns,
  findAsset,
  mergeBuckets,
  monthKey,
  needsLoading,
  patchAssets,
  putAssets,
  removeAssets,
  setAssets,
  type GridAsset,
  type Month,
} from './months';

function asset(id: string, when: string, change: Partial<GridAsset> = {}): GridAsset {
  const taken = Date.parse(when);
  return {
    id,
    ownerId: 'me',
    ratio: 1,
    thumbhash: null,
    isFavorite: false,
    isImage: true,
    isTrashed: false,
    visibility: 'timeline',
    duration: null,
    taken,
    local: taken,
    city: null,
    country: null,
    livePhotoVideoId: null,
    projection: null,
    stack: null,
    ...change,
  };
}

const june: Month = {
  key: '2024-06-01',
  count: 2,
  assets: [asset('b', '2024-06-20T10:00:00Z'), asset('a', '2024-06-03T10:00:00Z')],
};
const may: Month = { key: '2024-05-01', count: 7, assets: null };
const ids = (month: Month | undefined): string[] => month?.assets?.map(({ id }) => id) ?? [];

describe('reading a bucket', () => {
  it('makes photos of columns, with local time from the offset, newest local day first', () => {
    const [first, second] = assetsFromColumns({
      id: ['x', 'y'],
      ownerId: ['me', 'me'],
      ratio: [1.333, 0.75],
      thumbhash: ['abc=', null],
      isFavorite: [true, false],
      isImage: [true, false],
      isTrashed: [false, false],
      visibility: ['timeline', 'archive'],
      duration: [null, 1500],
      fileCreatedAt: ['2024-06-30T20:00:00.5', '2024-06-30T19:00:00'],
      localOffsetHours: [-2, 5.5],
      createdAt: ['2024-06-30T20:00:00', '2024-06-30T19:00:00'],
      livePhotoVideoId: [null, null],
      projectionType: [null, null],
      city: ['Lisbon', null],
      country: ['Portugal', null],
    });
    // y was taken earlier, but where it was taken it was already July.
    expect(first).toMatchObject({ id: 'y', isImage: false, duration: 1500, visibility: 'archive' });
    expect(new Date(first!.local).toISOString()).toBe('2024-07-01T00:30:00.000Z');
    expect(second).toMatchObject({ id: 'x', thumbhash: 'abc=', city: 'Lisbon', isFavorite: true });
    expect(new Date(second!.taken).toISOString()).toBe('2024-06-30T20:00:00.500Z');
  });

  it('reads the same from a bucket and from an asset', () => {
    const answer = {
      id: 'x',
      ownerId: 'me',
      width: 400,
      height: 300,
      type: 'IMAGE',
      fileCreatedAt: '2024-06-30T22:30:00.000Z',
      localDateTime: '2024-07-01T00:30:00.000Z',
      thumbhash: null,
      isFavorite: false,
      isTrashed: false,
      visibility: 'timeline',
      duration: null,
    } as Parameters<typeof assetFromResponse>[0];
    const made = assetFromResponse(answer);
    expect(monthKey(made.local)).toBe('2024-07-01');
    expect(made.ratio).toBeCloseTo(1.333, 3);
  });
});

describe('counts', () => {
  it('come first, and a month is loaded when its photos are not all there', () => {
    const months = mergeBuckets(
      [june, may],
      [
        { timeBucket: '2024-05-01', count: 7 },
        { timeBucket: '2024-06-01', count: 3 },
        { timeBucket: '2024-07-01', count: 1 },
      ],
    );
    expect(months.map(({ key }) => key)).toEqual(['2024-07-01', '2024-06-01', '2024-05-01']);
    expect(months.map(needsLoading)).toEqual([true, true, true]);
    expect(ids(months[1])).toEqual(['b', 'a']); // shown until the third one is loaded
    expect(months[2]).toBe(may);
    expect(needsLoading(june)).toBe(false);
  });

  it('follow what was loaded', () => {
    expect(
      setAssets([june, may], '2024-05-01', [asset('m', '2024-05-09T00:00:00Z')])[1]!.count,
    ).toBe(1);
    expect(setAssets([june, may], '2024-05-01', [])).toEqual([june]);
  });
});

describe('changes', () => {
  it('takes the later of two events about one photo', () => {
    const [early, late] = [1, 2].map((ratio) => asset('c', '2024-06-10T00:00:00Z', { ratio }));
    const [first] = putAssets([june, may], [early!, late!], true);
    expect(ids(first)).toEqual(['b', 'c', 'a']);
    expect(first?.assets?.[1]?.ratio).toBe(2);
  });

  it('put a new photo where it belongs and leave other months as they were', () => {
    const months = putAssets([june, may], [asset('c', '2024-06-10T00:00:00Z')], true);
    expect(ids(months[0])).toEqual(['b', 'c', 'a']);
    expect(months[1]).toBe(may);
  });

  it('make a month that was not there', () => {
    const months = putAssets([june, may], [asset('n', '2023-01-10T00:00:00Z')], true);
    expect(months.map(({ key }) => key)).toEqual(['2024-06-01', '2024-05-01', '2023-01-01']);
  });

  it('count new photos of months that are not loaded, but not changed ones', () => {
    const photo = asset('m', '2024-05-10T00:00:00Z');
    expect(putAssets([june, may], [photo], true)[1]!.count).toBe(8);
    expect(putAssets([june, may], [photo], false)[1]).toBe(may);
  });

  it('count a photo that moved from a loaded month to one that is not', () => {
    const months = putAssets([june, may], [asset('a', '2024-05-10T00:00:00Z')], false);
    expect(months.map(({ count }) => count)).toEqual([1, 8]);
  });

  it('do not double a photo that is told twice, and move one whose date changed', () => {
    const once = putAssets([june, may], [asset('c', '2024-06-10T00:00:00Z')], true);
    expect(putAssets(once, [asset('c', '2024-06-10T00:00:00Z')], true)[0]!.count).toBe(3);
    const moved = putAssets(once, [asset('c', '2024-07-10T00:00:00Z')], false);
    expect(moved.map((month) => [month.key, month.count])).toEqual([
      ['2024-07-01', 1],
      ['2024-06-01', 2],
      ['2024-05-01', 7],
    ]);
  });

  it('remove photos, and months that become empty', () => {
    expect(ids(removeAssets([june, may], new Set(['b']))[0])).toEqual(['a']);
    expect(removeAssets([june, may], new Set(['a', 'b']))).toEqual([may]);
    expect(removeAssets([june, may], new Set(['zzz']))[0]).toBe(june);
  });

  it('patch fields of some', () => {
    const months = patchAssets([june, may], new Set(['a']), { isFavorite: true });
    expect(findAsset(months, 'a')?.asset.isFavorite).toBe(true);
    expect(findAsset(months, 'b')?.asset.isFavorite).toBe(false);
    expect(june.assets![1]!.isFavorite).toBe(false); // what was given is not changed
  });
});

describe('a photo that is told of twice at once', () => {
  it('stands in the list once, as it was told last', () => {
    const twice = [
      asset('x', '2024-06-02T10:00:00Z'),
      asset('x', '2024-06-02T10:00:00Z', { isFavorite: true }),
    ];
    const [month] = putAssets([june, may], twice, true);
    expect(month?.assets?.filter(({ id }) => id === 'x')).toEqual([twice[1]]);
    expect(month?.count).toBe((june.assets?.length ?? 0) + 1);
  });
});
