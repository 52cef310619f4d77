/* What a search may mean, while it is typed: people, places, cameras, tags and file names. */
import {
  getAllTags,
  getSearchSuggestions,
  searchAssets,
  searchPerson,
  type AssetResponse,
  type PersonResponse,
  type SearchSuggestionType,
} from '../api';
import type { SearchTerms } from './search_terms';

export type SuggestionKind = 'person' | 'place' | 'camera' | 'tag';

export interface Suggestion {
  kind: SuggestionKind;
  text: string;
  terms: Partial<SearchTerms>;
  person?: PersonResponse;
}

export interface Suggestions {
  terms: Suggestion[];
  files: AssetResponse[];
}

const mostOfAKind = 4;
const keepMs = 60_000;

/** The words there are change rarely: they are kept for a while, and compared here. */
let words: { until: number; promise: Promise<Suggestion[]> } | null = null;

async function readWords(): Promise<Suggestion[]> {
  const list = (type: SearchSuggestionType): Promise<string[]> => getSearchSuggestions({ type });
  const [cities, states, countries, makes, models, lenses, tags] = await Promise.all([
    list('city'),
    list('state'),
    list('country'),
    list('camera-make'),
    list('camera-model'),
    list('camera-lens-model'),
    getAllTags(),
  ]);
  const all = (
    kind: SuggestionKind,
    texts: string[],
    name: 'city' | 'state' | 'country' | 'make' | 'model' | 'lens',
  ): Suggestion[] => texts.map((text) => ({ kind, text, terms: { [name]: text } }));
  return [
    ...all('place', cities, 'city'),
    ...all('place', states, 'state'),
    ...all('place', countries, 'country'),
    ...all('camera', models, 'model'),
    ...all('camera', makes, 'make'),
    ...all('camera', lenses, 'lens'),
    ...tags.map((tag): Suggestion => ({ kind: 'tag', text: tag.value, terms: { tags: [tag.id] } })),
  ];
}

function knownWords(): Promise<Suggestion[]> {
  if (!words || words.until < Date.now()) {
    const promise = readWords();
    words = { until: Date.now() + keepMs, promise };
    promise.catch(() => (words = null));
  }
  return words.promise;
}

/** For comparing: without accents and case. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Those that contain the text; where a word begins with it first. */
export function matching<T extends { text: string }>(all: readonly T[], typed: string): T[] {
  const wanted = fold(typed.trim());
  if (wanted === '') return [];
  const rank = (text: string): number => {
    const at = fold(text).indexOf(wanted);
    if (at < 0) return Infinity;
    return at === 0 ? 0 : /\p{L}|\p{N}/u.test(text.charAt(at - 1)) ? 2 : 1;
  };
  return all
    .map((item) => ({ item, rank: rank(item.text) }))
    .filter((entry) => entry.rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

export async function suggest(typed: string, signal: AbortSignal): Promise<Suggestions> {
  const text = typed.trim();
  if (text === '') return { terms: [], files: [] };
  const [people, known, found] = await Promise.all([
    searchPerson({ name: text }, { signal }),
    knownWords(),
    searchAssets({ body: { originalFileName: text, size: mostOfAKind } }, { signal }),
  ]);
  const terms: Suggestion[] = people.slice(0, mostOfAKind).map((person) => ({
    kind: 'person',
    text: person.name,
    terms: { people: [person.id] },
    person,
  }));
  const here = matching(known, text);
  for (const kind of ['place', 'camera', 'tag'] as const) {
    terms.push(...here.filter((word) => word.kind === kind).slice(0, mostOfAKind));
  }
  return { terms, files: found.assets.items };
}
