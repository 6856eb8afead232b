/** Lists that an LRA attested, as a bulk job leaves them for the CA core: PKCS#12 for everybody. */
import { systemClock } from '../../ca-core/clock.ts';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import {
  listRoot,
  openStore,
  readPolicies,
  sampleOf,
  type AttestationDocument,
  type CaseDocument,
  type KeyAlgorithm,
  type ListDocument,
} from '../../ca-core/index.ts';
import { createSoftwareAuthenticator } from '../demo/software-authenticator.ts';
import { settingOf } from '../settings.ts';
import {
  approve,
  caseTemplate,
  nextCaseId,
  relyingPartyOf,
  type Approver,
  type OrderMaking,
} from './approved-orders.ts';

const memberId = 'lra-bench';

/** An LRA of the demo's organisation comes onto the roll by the officers' signatures. */
export async function enrolLra(making: OrderMaking): Promise<Approver> {
  const store = openStore(making.database);
  const current = await store.rolls.current();
  if (current === undefined) throw new Error('There is no roll.');
  const authenticator = createSoftwareAuthenticator();
  const { credentialId, publicKey } = authenticator.create(relyingPartyOf(making.settings));
  const { roll, digest: previous } = current;
  const { claim } = await caseTemplate(making);
  const lra = {
    ...{ id: memberId, role: 'lra' as const, name: 'LRA', mailbox: 'lra@kakuu-kakuin.example' },
    credentials: [{ use: 'approve' as const, id: credentialId, publicKey }],
    organisations: [claim.corporateNumber],
  };
  await approve(
    making,
    { ...roll, number: roll.number + 1, previous, members: [...roll.members, lra] },
    making.database,
  );
  return { memberId, credentialId, authenticator };
}

export interface ListWish {
  readonly lra: Approver;
  readonly algorithm: KeyAlgorithm;
}

/** Attested, and approved by two officers: `count` orders wait for the CA core. */
export async function placeAttestedList(making: OrderMaking, { lra, algorithm }: ListWish): Promise<void> {
  const { documents, approvals } = openStore(making.database);
  const at = systemClock.now();
  const template = await caseTemplate(making);
  const sealTo = await pickUpPublicKey(drawPickUpSecret());
  const seen = template.evidence.filter(({ seenBy }) => seenBy !== 'mailbox-proof');
  const cases = Array.from({ length: making.count }, (): CaseDocument => ({
    ...template,
    caseId: nextCaseId(),
    evidence: seen.map(one => ({ ...one, number: '', seenBy: memberId })),
    subjectKey: { from: 'server', algorithm, sealTo, container: 'pkcs12' },
    editors: [memberId],
  }));
  const digests = await documents.putAll(cases, at);
  const rows = { ca: making.ca, profile: template.profile, size: digests.length, root: listRoot(digests) };
  const organisation = template.claim.corporateNumber;
  const attestation: AttestationDocument = {
    ...{ kind: 'attestation', version: 1, ...rows, organisation, file: 'be'.repeat(32), attestedAt: at },
  };
  const digest = await documents.putList(attestation, digests, at);
  await approve({ ...making, approvers: [lra] }, attestation, making.database);
  const [attested] = await approvals.of(digest);
  if (attested === undefined) throw new Error('Nobody attested the list.');
  const { sample: size } = readPolicies(settingOf(making.settings, 'KAKUIN_POLICIES')).identity;
  const sample = sampleOf({ digest, assertion: attested.assertion, size: digests.length }, size);
  const list: ListDocument = { kind: 'list', version: 1, ...rows, attestation: digest, sample };
  await documents.putList(list, digests, at);
  await approve(making, list, making.database);
}
