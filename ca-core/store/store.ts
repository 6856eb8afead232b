import type { Knex } from 'knex';
import { openAlertStore, type AlertStore } from './alerts.ts';
import { openApprovalStore, type ApprovalStore } from './approvals.ts';
import { openAttestedListStore, type AttestedListStore } from './attested-lists.ts';
import { openAuditStore, type AuditStore, type KeepLate } from './audit.ts';
import { openCertificateStore, type CertificateStore } from './certificates.ts';
import { openCrossCertificateStore, type CrossCertificateStore } from './cross-certificates.ts';
import { openContainerStore, type ContainerStore } from './containers.ts';
import { openCrlStore, type CrlStore } from './crls.ts';
import { openDeliveryStore, type DeliveryStore } from './deliveries.ts';
import { openDocumentStore, type DocumentStore } from './documents.ts';
import { openEnrolmentStore, type EnrolmentStore } from './enrolments.ts';
import { openFigureStore, type FigureStore } from './figures.ts';
import { openIssuerStore, type IssuerStore } from './issuers.ts';
import { openLeaseStore, type LeaseStore } from './leases.ts';
import { openKeyOrderStore, type KeyOrderStore } from './key-orders.ts';
import { openMassRevocationStore, type MassRevocationStore } from './mass-revocations.ts';
import { openObservationStore, type ObservationStore } from './observations.ts';
import { openOrderStore, type OrderStore } from './orders.ts';
import { openOutlineStore, type OutlineStore } from './outlines.ts';
import { openRevocationStore, type RevocationStore } from './revocations.ts';
import { openRollStore, type RollStore } from './rolls.ts';
import { openSelfAuditStore, type SelfAuditStore } from './self-audits.ts';
import { openSignerStore, type SignerStore } from './signers.ts';
import { openStateStore, type StateStore } from './states.ts';
import { openStationRequestStore, type StationRequestStore } from './station-requests.ts';
import { openStatusStore, type StatusStore } from './status.ts';

/** The CA's tables, by what they are about. Each service uses the few that are its own (design §1). */
export interface Store {
  readonly alerts: AlertStore;
  readonly approvals: ApprovalStore;
  readonly attestedLists: AttestedListStore;
  readonly audit: AuditStore;
  readonly certificates: CertificateStore;
  readonly containers: ContainerStore;
  readonly crls: CrlStore;
  readonly crossCertificates: CrossCertificateStore;
  readonly deliveries: DeliveryStore;
  readonly documents: DocumentStore;
  readonly enrolments: EnrolmentStore;
  readonly figures: FigureStore;
  readonly issuers: IssuerStore;
  readonly keyOrders: KeyOrderStore;
  readonly leases: LeaseStore;
  readonly massRevocations: MassRevocationStore;
  readonly observations: ObservationStore;
  readonly orders: OrderStore;
  readonly outlines: OutlineStore;
  /** Which of several CRL publishers orders CRLs. */
  readonly publisherLeases: LeaseStore;
  readonly revocations: RevocationStore;
  readonly rolls: RollStore;
  readonly selfAudits: SelfAuditStore;
  readonly signers: SignerStore;
  readonly states: StateStore;
  readonly stationRequests: StationRequestStore;
  readonly status: StatusStore;
}

/** `keepLate` is the CA core's: where audit events wait that revocation and CRLs cannot wait for. */
export function openStore(database: Knex, keepLate?: KeepLate): Store {
  return {
    alerts: openAlertStore(database),
    approvals: openApprovalStore(database),
    attestedLists: openAttestedListStore(database),
    audit: openAuditStore(database, keepLate),
    certificates: openCertificateStore(database),
    containers: openContainerStore(database),
    crls: openCrlStore(database, keepLate),
    crossCertificates: openCrossCertificateStore(database),
    deliveries: openDeliveryStore(database),
    documents: openDocumentStore(database),
    enrolments: openEnrolmentStore(database),
    figures: openFigureStore(database),
    issuers: openIssuerStore(database),
    keyOrders: openKeyOrderStore(database, keepLate),
    leases: openLeaseStore(database),
    massRevocations: openMassRevocationStore(database, keepLate),
    observations: openObservationStore(database),
    orders: openOrderStore(database),
    outlines: openOutlineStore(database),
    publisherLeases: openLeaseStore(database, 'publisher_leases'),
    revocations: openRevocationStore(database, keepLate),
    rolls: openRollStore(database),
    selfAudits: openSelfAuditStore(database),
    signers: openSignerStore(database, keepLate),
    states: openStateStore(database),
    stationRequests: openStationRequestStore(database),
    status: openStatusStore(database),
  };
}
