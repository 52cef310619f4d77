/* A cache of limited size: what was not used for the longest time goes first. How many bytes an
 * entry has stands in a header of its key, so that the list of the keys is all there is to read. */

const sizeHeader = 'x-size';

function without(address: string, name: string): string {
  const url = new URL(address);
  url.searchParams.delete(name);
  return url.href;
}

export class Shelf {
  /** Bytes of each address, the one used last at the end; null until it was read. */
  private sizes: Promise<Map<string, number>> | null = null;

  constructor(
    private readonly name: string,
    private readonly mostBytes: number,
    private readonly storage: CacheStorage = caches,
  ) {}

  async get(address: string): Promise<Response | undefined> {
    const found = await (await this.storage.open(this.name)).match(address, { ignoreVary: true });
    if (found) void this.use(address);
    return found;
  }

  /** Another version of what stands there: the address is the same but for the parameter @name. */
  async getOther(address: string, name: string): Promise<Response | undefined> {
    const plain = without(address, name);
    const all = [...(await this.read()).keys()].reverse();
    const other = all.find((each) => without(each, name) === plain);
    return other === undefined ? undefined : this.get(other);
  }

  async put(address: string, response: Response): Promise<void> {
    const body = await response.blob();
    if (body.size > this.mostBytes / 8) return;
    const sizes = await this.read();
    const key = new Request(address, { headers: { [sizeHeader]: String(body.size) } });
    const { status, headers } = response;
    const cache = await this.storage.open(this.name);
    try {
      await cache.put(key, new Response(body, { status, headers }));
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
      await this.shrink(sizes, this.mostBytes / 4); // the disk has less room than we may use
      return;
    }
    sizes.delete(address);
    sizes.set(address, body.size);
    await this.shrink(sizes, this.mostBytes);
  }

  async bytes(): Promise<number> {
    return [...(await this.read()).values()].reduce((sum, size) => sum + size, 0);
  }

  private async shrink(sizes: Map<string, number>, most: number): Promise<void> {
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (bytes <= most) return;
    const cache = await this.storage.open(this.name);
    for (const [address, size] of [...sizes]) {
      // A little further, so that the next one does not begin anew.
      if (bytes <= most * 0.9) return;
      sizes.delete(address);
      bytes -= size;
      await cache.delete(address, { ignoreVary: true });
    }
  }

  private async use(address: string): Promise<void> {
    const sizes = await this.read();
    const size = sizes.get(address);
    if (size === undefined) return;
    sizes.delete(address);
    sizes.set(address, size);
  }

  private read(): Promise<Map<string, number>> {
    this.sizes ??= this.storage.open(this.name).then(async (cache) => {
      const keys = await cache.keys();
      return new Map(keys.map(({ url, headers }) => [url, Number(headers.get(sizeHeader)) || 0]));
    });
    return this.sizes;
  }
}
