/* What a page reads from the server as a whole: what it read, or why it could not. A failure is kept to be
 * shown with a way to try again, so that nothing looks empty that was only not read. */
import { isLoggedOut } from './errors';
import { session } from './session.svelte';

export class Reading<T> {
  /** Null until it was read; what was read before stays through a failure. */
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);

  private count = 0;

  constructor(private readonly read: () => Promise<T>) {}

  /** Of several at once the last one counts. */
  async load(): Promise<void> {
    const mine = ++this.count;
    try {
      const value = await this.read();
      if (mine !== this.count) return;
      this.value = value;
      this.error = null;
    } catch (error) {
      if (mine !== this.count) return;
      // A session that has ended leads to the login instead.
      if (isLoggedOut(error)) session.end();
      else this.error = error;
    }
  }
}
