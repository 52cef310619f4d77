/* What lets a visitor without an account see photos: the key or the slug of a shared link. Every
 * request of the page of a link carries it; on all other pages it is empty. */

class CurrentCredential {
  /** Spread into the arguments of a request. */
  query = $state.raw<{ key?: string; slug?: string }>({});
  /** Whether what is shown is somebody's link. */
  isVisitor = $derived(Object.keys(this.query).length > 0);
}

export const credential = new CurrentCredential();

export function linkCredential(
  by: 'key' | 'slug',
  value: string,
): { key: string } | { slug: string } {
  return by === 'slug' ? { slug: value } : { key: value };
}
