/** Tokens of programs and client certificates: how they are made, what they open, and how they end. */
import { createHash } from 'node:crypto';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limitBy } from '../../ra-portal/pages/guards.ts';
import { confirmChange, proposeChange, suspend } from '../../ra-portal/people/change-roles.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { AuditEvent } from '../../ca-core/index.ts';
import { aPerson, groundOf, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { aProgram, programWith, type AProgram } from './support/a-program.ts';
import { apply, person } from './support/an-application.ts';

let world: APortal;
let officer: PortalOfficer;
let lra: APerson;

beforeAll(async () => {
  world = await aPortal();
  [officer] = await world.officers();
  await officer.signIn();
  lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
});
afterAll(() => world.end());

const path = '/account/tokens';
const wish = { tokenName: '人事システム', scopes: ['applications:read'], days: '30' };
const queue = '/api/v1/queue';
const list = '/api/v1/applications';

async function made(who: APerson | PortalOfficer, change: object = {}): Promise<AProgram> {
  await who.signIn();
  const { id, token } = (await who.visitor.json(path, { ...wish, ...change }).expect(201)).body as Record<
    string,
    string
  >;
  return programWith(world.url, token ?? '', id);
}

/** Actions about one account, oldest first. */
async function eventsAbout(subject: string): Promise<readonly string[]> {
  const rows = await world.database<{ id: number; event: string }>('audit_outbox').orderBy('id').pluck('event');
  const events = rows.map(event => JSON.parse(event) as AuditEvent);
  return events
    .filter(event => event.subject === subject && event.action.startsWith('apiToken'))
    .map(({ action }) => action);
}

describe('making a token', () => {
  it('takes somebody who has just signed in, and says so otherwise', async () => {
    await lra.signIn();
    world.clock.pass(601);
    const refused = await lra.visitor.json(path, wish).expect(403);
    expect(refused.body).toMatchObject({ code: 'signInStale' });
    const page = await lra.visitor.page(path, 'en').expect(200);
    expect(page.text).toContain('Please sign in again.');
    expect(page.text).not.toContain('name="tokenName"');
    const program = await made(lra);
    expect(program.token).toMatch(/^kakuin_[0-9a-f]{16}_[\w-]{43}$/);
  });

  it('shows it once and keeps its SHA-256 alone', async () => {
    const { token, tokenId } = await made(lra);
    const row = await world
      .database<{ token_hash: string; expires_at: number }>('api_tokens')
      .where('id', tokenId)
      .first();
    expect(row?.token_hash).toBe(createHash('sha256').update(token).digest('hex'));
    expect(row?.expires_at).toBe(world.clock.now() + 30 * 86_400);
    const secret = token.slice(-43);
    const pages = await Promise.all([lra.visitor.page(path), lra.visitor.look(path), lra.visitor.page('/account')]);
    for (const { text } of pages) expect(text).not.toContain(secret);
    const dump =
      JSON.stringify(await world.database('api_tokens')) + JSON.stringify(await world.database('audit_outbox'));
    expect(dump).not.toContain(secret);
  });

  it('gives 90 days unless told otherwise, a year at most, and only scopes that its owner has', async () => {
    const { tokenId } = await made(lra, { days: '' });
    const row = await world.database<{ expires_at: number }>('api_tokens').where('id', tokenId).first();
    expect(row?.expires_at).toBe(world.clock.now() + 90 * 86_400);
    const bad = [
      { days: '366' },
      { days: '0' },
      { scopes: [] },
      { scopes: ['queue:claim'] },
      { tokenName: '' },
      { tokenName: 'a\u202eb' },
    ];
    for (const change of bad) {
      const answer = await lra.visitor.json(path, { ...wish, ...change });
      expect(answer.status, JSON.stringify(change)).toBe(422);
    }
  });

  it('is nothing for who has no scope, and leaves an audit event', async () => {
    const administrator = await aPerson(world, { role: 'administrator' });
    await administrator.visitor.json(path, wish).expect(403);
    expect(await eventsAbout(administrator.id)).toEqual([]);
    expect((await eventsAbout(lra.id)).at(-1)).toBe('apiToken.made');
  });
});

describe('a token', () => {
  it('opens what its scopes say, is noted as used, and ends by its owner’s hand', async () => {
    const program = await made(lra);
    await program.get(list).expect(200);
    await program.get('/api/v1/certificates').expect(403);
    await program.post(list).expect(403);
    const used = await world.database<{ last_used_at: number }>('api_tokens').where('id', program.tokenId).first();
    expect(used?.last_used_at).toBe(world.clock.now());
    await officer.visitor.json(`${path}/${program.tokenId}/end`, {}).expect(200);
    await program.get(list).expect(200);
    await lra.visitor.json(`${path}/${program.tokenId}/end`, {}).expect(200);
    await program.get(list).expect(401);
    expect((await eventsAbout(lra.id)).at(-1)).toBe('apiToken.ended');
  });

  it('ends with its time', async () => {
    const program = await made(lra);
    world.clock.pass(30 * 86_400);
    await program.get(list).expect(401);
    world.clock.pass(-30 * 86_400);
    await program.get(list).expect(200);
  });

  it('sees its own organisation and nothing of another, not even that it is there', async () => {
    const program = await made(lra);
    const own = await apply(world);
    const other = await apply(world, { submissionId: 'a'.repeat(32), mailbox: 'b@kakuu-kakuin.example' });
    await world.database('applications').where({ case_id: other.caseId }).update({ corporate_number: '1000000000000' });
    await program.get(`${list}/${own.caseId}`).expect(200);
    for (const name of [other.caseId, 'K26-AAAA-AAAA']) {
      const answer = await program.get(`${list}/${name}`).expect(404);
      expect(answer.body).toMatchObject({ code: 'applicationUnknown' });
    }
    const found = (await program.get(list).expect(200)).body as { applications: readonly { caseId: string }[] };
    expect(found.applications.map(({ caseId }) => caseId)).toEqual([own.caseId]);
  });

  it('ends at once when its owner is suspended, also for good', async () => {
    const someone = await aPerson(world, {
      role: 'lra',
      organisation: person.corporateNumber,
      mailbox: 'x@operator.example',
    });
    const program = await made(someone);
    await program.get(list).expect(200);
    await suspend(groundOf(world), someone.id, { by: 'operator:one', at: world.clock.now() });
    await program.get(list).expect(401);
    const reinstate = { personId: someone.id, change: 'reinstate', role: null } as const;
    await byTwo(reinstate);
    await program.get(list).expect(401);
    expect(await eventsAbout(someone.id)).toEqual(['apiToken.made', 'apiToken.ended']);
  });

  it('ends at once when its owner changes role', async () => {
    const someone = await aPerson(world, { role: 'auditor', mailbox: 'y@operator.example' });
    const program = await made(someone, { scopes: ['queue:read'] });
    await program.get(queue).expect(200);
    await program.post(`${queue}/claim-next`).expect(403);
    await byTwo({ personId: someone.id, change: 'withdraw', role: 'auditor' });
    await program.get(queue).expect(401);
  });

  it('ends with an officer’s place on the roll', async () => {
    const program = await aProgram(world, { kind: 'officer', subject: 'left-long-ago' });
    await program.get(queue).expect(401);
    await world.portal.look();
    const row = await world.database<{ ended_at: number | null }>('api_tokens').where('id', program.tokenId).first();
    expect(row?.ended_at).toBe(world.clock.now());
    await (await made(officer, { scopes: ['queue:read'] })).get(queue).expect(200);
  });
});

async function byTwo(wished: Parameters<typeof proposeChange>[1]): Promise<void> {
  const at = world.clock.now();
  const { id } = await proposeChange(groundOf(world), wished, { by: 'operator:one', at });
  await confirmChange(groundOf(world), id, { by: 'operator:other', at });
}

describe('a limit', () => {
  it('counts each token for itself: one that asks too much holds up no other', async () => {
    const app = express();
    app.get(
      '/',
      limitBy(2, ({ headers }) => String(headers['x-token'])),
      (_request, response) => response.end(),
    );
    const refused: express.ErrorRequestHandler = (error, _request, response, next) => {
      if (error instanceof PkiError) response.status(429).end();
      else next(error);
    };
    app.use(refused);
    const ask = async (token: string): Promise<number> => (await request(app).get('/').set('X-Token', token)).status;
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('b')]).toEqual([200, 200, 429, 200]);
  });

  it('of wrong tokens holds up nobody who comes with the right one from the same address', async () => {
    const program = await made(lra);
    const wrong = programWith(world.url, 'kakuin_wrong');
    const statuses = new Set<number>();
    for (let round = 0; round < 31; round++) {
      for (const { status } of await Promise.all(Array.from({ length: 20 }, () => wrong.get(list))))
        statuses.add(status);
    }
    expect([...statuses].sort()).toEqual([401, 429]);
    await program.get(list).expect(200);
  });
});
