/** A job from the file to the certificates, and to each person: every row once, a file once, whole or not at all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSealed } from '../../ca-core/delivery/seal.ts';
import { jobStates, jobTransitions, rowStates, rowTransitions } from '../../ra-portal/bulk/states.ts';
import { runJobs } from '../../ra-portal/bulk/run-jobs.ts';
import { sealedPasswords } from '../../ra-portal/bulk/pin-sheet.ts';
import { steerJob } from '../../ra-portal/bulk/steer-job.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { findJob } from '../../ra-portal/store/bulk-jobs.ts';
import { countRows } from '../../ra-portal/store/bulk-row-counts.ts';
import { openssl } from '../support/openssl.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { aBulkPortal, approved, submittedOf, type ABulkPortal } from './support/a-bulk-job.ts';
import type { ACustodian, ALra } from './support/an-lra.ts';

let bulk: ABulkPortal;
let world: APortal;
let parts: PortalParts;
let officers: readonly PortalOfficer[];
let lra: ALra;
let custodian: ACustodian;
beforeAll(async () => {
  bulk = await aBulkPortal();
  ({ world, parts, officers, lra, custodian } = bulk);
});
afterAll(() => world.end());

const counts = (id: string) => countRows(world.database, id);

describe('the tables of transitions', () => {
  it('name every state, lead to states that exist, and end', () => {
    expect(Object.keys(jobTransitions)).toEqual([...jobStates]);
    expect(Object.keys(rowTransitions)).toEqual([...rowStates]);
    for (const to of Object.values(jobTransitions).flat()) expect(jobStates).toContain(to);
    for (const to of Object.values(rowTransitions).flat()) expect(rowStates).toContain(to);
    expect([jobTransitions.cancelled, rowTransitions.cancelled, rowTransitions.delivered]).toEqual([[], [], []]);
  });
});

describe('a job', () => {
  it('is issued once attested, sampled and approved by two; nothing before', async () => {
    const job = await submittedOf(bulk, 12);
    await runJobs(parts);
    await world.work();
    const waiting = await findJob(world.database, job.id);

    expect(waiting).toMatchObject({
      state: 'awaitingAttestation',
      size: 12,
      sample: null,
    });
    expect(await world.store.certificates.count()).toBe(0);
    const running = await approved(parts, job, { lra, officers });
    expect(running.state).toBe('running');
    expect(running.sample).toHaveLength(10);
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({
      issued: 12,
      failed: 0,
      ordered: 0,
    });
    expect((await findJob(world.database, job.id)).state).toBe('finished');
  });

  it('takes a file once, and says which job has it', async () => {
    const first = await submittedOf(bulk, 2);
    const again = { file: { hash: first.fileHash, name: 'again.csv' } };
    await expect(submittedOf(bulk, 2, again)).rejects.toMatchObject({
      code: 'fileTwice',
      values: { job: first.id },
    });
    await steerJob(parts, { jobId: first.id, lra: lra.person }, 'cancel');
    const third = await submittedOf(bulk, 2, again);
    await steerJob(parts, { jobId: third.id, lra: lra.person }, 'cancel');
  });
});

describe("a person's own file", () => {
  it('comes by a mailed link that holds no secret of it, and again until it is erased', async () => {
    const job = await submittedOf(bulk, 2, { delivery: 'person' });
    await approved(parts, job, { lra, officers });
    await world.work();
    await runJobs(parts);
    const letters = (await world.letters()).filter(letter => letter.includes('/own-file#'));
    expect(letters).toHaveLength(2);
    const [, path = '', code = ''] = /(\/applications\/\S+\/own-file)#(\S+)/.exec(letters[0] ?? '') ?? [];
    const caseId = path.split('/')[2] ?? '';
    const visitor = world.visitor();
    await visitor
      .json(path, {
        code: code.replace(/.$/, last => (last === 'A' ? 'B' : 'A')),
      })
      .expect(403);
    const file = await visitor.agent
      .post(path)
      .set({
        Origin: world.url,
        Accept: 'application/json',
        'Content-Type': 'application/json',
      })
      .send({ code })
      .buffer(true)
      .parse((response, done) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
      })
      .expect(200);
    const pkcs12 = file.body as Buffer;
    const rows = await sealedPasswords(parts, { jobId: job.id, lra: { ...lra.person, id: custodian.id } }, 0);
    const own = rows.find(row => row.caseId === caseId);
    const octets = await openSealed({
      ...{
        secret: custodian.secret,
        caseId,
        caseDigest: own?.caseDigest ?? '',
      },
      sealed: Buffer.from(own?.sealed ?? '', 'hex'),
    });
    const password = Buffer.from(octets).toString('utf8');
    const shown = openssl(['pkcs12', '-in', 'one.p12', '-nodes', '-passin', `pass:${password}`], { 'one.p12': pkcs12 });
    expect(shown).toContain('PRIVATE KEY');
    for (const letter of await world.letters()) {
      expect(letter).not.toContain(password);
      expect(letter).not.toContain(custodian.secret);
      expect(letter).not.toContain(pkcs12.toString('base64').slice(0, 60));
    }
    await visitor.json(`${path}/erase`, { code }).expect(204);
    await visitor.json(path, { code }).expect(410);
    expect(await counts(job.id)).toMatchObject({ delivered: 1, issued: 1 });
    await expect(sealedPasswords(parts, { jobId: job.id, lra: lra.person }, 0)).rejects.toMatchObject({
      code: 'notPermitted',
    });
  });
});

describe('the form of a job', () => {
  const head = '氏名,フリガナ,ローマ字氏名,メールアドレス,本人確認書類,本人確認方法,本人確認日';
  const lineOf = (index: number): string =>
    `架空 ${index}号,カクウ ゴウ,Kakuu Go,form${index}@kakuu-kakuin.example,運転免許証,対面,2026-11-02`;

  const send = (text: string, fields: Readonly<Record<string, string>>) => {
    const sending = lra.visitor.agent.post('/lra/bulk/submit').set({ Origin: world.url, Accept: 'application/json' });
    for (const [name, value] of Object.entries(fields)) void sending.field(name, value);
    return sending.attach('file', Buffer.from(text, 'utf8'), 'staff.csv');
  };

  it('takes a file whole or not at all', async () => {
    const page = await lra.visitor.page('/lra/bulk/submit').expect(200);
    const formToken = /name="formToken" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const fields = {
      profile: 'jcan-classic',
      keyAlgorithm: 'p-256',
      delivery: 'package',
      formToken,
    };
    const before = await world.rows();
    const text = [head, lineOf(1), lineOf(2)].join('\r\n');
    await send(text, fields).expect(422);
    await send(text.replace('form2@kakuu-kakuin.example', 'form2@elsewhere.example'), {
      ...fields,
      custodian: custodian.id,
    }).expect(422);
    await send(text, { ...fields, custodian: lra.id }).expect(422);
    expect(await world.rows()).toEqual(before);
    const taken = await send(text, {
      ...fields,
      custodian: custodian.id,
    }).expect(201);
    expect(taken.body).toMatchObject({ rows: 2 });
    const again = await send(text, {
      ...fields,
      custodian: custodian.id,
    }).expect(409);
    expect(again.body).toMatchObject({ code: 'fileTwice' });
  });
});
