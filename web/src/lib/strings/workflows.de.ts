/* The sentences of workflows, in German. */
import type { workflowsEn } from './workflows.en';

/* Die Worte, mit denen der Server Schritte, ihre Einstellungen und Vorlagen beschreibt. */
const vomServer: Record<string, string> = {
  'Archive screenshots': 'Bildschirmfotos archivieren',
  'Keeps screenshots off the timeline, by their name.':
    'Hält Bildschirmfotos aus der Zeitleiste, nach ihrem Namen.',
  'Albums by tag': 'Alben nach Schlagwort',
  'Puts what gets a tag into an album.': 'Legt in ein Album, was ein Schlagwort bekommt.',
  'A feast every year': 'Ein Fest in jedem Jahr',
  'Collects what is taken in the same days of every year in an album.':
    'Sammelt in einem Album, was jedes Jahr an denselben Tagen entsteht.',
  'Albums by place': 'Alben nach Ort',
  'Collects what is taken in a place in an album.':
    'Sammelt in einem Album, was an einem Ort entsteht.',
  'Tag a camera': 'Kamera verschlagworten',
  'Tags what a camera takes.': 'Gibt allem ein Schlagwort, was eine Kamera aufnimmt.',
  'Tell another program': 'Einem anderen Programm melden',
  'Calls a webhook for each new photo or video.':
    'Ruft für jedes neue Foto oder Video einen Webhook auf.',

  'Filter by file name': 'Filter nach Dateiname',
  'Goes on with files whose name or path fits.':
    'Weiter geht es mit Dateien, deren Name oder Pfad passt.',
  'Filter by date': 'Filter nach Datum',
  'Goes on with what was taken in a range of days, once or every year.':
    'Weiter geht es mit Aufnahmen bestimmter Tage, einmal oder jedes Jahr.',
  'Filter by type': 'Filter nach Art',
  'Goes on with photos, or with videos.': 'Weiter geht es mit Fotos oder mit Videos.',
  'Filter by tag': 'Filter nach Schlagwort',
  'Goes on with what has certain tags.': 'Weiter geht es mit dem, was bestimmte Schlagwörter hat.',
  'Filter by camera': 'Filter nach Kamera',
  'Goes on with what a camera or a lens took.':
    'Weiter geht es mit dem, was eine Kamera oder ein Objektiv aufnahm.',
  'Filter by place': 'Filter nach Ort',
  'Goes on with what was taken in a country, state or city.':
    'Weiter geht es mit Aufnahmen aus einem Land, einer Region oder einer Stadt.',
  'Add to albums': 'In Alben legen',
  'Puts it into one or more albums that you may add to.':
    'Legt es in ein Album oder mehrere, zu denen du hinzufügen darfst.',
  Archive: 'Archivieren',
  'Takes it off the timeline and into the archive.': 'Nimmt es aus der Zeitleiste ins Archiv.',
  'Make a favourite': 'Zum Favoriten machen',
  'Makes it one of your favourites.': 'Nimmt es unter deine Favoriten auf.',
  'Add tags': 'Schlagwörter geben',
  'Tags it; tags that are missing are made.':
    'Gibt Schlagwörter; was es noch nicht gibt, wird angelegt.',
  'Remove tags': 'Schlagwörter nehmen',
  'Takes tags off it.': 'Nimmt Schlagwörter weg.',
  'Call a webhook': 'Webhook aufrufen',
  "Sends the photo's or video's description as JSON to another server.":
    'Schickt die Beschreibung des Fotos oder Videos als JSON an einen anderen Server.',

  Text: 'Text',
  'What the name is compared with': 'Womit der Name verglichen wird',
  'How it is compared': 'Wie verglichen wird',
  'Capital letters matter': 'Groß und klein unterscheiden',
  'Compare the whole path': 'Den ganzen Pfad vergleichen',
  'The path that the server has, which says something for files of an external library':
    'Den Pfad auf dem Server; bei Dateien einer externen Bibliothek sagt er etwas aus',
  'First day': 'Erster Tag',
  'Last day': 'Letzter Tag',
  'Every year': 'Jedes Jahr',
  'Years do not count then; the days may go over New Year':
    'Jahre zählen dann nicht; die Tage dürfen über Neujahr gehen',
  Year: 'Jahr',
  Month: 'Monat',
  Day: 'Tag',
  Types: 'Arten',
  Tags: 'Schlagwörter',
  'Whole paths, as trips/paris; what is tagged with one below counts, too':
    'Ganze Pfade, wie reisen/paris; was darunter steht, zählt mit',
  'Whole paths, as trips/paris': 'Ganze Pfade, wie reisen/paris',
  'All of them': 'Alle davon',
  Make: 'Hersteller',
  Model: 'Modell',
  Lens: 'Objektiv',
  Country: 'Land',
  State: 'Region',
  City: 'Stadt',
  Albums: 'Alben',
  Address: 'Adresse',
  "http:// or https://; a host of the server's own network must be allowed by the admin":
    'http:// oder https://; Rechner im Netz des Servers muss der Admin erlauben',
  Method: 'Methode',
  Header: 'Kopfzeile',
  'Its value': 'Ihr Wert',
};

export const workflowsDe: typeof workflowsEn = {
  workflows: {
    title: 'Abläufe',
    about:
      'Deine eigenen Regeln: Sie laufen von selbst, wenn ein Foto oder Video ankommt, wenn seine Metadaten gelesen sind oder wenn es ein Schlagwort bekommt.',
    none: 'Noch keine Abläufe',
    noneText:
      'Lass Bildschirmfotos aus der Zeitleiste verschwinden, sammle jedes Weihnachten in einem Album oder melde neue Fotos einem anderen Programm.',
    create: 'Neuer Ablauf',
    untitled: 'Ablauf ohne Namen',
    steps: (n) => (n === 1 ? '1 Schritt' : `${n} Schritte`),
    on: 'An',
    switch: (name) => `„${name}“ ausführen`,
    edit: 'Bearbeiten',
    log: 'Protokoll',
    share: 'Für andere kopieren',
    shared:
      'Kopiert, ohne Alben, Adressen und Geheimnisse. Unter „Neuer Ablauf“ lässt es sich einfügen.',
    delete: 'Löschen',
    deleteTitle: (name) => `„${name}“ löschen?`,
    deleteText: 'Das Protokoll geht mit. Was er mit deinen Fotos getan hat, bleibt.',
    triggers: {
      AssetCreate: 'Wenn ein Foto oder Video ankommt',
      AssetMetadataExtraction: 'Wenn seine Metadaten gelesen sind',
      AssetTagged: 'Wenn es ein Schlagwort bekommt',
    },

    begin: 'Womit soll er anfangen?',
    empty: 'Mit nichts',
    emptyText: 'Wähle, wann er läuft und was er tut.',
    paste: 'Von jemand anderem',
    pasteText: 'Füge ein, was „Für andere kopieren“ ergab.',
    pasteLabel: 'Kopierter Ablauf',
    pasteButton: 'Übernehmen',
    pasteFailed: 'Das ist kein kopierter Ablauf.',

    editTitle: 'Ablauf',
    name: 'Name',
    description: 'Beschreibung',
    when: 'Wann',
    then: 'Dann',
    logging: 'Protokoll führen',
    addStep: 'Schritt hinzufügen …',
    filters: 'Nur weiter, wenn',
    actions: 'Tun',
    stepOn: 'Schritt ist an',
    stepNamed: (n, title) => `Schritt ${n}: ${title}`,
    up: 'Nach oben',
    down: 'Nach unten',
    remove: 'Schritt entfernen',
    noSteps: 'Ohne Schritt tut er nichts.',
    unknownMethod: 'Diesen Schritt kennt der Server nicht.',
    saved: 'Ablauf gespeichert',
    faults: 'Manche Einstellungen passen noch nicht.',
    choose: 'Nicht gewählt',
    noAlbums: 'Du hast keine Alben, zu denen du hinzufügen darfst.',
    add: 'Hinzufügen',
    removeItem: (item) => `${item} entfernen`,

    logTitle: (name) => `Protokoll von „${name}“`,
    logEmpty: 'Er ist noch nicht gelaufen.',
    logOff: 'Er führt kein Protokoll. Beim Bearbeiten lässt es sich einschalten.',
    logFilter: 'Welche Läufe',
    results: {
      all: 'Alle Läufe',
      completed: 'Fertig',
      halted: 'Von einem Filter angehalten',
      error: 'Gescheitert',
    },
    atStep: (n, title) => `Schritt ${n}, ${title}`,
    showPhoto: 'Foto zeigen',
    earlier: 'Frühere Läufe',

    server: (text) => vomServer[text] ?? `${text}`,
    options: {
      contains: 'enthält ihn',
      exact: 'ist genau dieser',
      startsWith: 'beginnt damit',
      endsWith: 'endet damit',
      regex: 'passt zu ihm als regulärem Ausdruck',
      IMAGE: 'Foto',
      VIDEO: 'Video',
      AUDIO: 'Ton',
      OTHER: 'Anderes',
    },
  },
};
