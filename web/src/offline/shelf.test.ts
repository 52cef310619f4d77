import { describe, expect, it } from 'vitest';
import { Shelf } from './shelf';

/** As much of a CacheStorage as a shelf needs. */
function storage() {
  const entries = new Map<string, { key: Request; response: Response }>();
  const cache = {
    match: async (url: string) => entries.get(url)?.response.clone(),
    put: async (key: Request, response: Response) => {
      entries.delete(key.url);
      entries.set(key.url, { key, response });
    },
    delete: async (url: string) => entries.delete(url),
    keys: async () => [...entries.values()].map(({ key }) => key),
  };
  return { urls: () => [...entries.keys()], open: async () => cache } as never as CacheStorage & {
    urls: () => string[];
  };
}

const address = (n: number): string => `http://host/${n}`;
const body = (bytes: number): Response => new Response(new Uint8Array(bytes));

describe('a shelf', () => {
  it('gives what was put, and nothing else', async () => {
    const shelf = new Shelf('a', 1000, storage());
    await shelf.put(address(1), new Response('hello', { headers: { 'content-type': 'text/x' } }));
    const found = await shelf.get(address(1));
    expect([await found?.text(), found?.headers.get('content-type')]).toEqual(['hello', 'text/x']);
    expect(await shelf.get(address(2))).toBeUndefined();
  });

  it('never holds more than it may, and keeps what was used last', async () => {
    const store = storage();
    const shelf = new Shelf('a', 1000, store);
    for (let i = 0; i < 10; i++) await shelf.put(address(i), body(100));
    expect(await shelf.bytes()).toBe(1000);
    await shelf.get(address(0));
    await shelf.put(address(10), body(100));
    expect(await shelf.bytes()).toBeLessThanOrEqual(1000);
    expect(store.urls()).toContain(address(0));
    expect(store.urls()).toContain(address(10));
    expect(store.urls()).not.toContain(address(1));
  });

  it('knows its sizes again after it was made anew', async () => {
    const store = storage();
    await new Shelf('a', 1000, store).put(address(1), body(77));
    const again = new Shelf('a', 1000, store);
    expect(await again.bytes()).toBe(77);
    await again.put(address(1), body(50));
    expect(await again.bytes()).toBe(50);
  });

  it('finds another version of the same, the last one first', async () => {
    const shelf = new Shelf('a', 1000, storage());
    for (const version of ['size=preview', 'size=preview&c=1', 'size=preview&c=2', 'size=x&c=3'])
      await shelf.put(`${address(1)}?${version}`, new Response(version));
    const found = await shelf.getOther(`${address(1)}?size=preview&c=9`, 'c');
    expect(await found?.text()).toBe('size=preview&c=2');
    expect(await shelf.getOther(`${address(2)}?size=preview&c=9`, 'c')).toBeUndefined();
  });

  it('takes nothing that would push all others out', async () => {
    const shelf = new Shelf('a', 1000, storage());
    await shelf.put(address(1), body(126));
    expect(await shelf.bytes()).toBe(0);
  });
});
