/**
 * The database follows the journal, never the other way: a revocation that vanished is put back, one that this CA never
 * decided is taken back, both audited.
 */
import type { Ca } from './ca.ts';
import { takeStep } from './failpoints.ts';
import type { JournalStatus } from './home/journal-entry.ts';
import type { StatusDecision } from './store/status-decisions.ts';
import type { Decision, DecisionMark } from './store/status.ts';

/** Compares every decision in the database with the journal. */
export async function reconcileStatus(ca: Ca): Promise<void> {
  await compare(ca, { mark: { count: 0, top: 0 }, decisions: 0 });
}

/** The same for what is new, where nothing went away below it; else for everything. What was altered in place, reconcileStatus finds. */
export async function reconcileNew(ca: Ca): Promise<void> {
  const known = compared.get(ca);
  if (known === undefined || !(await compare(ca, known))) await reconcileStatus(ca);
}

/** Whether decisions came into the database, or left it, since they were last compared with the journal. */
export async function isStatusTouched(ca: Ca): Promise<boolean> {
  const { count, top } = await ca.store.status.decisionMark(ca.id);
  const known = compared.get(ca)?.mark;
  return known?.count !== count || known.top !== top;
}

/** How far the decisions in the database have been compared with those of the journal. */
interface Compared {
  readonly mark: DecisionMark;
  readonly decisions: number;
}

const compared = new WeakMap<Ca, Compared>();
const rowsAtOnce = 2_000;
const [unseen, right, wrong] = [0, 1, 2];

/** Whether what was compared before is all there still. */
async function compare(ca: Ca, from: Compared): Promise<boolean> {
  const { statusJournal } = ca.home;
  const mark = await ca.store.status.decisionMark(ca.id);
  const decisions = statusJournal.decisions();
  const seen = new Uint8Array(statusJournal.count());
  const foreign = new Map<string, Decision>();
  let count = from.mark.count;
  let rows: readonly Decision[] = [];
  for (
    let { top: seq } = from.mark;
    (rows = await ca.store.status.decisionsAfter(ca.id, seq, rowsAtOnce)).length > 0;
  ) {
    for (const row of rows) {
      const place = statusJournal.placeOf(row.serialNumber);
      if (place === undefined) foreign.set(row.serialNumber, row);
      else seen[place] = statusJournal.agrees(place, row) ? right : wrong;
      if (row.seq <= mark.top) count++;
    }
    seq = rows.at(-1)?.seq ?? seq;
  }
  if (count !== mark.count && from.mark.count > 0) return false;
  for (const entry of wrongOnes(ca, seen, from)) await mend(ca, decisionOf(ca, entry, null));
  for (const { serialNumber, change } of foreign.values()) {
    if (change === 'revoked') await mend(ca, foreignRelease(ca, serialNumber));
  }
  compared.set(ca, { mark, decisions });
  return true;
}

/** A release needs no row where there is no revocation to be seen. */
function wrongOnes(ca: Ca, seen: Uint8Array, from: Compared): JournalStatus[] {
  const { statusJournal } = ca.home;
  const missing: JournalStatus[] = [];
  for (let place = seen.indexOf(unseen); place >= 0; place = seen.indexOf(unseen, place + 1)) {
    if (statusJournal.decisionAt(place) < from.decisions) continue;
    const status = statusJournal.at(place);
    if (status.change === 'revoked') missing.push(status);
  }
  const spoiled: JournalStatus[] = [];
  for (let place = seen.indexOf(wrong); place >= 0; place = seen.indexOf(wrong, place + 1)) {
    spoiled.push(statusJournal.at(place));
  }
  return [...spoiled, ...missing];
}

async function mend(ca: Ca, decision: StatusDecision): Promise<void> {
  const { serialNumber, change } = decision;
  ca.log.error({ serialNumber, change }, 'the database disagreed with the journal about a status; it was mended');
  const at = ca.clock.now();
  const event = {
    at,
    service: 'ca-core',
    action: 'status.mended',
    actor: 'ca-core',
    subject: serialNumber,
    details: { change },
  };
  await takeStep(ca, 'status.mend', () => ca.store.revocations.apply([{ decision, event }]));
}

function foreignRelease(ca: Ca, serialNumber: string): StatusDecision {
  const at = ca.clock.now();
  const notAfter = ca.home.signerLog.notAfterOf(serialNumber) ?? at;
  const nothing = { reason: null, revokedAt: null, invalidityDate: null, orderId: null };
  return { issuer: ca.id, serialNumber, change: 'released', notAfter, at, ...nothing };
}

/** What the database is told of a decision. */
export function decisionOf(ca: Ca, entry: JournalStatus, orderId: string | null): StatusDecision {
  const { serialNumber, change, reason, revokedAt, invalidityDate, notAfter } = entry;
  return {
    issuer: ca.id,
    serialNumber,
    change,
    reason,
    revokedAt,
    invalidityDate,
    notAfter,
    orderId,
    at: ca.clock.now(),
  };
}
