/* Sending one file: in one request, or in parts that may break off and go on. What may work later is
 * told apart from what never will. */
import {
  ApiError,
  createPartialUpload,
  deletePartialUpload,
  getPartialUpload,
  url,
  type AssetMediaResponse,
  type PartialUploadResponse,
} from '../../api';
import { sha1Of } from './hasher';
import { PartSize } from './part_size';

/** No answer, or one of something between here and the server that could not reach it. */
export class ConnectionLost extends Error {
  constructor(
    message: string,
    /** How long whoever answered asks to be left alone. */
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

/** Something between here and the server takes only smaller bodies. */
export class BodyTooLarge extends Error {
  constructor(
    /** What it calls itself, such as "nginx"; empty when it does not say. */
    readonly whose: string,
    readonly bytes: number,
  ) {
    super(whose);
  }
}

export interface FileToSend {
  file: File;
  name: string;
  sidecar: File | null;
  /** SHA-1 as hexadecimal text. */
  checksum: string | null;
  livePhotoVideoId: string | null;
  /** A visitor's film that a photo will show: a visitor may not hide what lies in the timeline. */
  isHidden: boolean;
  credential: { key?: string; slug?: string };
}

export interface SendHooks {
  signal: AbortSignal;
  progress: (sentBytes: number) => void;
  /** So many bytes were there before. */
  resumed: (sentBytes: number) => void;
  /** A body of that many bytes was refused on its way, and smaller ones are tried. */
  onlimit: (limit: BodyTooLarge) => void;
}

export const partSize = new PartSize();

/** Of a line that is dead without saying so. The server may take long over what is complete. */
const stalledMs = 60_000;
const storingMs = 15 * 60_000;

interface Answer {
  status: number;
  text: string;
  server: string;
  /** Of the header Retry-After. */
  waitMs: number;
}

/** The part that fetch cannot do: to tell how much of a body was sent. */
function ask(
  method: string,
  target: string,
  form: FormData,
  headers: Record<string, string>,
  signal: AbortSignal,
  progress: (part: number) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watchdog = 0;
    const watch = (ms: number): void => {
      clearTimeout(watchdog);
      watchdog = window.setTimeout(() => fail(new ConnectionLost('stalled')), ms);
    };
    const abort = (): void => fail(new DOMException('cancelled', 'AbortError'));
    const end = (): void => {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', abort);
    };
    const fail = (error: Error): void => {
      end();
      reject(error);
      request.abort();
    };
    request.open(method, target);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      watch(loaded < total ? stalledMs : storingMs);
      progress(total > 0 ? loaded / total : 0);
    };
    request.upload.onload = () => watch(storingMs);
    request.onload = () => {
      end();
      const server = request.getResponseHeader('server') ?? '';
      const waitMs = (Number(request.getResponseHeader('retry-after')) || 0) * 1000;
      resolve({ status: request.status, text: request.responseText, server, waitMs });
    };
    request.onerror = () => fail(new ConnectionLost('no answer'));
    signal.addEventListener('abort', abort);
    if (signal.aborted) return abort();
    watch(stalledMs);
    request.send(form);
  });
}

interface Problem {
  message?: string;
  statusCode?: number;
  errors?: unknown;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Who answers with a page of its own names itself in a header or in the last line of the page. */
export function nameOfProxy(server: string, page: string): string {
  const name = server || (/<hr>\s*<center>([^<]+)<\/center>/i.exec(page)?.[1] ?? '');
  return name.split(/[\s/]/)[0] ?? '';
}

const mayWorkLater = [408, 425, 502, 503, 504, 520, 521, 522, 523, 524];

function read<T>({ status, text, server, waitMs }: Answer, bodyBytes: number): T {
  const json = parse(text);
  if (status >= 200 && status < 300 && json !== null) return json as T;
  const problem = json as Problem | null;
  const isOurs = typeof problem?.statusCode === 'number';
  if (status === 413 && !isOurs) throw new BodyTooLarge(nameOfProxy(server, text), bodyBytes);
  // A proxy that is asked too often takes the file later; the server's own 429 says what is too much.
  const isPassing = mayWorkLater.includes(status) || (status === 429 && !isOurs);
  if (isPassing || (status >= 200 && status < 300))
    throw new ConnectionLost(problem?.message ?? `status ${status}`, waitMs);
  throw new ApiError(status, problem?.message ?? `status ${status}`, problem?.errors as never);
}

function describe({ file, sidecar, livePhotoVideoId, isHidden }: FileToSend): FormData {
  const form = new FormData();
  const modified = new Date(file.lastModified || Date.now()).toISOString();
  form.append('fileCreatedAt', modified);
  form.append('fileModifiedAt', modified);
  if (livePhotoVideoId) form.append('livePhotoVideoId', livePhotoVideoId);
  if (isHidden) form.append('visibility', 'hidden');
  if (sidecar) form.append('sidecarData', sidecar, sidecar.name);
  return form;
}

async function sendWhole(it: FileToSend, hooks: SendHooks): Promise<AssetMediaResponse> {
  const form = describe(it);
  form.append('filename', it.name);
  form.append('assetData', it.file, it.name);
  const headers: Record<string, string> = it.checksum ? { 'x-immich-checksum': it.checksum } : {};
  // The body is a little more than the file: scale, so that the end is the end.
  const answer = await ask(
    'POST',
    url('/assets', it.credential),
    form,
    headers,
    hooks.signal,
    (part) => hooks.progress(Math.floor(part * it.file.size)),
  );
  return read<AssetMediaResponse>(answer, it.file.size);
}

async function sendPart(
  it: FileToSend,
  { id, receivedBytes: offset }: PartialUploadResponse,
  hooks: SendHooks,
): Promise<PartialUploadResponse> {
  const part = it.file.slice(offset, offset + partSize.bytes);
  const checksum = await sha1Of(part, hooks.signal);
  hooks.signal.throwIfAborted();
  if (!checksum) throw new Error('this browser makes no checksums');
  const form = new FormData();
  form.append('offset', String(offset));
  form.append('checksum', checksum);
  form.append('data', part, 'part');
  const started = Date.now();
  const target = url(`/partial-uploads/${id}`, it.credential);
  const answer = await ask('PATCH', target, form, {}, hooks.signal, (done) =>
    hooks.progress(offset + Math.floor(done * part.size)),
  );
  const state = read<PartialUploadResponse>(answer, part.size);
  partSize.passed(part.size, Date.now() - started);
  return state;
}

const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409;

/** Where it is: known from before, or begun now. fetch rejects with a TypeError without an answer. */
async function begin(it: FileToSend, known: string | null): Promise<PartialUploadResponse> {
  if (known) {
    const state = await getPartialUpload({ id: known, ...it.credential }).catch(
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 400) return null; // it was forgotten
        throw error;
      },
    );
    if (state) return state;
  }
  const body = {
    filename: it.name,
    sizeInBytes: it.file.size,
    ...(it.checksum ? { checksum: it.checksum } : {}),
  };
  return createPartialUpload({ body, ...it.credential });
}

async function sendInParts(
  it: FileToSend,
  hooks: SendHooks,
  known: { id: string | null },
): Promise<AssetMediaResponse> {
  let state = await begin(it, known.id);
  known.id = state.id;
  hooks.resumed(state.receivedBytes);
  while (state.receivedBytes < it.file.size && !state.assetId) {
    try {
      state = await sendPart(it, state, hooks);
    } catch (error) {
      if (error instanceof BodyTooLarge && partSize.refuse(error.bytes)) hooks.onlimit(error);
      else if (isConflict(error)) {
        state = await begin(it, known.id);
        hooks.resumed(state.receivedBytes);
      } else {
        if (error instanceof ConnectionLost) partSize.shrink();
        throw error;
      }
    }
  }
  const target = url(`/partial-uploads/${state.id}/asset`, it.credential);
  const answer = await ask('POST', target, describe(it), {}, hooks.signal, () => undefined);
  // Another request finishes it at this moment: its answer is given again later.
  if (answer.status === 409) throw new ConnectionLost('busy');
  return read<AssetMediaResponse>(answer, 0);
}

/** Send it. Rejects with ConnectionLost when the same may work later; @known holds what was begun in
 *  parts, so that it is gone on with. */
export async function sendFile(
  it: FileToSend,
  hooks: SendHooks,
  known: { id: string | null },
): Promise<AssetMediaResponse> {
  if (!known.id && it.file.size <= partSize.bytes) {
    try {
      return await lostOrNot(sendWhole(it, hooks));
    } catch (error) {
      if (!(error instanceof BodyTooLarge) || !partSize.refuse(error.bytes)) throw error;
      hooks.onlimit(error);
    }
  }
  return lostOrNot(sendInParts(it, hooks, known));
}

/** The same answer. What may work later rejects with ConnectionLost; fetch says TypeError when there is no
 *  answer. */
export async function lostOrNot<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isLost =
      error instanceof TypeError ||
      (error instanceof ApiError && mayWorkLater.includes(error.status));
    throw isLost ? new ConnectionLost((error as Error).message) : error;
  }
}

/** It is not wanted any more. What is not deleted now the server forgets by itself. */
export function forgetParts(id: string, credential: FileToSend['credential']): void {
  void deletePartialUpload({ id, ...credential }).catch(() => undefined);
}
