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
    return Math.round((local - Math.floor(instant / 1000) * 1000) / 60_000);
  } catch {
    return null;
  }
}

/** The offset of a zone when its clocks show @local (milliseconds as if they were UTC). */
export function offsetOfLocal(zone: string, local: number): number | null {
  const first = offsetAt(zone, local);
  if (first === null) return null;
  // Near a change of the clocks the first guess may be of the other side.
  return offsetAt(zone, local - first * 60_000);
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

/** Those to choose from, with the one that is set now. */
export function zoneChoices(current: string): string[] {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return current && !zones.includes(current) ? [current, ...zones] : zones;
}
