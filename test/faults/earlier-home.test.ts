/** A home that an earlier release left: what relying parties are told of its certificates does not change. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { readCaSettings } from '../../ca-core/settings.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migrateCa, requireCaTables } from '../../ca-core/store/migrate-ca.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import {
  encodeCertId,
  encodeOcspRequest,
  issuerForms,
  readOcspResponse,
  requireTables,
  type Store,
} from '../../ca-core/index.ts';
import { openOcspResponder } from '../../ocsp-responder/open-ocsp-responder.ts';
import { readSettings as readResponderSettings } from '../../ocsp-responder/settings.ts';
import { migratePortal, portalTables } from '../../ra-portal/store/database.ts';
import { environmentOf } from '../../scripts/settings.ts';
import { settle } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { anEarlierHome, type EarlierHome } from '../support/earlier-home.ts';

/** Everything that a CRL says of certificates. */
const entriesOf = (crl: Uint8Array): readonly unknown[] =>
  [...readCrl(crl).entries].sort((one, other) => (one.serialNumber < other.serialNumber ? -1 : 1));
const statusIn = (response: Uint8Array): unknown => readOcspResponse(response).basic?.responses[0]?.status;
const newestCrl = async (store: Store, ca: string): Promise<Uint8Array> => {
  const row = await store.crls.newest(ca);
  if (row === undefined) throw new Error('there is no CRL');
  return row.crl;
};

const settingsOf = ({ settings }: EarlierHome) => readCaSettings(environmentOf(settings, 'ca-core'));

describe('a home that an earlier release left', () => {
  let earlier: EarlierHome;
  const clock = { now: () => earlier.at + 600 };
  beforeAll(() => (earlier = anEarlierHome()));
  afterAll(() => earlier.remove());

  it('is not opened before its tables are of this release', async () => {
    const settings = settingsOf(earlier);
    const database = openDatabase(settings.database);
    await expect(openCa(settings, { log: silentLog })).rejects.toThrow('tablesUnfit');
    await expect(requireTables(database, portalTables)).rejects.toThrow('tablesUnfit');
    expect([...(await migrateCa(database)), ...(await migratePortal(database))].length).toBeGreaterThan(3);
    expect(await migrateCa(database)).toEqual([]);
    expect(await requireCaTables(database)).toEqual([]);
    await database.destroy();
  });

  it('says on the CRL of every certificate what it said before', async () => {
    const core = await openCa(settingsOf(earlier), { log: silentLog, clock });
    const database = openDatabase(settingsOf(earlier).database);
    const store = openStore(database);
    await store.crls.order(core.ca.id, 'test', clock.now());
    await settle(core);
    const after = await newestCrl(store, core.ca.id);
    expect(readCrl(after).crlNumber).toBeGreaterThan(readCrl(earlier.crl).crlNumber);
    expect(entriesOf(after)).toEqual(entriesOf(earlier.crl));
    expect(entriesOf(after)).toHaveLength(3);
    await core.close();
    await database.destroy();
  });

  it('says by OCSP of every certificate what it said before', async () => {
    const database = openDatabase(settingsOf(earlier).database);
    const settings = readResponderSettings(environmentOf(earlier.settings, 'ocsp-responder'));
    const policy = readPolicies(settings.policies).schedule.ocsp;
    const store = openStore(database);
    const ocsp = await openOcspResponder({ store, ...settings, policy, clock, log: silentLog });
    await ocsp.round();
    const issuing = (await store.issuers.list()).find(({ name }) => name === 'issuing');
    const [form = new Uint8Array()] = issuerForms(readCertificate(issuing?.certificate ?? new Uint8Array()));
    const told = new Set<unknown>();
    for (const [serialNumber, before] of earlier.answers) {
      const request = encodeOcspRequest([encodeCertId(form, serialNumber)]);
      const { body } = await ocsp.responder.respond(Buffer.from(request));
      expect(statusIn(body), serialNumber).toEqual(statusIn(before));
      told.add(JSON.stringify(statusIn(body)));
    }
    expect(told.size).toBe(4);
    await ocsp.close();
    await database.destroy();
  });

  it('and its parts agree', async () => {
    const { home } = earlier.settings;
    const database = openDatabase(join(home, 'kakuin.db'));
    expect(await checkPki({ settings: { home }, database, clock })).toEqual([]);
    await database.destroy();
  });
});
