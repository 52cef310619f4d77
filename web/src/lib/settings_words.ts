/* The sentences of the settings in the chosen language: they are loaded with those pages alone. */
import { preferences, type Language } from './preferences.svelte';
import { settingsDe } from './strings/settings.de';
import { settingsEn, type SettingsStrings } from './strings/settings.en';

const languages: Record<Language, SettingsStrings> = { en: settingsEn, de: settingsDe };

/** Reading it in a template follows a change. */
export function s(): SettingsStrings {
  return languages[preferences.language];
}
