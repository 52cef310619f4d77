// Playwright against a server of its own: the stories of this folder, in Debian's Chromium.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { server } from '../api/harness.mjs';
import { startNginx } from '../peers/nginx.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
/* What each run tells: the ways of a family through the app. Every page in every look, and all that is
 * rare, are told by 'make test-long'. */
const EVERY_RUN = 'albums search share story upload welcome workflows';
const chromium = process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium';

test('the stories of the web app', { skip: fs.existsSync(chromium) ? false : `${chromium} is not installed` }, async () => {
  await server.start();
  const output = process.env.TINTYPE_TEST_OUTPUT ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-browser-'));
  const proxy = await startNginx(server.base);
  // with a path behind it, what is relative to a page must stand below that
  const below = proxy ? { TINTYPE_BELOW_URL: `${proxy.below}/` } : {};
  const env = { ...process.env, ...below, TINTYPE_URL: server.base, TINTYPE_TEST_OUTPUT: output, CI: '1' };
  delete env.NODE_TEST_CONTEXT;
  // TINTYPE_STORIES: those of these files alone, such as "grid upload"; all of them take long
  const wanted = process.env.TINTYPE_STORIES ?? (process.env.TINTYPE_LONG ? '' : EVERY_RUN);
  const only = wanted.split(' ').filter(Boolean).map((name) => `/${name}.spec.ts`);
  const child = spawn(process.execPath, [path.join(here, 'node_modules/@playwright/test/cli.js'), 'test', ...only], { cwd: here, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.on('close', resolve));
  await proxy?.stop();
  if (!process.env.TINTYPE_TEST_OUTPUT) fs.rmSync(output, { recursive: true, force: true });
  assert.equal(code, 0, 'a story failed, see above');
});
