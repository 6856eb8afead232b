/** A portal with a paired station and token jobs that two officers approved; between them TLS and the proxy's socket. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, encodeDocument, type CaseDocument } from '../../../ca-core/approvals/documents.ts';
import { confirmEnrolment, inviteStation } from '../../../ca-core/console.ts';
import { pair } from '../../../issuing-station/pairing/pair.ts';
import { openStation, type OpenStation } from '../../../issuing-station/pairing/station-home.ts';
import { openPortalDesk, type PortalDesk } from '../../../issuing-station/tokens/portal-desk.ts';
import { addTokenJob, findTokenJob } from '../../../ra-portal/store/token-jobs.ts';
import { findUsbToken, keepUsbToken } from '../../../ra-portal/store/usb-tokens.ts';
import { openFront, type Front } from '../../../scripts/front.ts';
import { aPortal, type APortal, type PortalOfficer } from '../../ra-portal/support/a-portal.ts';
import { aProxy } from '../../ra-portal/support/a-station-behind.ts';
import { apply, proveMailbox, review } from '../../ra-portal/support/an-application.ts';

export interface TokenDeskWorld {
  readonly world: APortal;
  readonly front: Front;
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  /** What the station keeps its files in. */
  readonly home: string;
  readonly station: OpenStation;
  readonly desk: PortalDesk;
  /** One case for each of these tokens, in one lot, approved by both officers; job ids in that order. */
  readonly jobsFor: (serials: readonly string[]) => Promise<readonly string[]>;
  readonly end: () => Promise<void>;
}

export const passphrase = 'the passphrase of this station';

export async function aTokenDesk(): Promise<TokenDeskWorld> {
  const world = await aPortal();
  const officers = await world.officers();
  for (const officer of officers) await officer.signIn();
  await world.work();
  const proxy = await aProxy(world);
  const front = await openFront(proxy.socket);
  const home = mkdtempSync(join(tmpdir(), 'kakuin-station-'));
  const station = await paired({ world, officers, front, home });
  return {
    ...{ world, front, officers, home, station },
    desk: openPortalDesk(station.portal, station.key.signing),
    jobsFor: serials => jobsFor({ world, officers, station }, serials),
    end: async () => {
      await front.close();
      proxy.close();
      await world.end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

type Ground = Pick<TokenDeskWorld, 'world' | 'officers'>;

async function paired({
  world,
  officers,
  front,
  home,
}: Ground & Pick<TokenDeskWorld, 'front' | 'home'>): Promise<OpenStation> {
  const { code, invitationId } = await inviteStation(world.terminal, 'station-desk');
  const portal = { url: front.url, trust: front.certificate };
  await pair({ home, passphrase, portal, code, name: '発行端末', mailbox: 'desk@ra.example' }, world.clock);
  const confirmation = await confirmEnrolment(world.terminal, invitationId);
  if (confirmation.outcome !== 'awaitingOfficers') throw new Error(confirmation.outcome);
  for (const officer of officers) await officer.approve(confirmation.digest);
  await world.work();
  return openStation(home, passphrase);
}

/** The first goes the whole way through the officers' pages; the others are its copies with two signatures of their own. */
async function jobsFor(
  { world, officers, station }: Ground & Pick<TokenDeskWorld, 'station'>,
  serials: readonly string[],
): Promise<readonly string[]> {
  const desk = openPortalDesk(station.portal, station.key.signing);
  await desk.enter(serials.map(serial => ({ serial, model: 'SoftHSM v2' })));
  const [first = '', ...others] = serials;
  const { visitor } = officers[0];
  const applied = await apply(world);
  await proveMailbox(world, applied);
  const wish = { serial: first, algorithm: 'p-256' };
  await visitor.json(`/officer/cases/${applied.caseId}/token`, wish).expect(200);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  const { database, store } = world;
  const document = (await store.documents.find(digest))?.document as CaseDocument;
  const [{ id: firstJob }] = (await database('token_jobs').where({ serial: first, state: 'open' })) as [{ id: string }];
  const job = await findTokenJob(database, firstJob);
  const token = await findUsbToken(database, first);
  if (job === null || token === null) throw new Error('no job');
  const lot = { lot: job.lot, size: serials.length };
  await database('token_jobs').where({ id: firstJob }).update({ size: serials.length });
  const [application] = (await database('applications').where({ case_id: applied.caseId })) as [object];
  const ids = [firstJob];
  for (const [at, serial] of others.entries()) {
    const caseId = `K26-${randomUUID().slice(0, 8)}`;
    const subjectKey = { ...document.subjectKey, tokenSerial: serial } as CaseDocument['subjectKey'];
    const copy = { ...document, caseId, subjectKey };
    const own = digestOf(encodeDocument(copy));
    const row = { ...application, case_id: caseId, document_digest: own, submission_id: caseId };
    await database('applications').insert(row);
    const id = randomUUID();
    await addTokenJob(database, { ...job, ...lot, id, caseId, serial, number: at + 2 });
    await keepUsbToken(database, { ...token, serial, caseId });
    await store.documents.put(copy, world.clock.now());
    for (const officer of officers) await officer.approve(own);
    ids.push(id);
  }
  return ids;
}
