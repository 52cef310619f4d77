import { describe, expect, it } from 'vitest';
import { groupByFolder, groupFiles, largestMotionBytes, type FoundFile } from './pairs';

function found(path: string, size = 10): FoundFile {
  const file = { name: path.split('/').at(-1)!, size } as File;
  return { file, path };
}

const shape = (files: FoundFile[]) => {
  const { groups, lonely } = groupByFolder(files);
  return {
    groups: groups.map(({ path, sidecar, motion }) => [path, sidecar?.name, motion?.name]),
    lonely: lonely.map(({ path }) => path),
  };
};

describe('the files of a folder', () => {
  it('take their sidecars along, by the whole name or the stem', () => {
    expect(shape([found('a.jpg'), found('a.jpg.xmp'), found('B.HEIC'), found('b.xmp')])).toEqual({
      groups: [
        ['a.jpg', 'a.jpg.xmp', undefined],
        ['B.HEIC', 'b.xmp', undefined],
      ],
      lonely: [],
    });
  });

  it('leave a sidecar alone that could belong to two, or to none', () => {
    const { lonely } = shape([found('a.jpg'), found('a.cr2'), found('a.xmp'), found('z.xmp')]);
    expect(lonely).toEqual(['a.xmp', 'z.xmp']);
  });

  it('join a live photo and its film, and no long film', () => {
    expect(shape([found('IMG_1.HEIC'), found('IMG_1.MOV'), found('IMG_1.xmp')]).groups).toEqual([
      ['IMG_1.HEIC', 'IMG_1.xmp', 'IMG_1.MOV'],
    ]);
    const long = found('IMG_2.MOV', largestMotionBytes + 1);
    expect(groupFiles([found('IMG_2.HEIC'), long]).groups).toHaveLength(2);
  });

  it('do not look into other folders', () => {
    expect(shape([found('x/a.jpg'), found('y/a.jpg.xmp'), found('y/a.mov')])).toEqual({
      groups: [
        ['x/a.jpg', undefined, undefined],
        ['y/a.mov', undefined, undefined],
      ],
      lonely: ['y/a.jpg.xmp'],
    });
  });
});
