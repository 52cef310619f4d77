import { beforeEach, describe, expect, it, vi } from 'vitest';
import { keepUnsavedOf, unsavedOf } from './unsaved';

/** As a browser's: what is kept is a property of its own. */
class Kept {
  [key: string]: unknown;
}
const hidden = (value: unknown) => ({ value, enumerable: false });
Object.defineProperties(Kept.prototype, {
  getItem: hidden(function (this: Kept, key: string) {
    return this[key] ?? null;
  }),
  setItem: hidden(function (this: Kept, key: string, value: string) {
    if (value.length > 1000) throw new DOMException('full', 'QuotaExceededError');
    this[key] = value;
  }),
  removeItem: hidden(function (this: Kept, key: string) {
    delete this[key];
  }),
});

describe('what was typed and is not stored', () => {
  beforeEach(() => {
    vi.stubGlobal('sessionStorage', new Kept());
    keepUnsavedOf('ada');
  });

  it('is kept over a login that ends by itself', () => {
    unsavedOf('ada', 'comment 1').write('Half a');
    keepUnsavedOf('ada');
    expect(unsavedOf('ada', 'comment 1').read()).toBe('Half a');
  });

  it('is gone when somebody else logs in, and when its writer logs out', () => {
    for (const next of ['ada2', 'bob', null]) {
      keepUnsavedOf('ada');
      unsavedOf('ada', 'comment 1').write('Half a');
      keepUnsavedOf(next);
      expect(Object.keys(sessionStorage)).toEqual([]);
    }
  });

  it('is not kept by a save that fails after its writer has logged out', () => {
    keepUnsavedOf(null);
    unsavedOf('ada', 'description 1').write('Too late');
    keepUnsavedOf('bob');
    unsavedOf('ada', 'description 1').write('Too late');
    expect(Object.keys(sessionStorage)).toEqual([]);
  });

  it('is given up where there is no room, without an error', () => {
    unsavedOf('ada', 'description 1').write('x'.repeat(2000));
    expect(unsavedOf('ada', 'description 1').read()).toBe('');
  });
});
