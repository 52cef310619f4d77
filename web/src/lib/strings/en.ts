/* Every sentence of the app, in English. German stands in de.ts and must have the same keys. */

import { libraryEn } from './library_en';
import { sharingEn } from './sharing.en';
import { workflowsEn } from './workflows.en';
import { viewerEn } from './viewer.en';
import { uploadEn } from './upload.en';
import { welcomeEn } from './welcome.en';

const photos = (n: number): string => (n === 1 ? '1 photo' : `${n.toLocaleString('en')} photos`);

export const en = {
  ...sharingEn,
  ...libraryEn,
  ...workflowsEn,
  ...viewerEn,
  ...uploadEn,
  ...welcomeEn,

  nav: {
    label: 'Main',
    people: 'People',
    map: 'Map',
    tags: 'Tags',
    photos: 'Photos',
    favorites: 'Favourites',
    archive: 'Archive',
    trash: 'Trash',
    account: 'Account',
    logout: 'Log out',
    theme: 'Appearance',
    themeAuto: 'Automatic',
    themeLight: 'Light',
    themeDark: 'Dark',
    languageLabel: 'Language',
    more: 'More',
    library: 'Library',
    explore: 'Explore',
    albums: 'Albums',
    sharing: 'Sharing',
    skip: 'Skip to the photos',
    settings: 'Settings',
    admin: 'Administration',
    locked: 'Locked folder',
    folders: 'Folders',
  },

  auth: {
    welcome: 'Welcome',
    welcomeText: 'This server is new. Make the first account: it looks after all the others.',
    name: 'Name',
    email: 'E-mail',
    password: 'Password',
    repeatPassword: 'Repeat password',
    passwordHelp: 'At least 8 characters.',
    passwordTooShort: 'Use at least 8 characters.',
    passwordsDiffer: 'The two passwords are not the same.',
    missing: 'Please fill this in.',
    createAccount: 'Create account',
    login: 'Log in',
    loginTitle: 'Log in',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    sessionEnded: 'Your session has ended. Please log in again.',
    passwordLoginOff: 'Logging in with a password is switched off on this server.',
    or: 'or',
    comingBack: 'Logging in …',
    providerRefused: (reason: string) => `The login was refused: ${reason}`,
  },

  start: {
    unreachable: 'The server does not answer',
    unreachableText: 'Check the connection. This page tries again by itself.',
    retry: 'Try again',
    unknownTitle: 'There is nothing here',
    unknownText: 'The address may be old, or mistyped.',
    toPhotos: 'Go to the photos',
  },

  grid: {
    photo: (date: string) => `Photo, ${date}`,
    video: (date: string, length: string) => `Video, ${length}, ${date}`,
    favorite: 'favourite',
    select: 'Select',
    selectDay: (date: string) => `Select all of ${date}`,
    noPreview: 'No preview',
    timeline: 'Photos by date',
    scrubber: 'Go to a date',
    loadFailed: 'This could not be loaded.',
  },

  empty: {
    photos: 'No photos yet',
    photosText: 'Drop photos and videos anywhere on this page, or choose them.',
    favorites: 'No favourites yet',
    favoritesText: 'Press the heart on a photo you love, and find it here.',
    archive: 'The archive is empty',
    archiveText: 'Archived photos leave the timeline, and stay safe here.',
    trash: 'The trash is empty',
    trashText: (days: number) =>
      `Deleted photos stay here for ${days === 1 ? 'a day' : `${days} days`}, then they are gone for good.`,
  },

  actions: {
    showAll: 'Show all',
    showLess: 'Show less',
    favorite: 'Favourite',
    unfavorite: 'Remove from favourites',
    archive: 'Archive',
    unarchive: 'Back to the timeline',
    trash: 'Move to trash',
    restore: 'Restore',
    deleteForever: 'Delete for good',
    download: 'Download',
    info: 'Details',
    close: 'Close',
    cancel: 'Cancel',
    previous: 'Previous photo',
    next: 'Next photo',
    undo: 'Undo',
    clear: 'Clear selection',
    more: 'More',
    selectAll: 'Select all',
    selected: (n: number) => `${n.toLocaleString('en')} selected`,
    restoreAll: 'Restore all',
    emptyTrash: 'Empty trash',
    zoomIn: 'Zoom in',
    zoomOut: 'Fit to screen',
    back: 'Back',
    save: 'Save',
    lock: 'Move to the locked folder',
    unlock: 'Move out of the locked folder',
  },

  done: {
    trashed: (n: number) => `${photos(n)} moved to the trash`,
    deleted: (n: number) => `${photos(n)} deleted for good`,
    restored: (n: number) => `${photos(n)} restored`,
    archived: (n: number) => `${photos(n)} archived`,
    unarchived: (n: number) => `${photos(n)} back in the timeline`,
    favorited: (n: number) => `${photos(n)} added to favourites`,
    unfavorited: (n: number) => `${photos(n)} removed from favourites`,
    locked: (n: number) => `${photos(n)} moved to the locked folder`,
    unlocked: (n: number) => `${photos(n)} back in the timeline`,
    descriptionSaved: 'Description saved',
  },

  confirm: {
    deleteTitle: (n: number) => `Delete ${photos(n)} for good?`,
    deleteText: 'The originals are removed from the server. This cannot be undone.',
    lockTitle: (n: number) => `Move ${photos(n)} to the locked folder?`,
    lockText:
      'They leave the timeline, search and all albums, and are seen only with your PIN code. Moving them out again does not put them back into albums.',
    emptyTitle: 'Empty the trash?',
    emptyText: (n: number) =>
      `${photos(n)} will be removed from the server, and whatever was deleted in the locked folder. This cannot be undone.`,
  },

  viewer: {
    label: 'Photo viewer',
    missing: {
      final: 'This file cannot be shown',
      making: 'The preview is being made',
      passing: 'The preview did not come',
    },
    missingText: {
      final: 'The original is safe and can be downloaded.',
      making: 'It appears here as soon as it is ready.',
      passing: 'The server cannot send it at the moment. It is tried again by itself.',
    },
    gone: 'This photo is not here any more.',
    reason: (reason: string) => `Reason: ${reason}`,
  },

  info: {
    title: 'Details',
    description: 'Description',
    descriptionHint: 'Add a description',
    taken: 'Taken',
    camera: 'Camera',
    file: 'File',
    place: 'Place',
    unknownDate: 'Date unknown',
  },

  errors: {
    unknown: 'Something went wrong.',
    download: 'The server could not make the download.',
    offline: 'The server cannot be reached.',
    /** The locked folder locks again when it is left. */
    pin: 'This needs your PIN code. Unlock the locked folder in another tab, then try again.',
    /** After a part of what was asked for was done. */
    left: (n: number, reason: string) => `${photos(n)} left as before: ${reason}`,
  },
};

export type Strings = typeof en;
