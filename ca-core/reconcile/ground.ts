import type { AuditStore } from '../store/audit.ts';
import type { CertificateStore } from '../store/certificates.ts';
import type { CrlStore } from '../store/crls.ts';
import type { ToldDeliveries } from '../store/deliveries-told.ts';
import type { StatusStore } from '../store/status.ts';
import type { UnixTime } from '../clock.ts';
import type { Ledger } from './ledger.ts';
import type { FindingKind } from './findings.ts';

/** An issuing CA and where its files are; a place that is not there is not compared. */
export interface IssuerPlaces {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly id: string;
  readonly name: string;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly signerLog: string;
  readonly statusJournal: string;
  /** The complete CRL as it is out. */
  readonly publishedCrl: string;
  /** What the OCSP responder remembers. */
  readonly ocspStatuses: string;
}

export interface ReconcileGround {
  readonly certificates: Pick<CertificateStore, 'page'>;
  readonly status: Pick<StatusStore, 'decisionsAfter'>;
  readonly crls: Pick<CrlStore, 'newest'>;
  readonly audit: Pick<AuditStore, 'from'>;
  readonly deliveries: ToldDeliveries;
  readonly issuers: readonly IssuerPlaces[];
  readonly now: UnixTime;
}

/** What is younger may not have reached every place: nothing is found about it until the next look. */
export const grace = 120;

/** What is being compared of one issuing CA. */
export interface Comparison {
  readonly ground: ReconcileGround;
  readonly issuer: IssuerPlaces;
  readonly ledger: Ledger;
  readonly found: (kind: FindingKind, serialNumber: string, about: About) => void;
  readonly notCompared: (place: string) => void;
  readonly count: (
    what: 'signed' | 'certificates' | 'events' | 'decisions' | 'onCrl' | 'ocsp' | 'deliveries',
    how: number,
  ) => void;
}

export interface About {
  readonly caseId?: string | null | undefined;
  readonly what: string;
}
