/* What was typed and is not stored yet, kept in this tab: a login that ends in the middle of a sentence takes the
 * page away, and the sentence stands there again after the next one. */

const prefix = 'tintype.unsaved';

export interface Unsaved {
  read: () => string;
  /** Nothing is kept of an empty text. */
  write: (text: string) => void;
}

/** @param userId  nobody else is shown it
 *  @param what  it is about, such as "comment" and the id of an album */
export function unsavedOf(userId: string, what: string): Unsaved {
  const key = `${prefix} ${userId} ${what}`;
  return {
    read: () => sessionStorage.getItem(key) ?? '',
    write: (text) => {
      if (text) sessionStorage.setItem(key, text);
      else sessionStorage.removeItem(key);
    },
  };
}

/** Whoever logs out leaves nothing behind. */
export function forgetUnsaved(): void {
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(prefix)) sessionStorage.removeItem(key);
}
