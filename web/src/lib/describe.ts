/* What is said of a photo where it cannot be seen. */
import { formatDate, formatDuration, formatTime } from './format';
import type { GridAsset } from './months';
import { preferences, t } from './preferences.svelte';

export function photoLabel(asset: GridAsset): string {
  const locale = preferences.locale;
  const date = `${formatDate(locale, asset.local)}, ${formatTime(locale, asset.local)}`;
  const words = asset.isImage
    ? t().grid.photo(date)
    : t().grid.video(date, formatDuration(asset.duration ?? 0));
  const city = asset.city ? `, ${asset.city}` : '';
  return (
    words +
    city +
    (asset.stack ? `, ${t().stacks.label(asset.stack.count)}` : '') +
    (asset.isFavorite ? `, ${t().grid.favorite}` : '')
  );
}
