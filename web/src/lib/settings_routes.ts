/* Addresses of one's own settings and of the administration: /user-settings/devices,
 * /admin/queues. The first section of each stands at the bare address. */

export const settingsSections = [
  'profile',
  'security',
  'devices',
  'api-keys',
  'preferences',
  'deleted',
  'about',
] as const;
export type SettingsSection = (typeof settingsSections)[number];

export const adminSections = [
  'users',
  'queues',
  'settings',
  'libraries',
  'statistics',
  'maintenance',
  'about',
] as const;
export type AdminSection = (typeof adminSections)[number];

export type SettingsRoute =
  { page: 'settings'; section: SettingsSection } | { page: 'admin'; section: AdminSection };

/** @return null when the path is none of ours */
export function parseSettingsRoute(parts: readonly string[]): SettingsRoute | null {
  const [first, name, ...rest] = parts;
  if (rest.length > 0) return null;
  if (first === 'user-settings') {
    const section = settingsSections.find((one) => one === (name ?? settingsSections[0]));
    return section ? { page: 'settings', section } : null;
  }
  if (first === 'admin') {
    const section = adminSections.find((one) => one === (name ?? adminSections[0]));
    return section ? { page: 'admin', section } : null;
  }
  return null;
}

export function settingsPath({ page, section }: SettingsRoute): string {
  const base = page === 'settings' ? '/user-settings' : '/admin';
  const isFirst = section === settingsSections[0] || section === adminSections[0];
  return isFirst ? base : `${base}/${section}`;
}
