/* One list of photos and its life: months are loaded when they come into view and forgotten when
 * they are far away, and what happens elsewhere is worked in as it is told. */
import {
  ApiError,
  getAssetInfo,
  getTimeBucket,
  getTimeBuckets,
  type AlbumResponse,
  type TimeBucketAssetResponse,
} from '../api';
import {
  assetFromResponse,
  assetsFromColumns,
  dropAssets,
  findAsset,
  mergeBuckets,
  monthKey,
  needsLoading,
  patchAssets,
  putAssets,
  removeAssets,
  setAssets,
  type Found,
  type GridAsset,
  type Month,
  type Months,
} from './months';
import { credential } from './credential.svelte';
import { orderOf, viewOf, type View } from './views';

/** Beyond this many photos in memory, months far from the view are dropped. */
const mostAssets = 60_000;

/** More changed photos than this are not looked up one by one. */
const mostLookups = 60;

/** How often a month, or their list, is read again because it changed while it was read. */
const mostAttempts = 4;

interface Loading {
  promise: Promise<void>;
  abort: AbortController;
  /** Only the view wants it: it may end when the view has moved on. */
  isForView: boolean;
}

/** What the viewer and the actions need of a list of photos: it may also come page after page. */
export type PhotoSource = Pick<
  Timeline,
  | 'view'
  | 'months'
  | 'isReady'
  | 'find'
  | 'locate'
  | 'neighbour'
  | 'at'
  | 'patch'
  | 'remove'
  | 'put'
  | 'refresh'
  | 'total'
  | 'all'
>;

export class Timeline {
  /** Those on the page now: what is taken back later concerns whichever list is shown then. */
  static readonly open = new Set<PhotoSource>();

  months = $state.raw<Months>([]);
  /** Null until the first answer. */
  error = $state.raw<Error | null>(null);
  isReady = $state(false);
  total = $derived(this.months.reduce((sum, month) => sum + month.count, 0));

  private loading = new Map<string, Loading>();
  /** Months that changed while their answer was on its way. */
  private changedMeanwhile = new Set<string>();
  private failedUntil = new Map<string, number>();
  /** The months of photos that are looked for, until those are there. */
  private asked = new Map<string, Promise<string>>();
  /** Grows with each change here: an answer that was under way meanwhile may not know of it. */
  private changes = 0;
  /** The months are being read. What is wanted meanwhile is read when that answer is there, once for all who
   *  want it. */
  private reading: Promise<void> | null = null;
  private wanted = 0;
  private isAnew = false;
  private expected: { key: string; answer: Promise<TimeBucketAssetResponse> } | null = null;
  private isClosed = false;

  constructor(readonly view: View) {
    Timeline.open.add(this);
  }

  /** The photos of an album, the first of its months already asked for. */
  static ofAlbum(name: string, album: AlbumResponse): Timeline {
    const { id: albumId, order = 'desc', startDate, endDate } = album;
    const timeline = new Timeline(viewOf(name, { albumId, order }));
    const first = order === 'desc' ? endDate : startDate;
    if (first) timeline.expect(monthKey(Date.parse(first)));
    return timeline;
  }

  close(): void {
    this.isClosed = true;
    Timeline.open.delete(this);
    for (const { abort } of this.loading.values()) abort.abort();
  }

  /** The month that the list begins with, where that is known before the list is: it is asked for at
   *  once, not only when the counts of all are there. */
  expect(key: string): void {
    const answer = getTimeBucket({ ...this.view.query, ...credential.query, timeBucket: key });
    answer.catch(() => undefined); // whoever waits for it is told
    this.expected = { key, answer };
  }

  /** Read the months and their counts, at first and after a lost connection.
   *  @param isAnew  and the photos that are in view again */
  refresh({ isAnew = false } = {}): Promise<void> {
    this.failedUntil.clear();
    this.wanted++;
    this.isAnew ||= isAnew;
    this.reading ??= this.readMonths();
    return this.reading;
  }

  private async readMonths(): Promise<void> {
    let wantedBefore;
    do {
      wantedBefore = this.wanted;
      await this.readMonthsOnce();
    } while (wantedBefore !== this.wanted && !this.isClosed);
    this.reading = null;
  }

  private async readMonthsOnce(): Promise<void> {
    const { isAnew } = this;
    this.isAnew = false;
    try {
      let buckets;
      let before;
      let attempts = 0;
      do {
        before = this.changes;
        buckets = await getTimeBuckets({ ...this.view.query, ...credential.query });
        if (this.isClosed) return;
      } while (before !== this.changes && ++attempts < mostAttempts);
      if (isAnew) for (const key of this.loading.keys()) this.changedMeanwhile.add(key);
      this.months = mergeBuckets(this.months, buckets, orderOf(this.view), isAnew);
      this.error = null;
    } catch (error) {
      if (this.isClosed) return;
      this.isAnew ||= isAnew;
      this.error = error as Error;
    }
    this.isReady = true;
  }

  /** Load these months unless they are there; requests for others that nobody waits for end.
   *  @param kept  not to be forgotten: something is done with their photos */
  show(keys: readonly string[], kept: ReadonlySet<string> = new Set()): void {
    for (const [key, { abort, isForView }] of this.loading) {
      if (isForView && !keys.includes(key)) {
        abort.abort();
        this.loading.delete(key);
      }
    }
    for (const key of keys) void this.ensure(key, true);
    this.forgetFar(keys, kept);
  }

  ensure(key: string, isForView = false): Promise<void> {
    const running = this.loading.get(key);
    if (running) {
      running.isForView &&= isForView;
      return running.promise;
    }
    const month = this.months.find((candidate) => candidate.key === key);
    if (!month || !needsLoading(month)) return Promise.resolve();
    // A month that failed is tried again, but not on every scroll event.
    if ((this.failedUntil.get(key) ?? 0) > Date.now()) return Promise.resolve();
    const abort = new AbortController();
    const promise = this.load(key, abort.signal).finally(() => {
      // After an abort there may be a new request of the same month.
      if (this.loading.get(key)?.abort === abort) this.loading.delete(key);
    });
    this.loading.set(key, { promise, abort, isForView });
    return promise;
  }

  private async load(key: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      this.changedMeanwhile.delete(key);
      try {
        const query = { ...this.view.query, ...credential.query, timeBucket: key };
        const expected = this.expected?.key === key ? this.expected.answer : null;
        if (expected) this.expected = null;
        const columns = await (expected ?? getTimeBucket(query, { signal }));
        if (this.isClosed || signal.aborted) return;
        // In a burst of changes the last answer has to do; its missing photos show in the count.
        if (this.changedMeanwhile.has(key) && attempt < mostAttempts) continue;
        const assets = assetsFromColumns(columns, orderOf(this.view));
        this.months = setAssets(this.months, key, assets);
        this.failedUntil.delete(key);
        this.error = null;
        return;
      } catch (error) {
        if (this.isClosed || signal.aborted) return;
        this.failedUntil.set(key, Date.now() + 5_000);
        this.error = error as Error;
        return;
      }
    }
  }

  private forgetFar(keys: readonly string[], kept: ReadonlySet<string>): void {
    let loaded = 0;
    for (const month of this.months) loaded += month.assets?.length ?? 0;
    if (loaded <= mostAssets || keys.length === 0) return;
    const middle = this.months.findIndex((month) => month.key === keys[0]);
    const far = this.months
      .map((month, i) => ({ month, distance: Math.abs(i - middle) }))
      .filter(({ month }) => month.assets && !keys.includes(month.key) && !kept.has(month.key))
      .sort((a, b) => b.distance - a.distance);
    const dropped = new Set<string>();
    for (const { month } of far) {
      if (loaded <= mostAssets / 2) break;
      loaded -= month.assets?.length ?? 0;
      dropped.add(month.key);
    }
    this.months = dropAssets(this.months, dropped);
  }

  /** ---- finding ---- */

  find(id: string): Found | null {
    return findAsset(this.months, id);
  }

  /** Load the month a photo is in. Null when the photo is not (or not any more) in this list. */
  async locate(id: string): Promise<Found | null> {
    const found = this.find(id);
    if (found) return found;
    // The list and the viewer over it look for the same one, and again as months come.
    let month = this.asked.get(id);
    if (!month) {
      month = getAssetInfo({ id, ...credential.query }).then(({ localDateTime }) =>
        monthKey(Date.parse(localDateTime)),
      );
      this.asked.set(id, month);
    }
    // It is asked again only when its month has come as well.
    try {
      await this.ensure(await month);
    } finally {
      this.asked.delete(id);
    }
    return this.find(id);
  }

  /** The photo before (-1) or after (1) another, loading the next month when that is needed. */
  async neighbour(id: string, step: 1 | -1): Promise<GridAsset | null> {
    const found = this.find(id);
    if (!found) return null;
    const beside = this.months[found.month]?.assets?.[found.index + step];
    if (beside) return beside;
    const next = this.months[found.month + step];
    if (!next) return null;
    await this.ensure(next.key);
    const assets = this.months.find((month) => month.key === next.key)?.assets;
    return (step === 1 ? assets?.[0] : assets?.at(-1)) ?? null;
  }

  /** The photo at this place of the whole list, loading its month when that is needed. */
  async at(index: number): Promise<GridAsset | null> {
    let before = 0;
    for (const { key, count } of this.months) {
      if (index >= before + count) {
        before += count;
        continue;
      }
      await this.ensure(key);
      return this.months.find((month) => month.key === key)?.assets?.[index - before] ?? null;
    }
    return null;
  }

  /** All photos from one to another, in order, loading the months between. */
  async between(fromId: string, toId: string): Promise<GridAsset[]> {
    const a = this.find(fromId);
    const b = this.find(toId);
    if (!a || !b) return [];
    const [start, end] =
      a.month < b.month || (a.month === b.month && a.index <= b.index) ? [a, b] : [b, a];
    const months: Month[] = this.months.slice(start.month, end.month + 1);
    await Promise.all(months.map((month) => this.ensure(month.key)));
    const loaded = this.months.filter((month) => months.some(({ key }) => key === month.key));
    const all = loaded.flatMap((month) => month.assets ?? []);
    const from = all.findIndex((asset) => asset.id === start.asset.id);
    const to = all.findIndex((asset) => asset.id === end.asset.id);
    return all.slice(from, to + 1);
  }

  /** Every photo of the list, for lists that are not long. */
  async all(): Promise<GridAsset[]> {
    await Promise.all(this.months.map(({ key }) => this.ensure(key)));
    return this.months.flatMap((month) => month.assets ?? []);
  }

  /** ---- what happened, here or elsewhere ---- */

  /** Photos that are new to the server or whose fields changed: each is added, replaced or taken
   *  out as this list asks for. */
  put(assets: readonly GridAsset[], areNew = false): void {
    this.changes++;
    if (!this.isReady) return;
    const staying = assets.filter(
      (asset) => this.view.accepts(asset) && (this.view.tellsMembers || this.find(asset.id)),
    );
    const leaving = assets.filter((asset) => !this.view.accepts(asset));
    this.touch(staying);
    let months: Months = this.without(this.months, new Set(leaving.map(({ id }) => id)));
    const listed = staying.filter(({ id }) => findAsset(months, id));
    if (staying.length > 0) months = putAssets(months, staying, areNew, orderOf(this.view));
    this.months = months;
    // What went to a month that is not loaded is still looked at, or chosen.
    const moved = listed.filter(({ id }) => !findAsset(months, id));
    for (const { local } of moved) void this.ensure(monthKey(local));
  }

  remove(ids: readonly string[]): void {
    this.touchAll();
    this.months = this.without(this.months, new Set(ids));
  }

  /** Where one stood for its stack, another of it does now: only the server knows which. */
  private without(months: Months, gone: ReadonlySet<string>): Months {
    if (gone.size === 0) return months;
    const hasStack = months.some(({ assets }) =>
      assets?.some(({ id, stack }) => stack && gone.has(id)),
    );
    if (hasStack) void this.refresh({ isAnew: true });
    return removeAssets(months, gone);
  }

  /** Change some fields; photos that do not belong any more leave. */
  patch(ids: readonly string[], change: Partial<GridAsset>): void {
    this.touchAll();
    const months = patchAssets(this.months, new Set(ids), change);
    const leaving = ids.filter((id) => {
      const found = findAsset(months, id);
      return found !== null && !this.view.accepts(found.asset);
    });
    this.months = this.without(months, new Set(leaving));
  }

  /** Photos of which only the ids are known came into this list, or may have. */
  async lookUp(ids: readonly string[]): Promise<void> {
    if (ids.length > mostLookups) {
      await this.refresh();
      return;
    }
    const answers = await Promise.all(
      ids.map((id) =>
        getAssetInfo({ id, ...credential.query }).catch((error: unknown) => {
          // Gone again in the meantime.
          if (error instanceof ApiError) return null;
          throw error;
        }),
      ),
    );
    if (this.isClosed) return;
    this.put(
      answers.filter((answer) => answer !== null).map((answer) => assetFromResponse(answer)),
      true,
    );
  }

  private touchAll(): void {
    this.changes++;
    this.expected = null;
    for (const key of this.loading.keys()) this.changedMeanwhile.add(key);
  }

  private touch(assets: readonly GridAsset[]): void {
    this.expected = null;
    for (const asset of assets) {
      const key = monthKey(asset.local);
      if (this.loading.has(key)) this.changedMeanwhile.add(key);
    }
  }
}
