/* The app as a program of its own: the service worker, whether there is a connection, what was seen
 * before, installing, and files that came by the share sheet of a phone. */
import { pingServer } from '../api';
import {
  cacheNames,
  fileNameHeader,
  fileTimeHeader,
  sharePath,
  type FromWorker,
  type ToWorker,
} from '../offline/names';
import { goesPast, kindOf } from '../offline/rules';
import { basePath } from './base';

/** How often a lost server is looked for. */
const lookMs = 5_000;
/** How long what was asked before the service worker came may be on its way. */
const comingMs = 3_000;
/** How long no picture has come before the worker hears of those that did. */
const quietMs = 1_500;

/** How long after a page was loaded a browser that is new here gets the worker. */
const installMs = 3_000;

const names = cacheNames(basePath);

/** What Chromium offers to those who may install. */
interface InstallEvent extends Event {
  prompt: () => Promise<unknown>;
  userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

class Offline {
  /** Nothing new comes, nothing can be changed. */
  isOffline = $state(!navigator.onLine);
  private installEvent = $state.raw<InstallEvent | null>(null);
  canInstall = $derived(this.installEvent !== null);

  constructor() {
    addEventListener('offline', () => this.set(false));
    addEventListener('online', () => void this.look());
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault(); // our menu offers it
      this.installEvent = event as InstallEvent;
    });
    addEventListener('appinstalled', () => (this.installEvent = null));
    if (this.isOffline) this.set(false);
  }

  /** Where the browser has service workers: over https, and on the machine itself.
   *  @param installs  the worker, if it is not there yet */
  start({ installs = true } = {}): void {
    const workers = navigator.serviceWorker;
    if (!workers || !import.meta.env.PROD) return;
    const isNew = !workers.controller;
    workers.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'connection') this.set(data.isOnline);
    });
    this.tellOfPictures();
    workers.addEventListener('controllerchange', () => {
      if (isNew) this.tellOfBefore();
    });
    const register = (): void => {
      workers.register(`${basePath}sw.js`, { scope: basePath }).catch(() => undefined); // then without
    };
    if (!isNew) register();
    // It fetches the whole app, which must not stand in the way of the first photos.
    else if (installs && document.readyState === 'complete') setTimeout(register, installMs);
    else if (installs) addEventListener('load', () => setTimeout(register, installMs));
  }

  /** What this page asked before the worker was there is worth keeping, too. Answers may still be on
   *  their way, and until the worker has heard whose page this is it keeps none. */
  private tellOfBefore(): void {
    const since = performance.now();
    const observer = new PerformanceObserver((list) => {
      const entries = list.getEntries();
      this.tell({ type: 'warm', urls: entries.map(({ name }) => name) });
      if (entries.some(({ startTime }) => startTime > since + comingMs)) observer.disconnect();
    });
    observer.observe({ type: 'resource', buffered: true });
  }

  /** What has come past the worker and it was not told of yet. */
  private readonly pictures = new Set<string>();
  private pictureTimer: ReturnType<typeof setTimeout> | undefined;

  /** Thumbnails come past the worker. It keeps them when the page has nothing better to do. */
  private tellOfPictures(): void {
    const api = `${location.origin}${basePath}api/`;
    new PerformanceObserver((list) => {
      for (const { name } of list.getEntries()) {
        if (!name.startsWith(api)) continue;
        const url = new URL(name);
        const kind = kindOf(url.pathname.slice(basePath.length + 'api/'.length), url.searchParams);
        if (goesPast(kind, url.searchParams)) this.pictures.add(name);
      }
      if (this.pictures.size === 0) return;
      clearTimeout(this.pictureTimer);
      this.pictureTimer = setTimeout(() => {
        this.tell({ type: 'warm', urls: [...this.pictures] });
        this.pictures.clear();
      }, quietMs);
    }).observe({ type: 'resource' });
  }

  /** Nobody is logged in any more: what was seen goes. */
  async forget(): Promise<void> {
    this.pictures.clear(); // whoever comes next has not seen them
    clearTimeout(this.pictureTimer);
    this.tell({ type: 'forget' });
    // Without https there are neither workers nor caches.
    const storage = globalThis.caches as CacheStorage | undefined;
    const all = (await storage?.keys().catch(() => [])) ?? [];
    const gone = all.filter((name) => name.startsWith(names.seen));
    for (const name of [...gone, names.state, names.shared]) {
      await storage?.delete(name).catch(() => false);
    }
  }

  /** Files that were sent to the app; each is given once. */
  async takeShared(): Promise<File[]> {
    const storage = globalThis.caches as CacheStorage | undefined;
    if (!(await storage?.has(names.shared).catch(() => false))) return [];
    const cache = await caches.open(names.shared);
    const files: File[] = [];
    for (const key of await cache.keys()) {
      const entry = await cache.match(key);
      if (!entry || !key.url.includes(`/${sharePath}/`)) continue;
      const name = decodeURIComponent(entry.headers.get(fileNameHeader) ?? 'shared');
      const lastModified = Number(entry.headers.get(fileTimeHeader)) || Date.now();
      const type = entry.headers.get('content-type') ?? '';
      files.push(new File([await entry.blob()], name, { type, lastModified }));
      await cache.delete(key);
    }
    return files;
  }

  /** @return whether it was installed */
  async install(): Promise<boolean> {
    const event = this.installEvent;
    if (!event) return false;
    this.installEvent = null;
    await event.prompt();
    return (await event.userChoice).outcome === 'accepted';
  }

  private tell(message: ToWorker): void {
    navigator.serviceWorker?.controller?.postMessage(message);
  }

  private timer: ReturnType<typeof setTimeout> | undefined;

  private set(isOnline: boolean): void {
    this.isOffline = !isOnline;
    clearTimeout(this.timer);
    if (!isOnline) this.timer = setTimeout(() => void this.look(), lookMs);
  }

  private async look(): Promise<void> {
    this.set(
      await pingServer().then(
        () => true,
        () => false,
      ),
    );
  }
}

export const offline = new Offline();
