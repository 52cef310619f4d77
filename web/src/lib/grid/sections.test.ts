import { describe, expect, it } from 'vitest';
import { putAssets, removeAssets, type GridAsset, type Month } from '../months';
import { Stack } from './geometry';
import { dayMs, estimateMonthHeight, layoutMonth, optionsForWidth } from './month_layout';
import { anchorAt, boxOf, rowNeighbour, topForAnchor, visibleSections } from './sections';

const options = optionsForWidth(1100);

function asset(id: string, local: number): GridAsset {
  return {
    id,
    ownerId: 'me',
    ratio: 1.5,
    thumbhash: null,
    isFavorite: false,
    isImage: true,
    isTrashed: false,
    visibility: 'timeline',
    duration: null,
    taken: local,
    local,
    city: null,
    country: null,
    livePhotoVideoId: null,
    projection: null,
    stack: null,
  };
}

function month(key: string, count: number, perDay = 8): Month {
  const start = Date.parse(key) + 27 * dayMs;
  const assets = Array.from({ length: count }, (_, i) =>
    asset(`${key}#${i}`, start - Math.floor(i / perDay) * dayMs - (i % perDay) * 60_000),
  );
  return { key, count, assets };
}

function arrange(months: readonly Month[]) {
  const sections = months.map((each) => {
    const layout = each.assets ? layoutMonth(each.assets, options) : null;
    const height = layout?.height ?? estimateMonthHeight(each.count, options);
    return { month: each, layout, height };
  });
  return { sections, stack: new Stack(sections.map(({ height }) => height)) };
}

const may = month('2024-05-01', 60);
const april = month('2024-04-01', 60);
const march: Month = { key: '2024-03-01', count: 300, assets: null };

describe('visibleSections', () => {
  it('gives the photos in view and no others', () => {
    const { sections, stack } = arrange([may, april, march]);
    const [from, to] = [stack.top(1) - 300, stack.top(1) + 500];
    const found = visibleSections(sections, stack, from, to, null);
    expect(found.map(({ section }) => section.month.key)).toEqual([may.key, april.key]);
    const seen = found.flatMap(({ section, top, blocks }) =>
      blocks.flatMap(({ block, tiles }) =>
        tiles.map(({ box, index }) => ({
          id: section.month.assets![index]!.id,
          top: top + block.y + box.y,
          bottom: top + block.y + box.y + box.height,
        })),
      ),
    );
    expect(seen.length).toBeGreaterThan(8);
    expect(seen.length).toBeLessThan(30);
    for (const tile of seen) expect(tile.bottom >= from && tile.top <= to).toBe(true);
  });

  it('keeps the photo that has the focus, however far away', () => {
    const { sections, stack } = arrange([may, april, march]);
    const found = visibleSections(sections, stack, 0, 500, { month: 1, index: 59 });
    const last = found.find(({ section }) => section.month.key === april.key);
    expect(last?.blocks.flatMap(({ tiles }) => tiles.map(({ index }) => index))).toContain(59);
  });
});

describe('the anchor', () => {
  const before = arrange([may, april, march]);
  const top = before.stack.top(1) + 700;
  const anchor = anchorAt(before.sections, before.stack, top)!;

  it('is the first photo that can be seen', () => {
    expect(anchor.key).toBe(april.key);
    expect(anchor.assetId).toMatch(/^2024-04-01#\d+$/);
    expect(topForAnchor(before.sections, before.stack, anchor)).toBe(top);
  });

  it('stays in place when photos come above it', () => {
    const added = Array.from({ length: 9 }, (_, i) =>
      asset(`new${i}`, Date.parse('2024-05-30') + i),
    );
    const after = arrange(putAssets([may, april, march], added, true));
    const newTop = topForAnchor(after.sections, after.stack, anchor)!;
    expect(newTop).toBeGreaterThan(top);
    expect(anchorAt(after.sections, after.stack, newTop)).toMatchObject({
      assetId: anchor.assetId,
      offset: anchor.offset,
    });
  });

  it('stays near when its photo is deleted, and when its whole month is', () => {
    const without = arrange(removeAssets([may, april, march], new Set([anchor.assetId!])));
    expect(Math.abs(topForAnchor(without.sections, without.stack, anchor)! - top)).toBeLessThan(
      300,
    );
    const shorter = arrange([may, march]);
    expect(topForAnchor(shorter.sections, shorter.stack, anchor)).toBe(shorter.stack.top(1));
  });

  it('keeps its part of a month that is loaded under it', () => {
    const inMarch = before.stack.top(2) + before.sections[2]!.height / 2;
    const waiting = anchorAt(before.sections, before.stack, inMarch)!;
    expect(waiting.assetId).toBeNull();
    const after = arrange([may, april, month('2024-03-01', 300, 20)]);
    const newTop = topForAnchor(after.sections, after.stack, waiting)!;
    const part = (newTop - after.stack.top(2)) / after.sections[2]!.height;
    expect(part).toBeCloseTo(0.5, 5);
  });
});

describe('rowNeighbour', () => {
  const layout = layoutMonth(may.assets!, options);

  it('goes to the photo below and back up', () => {
    const below = rowNeighbour(layout, 1, 1)!;
    expect(boxOf(layout, below)!.y).toBeGreaterThan(boxOf(layout, 1)!.y);
    expect(Math.abs(boxOf(layout, below)!.x - boxOf(layout, 1)!.x)).toBeLessThan(200);
    expect(rowNeighbour(layout, below, -1)).toBe(1);
  });

  it('takes one row at a time', () => {
    const rows = new Set(may.assets!.map((_, i) => boxOf(layout, i)!.y)).size;
    let steps = 0;
    for (let at: number | null = 0; at !== null; at = rowNeighbour(layout, at, 1)) steps++;
    expect(steps).toBe(rows);
  });

  it('ends at the edges of the month', () => {
    expect(rowNeighbour(layout, 0, -1)).toBeNull();
    expect(rowNeighbour(layout, 59, 1)).toBeNull();
  });
});
