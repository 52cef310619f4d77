import { mount } from 'svelte';
import App from './App.svelte';
import { basePath } from './lib/base';
import { preferences } from './lib/preferences.svelte';
import './styles/theme.css';
import './styles/base.css';

const target = document.getElementById('app');

/* In maintenance mode next to nothing is served: its page stands alone. */
async function start(to: HTMLElement): Promise<void> {
  await preferences.ready;
  if (location.pathname === `${basePath}maintenance`)
    mount((await import('./pages/Maintenance.svelte')).default, { target: to });
  else mount(App, { target: to });
}

if (target) void start(target);
