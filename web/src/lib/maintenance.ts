/* Into the maintenance mode: the server begins again in it, and answers nobody for a moment. */
import { getMaintenanceStatus, setMaintenanceMode, type SetMaintenanceMode } from '../api';
import { basePath } from './base';

const pollMs = 100;
const patienceMs = 60_000;

/** @return null while the server is away */
async function isActive(): Promise<boolean | null> {
  try {
    return (await getMaintenanceStatus()).active;
  } catch {
    return null;
  }
}

/** Leads to the page of the mode when the server is in it, or was: a small backup is restored in no time. */
export async function enterMaintenance(body: SetMaintenanceMode): Promise<void> {
  await setMaintenanceMode({ body });
  let wasAway = false;
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    const active = await isActive();
    if (active || (wasAway && active === false)) break;
    wasAway ||= active === null;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  location.assign(`${basePath}maintenance`);
}
