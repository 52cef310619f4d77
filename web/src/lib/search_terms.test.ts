import { describe, expect, it } from 'vitest';
import { library, libraryPath, parseLibraryRoute } from './library_routes';
import { hasTerms, isOnDays, noTerms, parseTerms, searchBody, termsQuery } from './search_terms';

describe('what is searched for', () => {
  it('survives the address', () => {
    const terms = {
      ...noTerms,
      query: 'red & blue',
      people: ['a', 'b'],
      city: 'Arezzo',
      from: '2020-01-01',
      type: 'VIDEO' as const,
      favorite: true,
      rating: 4,
    };
    expect(parseTerms(termsQuery(terms))).toEqual(terms);
  });

  it('is nothing when nothing is asked', () => {
    expect(termsQuery(noTerms)).toBe('');
    expect(hasTerms(parseTerms('rating=9&type=SONG&from=yesterday&to=2020-13-45'))).toBe(false);
    expect(searchBody(noTerms)).toEqual({});
  });

  it('covers whole days, wherever on earth', () => {
    expect(searchBody({ ...noTerms, from: '2020-01-01', to: '2020-01-02' })).toEqual({
      takenAfter: '2019-12-31T10:00:00.000Z',
      takenBefore: '2020-01-03T11:59:59.999Z',
    });
  });

  it('is told by the day that is shown', () => {
    const terms = { ...noTerms, from: '2020-01-01', to: '2020-01-02' };
    expect(isOnDays(terms, '2020-01-01T00:30:00.000Z')).toBe(true);
    expect(isOnDays(terms, '2020-01-02T23:59:59.999Z')).toBe(true);
    expect(isOnDays(terms, '2019-12-31T23:59:00.000Z')).toBe(false);
    expect(isOnDays(terms, '2020-01-03T00:00:00.000Z')).toBe(false);
    expect(isOnDays(noTerms, '1970-01-01T00:00:00.000Z')).toBe(true);
  });
});

describe('addresses of the library', () => {
  const id = '0d78ec4c-abbe-44a3-80e5-5ff89e3a3119';
  const read = (path: string) => {
    const [name = '', query = ''] = path.split('?');
    return parseLibraryRoute(name.split('/').filter(Boolean), query);
  };

  it('tell the thing from the photo', () => {
    expect(read(`/people/${id}`)).toEqual(library('people', { id }));
    expect(read(`/people/${id}/${id}`)).toEqual(library('people', { id, assetId: id }));
    expect(read(`/search/${id}?q=x`)).toEqual(library('search', { assetId: id, query: 'q=x' }));
  });

  it('come back as they were', () => {
    for (const path of ['/explore', `/tags/${id}/${id}`, '/search?q=a', `/map/${id}`]) {
      const route = read(path);
      expect(route && libraryPath(route)).toBe(path);
    }
  });

  it('refuse what is none', () => {
    expect(read('/nowhere')).toBeNull();
    expect(read('/people/somebody')).toBeNull();
    expect(read(`/search/${id}/${id}`)).toBeNull();
  });
});
