/* How the web app is built: hashed names, everything relative, the licences of what it contains, and
 * each text file also as .br and .gz so that the server never compresses it itself. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { serviceWorker } from './tools/service_worker';

const compressible = /\.(js|css|html|svg|json|webmanifest|txt)$/;

function compressOutput(): Plugin {
  let folder = '';
  return {
    name: 'tintype-compress',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !compressible.test(entry.name)) continue;
        // Node 18 calls the folder of an entry `path`, later ones `parentPath`.
        const file = join(entry.parentPath ?? entry.path, entry.name);
        const bytes = readFileSync(file);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: quality }));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** The licences of what ends up in the output ask to be passed on with it. */
function collectLicences(): Plugin {
  const named = ['@fontsource-variable/besley', 'maplibre-gl', 'world-atlas'];
  return {
    name: 'tintype-licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const packages = new Set(named);
      for (const chunk of Object.values(bundle)) {
        for (const module of chunk.type === 'chunk' ? chunk.moduleIds : []) {
          const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1];
          if (name) packages.add(name);
        }
      }
      const textOf = (name: string): string => {
        const folder = join('node_modules', name);
        const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
        return file
          ? readFileSync(join(folder, file), 'utf8')
          : this.error(`${name} has no licence file in ${folder}`);
      };
      const texts = [...packages].sort().map((name) => {
        // hls.js only names the Apache License, which asks to be passed on; TypeScript has its text.
        const more = name === 'hls.js' ? `\n${textOf('typescript')}` : '';
        return `${name}\n${'='.repeat(name.length)}\n\n${textOf(name)}${more}`;
      });
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join('\n\n') });
    },
  };
}

const server = process.env.TINTYPE_URL ?? 'http://127.0.0.1:2283';

export default defineConfig({
  base: './',
  plugins: [svelte(), serviceWorker('src/offline/sw.ts'), collectLicences(), compressOutput()],
  build: {
    target: 'es2022',
    // Fonts and images stay files: data: URLs would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': { target: server, ws: true, changeOrigin: false } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
