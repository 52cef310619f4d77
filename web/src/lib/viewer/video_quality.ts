/* How large videos shall be, as chosen last in this browser. */

/** What suits, the stored file, or the shorter side of the picture in pixels. */
export type Quality = 'auto' | 'original' | number;

const key = 'tintype.videoQuality';

export function readQuality(): Quality {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(key);
  } catch {
    // Storage may be switched off.
  }
  if (stored === 'original') return stored;
  const size = Number(stored);
  return Number.isInteger(size) && size > 0 ? size : 'auto';
}

export function writeQuality(quality: Quality): void {
  try {
    localStorage.setItem(key, String(quality));
  } catch {
    // Then it holds until the page is closed.
  }
}
