// oidc.mjs -- two providers of logins: a real one, and one that says whatever a test wants
//
// The real one is oidc-provider, with a browser that clicks its way through. The other signs what it is
// told to: wrong issuers, no signature, keys of its own.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { after } from 'node:test';
import { Provider } from 'oidc-provider';

export const CLIENT = 'photos';
export const SECRET = 'a secret / that & needs = encoding +';

const open = [];
after(() => Promise.all(open.map((each) => each.close())));

/** Listen on a free port. @param handle  (request, response) */
async function listen(handle) {
  const server = http.createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  open.push({ close });
  return { base: `http://127.0.0.1:${server.address().port}`, close };
}

const hash = (text) => crypto.createHash('sha256').update(text).digest('base64url');
/** What an app makes for a login of its own. */
export function newPair() {
  const verifier = crypto.randomBytes(32).toString('base64url');
  return { verifier, challenge: hash(verifier), state: crypto.randomBytes(16).toString('base64url') };
}

// ---- a browser: cookies of one site, redirects, forms

export class Browser {
  #cookies = new Map();

  async request(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { cookie, ...options.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Follow redirects inside @param site. @return the first URL outside of it, or the last answer */
  async walk(site, url, options) {
    for (let i = 0; i < 20; i++) {
      if (!url.startsWith(site)) return url;
      const response = await this.request(url, options);
      const where = response.headers.get('location');
      if (!where) return response;
      await response.arrayBuffer();
      url = where.includes('://') || where.startsWith('app.') ? where : new URL(where, url).href;
      options = undefined;
    }
    throw new Error(`no end of redirects at ${url}`);
  }
}

// ---- the real one

/** @param redirects  where it may send browsers back; @param logoutUrl  told when a login ends there */
export async function realProvider(redirects, logoutUrl) {
  let handler;
  let provider;
  const self = { who: 'alice', accounts: {}, pictures: 0, picture: undefined /* bytes; 'slow': it never ends */ };
  const { base, close } = await listen(async (request, response) => {
    if (request.url === '/picture') {
      self.pictures++;
      response.setHeader('content-type', 'image/jpeg');
      if (self.picture === 'slow') response.write('x'); // and no more
      else response.end(self.picture);
    } else if (request.url.startsWith('/interaction/')) {
      const { prompt, params, session } = await provider.interactionDetails(request, response);
      let result = { login: { accountId: self.who } };
      if (prompt.name === 'consent') {
        const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
        grant.addOIDCScope('openid email profile');
        result = { consent: { grantId: await grant.save() } };
      }
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    } else {
      await handler(request, response);
    }
  });
  const keys = ['RS256', 'ES256'].map((alg) => {
    const pair = alg === 'RS256' ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
      : crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg };
  });
  const client = (id, more) => ({
    client_id: id,
    client_secret: SECRET,
    application_type: 'native',
    redirect_uris: redirects,
    response_types: ['code'],
    grant_types: ['authorization_code'],
    ...more,
  });
  provider = new Provider(base, {
    clients: [
      client(CLIENT, {
        token_endpoint_auth_method: 'client_secret_post',
        backchannel_logout_uri: logoutUrl,
        backchannel_logout_session_required: true,
      }),
      client('basic', {
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
        userinfo_signed_response_alg: 'RS256',
      }),
    ],
    jwks: { keys },
    cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
    claims: {
      openid: ['sub', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username', 'picture', 'immich_quota', 'immich_role'],
    },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      jwtUserinfo: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => { ctx.body = form; },
        postLogoutSuccessSource: (ctx) => { ctx.body = 'logged out'; },
      },
    },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, ...self.accounts[id] }),
    }),
  });
  handler = provider.callback();

  /** Log @param who in at @param url. @return where the browser is sent back to */
  self.logIn = async (url, who, browser = new Browser()) => {
    self.who = who;
    const back = await browser.walk(base, url);
    assert.equal(typeof back, 'string', `the provider stopped: ${typeof back === 'string' ? '' : await back.text()}`);
    return back;
  };

  /** Confirm the logout that @param url begins. */
  self.logOut = async (url, browser) => {
    const page = await browser.walk(base, url);
    const form = await page.text();
    const [, action] = /action="([^"]+)"/.exec(form);
    const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(form);
    const end = await browser.walk(base, action, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
    });
    assert.equal(await end.text(), 'logged out');
  };
  return Object.assign(self, { issuer: base, close });
}

// ---- the one that lies

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function newKey(kid) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
}

/** A signed token. @param key  of newKey; a text: a shared secret; null: no signature */
export function signToken(claims, key, header = {}) {
  const alg = key === null ? 'none' : typeof key === 'string' ? 'HS256' : 'RS256';
  const head = { alg, ...(key?.kid ? { kid: key.kid } : {}), ...header };
  const text = `${part(head)}.${part(claims)}`;
  if (key === null) return `${text}.`;
  const signature = typeof key === 'string' ? crypto.createHmac('sha256', key).update(text).digest()
    : crypto.sign('sha256', Buffer.from(text), key.privateKey);
  return `${text}.${signature.toString('base64url')}`;
}

export async function lyingProvider() {
  const self = {
    keys: [newKey('one')],
    description: {}, // over the honest one; a text, a status or a function (request, response) as well
    tokens: {}, // what /token answers
    profile: {}, // what /userinfo answers
    asked: [], // path and body of each request
  };
  const { base, close } = await listen(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname } = new URL(request.url, 'http://x');
    self.asked.push({ path: pathname, body: Buffer.concat(chunks).toString(), headers: request.headers });
    const json = (value) => {
      response.setHeader('content-type', 'application/json');
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    if (pathname === '/.well-known/openid-configuration') {
      const { description } = self;
      if (typeof description === 'function') description(request, response);
      else json(typeof description === 'string' ? description : { ...self.honest, ...description });
    } else if (pathname === '/jwks') json({ keys: self.keys.map(({ jwk }) => jwk) });
    else if (pathname === '/token') json(self.tokens);
    else if (pathname === '/userinfo') json(self.profile);
    else {
      response.statusCode = 404;
      response.end();
    }
  });
  self.honest = {
    issuer: base,
    authorization_endpoint: `${base}/auth`,
    token_endpoint: `${base}/token`,
    userinfo_endpoint: `${base}/userinfo`,
    jwks_uri: `${base}/jwks`,
    end_session_endpoint: `${base}/end`,
    code_challenge_methods_supported: ['S256'],
  };
  /** Right claims for a login with this nonce. */
  self.claims = (nonce, more = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: base, aud: CLIENT, sub: 'mallory', email: 'mallory@example.com', iat: now, exp: now + 60, nonce, ...more };
  };
  self.count = (path) => self.asked.filter((each) => each.path === path).length;
  return Object.assign(self, { issuer: base, close });
}
