/* Dates, sizes and durations in words of the reader's language. Local times arrive as
 * milliseconds as if they were UTC, so all formatting is done in UTC. */

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  let known = formatters.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(language, { timeZone: 'UTC', ...options });
    formatters.set(key, known);
  }
  return known;
}

/** "Friday, 14 June", or "Fri, 14 Jun" where there is little room; with the year unless it is
 *  this one. */
export function formatDay(
  language: string,
  local: number,
  style: 'long' | 'short' = 'long',
  now = Date.now(),
): string {
  const isThisYear = new Date(local).getUTCFullYear() === new Date(now).getUTCFullYear();
  return formatter(language, {
    weekday: style,
    day: 'numeric',
    month: style,
    ...(isThisYear ? {} : { year: 'numeric' }),
  }).format(local);
}

export function formatMonth(language: string, local: number, style: 'long' | 'short' = 'long') {
  return formatter(language, { month: style, year: 'numeric' }).format(local);
}

export function formatDate(language: string, local: number): string {
  return formatter(language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  }).format(local);
}

export function formatTime(language: string, local: number): string {
  return formatter(language, { hour: 'numeric', minute: '2-digit' }).format(local);
}

/** Sizes as file managers show them: steps of 1000. */
export function formatBytes(language: string, bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

/** 0:07, 12:30, 1:02:03 */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

export function formatNumber(language: string, value: number, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** From when to when the photos of an album are: "Jul 2019 – Aug 2021"; empty without photos. */
export function formatSpan(language: string, start?: string, end?: string): string {
  if (!start || !end) return '';
  return formatter(language, { month: 'short', year: 'numeric' }).formatRange(
    Date.parse(start),
    Date.parse(end),
  );
}

/** "5 minutes ago", "yesterday" */
export function formatAgo(language: string, then: number, now = Date.now()): string {
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ];
  const seconds = Math.round((then - now) / 1000);
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return format.format(unit === 'second' ? 0 : Math.round(seconds / size), unit);
}
