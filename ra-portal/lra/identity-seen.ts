/** How an organisation's desk saw who its member is: noted with the application, and no evidence that counts by itself. */
import type { IdentityMethod } from '../../ca-core/index.ts';
import { isoDate, startOfDay } from '../applications/as-typed.ts';
import type { FieldMistake } from '../applications/form-text.ts';
import type { PortalParts } from '../parts.ts';
import { methodsOn } from '../uploads/documents-for.ts';

/** As typed: an id of policies/identity.yaml, and a day as people write it. */
export interface SeenText {
  readonly identityMethod: string;
  readonly identitySeenOn: string;
}

export interface IdentitySeen {
  readonly method: string;
  /** Unix seconds: the first second of that day in Japan. */
  readonly seenAt: number;
}

type Ground = Pick<PortalParts, 'policies' | 'clock'>;

/** The ways in which today a document of identity may be seen. */
export function seeingMethods({ policies, clock }: Ground): readonly IdentityMethod[] {
  const documents = policies.identity.documents.filter(({ proves }) => proves === 'identity');
  return methodsOn(policies, clock.now()).filter(({ id }) => documents.some(({ methods }) => methods.includes(id)));
}

export function seenTextOf(body: unknown): SeenText {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim().slice(0, 64) : '');
  return { identityMethod: text(given['identityMethod']), identitySeenOn: text(given['identitySeenOn']) };
}

/** What it says, or what is wrong at `identityMethod` and `identitySeenOn`: the day is not to come and not too long ago. */
export function readIdentitySeen(
  ground: Ground,
  { identityMethod, identitySeenOn }: SeenText,
): IdentitySeen | readonly FieldMistake[] {
  const mistakes: FieldMistake[] = [];
  const isKnown = seeingMethods(ground).some(({ id }) => id === identityMethod);
  if (identityMethod === '') mistakes.push({ rule: 'fieldMissing', field: 'identityMethod' });
  else if (!isKnown) mistakes.push({ rule: 'fieldInvalid', field: 'identityMethod' });
  const day = isoDate(identitySeenOn);
  const seenAt = day === null ? null : startOfDay(day);
  const now = ground.clock.now();
  if (identitySeenOn === '') mistakes.push({ rule: 'fieldMissing', field: 'identitySeenOn' });
  else if (seenAt === null || seenAt > now || now - seenAt > longestAgo) {
    mistakes.push({ rule: 'dateInvalid', field: 'identitySeenOn' });
  }
  return mistakes.length > 0 || seenAt === null ? mistakes : { method: identityMethod, seenAt };
}

/** 825 days, as evidence of a person counts (S/MIME BR 4.2.1). */
const longestAgo = 825 * 86_400;
