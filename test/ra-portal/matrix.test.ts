/** Every route × every role × {own, other organisation}, over real HTTP, from the table of routes itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Response } from 'supertest';
import { roles, type Role } from '../../ra-portal/people/roles.ts';
import { routes, type RouteRule } from '../../ra-portal/pages/routes.ts';
import { aProgram, programWith, type AProgram } from './support/a-program.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import type { Visitor } from './support/a-visitor.ts';
import { databaseDigest } from './support/database-digest.ts';
import { apply, person, proveMailbox, type Applied } from './support/an-application.ts';

type Comer = Role | 'nobody';
/** Stations come over the proxy's socket alone, with a certificate: no browser and no token is theirs. */
const comers: readonly Comer[] = ['nobody', ...roles.filter(role => role !== 'station')];
const cases = ['own', 'other'] as const;

let world: APortal;
let officer: PortalOfficer;
let subject: APerson;
let own: Applied;
let other: Applied;
const visitors = new Map<Comer, Visitor>();
/** Each with every scope there is: what keeps them out is the table. */
const programs = new Map<Comer, AProgram>();

beforeAll(async () => {
  world = await aPortal();
  [officer] = await world.officers();
  own = await apply(world);
  other = await apply(world, { submissionId: 'f'.repeat(32), mailbox: 'other@kakuu-kakuin.example' });
  await proveMailbox(world, own);
  await world.database('applications').where({ case_id: other.caseId }).update({ corporate_number: '1000000000000' });
  await officer.signIn();
  visitors.set('nobody', world.visitor()).set('applicant', own.visitor).set('officer', officer.visitor);
  for (const role of ['lra', 'caOperator', 'auditor', 'administrator'] as const) {
    const { visitor, id } = await aPerson(world, {
      role,
      ...(role === 'lra' ? { organisation: person.corporateNumber } : {}),
    });
    visitors.set(role, visitor);
    programs.set(role, await aProgram(world, { kind: 'person', subject: id }));
  }
  for (const comer of ['nobody', 'applicant'] as const) programs.set(comer, programWith(world.url, 'nothing'));
  programs.set('officer', await aProgram(world, { kind: 'officer', subject: officer.memberId }));
  for (const program of programs.values()) await program.get('/api/v1/queue');
  subject = await aPerson(world, { role: 'auditor', mailbox: 'subject@operator.example' });
});
afterAll(() => world.end());

interface Line {
  readonly route: string;
  readonly rule: RouteRule;
  readonly comer: Comer;
  readonly whose: (typeof cases)[number];
}

/** GETs first, as they change nothing; what ends a session last. */
const isAboutCase = (route: string): boolean => /\/:id(\/|$)/.test(route);

const order = ({ route }: Line): number => (route.startsWith('GET ') ? 0 : route === 'POST /sign-out' ? 2 : 1);
const lines: readonly Line[] = Object.entries(routes)
  .flatMap(([route, rule]) =>
    comers.flatMap(comer =>
      (isAboutCase(route) ? cases : cases.slice(0, 1)).map(whose => ({ route, rule, comer, whose })),
    ),
  )
  .sort((one, another) => order(one) - order(another));

function pathOf({ route, whose }: Line): string {
  const caseId = whose === 'own' ? own.caseId : other.caseId;
  return (route.split(' ')[1] ?? '')
    .replace(/:id(?=\/|$)/, caseId)
    .replace(':person', subject.id)
    .replace(/:\w+/g, 'nothing');
}

async function send(line: Line): Promise<Response> {
  const visitor = visitors.get(line.comer);
  const program = programs.get(line.comer);
  if (visitor === undefined || program === undefined) throw new Error('nobody comes');
  const path = pathOf(line);
  if (isForPrograms(line)) return line.route.startsWith('GET ') ? program.get(path) : program.post(path);
  return line.route.startsWith('GET ') ? visitor.look(path) : visitor.json(path, {});
}

const isForPrograms = ({ route }: Line): boolean => route.includes(' /api/');

type Outcome = 'admitted' | 'refused' | 'unknown';

function expected({ rule, comer, whose, route }: Line): Outcome {
  if (rule.allowed.includes('everyone')) return 'admitted';
  if (comer === 'nobody' || !rule.allowed.includes(comer)) return 'refused';
  if (whose === 'own' || !isAboutCase(route)) return 'admitted';
  if (comer === 'applicant') return 'refused';
  return comer === 'lra' ? 'unknown' : 'admitted';
}

function outcomeOf({ status, body }: Response): Outcome {
  const { code } = (typeof body === 'object' ? body : {}) as { code?: unknown };
  if ((code === 'notPermitted' && status === 403) || (code === 'credentialsRefused' && status === 401))
    return 'refused';
  return code === 'applicationUnknown' && status === 404 ? 'unknown' : 'admitted';
}

/** A page that is for everyone may still say that the case behind it is closed to this visitor. */
const isDoor = ({ rule }: Line): boolean => rule.allowed.includes('everyone');

const digestOf = (): Promise<string> => databaseDigest(world);

describe('the matrix', () => {
  it('has a line for every route and every role', () => {
    expect(lines.length).toBeGreaterThan(Object.keys(routes).length * comers.length - 1);
    for (const route of Object.keys(routes)) expect(lines.some(line => line.route === route)).toBe(true);
  });

  it('admits by GET whom the table admits and nobody else, and changes nothing', async () => {
    await world.portal.look();
    const before = await digestOf();
    const wrong: string[] = [];
    for (const line of lines.filter(({ route }) => route.startsWith('GET '))) {
      const answer = await send(line);
      const outcome = outcomeOf(answer);
      if (outcome !== expected(line) && !isDoor(line)) wrong.push(`${told(line)}: ${outcome}`);
      if (answer.status >= 500) wrong.push(`${told(line)}: ${answer.status}`);
    }
    expect(wrong).toEqual([]);
    expect(await digestOf()).toBe(before);
  });

  it('changes nothing when a browser looks at every page', async () => {
    const before = await digestOf();
    for (const line of lines.filter(({ route }) => route.startsWith('GET '))) {
      const visitor = visitors.get(line.comer);
      const answer = await visitor?.page(pathOf(line));
      expect(answer?.status, told(line)).toBeLessThan(500);
      expect(answer?.headers['content-security-policy'], told(line)).toContain("default-src 'none'");
    }
    expect(await digestOf()).toBe(before);
  });

  it('takes nothing but GET from another origin, or as a form without its token', async () => {
    const before = await digestOf();
    for (const line of lines.filter(({ route }) => !route.startsWith('GET '))) {
      const visitor = visitors.get(line.comer);
      const foreign = await visitor?.json(pathOf(line), {}).set('Origin', 'https://evil.example');
      expect(foreign?.status, told(line)).toBe(403);
      const path = pathOf(line);
      const form = await visitor?.agent
        .post(path)
        .set({ Origin: world.url, Accept: 'text/html' })
        .type('form')
        .send({});
      const refused = !isForPrograms(line) ? [403] : isDoor(line) ? [400, 415] : [401];
      expect(refused, told(line)).toContain(form?.status);
    }
    expect(await digestOf()).toBe(before);
  });

  it('admits by anything else whom the table admits and nobody else', async () => {
    const wrong: string[] = [];
    for (const line of lines.filter(({ route }) => !route.startsWith('GET '))) {
      const answer = await send(line);
      const outcome = outcomeOf(answer);
      if (outcome !== expected(line) && !isDoor(line)) wrong.push(`${told(line)}: ${outcome}`);
      if (answer.status >= 500) wrong.push(`${told(line)}: ${answer.status}`);
    }
    expect(wrong).toEqual([]);
  });
});

const told = ({ route, comer, whose }: Line): string => `${route} by ${comer} (${whose})`;
