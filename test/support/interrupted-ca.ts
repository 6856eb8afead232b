/** A CA with two issuing CAs and work of every kind, again and again; whatever fails meanwhile, all of it must end. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { SubjectKey } from '../../ca-core/approvals/documents.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type CaSurroundings, type OpenCa } from '../../ca-core/open-ca.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { aCa, aRequestedKey, settle, type ACa, type ACaWishes } from './a-ca.ts';
import { anLra } from './attested-list.ts';
import { certificateCount } from './by-hand.ts';
import { ecKey } from './certificates.ts';
import { checkIssuedChanges } from './check-certificates.ts';
import { checkIssuedEvents, checkPki } from './check-pki.ts';
import {
  hasty,
  placeInContainer,
  placeRefused,
  placeRefusedRevocation,
  placeRevocation,
  placeRoll,
  placeVanishedStatus,
  placeWithRequest,
  placeWithServerKey,
  responderOf,
  type Expectation,
} from './every-kind-of-order.ts';
import { addSecondIssuer } from './second-issuer.ts';

export interface InterruptedCa {
  readonly platform: ACa;
  /** With no pause between two CRLs. */
  readonly settings: CaSettings;
  readonly open: (surroundings?: Partial<CaSurroundings>) => Promise<OpenCa>;
  /** One of everything that makes the CA core take a step; what must have become of it. */
  readonly placeEverything: () => Promise<readonly Expectation[]>;
  /** Another CA core finds nothing to do, and everything agrees. */
  readonly expectWhole: () => Promise<void>;
}

/** `times`: how often everything can be placed. */
export async function anInterruptedCa(times: number, wishes: ACaWishes = {}): Promise<InterruptedCa> {
  const platform = await aCa(wishes);
  const second = await addSecondIssuer(platform, ecKey().spki);
  const settings = hasty(platform.settings);
  const open = (surroundings: Partial<CaSurroundings> = {}): Promise<OpenCa> =>
    openCa(settings, { log: silentLog, clock: platform.clock, ...surroundings });
  // Not the key of those that are revoked: it is compromised by then.
  const subjectKey = aRequestedKey();
  const stock = await issueSome({ platform, open, subjectKey: aRequestedKey(), count: times + 1 });
  const take = (): string => stock.pop() ?? outOfStock();
  let revoked = take();
  await placeRevocation(platform, revoked);
  await settleAnew(open);
  const responder = responderOf(platform);
  const lra = await withCore(open, core => anLra(platform, core));
  return {
    platform,
    settings,
    open,
    placeEverything: async () => {
      const placed = [
        await placeWithServerKey(platform),
        await placeInContainer(platform, lra),
        await placeWithRequest(platform, subjectKey),
        await placeWithRequest(platform, subjectKey, second.id),
        await placeRefused(platform, subjectKey),
        await placeVanishedStatus(platform, revoked),
        await placeRefusedRevocation(platform),
        await responder.place(),
        await responder.placeRefused(),
        await placeRoll(platform),
      ];
      revoked = take();
      return [...placed, await placeRevocation(platform, revoked)];
    },
    expectWhole: async () => {
      const certificates = await certificateCount(platform);
      await settleAnew(open);
      expect(await certificateCount(platform)).toBe(certificates);
      const faults = [
        await checkPki(platform),
        await checkIssuedChanges(platform.database),
        await checkIssuedEvents(platform),
      ];
      expect(faults.flat()).toEqual([]);
    },
  };
}

async function settleAnew(open: InterruptedCa['open']): Promise<void> {
  await withCore(open, settle);
}

async function withCore<T>(open: InterruptedCa['open'], work: (core: OpenCa) => Promise<T>): Promise<T> {
  const core = await open();
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

interface Stock {
  readonly platform: ACa;
  readonly open: InterruptedCa['open'];
  readonly subjectKey: SubjectKey;
  readonly count: number;
}

/** Serial numbers of certificates of the first CA. */
async function issueSome({ platform, open, subjectKey, count }: Stock): Promise<string[]> {
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
  for (const document of cases) await platform.approve(document);
  await settleAnew(open);
  const rows = await Promise.all(cases.map(({ caseId }) => platform.store.certificates.ofCase(caseId)));
  return rows.flatMap(row => (row === undefined ? [] : [row.serialNumber]));
}

function outOfStock(): never {
  throw new Error('no certificate is left to revoke');
}

/** Turns as the CA core's main takes them, until two in a row have nothing to do. How many failed. */
export async function turnThroughFailures({ turn }: OpenCa): Promise<number> {
  let failures = 0;
  for (let idle = 0, turns = 0; idle < 2; turns++) {
    if (turns > 2000) throw new Error('it does not come to rest');
    const worked = await turn().catch(() => (failures++, true));
    idle = worked ? 0 : idle + 1;
    if (!worked) await pause(5);
  }
  return failures;
}
