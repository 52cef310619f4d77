/* Questions to a laid out timeline: what is in view, what was in view before it changed, and which
 * photo is above or below another. Heights are measured from the top of the whole timeline. */
import type { Month } from '../months';
import type { Stack } from './geometry';
import type { Box } from './justify';
import type { Block, MonthLayout } from './month_layout';

export interface Section {
  month: Month;
  /** Null while the photos are not loaded; then the height is an estimate. */
  layout: MonthLayout | null;
  height: number;
}

export interface VisibleTile {
  index: number;
  box: Box;
}

export interface VisibleBlock {
  block: Block;
  tiles: VisibleTile[];
}

export interface VisibleSection {
  section: Section;
  top: number;
  blocks: VisibleBlock[];
}

/** @param keep  a photo that is drawn wherever it is, because it has the focus */
export function visibleSections(
  sections: readonly Section[],
  stack: Stack,
  from: number,
  to: number,
  keep: { month: number; index: number } | null,
): VisibleSection[] {
  const [first, end] = stack.range(from, to);
  const wanted = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
  if (keep && !wanted.includes(keep.month)) wanted.push(keep.month);
  return wanted.flatMap((i) => {
    const section = sections[i];
    if (!section) return [];
    const top = stack.top(i);
    const kept = keep?.month === i ? keep.index : -1;
    const blocks: VisibleBlock[] = [];
    for (const block of section.layout?.blocks ?? []) {
      const holdsKept = kept >= block.first && kept < block.first + block.boxes.length;
      const y = top + block.y;
      if (!holdsKept && (y + block.height < from || y > to)) continue;
      const tiles: VisibleTile[] = [];
      block.boxes.forEach((box, j) => {
        const index = block.first + j;
        const isInView = y + box.y + box.height >= from && y + box.y <= to;
        if (isInView || index === kept) tiles.push({ index, box });
      });
      blocks.push({ block, tiles });
    }
    return [{ section, top, blocks }];
  });
}

/** What the reader looks at: held in place while everything around it may change. */
export interface Anchor {
  key: string;
  assetId: string | null;
  /** From the top of the view to the top of the photo. */
  offset: number;
  /** How deep the top of the view is in the month: in pixels, and as a part of it. */
  depth: number;
  inner: number;
}

export function anchorAt(sections: readonly Section[], stack: Stack, top: number): Anchor | null {
  const i = stack.indexAt(top);
  const section = sections[i];
  if (!section) return null;
  const depth = top - stack.top(i);
  const anchor: Anchor = {
    key: section.month.key,
    assetId: null,
    offset: 0,
    depth,
    inner: section.height > 0 ? depth / section.height : 0,
  };
  for (const block of section.layout?.blocks ?? []) {
    if (block.y + block.height < depth) continue;
    const j = block.boxes.findIndex((box) => block.y + box.y + box.height > depth);
    const box = block.boxes[j];
    if (!box) continue;
    anchor.assetId = section.month.assets?.[block.first + j]?.id ?? null;
    anchor.offset = block.y + box.y - depth;
    break;
  }
  return anchor;
}

export function boxOf(layout: MonthLayout, index: number): Box | null {
  const block = layout.blocks.findLast(({ first }) => first <= index);
  const box = block?.boxes[index - block.first];
  return block && box ? { ...box, x: block.x + box.x, y: block.y + box.y } : null;
}

/** The top of the view at which the anchor is where it was. */
export function topForAnchor(
  sections: readonly Section[],
  stack: Stack,
  anchor: Anchor,
): number | null {
  if (anchor.assetId) {
    // Nearly always still in its month; a photo whose date changed has left the view anyway.
    const i = sections.findIndex(({ month }) => month.key === anchor.key);
    const section = sections[i];
    const index = section?.month.assets?.findIndex(({ id }) => id === anchor.assetId) ?? -1;
    const box = index >= 0 && section?.layout ? boxOf(section.layout, index) : null;
    if (box) return stack.top(i) + box.y - anchor.offset;
  }
  // Where this one went, the next one is: older, unless the list begins with the oldest.
  const isAscending = (sections[0]?.month.key ?? '') < (sections.at(-1)?.month.key ?? '');
  const i = sections.findIndex(({ month }) =>
    isAscending ? month.key >= anchor.key : month.key <= anchor.key,
  );
  const section = sections[i];
  if (!section) return sections.length > 0 ? stack.total : null;
  if (section.month.key !== anchor.key) return stack.top(i);
  const depth = anchor.assetId
    ? Math.min(anchor.depth, section.height)
    : anchor.inner * section.height;
  return stack.top(i) + depth;
}

/** The photo in the row above (-1) or below (1), nearest to the middle of this one; null at the
 *  edge of the month. */
export function rowNeighbour(layout: MonthLayout, index: number, step: 1 | -1): number | null {
  const from = boxOf(layout, index);
  if (!from) return null;
  const middle = from.x + from.width / 2;
  let best: { index: number; y: number; distance: number } | null = null;
  for (const block of layout.blocks) {
    block.boxes.forEach((box, j) => {
      const y = block.y + box.y;
      if ((y - from.y) * step <= 1) return;
      const distance = Math.abs(block.x + box.x + box.width / 2 - middle);
      const isNearerRow = !best || (best.y - y) * step > 1;
      const isSameRow = best !== null && Math.abs(best.y - y) <= 1;
      if (isNearerRow || (isSameRow && best && distance < best.distance)) {
        best = { index: block.first + j, y, distance };
      }
    });
  }
  return (best as { index: number } | null)?.index ?? null;
}
