import { describe, expect, it } from 'vitest';
import { fieldsOf, isSame, matches, sectionNames, valueAt, withValues } from './config_form';
import { adminDe } from './strings/admin.de';
import { adminEn } from './strings/admin.en';

describe('the settings of the server', () => {
  it('have fields with a name in both languages', () => {
    expect(sectionNames).toHaveLength(22);
    for (const words of [adminEn, adminDe]) {
      for (const section of sectionNames) {
        const named = Object.keys(words.config[section].fields).sort();
        expect(named).toEqual(
          fieldsOf(section)
            .map(({ path }) => path)
            .sort(),
        );
      }
    }
  });

  it('are read and changed by path, in a copy', () => {
    const config = { a: { b: 1, c: [1] }, d: 'x' };
    expect(valueAt(config, 'a.b')).toBe(1);
    expect(valueAt(config, 'a.x.y')).toBeUndefined();
    const changed = withValues(config, { 'a.b': 2, 'e.f': true });
    expect(changed).toEqual({ a: { b: 2, c: [1] }, d: 'x', e: { f: true } });
    expect(config.a.b).toBe(1);
  });

  it('are the same when they look the same', () => {
    expect(isSame([1, 2], [1, 2])).toBe(true);
    expect(isSame(undefined, null)).toBe(true);
    expect(isSame('1', 1)).toBe(false);
  });

  it('are found by all words', () => {
    expect(matches('video thr', ['Videos', 'Threads'])).toBe(true);
    expect(matches('video trash', ['Videos', 'Threads'])).toBe(false);
    expect(matches('', ['x'])).toBe(true);
  });
});
