import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GridAsset } from '../months';
import type { PhotoSource } from '../timeline.svelte';

const api = vi.hoisted(() => ({
  getAssetInfo: vi.fn(),
  ApiError: class extends Error {
    constructor(readonly status: number) {
      super();
    }
  },
}));
vi.mock('../../api', () => api);
vi.mock('../preferences.svelte', () => ({}));
const { Pages } = await import('./pages.svelte');

const photo = (id: string) => ({ id }) as GridAsset;
const listOf = (...assets: GridAsset[]) => {
  const source = {
    find: (id: string) => assets.find((asset) => asset.id === id) ?? null,
    locate: vi.fn(async () => null),
  };
  return source as typeof source & PhotoSource;
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what the viewer shows', () => {
  it('is gone when the server does not know it, and is not looked for again', async () => {
    const list = listOf();
    const pages = new Pages(
      () => list,
      () => 'a',
      () => undefined,
    );
    api.getAssetInfo.mockRejectedValueOnce(new api.ApiError(400));
    pages.learn('a');
    await vi.advanceTimersByTimeAsync(500);
    expect(pages.isGone).toBe(true);
    await pages.arrive('a');
    expect(list.locate).not.toHaveBeenCalled();
    api.getAssetInfo.mockRejectedValueOnce(new TypeError('fetch failed'));
    pages.learn('a');
    expect(pages.isGone).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(pages.isGone).toBe(false); // nobody knows
  });

  it('is gone when it is deleted while it is shown, and nothing can be done to it', async () => {
    const list = listOf(photo('a'));
    const pages = new Pages(
      () => list,
      () => 'a',
      () => undefined,
    );
    pages.listed = photo('a');
    api.getAssetInfo.mockResolvedValueOnce({ id: 'a' });
    await pages.check('a');
    expect(pages.asset?.id).toBe('a');
    api.getAssetInfo.mockRejectedValueOnce(new api.ApiError(400));
    await pages.check('a');
    expect(pages.isGone).toBe(true);
    expect(pages.asset).toBeNull();
    const run = vi.fn(() => Promise.resolve(true));
    await pages.act(run);
    expect(run).not.toHaveBeenCalled();
  });

  it('has one thing done to it at a time', async () => {
    const list = listOf(photo('a'));
    const pages = new Pages(
      () => list,
      () => 'a',
      () => undefined,
    );
    pages.listed = photo('a');
    const run = vi.fn(() => Promise.resolve(true));
    await Promise.all([pages.act(run), pages.act(run)]);
    expect(run).toHaveBeenCalledTimes(1);
    await pages.act(run);
    expect(run).toHaveBeenCalledTimes(2);
  });
});
