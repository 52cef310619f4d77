/* Ask again and again while somebody looks: a page in the background does not ask. */

/** @param run  is awaited before the time to the next one begins. @return ends it */
export function poll(run: () => Promise<unknown>, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  async function turn(): Promise<void> {
    if (!document.hidden) await run();
    if (!isOver) timer = setTimeout(() => void turn(), everyMs);
  }

  void turn();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
