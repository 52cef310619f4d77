/* What else can be done to one's photos: tag them, stack them. */
import { mount, unmount } from 'svelte';
import { createStack, deleteStacks } from '../api';
import type { GridAsset } from './months';
import type { PhotoAction } from './photo_actions';
import { t } from './preferences.svelte';
import type { PhotoSource } from './timeline.svelte';
import { toasts } from './toasts.svelte';

/** Ask for tags in a dialog of its own. @return whether the photos were tagged */
export async function askForTags(ids: string[]): Promise<boolean> {
  const { default: TagAssetsDialog } = await import('../components/library/TagAssetsDialog.svelte');
  return new Promise((resolve) => {
    const dialog = mount(TagAssetsDialog, {
      target: document.body,
      props: {
        ids,
        onclose: (isDone = false) => {
          resolve(isDone);
          void unmount(dialog);
        },
      },
    });
  });
}

async function attempt(timeline: PhotoSource, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
  } catch (error) {
    toasts.error(error);
    return false;
  }
  // Which photos stand in the list has changed with it.
  await timeline.refresh({ isAnew: true });
  return true;
}

function stack(timeline: PhotoSource, assets: readonly GridAsset[]): Promise<boolean> {
  return attempt(timeline, async () => {
    const { assets: members } = await createStack({
      body: { assetIds: assets.map(({ id }) => id) },
    });
    toasts.show(t().stacks.made(members.length));
  });
}

function unstack(timeline: PhotoSource, assets: readonly GridAsset[]): Promise<boolean> {
  return attempt(timeline, async () => {
    const ids = assets.flatMap(({ stack: of }) => (of ? [of.id] : []));
    await deleteStacks({ body: { ids } });
    toasts.show(t().stacks.apart);
  });
}

/** @param assets  all of them one's own */
export function libraryActions(timeline: PhotoSource, assets: readonly GridAsset[]): PhotoAction[] {
  const tag: PhotoAction = {
    icon: 'tag',
    label: t().tags.tag,
    run: (chosen) => askForTags(chosen.map(({ id }) => id)),
  };
  const make: PhotoAction = {
    icon: 'stack',
    label: t().stacks.stack,
    run: (chosen) => stack(timeline, chosen),
  };
  const takeApart: PhotoAction = {
    icon: 'unstack',
    label: t().stacks.unstack,
    run: (chosen) => unstack(timeline, chosen),
  };
  return [
    tag,
    ...(assets.length > 1 ? [make] : []),
    ...(assets.some((asset) => asset.stack) ? [takeApart] : []),
  ];
}
