/* What a storage template makes of a photo: the same small language as on the server, for the
 * preview beside the field. */

export interface TemplatePhoto {
  taken: Date;
  filename: string;
  extension: string;
  assetId: string;
  album: string;
  make: string;
  model: string;
  lensModel: string;
}

export const otherVariables = [
  'filename',
  'ext',
  'filetype',
  'filetypefull',
  'assetId',
  'assetIdShort',
  'album',
  'album-startDate-y',
  'album-endDate-y',
  'make',
  'model',
  'lensModel',
] as const;

const two = (n: number): string => String(n).padStart(2, '0');

function month(date: Date, style: 'short' | 'long'): string {
  return new Intl.DateTimeFormat('en', { month: style }).format(date);
}

/** The week of ISO 8601: it belongs to the year of its Thursday. */
function weekOf(date: Date): number {
  const thursday = new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.ceil(((thursday.getTime() - start) / 86_400_000 + 1) / 7);
}

const hour12 = (date: Date): number => date.getHours() % 12 || 12;

const times: Record<string, (date: Date) => string> = {
  y: (date) => String(date.getFullYear()),
  yy: (date) => two(date.getFullYear() % 100),
  M: (date) => String(date.getMonth() + 1),
  MM: (date) => two(date.getMonth() + 1),
  MMM: (date) => month(date, 'short'),
  MMMM: (date) => month(date, 'long'),
  W: (date) => String(weekOf(date)),
  WW: (date) => two(weekOf(date)),
  d: (date) => String(date.getDate()),
  dd: (date) => two(date.getDate()),
  h: (date) => String(hour12(date)),
  hh: (date) => two(hour12(date)),
  H: (date) => String(date.getHours()),
  HH: (date) => two(date.getHours()),
  m: (date) => String(date.getMinutes()),
  mm: (date) => two(date.getMinutes()),
  s: (date) => String(date.getSeconds()),
  ss: (date) => two(date.getSeconds()),
  SSS: (date) => String(date.getMilliseconds()).padStart(3, '0'),
};

/** @return null when there is no such variable */
function valueOf(name: string, photo: TemplatePhoto): string | null {
  const ofAlbum = /^album-(?:start|end)Date-(.+)$/.exec(name)?.[1];
  const time = times[ofAlbum ?? name];
  if (time) return ofAlbum && !photo.album ? '' : time(photo.taken);
  switch (name) {
    case 'ext':
      return photo.extension;
    case 'filetype':
      return 'IMG';
    case 'filetypefull':
      return 'IMAGE';
    case 'assetIdShort':
      return photo.assetId.slice(-12);
    case 'filename':
    case 'assetId':
    case 'album':
    case 'make':
    case 'model':
    case 'lensModel':
      return photo[name];
    default:
      return null;
  }
}

/** @return the path with its extension; null when the template has a mistake */
export function renderTemplate(template: string, photo: TemplatePhoto): string | null {
  const levels: { isOn: boolean; hasElse: boolean }[] = [];
  let out = '';
  let rest = template;
  for (;;) {
    const open = rest.indexOf('{{');
    const isOn = levels.every((level) => level.isOn);
    if (isOn) out += open < 0 ? rest : rest.slice(0, open);
    if (open < 0) break;
    const close = rest[open + 2] === '{' ? '}}}' : '}}';
    const end = rest.indexOf(close, open + close.length);
    if (end < 0) return null;
    const tag = rest.slice(open + close.length, end).trim();
    rest = rest.slice(end + close.length);
    const level = levels.at(-1);
    if (tag.startsWith('#if ')) {
      const value = valueOf(tag.slice(4).trim(), photo);
      if (value === null) return null;
      levels.push({ isOn: value !== '', hasElse: false });
    } else if (tag === '/if') {
      if (!levels.pop()) return null;
    } else if (tag === 'else') {
      if (!level || level.hasElse) return null;
      level.isOn = !level.isOn;
      level.hasElse = true;
    } else {
      const value = valueOf(tag, photo);
      if (value === null) return null;
      if (isOn) out += value.replace(/[/\\]/g, '');
    }
  }
  if (levels.length > 0) return null;
  return `${out.replace(/\/{2,}/g, '/').replace(/^\//, '')}.${photo.extension}`;
}
