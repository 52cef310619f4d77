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
const chromium = process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium';

test('the stories of the web app', { skip: fs.existsSync(chromium) ? false : `${chromium} is not installed` }, async () => {
  await server.start();
  const output = process.env.TINTYPE_TEST_OUTPUT ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-browser-'));
  const proxy = await startNginx(server.base);
  // with a path behind it, what is relative to a page must stand below that
  const below = proxy ? { TINTYPE_BELOW_URL: `${proxy.below}/` } : {};
  const env = { ...process.env, ...below, TINTYPE_URL: server.base, TINTYPE_TEST_OUTPUT: output, CI: '1' };
  delete env.NODE_TEST_CONTEXT;
  // TINTYPE_STORIES: those of these files alone, such as "grid upload"
  const only = (process.env.TINTYPE_STORIES ?? '').split(' ').filter(Boolean).map((name) => `/${name}.spec.ts`);
  const child = spawn(process.execPath, [path.join(here, 'node_modules/@playwright/test/cli.js'), 'test', ...only], { cwd: here, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.on('close', resolve));
  await proxy?.stop();
  if (!process.env.TINTYPE_TEST_OUTPUT) fs.rmSync(output, { recursive: true, force: true });
  assert.equal(code, 0, 'a story failed, see above');
});
