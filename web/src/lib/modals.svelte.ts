/* The dialogs that stand over the page, the last one on top: beside it nothing can be seen well, pressed or
 * read out. */
import { untrack } from 'svelte';

class Modals {
  private open = $state.raw<readonly HTMLDialogElement[]>([]);
  top = $derived(this.open.at(-1) ?? null);

  /** Shows a dialog for as long as it is in the page. */
  readonly show = (dialog: HTMLDialogElement): (() => void) => {
    dialog.showModal();
    untrack(() => (this.open = [...this.open, dialog]));
    return () => (this.open = this.open.filter((each) => each !== dialog));
  };
}

export const modals = new Modals();
