/* The sentences of the administration in the chosen language: they are loaded with those pages
 * alone. */
import { preferences, type Language } from './preferences.svelte';
import { adminDe } from './strings/admin.de';
import { adminEn, type AdminStrings } from './strings/admin.en';

const languages: Record<Language, AdminStrings> = { en: adminEn, de: adminDe };

/** Reading it in a template follows a change. */
export function a(): AdminStrings {
  return languages[preferences.language];
}
