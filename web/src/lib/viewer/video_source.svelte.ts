/* What a <video> plays: the stored file, or a stream that the server makes of it meanwhile. The file
 * costs the server nothing and comes first. A stream takes its place, where the server offers
 * streams, when the browser cannot play the file, when the connection is too slow for it, and when
 * somebody asks for a size. */
import { playAssetVideoUrl } from '../../api';
import { credential } from '../credential.svelte';
import { session } from '../session.svelte';
import { openStream, type Stream, type StreamFailure } from './stream';
import { readQuality, writeQuality, type Quality } from './video_quality';

/** A file that is waited for so long is too large for the connection. */
const patienceMs = 8_000;
/** A session that is lost again so soon is not opened anew. */
const reopenMs = 10_000;

/** Between two questions whether a copy that the server makes is there. */
const copyMs = 3_000;

type FileFailure = 'network' | 'format';

export class VideoSource {
  /** As chosen; "auto" may be either. */
  quality = $state<Quality>(readQuality());
  /** That can be chosen, once they are known. */
  sizes = $state.raw<readonly number[]>([]);
  /** Why nothing is played. */
  failure = $state<FileFailure | null>(null);
  /** The browser cannot play the file. */
  isFileUseless = $state(false);
  /** The server makes a copy for those who shall not see metadata; it plays once it is there. */
  isBeingMade = $state(false);
  readonly canStream = session.features?.realtimeTranscoding === true;

  private way: 'file' | 'stream' = 'file';
  private stream: Stream | null = null;
  private opening: Promise<Stream> | null = null;
  private hasStreamFailed = false;
  private isClosed = false;
  private reopenedAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new AbortController();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly id: string,
  ) {
    const { signal } = this.listeners;
    video.addEventListener('error', () => this.judgeFile(), { signal });
    video.addEventListener('loadedmetadata', () => this.judgePicture(), { signal });
    video.addEventListener('loadeddata', () => (this.isBeingMade = false), { signal });
    video.addEventListener('waiting', () => this.expectData(), { signal });
    for (const event of ['loadeddata', 'timeupdate', 'pause'])
      video.addEventListener(event, () => clearTimeout(this.timer), { signal });
    this.start(0, true);
  }

  /** Ask the server which sizes there are. */
  async lookUp(): Promise<void> {
    if (this.canStream) await this.open().catch(() => undefined);
  }

  choose(quality: Quality): void {
    this.quality = quality;
    writeQuality(quality);
    const { currentTime, paused } = this.video;
    const isWanted = typeof quality === 'number';
    if (this.way === 'stream' && quality === 'original') this.playFile(currentTime, !paused);
    else if (this.way === 'stream') this.stream?.choose(isWanted ? quality : null);
    else if (isWanted) void this.playStream(currentTime, !paused);
  }

  retry(): void {
    this.failure = null;
    this.hasStreamFailed = false;
    this.start(this.video.currentTime, true);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.listeners.abort();
    this.stream?.close();
  }

  private start(at: number, plays: boolean): void {
    const isWanted = typeof this.quality === 'number' || this.isFileUseless;
    if (this.mayStream() && isWanted) void this.playStream(at, plays);
    else this.playFile(at, plays);
  }

  private mayStream(): boolean {
    return this.canStream && !this.hasStreamFailed;
  }

  /* ---- the file ---- */

  private playFile(at: number, plays: boolean): void {
    const { video } = this;
    this.stream?.stop();
    this.way = 'file';
    video.autoplay = plays;
    video.src = playAssetVideoUrl({ id: this.id, ...credential.query });
    if (at > 0) video.currentTime = at;
    if (plays) this.expectData();
  }

  private judgeFile(): void {
    if (this.way !== 'file') return;
    const isNetwork = this.video.error?.code === MediaError.MEDIA_ERR_NETWORK;
    if (isNetwork || this.mayStream()) this.giveUpFile(isNetwork ? 'network' : 'format');
    else void this.askWhy();
  }

  private async askWhy(): Promise<void> {
    const { video } = this;
    const { signal } = this.listeners;
    const reply = await fetch(video.src, { method: 'HEAD', signal }).catch(() => null);
    if (this.isClosed || this.way !== 'file') return;
    this.isBeingMade = reply?.status === 503;
    clearTimeout(this.timer);
    if (!this.isBeingMade) this.giveUpFile('format');
    else this.timer = setTimeout(() => this.playFile(video.currentTime, video.autoplay), copyMs);
  }

  /** A browser that knows only the codec of the sound plays that. */
  private judgePicture(): void {
    if (this.way === 'file' && this.video.videoWidth === 0 && this.mayStream())
      this.giveUpFile('format');
  }

  private giveUpFile(why: FileFailure): void {
    clearTimeout(this.timer);
    const { currentTime, paused, autoplay } = this.video;
    this.isFileUseless = why === 'format';
    if (why === 'format' && this.mayStream())
      void this.playStream(currentTime, !paused || autoplay);
    else this.failure = why;
  }

  private expectData(): void {
    clearTimeout(this.timer);
    if (this.way !== 'file' || this.quality !== 'auto' || !this.mayStream()) return;
    this.timer = setTimeout(() => void this.playStream(this.video.currentTime, true), patienceMs);
  }

  /* ---- the stream ---- */

  private open(): Promise<Stream> {
    const { signal } = this.listeners;
    this.opening ??= openStream(this.id, (why) => this.giveUpStream(why), signal).then(
      (stream) => {
        this.stream = stream;
        this.sizes = stream.sizes;
        if (this.isClosed) stream.close();
        return stream;
      },
      (error: unknown) => {
        this.opening = null;
        throw error;
      },
    );
    return this.opening;
  }

  private async playStream(at: number, plays: boolean): Promise<void> {
    clearTimeout(this.timer);
    this.way = 'stream';
    try {
      const stream = await this.open();
      // Meanwhile the file may have been chosen, or the page turned.
      if (this.isClosed || this.way !== 'stream') return;
      this.video.autoplay = plays;
      stream.choose(typeof this.quality === 'number' ? this.quality : null);
      stream.play(this.video, at);
    } catch {
      if (!this.isClosed && this.way === 'stream') this.goOnWithFile(at, plays, 'format');
    }
  }

  private giveUpStream(why: StreamFailure): void {
    const { currentTime, paused } = this.video;
    this.stream?.close();
    [this.stream, this.opening] = [null, null];
    if (this.isClosed || this.way !== 'stream') return;
    // The server ends a session that nobody used for minutes, such as one that was paused.
    if (why === 'gone' && Date.now() - this.reopenedAt > reopenMs) {
      this.reopenedAt = Date.now();
      void this.playStream(currentTime, !paused);
    } else this.goOnWithFile(currentTime, !paused, why === 'format' ? 'format' : 'network');
  }

  private goOnWithFile(at: number, plays: boolean, why: FileFailure): void {
    this.hasStreamFailed = true;
    if (this.isFileUseless) this.failure = why;
    else this.playFile(at, plays);
  }
}
