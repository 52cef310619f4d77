/* Choosing many photos with one stroke: a finger that was held on one and then moves, or a mouse that
 * is drawn over the photos once some are chosen (or from the mark of one). At the edges the list
 * scrolls on. */
import type { GridAsset } from '../months';
import type { Selection } from '../selection.svelte';

/** A hand that clicks shakes a little. */
const leastPx = 6;
const edgePx = 64;

const idOf = (element: Element | null): string | null =>
  element?.closest('.tile')?.querySelector<HTMLElement>('[data-asset]')?.dataset['asset'] ?? null;

export class DragSelection {
  /** Where it began, from the press on; null: nobody draws. */
  private from: string | null = null;
  private isDrawing = false;
  private base: ReadonlySet<string> = new Set();
  private last: string | null = null;
  private at = { x: 0, y: 0 };
  private frame = 0;
  private scroller: HTMLElement | null = null;

  constructor(
    private readonly selection: Selection,
    private readonly between: (from: string, to: string) => Promise<GridAsset[]>,
  ) {}

  attach(scroller: HTMLElement): () => void {
    this.scroller = scroller;
    const stop = new AbortController();
    const { signal } = stop;
    scroller.addEventListener('pointerdown', (event) => this.press(event), { signal });
    // A finger that draws must not scroll; that can only be said by a listener that may wait.
    scroller.addEventListener(
      'touchmove',
      (event) => {
        if (this.isDrawing && event.cancelable) event.preventDefault();
      },
      { signal, passive: false },
    );
    addEventListener('pointermove', (event) => this.move(event), { signal });
    addEventListener('pointerup', () => this.end(), { signal });
    addEventListener('pointercancel', () => this.end(), { signal });
    return () => {
      this.end();
      stop.abort();
    };
  }

  /** A finger was held on this photo, which is chosen by now. */
  hold(id: string): void {
    this.from = id;
    this.start();
  }

  private press(event: PointerEvent): void {
    this.at = { x: event.clientX, y: event.clientY };
    if (event.pointerType !== 'mouse' || event.button !== 0) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey) return;
    const target = event.target as Element;
    const isMark = target.closest('[role="checkbox"]') !== null;
    if (isMark || this.selection.size > 0) this.from = idOf(target);
  }

  private start(): void {
    this.isDrawing = true;
    this.base = this.selection.ids;
    this.last = null;
    this.frame = requestAnimationFrame(() => this.scrollOn());
  }

  private move(event: PointerEvent): void {
    if (!this.from) return;
    const { clientX: x, clientY: y } = event;
    if (!this.isDrawing) {
      if (Math.hypot(x - this.at.x, y - this.at.y) < leastPx) return;
      this.start();
    }
    this.at = { x, y };
    void this.choose();
  }

  private async choose(): Promise<void> {
    const to = idOf(document.elementFromPoint(this.at.x, this.at.y));
    const { from, base } = this;
    if (!from || !to || to === this.last) return;
    this.last = to;
    const assets = await this.between(from, to);
    // The stroke has gone on meanwhile, or has ended.
    if (this.last !== to) return;
    this.selection.ids = new Set([...base, ...assets.map(({ id }) => id)]);
    this.selection.anchor = from;
  }

  private scrollOn(): void {
    if (!this.isDrawing || !this.scroller) return;
    const { top, bottom } = this.scroller.getBoundingClientRect();
    const above = top + edgePx - this.at.y;
    const below = this.at.y - (bottom - edgePx);
    const step = above > 0 ? -above : Math.max(0, below);
    if (step !== 0) {
      this.scroller.scrollBy({ top: step / 4, behavior: 'instant' });
      void this.choose();
    }
    this.frame = requestAnimationFrame(() => this.scrollOn());
  }

  private end(): void {
    const hasDrawn = this.isDrawing && this.last !== null;
    this.from = null;
    this.isDrawing = false;
    cancelAnimationFrame(this.frame);
    // The click that ends a stroke is not meant for the photo below it.
    if (!hasDrawn) return;
    const swallow = (event: Event): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener('click', swallow, { capture: true }), 50);
  }
}
