/** Keys that leave in a PKCS#12: made, wrapped, sealed to the keeper of the passwords; nothing of them in clear anywhere. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CaseDocument, SubjectKey } from '../../ca-core/approvals/documents.ts';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';
import type { Officer } from '../support/an-officer.ts';
import { alarmLog } from '../support/by-hand.ts';
import { anAttestedCase, anAttestedList, anLra, insertListed } from '../support/attested-list.ts';
import { checkPki } from '../support/check-pki.ts';
import { certificateInContainer, containerOf, type OpenContainer } from '../support/containers.ts';
import { evidenceOf } from '../support/demo-case.ts';
import { judge, openssl } from '../support/openssl.ts';

const secret = drawPickUpSecret();
const log = alarmLog();
let platform: ACa;
let core: OpenCa;
let lra: Officer;
let sealTo: string;

beforeAll(async () => {
  sealTo = await pickUpPublicKey(secret);
  platform = await aCa();
  core = await platform.open({ log });
  await settle(core);
  lra = await anLra(platform, core);
});
afterEach(async () => {
  expect(await checkPki(platform)).toEqual([]);
});
afterAll(async () => {
  await core.close();
  await platform.end();
});

type ServerKey = Extract<SubjectKey, { from: 'server' }>;

function aRow(change: Partial<ServerKey> = {}, profile = 'jcan-classic'): CaseDocument {
  const subjectKey = { from: 'server', algorithm: 'p-256', sealTo, container: 'pkcs12', ...change } as const;
  const { caseId, evidence, editors, claim } = anAttestedCase(platform, lra);
  const [, number = ''] = claim.mailbox.split('@');
  const seen = { seenAt: platform.clock.now() - 60, seenBy: platform.officers[0].memberId };
  const domain = { ...evidenceOf('mail-domain', { method: 'domain-proof', number }), ...seen };
  return platform.aCase({ caseId, evidence: [...evidence, domain], editors, subjectKey }, profile);
}

async function place(cases: readonly CaseDocument[]): Promise<void> {
  const list = anAttestedList(platform, lra, cases);
  for (const position of cases.keys()) await insertListed(platform, list, position);
}

async function issued(document: CaseDocument): Promise<OpenContainer> {
  await place([document]);
  await settle(core);
  return containerOf(platform, { document, secret });
}

const stateOf = ({ caseId }: CaseDocument) => platform.store.orders.ofCase(caseId);

describe('a key in a PKCS#12', () => {
  it('opens with the password that only its keeper can read, with the chain up to the root', async () => {
    const rows = [aRow(), aRow({ algorithm: 'p-384' }), aRow({ algorithm: 'rsa-2048' }), aRow()];
    await place(rows);
    await settle(core);
    const containers = await Promise.all(rows.map(document => containerOf(platform, { document, secret })));
    for (const [at, container] of containers.entries()) {
      const certificate = await platform.store.certificates.ofCase(rows[at]?.caseId ?? '');
      expect(certificateInContainer(container)).toBe(Buffer.from(certificate?.certificate ?? []).toString('hex'));
    }
    expect(new Set(containers.map(({ password }) => password)).size).toBe(4);
    const [{ pkcs12: p, password } = { pkcs12: '', password: '' }] = containers;
    const above = openssl(['pkcs12', '-in', 'p', '-nokeys', '-cacerts', '-passin', `pass:${password}`], { p });
    expect(above.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it('takes the compatible form where the profile allows it, and says so in the audit log', async () => {
    const row = aRow({ compatibility: true });
    const { pkcs12: p, password } = await issued(row);
    const info = `openssl pkcs12 -in p -info -noout -passin pass:${password} 2>&1`;
    expect(judge('sh', ['-c', info], { p }).toString()).toMatch(/MAC: sha1, /);
    const leaves = await platform.database<{ leaf: Buffer }>('audit_log').select('leaf');
    const own = leaves.map(({ leaf }) => leaf.toString()).filter(leaf => leaf.includes(row.caseId));
    expect(own.some(leaf => leaf.includes('pkcs12 3DES SHA-1'))).toBe(true);
  });

  it('is refused where the profile or the list does not allow it, or nobody could open the password', async () => {
    const modern = aRow({ compatibility: true }, 'organisation-person');
    const lowOrder = aRow({ sealTo: '0'.repeat(64) });
    const alone = platform.aCase({ subjectKey: aRow().subjectKey });
    await place([modern]);
    await place([lowOrder]);
    await platform.approve(alone);
    await settle(core);
    for (const row of [modern, alone, lowOrder]) {
      expect(await stateOf(row)).toMatchObject({ state: 'refused', refusal: { code: 'keyUnacceptable' } });
    }
  });

  it('leaves nothing in clear in the database, its log, the home or a log line', async () => {
    const { pkcs12: p, password } = await issued(aRow());
    const pem = openssl(['pkcs12', '-in', 'p', '-nodes', '-nocerts', '-passin', `pass:${password}`], { p });
    const body = /-----BEGIN PRIVATE KEY-----([^-]+)-----END/.exec(pem)?.[1] ?? '';
    const scalar = Buffer.from(body, 'base64').subarray(36, 68);
    expect(scalar).toHaveLength(32);
    const spelt = [scalar.toString('hex'), scalar.toString('base64'), scalar.toString('base64url')];
    const canaries = [Buffer.from(password), scalar, ...spelt.map(text => Buffer.from(text))];
    const rows = JSON.stringify(await platform.database('deliveries'));
    const files = filesIn(platform.settings.home).map(file => ({ file, octets: readFileSync(file) }));
    for (const { file, octets } of [...files, { file: 'rows', octets: Buffer.from(rows) }]) {
      for (const canary of canaries) expect(octets.includes(canary), file).toBe(false);
    }
    expect(log.alarms).toEqual([]);
  });

  it('that an attacker took away between intention and certificate is alarmed, and the certificate is of no use', async () => {
    await core.close();
    const row = aRow();
    await place([row]);
    const stop = (point: string): Promise<void> =>
      point === 'before order.log' ? Promise.reject(new Error('stopped')) : Promise.resolve();
    const stopped = await platform.open({ log, atFailpoint: stop });
    await expect(settle(stopped)).rejects.toThrow('stopped');
    await stopped.close();
    const delivery = platform.database<{ case_id: string; wrapped_key: Buffer | null }>('deliveries');
    const own = delivery.where({ case_id: row.caseId });
    const wrapped = (await own.clone().first())?.wrapped_key ?? Buffer.alloc(0);
    await own.clone().update({ wrapped_key: Buffer.from(wrapped.with(40, (wrapped[40] ?? 0) ^ 1)) });
    core = await platform.open({ log });
    await settle(core);
    expect(await stateOf(row)).toMatchObject({ state: 'issued' });
    expect(log.alarms).toEqual(['a wrapped key is not the one that this CA core wrote']);
    expect(await own.clone().first()).toMatchObject({ pkcs12: null });
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}
