/* What is searched for: as the page knows it, as it stands in the address, and as the server is
 * asked. */
import type { AssetType, MetadataSearch } from '../api';

export interface SearchTerms {
  query: string;
  people: string[];
  tags: string[];
  country: string;
  state: string;
  city: string;
  make: string;
  model: string;
  lens: string;
  /** Days, such as 2024-06-14. */
  from: string;
  to: string;
  type: '' | AssetType;
  favorite: boolean;
  archived: boolean;
  notInAlbum: boolean;
  /** 0: any. */
  rating: number;
}

export const noTerms: SearchTerms = {
  query: '',
  people: [],
  tags: [],
  country: '',
  state: '',
  city: '',
  make: '',
  model: '',
  lens: '',
  from: '',
  to: '',
  type: '',
  favorite: false,
  archived: false,
  notInAlbum: false,
  rating: 0,
};

const texts = ['country', 'state', 'city', 'make', 'model', 'lens'] as const;
const flags = ['favorite', 'archived', 'notInAlbum'] as const;
const lists = ['people', 'tags'] as const;
const day = /^\d{4}-\d\d-\d\d$/;

export function parseTerms(query: string): SearchTerms {
  const params = new URLSearchParams(query);
  const terms: SearchTerms = { ...noTerms, query: (params.get('q') ?? '').slice(0, 500) };
  for (const name of texts) terms[name] = params.get(name) ?? '';
  for (const name of flags) terms[name] = params.get(name) === 'true';
  for (const name of lists) terms[name] = params.getAll(name);
  for (const name of ['from', 'to'] as const) {
    const text = params.get(name) ?? '';
    if (day.test(text) && !Number.isNaN(Date.parse(text))) terms[name] = text;
  }
  const type = params.get('type');
  if (type === 'IMAGE' || type === 'VIDEO') terms.type = type;
  const rating = Number(params.get('rating'));
  if (Number.isInteger(rating) && rating >= 1 && rating <= 5) terms.rating = rating;
  return terms;
}

export function termsQuery(terms: Partial<SearchTerms>): string {
  const params = new URLSearchParams();
  if (terms.query?.trim()) params.set('q', terms.query.trim());
  for (const name of lists) for (const id of terms[name] ?? []) params.append(name, id);
  for (const name of [...texts, 'from', 'to', 'type'] as const) {
    if (terms[name]) params.set(name, terms[name]);
  }
  for (const name of flags) if (terms[name]) params.set(name, 'true');
  if (terms.rating) params.set('rating', String(terms.rating));
  return params.toString();
}

export function hasTerms(terms: SearchTerms): boolean {
  return termsQuery(terms) !== '';
}

const hour = 3_600_000;

/** The server compares instants; a day begins up to 14 hours earlier than in Greenwich, and ends up to
 *  12 hours later. What that asks for too much is left out by isOnDays. */
const startOf = (text: string): string => new Date(Date.parse(text) - 14 * hour).toISOString();
const endOf = (text: string): string =>
  new Date(Date.parse(text) + (24 + 12) * hour - 1).toISOString();

/** Whether a photo was taken on the days that are searched, as its date is shown. */
export function isOnDays({ from, to }: SearchTerms, localDateTime: string): boolean {
  const taken = localDateTime.slice(0, 10);
  return (from === '' || taken >= from) && (to === '' || taken <= to);
}

export function searchBody(terms: SearchTerms): MetadataSearch {
  return {
    ...(terms.query.trim() ? { query: terms.query.trim() } : {}),
    ...(terms.people.length > 0 ? { personIds: terms.people } : {}),
    ...(terms.tags.length > 0 ? { tagIds: terms.tags } : {}),
    ...(terms.country ? { country: terms.country } : {}),
    ...(terms.state ? { state: terms.state } : {}),
    ...(terms.city ? { city: terms.city } : {}),
    ...(terms.make ? { make: terms.make } : {}),
    ...(terms.model ? { model: terms.model } : {}),
    ...(terms.lens ? { lensModel: terms.lens } : {}),
    ...(terms.from ? { takenAfter: startOf(terms.from) } : {}),
    ...(terms.to ? { takenBefore: endOf(terms.to) } : {}),
    ...(terms.type ? { type: terms.type } : {}),
    ...(terms.favorite ? { isFavorite: true } : {}),
    ...(terms.archived ? { visibility: 'archive' } : {}),
    ...(terms.notInAlbum ? { isNotInAlbum: true } : {}),
    ...(terms.rating ? { rating: terms.rating } : {}),
  };
}
