/* The queue of uploads. It lives as long as the page, whichever list is shown. Files are hashed in a
 * worker a little ahead, asked about together, and sent a few at a time; what breaks off is tried again.
 *
 * Ten thousand of them are nothing special: an upload is a plain object, how many are in which state is
 * known without counting, and the page hears of changes a few times a second through one number. */
import { addAssetsToAlbum, ApiError, checkBulkUpload, type AssetMediaResponse } from '../api';
import { credential } from './credential.svelte';
import { errorText, isLoggedOut, isOverQuota, isRefusedForGood } from './errors';
import { t } from './preferences.svelte';
import { session } from './session.svelte';
import { filesOfList, walkHandle, type Batch } from './upload/found_files';
import { sha1Of, UnreadableFile } from './upload/hasher';
import { groupByFolder, type FoundFile, type FoundGroup } from './upload/pairs';
import {
  forgetAll,
  forgetFiles,
  keepFiles,
  keepHandles,
  keyOf,
  loadPending,
  type Pending,
} from './upload/pending';
import { Rate } from './upload/rate';
import { findRemembered, forgetRemembered } from './upload/remembered';
import { tabs } from './upload/tabs';
import {
  BodyTooLarge,
  ConnectionLost,
  forgetParts,
  lostOrNot,
  sendFile,
  type SendHooks,
} from './upload/transfer';

export const uploadStates = [
  'failed',
  'refused',
  'sending',
  'checking',
  'ready',
  'waiting',
  'duplicate',
  'created',
  'cancelled',
] as const;
export type UploadState = (typeof uploadStates)[number];

const parallelUploads = 3;
/** So many are known not to be there while others are sent. */
const mostReady = 48;
const checkedTogether = 32;
const tellMs = 120;
/** However long a proxy asks to be left alone. */
const mostWaitMs = 10 * 60_000;
/** Tries of a file while others go through. */
const mostTries = 8;

const over: readonly UploadState[] = ['created', 'duplicate', 'refused', 'failed', 'cancelled'];

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly path: string;
  readonly sidecar: File | null;
  readonly motion: File | null;
  /** Of both files. */
  readonly bytes: number;
  /** The album it goes into as well. */
  readonly albumId: string | null;
  /** Of the link it is given by. */
  readonly credential: { key?: string; slug?: string };
  /** Under which it is kept over a reload; null: it is not. */
  readonly key: string | null;
  state: UploadState;
  /** The server will not take it, however often it is tried. */
  isRefusedForGood: boolean;
  sentBytes: number;
  hashedBytes: number;
  checksum: string | null;
  error: string;
  assetId: string | null;
  isInTrash: boolean;
  motionId: string | null;
  /** What was begun in parts, of the film and of the photo. */
  partsOfMotion: { id: string | null };
  parts: { id: string | null };
  tries: number;
  /** How many uploads had succeeded at its last try. */
  successesSeen: number;
  abort: AbortController | null;
}

export const isOver = ({ state }: Upload): boolean => over.includes(state);

class Uploads {
  /** The album that is open: what is uploaded there belongs into it. */
  albumId: string | null = null;
  /** Whether the link that is open takes photos. */
  isOpenToVisitors = $state(false);
  isAllowed = $derived(credential.isVisitor ? this.isOpenToVisitors : session.user !== null);
  isPaused = $state(false);
  /** When the connection is tried again; 0: it is not lost. */
  retryAt = $state(0);
  /** What was refused for its size by something in front of the server. */
  limit = $state.raw<BodyTooLarge | null>(null);
  /** Files that were not sent when the page was closed. */
  pending = $state.raw<Pending | null>(null);

  private readonly groups = Object.fromEntries(
    uploadStates.map((state) => [state, new Set<Upload>()]),
  ) as Record<UploadState, Set<Upload>>;
  private version = $state(0);
  private telling = 0;
  private allBytes = 0;
  private overBytes = 0;
  private readonly rate = new Rate();
  private nextId = 1;
  private running = 0;
  private isChecking = false;
  private successes = 0;
  private streak = 0;
  private retryTimer = 0;
  private settled: string[] = [];
  /** A file of so many bytes found no room: none as large is sent after it. */
  private tooManyBytes = Infinity;

  counts = $derived.by(() => {
    void this.version;
    return Object.fromEntries(
      uploadStates.map((state) => [state, this.groups[state].size]),
    ) as Record<UploadState, number>;
  });
  /** Failed, and worth another try. */
  retriable = $derived((void this.version, this.countRetriable()));
  all = $derived(Object.values(this.counts).reduce((sum, n) => sum + n, 0));
  isBusy = $derived(
    this.counts.waiting + this.counts.checking + this.counts.ready + this.counts.sending > 0,
  );
  totalBytes = $derived((void this.version, this.allBytes));
  doneBytes = $derived.by(() => {
    void this.version;
    let bytes = this.overBytes;
    for (const upload of this.groups.sending) bytes += upload.sentBytes;
    return bytes;
  });
  /** Bytes a second; 0 when nothing goes. */
  speed = $derived.by(() => {
    void this.version;
    return this.isPaused || this.retryAt > 0 ? 0 : this.rate.perSecond();
  });
  secondsLeft = $derived(
    this.speed > 0 ? Math.ceil((this.totalBytes - this.doneBytes) / this.speed) : null,
  );

  constructor() {
    addEventListener('beforeunload', (event) => {
      if (this.isBusy) event.preventDefault();
    });
    addEventListener('online', () => this.tryNow());
  }

  /** The uploads from one place of the list to another, problems first. */
  rows(from: number, to: number): Upload[] {
    void this.version;
    const rows: Upload[] = [];
    let skip = from;
    for (const state of uploadStates) {
      const group = this.groups[state];
      if (skip >= group.size) {
        skip -= group.size;
        continue;
      }
      for (const upload of group) {
        if (skip > 0) skip--;
        else if (rows.push(upload) === to - from) return rows;
      }
    }
    return rows;
  }

  private tell(): void {
    tabs.setBusy(this.isBusyNow);
    if (this.telling) return;
    this.telling = window.setTimeout(() => {
      this.telling = 0;
      this.version++;
    }, tellMs);
  }

  private set(upload: Upload, state: UploadState): void {
    if (isOver(upload) && upload.state !== 'cancelled') this.overBytes -= upload.bytes;
    if (upload.state === 'cancelled') this.allBytes += upload.bytes;
    this.groups[upload.state].delete(upload);
    upload.state = state;
    this.groups[state].add(upload);
    if (state === 'cancelled') this.allBytes -= upload.bytes;
    else if (isOver(upload)) this.overBytes += upload.bytes;
    if (upload.key && isOver(upload) && !this.mayWorkLater(upload)) this.settle(upload.key);
    this.tell();
  }

  /* ---- what comes in ---- */

  /** @return how many uploads were made of these files */
  add(files: Iterable<File>): number {
    return this.addFound(filesOfList(files));
  }

  /** The same of a drop, which may be walked for long. */
  async addBatch({ found, handles }: Batch): Promise<number> {
    const user = credential.isVisitor ? null : (session.user?.id ?? null);
    let n = 0;
    for await (const files of found) n += this.addFound(files);
    if (user && n > 0) void handles.then((all) => keepHandles(user, all));
    return n;
  }

  /** @param albumOf  of files that were meant for an album before */
  addFound(files: readonly FoundFile[], albumOf?: (group: FoundFile) => string | null): number {
    const { groups, lonely } = groupByFolder(files);
    if (groups.length + lonely.length === 0) return 0;
    this.tooManyBytes = Infinity; // there may be room again
    // A new batch after everything went well starts a new list; problems stay to be seen.
    if (!this.isBusyNow) {
      this.drop(['created', 'duplicate', 'refused', 'cancelled']);
      forgetRemembered();
    }
    const added = groups.map((group) => this.make(group, albumOf?.(group) ?? this.albumId));
    for (const { file, path } of lonely) {
      const upload = this.make({ file, path, sidecar: null, motion: null }, null);
      upload.error = t().upload.lonelySidecar;
      upload.isRefusedForGood = true;
      this.set(upload, 'failed');
    }
    void keepFiles(
      added.flatMap(({ key, path, albumId }) =>
        key && session.user ? [{ key, user: session.user.id, path, albumId }] : [],
      ),
    );
    this.takePending(added);
    this.tell();
    this.pump();
    return added.length + lonely.length;
  }

  private make({ file, path, sidecar, motion }: FoundGroup, albumId: string | null): Upload {
    const user = credential.isVisitor ? null : session.user;
    const upload: Upload = {
      id: this.nextId++,
      file,
      path,
      sidecar,
      motion,
      bytes: file.size + (motion?.size ?? 0),
      albumId,
      credential: credential.query,
      key: user ? keyOf(user.id, path, file) : null,
      state: 'waiting',
      isRefusedForGood: false,
      sentBytes: 0,
      hashedBytes: 0,
      checksum: null,
      error: '',
      assetId: null,
      isInTrash: false,
      motionId: null,
      partsOfMotion: { id: null },
      parts: { id: null },
      tries: 0,
      successesSeen: 0,
      abort: null,
    };
    this.groups.waiting.add(upload);
    this.allBytes += upload.bytes;
    return upload;
  }

  /* ---- over a reload ---- */

  /** Offer what this user had not sent when the page was closed. */
  async offerPending(): Promise<void> {
    const user = session.user?.id;
    if (!user || credential.isVisitor) return;
    const pending = await loadPending(user);
    // Another tab may be about to send them.
    if (await tabs.isOtherBusy()) return;
    const known = new Set([...this.everyKey()]);
    const files = pending.files.filter(({ key }) => !known.has(key));
    this.pending = files.length > 0 ? { ...pending, files } : null;
  }

  private *everyKey(): Generator<string> {
    for (const group of Object.values(this.groups)) for (const { key } of group) if (key) yield key;
  }

  /** Read the dropped files again; the browser asks whether it may. Called by a click.
   *  @return how many were found */
  async goOnWithPending(): Promise<number> {
    const { pending } = this;
    if (!pending) return 0;
    const wanted = new Map(pending.files.map((file) => [file.key, file]));
    const user = session.user?.id ?? '';
    let n = 0;
    for (const handle of pending.handles) {
      const asking = handle as FileSystemHandle & {
        requestPermission?: (how: { mode: 'read' }) => Promise<PermissionState>;
      };
      if (
        asking.requestPermission &&
        (await asking.requestPermission({ mode: 'read' })) !== 'granted'
      )
        continue;
      for await (const files of walkHandle(handle)) {
        // Sidecars and films come with their photos.
        const of = ({ file, path }: FoundFile) => wanted.get(keyOf(user, path, file));
        const groups = groupByFolder(files).groups.filter(of);
        const again = groups.flatMap(({ file, path, sidecar, motion }) => [
          { file, path },
          ...[sidecar, motion].flatMap((other) => (other ? [{ file: other, path }] : [])),
        ]);
        n += this.addFound(again, (group) => of(group)?.albumId ?? null);
      }
    }
    return n;
  }

  forgetPending(): void {
    this.pending = null;
    if (session.user) void forgetAll(session.user.id);
  }

  /** What was chosen again is not offered any more. */
  private takePending(added: readonly Upload[]): void {
    if (!this.pending) return;
    const keys = new Set(added.map(({ key }) => key));
    const files = this.pending.files.filter(({ key }) => !keys.has(key));
    this.pending = files.length > 0 ? { ...this.pending, files } : null;
  }

  private mayWorkLater({ state, isRefusedForGood }: Upload): boolean {
    return state === 'failed' && !isRefusedForGood;
  }

  private countRetriable(): number {
    return [...this.groups.failed].filter((upload) => this.mayWorkLater(upload)).length;
  }

  private settle(key: string): void {
    if (this.settled.push(key) > 1) return;
    setTimeout(() => {
      const keys = this.settled;
      this.settled = [];
      const user = session.user?.id;
      const isLast = !this.isBusyNow && !this.pending && this.countRetriable() === 0;
      if (user && isLast) void forgetAll(user);
      else void forgetFiles(keys);
    }, 300);
  }

  /* ---- what the user does ---- */

  cancel(upload: Upload): void {
    if (isOver(upload)) return;
    this.set(upload, 'cancelled');
    upload.abort?.abort();
    for (const { id } of [upload.parts, upload.partsOfMotion])
      if (id) forgetParts(id, upload.credential);
  }

  cancelAll(): void {
    for (const state of ['waiting', 'ready', 'checking', 'sending'] as const)
      for (const upload of [...this.groups[state]]) this.cancel(upload);
    this.resume();
  }

  /** Nobody is logged in any more: stop, and keep what was not sent for the next login. */
  leave(): void {
    const running = [...this.groups.checking, ...this.groups.sending];
    for (const group of Object.values(this.groups)) group.clear();
    for (const { abort } of running) abort?.abort();
    this.allBytes = this.overBytes = 0;
    this.pending = null;
    this.isPaused = false;
    this.limit = null;
    this.tell();
  }

  pause(): void {
    this.isPaused = true;
    this.rate.reset();
    for (const { abort } of [...this.groups.sending, ...this.groups.checking]) abort?.abort();
  }

  resume(): void {
    this.isPaused = false;
    this.tryNow();
  }

  /** Do not wait for the next try of a lost connection. */
  tryNow(): void {
    clearTimeout(this.retryTimer);
    this.retryAt = 0;
    this.pump();
  }

  retry(upload: Upload): void {
    if (!this.mayWorkLater(upload)) return;
    this.tooManyBytes = Infinity;
    upload.error = '';
    upload.tries = 0;
    this.set(upload, 'waiting');
    this.pump();
  }

  retryFailed(): void {
    for (const upload of [...this.groups.failed]) this.retry(upload);
  }

  clear(): void {
    if (!this.isBusyNow) this.drop(uploadStates);
    this.limit = null;
  }

  private drop(states: readonly UploadState[]): void {
    for (const state of states) {
      for (const upload of this.groups[state]) {
        if (upload.state === 'cancelled') continue;
        this.allBytes -= upload.bytes;
        if (isOver(upload)) this.overBytes -= upload.bytes;
        if (upload.key && this.mayWorkLater(upload)) this.settle(upload.key);
      }
      this.groups[state].clear();
    }
    this.tell();
  }

  /* ---- the work ---- */

  private get isBusyNow(): boolean {
    const { waiting, checking, ready, sending } = this.groups;
    return waiting.size + checking.size + ready.size + sending.size > 0;
  }

  private get mayRun(): boolean {
    return !this.isPaused && this.retryAt === 0;
  }

  private pump(): void {
    if (!this.mayRun) return;
    if (!this.isChecking && this.groups.waiting.size > 0 && this.groups.ready.size < mostReady) {
      this.isChecking = true;
      void this.check().finally(() => {
        this.isChecking = false;
        this.pump();
      });
    }
    while (this.running < parallelUploads) {
      const [next] = this.groups.ready;
      if (!next) return;
      if (next.bytes >= this.tooManyBytes) {
        next.error = t().upload.noRoom;
        this.set(next, 'failed');
        continue;
      }
      this.running++;
      void this.send(next).finally(() => {
        this.running--;
        this.pump();
      });
    }
  }

  /** Hash some, ask about them together, and let those go that are not there. */
  private async check(): Promise<void> {
    const asked: Upload[] = [];
    const since = Date.now();
    while (this.mayRun && asked.length < checkedTogether) {
      const [upload] = this.groups.waiting;
      if (!upload) break;
      // Whoever waits to send is not kept waiting for a full question.
      if (asked.length > 0 && this.groups.ready.size === 0 && Date.now() - since > 400) break;
      if (await this.hash(upload)) asked.push(upload);
    }
    if (asked.length > 0) await this.askAbout(asked);
  }

  /** @return whether the server can be asked about it */
  private async hash(upload: Upload): Promise<boolean> {
    // A visitor may not ask.
    if (Object.keys(upload.credential).length > 0) {
      this.set(upload, 'ready');
      this.pump();
      return false;
    }
    this.set(upload, 'checking');
    upload.abort = new AbortController();
    const { signal } = upload.abort;
    try {
      upload.checksum ??= await sha1Of(upload.file, signal, (bytes) => {
        upload.hashedBytes = bytes;
        this.tell();
      });
    } catch (error) {
      this.fail(upload, error);
      return false;
    }
    if (upload.state !== 'checking' || this.groups.checking.has(upload) === false) return false;
    if (signal.aborted) this.set(upload, 'waiting');
    else if (upload.checksum) return true;
    else this.set(upload, 'ready'); // the server finds out by itself
    return false;
  }

  private async askAbout(asked: readonly Upload[]): Promise<void> {
    const assets = asked.map(({ id, checksum }) => ({ id: String(id), checksum: checksum ?? '' }));
    const here = (upload: Upload): boolean => this.groups.checking.has(upload);
    try {
      // What was chosen here is not for the library of who has logged in elsewhere meanwhile.
      if (!(await session.isSame())) return;
      const { results } = await checkBulkUpload({ body: { assets } });
      const known = new Map(results.map((result) => [Number(result.id), result]));
      const gone = await findRemembered(
        results.flatMap(({ assetId, isTrashed }) => (assetId && !isTrashed ? [assetId] : [])),
      );
      const albums = new Map<string, string[]>();
      const duplicates: Upload[] = [];
      for (const upload of asked.filter(here)) {
        const result = known.get(upload.id);
        if (result?.action !== 'reject' || !result.assetId) {
          this.set(upload, 'ready');
          continue;
        }
        if (gone.has(result.assetId)) {
          this.set(upload, 'refused');
          continue;
        }
        upload.assetId = result.assetId;
        upload.isInTrash = result.isTrashed ?? false;
        duplicates.push(upload);
        if (upload.albumId && !upload.isInTrash)
          albums.set(upload.albumId, [...(albums.get(upload.albumId) ?? []), result.assetId]);
      }
      this.succeeded();
      // They are done when they are in the album, too.
      for (const [id, ids] of albums) await addAssetsToAlbum({ id, body: { ids } });
      for (const upload of duplicates.filter(here)) this.set(upload, 'duplicate');
    } catch (error) {
      // An answer that makes no sense is no reason not to upload; none at all is one to wait.
      const isLost = !(error instanceof ApiError) || error.status >= 500;
      for (const upload of asked.filter(here)) this.set(upload, isLost ? 'waiting' : 'ready');
      if (isLoggedOut(error)) session.end();
      else if (isLost) this.lost();
    }
  }

  private async send(upload: Upload): Promise<void> {
    this.set(upload, 'sending');
    upload.abort = new AbortController();
    const { signal } = upload.abort;
    upload.sentBytes = 0;
    const hooksFrom = (base: number): SendHooks => ({
      signal,
      progress: (bytes) => {
        this.rate.add(Math.max(0, base + bytes - upload.sentBytes));
        upload.sentBytes = base + bytes;
        this.tell();
      },
      resumed: (bytes) => {
        upload.sentBytes = base + bytes;
        this.tell();
      },
      onlimit: (limit) => {
        this.limit = limit;
      },
    });
    const common = { credential: upload.credential, sidecar: null, livePhotoVideoId: null };
    const isVisitors = Object.keys(upload.credential).length > 0;
    try {
      const { motion } = upload;
      if (motion && !upload.motionId) {
        const checksum = await sha1Of(motion, signal);
        signal.throwIfAborted();
        const film = { ...common, file: motion, name: motion.name, checksum, isHidden: isVisitors };
        const sent = await sendFile(film, hooksFrom(0), upload.partsOfMotion);
        // What the owner has already is shown by itself.
        if (!isVisitors || sent.status === 'created') upload.motionId = sent.id;
      }
      const { file, sidecar, checksum, motionId: livePhotoVideoId } = upload;
      const photo = {
        ...common,
        ...{ file, name: file.name, sidecar, checksum, livePhotoVideoId, isHidden: false },
      };
      const answer = await sendFile(photo, hooksFrom(motion?.size ?? 0), upload.parts);
      if (await this.isGone(upload, answer)) {
        this.succeeded();
        this.set(upload, 'refused');
        return;
      }
      upload.assetId = answer.id;
      if (upload.albumId)
        await lostOrNot(addAssetsToAlbum({ id: upload.albumId, body: { ids: [answer.id] } }));
      this.succeeded();
      this.set(upload, answer.status === 'duplicate' ? 'duplicate' : 'created');
    } catch (error) {
      if (!this.groups.sending.has(upload)) return; // cancelled, or everything was left
      if (signal.aborted) this.set(upload, 'ready');
      else await this.judge(upload, error);
    }
  }

  /** What a visitor gives is taken, whatever the owner deleted. */
  private async isGone(upload: Upload, { id, status }: AssetMediaResponse): Promise<boolean> {
    if (status !== 'duplicate' || Object.keys(upload.credential).length > 0) return false;
    return (await findRemembered([id])).has(id);
  }

  private async judge(upload: Upload, error: unknown): Promise<void> {
    if (!(error instanceof ConnectionLost)) {
      this.fail(upload, error);
      return;
    }
    // A file that changed on its disk looks like a line that broke.
    const files = [upload.file, upload.motion, upload.sidecar].filter((file) => file !== null);
    const reading = files.map((file) => file.slice(0, 1).arrayBuffer());
    const isReadable = await Promise.all(reading).then(
      () => true,
      () => false,
    );
    if (!this.groups.sending.has(upload)) return;
    if (!isReadable) {
      this.fail(upload, new UnreadableFile());
      return;
    }
    if (upload.successesSeen !== this.successes) upload.tries++;
    upload.successesSeen = this.successes;
    if (upload.tries >= mostTries) {
      this.fail(upload, new Error(t().upload.connectionLost));
      return;
    }
    this.set(upload, 'ready');
    this.lost(error.waitMs);
  }

  private fail(upload: Upload, error: unknown): void {
    const isLinks = Object.keys(upload.credential).length > 0;
    if (isLoggedOut(error) && !isLinks && session.user) session.end();
    const words = t().upload;
    if (error instanceof UnreadableFile) upload.error = words.unreadable;
    else if (error instanceof BodyTooLarge) upload.error = words.tooLarge(error.whose);
    else if (isOverQuota(error)) {
      upload.error = words.noRoom;
      this.tooManyBytes = Math.min(this.tooManyBytes, upload.bytes);
    } else upload.error = errorText(error);
    upload.isRefusedForGood = isRefusedForGood(error);
    this.set(upload, 'failed');
  }

  private succeeded(): void {
    this.successes++;
    this.streak = 0;
  }

  /** The line broke: everything waits, twice as long each time.
   *  @param leastMs  so long was asked for */
  private lost(leastMs = 0): void {
    if (this.retryAt > 0) return;
    const seconds = Math.min(60, 2 ** this.streak++);
    const ms = Math.max(
      seconds * 1000 * (0.8 + Math.random() * 0.4),
      Math.min(leastMs, mostWaitMs),
    );
    this.rate.reset();
    this.retryAt = Date.now() + ms;
    this.retryTimer = window.setTimeout(() => this.tryNow(), ms);
  }
}

export const uploads = new Uploads();
