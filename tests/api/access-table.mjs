// access-table.mjs -- who may do what to which object, as the pages of the API tell it: data for
// access-matrix.test.mjs
//
// A caller is one of USERS or LINKS. A rule names those whom an object is open to; everybody else is refused
// with 400 `Not found or no <says> access`, unless a row says otherwise. Links are answered 403 wherever the
// contract does not take them; that, and who comes without a good credential, is the same for all rows.
import { jpeg, sha1 } from './fixtures.mjs';

export const USERS = ['owner', 'elevated', 'key', 'partner', 'editor', 'viewer', 'other', 'admin'];
export const LINKS = ['albumLink', 'bareAlbumLink', 'link', 'bareLink'];

const BARE = ['bareAlbumLink', 'bareLink']; // links that take no uploads
const OWN = ['owner', 'elevated', 'key'];
const PARTNER = [...OWN, 'partner'];
const MEMBERS = [...OWN, 'editor', 'viewer'];
const NOBODY = [];
const only = (list, ...more) => [...list, ...more];

/** Assets of the owner by state: whom each right is open to. To find is to have it in one's own
 * searches, where what is locked must be asked for. */
export const ASSETS = {
  plain: { read: PARTNER, download: PARTNER, share: PARTNER, change: OWN, find: OWN },
  inAlbum: {
    read: only(PARTNER, 'editor', 'viewer', 'albumLink', 'bareAlbumLink'),
    download: only(PARTNER, 'editor', 'viewer', 'albumLink'),
    share: PARTNER,
    change: OWN, find: OWN,
  },
  inLink: { read: only(PARTNER, 'link', 'bareLink'), download: only(PARTNER, 'link'), share: PARTNER, change: OWN, find: OWN },
  // a partner has the timeline, not the archive; members and links have what is in their album or link
  archived: { read: OWN, download: OWN, share: OWN, change: OWN, find: OWN },
  archivedShared: { read: only(MEMBERS, ...LINKS), download: only(MEMBERS, 'albumLink', 'link'), share: OWN, change: OWN, find: OWN },
  // never shared, not even where it was put before it was locked
  locked: { read: ['elevated'], download: ['elevated'], share: NOBODY, change: ['elevated'], find: NOBODY },
  lockedShared: { read: ['elevated'], download: ['elevated'], share: NOBODY, change: ['elevated'], find: NOBODY },
  // what is in the trash is there for its owner only
  trashed: { read: OWN, download: OWN, share: OWN, change: OWN, find: OWN },
  trashedShared: { read: OWN, download: OWN, share: OWN, change: OWN, find: OWN },
  removed: { read: NOBODY, download: NOBODY, share: NOBODY, change: NOBODY, find: NOBODY },
  missing: { read: NOBODY, download: NOBODY, share: NOBODY, change: NOBODY, find: NOBODY },
};

const onAsset = (operation, right, says, ok, body, more) => ({ operation, right, says, ok, body, ...more });
const inList = (json, id) => json.find((each) => (each.id ?? each.assetId) === id)?.success === true;
const listed = (json, id) => json.some((each) => (each.id ?? each.assetId) === id);
const bareCopy = { albums: false, sharedLinks: false }; // what it is in would be open to others
const found = ({ assets }, id) => assets.items.some((each) => each.id === id);

/* What takes an asset's id. In the states that are `blind` the content cannot tell. `body` and `query` are made of the id and the scene; `path` fills what else is in the
 * path. With `took` the operation always answers `ok`, and tells by its content whether it took the asset. */
export const ASSET_ROWS = [
  onAsset('getAssetInfo', 'read', 'asset.read', 200),
  onAsset('viewAsset', 'read', 'asset.view', 200),
  onAsset('playAssetVideo', 'read', 'asset.view', 404), // a photo has no film; who may not see it learns less
  onAsset('getMainPlaylist', 'read', 'asset.view', [200, 400, 404]),
  onAsset('getMediaPlaylist', 'read', 'asset.view', [200, 400, 404]),
  onAsset('getSegment', 'read', 'asset.view', [200, 400, 404]),
  onAsset('endSession', 'read', 'asset.view', [204, 400, 404]),
  onAsset('getAssetEdits', 'read', 'asset.read', 200),
  onAsset('getAssetMetadata', 'read', 'asset.read', 200),
  onAsset('getAssetMetadataByKey', 'read', 'asset.read', [200, 400]),
  onAsset('getAssetOcr', 'read', 'asset.read', 200),
  onAsset('getFaces', 'read', 'asset.read', 200, undefined, { query: (id) => `id=${id}` }),
  onAsset('searchAssetFiles', 'read', 'asset.read', 200, undefined, { query: (id) => `assetId=${id}` }),
  onAsset('downloadAsset', 'download', 'asset.download', 200),
  onAsset('getDownloadInfo', 'download', 'asset.download', 201, (id) => ({ assetIds: [id] })),
  onAsset('downloadArchive', 'download', 'asset.download', 200, (id) => ({ assetIds: [id] })),

  // one at a time, or per id
  onAsset('createSharedLink', 'share', 'asset.share', 201, (id) => ({ type: 'INDIVIDUAL', assetIds: [id] })),
  onAsset('createAlbum', 'share', undefined, 201, (id) => ({ albumName: 'mine', assetIds: [id] }), { took: (json) => json.assetCount === 1, blind: ['trashed', 'trashedShared'] }),
  onAsset('createMemory', 'share', undefined, 201,
    (id) => ({ type: 'on_this_day', data: { year: 2021 }, memoryAt: '2021-01-01T00:00:00.000Z', assetIds: [id] }),
    { took: (json, id) => listed(json.assets, id), blind: ['archived', 'archivedShared', 'trashed', 'trashedShared'] }),

  onAsset('updateAsset', 'change', 'asset.update', 200, () => ({ description: 'changed' })),
  onAsset('updateAssets', 'change', 'asset.update', 204, (id) => ({ ids: [id], isFavorite: false })),
  onAsset('updateAssetMetadata', 'change', 'asset.update', 200, () => ({ items: [{ key: 'mobile-app', value: { a: 1 } }] })),
  onAsset('deleteAssetMetadata', 'change', 'asset.update', 204),
  onAsset('updateBulkAssetMetadata', 'change', 'asset.update', 200, (id) => ({ items: [{ assetId: id, key: 'mobile-app', value: { a: 1 } }] })),
  onAsset('deleteBulkAssetMetadata', 'change', 'asset.update', 204, (id) => ({ items: [{ assetId: id, key: 'mobile-app' }] })),
  onAsset('runAssetJobs', 'change', 'asset.update', 204, (id) => ({ assetIds: [id], name: 'refresh-metadata' })),
  onAsset('editAsset', 'change', 'asset.edit.create', 200, () => ({ edits: [{ action: 'rotate', parameters: { angle: 90 } }] })),
  onAsset('removeAssetEdits', 'change', 'asset.edit.delete', 204),
  onAsset('copyAsset', 'change', 'asset.copy', 204, (id, scene, who) => ({ sourceId: id, targetId: scene.own[who], ...bareCopy })),
  onAsset('copyAsset', 'change', 'asset.copy', 204, (id, scene, who) => ({ sourceId: scene.own[who], targetId: id, ...bareCopy })),
  onAsset('createStack', 'change', 'asset.update', [201, 400], // 400: what is locked cannot be stacked
    (id, scene, who) => ({ assetIds: [scene.own[who], id] })),
  onAsset('bulkTagAssets', 'change', undefined, 200, (id, scene, who) => ({ assetIds: [id], tagIds: [scene.tags[who]] }),
    { took: ({ count }) => count === 1 }),
  onAsset('tagAssets', 'change', undefined, 200, (id) => ({ ids: [id] }),
    { path: (scene, who) => ({ id: scene.otherTags[who] }), took: (json, id) => inList(json, id) || json[0].error === 'duplicate' }),
  onAsset('untagAssets', 'change', undefined, 200, (id) => ({ ids: [id] }),
    { path: (scene, who) => ({ id: scene.otherTags[who] }), took: inList }),
  onAsset('addAssetsToAlbum', 'share', undefined, 200, (id) => ({ ids: [id] }),
    { path: (scene, who) => ({ id: scene.albums[who] }), took: (json) => json[0].error !== 'no_permission' }),
  onAsset('addAssetsToAlbums', 'share', undefined, 200, (id, scene, who) => ({ albumIds: [scene.albums[who]], assetIds: [id] }),
    { took: (json) => json.error !== 'no_permission' }),
  onAsset('updateAlbumInfo', 'share', undefined, [200, 400], (id) => ({ albumThumbnailAssetId: id }),
    { path: (scene, who) => ({ id: scene.albums[who] }), took: (json, id) => json?.albumThumbnailAssetId === id, blind: ['trashed', 'trashedShared'] }),
  onAsset('addMemoryAssets', 'share', undefined, 200, (id) => ({ ids: [id] }),
    { path: (scene, who) => ({ id: scene.memories[who] }), took: (json) => json[0].error !== 'no_permission' }),
  onAsset('addSharedLinkAssets', 'share', undefined, 200, (id) => ({ assetIds: [id] }),
    { path: (scene, who) => ({ id: scene.sharedLinks[who] }), took: (json) => json[0].error !== 'no_permission' }),
  onAsset('createFace', 'change', 'asset.update', 201,
    (id, scene, who) => ({ assetId: id, personId: scene.people[who], imageWidth: 16, imageHeight: 16, x: 1, y: 1, width: 5, height: 5 })),
  onAsset('updatePerson', 'read', 'asset.read', [200, 400], (id) => ({ featureFaceAssetId: id }),
    { path: (scene, who) => ({ id: scene.people[who] }) }),
  onAsset('replaceAsset', 'change', 'asset.update', 200, () => newPhoto({ deviceAssetId: 'a', deviceId: 'd' }), { unpermitted: BARE }),

  // searches find it, or do not: only one's own, and nothing locked but for the unlocked session
  onAsset('searchAssets', 'find', 'asset.read', 200, (id) => ({ id, withDeleted: true }), { took: found, saysToLinks: 'Shared link access is only allowed in combination with an albumIds filter' }),
  onAsset('deleteAssets', 'change', 'asset.delete', 204, (id) => ({ ids: [id] })),
  onAsset('restoreAssets', 'change', 'asset.delete', 200, (id) => ({ ids: [id] })),
];

/* What has an id of its own. `open`: whom it is open to; `says`: what the others hear, or the whole text of it;
 * `fresh`: each caller who may gets a new one, for it will be gone; `path` fills what else is in the path. */
const on = (kind) => (operation, open, says, ok, body, more) => ({ kind, operation, open, says, ok, body, ...more });
const fresh = { fresh: true };
const owned = (kind) => (operation, says, ok, body, more) => on(kind)(operation, OWN, says, ok, body, more);

const EDITORS = only(OWN, 'editor');
const READERS = only(MEMBERS, 'albumLink', 'bareAlbumLink');
const album = on('album');
const partialUpload = (operation, says, ok, body, more) =>
  on('partialUpload')(operation, OWN, says, ok, body, { unpermitted: BARE, ...more });
const [tag, stack, memory, person, face, session, apiKey, sharedLink, notification, duplicate, workflow] =
  ['tag', 'stack', 'memory', 'person', 'face', 'session', 'apiKey', 'sharedLink', 'notification', 'duplicate', 'workflow'].map(owned);
const administration = (kind) => (operation, ok, body, more) => on(kind)(operation, ['admin'], '403 Forbidden', ok, body, more);
const [user, library, report] = ['user', 'library', 'missing'].map(administration);
const everybody = USERS;
const byQuery = (name, more = '') => ({ query: (id) => `${name}=${id}${more}` });
function newPart() {
  const form = new FormData();
  const data = jpeg();
  form.append('offset', '0');
  form.append('checksum', sha1(data));
  form.append('data', new Blob([data]), 'part');
  return form;
}
function newPhoto(fields, file = jpeg()) {
  const form = new FormData();
  const at = '2024-01-02T03:04:05.000Z';
  for (const [name, value] of Object.entries({ fileCreatedAt: at, fileModifiedAt: at, ...fields })) form.append(name, value);
  if (file) form.append('assetData', new Blob([file]), 'photo.jpg');
  return form;
}
const NO_TIMELINE = 'Not found or no timeline.read access';
const member = (who) => ({ path: (scene) => ({ userId: scene.users[who].id }) });
const some = (json) => json.length > 0;
const noPermission = ([one]) => one.error === 'no_permission';
const accepted = (json) => !noPermission(json);

export const ROWS = [
  album('getAlbumInfo', READERS, 'album.read', 200),
  album('getAlbumMapMarkers', READERS, 'album.read', 200),
  album('getAllAlbums', MEMBERS, undefined, 200, undefined, { ...byQuery('id'), took: some }),
  album('getTimeBuckets', READERS, 'album.read', 200, undefined, byQuery('albumId')),
  album('getTimeBucket', READERS, 'album.read', 200, undefined, byQuery('albumId', '&timeBucket=2024-01-01')),
  album('searchAssets', READERS, 'album.read', 200, (id) => ({ albumIds: [id] })),
  album('searchRandom', MEMBERS, 'album.read', 200, (id) => ({ albumIds: [id] })),
  // without a machine-learning service nobody searches by meaning; who may is asked by the same code as above
  album('searchSmart', NOBODY, '400 Smart search is not enabled', 200, (id) => ({ albumIds: [id], query: 'x' })),
  album('searchAssetStatistics', MEMBERS, 'album.read', 200, (id) => ({ albumIds: [id] })),
  album('searchLargeAssets', MEMBERS, 'album.read', 200, undefined, byQuery('albumIds')),
  album('getDownloadInfo', only(MEMBERS, 'albumLink'), 'album.download', 201, (id) => ({ albumId: id })),
  album('getActivities', MEMBERS, 'album.read', 200, undefined, byQuery('albumId')),
  album('getActivityStatistics', MEMBERS, 'album.read', 200, undefined, byQuery('albumId')),
  album('createActivity', MEMBERS, 'activity.create', [200, 201], (id) => ({ albumId: id, type: 'like' })),
  album('updateAlbumInfo', EDITORS, 'album.update', 200, () => ({ description: 'changed' })),
  album('addUsersToAlbum', EDITORS, 'album.share', [200, 400], (id, scene) => ({ albumUsers: [{ userId: scene.users.viewer.id, role: 'viewer' }] })),
  album('updateAlbumUser', EDITORS, 'album.share', 204, () => ({ role: 'viewer' }), member('viewer')),
  album('addAssetsToAlbum', EDITORS, 'albumAsset.create', 200, (id, scene, who) => ({ ids: [scene.own[who]] })),
  album('addAssetsToAlbums', EDITORS, undefined, 200, (id, scene, who) => ({ albumIds: [id], assetIds: [scene.own[who]] }),
    { took: (json) => json.error !== 'no_permission' }),
  album('removeAssetFromAlbum', EDITORS, 'albumAsset.delete', 200, (id, scene, who) => ({ ids: [scene.own[who]] })),
  album('getAllSharedLinks', OWN, undefined, 200, undefined, { ...byQuery('albumId'), took: some }),
  album('createSharedLink', EDITORS, 'album.share', 201, (id) => ({ type: 'ALBUM', albumId: id })),
  album('removeUserFromAlbum', only(EDITORS, 'viewer'), 'album.share', 204, undefined, { ...member('viewer'), ...fresh }), // members leave
  album('deleteAlbum', OWN, 'album.delete', 204, undefined, fresh),

  on('activity')('deleteActivity', only(OWN, 'editor'), 'activity.delete', 204, undefined, fresh), // its author, and who owns the album

  tag('getTagById', 'tag.read', 200),
  tag('updateTag', 'tag.update', 200, () => ({ color: '#ffffff' })),
  tag('createTag', 'tag.read', 201, (id) => ({ name: `n${Math.random()}`, parentId: id })),
  tag('tagAssets', 'tag.asset', 200, (id, scene, who) => ({ ids: [scene.own[who]] })),
  tag('untagAssets', 'tag.asset', 200, (id, scene, who) => ({ ids: [scene.own[who]] })),
  tag('bulkTagAssets', undefined, 200, (id, scene, who) => ({ tagIds: [id], assetIds: [scene.own[who]] }), { took: ({ count }) => count === 1 }),
  tag('getTimeBuckets', 'tag.read', 200, undefined, { ...byQuery('tagId'), saysToLinks: NO_TIMELINE }),
  tag('getTimeBucket', 'tag.read', 200, undefined, { ...byQuery('tagId', '&timeBucket=2024-01-01'), saysToLinks: NO_TIMELINE }),
  tag('deleteTag', 'tag.delete', 204, undefined, fresh),

  stack('getStack', 'stack.read', 200),
  stack('updateStack', 'stack.update', 200, () => ({})),
  stack('removeAssetFromStack', 'stack.update', [204, 400], undefined, { path: (scene) => ({ assetId: scene.assets.plain }) }),
  stack('deleteStack', 'stack.delete', 204, undefined, fresh),
  stack('deleteStacks', 'stack.delete', 204, (id) => ({ ids: [id] }), fresh),

  memory('getMemory', 'memory.read', 200),
  memory('searchMemories', undefined, 200, undefined, { ...byQuery('id'), took: some }),
  memory('memoriesStatistics', undefined, 200, undefined, { ...byQuery('id'), took: ({ total }) => total === 1 }),
  memory('updateMemory', 'memory.update', 200, () => ({ isSaved: true })),
  memory('addMemoryAssets', 'memoryAsset.create', 200, (id, scene, who) => ({ ids: [scene.own[who]] })),
  memory('removeMemoryAssets', 'memoryAsset.delete', 200, (id, scene, who) => ({ ids: [scene.own[who]] })),
  memory('deleteMemory', 'memory.delete', 204, undefined, fresh),

  person('getPerson', 'person.read', 200),
  person('getPersonStatistics', 'person.statistics', 200),
  person('getPersonThumbnail', 'person.read', 404), // nobody made one
  person('updatePerson', 'person.update', 200, () => ({ name: 'renamed' })),
  person('updatePeople', undefined, 200, (id) => ({ people: [{ id, name: 'renamed' }] }), { took: ([one]) => one.success }),
  person('getTimeBuckets', 'person.read', 200, undefined, { ...byQuery('personId'), saysToLinks: NO_TIMELINE }),
  person('getTimeBucket', 'person.read', 200, undefined, { ...byQuery('personId', '&timeBucket=2024-01-01'), saysToLinks: NO_TIMELINE }),
  person('createFace', 'person.read', 201,
    (id, scene, who) => ({ assetId: scene.own[who], personId: id, imageWidth: 16, imageHeight: 16, x: 1, y: 1, width: 5, height: 5 })),
  person('reassignFaces', 'person.reassign', 200, () => ({ data: [] })),
  person('getAllPeople', undefined, 200, undefined, { query: () => 'withHidden=true', took: ({ people }, id) => people.some((each) => each.id === id) }),
  person('mergePersonLegacy', 'person.merge', [200, 400], () => ({ ids: [] })),
  person('mergePeople', 'person.merge', 200, (id, scene, who) => ({ ids: [id, scene.spare[who]] })),
  person('mergePeople', undefined, 200, (id, scene, who) => ({ ids: [scene.people[who], id] }), { ...fresh, took: accepted }),
  person('deletePerson', 'person.delete', 204, undefined, fresh),
  person('deletePeople', 'person.delete', 204, (id) => ({ ids: [id] }), fresh),

  face('reassignFacesById', 'face.update', 200, (id) => ({ id }), { id: (scene, who) => scene.people[who] }),
  face('deleteFace', 'face.delete', 204, () => ({ force: true }), fresh),

  session('updateSession', 'session.update', 200, () => ({ isPendingSyncReset: true })),
  session('lockSession', 'session.lock', 204),
  session('deleteSession', 'authDevice.delete', 204, undefined, fresh),

  apiKey('getApiKey', '400 API Key not found', 200),
  apiKey('updateApiKey', '400 API Key not found', 200, () => ({ name: 'renamed' })),
  apiKey('rotateApiKey', '400 API Key not found', [201, 400]), // 400: a key that holds less
  apiKey('deleteApiKey', '400 API Key not found', 204, undefined, fresh),

  sharedLink('getSharedLinkById', '400 Shared link not found', 200),
  sharedLink('getAllSharedLinks', undefined, 200, undefined, { ...byQuery('id'), took: some }),
  sharedLink('updateSharedLink', '400 Shared link not found', 200, () => ({ description: 'changed' })),
  sharedLink('addSharedLinkAssets', '400 Shared link not found', 200, (id, scene, who) => ({ assetIds: [scene.own[who]] })),
  sharedLink('removeSharedLinkAssets', '400 Shared link not found', 200, (id, scene, who) => ({ assetIds: [scene.own[who]] })),
  sharedLink('removeSharedLink', '400 Shared link not found', 204, undefined, fresh),

  notification('getNotification', 'notification.read', 200),
  notification('getNotifications', undefined, 200, undefined, { ...byQuery('id'), took: some }),
  notification('updateNotification', 'notification.update', 200, () => ({ readAt: '2024-01-01T00:00:00.000Z' })),
  notification('updateNotifications', 'notification.update', 204, (id) => ({ ids: [id] })),
  notification('deleteNotification', 'notification.delete', 204, undefined, fresh),
  notification('deleteNotifications', 'notification.delete', 204, (id) => ({ ids: [id] }), fresh),

  duplicate('resolveDuplicates', 'duplicate.delete', 200, (id) => ({ groups: [{ duplicateId: id, keepAssetIds: [], trashAssetIds: [] }] }), fresh),
  duplicate('deleteDuplicate', 'duplicate.delete', 204, undefined, fresh),
  duplicate('deleteDuplicates', 'duplicate.delete', 204, (id) => ({ ids: [id] }), fresh),

  // only of who began it; another link of the same owner is another visitor
  partialUpload('getPartialUpload', 'asset.upload', 200),
  partialUpload('appendPartialUpload', 'asset.upload', [200, 409], () => newPart()), // 409: that part came already
  partialUpload('finishPartialUpload', 'asset.upload', [400, 409], () => newPhoto({}, null)), // it is not complete
  partialUpload('deletePartialUpload', 'asset.upload', 204, undefined, fresh),

  workflow('getWorkflow', 'workflow.read', 200),
  workflow('searchWorkflows', undefined, 200, undefined, { ...byQuery('id'), took: some }),
  workflow('updateWorkflow', 'workflow.update', 200, () => ({ name: 'renamed' })),
  workflow('getWorkflowLogs', 'workflow.logs', 200),
  workflow('getWorkflowForShare', 'workflow.read', 200),
  workflow('deleteWorkflow', 'workflow.delete', 204, undefined, fresh),
  // what is installed is the same for all
  on('missing')('getPlugin', everybody, undefined, [200, 400, 404]),
  on('missing')('searchPlugins', everybody, undefined, 200, undefined, byQuery('id')),
  on('missing')('searchPluginMethods', everybody, undefined, 200, undefined, byQuery('id')),

  on('file')('getAssetFile', OWN, '404 Asset file not found', 200),
  on('file')('downloadAssetFile', OWN, '404 Asset file not found', 200),
  on('file')('deleteAssetFile', OWN, '404 Asset file not found', [204, 404]), // 404: one before did

  // users, seen by users
  on('ownerId')('getUser', everybody, undefined, 200),
  on('ownerId')('getProfileImage', everybody, undefined, 404), // there is none
  on('ownerId')('updatePartner', ['partner'], 'partner.update', 200, () => ({ inTimeline: false })),
  on('ownerId')('getDeltaSync', PARTNER, undefined, 200, (id, scene, who) => ({ updatedAfter: new Date(Date.now() - 3600_000).toISOString(), userIds: [...new Set([scene.users[who]?.id ?? id, id])] }),
    { took: ({ needsFullSync }) => !needsFullSync }),
  on('ownerId')('createPartner', everybody, undefined, [201, 400], (id) => ({ sharedWithId: id })), // 400: oneself
  on('ownerId')('removePartner', everybody, undefined, [204, 400]), // of one's own shares: 400 where there is none
  on('ownerId')('createPartnerDeprecated', everybody, undefined, [201, 400]),
  on('ownerId')('getTimeBuckets', PARTNER, 'timeline.read', 200, undefined, byQuery('userId')),
  on('ownerId')('getTimeBucket', PARTNER, 'timeline.read', 200, undefined, byQuery('userId', '&timeBucket=2024-01-01')),
  on('ownerId')('getTimeBuckets', OWN, 'archive.read', 200, undefined, byQuery('userId', '&visibility=archive')),
  on('ownerId')('getTimeBuckets', ['elevated'], "400 You may not access another user's locked timeline", 200, undefined,
    { ...byQuery('userId', '&visibility=locked'), unelevated: ['owner', 'key', 'editor', 'viewer', 'admin', ...LINKS] }),
  on('ownerId')('getDownloadInfo', OWN, 'timeline.download', 201, (id) => ({ userId: id })),
  on('ownerId')('getFullSyncForUser', PARTNER, 'timeline.read', 200, (id) => ({ limit: 1, updatedUntil: '2100-01-01T00:00:00.000Z', userId: id })),
  // one's own and nothing else, whatever id is asked for
  on('plainId')('searchStacks', everybody, undefined, 200, undefined, byQuery('primaryAssetId')),
  // the motion part of a new photo: a photo is none
  on('plainId')('uploadAsset', everybody, '400 Live photo video not found', 400, (id) => newPhoto({ livePhotoVideoId: id }), { unpermitted: BARE }),

  on('group')('getClusterGroupUsers', OWN, 'clusterGroup.read', 200),
  on('group')('getClusterGroupRequestsForGroup', OWN, 'clusterGroup.read', 200),
  on('group')('createClusterGroupRequest', OWN, 'clusterGroupRequest.create', [200, 201], (id, scene) => ({ userId: scene.users.partner.id })),
  on('group')('clusterGroupRegeneratePeople', OWN, 'clusterGroup.read', [204, 501]), // 501: it recognises no faces
  on('group')('leaveClusterGroup', OWN, 'clusterGroup.leave', 400), // nobody else is in it
  on('request')('acceptClusterGroupRequest', NOBODY, 'clusterGroupRequest.read', 204, undefined, { except: ['partner'] }),
  on('request')('deleteClusterGroupRequest', only(OWN, 'partner'), 'clusterGroupRequest.delete', 204, undefined, fresh),

  user('getUserAdmin', 200),
  user('searchUsersAdmin', 200, undefined, byQuery('id')),
  user('updateUserAdmin', 200, () => ({ name: 'renamed' })),
  user('getUserPreferencesAdmin', 200),
  user('updateUserPreferencesAdmin', 200, () => ({})),
  user('getUserSessionsAdmin', 200),
  user('getUserStatisticsAdmin', 200),
  user('getUserCalendarHeatmapAdmin', 200),
  user('createNotification', 201, (id) => ({ title: 'News', userId: id })),
  user('deleteUserAdmin', 200, () => ({})),
  user('restoreUserAdmin', 200),
  user('createLibrary', 201, (id) => ({ ownerId: id })),
  library('getLibrary', 200),
  library('updateLibrary', 200, () => ({ name: 'renamed' })),
  library('scanLibrary', 204),
  library('getLibraryStatistics', 200),
  library('validate', 200, () => ({})),
  library('deleteLibrary', 204, undefined, fresh),
  report('deleteIntegrityReport', [200, 400, 404]),
  report('getIntegrityReportFile', [200, 400, 404]),
];
