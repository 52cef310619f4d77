/* The sentences of the first minutes, in English. */

export const welcomeEn = {
  welcome: {
    title: (name: string) => (name ? `Hello, ${name}` : 'Hello'),
    step: (n: number, all: number) => `Step ${n} of ${all}`,
    next: 'Next',
    back: 'Back',
    skip: 'Skip all this',
    finish: 'To my photos',
    saving: 'Saving',
    looks: 'How it looks',
    looksText: 'For this browser. You can change it any time in the account menu.',
    theme: 'Appearance',
    language: 'Language',
    storage: 'Where files lie',
    storageText:
      'Tintype names the files it keeps by numbers. It can also sort them into folders by date, so that they make sense to other programs.',
    storageOn: 'Sort files into folders',
    storagePreset: 'Folders',
    storageExample: (path: string) => `A photo of today goes to ${path}`,
    privacy: 'Who else hears of it',
    privacyText: 'What asks others on the internet, and what does not.',
    versionCheck: 'Look for new versions',
    versionCheckText: 'Asks the project’s release page once in a while.',
    appMap: 'Map in the phone apps',
    appMapText:
      'They load their map from tiles.immich.cloud. The map in the browser comes from this server either way.',
    places: 'Names of places',
    placesText: 'Found in a table of this server; nobody is asked.',
    previews:
      'Links that you send show their title and cover in messengers. A password on a link hides both.',
    phone: 'Your phone',
    phoneText:
      'Get the Immich app from your app store and enter this address in it. It then sends new photos by itself.',
    qr: (address: string) => `QR code of ${address}`,
    copy: 'Copy the address',
    copied: 'Address copied',
    localhost:
      'This address works on this computer only. Open Tintype by its name or number in your network to get one for the phone.',
  },
  firstSteps: {
    title: 'How photos get here',
    here: 'From this computer',
    hereText: 'Drop photos, videos or whole folders anywhere on this page, or choose them.',
    phone: 'From the phone',
    phoneText: 'Get the Immich app and enter this address. The code opens it on the phone.',
    command: 'From the command line',
    commandText: 'For large folders, with an API key of your account:',
  },
};
