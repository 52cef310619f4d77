/* How large photos are in the grids: a choice of this browser, changed by a pinch, by the wheel with
 * Ctrl, or by the keys + and -. */

const factors = [0.5, 0.7, 1, 1.4, 2] as const;
const key = 'tintype.density';
const usual = 2;

function read(): number {
  try {
    const text = localStorage.getItem(key);
    const level = text === null ? usual : Number(text);
    return Number.isInteger(level) && level in factors ? level : usual;
  } catch {
    return usual;
  }
}

class Density {
  private level = $state(read());
  /** Of the usual height of a row. */
  factor = $derived(factors[this.level] ?? 1);

  /** @param by  1 is one step larger */
  step(by: number): void {
    this.level = Math.max(0, Math.min(factors.length - 1, this.level + by));
    try {
      localStorage.setItem(key, String(this.level));
    } catch {
      // Then it holds until the page is closed.
    }
  }
}

export const density = new Density();

/** How far a wheel turns, or fingers part, for one step. */
const wheelPx = 60;
const pinchRatio = 1.35;

const spread = ({ touches: [a, b] }: TouchEvent): number =>
  a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;

/** Listen for pinches and Ctrl with the wheel, which a touchpad says for a pinch. Both are kept from
 *  zooming the page, which only listeners that may wait can do. */
export function attachDensity(node: HTMLElement): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal, passive: false };
  let turned = 0;
  let start = 0;
  node.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      turned += event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
      if (Math.abs(turned) < wheelPx) return;
      density.step(turned < 0 ? 1 : -1);
      turned = 0;
    },
    options,
  );
  node.addEventListener('touchstart', (event) => (start = spread(event)), options);
  node.addEventListener(
    'touchmove',
    (event) => {
      if (event.touches.length !== 2 || start === 0) return;
      if (event.cancelable) event.preventDefault();
      const ratio = spread(event) / start;
      if (ratio < pinchRatio && ratio > 1 / pinchRatio) return;
      density.step(ratio > 1 ? 1 : -1);
      start = spread(event);
    },
    options,
  );
  return () => stop.abort();
}
