// A pooler between the server and PostgreSQL: what works, and what is refused with a word.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { jpeg } from './fixtures.mjs';
import { engine, freePort, newServer, until } from './harness.mjs';

const NOBODY = 65534; // PgBouncer refuses to run as root
const found = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => fs.existsSync(file));
const skip = engine !== 'postgres' ? 'SQLite has none' : !found && 'PgBouncer is not installed';
const started = [];
process.on('exit', () => started.forEach(({ child, folder }) => {
  child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
}));

/** Put PgBouncer before the cluster. @return the URL by which it leads to @param server's database */
async function pool(server, mode) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-pooler-'));
  const [port, to] = [await freePort(), new URL(process.env.TINTYPE_TEST_POSTGRES)];
  const config = path.join(folder, 'pgbouncer.ini');
  fs.writeFileSync(config, `[databases]\n* = host=${to.hostname} port=${to.port} user=${to.username}\n[pgbouncer]\n` +
    `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any\npool_mode = ${mode}\ndefault_pool_size = 40\n`);
  fs.chmodSync(folder, 0o755);
  const who = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(found, [config], { stdio: 'ignore', ...who });
  child.unref(); // a test that fails ends all the same
  started.push({ child, folder });
  await server.start();
  const [[database]] = await server.sql('SELECT current_database ()');
  const url = `postgresql://${to.username}@127.0.0.1:${port}/${database}`;
  await until(() => spawnSync('psql', ['-qXAt', '-d', url, '-c', 'SELECT 1']).status === 0, 'the pooler answers');
  return url;
}

test('in session mode all works, backups and restores too', { skip }, async () => {
  const server = newServer();
  const url = await pool(server, 'session');
  await server.restart({ DB_URL: url });
  const admin = await server.signUp();
  const bytes = jpeg();
  const ids = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await server.upload(i === 0 ? bytes : jpeg(), `${i}.jpg`)).expect(201).json.id));
  await server.waitForJobs();
  assert.ok((await server.request('GET', `/assets/${ids[0]}/original`, { as: admin })).expect(200).bytes.equals(bytes));
  const made = server.command(['backup']);
  assert.equal(made.status, 0, made.stderr);
  const [name] = fs.readdirSync(path.join(server.media, 'backups')).filter((each) => each.endsWith('.sql.gz'));
  (await server.request('DELETE', '/assets', { as: admin, body: { ids, force: false } })).expect(204);
  await server.end();
  const restored = server.command(['restore', name]);
  assert.equal(restored.status, 0, restored.stderr);
  await server.start({ DB_URL: url });
  assert.equal((await server.request('GET', `/assets/${ids[0]}`, { as: admin })).expect(200).json.isTrashed, false);
});

test('in transaction mode the server says what is to be done, and does not start', { skip }, async () => {
  const server = newServer();
  const url = await pool(server, 'transaction');
  await server.end();
  await assert.rejects(server.start({ DB_URL: url }), /pooler[^]*pool_mode = session/);
  await server.end();
});
