/* What the one who is logged in here has seen. It is never shown to another: the caches carry the
 * name of their owner, and go when somebody else comes or nobody is logged in any more. */
import { cacheNames } from './names';
import { mostBytes, type Kind } from './rules';
import { Shelf } from './shelf';

export class Seen {
  private readonly names: ReturnType<typeof cacheNames>;
  private readonly ownerKey: string;
  /** Read once, as the browser ends the worker whenever it is idle. */
  private owner: Promise<string | null> | null = null;
  private setting: Promise<void> = Promise.resolve();
  private shelves = new Map<string, Shelf>();

  constructor(
    base: string,
    private readonly storage: CacheStorage = caches,
  ) {
    this.names = cacheNames(base);
    this.ownerKey = `${base}owner`;
  }

  ownerId(): Promise<string | null> {
    this.owner ??= this.storage
      .open(this.names.state)
      .then((cache) => cache.match(this.ownerKey))
      .then((entry) => entry?.text() ?? null);
    return this.owner;
  }

  /** One after the other: a second one at the same time would throw away what the first one's owner saw. */
  setOwner(id: string): Promise<void> {
    const set = this.setting.then(async () => {
      if ((await this.ownerId()) === id) return;
      await this.forget();
      this.owner = Promise.resolve(id);
      const state = await this.storage.open(this.names.state);
      await state.put(this.ownerKey, new Response(id));
    });
    this.setting = set.catch(() => undefined);
    return set;
  }

  /** Nobody's any more. */
  async forget(): Promise<void> {
    this.owner = Promise.resolve(null);
    this.shelves.clear();
    const all = await this.storage.keys();
    const gone = all.filter((name) => name.startsWith(this.names.seen));
    await Promise.all([...gone, this.names.state].map((name) => this.storage.delete(name)));
  }

  async get(kind: Kind, address: string): Promise<Response | undefined> {
    const owner = await this.ownerId();
    return owner ? this.shelf(owner, kind).get(address) : undefined;
  }

  /** Rather another version of a picture than none. */
  async getAny(kind: Kind, address: string): Promise<Response | undefined> {
    const owner = await this.ownerId();
    if (!owner) return undefined;
    const shelf = this.shelf(owner, kind);
    const found = await shelf.get(address);
    return found || kind === 'answers' ? found : shelf.getOther(address, 'c');
  }

  /** @param owner  whose it is: who was logged in when it was asked for */
  async put(owner: string, kind: Kind, address: string, response: Response): Promise<void> {
    if ((await this.ownerId()) !== owner) return;
    await this.shelf(owner, kind).put(address, response);
    // Somebody may have left while it was written.
    if ((await this.ownerId()) !== owner) await this.storage.delete(this.name(owner, kind));
  }

  private name(owner: string, kind: Kind): string {
    return `${this.names.seen}${owner}:${kind}`;
  }

  private shelf(owner: string, kind: Kind): Shelf {
    const name = this.name(owner, kind);
    const shelf = this.shelves.get(name) ?? new Shelf(name, mostBytes[kind], this.storage);
    this.shelves.set(name, shelf);
    return shelf;
  }
}
