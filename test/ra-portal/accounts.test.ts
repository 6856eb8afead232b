/** How an account is begun, entered and ended: its link, its sessions, and an event of every step. On either database. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument } from '../../ca-core/index.ts';
import { confirmChange, proposeChange, suspend } from '../../ra-portal/people/change-roles.ts';
import {
  aPerson,
  assertionFor,
  byOne,
  byOther,
  giveRole,
  groundOf,
  invitedPerson,
  pathOf,
} from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';

let world: APortal;
let officer: PortalOfficer;
beforeAll(async () => {
  world = await aPortal();
  [officer] = await world.officers();
});
afterAll(() => world.end());

describe('a link to an account', () => {
  it('needs the code that went another way, and works once', async () => {
    const link = await invitedPerson(world, { role: 'caOperator' });
    const letter = (await world.letters()).find(text => text.includes(pathOf(link))) ?? '';
    expect(letter).toContain('caoperator@operator.example');
    expect(letter).not.toContain(link.code);
    const kept = JSON.stringify(await world.database('person_invitations'));
    expect(kept).not.toContain(link.code);
    expect(kept).not.toContain(pathOf(link).split('/').at(-1));
    const visitor = world.visitor();
    const passkey = { credentialId: 'AAAAAAAAAAAA', publicKey: publicKeyOf() };
    await visitor.json(pathOf(link), { code: '00000000', ...passkey }).expect(403);
    await visitor.json(pathOf(link), { code: link.code, ...passkey }).expect(201);
    await visitor.json(pathOf(link), { code: link.code, ...passkey }).expect(404);
    await visitor.page(pathOf(link)).expect(404);
  });

  it('refuses an authenticator that is known already', async () => {
    const auditor = await aPerson(world, { role: 'auditor', mailbox: 'first@operator.example' });
    const link = await invitedPerson(world, { role: 'auditor', mailbox: 'second@operator.example' });
    const [{ public_key: publicKey } = { public_key: '' }] = await world
      .database<{ public_key: string }>('person_passkeys')
      .where('person_id', auditor.id);
    const body = { code: link.code, credentialId: 'BBBBBBBBBBBB', publicKey };
    await world.visitor().json(pathOf(link), body).expect(409);
  });

  it('makes guessers of its code wait ever longer', async () => {
    const link = await invitedPerson(world, { role: 'auditor', mailbox: 'third@operator.example' });
    const passkey = { credentialId: 'CCCCCCCCCCCC', publicKey: publicKeyOf() };
    const guess = () => world.visitor().json(pathOf(link), { code: '11111111', ...passkey });
    for (let n = 0; n < 3; n++) await guess().expect(403);
    await guess().expect(429);
    world.clock.pass(31);
    await world
      .visitor()
      .json(pathOf(link), { code: link.code, ...passkey })
      .expect(201);
  });
});

describe('a session ends at once', () => {
  it('when the account is suspended, and stays shut until two open it', async () => {
    const auditor = await aPerson(world, { role: 'auditor', mailbox: 'shut@operator.example' });
    await auditor.visitor.page('/officer').expect(200);
    await suspend(groundOf(world), auditor.id, byOne(world));
    await auditor.visitor.page('/officer').expect(303);
    await auditor.visitor.json('/sign-in', { assertion: await assertionFor(world, auditor) }).expect(403);
    const { id } = await proposeChange(
      groundOf(world),
      { personId: auditor.id, change: 'reinstate', role: null },
      byOne(world),
    );
    await confirmChange(groundOf(world), id, byOther(world));
    await auditor.visitor.page('/officer').expect(303);
    await auditor.signIn();
    await auditor.visitor.page('/officer').expect(200);
  });

  it('when a role is withdrawn or given', async () => {
    const operator = await aPerson(world, { role: 'caOperator', mailbox: 'more@operator.example' });
    const open = () => world.database('portal_sessions').where({ subject: operator.id, ended_at: null });
    expect(await open()).toHaveLength(1);
    await giveRole(world, operator.id, 'administrator');
    expect(await open()).toHaveLength(0);
    await operator.signIn();
    const wish = { personId: operator.id, change: 'withdraw', role: 'administrator' } as const;
    const { id } = await proposeChange(groundOf(world), wish, byOne(world));
    await confirmChange(groundOf(world), id, byOther(world));
    expect(await open()).toHaveLength(0);
  });

  it('when its owner signs out, after 15 idle minutes, and after 8 hours in any case', async () => {
    const auditor = await aPerson(world, { role: 'auditor', mailbox: 'idle@operator.example' });
    const looks = (status: number) => auditor.visitor.page('/officer').expect(status);
    world.clock.pass(899);
    await looks(200);
    world.clock.pass(901);
    await looks(303);
    await auditor.signIn();
    for (let n = 0; n < 8 * 4; n++) {
      await looks(200);
      world.clock.pass(899);
    }
    await looks(200);
    world.clock.pass(8 * 3600 - 8 * 4 * 899);
    await looks(303);
    await auditor.signIn();
    await auditor.visitor.json('/sign-out', {}).expect(303);
    await looks(303);
  });

  it('when all its means are ended, and begins with a new link', async () => {
    const auditor = await aPerson(world, { role: 'auditor', mailbox: 'lost@operator.example' });
    const { id } = await proposeChange(
      groundOf(world),
      { personId: auditor.id, change: 'recover', role: null },
      byOne(world),
    );
    const link = await confirmChange(groundOf(world), id, byOther(world));
    expect(link?.code).toMatch(/^\d{8}$/);
    await auditor.visitor.page('/officer').expect(303);
    await auditor.visitor.json('/sign-in', { assertion: await assertionFor(world, auditor) }).expect(403);
  });
});

function publicKeyOf(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
}

describe('an officer', () => {
  it('who left the roll is signed out with the next request', async () => {
    await officer.signIn();
    await officer.visitor.page('/officer').expect(200);
    const current = await world.store.rolls.current();
    if (current === undefined) throw new Error('no roll');
    const { roll, digest: previous, number } = current;
    const members = roll.members.filter(({ id }) => id !== officer.memberId);
    const text = encodeDocument({ ...roll, number: number + 1, previous, members });
    const next = { number: number + 1, digest: digestOf(text), text, authorisedBy: 'officers' } as const;
    await world.store.rolls.add({ ...next, at: world.clock.now() });
    await officer.visitor.page('/officer').expect(303);
    await world.store.rolls.discard(number + 1);
  });
});

it('leaves an event of every step', async () => {
  const rows = await world.database<{ event: string }>('audit_outbox');
  const actions = new Set(rows.map(({ event }) => (JSON.parse(event) as { action: string }).action));
  for (const action of ['roleChange.proposed', 'roleChange.confirmed', 'person.suspended', 'person.signedIn']) {
    expect(actions).toContain(action);
  }
});
