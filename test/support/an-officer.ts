/** An officer with real passkeys made in software, enrolled as the two pages and the console do it. */
import type { Approval } from '../../ca-core/approvals/approval.ts';
import { approvalChallenge } from '../../ca-core/approvals/challenge.ts';
import { digestOf, encodeDocument, type SignableDocument } from '../../ca-core/approvals/documents.ts';
import { enrolmentMac } from '../../ca-core/approvals/enrolment-mac.ts';
import { confirmEnrolment, type OneTimeLink, type Terminal } from '../../ca-core/console.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';

export const deskOrigin = 'http://approve.localhost:8083';
export const desk = { rpId: 'approve.localhost', origin: deskOrigin };
const portal = { rpId: 'localhost', origin: 'http://localhost:8080' };

/** An officer with an authenticator at the desk and one at the portal. */
export interface Officer {
  readonly memberId: string;
  readonly approve: (document: SignableDocument, at?: number) => Approval;
  /** The same statement, made with the sign-in passkey: it must count for nothing. */
  readonly approveWithSignIn: (document: SignableDocument) => Approval;
}

/** Registers both passkeys of each authenticator under a one-time link, as the two pages do, and has the console confirm them. */
export async function enrol(console: Terminal, link: OneTimeLink, authenticators = 1): Promise<Officer> {
  const authenticator = createSoftwareAuthenticator();
  const person = {
    invitationId: link.invitationId,
    name: `Officer ${link.memberId}`,
    mailbox: `${link.memberId}@operator.example`,
  };
  const register = async (
    use: 'approve' | 'signIn',
    relyingParty: { rpId: string; origin: string },
    holder = authenticator,
  ): Promise<string> => {
    const created = holder.create(relyingParty);
    const claim = { ...person, ...created, use };
    const mac = enrolmentMac(Buffer.from(link.secret, 'hex'), claim);
    await console.store.enrolments.add({ ...claim, mac, at: console.clock.now() });
    return created.credentialId;
  };
  const approving = await register('approve', desk);
  const signingIn = await register('signIn', portal);
  for (let spare = 1; spare < authenticators; spare++) {
    const holder = createSoftwareAuthenticator();
    await register('approve', desk, holder);
    await register('signIn', portal, holder);
  }
  await confirmEnrolment(console, link.invitationId);
  const assert = (
    document: SignableDocument,
    credentialId: string,
    relyingParty: typeof desk,
    at: number,
  ): Approval => {
    const expiry = at + 3600;
    const digest = digestOf(encodeDocument(document));
    const challenge = approvalChallenge({ kind: document.kind, ca: document.ca, digest, expiry });
    return {
      memberId: link.memberId,
      expiry,
      assertion: authenticator.get({ ...relyingParty, challenge, credentialId }),
    };
  };
  return {
    memberId: link.memberId,
    approve: (document, at = console.clock.now()) => assert(document, approving, desk, at),
    approveWithSignIn: document => assert(document, signingIn, portal, console.clock.now()),
  };
}
