/** The roll that counts: the home's own, moved on only by two officers of the roll before (design §1). */
import { checkApprovals } from './approvals/approval.ts';
import { decodeDocument, digestOf, type RollDocument } from './approvals/documents.ts';
import { groundOf, type Ca } from './ca.ts';
import { PkiError, refusalOf } from './errors.ts';
import { takeStep } from './failpoints.ts';
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

/** Member ids of everybody who was an LRA on any roll up to this one, and is no officer on it. Rolls never change: each is read once. */
export function everLras(anchors: Anchors, { number, members }: RollDocument): ReadonlySet<string> {
  const seen = lrasOf.get(anchors) ?? { upTo: 0, ids: new Set<string>() };
  lrasOf.set(anchors, seen);
  for (; seen.upTo < number; seen.upTo++) {
    const text = anchors.rolls.find(seen.upTo + 1)?.text;
    const roll = text === undefined ? undefined : decodeDocument(text);
    if (roll?.kind !== 'roll') continue;
    for (const { id, role } of roll.members) if (role === 'lra') seen.ids.add(id);
  }
  const officers = new Set(members.filter(({ role }) => role === 'officer').map(({ id }) => id));
  return new Set([...seen.ids].filter(id => !officers.has(id)));
}

const lrasOf = new WeakMap<Anchors, { upTo: number; readonly ids: Set<string> }>();

/** Follows what the database offers link by link; a link that does not hold is taken out, audited and alarmed. */
export async function followRoll(ca: Ca): Promise<RollDocument | undefined> {
  const before = anchoredRoll(ca.home.anchors);
  for (const offered of await ca.store.rolls.after(before?.roll.number ?? 0)) {
    const current = anchoredRoll(ca.home.anchors);
    try {
      checkLink(ca, offered, current);
      const anchored = { text: offered.text, authorisedBy: 'officers' } as const;
      await takeStep(ca, 'roll.anchor', () => ca.home.anchors.rolls.add(offered.number, anchored));
      await note(ca, 'roll.followed', offered);
    } catch (error) {
      // The console may have written this very link while we looked.
      if (anchoredRoll(ca.home.anchors)?.digest === offered.digest) continue;
      const refusal = refusalOf(error);
      await ca.store.rolls.discard(offered.number);
      await note(ca, 'roll.refused', offered);
      ca.log.error({ roll: offered.number, refusal: refusal.message }, 'a roll that does not hold was taken out');
    }
  }
  await restoreRoll(ca);
  return anchoredRoll(ca.home.anchors)?.roll;
}

/** Where the row of the roll that counts was changed or taken away, the other services would believe an older one. */
async function restoreRoll(ca: Ca): Promise<void> {
  const newest = ca.home.anchors.rolls.newest();
  if (newest === undefined) return;
  const { number, content } = newest;
  const offered = await ca.store.rolls.newest();
  if (offered?.number === number && offered.text === content.text) return;
  const digest = digestOf(content.text);
  await ca.store.rolls.add({ ...content, number, digest, at: ca.clock.now() });
  await note(ca, 'roll.restored', { number, digest });
  ca.log.error({ roll: number }, 'the roll in the database was not the one that counts; it was put back');
}

/** Throws what is wrong with one step from the current roll to the next. */
function checkLink(ca: Ca, offered: OfferedRoll, current: { digest: string; roll: RollDocument } | undefined): void {
  if (current === undefined) throw new PkiError('rollOutOfOrder', { number: offered.number });
  const roll = decodeDocument(offered.text);
  if (roll.kind !== 'roll') throw new PkiError('documentMalformed');
  const follows =
    roll.number === current.roll.number + 1 && roll.number === offered.number && roll.previous === current.digest;
  if (!follows) throw new PkiError('rollOutOfOrder', { number: offered.number });
  // A roll is of the home, whichever of its CAs is the active one.
  const ground = { ca: current.roll.ca, roll: current.roll, ...groundOf(ca) };
  const approved = checkApprovals({ documentText: offered.text, approvals: offered.approvals, ...ground });
  if (approved.digest !== offered.digest) throw new PkiError('digestMismatch');
}

async function note(ca: Ca, action: string, roll: Pick<OfferedRoll, 'number' | 'digest'>): Promise<void> {
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
