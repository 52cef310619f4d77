import { describe, expect, it } from 'vitest';
import { filesOfList, filesOfPaste, isWanted } from './found_files';
import { keyOf } from './pending';

const file = (name: string, webkitRelativePath = ''): File =>
  Object.assign(new File(['x'], name, { lastModified: 7 }), { webkitRelativePath });

describe('what is found', () => {
  it('leaves out what systems leave behind, at any depth', () => {
    const list = [
      file('a.jpg', 'f/a.jpg'),
      file('b.jpg', 'f/.trash/b.jpg'),
      file('Thumbs.db', 'f/Thumbs.db'),
    ];
    expect(filesOfList(list).map(({ path }) => path)).toEqual(['f/a.jpg']);
    expect(isWanted('.DS_Store')).toBe(false);
  });

  it('gives a pasted picture a name of its own, and leaves others theirs', () => {
    const now = new Date('2024-05-06T07:08:09Z');
    const names = filesOfPaste([file('image.png'), file('image.png'), file('IMG_1.jpg')], now);
    expect(names.map(({ path }) => path)).toEqual([
      'pasted-2024-05-06-07-08-09.png',
      'pasted-2024-05-06-07-08-09-1.png',
      'IMG_1.jpg',
    ]);
  });

  it('is known again by whose, where, how large and when', () => {
    expect(keyOf('u', 'f/a.jpg', file('a.jpg'))).toBe('u\nf/a.jpg\n1\n7');
  });
});
