/* Who shares a library with this user: their photos may go into albums and links like one's own. */
import { getPartners, type PartnerResponse } from '../api';
import { session } from './session.svelte';

class Partners {
  private ids = $state.raw<ReadonlySet<string>>(new Set());
  /** Owners of photos that were asked about, and for whom. */
  private asked = new Set<string>();
  private askedBy: string | null = null;
  /** On its way; it tells of all owners. */
  private asking: Promise<PartnerResponse[] | null> | null = null;

  /** Whether photos of this owner may be handed on: no, until it is known. */
  sharesWithMe(ownerId: string): boolean {
    const me = session.user?.id ?? null;
    const isKnown = this.askedBy === me && this.ids.has(ownerId);
    void this.ask(ownerId, me);
    return isKnown;
  }

  /** Another list is looked at: whom it shows is asked about anew. */
  renew(): void {
    this.asked.clear();
    this.asking = null;
  }

  private async ask(ownerId: string, me: string | null): Promise<void> {
    if (this.askedBy !== me) this.renew();
    this.askedBy = me;
    if (this.asked.has(ownerId)) return;
    this.asked.add(ownerId);
    if (this.asking) return;
    const mine = getPartners({ direction: 'shared-with' }).catch(() => null);
    this.asking = mine;
    const partners = await mine;
    if (this.asking !== mine) return; // it is asked anew
    this.asking = null;
    if (partners) this.ids = new Set(partners.map(({ id }) => id));
    else this.asked.clear();
  }
}

export const partners = new Partners();
