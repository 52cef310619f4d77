/* Sätze der Seiten, die Fotos finden, auf Deutsch. */
import type { libraryEn } from './library_en';

const zahl = (n: number): string => n.toLocaleString('de');
const fotos = (n: number): string => (n === 1 ? '1 Foto' : `${zahl(n)} Fotos`);

export const libraryDe: typeof libraryEn = {
  areas: {
    search: 'Suche',
    explore: 'Entdecken',
    people: 'Personen',
    tags: 'Schlagwörter',
    map: 'Karte',
    memories: 'Erinnerungen',
    folders: 'Ordner',
    duplicates: 'Doppelte',
    large: 'Große Dateien',
  },

  lists: { loading: 'Mehr wird geladen …' },

  search: {
    title: 'Suche',
    label: 'Fotos durchsuchen',
    hint: 'Fotos durchsuchen',
    open: 'Suchen',
    offers: 'Vorschläge',
    kinds: { person: 'Person', place: 'Ort', camera: 'Kamera', tag: 'Schlagwort', file: 'Datei' },
    results: 'Suchergebnisse',
    found: (n: number) => fotos(n),
    filters: 'Filter',
    apply: 'Fotos zeigen',
    clear: 'Alles zurücksetzen',
    any: 'Beliebig',
    gone: 'nicht mehr da',
    without: (text: string) => `${text} entfernen`,
    since: (day: string) => `ab ${day}`,
    until: (day: string) => `bis ${day}`,
    stars: (n: number) => (n === 1 ? '1 Stern' : `${n} Sterne`),
    nothing: 'Nichts gefunden',
    nothingText: 'Versuche weniger oder andere Wörter, oder nimm einen Filter weg.',
    libraryEmpty: 'Es gibt noch keine Fotos zu durchsuchen.',
    types: { any: 'Alles', IMAGE: 'Fotos', VIDEO: 'Videos', AUDIO: 'Töne', OTHER: 'Andere' },
    flags: { favorite: 'Favoriten', archived: 'Archiviert', notInAlbum: 'In keinem Album' },
    fields: {
      people: 'Personen',
      place: 'Ort',
      country: 'Land',
      state: 'Region',
      city: 'Stadt',
      camera: 'Kamera',
      make: 'Hersteller',
      model: 'Modell',
      lens: 'Objektiv',
      taken: 'Wann und wie gut',
      from: 'Von',
      to: 'Bis',
      rating: 'Bewertung',
      kind: 'Art',
      tags: 'Schlagwörter',
    },
  },

  explore: {
    videos: 'Videos',
    places: 'Orte',
    all: 'Alle zeigen',
    emptyText:
      'Wenn Fotos wissen, wo sie entstanden sind, oder wenn Personen darin benannt sind, lassen sie sich hier entdecken.',
  },

  people: {
    unnamed: 'Ohne Namen',
    find: 'Person suchen',
    findOrNew: 'Person suchen oder neu benennen',
    nobody: 'Niemand mit diesem Namen',
    create: (name: string) => `Neu: ${name}`,
    name: 'Name',
    addName: 'Name hinzufügen',
    edit: 'Name und Geburtstag',
    birthDate: 'Geburtsdatum',
    birthDateHelp: 'Daraus ergibt sich das Alter auf jedem Foto.',
    hide: 'Ausblenden',
    unhide: 'Wieder zeigen',
    isHidden: 'ausgeblendet',
    showHidden: (n: number) => `Ausgeblendete zeigen (${n})`,
    leaveOutHidden: 'Ausgeblendete weglassen',
    merge: 'Dieselbe Person wie …',
    mergeTitle: (name: string) => `Wer ist auch ${name}?`,
    mergeText:
      'Ihre Fotos werden unter einem Namen zusammengelegt. Das lässt sich nicht rückgängig machen.',
    merged: 'Zusammengelegt',
    mergeFailed: 'Nicht alle konnten zusammengelegt werden.',
    more: (name: string) => `Mehr zu ${name}`,
    photosOf: (name: string) => `Fotos von ${name}`,
    count: (n: number) => fotos(n),
    born: (day: string) => `geboren ${day}`,
    remove: 'Person vergessen',
    removeTitle: (name: string) => `${name} vergessen?`,
    removeText: 'Die Fotos bleiben. Nur der Name und wer wo darauf ist gehen verloren.',
    asFace: 'Als Porträt verwenden',
    faceChanged: 'Das Porträt wurde geändert.',
    emptyTitle: 'Noch niemand hier',
    emptyText:
      'Öffne ein Foto mit seinen Details und füge ein Gesicht hinzu: zieh einen Rahmen und sag, wer es ist.',
    noPhotos: 'Keine Fotos',
    noPhotosText: 'In der Zeitleiste gibt es kein Foto dieser Person.',
    age: (years: number) => (years === 1 ? '1 Jahr alt' : `${years} Jahre alt`),
  },

  faces: {
    show: 'Zeigen, wo die Personen sind',
    add: 'Gesicht hinzufügen',
    draw: 'Einen Rahmen um ein Gesicht ziehen',
    hint: 'Zieh einen Rahmen um das Gesicht. Oder drück Enter, beweg den Rahmen mit den Pfeiltasten und drück wieder Enter.',
    who: 'Wer ist das?',
    reassign: 'Jemand anderes …',
    remove: 'Vom Foto entfernen',
  },

  tags: {
    add: 'Schlagwort hinzufügen',
    find: 'Schlagwort suchen',
    tag: 'Verschlagworten',
    new: 'Neues Schlagwort',
    newHere: 'Neues Schlagwort darunter',
    newBelow: (name: string) => `Neues Schlagwort unter ${name}`,
    edit: 'Schlagwort bearbeiten',
    name: 'Name',
    color: 'Farbe',
    path: 'Wo dieses Schlagwort steht',
    fold: (name: string) => `${name} zuklappen`,
    unfold: (name: string) => `${name} aufklappen`,
    takeOff: (name: string) => `Schlagwort ${name} entfernen`,
    below: (n: number, name: string) =>
      `${fotos(n)} mit einem Schlagwort unter ${name}: entferne es auf dessen Seite`,
    tagPhotos: (n: number) => `${fotos(n)} verschlagworten`,
    help: 'Enter fügt ein Schlagwort hinzu. Ein Schrägstrich stellt eines unter ein anderes: Reise/Italien.',
    added: (n: number) => `${fotos(n)} verschlagwortet`,
    remove: 'Schlagwort löschen',
    removeTitle: (name: string) => `${name} löschen?`,
    removeText: 'Das Schlagwort und alle darunter verschwinden von allen Fotos. Die Fotos bleiben.',
    emptyTitle: 'Noch keine Schlagwörter',
    emptyText:
      'Wähle Fotos aus und verschlagworte sie, oder füge in den Details eines Fotos eines hinzu.',
    noPhotos: 'Keine Fotos',
    noPhotosText: 'Kein Foto der Zeitleiste hat dieses Schlagwort.',
  },

  stacks: {
    stack: 'Stapeln',
    unstack: 'Stapel auflösen',
    made: (n: number) => `${fotos(n)} gestapelt`,
    apart: 'Der Stapel wurde aufgelöst.',
    label: (n: number) => `Stapel aus ${n}`,
    strip: 'Fotos dieses Stapels',
    show: (i: number) => `Foto ${i} des Stapels zeigen`,
    asCover: 'Im Stapel zuerst zeigen',
    coverChanged: 'Dieses Foto ist jetzt das erste seines Stapels.',
  },

  details: {
    editDate: 'Datum und Uhrzeit ändern',
    localTime: 'Ortszeit',
    zone: 'Zeitzone',
    dateSaved: 'Datum gespeichert',
    editPlace: 'Ort ändern',
    addPlace: 'Ort hinzufügen',
    findPlace: 'Ort suchen',
    latitude: 'Breite',
    longitude: 'Länge',
    placeSaved: 'Ort gespeichert',
    albums: 'Alben',
    onMap: 'Ort auf der Karte',
  },

  map: {
    noMap: 'Die Karte lässt sich nicht zeigen',
    noWebGl:
      'Dieser Browser hat kein WebGL, mit dem die Karte gezeichnet wird. Vielleicht ist es in seinen Einstellungen abgeschaltet.',
    emptyTitle: 'Noch keine Orte',
    emptyText:
      'Fotos, die wissen, wo sie entstanden sind, erscheinen hier. In ihren Details lässt sich ein Ort hinzufügen.',
    zoomOut: 'Verkleinern',
    source: 'Quelle der Karte',
    pile: (n: number, place: string) => fotos(n) + (place ? `, ${place}` : ''),
  },

  memories: {
    title: 'An diesem Tag',
    ago: (years: number) => (years === 1 ? 'Vor einem Jahr' : `Vor ${years} Jahren`),
    count: (n: number) => fotos(n),
    keep: 'Behalten',
    kept: 'Behalten',
    gone: 'Diese Erinnerung ist verblasst',
    goneText: 'Ihre Fotos sind nicht mehr da.',
  },

  folders: {
    path: 'Wo dieser Ordner liegt',
    emptyTitle: 'Dieser Ordner ist leer',
    emptyText: 'Es sind keine Fotos darin.',
  },

  large: {
    text: 'Die Dateien, die am meisten Platz brauchen, die größten zuerst.',
    emptyTitle: 'Noch keine Dateien',
    emptyText: 'Sobald es Fotos und Videos gibt, stehen hier die größten.',
  },

  duplicates: {
    text: (n: number) =>
      n === 1
        ? '1 Gruppe von Fotos, die sich gleichen. Was nicht behalten wird, kommt in den Papierkorb.'
        : `${zahl(n)} Gruppen von Fotos, die sich gleichen. Was nicht behalten wird, kommt in den Papierkorb.`,
    group: (n: number) => `Gruppe ${n}`,
    look: (name: string) => `${name} ansehen`,
    keepThis: (name: string) => `${name} behalten`,
    keep: 'Behalten',
    toTrash: 'In den Papierkorb',
    keepAll: 'Alle behalten',
    resolve: (n: number) => (n === 0 ? 'Nichts zu löschen' : `${zahl(n)} in den Papierkorb`),
    resolveAll: 'Überall wie gewählt',
    resolveAllText: (n: number) =>
      `In ${zahl(n)} Gruppen kommt in den Papierkorb, was nicht behalten wird.`,
    failed: (reason: string) => `Nicht erledigt: ${reason}`,
    emptyTitle: 'Nichts doppelt',
    emptyText: 'Keine zwei Fotos gleichen sich. Sonst stünden sie hier.',
  },
};
