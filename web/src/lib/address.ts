/* Where others find this server. */
import { basePath } from './base';
import { session } from './session.svelte';

/** The address the admin gave it, else the one it was opened by; without a slash at the end. */
export function serverAddress(): string {
  const external = session.config?.externalDomain.trim() ?? '';
  return (external || location.origin + basePath).replace(/\/+$/, '');
}

/** Whether only this computer can use it. */
export function isLocalOnly(address: string): boolean {
  return /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(address);
}
