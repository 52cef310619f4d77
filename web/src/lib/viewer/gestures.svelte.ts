/* What wheel, mouse and fingers do on the stage of the viewer: come closer, move about, turn the
 * page, close, hold. */
import { clamp, fitted, zoomAt, type Point, type Size, type Zoom } from '../zoom';

export interface StageOf {
  stage: () => Size;
  /** The picture when it just fits. */
  picture: () => Size;
  canZoom: () => boolean;
  hasPage: (step: 1 | -1) => boolean;
  turn: (step: 1 | -1) => void;
  close: () => void;
  /** One touch that does nothing else. */
  tap: () => void;
  /** Whether something is shown as long as a hand rests on the whole picture, and does nothing else. */
  canHold: () => boolean;
  /** A finger or the mouse rests on the picture, and leaves it. */
  hold: (isHeld: boolean) => void;
}

const closeUp = 2.5;
/** Pixels within which a hand that rests still moves. */
const tremble = 6;
const holdMs = 380;

/** From the middle of the element that listens. */
export function fromMiddle(event: MouseEvent): Point {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return {
    x: event.clientX - box.left - box.width / 2,
    y: event.clientY - box.top - box.height / 2,
  };
}

export class Gestures {
  zoom = $state.raw<Zoom>(fitted);
  /** How far a swipe has moved the picture. */
  drag = $state.raw<Point>({ x: 0, y: 0 });
  isMoving = $state(false);
  isClose = $derived(this.zoom.scale > 1.01);

  private readonly pointers = new Map<number, Point>();
  private pressed: Point | null = null;
  private lastTap = 0;
  private moved = 0;
  private holdTimer: ReturnType<typeof setTimeout> | undefined;
  private isHeld = false;

  constructor(private readonly of: StageOf) {}

  reset(): void {
    this.zoom = fitted;
    this.endHold();
  }

  zoomTo(scale: number, at: Point = { x: 0, y: 0 }): void {
    if (!this.of.canZoom()) return;
    this.zoom = clamp(zoomAt(this.zoom, at, scale), this.of.picture(), this.of.stage());
  }

  toggle(at?: Point): void {
    this.zoomTo(this.isClose ? 1 : closeUp, at);
  }

  /** A wheel listener that may prevent scrolling is not passive; an attribute would be. */
  readonly wheel = (node: HTMLElement): (() => void) => {
    const turned = (event: WheelEvent): void => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 20 : 1);
      this.zoomTo(this.zoom.scale * Math.exp(-pixels / 400), fromMiddle(event));
    };
    node.addEventListener('wheel', turned, { passive: false });
    return () => node.removeEventListener('wheel', turned);
  };

  readonly down = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest('video[controls], a, button'))
      return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, fromMiddle(event));
    this.pressed = fromMiddle(event);
    if (this.pointers.size > 1) {
      this.endHold();
      return;
    }
    this.moved = 0;
    this.holdTimer = setTimeout(() => {
      this.isHeld = true;
      this.of.hold(true);
    }, holdMs);
  };

  readonly move = (event: PointerEvent): void => {
    const before = this.pointers.get(event.pointerId);
    if (!before || !this.pressed) return;
    const now = fromMiddle(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    const across = now.x - this.pressed.x;
    const down = now.y - this.pressed.y;
    this.moved = Math.max(this.moved, Math.hypot(across, down));
    if (this.moved < tremble && !other) return;
    if (this.isHeld && !this.isClose && this.of.canHold()) return;
    this.endHold();
    this.isMoving = true;
    if (other) this.pinch(before, now, other);
    else if (this.isClose) {
      const to = { ...this.zoom, x: this.zoom.x + now.x - before.x };
      const moved = { ...to, y: this.zoom.y + now.y - before.y };
      this.zoom = clamp(moved, this.of.picture(), this.of.stage());
    } else if (event.pointerType !== 'mouse') this.swipe(across, down);
  };

  readonly up = (event: PointerEvent): void => {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size > 0) return;
    const wasHeld = this.isHeld;
    this.endHold();
    this.isMoving = false;
    const { x, y } = this.drag;
    this.drag = { x: 0, y: 0 };
    if (event.type === 'pointercancel' || wasHeld) return;
    if (y > 110) this.of.close();
    else if (Math.abs(x) > Math.min(110, this.of.stage().width / 4)) this.of.turn(x < 0 ? 1 : -1);
    else if (this.moved < tremble) this.tapped(event);
  };

  private endHold(): void {
    clearTimeout(this.holdTimer);
    if (this.isHeld) this.of.hold(false);
    this.isHeld = false;
  }

  private pinch(before: Point, now: Point, other: Point): void {
    const spread = (a: Point): number => Math.hypot(a.x - other.x, a.y - other.y) || 1;
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.zoomTo(this.zoom.scale * (spread(now) / spread(before)), middle);
  }

  /** Where there is no page to turn to, the picture follows reluctantly. */
  private swipe(across: number, down: number): void {
    const isAcross = Math.abs(across) > Math.abs(down);
    if (this.drag.x !== 0 || (isAcross && this.drag.y === 0)) {
      this.drag = { x: this.of.hasPage(across < 0 ? 1 : -1) ? across : across / 4, y: 0 };
    } else this.drag = { x: 0, y: Math.max(0, down) };
  }

  private tapped(event: PointerEvent): void {
    const isDouble = event.timeStamp - this.lastTap < 320;
    this.lastTap = isDouble ? 0 : event.timeStamp;
    if (isDouble) this.toggle(fromMiddle(event));
    else if (event.pointerType !== 'mouse') this.of.tap();
  }
}
