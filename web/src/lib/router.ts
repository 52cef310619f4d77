/* Addresses and what they mean. A photo stands below the list it was opened from, so that a
 * reload, a bookmark and the back button all do the expected. */

export const viewNames = ['photos', 'favorites', 'archive', 'trash'] as const;
export type ViewName = (typeof viewNames)[number];

export type Route =
  | { page: 'view'; view: ViewName; assetId: string | null }
  | { page: 'login'; continueTo: string | null }
  | { page: 'register' }
  | { page: 'unknown'; path: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Only a path of ours may be continued to after login, never another site. */
function safeContinuation(target: string | null): string | null {
  if (!target || !target.startsWith('/') || /^\/[/\\]/.test(target)) return null;
  return target;
}

/** @param path  relative to the base, beginning with a slash, with its query */
export function parseRoute(path: string): Route {
  const [pathname = '', query = ''] = path.split('?', 2);
  const parts = pathname.split('/').filter((part) => part !== '');
  const [first = 'photos', second, ...rest] = parts;
  const view = viewNames.find((name) => name === first);
  if (view && rest.length === 0) {
    if (second === undefined) return { page: 'view', view, assetId: null };
    if (uuid.test(second)) return { page: 'view', view, assetId: second.toLowerCase() };
  }
  if (first === 'auth' && rest.length === 0) {
    if (second === 'login') {
      const target = new URLSearchParams(query).get('continue');
      return { page: 'login', continueTo: safeContinuation(target) };
    }
    if (second === 'register') return { page: 'register' };
  }
  return { page: 'unknown', path: pathname };
}

export function routePath(route: Route): string {
  switch (route.page) {
    case 'view':
      return `/${route.view}${route.assetId ? `/${route.assetId}` : ''}`;
    case 'login':
      return `/auth/login${route.continueTo ? `?continue=${encodeURIComponent(route.continueTo)}` : ''}`;
    case 'register':
      return '/auth/register';
    case 'unknown':
      return route.path;
  }
}

/** Cut the base ("/" or "/sub/") off a path of the browser. */
export function stripBase(base: string, path: string): string {
  const prefix = base.endsWith('/') ? base.slice(0, -1) : base;
  if (prefix !== '' && (path === prefix || path.startsWith(`${prefix}/`))) {
    return path.slice(prefix.length) || '/';
  }
  return path;
}
