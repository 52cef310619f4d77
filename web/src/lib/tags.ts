/* Tags as a tree. */
import type { TagResponse } from '../api';

export interface TagNode {
  tag: TagResponse;
  children: TagNode[];
}

/** Sorted by name at each level. A tag whose parent is missing stands at the top. */
export function tagTree(tags: readonly TagResponse[]): TagNode[] {
  const nodes = new Map(tags.map((tag) => [tag.id, { tag, children: [] as TagNode[] }]));
  const roots: TagNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.tag.parentId ? nodes.get(node.tag.parentId) : undefined;
    (parent && parent !== node ? parent.children : roots).push(node);
  }
  const sort = (list: TagNode[]): void => {
    list.sort((a, b) => a.tag.name.localeCompare(b.tag.name));
    for (const node of list) sort(node.children);
  };
  sort(roots);
  return roots;
}

/** From the top of the tree down to this one. */
export function tagPath(tags: readonly TagResponse[], id: string): TagResponse[] {
  const path: TagResponse[] = [];
  for (let at = tags.find((tag) => tag.id === id); at;) {
    if (path.includes(at)) break;
    path.unshift(at);
    const parentId = at.parentId;
    at = parentId ? tags.find((tag) => tag.id === parentId) : undefined;
  }
  return path;
}

/** Colours come with and without the sign in front. */
export function tagColor(tag: TagResponse): string {
  if (!tag.color) return 'var(--muted)';
  return tag.color.startsWith('#') ? tag.color : `#${tag.color}`;
}
