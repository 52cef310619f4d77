/* Browser tests against a running server: TINTYPE_URL names it. They use the browser of the
 * system (TINTYPE_CHROMIUM, else Debian's), none is downloaded. The server may be new, then the
 * first account is made; else TINTYPE_EMAIL and TINTYPE_PASSWORD must be able to log in. */
import http from 'node:http';
import { defineConfig } from '@playwright/test';

// 'page.request' keeps its connections for as long as the server does, and fails when it sends on one
// in the moment in which that ends it: each request has a connection of its own instead.
http.Agent.prototype.keepSocketAlive = () => false;

export default defineConfig({
  testDir: '.',
  // Only the stories: run.test.mjs beside them is what starts this program.
  testMatch: '*.spec.ts',
  // One story after the other, each on what the one before it left.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  outputDir: process.env.TINTYPE_TEST_OUTPUT ?? 'output',
  use: {
    baseURL: process.env.TINTYPE_URL ?? 'http://127.0.0.1:2283',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium',
      // The tests may run as root, in a container, and draw the map without a graphics card. Pages are
      // drawn without that stand-in for one, which would take most of two cores.
      args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader'],
    },
  },
});
