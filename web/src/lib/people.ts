/* What is done to people on more than one page. */
import { mergePeople, updatePerson, type PersonResponse, type PersonUpdate } from '../api';
import { t } from './preferences.svelte';
import { toasts } from './toasts.svelte';

/** @return the person as it is now, or null when that was refused */
export async function changePerson(
  person: PersonResponse,
  body: PersonUpdate,
): Promise<PersonResponse | null> {
  try {
    return await updatePerson({ id: person.id, body });
  } catch (error) {
    toasts.error(error);
    return null;
  }
}

/** Make one of several: the first stays. @return the ids of those that are gone, or null */
export async function mergeInto(
  target: PersonResponse,
  others: readonly PersonResponse[],
): Promise<string[] | null> {
  try {
    const ids = [target, ...others].map(({ id }) => id);
    const results = await mergePeople({ body: { ids } });
    const gone = results.filter(({ success }) => success).map(({ id }) => id);
    const merged = others.filter(({ id }) => gone.includes(id)).map(({ id }) => id);
    toasts.show(merged.length === others.length ? t().people.merged : t().people.mergeFailed);
    return merged;
  } catch (error) {
    toasts.error(error);
    return null;
  }
}
