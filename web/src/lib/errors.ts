/* What to tell a person about an error: the server's own words, or that there is no server. */
import { ApiError } from '../api';
import { credential } from './credential.svelte';
import { t } from './preferences.svelte';

export function errorText(error: unknown): string {
  if (needsPinCode(error)) return t().errors.pin;
  if (error instanceof ApiError) {
    const issues = issueTexts(error.errors);
    return issues.length > 0 ? issues.join(' ') : error.message || t().errors.unknown;
  }
  // fetch rejects with a TypeError when there is no answer at all.
  if (error instanceof TypeError) return t().errors.offline;
  return error instanceof Error && error.message ? error.message : t().errors.unknown;
}

/** "email: Invalid input" for each issue of a failed validation. */
function issueTexts(errors: unknown): string[] {
  if (!Array.isArray(errors)) return [];
  return errors
    .map((issue: { path?: unknown; message?: unknown }) => {
      if (typeof issue?.message !== 'string') return '';
      const path = Array.isArray(issue.path) ? issue.path.join('.') : '';
      return path ? `${path}: ${issue.message}.` : issue.message;
    })
    .filter((text) => text !== '');
}

/** What a validation says of each field, by its path, such as "email" or "oauth.issuerUrl". */
export function issuesByField(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError) || !Array.isArray(error.errors)) return {};
  return Object.fromEntries(
    error.errors
      .filter(({ path, message }) => Array.isArray(path) && path.length > 0 && message)
      .map(({ path, message }) => [path.join('.'), message]),
  );
}

/** Whether what is asked for needs the PIN code; the session itself is well. */
export function needsPinCode(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status === 401 &&
    error.message === 'Elevated permission is required'
  );
}

/** Whether the login has ended. What a link is refused says nothing of the account of who looks at it. */
export function isLoggedOut(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status === 401 &&
    !needsPinCode(error) &&
    !credential.isVisitor
  );
}

/** Whether a file finds no room in what its owner may store; a smaller one may. */
export function isOverQuota(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status === 400 &&
    error.message === 'Quota has been exceeded!'
  );
}

/** Whether the server will not take a file, however often it is sent: it says so of what the file is. Whatever
 *  else is answered, by a proxy or of a part that was damaged on its way, says nothing of the next try. */
export function isRefusedForGood(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status === 400 &&
    /^(Unsupported file type |File is empty$)/.test(error.message)
  );
}

/** Whether what was asked for is not there, or not to be seen (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 404);
}
