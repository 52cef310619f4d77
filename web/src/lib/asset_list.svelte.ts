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
  accepts: (asset) => !asset.isTrashed,
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

  private isAnew = false;
  private next: string | null = null;
  private running: Promise<void> | null = null;
  private readonly abort = new AbortController();
  /** Where those stood that left: what is taken back returns to its place. */
  private readonly left = new Map<string, number>();

  constructor(private readonly fetchPage: FetchPage) {
    Timeline.open.add(this);
  }

  close(): void {
    Timeline.open.delete(this);
    this.abort.abort();
  }

  /** Load the next page; callers that come meanwhile wait for the same one. */
  more(): Promise<void> {
    if (!this.hasMore) return Promise.resolve();
    this.running ??= this.load().finally(() => (this.running = null));
    return this.running;
  }

  private async load(): Promise<void> {
    this.isLoading = true;
    try {
      const page = await this.fetchPage(this.next, this.abort.signal);
      if (this.abort.signal.aborted) return;
      if (this.isAnew) this.assets = [];
      this.isAnew = false;
      const known = new Set(this.assets.map(({ id }) => id));
      const fresh = page.assets.filter(({ id }) => !known.has(id) && !this.left.has(id));
      this.assets = [...this.assets, ...fresh.map(assetFromResponse)];
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

  /** From the first page on; what is shown stays until then. */
  async refresh(): Promise<void> {
    await this.running;
    this.next = null;
    this.left.clear();
    this.hasMore = true;
    this.isAnew = true;
    await this.more();
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

  patch(ids: readonly string[], change: Partial<GridAsset>): void {
    const changed = new Set(ids);
    this.assets = this.assets.map((asset) =>
      changed.has(asset.id) ? { ...asset, ...change } : asset,
    );
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.assets.forEach(({ id }, index) => {
      if (gone.has(id)) this.left.set(id, index);
    });
    this.assets = this.assets.filter(({ id }) => !gone.has(id));
  }

  /** Replace those that are here and bring back those that left; others belong elsewhere. */
  put(assets: readonly GridAsset[]): void {
    const given = new Map(assets.map((asset) => [asset.id, asset]));
    const list = this.assets.map((asset) => given.get(asset.id) ?? asset);
    const returning = assets
      .filter(({ id, isTrashed }) => this.left.has(id) && !isTrashed)
      .sort((a, b) => (this.left.get(a.id) ?? 0) - (this.left.get(b.id) ?? 0));
    for (const asset of returning) {
      list.splice(this.left.get(asset.id) ?? list.length, 0, asset);
      this.left.delete(asset.id);
    }
    this.assets = list;
  }
}
