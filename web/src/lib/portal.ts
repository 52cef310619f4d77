/** Move a part of a page to the end of the document: what lies over everything must not be inside
 *  something that cannot be reached meanwhile. */
export function toBody(node: HTMLElement): () => void {
  document.body.append(node);
  return () => node.remove();
}
