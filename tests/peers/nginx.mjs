// nginx.mjs -- Debian's nginx in front of a server, with a folder and ports of its own
//
//   const proxy = await startNginx(server.base);   // null when nginx is not installed
//   proxy.root   a server at /, bodies up to 10 MB
//   proxy.narrow the same with nginx's own default, 1 MB
//   proxy.below  a server at /photos/, as docs/operations.md says
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export const nginxProgram = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((file) => fs.existsSync(file));

/** Free ports, all different: they are held until the last is known. */
async function freePorts(n) {
  const probes = await Promise.all(Array.from({ length: n }, () => new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => resolve(probe));
  })));
  const ports = probes.map((probe) => probe.address().port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

const answers = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false)).on('close', () => socket.destroy());
  socket.on('connect', () => socket.end());
});

function config(folder, upstream, [root, narrow, below]) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ');
  const headers = `proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;`;
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary}
  proxy_http_version 1.1;
  ${headers}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server { listen 127.0.0.1:${root}; client_max_body_size 10m; location / { proxy_pass ${upstream}; } }
  server { listen 127.0.0.1:${narrow}; location / { proxy_pass ${upstream}; } }
  server {
    listen 127.0.0.1:${below};
    client_max_body_size 10m;
    location = /photos { return 301 /photos/; }
    location /photos/ {
      proxy_pass ${upstream}/;
      # those of above do not hold where there is another one
      ${headers}
      # the one line of the page that says where it lives; it cannot be changed when it is compressed
      proxy_set_header Accept-Encoding "";
      sub_filter '<base href="/" />' '<base href="/photos/" />';
    }
  }
}
`;
}

export async function startNginx(upstream) {
  if (!nginxProgram) return null;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-nginx-'));
  const ports = await freePorts(3);
  fs.writeFileSync(path.join(folder, 'conf'), config(folder, upstream, ports));
  const child = spawn(nginxProgram, ['-p', folder, '-e', 'stderr', '-c', path.join(folder, 'conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-20_000)));
  const ended = new Promise((resolve) => child.on('close', resolve));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const until = Date.now() + 30_000;
  while (!(await answers(ports[0]))) {
    assert.ok(!hasEnded && Date.now() < until, `nginx did not start:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [root, narrow, below] = ports.map((port) => `http://127.0.0.1:${port}`);
  return {
    root, narrow, below: `${below}/photos`,
    async stop() {
      if (!hasEnded) child.kill('SIGTERM');
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
