/** A CA whose CRLs are looked at: it issues, revokes and lists, by a clock that passes when told, and by rules that a restart may change. */
import { expect } from 'vitest';
import type { RevocationReason } from '../../../ca-core/approvals/documents.ts';
import type { SchedulePolicy } from '../../../ca-core/profiles/policies.ts';
import type { CrlMark } from '../../../ca-core/store/crls.ts';
import { readAnyCrl, type CertificateRevocationList } from '../../../ca-core/x509/crl.ts';
import { aRequestedKey, type ACa } from '../../support/a-ca.ts';
import { checkPki } from '../../support/check-pki.ts';
import { aRunningCa, type ARunningCa } from './a-running-ca.ts';

export interface AListingCa extends Pick<ARunningCa, 'platform' | 'clock' | 'core' | 'settle'> {
  /** The CA core stops and starts again by the shipped rules for CRLs with these of them changed. */
  readonly restart: (change: Partial<SchedulePolicy['crl']>) => Promise<void>;
  /** Time passes, and what there is to do then is done. */
  readonly pass: (seconds: number) => Promise<void>;
  /** Serial number of a new certificate. */
  readonly issued: () => Promise<string>;
  readonly revoke: (serialNumber: string, reason?: RevocationReason) => Promise<void>;
  /** Which CRL is the newest. */
  readonly mark: () => Promise<CrlMark>;
  /** The newest list of this name. */
  readonly listNow: (name: string) => Promise<CertificateRevocationList>;
  /** Sorted. */
  readonly serialsOn: (name: string) => Promise<string[]>;
  /** A sceptic must find nothing wrong. */
  readonly end: () => Promise<void>;
}

export async function aListingCa(): Promise<AListingCa> {
  const running = await aRunningCa();
  const { platform, clock, settle } = running;
  const pass = async (seconds: number): Promise<void> => {
    clock.pass(seconds);
    await settle();
  };
  const listNow = (name: string) => newestList(platform, name);
  return {
    ...{ platform, clock, settle, pass, listNow },
    get core() {
      return running.core;
    },
    restart: async change => {
      await running.stop();
      await running.start();
      Object.assign(running.core.ca.policies.schedule.crl, change);
      await settle();
    },
    issued: async () => {
      const document = platform.aCase({ subjectKey: aRequestedKey() });
      await platform.approve(document);
      await settle();
      return (await platform.store.certificates.ofCase(document.caseId))?.serialNumber ?? '';
    },
    revoke: async (serialNumber, reason = 'superseded') => {
      const common = { kind: 'revocation', version: 1, ca: platform.ca, serialNumber, invalidityDate: null } as const;
      await platform.approve({ ...common, reason, requestedAt: clock.now() }, [platform.officers[0]]);
      await pass(5);
    },
    mark: () => newestMark(platform),
    serialsOn: async name => [...(await listNow(name)).entries].map(one => one.serialNumber).sort(),
    end: async () => {
      expect(await checkPki(platform)).toEqual([]);
      await running.end();
    },
  };
}

async function newestList(platform: ACa, name: string): Promise<CertificateRevocationList> {
  const pieces: Uint8Array[] = [];
  for await (const piece of platform.store.crls.octets(await newestMark(platform), name)) pieces.push(piece);
  return readAnyCrl(Buffer.concat(pieces));
}

async function newestMark({ store, ca }: ACa): Promise<CrlMark> {
  const newest = await store.crls.newestMark(ca);
  if (newest === undefined) throw new Error('no CRL yet');
  return newest;
}
