/* Die Sätze der ersten Minuten, auf Deutsch. */
import type { welcomeEn } from './welcome.en';

export const welcomeDe: typeof welcomeEn = {
  welcome: {
    title: (name) => (name ? `Hallo, ${name}` : 'Hallo'),
    step: (n, all) => `Schritt ${n} von ${all}`,
    next: 'Weiter',
    back: 'Zurück',
    skip: 'Alles überspringen',
    finish: 'Zu meinen Fotos',
    saving: 'Wird gespeichert',
    looks: 'Wie es aussieht',
    looksText: 'Für diesen Browser. Im Kontomenü lässt es sich jederzeit ändern.',
    theme: 'Aussehen',
    language: 'Sprache',
    storage: 'Wo die Dateien liegen',
    storageText:
      'Tintype benennt seine Dateien mit Nummern. Es kann sie auch nach Datum in Ordner legen, damit sich andere Programme darin zurechtfinden.',
    storageOn: 'Dateien in Ordner legen',
    storagePreset: 'Ordner',
    storageExample: (path) => `Ein Foto von heute kommt nach ${path}`,
    privacy: 'Wer davon erfährt',
    privacyText: 'Was andere im Internet fragt, und was nicht.',
    versionCheck: 'Nach neuen Versionen sehen',
    versionCheckText: 'Fragt gelegentlich die Seite des Projekts.',
    appMap: 'Karte in den Telefon-Apps',
    appMapText:
      'Sie laden ihre Karte von tiles.immich.cloud. Die Karte im Browser kommt immer von diesem Server.',
    places: 'Namen von Orten',
    placesText: 'Stehen in einer Tabelle dieses Servers; niemand wird gefragt.',
    previews:
      'Verschickte Links zeigen in Messengern Titel und Titelbild. Ein Passwort am Link verbirgt beides.',
    phone: 'Das Telefon',
    phoneText:
      'Die App Immich aus dem App-Store laden und diese Adresse eingeben. Neue Fotos kommen dann von selbst.',
    qr: (address) => `QR-Code von ${address}`,
    copy: 'Adresse kopieren',
    copied: 'Adresse kopiert',
    localhost:
      'Diese Adresse gilt nur auf diesem Computer. Für das Telefon Tintype mit seinem Namen oder seiner Nummer im Netz öffnen.',
  },
  firstSteps: {
    title: 'Wie Fotos hierher kommen',
    here: 'Von diesem Computer',
    hereText: 'Fotos, Videos oder ganze Ordner auf diese Seite ziehen oder auswählen.',
    phone: 'Vom Telefon',
    phoneText: 'Die App Immich laden und diese Adresse eingeben. Der Code öffnet sie am Telefon.',
    command: 'Von der Befehlszeile',
    commandText: 'Für große Ordner, mit einem API-Schlüssel des eigenen Kontos:',
  },
};
