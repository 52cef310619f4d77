// events.mjs -- what clients hear while a story is told, held against what those of the original heard
import assert from 'node:assert/strict';
import { io } from 'socket.io-client';

const LIMIT_MS = 30_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** One client. Each event is noted with the step during which it came; those that only show that the others
 *  are through (settle) are not. */
export class Listener {
  heard = [];
  during = 'connect';
  #settled = 0;
  #waiting = new Set();

  static async open(server, name, token) {
    const self = new Listener();
    self.socket = io(server.base, {
      path: '/api/socket.io', transports: ['websocket'], forceNew: true, reconnection: false,
      extraHeaders: { authorization: `Bearer ${token}` },
    });
    const note = (event, args) => {
      if (event === 'on_config_update' && self.during !== 'config change') self.#settled++;
      else self.heard.push({ to: name, during: self.during, event, ...(args && { args }) });
      for (const check of self.#waiting) check();
    };
    self.socket.onAny((event, ...args) => note(event, args));
    self.socket.on('connect', () => note('(connect)'));
    self.socket.on('disconnect', (reason) => note('(disconnect)', [reason]));
    await self.until(token === 'nonsense' ? '(disconnect)' : 'on_server_version');
    return self;
  }

  async #wait(what, isThere) {
    if (isThere()) return;
    await new Promise((resolve, reject) => {
      const end = (error) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const check = () => isThere() && end();
      const timer = setTimeout(() => end(new Error(`${what} did not come; heard ${JSON.stringify(this.heard)}`)), LIMIT_MS);
      this.#waiting.add(check);
    });
  }

  until(event) {
    return this.#wait(event, () => this.heard.some((each) => each.event === event && each.during === this.during));
  }

  /** Wait until @param listeners heard something that was sent to all of them just now. */
  static async settle(server, admin, listeners) {
    if (listeners[0].during === 'config change') return Promise.all(listeners.map((each) => each.until('on_config_update')));
    const before = listeners.map((each) => each.#settled);
    const config = (await server.request('GET', '/system-config', { as: admin })).expect(200).json;
    (await server.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
    return Promise.all(listeners.map((each, i) => each.#wait('the sign', () => each.#settled > before[i])));
  }

  close() {
    this.socket.close();
  }
}

/* What differs for a reason: the version is ours, and told as 3.2.2 does; the contract has an object where the
 * original sends the text of one. */
const LOOSE = {
  on_notification: ['data'],
  on_server_version: ['options', 'loose', 'includePrerelease', 'raw', 'minor', 'patch', 'prerelease', 'build', 'version'],
};
/* What clients of 2.x wait for, beside what the recorded server sent. */
const OLDER = ['AssetUploadReadyV1'];
const ANY_VALUE = ['thumbhash', 'checksum', 'originalPath'];

function kindOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'string') return typeof value;
  if (UUID.test(value)) return 'uuid';
  const time = TIME.exec(value);
  return time ? `time${time[1] ? ' with fraction' : ''} ${time[2] === 'Z' ? 'Z' : 'offset'}` : 'text';
}

/** @return texts: how @param ours differs. What we have more is no difference. */
function differ(theirs, ours, where, loose) {
  const [theirKind, ourKind] = [kindOf(theirs), kindOf(ours)];
  if (theirKind !== ourKind) return [`${where}: ${ourKind} ${JSON.stringify(ours)}, theirs is ${theirKind} ${JSON.stringify(theirs)}`];
  if (theirKind === 'list') {
    if (theirs.length !== ours.length) return [`${where}: ${ours.length} items, theirs has ${theirs.length}`];
    return theirs.flatMap((each, i) => differ(each, ours[i], `${where}[${i}]`, loose));
  }
  if (theirKind === 'object')
    return Object.keys(theirs).filter((key) => !loose.includes(key)).flatMap((key) =>
      key in ours ? differ(theirs[key], ours[key], `${where}.${key}`, loose) : [`${where}.${key}: missing`]);
  const isOwn = theirKind === 'uuid' || /\.(createdAt|updatedAt)$/.test(where) || ANY_VALUE.some((key) => where.endsWith(`.${key}`));
  return isOwn || theirs === ours ? [] : [`${where}: ${JSON.stringify(ours)}, theirs is ${JSON.stringify(theirs)}`];
}

const nameOf = ({ args }) => args?.[0]?.originalFileName ?? args?.[0]?.asset?.originalFileName ?? '';
/* Two assets are worked on at once: those of one stay in their order. */
const ofAsset = (events) => [...events].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : Number(nameOf(a) > nameOf(b))));

/* Ours tells of a change at once, and again when the sidecar that it was written to has been read back. */
const once = (events) => events.filter(({ event }, i) => event !== 'on_asset_update' || event !== events[i + 1]?.event || nameOf(events[i]) !== nameOf(events[i + 1]));

/* What ours tells besides, by its step: why stands in docs/compatibility.md. */
const BESIDES = { favourite: { to: 'admin', event: 'on_asset_update' } };

/** Compare two tellings, receiver by receiver and step by step. @return texts: what differs */
export function eventsDiffer(theirs, all, steps) {
  const ours = all.filter(({ event }) => !OLDER.includes(event));
  const unknown = theirs.filter(({ during }) => !steps.includes(during));
  assert.deepEqual(unknown, [], 'a step that was not told');
  const wrong = [];
  for (const to of new Set([...theirs, ...ours].map((each) => each.to)))
    for (const step of steps) {
      const [a, b] = [theirs, ours].map((list) => once(ofAsset(list.filter((each) => each.to === to && each.during === step))));
      const besides = BESIDES[step]?.to === to ? b.findIndex(({ event }) => event === BESIDES[step].event) : null;
      if (besides === -1) wrong.push(`${to} during '${step}': did not hear ${BESIDES[step].event}`);
      else if (besides !== null) b.splice(besides, 1);
      const [names, ourNames] = [a, b].map((list) => list.map(({ event }) => event).join(', '));
      if (names !== ourNames) wrong.push(`${to} during '${step}': heard [${ourNames}], theirs [${names}]`);
      else a.forEach((event, i) => wrong.push(...differ(event.args ?? [], b[i].args ?? [], `${to}, ${step}: ${event.event}`, LOOSE[event.event] ?? [])));
    }
  return wrong;
}
