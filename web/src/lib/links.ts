/* Shared links: their addresses, and what they allow, in words. */
import type { SharedLinkResponse } from '../api';
import { navigation } from './navigation.svelte';
import { preferences, t } from './preferences.svelte';
import { session } from './session.svelte';

/** The address to give away: by the name that was chosen for it, else by its key. */
export function addressOf({ key, slug }: Pick<SharedLinkResponse, 'key' | 'slug'>): string {
  const path = navigation.href(
    slug
      ? { page: 'share', by: 'slug', value: slug, assetId: null }
      : { page: 'share', by: 'key', value: key, assetId: null },
  );
  return new URL(path, session.config?.externalDomain || location.origin).href;
}

export function titleOf({ album, description }: SharedLinkResponse): string {
  if (album) return album.albumName.trim() || t().albums.untitled;
  return description || t().links.chosen;
}

export function isOver({ expiresAt }: SharedLinkResponse, now = Date.now()): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now;
}

export function factsOf(link: SharedLinkResponse): string[] {
  const words = t().links;
  const day = new Intl.DateTimeFormat(preferences.locale, { dateStyle: 'medium' });
  const until = link.expiresAt ? day.format(Date.parse(link.expiresAt)) : '';
  return [
    isOver(link) ? words.expired(until) : until ? words.until(until) : '',
    link.password ? words.hasPassword : '',
    link.allowUpload ? words.takesUploads : '',
    link.allowDownload ? '' : words.noDownload,
    link.showMetadata ? '' : words.noMetadata,
  ].filter(Boolean);
}

/** Copy it. @return false where the browser does not let us, such as without https */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The old way needs a field; the topmost dialog is the only place that can have the focus.
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'visually-hidden';
    ([...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body).append(field);
    field.select();
    const isDone = document.execCommand('copy');
    field.remove();
    return isDone;
  }
}
