/* The queue of uploads. It lives as long as the page, whichever list is shown, sends a few files at
 * a time and knows of each how far it is. Files that are already on the server are found by their
 * checksum before they are sent, where the browser can make one. */
import { addAssetsToAlbum, ApiError, checkBulkUpload, url, type AssetMediaResponse } from '../api';
import { credential } from './credential.svelte';
import { isWanted } from './dropped_files';
import { errorText } from './errors';
import { t } from './preferences.svelte';
import { session } from './session.svelte';

export type UploadState =
  'waiting' | 'checking' | 'sending' | 'created' | 'duplicate' | 'failed' | 'cancelled';

const parallelUploads = 3;

/** The browser hashes a file only as a whole, in memory. */
const largestHashedFile = 128 * 1024 * 1024;

export class Upload {
  state = $state<UploadState>('waiting');
  sentBytes = $state(0);
  error = $state('');
  assetId = $state<string | null>(null);
  isInTrash = $state(false);
  abort: AbortController | null = null;

  constructor(
    readonly id: number,
    readonly file: File,
    /** The album it goes into as well. */
    readonly albumId: string | null,
    /** Of the link it is given by. */
    readonly credential: { key?: string; slug?: string },
  ) {}

  get isOver(): boolean {
    return !['waiting', 'checking', 'sending'].includes(this.state);
  }
}

async function sha1Hex(file: File): Promise<string | null> {
  // Without https there is no crypto.subtle; the server then finds duplicates after the upload.
  if (!globalThis.crypto?.subtle || file.size > largestHashedFile) return null;
  const digest = await crypto.subtle.digest('SHA-1', await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The part that fetch cannot do: to tell how much of a body was sent. */
function send(
  file: File,
  signal: AbortSignal,
  query: { key?: string; slug?: string },
  progress: (bytes: number) => void,
): Promise<AssetMediaResponse> {
  const form = new FormData();
  const modified = new Date(file.lastModified || Date.now()).toISOString();
  form.append('fileCreatedAt', modified);
  form.append('fileModifiedAt', modified);
  form.append('filename', file.name);
  form.append('assetData', file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url('/assets', query));
    request.responseType = 'json';
    // The body is a little more than the file: scale, so that the end is the end.
    request.upload.onprogress = ({ loaded, total }) =>
      progress(total > 0 ? Math.floor((loaded / total) * file.size) : 0);
    request.onload = () => {
      const answer = request.response as (AssetMediaResponse & { message?: string }) | null;
      if (request.status === 200 || request.status === 201) {
        if (answer?.id) resolve(answer);
        else reject(new Error(t().errors.unknown));
      } else {
        const message = answer?.message ?? `${request.status} ${request.statusText}`;
        const errors = (answer as { errors?: never } | null)?.errors;
        reject(new ApiError(request.status, message, errors));
      }
    };
    request.onerror = () => reject(new Error(t().upload.connectionLost));
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}

class Uploads {
  list = $state.raw<readonly Upload[]>([]);
  /** The album that is open: what is uploaded there belongs into it. */
  albumId: string | null = null;
  /** Whether the link that is open takes photos. */
  isOpenToVisitors = $state(false);
  isAllowed = $derived(credential.isVisitor ? this.isOpenToVisitors : session.user !== null);
  private nextId = 1;
  private running = 0;

  totalBytes = $derived(
    this.list.reduce((sum, { state, file }) => sum + (state === 'cancelled' ? 0 : file.size), 0),
  );
  doneBytes = $derived(
    this.list.reduce((sum, upload) => {
      if (upload.state === 'cancelled') return sum;
      return sum + (upload.isOver ? upload.file.size : upload.sentBytes);
    }, 0),
  );
  counts = $derived.by(() => {
    const counts: Record<UploadState, number> = {
      waiting: 0,
      checking: 0,
      sending: 0,
      created: 0,
      duplicate: 0,
      failed: 0,
      cancelled: 0,
    };
    for (const upload of this.list) counts[upload.state]++;
    return counts;
  });
  isBusy = $derived(this.counts.waiting + this.counts.checking + this.counts.sending > 0);

  constructor() {
    addEventListener('beforeunload', (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  /** @return how many of these files were taken into the queue */
  add(files: Iterable<File>): number {
    const wanted = [...files].filter((file) => isWanted(file.name));
    // A new batch after everything went well starts a new list; problems stay to be seen.
    const kept = this.isBusy ? this.list : this.list.filter(({ state }) => state === 'failed');
    const added = wanted.map(
      (file) => new Upload(this.nextId++, file, this.albumId, credential.query),
    );
    this.list = [...kept, ...added];
    this.pump();
    return wanted.length;
  }

  cancel(upload: Upload): void {
    if (upload.isOver) return;
    upload.state = 'cancelled';
    upload.abort?.abort();
  }

  cancelAll(): void {
    for (const upload of this.list) this.cancel(upload);
  }

  retry(upload: Upload): void {
    upload.state = 'waiting';
    upload.sentBytes = 0;
    upload.error = '';
    this.pump();
  }

  retryFailed(): void {
    for (const upload of this.list) if (upload.state === 'failed') this.retry(upload);
  }

  clear(): void {
    if (!this.isBusy) this.list = [];
  }

  private pump(): void {
    while (this.running < parallelUploads) {
      const next = this.list.find(({ state }) => state === 'waiting');
      if (!next) return;
      this.running++;
      void this.run(next).finally(() => {
        this.running--;
        this.pump();
      });
    }
  }

  private async run(upload: Upload): Promise<void> {
    upload.abort = new AbortController();
    const { signal } = upload.abort;
    upload.state = 'checking';
    try {
      if (await this.isKnown(upload, signal)) {
        await this.intoAlbum(upload);
        return;
      }
      signal.throwIfAborted();
      upload.state = 'sending';
      const answer = await send(
        upload.file,
        signal,
        upload.credential,
        (bytes) => (upload.sentBytes = bytes),
      );
      upload.assetId = answer.id;
      await this.intoAlbum(upload);
      upload.state = answer.status === 'duplicate' ? 'duplicate' : 'created';
    } catch (error) {
      if (signal.aborted) return;
      upload.error = errorText(error);
      upload.state = 'failed';
    }
  }

  private async intoAlbum({ albumId, assetId, isInTrash }: Upload): Promise<void> {
    if (albumId && assetId && !isInTrash)
      await addAssetsToAlbum({ id: albumId, body: { ids: [assetId] } });
  }

  /** Whether the server has the file already. A check that fails is no reason not to upload. */
  private async isKnown(upload: Upload, signal: AbortSignal): Promise<boolean> {
    // A visitor may not ask.
    if (Object.keys(upload.credential).length > 0) return false;
    const checksum = await sha1Hex(upload.file).catch(() => null);
    if (!checksum || signal.aborted) return false;
    const body = { assets: [{ id: String(upload.id), checksum }] };
    const answer = await checkBulkUpload({ body }, { signal }).catch(() => null);
    const result = answer?.results[0];
    if (signal.aborted || result?.action !== 'reject' || !result.assetId) return false;
    upload.assetId = result.assetId;
    upload.isInTrash = result.isTrashed ?? false;
    upload.state = 'duplicate';
    return true;
  }
}

export const uploads = new Uploads();
