/* A list of photos that the server gives as a whole, such as those of a shared link, shown like
 * any other. */
import type { AssetResponse } from '../api';
import { assetFromResponse, putAssets } from './months';
import { Timeline } from './timeline.svelte';
import { orderOf, type View } from './views';

export class FixedTimeline extends Timeline {
  constructor(
    view: View,
    private readonly read: () => Promise<AssetResponse[]>,
    /** What was read already: the first question is answered with it. */
    private first: AssetResponse[] | null = null,
  ) {
    super(view);
  }

  override async refresh(): Promise<void> {
    try {
      const answer = this.first ?? (await this.read());
      this.first = null;
      const assets = answer.map(assetFromResponse);
      this.months = putAssets([], assets, true, orderOf(this.view));
      this.error = null;
    } catch (error) {
      this.error = error as Error;
    }
    this.isReady = true;
  }

  /** All are here already: one that is not found is not in the list. */
  override async locate(id: string) {
    return this.find(id);
  }
}
