/** An organisation's desk applies for its staff: what it may write, what it never learns, and that it approves nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { applyForMember, type AppliedForMember } from '../../ra-portal/lra/apply-for-member.ts';
import { takeOver } from '../../ra-portal/lra/take-over.ts';
import { formTextOf } from '../../ra-portal/applications/form-text.ts';
import { isMistakes } from '../../ra-portal/applications/read-form.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import type { Person } from '../../ra-portal/people/person.ts';
import { editorsOf } from '../../ra-portal/store/reviews.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { person } from './support/an-application.ts';
import { lraOf, partsOf } from './support/parts-of.ts';

let world: APortal;
let parts: PortalParts;
let desk: APerson;
let lra: Person;

beforeAll(async () => {
  world = await aPortal();
  parts = partsOf(world);
  desk = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  lra = lraOf(desk, person.corporateNumber);
});
afterAll(() => world.end());

const seen = { identityMethod: 'in-person', identitySeenOn: '令和8年11月1日' };

async function applied(change: Readonly<Record<string, string>> = {}): Promise<AppliedForMember> {
  const text = formTextOf({ ...person, ...change });
  const answer = await applyForMember(parts, lra, { text, seen, language: 'ja', draftId: null });
  if (isMistakes(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

async function mistakesIn(change: Readonly<Record<string, string>>, how = seen): Promise<readonly string[]> {
  const text = formTextOf({ ...person, ...change });
  const answer = await applyForMember(parts, lra, { text, seen: how, language: 'ja', draftId: null });
  return isMistakes(answer) ? answer.map(({ rule, field }) => `${rule} ${field}`) : [];
}

/** The code in the newest letter to the member. */
async function codeFor(caseId: string): Promise<string> {
  const letters = await world.letters();
  return letters.map(text => new RegExp(`${caseId}/take-over#(\\S+)`).exec(text)?.[1]).findLast(code => code) ?? '';
}

describe('an LRA applies for a member', () => {
  it('in the name of its own organisation, whatever the form says', async () => {
    const { caseId } = await applied({ corporateNumber: '1180301018771', organisationName: 'トヨタ自動車株式会社' });
    const row = (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, string>;
    expect([row['corporate_number'], row['organisation_name']]).toEqual([
      person.corporateNumber,
      person.organisationName,
    ]);
  });

  it('only for a mailbox in a domain that the register proves to be the organisation’s', async () => {
    expect(await mistakesIn({ mailbox: 'taro@somewhere.example' })).toEqual(['registerMismatch mailbox']);
  });

  it('only with how and when identity was seen: no day to come, none too long ago, no method that has ended', async () => {
    const on = (identitySeenOn: string): typeof seen => ({ identityMethod: 'in-person', identitySeenOn });
    expect(await mistakesIn({}, { identityMethod: '', identitySeenOn: '' })).toEqual([
      'fieldMissing identityMethod',
      'fieldMissing identitySeenOn',
    ]);
    expect(await mistakesIn({}, { ...seen, identityMethod: 'domain-proof' })).toEqual(['fieldInvalid identityMethod']);
    for (const day of ['2099-01-01', '2020-01-01', 'yesterday']) {
      expect(await mistakesIn({}, on(day)), day).toEqual(['dateInvalid identitySeenOn']);
    }
  });

  it('and stands in the case as an editor, with what was seen, by whom and when', async () => {
    const { caseId } = await applied({ mailbox: 'hanako@kakuu-kakuin.example' });
    expect(await editorsOf(world.database, caseId)).toEqual([desk.mailbox]);
    const noted = (await world.database('member_applications').where({ case_id: caseId }).first()) as object;
    expect(noted).toMatchObject({ applied_by: lra.id, identity_method: 'in-person', taken_over_at: null });
  });

  it('and nobody but an LRA does so', async () => {
    const text = formTextOf(person);
    const sending = { text, seen, language: 'ja' as const, draftId: null };
    await expect(applyForMember(parts, { ...lra, organisation: null }, sending)).rejects.toThrow('notPermitted');
  });
});

describe('the member takes the application over', () => {
  it('with the mailed code and the one from the desk, and gets an access code that the desk never had', async () => {
    const { caseId, handOverCode } = await applied();
    const code = await codeFor(caseId);
    const sealTo = await pickUpPublicKey(drawPickUpSecret());
    const taking = { caseId, code, handOverCode, sealTo };
    await expect(takeOver(parts, { ...taking, code: handOverCode })).rejects.toThrow('mailboxCodeWrong');
    await expect(takeOver(parts, { ...taking, handOverCode: '00000000' })).rejects.toThrow('accessCodeWrong');
    expect(await takeOver(parts, { ...taking, sealTo: '' })).toEqual([{ rule: 'fieldMissing', field: 'sealTo' }]);
    const taken = await takeOver(parts, taking);
    expect(taken).toMatchObject({ caseId, accessCode: expect.stringMatching(/^\d{8}$/) as string });
    expect((taken as { accessCode: string }).accessCode).not.toBe(handOverCode);
    const row = (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, string>;
    expect(row['mailbox_proved_at']).not.toBeNull();
    expect(row['subject_key']).toContain(sealTo);
    await expect(takeOver(parts, taking)).rejects.toThrow('mailboxCodeWrong');
  });

  it('and before that the code from the desk opens nothing, and the plain proof of the mailbox is refused', async () => {
    const { caseId, handOverCode } = await applied();
    const visitor = world.visitor();
    await visitor.json(`/applications/${caseId}/enter`, { accessCode: handOverCode }).expect(403);
    await visitor.json(`/applications/${caseId}/mailbox`, { code: await codeFor(caseId) }).expect(403);
  });
});
