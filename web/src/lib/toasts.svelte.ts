/* Short messages at the bottom of the page, some with a way to take back what was done. */
import { errorText, isLoggedOut } from './errors';
import { session } from './session.svelte';

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

let nextId = 1;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);

  show(text: string, action?: Toast['action']): void {
    const toast: Toast = { id: nextId++, text, ...(action ? { action } : {}) };
    this.list = [...this.list.slice(-2), toast];
    setTimeout(() => this.dismiss(toast.id), action ? 9_000 : 5_000);
  }

  /** Tell what went wrong; a session that has ended leads to the login instead.
   *  @param say  of the reason, what is told */
  error(error: unknown, say = (reason: string): string => reason): void {
    if (isLoggedOut(error) && session.user) session.end();
    else this.show(say(errorText(error)));
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
