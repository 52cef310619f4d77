/* Die Sätze des Hochladens, auf Deutsch. */
import type { uploadEn } from './upload.en';

const zahl = (n: number): string => n.toLocaleString('de');
const dateien = (n: number): string => (n === 1 ? '1 Datei' : `${zahl(n)} Dateien`);

export const uploadDe: typeof uploadEn = {
  upload: {
    button: 'Hochladen',
    choose: 'Fotos auswählen',
    drop: 'Loslassen zum Hochladen',
    dropText: 'Fotos, Videos, ganze Ordner',
    title: 'Hochladen',
    running: (done, all) => `${zahl(done)} von ${dateien(all)} hochgeladen`,
    finished: (n) => `${dateien(n)} hochgeladen`,
    nothingNew: 'Alles war schon da',
    waiting: 'Wartet',
    checking: 'Wird geprüft',
    sending: 'Wird hochgeladen',
    storing: 'Wird gespeichert',
    created: 'Hochgeladen',
    duplicate: 'Schon da',
    duplicateInTrash: 'Schon da, im Papierkorb',
    refused: 'Endgültig gelöscht: bleibt weg',
    cancelled: 'Abgebrochen',
    failed: (reason) => `Fehlgeschlagen: ${reason}`,
    connectionLost: 'die Verbindung ist abgebrochen',
    cancel: 'Abbrechen',
    cancelAll: 'Alle abbrechen',
    retry: 'Noch einmal',
    retryAll: 'Fehlgeschlagene wiederholen',
    minimise: 'Kleiner',
    expand: 'Größer',
    show: 'Zeigen',
    summaryDuplicates: (n) => `${zahl(n)} schon da`,
    summaryFailed: (n) => `${zahl(n)} fehlgeschlagen`,
    summaryRefused: (n) => `${zahl(n)} früher endgültig gelöscht`,
    summaryCancelled: (n) => `${zahl(n)} abgebrochen`,
    empty: 'Darin waren keine Fotos oder Videos.',
    chooseFiles: 'Dateien auswählen',
    chooseFolder: 'Einen Ordner auswählen',
    dropHint: 'Oder Dateien und Ordner auf die Seite ziehen, oder ein Bild einfügen.',
    ready: 'Wird gleich gesendet',
    checkingPart: (part) => `Wird geprüft, ${part}`,
    withMotion: 'mit ihrem Film',
    withSidecar: 'mit ihrer Begleitdatei',
    pause: 'Anhalten',
    resume: 'Weiter',
    paused: 'Angehalten',
    speed: (rate) => `${rate}/s`,
    left: (time) => `noch ${time}`,
    aFewSeconds: 'ein paar Sekunden',
    minutes: (n) => (n === 1 ? 'eine Minute' : `${n} Minuten`),
    hours: (n) => (n === 1 ? 'eine Stunde' : `${n} Stunden`),
    lost: (seconds) =>
      `Die Verbindung ist abgebrochen. Neuer Versuch in ${seconds === 1 ? 'einer Sekunde' : `${seconds} Sekunden`}.`,
    lostNow: 'Die Verbindung ist abgebrochen. Neuer Versuch läuft.',
    tryNow: 'Jetzt versuchen',
    unreadable:
      'sie lässt sich nicht mehr lesen. Sie wurde geändert, verschoben oder gelöscht; bitte neu auswählen',
    tooLarge: (whose) =>
      `${whose || 'ein Proxy'} vor dem Server nimmt nichts von brauchbarer Größe an; sein Limit erhöhen (nginx: client_max_body_size)`,
    limited: (whose, size) =>
      `${whose || 'Ein Proxy'} vor dem Server hat ${size} am Stück abgelehnt. Jetzt gehen kleinere Teile; ein höheres Limit ist schneller (nginx: client_max_body_size).`,
    noRoom: 'dafür ist kein Platz: der Speicher dieses Kontos ist voll',
    lonelySidecar: 'eine Begleitdatei ohne ihr Foto daneben',
    unsent: (n) => `${dateien(n)} noch nicht gesendet`,
    unsentText:
      'Die Seite wurde vorher geschlossen. Was schon da ist, wird nicht noch einmal gesendet.',
    unsentChoose: 'Zum Fortsetzen dieselben Dateien oder den Ordner noch einmal auswählen.',
    unsentGoOn: 'Fortsetzen',
    unsentForget: 'Vergessen',
    unsentGone:
      'Sie ließen sich nicht mehr lesen. Bitte die Dateien oder den Ordner neu auswählen.',
    listLabel: 'Dateien',
  },
};
