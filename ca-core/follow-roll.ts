/** The roll that counts: the home's own, moved on only by two officers of the roll before (design §1). */
import { checkApprovals } from './approvals/approval.ts';
import { decodeDocument, digestOf, type RollDocument } from './approvals/documents.ts';
import type { Ca } from './ca.ts';
import { PkiError, refusalOf } from './errors.ts';
import type { Anchors } from './home/home.ts';
import type { OfferedRoll } from './store/rolls.ts';

/** The roll that the home holds, or nothing before the first. */
export function anchoredRoll(anchors: Anchors): { readonly digest: string; readonly roll: RollDocument } | undefined {
  const newest = anchors.rolls.newest();
  if (newest === undefined) return undefined;
  const roll = decodeDocument(newest.content.text);
  if (roll.kind !== 'roll') throw new PkiError('documentMalformed', { what: 'the roll in the home' });
  return { digest: digestOf(newest.content.text), roll };
}

/** Follows what the database offers link by link; a link that does not hold is taken out, audited and alarmed. */
export async function followRoll(ca: Ca): Promise<RollDocument | undefined> {
  const before = anchoredRoll(ca.home.anchors);
  for (const offered of await ca.store.rolls.after(before?.roll.number ?? 0)) {
    const current = anchoredRoll(ca.home.anchors);
    try {
      checkLink(ca, offered, current);
      await ca.home.anchors.rolls.add(offered.number, { text: offered.text, authorisedBy: 'officers' });
      await note(ca, 'roll.followed', offered);
    } catch (error) {
      const refusal = refusalOf(error);
      // The console may have written this very link while we looked.
      if (anchoredRoll(ca.home.anchors)?.digest === offered.digest) continue;
      await ca.store.rolls.discard(offered.number);
      await note(ca, 'roll.refused', offered);
      ca.log.error({ roll: offered.number, refusal: refusal.message }, 'a roll that does not hold was taken out');
    }
  }
  return anchoredRoll(ca.home.anchors)?.roll;
}

/** Throws what is wrong with one step from the current roll to the next. */
function checkLink(ca: Ca, offered: OfferedRoll, current: { digest: string; roll: RollDocument } | undefined): void {
  if (current === undefined) throw new PkiError('rollOutOfOrder', { number: offered.number });
  const roll = decodeDocument(offered.text);
  if (roll.kind !== 'roll') throw new PkiError('documentMalformed');
  const follows =
    roll.number === current.roll.number + 1 && roll.number === offered.number && roll.previous === current.digest;
  if (!follows) throw new PkiError('rollOutOfOrder', { number: offered.number });
  const ground = { ca: ca.id, roll: current.roll, relyingParty: ca.relyingParty, now: ca.clock.now() };
  const approved = checkApprovals({ documentText: offered.text, approvals: offered.approvals, ...ground });
  if (approved.digest !== offered.digest) throw new PkiError('digestMismatch');
}

async function note(ca: Ca, action: string, roll: OfferedRoll): Promise<void> {
  const details = { digest: roll.digest };
  await ca.store.audit.note({
    at: ca.clock.now(),
    service: 'ca-core',
    action,
    actor: 'ca-core',
    subject: String(roll.number),
    details,
  });
}
