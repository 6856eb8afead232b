/** A whole key ceremony on one machine: root CA, issuing CA, the responder's pin, the operators' secrets. */
import { systemClock, type Clock } from './clock.ts';
import { caProfile } from './ceremony/ca-profile.ts';
import { installStep, isInstalled, type OperatorSecret } from './ceremony/install.ts';
import type { CeremonyText } from './ceremony/plan.ts';
import { requestStep, rootStep, signStep, type CeremonyGround } from './ceremony/steps.ts';
import { openTranscript } from './ceremony/transcript.ts';
import type { SigningKeyAlgorithm } from './keys/key-store.ts';
import type { ProfileKind } from './profiles/profile.ts';
import type { Policies } from './profiles/read-policies.ts';
import type { Store } from './store/store.ts';
import type { Der } from './x509/der.ts';

/** Whether a home's ceremony was held. */
export const isCeremonyHeld: (store: Store) => Promise<boolean> = isInstalled;

export interface HeldCeremony {
  readonly root: Der;
  readonly issuing: Der;
  /** For the OCSP responder: what the root says of its CA certificates. */
  readonly rootAnswers: Der;
}

export interface WholeCeremony {
  readonly ground: CeremonyGround;
  readonly rootPassphrase: string;
  readonly caPassphrase: string;
  readonly signerPublicKey: string;
  readonly store: Store;
  readonly keepSecrets: (secrets: readonly OperatorSecret[]) => Promise<void> | void;
}

/**
 * All steps in turn. One that was interrupted can be run again: keys and certificates that exist are taken as they are,
 * once they fit the plan.
 */
export async function holdCeremony({ ground, ...rest }: WholeCeremony): Promise<HeldCeremony> {
  const authority = await rootStep(ground, rest.rootPassphrase);
  try {
    const { publicKey, request } = await requestStep(ground, rest.caPassphrase);
    const signedByRoot = await signStep(ground, authority, request);
    const { store, signerPublicKey, keepSecrets } = rest;
    await installStep(ground, { ...signedByRoot, issuingKey: publicKey, signerPublicKey, store, keepSecrets });
    return signedByRoot;
  } finally {
    await authority.close();
  }
}

export interface CeremonyPlan {
  /** KAKUIN_HOME: the issuing CA's home is `ca/` in it, the root CA's `root/`, which production takes offline afterwards. */
  readonly home: string;
  readonly rootPassphrase: string;
  readonly caPassphrase: string;
  /** Where the issuing CA's key is made: `file`, which is also what nothing means, or a pkcs11: URI. */
  readonly caKeys?: string | undefined;
  readonly rootAlgorithm: SigningKeyAlgorithm;
  readonly issuingAlgorithm: SigningKeyAlgorithm;
  /** Base URL of the CRL publisher; it stands in certificates for ever. */
  readonly crlUrl: string;
  /** DER SubjectPublicKeyInfo of the responder's first key, hex. */
  readonly signerPublicKey: string;
  readonly operators: readonly string[];
  readonly policies: Policies;
  readonly store: Store;
  readonly clock?: Clock;
  readonly say?: (line: string) => void;
}

export interface CeremonyOutcome extends HeldCeremony {
  /** Each operator's secret, shown once: from here it goes to two people, never to a log. */
  readonly operatorSecrets: readonly OperatorSecret[];
}

/** A ceremony with the names and validities of the profiles, unattended. */
export async function runCeremony(plan: CeremonyPlan): Promise<CeremonyOutcome> {
  const { home, crlUrl, policies, clock = systemClock, say = () => undefined } = plan;
  const text = textOf(plan);
  const head = { title: text.title, part: 'all', operators: text.operators, witnesses: [], plan: '', tools: {} };
  const transcript = openTranscript(head, clock, what => {
    say(what);
    return Promise.resolve(undefined);
  });
  const operatorSecrets: OperatorSecret[] = [];
  const held = await holdCeremony({
    ...plan,
    ground: { plan: text, home, crlUrl, caKeys: plan.caKeys ?? 'file', policies, clock, transcript },
    keepSecrets: secrets => void operatorSecrets.push(...secrets),
  });
  return { ...held, operatorSecrets };
}

function textOf({ policies, operators, rootAlgorithm, issuingAlgorithm }: CeremonyPlan): CeremonyText {
  const root = { home: 'root', keys: 'file', passphraseFile: 'passphrase', crlDays: 365 };
  return {
    title: 'from the profiles',
    operators: [...operators],
    witnesses: [],
    crlUrl: 'setting',
    root: { name: 'root', ...root, algorithm: rootAlgorithm, ...identityOf(policies, 'rootCa') },
    issuing: {
      name: 'issuing',
      keys: 'setting',
      responderKey: 'here',
      algorithm: issuingAlgorithm,
      ...identityOf(policies, 'issuingCa'),
    },
  };
}

function identityOf(policies: Policies, kind: ProfileKind): Pick<CeremonyText['root'], 'subject' | 'validityDays'> {
  const { subject, validityDays } = caProfile(policies, kind);
  return { subject: subject.flatMap(part => ('value' in part ? [part] : [])), validityDays };
}
