/* The chosen photos of a list, and the one that shift-click counts from. */
import type { GridAsset, Months } from './months';

export class Selection {
  ids = $state.raw<ReadonlySet<string>>(new Set());
  anchor: string | null = null;
  size = $derived(this.ids.size);

  /** The months that chosen photos were last seen in. */
  private months: ReadonlyMap<string, string> = new Map();

  /** The months of the chosen photos. */
  get monthKeys(): ReadonlySet<string> {
    return new Set(this.months.values());
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  toggle(id: string): void {
    const ids = new Set(this.ids);
    if (!ids.delete(id)) ids.add(id);
    this.ids = ids;
    this.anchor = id;
  }

  /** Choose all of these, or none of them when all were chosen already. */
  toggleAll(assets: readonly GridAsset[]): void {
    const ids = new Set(this.ids);
    const isOn = assets.every(({ id }) => ids.has(id));
    for (const { id } of assets) {
      if (isOn) ids.delete(id);
      else ids.add(id);
    }
    this.ids = ids;
  }

  add(assets: readonly GridAsset[]): void {
    this.ids = new Set([...this.ids, ...assets.map(({ id }) => id)]);
  }

  /** What was chosen and has gone is not chosen any more. Photos of a month that was only forgotten stay. */
  follow(months: Months): void {
    if (this.ids.size === 0) return;
    const here = new Map<string, string>();
    for (const { key, assets } of months) {
      for (const { id } of assets ?? []) if (this.ids.has(id)) here.set(id, key);
    }
    const forgotten = new Set(months.filter(({ assets }) => !assets).map(({ key }) => key));
    for (const [id, key] of this.months) {
      if (this.ids.has(id) && forgotten.has(key) && !here.has(id)) here.set(id, key);
    }
    this.months = here;
    if (here.size < this.ids.size) this.ids = new Set(here.keys());
  }

  clear(): void {
    this.ids = new Set();
    this.anchor = null;
  }
}
