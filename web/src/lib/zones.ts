/* Local times and their zones: "Europe/Berlin" as clocks have it, or "UTC+2" as cameras do. */

const fixed = /^(?:UTC|GMT)?(?:([+-])(\d{1,2})(?::?(\d\d))?)?$/;

/** Minutes east of Greenwich at this instant. Null when nobody knows the zone. */
export function offsetAt(zone: string, instant: number): number | null {
  const match = fixed.exec(zone);
  if (match) {
    const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
    return match[1] === '-' ? -minutes : minutes;
  }
  try {
    const parts = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(instant);
    const part = (type: string): number =>
      Number(parts.find((each) => each.type === type)?.value ?? 0);
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    // Of the old local times with seconds the lower minute: no midnight becomes the day before.
    return Math.floor((local - Math.floor(instant / 1000) * 1000) / 60_000);
  } catch {
    return null;
  }
}

const day = 24 * 3600_000;

/**
 * The offset of a zone when its clocks show @local (milliseconds as if they were UTC). As the server has it, an hour
 * that comes twice is the first one, and one that is skipped goes on in the offset before.
 */
export function offsetOfLocal(zone: string, local: number): number | null {
  const before = offsetAt(zone, local - day);
  const after = offsetAt(zone, local + day);
  if (before === null || after === null) return null;
  const isBefore = offsetAt(zone, local - before * 60_000) === before;
  return !isBefore && offsetAt(zone, local - after * 60_000) === after ? after : before;
}

export function offsetText(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

/** "2024-06-14T18:11:00" on the clocks of a zone, with its offset. Null when it is no time. */
export function withOffset(localText: string, zone: string): string | null {
  const local = Date.parse(`${localText.length === 16 ? `${localText}:00` : localText}Z`);
  if (Number.isNaN(local)) return null;
  const offset = offsetOfLocal(zone, local);
  if (offset === null) return null;
  return `${new Date(local).toISOString().slice(0, -1)}${offsetText(offset)}`;
}

interface Taken {
  localDateTime: string;
  exifInfo?: { timeZone?: string | null };
}

/**
 * Send when a photo was taken, so that its clocks show @localText. The zone of its place counts more than the offset
 * that a camera told, which may be that of another season.
 */
export async function sendLocal<T extends Taken>(
  localText: string,
  offset: string,
  send: (dateTimeOriginal: string) => Promise<T>,
): Promise<T | null> {
  const told = withOffset(localText, offset);
  const saved = told && (await send(told));
  if (!saved) return null;
  const there = saved.exifInfo?.timeZone ?? offset;
  const meant = withOffset(localText, there);
  const isShown = saved.localDateTime.slice(0, 19) === told.slice(0, 19);
  return isShown || there === offset || !meant ? saved : send(meant);
}

/** Those to choose from, with the one that is set now. */
export function zoneChoices(current: string): string[] {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return current && !zones.includes(current) ? [current, ...zones] : zones;
}
