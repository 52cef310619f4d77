/* What was typed and is not stored yet, kept in this tab: a login that ends in the middle of a sentence takes the
 * page away, and the sentence stands there again after the next one. */

const prefix = 'tintype.unsaved';

export interface Unsaved {
  read: () => string;
  /** Nothing is kept of an empty text. */
  write: (text: string) => void;
}

/** Whose texts are kept. A login that ends by itself changes nothing. */
let writer: string | null = null;

/** @param userId  nobody else is shown it
 *  @param what  it is about, such as "comment" and the id of an album */
export function unsavedOf(userId: string, what: string): Unsaved {
  const key = `${prefix} ${userId} ${what}`;
  return {
    read: () => sessionStorage.getItem(key) ?? '',
    write: (text) => {
      // What was under way when its writer logged out comes back later.
      if (userId !== writer) return;
      try {
        if (text) sessionStorage.setItem(key, text);
        else sessionStorage.removeItem(key);
      } catch {
        // There is no room: then it is not kept.
      }
    },
  };
}

/** Somebody logged in, or out (null): what others left behind goes. */
export function keepUnsavedOf(userId: string | null): void {
  writer = userId;
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(prefix) && !(userId && key.startsWith(`${prefix} ${userId} `)))
      sessionStorage.removeItem(key);
}
