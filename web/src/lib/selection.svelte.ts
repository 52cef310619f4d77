/* The chosen photos of a list, and the one that shift-click counts from. */
import type { GridAsset } from './months';

export class Selection {
  ids = $state.raw<ReadonlySet<string>>(new Set());
  anchor: string | null = null;
  size = $derived(this.ids.size);

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

  clear(): void {
    this.ids = new Set();
    this.anchor = null;
  }
}
