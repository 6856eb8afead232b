/** Certificates of a running CA that are revoked, held and released, and what its CRL and its rows say of them. */
import { expect } from 'vitest';
import type { ReleaseDocument, RevocationDocument, RevocationReason } from '../../../ca-core/approvals/documents.ts';
import { readCrl } from '../../../ca-core/x509/crl.ts';
import type { CertificateStatus } from '../../../ca-core/store/status.ts';
import { aRequestedKey, type ACa } from '../../support/a-ca.ts';
import { aRunningCa, type ARunningCa } from './a-running-ca.ts';

export interface StatusGround {
  readonly running: ARunningCa;
  /** Time for another CRL, and all that there is to do. */
  readonly nextCrl: () => Promise<void>;
  /** The serial number of a certificate just issued. */
  readonly issuedOne: () => Promise<string>;
  /** The same of one that an officer revoked. */
  readonly revokedOne: (reason?: RevocationReason) => Promise<string>;
  readonly revocationOf: (serialNumber: string, reason?: RevocationReason) => RevocationDocument;
  readonly releaseOf: (serialNumber: string) => ReleaseDocument;
  readonly statusOf: (serialNumber: string) => Promise<CertificateStatus | undefined>;
  /** Serial numbers on the newest CRL. */
  readonly listed: () => Promise<readonly string[]>;
  /** Revoked, and on the next CRL. */
  readonly expectRevoked: (serialNumber: string) => Promise<void>;
  /** State of a revocation order when all is done; the code, where it was refused. */
  readonly stateOf: (id: string) => Promise<unknown>;
}

export async function aStatusGround(): Promise<StatusGround> {
  const running = await aRunningCa();
  const { platform, clock } = running;
  const nextCrl = async (): Promise<void> => {
    clock.pass(60);
    await running.settle();
  };
  const issuedOne = (): Promise<string> => issued(running);
  const { revocationOf, releaseOf } = documentsOf(running);
  const statusOf: StatusGround['statusOf'] = serialNumber => platform.store.status.of(platform.ca, serialNumber);
  const listed = (): Promise<readonly string[]> => listedBy(platform);
  return {
    ...{ running, nextCrl, issuedOne, revocationOf, releaseOf, statusOf, listed },
    revokedOne: async (reason = 'keyCompromise') => {
      const serialNumber = await issuedOne();
      await platform.approve(revocationOf(serialNumber, reason), [platform.officers[0]]);
      await nextCrl();
      expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason });
      return serialNumber;
    },
    expectRevoked: async serialNumber => {
      await nextCrl();
      expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked' });
      expect(await listed()).toContain(serialNumber);
    },
    stateOf: async id => {
      await running.settle();
      const row = await platform
        .database('revocation_orders')
        .where({ id })
        .first<{ state: string; refusal: string }>();
      return row.state === 'refused' ? (JSON.parse(row.refusal) as { code: string }).code : row.state;
    },
  };
}

async function issued({ platform, settle }: ARunningCa): Promise<string> {
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  await platform.approve(document);
  await settle();
  const row = await platform.store.certificates.ofCase(document.caseId);
  if (row === undefined) throw new Error('nothing was issued');
  return row.serialNumber;
}

function documentsOf({ platform, clock }: ARunningCa): Pick<StatusGround, 'revocationOf' | 'releaseOf'> {
  const about = (serialNumber: string) =>
    ({ version: 1, ca: platform.ca, serialNumber, requestedAt: clock.now() }) as const;
  return {
    revocationOf: (serialNumber, reason = 'keyCompromise') => ({
      ...{ kind: 'revocation', reason, invalidityDate: null },
      ...about(serialNumber),
    }),
    releaseOf: serialNumber => ({ kind: 'release', ...about(serialNumber) }),
  };
}

async function listedBy({ store, ca }: ACa): Promise<readonly string[]> {
  const newest = await store.crls.newest(ca);
  return [...readCrl(newest?.crl ?? new Uint8Array()).entries].map(entry => entry.serialNumber);
}
