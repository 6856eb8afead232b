/** Orders that the database calls applied and the home has lost: what officers signed is looked at again, nothing else is believed. */
import {
  decodeDocument,
  type MassRevocationDocument,
  type RollDocument,
  type SignableDocument,
} from '../approvals/documents.ts';
import { decodeSerialList } from '../approvals/serial-list.ts';
import { applyKeyOrders } from '../block-keys.ts';
import { caFor, type Ca } from '../ca.ts';
import type { UnixTime } from '../clock.ts';
import { refusalOf } from '../errors.ts';
import { anchoredRoll, followRoll } from '../follow-roll.ts';
import type { JournalEntry } from '../home/journal-entry.ts';
import { applyMassRevocations } from '../revoke-many.ts';
import { applyRevocations } from '../revoke.ts';
import type { AppliedOrder, KnownDocument, OrderTable, RecoveryStore } from '../store/recovery.ts';
import type { MassRevocation } from '../store/mass-revocations.ts';
import type { OfferedRoll } from '../store/rolls.ts';

export type LostRoll = Pick<OfferedRoll, 'number' | 'authorisedBy'>;

export interface RefusedOrder {
  readonly kind: 'revocation' | 'release' | 'massRevocation' | 'keys';
  /** The serial number, hex; of an order about many, or about keys, its document's digest, hex. */
  readonly name: string;
}

export interface JudgedAgain {
  /** How many orders to revoke or release, of one certificate or of many, were judged. */
  readonly judgedAgain: number;
  /** How many orders to block keys or let them in again were judged. */
  readonly keyOrders: number;
  /** Those that hold no more (approved too long ago, by somebody who left): to be signed again where they are still meant. */
  readonly refused: readonly RefusedOrder[];
  /**
   * Rolls that the database has and that do not follow from the home's: what the console wrote only the home could vouch
   * for. They are taken out, and what they changed has to be entered again.
   */
  readonly rollsLost: readonly LostRoll[];
}

/**
 * All of it is done with when this returns, before anything can be issued; but what subscribers asked for beyond the hourly
 * rate waits for its turn.
 */
export async function judgeAgain(ca: Ca, recovery: RecoveryStore): Promise<JudgedAgain> {
  const single = await lostRevocations(ca, recovery);
  const many = await lostMassRevocations(ca, recovery);
  const rollsLost = await followRolls(ca);
  const keys = (await recovery.appliedIn('key_orders')).filter(one => !ca.home.blockedKeys.hasDigest(one.digest));
  const roll = anchoredRoll(ca.home.anchors)?.roll;
  const judge = async <O extends KnownDocument>(table: OrderTable, orders: readonly O[], turn: Turn): Promise<O[]> => {
    const ids = orders.map(({ id }) => id);
    await recovery.judgeAgain(table, ids);
    while (await turn(ca, roll));
    const refused = await recovery.refusedAmong(table, ids);
    return orders.filter(({ id }) => refused.has(id));
  };
  const ofKeys = await judge('key_orders', keys, applyKeyOrders);
  const ofOne = await judge('revocation_orders', single, applyRevocations);
  const ofMany = await judge('mass_revocations', many, applyMassRevocations);
  const refused: RefusedOrder[] = [
    ...ofKeys.map(({ digest }) => ({ kind: 'keys', name: digest }) as const),
    ...ofOne.flatMap(order => missedBy(caFor(ca, order.issuer), order)),
    ...ofMany.map(({ digest }) => ({ kind: 'massRevocation', name: digest }) as const),
  ];
  return { judgedAgain: single.length + many.length, keyOrders: keys.length, refused, rollsLost };
}

/** Whether anything came to its end. */
type Turn = (ca: Ca, roll: RollDocument | undefined) => Promise<boolean | number>;

/** What a refused order asked for and the certificate's status is not. */
function missedBy({ home: { statusJournal } }: Ca, { serialNumber, text }: AppliedOrder): readonly RefusedOrder[] {
  const last = statusJournal.of(serialNumber);
  const isRelease = readOrder(text)?.kind === 'release';
  const isMissed = isRelease
    ? last?.reason === 'certificateHold'
    : last?.change !== 'revoked' || isOnlyHeld(last, text);
  return isMissed ? [{ kind: isRelease ? 'release' : 'revocation', name: serialNumber }] : [];
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

async function lostRevocations(active: Ca, recovery: RecoveryStore): Promise<readonly AppliedOrder[]> {
  const lost: AppliedOrder[] = [];
  for (let after = '', isLast = false; !isLast;) {
    const orders = await recovery.appliedAfter(after, ordersAtOnce);
    lost.push(...orders.filter(order => isLost(caFor(active, order.issuer), order)));
    after = orders.at(-1)?.id ?? '';
    isLast = orders.length < ordersAtOnce;
  }
  return lost;
}

function isLost({ home: { statusJournal } }: Ca, { serialNumber, digest, text }: AppliedOrder): boolean {
  if (statusJournal.hasDigest(digest)) return false;
  const last = statusJournal.of(serialNumber);
  return last?.change !== 'revoked' || isOnlyHeld(last, text);
}

/** Whether the certificate is on hold where the order revokes it for good. */
function isOnlyHeld(last: JournalEntry, text: string): boolean {
  const document = readOrder(text);
  const isFinal = document?.kind === 'revocation' && document.reason !== 'certificateHold';
  return last.reason === 'certificateHold' && isFinal;
}

/** The document, where it can be read. */
function readOrder(text: string): SignableDocument | undefined {
  try {
    return decodeDocument(text);
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

async function lostMassRevocations(active: Ca, recovery: RecoveryStore): Promise<readonly KnownDocument[]> {
  const lost: KnownDocument[] = [];
  for (const one of await recovery.appliedIn('mass_revocations')) {
    const order = await active.store.massRevocations.of(one.digest);
    if (order !== undefined && (await isLeftUndone(caFor(active, order.issuer), order))) lost.push(one);
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
