/** A CA whose core runs, under a clock that passes when told and a log whose alarms can be read. */
import { expect } from 'vitest';
import type { Approval } from '../../../ca-core/approvals/approval.ts';
import type { SignableDocument } from '../../../ca-core/approvals/documents.ts';
import type { CaSurroundings, OpenCa } from '../../../ca-core/open-ca.ts';
import { aCa, aClock, settle, type ACa } from '../../support/a-ca.ts';
import { alarmLog, auditedAbout, type AlarmLog } from '../../support/by-hand.ts';
import { checkPki } from '../../support/check-pki.ts';

export interface ARunningCa {
  readonly platform: ACa;
  readonly clock: ReturnType<typeof aClock>;
  readonly log: AlarmLog;
  /** The one that is open now: another one after each start. */
  readonly core: OpenCa;
  readonly stop: () => Promise<void>;
  readonly start: (surroundings?: Partial<CaSurroundings>) => Promise<void>;
  /** Turns until nothing is left to do. */
  readonly settle: () => Promise<void>;
  /** The CA core stops and starts again, as after a crash, and does what there is to do. */
  readonly restart: () => Promise<void>;
  readonly bothApprove: (document: SignableDocument) => Approval[];
  /** The order of that case is refused for that: no certificate, no delivery, and the audit log says so. */
  readonly expectRefused: (caseId: string, code: string, values?: object) => Promise<void>;
  /** All is done, and a sceptic finds nothing wrong; alarms so far are forgotten. */
  readonly expectSound: () => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function aRunningCa(): Promise<ARunningCa> {
  const [clock, log] = [aClock(), alarmLog()];
  const platform = await aCa({ clock });
  let core = await platform.open({ log });
  const start = async (surroundings: Partial<CaSurroundings> = {}): Promise<void> => {
    core = await platform.open({ log, ...surroundings });
  };
  const all = (): Promise<void> => settle(core);
  await all();
  return {
    ...{ platform, clock, log, start, settle: all },
    get core() {
      return core;
    },
    stop: () => core.close(),
    restart: async () => {
      await core.close();
      await start();
      await all();
    },
    bothApprove: document => platform.officers.map(officer => officer.approve(document)),
    expectRefused: async (caseId, code, values = {}) => {
      await all();
      await expectRefused(platform, caseId, { code, values });
    },
    expectSound: async () => {
      log.alarms.length = 0;
      await all();
      expect(await checkPki(platform)).toEqual([]);
    },
    end: async () => {
      await core.close();
      await platform.end();
    },
  };
}

async function expectRefused(platform: ACa, caseId: string, refusal: object): Promise<void> {
  const { orders, certificates, deliveries } = platform.store;
  expect(await orders.ofCase(caseId)).toMatchObject({ state: 'refused', refusal });
  expect(await certificates.ofCase(caseId)).toBeUndefined();
  expect(await deliveries.state(caseId)).toBeUndefined();
  expect(await auditedAbout(platform, caseId)).toContain('order.refused');
}
