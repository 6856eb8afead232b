/**
 * Secrets are shown once, to whom they belong: no log, no letter, no page afterwards and no row holds them. The letters
 * hold the codes that prove a mailbox, and nothing else that opens anything.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { formTextOf } from '../../ra-portal/applications/form-text.ts';
import { isMistakes } from '../../ra-portal/applications/read-form.ts';
import { applyForMember } from '../../ra-portal/lra/apply-for-member.ts';
import { aPerson, invitedPerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import type { Visitor } from './support/a-visitor.ts';
import { apply, mailedCode, person, proveMailbox, review } from './support/an-application.ts';
import { lraOf, partsOf } from './support/parts-of.ts';

const logged: string[] = [];
const scripts = mkdtempSync(join(tmpdir(), 'kakuin-canaries-'));
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  const log = pino({ level: 'trace' }, { write: line => void logged.push(line) });
  world = await aPortal({ log, compiled: scripts });
  officers = await world.officers();
  await officers[0].signIn();
});
afterAll(async () => {
  await world.end();
  rmSync(scripts, { recursive: true });
});

const secrets = new Map<string, string>();

it('are nowhere but where they were shown', { timeout: 120_000 }, async () => {
  const visitors = await liveThrough();
  expect([secrets.size, [...secrets.values()].filter(secret => secret.length < 6)]).toEqual([8, []]);
  const places = new Map([
    ['log', logged.join('')],
    ['letters', (await world.letters()).join('\n')],
    ['pages', await pagesOf(visitors)],
    ...filesIn(world.home).map(name => [name, readFileSync(name).toString('latin1')] as const),
  ]);
  expect(places.get('pages')).toContain(person.mailbox);
  expect(places.get('letters')).toContain(person.mailbox);
  expect(places.get('log')).toContain('a request failed');
  expect(
    [...places.keys()].some(name => name.endsWith('kakuin.db')) || world.ground.database.startsWith('postgres'),
  ).toBe(true);
  const found = [...secrets].flatMap(([what, secret]) =>
    [...places].filter(([, text]) => text.includes(secret)).map(([place]) => `${what} in ${place}`),
  );
  expect(found).toEqual([]);
  // The mailed code is in the letter, and its hash alone in the database.
  expect(places.get('letters')).toContain(await mailedCode(world, [...caseIds][0] ?? ''));
});

const caseIds = new Set<string>();

/** A whole life: applying, a desk that applies, accounts, pick-up, wrong codes, a failure that is logged in full. */
async function liveThrough(): Promise<readonly Visitor[]> {
  const applied = await apply(world);
  caseIds.add(applied.caseId);
  secrets.set('access code', applied.accessCode).set('pick-up secret', applied.secret);
  await proveMailbox(world, applied);
  const wrong = secrets.get('access code') === '12121212' ? '34343434' : '12121212';
  await world.visitor().json(`/applications/${applied.caseId}/enter`, { accessCode: wrong }).expect(403);
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const totp = (await lra.visitor.json('/account/totp', {}).expect(201)).body as { key: string; phrase: string };
  secrets.set('one-time key', totp.key).set('phrase', totp.phrase);
  await lra.visitor
    .json('/sign-in/totp', { mailbox: lra.mailbox, phrase: totp.phrase, totp: '000000' })
    .expect(({ status }) => status >= 400);
  const invited = await invitedPerson(world, { role: 'auditor', mailbox: 'invited@operator.example' });
  secrets.set('registration code', invited.code);
  const member = await forMember(lraOf(lra, person.corporateNumber));
  await fail(applied.accessCode, applied.secret);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  await applied.visitor.json(`/applications/${applied.caseId}/pick-up`, {}).expect(200);
  await world.work();
  return [applied.visitor, lra.visitor, officers[0].visitor, member];
}

async function forMember(lra: ReturnType<typeof lraOf>): Promise<Visitor> {
  const seen = { identityMethod: 'in-person', identitySeenOn: '2026-11-01' };
  const text = formTextOf({ ...person, mailbox: 'member@kakuu-kakuin.example' });
  const answer = await applyForMember(partsOf(world), lra, { text, seen, language: 'ja', draftId: null });
  if (isMistakes(answer)) throw new Error('the form is right');
  const { caseId, handOverCode } = answer;
  const code = (await world.letters())
    .map(one => new RegExp(`${caseId}/take-over#(\\S+)`).exec(one)?.[1])
    .find(one => one);
  const secret = drawPickUpSecret();
  const visitor = world.visitor();
  const taking = { code, handOverCode, sealTo: await pickUpPublicKey(secret) };
  const { accessCode } = (await visitor.json(`/applications/${caseId}/take-over`, taking).expect(201)).body as {
    accessCode: string;
  };
  caseIds.add(caseId);
  secrets.set('hand-over code', handOverCode).set("member's access code", accessCode).set("member's secret", secret);
  return visitor;
}

/** What fails is logged in full: without what was sent. */
async function fail(accessCode: string, secret: string): Promise<void> {
  await world.database.schema.renameTable('applications', 'gone');
  const [caseId = ''] = caseIds;
  await world.visitor().json(`/applications/${caseId}/enter`, { accessCode, pass: secret }).expect(500);
  await world.database.schema.renameTable('gone', 'applications');
}

/** Every page that somebody of them may look at now. */
async function pagesOf(visitors: readonly Visitor[]): Promise<string> {
  const texts: string[] = [];
  for (const visitor of visitors) {
    for (const caseId of caseIds) {
      const own = ['', '/documents', '/revoke', '/pick-up'].map(rest => `/applications/${caseId}${rest}`);
      const desks = [`/lra/cases/${caseId}`, `/officer/cases/${caseId}`, '/lra', '/officer?tab=all', '/account'];
      for (const path of [...own, ...desks]) texts.push((await visitor.page(path)).text);
    }
  }
  return texts.join('\n');
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(name => statSync(name).isFile());
