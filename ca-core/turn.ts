/** What the CA core does turn by turn: status first, which waits for nothing; then issuing, which waits for the audit log. */
import type { AuditSequencer } from './audit/sequencer.ts';
import { digestOf, encodeDocument } from './approvals/documents.ts';
import type { Ca } from './ca.ts';
import { PkiError } from './errors.ts';
import { finishInterrupted } from './finish-intentions.ts';
import { anchoredRoll, followRoll } from './follow-roll.ts';
import { issueBatch } from './issue.ts';
import { issueSigners } from './issue-signer.ts';
import { makeCrlIfDue } from './make-crl.ts';
import { applyRevocations, reconcileStatus } from './revoke.ts';

/** One round of everything; true when there was work. What an earlier turn or run left half done is resumed first. */
export function turnsOf(ca: Ca, audit: AuditSequencer): () => Promise<boolean> {
  const halfDone = { status: true, issuing: true };
  return async () => {
    if (halfDone.status) await resumeStatus(ca);
    halfDone.status = true;
    const roll = await followRoll(ca);
    const revoked = await applyRevocations(ca, roll);
    const { state, reason } = ca.keyHealth();
    const signers = state === 'green' ? await issueSigners(ca) : 0;
    const crl = state === 'green' && (await makeCrlIfDue(ca));
    halfDone.status = false;
    // Where the audit log cannot be written this throws: nothing is issued, nothing is finished (design §3).
    const sequenced = await audit.sequence();
    // Orders wait for the token; what needs no key has been done.
    if (state === 'red') throw new PkiError('tokenUnavailable', { reason });
    if (halfDone.issuing) await resumeIssuing(ca);
    halfDone.issuing = true;
    const orders = roll === undefined ? 0 : await issueBatch(ca, `ca-core ${process.pid}`, roll);
    halfDone.issuing = false;
    return revoked + signers + orders + sequenced > 0 || crl;
  };
}

/** The database follows the home: its roll, its journal. */
async function resumeStatus(ca: Ca): Promise<void> {
  const anchored = anchoredRoll(ca.home.anchors);
  if (anchored !== undefined) {
    const text = encodeDocument(anchored.roll);
    const authorisedBy = ca.home.anchors.rolls.newest()?.content.authorisedBy ?? 'console';
    const { number } = anchored.roll;
    await ca.store.rolls.add({ number, digest: digestOf(text), text, authorisedBy, at: ca.clock.now() });
  }
  await reconcileStatus(ca);
}

/** Work that was claimed is given back, what was intended is finished. */
async function resumeIssuing(ca: Ca): Promise<void> {
  await ca.store.orders.reclaim();
  await finishInterrupted(ca);
}
