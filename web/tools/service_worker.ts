/* A plugin of Vite: builds the service worker into one script, which knows the files of this very
 * build. It has no hash in its name, as browsers look for a newer one under the same address. */
import { createHash } from 'node:crypto';
import { build, type Plugin } from 'vite';

/** Larger files (the map and its world) are kept when they are first used. */
const largest = 150_000;

export function serviceWorker(entry: string): Plugin {
  return {
    name: 'tintype-service-worker',
    apply: 'build',
    async generateBundle(_, bundle) {
      const all = Object.values(bundle);
      const main = all.find((file) => file.type === 'chunk' && file.isEntry);
      if (!main) this.error('there is no entry to start from');
      const files = all
        .filter((file) => /\.(js|css|woff2)$/.test(file.fileName))
        .filter((file) => {
          const content = file.type === 'chunk' ? file.code : file.source;
          return file === main || Buffer.byteLength(content) <= largest;
        })
        .map((file) => file.fileName)
        .sort();
      // Names tell the content: they carry its hash.
      const version = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
      const BUILD = JSON.stringify({ version, files, entry: main.fileName });
      const result = await build({
        configFile: false,
        logLevel: 'warn',
        define: { BUILD },
        build: {
          write: false,
          copyPublicDir: false,
          target: 'es2022',
          lib: { entry, formats: ['iife'], name: 'tintype', fileName: () => 'sw.js' },
        },
      });
      const [output] = Array.isArray(result) ? result : [result];
      const script = output && 'output' in output ? output.output[0] : null;
      if (!script) this.error('the service worker came to nothing');
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: script.code });
    },
  };
}
