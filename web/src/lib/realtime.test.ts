import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** As much of a socket as listeners need. */
class FakeSocket {
  connected = false;
  private readonly handlers = new Map<string, Set<(argument?: unknown) => void>>();

  on(event: string, handle: () => void): void {
    this.handlers.set(event, (this.handlers.get(event) ?? new Set()).add(handle));
  }
  off(event: string, handle: () => void): void {
    this.handlers.get(event)?.delete(handle);
  }
  heard(event: string): number {
    return this.handlers.get(event)?.size ?? 0;
  }
  disconnect(): void {
    this.connected = false;
  }
  connect(): void {
    this.connected = true;
    for (const handle of this.handlers.get('connect') ?? []) handle();
  }
}

let socket: FakeSocket;
vi.mock('socket.io-client', () => ({ io: () => socket }));
vi.stubGlobal('location', { origin: 'http://host' });
vi.mock('./base', () => ({ apiPath: '/api' }));
await import('socket.io-client'); // here already when it is loaded later
const { listen } = await import('./realtime');

/** Begin to listen, and wait until the socket is there. */
async function listening(listener: Parameters<typeof listen>[0]): Promise<void> {
  const before = socket.heard('connect');
  stops.push(listen(listener));
  await vi.waitFor(() => expect(socket.heard('connect')).toBe(before + 1));
}
const stops: (() => void)[] = [];

describe('a listener', () => {
  beforeEach(() => {
    socket = new FakeSocket();
  });
  afterEach(() => stops.splice(0).forEach((stop) => stop()));

  it('is told of the first connection, before which it could not hear anything', async () => {
    const connected = vi.fn();
    await listening({ connected });
    socket.connect();
    socket.connect();
    expect(connected.mock.calls).toEqual([[false], [true]]);
  });

  it('is told only of breaks when the connection was there before', async () => {
    await listening({});
    socket.connect();
    const connected = vi.fn();
    await listening({ connected });
    expect(connected).not.toHaveBeenCalled();
    socket.connect();
    expect(connected.mock.calls).toEqual([[true]]);
  });
});
