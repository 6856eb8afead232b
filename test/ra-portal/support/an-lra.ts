/** An organisation's LRA: an account in the portal, and a member of the roll with a passkey for the desk. */
import { drawPickUpSecret, pickUpPublicKey } from '../../../ca-core/delivery/seal.ts';
import type { Person } from '../../../ra-portal/people/person.ts';
import { addCustodianKey } from '../../../ra-portal/store/custodians.ts';
import { createSoftwareAuthenticator } from '../../../scripts/demo/software-authenticator.ts';
import { desk } from '../../support/an-officer.ts';
import { aPerson, type APerson } from './a-person.ts';
import type { APortal, PortalOfficer } from './a-portal.ts';
import { approveAs } from './an-approver.ts';
import { person } from './an-application.ts';

export interface ALra extends APerson {
  readonly memberId: string;
  /** As the portal knows who is signed in. */
  readonly person: Person;
  /** Signs at the desk. */
  readonly attest: (digest: string) => Promise<void>;
}

/** Somebody of the same organisation who keeps the passwords, and the secret that opens them. */
export interface ACustodian extends APerson {
  readonly secret: string;
}

export const organisation = person.corporateNumber;

/** A passkey for the desk that is somewhere else: in a browser's virtual authenticator. */
export interface DeskPasskey {
  readonly credentialId: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
}

export async function anLra(world: APortal, officers: readonly PortalOfficer[], passkey?: DeskPasskey): Promise<ALra> {
  const mailbox = 'lra@kakuu-kakuin.example';
  const account = await aPerson(world, { role: 'lra', organisation, mailbox });
  const authenticator = createSoftwareAuthenticator();
  const { credentialId, publicKey } = passkey ?? authenticator.create(desk);
  const memberId = 'lra-kakuu';
  const before = await world.store.rolls.current();
  if (before === undefined) throw new Error('there is no roll yet');
  const credential = { use: 'approve', id: credentialId, publicKey } as const;
  const known = { id: memberId, name: 'LRA 花子', mailbox, credentials: [credential] };
  const member = { ...known, role: 'lra' as const, organisations: [organisation] };
  const { roll } = before;
  const next = { ...roll, number: roll.number + 1, previous: before.digest, members: [...roll.members, member] };
  const digest = await world.store.documents.put(next, world.clock.now());
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return {
    ...account,
    memberId,
    person: {
      ...{ id: account.id, roles: ['lra'], name: 'lra 花子', mailbox, organisation },
      signedInBy: 'passkey',
    },
    attest: document => approveAs(world, { authenticator, memberId, credentialId }, document),
  };
}

export async function aCustodian(world: APortal, mailbox = 'keeper@kakuu-kakuin.example'): Promise<ACustodian> {
  const account = await aPerson(world, { role: 'lra', organisation, mailbox });
  const secret = drawPickUpSecret();
  const publicKey = await pickUpPublicKey(secret);
  await addCustodianKey(world.database, { personId: account.id, publicKey, registeredAt: world.clock.now() });
  return { ...account, secret };
}
