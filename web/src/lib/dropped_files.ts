/* The files of a drop or a file dialog; dropped folders are walked. */

/** Leavings of operating systems that nobody means to upload. */
const junk = /^(\.|Thumbs\.db$|desktop\.ini$|@eaDir$|__MACOSX$)/i;

export function isWanted(name: string): boolean {
  return !junk.test(name);
}

function readFile(entry: FileSystemFileEntry): Promise<File | null> {
  // A file that vanished since the drop is left out.
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

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (!isWanted(entry.name)) return [];
  if (entry.isFile) {
    const file = await readFile(entry as FileSystemFileEntry);
    return file ? [file] : [];
  }
  const files: File[] = [];
  for (const child of await readFolder(entry as FileSystemDirectoryEntry)) {
    files.push(...(await walk(child)));
  }
  return files;
}

export async function filesOfDrop(data: DataTransfer): Promise<File[]> {
  // The list empties once the event is over, so all entries are taken before the first wait.
  const entries = [...data.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const files: File[] = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) files.push(...(await walk(entry)));
    else if (file && isWanted(file.name)) files.push(file);
  }
  return files;
}
