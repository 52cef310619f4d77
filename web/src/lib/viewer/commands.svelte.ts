/* What can be done to the photo that the viewer shows: as buttons of its bar, in its menu, by keys. */
import type { MenuItem } from '../../components/Menu.svelte';
import type { BarButton } from '../../components/viewer/ViewerBar.svelte';
import type { ViewerDialog } from '../../components/viewer/ViewerDialogs.svelte';
import {
  deleteForever,
  deletesForever,
  download,
  downloadUnedited,
  restore,
  setArchived,
  setFavorite,
  trash,
} from '../asset_actions';
import { narrow } from '../media';
import type { GridAsset } from '../months';
import {
  actionsFor,
  areMine,
  canHandOn,
  type ListRights,
  type PhotoAction,
} from '../photo_actions';
import { t } from '../preferences.svelte';
import type { PhotoSource } from '../timeline.svelte';
import type { Gestures } from './gestures.svelte';
import type { Pages } from './pages.svelte';
import { canEdit } from './save_edits';

export interface CommandsOf {
  timeline: () => PhotoSource;
  rights: () => ListRights;
  extra: () => readonly PhotoAction[];
  /** The album whose comments are shown beside the photo. */
  activityAlbumId: () => string | null;
  pages: Pages;
  gestures: Gestures;
  close: () => void;
}

export class Commands {
  /** What stands beside the photo. */
  panel = $state<'info' | 'activity' | null>(null);
  dialog = $state<ViewerDialog>(null);
  /** What takes the whole page instead of the photo. */
  mode = $state<'edit' | 'slideshow' | null>(null);

  readonly isMine = $derived.by(() => {
    const { asset } = this.of.pages;
    return asset !== null && areMine([asset]);
  });
  private readonly isTrash = $derived.by(() => this.of.timeline().view.name === 'trash');
  private readonly canMark = $derived.by(() => this.isMine && this.of.rights().organise);
  /** What is locked is not arranged: an archived photo would be open again. */
  private readonly isLocked = $derived.by(() => this.of.timeline().view.name === 'locked');
  private readonly canArrange = $derived(this.canMark && !this.isTrash && !this.isLocked);
  private readonly isEditable = $derived.by(() => {
    const { details } = this.of.pages;
    return this.canMark && !this.isTrash && details !== null && canEdit(details);
  });

  readonly buttons = $derived.by(() => this.makeButtons());
  /** What has no button of its own. */
  readonly others = $derived.by(() => this.makeOthers());

  constructor(private readonly of: CommandsOf) {}

  /* ---- what they do ---- */

  readonly deleteForever = (): void =>
    void this.act((it) => deleteForever(this.of.timeline(), [it]));

  private async act(run: (asset: GridAsset) => Promise<boolean>): Promise<void> {
    if (!(await this.of.pages.act(run))) this.of.close();
  }

  private readonly toggleFavorite = (): void =>
    void this.act((it) => setFavorite(this.of.timeline(), [it], !it.isFavorite, { quiet: true }));

  private readonly toggleArchived = (): void =>
    void this.act((it) => setArchived(this.of.timeline(), [it], it.visibility !== 'archive'));

  private readonly putBack = (): void => void this.act((it) => restore(this.of.timeline(), [it]));

  private readonly save = (): void => void download([this.of.pages.shownId]);

  private readonly remove = (): void => {
    if (!this.canMark) return;
    if (this.isTrash || deletesForever()) this.dialog = 'delete';
    else void this.act((it) => trash(this.of.timeline(), [it]));
  };

  private readonly edit = (): void => {
    if (this.isEditable) this.mode = 'edit';
  };

  private readonly show = (): void => {
    if (!this.isTrash) this.mode = 'slideshow';
  };

  private toggle(name: 'info' | 'activity'): void {
    this.panel = this.panel === name ? null : name;
  }

  /* ---- where they stand ---- */

  private makeButtons(): BarButton[] {
    const { gestures, pages } = this.of;
    const { asset } = pages;
    const rights = this.of.rights();
    const words = t().actions;
    const isWide = !narrow.current;
    const all: (BarButton | false)[] = [
      (asset?.isImage ?? false) &&
        isWide && {
          icon: gestures.isClose ? 'zoomOut' : 'zoomIn',
          label: gestures.isClose ? words.zoomOut : words.zoomIn,
          key: 'z',
          run: () => gestures.toggle(),
        },
      this.isTrash && { icon: 'restore', label: words.restore, key: 'r', run: this.putBack },
      this.isEditable &&
        isWide && { icon: 'edit', label: t().edit.title, key: 'e', run: this.edit },
      asset !== null &&
        this.canArrange && {
          icon: 'heart',
          label: asset.isFavorite ? words.unfavorite : words.favorite,
          name: words.favorite,
          key: asset.isImage ? 'f' : 'Shift+F',
          isOn: asset.isFavorite,
          filled: asset.isFavorite,
          run: this.toggleFavorite,
        },
      asset !== null &&
        this.canArrange &&
        isWide && {
          icon: asset.visibility === 'archive' ? 'unarchive' : 'archive',
          label: asset.visibility === 'archive' ? words.unarchive : words.archive,
          key: 'a',
          run: this.toggleArchived,
        },
      this.of.activityAlbumId() !== null && {
        icon: 'comment',
        label: t().activity.title,
        key: 'c',
        isOn: this.panel === 'activity',
        run: () => this.toggle('activity'),
      },
      rights.download &&
        (isWide || this.others.length === 0) && {
          icon: 'download',
          label: words.download,
          key: 'd',
          run: this.save,
        },
      rights.details && {
        icon: 'info',
        label: words.info,
        key: 'i',
        isOn: this.panel === 'info',
        run: () => this.toggle('info'),
      },
      this.canMark && {
        icon: 'trash',
        label: this.isTrash ? words.deleteForever : words.trash,
        key: 'Del',
        run: this.remove,
      },
    ];
    return all.filter((button): button is BarButton => button !== false);
  }

  private makeOthers(): MenuItem[] {
    const { asset, details, shownId: id } = this.of.pages;
    const rights = this.of.rights();
    if (!asset || this.isTrash) return [];
    const own = ['heart', 'trash'];
    if (!narrow.current) own.push('archive', 'unarchive');
    if (!narrow.current || !rights.organise) own.push('download');
    const dialogs = {
      addToAlbum: () => (this.dialog = 'album'),
      shareByLink: () => (this.dialog = 'link'),
      remove: () => false, // the viewer has a button of its own
    };
    const hasOriginal = details?.isEdited === true && rights.download && rights.organise;
    const items: (MenuItem | false)[] = [
      this.isEditable && narrow.current && { icon: 'edit', label: t().edit.title, run: this.edit },
      { icon: 'slideshow', label: t().slideshow.title, run: this.show },
      ...actionsFor(this.of.timeline(), [asset], rights, this.of.extra(), dialogs)
        .filter(({ icon }) => !own.includes(icon))
        .map((action) => ({
          ...action,
          run: () => void this.act(async (it) => action.run([it])),
        })),
      hasOriginal && {
        icon: 'download',
        label: t().edit.downloadOriginal,
        run: () => downloadUnedited(id),
      },
    ];
    return items.filter((item): item is MenuItem => item !== false);
  }

  /** What a key of this name does. */
  ofKey(key: string): (() => void) | undefined {
    const { gestures, pages } = this.of;
    const rights = this.of.rights();
    const commands: Record<string, () => void> = {
      ArrowRight: () => pages.turn(1),
      ArrowLeft: () => pages.turn(-1),
      Escape: this.of.close,
      Delete: this.remove,
      Backspace: this.remove,
      e: this.edit,
      s: this.show,
      ...(rights.download ? { d: this.save } : {}),
      ...(rights.details ? { i: () => this.toggle('info') } : {}),
      ...(this.of.activityAlbumId() ? { c: () => this.toggle('activity') } : {}),
      ...(rights.organise &&
      !this.isTrash &&
      !this.isLocked &&
      pages.asset &&
      canHandOn([pages.asset])
        ? { l: () => (this.dialog = 'album') }
        : {}),
      z: () => gestures.toggle(),
      '+': () => gestures.zoomTo(gestures.zoom.scale * 1.5),
      '-': () => gestures.zoomTo(gestures.zoom.scale / 1.5),
      '0': () => gestures.zoomTo(1),
      ...(this.isTrash
        ? { r: this.putBack }
        : this.canArrange
          ? { f: this.toggleFavorite, F: this.toggleFavorite, a: this.toggleArchived }
          : {}),
    };
    return commands[key];
  }
}
