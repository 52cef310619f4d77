/* Whether another tab of this browser sends files, told by a lock that ends with its tab. Without https there
 * are no locks: then nobody knows. */
import { basePath } from '../base';

const name = `tintype-uploads ${basePath}`;

class Tabs {
  private letGo: (() => void) | null = null;

  /** This one does, or does not any more. */
  setBusy(isBusy: boolean): void {
    if (!isBusy) {
      this.letGo?.();
      this.letGo = null;
    } else if (!this.letGo) {
      const untilLetGo = new Promise<void>((resolve) => (this.letGo = resolve));
      void navigator.locks?.request(name, { mode: 'shared' }, () => untilLetGo);
    }
  }

  async isOtherBusy(): Promise<boolean> {
    if (this.letGo) return false; // it would find itself
    const held = (await navigator.locks?.query())?.held ?? [];
    return held.some((lock) => lock.name === name);
  }
}

export const tabs = new Tabs();
