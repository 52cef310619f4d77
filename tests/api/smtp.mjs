// smtp.mjs -- a small mail server that tests talk to: EHLO, STARTTLS, AUTH PLAIN and LOGIN, DATA
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';

let certificate;

/** A certificate for 127.0.0.1 that nobody signed but itself. */
function makeCertificate() {
  if (certificate) return certificate;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tintype-smtp-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  certificate = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
  fs.rmSync(folder, { recursive: true });
  return certificate;
}

const unbase64 = (text) => Buffer.from(text, 'base64').toString('utf8');

export class MailServer {
  #server;
  #sockets = new Set();
  /** What came in: { from, to, text, isSecure, user } */
  mails = [];
  /** Every line that clients sent, with the state of the connection: { line, isSecure } */
  lines = [];

  /** @param options  isSecure: TLS at once; startTls: 'offer', 'refuse' (offered, then 454) or nothing;
   *  login: { user, password } that is asked for; refuse: { command: reply }, e.g. { RCPT: '550 no' };
   *  isSilent: it never says a word */
  static async start(options = {}) {
    const self = new MailServer();
    self.options = options;
    const listen = (socket) => self.#serve(socket, Boolean(options.isSecure));
    self.#server = options.isSecure ? tls.createServer(makeCertificate(), listen) : net.createServer(listen);
    self.#server.on('tlsClientError', () => {});
    await new Promise((resolve) => self.#server.listen(0, '127.0.0.1', resolve));
    self.port = self.#server.address().port;
    return self;
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket, isSecure) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.options.isSilent) return;
    socket.write('220 test\r\n');
    this.#talk(socket, { isSecure });
  }

  #talk(socket, state) {
    let rest = '';
    const onData = (chunk) => {
      rest += chunk.toString('latin1');
      for (;;) {
        const end = rest.indexOf('\r\n');
        if (end < 0) return;
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (state.data) {
          this.#takeData(socket, state, line);
          continue;
        }
        this.lines.push({ line, isSecure: state.isSecure });
        const reply = this.#answer(line, state);
        socket.write(`${reply}\r\n`);
        if (/^QUIT/i.test(line)) socket.end();
        if (/^STARTTLS/i.test(line) && reply.startsWith('220')) {
          socket.off('data', onData);
          const secure = new tls.TLSSocket(socket, { isServer: true, ...makeCertificate() });
          secure.on('error', () => {});
          this.#talk(secure, { isSecure: true });
          return;
        }
      }
    };
    socket.on('data', onData);
  }

  #takeData(socket, state, line) {
    if (line !== '.') {
      state.data.push(line.startsWith('.') ? line.slice(1) : line);
      return;
    }
    const { from, to, isSecure, user } = state;
    this.mails.push({ from, to, isSecure, user, text: state.data.join('\r\n') });
    state.data = undefined;
    socket.write('250 taken\r\n');
  }

  #answer(line, state) {
    const { login, startTls, refuse = {} } = this.options;
    const [command] = line.toUpperCase().split(/[ :]/);
    if (state.login) return this.#answerLogin(line, state);
    if (refuse[command]) return refuse[command];
    switch (command) {
      case 'EHLO': {
        const features = ['test', '8BITMIME', 'SIZE 10000000'];
        if (startTls && !state.isSecure) features.push('STARTTLS');
        if (login) features.push('AUTH PLAIN LOGIN');
        return features.map((each, i) => `250${i < features.length - 1 ? '-' : ' '}${each}`).join('\r\n');
      }
      case 'STARTTLS':
        return startTls === 'offer' ? '220 go' : '454 TLS is broken here';
      case 'AUTH':
        return this.#beginLogin(line, state);
      case 'MAIL':
        if (login && !state.user) return '530 log in first';
        state.from = /<(.*)>/.exec(line)[1];
        state.to = [];
        return '250 ok';
      case 'RCPT':
        state.to.push(/<(.*)>/.exec(line)[1]);
        return '250 ok';
      case 'DATA':
        state.data = [];
        return '354 go on';
      case 'NOOP':
      case 'RSET':
        return '250 ok';
      case 'QUIT':
        return '221 bye';
      default:
        return '502 unknown';
    }
  }

  #beginLogin(line, state) {
    const [, kind, initial] = line.split(' ');
    state.login = { kind: kind.toUpperCase(), got: [] };
    if (initial) return this.#answerLogin(initial, state);
    return state.login.kind === 'PLAIN' ? '334 ' : '334 VXNlcm5hbWU6';
  }

  #answerLogin(line, state) {
    const { kind, got } = state.login;
    got.push(unbase64(line));
    if (kind === 'LOGIN' && got.length < 2) return '334 UGFzc3dvcmQ6';
    const [user, password] = kind === 'LOGIN' ? got : got[0].split('\0').slice(1);
    state.login = undefined;
    if (user !== this.options.login?.user || password !== this.options.login?.password) return '535 5.7.8 wrong password';
    state.user = user;
    return '235 welcome';
  }
}

/** The head of a mail as an object of lower-case names, unfolded and decoded, and its parts by type. */
export function parseMail(text) {
  const split = (entity) => {
    const at = entity.indexOf('\r\n\r\n');
    const head = Object.fromEntries(
      entity.slice(0, at).replace(/\r\n[ \t]/g, ' ').split('\r\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())];
      }),
    );
    return { head, body: entity.slice(at + 4) };
  };
  const { head, body } = split(text);
  const boundary = /boundary="(.*)"/.exec(head['content-type'])[1];
  const parts = {};
  for (const each of body.split(`--${boundary}`).slice(1, -1)) {
    const part = split(each.replace(/^\r\n/, ''));
    parts[part.head['content-type'].split(';')[0]] = unbase64(part.body);
  }
  return { head, parts };
}

const decodeWords = (text) =>
  text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?UTF-8\?B\?(.*?)\?=/g, (_, word) => unbase64(word));
