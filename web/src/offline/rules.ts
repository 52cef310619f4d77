/* Which answers of the server are kept, to be seen without it. */

export const kinds = ['thumbnails', 'previews', 'answers'] as const;
export type Kind = (typeof kinds)[number];

const mebibyte = 1024 * 1024;

/** What is kept at most, in bytes; the oldest goes first. */
export const mostBytes: Record<Kind, number> = {
  thumbnails: 64 * mebibyte,
  previews: 160 * mebibyte,
  answers: 24 * mebibyte,
};

const id = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Whoever is offline starts the app, walks through lists and looks at photos. */
const answers = new RegExp(
  `^(?:${[
    'users/me(?:/preferences)?',
    'server/(?:config|features|about|version|media-types)',
    'timeline/buckets?',
    `assets/${id}`,
    `albums(?:/${id})?`,
    `people(?:/${id})?`,
    `stacks/${id}`,
    'tags',
    'memories',
    'faces',
  ].join('|')})$`,
  'i',
);
const picture = new RegExp(`^assets/${id}/thumbnail$`, 'i');
const portrait = new RegExp(`^(?:people/${id}/thumbnail|users/${id}/profile-image)$`, 'i');

/** Photos of a link belong to somebody else, those of the locked folder to nobody's cache. */
function isPrivate(query: URLSearchParams): boolean {
  return (
    query.has('key') ||
    query.has('slug') ||
    query.get('keep') === 'no' ||
    query.get('visibility') === 'locked'
  );
}

/** @param path  below the API, without a slash at its beginning
 *  @return null: not kept */
export function kindOf(path: string, query: URLSearchParams): Kind | null {
  if (isPrivate(query)) return null;
  if (answers.test(path)) return 'answers';
  if (portrait.test(path)) return 'thumbnails';
  if (!picture.test(path)) return null;
  const size = query.get('size') ?? 'thumbnail';
  return size === 'thumbnail' ? 'thumbnails' : size === 'preview' ? 'previews' : null;
}

/** Whether what stands at this address never changes: a picture whose address tells its version. */
export function isFixed(kind: Kind, query: URLSearchParams): boolean {
  return kind !== 'answers' && query.has('c');
}

/** Hundreds of thumbnails come while somebody scrolls, and each would cost the worker as much as the page. They go
 *  past it: from the cache if they are in one, else from the server. The page tells of them when it is quiet. */
export function goesPast(kind: Kind | null, query: URLSearchParams): boolean {
  return kind === 'thumbnails' && isFixed(kind, query);
}

/** Whether an answer that could be kept tells of a locked photo. */
export function isLocked(answer: unknown): boolean {
  return (answer as { visibility?: unknown } | null)?.visibility === 'locked';
}
