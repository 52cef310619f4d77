import { describe, expect, it } from 'vitest';
import { parseRoute, routePath, stripBase, type Route } from './router';
import { adminSections, settingsSections } from './settings_routes';

const id = '0c0c7b2e-6b7a-4b5c-9f4e-0a1b2c3d4e5f';

describe('parseRoute', () => {
  it.each<[string, Route]>([
    ['/', { page: 'view', view: 'photos', assetId: null }],
    ['/photos', { page: 'view', view: 'photos', assetId: null }],
    ['/favorites/', { page: 'view', view: 'favorites', assetId: null }],
    [`/trash/${id}`, { page: 'view', view: 'trash', assetId: id }],
    [`/archive/${id.toUpperCase()}`, { page: 'view', view: 'archive', assetId: id }],
    ['/auth/login?autoLaunch=0', { page: 'login', continueTo: null }],
    ['/auth/login?continue=%2Ftrash', { page: 'login', continueTo: '/trash' }],
    ['/auth/register', { page: 'register' }],
    ['/albums', { page: 'albums' }],
    [`/albums/${id}/${id}`, { page: 'album', id, assetId: id }],
    ['/albums/mine', { page: 'unknown', path: '/albums/mine' }],
    ['/sharing', { page: 'sharing' }],
    ['/locked', { page: 'locked', assetId: null }],
    [`/locked/${id}`, { page: 'locked', assetId: id }],
    ['/user-settings?code=1&state=2', { page: 'settings', section: 'profile' }],
    ['/user-settings/api-keys', { page: 'settings', section: 'api-keys' }],
    ['/user-settings/users', { page: 'unknown', path: '/user-settings/users' }],
    ['/admin', { page: 'admin', section: 'users' }],
    ['/admin/queues/', { page: 'admin', section: 'queues' }],
    ['/admin/queues/1', { page: 'unknown', path: '/admin/queues/1' }],
    [`/partners/${id}`, { page: 'partner', id, assetId: null }],
    ['/share/a-Key_1', { page: 'share', by: 'key', value: 'a-Key_1', assetId: null }],
    [`/s/sp%20ace/${id}`, { page: 'share', by: 'slug', value: 'sp ace', assetId: id }],
    ['/s/%', { page: 'unknown', path: '/s/%' }],
    ['/share', { page: 'unknown', path: '/share' }],
    ['/photos/not-an-id', { page: 'unknown', path: '/photos/not-an-id' }],
    [`/photos/${id}/more`, { page: 'unknown', path: `/photos/${id}/more` }],
    ['/nowhere', { page: 'unknown', path: '/nowhere' }],
  ])('%s', (path, route) => expect(parseRoute(path)).toEqual(route));

  it('continues to our own pages only', () => {
    for (const target of ['https://evil.example', '//evil.example', '/\\evil.example', 'trash']) {
      const path = `/auth/login?continue=${encodeURIComponent(target)}`;
      expect(parseRoute(path)).toEqual({ page: 'login', continueTo: null });
    }
  });
});

describe('routePath', () => {
  it('is read back as the same route', () => {
    const routes: Route[] = [
      { page: 'view', view: 'archive', assetId: id },
      { page: 'albums' },
      { page: 'album', id, assetId: id },
      { page: 'partner', id, assetId: null },
      { page: 'share', by: 'slug', value: 'a/b c?', assetId: id },
      { page: 'login', continueTo: `/trash/${id}` },
      { page: 'login', continueTo: null },
      { page: 'register' },
      { page: 'locked', assetId: id },
      ...settingsSections.map((section) => ({ page: 'settings', section }) as const),
      ...adminSections.map((section) => ({ page: 'admin', section }) as const),
    ];
    for (const route of routes) expect(parseRoute(routePath(route))).toEqual(route);
  });
});

describe('stripBase', () => {
  it('cuts a sub-path off, and only as a whole', () => {
    expect(stripBase('/', '/photos')).toBe('/photos');
    expect(stripBase('/family/', '/family/photos')).toBe('/photos');
    expect(stripBase('/family/', '/family')).toBe('/');
    expect(stripBase('/family/', '/familyphotos')).toBe('/familyphotos');
  });
});
