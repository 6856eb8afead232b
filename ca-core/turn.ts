/** What the CA core does turn by turn: status first, which waits for nothing; then issuing, which waits for the audit log. */
import type { Aside } from './aside.ts';
import type { AuditSequencer } from './audit/sequencer.ts';
import { digestOf, encodeDocument, type RollDocument } from './approvals/documents.ts';
import { applyKeyOrders, reconcileBlockedKeys } from './block-keys.ts';
import { allOf, type Ca } from './ca.ts';
import { watchOf } from './clock-watch.ts';
import { makeCrlIfDue } from './crl-due.ts';
import { PkiError } from './errors.ts';
import { takeStep } from './failpoints.ts';
import { finishInterrupted } from './finish-intentions.ts';
import { anchoredRoll, followRoll } from './follow-roll.ts';
import { issueBatch } from './issue.ts';
import { issueSigners } from './issue-signer.ts';
import { openLeadership, type Leadership, type Worker } from './leadership.ts';
import { reconcileStatus } from './reconcile-status.ts';
import { applyRevocations } from './revoke.ts';
import { applyMassRevocations } from './revoke-many.ts';

/** Seconds between two looks for what vanished workers left, and for keys that nobody fetched. */
const lookAfterEvery = 5;
const expireEvery = 3600;

interface Work {
  readonly ca: Ca;
  readonly audit: AuditSequencer;
  readonly worker: Worker;
  readonly leadership: Leadership;
  readonly asides: readonly Aside[];
  readonly halfDone: { status: boolean; issuing: boolean };
  readonly doneAt: { lookedAfter: number; expired: number };
}

export interface Turns {
  /** One round of everything; true when there was work. What an earlier turn or run left half done is resumed first. */
  readonly take: () => Promise<boolean>;
  /** Breaks off what is done beside. */
  readonly stop: () => void;
  /** The same, and lets another worker lead at once. */
  readonly end: () => Promise<void>;
}

/** `asides`: what whoever leads does beside. */
export function turnsOf(ca: Ca, audit: AuditSequencer, worker: Worker, asides: readonly Aside[]): Turns {
  const leadership = openLeadership(ca.store.leases, ca.clock, worker);
  const halfDone = { status: true, issuing: true };
  const work: Work = { ca, audit, worker, leadership, asides, halfDone, doneAt: { lookedAfter: 0, expired: 0 } };
  const take = async (): Promise<boolean> => {
    for (const one of allOf(ca)) {
      one.home.follow();
      // Every turn, also while another leads or the key is away: else the days until it is back would look like a jump.
      watchOf(one, one.policies.schedule.crl.clockJump).look(one.clock.now());
    }
    const led = (await leadership.hold()) ? await leadOrGiveUp(work) : notLeading(work);
    // Where nobody writes the audit log nothing is issued, nothing is finished (design §3).
    if (!leadership.isVouched()) return led > 0;
    // Orders wait for the token; what needs no key has been done.
    const red = allOf(ca)
      .map(one => one.keyHealth())
      .find(({ state }) => state === 'red');
    if (red !== undefined) throw new PkiError('tokenUnavailable', { reason: red.reason });
    const issued = await issue(work, anchoredRoll(ca.home.anchors)?.roll);
    return led + issued > 0;
  };
  const stop = (): void => asides.forEach(aside => aside.stop());
  const end = (): Promise<void> => {
    stop();
    return leadership.giveUp();
  };
  return { take, stop, end };
}

/** What one worker does for all. */
async function leadOrGiveUp(work: Work): Promise<number> {
  const { audit, leadership, asides } = work;
  try {
    let done = await leadStatus(work);
    for (const aside of asides) if (await aside.step()) done++;
    const sequenced = await takeStep(work.ca, 'audit.sequence', audit.sequence);
    await leadership.vouch();
    return done + sequenced;
  } catch (error) {
    await leadership.giveUp().catch(() => undefined);
    throw error;
  }
}

async function leadStatus({ ca, halfDone, doneAt }: Work): Promise<number> {
  if (halfDone.status) await resumeStatus(ca);
  halfDone.status = true;
  const roll = await followRoll(ca);
  const revoked = (await applyRevocations(ca, roll)) + ((await applyMassRevocations(ca, roll)) ? 1 : 0);
  const keys = (await applyKeyOrders(ca, roll)) ? 1 : 0;
  const canSign = allOf(ca).filter(one => one.keyHealth().state === 'green');
  const signers = canSign.length > ca.beside.length ? await issueSigners(ca) : 0;
  let crls = 0;
  for (const one of canSign) if (await makeCrlIfDue(one)) crls++;
  const now = ca.clock.now();
  // A clock that jumped ahead would erase every key that waits.
  const isCredible = watchOf(ca, ca.policies.schedule.crl.clockJump).credible(now) === now;
  if (isCredible && now - doneAt.expired >= expireEvery) {
    await ca.store.deliveries.expire(now);
    doneAt.expired = now;
  }
  halfDone.status = false;
  return revoked + keys + signers + crls;
}

function notLeading({ audit, asides, halfDone }: Work): number {
  audit.stepDown();
  asides.forEach(aside => aside.stop());
  halfDone.status = true;
  return 0;
}

/** What every worker does. */
async function issue(work: Work, roll: RollDocument | undefined): Promise<number> {
  const { ca, worker, halfDone } = work;
  if (halfDone.issuing || (await isLeftBehind(work))) await resumeIssuing(ca, worker);
  halfDone.issuing = true;
  const orders =
    roll === undefined ? 0 : (await ca.store.orders.takeUpTokens()) + (await issueBatch(ca, worker.name, roll));
  halfDone.issuing = false;
  return orders;
}

/** Whether a worker that is not there any more had claimed something. */
async function isLeftBehind({ ca, worker, doneAt }: Work): Promise<boolean> {
  const now = ca.clock.now();
  if (now - doneAt.lookedAfter < lookAfterEvery) return false;
  doneAt.lookedAfter = now;
  const claimants = await ca.store.orders.claimants();
  if (claimants.length === 0) return false;
  const there = [worker.name, ...worker.busy()];
  return claimants.some(claimant => claimant === null || !there.includes(claimant));
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
  for (const one of allOf(ca)) await reconcileStatus(one);
  await reconcileBlockedKeys(ca);
}

/** Work that was claimed is given back, what was intended is finished. */
async function resumeIssuing(ca: Ca, { name, busy }: Worker): Promise<void> {
  const others = busy();
  await takeStep(ca, 'order.takeOver', () => ca.store.orders.takeOver(name, others));
  await finishInterrupted(ca, others);
}
