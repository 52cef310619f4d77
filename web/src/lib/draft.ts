/* A text that is typed and kept on the server: saves follow each other in the order they were asked for,
 * each with the text and for the thing that it was asked for, so that none is lost to another. */

export class Draft {
  /** What the server has, or soon will; null after a refusal, which is tried again. */
  private saved: string | null = null;
  private id: string | null = null;
  private last: Promise<void> = Promise.resolve();

  /** @param send  stores the text of one thing; it tells failures itself and answers whether it stored */
  constructor(private readonly send: (id: string, text: string) => Promise<boolean>) {}

  /** Another thing is looked at, or the same anew. */
  open(id: string, saved: string): void {
    this.id = id;
    this.saved = saved;
  }

  /** Store the text unless it is there already. What was refused is sent again when it is asked for
   *  again. */
  save(text: string): Promise<void> {
    const { id } = this;
    if (id === null || text.trim() === this.saved?.trim()) return this.last;
    this.saved = text;
    this.last = this.last.then(async () => {
      if (await this.send(id, text)) return;
      if (this.id === id && this.saved === text) this.saved = null;
    });
    return this.last;
  }
}
