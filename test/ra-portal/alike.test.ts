/** What is there and what is not get the same answer: nobody learns by asking who applied, or who has an account. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Response } from 'supertest';
import { isMistakes } from '../../ra-portal/applications/read-form.ts';
import { formTextOf } from '../../ra-portal/applications/form-text.ts';
import { applyForMember } from '../../ra-portal/lra/apply-for-member.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { apply, person } from './support/an-application.ts';
import { lraOf, partsOf } from './support/parts-of.ts';

const unknown = 'K26-0000-0000';
let world: APortal;
let applied: string;
let member: string;
beforeAll(async () => {
  world = await aPortal();
  applied = (await apply(world)).caseId;
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const seen = { identityMethod: 'in-person', identitySeenOn: '2026-11-01' };
  const text = formTextOf({ ...person, mailbox: 'member@kakuu-kakuin.example' });
  const answer = await applyForMember(partsOf(world), lraOf(lra, person.corporateNumber), {
    text,
    seen,
    language: 'ja',
    draftId: null,
  });
  if (isMistakes(answer)) throw new Error('the form is right');
  member = answer.caseId;
});
afterAll(() => world.end());

/** Without what differs from one request to the next: numbers asked for, nonces, form tokens. */
function essence({ status, text }: Response, caseId: string): string {
  return `${status} ${text}`
    .replaceAll(caseId, 'CASE')
    .replace(/nonce="[^"]*"/g, 'nonce')
    .replace(/name="formToken" value="[^"]*"/g, 'token');
}

describe('an application that is there and one that is not', () => {
  it.each(['', '?pass=sent', '/mailbox', '/take-over'])('show a stranger the same page: %s', async rest => {
    const pages = [];
    for (const caseId of [unknown, applied, member]) {
      pages.push(essence(await world.visitor().page(`/applications/${caseId}${rest}`), caseId));
    }
    expect(new Set(pages).size).toBe(1);
    expect(pages[0]).toContain('CASE');
  });

  it.each([
    ['/enter', { accessCode: '00000000' }],
    ['/entry-pass', {}],
    ['/mailbox', { code: '0000-0000-0000-0000-0000-0000' }],
    ['/take-over', { code: '0000-0000-0000-0000-0000-0000', handOverCode: '00000000', sealTo: 'ab'.repeat(32) }],
    ['/pick-up', {}],
    ['/revoke', { reason: 'keyCompromise' }],
    ['/withdraw', {}],
    ['/correct', {}],
  ])('answer a stranger the same: POST %s', async (rest, body) => {
    const answers = [];
    for (const caseId of [unknown, applied, member]) {
      answers.push(essence(await world.visitor().json(`/applications/${caseId}${rest}`, body), caseId));
    }
    expect(new Set(answers).size).toBe(1);
  });
});

describe('a mailbox with an account and one without', () => {
  it('are asked for the same passkey, and are told the same of a wrong code', async () => {
    const { body } = (await world.visitor().json('/sign-in/options', {}).expect(200)) as { body: object };
    expect(Object.keys(body).sort()).toEqual(['challenge', 'rpId']);
    const answers = [];
    for (const mailbox of ['lra@operator.example', 'nobody@operator.example']) {
      const wrong = { mailbox, phrase: 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA', totp: '000000' };
      answers.push(essence(await world.visitor().json('/sign-in/totp', wrong), mailbox));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^403 /);
  });
});
