/** The table of routes is the whole truth: no route without an entry, no entry without a route, no way around. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forbiddenPairs, isForbiddenPair, roles } from '../../ra-portal/people/roles.ts';
import { routes, rulesFor } from '../../ra-portal/pages/routes.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { routesOf } from './support/routes-of.ts';

let world: APortal;
beforeAll(async () => {
  world = await aPortal();
});
afterAll(() => world.end());

describe('the table of routes', () => {
  it('has an entry for every route', () => {
    expect(routesOf(world.portal.app).filter(route => !Object.hasOwn(routes, route))).toEqual([]);
  });

  it('has no entry without a route', () => {
    const served = new Set(routesOf(world.portal.app));
    expect(Object.keys(routes).filter(route => !served.has(route))).toEqual([]);
  });

  it('admits somebody everywhere, and never an auditor to what changes something', () => {
    const empty = Object.entries(routes).filter(([, { allowed }]) => allowed.length === 0);
    expect(empty).toEqual([]);
    const changing = Object.entries(routes).filter(
      ([route, { allowed }]) => !route.startsWith('GET ') && allowed.includes('auditor'),
    );
    expect(changing.map(([route]) => route).filter(route => !ownAffairs.some(own => route.includes(own)))).toEqual([]);
  });

  it('asks every entry that fits, and knows no other spelling of a path', () => {
    expect(rulesFor('GET', '/officer/cases/K26-0000-0000')).toHaveLength(1);
    expect(rulesFor('HEAD', '/officer')).toHaveLength(1);
    for (const path of ['/Officer', '/officer/', '//officer', '/officer/cases/', '/officer%2Fcases/x']) {
      expect(rulesFor('GET', path), path).toEqual([]);
    }
  });

  it('answers what it does not hold as if it did not exist', async () => {
    const visitor = world.visitor();
    for (const path of ['/Officer', '/officer/', '/OFFICER/cases/x', '/nowhere']) await visitor.page(path).expect(404);
    await visitor.agent.put('/officer').set('Origin', world.url).send({}).expect(404);
  });
});

/** What an auditor may change: how they themselves sign in. */
const ownAffairs = ['/account', '/sign-'];

describe('forbidden pairs', () => {
  it('keep the officer and the auditor apart from every other role that is given', () => {
    for (const role of ['lra', 'caOperator', 'administrator', 'auditor'] as const) {
      expect(isForbiddenPair('officer', role)).toBe(true);
      expect(isForbiddenPair('auditor', role)).toBe(role !== 'auditor');
    }
    expect(isForbiddenPair('administrator', 'caOperator')).toBe(false);
  });

  it('are symmetric and never of one role with itself', () => {
    for (const [one, other] of forbiddenPairs) expect(isForbiddenPair(other, one)).toBe(true);
    for (const role of roles) expect(isForbiddenPair(role, role)).toBe(false);
  });
});
