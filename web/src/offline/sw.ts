/* The service worker: the app starts without a network, and shows what was seen before. Nothing here
 * changes what is shown while there is one: pages and answers come from the server first, and only
 * what can never change under its address (scripts, versions of pictures) from here. */
import { cacheNames, fileNameHeader, fileTimeHeader, sharePath } from './names';
import type { FromWorker, ToWorker } from './names';
import { goesPast, isFixed, isLocked, kindOf, type Kind } from './rules';
import { Seen } from './seen';

/** Put in by the build: its version, and the files without which the app does not start. */
declare const BUILD: { version: string; files: string[]; entry: string };

const worker = self as unknown as ServiceWorkerGlobalScope;
const scope = new URL(worker.registration.scope);
const base = scope.pathname;
const names = cacheNames(base);
const shellName = names.shells + BUILD.version;
const seen = new Seen(base);

/** How long a page may take before the one that is here is shown. */
const patienceMs = 6_000;
/** Addresses that are looked up for one message of a page, the last ones. */
const mostWarm = 400;

/* ---- the app ---- */

async function install(): Promise<void> {
  const cache = await caches.open(shellName);
  const index = await fetch(scope, { cache: 'no-store' });
  const text = await index.clone().text();
  // The server may have become a newer one between the two: then that one's worker is next.
  if (!index.ok || !text.includes(BUILD.entry)) throw new Error('the page is of another build');
  await cache.addAll(BUILD.files.map((file) => new URL(file, scope).href));
  await cache.put(scope, index);
}

/** Builds of before go; their pages are closed, or this worker would still be waiting. */
async function activate(): Promise<void> {
  const all = await caches.keys();
  const old = all.filter((name) => name.startsWith(names.shells) && name !== shellName);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function file(request: Request): Promise<Response> {
  const cache = await caches.open(shellName);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone()).catch(() => undefined);
  return response;
}

async function page(request: Request): Promise<Response> {
  const kept = async (): Promise<Response | undefined> =>
    (await caches.open(shellName)).match(scope, { ignoreVary: true });
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs));
  const answer = fetch(request).then(
    (response) => (isDown(response) ? undefined : response),
    () => undefined,
  );
  return (
    (await Promise.race([answer, late])) ?? (await kept()) ?? (await answer) ?? Response.error()
  );
}

/* ---- what was seen ---- */

/** A proxy answers for a server that does not. */
function isDown({ status }: Response): boolean {
  return status >= 502 && status <= 504;
}

let wasOnline = true;

function tell(isOnline: boolean): void {
  if (isOnline && wasOnline) return;
  wasOnline = isOnline;
  const message: FromWorker = { type: 'connection', isOnline };
  void worker.clients
    .matchAll({ type: 'window' })
    .then((all) => all.forEach((client) => client.postMessage(message)));
}

async function keep(kind: Kind, request: Request, response: Response): Promise<void> {
  const isMe = new URL(request.url).pathname === `${base}api/users/me`;
  if (isMe && response.status === 401) await seen.forget();
  if (response.status !== 200) return;
  if (isMe) {
    const { id } = (await response.clone().json()) as { id?: string };
    if (id) await seen.setOwner(id);
  }
  const owner = await seen.ownerId();
  if (!owner) return;
  const isAsset = new URL(request.url).pathname.startsWith(`${base}api/assets/`);
  if (kind === 'answers' && isAsset && isLocked(await response.clone().json())) return;
  await seen.put(owner, kind, request.url, response);
}

async function answer(event: FetchEvent, kind: Kind): Promise<Response> {
  const { request } = event;
  const isVersion = isFixed(kind, new URL(request.url).searchParams);
  // An edited picture is asked for anew.
  if (isVersion && request.cache !== 'reload') {
    const kept = await seen.get(kind, request.url);
    if (kept) return kept;
  }
  let response: Response | null = null;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
  }
  if (response && !isDown(response)) {
    tell(true);
    const copy = response.clone();
    const kept = keep(kind, request, copy).catch(() => undefined);
    // Whose page this is must be known before the page goes on.
    if (request.url.endsWith('/users/me')) await kept;
    else event.waitUntil(kept);
    return response;
  }
  tell(false);
  return (await seen.getAny(kind, request.url)) ?? response ?? Response.error();
}

let warming = Promise.resolve();

/** A page has seen things that nobody kept; the browser's own cache still has them. */
async function warm(urls: readonly string[]): Promise<void> {
  const mine = urls.filter((url) => kindOfUrl(new URL(url)) !== null);
  await warmEach(mine.filter((url) => new URL(url).pathname.endsWith('/api/users/me')));
  await warmEach(mine.slice(-mostWarm));
}

async function warmEach(urls: readonly string[]): Promise<void> {
  const owner = await seen.ownerId();
  for (const url of urls) {
    const kind = kindOfUrl(new URL(url));
    if (!kind || (await seen.get(kind, url))) continue;
    const request = new Request(url);
    const response = await fetch(request).catch(() => null);
    // Somebody else may have come: the browser's cache does not know whose it is.
    if (kind !== 'answers' && (await seen.ownerId()) !== owner) return;
    if (response) await keep(kind, request, response).catch(() => undefined);
  }
}

function kindOfUrl(url: URL): Kind | null {
  const api = `${base}api/`;
  if (url.origin !== scope.origin || !url.pathname.startsWith(api)) return null;
  return kindOf(url.pathname.slice(api.length), url.searchParams);
}

/* ---- the share sheet ---- */

/** Files wait here until the page takes them: it knows who is logged in. */
async function receive(request: Request): Promise<Response> {
  const form = await request.formData();
  const cache = await caches.open(names.shared);
  let number = Date.now();
  for (const entry of form.values()) {
    if (typeof entry === 'string' || entry.size === 0) continue;
    const headers = {
      'content-type': entry.type || 'application/octet-stream',
      [fileNameHeader]: encodeURIComponent(entry.name),
      [fileTimeHeader]: String(entry.lastModified),
    };
    await cache.put(`${base}${sharePath}/${number++}`, new Response(entry, { headers }));
  }
  return Response.redirect(new URL('photos', scope).href, 303);
}

/* ---- events ---- */

/** Not in every browser yet: what it answers without starting us. */
interface Router {
  addRoutes?: (rule: object) => Promise<void>;
}

/** Pictures of the grid that `goesPast` means; in other browsers the fetch event lets them pass. */
function addRoutes(event: Router): void {
  const urlPattern = {
    pathname: `${base}api/assets/:id/thumbnail`,
    search: '*size=thumbnail*&c=*',
  };
  void event
    .addRoutes?.({
      condition: { urlPattern, requestMethod: 'GET', requestDestination: 'image' },
      source: 'cache', // then the network
    })
    .catch(() => undefined);
}

worker.addEventListener('install', (event) => {
  addRoutes(event as Router);
  event.waitUntil(install());
});
worker.addEventListener('activate', (event) => event.waitUntil(activate()));

worker.addEventListener('message', (event) => {
  const message = event.data as ToWorker;
  if (message.type === 'forget') event.waitUntil(seen.forget());
  else if (message.type === 'warm') {
    warming = warming.then(() => warm(message.urls)).catch(() => undefined);
    event.waitUntil(warming);
  }
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== scope.origin || !url.pathname.startsWith(base)) return;
  const path = url.pathname.slice(base.length);
  if (request.method === 'POST' && path === sharePath) event.respondWith(receive(request));
  if (request.method !== 'GET' || request.headers.has('range')) return;
  if (path.startsWith('api/')) {
    const kind = request.mode === 'navigate' ? null : kindOfUrl(url);
    const isOnline = wasOnline && worker.navigator.onLine;
    if (isOnline && request.destination === 'image' && goesPast(kind, url.searchParams)) return;
    if (kind) event.respondWith(answer(event, kind));
  } else if (request.mode === 'navigate') event.respondWith(page(request));
  else if (path.startsWith('assets/')) event.respondWith(file(request));
});
