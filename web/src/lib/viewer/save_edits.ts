/* Keeping the edits of a photo. The server answers at once and makes the pictures afterwards; who
 * edited wants to see them. */
import {
  editAsset,
  getAssetInfo,
  removeAssetEdits,
  type AssetEditActionItem,
  type AssetResponse,
} from '../../api';
import { listen } from '../realtime';

/** How often the server is asked when it does not tell by itself. */
const askMs = 2_000;
/** After this the pictures come when they come. */
const patienceMs = 90_000;

function isOther(now: AssetResponse, before: AssetResponse): boolean {
  return (
    now.thumbhash !== before.thumbhash || now.width !== before.width || now.height !== before.height
  );
}

/** Resolves when the server says that the pictures are ready, or shows it. */
function whenReady(before: AssetResponse): { promise: Promise<void>; stop: () => void } {
  let stop = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    const until = Date.now() + patienceMs;
    const timer = setInterval(() => {
      if (Date.now() > until) resolve();
      else
        getAssetInfo({ id: before.id }).then(
          (now) => isOther(now, before) && resolve(),
          () => undefined, // asked again
        );
    }, askMs);
    const deaf = listen({ edited: (id) => id === before.id && resolve() });
    stop = () => {
      clearInterval(timer);
      deaf();
    };
  });
  return { promise, stop };
}

/** Keep these edits instead of those there were; none brings the photo back as it came.
 *  @return the photo once its pictures are ready */
export async function saveEdits(
  before: AssetResponse,
  edits: AssetEditActionItem[],
): Promise<AssetResponse> {
  const { id } = before;
  const { promise, stop } = whenReady(before);
  try {
    if (edits.length > 0) await editAsset({ id, body: { edits } });
    else await removeAssetEdits({ id });
    await promise;
  } finally {
    stop();
  }
  return getAssetInfo({ id });
}

/** Whether the server edits such a photo; it knows more and may still refuse. */
export function canEdit(asset: AssetResponse): boolean {
  return (
    asset.type === 'IMAGE' &&
    !asset.livePhotoVideoId &&
    asset.exifInfo?.projectionType !== 'EQUIRECTANGULAR' &&
    !/\.(gif|svg|insp)$/i.test(asset.originalFileName) &&
    Boolean(asset.width && asset.height)
  );
}
