import type { Clock } from '../../../ca-core/clock.ts';
import { approvalChallenge, type Store } from '../../../ca-core/index.ts';
import type { SoftwareAuthenticator } from '../../../scripts/demo/software-authenticator.ts';
import { desk } from '../../support/an-officer.ts';

export interface Approver {
  readonly authenticator: SoftwareAuthenticator;
  readonly memberId: string;
  readonly credentialId: string;
}

/** What the desk records when an officer signs there. */
export async function approveAs(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { authenticator, memberId, credentialId }: Approver,
  digest: string,
): Promise<void> {
  const found = await store.documents.find(digest);
  const ca = (await store.issuers.list()).find(({ name }) => name === 'issuing')?.id ?? '';
  if (found === undefined) throw new Error('no such document');
  const at = clock.now();
  const expiry = at + 3600;
  const challenge = approvalChallenge({ kind: found.kind, ca, digest, expiry });
  const assertion = authenticator.get({ ...desk, challenge, credentialId });
  await store.approvals.record({ digest, memberId, expiry, assertion, at });
}
