import { describe, expect, it, vi } from 'vitest';

vi.mock('../api', () => import('../api/generated/client'));
vi.mock('./credential.svelte', () => ({ credential: { isVisitor: false } }));
vi.mock('./preferences.svelte', () => ({ t: vi.fn() }));
const { ApiError } = await import('../api');
const { isOverQuota, isRefusedForGood } = await import('./errors');

describe('a file that was refused', () => {
  it('is given up only where the server says so of what the file is', () => {
    expect(isRefusedForGood(new ApiError(400, 'Unsupported file type letter.txt'))).toBe(true);
    expect(isRefusedForGood(new ApiError(400, 'File is empty'))).toBe(true);
  });

  it.each([
    [
      400,
      'The file does not have the checksum of x-immich-checksum: it was changed; send it again',
    ],
    [400, 'Quota has been exceeded!'],
    [400, 'Not found or no album.addAsset access'],
    [400, 'status 400'],
    [403, 'status 403'],
    [413, 'sizeInBytes: all open uploads of a user may have 100 GiB together'],
    [415, 'status 415'],
    [422, 'status 422'],
    [500, 'Unsupported file type of the proxy'],
  ])('may be taken at the next try after %i %s', (status, message) => {
    expect(isRefusedForGood(new ApiError(status, message))).toBe(false);
  });

  it('finds no room only where the server says so', () => {
    expect(isOverQuota(new ApiError(400, 'Quota has been exceeded!'))).toBe(true);
    expect(isOverQuota(new ApiError(413, 'status 413'))).toBe(false);
  });
});
