/** Tokens follow what the CA core does to their certificates, whoever asked for it and wherever. */
import { openStore, type CertificateStatus, type TokenAct } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import { findTokenJob, jobsOfEndedCases, lastJobOf } from '../store/token-jobs.ts';
import { findUsbToken, keepUsbToken, tokensDecidedAfter, tokensToRevoke, type UsbToken } from '../store/usb-tokens.ts';
import { askRevocation, certificateOf } from './end-token.ts';
import { endUnstarted } from './give-token.ts';
import { noteTokenEvent, stateAfterAct } from './known-token.ts';

/** One of these per portal: it looks only at what was decided since its last look. */
export function openTokenWatch(): (parts: PortalParts) => Promise<void> {
  let seen = 0;
  return async parts => {
    const newest = await parts.ca.status.lastRevocationSeq();
    if (newest !== seen) {
      for (const serial of await tokensDecidedAfter(parts.database, seen)) await followStatus(parts, serial);
      seen = newest;
    }
    for (const serial of await tokensToRevoke(parts.database)) await revokeLate(parts, serial);
    for (const id of await jobsOfEndedCases(parts.database)) await giveBack(parts, id);
  };
}

async function followStatus(parts: PortalParts, serial: string): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const token = await findUsbToken(trx, serial);
    if (token?.certificate == null) return;
    const { issuer, serialNumber } = token.certificate;
    const status = await openStore(trx).status.of(issuer, serialNumber);
    const next = followed(parts, token, status);
    if (next === null) return;
    const { act, token: after } = next;
    await keepUsbToken(trx, { ...after, changedAt: at });
    const details = { status: status?.reason ?? status?.status ?? '' };
    await noteTokenEvent(trx, { serial, at, actor: 'ra-portal', act: act ?? 'follow', state: after.state, details });
  });
}

interface Followed {
  /** Null where only the waiting is over. */
  readonly act: TokenAct | null;
  readonly token: UsbToken;
}

/** Null where nothing has changed for it. */
function followed(parts: PortalParts, token: UsbToken, status: CertificateStatus | undefined): Followed | null {
  const act = actBy(token, status);
  if (act !== null) return { act, token: { ...token, ...done, state: stateAfterAct(parts, act, token) } };
  const isDone = token.awaits === 'revocation' && status?.status === 'revoked';
  const isAsMeant = status?.reason === token.reason || status?.reason !== 'certificateHold';
  return isDone && isAsMeant ? { act: null, token: { ...token, ...done } } : null;
}

const done = { awaits: null, reason: null } as const;

/** What happened to a token by what happened to its certificate; null for nothing. */
function actBy({ state, awaits }: UsbToken, status: CertificateStatus | undefined): TokenAct | null {
  if (status?.status === 'revoked') {
    const isHeld = status.reason === 'certificateHold';
    if (state === 'active') return isHeld ? 'suspend' : 'terminate';
    return state === 'suspended' && !isHeld ? 'terminate' : null;
  }
  return state === 'suspended' && awaits !== 'revocation' ? 'release' : null;
}

/** The certificate of a token that ended while it was being issued: its revocation is written down once it is there. */
async function revokeLate(parts: PortalParts, serial: string): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const inside = { ...parts, database: trx, ca: openStore(trx) };
    const token = await findUsbToken(trx, serial);
    const job = await lastJobOf(trx, serial);
    if (token === null || job === null || token.certificate !== null) return;
    const certificate = await certificateOf(inside, job);
    const order = await inside.ca.orders.ofCase(job.caseId);
    const isOpen = order !== undefined && order.state !== 'refused' && order.state !== 'issued';
    if (certificate === null && isOpen) return;
    const reason = token.reason ?? 'superseded';
    const asked = certificate === null ? done : await askRevocation(inside, portal, { certificate, reason });
    await keepUsbToken(trx, { ...token, ...asked, certificate, changedAt: at });
    const details = certificate === null ? {} : { serialNumber: certificate.serialNumber, reason };
    await noteTokenEvent(trx, { serial, at, actor: portal.id, act: 'follow', state: token.state, details });
  });
}

/** The token of a case that was withdrawn or rejected waits for somebody else. */
async function giveBack(parts: PortalParts, id: string): Promise<void> {
  await inOneStep(parts.database, async trx => {
    const job = await findTokenJob(trx, id);
    if (job?.state === 'open') await endUnstarted(trx, job, { at: parts.clock.now(), actor: portal.id });
  });
}

/** It only writes down what an officer signs. */
const portal: Person = {
  id: 'ra-portal',
  roles: [],
  name: 'ra-portal',
  mailbox: '',
  organisation: null,
  signedInBy: 'token',
};
