import { describe, expect, it } from 'vitest';
import { launchesItself, readReturn, type ProviderReturn } from './oauth';

describe('readReturn', () => {
  it.each<[string, ProviderReturn]>([
    ['', { kind: 'none' }],
    ['?autoLaunch=0', { kind: 'none' }],
    ['?code=1', { kind: 'none' }],
    ['?code=&state=2', { kind: 'none' }],
    ['?code=1&state=2&iss=x', { kind: 'code' }],
    ['?error=access_denied&state=2', { kind: 'refused', reason: 'access_denied' }],
    ['?error=access_denied&error_description=No+way', { kind: 'refused', reason: 'access_denied' }],
    ['?error=Call+this+number', { kind: 'refused', reason: 'error' }],
  ])('%s', (search, expected) => expect(readReturn(search)).toEqual(expected));
});

describe('launchesItself', () => {
  const on = { oauth: true, oauthAutoLaunch: true };

  it('goes when the server wants it', () => {
    expect(launchesItself('', on, false)).toBe(true);
    expect(launchesItself('?continue=%2Ftrash', on, false)).toBe(true);
    expect(launchesItself('', { ...on, oauthAutoLaunch: false }, false)).toBe(false);
    expect(launchesItself('', { ...on, oauth: false }, false)).toBe(false);
    expect(launchesItself('', null, false)).toBe(false);
  });

  it('does not go round in a circle', () => {
    expect(launchesItself('?autoLaunch=0', on, false)).toBe(false);
    expect(launchesItself('?code=1&state=2', on, false)).toBe(false);
    expect(launchesItself('?error=access_denied', on, false)).toBe(false);
    expect(launchesItself('', on, true)).toBe(false);
  });
});
