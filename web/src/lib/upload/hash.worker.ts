/* SHA-1 away from the page. Small blobs in one go by the browser itself, where it may; large ones piece
 * by piece, so that a film of gigabytes takes no more memory than a photo. */
import { sha1 } from '@noble/hashes/legacy';

const wholeBytes = 16 * 1024 * 1024;
const pieceBytes = 4 * 1024 * 1024;

export interface HashRequest {
  id: number;
  /** Absent: forget the blob of that id. */
  blob?: Blob;
}

export type HashAnswer =
  | { id: number; hashedBytes: number }
  | { id: number; checksum: string }
  | { id: number; error: string };

const forgotten = new Set<number>();

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const answer = (message: HashAnswer): void => postMessage(message);

async function hash(id: number, blob: Blob): Promise<string | null> {
  // Without https there is no crypto.subtle.
  if (blob.size <= wholeBytes && globalThis.crypto?.subtle)
    return hex(new Uint8Array(await crypto.subtle.digest('SHA-1', await blob.arrayBuffer())));
  const digest = sha1.create();
  for (let at = 0; at < blob.size; at += pieceBytes) {
    if (forgotten.has(id)) return null;
    digest.update(new Uint8Array(await blob.slice(at, at + pieceBytes).arrayBuffer()));
    answer({ id, hashedBytes: Math.min(at + pieceBytes, blob.size) });
  }
  return hex(digest.digest());
}

addEventListener('message', ({ data: { id, blob } }: MessageEvent<HashRequest>) => {
  if (!blob) {
    forgotten.add(id);
    return;
  }
  void hash(id, blob)
    .then(
      (checksum) => checksum !== null && answer({ id, checksum }),
      (error: Error) => answer({ id, error: error.message }),
    )
    .finally(() => forgotten.delete(id));
});
