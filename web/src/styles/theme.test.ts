/* Holds every pair of colours that carries text or the edge of a control against WCAG AA. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mapColours } from '../lib/map_colours';

const css = readFileSync(new URL('./theme.css', import.meta.url), 'utf8');

function tokens(theme: 'light' | 'dark'): Map<string, string> {
  const block = new RegExp(`\\[data-theme='${theme}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return new Map(
    [...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1]!, match[2]!]),
  );
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const value = parseInt(colour.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  const colours = tokens(theme);
  const grounds = ['ground', 'surface', 'raised', 'sunken', 'tint', 'picked'];
  const of = (name: string): string => {
    const colour = colours.get(name);
    if (!colour) throw new Error(`theme.css has no --${name} in ${theme}`);
    return colour;
  };

  it.each(grounds)('has readable text, hints and accents on %s', (ground) => {
    for (const ink of ['text', 'muted', 'accent']) {
      expect(contrast(of(ink), of(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('has a map on which coasts and borders are seen', () => {
    const { sea, land, coast, border } = mapColours[theme];
    expect(contrast(coast, sea)).toBeGreaterThanOrEqual(2.5);
    expect(contrast(border, land)).toBeGreaterThanOrEqual(2);
  });

  it('has readable text on accents', () => {
    expect(contrast(of('on-accent'), of('accent'))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['ground', 'surface', 'raised'])('shows the edges of controls on %s', (ground) => {
    expect(contrast(of('edge'), of(ground))).toBeGreaterThanOrEqual(3);
  });
});
