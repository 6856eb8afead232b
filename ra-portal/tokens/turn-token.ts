/** What officers and LRAs do with a token: put it on hold and take it off, call it lost, broken or done with. */
import { PkiError } from '../../ca-core/errors.ts';
import { openStore, reasonsOfAct, type RevocationReason, type TokenAct } from '../../ca-core/index.ts';
import { makeReleaseDocument } from '../officer/order-revocation.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole, type Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import { openJobOf } from '../store/token-jobs.ts';
import { keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { endToken } from './end-token.ts';
import { nobodys } from './enter-tokens.ts';
import { knownToken, lrasActs, noteTokenEvent, peoplesActs, stateAfterAct } from './known-token.ts';

export interface Turning {
  readonly serial: string;
  /** As the form sends them. */
  readonly act: string;
  readonly reason: string;
  readonly note: string;
}

/**
 * The token after it; `document` of it is what an officer signs next. Throws tokenUnknown, tokenState {state},
 * notPermitted, reasonNotAllowed, notOnHold, tokenInUse.
 */
export async function turnToken(parts: PortalParts, person: Person, turning: Turning): Promise<UsbToken> {
  const act = peoplesActs.find(name => name === turning.act);
  if (act === undefined) throw new PkiError('fieldInvalid', { field: 'act' });
  if (!hasRole(person, 'officer') && !(hasRole(person, 'lra') && lrasActs.includes(act))) {
    throw new PkiError('notPermitted');
  }
  return inOneStep(parts.database, async trx => {
    const inside = { ...parts, database: trx, ca: openStore(trx) };
    const token = await knownToken(trx, person, turning.serial);
    if (act === 'release') return release(inside, person, token);
    if (act === 'clear') return clear(inside, person, token);
    const reason = reasonFor(parts, act, turning.reason);
    return endToken(inside, person, { token, act, reason, note: turning.note.trim().slice(0, 500) });
  });
}

/** Where the policy leaves no choice, none has to be made. Throws reasonNotAllowed. */
function reasonFor({ policies }: PortalParts, act: TokenAct, typed: string): RevocationReason {
  const reasons = reasonsOfAct(policies.tokens, act);
  const [only] = reasons;
  const reason = typed === '' && reasons.length === 1 ? only : reasons.find(name => name === typed);
  if (reason === undefined) throw new PkiError('reasonNotAllowed');
  return reason;
}

/** It stays suspended until two officers signed and the CA core released its certificate (follow-tokens.ts). */
async function release(parts: PortalParts, person: Person, token: UsbToken): Promise<UsbToken> {
  const { serial, state, certificate } = token;
  stateAfterAct(parts, 'release', token);
  const at = parts.clock.now();
  const document = await makeReleaseDocument(parts, person, certificate?.serialNumber ?? '');
  const waiting: UsbToken = { ...token, awaits: 'release', document, changedAt: at };
  await keepUsbToken(parts.database, waiting);
  const event = { serial, at, actor: person.id, act: 'release', state, details: { document } } as const;
  await noteTokenEvent(parts.database, event);
  return waiting;
}

/** Nobody's again. Throws tokenTaken while a job is open, tokenInUse while its certificate is good or on hold. */
async function clear(parts: PortalParts, person: Person, token: UsbToken): Promise<UsbToken> {
  const { serial, certificate } = token;
  const state = stateAfterAct(parts, 'clear', token);
  if ((await openJobOf(parts.database, { serial })) !== null) throw new PkiError('tokenTaken', { serial });
  if (token.awaits !== null || (certificate !== null && (await isStillGood(parts, certificate)))) {
    throw new PkiError('tokenInUse');
  }
  const at = parts.clock.now();
  const cleared: UsbToken = { ...token, ...nobodys, state, changedAt: at };
  await keepUsbToken(parts.database, cleared);
  const event = { serial, at, actor: person.id, act: 'clear', state, details: {} } as const;
  await noteTokenEvent(parts.database, event);
  return cleared;
}

async function isStillGood(
  { ca, clock }: PortalParts,
  { issuer, serialNumber }: NonNullable<UsbToken['certificate']>,
): Promise<boolean> {
  const row = await ca.certificates.withSerialNumber(serialNumber);
  const status = await ca.status.of(issuer, serialNumber);
  const isRevoked = status?.status === 'revoked' && status.reason !== 'certificateHold';
  return !isRevoked && row !== undefined && row.notAfter >= clock.now();
}
