/* Another language for this browser: said when its sentences cannot be had. */
import { preferences, type Language } from './preferences.svelte';
import { toasts } from './toasts.svelte';

export function chooseLanguage(language: Language): void {
  preferences.setLanguage(language).catch((error: unknown) => toasts.error(error));
}
