/** When a CRL is due, and of which kind: the CA core decides it; an order only wakes it (design §1). */
import type { Ca } from './ca.ts';
import { clockWatcher, watchOf } from './clock-watch.ts';
import { makeCrl } from './make-crl.ts';
import { isRevokingMany } from './revoke-many.ts';
import { isStatusTouched, reconcileNew, reconcileStatus } from './reconcile-status.ts';
import type { CrlMark } from './store/crls.ts';

/** Makes the next CRL if one is due. Whether it did. */
export async function makeCrlIfDue(ca: Ca): Promise<boolean> {
  if (!(await isClockFit(ca))) return false;
  const newest = await ownNewest(ca);
  const kind = await dueKind(ca, newest);
  if (kind === undefined) return false;
  if (newest === undefined && ca.home.signerLog.lastCrl().crlNumber > 0) await noteUnrecorded(ca);
  if (kind === 'full') await reconcileStatus(ca);
  else await reconcileNew(ca);
  await makeCrl(ca, kind);
  return true;
}

/** The last CRL that this home signed, as recorded. Rows above it are another hand's and would hide every true one. */
async function ownNewest(ca: Ca): Promise<CrlMark | undefined> {
  const { crlNumber } = ca.home.signerLog.lastCrl();
  const newest = await ca.store.crls.newestMark(ca.id);
  if (newest === undefined || newest.crlNumber === crlNumber) return newest;
  if (newest.crlNumber < crlNumber) return undefined;
  await ca.store.crls.discardAbove(ca.id, crlNumber);
  ca.log.error({ crlNumber: newest.crlNumber }, 'a CRL that this CA core did not make was taken out');
  return ownNewest(ca);
}

/** A crash came between its signature and its row, or somebody took the row away: the number is not used again. */
async function noteUnrecorded(ca: Ca): Promise<void> {
  const { crlNumber, tbs } = ca.home.signerLog.lastCrl();
  const what = { action: 'crl.notRecorded', actor: 'ca-core', subject: String(crlNumber), details: { tbs } };
  await ca.store.audit.note({ at: ca.clock.now(), service: 'ca-core', ...what });
}

async function dueKind(ca: Ca, newest: CrlMark | undefined): Promise<'full' | 'delta' | undefined> {
  const { minInterval, madeWithin, overdueAfter, fullUpTo, fullWithin, delta } = ca.policies.schedule.crl;
  const now = ca.clock.now();
  const last = ca.home.signerLog.lastCrl();
  const full = ca.home.signerLog.fullCrls().at(-1);
  const age = now - last.at;
  // Thousands are being revoked: one list tells of all, if they are done within the time that a revocation may wait.
  const pause = isRevokingMany(ca) ? madeWithin : minInterval;
  if (age >= 0 && age < pause) return undefined;
  // Signed and not recorded: a crash, or a row that somebody took away. The next number is made.
  if (newest === undefined || age >= overdueAfter) return 'full';
  const isBehind = (await isStatusTouched(ca)) || (await ca.store.status.lastRevocationSeq()) > newest.throughSeq;
  // The clock went back: nothing is made by the hour, what was revoked is told all the same.
  if (age < 0) return isBehind ? 'full' : undefined;
  // A long list is not made anew for every revocation; a delta tells it at once, the full one within its time.
  const isLong = delta !== null && full !== undefined && full.entries > fullUpTo;
  if (isLong && now - full.at < fullWithin) return isBehind ? 'delta' : undefined;
  const isOwed = full !== undefined && full.crlNumber < last.crlNumber;
  return isBehind || isOwed || (await ca.store.crls.waiting(ca.id)) > 0 ? 'full' : undefined;
}

const faults = new WeakMap<Ca, string>();

/** Tells of a clock that jumped, once, where the states of all services are seen. Whether CRLs may be dated by it. */
async function isClockFit(ca: Ca): Promise<boolean> {
  const now = ca.clock.now();
  const ahead = watchOf(ca, ca.policies.schedule.crl.clockJump).look(now);
  const behind = ca.home.signerLog.lastCrl().at - now;
  const fault = ahead ?? (behind > tolerance ? 'the clock is behind the last CRL: its time is kept' : '');
  const known = faults.get(ca) ?? (await toldBefore(ca));
  if (fault.slice(0, 20) !== known.slice(0, 20)) {
    if (fault !== '') ca.log.error({ fault }, 'the clock cannot be right');
    const state = fault === '' ? 'green' : 'red';
    await ca.store.states.beat({ service: clockWatcher, state, detail: fault, seenAt: now });
  }
  faults.set(ca, fault);
  return ahead === undefined;
}

/** What this CA core told of the clock before it was started: if it is right, it has to be taken back. */
async function toldBefore({ store }: Ca): Promise<string> {
  return (await store.states.all()).find(({ service }) => service === clockWatcher)?.detail ?? '';
}

/** Seconds that clocks of several machines may differ. */
const tolerance = 60;
