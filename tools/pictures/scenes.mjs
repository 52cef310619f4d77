/* Landscapes and people that look a little like photos, drawn as SVG: the same number gives the same
 * picture. scene(kind, number, width, height) @return the SVG as text. */

/** Random numbers from 0 to 1 (mulberry32). */
function randomOf(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const skies = {
  dawn: { top: '#5b6ea8', middle: '#d9a7a0', low: '#f8dcb0', sun: '#fff3d0', far: '#9a94b0', near: '#2f3146' },
  day: { top: '#3f7fc4', middle: '#8fbfe6', low: '#dcecf2', sun: '#fffbe8', far: '#8fb0c4', near: '#25424a' },
  dusk: { top: '#33305e', middle: '#c4607a', low: '#f7b267', sun: '#ffe6a8', far: '#8d5f80', near: '#1f1930' },
  night: { top: '#070d22', middle: '#14264a', low: '#2d4a6a', sun: '#f2f4ff', far: '#22385a', near: '#060a14' },
  haze: { top: '#a9b8c2', middle: '#cdd5d6', low: '#e9e6dc', sun: '#ffffff', far: '#b4bfc2', near: '#3a4a46' },
};

function mix(a, b, part) {
  const channel = (i) => {
    const [x, y] = [a, b].map((color) => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16));
    return Math.round(x + (y - x) * part).toString(16).padStart(2, '0');
  };
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

const gradient = (id, ...stops) =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops
    .map((color, i) => `<stop offset="${i / (stops.length - 1)}" stop-color="${color}"/>`)
    .join('')}</linearGradient>`;
const blur = (id, amount) =>
  `<filter id="${id}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="${amount}"/></filter>`;

/** The outline of hills, or of mountains where @sharp: points from left to right. */
function ridge(random, w, base, height, { sharp = false, waves = 1.5 } = {}) {
  const parts = Array.from({ length: 7 }, (_, i) => ({
    f: waves * 1.9 ** i * (0.8 + random() * 0.4),
    p: random() * 7,
    a: height * (sharp ? 0.56 : 0.42) ** i,
  }));
  const tooth = (x) => Math.abs((((x / Math.PI) % 2) + 2) % 2 - 1) * 2 - 1;
  return Array.from({ length: 161 }, (_, i) => {
    const x = i / 160;
    const y = parts.reduce((sum, { f, p, a }) => sum + a * (sharp ? tooth : Math.sin)(x * f * 6.28 + p), 0);
    return [x * w, base - y];
  });
}

const filled = (points, w, h, fill, more = '') =>
  `<path d="M0 ${h} L${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(' ')} L${w} ${h}Z" fill="${fill}" ${more}/>`;

function heaven({ sky, random, w, h, horizon = 0.6, hasSun = true }) {
  const x = w * (0.2 + random() * 0.6);
  const y = h * horizon * (0.35 + random() * 0.5);
  const r = Math.min(w, h) * (sky === skies.night ? 0.03 : 0.045);
  const stars =
    sky === skies.night
      ? Array.from({ length: 170 }, () => {
          const size = (0.4 + random() ** 3 * 1.5) * (w / 1600);
          return `<circle cx="${random() * w}" cy="${random() * h * horizon}" r="${size}" fill="#fff" opacity="${0.3 + random() * 0.7}"/>`;
        }).join('')
      : '';
  const clouds =
    sky === skies.night
      ? ''
      : Array.from({ length: 9 }, () => {
          const [cx, cy, rx] = [random() * w, h * horizon * (0.1 + random() * 0.75), w * (0.06 + random() * 0.16)];
          return `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${rx * (0.06 + random() * 0.09)}" fill="${mix(sky.low, '#ffffff', 0.45)}" opacity="${0.2 + random() * 0.4}" filter="url(#cloud)"/>`;
        }).join('');
  return {
    sun: [x, y],
    defs:
      gradient('sky', sky.top, sky.middle, sky.low) +
      blur('cloud', w / 90) +
      blur('glow', w / 22) +
      blur('soft', w / 500),
    body:
      `<rect width="${w}" height="${h * horizon + 4}" fill="url(#sky)"/>${stars}` +
      (hasSun
        ? `<circle cx="${x}" cy="${y}" r="${r * 3.2}" fill="${sky.sun}" opacity="0.65" filter="url(#glow)"/><circle cx="${x}" cy="${y}" r="${r}" fill="${sky.sun}" filter="url(#soft)"/>`
        : '') +
      clouds,
  };
}

/** Spruces along an outline. */
function spruces(random, points, fill, size, share) {
  return points
    .filter(() => random() < share)
    .map(([x, y]) => {
      const height = size * (0.6 + random() * 0.8);
      const cx = x + (random() - 0.5) * size;
      const levels = [0, 1, 2, 3].map((i) => {
        const top = y + height * 0.1 - height * (1 - i * 0.22);
        const half = height * (0.07 + i * 0.055);
        return `M${cx} ${top} l${half} ${height * 0.36} h${-2 * half}Z`;
      });
      return `<path d="${levels.join(' ')}" fill="${fill}"/>`;
    })
    .join('');
}

function mountains(sky, random, w, h) {
  const air = heaven({ sky, random, w, h, horizon: 0.72 });
  let body = air.body;
  for (let i = 0; i < 5; i++) {
    const base = h * (0.5 + i * 0.11);
    const points = ridge(random, w, base, h * (0.12 - i * 0.014), { sharp: i < 3, waves: 0.8 + i * 0.35 });
    const color = mix(sky.far, sky.near, i / 4.4);
    body += filled(points, w, h, `url(#r${i})`);
    air.defs += gradient(`r${i}`, color, mix(color, sky.low, 0.42 - i * 0.06));
    if (i === 4) body += spruces(random, points, mix(sky.near, '#000000', 0.25), h * 0.12, 0.75);
  }
  return { ...air, body };
}

function sea(sky, random, w, h) {
  const horizon = 0.5 + random() * 0.12;
  const air = heaven({ sky, random, w, h, horizon });
  const deep = mix(sky.top, '#0c4a5a', 0.45);
  const [sunX, sunY] = air.sun;
  let body = air.body;
  body += filled(ridge(random, w * 0.5, h * horizon - h * 0.02, h * 0.03), w * 0.5, h * horizon, mix(sky.far, deep, 0.25));
  body += `<rect y="${h * horizon}" width="${w}" height="${h * (1 - horizon)}" fill="url(#water)"/>`;
  for (let i = 0; i < 260; i++) {
    const depth = random() ** 1.6;
    const y = h * horizon + h * (1 - horizon) * depth;
    const isGlint = random() < 0.5;
    const x = isGlint ? sunX + (random() - 0.5) * w * (0.05 + depth * 0.4) : random() * w;
    body += `<ellipse cx="${x}" cy="${y}" rx="${w * (0.006 + depth * 0.035) * (0.4 + random())}" ry="${h * (0.0007 + depth * 0.003)}" fill="${isGlint ? sky.sun : mix(deep, sky.low, 0.5)}" opacity="${0.12 + random() * 0.35}"/>`;
  }
  if (random() < 0.6) {
    const [bx, by, s] = [w * (0.25 + random() * 0.5), h * (horizon + 0.05), h * 0.1];
    body += `<path d="M${bx} ${by} v${-s * 1.5} q${s * 0.75} ${s * 0.8} ${s * 0.1} ${s * 1.4}Z" fill="#fbf6ec"/><path d="M${bx - s * 0.08} ${by - s * 0.1} v${-s * 1.15} q${-s * 0.5} ${s * 0.6} ${-s * 0.45} ${s * 1.1}Z" fill="#e5dccb"/><path d="M${bx - s * 0.65} ${by} h${s * 1.4} l${-s * 0.25} ${s * 0.22} h${-s * 0.95}Z" fill="${mix(sky.near, '#5a2430', 0.5)}"/>`;
  }
  const shore = ridge(random, w, h * 0.9, h * 0.03, { waves: 0.6 });
  body += filled(shore.map(([x, y]) => [x, y - h * 0.014]), w, h, '#ffffff', 'opacity="0.7" filter="url(#soft)"');
  body += filled(shore, w, h, 'url(#sand)');
  const sand = mix('#e2c9a0', sky.near, sky === skies.night ? 0.75 : sky === skies.dusk ? 0.45 : 0.05);
  return { defs: air.defs + gradient('water', mix(deep, sky.low, 0.55), deep) + gradient('sand', mix(sand, '#6a5a48', 0.3), sand), body };
}

function meadow(sky, random, w, h) {
  const air = heaven({ sky, random, w, h, horizon: 0.6 });
  const greens = ['#86a878', '#6f9a58', '#55853f', '#3d6a2e'].map((green) => mix(green, sky.near, sky === skies.dusk ? 0.35 : 0.04));
  let body = air.body;
  greens.forEach((green, i) => {
    const points = ridge(random, w, h * (0.52 + i * 0.11), h * 0.05, { waves: 0.7 });
    air.defs += gradient(`m${i}`, mix(green, sky.low, 0.22), green);
    body += filled(points, w, h, `url(#m${i})`);
    points
      .filter(() => random() < 0.05)
      .forEach(([x, y]) => {
        const r = h * (0.016 + i * 0.013) * (0.7 + random() * 0.7);
        body += `<ellipse cx="${x + r}" cy="${y + r * 0.25}" rx="${r * 1.7}" ry="${r * 0.2}" fill="#1d3318" opacity="0.3"/><rect x="${x - r * 0.1}" y="${y - r * 1.1}" width="${r * 0.2}" height="${r * 1.3}" fill="#4a3826"/>`;
        for (let k = 0; k < 6; k++)
          body += `<circle cx="${x + (random() - 0.5) * r * 1.3}" cy="${y - r * (1 + random() * 1.3)}" r="${r * (0.45 + random() * 0.35)}" fill="${mix(green, k % 2 ? '#c9a13a' : '#1c3a1a', 0.35)}"/>`;
      });
  });
  const bloom = ['#e8c547', '#d8546a', '#f4efe2', '#9a7fd1'][Math.floor(random() * 4)];
  for (let i = 0; i < 300; i++) {
    const depth = random();
    body += `<circle cx="${random() * w}" cy="${h * (0.84 + depth * 0.16)}" r="${h * (0.0015 + depth * 0.006)}" fill="${mix(bloom, '#ffffff', random() * 0.4)}" opacity="0.9"/>`;
  }
  return { ...air, body };
}

function dunes(sky, random, w, h) {
  const air = heaven({ sky, random, w, h, horizon: 0.55 });
  let body = air.body;
  for (let i = 0; i < 4; i++) {
    const light = mix(mix('#f0c48a', '#c98549', i / 3.5), sky.far, 0.25 - i * 0.07);
    const points = ridge(random, w, h * (0.52 + i * 0.13), h * 0.055, { waves: 0.55 + i * 0.15 });
    air.defs += gradient(`d${i}`, mix(light, '#fff0d8', 0.25), light);
    body += filled(points, w, h, `url(#d${i})`);
    const shade = points.map(([x, y], k) => [x, y + h * (0.012 + 0.1 * Math.abs(Math.sin(k / 34 + i * 1.7)))]);
    body += filled(shade, w, h, mix(light, '#5a3040', 0.42), 'opacity="0.75"');
  }
  return { ...air, body };
}

function forest(sky, random, w, h) {
  const isAutumn = random() < 0.6;
  const mist = isAutumn ? '#f3e2c0' : '#d5e2d6';
  const leaf = isAutumn ? ['#c8702a', '#dba036', '#a8442a', '#e2b659'] : ['#48703f', '#6c9150', '#2f5736', '#89a865'];
  let body = `<rect width="${w}" height="${h}" fill="url(#air)"/>`;
  for (let layer = 0; layer < 4; layer++) {
    const part = layer / 3;
    for (let i = 0; i < 9 - layer; i++) {
      const [x, width] = [random() * w, w * (0.006 + part * 0.028) * (0.7 + random() * 0.6)];
      body += `<path d="M${x} 0 h${width * 0.8} l${width * 0.25} ${h * (0.78 + part * 0.2)} h${-width * 1.3}Z" fill="${mix(mist, '#2c221b', 0.22 + part * 0.68)}"/>`;
    }
    for (let i = 0; i < 70; i++) {
      const r = h * (0.012 + part * 0.03) * (0.5 + random());
      body += `<circle cx="${random() * w}" cy="${random() ** 1.5 * h * 0.55}" r="${r}" fill="${mix(mist, leaf[i % 4], 0.3 + part * 0.65)}" opacity="${0.4 + part * 0.4}"/>`;
    }
    body += filled(ridge(random, w, h * (0.76 + part * 0.14), h * 0.018), w, h, mix(mist, isAutumn ? '#8a4a22' : '#35502c', 0.25 + part * 0.6), 'opacity="0.9"');
  }
  for (let i = 0; i < 4; i++) {
    const x = w * (0.1 + random() * 0.7);
    body += `<path d="M${x} 0 h${w * 0.05} l${w * 0.2} ${h} h${-w * 0.16}Z" fill="#fffbe6" opacity="0.13" filter="url(#ray)"/>`;
  }
  return { defs: gradient('air', mix(mist, '#ffffff', 0.5), mist, mix(mist, leaf[0], 0.35)) + blur('ray', w / 120), body };
}

function city(sky, random, w, h) {
  const shore = 0.68;
  const air = heaven({ sky, random, w, h, horizon: shore });
  let houses = '';
  for (let layer = 0; layer < 3; layer++) {
    const color = mix(sky.far, sky.near, 0.25 + layer * 0.35);
    for (let x = -w * 0.02; x < w; ) {
      const width = w * (0.03 + random() * 0.05);
      const height = h * (0.1 + random() ** 2 * (0.42 - layer * 0.1));
      const top = h * shore - height;
      houses += `<rect x="${x}" y="${top}" width="${width}" height="${height}" fill="${color}"/>`;
      if (random() < 0.2) houses += `<rect x="${x + width / 2}" y="${top - h * 0.05}" width="${w * 0.002}" height="${h * 0.05}" fill="${color}"/>`;
      const [stepX, stepY] = [w * 0.0085, h * 0.017];
      for (let wx = x + stepX * 0.6; wx < x + width - stepX * 0.6; wx += stepX)
        for (let wy = top + stepY; wy < h * shore - stepY; wy += stepY)
          if (random() < (sky === skies.day ? 0.1 : 0.3))
            houses += `<rect x="${wx}" y="${wy}" width="${stepX * 0.45}" height="${stepY * 0.45}" fill="${random() < 0.8 ? '#ffd98a' : '#bfe0ff'}" opacity="${0.35 + random() * 0.6}"/>`;
      x += width * (0.9 + random() * 0.25);
    }
  }
  const water = mix(sky.middle, sky.near, 0.55);
  let body = `${air.body}<g id="town">${houses}</g>`;
  body += `<rect y="${h * shore}" width="${w}" height="${h}" fill="${water}"/>`;
  body += `<use href="#town" transform="translate(0 ${2 * h * shore}) scale(1 -1)" opacity="0.45" filter="url(#wet)"/>`;
  for (let i = 0; i < 90; i++) {
    const depth = random();
    body += `<ellipse cx="${random() * w}" cy="${h * (shore + (1 - shore) * depth)}" rx="${w * 0.02 * (0.5 + depth)}" ry="${h * 0.0016}" fill="${sky.low}" opacity="0.2"/>`;
  }
  return { defs: air.defs + blur('wet', `${w / 900} ${h / 110}`), body };
}

function lake(sky, random, w, h) {
  const shore = 0.58;
  const air = heaven({ sky, random, w, h, horizon: shore });
  let land = '';
  for (let i = 0; i < 3; i++) {
    const points = ridge(random, w, h * (0.4 + i * 0.08), h * (0.13 - i * 0.045), { sharp: i < 2, waves: 0.9 + i * 0.4 });
    const color = mix(sky.far, sky.near, 0.12 + i * 0.36);
    land += filled(points.map(([x, y]) => [x, Math.min(y, h * shore)]), w, h * shore, color);
    if (i === 2) land += spruces(random, points.map(([x, y]) => [x, Math.min(y + h * 0.02, h * shore)]), sky.near, h * 0.06, 0.8);
  }
  let body = `<g id="world">${air.body}${land}</g>`;
  body += `<g transform="translate(0 ${2 * h * shore}) scale(1 -1)" filter="url(#mirror)"><use href="#world"/></g>`;
  body += `<rect y="${h * shore}" width="${w}" height="${h * (1 - shore)}" fill="url(#depth)" opacity="0.5"/>`;
  for (let i = 0; i < 60; i++)
    body += `<rect x="${random() * w}" y="${h * (shore + (1 - shore) * random())}" width="${w * (0.03 + random() * 0.12)}" height="${h * 0.0012}" fill="#fff" opacity="0.16"/>`;
  const [x, y] = [w * (0.55 + random() * 0.2), h * 0.99];
  body += `<path d="M${x} ${y} L${x - w * 0.05} ${h * 0.74} h${w * 0.035} L${x + w * 0.12} ${y}Z" fill="#5c4634"/><path d="M${x - w * 0.05} ${h * 0.74} h${w * 0.035} v${h * 0.012} h${-w * 0.033}Z" fill="#3b2b20"/>`;
  return { defs: air.defs + gradient('depth', mix(sky.near, sky.middle, 0.5), sky.near) + blur('mirror', `${w / 1200} ${h / 260}`), body };
}

function fields(sky, random, w, h) {
  const air = heaven({ sky, random, w, h, horizon: 0.46 });
  const [bloom, gap] = random() < 0.5 ? ['#7d62b8', '#5d6a44'] : ['#e0b23c', '#7d8a3c'];
  let body = air.body + filled(ridge(random, w, h * 0.44, h * 0.035), w, h, mix(sky.far, '#4d6a50', 0.4));
  body += `<rect y="${h * 0.47}" width="${w}" height="${h * 0.53}" fill="${mix(gap, sky.near, 0.12)}"/>`;
  const [vx, vy] = [w * (0.35 + random() * 0.3), h * 0.455];
  for (let i = -16; i <= 16; i++) {
    const [a, b] = [vx + i * w * 0.13, vx + (i + 0.62) * w * 0.13];
    body += `<path d="M${vx + i * w * 0.011} ${h * 0.47} L${vx + (i + 0.62) * w * 0.011} ${h * 0.47} L${b} ${h} L${a} ${h}Z" fill="url(#row)"/>`;
  }
  body += `<rect x="${vx + w * 0.1}" y="${vy - h * 0.045}" width="${w * 0.05}" height="${h * 0.06}" fill="#d8c7ac"/><path d="M${vx + w * 0.094} ${vy - h * 0.043} l${w * 0.031} ${-h * 0.03} l${w * 0.031} ${h * 0.03}Z" fill="#9c5a44"/>`;
  return { defs: air.defs + gradient('row', mix(bloom, sky.low, 0.35), bloom, mix(bloom, sky.near, 0.25)), body };
}

function aurora(_, random, w, h) {
  const sky = skies.night;
  const air = heaven({ sky, random, w, h, horizon: 0.8, hasSun: false });
  let body = air.body;
  for (let i = 0; i < 4; i++) {
    const points = ridge(random, w, h * (0.42 + i * 0.05), h * 0.1, { waves: 0.6 });
    const up = [...points].reverse().map(([x, y]) => [x, y - h * (0.2 + 0.18 * Math.abs(Math.sin(x / w * 9 + i)))]);
    body += `<path d="M${[...points, ...up].map(([x, y]) => `${x.toFixed(0)} ${y.toFixed(0)}`).join(' L')}Z" fill="url(#green)" opacity="${0.34 + random() * 0.2}" filter="url(#veil)"/>`;
  }
  const points = ridge(random, w, h * 0.76, h * 0.07, { sharp: true });
  body += filled(points, w, h, '#0b1626') + filled(ridge(random, w, h * 0.9, h * 0.03), w, h, '#c9d8e6', 'opacity="0.3"');
  body += spruces(random, ridge(random, w, h * 0.97, h * 0.02), '#04080f', h * 0.17, 0.35);
  return { defs: air.defs + blur('veil', w / 60) + gradient('green', '#7d4fc0', '#39d98a', '#b8ffcf'), body };
}

function balloons(sky, random, w, h) {
  const ground = meadow(sky, random, w, h);
  const stripes = [['#d1495b', '#f4e3c1'], ['#edae49', '#7a3b2e'], ['#30638e', '#e8eef2'], ['#00798c', '#f2d492']];
  let body = ground.body;
  for (let i = 0; i < 5; i++) {
    const r = h * (0.035 + random() * 0.075);
    const [x, y, [a, b]] = [w * (0.1 + 0.19 * i + random() * 0.06), h * (0.12 + random() * 0.3), stripes[i % 4]];
    body += `<path d="M${x - r} ${y} a${r} ${r} 0 0 1 ${2 * r} 0 q0 ${r * 0.8} ${-r * 0.75} ${r * 1.5} h${-r * 0.5} q${-r * 0.75} ${-r * 0.7} ${-r * 0.75} ${-r * 1.5}Z" fill="${a}"/><path d="M${x - r * 0.45} ${y - r * 0.88} q${-r * 0.35} ${r * 1.2} ${r * 0.25} ${r * 2.38} h${r * 0.4} q${r * 0.6} ${-r * 1.2} ${r * 0.25} ${-r * 2.38} q${-r * 0.45} ${-r * 0.25} ${-r * 0.9} 0Z" fill="${b}"/><rect x="${x - r * 0.17}" y="${y + r * 1.75}" width="${r * 0.34}" height="${r * 0.26}" fill="#6b4a2f"/>`;
  }
  return { ...ground, body };
}

/** Who is on the pictures of people; where a face is: face(width, height). */
export const people = [
  { skin: '#e9bd9c', hair: '#5a3825', shirt: '#b5475a', wall: '#c9d4c5', long: true },
  { skin: '#8d5a3c', hair: '#1c1512', shirt: '#3d6a8a', wall: '#e6d6b8', long: false },
  { skin: '#f2cfb4', hair: '#c98b3c', shirt: '#4d7a5a', wall: '#b8c6d6', long: true },
  { skin: '#c98f66', hair: '#2a1d18', shirt: '#d9a441', wall: '#c7b9c9', long: false },
  { skin: '#f0c6a8', hair: '#9a9a98', shirt: '#6a5a86', wall: '#dbcdb6', long: false },
];

export function face(w, h) {
  const r = Math.min(w, h) * 0.19;
  return { x: w / 2 - r, y: h * 0.44 - r * 1.15, width: 2 * r, height: 2.4 * r };
}

function portrait(who, random, w, h) {
  const { skin, hair, shirt, wall, long } = people[who % people.length];
  const [x, y, r] = [w / 2, h * 0.44, Math.min(w, h) * 0.19];
  let body = `<rect width="${w}" height="${h}" fill="url(#wall)"/>`;
  for (let i = 0; i < 26; i++)
    body += `<circle cx="${random() * w}" cy="${random() * h * 0.9}" r="${r * (0.15 + random() * 0.5)}" fill="${mix(wall, random() < 0.5 ? '#fff6da' : '#5d6e5a', 0.5)}" opacity="0.45" filter="url(#bokeh)"/>`;
  if (long) body += `<path d="M${x - r * 1.2} ${y - r * 0.2} q0 ${-r * 1.3} ${r * 1.2} ${-r * 1.3} t${r * 1.2} ${r * 1.3} l${r * 0.12} ${r * 2.1} h${-r * 2.64}Z" fill="${mix(hair, '#000000', 0.2)}"/>`;
  body += `<path d="M${x - r * 2.3} ${h} q${r * 0.1} ${-(h - y - r * 1.4)} ${r * 2.3} ${-(h - y - r * 1.4)} t${r * 2.3} ${h - y - r * 1.4}Z" fill="url(#shirt)"/>`;
  body += `<path d="M${x - r * 0.38} ${y + r * 0.6} v${r * 0.75} q${r * 0.38} ${r * 0.4} ${r * 0.76} 0 v${-r * 0.75}Z" fill="${mix(skin, '#6a3a28', 0.25)}"/>`;
  body += `<ellipse cx="${x}" cy="${y}" rx="${r * 0.86}" ry="${r * 1.1}" fill="url(#skin)"/>`;
  body += `<path d="M${x - r * 0.95} ${y - r * 0.1} q${-r * 0.05} ${-r * 1.2} ${r * 0.95} ${-r * 1.2} t${r * 0.95} ${r * 1.2} q${-r * 0.2} ${-r * 0.62} ${-r * 0.75} ${-r * 0.66} q${-r * 0.7} ${r * 0.2} ${-r * 1.15} ${r * 0.66}Z" fill="${hair}"/>`;
  for (const side of [-1, 1])
    body += `<ellipse cx="${x + side * r * 0.33}" cy="${y + r * 0.02}" rx="${r * 0.075}" ry="${r * 0.1}" fill="#2a1f1a"/><path d="M${x + side * r * 0.33 - r * 0.15} ${y - r * 0.19} q${r * 0.15} ${-r * 0.1} ${r * 0.3} 0" stroke="${mix(hair, '#000000', 0.2)}" stroke-width="${r * 0.055}" fill="none" stroke-linecap="round"/><circle cx="${x + side * r * 0.5}" cy="${y + r * 0.36}" r="${r * 0.17}" fill="#d8605a" opacity="0.22"/>`;
  body += `<path d="M${x} ${y + r * 0.1} q${r * 0.13} ${r * 0.22} ${-r * 0.03} ${r * 0.25}" stroke="${mix(skin, '#5a2a1a', 0.4)}" stroke-width="${r * 0.045}" fill="none" stroke-linecap="round"/>`;
  body += `<path d="M${x - r * 0.3} ${y + r * 0.55} q${r * 0.3} ${r * 0.3} ${r * 0.6} 0 q${-r * 0.3} ${r * 0.1} ${-r * 0.6} 0Z" fill="#a0403c"/>`;
  return {
    defs: gradient('wall', mix(wall, '#ffffff', 0.35), mix(wall, '#4a4a40', 0.2)) + gradient('shirt', shirt, mix(shirt, '#000000', 0.35)) + gradient('skin', mix(skin, '#ffffff', 0.12), mix(skin, '#7a4030', 0.16)) + blur('bokeh', r / 9),
    body,
  };
}

const kinds = { mountains, sea, meadow, dunes, forest, city, lake, fields, aurora, balloons, portrait };

/** @param kind  a kind and a sky, such as "lake dusk", or "portrait 2" */
export function scene(kind, number, w, h) {
  const [name, how = 'day'] = kind.split(' ');
  const sky = skies[how];
  const { defs, body } = kinds[name](sky ?? Number(how), randomOf(number), w, h);
  const ground = sky ? mix(sky.low, sky.near, 0.5) : '#808080';
  const noise = `<filter id="grain"><feTurbulence type="fractalNoise" baseFrequency="0.8" numOctaves="1" seed="${number}"/><feColorMatrix values="0 0 0 0 0.5  0 0 0 0 0.5  0 0 0 0 0.5  0.6 0 0 0 -0.22"/></filter>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}"><defs>${defs}${noise}</defs><rect width="${w}" height="${h}" fill="${ground}"/>${body}<rect width="${w}" height="${h}" filter="url(#grain)" opacity="0.16"/></svg>`;
}
