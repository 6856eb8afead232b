/** The portal's jobs for tokens, as the station asks for them over the JSON API. */
import { encodeStationStatement } from '../../ca-core/approvals/station-request.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { signatureOver, type SigningKey } from '../../ca-core/x509/signed.ts';
import type { Portal } from '../portal/client.ts';
import type { IssuedCertificate, TokenDesk } from './personalise.ts';
import { tokenJob, type TokenJob } from './token-work.ts';

const count = z.number().int().nonnegative();

/** How far a job is, also one at its end, and for whom. What else the portal says is left out. */
const standing = z.object({
  state: z.string(),
  number: count,
  of: count,
  holder: z.object({ name: z.string(), organisationName: z.string(), mailbox: z.string() }),
  letterMadeAt: z.string().nullable(),
});
export type JobStanding = z.infer<typeof standing>;

/** One token to be made. */
const entry = standing.extend({ job: tokenJob });
export type JobEntry = z.infer<typeof entry>;

const work = z.object({ jobs: z.array(entry), counts: z.record(z.string(), count) });
const issued = z.object({
  state: z.enum(['waiting', 'issued']),
  certificate: z.base64().nullable(),
  chain: z.array(z.base64()),
});
const inventory = z.object({ tokens: z.array(z.object({ serial: z.string(), state: z.string() })) });

export interface PortalDesk extends TokenDesk {
  /** What two officers approved and is not done, by lot and number. */
  readonly jobs: () => Promise<readonly JobEntry[]>;
  readonly job: (jobId: string) => Promise<JobEntry>;
  /** Of any job of this station. Throws tokenJobUnknown. */
  readonly standing: (jobId: string) => Promise<JobStanding>;
  /** The inventory at this station. */
  readonly tokens: () => Promise<readonly Known[]>;
  readonly noteLetter: (jobId: string) => Promise<void>;
  /** Makes the tokens that lie here known; their states. Throws tokenKnown where one is another station's. */
  readonly enter: (tokens: readonly { readonly serial: string; readonly model: string }[]) => Promise<readonly Known[]>;
}

export interface Known {
  readonly serial: string;
  readonly state: string;
}

const path = '/api/v1/token-jobs';
const mostAtOnce = 200;

/** `key` is the station's on the roll. Everything throws portalUnreachable, and what the portal refuses. */
export function openPortalDesk(portal: Portal, key: SigningKey): PortalDesk {
  const got = new Map<string, IssuedCertificate>();
  return {
    jobs: async () => readBy<z.infer<typeof work>>(work, await portal.get(path), 'documentMalformed').jobs,
    job: async jobId => readBy<JobEntry>(entry, await portal.get(`${path}/${jobId}`), 'documentMalformed'),
    standing: async jobId => readBy<JobStanding>(standing, await portal.get(`${path}/${jobId}`), 'documentMalformed'),
    take: async ({ jobId }) => {
      await portal.post(`${path}/${jobId}/take`, {});
    },
    order: async (job, certificationRequest) => {
      await portal.post(`${path}/${job.jobId}/request`, await stationRequest(key, job, certificationRequest));
    },
    certificate: async ({ jobId }) => {
      const found = got.get(jobId) ?? (await certificateOf(portal, jobId));
      if (found !== undefined) got.set(jobId, found);
      return found;
    },
    report: async ({ jobId }, outcome, reason) => {
      await portal.post(`${path}/${jobId}/report`, { outcome, reason: reason.slice(0, 500) });
      got.delete(jobId);
    },
    tokens: async () =>
      readBy<z.infer<typeof inventory>>(inventory, await portal.get('/api/v1/tokens'), 'documentMalformed').tokens,
    noteLetter: async jobId => {
      await portal.post(`${path}/${jobId}/letter`, {});
    },
    enter: async tokens => {
      const entered: Known[] = [];
      for (let from = 0; from < tokens.length; from += mostAtOnce) {
        const part = { tokens: tokens.slice(from, from + mostAtOnce) };
        const said = await portal.post('/api/v1/tokens', part);
        entered.push(...readBy<z.infer<typeof inventory>>(inventory, said, 'documentMalformed').tokens);
      }
      return entered;
    },
  };
}

/** What the CA core asks for besides the proof in the PKCS#10 itself: the word of the station that the officers named. */
async function stationRequest(
  key: SigningKey,
  { ca, caseDigest, tokenSerial }: TokenJob,
  request: Uint8Array,
): Promise<{ statement: string; signature: string }> {
  const about = { ca, caseDigest, tokenSerial, certificationRequest: toHex(request) };
  const statement = encodeStationStatement({ kind: 'stationRequest', version: 1, ...about });
  return { statement, signature: toHex(await signatureOver(Buffer.from(statement, 'utf8'), key)) };
}

async function certificateOf(portal: Portal, jobId: string): Promise<IssuedCertificate | undefined> {
  const said = await portal.get(`${path}/${jobId}/certificate`);
  const { certificate, chain } = readBy<z.infer<typeof issued>>(issued, said, 'documentMalformed');
  if (certificate === null) return undefined;
  const [der, ...above] = [certificate, ...chain].map(one => new Uint8Array(Buffer.from(one, 'base64')));
  if (der === undefined) throw new PkiError('documentMalformed');
  return { certificate: der, chain: above };
}
