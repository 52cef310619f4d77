// phone.mjs -- an app that follows the sync stream, as the pages about apps describe it
//
//   const phone = new Phone(server, user);      // a login session of its own: phone.token
//   await phone.sync();                         // streams, applies, acknowledges
//   phone.assets.get(id)
//
// Lines that follow each other and have the same type are one group: it is applied, then the ack of
// its last line is sent. What one thing refers to must be there, as in the app's database.
import assert from 'node:assert/strict';

export const REQUESTS = [
  'AuthUsersV1', 'UsersV1', 'AssetsV2', 'AssetExifsV1', 'AssetEditsV1', 'AssetMetadataV1', 'PartnersV1',
  'PartnerAssetsV2', 'PartnerAssetExifsV1', 'AlbumsV2', 'AlbumUsersV1', 'AlbumAssetsV2', 'AlbumAssetExifsV1',
  'AlbumToAssetsV1', 'MemoriesV1', 'MemoryToAssetsV1', 'StacksV1', 'PartnerStacksV1', 'UserMetadataV1',
  'PeopleV1', 'AssetFacesV2', 'AssetOcrV1',
];

/** The lines of a stream as objects. */
export const parseLines = (text) => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));

export class Phone {
  constructor(server, user, requests = REQUESTS) {
    this.server = server;
    this.user = user;
    this.requests = requests;
    this.forget();
  }

  forget() {
    for (const name of ['users', 'partners', 'assets', 'exifs', 'albums', 'members', 'links', 'people', 'faces',
      'stacks', 'memories', 'memoryLinks', 'userMetadata', 'assetMetadata', 'edits', 'ocr']) this[name] = new Map();
    this.self = undefined;
  }

  async lines(reset = false) {
    const body = { types: this.requests, reset };
    return parseLines((await this.server.request('POST', '/sync/stream', { as: this.user, body })).expect(200).text);
  }

  async ack(...acks) {
    (await this.server.request('POST', '/sync/ack', { as: this.user, body: { acks } })).expect(204);
  }

  /** @param stopAfter  go away after that many groups, as an app that is closed @return the lines */
  async sync(stopAfter = Infinity) {
    const lines = await this.lines();
    for (let at = 0, groups = 0; at < lines.length && groups < stopAfter; groups++) {
      const { type } = lines[at];
      let last;
      for (; at < lines.length && lines[at].type === type; at++) {
        last = lines[at];
        this.#apply(last);
      }
      await this.ack(last.ack);
      if (type === 'SyncResetV1') {
        this.forget();
        return this.sync(stopAfter);
      }
    }
    return lines;
  }

  #known(map, id, line) {
    assert.ok(this[map].has(id), `${map} has no ${id}, to which refers ${JSON.stringify(line)}`);
  }

  #dropAsset(id) {
    this.assets.delete(id);
    this.exifs.delete(id);
    for (const map of ['links', 'faces', 'memoryLinks', 'assetMetadata', 'edits', 'ocr'])
      for (const [key, value] of this[map]) if (value.assetId === id) this[map].delete(key);
  }

  #dropAlbum(id) {
    this.albums.delete(id);
    for (const map of ['links', 'members']) for (const [key, value] of this[map]) if (value.albumId === id) this[map].delete(key);
  }

  #dropPartner(data) {
    this.partners.delete(`${data.sharedById} ${data.sharedWithId}`);
    if (data.sharedById === this.user.id) return;
    const inAlbums = new Set([...this.links.values()].map(({ assetId }) => assetId));
    for (const { id, ownerId } of [...this.assets.values()])
      if (ownerId === data.sharedById && !inAlbums.has(id)) this.#dropAsset(id);
    for (const { id, ownerId } of [...this.stacks.values()]) if (ownerId === data.sharedById) this.stacks.delete(id);
  }

  #apply(line) {
    const { type, data } = line;
    assert.deepEqual(Object.keys(line), ['type', 'data', 'ack']);
    switch (type) {
      case 'AuthUserV1': this.self = data; break;
      case 'UserV1': this.users.set(data.id, data); break;
      case 'UserDeleteV1': this.users.delete(data.userId); break;
      case 'PartnerV1': this.partners.set(`${data.sharedById} ${data.sharedWithId}`, data); break;
      case 'PartnerDeleteV1': this.#dropPartner(data); break;
      case 'AssetV2': case 'PartnerAssetV2': case 'PartnerAssetBackfillV2':
      case 'AlbumAssetCreateV2': case 'AlbumAssetUpdateV2': case 'AlbumAssetBackfillV2':
        this.#known('users', data.ownerId, line);
        this.assets.set(data.id, data);
        break;
      case 'AssetDeleteV1': case 'PartnerAssetDeleteV1': this.#dropAsset(data.assetId); break;
      case 'AssetExifV1': case 'PartnerAssetExifV1': case 'PartnerAssetExifBackfillV1':
      case 'AlbumAssetExifCreateV1': case 'AlbumAssetExifUpdateV1': case 'AlbumAssetExifBackfillV1':
        this.#known('assets', data.assetId, line);
        this.exifs.set(data.assetId, data);
        break;
      case 'AlbumV2': this.albums.set(data.id, data); break;
      case 'AlbumDeleteV1': this.#dropAlbum(data.albumId); break;
      case 'AlbumUserV1': case 'AlbumUserBackfillV1':
        this.#known('albums', data.albumId, line);
        this.#known('users', data.userId, line);
        this.members.set(`${data.albumId} ${data.userId}`, data);
        break;
      case 'AlbumUserDeleteV1': this.members.delete(`${data.albumId} ${data.userId}`); break;
      case 'AlbumToAssetV1': case 'AlbumToAssetBackfillV1':
        this.#known('albums', data.albumId, line);
        this.#known('assets', data.assetId, line);
        this.links.set(`${data.albumId} ${data.assetId}`, data);
        break;
      case 'AlbumToAssetDeleteV1': this.links.delete(`${data.albumId} ${data.assetId}`); break;
      case 'StackV1': case 'PartnerStackV1': case 'PartnerStackBackfillV1': this.stacks.set(data.id, data); break;
      case 'StackDeleteV1': case 'PartnerStackDeleteV1': this.stacks.delete(data.stackId); break;
      case 'MemoryV1': this.memories.set(data.id, data); break;
      case 'MemoryDeleteV1': this.memories.delete(data.memoryId); break;
      case 'MemoryToAssetV1': this.memoryLinks.set(`${data.memoryId} ${data.assetId}`, data); break;
      case 'MemoryToAssetDeleteV1': this.memoryLinks.delete(`${data.memoryId} ${data.assetId}`); break;
      case 'PersonV1': this.people.set(data.id, data); break;
      case 'PersonDeleteV1': this.people.delete(data.personId); break;
      case 'AssetFaceV2':
        this.#known('assets', data.assetId, line);
        if (data.personId) this.#known('people', data.personId, line);
        this.faces.set(data.id, data);
        break;
      case 'AssetFaceDeleteV1': this.faces.delete(data.assetFaceId); break;
      case 'UserMetadataV1': this.userMetadata.set(data.key, data.value); break;
      case 'UserMetadataDeleteV1': this.userMetadata.delete(data.key); break;
      case 'AssetMetadataV1': this.assetMetadata.set(`${data.assetId} ${data.key}`, data); break;
      case 'AssetMetadataDeleteV1': this.assetMetadata.delete(`${data.assetId} ${data.key}`); break;
      case 'AssetEditV1': this.edits.set(data.id, data); break;
      case 'AssetEditDeleteV1': this.edits.delete(data.editId); break;
      case 'AssetOcrV1': this.ocr.set(data.id, data); break;
      case 'AssetOcrDeleteV1':
        for (const [key, { assetId }] of this.ocr) if (assetId === data.assetId) this.ocr.delete(key);
        break;
      case 'SyncAckV1': case 'SyncResetV1': case 'SyncCompleteV1': assert.deepEqual(data, {}); break;
      default: assert.fail(`nobody asked for ${type}`);
    }
  }
}
