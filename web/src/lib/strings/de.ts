/* Every sentence of the app, in German. */
import type { Strings } from './en';
import { libraryDe } from './library_de';
import { sharingDe } from './sharing.de';
import { workflowsDe } from './workflows.de';
import { viewerDe } from './viewer.de';
import { uploadDe } from './upload.de';
import { welcomeDe } from './welcome.de';

const zahl = (n: number): string => n.toLocaleString('de');
const fotos = (n: number): string => (n === 1 ? '1 Foto' : `${zahl(n)} Fotos`);

export const de: Strings = {
  ...sharingDe,
  ...libraryDe,
  ...workflowsDe,
  ...viewerDe,
  ...uploadDe,
  ...welcomeDe,

  nav: {
    label: 'Hauptmenü',
    people: 'Personen',
    map: 'Karte',
    tags: 'Schlagwörter',
    photos: 'Fotos',
    favorites: 'Favoriten',
    archive: 'Archiv',
    trash: 'Papierkorb',
    account: 'Konto',
    logout: 'Abmelden',
    theme: 'Darstellung',
    themeAuto: 'Automatisch',
    themeLight: 'Hell',
    themeDark: 'Dunkel',
    languageLabel: 'Sprache',
    more: 'Mehr',
    library: 'Bibliothek',
    explore: 'Entdecken',
    albums: 'Alben',
    sharing: 'Geteilt',
    skip: 'Zu den Fotos springen',
    settings: 'Einstellungen',
    admin: 'Verwaltung',
    locked: 'Gesperrter Ordner',
    folders: 'Ordner',
  },

  auth: {
    welcome: 'Willkommen',
    welcomeText: 'Dieser Server ist neu. Lege das erste Konto an: es verwaltet alle anderen.',
    name: 'Name',
    email: 'E-Mail',
    password: 'Passwort',
    repeatPassword: 'Passwort wiederholen',
    passwordHelp: 'Mindestens 8 Zeichen.',
    passwordTooShort: 'Bitte mindestens 8 Zeichen verwenden.',
    passwordsDiffer: 'Die beiden Passwörter sind nicht gleich.',
    missing: 'Bitte ausfüllen.',
    createAccount: 'Konto anlegen',
    login: 'Anmelden',
    loginTitle: 'Anmelden',
    showPassword: 'Passwort zeigen',
    hidePassword: 'Passwort verbergen',
    sessionEnded: 'Die Sitzung ist beendet. Bitte melde dich neu an.',
    passwordLoginOff: 'Die Anmeldung mit Passwort ist auf diesem Server abgeschaltet.',
    or: 'oder',
    comingBack: 'Anmeldung läuft …',
    providerRefused: (reason: string) => `Die Anmeldung wurde abgelehnt: ${reason}`,
  },

  start: {
    unreachable: 'Der Server antwortet nicht',
    unreachableText: 'Bitte die Verbindung prüfen. Diese Seite versucht es von selbst wieder.',
    retry: 'Noch einmal',
    unknownTitle: 'Hier ist nichts',
    unknownText: 'Die Adresse ist vielleicht alt oder vertippt.',
    toPhotos: 'Zu den Fotos',
  },

  grid: {
    photo: (date) => `Foto, ${date}`,
    video: (date, length) => `Video, ${length}, ${date}`,
    favorite: 'Favorit',
    select: 'Auswählen',
    selectDay: (date) => `Alle vom ${date} auswählen`,
    noPreview: 'Keine Vorschau',
    timeline: 'Fotos nach Datum',
    scrubber: 'Zu einem Datum springen',
    loadFailed: 'Das konnte nicht geladen werden.',
  },

  empty: {
    photos: 'Noch keine Fotos',
    photosText: 'Ziehe Fotos und Videos irgendwo auf diese Seite, oder wähle sie aus.',
    favorites: 'Noch keine Favoriten',
    favoritesText: 'Drücke bei einem Lieblingsfoto das Herz, dann findest du es hier.',
    archive: 'Das Archiv ist leer',
    archiveText: 'Archivierte Fotos verlassen die Zeitleiste und sind hier gut aufgehoben.',
    trash: 'Der Papierkorb ist leer',
    trashText: (days) =>
      `Gelöschte Fotos bleiben ${days === 1 ? 'einen Tag' : `${days} Tage`} hier, dann sind sie endgültig fort.`,
  },

  actions: {
    showAll: 'Alles zeigen',
    showLess: 'Weniger zeigen',
    favorite: 'Favorit',
    unfavorite: 'Aus den Favoriten nehmen',
    archive: 'Archivieren',
    unarchive: 'Zurück in die Zeitleiste',
    trash: 'In den Papierkorb',
    restore: 'Wiederherstellen',
    deleteForever: 'Endgültig löschen',
    download: 'Herunterladen',
    info: 'Details',
    close: 'Schließen',
    cancel: 'Abbrechen',
    previous: 'Voriges Foto',
    next: 'Nächstes Foto',
    undo: 'Rückgängig',
    clear: 'Auswahl aufheben',
    more: 'Mehr',
    selectAll: 'Alle auswählen',
    selected: (n) => `${zahl(n)} ausgewählt`,
    restoreAll: 'Alle wiederherstellen',
    emptyTrash: 'Papierkorb leeren',
    zoomIn: 'Vergrößern',
    zoomOut: 'Einpassen',
    back: 'Zurück',
    save: 'Speichern',
    lock: 'In den gesperrten Ordner',
    unlock: 'Aus dem gesperrten Ordner',
  },

  done: {
    trashed: (n) => `${fotos(n)} in den Papierkorb gelegt`,
    deleted: (n) => `${fotos(n)} endgültig gelöscht`,
    restored: (n) => `${fotos(n)} wiederhergestellt`,
    archived: (n) => `${fotos(n)} archiviert`,
    unarchived: (n) => `${fotos(n)} wieder in der Zeitleiste`,
    favorited: (n) => `${fotos(n)} zu den Favoriten gelegt`,
    unfavorited: (n) => `${fotos(n)} aus den Favoriten genommen`,
    locked: (n) => `${fotos(n)} in den gesperrten Ordner gelegt`,
    unlocked: (n) => `${fotos(n)} zurück in der Zeitleiste`,
    descriptionSaved: 'Beschreibung gespeichert',
  },

  confirm: {
    deleteTitle: (n) => `${fotos(n)} endgültig löschen?`,
    deleteText: 'Die Originale werden vom Server entfernt. Das lässt sich nicht rückgängig machen.',
    lockTitle: (n) => `${fotos(n)} in den gesperrten Ordner legen?`,
    lockText:
      'Sie verlassen Zeitleiste, Suche und alle Alben und sind nur mit deiner PIN zu sehen. Wer sie wieder herausholt, findet sie nicht in den Alben wieder.',
    emptyTitle: 'Papierkorb leeren?',
    emptyText: (n) =>
      `${fotos(n)} werden vom Server entfernt, dazu alles, was im gesperrten Ordner gelöscht wurde. Das lässt sich nicht rückgängig machen.`,
  },

  viewer: {
    label: 'Fotoansicht',
    missing: {
      final: 'Diese Datei kann nicht gezeigt werden',
      making: 'Die Vorschau wird gerade erstellt',
      passing: 'Die Vorschau ist nicht angekommen',
    },
    missingText: {
      final: 'Das Original ist sicher und kann heruntergeladen werden.',
      making: 'Sie erscheint hier, sobald sie fertig ist.',
      passing:
        'Der Server kann sie im Moment nicht senden. Es wird von selbst noch einmal versucht.',
    },
    gone: 'Dieses Foto ist nicht mehr hier.',
    reason: (reason) => `Grund: ${reason}`,
  },

  info: {
    title: 'Details',
    description: 'Beschreibung',
    descriptionHint: 'Beschreibung hinzufügen',
    taken: 'Aufgenommen',
    camera: 'Kamera',
    file: 'Datei',
    place: 'Ort',
    unknownDate: 'Datum unbekannt',
  },

  errors: {
    unknown: 'Da ist etwas schiefgegangen.',
    download: 'Der Server konnte den Download nicht erstellen.',
    offline: 'Der Server ist nicht erreichbar.',
    pin: 'Dafür braucht es deine PIN. Entsperre den gesperrten Ordner in einem anderen Tab, dann versuch es noch einmal.',
    left: (n, reason) => `${fotos(n)} unverändert: ${reason}`,
  },
};
