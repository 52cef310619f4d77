/* The settings of the server are stored as a whole. Others may have changed some of them meanwhile, so they
 * are read afresh for each change; and of several changes at once each is made to what the one before left. */
import { getAdminConfig, updateAdminConfig, type AdminConfig } from '../api';

let last: Promise<unknown> = Promise.resolve();

/** @return the settings as they are then. Rejects with what the server says against it */
export function changeConfig(change: (now: AdminConfig) => AdminConfig): Promise<AdminConfig> {
  const mine = last.then(async () => updateAdminConfig({ body: change(await getAdminConfig()) }));
  last = mine.catch(() => undefined); // a refusal concerns none but its own
  return mine;
}
