/* A stream through Media Source Extensions, by hls.js. Without its worker, which would be a script
 * made of text: what it saves is the unpacking of MPEG-TS, and our segments are MP4. */
import Hls, { type ErrorData, type HlsConfig, type RetryConfig } from 'hls.js/light';
import { endSession, getMainPlaylistUrl } from '../../api';
import { credential } from '../credential.svelte';
import {
  nearestSize,
  sessionOf,
  sizesOf,
  type OpenStream,
  type Stream,
  type StreamFailure,
} from './stream';

/** When too much is made or opened at once the server says so (429), and it passes. It has taken none
 *  of the work on then, so that asking again costs little.
 *  @param nOthers  times for what hls.js itself would ask for again
 *  @param signal  aborted when nobody waits any more */
const retryBusy = (nOthers: number, signal?: AbortSignal): RetryConfig => ({
  maxNumRetry: 6,
  retryDelayMs: 1_000,
  maxRetryDelayMs: 8_000,
  shouldRetry: (retry, count, _isTimeout, response, isUsual) =>
    !signal?.aborted &&
    (response?.code === 429 ? count < (retry?.maxNumRetry ?? 0) : isUsual && count < nOthers),
});

/** A segment that was not ready in time, after 15 s, is answered as well. */
const segmentPatience = {
  maxTimeToFirstByteMs: 20_000,
  maxLoadTimeMs: 120_000,
  timeoutRetry: { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: retryBusy(6),
};

class HlsStream implements Stream {
  readonly sizes: readonly number[];
  private readonly hls: Hls;
  private readonly query = credential.query;
  private readonly sessionId: string;
  private hasFailed = false;
  private hasRecovered = false;

  constructor(
    hls: Hls,
    private readonly id: string,
    private readonly onfail: (why: StreamFailure) => void,
  ) {
    this.hls = hls;
    this.sizes = sizesOf(hls.levels);
    this.sessionId = sessionOf(hls.levels[0]?.uri ?? '');
    hls.on(Hls.Events.ERROR, (_, error) => this.judge(error));
    addEventListener('pagehide', this.end);
  }

  play(video: HTMLVideoElement, at: number): void {
    this.hls.attachMedia(video);
    this.hls.startLoad(at);
  }

  stop(): void {
    this.hls.stopLoad();
    this.hls.detachMedia();
  }

  choose(size: number | null): void {
    if (size === null) {
      this.hls.nextLevel = -1;
      return;
    }
    const wanted = nearestSize(this.sizes, size);
    // At once: what is there already may reach to the end of the video.
    // Of the codecs of one size, the one that takes the most bits is the quickest to make.
    this.hls.currentLevel = this.hls.levels.findLastIndex(
      ({ width, height }) => Math.min(width, height) === wanted,
    );
  }

  close(): void {
    removeEventListener('pagehide', this.end);
    this.hls.destroy();
    this.end();
  }

  /** Also when the page is left: then the answer is not waited for. */
  private readonly end = (): void => {
    const { id, sessionId, query } = this;
    endSession({ id, sessionId, ...query }, { keepalive: true }).catch(() => undefined);
  };

  private judge({ fatal, type, response }: ErrorData): void {
    if (this.hasFailed) return;
    const isGone = response?.code === 404;
    if (!fatal && !isGone) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && !this.hasRecovered) {
      this.hasRecovered = true;
      this.hls.recoverMediaError();
      return;
    }
    this.hasFailed = true;
    this.hls.stopLoad();
    const isNetwork = type === Hls.ErrorTypes.NETWORK_ERROR;
    this.onfail(isGone ? 'gone' : isNetwork ? 'network' : 'format');
  }
}

export const open: OpenStream = (id, onfail, signal) =>
  new Promise((resolve, reject) => {
    const hls: Hls = new Hls({
      autoStartLoad: false,
      backBufferLength: 60,
      capLevelToPlayerSize: true,
      enableWorker: false,
      manifestLoadPolicy: {
        default: {
          ...Hls.DefaultConfig.manifestLoadPolicy.default,
          errorRetry: retryBusy(1, signal),
        },
      },
      fragLoadPolicy: { default: segmentPatience },
      // Where the picture will go on: making begins there before the first segment is asked for.
      xhrSetup: (_request, url, context) => {
        const { media, startPosition } = hls;
        if (!media || !/\/playlist\.m3u8/.test(url)) return;
        const at = media.readyState > 0 ? media.currentTime : startPosition;
        context.headers = { 'x-immich-hls-pos': String(Math.max(0, at)) };
      },
    } satisfies Partial<HlsConfig>);
    hls.once(Hls.Events.MANIFEST_PARSED, () => resolve(new HlsStream(hls, id, onfail)));
    hls.once(Hls.Events.ERROR, (_, { error, fatal }) => {
      if (!fatal) return;
      hls.destroy();
      reject(error);
    });
    hls.loadSource(getMainPlaylistUrl({ id, ...credential.query }));
  });
