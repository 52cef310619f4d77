/* A password for somebody else, to be read out or copied once: no letters that look alike. */

const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export function newPassword(length = 16): string {
  let out = '';
  while (out.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // Beyond the last whole round some letters would come more often than others.
      if (byte < 256 - (256 % letters.length) && out.length < length) {
        out += letters[byte % letters.length];
      }
    }
  }
  return out;
}
