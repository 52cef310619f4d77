// make_world.mjs -- the world of the map, from Natural Earth (public domain) by way of world-atlas
//
//   node tools/make_world.mjs OUTPUT
//
// Land and the borders inside it as GeoJSON, with coordinates to a hundredth of a degree: a coarse
// world that is small enough to be served with the app, so that no other host is asked for tiles.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { feature, mesh } from 'topojson-client';

const [output] = process.argv.slice(2);
if (!output) throw new Error('usage: make_world.mjs OUTPUT');

const source = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
const world = JSON.parse(readFileSync(source, 'utf8'));

const round = (value) => Math.round(value * 100) / 100;

/** Lines that cross the date line go on beyond 180 degrees instead of back around the world. */
function unwrap(line) {
  let shift = 0;
  return line.map(([x, y], i) => {
    const step = i > 0 ? x - line[i - 1][0] : 0;
    if (step > 180) shift -= 360;
    else if (step < -180) shift += 360;
    return [x + shift, y];
  });
}

/** Rounded, without points that fall together. */
function simplify(line) {
  const points = unwrap(line).map((point) => point.map(round));
  return points.filter((point, i) => i === 0 || point.join() !== points[i - 1].join());
}

/** The ring of Antarctica goes once around the world: it is closed over the pole. */
function close(ring) {
  const [first, last] = [ring[0], ring.at(-1)];
  if (Math.abs(first[0] - last[0]) < 180) return ring;
  return [...ring, [last[0], -90], [first[0], -90], first];
}

/** Rings that vanish when rounded are islets nobody would see. */
const simplifyRings = (rings) =>
  rings
    .map(simplify)
    .filter((ring) => ring.length >= 4)
    .map(close);

const land = feature(world, world.objects.land).features.map(({ geometry }) => ({
  type: 'Feature',
  properties: { kind: 'land' },
  geometry: {
    type: 'MultiPolygon',
    coordinates: geometry.coordinates.map(simplifyRings).filter((rings) => rings.length > 0),
  },
}));
const borders = mesh(world, world.objects.countries, (a, b) => a !== b);
const features = [
  ...land,
  {
    type: 'Feature',
    properties: { kind: 'border' },
    geometry: {
      type: 'MultiLineString',
      coordinates: borders.coordinates.map(simplify).filter((line) => line.length >= 2),
    },
  },
];

mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, JSON.stringify({ type: 'FeatureCollection', features }));
