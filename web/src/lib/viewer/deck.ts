/* The order in which a slideshow goes through a list, which may be too long to be loaded as a
 * whole and may change meanwhile. */
import type { GridAsset } from '../months';
import type { PhotoSource } from '../timeline.svelte';

export const orders = ['forward', 'back', 'shuffle'] as const;
export type DeckOrder = (typeof orders)[number];

type List = Pick<PhotoSource, 'total' | 'neighbour' | 'at'>;

/** A place that is taken already is drawn again so many times before the next free one is sought. */
const draws = 12;

export class Deck {
  /** What was shown, and where in it one is now. */
  private shown: GridAsset[];
  private place = 0;
  /** Places of the list that were drawn. */
  private drawn = new Set<number>();
  /** Photos that came in this round: the first was not drawn. */
  private round: Set<string>;

  constructor(
    private readonly list: List,
    readonly order: DeckOrder,
    start: GridAsset,
    private readonly random: () => number = Math.random,
  ) {
    this.shown = [start];
    this.round = new Set([start.id]);
  }

  get current(): GridAsset {
    return this.shown[this.place] as GridAsset;
  }

  /** What comes next, without going there; null at the end of the list. */
  async peek(): Promise<GridAsset | null> {
    const known = this.shown[this.place + 1];
    if (known) return known;
    const from = this.place;
    const next = await this.draw();
    // Somebody else may have looked meanwhile.
    if (next && this.shown.length === from + 1) this.shown.push(next);
    return this.shown[from + 1] ?? null;
  }

  async next(): Promise<GridAsset | null> {
    const next = await this.peek();
    if (next) this.place++;
    return next;
  }

  /** Back through what was shown; in a list that goes on before it, further. */
  async previous(): Promise<GridAsset | null> {
    if (this.place > 0) this.place--;
    else {
      if (this.order === 'shuffle') return null;
      const before = await this.list.neighbour(this.current.id, this.order === 'forward' ? -1 : 1);
      if (!before) return null;
      this.shown.unshift(before);
    }
    return this.current;
  }

  /** The first of the list, as this order sees it. */
  first(): Promise<GridAsset | null> {
    return this.list.at(this.order === 'back' ? this.list.total - 1 : 0);
  }

  private async draw(): Promise<GridAsset | null> {
    if (this.order !== 'shuffle') {
      return this.list.neighbour(this.current.id, this.order === 'forward' ? 1 : -1);
    }
    const { total } = this.list;
    if (total <= 1) return null;
    for (let tried = 0; tried <= draws; tried++) {
      const place = this.freePlace(total);
      this.drawn.add(place);
      const asset = await this.list.at(place);
      if (!asset || this.round.has(asset.id)) continue;
      this.round.add(asset.id);
      return asset;
    }
    return null;
  }

  /** Each place once before any comes again. */
  private freePlace(total: number): number {
    if (this.drawn.size >= total) {
      this.drawn.clear();
      this.round = new Set([this.current.id]);
    }
    let place = 0;
    for (let i = 0; i < draws; i++) {
      place = Math.min(total - 1, Math.floor(this.random() * total));
      if (!this.drawn.has(place)) return place;
    }
    while (this.drawn.has(place)) place = (place + 1) % total;
    return place;
  }
}
