/** Who has which role: two decide, no pair is forbidden, and the database agrees whoever writes. On either database. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmChange, proposeChange, proposePerson, suspend } from '../../ra-portal/people/change-roles.ts';
import { givenRoles, isForbiddenPair, type GivenRole } from '../../ra-portal/people/roles.ts';
import { addPerson, findPerson } from '../../ra-portal/store/people.ts';
import { aPerson, assertionFor, byOne, byOther, giveRole, groundOf } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';

let world: APortal;
let officer: PortalOfficer;
beforeAll(async () => {
  world = await aPortal();
  [officer] = await world.officers();
});
afterAll(() => world.end());

const at = (): number => world.clock.now();

/** An account without any role, in the database alone. */
async function nobodyYet(): Promise<string> {
  const id = randomUUID();
  const mailbox = `${id}@operator.example`;
  await addPerson(world.database, { id, name: '無役', mailbox, organisation: null, createdAt: at() });
  return id;
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
    const { id } = await proposeChange(groundOf(world), wish, byOne(world));
    expect((await findPerson(world.database, personId))?.roles).toEqual([]);
    await expect(confirmChange(groundOf(world), id, byOne(world))).rejects.toMatchObject({
      code: 'roleChangeTakesTwo',
    });
    await confirmChange(groundOf(world), id, byOther(world));
    expect((await findPerson(world.database, personId))?.roles).toEqual(['auditor']);
    await expect(confirmChange(groundOf(world), id, byOther(world))).rejects.toMatchObject({ code: 'personUnknown' });
  });

  it('is never about oneself, neither proposed nor confirmed', async () => {
    const personId = await nobodyYet();
    const wish = { personId, change: 'grant', role: 'administrator' } as const;
    const self = { by: personId, at: at() };
    await expect(proposeChange(groundOf(world), wish, self)).rejects.toMatchObject({ code: 'ownRole' });
    const { id } = await proposeChange(groundOf(world), wish, byOne(world));
    await expect(confirmChange(groundOf(world), id, self)).rejects.toMatchObject({ code: 'ownRole' });
    await expect(suspend(groundOf(world), personId, self)).rejects.toMatchObject({ code: 'ownRole' });
  });

  it('confirmed by fifty at once happens once', async () => {
    const personId = await nobodyYet();
    const { id } = await proposeChange(groundOf(world), { personId, change: 'grant', role: 'auditor' }, byOne(world));
    const tries = Array.from({ length: 50 }, (_, n) =>
      confirmChange(groundOf(world), id, { by: `operator:${n}`, at: at() }),
    );
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of an LRA names an organisation, of others none', async () => {
    const personId = await nobodyYet();
    const wish = { personId, change: 'grant', role: 'lra' } as const;
    await expect(proposeChange(groundOf(world), wish, byOne(world))).rejects.toMatchObject({ code: 'fieldInvalid' });
  });
});

describe('forbidden pairs', () => {
  const pairs = givenRoles.flatMap(held => givenRoles.filter(role => role !== held).map(role => [held, role] as const));

  it.each(pairs.filter(([held, role]) => held !== 'lra' && role !== 'lra'))(
    '%s and %s: the code',
    async (held, role) => {
      const personId = await nobodyYet();
      await giveRole(world, personId, held);
      const granting = giveRole(world, personId, role);
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
    await expect(proposePerson(groundOf(world), wish, byOne(world))).rejects.toMatchObject({ code: 'rolesForbidden' });
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
    await giveRole(world, personId, 'auditor');
    const roles = world.database('person_roles').where({ person_id: personId });
    await expect(roles.clone().update({ role: 'administrator' })).rejects.toThrow(/role_change|roles_forbidden/);
    const changes = world.database('role_changes').where({ person_id: personId });
    await expect(changes.clone().update({ role: 'administrator' })).rejects.toThrow(/role_change_fixed/);
    await expect(changes.clone().update({ confirmed_by: 'operator:third' })).rejects.toThrow(/role_change_fixed/);
  });
});
