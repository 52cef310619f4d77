import { describe, expect, it } from 'vitest';
import { Rate } from './rate';

describe('the rate', () => {
  it('is that of the last seconds', () => {
    const rate = new Rate();
    for (let at = 0; at <= 30_000; at += 250) rate.add(at < 15_000 ? 1000 : 500, at);
    expect(rate.perSecond(30_000)).toBeGreaterThan(1900);
    expect(rate.perSecond(30_000)).toBeLessThan(2200);
  });

  it('is nothing before something is known, and after nothing came for long', () => {
    const rate = new Rate();
    expect(rate.perSecond(0)).toBe(0);
    rate.add(1000, 0);
    expect(rate.perSecond(100)).toBe(0);
    rate.add(1000, 1000);
    expect(rate.perSecond(1000)).toBe(1000);
    expect(rate.perSecond(60_000)).toBe(0);
  });
});
