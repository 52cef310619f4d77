/* What is done to tags on more than one page. */
import { bulkTagAssets, untagAssets, upsertTags, type TagResponse } from '../api';

/** Give photos these tags, making those that are new. "Travel/Italy" is a tag below another. */
export async function addTags(assetIds: string[], values: string[]): Promise<TagResponse[]> {
  const tags = await upsertTags({ body: { tags: values } });
  await bulkTagAssets({ body: { assetIds, tagIds: tags.map(({ id }) => id) } });
  return tags;
}

/** @return how many did not have it: they may have one below it */
export async function removeTag(assetIds: string[], tagId: string): Promise<number> {
  const answers = await untagAssets({ id: tagId, body: { ids: assetIds } });
  return answers.filter(({ success }) => !success).length;
}
