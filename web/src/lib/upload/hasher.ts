/* The page's side of hash.worker.ts. */
import type { HashAnswer, HashRequest } from './hash.worker';

/** The file cannot be read any more: it was changed, moved or is on a disk that is gone. */
export class UnreadableFile extends Error {}

interface Waiting {
  resolve: (checksum: string | null) => void;
  reject: (error: Error) => void;
  progress: ((hashedBytes: number) => void) | undefined;
}

let worker: Worker | null | undefined;
let nextId = 1;
const waiting = new Map<number, Waiting>();

function take({ data }: MessageEvent<HashAnswer>): void {
  const asked = waiting.get(data.id);
  if (!asked) return;
  if ('hashedBytes' in data) {
    asked.progress?.(data.hashedBytes);
    return;
  }
  waiting.delete(data.id);
  if ('checksum' in data) asked.resolve(data.checksum);
  else asked.reject(new UnreadableFile(data.error));
}

function start(): Worker | null {
  if (worker !== undefined) return worker;
  try {
    worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  } catch {
    return (worker = null);
  }
  worker.addEventListener('message', take);
  // It did not even load: uploads go on without checksums.
  worker.addEventListener('error', () => {
    worker = null;
    for (const { resolve } of waiting.values()) resolve(null);
    waiting.clear();
  });
  return worker;
}

/** SHA-1 as hexadecimal text; null when this browser makes none or @signal says stop. Rejects with
 *  UnreadableFile. */
export function sha1Of(
  blob: Blob,
  signal?: AbortSignal,
  progress?: (hashedBytes: number) => void,
): Promise<string | null> {
  const running = start();
  if (!running || signal?.aborted) return Promise.resolve(null);
  const id = nextId++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, progress });
    running.postMessage({ id, blob } satisfies HashRequest);
    signal?.addEventListener('abort', () => {
      if (!waiting.delete(id)) return;
      running.postMessage({ id } satisfies HashRequest);
      resolve(null);
    });
  });
}
