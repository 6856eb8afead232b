/** Who has an account: two decide, the database agrees, and a change counts at once. On either database. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument } from '../../ca-core/index.ts';
import { confirmChange, proposeChange, proposePerson, suspend } from '../../ra-portal/people/change-roles.ts';
import { givenRoles, isForbiddenPair, type GivenRole } from '../../ra-portal/people/roles.ts';
import { addPerson, findPerson } from '../../ra-portal/store/people.ts';
import { aPerson, assertionFor, groundOf, invitedPerson, pathOf } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';

let world: APortal;
let officer: PortalOfficer;
beforeAll(async () => {
  world = await aPortal();
  [officer] = await world.officers();
});
afterAll(() => world.end());

const at = (): number => world.clock.now();
const one = () => ({ by: 'operator:one', at: at() });
const other = () => ({ by: 'operator:other', at: at() });

/** An account without any role, in the database alone. */
async function nobodyYet(): Promise<string> {
  const id = randomUUID();
  const mailbox = `${id}@operator.example`;
  await addPerson(world.database, { id, name: '無役', mailbox, organisation: null, createdAt: at() });
  return id;
}

async function given(personId: string, role: GivenRole): Promise<void> {
  const { id } = await proposeChange(groundOf(world), { personId, change: 'grant', role }, one());
  await confirmChange(groundOf(world), id, other());
}

/** Rows as another hand would write them, past the code. */
async function writeRole(personId: string, role: GivenRole, change: Record<string, unknown> = {}): Promise<void> {
  const id = randomUUID();
  const decided = {
    proposed_by: 'operator:one',
    proposed_at: at(),
    confirmed_by: 'operator:other',
    confirmed_at: at(),
  };
  const row = { id, person_id: personId, change: 'grant', role, ...decided, ...change };
  await world.database('role_changes').insert(row);
  await world.database('person_roles').insert({ person_id: personId, role, change_id: id, given_at: at() });
}

describe('a role change', () => {
  it('takes two, and counts only then', async () => {
    const personId = await nobodyYet();
    const wish = { personId, change: 'grant', role: 'auditor' } as const;
    const { id } = await proposeChange(groundOf(world), wish, one());
    expect((await findPerson(world.database, personId))?.roles).toEqual([]);
    await expect(confirmChange(groundOf(world), id, one())).rejects.toMatchObject({ code: 'roleChangeTakesTwo' });
    await confirmChange(groundOf(world), id, other());
    expect((await findPerson(world.database, personId))?.roles).toEqual(['auditor']);
    await expect(confirmChange(groundOf(world), id, other())).rejects.toMatchObject({ code: 'personUnknown' });
  });

  it('is never about oneself, neither proposed nor confirmed', async () => {
    const personId = await nobodyYet();
    const wish = { personId, change: 'grant', role: 'administrator' } as const;
    const self = { by: personId, at: at() };
    await expect(proposeChange(groundOf(world), wish, self)).rejects.toMatchObject({ code: 'ownRole' });
    const { id } = await proposeChange(groundOf(world), wish, one());
    await expect(confirmChange(groundOf(world), id, self)).rejects.toMatchObject({ code: 'ownRole' });
    await expect(suspend(groundOf(world), personId, self)).rejects.toMatchObject({ code: 'ownRole' });
  });

  it('confirmed by fifty at once happens once', async () => {
    const personId = await nobodyYet();
    const { id } = await proposeChange(groundOf(world), { personId, change: 'grant', role: 'auditor' }, one());
    const tries = Array.from({ length: 50 }, (_, n) =>
      confirmChange(groundOf(world), id, { by: `operator:${n}`, at: at() }),
    );
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of an LRA names an organisation, of others none', async () => {
    const personId = await nobodyYet();
    const wish = { personId, change: 'grant', role: 'lra' } as const;
    await expect(proposeChange(groundOf(world), wish, one())).rejects.toMatchObject({ code: 'fieldInvalid' });
  });
});

describe('forbidden pairs', () => {
  const pairs = givenRoles.flatMap(held => givenRoles.filter(role => role !== held).map(role => [held, role] as const));

  it.each(pairs.filter(([held, role]) => held !== 'lra' && role !== 'lra'))(
    '%s and %s: the code',
    async (held, role) => {
      const personId = await nobodyYet();
      await given(personId, held);
      const granting = given(personId, role);
      if (isForbiddenPair(held, role)) await expect(granting).rejects.toMatchObject({ code: 'rolesForbidden' });
      else await granting;
    },
  );

  it.each(pairs)('%s and %s: the database', async (held, role) => {
    const personId = await nobodyYet();
    await writeRole(personId, held);
    const writing = writeRole(personId, role);
    if (isForbiddenPair(held, role)) await expect(writing).rejects.toThrow(/roles_forbidden/);
    else await writing;
  });

  it('an officer of the roll gets no account, from code or database', async () => {
    const wish = { name: '審査', mailbox: officer.mailbox, organisation: null, role: 'auditor' } as const;
    await expect(proposePerson(groundOf(world), wish, one())).rejects.toMatchObject({ code: 'rolesForbidden' });
    const id = randomUUID();
    const account = { id, name: '審査', mailbox: officer.mailbox, organisation: null, createdAt: at() };
    await addPerson(world.database, account);
    await expect(writeRole(id, 'administrator')).rejects.toThrow(/roles_forbidden/);
    await world.database('role_changes').where({ person_id: id }).delete();
    await world.database('people').where({ id }).delete();
  });

  it('an account whose owner becomes an officer opens nothing any more', async () => {
    const auditor = await aPerson(world, { role: 'auditor', mailbox: 'becomes@operator.example' });
    await auditor.visitor.page('/officer').expect(200);
    await world.database('people').where({ id: auditor.id }).update({ mailbox: officer.mailbox });
    await auditor.visitor.page('/officer').expect(303);
    await auditor.visitor.json('/sign-in', { assertion: await assertionFor(world, auditor) }).expect(403);
    await world.database('people').where({ id: auditor.id }).update({ mailbox: 'became@operator.example' });
  });
});

describe('the database, whatever another hand writes', () => {
  it('takes no role without a change that two confirmed', async () => {
    const personId = await nobodyYet();
    const undecided = { confirmed_by: null, confirmed_at: null };
    await expect(writeRole(personId, 'auditor', undecided)).rejects.toThrow(/role_change_missing/);
    await expect(writeRole(personId, 'auditor', { change: 'withdraw' })).rejects.toThrow(/role_change_missing/);
  });

  it('takes no change by one person alone, and none by its own subject', async () => {
    const personId = await nobodyYet();
    for (const change of [
      { proposed_by: personId },
      { confirmed_by: personId },
      { proposed_by: 'operator:one', confirmed_by: 'operator:one' },
    ]) {
      await expect(writeRole(personId, 'auditor', change)).rejects.toThrow(/check|constraint/i);
    }
  });

  it('changes neither a role nor a change that was decided', async () => {
    const personId = await nobodyYet();
    await given(personId, 'auditor');
    const roles = world.database('person_roles').where({ person_id: personId });
    await expect(roles.clone().update({ role: 'administrator' })).rejects.toThrow(/role_change|roles_forbidden/);
    const changes = world.database('role_changes').where({ person_id: personId });
    await expect(changes.clone().update({ role: 'administrator' })).rejects.toThrow(/role_change_fixed/);
    await expect(changes.clone().update({ confirmed_by: 'operator:third' })).rejects.toThrow(/role_change_fixed/);
  });
});

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
    await suspend(groundOf(world), auditor.id, one());
    await auditor.visitor.page('/officer').expect(303);
    await auditor.visitor.json('/sign-in', { assertion: await assertionFor(world, auditor) }).expect(403);
    const { id } = await proposeChange(
      groundOf(world),
      { personId: auditor.id, change: 'reinstate', role: null },
      one(),
    );
    await confirmChange(groundOf(world), id, other());
    await auditor.visitor.page('/officer').expect(303);
    await auditor.signIn();
    await auditor.visitor.page('/officer').expect(200);
  });

  it('when a role is withdrawn or given', async () => {
    const operator = await aPerson(world, { role: 'caOperator', mailbox: 'more@operator.example' });
    const open = () => world.database('portal_sessions').where({ subject: operator.id, ended_at: null });
    expect(await open()).toHaveLength(1);
    await given(operator.id, 'administrator');
    expect(await open()).toHaveLength(0);
    await operator.signIn();
    const wish = { personId: operator.id, change: 'withdraw', role: 'administrator' } as const;
    const { id } = await proposeChange(groundOf(world), wish, one());
    await confirmChange(groundOf(world), id, other());
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
    world.clock.pass(8 * 3600 - 8 * 4 * 899);
    await looks(303);
    await auditor.signIn();
    await auditor.visitor.json('/sign-out', {}).expect(303);
    await looks(303);
  });

  it('when all its means are ended, and begins with a new link', async () => {
    const auditor = await aPerson(world, { role: 'auditor', mailbox: 'lost@operator.example' });
    const { id } = await proposeChange(groundOf(world), { personId: auditor.id, change: 'recover', role: null }, one());
    const link = await confirmChange(groundOf(world), id, other());
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
    await world.store.rolls.add({ ...next, at: at() });
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
