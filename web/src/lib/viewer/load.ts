/* The viewer's script is no part of the first: a list shows its photos before one can be opened. */
export const loadViewer = () => import('../../components/Viewer.svelte');

/** How long a list has for itself before the viewer is fetched, so that opening one does not wait. */
const waitMs = 2_000;

/** @return stops it */
export function fetchViewerSoon(): () => void {
  const timer = setTimeout(() => void loadViewer().catch(() => undefined), waitMs); // asked for again when needed
  return () => clearTimeout(timer);
}
