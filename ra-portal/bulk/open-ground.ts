import type { CertificateProfile } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { lookUp } from '../registers/look-up.ts';
import { heldMailboxes } from '../store/held-mailboxes.ts';
import { domainProofs } from '../store/domain-proofs.ts';
import { confirmedVariations } from '../store/confirmed-variations.ts';
import type { CheckGround, Defaults } from './check-ground.ts';

export interface GroundWish {
  readonly profile: CertificateProfile;
  /** Corporate Number of the LRA's organisation. */
  readonly organisation: string;
  /** Member id of the LRA who will attest. */
  readonly lra: string;
  readonly defaults?: Defaults;
}

export type GroundParts = Pick<PortalParts, 'database' | 'policies' | 'registers' | 'clock'>;

/** Asks the registers and reads what is known of the organisation. Throws registerUnavailable. */
export async function openGround(
  { database, policies, registers, clock }: GroundParts,
  { profile, organisation, lra, defaults = {} }: GroundWish,
): Promise<CheckGround> {
  const now = clock.now();
  const since = now - (profile.bulk?.mailDomain?.maxAgeDays ?? 0) * 86_400;
  return {
    policies,
    profile,
    now,
    organisation,
    lra,
    defaults,
    register: await lookUp(registers, organisation, now),
    domainEvidence: await domainProofs(database, organisation, since),
    confirmedVariations: await confirmedVariations(database, organisation),
    held: await heldMailboxes(database, { organisation, profile: profile.name, now }),
  };
}
