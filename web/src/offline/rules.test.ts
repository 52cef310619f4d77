import { describe, expect, it } from 'vitest';
import { goesPast, isFixed, isLocked, kindOf } from './rules';

const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
const kind = (address: string) => {
  const url = new URL(address, 'http://host/');
  return kindOf(url.pathname.slice(1), url.searchParams);
};

describe('what is kept', () => {
  it('is what one needs to look at photos', () => {
    for (const path of ['users/me', 'server/config', 'timeline/buckets?isTrashed=false'])
      expect(kind(path)).toBe('answers');
    for (const path of [`timeline/bucket?timeBucket=2024-01-01`, `assets/${id}`, `albums/${id}`])
      expect(kind(path)).toBe('answers');
    expect(kind(`assets/${id}/thumbnail?edited=true&c=abc`)).toBe('thumbnails');
    expect(kind(`assets/${id}/thumbnail?size=preview`)).toBe('previews');
    expect(kind(`people/${id}/thumbnail`)).toBe('thumbnails');
  });

  it('is nothing large, nothing secret and nothing else', () => {
    for (const path of [
      `assets/${id}/original`,
      `assets/${id}/thumbnail?size=fullsize`,
      `assets/${id}/video/playback`,
      'sessions',
      'api-keys',
      'admin/users',
      'users/me/license',
      'auth/login',
      'sync/stream',
      'server/ping',
    ])
      expect(kind(path)).toBeNull();
  });

  it('is nothing of a link or of the locked folder', () => {
    for (const path of [
      `assets/${id}/thumbnail?size=preview&key=abc`,
      `timeline/bucket?slug=feast`,
      `assets/${id}/thumbnail?c=abc&keep=no`,
      'timeline/buckets?visibility=locked',
    ])
      expect(kind(path)).toBeNull();
    expect(isLocked({ visibility: 'locked' })).toBe(true);
    expect(isLocked({ visibility: 'timeline' })).toBe(false);
    expect(isLocked(null)).toBe(false);
  });

  it('is fixed when its address tells the version', () => {
    expect(isFixed('previews', new URLSearchParams('c=abc'))).toBe(true);
    expect(isFixed('previews', new URLSearchParams(''))).toBe(false);
    expect(isFixed('answers', new URLSearchParams('c=abc'))).toBe(false);
  });

  it('goes past the worker when it is a thumbnail of a version', () => {
    expect(goesPast('thumbnails', new URLSearchParams('c=abc'))).toBe(true);
    expect(goesPast('thumbnails', new URLSearchParams(''))).toBe(false);
    expect(goesPast('previews', new URLSearchParams('c=abc'))).toBe(false);
    expect(goesPast(null, new URLSearchParams('c=abc'))).toBe(false);
  });
});
