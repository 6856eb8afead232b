import type { Response } from 'express';
import type { PortalParts } from '../parts.ts';
import { remarksOf } from '../store/reviews.ts';
import { isWordKey } from '../words/words.ts';
import { mannersOf } from './manners.ts';

export interface ShownRemark {
  /** A field of the claim, or another part of the case. */
  readonly field: string;
  readonly label: string;
  readonly sentence: string;
}

/** What the officer who returned an application pinned to its fields, in the reader's language. */
export async function remarksShown(
  { database }: Pick<PortalParts, 'database'>,
  response: Response,
  caseId: string,
): Promise<readonly ShownRemark[]> {
  const { say, label } = mannersOf(response);
  return (await remarksOf(database, caseId)).map(({ field, reason }) => {
    const key = `case.decision.${reason}`;
    return { field, label: label(field), sentence: isWordKey(key) ? say(key) : reason };
  });
}
