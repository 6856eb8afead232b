/** Issuing in the order that is safe to interrupt (design §3). */
import type { RollDocument } from './approvals/documents.ts';
import type { SignedList } from './approvals/list.ts';
import type { AuditEvent } from './audit/leaf.ts';
import { allOf, caFor, type Ca } from './ca.ts';
import { checkOrder, verifyOrder, type CheckedOrder, type VerifiedOrder } from './check-order.ts';
import { refusalOf, type PkiError } from './errors.ts';
import { takeStep } from './failpoints.ts';
import { finishIntentions, type IntentionToFinish } from './finish-intentions.ts';
import { makeIntention, type MadeIntention } from './make-intention.ts';
import type { IssuanceOrder } from './store/orders.ts';

/** Takes one batch of waiting orders to their end, issued or refused. How many there were. */
export async function issueBatch(ca: Ca, worker: string, roll: RollDocument): Promise<number> {
  await ca.atFailpoint('before order.claim');
  const orders = await ca.store.orders.claim(worker, ca.policies.schedule.issuing.batch);
  await prepareKeys(ca, orders);
  if (orders.length === 0) return 0;
  await ca.atFailpoint('after order.claim');
  const verified = await takeStep(ca, 'order.verify', () => verifyAll(ca, orders, roll));
  const checked = await takeStep(ca, 'order.check', () =>
    eachOrRefuse(ca, verified, one => checkOrder(caFor(ca, one.document.ca), one, roll)),
  );
  const made = await takeStep(ca, 'order.lint', () =>
    eachOrRefuse(ca, checked, one => makeIntention(caFor(ca, one.document.ca), one)),
  );
  if (made.length === 0) return orders.length;
  await takeStep(ca, 'order.intend', () => intend(ca, worker, made));
  for (const one of allOf(ca)) {
    const own = made.filter(({ intention }) => intention.issuer === one.id);
    if (own.length > 0) await finishIntentions(one, own.map(toFinish));
  }
  return orders.length;
}

async function verifyAll(
  ca: Ca,
  orders: readonly IssuanceOrder[],
  roll: RollDocument,
): Promise<readonly VerifiedOrder[]> {
  const ground = { roll, voided: await voidedIn(ca, orders), lists: new Map<string, SignedList>() };
  return eachOrRefuse(
    ca,
    orders.map(order => ({ order })),
    ({ order }) => verifyOrder(caNamedIn(ca, order), order, ground),
  );
}

/** Only attested lists, and keys that a station makes, wait long enough to be called off after they were ordered. */
async function voidedIn(ca: Ca, orders: readonly IssuanceOrder[]): Promise<ReadonlySet<string>> {
  const waited = orders.flatMap(({ attestedList, stationRequest, digest }) => [
    ...(attestedList === null ? [] : [attestedList, digest]),
    ...(stationRequest === null ? [] : [digest]),
  ]);
  return waited.length === 0 ? new Set() : ca.store.documents.voidedAmong([...new Set(waited)]);
}

/** While rows that want RSA keys are waiting, keys are made for them; nobody else's orders are looked at for that. */
async function prepareKeys(ca: Ca, orders: readonly IssuanceOrder[]): Promise<void> {
  const isOfList = orders.some(({ attestedList }) => attestedList !== null);
  if (orders.length === 0) ca.subjectKeys.prepare(null);
  else if (isOfList) ca.subjectKeys.prepare(await ca.store.containers.nextRsaKey());
}

/** Which CA shall judge; that the document is for this very CA is judged there. */
function caNamedIn(ca: Ca, { text }: IssuanceOrder): Ca {
  const named = ca.beside.find(one => text.includes(`"ca":"${one.id}"`));
  return named ?? ca;
}

function intend(ca: Ca, worker: string, made: readonly MadeIntention[]): Promise<void> {
  return ca.store.orders.intend(
    worker,
    made.map(one => one.intention),
    made.flatMap(one => (one.delivery === null ? [] : [one.delivery])),
    made.map(one => intendedEvent(ca, one)),
  );
}

/** What passes the step; the rest is closed with its reason. */
async function eachOrRefuse<From extends { readonly order: IssuanceOrder }, To>(
  ca: Ca,
  all: readonly From[],
  step: (one: From) => To | Promise<To>,
): Promise<readonly To[]> {
  const passed = await Promise.all(all.map(one => passOrRefuse(ca, one.order, () => step(one))));
  return passed.filter(isThere);
}

/** A store that fails leaves the order claimed and stops the turn. */
async function passOrRefuse<T>(ca: Ca, order: IssuanceOrder, step: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    const refusal = refusalOf(error);
    const event = refusedEvent(ca, order, refusal);
    await takeStep(ca, 'order.refuse', () => ca.store.orders.refuse(order, refusal, event));
    ca.log.warn({ caseId: order.caseId, refusal: refusal.message }, 'order refused');
    return undefined;
  }
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

const toFinish = (made: MadeIntention): IntentionToFinish => ({
  intention: made.intention,
  fields: made.fields,
  wrappedKey: made.delivery?.wrappedKey ?? null,
});

function intendedEvent(ca: Ca, { intention, checked }: MadeIntention): AuditEvent {
  return {
    at: ca.clock.now(),
    service: 'ca-core',
    action: 'certificate.intended',
    actor: approversOf(checked),
    subject: intention.caseId,
    details: { serialNumber: intention.serialNumber, digest: intention.caseDigest, profile: intention.profile },
  };
}

const approversOf = (checked: CheckedOrder): string => checked.approvers.join(' ');

function refusedEvent(ca: Ca, order: IssuanceOrder, refusal: PkiError): AuditEvent {
  const details = { digest: order.digest, code: refusal.code };
  return {
    at: ca.clock.now(),
    service: 'ca-core',
    action: 'order.refused',
    actor: 'ca-core',
    subject: order.caseId,
    details,
  };
}
