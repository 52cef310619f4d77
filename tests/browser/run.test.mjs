// Playwright: the stories of this folder in Debian's Chromium, each file against a new server of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { engine, newServer } from '../api/harness.mjs';
import { startNginx } from '../peers/nginx.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const stories = fs.readdirSync(here).filter((name) => name.endsWith('.spec.ts')).map((name) => path.basename(name, '.spec.ts'));
/* What each run tells: the ways of a family through the app. Every page in every look, and all that is
 * rare, are told by 'make test-long'. */
const EVERY_RUN = 'albums search share story upload welcome workflows';
/* What these look at is the app alone: which database stands behind it changes nothing. What of theirs it
 * stores, the tests through HTTP ask of both. */
const LOOKS = ['access', 'offline', 'subpath', 'upload', 'welcome'];
// TINTYPE_STORIES: those alone, such as "grid upload"
const wanted = process.env.TINTYPE_STORIES ?? (process.env.TINTYPE_LONG ? stories.join(' ') : EVERY_RUN);
const chromium = process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium';
const playwright = path.join(here, 'node_modules/@playwright/test/cli.js');

async function tell(story) {
  const server = newServer();
  await server.start();
  const output = process.env.TINTYPE_TEST_OUTPUT ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-browser-'));
  const proxy = story === 'subpath' ? await startNginx(server.base) : null;
  const below = proxy ? { TINTYPE_BELOW_URL: `${proxy.below}/` } : {};
  const env = { ...process.env, ...below, TINTYPE_URL: server.base, TINTYPE_TEST_OUTPUT: output, CI: '1' };
  delete env.NODE_TEST_CONTEXT;
  const child = spawn(process.execPath, [playwright, 'test', `/${story}.spec.ts`], { cwd: here, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.on('close', resolve));
  await proxy?.stop();
  await server.stop();
  if (!process.env.TINTYPE_TEST_OUTPUT) fs.rmSync(output, { recursive: true, force: true });
  assert.equal(code, 0, `the story '${story}' failed, see above`);
}

for (const story of wanted.split(' ').filter(Boolean)) {
  assert.ok(stories.includes(story), `there is no story '${story}', but: ${stories.join(' ')}`);
  if (engine === 'postgres' && LOOKS.includes(story)) continue;
  test(story, { skip: fs.existsSync(chromium) ? false : `${chromium} is not installed` }, () => tell(story));
}
