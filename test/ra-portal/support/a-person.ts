import {
  confirmChange,
  proposeChange,
  proposePerson,
  type ChangeGround,
  type Doer,
} from '../../../ra-portal/people/change-roles.ts';
import type { PersonLink } from '../../../ra-portal/people/invite.ts';
import type { GivenRole } from '../../../ra-portal/people/roles.ts';
import {
  createSoftwareAuthenticator,
  type SoftwareAuthenticator,
} from '../../../scripts/demo/software-authenticator.ts';
import type { APortal } from './a-portal.ts';
import type { Visitor } from './a-visitor.ts';

/** Somebody with an account, a passkey and a browser. */
export interface APerson {
  readonly id: string;
  readonly mailbox: string;
  readonly visitor: Visitor;
  readonly authenticator: SoftwareAuthenticator;
  readonly credentialId: string;
  readonly signIn: () => Promise<void>;
}

export const groundOf = ({ database, url }: APortal): ChangeGround => ({
  database,
  invitation: { portalUrl: url, lifetime: 3600 },
});

/** Two operators at the console: what one proposes, the other confirms. */
export const byOne = ({ clock }: APortal): Doer => ({ by: 'operator:one', at: clock.now() });
export const byOther = ({ clock }: APortal): Doer => ({ by: 'operator:other', at: clock.now() });

/** What they do for somebody who has an account. */
export async function giveRole(world: APortal, personId: string, role: GivenRole): Promise<void> {
  const { id } = await proposeChange(groundOf(world), { personId, change: 'grant', role }, byOne(world));
  await confirmChange(groundOf(world), id, byOther(world));
}

export interface Wished {
  readonly role: GivenRole;
  readonly mailbox?: string;
  readonly organisation?: string;
}

/** What two operators do at the console: the account and its link. */
export async function invitedPerson(world: APortal, { role, mailbox, organisation }: Wished): Promise<PersonLink> {
  const ground = groundOf(world);
  const address = mailbox ?? `${role.toLowerCase()}@operator.example`;
  const wish = { name: `${role} 花子`, mailbox: address, organisation: organisation ?? null, role };
  const { id } = await proposePerson(ground, wish, byOne(world));
  const link = await confirmChange(ground, id, byOther(world));
  if (link === null) throw new Error('a new person gets a link');
  return link;
}

/** Registered, and signed in. */
export async function aPerson(world: APortal, wished: Wished): Promise<APerson> {
  const link = await invitedPerson(world, wished);
  const visitor = world.visitor();
  const authenticator = createSoftwareAuthenticator();
  const { credentialId, publicKey } = authenticator.create({ rpId: 'localhost', origin: world.url });
  await visitor.json(pathOf(link), { code: link.code, credentialId, publicKey }).expect(201);
  const person = { id: link.personId, visitor, authenticator, credentialId };
  const signIn = (): Promise<void> => signInAs(world, person);
  await signIn();
  return { ...person, signIn, mailbox: wished.mailbox ?? `${wished.role.toLowerCase()}@operator.example` };
}

export const pathOf = ({ url }: PersonLink): string => new URL(url).pathname;

type Known = Pick<APerson, 'visitor' | 'authenticator' | 'credentialId'>;

export async function assertionFor(world: APortal, { visitor, authenticator, credentialId }: Known): Promise<object> {
  const options: unknown = (await visitor.json('/sign-in/options', {}).expect(200)).body;
  const challenge = Buffer.from((options as { challenge: string }).challenge, 'base64url');
  return authenticator.get({ rpId: 'localhost', origin: world.url, challenge, credentialId });
}

async function signInAs(world: APortal, known: Known): Promise<void> {
  await known.visitor.json('/sign-in', { assertion: await assertionFor(world, known) }).expect(200);
}
