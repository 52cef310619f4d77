/* Die Sätze der Werkzeuge der Anzeige und der App als Programm, auf Deutsch. */
import type { viewerEn } from './viewer.en';

export const viewerDe: typeof viewerEn = {
  edit: {
    title: 'Foto bearbeiten',
    frame: 'Der Teil des Bildes, der bleibt. Pfeiltasten verschieben ihn.',
    tools: 'Werkzeuge',
    ratio: 'Form',
    free: 'Frei',
    original: 'Original',
    square: 'Quadrat',
    flip: 'Hoch oder quer',
    rotateLeft: 'Nach links drehen',
    rotateRight: 'Nach rechts drehen',
    mirrorAcross: 'Links und rechts tauschen',
    mirrorDown: 'Oben und unten tauschen',
    undo: 'Rückgängig',
    redo: 'Wiederholen',
    removeAll: 'Zurück zum Original',
    saving: 'Das Bild wird erstellt …',
    saved: 'Bearbeitung gespeichert. Das Original bleibt, wie es ist.',
    reverted: 'Das Foto ist wieder, wie es kam',
    downloadOriginal: 'Original herunterladen',
    pixels: (width, height) => `${width} × ${height} Pixel`,
    handles: {
      n: 'Obere Kante',
      s: 'Untere Kante',
      e: 'Rechte Kante',
      w: 'Linke Kante',
      ne: 'Ecke oben rechts',
      nw: 'Ecke oben links',
      se: 'Ecke unten rechts',
      sw: 'Ecke unten links',
    },
  },

  slideshow: {
    title: 'Diashow',
    play: 'Abspielen',
    pause: 'Anhalten',
    settings: 'Einstellungen',
    interval: 'Jedes Foto',
    seconds: (n) => (n === 1 ? '1 Sekunde' : `${n} Sekunden`),
    order: 'Reihenfolge',
    orders: { forward: 'Wie in der Liste', back: 'Rückwärts', shuffle: 'Gemischt' },
    transition: 'Wechsel',
    transitions: { fade: 'Überblenden', slide: 'Schieben', none: 'Sofort' },
    info: 'Datum und Ort zeigen',
    progress: 'Zeigen, wie lange es dauert',
    over: 'Das war das letzte',
    again: 'Von vorn',
  },

  panorama: {
    label: 'Rundumbild. Ziehen oder Pfeiltasten ändern die Blickrichtung.',
    around: 'Umsehen',
    flat: 'Flach zeigen',
  },

  motion: {
    name: 'Bewegt',
    play: 'Den Moment um dieses Foto abspielen',
    failed: 'Dieser Moment lässt sich nicht abspielen',
  },

  video: {
    quality: 'Qualität',
    automatic: 'Automatisch',
    original: 'Original',
    size: (pixels) => `${pixels}p`,
    beingMade: 'Das Video wird vorbereitet und läuft gleich.',
    network: 'Die Verbindung brach ab, während das Video geladen wurde.',
    format:
      'Dieser Browser kann das Video nicht abspielen. Das Original ist sicher und kann heruntergeladen werden.',
    download: 'Video herunterladen',
  },

  app: {
    offline: 'Keine Verbindung',
    offlineText:
      'Zu sehen ist, was schon gesehen wurde. Ändern lässt sich erst wieder etwas, wenn der Server da ist.',
    install: 'Als App installieren',
    installed: 'Tintype ist jetzt bei den Apps',
    received: (n) => (n === 1 ? '1 Datei wurde empfangen' : `${n} Dateien wurden empfangen`),
    userChanged: (name) => `In diesem Browser ist jetzt ${name} angemeldet`,
  },
};
