/* What was not sent when the page was closed, kept in the browser's own database: the names of the
 * files, and handles to what was dropped, where there are such. Without that database (private windows)
 * nothing is kept. */

export interface PendingFile {
  key: string;
  user: string;
  path: string;
  albumId: string | null;
}

export interface Pending {
  files: PendingFile[];
  handles: FileSystemHandle[];
}

export function keyOf(user: string, path: string, file: File): string {
  return [user, path, file.size, file.lastModified].join('\n');
}

/** Each costs a browser milliseconds: a folder is one, thousands of loose files are better chosen again. */
const mostHandles = 100;

function whenDone<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });
}

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= (async () => {
    const request = indexedDB.open('tintype-uploads', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('files', { keyPath: 'key' }).createIndex('user', 'user');
      request.result
        .createObjectStore('handles', { autoIncrement: true })
        .createIndex('user', 'user');
    };
    return whenDone(request);
  })();
  return opened;
}

async function change(
  name: 'files' | 'handles',
  run: (store: IDBObjectStore) => void,
): Promise<void> {
  try {
    const transaction = (await open()).transaction(name, 'readwrite');
    run(transaction.objectStore(name));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error as Error);
    });
  } catch {
    // Then they are not offered again, no more.
  }
}

export function keepFiles(entries: readonly PendingFile[]): Promise<void> {
  if (entries.length === 0) return Promise.resolve();
  return change('files', (files) => {
    for (const entry of entries) files.put(entry);
  });
}

export async function keepHandles(user: string, kept: readonly FileSystemHandle[]): Promise<void> {
  if (kept.length === 0 || kept.length > mostHandles) return;
  await change('handles', (handles) => {
    for (const handle of kept) handles.add({ user, handle });
  });
}

export function forgetFiles(keys: readonly string[]): Promise<void> {
  return change('files', (files) => {
    for (const key of keys) files.delete(key);
  });
}

export async function loadPending(user: string): Promise<Pending> {
  try {
    const transaction = (await open()).transaction(['files', 'handles']);
    const of = <T>(store: string): Promise<T[]> =>
      whenDone(transaction.objectStore(store).index('user').getAll(user) as IDBRequest<T[]>);
    const [files, handles] = await Promise.all([
      of<PendingFile>('files'),
      of<{ handle: FileSystemHandle }>('handles'),
    ]);
    return { files, handles: handles.map(({ handle }) => handle) };
  } catch {
    return { files: [], handles: [] };
  }
}

/** Nothing is left to be sent. */
export async function forgetAll(user: string): Promise<void> {
  // In one go: to walk over thousands takes longer than a page may live.
  await change('files', (files) => {
    files.delete(IDBKeyRange.bound(`${user}\n`, `${user}\n\uffff`));
  });
  await change('handles', (handles) => {
    const cursor = handles.index('user').openKeyCursor(user);
    cursor.onsuccess = () => {
      const at = cursor.result;
      if (!at) return;
      handles.delete(at.primaryKey);
      at.continue();
    };
  });
}
