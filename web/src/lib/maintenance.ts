/* Into the maintenance mode: the server begins again in it, and answers nobody for a moment. */
import { getMaintenanceStatus, setMaintenanceMode, type SetMaintenanceMode } from '../api';
import { basePath } from './base';

const pollMs = 500;
const patienceMs = 60_000;

async function isActive(): Promise<boolean> {
  try {
    return (await getMaintenanceStatus()).active;
  } catch {
    return false; // away
  }
}

/** Leads to the page of the mode when the server is in it. */
export async function enterMaintenance(body: SetMaintenanceMode): Promise<void> {
  await setMaintenanceMode({ body });
  for (let waited = 0; waited < patienceMs && !(await isActive()); waited += pollMs) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  location.assign(`${basePath}maintenance`);
}
