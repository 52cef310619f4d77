/* Which way the chosen language is written. Stylesheets say start and end and need nothing else; keys
 * that point must be turned. */

/** Languages of ours that are written from right to left; none is translated yet. */
const rightToLeft: readonly string[] = ['ar', 'fa', 'he', 'ur'];

export function directionOf(language: string): 'ltr' | 'rtl' {
  return rightToLeft.includes(language) ? 'rtl' : 'ltr';
}

const turned: Record<string, string> = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' };

/** The key as it is meant: ArrowRight goes on in the order of reading. */
export function readingKey(key: string): string {
  return document.documentElement.dir === 'rtl' ? (turned[key] ?? key) : key;
}
