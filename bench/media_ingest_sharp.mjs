// media_ingest_sharp.mjs -- what media_ingest.c measures, done with sharp
//
// usage, in a folder where 'npm i sharp thumbhash' was run:
//   node .../media_ingest_sharp.mjs once|thrice WORKERS ROUNDS FILE...
//
// once: one decode to preview size feeds preview, thumbnail and thumbhash. thrice: three pipelines
// from the file, as most programs do. Results stay in memory: nothing is written or synced.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'x.js'));
const sharp = require('sharp');
const { rgbaToThumbHash } = await import(pathToFileURL(require.resolve('thumbhash')));

const [mode, workers, rounds, ...files] = process.argv.slice(2);
sharp.cache(false);
sharp.concurrency(1);
const outside = { fit: 'outside', withoutEnlargement: true };
const inside = { fit: 'inside', withoutEnlargement: true };

const renditions = (start) => Promise.all([
  start().resize(1440, 1440, outside).jpeg({ quality: 80, chromaSubsampling: '4:4:4' }).toBuffer(),
  start().resize(250, 250, outside).webp({ quality: 80 }).toBuffer(),
  start().resize(100, 100, inside).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
    .then(({ data, info }) => rgbaToThumbHash(info.width, info.height, data)),
]);

async function ingest(file) {
  if (mode === 'thrice') return renditions(() => sharp(file).rotate());
  const { data, info } = await sharp(file).rotate().resize(1440, 1440, outside).raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return renditions(() => sharp(data, { raw: { width, height, channels } }));
}

for (const file of files) await ingest(file);
const total = files.length * Number(rounds);
const started = performance.now();
const before = process.cpuUsage();
let next = 0;
await Promise.all(Array.from({ length: Number(workers) }, async () => {
  while (next < total) await ingest(files[next++ % files.length]);
}));
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
console.log(`${total} photos, ${(total / seconds).toFixed(2)} a second, `
  + `${((user + system) / 1000 / total).toFixed(1)} ms of processor time each (sharp ${mode})`);
