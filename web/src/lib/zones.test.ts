import { describe, expect, it } from 'vitest';
import { offsetAt, offsetOfLocal, withOffset, zoneChoices } from './zones';

describe('zones', () => {
  it('have the offset of their season', () => {
    expect(offsetAt('Europe/Berlin', Date.UTC(2024, 5, 1))).toBe(120);
    expect(offsetAt('Europe/Berlin', Date.UTC(2024, 0, 1))).toBe(60);
    expect(offsetAt('Asia/Kathmandu', Date.UTC(2024, 0, 1))).toBe(345);
  });

  it('may be plain offsets', () => {
    expect(offsetAt('UTC', 0)).toBe(0);
    expect(offsetAt('UTC-7', 0)).toBe(-420);
    expect(offsetAt('UTC+5:30', 0)).toBe(330);
    expect(offsetAt('Middle Earth', 0)).toBeNull();
  });

  it('follow the clocks over a change', () => {
    // On 31 March 2024 the clocks of Berlin went from two to three.
    expect(offsetOfLocal('Europe/Berlin', Date.UTC(2024, 2, 31, 1, 30))).toBe(60);
    expect(offsetOfLocal('Europe/Berlin', Date.UTC(2024, 2, 31, 3, 30))).toBe(120);
  });

  it('turn what clocks show into an instant', () => {
    expect(withOffset('2023-11-19T18:11', 'America/Denver')).toBe('2023-11-19T18:11:00.000-07:00');
    expect(withOffset('2023-11-19T18:11:05', 'UTC+2')).toBe('2023-11-19T18:11:05.000+02:00');
    expect(withOffset('yesterday', 'UTC')).toBeNull();
  });

  it('offer the one that is set', () => {
    expect(zoneChoices('UTC+2')[0]).toBe('UTC+2');
    expect(zoneChoices('Europe/Berlin').filter((zone) => zone === 'Europe/Berlin')).toHaveLength(1);
  });
});
