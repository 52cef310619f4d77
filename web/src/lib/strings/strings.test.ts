import { describe, expect, it } from 'vitest';
import { adminDe } from './admin.de';
import { adminEn } from './admin.en';
import { de } from './de';
import { en } from './en';
import { settingsDe } from './settings.de';
import { settingsEn } from './settings.en';

type Tree = { [key: string]: string | ((...args: never[]) => string) | Tree };

function paths(tree: Tree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' ? paths(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

function sentences(tree: Tree): string[] {
  return Object.values(tree).flatMap((value) => {
    if (typeof value === 'object') return sentences(value);
    return [typeof value === 'string' ? value : value(...([2, 3, 4] as unknown as never[]))];
  });
}

const pairs: [string, unknown, unknown][] = [
  ['of all pages', en, de],
  ['of the settings', settingsEn, settingsDe],
  ['of the administration', adminEn, adminDe],
];

describe('the languages', () => {
  it.each(pairs)('have the same keys %s', (_, english, german) => {
    expect(paths(german as Tree).sort()).toEqual(paths(english as Tree).sort());
  });

  it.each(pairs)('say something everywhere %s', (_, ...both) => {
    for (const language of both) {
      const all = sentences(language as Tree);
      const silent = all.filter((text) => text.trim() === '' || text.includes('undefined'));
      expect(silent).toEqual([]);
    }
  });

  it('count one as one', () => {
    expect(en.done.trashed(1)).toBe('1 photo moved to the trash');
    expect(de.done.trashed(1)).toBe('1 Foto in den Papierkorb gelegt');
  });
});
