import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { TimeBucketAssetResponse } from '../api';
import type { GridAsset } from './months';
import { views } from './views';

const api = vi.hoisted(() => ({
  getTimeBuckets: vi.fn(),
  getTimeBucket: vi.fn(),
  getAssetInfo: vi.fn(),
  ApiError: class extends Error {},
}));
vi.mock('../api', () => api);
const { Timeline } = await import('./timeline.svelte');

/** Days of June 2024 by id: "20a" is a photo of the 20th. */
function bucket(...ids: string[]): TimeBucketAssetResponse {
  const all = <T>(value: T): T[] => ids.map(() => value);
  return {
    id: ids,
    ownerId: all('me'),
    ratio: all(1.5),
    thumbhash: all(null),
    isFavorite: all(false),
    isImage: all(true),
    isTrashed: all(false),
    visibility: all('timeline' as const),
    duration: all(null),
    fileCreatedAt: ids.map((id) => `2024-06-${id.slice(0, 2)}T12:00:00`),
    localOffsetHours: all(0),
    createdAt: all('2024-06-01T00:00:00'),
    livePhotoVideoId: all(null),
    projectionType: all(null),
  };
}

function photo(id: string, change: Partial<GridAsset> = {}): GridAsset {
  const taken = Date.parse(`2024-06-${id.slice(0, 2)}T12:00:00Z`);
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
    taken,
    local: taken,
    city: null,
    country: null,
    livePhotoVideoId: null,
    projection: null,
    stack: null,
    ...change,
  };
}

const june = '2024-06-01';

async function start(view: keyof typeof views = 'photos') {
  const timeline = new Timeline(views[view]);
  await timeline.refresh();
  return timeline;
}

const shown = (timeline: InstanceType<typeof Timeline>): string[] =>
  timeline.months.flatMap(({ assets }) => assets?.map(({ id }) => id) ?? []);

beforeEach(() => {
  vi.resetAllMocks();
  api.getTimeBuckets.mockResolvedValue([
    { timeBucket: june, count: 2 },
    { timeBucket: '2024-05-01', count: 1 },
  ]);
  api.getTimeBucket.mockResolvedValue(bucket('20a', '03b'));
});

describe('Timeline', () => {
  it('asks for its own photos only, and for a month only once', async () => {
    const timeline = await start('favorites');
    await Promise.all([timeline.ensure(june), timeline.ensure(june)]);
    await timeline.ensure(june);
    expect(api.getTimeBuckets).toHaveBeenCalledWith({ isFavorite: true, isTrashed: false });
    expect(api.getTimeBucket).toHaveBeenCalledTimes(1);
    expect(api.getTimeBucket.mock.calls[0]![0]).toMatchObject({
      timeBucket: june,
      isFavorite: true,
    });
    expect(shown(timeline)).toEqual(['20a', '03b']);
  });

  it('asks for the month that is expected at once, and not again when it is there', async () => {
    const timeline = new Timeline(views.photos);
    timeline.expect(june);
    expect(api.getTimeBucket).toHaveBeenCalledTimes(1);
    await timeline.refresh();
    await timeline.ensure(june);
    expect(api.getTimeBucket).toHaveBeenCalledTimes(1);
    expect(shown(timeline)).toEqual(['20a', '03b']);
    timeline.expect(june);
    timeline.remove(['03b']); // what was asked for before that may still have it
    await timeline.refresh();
    await timeline.ensure(june);
    expect(api.getTimeBucket).toHaveBeenCalledTimes(3);
  });

  it('asks once for the month of a photo that several look for', async () => {
    const timeline = await start();
    api.getAssetInfo.mockResolvedValue({ localDateTime: '2024-06-20T12:00:00.000Z' });
    const both = await Promise.all([timeline.locate('20a'), timeline.locate('20a')]);
    expect(both.map((found) => found?.asset.id)).toEqual(['20a', '20a']);
    expect(api.getAssetInfo).toHaveBeenCalledTimes(1);
  });

  it('does not lose a photo that arrives while the months are being counted', async () => {
    const timeline = new Timeline(views.photos);
    let answer = (_: object[]): void => undefined;
    const may = { timeBucket: '2024-05-01', count: 1 };
    api.getTimeBuckets
      .mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
      .mockResolvedValueOnce([{ timeBucket: june, count: 1 }, may]);
    const reading = timeline.refresh();
    timeline.put([photo('25c')], true);
    answer([may]); // was read before the photo came
    await reading;
    expect(timeline.months.map(({ key }) => key)).toEqual([june, may.timeBucket]);
  });

  it('reads once more for all who ask while it reads, and shows what came last', async () => {
    const timeline = await start();
    api.getTimeBuckets.mockClear();
    const answers: ((buckets: object[]) => void)[] = [];
    api.getTimeBuckets.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    const all = Promise.all([timeline.refresh(), timeline.refresh(), timeline.refresh()]);
    answers[0]!([{ timeBucket: june, count: 2 }]);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]!([{ timeBucket: june, count: 3 }]);
    await all;
    expect(timeline.total).toBe(3);
    expect(api.getTimeBuckets).toHaveBeenCalledTimes(2);
  });

  it('shows what it has read while others go on asking', async () => {
    const timeline = await start();
    api.getTimeBuckets.mockClear();
    const answers: ((buckets: object[]) => void)[] = [];
    api.getTimeBuckets.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    const last = timeline.refresh();
    for (let n = 1; n <= 8; n++) {
      await vi.waitFor(() => expect(answers).toHaveLength(n));
      if (n < 8) void timeline.refresh({ isAnew: true });
      answers[n - 1]!([{ timeBucket: june, count: n }]);
      await vi.waitFor(() => expect(timeline.total).toBe(n));
    }
    await last;
    expect(api.getTimeBuckets).toHaveBeenCalledTimes(8);
  });

  it('asks no second time about a photo whose month is still on its way', async () => {
    const timeline = await start();
    api.getAssetInfo.mockResolvedValue({ localDateTime: '2024-06-20T12:00:00.000Z' });
    let answer = (_: TimeBucketAssetResponse): void => undefined;
    api.getTimeBucket.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const first = timeline.locate('20a');
    await vi.waitFor(() => expect(api.getTimeBucket).toHaveBeenCalledTimes(1));
    const second = timeline.locate('20a');
    answer(bucket('20a', '03b'));
    expect((await first)?.asset.id).toBe('20a');
    expect((await second)?.asset.id).toBe('20a');
    expect(api.getAssetInfo).toHaveBeenCalledTimes(1);
  });

  it('does not lose a photo that arrives while its month is being loaded', async () => {
    const timeline = await start();
    let answer = (_: TimeBucketAssetResponse): void => undefined;
    api.getTimeBucket
      .mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
      .mockResolvedValueOnce(bucket('25c', '20a', '03b'));
    const loading = timeline.ensure(june);
    timeline.put([photo('25c')], true);
    answer(bucket('20a', '03b')); // was read before the photo came
    await loading;
    expect(shown(timeline)).toEqual(['25c', '20a', '03b']);
  });

  it('ends requests for months that went out of view, but not those someone waits for', async () => {
    const timeline = await start();
    const signals: AbortSignal[] = [];
    api.getTimeBucket.mockImplementation((_: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    timeline.show([june]);
    timeline.show(['2024-05-01']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    void timeline.neighbour('nobody', 1);
    void timeline.ensure('2024-05-01');
    timeline.show([]);
    expect(signals[1]!.aborted).toBe(false);
  });

  it('walks from month to month', async () => {
    const timeline = await start();
    await timeline.ensure(june);
    const may = { ...bucket('11m'), fileCreatedAt: ['2024-05-11T12:00:00'] };
    api.getTimeBucket.mockResolvedValue(may);
    expect((await timeline.neighbour('20a', 1))?.id).toBe('03b');
    expect((await timeline.neighbour('03b', 1))?.id).toBe('11m');
    expect((await timeline.neighbour('11m', -1))?.id).toBe('03b');
    expect(await timeline.neighbour('20a', -1)).toBeNull();
    expect((await timeline.between('11m', '20a')).map(({ id }) => id)).toEqual([
      '20a',
      '03b',
      '11m',
    ]);
  });

  it('lets photos leave when they do not belong any more', async () => {
    const timeline = await start();
    await timeline.ensure(june);
    timeline.patch(['20a'], { isFavorite: true });
    expect(shown(timeline)).toEqual(['20a', '03b']);
    timeline.patch(['20a'], { visibility: 'archive' });
    expect(shown(timeline)).toEqual(['03b']);
    timeline.put([photo('03b', { isTrashed: true })]);
    expect(shown(timeline)).toEqual([]);
  });

  it('loads the month to which a photo that it shows went', async () => {
    const timeline = await start();
    await timeline.ensure(june);
    const moved = { ...photo('20a'), local: Date.parse('2024-05-20T12:00:00Z') };
    api.getTimeBucket.mockResolvedValue({
      ...bucket('20a'),
      fileCreatedAt: ['2024-05-20T12:00:00'],
    });
    timeline.put([moved]);
    await vi.waitFor(() => expect(timeline.find('20a')?.asset.local).toBe(moved.local));
    expect(shown(timeline)).toEqual(['03b', '20a']);
  });

  it('shows the photo that stands for a stack when its cover has gone', async () => {
    const timeline = await start();
    const stack = ['s', '2'];
    api.getTimeBucket.mockResolvedValueOnce({ ...bucket('20a', '03b'), stack: [stack, null] });
    await timeline.ensure(june);
    api.getTimeBucket.mockResolvedValue(bucket('19c', '03b'));
    timeline.remove(['03b']);
    expect(api.getTimeBuckets).toHaveBeenCalledTimes(1); // it stood for nothing
    timeline.remove(['20a']);
    expect(shown(timeline)).toEqual([]);
    await vi.waitFor(() => expect(timeline.months[0]?.count).toBe(2));
    await timeline.ensure(june);
    expect(shown(timeline)).toEqual(['19c', '03b']);
  });

  it('takes only what belongs from what it is told', async () => {
    const timeline = await start('archive');
    await timeline.ensure(june);
    timeline.put([photo('21x'), photo('22y', { visibility: 'archive' })], true);
    expect(shown(timeline)).toEqual(['22y', '20a', '03b']);
  });

  it('says what went wrong, and tries again after a refresh', async () => {
    const timeline = await start();
    api.getTimeBucket.mockRejectedValueOnce(new TypeError('fetch failed'));
    await timeline.ensure(june);
    expect(timeline.error?.message).toBe('fetch failed');
    await timeline.ensure(june);
    expect(api.getTimeBucket).toHaveBeenCalledTimes(1); // not on every scroll event
    await timeline.refresh();
    await timeline.ensure(june);
    expect(shown(timeline)).toEqual(['20a', '03b']);
    expect(timeline.error).toBeNull();
  });
});
