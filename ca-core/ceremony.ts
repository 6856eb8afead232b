/** The key ceremony: root CA, issuing CA, the responder's pin, the operators' secrets. Once in a home's life. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock, type UnixTime } from './clock.ts';
import { refuseAny } from './check-order.ts';
import { openAnchors, type Anchors } from './home/home.ts';
import { drawOperator } from './home/operators.ts';
import { openSignerLog, tbsHash, type SignerLog } from './home/signer-log.ts';
import type { KeyStore, SigningKeyAlgorithm } from './keys/key-store.ts';
import { openKeyStore } from './keys/open-key-store.ts';
import { certificateExtensions, type CertificateUrls } from './profiles/extensions-of.ts';
import { lintTbsCertificate } from './profiles/lint.ts';
import type { CertificateProfile, ProfileKind } from './profiles/profile.ts';
import type { Policies } from './profiles/read-policies.ts';
import { fixedSubjectOf } from './profiles/subject.ts';
import type { Store } from './store/store.ts';
import { drawSerialNumber } from './draw-serial-number.ts';
import { encodeTbsCertList } from './x509/crl.ts';
import { lintTbsCertList } from './x509/crl-lint.ts';
import type { Der } from './x509/der.ts';
import { keyIdentifier } from './x509/public-key.ts';
import { signed, type SigningKey } from './x509/signed.ts';
import { encodeTbsCertificate } from './x509/tbs-certificate.ts';

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

export interface CeremonyOutcome {
  readonly root: Der;
  readonly issuing: Der;
  /** Each operator's secret, shown once: from here it goes to two people, never to a log. */
  readonly operatorSecrets: readonly { readonly name: string; readonly secret: string }[];
}

interface Stage {
  readonly plan: CeremonyPlan;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly rootLog: SignerLog;
}

/**
 * Makes keys and certificates and writes them down. One that was interrupted can be run again: keys that exist are
 * opened, and the certificates are made anew since nobody saw the first ones.
 */
export async function runCeremony(plan: CeremonyPlan): Promise<CeremonyOutcome> {
  const [rootHome, caHome] = [join(plan.home, 'root'), join(plan.home, 'ca')];
  for (const home of [rootHome, caHome]) await mkdir(join(home, 'keys'), { recursive: true, mode: 0o700 });
  const rootLog = await openSignerLog(join(rootHome, 'signer.log'));
  const stage = { plan, clock: plan.clock ?? systemClock, say: plan.say ?? (() => undefined), rootLog };
  const rootKeys = openKeyStore({ keys: 'file', home: rootHome, passphrase: plan.rootPassphrase });
  const caKeys = openKeyStore({ keys: plan.caKeys ?? 'file', home: caHome, passphrase: plan.caPassphrase });
  try {
    const rootKey = await keyOf(rootKeys, 'root', plan.rootAlgorithm);
    const issuingKey = await keyOf(caKeys, 'issuing', plan.issuingAlgorithm);
    const root = await certify(stage, { kind: 'rootCa', key: rootKey, issuer: rootKey, urls: {} });
    const { crlUrl } = plan;
    const urls = { caIssuers: `${crlUrl}/ca/root.cer`, crl: `${crlUrl}/crl/root.crl` };
    const issuing = await certify(stage, { kind: 'issuingCa', key: issuingKey, issuer: rootKey, urls });
    const rootCrl = await signRootCrl(stage, rootKey);
    const operatorSecrets = await anchor(stage, issuing, await openAnchors(caHome));
    await publish(stage, { root, issuing, rootCrl, rootKey, issuingKey });
    return { root, issuing, operatorSecrets };
  } finally {
    await Promise.all([rootKeys.close(), caKeys.close()]);
    await rootLog.close();
  }
}

async function keyOf(keys: KeyStore, label: string, algorithm: SigningKeyAlgorithm): Promise<SigningKey> {
  const isThere = (await keys.labels()).includes(label);
  return isThere ? keys.open(label) : keys.generate(label, algorithm);
}

interface CaCertificatePlan {
  readonly kind: ProfileKind;
  readonly key: SigningKey;
  readonly issuer: SigningKey;
  readonly urls: CertificateUrls;
}

async function certify(
  { plan, clock, say, rootLog }: Stage,
  { kind, key, issuer, urls }: CaCertificatePlan,
): Promise<Der> {
  const profile = profileOf(plan.policies, kind);
  const issuerName = fixedSubjectOf(profileOf(plan.policies, 'rootCa'));
  const issuerKeyIdentifier = keyIdentifier(issuer.publicKey);
  const now = clock.now();
  const serialNumber = drawSerialNumber(rootLog);
  const tbs = encodeTbsCertificate({
    serialNumber,
    signatureAlgorithm: issuer.algorithm,
    issuer: issuerName,
    subject: fixedSubjectOf(profile),
    notBefore: now,
    notAfter: now + profile.validityDays * 86_400 - 1,
    subjectPublicKeyInfo: key.publicKey,
    extensions: certificateExtensions(profile, {
      subjectPublicKeyInfo: key.publicKey,
      issuerKeyIdentifier,
      subjectAltName: null,
      urls,
    }),
  });
  refuseAny(
    'lintFailed',
    lintTbsCertificate(tbs, profile, {
      issuer: { subject: issuerName, keyIdentifier: issuerKeyIdentifier },
      urls,
      now,
    }),
  );
  const notAfter = now + profile.validityDays * 86_400 - 1;
  await rootLog.append([{ kind: 'signer', at: now, serialNumber, notAfter, tbs: tbsHash(tbs) }]);
  const certificate = await signed(tbs, issuer);
  say(`${profile.title.en}: SHA-256 ${createHash('sha256').update(certificate).digest('hex')}`);
  return certificate;
}

async function signRootCrl({ plan, clock, rootLog }: Stage, rootKey: SigningKey): Promise<RootCrl> {
  const thisUpdate = clock.now();
  const nextUpdate = thisUpdate + plan.policies.schedule.crl.rootNextUpdateAfter;
  const crlNumber = rootLog.lastCrl().crlNumber + 1;
  const issuer = fixedSubjectOf(profileOf(plan.policies, 'rootCa'));
  const names = {
    issuer,
    signatureAlgorithm: rootKey.algorithm,
    authorityKeyIdentifier: keyIdentifier(rootKey.publicKey),
  };
  const tbs = encodeTbsCertList({ ...names, thisUpdate, nextUpdate, entries: [], crlNumber: BigInt(crlNumber) });
  refuseAny('lintFailed', lintTbsCertList(tbs, names));
  await rootLog.append([{ kind: 'crl', at: thisUpdate, crlNumber, tbs: tbsHash(tbs) }]);
  return { crl: await signed(tbs, rootKey), crlNumber, thisUpdate, nextUpdate };
}

interface RootCrl {
  readonly crl: Der;
  readonly crlNumber: number;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
}

async function anchor({ plan }: Stage, issuing: Der, anchors: Anchors): Promise<CeremonyOutcome['operatorSecrets']> {
  const certificate = createHash('sha256').update(issuing).digest('hex');
  await anchors.issuers.add((anchors.issuers.newest()?.number ?? 0) + 1, { certificate });
  const isPinned = anchors.signers.newest()?.content.publicKey === plan.signerPublicKey;
  if (!isPinned)
    await anchors.signers.add((anchors.signers.newest()?.number ?? 0) + 1, { publicKey: plan.signerPublicKey });
  const drawn = await Promise.all(plan.operators.map(async name => ({ name, ...(await drawOperator(name)) })));
  await anchors.operators.add(
    (anchors.operators.newest()?.number ?? 0) + 1,
    drawn.map(operator => operator.kept),
  );
  return drawn.map(({ name, secret }) => ({ name, secret }));
}

interface Publication {
  readonly root: Der;
  readonly issuing: Der;
  readonly rootCrl: RootCrl;
  readonly rootKey: SigningKey;
  readonly issuingKey: SigningKey;
}

async function publish({ plan, clock }: Stage, made: Publication): Promise<void> {
  const { store } = plan;
  const at = clock.now();
  const rootId = idOf(made.rootKey);
  const { crl, crlNumber, thisUpdate, nextUpdate } = made.rootCrl;
  const details = { certificate: createHash('sha256').update(made.issuing).digest('hex') };
  const event = {
    at,
    service: 'ceremony',
    action: 'ceremony.held',
    actor: 'operators',
    subject: idOf(made.issuingKey),
    details,
  };
  await store.crls.record({ issuer: rootId, crlNumber, crl, thisUpdate, nextUpdate, entries: 0, throughSeq: 0 }, event);
  await store.issuers.add({ id: rootId, name: 'root', role: 'root', certificate: made.root }, at);
  await store.issuers.add(
    { id: idOf(made.issuingKey), name: 'issuing', role: 'issuing', certificate: made.issuing },
    at,
  );
}

const idOf = (key: SigningKey): string => createHash('sha256').update(key.publicKey).digest('hex');

function profileOf(policies: Policies, kind: ProfileKind): CertificateProfile {
  const profile = [...policies.profiles.values()].find(one => one.kind === kind);
  if (profile === undefined) throw new Error(`policies/profiles has no profile of kind ${kind}`);
  return profile;
}

/** Whether a home's ceremony was held. */
export async function isCeremonyHeld(store: Store): Promise<boolean> {
  return (await store.issuers.list()).some(issuer => issuer.role === 'issuing');
}
