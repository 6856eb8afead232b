/** Orders that the database calls applied and the home has lost: what officers signed is looked at again, nothing else is believed. */
import { decodeDocument, type MassRevocationDocument } from '../approvals/documents.ts';
import { decodeSerialList } from '../approvals/serial-list.ts';
import { applyKeyOrders } from '../block-keys.ts';
import { caFor, type Ca } from '../ca.ts';
import type { UnixTime } from '../clock.ts';
import { refusalOf } from '../errors.ts';
import { anchoredRoll, followRoll } from '../follow-roll.ts';
import type { AppliedOrder, RecoveryStore } from '../store/recovery.ts';
import type { MassRevocation } from '../store/mass-revocations.ts';
import type { OfferedRoll } from '../store/rolls.ts';

export type LostRoll = Pick<OfferedRoll, 'number' | 'authorisedBy'>;

export interface JudgedAgain {
  /** How many orders to revoke, of one certificate or of many, the CA core judges at its next turn. */
  readonly judgedAgain: number;
  /** How many orders to block keys or let them in again were judged. */
  readonly keyOrders: number;
  /** Digests of those that did not hold any more: to be signed again where they are still meant. */
  readonly keyOrdersRefused: readonly string[];
  /**
   * Rolls that the database has and that do not follow from the home's: what the console wrote only the home could vouch
   * for. They are taken out, and what they changed has to be entered again.
   */
  readonly rollsLost: readonly LostRoll[];
}

/** Rolls and keys are done with when this returns, before anything can be issued. */
export async function judgeAgain(ca: Ca, recovery: RecoveryStore): Promise<JudgedAgain> {
  const single = await lostRevocations(ca, recovery);
  const many = await lostMassRevocations(ca, recovery);
  await recovery.judgeAgain('revocation_orders', single);
  await recovery.judgeAgain('mass_revocations', many);
  const rollsLost = await followRolls(ca);
  const keyOrders = (await recovery.appliedIn('key_orders')).filter(one => !ca.home.blockedKeys.hasDigest(one.digest));
  const ids = keyOrders.map(({ id }) => id);
  await recovery.judgeAgain('key_orders', ids);
  while (await applyKeyOrders(ca, anchoredRoll(ca.home.anchors)?.roll));
  const refused = await recovery.refusedAmong('key_orders', ids);
  const keyOrdersRefused = keyOrders.filter(({ id }) => refused.has(id)).map(({ digest }) => digest);
  return { judgedAgain: single.length + many.length, keyOrders: ids.length, keyOrdersRefused, rollsLost };
}

async function followRolls(ca: Ca): Promise<readonly LostRoll[]> {
  const { anchors } = ca.home;
  const offered = await ca.store.rolls.after(anchoredRoll(anchors)?.roll.number ?? 0);
  await followRoll(ca);
  return offered
    .filter(({ number, text }) => anchors.rolls.find(number)?.text !== text)
    .map(({ number, authorisedBy }) => ({ number, authorisedBy }));
}

const ordersAtOnce = 500;

async function lostRevocations(active: Ca, recovery: RecoveryStore): Promise<readonly string[]> {
  const lost: string[] = [];
  for (let after = '', isLast = false; !isLast;) {
    const orders = await recovery.appliedAfter(after, ordersAtOnce);
    lost.push(...orders.filter(order => isLost(caFor(active, order.issuer), order)).map(({ id }) => id));
    after = orders.at(-1)?.id ?? '';
    isLast = orders.length < ordersAtOnce;
  }
  return lost;
}

function isLost({ home: { statusJournal } }: Ca, { serialNumber, digest, text }: AppliedOrder): boolean {
  if (statusJournal.hasDigest(digest)) return false;
  const last = statusJournal.of(serialNumber);
  return last?.change !== 'revoked' || (last.reason === 'certificateHold' && isFinal(text));
}

/** Whether an order revokes for good. */
function isFinal(text: string): boolean {
  try {
    const document = decodeDocument(text);
    return document.kind === 'revocation' && document.reason !== 'certificateHold';
  } catch (error) {
    refusalOf(error);
    return false;
  }
}

async function lostMassRevocations(active: Ca, recovery: RecoveryStore): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const { id, digest } of await recovery.appliedIn('mass_revocations')) {
    const order = await active.store.massRevocations.of(digest);
    if (order !== undefined && (await isLeftUndone(caFor(active, order.issuer), order))) lost.push(id);
  }
  return lost;
}

/** Whether the order, were it judged now, would revoke anything. One that cannot be read is for its judge to refuse. */
async function isLeftUndone(ca: Ca, order: MassRevocation): Promise<boolean> {
  try {
    const document = decodeDocument(order.text);
    if (document.kind !== 'massRevocation') return true;
    const list = await ca.store.massRevocations.serials(document.serialNumbers);
    const closedAt = order.closedAt ?? order.createdAt;
    const open = decodeSerialList(list ?? '', document).filter(one => isOpen(ca, document.reason, one, closedAt));
    const profiles = await ca.store.certificates.profilesOf(ca.id, open);
    return open.some(one => {
      const profile = ca.policies.profiles.get(profiles.get(one) ?? '');
      return profile === undefined || profile.revocationReasons.includes(document.reason);
    });
  } catch (error) {
    refusalOf(error);
    return true;
  }
}

function isOpen(
  { home: { signerLog, statusJournal } }: Ca,
  reason: MassRevocationDocument['reason'],
  serialNumber: string,
  closedAt: UnixTime,
): boolean {
  if (signerLog.notAfterOf(serialNumber) === undefined) return false;
  const last = statusJournal.of(serialNumber);
  if (last === undefined) return true;
  // What was released later was meant to be.
  if (last.change === 'released') return last.at < closedAt;
  return last.reason === 'certificateHold' && reason !== 'certificateHold';
}
