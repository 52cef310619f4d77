import { describe, expect, it, vi } from 'vitest';
import type { AdminConfig } from '../api';

let stored = { one: 1, other: 1 } as unknown as AdminConfig;
const api = vi.hoisted(() => ({ getAdminConfig: vi.fn(), updateAdminConfig: vi.fn() }));
vi.mock('../api', () => api);
const { changeConfig } = await import('./change_config');

const set = (change: object) => (now: AdminConfig) => ({ ...now, ...change });

describe('the settings of the server', () => {
  it('keep both of two changes at once, and the second where the first is refused', async () => {
    api.getAdminConfig.mockImplementation(async () => stored);
    api.updateAdminConfig.mockImplementation(async ({ body }) => (stored = body));
    await Promise.all([changeConfig(set({ one: 2 })), changeConfig(set({ other: 3 }))]);
    expect(stored).toEqual({ one: 2, other: 3 });
    api.updateAdminConfig.mockRejectedValueOnce(new Error('no'));
    const refused = changeConfig(set({ one: 4 }));
    const taken = changeConfig(set({ other: 5 }));
    await expect(refused).rejects.toThrow('no');
    expect(await taken).toEqual({ one: 2, other: 5 });
  });
});
