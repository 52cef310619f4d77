/* A list of photos that comes page after page: what a search found, a folder, the largest files. */
import type { AssetResponse } from '../api';
import { assetFromResponse, type Found, type GridAsset, type Months } from './months';
import { Timeline, type PhotoSource } from './timeline.svelte';
import type { View } from './views';

export interface AssetPage {
  assets: readonly AssetResponse[];
  /** What to ask for next; null at the end. */
  next: string | null;
}

export type FetchPage = (after: string | null, signal: AbortSignal) => Promise<AssetPage>;

const view: View = {
  name: 'list',
  query: {},
  accepts: (asset) => !asset.isTrashed && asset.visibility !== 'locked',
  tellsMembers: true,
};

export class AssetList implements PhotoSource {
  readonly view = view;
  assets = $state.raw<readonly GridAsset[]>([]);
  isReady = $state(false);
  isLoading = $state(false);
  hasMore = $state(true);
  error = $state.raw<Error | null>(null);
  /** All of it as one stretch of time. */
  months: Months = $derived([{ key: '', count: this.assets.length, assets: this.assets }]);

  total = $derived(this.assets.length);

  /** To be read again, from the first page on. */
  private isStale = false;
  private next: string | null = null;
  private running: Promise<void> | null = null;
  private readonly abort = new AbortController();
  /** Those that left, and where they stood: what is taken back returns to its place. */
  private readonly left = new Map<string, { index: number; asset: GridAsset }>();

  constructor(private readonly fetchPage: FetchPage) {
    Timeline.open.add(this);
  }

  close(): void {
    Timeline.open.delete(this);
    this.abort.abort();
  }

  /** Load the next page; callers that come meanwhile wait for the same one. */
  more(): Promise<void> {
    if (!this.hasMore && !this.isStale) return Promise.resolve();
    return this.running ?? this.run(() => (this.isStale ? this.loadAnew() : this.load()));
  }

  /** From the first page on, as far as it was read; what is shown stays until then. */
  refresh(): Promise<void> {
    this.isStale = true;
    return this.run(() => this.loadAnew());
  }

  /** One request at a time. */
  private run(load: () => Promise<void>): Promise<void> {
    const mine = (this.running ?? Promise.resolve()).then(load).finally(() => {
      if (this.running === mine) this.running = null;
    });
    this.running = mine;
    return mine;
  }

  private async load(): Promise<void> {
    await this.read(async () => {
      const page = await this.fetchPage(this.next, this.abort.signal);
      return { page, assets: [...this.assets, ...page.assets.map(assetFromResponse)] };
    });
  }

  private async loadAnew(): Promise<void> {
    // What had left before may have come back since; what leaves from now on stays away.
    const before = [...this.left];
    this.left.clear();
    const wanted = this.assets.length;
    await this.read(async () => {
      let page = await this.fetchPage(null, this.abort.signal);
      const assets = page.assets.map(assetFromResponse);
      while (page.next !== null && assets.length < wanted) {
        page = await this.fetchPage(page.next, this.abort.signal);
        assets.push(...page.assets.map(assetFromResponse));
      }
      return { page, assets };
    });
    for (const [id, place] of before) {
      if (!this.left.has(id) && !this.find(id)) this.left.set(id, place);
    }
    this.isStale = this.error !== null;
  }

  private async read(
    run: () => Promise<{ page: AssetPage; assets: readonly GridAsset[] }>,
  ): Promise<void> {
    this.isLoading = true;
    try {
      const { page, assets } = await run();
      if (this.abort.signal.aborted) return;
      // A page may tell again what one before it told, or what left while it was on its way.
      const each = new Map(assets.map((asset) => [asset.id, asset]));
      this.assets = [...each.values()].filter(({ id }) => !this.left.has(id));
      this.next = page.next;
      this.hasMore = page.next !== null;
      this.error = null;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.error = error as Error;
    } finally {
      this.isLoading = false;
    }
    this.isReady = true;
  }

  find(id: string): Found | null {
    const index = this.assets.findIndex((candidate) => candidate.id === id);
    const asset = this.assets[index];
    return asset ? { month: 0, index, asset } : null;
  }

  async locate(id: string): Promise<Found | null> {
    for (;;) {
      const found = this.find(id);
      if (found || !this.hasMore || this.error) return found;
      await this.more();
      if (this.abort.signal.aborted) return null;
    }
  }

  async neighbour(id: string, step: 1 | -1): Promise<GridAsset | null> {
    const index = this.assets.findIndex((asset) => asset.id === id);
    if (index < 0) return null;
    if (step === 1 && index >= this.assets.length - 1) await this.more();
    return this.assets[index + step] ?? null;
  }

  async at(index: number): Promise<GridAsset | null> {
    while (index >= this.assets.length && this.hasMore && !this.error) await this.more();
    return this.assets[index] ?? null;
  }

  async all(): Promise<GridAsset[]> {
    while (this.hasMore && !this.error && !this.abort.signal.aborted) await this.more();
    return [...this.assets];
  }

  between(fromId: string, toId: string): GridAsset[] {
    const ends = [fromId, toId].map((id) => this.assets.findIndex((asset) => asset.id === id));
    if (ends.includes(-1)) return [];
    return this.assets.slice(Math.min(...ends), Math.max(...ends) + 1);
  }

  /** Change some fields; photos that do not belong any more leave. */
  patch(ids: readonly string[], change: Partial<GridAsset>): void {
    const changed = new Set(ids);
    this.show(
      this.assets.map((asset) => (changed.has(asset.id) ? { ...asset, ...change } : asset)),
    );
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.assets.forEach((asset, index) => {
      if (gone.has(asset.id)) this.left.set(asset.id, { index, asset });
    });
    this.assets = this.assets.filter(({ id }) => !gone.has(id));
  }

  /** Replace those that are here and bring back those that left; others belong elsewhere. */
  put(assets: readonly GridAsset[]): void {
    const given = new Map(assets.map((asset) => [asset.id, asset]));
    const list = this.assets.map((asset) => given.get(asset.id) ?? asset);
    const returning = [...given.values()].flatMap((asset) => {
      const place = view.accepts(asset) ? this.left.get(asset.id) : undefined;
      return place ? [{ index: place.index, asset }] : [];
    });
    for (const { index, asset } of returning.sort((a, b) => a.index - b.index)) {
      list.splice(index, 0, asset);
      this.left.delete(asset.id);
    }
    this.show(list);
  }

  /** Restored elsewhere: those that left this list return as they were. */
  bringBack(ids: readonly string[]): void {
    this.put(ids.flatMap((id) => this.left.get(id)?.asset ?? []));
  }

  private show(assets: readonly GridAsset[]): void {
    this.assets = assets;
    this.remove(assets.filter((asset) => !view.accepts(asset)).map(({ id }) => id));
  }
}
