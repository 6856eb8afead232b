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
    ...checkIssuedEvents(pki, events),
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

/** In the audit log each certificate was intended, and issued once. */
function checkIssuedEvents({ issuers }: Pki, events: readonly AuditEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const { action, subject } of events) {
    const name = `${action} ${subject}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const times = (action: string, caseId: string): number => counts.get(`${action} ${caseId}`) ?? 0;
  return issuers.flatMap(certificateLines).flatMap(({ caseId }) => {
    const [issued, intended] = [times('certificate.issued', caseId), times('certificate.intended', caseId)];
    return [
      ...unless(issued === 1, `the audit log has case ${caseId} issued ${issued} times`),
      ...unless(intended > 0, `the audit log does not have case ${caseId} intended`),
    ];
  });
}
