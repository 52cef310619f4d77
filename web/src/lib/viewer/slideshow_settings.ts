/* How slideshows run, as chosen last in this browser. */
import { orders, type DeckOrder } from './deck';

export const intervals = [2, 4, 7, 12, 30] as const;
export const transitions = ['fade', 'slide', 'none'] as const;

export interface SlideshowSettings {
  seconds: number;
  order: DeckOrder;
  transition: (typeof transitions)[number];
  showsInfo: boolean;
  showsProgress: boolean;
}

const key = 'tintype.slideshow';
const usual: SlideshowSettings = {
  seconds: 4,
  order: 'forward',
  transition: 'fade',
  showsInfo: false,
  showsProgress: true,
};

/** What is stored may be of another version, or of somebody who tried things out. */
export function readSettings(): SlideshowSettings {
  let stored: Partial<Record<keyof SlideshowSettings, unknown>> = {};
  try {
    stored = (JSON.parse(localStorage.getItem(key) ?? '{}') as typeof stored | null) ?? {};
  } catch {
    // Storage may be switched off.
  }
  return {
    seconds: intervals.find((each) => each === stored.seconds) ?? usual.seconds,
    order: orders.find((each) => each === stored.order) ?? usual.order,
    transition: transitions.find((each) => each === stored.transition) ?? usual.transition,
    showsInfo: typeof stored.showsInfo === 'boolean' ? stored.showsInfo : usual.showsInfo,
    showsProgress:
      typeof stored.showsProgress === 'boolean' ? stored.showsProgress : usual.showsProgress,
  };
}

export function writeSettings(settings: SlideshowSettings): void {
  try {
    localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // Then they hold until the page is closed.
  }
}
