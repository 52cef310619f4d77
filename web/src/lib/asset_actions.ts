/* What can be done to photos: asked of the server first, then worked into the list that is shown,
 * then told, with a way back where there is one. */
import {
  deleteAssets,
  downloadAssetUrl,
  getDownloadInfo,
  restoreAssets,
  updateAssets,
  updateStack,
  url,
  type AssetVisibility,
  type DownloadInfo,
} from '../api';
import { credential } from './credential.svelte';
import type { GridAsset } from './months';
import { t } from './preferences.svelte';
import { session } from './session.svelte';
import { Timeline, type PhotoSource } from './timeline.svelte';
import { toasts } from './toasts.svelte';

/** More ids than this in one request would be slow to answer. */
const idsPerRequest = 1000;
/** The browser fetches all archives at once, and the server makes only so many for one caller, who may
 *  have other tabs, or be one of many who come by the same link. */
const archivesAtOnce = 8;

export async function inParts(
  ids: string[],
  run: (part: string[]) => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < ids.length; i += idsPerRequest) await run(ids.slice(i, i + idsPerRequest));
}

/** Do it, or say why it could not be done. */
export async function attempt(run: () => Promise<void>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    toasts.error(error);
    return false;
  }
}

/** Ask it of the server part by part. What was done is worked in and told also where a later part fails;
 *  then it is told, too, how many were left.
 *  @return whether all were done */
async function actOn(
  assets: readonly GridAsset[],
  ask: (ids: string[]) => Promise<unknown>,
  done: (assets: GridAsset[], ids: string[]) => void | Promise<void>,
): Promise<boolean> {
  const ids: string[] = [];
  let failure: { error: unknown } | null = null;
  try {
    await inParts(
      assets.map(({ id }) => id),
      async (part) => {
        await ask(part);
        ids.push(...part);
      },
    );
  } catch (error) {
    failure = { error };
  }
  if (ids.length > 0) await done(assets.slice(0, ids.length), ids);
  if (!failure) return true;
  const left = assets.length - ids.length;
  toasts.error(failure.error, (text) => (ids.length > 0 ? t().errors.left(left, text) : text));
  return false;
}

// The route for many also for one: what it changes is told to the other screens.
const change =
  (body: { isFavorite?: boolean; visibility?: AssetVisibility }) =>
  (ids: string[]): Promise<unknown> =>
    updateAssets({ body: { ids, ...body } });

const remove =
  (force: boolean) =>
  (ids: string[]): Promise<unknown> =>
    deleteAssets({ body: { ids, force } });

const bringBack = (ids: string[]): Promise<unknown> => restoreAssets({ body: { ids } });

/** After an undo: into the list that is shown now, or out of it. */
async function putBack(assets: GridAsset[]): Promise<void> {
  const covers = assets.filter(({ stack }) => stack?.isPrimary);
  // Another photo stands for the stack meanwhile; one that has ended needs none.
  for (const { id, stack } of covers)
    await updateStack({ id: stack?.id ?? '', body: { primaryAssetId: id } }).catch(() => undefined);
  for (const timeline of Timeline.open) {
    if (timeline.view.tellsMembers) timeline.put(assets);
    if (covers.length > 0 || !timeline.view.tellsMembers) void timeline.refresh({ isAnew: true });
  }
}

export function setFavorite(
  timeline: PhotoSource,
  assets: GridAsset[],
  isFavorite: boolean,
  { quiet = false } = {},
): Promise<boolean> {
  return actOn(assets, change({ isFavorite }), (_, ids) => {
    timeline.patch(ids, { isFavorite });
    const say = isFavorite ? t().done.favorited : t().done.unfavorited;
    if (!quiet) toasts.show(say(ids.length));
  });
}

export function setArchived(
  timeline: PhotoSource,
  assets: GridAsset[],
  isArchived: boolean,
): Promise<boolean> {
  const [before, visibility] = isArchived
    ? (['timeline', 'archive'] as const)
    : (['archive', 'timeline'] as const);
  // Those that are there already stay there after an undo, too.
  const others = assets.filter((asset) => asset.visibility !== visibility);
  return actOn(others, change({ visibility }), (done, ids) => {
    timeline.patch(ids, { visibility });
    const say = isArchived ? t().done.archived : t().done.unarchived;
    toasts.show(say(ids.length), {
      label: t().actions.undo,
      run: () =>
        void actOn(done, change({ visibility: before }), (undone) =>
          putBack(undone.map((asset) => ({ ...asset, visibility: before }))),
        ),
    });
  });
}

/** Into the locked folder, or out of it. There is no way back in one step: albums forget what was
 *  locked, and taking out needs the PIN code. */
export function setLocked(
  timeline: PhotoSource,
  assets: GridAsset[],
  isLocked: boolean,
): Promise<boolean> {
  const visibility = isLocked ? 'locked' : 'timeline';
  return actOn(assets, change({ visibility }), (_, ids) => {
    if (timeline.view.tellsMembers) timeline.patch(ids, { visibility });
    else timeline.remove(ids);
    toasts.show((isLocked ? t().done.locked : t().done.unlocked)(ids.length));
  });
}

/** Whether deleting is final because the server keeps no trash. */
export function deletesForever(): boolean {
  return session.features?.trash === false;
}

export function trash(timeline: PhotoSource, assets: GridAsset[]): Promise<boolean> {
  return actOn(assets, remove(false), (done, ids) => {
    timeline.remove(ids);
    toasts.show(t().done.trashed(ids.length), {
      label: t().actions.undo,
      run: () =>
        void actOn(done, bringBack, (undone) =>
          putBack(undone.map((asset) => ({ ...asset, isTrashed: false }))),
        ),
    });
  });
}

export function deleteForever(timeline: PhotoSource, assets: GridAsset[]): Promise<boolean> {
  return actOn(assets, remove(true), (_, ids) => {
    timeline.remove(ids);
    toasts.show(t().done.deleted(ids.length));
  });
}

export function restore(timeline: PhotoSource, assets: GridAsset[]): Promise<boolean> {
  return actOn(assets, bringBack, (_, ids) => {
    timeline.patch(ids, { isTrashed: false });
    toasts.show(t().done.restored(ids.length));
  });
}

function clickLink(href: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = '';
  link.click();
}

function messageOf(json: string | null): string | null {
  try {
    return (JSON.parse(json ?? 'null') as { message?: string } | null)?.message ?? null;
  } catch {
    return null;
  }
}

/** A form rather than a fetch, so that the browser streams the archive to disk. An answer that is
 *  no download lands in a hidden frame, whose text is then the error. */
function submitArchive(assetIds: string[], archiveName: string): void {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.name = `archive-${Date.now()}`;
  frame.addEventListener('load', () => {
    // Empty: the frame itself. Out of reach: the server lets nothing of it stand in a frame.
    const text = frame.contentDocument ? frame.contentDocument.body.textContent : null;
    if (text === '') return;
    toasts.show(messageOf(text) ?? t().errors.download);
    frame.remove();
  });
  document.body.append(frame);
  const form = document.createElement('form');
  form.method = 'post';
  form.action = url('/download/archive', credential.query);
  form.target = frame.name;
  for (const [name, value] of Object.entries({ assetIds: assetIds.join(','), archiveName })) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

export function download(ids: string[]): Promise<boolean> {
  return attempt(async () => {
    const [only] = ids;
    if (only && ids.length === 1) {
      clickLink(downloadAssetUrl({ id: only, edited: true, ...credential.query }));
      return;
    }
    const day = new Date().toISOString().slice(0, 10);
    await downloadArchives({ assetIds: ids }, `tintype-${day}`);
  });
}

/** An edited photo as it came. */
export function downloadUnedited(id: string): void {
  clickLink(downloadAssetUrl({ id, edited: false }));
}

/** All photos of an album. */
export function downloadAlbum(albumId: string, name: string): Promise<boolean> {
  return attempt(() => downloadArchives({ albumId }, name || 'tintype'));
}

async function downloadArchives(body: DownloadInfo, name: string): Promise<void> {
  const ask = (archiveSize?: number): ReturnType<typeof getDownloadInfo> =>
    getDownloadInfo({ ...credential.query, body: { ...body, archiveSize } });
  let info = await ask(session.preferences?.download.archiveSize);
  // An archive ends with the photo that makes it larger than was asked for.
  if (info.archives.length > archivesAtOnce)
    info = await ask(Math.ceil(info.totalSize / archivesAtOnce));
  const { archives } = info;
  archives.forEach(({ assetIds }, i) => {
    submitArchive(assetIds, archives.length > 1 ? `${name}-${i + 1}` : name);
  });
}
