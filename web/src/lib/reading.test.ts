import { describe, expect, it, vi } from 'vitest';

class ApiError extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}
const end = vi.fn();
vi.mock('../api', () => ({ ApiError }));
vi.mock('./preferences.svelte', () => ({ t: () => ({ errors: {} }) }));
vi.mock('./session.svelte', () => ({ session: { end } }));
const { Reading } = await import('./reading.svelte');

describe('what a page reads', () => {
  it('is not empty when it could not be read, and can be read again', async () => {
    const read = vi.fn<() => Promise<string[]>>();
    read.mockRejectedValueOnce(new ApiError(502)).mockResolvedValueOnce(['a']);
    const reading = new Reading(read);
    await reading.load();
    expect(reading.value).toBeNull();
    expect(reading.error).toBeInstanceOf(ApiError);
    await reading.load();
    expect(reading.value).toEqual(['a']);
    expect(reading.error).toBeNull();
  });

  it('stays through a failure', async () => {
    const read = vi.fn<() => Promise<string[]>>();
    read.mockResolvedValueOnce(['a']).mockRejectedValueOnce(new ApiError(502));
    const reading = new Reading(read);
    await reading.load();
    await reading.load();
    expect(reading.value).toEqual(['a']);
    expect(reading.error).not.toBeNull();
  });

  it('is what was asked for last, in whatever order answers come', async () => {
    const answers: ((value: string) => void)[] = [];
    const reading = new Reading(() => new Promise<string>((resolve) => answers.push(resolve)));
    const both = [reading.load(), reading.load()];
    answers[1]?.('new');
    answers[0]?.('old');
    await Promise.all(both);
    expect(reading.value).toBe('new');
  });

  it('leads to the login when the session has ended', async () => {
    const reading = new Reading(() => Promise.reject(new ApiError(401)));
    await reading.load();
    expect(end).toHaveBeenCalledOnce();
    expect(reading.error).toBeNull();
  });
});
