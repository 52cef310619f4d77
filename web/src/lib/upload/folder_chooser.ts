/* The one file dialog for folders, which App has and whoever wants may open. */
export const folderChooser = {
  input: null as HTMLInputElement | null,
  /** Called by a click. */
  open(): void {
    this.input?.click();
  },
};

/** Phones have no folders to choose. */
export const canChooseFolders =
  'webkitdirectory' in HTMLInputElement.prototype && matchMedia('(pointer: fine)').matches;
