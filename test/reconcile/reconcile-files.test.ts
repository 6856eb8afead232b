/** Logs, CRLs and OCSP statuses that say less than the CA signed are found; every night the CA core looks by itself. */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Knex } from 'knex';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { settle, type ACa } from '../support/a-ca.ts';
import { aReconciledCa, withFile, type AReconciledCa } from './support/a-reconciled-ca.ts';

let ground: AReconciledCa;
let platform: ACa;
let database: Knex;
let clock: AReconciledCa['clock'];
beforeAll(async () => {
  ground = await aReconciledCa();
  ({ platform, database, clock } = ground);
});
afterAll(() => ground.end());

describe('files', () => {
  it('a line taken out of the signer log leaves a certificate that the CA signed and does not know', async () => {
    const { caseId, serialNumber } = ground.of('good');
    const without = (text: string): string =>
      text
        .split('\n')
        .filter(line => !line.includes(`"serialNumber":"${serialNumber}"`))
        .join('\n');
    await withFile(ground.at('ca', 'signer.log'), without, async () => {
      expect(await ground.found()).toEqual(
        expect.arrayContaining([
          `certificateUnlogged ${caseId} ${serialNumber}`,
          `eventForged ${caseId} ${serialNumber}`,
        ]),
      );
    });
  });

  it('an older CRL that is out again lacks a revocation', async () => {
    const older = readFileSync(ground.at('crl', 'crl', 'issuing', 'old.der'));
    await withFile(
      ground.at('crl', 'crl', 'issuing', '0.crl'),
      () => older,
      async () => {
        const lacking = [ground.of('revoked'), ground.of('held')].map(
          one => `publishedCrlDiffers ${one.caseId} ${one.serialNumber}`,
        );
        expect(await ground.found()).toEqual(lacking.sort());
      },
    );
  });

  it('a CRL in the database that is another one lacks it, too', async () => {
    const older = readFileSync(ground.at('crl', 'crl', 'issuing', 'revoked.der'));
    const { crlNumber = 0 } = (await platform.store.crls.newest(platform.ca)) ?? {};
    await ground.withRows(
      'crl_parts',
      () => database('crl_parts').where({ crl_number: crlNumber, list: '0' }).update({ octets: older }),
      async () => {
        expect(await ground.found()).toEqual([
          `crlDiffers ${ground.of('held').caseId} ${ground.of('held').serialNumber}`,
        ]);
      },
    );
  });

  it('a certificate that OCSP forgot, and a revocation that it forgot', async () => {
    const { caseId, serialNumber } = ground.of('good');
    const lines = (keep: (line: string) => boolean) => (text: string) => text.split('\n').filter(keep).join('\n');
    await withFile(
      ground.at('responder', 'status.jsonl'),
      lines(line => !line.includes(serialNumber)),
      async () => {
        expect(await ground.found()).toEqual([`ocspMissing ${caseId} ${serialNumber}`]);
      },
    );
    const revoked = ground.of('revoked');
    const isRevocation = (line: string): boolean =>
      line.includes(revoked.serialNumber) && line.includes('"is":"revoked"');
    await withFile(
      ground.at('responder', 'status.jsonl'),
      text =>
        text
          .split('\n')
          .map(line =>
            isRevocation(line) ? JSON.stringify({ is: 'good', serialNumber: revoked.serialNumber, notAfter: 1 }) : line,
          )
          .join('\n'),
      async () => {
        expect(await ground.found()).toEqual([`ocspDiffers ${revoked.caseId} ${revoked.serialNumber}`]);
      },
    );
  });

  it('places that are not there are said not to be compared', async () => {
    rmSync(ground.at('responder', 'status.jsonl'));
    expect((await ground.look()).notCompared).toEqual([expect.stringContaining('OCSP statuses')]);
    await ground.follow();
    expect(await ground.found()).toEqual([]);
  });
});

describe('every night', () => {
  it('the CA core looks by itself, and what it finds is an alarm', async () => {
    const state = async () => (await platform.store.states.all()).find(({ service }) => service === 'reconcile');
    const night = async (): Promise<void> => {
      const core = await openCa(platform.settings, { log: silentLog, clock });
      await settle(core);
      clock.pass(86_400);
      await settle(core);
      await core.close();
    };
    rmSync(ground.at('responder', 'status.jsonl'));
    await night();
    expect(await state()).toMatchObject({ state: 'green' });
    const { caseId } = ground.of('waiting');
    await ground.withRows(
      'deliveries',
      () => database('deliveries').where({ case_id: caseId }).delete(),
      async () => {
        await night();
        expect(await state()).toMatchObject({ state: 'red' });
        expect((await state())?.detail).toContain(`deliveryMissing ${caseId}`);
      },
    );
  });
});
