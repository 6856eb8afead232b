import type { Clock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Policies, Store } from '../ca-core/index.ts';
import type { Registers } from './registers/register-source.ts';
import type { PortalSettings } from './settings.ts';
import type { Database } from './store/database.ts';
import type { CleanUpload } from './uploads/cleaning.ts';
import type { UploadSeal } from './uploads/seal-at-rest.ts';

/** What every step of the portal stands on; opened once, in portal.ts. */
export interface PortalParts {
  readonly settings: PortalSettings;
  readonly database: Database;
  /** The CA's tables through their public face. Inside a step, open another over the transaction. */
  readonly ca: Store;
  readonly policies: Policies;
  readonly registers: Registers;
  readonly clock: Clock;
  readonly cleanUpload: CleanUpload;
  readonly uploadSeal: UploadSeal;
  /** Posts what waits, soon; never throws. */
  readonly sendLetters: () => void;
}

export interface IssuingCa {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly id: string;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** The one for new certificates. Throws notInitialised before the key ceremony. */
export async function issuingCa(ca: Store): Promise<IssuingCa> {
  const issuer = await ca.issuers.active();
  if (issuer === undefined) throw new PkiError('notInitialised');
  return { id: issuer.id, certificate: issuer.certificate };
}
