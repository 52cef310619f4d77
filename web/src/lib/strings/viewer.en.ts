/* The sentences of the viewer's tools and of the app as a program, in English. */

export const viewerEn = {
  edit: {
    title: 'Edit photo',
    frame: 'Part of the picture that is kept. Arrow keys move it.',
    tools: 'Tools',
    ratio: 'Shape',
    free: 'Free',
    original: 'Original',
    square: 'Square',
    flip: 'Upright or across',
    rotateLeft: 'Turn to the left',
    rotateRight: 'Turn to the right',
    mirrorAcross: 'Swap left and right',
    mirrorDown: 'Swap top and bottom',
    undo: 'Undo',
    redo: 'Redo',
    removeAll: 'Back to the original',
    saving: 'The picture is being made …',
    saved: 'Edits saved. The original stays as it is.',
    reverted: 'The photo is as it came',
    downloadOriginal: 'Download the original',
    pixels: (width: number, height: number) => `${width} × ${height} pixels`,
    handles: {
      n: 'Upper edge',
      s: 'Lower edge',
      e: 'Right edge',
      w: 'Left edge',
      ne: 'Upper right corner',
      nw: 'Upper left corner',
      se: 'Lower right corner',
      sw: 'Lower left corner',
    },
  },

  slideshow: {
    title: 'Slideshow',
    play: 'Play',
    pause: 'Pause',
    settings: 'Settings',
    interval: 'Each photo',
    seconds: (n: number) => (n === 1 ? '1 second' : `${n} seconds`),
    order: 'Order',
    orders: { forward: 'As in the list', back: 'Backwards', shuffle: 'Shuffled' },
    transition: 'Change',
    transitions: { fade: 'Fade', slide: 'Slide', none: 'At once' },
    info: 'Show date and place',
    progress: 'Show how long it lasts',
    over: 'That was the last one',
    again: 'From the start',
  },

  panorama: {
    label: 'Picture all around. Drag it, or use the arrow keys, to look about.',
    around: 'Look around',
    flat: 'Show it flat',
  },

  motion: {
    name: 'Moving',
    play: 'Play the moment around this photo',
    failed: 'This moment cannot be played',
  },

  video: {
    quality: 'Quality',
    automatic: 'Automatic',
    original: 'Original',
    size: (pixels: number) => `${pixels}p`,
    network: 'The connection was lost while the video was loading.',
    format: 'This browser cannot play this video. The original is safe and can be downloaded.',
    download: 'Download the video',
  },

  app: {
    offline: 'No connection',
    offlineText: 'You see what was seen before. Nothing can be changed until the server is back.',
    install: 'Install as an app',
    installed: 'Tintype is among your apps now',
    received: (n: number) => (n === 1 ? '1 file was received' : `${n} files were received`),
    userChanged: (name: string) => `This browser is now logged in as ${name}`,
  },
};
