import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { GridAsset } from './months';
import type { PhotoSource } from './timeline.svelte';
import type { Toast } from './toasts.svelte';

const api = vi.hoisted(() => ({
  deleteAssets: vi.fn(),
  getDownloadInfo: vi.fn(),
  restoreAssets: vi.fn(),
  updateAssets: vi.fn(),
  updateStack: vi.fn(),
  url: vi.fn(),
}));
const session = vi.hoisted(() => ({
  preferences: null as { download: { archiveSize: number } } | null,
}));
const shown: { text: string; action?: Toast['action'] }[] = [];
const open = new Set<unknown>();
vi.mock('../api', () => api);
vi.mock('./credential.svelte', () => ({ credential: { query: {} } }));
vi.mock('./session.svelte', () => ({ session }));
vi.mock('./timeline.svelte', () => ({ Timeline: { open } }));
vi.mock('./toasts.svelte', () => ({
  toasts: {
    show: (text: string, action?: Toast['action']) => shown.push({ text, action }),
    error: (error: Error, say: (reason: string) => string) =>
      shown.push({ text: say(error.message) }),
  },
}));
vi.mock('./preferences.svelte', () => ({
  t: () => ({
    actions: { undo: 'Undo' },
    done: { trashed: (n: number) => `trashed ${n}`, archived: (n: number) => `archived ${n}` },
    errors: { left: (n: number, reason: string) => `left ${n}: ${reason}` },
  }),
}));
const { downloadAlbum, setArchived, trash } = await import('./asset_actions');

const photo = (id: string, change: Partial<GridAsset> = {}) =>
  ({ id, visibility: 'timeline', isTrashed: false, stack: null, ...change }) as GridAsset;
const photos = (n: number) => Array.from({ length: n }, (_, i) => photo(String(i)));

function list() {
  const timeline = {
    view: { tellsMembers: true },
    remove: vi.fn(),
    patch: vi.fn(),
    put: vi.fn(),
    refresh: vi.fn(),
  };
  open.add(timeline);
  return timeline;
}
const asSource = (timeline: object) => timeline as unknown as PhotoSource;
const idsOf = (call: unknown[] | undefined) => (call?.[0] as { body: { ids: string[] } }).body.ids;

beforeEach(() => {
  vi.resetAllMocks();
  vi.unstubAllGlobals();
  session.preferences = null;
  shown.length = 0;
  open.clear();
});

describe('what is done to many photos', () => {
  it('is told and can be taken back as far as it went', async () => {
    const timeline = list();
    api.deleteAssets.mockResolvedValueOnce(null).mockRejectedValueOnce(new Error('gone away'));
    expect(await trash(asSource(timeline), photos(1200))).toBe(false);
    expect(timeline.remove.mock.calls[0]?.[0]).toHaveLength(1000);
    expect(shown.map(({ text }) => text)).toEqual(['trashed 1000', 'left 200: gone away']);
    shown[0]?.action?.run();
    await vi.waitFor(() => expect(timeline.put).toHaveBeenCalled());
    expect(idsOf(api.restoreAssets.mock.calls[0])).toHaveLength(1000);
    expect(timeline.put.mock.calls[0]?.[0]).toHaveLength(1000);
  });

  it('is only told to have failed when none of it was done', async () => {
    const timeline = list();
    api.deleteAssets.mockRejectedValueOnce(new Error('gone away'));
    expect(await trash(asSource(timeline), photos(2))).toBe(false);
    expect(timeline.remove).not.toHaveBeenCalled();
    expect(shown.map(({ text }) => text)).toEqual(['gone away']);
  });

  it('leaves what was in the archive there, after an undo too', async () => {
    const timeline = list();
    const chosen = [photo('old', { visibility: 'archive' }), photo('new')];
    expect(await setArchived(asSource(timeline), chosen, true)).toBe(true);
    expect(shown[0]?.text).toBe('archived 1');
    shown[0]?.action?.run();
    await vi.waitFor(() => expect(timeline.put).toHaveBeenCalled());
    expect(api.updateAssets.mock.calls.map(idsOf)).toEqual([['new'], ['new']]);
  });

  it('gives a stack its cover back', async () => {
    const timeline = list();
    const stack = { id: 's', count: 3, isPrimary: true };
    api.updateStack.mockResolvedValue(null);
    await trash(asSource(timeline), [photo('cover', { stack }), photo('other')]);
    shown[0]?.action?.run();
    await vi.waitFor(() => expect(timeline.refresh).toHaveBeenCalledWith({ isAnew: true }));
    expect(api.updateStack.mock.calls).toEqual([[{ id: 's', body: { primaryAssetId: 'cover' } }]]);
  });
});

describe('photos as archives', () => {
  const GIB = 1024 ** 3;
  const total = 100 * GIB;
  /** @return the forms that were sent, and how large each archive was asked to be */
  async function downloadAll() {
    const forms: Record<string, string>[] = [];
    vi.stubGlobal('document', {
      body: { append: () => undefined },
      createElement: () => {
        const fields: Record<string, string> = {};
        return {
          addEventListener: () => undefined,
          append: (input: { name: string; value: string }) => (fields[input.name] = input.value),
          submit: () => forms.push(fields),
          remove: () => undefined,
        };
      },
    });
    api.getDownloadInfo.mockImplementation(
      ({ body: { archiveSize = 4 * GIB } }: { body: { archiveSize?: number } }) => ({
        totalSize: total,
        archives: Array.from({ length: Math.ceil(total / archiveSize) }, (_, i) => ({
          assetIds: [String(i)],
        })),
      }),
    );
    expect(await downloadAlbum('a', 'Alps')).toBe(true);
    const calls = api.getDownloadInfo.mock.calls as [{ body: { archiveSize?: number } }][];
    return { forms, sizes: calls.map(([{ body }]) => body.archiveSize) };
  }

  it('are as large as wanted', async () => {
    session.preferences = { download: { archiveSize: 30 * GIB } };
    const { forms, sizes } = await downloadAll();
    expect(sizes).toEqual([30 * GIB]);
    expect(forms.map(({ archiveName }) => archiveName)).toEqual([
      'Alps-1',
      'Alps-2',
      'Alps-3',
      'Alps-4',
    ]);
  });

  it('are larger rather than more than the server makes at once', async () => {
    const { forms, sizes } = await downloadAll();
    expect(sizes).toEqual([undefined, total / 8]);
    expect(forms.map(({ assetIds }) => assetIds)).toEqual([...'01234567']);
  });
});
