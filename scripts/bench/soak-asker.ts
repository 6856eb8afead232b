/** A relying party that believes nothing: it asks, reads, verifies, and compares with what the database says. */
import {
  encodeCertId,
  encodeOcspRequest,
  equalBytes,
  isAnswerSigner,
  issuerForms,
  readCertificate,
  readOcspResponse,
  toHex,
  verifyOcspResponse,
  type Certificate,
} from '../../ca-core/index.ts';
import { systemClock, type Clock } from '../../ca-core/clock.ts';
import type { Told, Truth } from './soak-truth.ts';

export interface Asker {
  /** What is told of this certificate now. Whatever is wrong with an answer is counted. */
  readonly ask: (serialNumber: string, method: 'GET' | 'POST') => Promise<Told | undefined>;
  readonly counts: () => AskerCounts;
}

export interface AskerCounts {
  readonly judged: number;
  /** What was wrong, each with the serial number. */
  readonly wrong: readonly string[];
  /** Refusals and failures: no answers, so not wrong ones. */
  readonly unanswered: readonly string[];
}

export interface AskerParts {
  readonly url: string;
  readonly issuer: Certificate;
  readonly truth: Truth;
}

export function openAsker({ url, issuer, truth }: AskerParts): Asker {
  let judged = 0;
  const wrong: string[] = [];
  const unanswered: string[] = [];
  const form = issuerForms(issuer)[0] ?? new Uint8Array(0);
  const judge = openJudge(issuer);
  const ask: Asker['ask'] = async (serialNumber, method) => {
    const certId = encodeCertId(form, serialNumber);
    const askedAt = performance.now();
    const octets = await answerTo(url, method, encodeOcspRequest([certId])).catch(String);
    if (typeof octets === 'string') {
      unanswered.push(octets);
      return undefined;
    }
    judged += 1;
    const { told, fault } = judge(octets, certId);
    if (fault !== undefined) wrong.push(`${serialNumber}: ${fault}`);
    // What was just recorded may not have been read yet.
    if (told !== undefined && !truth.allows(serialNumber, told, askedAt)) {
      await truth.follow();
      if (!truth.allows(serialNumber, told, askedAt))
        wrong.push(`${serialNumber}: ${told}, the database says ${truth.now(serialNumber)}`);
    }
    return told;
  };
  return { ask, counts: () => ({ judged, wrong, unanswered }) };
}

/** The octets of an answer. Throws where there is none. */
export async function answerTo(url: string, method: 'GET' | 'POST', request: Uint8Array): Promise<Uint8Array> {
  const headers = { 'content-type': 'application/ocsp-request' };
  const answer = await (method === 'POST'
    ? fetch(url, { method, headers, body: Buffer.from(request) })
    : fetch(`${url}${encodeURIComponent(Buffer.from(request).toString('base64'))}`));
  const octets = new Uint8Array(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  return octets;
}

/** What an answer tells, and what is wrong with it. */
export interface Judgement {
  readonly told?: Told;
  readonly fault?: string;
}

/** Whether an answer is about what was asked, of today, and signed by whom the CA lets sign. */
export function openJudge(
  issuer: Certificate,
  clock: Clock = systemClock,
): (octets: Uint8Array, certId: Uint8Array) => Judgement {
  const signers = new Map<string, Certificate | undefined>();
  const signerOf = (der: Uint8Array): Certificate | undefined => {
    const name = toHex(der);
    if (!signers.has(name)) {
      const certificate = readCertificate(der);
      signers.set(name, isAnswerSigner(certificate, issuer, clock.now()) ? certificate : undefined);
    }
    return signers.get(name);
  };
  return (octets, certId) => {
    try {
      const { basic, responseStatus } = readOcspResponse(octets);
      const [single] = basic?.responses ?? [];
      if (basic === null || single === undefined) return { fault: `responseStatus ${responseStatus}` };
      const told = single.status.status;
      const signer = basic.certificates[0] === undefined ? undefined : signerOf(basic.certificates[0]);
      const now = clock.now();
      if (!equalBytes(single.certId, certId)) return { fault: 'about another certificate' };
      if (signer === undefined || !verifyOcspResponse(basic, signer.subjectPublicKeyInfo))
        return { told, fault: 'not signed by a signer of this CA' };
      if (signer.notAfter < now) return { told, fault: "its signer's certificate is over" };
      if (single.thisUpdate > now + 1 || single.nextUpdate <= now) return { told, fault: 'not of now' };
      return { told };
    } catch (error) {
      return { fault: String(error) };
    }
  };
}
