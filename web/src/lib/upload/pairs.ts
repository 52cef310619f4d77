/* Which of the files of a folder belong together: a photo, its sidecar, and the film of a live photo. */

export interface FoundFile {
  file: File;
  /** Below what was chosen, such as "2019/June/IMG_1.HEIC". */
  path: string;
}

export interface FoundGroup extends FoundFile {
  sidecar: File | null;
  /** The few seconds that a phone filmed around the photo. */
  motion: File | null;
}

/** Longer films beside a photo of the same name are films of their own. */
export const largestMotionBytes = 40 * 1024 * 1024;

const stemOf = (name: string): string => name.replace(/\.[^.]*$/, '').toLowerCase();
const isSidecar = (name: string): boolean => /\.xmp$/i.test(name);
const isStill = (name: string): boolean => /\.(hei[cf]|jpe?g)$/i.test(name);
const isMotion = ({ file }: FoundFile): boolean =>
  /\.mov$/i.test(file.name) && file.size <= largestMotionBytes;

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** @param files  of one folder @return the groups in the order of their files, and sidecars of nothing */
export function groupFiles(files: readonly FoundFile[]): {
  groups: FoundGroup[];
  lonely: FoundFile[];
} {
  const sidecars = files.filter(({ file }) => isSidecar(file.name));
  const others = files.filter(({ file }) => !isSidecar(file.name));
  const byName = new Map<string, FoundGroup>();
  const byStem = new Map<string, FoundGroup[]>();
  const groups: FoundGroup[] = others.map((each) => ({ ...each, sidecar: null, motion: null }));
  for (const group of groups) {
    byName.set(group.file.name.toLowerCase(), group);
    const stem = stemOf(group.file.name);
    byStem.set(stem, [...(byStem.get(stem) ?? []), group]);
  }
  const inMotion = new Set<FoundGroup>();
  for (const sameStem of byStem.values()) {
    const still = sameStem.filter(({ file }) => isStill(file.name));
    const motion = sameStem.filter(isMotion);
    // With two photos of that name nobody knows which of them moves.
    if (still.length !== 1 || motion.length !== 1) continue;
    still[0]!.motion = motion[0]!.file;
    inMotion.add(motion[0]!);
  }
  const lonely: FoundFile[] = [];
  for (const sidecar of sidecars) {
    // IMG_1.JPG.xmp names its photo in full, IMG_1.xmp by its stem.
    const full = stemOf(sidecar.file.name);
    const sameStem = byStem.get(full)?.filter((group) => !inMotion.has(group)) ?? [];
    const owner = byName.get(full) ?? (sameStem.length === 1 ? sameStem[0] : undefined);
    if (owner && !owner.sidecar) owner.sidecar = sidecar.file;
    else lonely.push(sidecar);
  }
  return { groups: groups.filter((group) => !inMotion.has(group)), lonely };
}

/** The groups of files of many folders. */
export function groupByFolder(files: readonly FoundFile[]): ReturnType<typeof groupFiles> {
  const folders = new Map<string, FoundFile[]>();
  for (const each of files) {
    const folder = folderOf(each.path);
    const known = folders.get(folder);
    if (known) known.push(each);
    else folders.set(folder, [each]);
  }
  const all = [...folders.values()].map(groupFiles);
  return {
    groups: all.flatMap(({ groups }) => groups),
    lonely: all.flatMap(({ lonely }) => lonely),
  };
}
