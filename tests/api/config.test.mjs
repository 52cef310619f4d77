// The system config: read by many, changed by admins, kept as what differs from the defaults.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { newServer, server } from './harness.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-config-'));
after(() => fs.rmSync(folder, { recursive: true }));

const get = async (where, as, which = server) => (await which.request('GET', where, { as })).expect(200).json;
const defaults = async () => get('/system-config/defaults', await server.signUp());
const put = async (config, as) => server.request('PUT', '/system-config', { as: as ?? (await server.signUp()), body: config });
const stored = async () =>
  JSON.parse((await server.sql("SELECT value FROM system_metadata WHERE key = 'system-config'"))[0]?.[0] ?? '{}');

/** The defaults with one member at 'a.b.c' changed. */
async function changed(where, value) {
  const config = await defaults();
  const names = where.split('.');
  const last = names.pop();
  const inner = names.reduce((object, name) => object[name], config);
  if (value === undefined) delete inner[last];
  else inner[last] = value;
  return config;
}

test('a new server has the defaults, the same under every name', async () => {
  const admin = await server.signUp();
  const config = await defaults();
  assert.deepEqual([config.trash.days, config.image.preview.size, config.ffmpeg.crf, config.job.thumbnailGeneration.concurrency],
    [30, 1440, 23, 3]);
  assert.equal(Object.keys(config).sort().join(' '), 'backup ffmpeg image integrityChecks job library logging machineLearning ' +
    'map metadata newVersionCheck nightlyTasks notifications oauth passwordLogin reverseGeocoding server storageTemplate ' +
    'templates theme trash user');
  for (const where of ['/system-config', '/admin/config', '/admin/config/defaults']) assert.deepEqual(await get(where, admin), config);
});

test('only what differs is stored, and comes back after a restart', async () => {
  const config = await changed('trash.days', 7);
  config.image.preview.size = 2160;
  config.library.scan.cronExpression = '0 3 * * mon';
  assert.deepEqual((await put(config)).expect(200).json, config);
  assert.deepEqual(await stored(), { trash: { days: 7 }, image: { preview: { size: 2160 } }, library: { scan: { cronExpression: '0 3 * * mon' } } });
  await server.restart();
  assert.deepEqual(await get('/system-config', server.admin), config);
  assert.equal((await get('/server/config')).trashDays, 7);
  (await put(await defaults())).expect(200);
  assert.deepEqual(await stored(), {});
  assert.deepEqual(await get('/system-config', server.admin), await defaults());
});

test('an empty text means the default', async () => {
  for (const [where, usual] of [['oauth.buttonText', 'Login with OAuth'], ['oauth.scope', 'openid email profile'],
    ['storageTemplate.template', '{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}']]) {
    const config = (await put(await changed(where, ''))).expect(200).json;
    assert.equal(where.split('.').reduce((object, name) => object[name], config), usual);
  }
});

test('what is kept is brought into its form', async () => {
  const config = await changed('server.externalDomain', 'https://me:pw@photos.example:8443/path?query#x');
  config.ffmpeg.acceptedAudioCodecs = [];
  config.ffmpeg.targetVideoCodec = 'hevc';
  const saved = (await put(config)).expect(200).json;
  assert.equal(saved.server.externalDomain, 'https://me:pw@photos.example:8443');
  assert.deepEqual(saved.ffmpeg.acceptedAudioCodecs, ['aac']);
  assert.deepEqual(saved.ffmpeg.acceptedVideoCodecs, ['h264', 'hevc']);
  (await put(await defaults())).expect(200);
});

const WRONG = {
  'backup.database.cronExpression': ['foo', '@daily', '', '0 25 * * *', 5],
  'library.scan.cronExpression': ['* * * *'],
  'integrityChecks.checksumFiles.cronExpression': ['x x x x x'],
  'integrityChecks.checksumFiles.percentageLimit': [1.5, -0.1],
  'backup.database.keepLastAmount': [0, -1, 1.5, null],
  'job.thumbnailGeneration.concurrency': [0, '3', 1e99],
  'image.preview.size': [0],
  'image.thumbnail.quality': [0, 101],
  'ffmpeg.crf': [-1, 52],
  'ffmpeg.bframes': [-2, 17],
  'ffmpeg.refs': [7],
  'ffmpeg.targetVideoCodec': ['mpeg2', null],
  'ffmpeg.acceptedContainers': ['mov'],
  'trash.days': [-1, 1.5, 'many', undefined],
  'user.deleteDelay': [0],
  'oauth.defaultStorageQuota': [-1],
  'oauth.issuerUrl': ['nonsense'],
  'oauth.timeout': [0],
  'machineLearning.urls': [[], 'http://x'],
  'machineLearning.duplicateDetection.maxDistance': [0.0001, 0.2],
  'machineLearning.facialRecognition.minScore': [0, 1.1],
  'map.lightStyle': ['', 'nonsense'],
  'server.externalDomain': ['photos.example'],
  'nightlyTasks.startTime': ['24:00', '1:00', '00:60', 'noon'],
  'notifications.smtp.transport.port': [65536],
  'logging.level': ['loud'],
  'trash.enabled': [1, null],
  theme: [undefined, 'dark'],
};

test('a value that cannot be is refused by name, and nothing is changed', async () => {
  for (const [where, values] of Object.entries(WRONG))
    for (const value of values) {
      const reply = await put(await changed(where, value));
      assert.equal(reply.status, 400, `${where} = ${JSON.stringify(value)}: ${reply.text.slice(0, 200)}`);
      assert.equal(reply.json.message, 'Validation failed', where);
      assert.ok(reply.json.errors.every((issue) => issue.path.join('.').startsWith(where)), reply.text);
    }
  assert.deepEqual(await stored(), {});
});

test('rules about the whole are refused with their sentence', async () => {
  for (const [template, named] of [['{{foo}}', 'foo'], ['{{filename', '{{filename'], ['{{#if album}}x', '{{/if}}'], ['{{{y}}', '{{{y}}'], ['{{else}}', '{{else}}']]) {
    const { message } = (await put(await changed('storageTemplate.template', template))).expect(400).json;
    assert.ok(message.startsWith('Invalid storage template: in storageTemplate.template, ') && message.includes(`'${named}'`), message);
  }
  const config = await changed('oauth.mobileOverrideEnabled', true);
  config.oauth.mobileRedirectUri = 'nonsense';
  const reply = (await put(config)).expectIssues('oauth');
  assert.equal(reply.json.errors[0].message, 'Mobile redirect URI must be an empty string or a valid URL');
  const cron = (await put(await changed('library.scan.cronExpression', 'foo'))).expectIssues('library.scan.cronExpression');
  assert.equal(cron.json.errors[0].message, 'Invalid cron expression');
});

test('settings of no effect here are dropped, not stored', async () => {
  const config = await defaults();
  config.unknown = { x: 1 };
  config.trash.unknown = 2;
  const saved = (await put(config)).expect(200).json;
  assert.deepEqual([saved.unknown, saved.trash.unknown], [undefined, undefined]);
  assert.deepEqual(await stored(), {});
});

test('users see a part, everybody sees less, and nobody a secret', async () => {
  const config = await changed('oauth.clientSecret', 'very-secret');
  config.notifications.smtp.transport.password = 'very-secret';
  config.server.loginPageMessage = 'welcome';
  (await put(config)).expect(200);
  const user = await server.newUser();
  const forUsers = await server.request('GET', '/config', { as: user });
  const forAll = await server.request('GET', '/public/config');
  for (const reply of [forUsers, forAll]) {
    assert.ok(!reply.expect(200).text.includes('very-secret'));
    assert.ok(!reply.text.includes('clientSecret'));
  }
  assert.equal(forAll.json.server.loginPageMessage, 'welcome');
  assert.ok(forAll.bytes.length < forUsers.bytes.length);
  (await server.request('GET', '/config')).expect(401);
  for (const where of ['/config/defaults', '/public/config/defaults']) await get(where, user);
  assert.ok((await server.request('GET', '/system-config', { as: server.admin })).text.includes('very-secret'));
  (await put(await defaults())).expect(200);
});

test('only admins read and change the whole', async () => {
  const user = await server.newUser();
  for (const where of ['/system-config', '/system-config/defaults', '/admin/config', '/system-config/storage-template-options']) {
    (await server.request('GET', where, { as: user })).expect(403, 'Forbidden');
    (await server.request('GET', where)).expect(401);
  }
  (await put(await defaults(), user)).expect(403, 'Forbidden');
  const key = await server.newKey(server.admin, 'systemConfig.read');
  assert.equal((await get('/system-config', key)).trash.days, 30);
  (await put(await defaults(), key)).expect(403, 'Missing required permission: systemConfig.update');
});

test('the options of the storage template are all usable', async () => {
  const admin = await server.signUp();
  const options = await get('/system-config/storage-template-options', admin);
  assert.deepEqual(options.hourOptions, ['h', 'hh', 'H', 'HH']);
  assert.equal(options.presetOptions.length, 21);
  for (const template of options.presetOptions)
    assert.equal((await put(await changed('storageTemplate.template', template))).expect(200).json.storageTemplate.template, template);
  const every = Object.entries(options).filter(([name]) => name !== 'presetOptions').flatMap(([, tokens]) => tokens);
  (await put(await changed('storageTemplate.template', every.map((token) => `{{${token}}}`).join('/')))).expect(200);
  (await put(await defaults())).expect(200);
});

test('a change has effect at once', async () => {
  const config = await changed('trash.enabled', false);
  config.passwordLogin.enabled = false;
  (await put(config)).expect(200);
  const features = await get('/server/features');
  assert.deepEqual([features.trash, features.passwordLogin], [false, false]);
  (await put(await defaults())).expect(200);
});

test('the level of the log belongs to the environment when it is set there', async () => {
  const other = newServer();
  await other.start({ IMMICH_LOG_LEVEL: 'warn' });
  const admin = await other.signUp();
  const config = await get('/system-config', admin, other);
  (await other.request('PUT', '/system-config', { as: admin, body: { ...config, logging: { ...config.logging, level: 'debug' } } }))
    .expect(400, 'Logging cannot be changed while the environment variable IMMICH_LOG_LEVEL is set.');
  (await other.request('PUT', '/system-config', { as: admin, body: config })).expect(200);
});

test('a stored config that became unusable does not keep the server from starting', async () => {
  for (const value of ['{"trash":{"days":-5}}', 'no JSON', '[1]', '{"trash":7}']) {
    await server.sql(`INSERT INTO system_metadata (key, value) VALUES ('system-config', '${value}')` +
      ' ON CONFLICT (key) DO UPDATE SET value = excluded.value');
    await server.restart();
    assert.equal((await get('/server/config')).trashDays, 30);
    await server.says(/the stored system config is unusable/);
  }
  (await put(await defaults())).expect(200);
});

// ---- IMMICH_CONFIG_FILE ----

function write(text, name = 'config.json') {
  const file = path.join(folder, name);
  fs.writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
  return file;
}

test('a config file holds what it says, the rest are defaults, and nothing can be changed', async () => {
  const other = newServer();
  await other.start({ IMMICH_CONFIG_FILE: write({ trash: { days: 3 }, unknown: 1, server: { externalDomain: 'https://a.example/x' } }) });
  const admin = await other.signUp();
  const config = await get('/system-config', admin, other);
  assert.deepEqual([config.trash, config.server.externalDomain], [{ enabled: true, days: 3 }, 'https://a.example']);
  await other.says(/unknown key 'unknown'/);
  (await other.request('PUT', '/system-config', { as: admin, body: config }))
    .expect(400, 'Cannot update configuration while IMMICH_CONFIG_FILE is in use');
  assert.equal((await get('/server/features', undefined, other)).configFile, true);
  assert.equal((await get('/server/config', undefined, other)).isOnboarded, true);
});

test('a config file may be YAML', async () => {
  const other = newServer();
  const text = `# of our house
trash:
  enabled: true
  days: 3
server: { externalDomain: "https://a.example/x", loginPageMessage: no }
ffmpeg:
  crf: 30
  acceptedVideoCodecs:
    - h264
    - hevc
image:
  preview: {size: 1080, quality: 75}
`;
  await other.start({ IMMICH_CONFIG_FILE: write(text, 'config.yaml') });
  const admin = await other.signUp();
  const config = await get('/system-config', admin, other);
  assert.deepEqual(config.trash, { enabled: true, days: 3 });
  assert.deepEqual([config.server.externalDomain, config.server.loginPageMessage], ['https://a.example', 'no']);
  assert.deepEqual([config.ffmpeg.crf, config.ffmpeg.acceptedVideoCodecs], [30, ['h264', 'hevc']]);
  assert.deepEqual([config.image.preview.size, config.image.preview.quality], [1080, 75]);
});

test('a config file that cannot be used stops the start with a line that says why', async () => {
  for (const [text, line, name] of [
    ['{"trash":', /Unable to load configuration file: .*config\.json \(line 1: /],
    ['[]', /Unable to load configuration file: .*not an object/],
    ['{"trash":{"days":1},"trash":{"days":2}}', /Unable to load configuration file: .*duplicate/],
    [{ trash: { days: -1 } }, /Invalid system config: \n {2}- .*trash\.days/],
    [{ trash: 'never' }, /Invalid system config: \n {2}- .*trash/],
    [{ library: { scan: { cronExpression: 'foo' } } }, /Invalid system config: \n {2}- \[library\.scan\.cronExpression\] Invalid cron expression/],
    [{ storageTemplate: { template: '{{foo}}' } }, /Invalid system config: \n {2}- \[storageTemplate\] Invalid storage template: .*'foo'/],
    [undefined, /Unable to load configuration file: .*gone\.json/],
    ['trash: {days: 1', /Unable to load configuration file: .*config\.yml \(line \d: /, 'config.yml'],
    ['- a\n- b\n', /Unable to load configuration file: .*not an object/, 'config.yml'],
    ['trash:\n  days: 1\n  days: 2\n', /config\.yml \(line 3: duplicate key\)/, 'config.yml'],
    ['trash: &a\n  days: *a\n', /Unable to load configuration file: .*config\.yml \(line/, 'config.yml'],
    ['a: &a [1,1,1,1,1,1,1,1,1]\n' + 'bcdefgh'.replace(/./g, (x) => {
      const before = String.fromCharCode(x.charCodeAt(0) - 1);
      return `${x}: &${x} [${Array(9).fill(`*${before}`)}]\n`;
    }), /config\.yml \(line \d+: too much/, 'config.yml'],
    ['trash: {days: never}', /Invalid system config: \n {2}- .*days/, 'config.yml'],
    ['\xff\xfe', /Unable to load configuration file: .*config\.yml/, 'config.yml'],
  ]) {
    const other = newServer();
    const file = text === undefined ? path.join(folder, 'gone.json') : write(text, name);
    await assert.rejects(other.start({ IMMICH_CONFIG_FILE: file }), /did not start/);
    assert.match(other.log, line);
    assert.equal((await other.end()).code, 1);
  }
});
