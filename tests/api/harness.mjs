// harness.mjs -- a server of its own for each test file
//
//   import { server } from './harness.mjs';
//   const admin = await server.signUp();
//   const reply = await server.request('GET', '/users/me', { as: admin });
//
// The server starts with the first request (or with start (), which takes environment variables) and
// ends with the test file. It has free ports, a temporary media folder and, with
// TINTYPE_TEST_ENGINE=postgres, a fresh database in the cluster that TINTYPE_TEST_POSTGRES names. It
// is ended by its pid; what it logged is printed when a test failed. Node 18 and later.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Contract } from './contract.mjs';

const run = promisify(execFile);
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const LOG_LIMIT = 4 * 1024 * 1024;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 60_000;
const EVENT_LIMIT_MS = 60_000;
const FAULTS = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|-CRITICAL \*\*|-ERROR \*\*/;

export const engine = process.env.TINTYPE_TEST_ENGINE ?? 'sqlite';
export const password = 'Passw0rd!';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Look until @param check finds something; the limit is for what never comes. @return what it found */
export async function until(check, what, limitMs = 60_000) {
  for (const end = Date.now() + limitMs; ; await sleep(20)) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < end, `within ${limitMs} ms: ${what}`);
  }
}

/** TINTYPE_BINARY, else the program that was built last. */
function findBinary() {
  if (process.env.TINTYPE_BINARY) return path.resolve(process.env.TINTYPE_BINARY);
  const found = fs
    .readdirSync(ROOT)
    .filter((name) => /^build/.test(name))
    .flatMap((name) => [path.join(ROOT, name, 'tintype'), path.join(ROOT, name, 'src', 'tintype')])
    .filter((file) => fs.existsSync(file) && fs.statSync(file).isFile())
    .sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs);
  assert.ok(found.length > 0, 'no built tintype found: build it, or set TINTYPE_BINARY');
  return found[0];
}

/* Below the ports that the kernel hands out, and elsewhere for each process: no other test's server or connection takes
 * one between this look and the start, or while a server begins again, and none is taken for ours. Above 10080, the
 * last one that fetch () and browsers refuse to ask. */
let nextPort = 10_081 + ((process.pid * 16) % 22_000);

export async function freePort() {
  for (;;) {
    const port = nextPort++;
    const probe = net.createServer();
    const isFree = await new Promise((resolve, reject) => {
      probe.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** What came back: status, headers, and the body as bytes, text and (when it is JSON) json. */
export class Reply {
  constructor(response, bytes) {
    this.status = response.status;
    this.headers = response.headers;
    this.bytes = bytes;
    const type = response.headers.get('content-type') ?? '';
    if (/^application\/json\s*(;|$)/.test(type) && bytes.length > 0) this.json = JSON.parse(this.text);
  }

  get text() {
    return this.bytes.toString('utf8');
  }

  get cookies() {
    return this.headers.getSetCookie();
  }

  /** Fails with the body in its message. Returns this, so that it can be chained. */
  expect(status, message) {
    assert.equal(this.status, status, `expected ${status}, got ${this.status}: ${this.text.slice(0, 500)}`);
    if (message instanceof RegExp) assert.match(this.json.message, message);
    else if (message !== undefined) assert.equal(this.json.message, message);
    return this;
  }

  /** A validation failure whose issues stand at these paths: expectIssues('email', 'a.0.b'). */
  expectIssues(...paths) {
    this.expect(400, 'Validation failed');
    assert.deepEqual(this.json.errors.map((issue) => issue.path.join('.')), paths);
    return this;
  }
}

/** The headers of a caller: a user of signUp, login or newUser, { key } of an API key, a token. */
function credential(as) {
  if (!as) return {};
  if (typeof as === 'string') return { authorization: `Bearer ${as}` };
  if (as.key) return { 'x-api-key': as.key };
  return { authorization: `Bearer ${as.token}` };
}

export class Server {
  #child;
  #starting;
  #log = '';
  #exit;
  #database;
  #env;
  #nUsers = 0;

  /** Folder of the media, made on start. */
  media;
  port;
  admin;

  get base() {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  get log() {
    return this.#log;
  }

  /** Wait until the log says @param what: its lines come by another way than answers, also a moment later. */
  async says(what) {
    await until(() => what.test(this.#log), `the log says ${what}`);
  }

  /** Start, with these environment variables besides. Without a call the first request does it. */
  start(env = {}) {
    this.#starting ??= this.#start(env);
    return this.#starting;
  }

  async #start(env) {
    this.media ??= fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-test-'));
    if (engine === 'postgres') await this.#createDatabase();
    // Another program may take the port between the look and the start: try again then.
    for (let attempt = 1; ; attempt++) {
      this.port = await freePort();
      this.#spawn(env);
      if (await this.#waitForPing()) return;
      const inUse = /in use/i.test(this.#log);
      assert.ok(inUse && attempt < 5, `the server did not start:\n${this.#log.slice(-4000)}`);
    }
  }

  #spawn(env) {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(IMMICH_|TINTYPE_|DB_|REDIS_|NODE_)/.test(name)),
    );
    this.#exit = undefined;
    this.#env = {
      ...inherited,
      TZ: 'UTC',
      IMMICH_HOST: '127.0.0.1',
      IMMICH_PORT: String(this.port),
      IMMICH_API_METRICS_PORT: '0',
      IMMICH_MEDIA_LOCATION: this.media,
      ...(this.#database ? { DB_URL: this.#database } : {}),
      ...env,
    };
    this.#child = spawn(findBinary(), ['serve'], { stdio: ['ignore', 'pipe', 'pipe'], env: this.#env });
    const keep = (chunk) => {
      this.#log = (this.#log + chunk).slice(-LOG_LIMIT);
    };
    this.#child.stdout.setEncoding('utf8').on('data', keep);
    this.#child.stderr.setEncoding('utf8').on('data', keep);
    const child = this.#child;
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => resolve({ code: -1, signal: null, error }));
      child.on('close', (code, signal) => resolve({ code, signal }));
    }).then((exit) => {
      if (exit.error) keep(`${exit.error}\n`);
      this.#exit = exit;
      return exit;
    });
  }

  async #waitForPing() {
    const until = Date.now() + START_LIMIT_MS;
    while (Date.now() < until && this.#exit === undefined) {
      try {
        const response = await fetch(`${this.base}/api/server/ping`);
        if (response.status === 200) return true;
      } catch {
        // not listening yet
      }
      await sleep(50);
    }
    return false;
  }

  async #createDatabase() {
    const cluster = process.env.TINTYPE_TEST_POSTGRES;
    assert.ok(cluster, 'TINTYPE_TEST_ENGINE=postgres needs TINTYPE_TEST_POSTGRES; see tools/with-postgres');
    if (this.#database) return;
    const name = `tintype_${randomBytes(8).toString('hex')}`;
    await run('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-d', cluster, '-c', `CREATE DATABASE ${name}`]);
    const url = new URL(cluster);
    url.pathname = `/${name}`;
    this.#database = url.toString();
  }

  /** Run SQL behind the server's back, for what only time would bring. @return rows of texts */
  async sql(text) {
    await this.start();
    if (this.#database) {
      const args = ['-qXAt', '-F', '\x1f', '-v', 'ON_ERROR_STOP=1', '-d', this.#database, '-c', text];
      const { stdout } = await run('psql', args);
      return stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\x1f'));
    }
    const file = fs.readdirSync(this.media).find((name) => /\.(db|sqlite3?)$/.test(name));
    assert.ok(file, `no database file in ${this.media}`);
    const script =
      'import json, os, re, sqlite3, sys, time, unicodedata\n' +
      'db = sqlite3.connect(sys.argv[1], timeout=30)\n' +
      // triggers ask for it: what src/base/words.c does, as far as tests need it
      'plain = lambda t: "".join(c for c in unicodedata.normalize("NFKD", t.lower()) if not unicodedata.combining(c))\n' +
      'def uuid_v7():\n' +
      '  at = time.time_ns()\n' +
      '  ms, part = at // 10**6, at % 10**6 * 4096 // 10**6\n' +
      '  return f"{ms >> 16:08x}-{ms & 0xffff:04x}-7{part:03x}-8{os.urandom(2).hex()[:3]}-{os.urandom(6).hex()}"\n' +
      'db.create_function("uuid_v7", 0, uuid_v7)\n' +
      'db.create_function("words", 1, lambda t: " ".join(["", *re.findall(r"[^\\W_]+", plain(t)), ""]))\n' +
      'rows = db.execute(sys.argv[2]).fetchall()\n' +
      'db.commit()\n' +
      'print(json.dumps([["" if v is None else str(v) for v in row] for row in rows]))\n';
    const { stdout } = await run('python3', ['-S', '-c', script, path.join(this.media, file), text]);
    return JSON.parse(stdout);
  }

  /** Assets of a user without files, put straight into the database. */
  async fill(user, n) {
    const uuid = engine === 'sqlite' ? "substr(lower(hex(randomblob(4))) || '-0000-4000-8000-' || printf('%012x', i), 1, 36)" : 'gen_random_uuid()::text';
    const bytes = engine === 'sqlite' ? "CAST(printf('%020d', i) AS BLOB)" : "convert_to(lpad(i::text, 20, '0'), 'UTF8')";
    await this.sql(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${n})
      INSERT INTO asset (id, owner_id, type, original_path, original_file_name, checksum, size_bytes, file_created_at, file_modified_at,
        local_date_time, local_month, created_at, updated_at, update_id)
      SELECT ${uuid}, '${user.id}', 'IMAGE', 'x', 'a.jpg', ${bytes}, 0, 0, 0, 0, 0, 1, 1, uuid_v7 () FROM numbers`);
    await this.sql(`INSERT INTO asset_exif (asset_id) SELECT id FROM asset WHERE owner_id = '${user.id}'`);
  }

  /**
   * Act while another server has changed something, and commits it when the act waits for that, after @param last.
   * PostgreSQL alone.
   * @return what the act gave
   */
  async during(change, act, last = 'SELECT') {
    const isWaitedFor = 'SELECT FROM pg_locks l WHERE NOT l.granted AND pg_backend_pid () = ANY (pg_blocking_pids (l.pid))';
    const isDone = this.sql(`BEGIN; ${change}; SELECT pg_advisory_xact_lock (1);
      DO $$ BEGIN FOR i IN 1..3000 LOOP EXIT WHEN EXISTS (${isWaitedFor}); PERFORM pg_sleep (0.01); END LOOP; END $$; ${last}; COMMIT`);
    await until(async () => (await this.sql(`SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      AND d.datname = current_database () WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = 1`)).length > 0,
      'the other server has changed it');
    const answer = await act();
    await isDone;
    return answer;
  }

  /** 'tintype admin' with @param args, on its database and folder, beside it or after its end. */
  command(args, input = '') {
    return spawnSync(findBinary(), ['admin', ...args], { env: this.#env, input, encoding: 'utf8', timeout: 120_000 });
  }

  /** End it. @returns its database: the file of SQLite, or the text of pg_dump */
  async takeDatabase() {
    await this.end();
    if (!this.#database) return fs.readFileSync(path.join(this.media, 'tintype.db'));
    return (await run('pg_dump', ['--no-owner', '-d', this.#database], { maxBuffer: 1 << 28 })).stdout;
  }

  /** End it, and put what takeDatabase () gave in the place of its database; start () goes on with that. */
  async putDatabase(bytes) {
    await this.start();
    await this.end();
    const file = path.join(this.media, this.#database ? 'database.sql' : 'tintype.db');
    fs.writeFileSync(file, bytes);
    if (!this.#database) return;
    const anew = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public';
    await run('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-d', this.#database, '-c', anew, '-f', file]);
    fs.rmSync(file);
  }

  /** End it as a service manager does, keeping its data; start () then brings it back. */
  async end(signal = 'SIGTERM') {
    if (!this.#child) return undefined;
    if (this.#exit === undefined) process.kill(this.#child.pid, signal);
    const limit = setTimeout(() => this.#exit ?? process.kill(this.#child.pid, 'SIGKILL'), STOP_LIMIT_MS);
    const exit = await this.ended;
    clearTimeout(limit);
    this.#child = undefined;
    this.#starting = undefined;
    return exit;
  }

  async restart(env = {}) {
    await this.end();
    await this.start(env);
  }

  /** Whatever a test did: the counts that are kept as assets change are what a count of all of them finds. */
  async #checkCounts() {
    try {
      await run(findBinary(), ['admin', 'check-counts'], { env: this.#env });
      return '';
    } catch ({ stdout, stderr }) {
      return `${stdout}${stderr}`;
    }
  }

  /** End it and delete all it had. Fails when it crashed, hung, miscounted or a sanitizer complained. */
  async stop() {
    const exit = await this.end();
    const miscounted = exit?.code === 0 ? await this.#checkCounts() : '';
    if (this.media) fs.rmSync(this.media, { recursive: true, force: true });
    if (this.#database) {
      const name = new URL(this.#database).pathname.slice(1);
      const drop = `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`;
      await run('psql', ['-qX', '-d', process.env.TINTYPE_TEST_POSTGRES, '-c', drop]);
      this.#database = undefined;
    }
    const fault = FAULTS.exec(this.#log);
    const around = fault && this.#log.slice(Math.max(0, fault.index - 2000), fault.index + 6000);
    assert.equal(fault?.[0], undefined, `the server's log has a fault:\n${around}`);
    if (exit) assert.deepEqual([exit.code, exit.signal], [0, null], 'the server did not end cleanly');
    assert.equal(miscounted, '');
  }

  /** For a process that ends without waiting: no server is left behind. */
  killNow() {
    if (this.#child && this.#exit === undefined) {
      try {
        process.kill(this.#child.pid, 'SIGKILL');
      } catch {
        // it is gone
      }
    }
    if (this.media) fs.rmSync(this.media, { recursive: true, force: true });
  }

  /** One request, whose answer is held against the contract (contract.mjs).
   *  @param where  below /api, unless it begins with /api/ or @param options.raw is set.
   *  options: as, headers, body (an object is sent as JSON; FormData, a Buffer or a string as they are),
   *  redirect, signal. */
  async request(method, where, options = {}) {
    await this.start();
    const headers = { ...credential(options.as), ...options.headers };
    let { body } = options;
    const isPlain = body !== undefined && body !== null && typeof body === 'object' &&
      !(body instanceof FormData) && !(body instanceof Uint8Array) && !(body instanceof Blob) &&
      !(body instanceof URLSearchParams);
    if (isPlain) {
      body = JSON.stringify(body);
      const given = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
      if (!given) headers['content-type'] = 'application/json';
    }
    const target = options.raw || where.startsWith('/api/') ? where : `/api${where}`;
    const contract = await Contract.of(this.base);
    const response = await fetch(this.base + target, {
      method,
      headers,
      body,
      redirect: options.redirect ?? 'manual',
      signal: options.signal,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    contract.check(method, target, response, bytes);
    return new Reply(response, bytes);
  }

  /** The first admin, signed up and logged in; the same one on every call. */
  async signUp() {
    if (this.admin) return this.admin;
    const email = 'admin@example.com';
    (await this.request('POST', '/auth/admin-sign-up', { body: { email, password, name: 'Admin' } })).expect(201);
    this.admin = await this.login(email);
    return this.admin;
  }

  /** @return the user: id, email, password, token, and the answer's other fields */
  async login(email, secret = password, headers = {}) {
    const reply = await this.request('POST', '/auth/login', { body: { email, password: secret }, headers });
    const json = reply.expect(201).json;
    return { ...json, id: json.userId, email: json.userEmail, password: secret, token: json.accessToken };
  }

  /** An account made by the admin, logged in. @param fields  of the creation, all optional */
  async newUser(fields = {}) {
    const admin = await this.signUp();
    const n = ++this.#nUsers;
    const body = { email: `user${n}@example.com`, name: `User ${n}`, password, ...fields };
    (await this.request('POST', '/admin/users', { as: admin, body })).expect(201);
    return this.login(body.email, body.password);
  }

  /** An API key of @param user with these permissions; give it as { as: key }. */
  async newKey(user, ...permissions) {
    const body = { name: 'test', permissions: permissions.length > 0 ? permissions : ['all'] };
    const json = (await this.request('POST', '/api-keys', { as: user, body })).expect(201).json;
    return { key: json.secret, id: json.apiKey.id };
  }

  /** POST /assets. @param options  as (the admin when left out), headers, query, sidecar (bytes) */
  async upload(bytes, name, fields = {}, options = {}) {
    const form = new FormData();
    const all = {
      deviceAssetId: name,
      deviceId: 'test',
      fileCreatedAt: '2024-01-02T03:04:05.000Z',
      fileModifiedAt: '2024-01-02T03:04:05.000Z',
      ...fields,
    };
    for (const [key, value] of Object.entries(all)) if (value !== undefined) form.append(key, String(value));
    form.append('assetData', new Blob([bytes]), name);
    if (options.sidecar) form.append('sidecarData', new Blob([options.sidecar]), `${name}.xmp`);
    return this.request('POST', `/assets${options.query ?? ''}`, {
      as: 'as' in options ? options.as : await this.signUp(),
      headers: options.headers,
      body: form,
    });
  }

  /** A socket for events, connected as @param headers say, that gets what is sent from now on or was
   *  refused. See EventSocket. */
  async events(headers = {}) {
    await this.start();
    const socket = await EventSocket.connect(this.port, headers);
    await socket.settle();
    return socket;
  }

  /**
   * Wait until no queue has anything to do, twice in a row. Notices may wait for minutes of quiet.
   * @param limitMs how long the queues may stand still; however much there is to do, and however slow the machine
   * @param mayWait the queues in which jobs may wait for another attempt
   */
  async waitForJobs(limitMs = 60_000, mayWait = []) {
    const admin = await this.signUp();
    let until = Date.now() + limitMs;
    let calm = 0;
    let busy = [];
    while (calm < 2) {
      const before = JSON.stringify(busy);
      assert.ok(Date.now() < until, `no job came to its end within ${limitMs} ms: ${before}`);
      const queues = (await this.request('GET', '/jobs', { as: admin })).expect(200).json;
      busy = Object.entries(queues)
        .filter(([name, { jobCounts: n }]) => n.active > 0 || n.waiting > 0 || (n.delayed > 0 && !['notifications', ...mayWait].includes(name)))
        .map(([name, { jobCounts }]) => ({ name, ...jobCounts }));
      if (JSON.stringify(busy) !== before) until = Date.now() + limitMs;
      calm = busy.length === 0 ? calm + 1 : 0;
      await sleep(50);
    }
  }

  /** Wait until every job of this name has failed for now and is to be tried again. @returns why */
  async postponed(name) {
    return until(async () => {
      const rows = await this.sql(`SELECT error FROM job WHERE name = '${name}'`);
      return rows.length > 0 && rows.every(([why]) => why) && rows.flat();
    }, `${name} is tried again`);
  }

  /** What is to be tried again is tried now. */
  async tryAgain() {
    await this.sql("UPDATE job SET run_after = 0 WHERE state = 'waiting'");
    await this.waitForJobs();
  }
}

/** A socket.io client over WebSocket that only listens: texts below 64 KiB, no fragments. */
export class EventSocket {
  #socket;
  #bytes = Buffer.alloc(0);
  #waiting = [];
  /** What came so far, as [name, ...arguments]. */
  received = [];
  /** Of the connection packet of socket.io; undefined until it came. */
  isConnected = false;
  isClosed = false;

  static connect(port, headers) {
    const self = new EventSocket();
    const key = randomBytes(16).toString('base64');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      self.#socket = net.connect(port, '127.0.0.1');
      self.#socket.on('error', reject);
      self.#socket.on('close', () => {
        self.isClosed = true;
        self.#wake();
      });
      self.#socket.on('connect', () =>
        self.#socket.write(
          `GET /api/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
            'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
            `Sec-WebSocket-Key: ${key}\r\n${lines.join('')}\r\n`,
        ),
      );
      let head = Buffer.alloc(0);
      const onHead = (chunk) => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        self.#socket.off('data', onHead);
        if (!head.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
          self.#socket.destroy();
          reject(new Error(head.toString('latin1')));
          return;
        }
        self.#socket.on('data', (bytes) => self.#take(bytes));
        self.#take(head.subarray(end + 4));
        self.#send('40');
        resolve(self);
      };
      self.#socket.on('data', onHead);
    });
  }

  #send(text) {
    const body = Buffer.from(text);
    const mask = randomBytes(4);
    const masked = body.map((byte, i) => byte ^ mask[i % 4]);
    assert.ok(body.length < 126);
    this.#socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | body.length]), mask, masked]));
  }

  #take(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      if (this.#bytes.length < 2) return;
      let length = this.#bytes[1] & 0x7f;
      const start = length === 126 ? 4 : 2;
      if (this.#bytes.length < start) return;
      if (length === 126) length = this.#bytes.readUInt16BE(2);
      if (this.#bytes.length < start + length) return;
      const isText = (this.#bytes[0] & 0x0f) === 1;
      if (isText) this.#packet(this.#bytes.toString('utf8', start, start + length));
      this.#bytes = this.#bytes.subarray(start + length);
    }
  }

  /* engine.io: 2 is a ping; socket.io inside 4: 0 connected, 1 disconnected, 2 an event */
  #packet(text) {
    if (text === '2') this.#send('3');
    else if (text.startsWith('40')) this.isConnected = true;
    else if (text.startsWith('41')) this.isClosed = true;
    else if (text.startsWith('42')) this.received.push(JSON.parse(text.slice(2)));
    this.#wake();
  }

  #wake() {
    for (const check of [...this.#waiting]) check();
  }

  async #until(what, found, limitMs) {
    if (found()) return;
    await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => done(new Error(`${what} did not come in ${limitMs} ms; got ${JSON.stringify(this.received)}`)),
        limitMs,
      );
      const check = () => found() && done();
      const done = (error) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((each) => each !== check);
        if (error) reject(error);
        else resolve();
      };
      this.#waiting.push(check);
    });
  }

  /** The first event of this name that @param isIt by its arguments, now or to come. @return its arguments */
  async next(name, isIt = () => true) {
    const find = () => this.received.find(([each, ...args]) => each === name && isIt(...args));
    await this.#until(`the event '${name}'`, () => find() !== undefined, EVENT_LIMIT_MS);
    return find().slice(1);
  }

  /** The server greets a socket when it has joined the rooms of its user. */
  async settle() {
    const isGreeted = () => this.received.some(([each]) => each === 'on_server_version');
    await this.#until('the greeting', () => isGreeted() || this.isClosed, EVENT_LIMIT_MS);
  }

  /** That the server disconnects it. */
  async end() {
    await this.#until('the end', () => this.isClosed, EVENT_LIMIT_MS);
  }

  close() {
    this.#socket.destroy();
  }
}

const servers = [];

/** Another server beside the usual one, for tests that need two or other settings. */
export function newServer() {
  const made = new Server();
  servers.push(made);
  return made;
}

export const server = newServer();

after(async () => {
  // all of them, also when one complains: a server that is left keeps the test from ending
  const ends = await Promise.allSettled(servers.map((each) => each.stop()));
  const failed = ends.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
});

// A test that is ended from outside, by its time limit, takes its servers along.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

process.on('exit', (code) => {
  for (const each of servers) {
    each.killNow();
    if (code !== 0 && each.log) process.stderr.write(`---- log of the server ----\n${each.log.slice(-20_000)}\n`);
  }
});
