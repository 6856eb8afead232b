/** How a certificate stands now: by OCSP where it names a responder, else by CRL; from its own URLs or from files. */
import {
  encodeCertId,
  encodeOcspRequest,
  equalBytes,
  isAnswerSigner,
  issuerForms,
  oids,
  readOcspResponse,
  verifyCrl,
  verifyOcspResponse,
  type Certificate,
} from '../../ca-core/index.ts';
import { readAuthorityInfoAccess, readCrlDistributionPoints } from '../../ca-core/x509/extension-values.ts';
import { readAnyCrl } from '../../ca-core/x509/crl.ts';
import { certificateFrom } from './chain.ts';
import { fetched, longestAnswer, longestCrl, reasonOf } from './fetched.ts';

export interface StatusGround {
  readonly issuer: Certificate;
  readonly now: number;
  /** Instead of asking the network. */
  readonly crls: readonly Uint8Array[];
  /** `untrusted`: nobody's word makes us ask at the URLs of a stranger's certificate. */
  readonly network: 'offline' | 'online' | 'untrusted';
}

export interface Standing {
  readonly status: 'good' | 'revoked' | 'unknown';
  /** `OCSP http://…`, `CRL http://…`, `CRL file`, or `nobody`. */
  readonly by: string;
  /** Until when it is so, or why nobody could tell. */
  readonly detail: string;
}

/** Files first; then each OCSP responder that it names, then each CRL, until one can tell. */
export async function standingOf(certificate: Certificate, ground: StatusGround): Promise<Standing> {
  const asked: Standing[] = [];
  for (const { by, ask } of [...byFiles(certificate, ground), ...byNetwork(certificate, ground)]) {
    const standing = await ask().catch((error: unknown) => unknown(by, reasonOf(error)));
    if (standing.status !== 'unknown') return standing;
    asked.push(standing);
  }
  const why = { ...silence, online: 'it names no responder and no CRL' }[ground.network];
  const tried = asked.map(({ by, detail }) => `${by}: ${detail}`);
  return unknown('nobody could tell', [...tried, ...(isSilent(ground, asked) ? [why] : [])].join('; '));
}

const silence = {
  offline: 'nothing was asked over the network (--offline)',
  untrusted: 'its own URLs are not asked, since no trusted root CA stands above it',
};

const isSilent = ({ network }: StatusGround, asked: readonly Standing[]): boolean =>
  network !== 'online' || asked.length === 0;

interface Way {
  readonly by: string;
  readonly ask: () => Promise<Standing>;
}

function byFiles(certificate: Certificate, ground: StatusGround): readonly Way[] {
  if (ground.crls.length === 0) return [];
  const by = 'CRL file';
  const say = (standing: () => Standing): Way => ({ by, ask: () => Promise.resolve().then(standing) });
  // Several files are of several CAs: only one that is of this one has something to say.
  const own = ground.crls.filter(crl => equalBytes(readAnyCrl(crl).issuer, ground.issuer.subject));
  if (own.length === 0) return [say(() => unknown(by, 'none of them is of its CA'))];
  return own.map(crl => say(() => inCrl(certificate, crl, { ...ground, by })));
}

function byNetwork(certificate: Certificate, ground: StatusGround): readonly Way[] {
  if (ground.network !== 'online') return [];
  const access = certificate.extensions.get(oids.authorityInfoAccess);
  const points = certificate.extensions.get(oids.cRLDistributionPoints);
  const responders = access === undefined ? [] : readAuthorityInfoAccess(access.value).ocsp;
  const crls = points === undefined ? [] : readCrlDistributionPoints(points.value);
  return [
    ...responders.map(url => ({ by: `OCSP ${url}`, ask: () => byOcsp(certificate, url, ground) })),
    ...crls.map(url => ({ by: `CRL ${url}`, ask: () => byCrl(certificate, url, ground) })),
  ];
}

async function byOcsp(certificate: Certificate, url: string, { issuer, now }: StatusGround): Promise<Standing> {
  const by = `OCSP ${url}`;
  const [form] = issuerForms(issuer);
  if (form === undefined) return unknown(by, 'its CA cannot be named in a request');
  const certId = encodeCertId(form, certificate.serialNumber);
  const body = new Uint8Array(encodeOcspRequest([certId]));
  const headers = { 'content-type': 'application/ocsp-request' };
  const answer = await fetched(url, { request: { method: 'POST', headers, body }, most: longestAnswer });
  const { responseStatus, basic } = readOcspResponse(answer);
  if (basic === null) return unknown(by, `the responder refused (${responseStatus})`);
  const signers = [issuer, ...basic.certificates.map(certificateFrom).filter(one => isAnswerSigner(one, issuer, now))];
  if (!signers.some(one => verifyOcspResponse(basic, one.subjectPublicKeyInfo)))
    return unknown(by, 'the answer is not signed by the CA or its responder');
  const single = basic.responses.find(one => equalBytes(one.certId, certId));
  if (single === undefined) return unknown(by, 'the answer is about another certificate');
  if (single.thisUpdate > now + 300 || single.nextUpdate < now) return unknown(by, 'the answer is not of this time');
  if (single.status.status === 'unknown') return unknown(by, 'the responder does not know the certificate');
  if (single.status.status === 'good') return { status: 'good', by, detail: `until ${timeOf(single.nextUpdate)}` };
  return { status: 'revoked', by, detail: revokedText(single.status) };
}

async function byCrl(certificate: Certificate, url: string, ground: StatusGround): Promise<Standing> {
  const crl = await fetched(url, { request: {}, most: longestCrl });
  return inCrl(certificate, crl, { ...ground, by: `CRL ${url}`, url });
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

const revokedText = ({ revokedAt, reason }: { readonly revokedAt: number; readonly reason: string | null }): string =>
  `since ${timeOf(revokedAt)}, ${reason ?? 'unspecified'}`;
const timeOf = (time: number): string => new Date(time * 1000).toISOString().replace('.000', '');
const unknown = (by: string, detail: string): Standing => ({ status: 'unknown', by, detail });
