/**
 * The sceptic: re-derives a whole PKI from its database and the CA core's home, and says everything that does not hold.
 * It reads the files by itself, so that no reader of ours vouches for a writer of ours.
 */
import { join } from 'node:path';
import { judgeAuditLog } from '../../ca-core/audit/judge.ts';
import type { AuditEvent } from '../../ca-core/audit/leaf.ts';
import { liveLog, storedLines } from '../../ca-core/audit/live-log.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { checkCertificates, checkIntentions, checkIssuers, checkOrders } from './check-certificates.ts';
import { checkCrls, checkStatus } from './check-status.ts';
import { certificateLines, readPki, unless, type Pki, type PkiUnderCheck } from './pki-under-check.ts';

export type { PkiUnderCheck } from './pki-under-check.ts';

/** Every fault in words; an empty list is a PKI whose parts agree. Call it when the CA core has nothing left to do. */
export async function checkPki(ground: PkiUnderCheck): Promise<readonly string[]> {
  const pki = await readPki(ground);
  const events = await eventsOf(pki);
  return [
    ...checkIssuers(pki),
    ...checkCertificates(pki),
    ...(await checkIntentions(pki)),
    ...(await checkOrders(pki)),
    ...(await checkStatus(pki)),
    ...(await checkCrls(pki, events)),
    ...(await checkAudit(pki)),
    ...checkIntendedEvents(pki, events),
  ];
}

async function eventsOf({ database }: Pki): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const { leaf } of storedLines(openStore(database).audit)) {
    const event = eventOf(leaf);
    if (event !== undefined) events.push(event);
  }
  return events;
}

async function checkAudit({ database, caHome }: Pki): Promise<string[]> {
  const log = liveLog(openStore(database).audit, { folder: join(caHome, 'audit') });
  if (log === undefined) return ['the audit log was not begun'];
  const verdict = await judgeAuditLog(log);
  const waiting = (await database('audit_outbox').count<{ n: number }[]>('* as n'))[0]?.n ?? 0;
  return [
    ...verdict.faults.map(fault => `audit log: ${fault.sentence}`),
    ...unless(waiting === 0, `${waiting} audit events still wait in the outbox`),
  ];
}

/** In the audit log each certificate was intended. */
function checkIntendedEvents({ issuers }: Pki, events: readonly AuditEvent[]): string[] {
  const intended = timesOf('certificate.intended', events);
  return issuers
    .flatMap(certificateLines)
    .filter(({ caseId }) => !intended.has(caseId))
    .map(({ caseId }) => `the audit log does not have case ${caseId} intended`);
}

/** Where nobody wrote by hand: the audit log has each certificate issued, once. */
export async function checkIssuedEvents(ground: PkiUnderCheck): Promise<string[]> {
  const pki = await readPki(ground);
  const issued = timesOf('certificate.issued', await eventsOf(pki));
  return pki.issuers
    .flatMap(certificateLines)
    .map(({ caseId }) => ({ caseId, times: issued.get(caseId) ?? 0 }))
    .filter(({ times }) => times !== 1)
    .map(({ caseId, times }) => `the audit log has case ${caseId} issued ${times} times`);
}

/** How often the log has this action on each subject. */
function timesOf(wanted: string, events: readonly AuditEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { action, subject } of events) {
    if (action === wanted) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  return counts;
}
