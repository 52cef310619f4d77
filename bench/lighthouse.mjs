/* What Lighthouse says of a page: usage: lighthouse.mjs SETTINGS, which are JSON (see browsing.py). Prints the
 * scores, 0 to 100, and what took points off, as JSON. Its phone is one that it computes: four times slower than
 * this machine, at 1.6 Mb/s and 150 ms. */
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { base, email, password, pages, turns } = JSON.parse(process.argv[2]);
const categories = ['performance', 'accessibility', 'best-practices'];

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const profile = mkdtempSync(join(tmpdir(), 'tintype-lighthouse-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.TINTYPE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', `--remote-debugging-port=${port}`],
});

async function judge(address, form) {
  const config = form === 'desktop' ? desktopConfig : undefined;
  const flags = { port, onlyCategories: categories, disableStorageReset: true, logLevel: 'error', output: 'json' };
  const { lhr } = await lighthouse(address, flags, config);
  if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
  const lost = categories.flatMap((name) =>
    lhr.categories[name].auditRefs
      .filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 0.9)
      .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ''}`.trim()),
  );
  return { scores: categories.map((name) => Math.round(lhr.categories[name].score * 100)), lost, lhr };
}

const result = [];
try {
  for (const { name, path, isVisitor } of pages) {
    await context.clearCookies();
    if (!isVisitor) await context.request.post(`${base}/api/auth/login`, { data: { email, password } });
    for (const form of ['phone', 'desktop']) {
      const judged = [];
      for (let turn = 0; turn < turns; turn++) judged.push(await judge(new URL(path, base).href, form));
      judged.sort((a, b) => a.scores[0] - b.scores[0]);
      const { scores, lost } = judged[judged.length >> 1];
      result.push({ name, form, scores, lost });
    }
  }
} finally {
  await context.close();
  rmSync(profile, { recursive: true });
}
console.log(JSON.stringify(result));
