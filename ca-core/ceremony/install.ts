/** The last step, on the CA core's machine: what came back from the root is judged, pinned in the home, and told to all. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { PkiError } from '../errors.ts';
import { openAnchors, pinnedIssuers, signersOf, type Anchors } from '../home/home.ts';
import { drawOperator } from '../home/operators.ts';
import type { Store } from '../store/store.ts';
import { readCertificate, verifyCertificate, type Certificate } from '../x509/certificate.ts';
import { readCrl, verifyCrl, type CertificateRevocationList } from '../x509/crl.ts';
import { equalBytes, fromHex, type Der } from '../x509/der.ts';
import { readAuthorityInfoAccess, readBasicConstraints, readCrlDistributionPoints } from '../x509/extension-values.ts';
import { encodeName } from '../x509/name.ts';
import { oids } from '../x509/oids.ts';
import { urlsUnder } from './root-authority.ts';
import type { CeremonyGround, SignedByRoot } from './steps.ts';
import { certificateFacts, fingerprint } from './transcript.ts';

export interface OperatorSecret {
  readonly name: string;
  readonly secret: string;
}

export interface Installation extends Omit<SignedByRoot, 'rootAnswers'> {
  /** SubjectPublicKeyInfo of the issuing key that is in this home. */
  readonly issuingKey: Der;
  /** DER SubjectPublicKeyInfo of the responder's first key for this CA, hex. */
  readonly signerPublicKey: string;
  readonly store: Store;
  /** Takes each operator's secret before anything depends on it; from here it goes to two people, never to a log. */
  readonly keepSecrets: (secrets: readonly OperatorSecret[]) => Promise<void> | void;
}

const longestCrl = 366 * 86_400;

/**
 * Anchors and publishes. The first issuing CA is the active one; each further one stands beside until it is made the
 * active one. Safe to run again. Throws signerUnfit, crlInvalid where something does not fit the plan, the key or the root.
 */
export async function installStep(ground: CeremonyGround, installation: Installation): Promise<void> {
  const root = readCertificate(installation.root);
  const issuing = readCertificate(installation.issuing);
  const crl = readCrl(installation.rootCrl);
  checkRoot(ground, root);
  checkIssuing(ground, { root, issuing, key: installation.issuingKey });
  checkRootCrl(ground, { root, issuing, crl });
  await ground.transcript.step(
    "The issuing CA's certificate fits its key, the plan and the root",
    certificateFacts(issuing),
  );
  const { plan, home } = ground;
  const anchors = await openAnchors(join(home, 'ca'));
  if (pinnedIssuers(anchors).length === 0 || !(await isInstalled(installation.store)))
    await drawOperators(anchors, plan.operators, installation.keepSecrets);
  await pinSigner(ground, anchors, installation.signerPublicKey);
  await pinIssuer(ground, anchors, issuing);
  await publish(ground, installation, { root, issuing, crl });
  await ground.transcript.step('The issuing CA is installed', {
    home: join(home, 'ca'),
    'SHA-256 of the responder key': fingerprint(fromHex(installation.signerPublicKey)),
  });
}

/** Whether a home's ceremony was held. */
export async function isInstalled(store: Store): Promise<boolean> {
  return (await store.issuers.list()).some(issuer => issuer.role === 'issuing');
}

function checkRoot({ plan }: CeremonyGround, root: Certificate): void {
  if (!equalBytes(root.subject, encodeName(plan.root.subject)))
    throw unfit("the root has another name than the plan's");
  const isRoot = equalBytes(root.issuer, root.subject) && verifyCertificate(root, root.subjectPublicKeyInfo);
  if (!isRoot) throw unfit('the root is not its own issuer');
}

interface Pair {
  readonly root: Certificate;
  readonly issuing: Certificate;
}

function checkIssuing({ plan, crlUrl }: CeremonyGround, { root, issuing, key }: Pair & { readonly key: Der }): void {
  if (!equalBytes(issuing.subjectPublicKeyInfo, key)) throw unfit('the certificate is not for the key in this home');
  if (!equalBytes(issuing.subject, encodeName(plan.issuing.subject)))
    throw unfit("the issuing CA has another name than the plan's");
  const isSigned = equalBytes(issuing.issuer, root.subject) && verifyCertificate(issuing, root.subjectPublicKeyInfo);
  if (!isSigned) throw unfit('the certificate was not signed by the root');
  const says = <T>(id: string, read: (value: Uint8Array) => T): T | undefined => {
    const extension = issuing.extensions.get(id);
    return extension === undefined ? undefined : read(extension.value);
  };
  const urls = urlsUnder(crlUrl, plan.root.name);
  const points = says(oids.cRLDistributionPoints, readCrlDistributionPoints) ?? [];
  const access = says(oids.authorityInfoAccess, readAuthorityInfoAccess);
  if (points.join() !== urls.crl || access?.ocsp.length !== 0)
    throw unfit(`the certificate names another CRL than ${urls.crl}, or an OCSP responder`);
  if (says(oids.basicConstraints, readBasicConstraints)?.ca !== true) throw unfit('the certificate is not for a CA');
}

function checkRootCrl(
  { clock }: CeremonyGround,
  { root, issuing, crl }: Pair & { readonly crl: CertificateRevocationList },
): void {
  const isSigned = equalBytes(crl.issuer, root.subject) && verifyCrl(crl, root.subjectPublicKeyInfo);
  if (!isSigned) throw new PkiError('crlInvalid', { reason: 'not signed by the root' });
  if (crl.nextUpdate <= clock.now() || crl.nextUpdate - crl.thisUpdate > longestCrl)
    throw new PkiError('crlInvalid', { reason: 'nextUpdate is over, or more than 12 months ahead' });
  if ([...crl.entries].some(({ serialNumber }) => serialNumber === issuing.serialNumber))
    throw new PkiError('crlInvalid', { reason: 'the root has revoked this very certificate' });
}

async function drawOperators(
  anchors: Anchors,
  names: readonly string[],
  keepSecrets: Installation['keepSecrets'],
): Promise<void> {
  const drawn = await Promise.all(names.map(async name => ({ name, ...(await drawOperator(name)) })));
  await keepSecrets(drawn.map(({ name, secret }) => ({ name, secret })));
  const kept = drawn.map(operator => operator.kept);
  await anchors.operators.add((anchors.operators.newest()?.number ?? 0) + 1, kept);
}

async function pinSigner({ plan, home }: CeremonyGround, anchors: Anchors, publicKey: string): Promise<void> {
  const isFirst = isFirstIssuer(anchors, plan.issuing.name);
  const signers = await signersOf(join(home, 'ca'), isFirst ? undefined : plan.issuing.name);
  if (signers.newest()?.content.publicKey === publicKey) return;
  await signers.add((signers.newest()?.number ?? 0) + 1, { publicKey });
}

const isFirstIssuer = (anchors: Anchors, name: string): boolean =>
  (pinnedIssuers(anchors).find(one => one.isFirst)?.name ?? name) === name;

/** An earlier, interrupted run may have pinned this name already. */
async function pinIssuer({ plan, caKeys }: CeremonyGround, anchors: Anchors, issuing: Certificate): Promise<void> {
  const { name, keys } = plan.issuing;
  const certificate = fingerprint(issuing.der);
  const pinned = pinnedIssuers(anchors);
  if (pinned.some(one => one.name === name && one.certificate === certificate)) return;
  const elsewhere = keys === 'setting' || keys === caKeys ? {} : { keys };
  const own = { name, certificate, ...elsewhere };
  const others = pinned
    .filter(one => one.name !== name)
    .map(({ name: other, certificate: hash, keys: place }) => {
      return { name: other, certificate: hash, ...(place === undefined ? {} : { keys: place }) };
    });
  const [active, ...beside] = others;
  const content = active === undefined ? own : { ...active, beside: [...beside, own] };
  await anchors.issuers.add((anchors.issuers.newest()?.number ?? 0) + 1, content);
}

async function publish(
  { plan, clock }: CeremonyGround,
  { store, rootCrl }: Installation,
  { root, issuing, crl }: Pair & { readonly crl: CertificateRevocationList },
): Promise<void> {
  const at = clock.now();
  const [rootId, id] = [idOf(root), idOf(issuing)];
  const { thisUpdate, nextUpdate } = crl;
  const crlNumber = Number(crl.crlNumber);
  const details = { certificate: fingerprint(issuing.der) };
  const event = { at, service: 'ceremony', action: 'ceremony.held', actor: 'operators', subject: id, details };
  const rows = await store.issuers.list();
  if (((await store.crls.newest(rootId))?.crlNumber ?? 0) < crlNumber) {
    const row = { issuer: rootId, crlNumber, crl: rootCrl, thisUpdate, nextUpdate, entries: [...crl.entries].length };
    await store.crls.record({ ...row, throughSeq: 0 }, event);
  }
  const taken = rows.find(row => row.name === plan.issuing.name && row.id !== id);
  if (taken !== undefined) throw unfit(`another issuing CA is called ${plan.issuing.name}`);
  await store.issuers.add({ id: rootId, name: plan.root.name, role: 'root', certificate: root.der }, at);
  await store.issuers.add({ id, name: plan.issuing.name, role: 'issuing', certificate: issuing.der }, at);
}

const idOf = ({ subjectPublicKeyInfo }: Certificate): string =>
  createHash('sha256').update(subjectPublicKeyInfo).digest('hex');

const unfit = (reason: string): PkiError => new PkiError('signerUnfit', { reason });
