/** Idempotency-Key: however often a request is sent, and however many at once, it is done once. */
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once, type Asked } from '../../ra-portal/api/once.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { aProgram, type AProgram } from './support/a-program.ts';
import { person } from './support/an-application.ts';
import { partsOf } from './support/parts-of.ts';

let world: APortal;
let program: AProgram;
let another: AProgram;

beforeAll(async () => {
  world = await aPortal();
  await world.officers();
  const organisation = person.corporateNumber;
  const lra = await aPerson(world, { role: 'lra', organisation });
  const other = await aPerson(world, { role: 'lra', organisation, mailbox: 'other@operator.example' });
  program = await aProgram(world, { kind: 'person', subject: lra.id });
  another = await aProgram(world, { kind: 'person', subject: other.id });
});
afterAll(() => world.end());

const path = '/api/v1/applications';
const member = {
  profile: 'jcan-classic',
  kanjiName: '架空 太郎',
  kanaName: 'カクウ タロウ',
  romanName: 'Kakuu Taro',
  mailbox: person.mailbox,
  keyAlgorithm: 'p-256',
  identityMethod: 'in-person',
  identitySeenOn: '2026-11-20',
};
const count = async (table: string): Promise<number> =>
  Number(((await world.database(table).count({ n: '*' })) as [{ n: number | string }])[0].n);
const isReplayed = ({ headers }: Response): boolean => headers['idempotency-replayed'] === 'true';
const codesOf = (answers: readonly Response[]): readonly string[] =>
  [...new Set(answers.map(({ status, body }) => `${status} ${(body as { code?: string }).code ?? ''}`))].sort();

describe('twenty at once, under one key', () => {
  it('make one application, and every answer is that one or says that it still runs', async () => {
    const before = await count('applications');
    const answers = await Promise.all(Array.from({ length: 20 }, () => program.post(path, member, 'one')));
    expect(await count('applications')).toBe(before + 1);
    expect(codesOf(answers).every(code => code === '201 ' || code === '409 idempotencyKeyBusy')).toBe(true);
    const done = answers.filter(({ status }) => status === 201);
    expect(done.filter(answer => !isReplayed(answer))).toHaveLength(1);
    const later = await program.post(path, member, 'one').expect(201);
    expect(isReplayed(later)).toBe(true);
    for (const { text, headers } of done) {
      expect(text).toBe(later.text);
      expect(headers['location']).toBe(later.headers['location']);
    }
  });

  it('withdraw it once', async () => {
    const { caseId } = (await program.post(path, member, 'to withdraw'.replaceAll(' ', '-')).expect(201)).body as {
      caseId: string;
    };
    const letters = await count('letters');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => program.post(`${path}/${caseId}/withdrawal`, {}, 'two')),
    );
    expect(codesOf(answers).filter(code => code !== '409 idempotencyKeyBusy')).toEqual(['200 ']);
    expect(answers.filter(answer => answer.status === 200 && !isReplayed(answer))).toHaveLength(1);
    expect(await count('letters')).toBe(letters + 1);
  });
});

describe('a key', () => {
  it('is refused for another body, another path and another query, and is each person’s own', async () => {
    const { caseId } = (await program.post(path, member, 'mine').expect(201)).body as { caseId: string };
    for (const sending of [
      program.post(path, { ...member, romanName: 'Kaku Taro' }, 'mine'),
      program.post(`${path}/${caseId}/withdrawal`, {}, 'mine'),
    ]) {
      expect((await sending.expect(422)).body).toMatchObject({ code: 'idempotencyKeyReused' });
    }
    const others = await another.post(path, member, 'mine').expect(201);
    expect((others.body as { caseId: string }).caseId).not.toBe(caseId);
  });

  it('repeats a refusal, too, and in the words of the first time', async () => {
    const foreign = { ...member, mailbox: 'taro@elsewhere.example' };
    const first = await program.post(path, foreign, 'refused').set('Accept-Language', 'en').expect(422);
    expect(first.body).toMatchObject({ code: 'registerMismatch', errors: [{ pointer: '#/mailbox' }] });
    const again = await program.post(path, foreign, 'refused').set('Accept-Language', 'ja').expect(422);
    expect(again.text).toBe(first.text);
    expect(isReplayed(again)).toBe(true);
  });

  it('is kept for a day, its answer sealed: no code lies in the database', async () => {
    const first = await program.post(path, member, 'day').expect(201);
    const { handOverCode } = first.body as { handOverCode: string };
    expect(JSON.stringify(await world.database('api_answers'))).not.toContain(handOverCode);
    world.clock.pass(86_390);
    await world.portal.look();
    expect((await program.post(path, member, 'day').expect(201)).text).toBe(first.text);
    world.clock.pass(20);
    await world.portal.look();
    expect(await count('api_answers')).toBe(0);
  });
});

describe('what died half-way', () => {
  const asked: Asked = { subject: 'somebody', key: 'k', method: 'POST', path: '/x', octets: new Uint8Array() };
  const answer = { status: 200, body: { done: true } };
  const effect = (): Promise<number> => count('code_attempts');

  it('is refused as running for three minutes, then done', async () => {
    const parts = partsOf(world);
    const never = new Promise<never>(() => undefined);
    void once(parts, asked, { isAtOnce: false, run: () => never, refusal: () => null });
    const again = () => once(parts, asked, { isAtOnce: true, run: () => Promise.resolve(answer), refusal: () => null });
    await expect.poll(() => count('api_answers')).toBe(1);
    await expect(again()).rejects.toMatchObject({ code: 'idempotencyKeyBusy' });
    world.clock.pass(181);
    expect(await again()).toEqual({ answer, isReplayed: false });
    expect(await again()).toEqual({ answer, isReplayed: true });
  });

  it('leaves no effect without its answer: whoever was taken over undoes what it did', async () => {
    const parts = partsOf(world);
    const before = await effect();
    const slow = once(
      parts,
      { ...asked, key: 'slow' },
      {
        isAtOnce: true,
        run: async ({ database }) => {
          await database('code_attempts').insert({ about: 'slow', wrong: 1, blocked_until: 0 });
          await database('api_answers').where({ subject: asked.subject }).update({ begun_at: 1 });
          return answer;
        },
        refusal: () => null,
      },
    );
    await expect(slow).rejects.toMatchObject({ code: 'idempotencyKeyBusy' });
    expect(await effect()).toBe(before);
  });

  it('may be tried again under the same key after an error inside', async () => {
    const parts = partsOf(world);
    const broken = { isAtOnce: true, run: () => Promise.reject(new Error('the disk')), refusal: () => null };
    await expect(once(parts, { ...asked, key: 'again' }, broken)).rejects.toThrow('the disk');
    const done = once(parts, { ...asked, key: 'again' }, { ...broken, run: () => Promise.resolve(answer) });
    expect(await done).toEqual({ answer, isReplayed: false });
  });
});
