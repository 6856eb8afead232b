/** Signing in with a client certificate, and binding one to the account that is signed in. It approves nothing. */
import type { IncomingMessage } from 'node:http';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { beginSession, type SessionKind } from '../store/sessions.ts';
import { bindCertificate, findBoundCertificate } from '../store/sign-in-means.ts';
import { officersOf, openAccount } from './accounts.ts';
import { hasRole, type Person } from './person.ts';
import { checkPresented, presentedCertificate, type CheckedCertificate } from './presented-certificate.ts';

/** Whose certificate came with a request, and what sort of account that is. */
export interface CertificateOwner {
  readonly kind: SessionKind;
  readonly subject: string;
}

/**
 * Throws certificateAbsent, certificateUnbound, and what checkPresented throws. Also for programs of an LRA, which come
 * with their certificate and no session.
 */
export async function ownerOfCertificate(parts: PortalParts, request: IncomingMessage): Promise<CertificateOwner> {
  const { issuer, serialNumber } = await checkRequest(parts, request);
  const bound = await findBoundCertificate(parts.database, issuer, serialNumber);
  if (bound === null || bound.ended) throw new PkiError('certificateUnbound');
  const { personId: subject } = bound;
  if ((await officersOf(parts.ca)).some(({ id }) => id === subject)) return { kind: 'officer', subject };
  if ((await openAccount(parts, subject)) !== null) return { kind: 'person', subject };
  throw new PkiError('certificateUnbound');
}

/** Returns the session's token. Throws what ownerOfCertificate throws. */
export async function signInByCertificate(parts: PortalParts, request: IncomingMessage): Promise<string> {
  const { kind, subject } = await ownerOfCertificate(parts, request);
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const event = { at, service: 'ra-portal', action: `${kind}.signedIn`, actor: subject, subject };
    await noteEvent(trx, { ...event, details: { means: 'certificate' } });
    return beginSession(trx, { kind, subject, means: 'certificate', at });
  });
}

/**
 * The one who is signed in shows a certificate: from now on it opens this account. Whoever signed in by certificate
 * binds no other. Throws notPermitted, enrolmentInvalid (bound already), and what checkPresented throws.
 */
export async function bindPresented(parts: PortalParts, person: Person, request: IncomingMessage): Promise<void> {
  if (person.signedInBy === 'certificate' || hasRole(person, 'applicant')) throw new PkiError('notPermitted');
  const { issuer, serialNumber } = await checkRequest(parts, request);
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    if ((await findBoundCertificate(trx, issuer, serialNumber)) !== null) throw new PkiError('enrolmentInvalid');
    await bindCertificate(trx, { issuer, serialNumber, personId: person.id, at });
    const event = { at, service: 'ra-portal', action: 'certificate.bound', actor: person.id, subject: serialNumber };
    await noteEvent(trx, { ...event, details: { issuer } });
  });
}

async function checkRequest(parts: PortalParts, request: IncomingMessage): Promise<CheckedCertificate> {
  const der = presentedCertificate(request);
  if (der === null) throw new PkiError('certificateAbsent');
  return checkPresented(parts, der);
}
