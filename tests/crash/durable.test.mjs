// A power cut loses what was not synced, which no kill of a program shows: strace watches the system calls, and
// before an upload is acknowledged its file, the folders that lead to it and the database must be on the disk.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { jpeg } from '../api/fixtures.mjs';
import { engine, server } from '../api/harness.mjs';

const CALLS = 'mkdir,mkdirat,rename,renameat,renameat2,link,linkat,write,pwrite64,writev,fsync,fdatasync,sendmsg,sendto';

/** Whether strace is here, and may watch a program that it did not start. */
function canTrace() {
  const scope = '/proc/sys/kernel/yama/ptrace_scope';
  const mayAttach = process.getuid() === 0 || !fs.existsSync(scope) || fs.readFileSync(scope, 'utf8').trim() === '0';
  return mayAttach && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
}

/** What the server calls while @param during runs: { name, file, args, begun, done }, by the number of the line. */
async function watch(during) {
  const out = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-strace-')), 'calls');
  // some syncs take long, as on a busy disk: who does not wait for another thread's is found out
  const how = ['-f', '-y', '-s', '512', '-e', `trace=${CALLS}`, '-e', 'inject=fsync:delay_enter=30000:when=5+7'];
  const strace = spawn('strace', [...how, '-o', out, '-p', String(server.pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => strace.on('close', resolve));
  await new Promise((resolve, reject) => {
    let said = '';
    strace.stderr.setEncoding('utf8').on('data', (text) => /attached/.test((said += text)) && resolve());
    ended.then(() => reject(new Error(`strace: ${said}`)));
  });
  try {
    await during();
  } finally {
    strace.kill('SIGINT');
    await ended;
  }
  const lines = fs.readFileSync(out, 'utf8').split('\n');
  fs.rmSync(path.dirname(out), { recursive: true });
  const calls = [];
  const open = new Map(); // thread -> its call that has not come back
  lines.forEach((line, at) => {
    const [, thread, rest] = /^(\d+)\s+(.*)/.exec(line) ?? [];
    const resumed = rest && /^<\.\.\. (\w+) resumed>(.*)/.exec(rest);
    if (resumed) {
      const call = open.get(thread);
      if (!call) return; // begun before strace came
      open.delete(thread);
      Object.assign(call, { done: at, hasFailed: / = -1 /.test(resumed[2]) });
      return;
    }
    const begun = rest && /^(\w+)\((.*)/.exec(rest);
    if (!begun) return;
    const call = { name: begun[1], args: begun[2], file: /^\d+<([^>]*)>/.exec(begun[2])?.[1], begun: at, done: at, hasFailed: / = -1 /.test(begun[2]) };
    calls.push(call);
    if (begun[2].endsWith('<unfinished ...>')) {
      call.done = Infinity;
      open.set(thread, call);
    }
  });
  return calls.filter(({ hasFailed }) => !hasFailed);
}

const paths = ({ args }) => [...args.matchAll(/"([^"]*)"/g)].map(([, each]) => each);
const isSync = ({ name }) => name === 'fsync' || name === 'fdatasync';
const isWrite = ({ name }) => name === 'write' || name === 'pwrite64' || name === 'writev';

/** What must have come back before the answer that tells @param id was begun. */
function check(calls, id, file) {
  const answer = calls.find(({ name, args }) => name.startsWith('send') && args.includes(id));
  assert.ok(answer, 'the answer was seen');
  const before = calls.filter(({ done }) => done < answer.begun);
  const moved = before.find((each) => /^(rename|link)/.test(each.name) && paths(each)[1] === file);
  assert.ok(moved, `${file} stands where it belongs`);
  const names = [file, paths(moved)[0]]; // all that it ever had
  for (const each of before.filter(({ name }) => name.startsWith('link')).reverse()) {
    const [from, to] = paths(each);
    if (names.includes(to)) names.push(from);
  }
  const isOf = (each) => names.includes(each.file);
  const written = before.filter((each) => isWrite(each) && isOf(each)).at(-1);
  assert.ok(written, `${file} was written`);
  assert.ok(before.some((each) => isSync(each) && isOf(each) && each.begun > written.done), `${file} is synced after its last byte`);
  const folder = path.dirname(file);
  assert.ok(before.some((each) => isSync(each) && each.file === folder && each.begun > moved.done), `its entry in ${folder} is synced`);
  for (const made of before.filter(({ name }) => name.startsWith('mkdir'))) {
    const [name] = paths(made);
    if (!`${file}/`.startsWith(`${name}/`)) continue;
    const above = path.dirname(name);
    assert.ok(before.some((each) => isSync(each) && each.file === above && each.begun > made.done), `the entry of ${name} in ${above} is synced`);
  }
  if (engine !== 'sqlite') return; // PostgreSQL is asked to commit, and looks after its own files
  const log = (each) => each.file?.endsWith('.db-wal') && each.begun > moved.done;
  const noted = before.find((each) => isWrite(each) && log(each));
  assert.ok(noted, 'the asset is in the log of the database');
  assert.ok(before.some((each) => isSync(each) && log(each) && each.begun > noted.done), 'the log is synced');
}

/** A photo in two parts. @return the id of its asset */
async function inParts(bytes, as) {
  const sum = (each) => createHash('sha1').update(each).digest('hex');
  const begun = (await server.request('POST', '/partial-uploads', { as, body: { filename: 'parts.jpg', sizeInBytes: bytes.length } })).expect(201).json;
  for (const [offset, part] of [[0, bytes.subarray(0, 100)], [100, bytes.subarray(100)]]) {
    const form = new FormData();
    form.append('offset', String(offset));
    form.append('checksum', sum(part));
    form.append('data', new Blob([part]), 'part');
    (await server.request('PATCH', `/partial-uploads/${begun.id}`, { as, body: form })).expect(200);
  }
  const form = new FormData();
  for (const name of ['fileCreatedAt', 'fileModifiedAt']) form.append(name, '2024-01-02T03:04:05.000Z');
  return (await server.request('POST', `/partial-uploads/${begun.id}/asset`, { as, body: form })).expect(201).json.id;
}

test('an upload is acknowledged when it would survive a power cut', { skip: canTrace() ? false : 'strace is not installed, or may not trace' }, async () => {
  const admin = await server.signUp();
  // no media worker is to be started just when strace lets go
  for (const queue of ['metadataExtraction', 'thumbnailGeneration'])
    (await server.request('PUT', `/jobs/${queue}`, { as: admin, body: { command: 'pause' } })).expect(200);
  for (let round = 0; round < 3; round++) {
    const user = await server.newUser(); // whose first photos make the folders, several at once
    const ids = [];
    const calls = await watch(async () => {
      const uploads = Array.from({ length: 6 }, (_, i) => server.upload(jpeg(), `${i}.jpg`, {}, { as: user }));
      for (const reply of await Promise.all(uploads)) ids.push(reply.expect(201).json.id);
      ids.push(await inParts(jpeg(), user));
    });
    for (const id of ids) {
      const [[file]] = await server.sql(`SELECT original_path FROM asset WHERE id = '${id}'`);
      check(calls, id, path.join(server.media, file));
    }
  }
});
