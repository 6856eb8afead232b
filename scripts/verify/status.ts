/** How a certificate stands now: by OCSP where it names a responder, else by CRL; from its own URLs or from files. */
import {
  encodeCertId,
  encodeOcspRequest,
  equalBytes,
  issuerForms,
  oids,
  readOcspResponse,
  verifyCrl,
  verifyOcspResponse,
  type Certificate,
} from '../../ca-core/index.ts';
import { readAuthorityInfoAccess, readCrlDistributionPoints } from '../../ca-core/x509/extension-values.ts';
import { readAnyCrl } from '../../ca-core/x509/crl.ts';
import { checkSigner } from '../../ocsp-responder/signer-check.ts';
import { certificateFrom } from './chain.ts';

export interface StatusGround {
  readonly issuer: Certificate;
  readonly now: number;
  /** Instead of asking the network. */
  readonly crls: readonly Uint8Array[];
  readonly offline: 'offline' | 'online';
}

export interface Standing {
  readonly status: 'good' | 'revoked' | 'unknown';
  /** `OCSP http://…`, `CRL file`, or why nobody could tell. */
  readonly by: string;
  readonly detail: string;
}

const patience = 10_000;
const longestSigner = 7 * 86_400;

export async function standingOf(certificate: Certificate, ground: StatusGround): Promise<Standing> {
  const tried: Standing[] = [];
  for (const ask of [byFiles, byOcsp, byCrl]) {
    const standing = await ask(certificate, ground).catch((error: unknown) => unknown('', reasonOf(error)));
    if (standing === undefined) continue;
    if (standing.status !== 'unknown') return standing;
    tried.push(standing);
  }
  return unknown(
    'nobody',
    tried.map(({ by, detail }) => `${by} ${detail}`.trim()).join('; ') || 'it names no CRL and no responder',
  );
}

function byFiles(certificate: Certificate, ground: StatusGround): Promise<Standing | undefined> {
  const answers = ground.crls.map(crl => inCrl(certificate, crl, { ...ground, by: 'CRL file' }));
  return Promise.resolve(answers.find(({ status }) => status !== 'unknown') ?? answers[0]);
}

async function byOcsp(certificate: Certificate, { issuer, now, offline }: StatusGround): Promise<Standing | undefined> {
  const access = certificate.extensions.get(oids.authorityInfoAccess);
  const [url] = access === undefined ? [] : readAuthorityInfoAccess(access.value).ocsp;
  const [form] = issuerForms(issuer);
  if (url === undefined || form === undefined || offline === 'offline') return undefined;
  const by = `OCSP ${url}`;
  const certId = encodeCertId(form, certificate.serialNumber);
  const body = new Uint8Array(encodeOcspRequest([certId]));
  const answer = await fetched(url, { method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body });
  const { responseStatus, basic } = readOcspResponse(answer);
  if (basic === null) return unknown(by, `answered with status ${responseStatus}`);
  const signers = [issuer, ...basic.certificates.map(certificateFrom).filter(one => isSigner(one, issuer, now))];
  if (!signers.some(one => verifyOcspResponse(basic, one.subjectPublicKeyInfo)))
    return unknown(by, 'the answer is not signed by the CA or its responder');
  const single = basic.responses.find(one => equalBytes(one.certId, certId));
  if (single === undefined) return unknown(by, 'the answer is about another certificate');
  if (single.thisUpdate > now + 300 || single.nextUpdate < now) return unknown(by, 'the answer is not of this time');
  if (single.status.status === 'unknown') return unknown(by, 'the responder does not know the certificate');
  if (single.status.status === 'good') return { status: 'good', by, detail: `until ${timeOf(single.nextUpdate)}` };
  return { status: 'revoked', by, detail: revokedText(single.status) };
}

function isSigner(one: Certificate, issuer: Certificate, now: number): boolean {
  return (
    checkSigner(one, { issuer, publicKey: one.subjectPublicKeyInfo, now, maxLifetime: longestSigner }).length === 0
  );
}

async function byCrl(certificate: Certificate, ground: StatusGround): Promise<Standing | undefined> {
  const points = certificate.extensions.get(oids.cRLDistributionPoints);
  const [url] = points === undefined ? [] : readCrlDistributionPoints(points.value);
  if (url === undefined || ground.offline === 'offline') return undefined;
  return inCrl(certificate, await fetched(url, {}), { ...ground, by: `CRL ${url}`, url });
}

function inCrl(
  { serialNumber }: Certificate,
  der: Uint8Array,
  { issuer, now, by, url }: StatusGround & { readonly by: string; readonly url?: string },
): Standing {
  const crl = readAnyCrl(der);
  if (!equalBytes(crl.issuer, issuer.subject) || !verifyCrl(crl, issuer.subjectPublicKeyInfo))
    return unknown(by, 'it is not signed by the CA');
  if (crl.thisUpdate > now + 300 || crl.nextUpdate < now) return unknown(by, 'it is not of this time');
  const isAbout =
    crl.baseNumber === null && (crl.distributionPoint === null || url === undefined || crl.distributionPoint === url);
  if (!isAbout) return unknown(by, 'it is about other certificates');
  for (const entry of crl.entries) {
    if (entry.serialNumber === serialNumber) return { status: 'revoked', by, detail: revokedText(entry) };
  }
  return { status: 'good', by, detail: `number ${crl.crlNumber}, until ${timeOf(crl.nextUpdate)}` };
}

async function fetched(url: string, request: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(patience) });
  if (!answer.ok) throw new Error(`${url} answered with ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

const revokedText = ({ revokedAt, reason }: { readonly revokedAt: number; readonly reason: string | null }): string =>
  `since ${timeOf(revokedAt)}, ${reason ?? 'unspecified'}`;
const timeOf = (time: number): string => new Date(time * 1000).toISOString().replace('.000', '');
const unknown = (by: string, detail: string): Standing => ({ status: 'unknown', by, detail });
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
