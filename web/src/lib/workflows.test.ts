import { describe, expect, it, vi } from 'vitest';

vi.mock('../api', () => import('../api/generated/client'));
vi.mock('./preferences.svelte', () => ({ t: () => ({}) }));
const { ApiError } = await import('../api/generated/client');
const { cleanConfig, draftOf, faultAt, faultsOf, parseShared, stepsOf } =
  await import('./workflows');

describe('configs', () => {
  it('lose what was left empty, also inside', () => {
    const config = { a: '', b: null, c: undefined, d: { x: '' }, e: { x: '', y: 1 }, f: false };
    expect(cleanConfig(config)).toEqual({ e: { y: 1 }, f: false });
  });

  it('keep empty lists, which the server has something to say of', () => {
    expect(cleanConfig({ albumIds: [] })).toEqual({ albumIds: [] });
  });

  it('are sent as none when nothing is left', () => {
    const steps = [
      { method: 'a#b', config: { x: '' } },
      { method: 'a#c', config: { x: 0 }, enabled: false },
    ];
    const draft = draftOf({ name: null, description: null, trigger: 'AssetCreate', steps });
    expect(stepsOf(draft)).toEqual([
      { method: 'a#b', config: null, enabled: true },
      { method: 'a#c', config: { x: 0 }, enabled: false },
    ]);
  });
});

describe('a shared workflow', () => {
  it('is read', () => {
    const shared = { name: 'N', description: null, trigger: 'AssetTagged', steps: [] };
    const draft = parseShared(JSON.stringify(shared));
    expect(draft).toMatchObject({ id: null, name: 'N', trigger: 'AssetTagged', enabled: true });
  });

  it('is refused when it is something else', () => {
    const broken = [
      '',
      'text',
      'null',
      '[]',
      '{}',
      '{"trigger":"AssetCreate"}',
      '{"trigger":"Other","steps":[]}',
      '{"trigger":"AssetCreate","steps":[1]}',
      '{"trigger":"AssetCreate","steps":[{"method":1}]}',
      '{"trigger":"AssetCreate","steps":[{"method":"a","config":[]}]}',
    ];
    for (const text of broken) expect(parseShared(text), text).toBeNull();
  });
});

describe('faults', () => {
  it('are found by their field', () => {
    const issue = (path: (string | number)[]) => ({ code: 'custom', path, message: 'no' });
    const error = new ApiError(400, 'Validation failed', [
      issue(['steps', '0', 'config', 'albumIds', 2]),
      issue(['name']),
    ]);
    const faults = faultsOf(error) ?? {};
    expect(faultAt(faults, 'steps.0.config.albumIds')).toBe('no');
    expect(faultAt(faults, 'name')).toBe('no');
    expect(faultAt(faults, 'steps.0.config.album')).toBeUndefined();
    expect(faultsOf(new ApiError(400, 'You have 100 workflows already'))).toBeNull();
    expect(faultsOf(new TypeError('offline'))).toBeNull();
  });
});
