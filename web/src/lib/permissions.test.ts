import { describe, expect, it } from 'vitest';
import { permissionValues } from '../api/generated/client';
import { findPermissions, permissionGroups, permissionsOf, single } from './permissions';

describe('permissions', () => {
  it('stand each in one group', () => {
    const all = permissionGroups.flatMap(({ permissions }) => permissions);
    expect(all.sort()).toEqual([...single].sort());
    expect(single.length).toBe(permissionValues.length - 2);
    expect(permissionGroups.find(({ name }) => name === 'asset.edit')?.permissions).toHaveLength(3);
  });

  it('are found by a part of their name', () => {
    expect(findPermissions(' ALBUMu ').map(({ name }) => name)).toEqual(['albumUser']);
    expect(findPermissions('album.read')[0]?.permissions).toEqual(['album.read']);
    expect(findPermissions('nothing')).toEqual([]);
  });

  it('have presets that do not do more than they say', () => {
    expect(permissionsOf('all')).toEqual(['all']);
    expect(permissionsOf('none')).toEqual([]);
    const read = permissionsOf('read');
    expect(read).toContain('asset.view');
    expect(read.some((name) => /\.(create|update|delete|upload)$|^admin/.test(name))).toBe(false);
    expect(permissionsOf('upload')).toContain('asset.upload');
    expect(permissionsOf('upload').some((name) => name.endsWith('.delete'))).toBe(false);
  });
});
