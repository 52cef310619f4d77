// News for users: notices in the apps, and the mails that go along.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { password, server, until } from './harness.mjs';
import { MailServer, parseMail } from './smtp.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const LIMIT_MS = 60_000;
const call = (method, where, body, as) => server.request(method, where, { as, body });
const asAdmin = async (method, where, body) => call(method, where, body, await server.signUp());
const list = async (as, query = '') => (await call('GET', `/notifications${query}`, undefined, as)).expect(200).json;
const notify = async (user, more) =>
  (await asAdmin('POST', '/admin/notifications', { title: 'News', userId: user.id, ...more })).expect(201).json;

const mailServers = [];
async function mailServer(options) {
  const made = await MailServer.start(options);
  mailServers.push(made);
  return made;
}
after(() => mailServers.forEach((each) => each.stop()));

const smtp = (mail, more = {}, transport = {}) => ({
  enabled: true, from: 'Photos <photos@example.org>', replyTo: '', ...more,
  transport: { ignoreCert: false, host: '127.0.0.1', port: mail.port, secure: false, username: '', password: '', ...transport },
});

async function saveConfig(change) {
  const config = (await asAdmin('GET', '/system-config')).expect(200).json;
  change(config);
  return asAdmin('PUT', '/system-config', config);
}

const testMail = (settings) => asAdmin('POST', '/admin/notifications/test-email', settings);

/** As another feature asks for a job. */
const addJob = (name, data, queue = 'notifications') =>
  server.sql(`INSERT INTO job (id, queue, name, data, run_after, created_at)
    VALUES ('${randomUUID()}', '${queue}', '${name}', '${JSON.stringify(data)}', 0, 0)`);

/** An album of the first user that the others are members of. */
async function makeAlbum(name, owner, ...members) {
  const id = randomUUID();
  const roles = [[owner, 'owner'], ...members.map((each) => [each, 'viewer'])];
  await server.sql(`INSERT INTO album (id, name, created_at, updated_at, update_id) VALUES ('${id}', '${name}', 1, 1, 'u')`);
  for (const [user, role] of roles)
    await server.sql(`INSERT INTO album_user (album_id, user_id, role, created_at, create_id, update_id)
      VALUES ('${id}', '${user.id}', '${role}', 1, 'u', 'u')`);
  return id;
}

// ---- notices ----

test('a notice is told, read, unread and deleted', async () => {
  const user = await server.newUser();
  const socket = await server.events({ authorization: `Bearer ${user.token}` });
  await until(() => socket.isConnected, 'the socket is connected');
  const made = await notify(user, { description: 'Something new', data: { any: [1, { thing: true }] }, readAt: '2020-01-01T00:00:00.000Z' });
  assert.deepEqual(made, {
    id: made.id, createdAt: made.createdAt, level: 'info', type: 'Custom', title: 'News',
    description: 'Something new', data: { any: [1, { thing: true }] },
  });
  assert.deepEqual(await socket.next('on_notification'), [made]);
  socket.close();
  const where = `/notifications/${made.id}`;
  assert.deepEqual((await call('GET', where, undefined, user)).expect(200).json, made);
  const readAt = '2026-01-02T03:04:05.678Z';
  assert.deepEqual((await call('PUT', where, { readAt }, user)).expect(200).json, { ...made, readAt });
  assert.deepEqual((await call('PUT', where, {}, user)).expect(200).json, { ...made, readAt });
  assert.deepEqual((await call('PUT', where, { readAt: null }, user)).expect(200).json, made);
  (await call('DELETE', where, undefined, user)).expect(204);
  for (const method of ['GET', 'DELETE'])
    (await call(method, where, undefined, user)).expect(400, /^Not found or no notification\.(read|delete) access$/);
  assert.deepEqual(await list(user), []);
});

test('notices are filtered, newest first, and changed together', async () => {
  const user = await server.newUser();
  const one = await notify(user, { level: 'warning' });
  const two = await notify(user, { type: 'SystemMessage', description: null });
  await server.sql(`UPDATE notification SET created_at = created_at - 1000 WHERE id = '${one.id}'`);
  const ids = async (query) => (await list(user, query)).map(({ id }) => id);
  assert.deepEqual(await ids(''), [two.id, one.id]);
  assert.deepEqual(await ids('?level=warning'), [one.id]);
  assert.deepEqual(await ids('?type=SystemMessage'), [two.id]);
  assert.deepEqual(await ids(`?id=${one.id}`), [one.id]);
  (await call('PUT', '/notifications', { ids: [one.id], readAt: '2026-01-02T03:04:05.678Z' }, user)).expect(204);
  assert.deepEqual([await ids('?unread=true'), await ids('?unread=false')], [[two.id], [two.id, one.id]]);
  (await call('PUT', '/notifications', { ids: [one.id, two.id], readAt: null }, user)).expect(204);
  assert.deepEqual(await ids('?unread=true'), [two.id, one.id]);
  for (const method of ['PUT', 'DELETE']) (await call(method, '/notifications', { ids: [] }, user)).expectIssues('ids');
  (await call('DELETE', '/notifications', { ids: [one.id, two.id] }, user)).expect(204);
  assert.deepEqual(await ids(''), []);
});

test('nobody reads another\'s notices, and only admins make them', async () => {
  const user = await server.newUser();
  const bob = await server.newUser();
  const { id } = await notify(user);
  const refuse = async (method, where, permission, body) =>
    (await call(method, where, body, bob)).expect(400, `Not found or no notification.${permission} access`);
  for (const each of [id, MISSING]) {
    await refuse('GET', `/notifications/${each}`, 'read');
    await refuse('PUT', `/notifications/${each}`, 'update', { readAt: null });
    await refuse('DELETE', `/notifications/${each}`, 'delete');
    await refuse('PUT', '/notifications', 'update', { ids: [each], readAt: null });
    await refuse('DELETE', '/notifications', 'delete', { ids: [each] });
  }
  assert.equal((await list(user)).length, 1);
  (await call('POST', '/admin/notifications', { title: 'x', userId: user.id }, bob)).expect(403, 'Forbidden');
  (await asAdmin('POST', '/admin/notifications', { title: 'x', userId: MISSING })).expect(400, 'User not found');
  (await asAdmin('POST', '/admin/notifications', { title: 'x'.repeat(1001), userId: user.id })).expectIssues('title');
});

test('old notices go', async () => {
  const user = await server.newUser();
  const age = async (days, isRead) => {
    const { id } = await notify(user, { title: `${days} ${isRead}` });
    await server.sql(`UPDATE notification SET created_at = created_at - ${days * 86_400_000}${isRead ? ', read_at = 1' : ''} WHERE id = '${id}'`);
  };
  for (const [days, isRead] of [[14, true], [16, true], [29, false], [31, false]]) await age(days, isRead);
  await addJob('NotificationsCleanup', {}, 'backgroundTask');
  await until(async () => (await list(user)).length === 2, 'two are left');
  assert.deepEqual((await list(user)).map(({ title }) => title), ['14 true', '29 false']);
});

// ---- mails ----

test('a test mail is sent, as text and as HTML', async () => {
  const mail = await mailServer();
  const { messageId } = (await testMail(smtp(mail, { replyTo: 'Jörg <joerg@example.org>' }))).expect(200).json;
  assert.match(messageId, /^<[0-9a-f-]{36}@example\.org>$/);
  const [{ from, to, text }] = mail.mails;
  assert.deepEqual([from, to], ['photos@example.org', ['admin@example.com']]);
  assert.ok(text.split('\r\n').every((line) => line.length <= 78 && /^[\x20-\x7e]*$/.test(line)), text);
  const { head, parts } = parseMail(text);
  assert.deepEqual(
    [head['message-id'], head.from, head.to, head['reply-to'], head.subject],
    [messageId, '"Photos" <photos@example.org>', 'admin@example.com', 'Jörg <joerg@example.org>', 'Test email from Tintype'],
  );
  assert.ok(Math.abs(Date.parse(head.date) - Date.now()) < LIMIT_MS);
  assert.match(parts['text/plain'], /^Hello Admin,\n/);
  assert.match(parts['text/html'], /^<!doctype html>/);
});

test('a login goes over TLS only, unless the admin trusts the way', async () => {
  const login = { username: 'ann', password: 'söcret' };
  const options = { login: { user: 'ann', password: 'söcret' } };
  const plain = await mailServer(options);
  (await testMail(smtp(plain, {}, login))).expect(400, /^Failed to verify SMTP configuration: .*offers no TLS/);
  assert.ok(!plain.lines.some(({ line }) => /^AUTH/i.test(line)));
  (await testMail(smtp(plain, {}, { ...login, ignoreCert: true }))).expect(200);
  assert.equal(plain.mails[0].user, 'ann');

  const upgraded = await mailServer({ ...options, startTls: 'offer' });
  (await testMail(smtp(upgraded, {}, login))).expect(400, /certificate/i); // that nobody signed
  (await testMail(smtp(upgraded, {}, { ...login, ignoreCert: true }))).expect(200);
  assert.ok(upgraded.lines.filter(({ line }) => /^(AUTH|MAIL)/i.test(line)).every(({ isSecure }) => isSecure));
  assert.deepEqual(upgraded.mails.map(({ user, isSecure }) => [user, isSecure]), [['ann', true]]);

  const broken = await mailServer({ ...options, startTls: 'refuse' });
  (await testMail(smtp(broken, {}, login))).expect(400, /it said 454 TLS is broken here/);
  assert.ok(!broken.lines.some(({ line }) => /^AUTH/i.test(line)));

  const secure = await mailServer({ ...options, isSecure: true });
  (await testMail(smtp(secure, {}, { ...login, secure: true }))).expect(400, /certificate/i);
  (await testMail(smtp(secure, {}, { ...login, secure: true, ignoreCert: true }))).expect(200);
  (await testMail(smtp(secure, {}, { username: 'ann', password: 'x', secure: true, ignoreCert: true })))
    .expect(400, /it said 535 5\.7\.8 wrong password/);
  assert.equal(secure.mails.length, 1);
});

test('settings that cannot work are told at once', async () => {
  const silent = await mailServer({ isSilent: true });
  const toSilent = testMail(smtp(silent)); // until its time is over
  const mail = await mailServer({ refuse: { RCPT: '550 5.1.1 nobody here' } });
  (await testMail(smtp(mail))).expect(400, /it said 550 5\.1\.1 nobody here/);
  const gone = await MailServer.start();
  gone.stop();
  (await testMail(smtp(gone))).expect(400, /^Failed to verify SMTP configuration: the mail server '127\.0\.0\.1'/);
  for (const host of ['', 'a/b', 'user@host', 'a b', 'a\r\nb'])
    (await testMail(smtp(mail, {}, { host }))).expect(400, /is no mail server/);
  for (const from of ['', 'nobody', 'a@b\r\nBcc: c@d', 'a@b>, <c@d', 'a@b c@d'])
    (await testMail(smtp(mail, { from }))).expect(400, /is no e-mail address/);
  (await testMail(smtp(mail, { replyTo: 'x\r\nBcc: c@d' }))).expect(400, /is no e-mail address/);
  const before = (await asAdmin('GET', '/system-config')).json.notifications;
  (await saveConfig((config) => { config.notifications.smtp = smtp(gone); })).expect(400, /^Invalid SMTP configuration/);
  assert.deepEqual((await asAdmin('GET', '/system-config')).json.notifications, before);
  (await saveConfig((config) => { config.notifications.smtp = { ...smtp(gone), enabled: false }; })).expect(200);
  const user = await server.newUser();
  (await call('POST', '/admin/notifications/test-email', smtp(mail), user)).expect(403, 'Forbidden');
  (await toSilent).expect(400, /timed? ?out/i);
});

test('templates are shown with made-up facts', async () => {
  const preview = async (name, template) =>
    (await asAdmin('POST', `/admin/notifications/templates/${name}`, { template })).expect(200).json;
  assert.match((await preview('welcome', '')).html, /Username:/);
  const { name, html } = await preview('welcome', '<b>{displayName}</b> {password} {albumName} {unknown}');
  assert.equal(name, 'welcome');
  assert.match(html, /<b>Ada Lovelace<\/b> correct horse battery staple \{albumName\} \{unknown\}/);
  assert.match((await preview('album-invite', '{senderName}: {albumName}')).html, /Charles Babbage: Holidays/);
  assert.match((await preview('album-update', '{senderName}: {albumName}')).html, /\{senderName\}: Holidays/);
  assert.deepEqual(await preview('nonsense', 'x'), { name: 'nonsense', html: '' });
});

test('a new user is greeted by mail, if the admin wants it', async () => {
  const mail = await mailServer();
  const create = async (email, name, notify) =>
    (await asAdmin('POST', '/admin/users', { email, name, password, notify })).expect(201);
  await create('quiet1@example.com', 'Quiet', true); // mails are switched off
  (await saveConfig((config) => {
    config.notifications.smtp = smtp(mail);
    config.templates.email.welcomeTemplate = '<i>Hi {displayName}</i> {password} {baseUrl} {nothing}';
    config.server.externalDomain = 'https://photos.example.org';
  })).expect(200);
  await create('quiet2@example.com', 'Quiet', false);
  await create('eve@example.com', '<script>\r\nBcc: x@example.com', true);
  await server.waitForJobs();
  assert.deepEqual(mail.mails.map(({ to }) => to), [['eve@example.com']]);
  const { head, parts } = parseMail(mail.mails[0].text);
  assert.deepEqual([head.subject, head.bcc], ['Welcome to Tintype', undefined]);
  assert.ok(parts['text/html'].includes(`<i>Hi &lt;script&gt;\r\nBcc: x@example.com</i> ${password} https://photos.example.org {nothing}`));
  assert.match(parts['text/plain'], new RegExp(`Password: ${password}\n\nLog in: https://photos.example.org/auth/login`));
});

test('members of an album are told of it, by mail if they like', async () => {
  const mail = await mailServer();
  (await saveConfig((config) => { config.notifications.smtp = smtp(mail); })).expect(200);
  const owner = await server.newUser({ name: 'Jörg "J"' });
  const [ann, bob] = [await server.newUser({ name: 'Ann' }), await server.newUser({ name: 'Bob' })];
  const name = `Ferien\r\nBcc: x@example.com ${'ü'.repeat(60)}`;
  const id = await makeAlbum(name, owner, ann, bob);
  (await call('PUT', '/users/me/preferences', { emailNotifications: { albumInvite: false } }, bob)).expect(200);
  for (const user of [ann, bob]) {
    await addJob('NotifyAlbumInvite', { id, recipientId: user.id });
    await addJob('NotifyAlbumUpdate', { id, recipientId: user.id });
  }
  const stranger = await server.newUser();
  await addJob('NotifyAlbumInvite', { id, recipientId: stranger.id });
  await addJob('NotifyAlbumInvite', { id: MISSING, recipientId: ann.id });
  await server.waitForJobs();
  for (const user of [ann, bob]) {
    const notices = (await list(user)).sort((a, b) => a.type.localeCompare(b.type));
    assert.deepEqual(notices.map(({ type, level, title, description, data }) => [type, level, title, description, data]), [
      ['AlbumInvite', 'success', 'Shared Album Invitation', `Jörg "J" shared an album (${name}) with you`, { albumId: id }],
      ['AlbumUpdate', 'info', 'Shared Album Update', `New media has been added to the album (${name})`, { albumId: id }],
    ]);
  }
  assert.deepEqual(await list(stranger), []);
  const shown = name.replace('\r\n', '  ');
  const subjects = (user) => mail.mails.filter(({ to }) => to[0] === user.email).map(({ text }) => parseMail(text).head.subject).sort();
  assert.deepEqual(subjects(ann), [`New media has been added to an album - ${shown}`, `You have been added to a shared album - ${shown}`]);
  assert.deepEqual(subjects(bob), [`New media has been added to an album - ${shown}`]);
  assert.equal(mail.mails.length, 3);
  for (const { text } of mail.mails) {
    assert.ok(text.split('\r\n').every((line) => line.length <= 78 && /^[\x20-\x7e]*$/.test(line)), text);
    assert.equal(parseMail(text).head.bcc, undefined);
    assert.match(parseMail(text).parts['text/html'], new RegExp(`/albums/${id}"`));
  }
});

test('a mail that cannot be sent is tried again, and the reason is shown', async () => {
  const mail = await mailServer({ refuse: { MAIL: '451 4.3.0 come back later' } });
  (await saveConfig((config) => { config.notifications.smtp = smtp(mail); })).expect(200);
  await addJob('SendMail', { to: 'ann@example.com', subject: 's', html: 'h', text: 't' });
  const jobs = async () => (await asAdmin('GET', '/queues/notifications/jobs?status=delayed')).expect(200).json;
  const [job] = await until(async () => {
    const all = await jobs();
    return all.length > 0 && all;
  }, 'the mail waits for its next attempt');
  assert.match(job.error, /the mail server '127\.0\.0\.1' port \d+: .*; it said 451 4\.3\.0 come back later/);
  delete mail.options.refuse;
  await server.sql(`UPDATE job SET run_after = 0 WHERE id = '${job.id}'`);
  await server.waitForJobs();
  assert.equal(parseMail(mail.mails[0].text).head['message-id'], `<${job.id}@example.org>`);
});
