/* Where the pictures of a photo are. The hash in an address makes browsers fetch what was edited or
 * came late. */
import { SvelteMap } from 'svelte/reactivity';
import { downloadAssetUrl, viewAssetUrl, type AssetResponse } from '../api';
import { credential } from './credential.svelte';
import type { GridAsset } from './months';

export type PictureSize = 'thumbnail' | 'preview';

type Pictured = Pick<GridAsset, 'id' | 'thumbhash'> & Partial<Pick<GridAsset, 'visibility'>>;

/** How often each photo was edited since the page was opened: an edit need not change the hash. */
const changes = new SvelteMap<string, number>();

function withVersion(url: string, { id, thumbhash, visibility }: Pictured): string {
  const version = `${thumbhash ?? ''}${changes.get(id) ?? ''}`;
  const kept = visibility === 'locked' ? '&keep=no' : '';
  return `${url}${version ? `&c=${encodeURIComponent(version)}` : ''}${kept}`;
}

/** As it is shown: with its edits. */
export function pictureUrl(asset: Pictured, size: PictureSize): string {
  const url = viewAssetUrl({ id: asset.id, size, edited: true, ...credential.query });
  return withVersion(url, asset);
}

/** As it was before any edit. */
export function uneditedUrl(asset: Pictured): string {
  return withVersion(viewAssetUrl({ id: asset.id, size: 'preview', edited: false }), asset);
}

/** What every browser shows by itself. */
const webSafe = /^image\/(jpeg|png|gif|webp|avif|svg\+xml)$/;

/** Every pixel there is: the original where browsers can show it, else what the server made of it.
 *  @param mayDownload  visitors of a link may see originals only then */
export function fullUrl(asset: Pictured, details: AssetResponse, mayDownload: boolean): string {
  const { id } = asset;
  const isOriginal = mayDownload && webSafe.test(details.originalMimeType ?? '');
  const url = isOriginal
    ? downloadAssetUrl({ id, edited: true, ...credential.query })
    : viewAssetUrl({ id, size: 'fullsize', edited: true, ...credential.query });
  return withVersion(url, asset);
}

/** After an edit: from now on the pictures are others, also for those who open the page anew and
 *  whose browser still has the old ones under the same address. */
export async function renewPictures(asset: Pictured): Promise<void> {
  const addresses = (): string[] => [pictureUrl(asset, 'thumbnail'), pictureUrl(asset, 'preview')];
  const count = changes.get(asset.id) ?? 0;
  changes.delete(asset.id);
  const plain = addresses();
  changes.set(asset.id, count + 1);
  await Promise.all(
    plain.map((address) => fetch(address, { cache: 'reload' }).catch(() => undefined)),
  );
}
