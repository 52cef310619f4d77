/* Folders on the disk of the server, from the paths that have photos. */

export interface Folder {
  name: string;
  path: string;
}

/** What lies directly in a folder; "" is the top. Folders that hold but one other are passed through. */
export function foldersIn(paths: readonly string[], folder: string): Folder[] {
  const names = new Set<string>();
  for (const path of paths) {
    if (folder !== '' && !path.startsWith(`${folder}/`)) continue;
    const [name] = path.slice(folder === '' ? 0 : folder.length + 1).split('/');
    // A path that begins with a slash has its first name after it.
    if (folder === '' && path.startsWith('/')) names.add(`/${path.slice(1).split('/')[0]}`);
    else if (name) names.add(name);
  }
  return [...names]
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
    .map((name) => ({ name, path: folder === '' ? name : `${folder}/${name}` }));
}

/** The way from the top down to a folder. */
export function folderPath(path: string): Folder[] {
  const parts = path.split('/');
  return parts
    .map((name, i) => ({ name, path: parts.slice(0, i + 1).join('/') }))
    .filter(({ name }) => name !== '');
}

/** Down to where there is a choice or a photo: nobody wants to open six folders of one folder. */
export function firstFork(paths: readonly string[], folder = ''): string {
  for (let at = folder; ;) {
    const inside = foldersIn(paths, at);
    const [only] = inside;
    if (inside.length !== 1 || !only || paths.includes(at)) return at;
    at = only.path;
  }
}
