// Groups of users whose faces are clustered together: asking, accepting, leaving.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server } from './harness.mjs';

const MISSING = '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
const call = (method, where, body, as) => server.request(method, where, { as, body });
const groupOf = async (user) => (await call('GET', '/users/me', undefined, user)).expect(200).json.clusterGroupId;
const invite = (user, group, userId) => call('PUT', `/cluster-groups/${group}/requests`, { userId }, user);
const requestsOf = async (user) => (await call('GET', '/cluster-groups/requests', undefined, user)).expect(200).json;
const membersOf = async (user, group) =>
  (await call('GET', `/cluster-groups/${group}/users`, undefined, user)).expect(200).json.map(({ name }) => name);
const noAccess = (reply, what) => reply.expect(400, `Not found or no ${what} access`);

test('somebody is asked into a group, joins it and leaves it', async () => {
  const [ann, bob, cid] = [await server.newUser({ name: 'Zoe' }), await server.newUser({ name: 'Bob' }), await server.newUser({ name: 'Cid' })];
  const group = await groupOf(ann), before = await groupOf(bob);
  assert.notEqual(group, before);
  assert.deepEqual(await membersOf(ann, group), ['Zoe']);
  const events = await server.events({ authorization: `Bearer ${bob.token}` });
  const request = (await invite(ann, group, bob.id)).expect(201).json;
  assert.deepEqual([request.clusterGroupId, request.userId], [group, bob.id]);
  const [notice] = await events.next('on_notification');
  assert.deepEqual([notice.type, notice.level, notice.title, notice.description, notice.data], ['ClusterGroupRequest', 'info',
    'Cluster Group Request', 'Zoe asked you to join their cluster group', { clusterGroupId: group }]);
  events.close();
  assert.deepEqual((await invite(ann, group, bob.id)).expect(200).json, request);
  assert.deepEqual(await server.sql(`SELECT id FROM notification WHERE user_id = '${bob.id}'`), [[notice.id]]);
  (await invite(ann, group, cid.id)).expect(201);
  assert.deepEqual(await requestsOf(bob), [request]);
  assert.deepEqual(await requestsOf(ann), []);
  assert.deepEqual((await call('GET', `/cluster-groups/${group}/requests`, undefined, ann)).expect(200).json.map(({ userId }) => userId), [bob.id, cid.id]);
  assert.deepEqual(await membersOf(ann, group), ['Zoe', 'Bob', 'Cid']);
  noAccess(await call('GET', `/cluster-groups/${group}/users`, undefined, bob), 'clusterGroup.read');
  (await call('POST', `/cluster-groups/requests/${request.id}/accept`, undefined, bob)).expect(204);
  assert.equal(await groupOf(bob), group);
  assert.deepEqual(await requestsOf(bob), []);
  assert.deepEqual(await membersOf(bob, group), ['Bob', 'Cid', 'Zoe']);
  (await invite(ann, group, bob.id)).expect(400, 'User is already in this cluster group');
  /* any member may take an invitation back */
  const [open] = await requestsOf(cid);
  (await call('DELETE', `/cluster-groups/requests/${open.id}`, undefined, bob)).expect(204);
  assert.deepEqual(await requestsOf(cid), []);
  (await call('POST', `/cluster-groups/${group}/leave`, undefined, bob)).expect(204);
  const after = await groupOf(bob);
  assert.ok(after !== group && after !== before);
  assert.deepEqual(await membersOf(ann, group), ['Zoe']);
  (await call('POST', `/cluster-groups/${group}/leave`, undefined, ann)).expect(400, 'Cannot leave a cluster group without any other members');
});

test('an invitation may be declined, and ends with its group', async () => {
  const [ann, bob, cid] = [await server.newUser(), await server.newUser(), await server.newUser()];
  const group = await groupOf(ann);
  const { id } = (await invite(ann, group, bob.id)).expect(201).json;
  (await call('DELETE', `/cluster-groups/requests/${id}`, undefined, bob)).expect(204);
  assert.deepEqual(await requestsOf(bob), []);
  assert.equal(await groupOf(bob), await groupOf(bob));
  (await invite(ann, group, bob.id)).expect(201);
  const toAnn = (await invite(cid, await groupOf(cid), ann.id)).expect(201).json;
  (await call('POST', `/cluster-groups/requests/${toAnn.id}/accept`, undefined, ann)).expect(204);
  assert.deepEqual(await requestsOf(bob), []);
  assert.equal(await groupOf(ann), await groupOf(cid));
});

test('others may neither ask, accept, decline, leave nor look', async () => {
  const [ann, bob, eve] = [await server.newUser(), await server.newUser(), await server.newUser()];
  const group = await groupOf(ann);
  (await invite(ann, group, ann.id)).expect(400, 'Cannot request to join your own cluster group');
  (await invite(ann, group, MISSING)).expect(400, 'User not found');
  (await invite(ann, group, 'x')).expectIssues('userId');
  const { id } = (await invite(ann, group, bob.id)).expect(201).json;
  for (const as of [eve, bob]) noAccess(await invite(as, group, eve.id), 'clusterGroupRequest.create');
  for (const [as, where] of [[ann, id], [eve, id], [bob, MISSING]])
    noAccess(await call('POST', `/cluster-groups/requests/${where}/accept`, undefined, as), 'clusterGroupRequest.read');
  noAccess(await call('DELETE', `/cluster-groups/requests/${id}`, undefined, eve), 'clusterGroupRequest.delete');
  for (const where of [group, MISSING]) {
    noAccess(await call('GET', `/cluster-groups/${where}/users`, undefined, eve), 'clusterGroup.read');
    noAccess(await call('GET', `/cluster-groups/${where}/requests`, undefined, eve), 'clusterGroup.read');
    noAccess(await call('POST', `/cluster-groups/${where}/regenerate-people`, undefined, eve), 'clusterGroup.read');
    noAccess(await call('POST', `/cluster-groups/${where}/leave`, undefined, eve), 'clusterGroup.leave');
  }
  (await call('GET', '/cluster-groups/requests', undefined, await server.newKey(ann, 'clusterGroup.read'))).expect(403);
  assert.equal((await requestsOf(bob)).length, 1);
});
