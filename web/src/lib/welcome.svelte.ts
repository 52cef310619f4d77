/* Whether the first steps are still to be shown to who is logged in. The server knows; that they were
 * shown is also remembered here, so that nobody waits for an answer at every start. */
import {
  getUserOnboarding,
  setUserOnboarding,
  updateAdminOnboarding,
  type AdminConfig,
} from '../api';
import { changeConfig } from './change_config';
import { session } from './session.svelte';

const memory = 'tintype.welcomed';

function readMemory(): string | null {
  try {
    return localStorage.getItem(memory);
  } catch {
    return null;
  }
}

class Welcome {
  /** Of the user that was asked about last. */
  private asked = '';
  state = $state<'unknown' | 'needed' | 'done'>('unknown');

  /** Ask for the user who is logged in. A server that does not tell, or a page that is left meanwhile, is no
   *  reason to stand in the way, nor one to remember anything: it is asked again at the next start. */
  async look(): Promise<void> {
    const id = session.user?.id ?? '';
    if (id === this.asked) return;
    this.asked = id;
    if (!id || readMemory() === id) {
      this.state = id ? 'done' : 'unknown';
      return;
    }
    this.state = 'unknown';
    const answer = await getUserOnboarding().catch(() => null);
    if (this.asked !== id) return;
    this.state = answer?.isOnboarded === false ? 'needed' : 'done';
    if (answer?.isOnboarded) this.remember();
  }

  private remember(): void {
    try {
      localStorage.setItem(memory, this.asked);
    } catch {
      // Then the server is asked again next time.
    }
  }

  /** They were seen, or skipped. */
  async finish(): Promise<void> {
    this.state = 'done';
    this.remember();
    await setUserOnboarding({ body: { isOnboarded: true } });
    if (session.user?.isAdmin) await updateAdminOnboarding({ body: { isOnboarded: true } });
  }
}

export const welcome = new Welcome();

/** What the admin decides in the first steps, from the config and back into it. */
export interface FirstChoices {
  sortsFiles: boolean;
  template: string;
  checksVersion: boolean;
  appsHaveMap: boolean;
}

export function choicesOf(config: AdminConfig): FirstChoices {
  return {
    sortsFiles: config.storageTemplate.enabled,
    template: config.storageTemplate.template,
    checksVersion: config.newVersionCheck.enabled,
    appsHaveMap: config.map.enabled,
  };
}

export async function saveChoices(choices: FirstChoices): Promise<void> {
  await changeConfig((config) => ({
    ...config,
    storageTemplate: {
      ...config.storageTemplate,
      enabled: choices.sortsFiles,
      template: choices.template,
    },
    newVersionCheck: { ...config.newVersionCheck, enabled: choices.checksVersion },
    map: { ...config.map, enabled: choices.appsHaveMap },
  }));
}

/** What becomes of a template for a photo called IMG_1.jpg; only what the presets use. */
export function exampleOf(template: string, now = new Date()): string {
  const text = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en', options).format(now);
  const start = new Date(now.getFullYear(), 0, 1);
  const week = Math.ceil(((now.getTime() - start.getTime()) / 86_400_000 + start.getDay() + 1) / 7);
  const values: Record<string, string> = {
    y: String(now.getFullYear()),
    yy: String(now.getFullYear()).slice(2),
    M: String(now.getMonth() + 1),
    MM: String(now.getMonth() + 1).padStart(2, '0'),
    MMM: text({ month: 'short' }),
    MMMM: text({ month: 'long' }),
    d: String(now.getDate()),
    dd: String(now.getDate()).padStart(2, '0'),
    W: String(week),
    WW: String(week).padStart(2, '0'),
    filename: 'IMG_1',
    assetId: '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10',
  };
  const plain = template
    .replace(/\{\{#if album\}\}.*?\{\{else\}\}(.*?)\{\{\/if\}\}/g, '$1')
    .replace(/\{\{album\}\}/g, 'Summer')
    .replace(/\{\{([A-Za-z]+)\}\}/g, (whole, name: string) => values[name] ?? whole);
  return `${plain}.jpg`;
}
