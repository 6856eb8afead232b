/** The restore drill: yesterday's backup is put back in each way in which things are lost, and time does not go back. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { aCa, settle } from '../support/a-ca.ts';
import { aRestoreDrill, newestCrl, type RestoreDrill } from './support/a-restore-drill.ts';
import { aPlace, expectOnward, type Place } from './support/a-restored-place.ts';

const hours = 3600;
let drill: RestoreDrill;
beforeAll(async () => {
  drill = await aRestoreDrill();
});
afterAll(() => drill.end());

const numberOut = (): number => Number(readCrl(drill.published).crlNumber);
const named = (...names: string[]): string[] => names.map(name => drill.cases[name]?.serialNumber ?? '').sort();

describe('where all is lost but the backup, the CRL that is out and the second place', () => {
  let place: Place;
  beforeAll(async () => {
    place = await aPlace(drill, { copy: true });
    await place.restore();
  });

  it('nothing is issued, nor any CRL made, before a recovery', async () => {
    await expect(place.open()).rejects.toThrow(/recoveryNeeded.*a backup of .* was put back.*kakuin recover/);
    await place.withStore(async store => expect(await store.crls.newest(drill.platform.ca)).toBeUndefined());
  });

  it('and then no serial number comes again, the CRL’s number is higher, every revocation is there', async () => {
    const report = await place.recover({ crls: [drill.published] });
    const [issuer] = report.issuers;
    expect(issuer?.revoked.toSorted()).toEqual(named('B', 'C', 'D'));
    expect(issuer?.unknown.toSorted()).toEqual(named('C', 'D'));
    expect(issuer).toMatchObject({ highest: numberOut(), cases: [] });
    expect(report.crlNumbers['issuing']).toBe(numberOut() + 1);
    expect(report.newestTrace - report.knownUntil).toBeGreaterThan(22 * hours);
    expect(report.audit.lost?.to).toBeGreaterThan(report.audit.lost?.from ?? Infinity);
    expect(report.audit.origin).toMatch(/\/r2$/);
    await expectOnward(drill, place, numberOut());
  });

  it('may be recovered once more, which changes nothing', async () => {
    const report = await place.recover({ crls: [drill.published] });
    expect(report).toMatchObject({ signs: [], judgedAgain: 0, audit: { lost: undefined } });
    expect(report.issuers[0]).toMatchObject({ revoked: [], unknown: [], cases: [], rows: 0 });
    await expectOnward(drill, place, numberOut() + 1);
  });
});

describe('where somebody brings more', () => {
  it('certificates, a copy of the logs and an export of the audit log put back all there is', async () => {
    const place = await aPlace(drill, { copy: true });
    await place.restore();
    const report = await place.recover({
      crls: [drill.published],
      certificates: [drill.cases['C']?.der ?? new Uint8Array(0)],
      logs: [join(drill.settings.home, 'ca')],
      auditExport: join(drill.folder, 'audit-export'),
    });
    expect(report.audit.lost).toBeUndefined();
    expect(report.audit.putBack).toBeGreaterThan(5);
    const [issuer] = report.issuers;
    expect(issuer).toMatchObject({ unknown: [], revoked: [] });
    expect(issuer?.cases.map(one => [one.caseId, one.outcome, one.hasOrder]).sort()).toEqual(
      [
        [drill.cases['C']?.caseId, 'recorded', false],
        [drill.cases['D']?.caseId, 'signedAgain', false],
        [drill.cases['waiting']?.caseId, 'signedAgain', true],
      ].sort(),
    );
    await place.withStore(async store => {
      const row = await store.certificates.ofCase(drill.cases['C']?.caseId ?? '');
      expect(Buffer.from(row?.certificate ?? []).equals(drill.cases['C']?.der ?? new Uint8Array(0))).toBe(true);
    });
    await expectOnward(drill, place, numberOut());
  });

  it('a certificate that nothing else knows is known again', async () => {
    const place = await aPlace(drill);
    await place.restore();
    const report = await place.recover({
      crls: [drill.published],
      certificates: [drill.cases['D']?.der ?? new Uint8Array(0)],
    });
    expect(report.issuers[0]?.unknown).toEqual(named('C'));
    expect(report.issuers[0]?.cases).toMatchObject([{ serialNumber: named('D')[0], outcome: 'recorded' }]);
    await expectOnward(drill, place, numberOut());
  });

  it('a CRL of another CA, or one that was changed, puts back nothing', async () => {
    const place = await aPlace(drill);
    await place.restore();
    const changed = Uint8Array.from(drill.published, (octet, at) =>
      at === drill.published.length - 1 ? octet ^ 1 : octet,
    );
    const stranger = await aCa({ database: 'sqlite', clock: drill.clock });
    const core = await stranger.open();
    await settle(core);
    await core.close();
    const { crl: foreign } = await newestCrl({ platform: stranger }, stranger.store);
    await stranger.end();
    const crls = [changed, foreign, new Uint8Array(5)];
    await expect(place.recover({ crls, isWithoutCrl: false })).rejects.toThrow(/no CRL of issuing was given or found/);
    const report = await place.recover({ crls });
    expect(report.issuers[0]).toMatchObject({ highest: 0, revoked: [] });
  });
});

describe('where the database is lost and the home is there', () => {
  let place: Place;
  beforeEach(async () => {
    place = await aPlace(drill, { home: true });
    await place.restore('database');
  });

  it('every certificate is back, the same as it was signed, and each case without its application is named', async () => {
    await expect(place.open()).rejects.toThrow('kakuin recover');
    const report = await place.recover();
    const [issuer] = report.issuers;
    expect(issuer?.cases.map(one => [one.caseId, one.outcome, one.hasOrder]).sort()).toEqual(
      ['C', 'D', 'waiting'].map(name => [drill.cases[name]?.caseId, 'signedAgain', name === 'waiting']).sort(),
    );
    expect(report.audit.lost).toBeDefined();
    await expectOnward(drill, place, numberOut());
  });

  it('without a mark issuing waits all the same, while revocations go on', async () => {
    rmSync(join(place.settings.home, 'ca', 'restored.json'));
    const core = await place.open();
    await expect(settle(core)).rejects.toThrow(/auditBroken.*kakuin recover/);
    await core.close();
    await place.withStore(async store => {
      expect((await newestCrl(drill, store)).crlNumber).toBe(numberOut() + 1);
      expect(await store.certificates.ofCase(drill.waiting.caseId)).toBeUndefined();
    });
    await place.recover();
    await expectOnward(drill, place, numberOut());
  });
});

describe('where the whole machine was set back and nobody says so', () => {
  it.each(['the second place', 'the CRL that is out'])('%s tells', async what => {
    const place = await aPlace(drill, what === 'the second place' ? { copy: true } : {});
    await place.restore();
    rmSync(join(place.settings.home, 'ca', 'restored.json'));
    const out = join(place.settings.home, 'crl', 'crl', 'issuing');
    mkdirSync(out, { recursive: true });
    if (what === 'the CRL that is out') writeFileSync(join(out, '0.crl'), drill.published);
    await expect(place.open()).rejects.toThrow(/recoveryNeeded.*(audit checkpoint|CRL) .*kakuin recover/);
    await place.recover({ crls: [drill.published] });
    await expectOnward(drill, place, numberOut());
  });
});

describe('where the home is lost and the database is there', () => {
  it('the signer log is known again from what the CA signed, and orders to revoke are judged anew', async () => {
    const place = await aPlace(drill, { database: true });
    await place.restore('home');
    await expect(place.open()).rejects.toThrow('kakuin recover');
    const report = await place.recover();
    expect(report.issuers[0]).toMatchObject({ rows: 3, unknown: [] });
    expect(report.audit.lost).toBeUndefined();
    await expectOnward(drill, place, numberOut());
  });
});
