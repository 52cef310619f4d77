import { describe, expect, it } from 'vitest';
import { formatBytes, formatDay, formatDuration, formatMonth } from './format';

const plain = (text: string): string => text.replace(/\s/g, ' ');

describe('format', () => {
  const day = Date.parse('2024-06-14T23:59:00Z');

  it('leaves out the year that it is', () => {
    expect(formatDay('en-GB', day, 'long', Date.parse('2024-12-01'))).toBe('Friday 14 June');
    expect(formatDay('en-GB', day, 'long', Date.parse('2025-01-01'))).toContain('2024');
    expect(formatDay('de', day, 'short', Date.parse('2024-12-01'))).toBe('Fr., 14. Juni');
    expect(formatMonth('de', day)).toBe('Juni 2024');
  });

  it('tells sizes in steps of a thousand', () => {
    expect(plain(formatBytes('en', 0))).toBe('0 bytes');
    expect(plain(formatBytes('en', 999))).toBe('999 bytes');
    expect(plain(formatBytes('en', 4_512_345))).toBe('4.5 MB');
    expect(plain(formatBytes('de', 4_512_345))).toBe('4,5 MB');
  });

  it('tells durations as players do', () => {
    expect([0, 7_400, 750_000, 3_723_000].map(formatDuration)).toEqual([
      '0:00',
      '0:07',
      '12:30',
      '1:02:03',
    ]);
  });
});
