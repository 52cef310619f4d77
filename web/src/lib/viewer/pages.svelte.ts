/* Which photo the viewer shows, and which lie before and after it. */
import { getAssetInfo, type AssetResponse } from '../../api';
import { credential } from '../credential.svelte';
import { isGone } from '../errors';
import { assetFromResponse, type GridAsset } from '../months';
import type { PhotoSource } from '../timeline.svelte';

export class Pages {
  /** What was last known of the photo: it may leave the list while it is shown. */
  listed = $state.raw<GridAsset | null>(null);
  /** Another photo of the same stack that is shown instead. */
  member = $state.raw<GridAsset | null>(null);
  previous = $state.raw<GridAsset | null>(null);
  next = $state.raw<GridAsset | null>(null);
  /** All that the server knows of what is shown; it comes a moment later. */
  details = $state.raw<AssetResponse | null>(null);
  /** What is shown is not on the server, or not to be seen. */
  isGone = $state(false);
  private acting: string | null = null;

  constructor(
    private readonly list: () => PhotoSource,
    private readonly currentId: () => string,
    private readonly go: (id: string) => void,
  ) {}

  /** Of what is gone there is nothing to be told, and nothing to be done to it. */
  get asset(): GridAsset | null {
    return this.isGone ? null : (this.member ?? this.listed);
  }

  get shownId(): string {
    return this.member?.id ?? this.currentId();
  }

  /** Find the photo and what lies beside it. The page behind tells when it is not in the list; here it
   *  is then only a picture. */
  async arrive(id: string): Promise<void> {
    if (this.isGone) return;
    const found = await this.list()
      .locate(id)
      .catch(() => null);
    if (!found || id !== this.currentId()) return;
    this.listed = found.asset;
    const [before, after] = await Promise.all([
      this.list().neighbour(id, -1),
      this.list().neighbour(id, 1),
    ]);
    if (id !== this.currentId()) return;
    this.previous = before;
    this.next = after;
  }

  turn(step: 1 | -1): void {
    const to = step === 1 ? this.next : this.previous;
    if (!to) return;
    const was = this.listed;
    this.listed = to;
    this.previous = step === 1 ? was : null;
    this.next = step === 1 ? null : was;
    this.go(to.id);
  }

  /** To a photo anywhere in the list; what lies beside it is found on arrival. */
  jump(id: string): void {
    if (id === this.currentId()) return;
    this.listed = this.list().find(id)?.asset ?? null;
    this.previous = this.next = null;
    this.go(id);
  }

  /** Do it, then show what comes after the photo if it has left the list. One thing at a time is done to
   *  a photo: a key that is pressed twice is not meant twice.
   *  @return whether there is still something to show */
  async act(run: (asset: GridAsset) => Promise<boolean>): Promise<boolean> {
    const mine = this.asset;
    if (!mine || mine.id === this.acting) return true;
    const { next, previous } = this;
    this.acting = mine.id;
    const isDone = await run(mine).finally(() => (this.acting = null));
    if (isDone && this.member?.id === mine.id) {
      this.member = assetFromResponse(await getAssetInfo({ id: mine.id }));
    }
    if (!isDone || this.currentId() !== mine.id || this.list().find(mine.id)) return true;
    const to = next ?? previous;
    if (!to) return false;
    this.jump(to.id);
    this.listed = to;
    return true;
  }

  /** It may have been deleted, or locked, while it is looked at. */
  async check(id: string): Promise<void> {
    if (id !== this.shownId) return;
    const error = await getAssetInfo({ id, ...credential.query }).then(
      () => null,
      (why: unknown) => why,
    );
    if (id === this.shownId && isGone(error)) this.isGone = true;
  }

  /** Ask for the details, unless the photo is only passed by. @return ends it */
  learn(id: string): () => void {
    const abort = new AbortController();
    this.details = null;
    this.isGone = false;
    const timer = setTimeout(() => {
      getAssetInfo({ id, ...credential.query }, { signal: abort.signal }).then(
        (answer) => {
          if (!abort.signal.aborted) this.details = answer;
        },
        (error: unknown) => {
          // Without them the photo is shown all the same, if there is one.
          if (!abort.signal.aborted) this.isGone = isGone(error);
        },
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }
}
