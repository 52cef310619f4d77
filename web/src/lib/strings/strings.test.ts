import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en } from './en';

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

describe('the languages', () => {
  it('have the same keys', () => {
    expect(paths(de as unknown as Tree).sort()).toEqual(paths(en as unknown as Tree).sort());
  });

  it('say something everywhere', () => {
    for (const language of [en, de]) {
      const all = sentences(language as unknown as Tree);
      expect(all.every((text) => text.trim() !== '' && !text.includes('undefined'))).toBe(true);
    }
  });

  it('count one as one', () => {
    expect(en.done.trashed(1)).toBe('1 photo moved to the trash');
    expect(de.done.trashed(1)).toBe('1 Foto in den Papierkorb gelegt');
  });
});
