/* Addresses and what they mean. A photo stands below the list it was opened from, so that a
 * reload, a bookmark and the back button all do the expected. */

import { libraryPath, parseLibraryRoute, type LibraryRoute } from './library_routes';
import { parseSettingsRoute, settingsPath, type SettingsRoute } from './settings_routes';

export const viewNames = ['photos', 'favorites', 'archive', 'trash'] as const;
export type ViewName = (typeof viewNames)[number];

export type Route =
  | LibraryRoute
  | SettingsRoute
  | { page: 'view'; view: ViewName; assetId: string | null }
  | { page: 'albums' }
  | { page: 'album'; id: string; assetId: string | null }
  | { page: 'sharing' }
  | { page: 'workflows' }
  | { page: 'locked'; assetId: string | null }
  | { page: 'partner'; id: string; assetId: string | null }
  | { page: 'share'; by: 'key' | 'slug'; value: string; assetId: string | null }
  | { page: 'login'; continueTo: string | null }
  | { page: 'register' }
  | { page: 'unknown'; path: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Only a path of ours may be continued to after login, never another site. */
function safeContinuation(target: string | null): string | null {
  if (!target || !target.startsWith('/') || /^\/[/\\]/.test(target)) return null;
  return target;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** The id of a photo at the end of a path: null when there is none, undefined when it is no id. */
function assetIdOf(rest: readonly string[]): string | null | undefined {
  const [id, ...more] = rest;
  if (id === undefined) return null;
  return uuid.test(id) && more.length === 0 ? id.toLowerCase() : undefined;
}

/** Pages that belong to one thing with an id, with or without a photo of it. */
function routeOfOne(first: string, rest: readonly string[]): Route | null {
  const [id, ...more] = rest;
  const assetId = assetIdOf(more);
  if (id === undefined || assetId === undefined) return null;
  if (first === 'share' || first === 's') {
    const value = decode(id);
    const by = first === 's' ? 'slug' : 'key';
    return value ? { page: 'share', by, value, assetId } : null;
  }
  if (!uuid.test(id)) return null;
  if (first === 'albums') return { page: 'album', id: id.toLowerCase(), assetId };
  if (first === 'partners') return { page: 'partner', id: id.toLowerCase(), assetId };
  return null;
}

function routeOfAuth(name: string | undefined, query: string): Route | null {
  if (name === 'register') return { page: 'register' };
  if (name !== 'login') return null;
  const target = new URLSearchParams(query).get('continue');
  return { page: 'login', continueTo: safeContinuation(target) };
}

/** @param path  relative to the base, beginning with a slash, with its query */
export function parseRoute(path: string): Route {
  const [pathname = '', query = ''] = path.split('?', 2);
  const parts = pathname.split('/').filter((part) => part !== '');
  const [first = 'photos', ...rest] = parts;
  const unknown: Route = { page: 'unknown', path: pathname };
  const view = viewNames.find((name) => name === first);
  if (view) {
    const assetId = assetIdOf(rest);
    return assetId === undefined ? unknown : { page: 'view', view, assetId };
  }
  if (rest.length === 0 && (first === 'albums' || first === 'sharing' || first === 'workflows')) {
    return { page: first };
  }
  if (first === 'locked') {
    const assetId = assetIdOf(rest);
    return assetId === undefined ? unknown : { page: 'locked', assetId };
  }
  if (first === 'auth' && rest.length === 1) return routeOfAuth(rest[0], query) ?? unknown;
  return (
    routeOfOne(first, rest) ??
    parseSettingsRoute(parts) ??
    parseLibraryRoute(parts, query) ??
    unknown
  );
}

export function routePath(route: Route): string {
  const asset = 'assetId' in route && route.assetId ? `/${route.assetId}` : '';
  switch (route.page) {
    case 'library':
      return libraryPath(route);
    case 'view':
      return `/${route.view}${asset}`;
    case 'settings':
    case 'admin':
      return settingsPath(route);
    case 'albums':
    case 'sharing':
    case 'workflows':
    case 'locked':
      return `/${route.page}${asset}`;
    case 'album':
      return `/albums/${route.id}${asset}`;
    case 'partner':
      return `/partners/${route.id}${asset}`;
    case 'share': {
      const prefix = route.by === 'slug' ? 's' : 'share';
      return `/${prefix}/${encodeURIComponent(route.value)}${asset}`;
    }
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
