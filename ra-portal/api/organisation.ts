import { PkiError } from '../../ca-core/errors.ts';
import type { Person } from '../people/person.ts';

/** The Corporate Number that bounds what an LRA sees. Throws notPermitted. */
export function organisationOf({ organisation }: Person): string {
  if (organisation === null) throw new PkiError('notPermitted');
  return organisation;
}
