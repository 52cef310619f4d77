/* A stream that the browser plays itself, for those without Media Source Extensions. It would choose
 * among the sizes by itself too, in a session that we could not end: so it is given one size. */
import { endSession, getMainPlaylist, getMainPlaylistUrl } from '../../api';
import { credential } from '../credential.svelte';
import {
  nearestSize,
  parseVariants,
  sessionOf,
  sizesOf,
  type OpenStream,
  type Stream,
  type StreamFailure,
  type Variant,
} from './stream';

class NativeStream implements Stream {
  readonly sizes: readonly number[];
  private readonly query = credential.query;
  private readonly sessionId: string;
  private video: HTMLVideoElement | null = null;
  private size: number | null = null;

  constructor(
    private readonly id: string,
    private readonly variants: readonly Variant[],
    private readonly onfail: (why: StreamFailure) => void,
  ) {
    this.sizes = sizesOf(variants);
    this.sessionId = sessionOf(variants[0]?.address ?? '');
    addEventListener('pagehide', this.end);
  }

  play(video: HTMLVideoElement, at: number): void {
    this.video = video;
    video.addEventListener('error', this.fail);
    this.show(at);
  }

  stop(): void {
    this.video?.removeEventListener('error', this.fail);
    this.video?.removeAttribute('src');
    this.video = null;
  }

  choose(size: number | null): void {
    const { video } = this;
    this.size = size;
    if (!video) return;
    video.autoplay = !video.paused;
    this.show(video.currentTime);
  }

  close(): void {
    removeEventListener('pagehide', this.end);
    this.stop();
    this.end();
  }

  private show(at: number): void {
    const { video } = this;
    if (!video) return;
    const screen = Math.min(video.clientWidth, video.clientHeight) * devicePixelRatio;
    const size = nearestSize(this.sizes, this.size ?? screen);
    const variant = this.variants.findLast(({ width, height }) => Math.min(width, height) === size);
    video.src = variant?.address ?? '';
    if (at > 0) video.currentTime = at;
  }

  private readonly fail = (): void => {
    const isNetwork = this.video?.error?.code === MediaError.MEDIA_ERR_NETWORK;
    this.stop();
    this.onfail(isNetwork ? 'network' : 'format');
  };

  private readonly end = (): void => {
    const { id, sessionId, query } = this;
    endSession({ id, sessionId, ...query }, { keepalive: true }).catch(() => undefined);
  };
}

export const open: OpenStream = async (id, onfail) => {
  const args = { id, ...credential.query };
  const base = new URL(getMainPlaylistUrl(args), location.href);
  const text = await (await getMainPlaylist(args)).text();
  const player = document.createElement('video');
  const variants = parseVariants(text)
    .filter(({ codecs }) => player.canPlayType(`video/mp4; codecs="${codecs}"`) !== '')
    .map((variant) => ({ ...variant, address: new URL(variant.address, base).href }));
  if (variants.length === 0) throw new Error('the browser plays none of what is offered');
  return new NativeStream(id, variants, onfail);
};
