/* A question that any script may ask: it stands over whatever is open. */
import { mount, unmount } from 'svelte';
import ConfirmDialog from '../components/ConfirmDialog.svelte';

/** @return whether it was answered with yes */
export function confirm(words: { title: string; text: string; action: string }): Promise<boolean> {
  return new Promise((resolve) => {
    let isConfirmed = false;
    const dialog = mount(ConfirmDialog, {
      target: document.body,
      props: {
        ...words,
        onconfirm: () => (isConfirmed = true),
        onclose: () => {
          resolve(isConfirmed);
          void unmount(dialog);
        },
      },
    });
  });
}
