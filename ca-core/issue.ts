/** Issuing in the order that is safe to interrupt (design §3). */
import type { RollDocument } from './approvals/documents.ts';
import type { AuditEvent } from './audit/leaf.ts';
import { allOf, caFor, type Ca } from './ca.ts';
import { checkOrder, type CheckedOrder } from './check-order.ts';
import { refusalOf, type PkiError } from './errors.ts';
import { finishIntentions, type IntentionToFinish } from './finish-intentions.ts';
import { makeIntention, type MadeIntention } from './make-intention.ts';
import type { IssuanceOrder } from './store/orders.ts';

/** Takes one batch of waiting orders to their end, issued or refused. How many there were. */
export async function issueBatch(ca: Ca, worker: string, roll: RollDocument): Promise<number> {
  const orders = await ca.store.orders.claim(worker, ca.policies.schedule.issuing.batch);
  if (orders.length === 0) return 0;
  await ca.atStep('claimed');
  const checked = (
    await Promise.all(orders.map(order => eachOrRefuse(ca, order, () => checkOrder(caNamedIn(ca, order), order, roll))))
  ).filter(isThere);
  await ca.atStep('checked');
  const made = (
    await Promise.all(
      checked.map(one => eachOrRefuse(ca, one.order, () => makeIntention(caFor(ca, one.document.ca), one))),
    )
  ).filter(isThere);
  await ca.atStep('linted');
  if (made.length === 0) return orders.length;
  const deliveries = made.flatMap(one => (one.delivery === null ? [] : [one.delivery]));
  await ca.store.orders.intend(
    worker,
    made.map(one => one.intention),
    deliveries,
    made.map(one => intendedEvent(ca, one)),
  );
  await ca.atStep('intended');
  for (const one of allOf(ca)) {
    const own = made.filter(({ intention }) => intention.issuer === one.id);
    if (own.length > 0) await finishIntentions(one, own.map(toFinish));
  }
  return orders.length;
}

/** Which CA shall judge; that the document is for this very CA is judged there. */
function caNamedIn(ca: Ca, { text }: IssuanceOrder): Ca {
  const named = ca.beside.find(one => text.includes(`"ca":"${one.id}"`));
  return named ?? ca;
}

/** What does not hold is closed with its reason; a store that fails leaves it claimed and stops the turn. */
async function eachOrRefuse<T>(ca: Ca, order: IssuanceOrder, step: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    const refusal = refusalOf(error);
    await ca.store.orders.refuse(order, refusal, refusedEvent(ca, order, refusal));
    ca.log.warn({ caseId: order.caseId, refusal: refusal.message }, 'order refused');
    return undefined;
  }
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

const toFinish = (made: MadeIntention): IntentionToFinish => ({ intention: made.intention, notAfter: made.notAfter });

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
