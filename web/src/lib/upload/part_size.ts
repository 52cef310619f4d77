/* How much of a file goes in one request: little over poor lines and through narrow proxies. */

const MiB = 1024 * 1024;
export const smallestPart = MiB / 4;
/** Where quick lines end up; the server takes twice as much. */
export const largestPart = 32 * MiB;
export const firstPart = 8 * MiB;

/** What the lines around the parts of a form take. */
const formBytes = 4096;

export class PartSize {
  bytes = firstPart;
  private limit = largestPart;

  /** A request of that many bytes was refused by something that takes less.
   *  @return FALSE when there is nothing smaller to try */
  refuse(bytes: number): boolean {
    if (bytes <= smallestPart) return false;
    const below = Math.min(bytes, this.limit) / 2;
    // A limit is a round number, and the form around a part must fit as well.
    this.limit = Math.max(smallestPart, Math.floor(below) - formBytes);
    this.bytes = Math.min(this.bytes, this.limit);
    return true;
  }

  /** A part broke off. */
  shrink(): void {
    this.bytes = Math.max(smallestPart, Math.min(this.bytes / 2, this.limit));
  }

  /** A part of that many bytes went through in that time. */
  passed(bytes: number, ms: number): void {
    if (ms < 2_000 && bytes >= this.bytes) this.bytes = Math.min(this.bytes * 2, this.limit);
  }
}
