/* What a reader chose for this browser: appearance and language. */
import { directionOf } from './direction';
import { en, type Strings } from './strings/en';

export type ThemeChoice = 'auto' | 'light' | 'dark';
export type Language = 'en' | 'de';

/** What each calls itself, and where its sentences are: those of others than English come when chosen. */
export const languages: Record<Language, { name: string; load: () => Promise<Strings> }> = {
  en: { name: 'English', load: async () => en },
  de: { name: 'Deutsch', load: async () => (await import('./strings/de')).de },
};

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
  /** English until `ready`. */
  language = $state<Language>('en');
  strings = $state.raw<Strings>(en);
  /** For dates and numbers: the browser's own variant of the language, such as en-GB. */
  locale = $derived(
    navigator.languages.find((tag) => tag.startsWith(this.language)) ?? this.language,
  );

  #wanted: Language = 'en';
  /** The chosen language is there; nothing is shown before. */
  readonly ready: Promise<void>;

  constructor() {
    prefersDark.addEventListener('change', () => this.apply());
    this.apply();
    const chosen = read('tintype.language', ['en', 'de']) ?? preferredLanguage();
    // An app in the wrong language is better than none.
    this.ready = this.show(chosen).catch(() => undefined);
  }

  setTheme(theme: ThemeChoice): void {
    this.theme = theme;
    write('tintype.theme', theme);
    this.apply();
  }

  /** @throws when its sentences could not be loaded: then nothing changes */
  async setLanguage(language: Language): Promise<void> {
    await this.show(language);
    write('tintype.language', language);
  }

  private async show(language: Language): Promise<void> {
    this.#wanted = language;
    const strings = await languages[language].load();
    if (this.#wanted !== language) return; // another was chosen meanwhile
    this.strings = strings;
    this.language = language;
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
