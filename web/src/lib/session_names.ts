import type { SessionResponse } from '../api';

/** "Firefox, Linux" of what the session tells of itself. */
export function sessionName(
  { deviceType, deviceOS }: Pick<SessionResponse, 'deviceType' | 'deviceOS'>,
  unknown: string,
): string {
  return [deviceType, deviceOS].filter(Boolean).join(', ') || unknown;
}
