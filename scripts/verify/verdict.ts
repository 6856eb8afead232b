/** All that is said of one certificate: chain, status, policy, and the page of its organisation. */
import { certificateFacts, type Facts } from '../../ca-core/ceremony/transcript.ts';
import {
  decodeGeneralNames,
  decodeName,
  equalBytes,
  oids,
  type Certificate,
  type Policies,
} from '../../ca-core/index.ts';
import { registerPageOf, type RegisterPage } from '../../ca-core/profiles/register-page.ts';
import { readCertificatePolicies } from '../../ca-core/x509/extension-values.ts';
import { formatName } from '../../ca-core/x509/name.ts';
import { chainOf, type ChainGround } from './chain.ts';
import { standingOf, type Standing, type StatusGround } from './status.ts';

export interface VerdictGround extends ChainGround {
  readonly crls: readonly Uint8Array[];
  readonly network: 'offline' | 'online';
  /** Demanded, dotted OID. */
  readonly policy: string | undefined;
  readonly policies: Policies;
  readonly progress: (line: string) => void;
}

export interface Verdict {
  readonly holds: boolean;
  readonly facts: Facts;
  /** The name of the trusted root above it, or null. */
  readonly anchor: string | null;
  readonly mailboxes: readonly string[];
  readonly policies: readonly string[];
  /** Profiles of this platform with one of those policies. */
  readonly profiles: readonly string[];
  readonly register: RegisterPage;
  /** Of the certificate and of each CA between it and the root. */
  readonly standings: readonly (Standing & { readonly serialNumber: string })[];
  readonly faults: readonly string[];
}

export async function verdictOf(subject: Certificate, ground: VerdictGround): Promise<Verdict> {
  const { path, faults: broken } = chainOf(subject, ground);
  const isTrusted = path.some(one => ground.roots.some(root => equalBytes(root.der, one.der)));
  const network = isTrusted ? ground.network : 'untrusted';
  const standings = await standingsOf(path, { ...ground, network });
  const policies = policiesOf(subject);
  const register = registerPageOf(attributesOf(subject), ground.policies.register);
  const faults = [
    ...broken,
    ...standings
      .filter(({ status }) => status !== 'good')
      .map(
        one => `status of ${one.serialNumber}: ${one.status} (${one.by}${one.detail === '' ? '' : `: ${one.detail}`})`,
      ),
    ...(ground.policy === undefined || policies.includes(ground.policy)
      ? []
      : [`it lacks the policy ${ground.policy}`]),
    ...(register.kind === 'foreign' ? [`it leads to a page that is not on the list: ${register.text}`] : []),
  ];
  return {
    holds: faults.length === 0,
    facts: certificateFacts(subject),
    anchor: broken.length === 0 ? formatName((path.at(-1) ?? subject).subject) : null,
    mailboxes: mailboxesOf(subject),
    policies,
    profiles: profilesWith(policies, ground.policies),
    register,
    standings,
    faults,
  };
}

type StandingsGround = Pick<VerdictGround, 'at' | 'crls' | 'progress'> & Pick<StatusGround, 'network'>;

async function standingsOf(path: readonly Certificate[], ground: StandingsGround): Promise<Verdict['standings']> {
  const standings: Verdict['standings'][number][] = [];
  for (const [index, { serialNumber }] of path.slice(0, -1).entries()) {
    const [one, issuer] = [path[index], path[index + 1]];
    if (one === undefined || issuer === undefined) continue;
    ground.progress(`Asking how ${serialNumber} stands …`);
    const { at: now, crls, network } = ground;
    standings.push({ serialNumber, ...(await standingOf(one, { issuer, now, crls, network })) });
  }
  return standings;
}

function policiesOf({ extensions }: Certificate): readonly string[] {
  const extension = extensions.get(oids.certificatePolicies);
  return extension === undefined ? [] : readCertificatePolicies(extension.value).map(({ oid }) => oid);
}

function profilesWith(wished: readonly string[], { profiles }: Policies): readonly string[] {
  const subscribers = [...profiles.values()].filter(({ kind }) => kind === 'subscriber');
  return subscribers
    .filter(({ certificatePolicies }) => certificatePolicies.some(({ oid }) => wished.includes(oid)))
    .map(({ name }) => name);
}

function mailboxesOf({ extensions }: Certificate): readonly string[] {
  const names = extensions.get(oids.subjectAltName);
  return names === undefined ? [] : decodeGeneralNames(names.value).rfc822Names;
}

/** A name that holds what this platform never writes leads nowhere. */
function attributesOf({ subject }: Certificate): ReturnType<typeof decodeName> {
  try {
    return decodeName(subject);
  } catch {
    return [];
  }
}
