import { describe, expect, it } from 'vitest';
import type { TagResponse } from '../api/generated/client';
import { tagPath, tagTree } from './tags';

function tag(value: string, parentId?: string): TagResponse {
  const name = value.split('/').at(-1) ?? '';
  const at = '2024-01-01T00:00:00.000Z';
  return {
    id: value,
    value,
    name,
    createdAt: at,
    updatedAt: at,
    ...(parentId ? { parentId } : {}),
  };
}

const tags = [tag('b'), tag('a/y', 'a'), tag('a'), tag('a/x', 'a'), tag('lost', 'gone')];

describe('the tree of tags', () => {
  it('has children below their parents, by name', () => {
    const tree = tagTree(tags);
    expect(tree.map(({ tag: { id } }) => id)).toEqual(['a', 'b', 'lost']);
    expect(tree[0]?.children.map(({ tag: { id } }) => id)).toEqual(['a/x', 'a/y']);
  });

  it('tells the way to a tag', () => {
    expect(tagPath(tags, 'a/x').map(({ id }) => id)).toEqual(['a', 'a/x']);
    expect(tagPath(tags, 'lost').map(({ id }) => id)).toEqual(['lost']);
    expect(tagPath(tags, 'none')).toEqual([]);
  });

  it('does not go in circles', () => {
    const circle = [tag('a', 'b'), tag('b', 'a')];
    expect(tagPath(circle, 'a').map(({ id }) => id)).toEqual(['b', 'a']);
  });
});
