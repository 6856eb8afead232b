/** The audit log, read once for all issuing CAs. */
import { decodeAuditLeaf, type AuditEvent } from '../audit/leaf.ts';
import { storedLines } from '../audit/live-log.ts';
import { refusalOf } from '../errors.ts';
import type { AuditStore } from '../store/audit.ts';
import { grace, type Comparison } from './ground.ts';
import { fingerprint } from './ledger.ts';
import type { Reading } from './read-places.ts';

const eventsPerStep = 500;

/** `comparisons`: one for each issuing CA, their signer logs read. */
export async function* readEvents(comparisons: readonly Comparison[]): Reading {
  const [first] = comparisons;
  if (first === undefined) return;
  let read = 0;
  for await (const { leaf } of storedLines(first.ground.audit as AuditStore)) {
    if (++read % eventsPerStep === 0) yield;
    const event = eventIn(leaf);
    if (event !== undefined) take(comparisons, event);
  }
  first.count('events', read);
}

function eventIn(leaf: Uint8Array): AuditEvent | undefined {
  try {
    return decodeAuditLeaf(leaf);
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

/** Only what the CA core tells itself: other services may write whatever they like under their own names. */
function take(comparisons: readonly Comparison[], event: AuditEvent): void {
  if (event.service !== 'ca-core') return;
  switch (event.action) {
    case 'certificate.intended':
    case 'certificate.issued':
      takeIssuance(comparisons, event);
      return;
    case 'certificate.revoked':
    case 'status.mended':
      for (const { ledger } of comparisons) {
        const at = ledger.find(event.subject);
        if (at !== undefined) ledger.mark(at, 'revokedEvent');
      }
      return;
  }
}

function takeIssuance(comparisons: readonly Comparison[], { action, subject, details, at: time }: AuditEvent): void {
  const { serialNumber = '', certificate, recovered } = details;
  const own = comparisons.find(({ ledger }) => {
    const at = ledger.find(serialNumber);
    return at !== undefined && ledger.has(at, 'logged');
  });
  const [first] = comparisons;
  const at = own?.ledger.find(serialNumber);
  if (own === undefined || at === undefined) {
    const isTold = action === 'certificate.issued' && first !== undefined && time <= first.ground.now - grace;
    const isLost = comparisons.some(({ ledger }) => ledger.has(ledger.find(serialNumber) ?? -1, 'recovered'));
    if (isTold && !isLost)
      first.found('eventForged', serialNumber, {
        caseId: subject,
        what: 'the audit log has it issued, the signer log does not know it',
      });
    return;
  }
  own.ledger.mark(at, action === 'certificate.issued' ? 'issuedEvent' : 'intendedEvent');
  if (recovered !== undefined) own.ledger.mark(at, 'recovered');
  if (certificate !== undefined) own.ledger.say(at, 'event', fingerprint(certificate));
}
