/* Groups of photos that look alike, as they are left by what happens to single photos. */
import type { DuplicateResponse } from '../api';

/** The groups without the photos that are @gone: the last of a group is no duplicate any more. */
export function groupsWithout(
  groups: readonly DuplicateResponse[],
  gone: ReadonlySet<string>,
): DuplicateResponse[] {
  return groups
    .map((group) => {
      const assets = group.assets.filter(({ id }) => !gone.has(id));
      return assets.length === group.assets.length ? group : { ...group, assets };
    })
    .filter(({ assets }) => assets.length > 1);
}

/** Of the ids that were chosen to stay, those of photos that are still in the group. */
export function keptIn({ assets }: DuplicateResponse, chosen: readonly string[]): string[] {
  return chosen.filter((id) => assets.some((asset) => asset.id === id));
}

/** What to keep until something else is chosen. */
export function suggestedIn({ suggestedKeepAssetIds, assets }: DuplicateResponse): string[] {
  const [first] = assets;
  if (suggestedKeepAssetIds.length > 0) return suggestedKeepAssetIds;
  return first ? [first.id] : [];
}
