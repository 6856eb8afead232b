import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateIssuer } from '../../ca-core/ceremony/activate.ts';
import { holdCeremony } from '../../ca-core/ceremony.ts';
import { readCeremonyPlan } from '../../ca-core/ceremony/plan.ts';
import { openTranscript } from '../../ca-core/ceremony/transcript.ts';
import { readFileSync } from 'node:fs';
import { projectRoot } from '../../ca-core/project-root.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { ecKey } from '../support/certificates.ts';
import { openssl } from '../support/openssl.ts';

const clock = aClock();
const responder = ecKey();
let ca: ACa;
let newId = '';

const idOf = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex');
const pem = (der: Uint8Array): string => openssl(['x509', '-inform', 'der', '-in', 'c'], { c: der });

async function caseOf(caseId: string, issuer: string): Promise<void> {
  await ca.approve(ca.aCase({ caseId, ca: issuer, subjectKey: aRequestedKey() }));
}

/** The certificate of a case, and what OpenSSL says to it, with the CRLs of root and issuer. */
async function judged(
  caseId: string,
): Promise<{ readonly issuer: string; readonly verdict: string; readonly text: string }> {
  const row = await ca.store.certificates.ofCase(caseId);
  if (row === undefined) throw new Error(`no certificate of ${caseId}`);
  const issuers = await ca.store.issuers.list();
  const own = issuers.find(({ id }) => id === row.issuer);
  const root = issuers.find(({ role }) => role === 'root');
  const crl = await ca.store.crls.newest(row.issuer);
  if (own === undefined || root === undefined || crl === undefined) throw new Error('no issuer, or no CRL of it');
  const files = {
    root: pem(root.certificate),
    own: pem(own.certificate),
    leaf: pem(row.certificate),
    crl: openssl(['crl', '-inform', 'der', '-in', 'c'], { c: crl.crl }),
  };
  const at = ['-attime', String(clock.now() + 1)];
  const args = ['verify', ...at, '-crl_check', '-CRLfile', 'crl', '-CAfile', 'root', '-untrusted', 'own', 'leaf'];
  const verdict = ((): string => {
    try {
      return openssl(args, files);
    } catch (error) {
      return String(error);
    }
  })();
  return { issuer: row.issuer, verdict, text: openssl(['x509', '-in', 'l', '-noout', '-text'], { l: files.leaf }) };
}

beforeAll(async () => {
  ca = await aCa({ clock });
  const core = await ca.open();
  await caseOf('K26-OLD1', ca.ca);
  await settle(core);
  await core.close();
});
afterAll(() => ca.end());

describe('a new issuing key beside the old', () => {
  it('is made by a ceremony of its own, under the same root', async () => {
    const text = readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8')
      .replace('name: issuing', 'name: issuing-2')
      .replace('Issuing CA 1', 'Issuing CA 2')
      .replace('algorithm: p-256', 'algorithm: p-384');
    const plan = readCeremonyPlan(text, ca.policies);
    const head = { title: 'rollover', part: 'all', operators: plan.operators, witnesses: [], plan: '', tools: {} };
    const { issuing } = await holdCeremony({
      ground: {
        ...{ plan, home: ca.settings.home, crlUrl: ca.settings.crlUrl, caKeys: 'file', policies: ca.policies, clock },
        transcript: openTranscript(head, clock, () => Promise.resolve(undefined)),
      },
      rootPassphrase: 'the root passphrase',
      caPassphrase: 'a passphrase for tests',
      signerPublicKey: toHex(responder.spki),
      store: ca.store,
      keepSecrets: () => {
        throw new Error('the operators keep their secrets');
      },
    });
    const rows = await ca.store.issuers.list();
    expect(rows.map(({ name, role }) => [name, role])).toEqual([
      ['root', 'root'],
      ['issuing', 'issuing'],
      ['issuing-2', 'issuing'],
    ]);
    newId = rows[2]?.id ?? '';
    expect(rows[2]?.certificate).toEqual(issuing);
    expect((await ca.store.issuers.active())?.name).toBe('issuing');
  });

  it('has a CRL of its own at once, and issues what was approved for it, while the old one is the active one', async () => {
    const core = await ca.open();
    expect(core.ca.id).toBe(ca.ca);
    await caseOf('K26-OLD2', ca.ca);
    await caseOf('K26-NEW1', newId);
    await settle(core);
    expect(await judged('K26-OLD2')).toMatchObject({ issuer: ca.ca, verdict: expect.stringContaining('OK') as string });
    const { issuer, verdict, text } = await judged('K26-NEW1');
    expect(verdict).toContain('OK');
    expect(issuer).toBe(newId);
    expect(text).toContain('/crl/issuing-2/0.crl');
    expect(text).toContain('/ca/issuing-2.cer');
    await core.close();
  });

  it('is made the active one, and both are answered for', async () => {
    const { anchors } = ca.console;
    await activateIssuer('issuing-2', { anchors, store: ca.store, clock });
    expect((await ca.store.issuers.active())?.id).toBe(newId);
    await expect(activateIssuer('issuing-3', { anchors, store: ca.store, clock })).rejects.toThrow(
      'certificateUnknown',
    );
    clock.pass(60);
    const core = await ca.open();
    expect(core.ca.id).toBe(newId);
    for (const [caseId, id] of [
      ['K26-OLD1', ca.ca],
      ['K26-NEW1', newId],
    ] as const) {
      const row = await ca.store.certificates.ofCase(caseId);
      const document = {
        ...({ kind: 'revocation', version: 1, ca: id, serialNumber: row?.serialNumber ?? '' } as const),
        ...({ reason: 'superseded', invalidityDate: null, requestedAt: clock.now() } as const),
      };
      await ca.approve(document, [ca.officers[0]]);
    }
    await caseOf('K26-NEW2', newId);
    await caseOf('K26-OLD3', ca.ca);
    await settle(core);
    clock.pass(60);
    await settle(core);
    expect((await judged('K26-OLD1')).verdict).toContain('certificate revoked');
    expect((await judged('K26-NEW1')).verdict).toContain('certificate revoked');
    for (const caseId of ['K26-OLD2', 'K26-OLD3', 'K26-NEW2']) expect((await judged(caseId)).verdict).toContain('OK');
    await core.close();
  });

  it('signs no case that the other one has signed', async () => {
    const core = await ca.open();
    await ca.database('issuance_orders').where({ case_id: 'K26-OLD2' }).delete();
    await caseOf('K26-OLD2', newId);
    await settle(core);
    expect(await ca.store.orders.ofCase('K26-OLD2')).toMatchObject({
      state: 'refused',
      refusal: { code: 'caseAlreadySigned' },
    });
    await core.close();
  });

  it('is not opened with a certificate that no ceremony pinned', async () => {
    await ca
      .database('issuers')
      .where({ id: newId })
      .update({ certificate: Buffer.from(ca.outcome.issuing) });
    await expect(ca.open()).rejects.toThrow('not the certificate of the ceremony');
    expect(idOf(responder.spki)).toHaveLength(64);
  });
});
