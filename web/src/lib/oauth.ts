/* Logging in at a provider: leaving for it, and what it says when it sends the browser back. */

export type ProviderReturn =
  { kind: 'none' } | { kind: 'code' } | { kind: 'refused'; reason: string };

/** @param search  of the address, as in location.search */
export function readReturn(search: string): ProviderReturn {
  const query = new URLSearchParams(search);
  const error = query.get('error');
  // Anyone can make such an address: only the code is shown, never a sentence from it.
  if (error) return { kind: 'refused', reason: /^[a-z_]{1,40}$/.test(error) ? error : 'error' };
  return query.get('code') && query.get('state') ? { kind: 'code' } : { kind: 'none' };
}

/** Whether the page goes to the provider without being asked. */
export function launchesItself(
  search: string,
  features: { oauth: boolean; oauthAutoLaunch: boolean } | null,
  hasLoggedOut: boolean,
): boolean {
  if (!features?.oauth || !features.oauthAutoLaunch || hasLoggedOut) return false;
  if (readReturn(search).kind !== 'none') return false; // what failed once is not tried for ever
  return new URLSearchParams(search).get('autoLaunch') !== '0';
}

/* Where to go after the login: the provider brings only its own query back. */
const KEY = 'tintype.continueTo';

export function keepContinuation(target: string | null): void {
  if (target) sessionStorage.setItem(KEY, target);
  else sessionStorage.removeItem(KEY);
}

export function takeContinuation(): string | null {
  const target = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return target;
}
