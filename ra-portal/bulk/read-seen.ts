/** How the organisation's desk saw who a person is: the row's own columns, or what was said for the whole table. */
import { endOfDay, isoDate, startOfDay } from '../applications/as-typed.ts';
import type { BulkFault, SeenDocument } from './bulk-row.ts';
import { documentCalled, mayAttest, methodCalled, type CheckGround } from './check-ground.ts';
import type { BulkField } from './columns.ts';
import { faultAt, type FaultPlace } from './faults.ts';

export interface SeenInput {
  readonly texts: Readonly<Partial<Record<BulkField, string>>>;
  readonly isFaulty: (field: BulkField) => boolean;
  readonly placeOf: (field: BulkField) => FaultPlace;
}

interface Seen {
  readonly seen: readonly SeenDocument[];
  readonly faults: readonly BulkFault[];
}

/** Nothing where the profile checks nobody's identity. */
export function readSeen(input: SeenInput, ground: CheckGround): Seen {
  const checks = ground.profile.checks;
  if (checks === null || checks.identity === null) return { seen: [], faults: [] };
  const faults: BulkFault[] = [];
  const say = (field: BulkField, rule: BulkFault['rule'], values: BulkFault['values'] = {}): void => {
    if (!input.isFaulty(field)) faults.push(faultAt(input.placeOf(field), rule, { values }));
  };
  const text = (field: BulkField): string => {
    const found = input.texts[field] ?? ground.defaults[field] ?? '';
    if (found === '' && input.texts[field] !== undefined) say(field, 'fieldMissing');
    return found;
  };
  const seenAt = readDay(text('identitySeenOn'), checks.identity.maxAgeDays, ground, (rule, values) =>
    say('identitySeenOn', rule, values),
  );
  const methodName = text('identityMethod');
  const method = methodCalled(methodName, ground);
  if (methodName !== '' && method === null) say('identityMethod', 'methodUnknown');
  const documents = text('identityDocument')
    .split(/[、,;；/／+＋\n]/)
    .map(name => name.trim())
    .filter(name => name !== '')
    .map(name => documentCalled(name, ground));
  if (documents.includes(null)) say('identityDocument', 'documentUnknown');
  const known = documents.filter(document => document !== null);
  if (method !== null && known.some(document => !mayAttest(method, document, ground))) {
    say('identityMethod', 'methodForbidden');
  }
  const isEnough = known.some(({ rank }) => rank === 'primary') || new Set(known.map(({ id }) => id)).size >= 2;
  if (known.length > 0 && known.length === documents.length && !isEnough)
    say('identityDocument', 'identityInsufficient');
  if (faults.length > 0 || seenAt === null || method === null || known.length === 0) return { seen: [], faults };
  return { seen: known.map(({ id }) => ({ document: id, method: method.id, seenAt })), faults };
}

type Say = (rule: BulkFault['rule'], values?: BulkFault['values']) => void;

/** The first second of the day in Japan; null where it is none that counts. */
function readDay(text: string, maxAgeDays: number, { now }: CheckGround, say: Say): number | null {
  if (text === '') return null;
  const day = isoDate(text);
  if (day === null) say('dateInvalid');
  else if (startOfDay(day) > now) say('dateToCome');
  else if (endOfDay(day) < now - maxAgeDays * 86_400) say('dateTooOld', { days: maxAgeDays });
  else return startOfDay(day);
  return null;
}
