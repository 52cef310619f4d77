// Background work, watched and steered by admins, under the names of today and of older clients.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { server, until } from './harness.mjs';

const NAMES = ['thumbnailGeneration', 'metadataExtraction', 'videoConversion', 'faceDetection', 'facialRecognition', 'smartSearch',
  'duplicateDetection', 'backgroundTask', 'storageTemplateMigration', 'migration', 'search', 'sidecar', 'library', 'notifications',
  'backupDatabase', 'ocr', 'workflow', 'integrityCheck', 'editor'];
const NONE = { active: 0, completed: 0, failed: 0, delayed: 0, waiting: 0, paused: 0 };
const LIMIT_MS = 60_000;

const call = async (method, where, body, as) => server.request(method, where, { as: as ?? (await server.signUp()), body });
const get = async (where) => (await call('GET', where)).expect(200).json;
const pause = async (name, isPaused) => (await call('PUT', `/queues/${name}`, { isPaused })).expect(200).json;
const command = (name, body) => call('PUT', `/jobs/${name}`, body);
const jobsOf = (name, query = '') => get(`/queues/${name}/jobs${query}`);

test('all queues are told, in their order, idle at first', async () => {
  const queues = await get('/queues');
  assert.deepEqual(queues.map(({ name }) => name), NAMES);
  for (const queue of queues) assert.deepEqual(queue, { name: queue.name, isPaused: false, statistics: NONE });
  const legacy = await get('/jobs');
  assert.deepEqual(Object.keys(legacy).sort(), NAMES.toString().split(',').sort());
  for (const queue of Object.values(legacy)) assert.deepEqual(queue, { queueStatus: { isPaused: false, isActive: false }, jobCounts: NONE });
  assert.deepEqual(await get('/queues/editor'), { name: 'editor', isPaused: false, statistics: NONE });
});

test('a paused queue keeps its jobs until it goes on', async () => {
  await server.waitForJobs();
  assert.equal((await pause('metadataExtraction', true)).isPaused, true);
  const { id } = (await server.upload(jpeg(), 'waits.jpg')).expect(201).json;
  const { statistics } = await get('/queues/metadataExtraction');
  assert.deepEqual([statistics.paused, statistics.waiting, statistics.active], [1, 0, 0]);
  assert.equal((await get('/jobs')).metadataExtraction.jobCounts.paused, 1);
  const [job, ...others] = await jobsOf('metadataExtraction');
  assert.deepEqual([job.name, job.data.id, job.data.source, others], ['AssetExtractMetadata', id, 'upload', []]);
  assert.equal(typeof job.id, 'string');
  assert.ok(Math.abs(job.timestamp - Date.now()) < LIMIT_MS);
  assert.equal((await pause('metadataExtraction', false)).isPaused, false);
  await server.waitForJobs();
  assert.deepEqual(await jobsOf('metadataExtraction'), []);
  assert.equal((await call('GET', `/assets/${id}`)).json.width, 16);
});

test('a pause survives a restart', async () => {
  await pause('thumbnailGeneration', true);
  await server.restart();
  assert.equal((await get('/queues/thumbnailGeneration')).isPaused, true);
  await pause('thumbnailGeneration', false);
});

test('jobs are listed by their state', async () => {
  await server.waitForJobs();
  await pause('metadataExtraction', true);
  for (let i = 0; i < 3; i++) (await server.upload(jpeg(), `${i}.jpg`)).expect(201);
  for (const [query, n] of [['', 3], ['?status=paused', 3], ['?status=waiting', 0], ['?status=failed', 0], ['?status=completed', 0],
    ['?status=paused&status=failed', 3], ['?status=active&status=delayed', 0]])
    assert.equal((await jobsOf('metadataExtraction', query)).length, n, query);
  (await call('GET', '/queues/metadataExtraction/jobs?status=lost')).expectIssues('status.0');
  (await call('DELETE', '/queues/metadataExtraction/jobs', {})).expect(204);
  assert.deepEqual(await jobsOf('metadataExtraction'), []);
  await pause('metadataExtraction', false);
  assert.deepEqual((await get('/queues/metadataExtraction')).statistics, NONE);
});

test('what was emptied is found again by a start', async () => {
  await server.waitForJobs();
  await pause('metadataExtraction', true);
  const { id } = (await server.upload(jpeg(), 'again.jpg')).expect(201).json;
  const emptied = (await command('metadataExtraction', { command: 'empty' })).expect(200).json;
  assert.deepEqual([emptied.jobCounts.paused, emptied.queueStatus.isPaused], [0, true]);
  const resumed = (await command('metadataExtraction', { command: 'resume' })).expect(200).json;
  assert.equal(resumed.queueStatus.isPaused, false);
  assert.equal((await call('GET', `/assets/${id}`)).json.width, null);
  (await command('metadataExtraction', { command: 'start', force: false })).expect(200);
  await server.waitForJobs();
  assert.equal((await call('GET', `/assets/${id}`)).json.width, 16);
});

test('thumbnails are made again when all are asked for', async () => {
  const { id } = (await server.upload(jpeg(), 'thumbs.jpg')).expect(201).json;
  await server.waitForJobs();
  await server.sql(`UPDATE asset SET thumbhash = NULL WHERE id = '${id}'`);
  (await command('thumbnailGeneration', { command: 'start', force: true })).expect(200);
  await server.waitForJobs();
  assert.ok((await call('GET', `/assets/${id}`)).json.thumbhash);
});

test('a job that failed stays with its reason, until it is cleared', async () => {
  await server.waitForJobs();
  const { id } = (await server.upload(jpeg(), 'lost.jpg')).expect(201).json;
  await server.waitForJobs();
  const { originalPath } = (await call('GET', `/assets/${id}`)).json;
  fs.rmSync(originalPath);
  (await call('POST', '/assets/jobs', { assetIds: [id], name: 'refresh-metadata' })).expect(204);
  await until(async () => {
    const { statistics } = await get('/queues/metadataExtraction');
    return statistics.failed === 1 || statistics.delayed > 0;
  }, 'a failure is counted');
  await until(async () => {
    await server.sql("UPDATE job SET run_after = 0 WHERE state = 'waiting'");
    return (await get('/queues/metadataExtraction')).statistics.failed === 1;
  }, 'it is given up');
  const [job] = await jobsOf('metadataExtraction', '?status=failed');
  assert.equal(job.data.id, id);
  assert.ok(job.error.length > 10, job.error);
  (await call('DELETE', '/queues/metadataExtraction/jobs', {})).expect(204);
  assert.equal((await get('/queues/metadataExtraction')).statistics.failed, 1);
  (await call('DELETE', '/queues/metadataExtraction/jobs', { failed: true })).expect(204);
  assert.deepEqual((await get('/queues/metadataExtraction')).statistics, NONE);
});

test('commands that make no sense are refused', async () => {
  for (const name of ['backgroundTask', 'search', 'notifications', 'workflow', 'integrityCheck', 'editor'])
    (await command(name, { command: 'start' })).expect(400, `Invalid job name: ${name}`);
  (await call('PUT', '/queues/backgroundTask', { isPaused: true })).expect(400, 'The BackgroundTask queue cannot be paused');
  (await call('PUT', '/queues/nothing', { isPaused: true })).expectIssues('name');
  (await call('GET', '/queues/nothing')).expectIssues('name');
  (await command('metadataExtraction', { command: 'explode' })).expectIssues('command');
  (await command('metadataExtraction', {})).expectIssues('command');
  (await call('PUT', '/queues/editor', { isPaused: 'yes' })).expectIssues('isPaused');
  (await call('DELETE', '/queues/editor/jobs')).expectIssues('');
  (await call('POST', '/jobs', { name: 'nothing' })).expectIssues('name');
});

test('work that is not built is refused, not taken on', async () => {
  (await command('ocr', { command: 'start' })).expect(501, /not built yet/);
  await server.waitForJobs();
  for (const { name, statistics } of await get('/queues')) assert.deepEqual(statistics, NONE, name);
});

test('an old client may pause every queue', async () => {
  const paused = (await command('backgroundTask', { command: 'pause' })).expect(200).json;
  assert.equal(paused.queueStatus.isPaused, true);
  assert.equal((await command('backgroundTask', { command: 'resume' })).expect(200).json.queueStatus.isPaused, false);
  (await command('metadataExtraction', { command: 'clear-failed' })).expect(200);
});

test('only admins see and steer, keys as far as they may', async () => {
  const user = await server.newUser();
  for (const [method, where, body] of [['GET', '/queues'], ['GET', '/jobs'], ['GET', '/queues/editor'], ['GET', '/queues/editor/jobs'],
    ['PUT', '/queues/editor', {}], ['DELETE', '/queues/editor/jobs', {}], ['PUT', '/jobs/editor', { command: 'pause' }],
    ['POST', '/jobs', { name: 'user-cleanup' }]]) {
    (await call(method, where, body, user)).expect(403, 'Forbidden');
    (await server.request(method, where, { body })).expect(401, 'Authentication required');
  }
  const key = await server.newKey(server.admin, 'queue.read');
  (await call('GET', '/queues', undefined, key)).expect(200);
  (await call('PUT', '/queues/editor', {}, key)).expect(403, 'Missing required permission: queue.update');
  (await call('GET', '/queues/editor/jobs', undefined, key)).expect(403, 'Missing required permission: queueJob.read');
  (await call('GET', '/jobs', undefined, key)).expect(403, 'Missing required permission: job.read');
});

test('an update without a change changes nothing', async () => {
  await pause('library', true);
  assert.equal((await call('PUT', '/queues/library', {})).expect(200).json.isPaused, true);
  await pause('library', false);
});
