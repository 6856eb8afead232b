/** Token and PIN letter reach their holder from two hands: nobody at the desk ever has both. */
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { lastJobOf } from '../store/token-jobs.ts';
import { keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { knownToken, noteTokenEvent } from './known-token.ts';

export interface HandingOver {
  readonly serial: string;
  /** `letter` or `token`, as the form sends it. */
  readonly what: string;
}

/**
 * What was handed over before stays as it was noted. Throws tokenUnknown, tokenState {state} (only an active token),
 * letterMissing (the station has made none), handedBySame (who gave the one cannot give the other).
 */
export async function handOver(parts: PortalParts, person: Person, { serial, what }: HandingOver): Promise<UsbToken> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const token = await knownToken(trx, person, serial);
    if (what !== 'letter' && what !== 'token') throw new PkiError('fieldInvalid', { field: 'what' });
    const [field, other] = what === 'letter' ? (['letter', 'handed'] as const) : (['handed', 'letter'] as const);
    if (token[field] !== null) return token;
    if (token.state !== 'active') throw new PkiError('tokenState', { state: token.state });
    if (token[other]?.by === person.id) throw new PkiError('handedBySame');
    if (what === 'letter' && (await lastJobOf(trx, serial))?.letterMadeAt == null) throw new PkiError('letterMissing');
    const handed: UsbToken = { ...token, [field]: { by: person.id, at }, changedAt: at };
    await keepUsbToken(trx, handed);
    const act = what === 'letter' ? ('handLetter' as const) : ('handToken' as const);
    await noteTokenEvent(trx, { serial, at, actor: person.id, act, state: token.state, details: {} });
    if (what === 'token') await noteDelivered(trx, token.caseId ?? '', at);
    return handed;
  });
}

async function noteDelivered(trx: Database, caseId: string, at: number): Promise<void> {
  const application = await findApplication(trx, caseId);
  if (application === null || application.state === 'delivered') return;
  await keepApplication(trx, { ...application, state: 'delivered', changedAt: at });
  const what = { action: 'token.delivered', actor: 'ra-portal', subject: caseId, details: {} };
  await noteEvent(trx, { at, service: 'ra-portal', ...what });
}
