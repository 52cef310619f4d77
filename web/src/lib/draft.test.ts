import { describe, expect, it, vi } from 'vitest';
import { Draft } from './draft';

/** Takes what is sent, and answers when it is told to. */
function slowly() {
  const sent: string[] = [];
  const answers: ((isStored: boolean) => void)[] = [];
  const draft = new Draft((id, text) => {
    sent.push(`${id}: ${text}`);
    return new Promise((resolve) => answers.push(resolve));
  });
  const answer = async (isStored = true): Promise<void> => {
    await vi.waitFor(() => expect(answers).not.toHaveLength(0));
    answers.shift()?.(isStored);
  };
  return { draft, sent, answer };
}

describe('a text that is kept', () => {
  it('is saved again when it changed while it was being saved, in order', async () => {
    const { draft, sent, answer } = slowly();
    draft.open('a', '');
    void draft.save('one');
    const last = draft.save('two');
    await answer();
    await answer();
    await last;
    expect(sent).toEqual(['a: one', 'a: two']);
  });

  it('belongs to what it was typed for', async () => {
    const { draft, sent, answer } = slowly();
    draft.open('a', '');
    void draft.save('of a');
    draft.open('b', 'old');
    const last = draft.save('of b');
    await answer();
    await answer();
    await last;
    expect(sent).toEqual(['a: of a', 'b: of b']);
  });

  it('is not saved when the server has it', async () => {
    const { draft, sent, answer } = slowly();
    await draft.save('nothing is open');
    draft.open('a', 'same');
    await draft.save(' same ');
    const last = draft.save('other');
    await answer();
    await last;
    await draft.save('other');
    expect(sent).toEqual(['a: other']);
  });

  it('is sent again after it was refused', async () => {
    const { draft, sent, answer } = slowly();
    draft.open('a', '');
    const first = draft.save('text');
    await answer(false);
    await first;
    const again = draft.save('text');
    await answer();
    await again;
    expect(sent).toEqual(['a: text', 'a: text']);
  });
});
