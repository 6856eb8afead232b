import { readPolicies } from '../../../ca-core/index.ts';
import type { PortalParts } from '../../../ra-portal/parts.ts';
import type { Person } from '../../../ra-portal/people/person.ts';
import { openRegisters } from '../../../ra-portal/registers/open-registers.ts';
import { openCleaning } from '../../../ra-portal/uploads/cleaning.ts';
import { openUploadSeal } from '../../../ra-portal/uploads/seal-at-rest.ts';
import type { APerson } from './a-person.ts';
import type { APortal } from './a-portal.ts';

/** What the portal's own steps stand on, to call them without a page. */
export function partsOf({ settings, database, store, clock }: APortal): PortalParts {
  const policies = readPolicies(settings.policies);
  const registers = openRegisters(database, settings);
  const uploadSeal = openUploadSeal(settings.home);
  const cleanUpload = openCleaning();
  const sendLetters = (): void => undefined;
  return { settings, database, ca: store, policies, registers, clock, cleanUpload, uploadSeal, sendLetters };
}

/** An LRA as the portal sees it once it has signed in. */
export const lraOf = ({ id, mailbox }: APerson, organisation: string): Person => ({
  id,
  mailbox,
  organisation,
  roles: ['lra'],
  name: 'lra 花子',
  signedInBy: 'passkey',
});
