/** Where a case stands, from what the portal knows and what the CA core has recorded meanwhile. */
import type { CertificateRow, DeliveryState, Refusal, Store } from '../../ca-core/index.ts';
import type { ApplicationState, CertificateApplication } from './application.ts';

export interface Standing {
  readonly state: ApplicationState;
  readonly certificate: CertificateRow | null;
  readonly delivery: DeliveryState | null;
  /** Why the CA core would not issue. */
  readonly refusal: Refusal | null;
  /** Newest word on the certificate. */
  readonly revocation: { readonly reason: string; readonly at: number } | null;
  readonly revocationAsked: boolean;
  /** When a revocation that still waits was asked for, and by when OCSP and CRL tell of it; null where none waits. */
  readonly timers: RevocationTimers | null;
}

/** Seconds after which OCSP and CRL tell of a revocation, at the latest. */
const toldBy = { ocsp: 60, crl: 600 };

export interface RevocationTimers {
  readonly askedAt: number;
  readonly ocspBy: number;
  readonly crlBy: number;
}

export async function standingOf(ca: Store, application: CertificateApplication): Promise<Standing> {
  const { caseId } = application;
  const certificate = (await ca.certificates.ofCase(caseId)) ?? null;
  const order = await ca.orders.ofCase(caseId);
  const delivery = (await ca.deliveries.state(caseId)) ?? null;
  const refusal = order?.state === 'refused' ? order.refusal : null;
  // What was signed of a case that came back from a station counts no more; the next document takes its place.
  const isBack = order?.state === 'awaitingKey' && application.documentDigest === null;
  const state = stateOf(application, { certificate, order: isBack ? undefined : order?.state, delivery });
  return { state, certificate, delivery, refusal, ...(await statusOf(ca, certificate)) };
}

function stateOf(
  { state }: CertificateApplication,
  found: { certificate: CertificateRow | null; order: string | undefined; delivery: DeliveryState | null },
): ApplicationState {
  if (found.certificate !== null) {
    return state === 'delivered' || typeof found.delivery?.pickedUpAt === 'number' ? 'delivered' : 'issued';
  }
  if (found.order !== undefined && found.order !== 'refused') return 'approved';
  return state === 'approved' ? 'inReview' : state;
}

async function statusOf(
  ca: Store,
  certificate: CertificateRow | null,
): Promise<Pick<Standing, 'revocation' | 'revocationAsked' | 'timers'>> {
  if (certificate === null) return { revocation: null, revocationAsked: false, timers: null };
  const { issuer, serialNumber } = certificate;
  const status = await ca.status.of(issuer, serialNumber);
  const orders = await ca.revocations.of(issuer, serialNumber);
  const isRevoked = status?.status === 'revoked';
  const order = orders.findLast(({ action }) => action === 'revoke');
  const isWaiting = order?.state === 'waiting';
  return {
    revocation: isRevoked ? { reason: status.reason ?? 'unspecified', at: status.revokedAt ?? 0 } : null,
    revocationAsked: isWaiting,
    timers: order === undefined || (!isRevoked && !isWaiting) ? null : timersFrom(order.createdAt),
  };
}

const timersFrom = (askedAt: number): RevocationTimers => ({
  askedAt,
  ocspBy: askedAt + toldBy.ocsp,
  crlBy: askedAt + toldBy.crl,
});
