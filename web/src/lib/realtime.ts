/* What the server tells while the page is open. The socket library is loaded after the first
 * photos, so that it never stands in their way. */
import type { AssetResponse } from '../api';
import { apiPath } from './base';

export interface RealtimeListener {
  /** New on the server, previews ready. */
  added?: (assets: AssetResponse[]) => void;
  updated?: (assets: AssetResponse[]) => void;
  trashed?: (ids: string[]) => void;
  restored?: (ids: string[]) => void;
  deleted?: (ids: string[]) => void;
  /** This login was ended, here or from another device. */
  loggedOut?: () => void;
  /** The connection is back after a break, in which anything may have happened. */
  reconnected?: () => void;
}

/** Events of a burst (a phone that uploads a thousand photos) are told together. */
const batchMs = 150;

class Batch<T> {
  private items: T[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly deliver: (items: T[]) => void) {}

  add(...items: T[]): void {
    this.items.push(...items);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.deliver(this.items.splice(0));
    }, batchMs);
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
  }
}

const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((id) => typeof id === 'string');

/** Connect and listen. @return ends it */
export function listen(listener: RealtimeListener): () => void {
  const added = new Batch<AssetResponse>((assets) => listener.added?.(assets));
  const updated = new Batch<AssetResponse>((assets) => listener.updated?.(assets));
  const trashed = new Batch<string>((ids) => listener.trashed?.(ids));
  const restored = new Batch<string>((ids) => listener.restored?.(ids));
  const deleted = new Batch<string>((ids) => listener.deleted?.(ids));
  let disconnect = (): void => undefined;
  let isOver = false;

  void import('socket.io-client').then(({ io }) => {
    if (isOver) return;
    const socket = io(location.origin, {
      path: `${apiPath}/socket.io`,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelayMax: 15_000,
    });
    let wasConnected = false;
    socket.on('connect', () => {
      if (wasConnected) listener.reconnected?.();
      wasConnected = true;
    });
    socket.on('on_upload_success', (asset: AssetResponse) => added.add(asset));
    socket.on('on_asset_update', (asset: AssetResponse) => updated.add(asset));
    socket.on('on_asset_trash', (ids: unknown) => trashed.add(...strings(ids)));
    socket.on('on_asset_restore', (ids: unknown) => restored.add(...strings(ids)));
    socket.on('on_asset_delete', (ids: unknown) => deleted.add(...strings(ids)));
    socket.on('on_asset_hidden', (ids: unknown) => deleted.add(...strings(ids)));
    socket.on('on_session_delete', () => listener.loggedOut?.());
    disconnect = () => socket.disconnect();
  });

  return () => {
    isOver = true;
    disconnect();
    for (const batch of [added, updated, trashed, restored, deleted]) batch.stop();
  };
}
