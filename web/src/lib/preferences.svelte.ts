/* What a reader chose for this browser: appearance and language. */
import { directionOf } from './direction';
import { de } from './strings/de';
import { en, type Strings } from './strings/en';

export type ThemeChoice = 'auto' | 'light' | 'dark';
export type Language = 'en' | 'de';

export const languages: Record<Language, Strings> = { en, de };

function read<T extends string>(key: string, allowed: readonly T[]): T | null {
  try {
    const value = localStorage.getItem(key);
    return allowed.find((choice) => choice === value) ?? null;
  } catch {
    return null; // storage may be switched off
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it holds until the page is closed.
  }
}

function preferredLanguage(): Language {
  return navigator.languages.find((tag) => /^(de|en)\b/i.test(tag))?.startsWith('de') ? 'de' : 'en';
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

class Preferences {
  theme = $state<ThemeChoice>(read('tintype.theme', ['auto', 'light', 'dark']) ?? 'auto');
  language = $state<Language>(read('tintype.language', ['en', 'de']) ?? preferredLanguage());
  strings = $derived(languages[this.language]);
  /** For dates and numbers: the browser's own variant of the language, such as en-GB. */
  locale = $derived(
    navigator.languages.find((tag) => tag.startsWith(this.language)) ?? this.language,
  );

  constructor() {
    prefersDark.addEventListener('change', () => this.apply());
    this.apply();
  }

  setTheme(theme: ThemeChoice): void {
    this.theme = theme;
    write('tintype.theme', theme);
    this.apply();
  }

  setLanguage(language: Language): void {
    this.language = language;
    write('tintype.language', language);
    this.apply();
  }

  private apply(): void {
    const isDark = this.theme === 'dark' || (this.theme === 'auto' && prefersDark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    document.documentElement.lang = this.language;
    document.documentElement.dir = directionOf(this.language);
  }
}

export const preferences = new Preferences();

/** The sentences of the chosen language; reading it in a template follows a change. */
export function t(): Strings {
  return preferences.strings;
}
