/* How quickly bytes go, over the last seconds. */

const windowMs = 10_000;

export class Rate {
  private samples: { at: number; bytes: number }[] = [];
  private total = 0;

  add(bytes: number, now = Date.now()): void {
    this.total += bytes;
    const last = this.samples.at(-1);
    // Five a second are enough.
    if (last && now - last.at < 200) last.bytes = this.total;
    else this.samples.push({ at: now, bytes: this.total });
    while (this.samples.length > 2 && now - this.samples[0]!.at > windowMs) this.samples.shift();
  }

  /** Bytes a second; 0 when nothing is known. */
  perSecond(now = Date.now()): number {
    const first = this.samples[0];
    if (!first || now - first.at < 500) return 0;
    if (now - (this.samples.at(-1)?.at ?? 0) > windowMs) return 0;
    return ((this.total - first.bytes) / (now - first.at)) * 1000;
  }

  reset(): void {
    this.samples = [];
    this.total = 0;
  }
}
