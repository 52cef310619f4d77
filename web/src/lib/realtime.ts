/* What the server tells while the page is open. The socket library is loaded after the first
 * photos, so that it never stands in their way. */
import type { Socket } from 'socket.io-client';
import type { AssetResponse } from '../api';
import { apiPath } from './base';

export interface RealtimeListener {
  /** New on the server, previews ready. */
  added?: (assets: AssetResponse[]) => void;
  updated?: (assets: AssetResponse[]) => void;
  trashed?: (ids: string[]) => void;
  restored?: (ids: string[]) => void;
  deleted?: (ids: string[]) => void;
  /** Not to be seen any more: behind a photo, or locked. As `deleted` for who does not tell it apart. */
  hidden?: (ids: string[]) => void;
  /** The pictures of an edited photo are ready, or those without edits are back. */
  edited?: (id: string) => void;
  /** Photos became a stack, came apart, or another one stands for them. */
  stacksChanged?: () => void;
  /** Albums of mine, or that are shared with me: what is in them, or who may see them. */
  albumsChanged?: (ids: string[]) => void;
  /** This login was ended, here or from another device. */
  loggedOut?: () => void;
  /** The connection is there, and was not when this began to listen, or is there again after a
   *  break: anything may have happened meanwhile. */
  connected?: (isAgain: boolean) => void;
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

/** One connection serves all who listen; it ends with the last of them. */
let connection: { socket: Promise<Socket>; users: number } | null = null;

async function connect(): Promise<Socket> {
  const { io } = await import('socket.io-client');
  return io(location.origin, {
    path: `${apiPath}/socket.io`,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelayMax: 15_000,
  });
}

/** Connect and listen. @return ends it */
export function listen(listener: RealtimeListener): () => void {
  const added = new Batch<AssetResponse>((assets) => listener.added?.(assets));
  const updated = new Batch<AssetResponse>((assets) => listener.updated?.(assets));
  const trashed = new Batch<string>((ids) => listener.trashed?.(ids));
  const restored = new Batch<string>((ids) => listener.restored?.(ids));
  const deleted = new Batch<string>((ids) => listener.deleted?.(ids));
  const hidden = new Batch<string>((ids) => (listener.hidden ?? listener.deleted)?.(ids));
  const albums = new Batch<string>((ids) => listener.albumsChanged?.([...new Set(ids)]));
  const stacks = new Batch<null>(() => listener.stacksChanged?.());
  let wasConnected = false;
  const handlers: Record<string, (argument: never) => void> = {
    connect: () => {
      listener.connected?.(wasConnected);
      wasConnected = true;
    },
    on_upload_success: (asset: AssetResponse) => added.add(asset),
    on_asset_update: (asset: AssetResponse) => updated.add(asset),
    on_asset_trash: (ids: unknown) => trashed.add(...strings(ids)),
    on_asset_restore: (ids: unknown) => restored.add(...strings(ids)),
    on_asset_delete: (ids: unknown) => deleted.add(...strings(ids)),
    on_asset_hidden: (ids: unknown) => hidden.add(...strings(ids)),
    AssetEditReadyV2: ({ asset }: { asset?: { id?: string } }) => {
      if (asset?.id) listener.edited?.(asset.id);
    },
    on_asset_stack_update: () => stacks.add(null),
    on_album_update: (ids: unknown) => albums.add(...strings(ids)),
    on_session_delete: () => listener.loggedOut?.(),
  };
  let isOver = false;
  connection ??= { socket: connect(), users: 0 };
  const mine = connection;
  mine.users++;
  void mine.socket.then((socket) => {
    if (isOver) return;
    wasConnected = socket.connected;
    for (const [event, handle] of Object.entries(handlers)) socket.on(event, handle as never);
  });

  return () => {
    isOver = true;
    for (const batch of [added, updated, trashed, restored, deleted, hidden, albums, stacks])
      batch.stop();
    void mine.socket.then((socket) => {
      for (const [event, handle] of Object.entries(handlers)) socket.off(event, handle as never);
    });
    if (--mine.users > 0) return;
    if (connection === mine) connection = null;
    void mine.socket.then((socket) => socket.disconnect());
  };
}
