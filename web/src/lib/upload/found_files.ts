/* The files of a drop, a file dialog or the clipboard. Folders are walked one after the other and given
 * on as they are read, so that thousands of files begin to go before the last is found. */
import type { FoundFile } from './pairs';

/** Leavings of operating systems that nobody means to upload. */
const junk = /^(\.|Thumbs\.db$|desktop\.ini$|@eaDir$|__MACOSX$)/i;

export function isWanted(name: string): boolean {
  return !junk.test(name);
}

/** The files of one folder, some at a time. */
export type Found = AsyncIterable<FoundFile[]>;

/* ---- handles: what a browser can keep until tomorrow ---- */

interface DirectoryHandle extends FileSystemDirectoryHandle {
  values(): AsyncIterable<FileSystemHandle>;
}

export async function* walkHandle(handle: FileSystemHandle, path = ''): Found {
  if (handle.kind === 'file') {
    const file = await (handle as FileSystemFileHandle).getFile().catch(() => null);
    if (file) yield [{ file, path: path + handle.name }];
    return;
  }
  const folders: FileSystemHandle[] = [];
  const files: FoundFile[] = [];
  const here = `${path}${handle.name}/`;
  for await (const each of (handle as DirectoryHandle).values()) {
    if (!isWanted(each.name)) continue;
    if (each.kind === 'directory') folders.push(each);
    else {
      // A file that vanished meanwhile is left out.
      const file = await (each as FileSystemFileHandle).getFile().catch(() => null);
      if (file) files.push({ file, path: here + each.name });
    }
  }
  yield files;
  for (const folder of folders) yield* walkHandle(folder, here);
}

/* ---- entries: what every browser gives for a drop ---- */

function readFile(entry: FileSystemFileEntry): Promise<File | null> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

/** A reader gives at most about 100 entries at a time. */
async function readFolder(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function* walkEntry(entry: FileSystemDirectoryEntry): Found {
  const children = (await readFolder(entry)).filter(({ name }) => isWanted(name));
  const files: FoundFile[] = [];
  for (const child of children) {
    if (!child.isFile) continue;
    const file = await readFile(child as FileSystemFileEntry);
    if (file) files.push({ file, path: child.fullPath.replace(/^\//, '') });
  }
  yield files;
  for (const child of children)
    if (child.isDirectory) yield* walkEntry(child as FileSystemDirectoryEntry);
}

/* ---- where files come from ---- */

export interface Batch {
  found: Found;
  /** What was dropped, when the browser can give it again after a reload. */
  handles: Promise<FileSystemHandle[]>;
}

type HandleItem = DataTransferItem & {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
};

export function filesOfDrop(data: DataTransfer): Batch {
  // The list empties once the event is over, so all entries are taken before the first wait.
  const items = [...data.items]
    .filter((item) => item.kind === 'file')
    .map((item: HandleItem) => ({
      entry: item.webkitGetAsEntry?.() ?? null,
      file: item.getAsFile(),
      handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null,
    }));
  async function* walk(): Found {
    const single: FoundFile[] = [];
    for (const { entry, file } of items)
      if (!entry?.isDirectory && file && isWanted(file.name))
        single.push({ file, path: file.name });
    yield single;
    for (const { entry } of items)
      if (entry?.isDirectory && isWanted(entry.name))
        yield* walkEntry(entry as FileSystemDirectoryEntry);
  }
  const handles = Promise.all(items.map(({ handle }) => handle)).then((all) =>
    all.filter((handle): handle is FileSystemHandle => handle !== null),
  );
  return { found: walk(), handles };
}

/** Of a file dialog, which gives the files of folders with their path. */
export function filesOfList(list: Iterable<File>): FoundFile[] {
  return [...list]
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .filter(({ path }) => path.split('/').every(isWanted));
}

/** Of the clipboard, where a picture is called "image.png" whatever it is. */
export function filesOfPaste(list: Iterable<File>, now = new Date()): FoundFile[] {
  const stamp = now.toISOString().slice(0, 19).replace(/[:T]/g, '-');
  return [...list].map((file, i) => {
    if (!/^image\.\w+$/.test(file.name)) return { file, path: file.name };
    const name = `pasted-${stamp}${i > 0 ? `-${i}` : ''}${file.name.slice(5)}`;
    return { file: new File([file], name, { type: file.type }), path: name };
  });
}
