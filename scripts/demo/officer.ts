import {
  approvalChallenge,
  enrolmentMac,
  fingerprintOf,
  type Credential,
  type DocumentKind,
} from '../../ca-core/index.ts';
import { openHttpClient, type HttpClient } from './http-client.ts';
import { textOf } from './page.ts';
import { createSoftwareAuthenticator, type SoftwareAuthenticator } from './software-authenticator.ts';

/** Where the pages are, as origins. */
export interface Addresses {
  readonly portal: string;
  readonly desk: string;
}

export interface Officer {
  readonly name: string;
  readonly client: HttpClient;
  /** Registers both passkeys of both authenticators under a one-time link; returns their fingerprints. */
  readonly enrol: (link: string) => Promise<readonly string[]>;
  readonly signIn: () => Promise<void>;
  /** Opens a document at the approval desk and signs what the page shows. */
  readonly approve: (documentUrl: string) => Promise<Progress>;
}

export interface Progress {
  readonly signatures: number;
  readonly needed: number;
  readonly complete: boolean;
}

interface Person {
  readonly name: string;
  readonly mailbox: string;
}

interface Registered {
  readonly credentialId: string;
  readonly publicKey: string;
}

/** An officer with a browser and two authenticators of her own: one to work with, one put away. */
export function openOfficer(addresses: Addresses, person: Person): Officer {
  const client = openHttpClient();
  const authenticator = createSoftwareAuthenticator();
  const spare = createSoftwareAuthenticator();
  const passkeys = new Map<Credential['use'], Registered>();
  const enrol = async (link: string): Promise<readonly string[]> => {
    const { invitationId, secret } = readLink(link);
    const fingerprints: string[] = [];
    const uses = ['approve', 'signIn'] as const;
    for (const { holder, use } of [spare, authenticator].flatMap(holder => uses.map(use => ({ holder, use })))) {
      const registered = holder.create(relyingParty(addresses, use));
      const claim = { ...registered, ...person, invitationId, use };
      const body = { ...registered, ...person, mac: enrolmentMac(secret, claim) };
      await client.json(enrolUrl(addresses, use, invitationId), body);
      fingerprints.push(fingerprintOf(registered.publicKey));
      passkeys.set(use, registered);
    }
    return fingerprints;
  };
  const idOf = (use: Credential['use']): string => passkeys.get(use)?.credentialId ?? '';
  return {
    name: person.name,
    client,
    enrol,
    signIn: () => signIn({ addresses, client, authenticator, credentialId: idOf('signIn') }),
    approve: url => approve({ addresses, client, authenticator, credentialId: idOf('approve') }, url),
  };
}

interface Ground {
  readonly addresses: Addresses;
  readonly client: HttpClient;
  readonly authenticator: SoftwareAuthenticator;
  readonly credentialId: string;
}

async function signIn({ addresses, client, authenticator, credentialId }: Ground): Promise<void> {
  const { portal } = addresses;
  const { challenge } = await client.json<{ challenge: string }>(`${portal}/sign-in/options`, {});
  const assertion = authenticator.get({
    ...relyingParty(addresses, 'signIn'),
    challenge: Buffer.from(challenge, 'base64url'),
    credentialId,
  });
  await client.json(`${portal}/sign-in`, { assertion });
}

/** The digest in the page's address is what gets signed, after the page's own bytes were found to have it. */
async function approve({ addresses, client, authenticator, credentialId }: Ground, url: string): Promise<Progress> {
  const page = await client.ask(url);
  const { kind, ca } = JSON.parse(textOf(page.text, 'document')) as { kind: DocumentKind; ca: string };
  const { expiry } = JSON.parse(textOf(page.text, 'task')) as { expiry: number };
  const digest = new URL(url).pathname.split('/').at(-1) ?? '';
  const challenge = approvalChallenge({ kind, ca, digest, expiry });
  const assertion = authenticator.get({ ...relyingParty(addresses, 'approve'), challenge, credentialId });
  return client.json<Progress>(`${addresses.desk}/documents/${digest}/approvals`, { expiry, assertion });
}

function relyingParty(
  addresses: Addresses,
  use: Credential['use'],
): { readonly rpId: string; readonly origin: string } {
  const origin = use === 'approve' ? addresses.desk : addresses.portal;
  return { rpId: new URL(origin).hostname, origin };
}

function enrolUrl(addresses: Addresses, use: Credential['use'], invitationId: string): string {
  return use === 'approve'
    ? `${addresses.desk}/enrol/${invitationId}`
    : `${addresses.portal}/officer/enrol/${invitationId}`;
}

/** The secret never goes to a server: it is behind the #. */
function readLink(link: string): { readonly invitationId: string; readonly secret: Uint8Array } {
  const { pathname, hash } = new URL(link);
  return { invitationId: pathname.split('/').at(-1) ?? '', secret: Buffer.from(hash.slice(1), 'hex') };
}
