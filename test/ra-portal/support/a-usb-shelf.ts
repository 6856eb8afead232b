/** A portal with two stations and their USB tokens: blank on the shelf, in a case that two officers approved, or active. */
import { expect } from 'vitest';
import type { Test } from 'supertest';
import type { CaseDocument } from '../../../ca-core/approvals/documents.ts';
import type { CertificateStatus } from '../../../ca-core/store/status.ts';
import { requestOf } from '../../support/a-station.ts';
import { ecKey } from '../../support/certificates.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import { aProxy, aStationBehind, type AProxy, type AStationBehind, type StationAnswer } from './a-station-behind.ts';
import { apply, proveMailbox, review, type Applied } from './an-application.ts';

export interface AUsbShelf {
  readonly world: APortal;
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  readonly proxy: AProxy;
  readonly station: AStationBehind;
  /** On the roll too, and none of the tokens is its own. */
  readonly other: AStationBehind;
  /** The serial number of a token that the station just entered. */
  readonly aBlankToken: () => Promise<string>;
  /** An application with its mailbox proved. */
  readonly aCase: () => Promise<Applied>;
  readonly give: (caseId: string, serial: string) => Test;
  /** Both officers sign the document as it stands; it. */
  readonly approve: (caseId: string) => Promise<CaseDocument>;
  /** A case that two officers approved for a token. */
  readonly aJob: () => Promise<OnJob>;
  /** The station brings a request for that key. */
  readonly handIn: (job: OnJob, key?: SubjectKey) => Promise<HandedIn>;
  /** Whole, as the station makes it. */
  readonly anActiveToken: () => Promise<OnJob & { readonly serialNumber: string }>;
  readonly look: (serial: string) => Promise<ShownToken>;
  /** These officers sign what waits about the token, and the CA core works. */
  readonly signedBy: (serial: string, who: readonly PortalOfficer[]) => Promise<void>;
  readonly statusOf: (serialNumber: string) => Promise<CertificateStatus | undefined>;
  readonly end: () => Promise<void>;
}

export interface OnJob {
  readonly serial: string;
  readonly caseId: string;
  readonly jobId: string;
  readonly path: string;
  readonly document: CaseDocument;
  readonly applied: Applied;
}

type SubjectKey = ReturnType<typeof ecKey>;

interface HandedIn {
  readonly key: SubjectKey;
  readonly request: object;
  readonly answer: StationAnswer;
}

export interface ShownToken {
  readonly token: { readonly state: string; readonly awaits: string | null; readonly document: string | null };
  readonly events: readonly { readonly act: string; readonly state: string }[];
}

/** Its page. */
export const at = (serial: string): string => `/tokens/${encodeURIComponent(serial)}`;
/** Status and code of a refusal; the status alone where there is none. */
export const codeOf = ({ status, body }: { status: number; body: unknown }): string =>
  `${status} ${(body as { code?: string }).code ?? ''}`;

export async function aUsbShelf(): Promise<AUsbShelf> {
  const world = await aPortal();
  const officers = await world.officers();
  for (const officer of officers) await officer.signIn();
  const proxy = await aProxy(world);
  const station = await aStationBehind(world, { officers, proxy });
  const other = await aStationBehind(world, { officers, proxy, memberId: 'station-other' });
  const desk = { world, officers, station };
  const cases = casesOf(desk);
  return {
    ...{ world, officers, proxy, station, other },
    ...cases,
    ...jobsOf(desk, cases),
    ...looksOf(desk),
    end: async () => {
      proxy.close();
      await world.end();
    },
  };
}

type Desk = Pick<AUsbShelf, 'world' | 'officers' | 'station'>;
type Cases = Pick<AUsbShelf, 'aBlankToken' | 'aCase' | 'give' | 'approve'>;

function casesOf({ world, officers, station }: Desk): Cases {
  const [{ visitor }] = officers;
  let drawn = 0;
  return {
    aBlankToken: async () => {
      const serial = `token/${String(++drawn).padStart(4, '0')}?`;
      const entered = await station.post('/api/v1/tokens', { tokens: [{ serial, model: 'SoftHSM v2' }] });
      expect(entered).toMatchObject({
        status: 200,
        body: { tokens: [{ serial, state: 'unformatted', holder: null }] },
      });
      return serial;
    },
    aCase: async () => {
      const applied = await apply(world);
      await proveMailbox(world, applied);
      return applied;
    },
    give: (caseId, serial) => visitor.json(`/officer/cases/${caseId}/token`, { serial, algorithm: 'p-256' }),
    approve: async caseId => {
      const digest = await review(world, officers[0], caseId);
      for (const officer of officers) await officer.approve(digest);
      return (await world.store.documents.find(digest))?.document as CaseDocument;
    },
  };
}

type Jobs = Pick<AUsbShelf, 'aJob' | 'handIn' | 'anActiveToken'>;

function jobsOf({ world, station }: Desk, { aBlankToken, aCase, give, approve }: Cases): Jobs {
  const aJob = async (): Promise<OnJob> => {
    const serial = await aBlankToken();
    const applied = await aCase();
    const { caseId } = applied;
    await give(caseId, serial).expect(200);
    const document = await approve(caseId);
    const { job: jobId } = (await station.get(`/api/v1/tokens/${encodeURIComponent(serial)}`)).body as { job: string };
    return { serial, caseId, jobId, path: `/api/v1/token-jobs/${jobId}`, document, applied };
  };
  const handIn = async ({ path, document }: OnJob, key = ecKey()): Promise<HandedIn> => {
    const request = station.request(document, await requestOf(key.key));
    return { key, request, answer: await station.post(`${path}/request`, request) };
  };
  return {
    aJob,
    handIn,
    anActiveToken: async () => {
      const job = await aJob();
      expect((await handIn(job)).answer.status).toBe(200);
      await world.work();
      expect((await station.post(`${job.path}/report`, { outcome: 'active' })).status).toBe(200);
      expect((await station.post(`${job.path}/letter`)).status).toBe(200);
      return { ...job, serialNumber: (await world.store.certificates.ofCase(job.caseId))?.serialNumber ?? '' };
    },
  };
}

function looksOf({ world, officers }: Desk): Pick<AUsbShelf, 'look' | 'signedBy' | 'statusOf'> {
  const look = async (serial: string): Promise<ShownToken> =>
    (await officers[0].visitor.look(at(serial)).expect(200)).body as ShownToken;
  return {
    look,
    signedBy: async (serial, who) => {
      const { document } = (await look(serial)).token;
      for (const officer of who) await officer.approve(document ?? '');
      await world.work();
    },
    statusOf: async serialNumber => world.store.status.of((await world.store.issuers.active())?.id ?? '', serialNumber),
  };
}
