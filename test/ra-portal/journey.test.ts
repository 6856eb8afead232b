import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePkcs12, newPassword } from '../../ca-core/delivery/pkcs12.ts';
import { openSealed } from '../../ca-core/delivery/seal.ts';
import type { PickedUp } from '../../ra-portal/pick-up/take-key.ts';
import { openssl } from '../support/openssl.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, mailedCode, person, proveMailbox, review, type Applied } from './support/an-application.ts';

/** supertest would make text of it. */
function octets(response: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
}

let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
});
afterAll(() => world.end());

describe('from an application to its certificate and its revocation', () => {
  let applied: Applied;
  let digest: string;

  it('shows the exact subject beforehand', async () => {
    const body: unknown = (await world.visitor().json('/apply/preview', person).expect(200)).body;
    expect(body).toMatchObject({
      subject:
        'C=JP, ST=Tokyo, L=Chiyoda, O=Kakuu Kakuin K.K., OU=1.2.392.200063.80.1.1, OU=OU2-https://robins.jipdec.or.jp/Key.do?9999000000000001&J=1, CN=BN-Kakuu Taro',
      violations: [],
    });
  });

  it('receives it with a reception number and eight digits', async () => {
    applied = await apply(world);
    expect(applied.caseId).toMatch(/^K\d{2}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect(applied.accessCode).toMatch(/^\d{8}$/);
  });

  it('keeps no code as it is, and mails none but the proof of the mailbox', async () => {
    const code = await mailedCode(world, applied.caseId);
    expect(code.replaceAll('-', '')).toHaveLength(24);
    const [letter = ''] = await world.letters();
    expect(letter).not.toContain(applied.accessCode);
    const kept = JSON.stringify([await world.database('applications'), await world.database('letters')]);
    expect(kept).not.toContain(applied.accessCode);
    expect(kept).not.toContain(code);
  });

  it('opens to the access code and takes the mailed code', async () => {
    const other = world.visitor();
    await other.look(`/applications/${applied.caseId}`).expect(403);
    await other.json(`/applications/${applied.caseId}/enter`, { accessCode: applied.accessCode }).expect(200);
    await proveMailbox(world, applied);
    const body: unknown = (await other.look(`/applications/${applied.caseId}`).expect(200)).body;
    expect(body).toMatchObject({ state: 'submitted', mailboxProved: true });
  });

  it('tells officers what is missing, and makes no document before', async () => {
    const [officer] = officers;
    await officer.signIn();
    const body: unknown = (await officer.visitor.look(`/officer/cases/${applied.caseId}`).expect(200)).body;
    const { violations } = body as { violations: { rule: string; field: string }[] };
    expect(violations.map(({ field }) => field)).toEqual(['identity', 'affiliation']);
    await officer.visitor.json(`/officer/cases/${applied.caseId}/document`, {}).expect(409);
  });

  it('is issued after two signatures over the document', async () => {
    const [one, other] = officers;
    digest = await review(world, one, applied.caseId);
    await one.approve(digest);
    const { text } = await one.visitor.page(`/officer/cases/${applied.caseId}`).expect(200);
    expect(text).toContain('1/2 承認済み');
    await other.approve(digest);
    await world.work();
    const body: unknown = (await applied.visitor.look(`/applications/${applied.caseId}`).expect(200)).body;
    expect(body).toMatchObject({ state: 'issued' });
    expect((await world.letters()).join()).toContain('証明書が発行されました');
  });

  it('hands the sealed key out once; looking takes nothing', async () => {
    const path = `/applications/${applied.caseId}/pick-up`;
    await applied.visitor.page(path).expect(200);
    const body: unknown = (await applied.visitor.json(path, {}).expect(200)).body;
    const { sealedKey, caseId, caseDigest, certificate, chain } = body as PickedUp;
    expect(caseDigest).toBe(digest);
    const sealed = Buffer.from(sealedKey, 'hex');
    const privateKey = await openSealed({ secret: applied.secret, sealed, caseId, caseDigest });
    const password = newPassword();
    const pfx = await encodePkcs12({
      privateKey,
      certificate: Buffer.from(certificate, 'base64'),
      chain: chain.map(der => Buffer.from(der, 'base64')),
      friendlyName: person.romanName,
      password,
    });
    const shown = openssl(['pkcs12', '-in', 'p12', '-passin', `pass:${password}`, '-nodes'], { p12: pfx });
    expect(shown).toContain('BN-Kakuu Taro');
    const again = await applied.visitor.json(path, {}).expect(410);
    expect(again.body).toMatchObject({ code: 'alreadyPickedUp', at: world.clock.now() });
    expect((again.body as { title: string }).title).toContain('2度目の受け取り');
    await applied.visitor.page(path).expect(410);
  });

  it('may be revoked by officers: a document waits at the desk', async () => {
    const [officer] = officers;
    const row = await world.store.certificates.ofCase(applied.caseId);
    const path = `/officer/certificates/${row?.serialNumber ?? ''}/revocation`;
    await officer.visitor.json(path, { reason: 'privilegeWithdrawn' }).expect(422);
    const made: unknown = (await officer.visitor.json(path, { reason: 'affiliationChanged' }).expect(303)).body;
    const { location } = made as { location: string };
    expect(location).toMatch(/^http:\/\/approve\.localhost:8083\/documents\/[0-9a-f]{64}$/);
    const queue = await officer.visitor.page('/officer').expect(200);
    expect(queue.text).toContain(`href="${location}"`);
    expect(queue.text).toContain('証明書の失効');
  });

  it('is revoked by its subscriber, once', async () => {
    const path = `/applications/${applied.caseId}/revoke`;
    await applied.visitor.json(path, { reason: 'privilegeWithdrawn' }).expect(422);
    await applied.visitor.json(path, { reason: 'keyCompromise' }).expect(202);
    await applied.visitor.json(path, { reason: 'superseded' }).expect(409);
    await world.work();
    const body: unknown = (await applied.visitor.look(`/applications/${applied.caseId}`).expect(200)).body;
    expect(body).toMatchObject({ revocation: { reason: 'keyCompromise' } });
  });

  it('shows officers the certificate and writes down a revocation only where there is something to revoke', async () => {
    const [officer] = officers;
    const row = await world.store.certificates.ofCase(applied.caseId);
    const path = `/officer/certificates/${row?.serialNumber ?? ''}`;
    await officer.visitor.page(path).expect(200);
    await officer.visitor.json(`${path}/revocation`, { reason: 'superseded' }).expect(409);
  });
});

describe('a key of one’s own', () => {
  it('gets its certificate, as DER and PEM, with the chain above it', async () => {
    const request = openssl([
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=x',
      '-keyout',
      'k',
    ]);
    const applied = await apply(world, { delivery: 'csr', certificationRequest: request });
    await proveMailbox(world, applied);
    const digest = await review(world, officers[0], applied.caseId);
    for (const officer of officers) await officer.approve(digest);
    await world.work();
    const path = `/applications/${applied.caseId}`;
    const file = async (name: string): Promise<Buffer> => {
      const answer = await applied.visitor.agent.get(`${path}/${name}`).buffer(true).parse(octets).expect(200);
      return answer.body as Buffer;
    };
    const [der, pem, chain] = [await file('certificate.cer'), await file('certificate.pem'), await file('chain.pem')];
    expect(openssl(['x509', '-in', 'c', '-inform', 'DER', '-outform', 'PEM'], { c: der })).toBe(pem.toString());
    expect(openssl(['verify', '-partial_chain', '-trusted', 'chain', 'c'], { chain, c: pem })).toContain('OK');
    expect(chain.toString().split('BEGIN CERTIFICATE')).toHaveLength(3);
    await applied.visitor.json(`${path}/pick-up`, {}).expect(409);
    await applied.visitor.json(`${path}/fetched`, {}).expect(204);
    expect((await applied.visitor.look(path)).body).toMatchObject({ state: 'delivered' });
    await world.visitor().page(`${path}/certificate.cer`).expect(403);
  });
});

describe('a case that changes', () => {
  it('voids its document, comes back from the applicant, and takes a new one', async () => {
    const [one] = officers;
    const applied = await apply(world, { romanName: 'Kakuu Jiro' });
    await proveMailbox(world, applied);
    const path = `/officer/cases/${applied.caseId}`;
    const first = await review(world, one, applied.caseId);
    await one.approve(first);
    await one.visitor.json(`${path}/return`, { reason: 'name', note: '漢字を確認してください' }).expect(200);
    await one.visitor.json(`${path}/document`, {}).expect(409);
    const status = await applied.visitor.page(`/applications/${applied.caseId}`).expect(200);
    expect(status.text).toContain('漢字を確認してください');
    const corrected = { ...person, kanjiName: '架空 次郎', romanName: 'Kakuu Jiro' };
    await applied.visitor.json(`/applications/${applied.caseId}/correct`, corrected).expect(200);
    const body: unknown = (await one.visitor.json(`${path}/document`, {}).expect(303)).body;
    expect((body as { digest: string }).digest).not.toBe(first);
    const after = await one.visitor.look(path).expect(200);
    expect(after.body).toMatchObject({ state: 'inReview', signatures: { given: 0, needed: 2 } });
  });

  it('takes the confirmation of a variation, by an officer, per field', async () => {
    const [one] = officers;
    const applied = await apply(world, {
      organisationName: '有限会社架空高崎工務店',
      corporateNumber: '3999902000004',
      mailbox: 'x@kakuu-takasaki.example',
    });
    const path = `/officer/cases/${applied.caseId}`;
    const before = await one.visitor.look(path).expect(200);
    expect(JSON.stringify(before.body)).toContain('variationUnconfirmed');
    await one.visitor.json(`${path}/variations`, { field: 'corporateNumber' }).expect(422);
    for (const { field } of (before.body as { violations: { rule: string; field: string }[] }).violations.filter(
      ({ rule }) => rule === 'variationUnconfirmed',
    )) {
      await one.visitor.json(`${path}/variations`, { field }).expect(200);
    }
    const after = await one.visitor.look(path).expect(200);
    expect(JSON.stringify(after.body)).not.toContain('variationUnconfirmed');
  });
});
