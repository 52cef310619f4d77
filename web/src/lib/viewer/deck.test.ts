import { describe, expect, it } from 'vitest';
import type { GridAsset } from '../months';
import { Deck } from './deck';

const assets = Array.from({ length: 20 }, (_, i) => ({ id: `${i}` }) as GridAsset);
const list = {
  total: assets.length,
  at: async (index: number) => assets[index] ?? null,
  neighbour: async (id: string, step: 1 | -1) => assets[Number(id) + step] ?? null,
};
const start = assets[18] as GridAsset;

async function walk(deck: Deck, steps: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < steps; i++) ids.push((await deck.next())?.id ?? 'end');
  return ids;
}

describe('a deck', () => {
  it('goes forward to the end, and back through what it showed and beyond', async () => {
    const deck = new Deck(list, 'forward', start);
    expect(await walk(deck, 3)).toEqual(['19', 'end', 'end']);
    expect((await deck.previous())?.id).toBe('18');
    expect((await deck.previous())?.id).toBe('17');
    expect((await deck.next())?.id).toBe('18');
    expect((await deck.first())?.id).toBe('0');
  });

  it('goes backwards', async () => {
    const deck = new Deck(list, 'back', assets[1] as GridAsset);
    expect(await walk(deck, 2)).toEqual(['0', 'end']);
    expect((await deck.first())?.id).toBe('19');
  });

  it('shows what it announced, however often it is asked', async () => {
    const deck = new Deck(list, 'shuffle', start);
    for (let i = 0; i < 30; i++) {
      const [a, b] = await Promise.all([deck.peek(), deck.peek()]);
      expect(a?.id).toBe(b?.id);
      expect((await deck.next())?.id).toBe(a?.id);
    }
  });

  it('shuffled shows each before any comes again, and goes on after that', async () => {
    for (let i = 0; i < 50; i++) {
      const deck = new Deck(list, 'shuffle', start);
      const ids = await walk(deck, 19);
      expect(new Set([...ids, start.id]).size).toBe(20);
      expect(await walk(deck, 45)).not.toContain('end');
    }
  });

  it('ends when there is only one', async () => {
    const one = { ...list, total: 1 };
    expect(await new Deck(one, 'shuffle', assets[0] as GridAsset).next()).toBeNull();
  });
});
