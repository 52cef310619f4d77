/* Of the files that the server calls duplicates, those that their owner deleted for good and does not
 * want again: apps that know nothing of this do with them what they do with duplicates, so it is only
 * told to those who ask. */
import { getTombstones } from '../../api';

/** The most that the server tells at once. */
const size = 1000;

let known: Promise<Set<string>> | null = null;

async function load(): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let page: number | null = 1; page !== null;) {
    const answer = await getTombstones({ page, size });
    for (const { assetId } of answer.items) ids.add(assetId);
    page = answer.nextPage;
  }
  return ids;
}

/** Ask the server anew with the next question. */
export function forgetRemembered(): void {
  known = null;
}

/** @return those of @ids that are gone */
export async function findRemembered(ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  known ??= load();
  try {
    const all = await known;
    return new Set(ids.filter((id) => all.has(id)));
  } catch {
    // Then they are shown as what the server called them.
    known = null;
    return new Set();
  }
}
