/* The address bar as state. Links are ordinary <a href>: clicks on those that stay inside the app
 * are taken over here, so middle click, copying and reading a link all work. */
import { basePath } from './base';
import { parseRoute, routePath, stripBase, type Route } from './router';

function readLocation(): Route {
  return parseRoute(stripBase(basePath, location.pathname) + location.search);
}

interface State {
  depth?: number;
  place?: string | null;
}

const stateOf = ({ state }: { state: unknown }): State => (state ?? {}) as State;

class Navigation {
  route = $state.raw<Route>(readLocation());
  /** Asked when another page is gone to: the photo that the page stands at, to return to. */
  standsAt: (() => string | null) | null = null;
  /** Whether going back stays in the app: a photo opened from a link closes to its list instead. */
  private depth = stateOf(history).depth ?? 0;

  constructor() {
    addEventListener('popstate', (event) => {
      this.depth = stateOf(event).depth ?? 0;
      this.route = readLocation();
    });
    document.addEventListener('click', (event) => this.followLink(event));
  }

  /** The photo that this page stood at when it was left. */
  get place(): string | null {
    return stateOf(history).place ?? null;
  }

  href(route: Route): string {
    return basePath.slice(0, -1) + routePath(route);
  }

  go(route: Route, { replace = false } = {}): void {
    if (replace) history.replaceState({ depth: this.depth }, '', this.href(route));
    else {
      const left: State = { depth: this.depth, place: this.standsAt?.() ?? null };
      history.replaceState(left, '');
      history.pushState({ depth: ++this.depth }, '', this.href(route));
    }
    this.route = route;
  }

  /** Back to where this was opened from, or to @fallback when it was opened by its address. */
  back(fallback: Route): void {
    if (this.depth > 0) history.back();
    else this.go(fallback, { replace: true });
  }

  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(basePath)) return;
    const path = stripBase(basePath, url.pathname);
    if (path.startsWith('/api/')) return;
    event.preventDefault();
    this.go(parseRoute(path + url.search));
  }
}

export const navigation = new Navigation();
