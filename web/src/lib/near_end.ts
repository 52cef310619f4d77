/* The end of a list comes near in what scrolls it: its next part is wanted. */
import type { Attachment } from 'svelte/attachments';

const ahead = 1_000;

/** A margin counts only at the edges of what scrolls. */
function scrollerOf(node: HTMLElement): HTMLElement | null {
  let above = node.parentElement;
  while (above && !/auto|scroll/.test(getComputedStyle(above).overflowY))
    above = above.parentElement;
  return above;
}

/** For what stands at the end of the list; tells once, and again when it has been out of reach. */
export function nearEnd(tell: () => void): Attachment<HTMLElement> {
  return (node) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) tell();
      },
      { root: scrollerOf(node), rootMargin: `${ahead}px 0px` },
    );
    observer.observe(node);
    return () => observer.disconnect();
  };
}
