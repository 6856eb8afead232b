/** The responder as relying parties have it: asked over HTTP about certificates drawn by lot, its answers verified. */
import { randomBytes } from 'node:crypto';
import {
  encodeCertId,
  encodeOcspRequest,
  equalBytes,
  isAnswerSigner,
  issuerForms,
  readCertificate,
  readOcspResponse,
  verifyOcspResponse,
  type Certificate,
  type ReadSingleResponse,
  type Reading,
} from '../ca-core/index.ts';
import { fetchOutside } from './fetch-outside.ts';
import { reading, watchFaults, type Look, type MonitorParts } from './parts.ts';

interface Probe {
  readonly seconds: number;
  /** Null where the answer was wrong or did not come. */
  readonly answer: ReadSingleResponse | null;
  /** What was wrong, in words. */
  readonly fault: string;
}

/** The responder may be told of a revocation so many seconds later (domain bound). */
const settledAfter = 60;

export function lookAtOcsp(parts: MonitorParts): Look {
  const { store, policy, clock } = parts;
  const wrongFor = watchFaults(clock);
  let window: readonly number[] = [];
  return async () => {
    const issuing = (await store.issuers.list()).filter(({ role }) => role === 'issuing');
    const rounds = await Promise.all(
      issuing.map(async ({ id, name, certificate }) => ({
        name,
        probes: await probeIssuer(id, readCertificate(certificate), parts),
      })),
    );
    window = [...window, ...rounds.flatMap(({ probes }) => probes.map(({ seconds }) => seconds))].slice(
      -policy.ocspWindow,
    );
    const faults = rounds.map(({ name, probes }) => {
      const wrong = probes.find(({ answer }) => answer === null);
      return reading('ocspFault', name, wrongFor(name, wrong !== undefined), wrong?.fault);
    });
    const answers = rounds.flatMap(({ probes }) => probes.flatMap(({ answer }) => (answer === null ? [] : [answer])));
    return [...faults, ...timesOf(answers, clock.now()), ...percentiles(window)];
  };
}

function timesOf(answers: readonly ReadSingleResponse[], now: number): Reading[] {
  const oldest = Math.min(...answers.map(({ thisUpdate }) => thisUpdate));
  const soonest = Math.min(...answers.map(({ nextUpdate }) => nextUpdate));
  const told = answers.length > 0;
  return [
    reading('ocspOldest', '', told ? Math.max(0, now - oldest) : null),
    reading('ocspLeft', '', told ? soonest - now : null),
  ];
}

function percentiles(window: readonly number[]): Reading[] {
  const sorted = [...window].sort((one, other) => one - other);
  const at = (share: number): number | null => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
  return [reading('ocspP50', '', at(0.5)), reading('ocspP95', '', at(0.95))];
}

async function probeIssuer(id: string, issuer: Certificate, parts: MonitorParts): Promise<readonly Probe[]> {
  const { store, policy } = parts;
  const size = policy.ocspSample;
  const found = await store.figures.sample(id, randomBytes(16).toString('hex'), size);
  const first = found.length < size ? await store.figures.sample(id, '', size - found.length) : [];
  const serialNumbers = [...new Set([...found, ...first].map(({ serialNumber }) => serialNumber))];
  const probes: Probe[] = [];
  for (const serialNumber of serialNumbers) probes.push(await probe({ id, issuer, serialNumber }, parts));
  return probes;
}

interface Subject {
  readonly id: string;
  readonly issuer: Certificate;
  readonly serialNumber: string;
}

async function probe(subject: Subject, parts: MonitorParts): Promise<Probe> {
  const { issuer, serialNumber } = subject;
  const { settings, policy, clock } = parts;
  const [form = new Uint8Array(0)] = issuerForms(issuer);
  const certId = encodeCertId(form, serialNumber);
  const begun = performance.now();
  try {
    const { status, bytes, seconds } = await fetchOutside(`${settings.urls.ocsp}/`, {
      within: policy.answerWithin,
      body: encodeOcspRequest([certId]),
      mediaType: 'application/ocsp-request',
    });
    if (status !== 200) return { seconds, answer: null, fault: `HTTP ${status}` };
    const read = readAnswer(bytes, { certId, issuer, now: clock.now() });
    if (typeof read === 'string') return { seconds, answer: null, fault: read };
    const fault = await faultIn(read, subject, parts);
    return { seconds, answer: fault === '' ? read : null, fault };
  } catch {
    return { seconds: (performance.now() - begun) / 1000, answer: null, fault: 'no answer' };
  }
}

interface Expected {
  readonly certId: Uint8Array;
  readonly issuer: Certificate;
  readonly now: number;
}

/** The answer, its signature and its signer verified (RFC 6960 §3.2); else what is wrong with it. */
function readAnswer(bytes: Uint8Array, { certId, issuer, now }: Expected): ReadSingleResponse | string {
  const { basic, responseStatus } = readOcspResponse(bytes);
  if (basic === null) return `refused (${responseStatus})`;
  const [signer] = basic.certificates.map(readCertificate);
  const [single] = basic.responses;
  if (signer === undefined || single === undefined) return 'empty answer';
  if (!isAnswerSigner(signer, issuer, now)) return 'foreign signer';
  if (!verifyOcspResponse(basic, signer.subjectPublicKeyInfo)) return 'bad signature';
  return equalBytes(single.certId, certId) ? single : 'answer about another';
}

/** Empty where it is right: fresh, and of the status that the CA core decided. */
async function faultIn(
  { status, nextUpdate }: ReadSingleResponse,
  { id, serialNumber }: Subject,
  { store, clock }: MonitorParts,
): Promise<string> {
  if (nextUpdate <= clock.now()) return 'stale answer';
  const known = await store.status.of(id, serialNumber);
  const isRevoked = known?.status === 'revoked' && (known.revokedAt ?? 0) < clock.now() - settledAfter;
  if (isRevoked && status.status !== 'revoked') return 'told good, is revoked';
  return known?.status === 'good' && status.status === 'unknown' ? 'told unknown, is good' : '';
}
