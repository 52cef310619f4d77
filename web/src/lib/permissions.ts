/* What an API key may be allowed, in groups: "album" has album.read, album.create... */
import { permissionValues, type Permission } from '../api/generated/client';

export interface PermissionGroup {
  name: string;
  permissions: Permission[];
}

export const presetNames = ['all', 'upload', 'read', 'none'] as const;
export type PresetName = (typeof presetNames)[number];

/** Those that stand alone have a group of their name. Nobody gives what only older clients knew. */
export const single: readonly Permission[] = permissionValues.filter(
  (name) => name !== 'all' && name !== 'asset.replace',
);

export const permissionGroups: PermissionGroup[] = (() => {
  const groups = new Map<string, Permission[]>();
  for (const permission of single) {
    const at = permission.lastIndexOf('.');
    const name = at < 0 ? permission : permission.slice(0, at);
    groups.set(name, [...(groups.get(name) ?? []), permission]);
  }
  return [...groups]
    .map(([name, permissions]) => ({ name, permissions }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
})();

const forUpload: ReadonlySet<Permission> = new Set<Permission>([
  'asset.upload',
  'asset.read',
  'asset.update',
  'asset.statistics',
  'album.create',
  'album.read',
  'album.update',
  'albumAsset.create',
  'stack.create',
  'tag.create',
  'tag.read',
  'tag.asset',
  'server.about',
  'user.read',
]);

const looks = /\.(read|view|download|statistics|get|about|storage|list|search|stream)$/;
const isForAdmins = /^(admin|backup|job|library|queue|queueJob|systemConfig|systemMetadata)/;

export function permissionsOf(preset: PresetName): Permission[] {
  switch (preset) {
    case 'all':
      return ['all'];
    case 'upload':
      return single.filter((name) => forUpload.has(name));
    case 'read':
      return single.filter((name) => looks.test(name) && !isForAdmins.test(name));
    case 'none':
      return [];
  }
}

/** Those of the groups whose name, or whose own name, has the words in it. */
export function findPermissions(wanted: string): PermissionGroup[] {
  const text = wanted.trim().toLowerCase();
  if (!text) return permissionGroups;
  return permissionGroups
    .map(({ name, permissions }) => ({
      name,
      permissions: permissions.filter((each) => each.toLowerCase().includes(text)),
    }))
    .filter(({ permissions }) => permissions.length > 0);
}
