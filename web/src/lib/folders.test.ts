import { describe, expect, it } from 'vitest';
import { firstFork, folderPath, foldersIn } from './folders';

const paths = ['/data/photos/2019', '/data/photos/2019/may', '/data/photos/10', '/data/photos/9'];

describe('folders', () => {
  it('lie in each other', () => {
    expect(foldersIn(paths, '').map(({ path }) => path)).toEqual(['/data']);
    expect(foldersIn(paths, '/data/photos').map(({ name }) => name)).toEqual(['9', '10', '2019']);
    expect(foldersIn(paths, '/data/photos/2019')).toEqual([
      { name: 'may', path: '/data/photos/2019/may' },
    ]);
    expect(foldersIn(paths, '/data/photos/1')).toEqual([]);
  });

  it('are opened where there is a choice', () => {
    expect(firstFork(paths)).toBe('/data/photos');
    expect(firstFork(['/a/b', '/a/b/c'])).toBe('/a/b');
    expect(firstFork([])).toBe('');
  });

  it('tell the way', () => {
    expect(folderPath('/data/photos').map(({ path }) => path)).toEqual(['/data', '/data/photos']);
    expect(folderPath('')).toEqual([]);
  });
});
