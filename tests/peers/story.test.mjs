// The recorded story, told to our server and held against what the original answered. The numbers are the
// least that must agree; they only ever go up. What disagrees, and why, stands in docs/compatibility.md.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newServer, server } from '../api/harness.mjs';
import { Listener, eventsDiffer } from './events.mjs';

const run = promisify(execFile);
const recorded = process.env.TINTYPE_RECORDED ?? '';
const tools = path.join(recorded, '../tools');
const data = process.env.TINTYPE_TESTDATA ?? '';
const LEAST_EXCHANGES = Number(process.env.TINTYPE_LEAST_EXCHANGES ?? 0);
const LEAST_FIELDS = Number(process.env.TINTYPE_LEAST_FIELDS ?? 0);

const isThere = fs.existsSync(path.join(recorded, 'traffic-3.0.0.jsonl')) && fs.existsSync(data);

test('the story of the original server', { skip: isThere ? false : 'the recording is not here' }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-story-'));
  try {
    await server.start();
    const ours = path.join(folder, 'ours.jsonl');
    const assets = path.join(folder, 'assets.json');
    const folders = ['photos', 'exif', 'videos', 'people', 'takeout/flat'];
    await run('python3', [path.join(tools, 'tell_story.py'), server.base, ours, assets, ...folders], { cwd: data, maxBuffer: 1 << 26 });
    const { stdout } = await run('python3', [path.join(tools, 'compare_story.py'), path.join(recorded, 'traffic-3.0.0.jsonl'), ours,
      '--assets', path.join(recorded, 'assets-3.0.0.json'), assets], { maxBuffer: 1 << 26 }).catch((error) => error);
    const fields = Number(/(\d+) of \d+ asset fields agree/.exec(stdout)?.[1]);
    const exchanges = Number(/(\d+) of \d+ exchanges agree/.exec(stdout)?.[1]);
    console.log(stdout.split('\n').slice(-3).join('\n'));
    assert.ok(fields >= LEAST_FIELDS, `${fields} asset fields agree, ${LEAST_FIELDS} did before:\n${stdout}`);
    assert.ok(exchanges >= LEAST_EXCHANGES, `${exchanges} exchanges agree, ${LEAST_EXCHANGES} did before:\n${stdout}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

// ---- what clients were told meanwhile ----

/* The steps of the second story, by the names that the recording gives them. `first` and `second` are assets. */
function eventStory(peer, { admin, bob }, [first, second]) {
  const call = async (method, where, body, as = admin) => {
    const reply = await peer.request(method, where, { as, body });
    assert.ok(reply.status < 300, `${method} ${where}: ${reply.status} ${reply.text}`);
    return reply.json;
  };
  let stack;
  let album;
  return {
    'upload': async () => {},
    'favourite': () => call('PUT', `/assets/${first}`, { isFavorite: true }),
    'update (description)': () => call('PUT', `/assets/${first}`, { description: 'x' }),
    'archive': () => call('PUT', '/assets', { ids: [first], visibility: 'archive' }),
    'stack': async () => { stack = await call('POST', '/stacks', { assetIds: [first, second] }); },
    'stack delete': () => call('DELETE', `/stacks/${stack.id}`),
    'album': async () => { album = await call('POST', '/albums', { albumName: 'E' }); },
    'album share with bob': () => call('PUT', `/albums/${album.id}/users`, { albumUsers: [{ userId: bob.id, role: 'editor' }] }),
    'trash': () => call('DELETE', '/assets', { ids: [first] }),
    'restore': () => call('POST', '/trash/restore/assets', { ids: [first] }),
    'delete for good': () => call('DELETE', '/assets', { ids: [first], force: true }),
    'config change': async () => call('PUT', '/system-config', await call('GET', '/system-config')),
    'logout bob': () => call('POST', '/auth/logout', undefined, bob),
  };
}

test('the events of the original server', { skip: isThere ? false : 'the recording is not here' }, async () => {
  const peer = newServer();
  const admin = await peer.signUp();
  const bob = await peer.newUser({ name: 'Bob' });
  const config = (await peer.request('GET', '/system-config', { as: admin })).expect(200).json;
  config.machineLearning.duplicateDetection.enabled = false; // as it was there; the two pictures are the same
  (await peer.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
  const listeners = [];
  try {
    for (const [name, token] of [['admin', admin.token], ['bob', bob.token], ['bad token', 'nonsense']])
      listeners.push(await Listener.open(peer, name, token));
    const listening = listeners.slice(0, 2);
    const picture = fs.readFileSync(path.join(data, 'photos/albums/nature/silver_fir.jpg'));
    const send = async (name) => (await peer.upload(Buffer.concat([picture, Buffer.from(name.slice(1, 3))]), name, {}, { as: admin })).expect(201).json.id;
    for (const each of listening) each.during = 'upload';
    const steps = eventStory(peer, { admin, bob }, [await send('ev1.jpg'), await send('ev2.jpg')]);
    for (const [name, step] of Object.entries(steps)) {
      for (const each of listening) each.during = name;
      await step();
      await peer.waitForJobs();
      if (name === 'logout bob') await listeners[1].until('on_session_delete');
      await Listener.settle(peer, admin, listening);
    }
    const theirs = fs.readFileSync(path.join(recorded, 'events-3.0.0.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const ours = listeners.flatMap((each) => each.heard);
    assert.equal(eventsDiffer(theirs, ours, ['connect', ...Object.keys(steps)]).join('\n'), '');
  } finally {
    for (const each of listeners) each.close();
  }
});
