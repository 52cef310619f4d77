// The recorded story, told to our server and held against what the original answered. The numbers are the
// least that must agree; they only ever go up. What disagrees, and why, stands in docs/compatibility.md.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { server } from '../api/harness.mjs';

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
