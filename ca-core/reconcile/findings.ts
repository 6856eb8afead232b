/** What may be found when everything that is told of a certificate is compared, and what is to be done about it. */

export const findingKinds = {
  certificateMissing: 'its row is gone: start the CA core, or npm run kakuin -- recover',
  certificateAltered:
    'its row holds other octets than were signed: find out who writes to the database, then npm run kakuin -- recover',
  certificateForeign: 'a row that this CA did not sign: find out who writes to the database, and delete it',
  certificateUnlogged:
    'signed by this CA and not in its signer log: was the home set back (npm run kakuin -- recover), or the key used elsewhere?',
  caseDiffers: 'its row names another case than the signer log: find out who writes to the database',
  orderDiffers: 'it is issued, and its order is in another state: restart the CA core',
  eventMissing: 'the audit log does not have it: npm run kakuin -- audit verify',
  eventForged: 'the audit log tells of a certificate that was never signed: find out who writes to the database',
  eventDiffers: 'the audit log has another certificate than the database: npm run kakuin -- audit verify',
  revocationVanished:
    'the database lost a revocation: the CA core puts it back with its next CRL; find out who writes to the database',
  revocationInvented:
    'the database has a revocation that the CA core never decided: it takes it back; find out who writes to the database',
  revocationAltered: 'reason or time in the database are not what was decided: find out who writes to the database',
  revocationUnaudited: 'it was revoked, and the audit log does not have it: npm run kakuin -- audit verify',
  crlDiffers: 'the newest CRL says something else than was decided: npm run kakuin -- crl publish',
  publishedCrlDiffers:
    'the CRL that is out says something else than was decided: npm run kakuin -- crl publish, and look at the publisher',
  ocspMissing: 'the OCSP responder does not know it: look at the responder’s state',
  ocspDiffers: 'OCSP says something else than was decided: look at the responder’s state; stop it where it says good',
  deliveryMissing: 'the key that was made for it is gone without having been picked up: revoke it and issue another',
  deliveryKept: 'its key was picked up and is still there: erase it, and find out who writes to the database',
  deliveryStray: 'a key waits for a case that has no certificate: find out who writes to the database',
} as const satisfies Readonly<Record<string, string>>;
export type FindingKind = keyof typeof findingKinds;

export interface Finding {
  readonly kind: FindingKind;
  /** Of the issuing CA. */
  readonly issuer: string;
  readonly serialNumber: string;
  /** Null where no place names it. */
  readonly caseId: string | null;
  /** What is said where, in plain English. */
  readonly what: string;
}

/** How much was compared, so that a silence can be told from an empty look. */
export interface ReconciledCounts {
  readonly signed: number;
  readonly certificates: number;
  readonly events: number;
  readonly decisions: number;
  readonly onCrl: number;
  readonly ocsp: number;
  readonly deliveries: number;
}

export interface Reconciliation {
  readonly findings: readonly Finding[];
  readonly counts: ReconciledCounts;
  /** Places that could not be read from here, and are not compared. */
  readonly notCompared: readonly string[];
}
