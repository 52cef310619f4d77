import { describe, expect, it, vi } from 'vitest';
import type { GridAsset } from './months';

const api = vi.hoisted(() => ({ getPartners: vi.fn() }));
vi.mock('../api', () => api);
vi.mock('./session.svelte', () => ({ session: { user: { id: 'me' } } }));
for (const name of ['asset_actions', 'confirm', 'library_actions', 'preferences.svelte'])
  vi.doMock(`./${name}`, () => ({}));
const { canHandOn } = await import('./photo_actions');
const { partners } = await import('./partners.svelte');

const of = (...owners: string[]) => owners.map((ownerId) => ({ ownerId }) as GridAsset);

describe('photos', () => {
  it('are handed on by their owner and by partners of the owner', async () => {
    api.getPartners.mockResolvedValue([{ id: 'partner' }]);
    expect(canHandOn(of('me', 'me'))).toBe(true);
    expect(api.getPartners).not.toHaveBeenCalled();
    expect(canHandOn(of('me', 'partner'))).toBe(false); // not known yet
    await vi.waitFor(() => expect(canHandOn(of('me', 'partner'))).toBe(true));
    expect(canHandOn(of('me', 'stranger'))).toBe(false);
    await vi.waitFor(() => expect(api.getPartners).toHaveBeenCalledTimes(2));
    expect(canHandOn(of('me', 'stranger'))).toBe(false);
    expect(api.getPartners).toHaveBeenCalledTimes(2);
    expect(canHandOn([])).toBe(false);
    partners.renew();
    api.getPartners.mockResolvedValue([]);
    expect(canHandOn(of('partner'))).toBe(true);
    await vi.waitFor(() => expect(canHandOn(of('partner'))).toBe(false));
  });
});
