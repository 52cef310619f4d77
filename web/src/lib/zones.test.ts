import { describe, expect, it } from 'vitest';
import { offsetAt, offsetOfLocal, sendLocal, withOffset, zoneChoices } from './zones';

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
    // Half past two was skipped, and in October it came twice.
    expect(offsetOfLocal('Europe/Berlin', Date.UTC(2024, 2, 31, 2, 30))).toBe(60);
    expect(offsetOfLocal('Europe/Berlin', Date.UTC(2024, 9, 27, 2, 30))).toBe(120);
    expect(offsetOfLocal('America/Denver', Date.UTC(2024, 10, 3, 1, 30))).toBe(-360);
    expect(offsetOfLocal('Pacific/Kiritimati', Date.UTC(2024, 10, 3, 1, 30))).toBe(840);
  });

  it('had seconds once, of which no midnight becomes the day before', () => {
    // Dublin was 25 minutes and 21 seconds behind.
    expect(withOffset('1905-01-01T00:00', 'Europe/Dublin')).toBe('1905-01-01T00:00:00.000-00:26');
  });

  it('turn what clocks show into an instant', () => {
    expect(withOffset('2023-11-19T18:11', 'America/Denver')).toBe('2023-11-19T18:11:00.000-07:00');
    expect(withOffset('2023-11-19T18:11:05', 'UTC+2')).toBe('2023-11-19T18:11:05.000+02:00');
    expect(withOffset('2023-11-19T18:11:05.250', 'UTC')).toBe('2023-11-19T18:11:05.250+00:00');
    expect(withOffset('yesterday', 'UTC')).toBeNull();
  });

  it('of a place show what was typed, whatever offset the camera told in another season', async () => {
    const sent: string[] = [];
    const asset = (localDateTime: string, timeZone: string) => ({
      localDateTime,
      exifInfo: { timeZone },
    });
    const send = async (text: string) => {
      sent.push(text);
      return text.endsWith('+01:00')
        ? asset('1985-01-01T00:00:00.000Z', 'Europe/Berlin')
        : asset('1984-12-31T23:00:00.000Z', 'Europe/Berlin');
    };
    const saved = await sendLocal('1985-01-01T00:00', 'UTC+2', send);
    expect(saved?.localDateTime).toBe('1985-01-01T00:00:00.000Z');
    expect(sent).toEqual(['1985-01-01T00:00:00.000+02:00', '1985-01-01T00:00:00.000+01:00']);
    sent.length = 0;
    await sendLocal('1985-01-01T00:00', 'Europe/Berlin', send);
    expect(sent).toEqual(['1985-01-01T00:00:00.000+01:00']);
    expect(await sendLocal('yesterday', 'UTC', send)).toBeNull();
  });

  it('offer the one that is set', () => {
    expect(zoneChoices('UTC+2')[0]).toBe('UTC+2');
    expect(zoneChoices('Europe/Berlin').filter((zone) => zone === 'Europe/Berlin')).toHaveLength(1);
  });
});
