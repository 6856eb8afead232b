/**
 * A card is lost, broken or given back. Its shares are destroyed at once, so that no PKCS#12 of it opens any more; its
 * certificates are revoked unless an officer decides otherwise, on record.
 */
import { PkiError } from '../../ca-core/errors.ts';
import type { CardAct, RevocationReason } from '../../ca-core/index.ts';
import { revoke } from '../applications/revoke.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole, type Person } from '../people/person.ts';
import { keepCard, type CardEnd, type CardRecord } from '../store/cards.ts';
import { casesSealedTo, endPasses, passesOf } from '../store/passes.ts';
import { afterAct, knownCard, noteCardEvent } from './known-card.ts';

export interface CardEnding {
  readonly idm: string;
  readonly act: CardAct & ('lose' | 'damage' | 'retire');
  readonly decision: CardEnd['decision'];
  readonly note: string;
}

export interface EndedCard {
  readonly card: CardRecord;
  /** Cases for whose certificates a revocation was asked. */
  readonly revoked: readonly string[];
}

/** What is told to relying parties (RFC 5280 §5.3.1). */
const reasons: Readonly<Record<CardEnding['act'], RevocationReason>> = {
  lose: 'keyCompromise',
  damage: 'superseded',
  retire: 'cessationOfOperation',
};

/** Throws cardUnknown, cardState {state}, notPermitted where anybody but an officer would keep the certificates. */
export async function endCard(parts: PortalParts, person: Person, ending: CardEnding): Promise<EndedCard> {
  const { idm, act, decision, note } = ending;
  if (decision === 'keep' && !hasRole(person, 'officer')) throw new PkiError('notPermitted');
  const card = await knownCard(parts, person, idm);
  const end: CardEnd = { by: person.id, at: parts.clock.now(), decision, note };
  const ended: CardRecord = { ...card, state: afterAct(parts, act, card.state), end: card.end ?? end };
  await keepCard(parts.database, ended);
  const cases = await casesOn(parts, card);
  const shares = await endPasses(parts.database, idm, end.at);
  const revoked: string[] = [];
  for (const caseId of decision === 'revoke' ? cases : []) {
    if (await askToRevoke(parts, caseId, { act, lra: person.id })) revoked.push(caseId);
  }
  const details = { act, decision, shares: String(shares), revoked: String(revoked.length) };
  await noteCardEvent(parts, { action: 'ended', actor: person.id, idm, details });
  return { card: ended, revoked };
}

async function casesOn({ database }: PortalParts, { idm, publicKey, holder }: CardRecord): Promise<readonly string[]> {
  const sealed = holder === null ? [] : await casesSealedTo(database, publicKey, holder.corporateNumber);
  const wrapped = (await passesOf(database, idm)).map(({ caseId }) => caseId);
  return [...new Set([...sealed, ...wrapped])];
}

/** False where there is nothing to revoke. */
async function askToRevoke(
  parts: PortalParts,
  caseId: string,
  { act, lra }: { readonly act: CardEnding['act']; readonly lra: string },
): Promise<boolean> {
  try {
    await revoke(parts, caseId, { reason: reasons[act], since: '', lra });
    return true;
  } catch (error) {
    const settled = ['alreadyRevoked', 'orderTwice', 'notYetIssued'];
    if (error instanceof PkiError && settled.includes(error.code)) return false;
    throw error;
  }
}
