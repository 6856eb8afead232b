/** One good application, spoiled one way each: a clear sentence in both languages, and no row more than before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import type { PkiErrorCode } from '../../ca-core/errors.ts';
import { say, type WordKey } from '../../ra-portal/words/words.ts';
import { openssl } from '../support/openssl.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, licence, mailedCode, person, review } from './support/an-application.ts';

let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let sealTo: string;
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  await officers[0].signIn();
  sealTo = await pickUpPublicKey(drawPickUpSecret());
});
afterAll(() => world.end());

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly violations?: readonly { readonly field: string; readonly rule: string; readonly sentence: string }[];
}

const sentence = (language: 'ja' | 'en', code: PkiErrorCode, values = {}): string =>
  say(language, `error.${code}` satisfies WordKey, { limit: 64, ...values });

const goodCsr = openssl(['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-subj', '/CN=x']);
/** One bit of the signature, at the end. */
const badSignature = goodCsr.replace(/(.)(..==?\n|...\n)(?=-----END)/, (_, one: string, rest: string) => {
  return (one === 'A' ? 'B' : 'A') + rest;
});
const csr = (certificationRequest: string) => ({ delivery: 'csr', certificationRequest });
const longName = 'Kakuu Taro '.repeat(6).trim().slice(0, 62);

describe('an application is refused whole', () => {
  it.each<[string, string, PkiErrorCode, Readonly<Record<string, string>>]>([
    ['a broken CSR', 'certificationRequest', 'csrMalformed', csr('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n')],
    ['a CSR with a bad signature', 'certificationRequest', 'csrSignatureInvalid', csr(badSignature)],
    ['a weak key', 'certificationRequest', 'keyUnacceptable', csr(weakCsr())],
    ['an unknown profile', 'profile', 'profileUnknown', { profile: 'codesigning' }],
    ["a CA's own profile", 'profile', 'profileUnknown', { profile: 'issuing-ca' }],
    ['a name over its bound', 'romanName', 'nameTooLong', { romanName: longName }],
    ["characters outside the DN's alphabet", 'romanName', 'nameCharacters', { romanName: 'Kakuu Tarō' }],
    ['a 12-digit number', 'corporateNumber', 'corporateNumberIsTwelveDigits', { corporateNumber: '123456789012' }],
    [
      'one in full width',
      'corporateNumber',
      'corporateNumberIsTwelveDigits',
      { corporateNumber: '１２３４-５６７８-９０１２' },
    ],
    ['a wrong check digit', 'corporateNumber', 'corporateNumberCheckDigit', { corporateNumber: '6999901000001' }],
    ['an unknown organisation', 'corporateNumber', 'organisationUnknown', { corporateNumber: '1999901000007' }],
    ['a closed organisation', 'corporateNumber', 'organisationClosed', closed()],
    ['a mailbox that is none', 'mailbox', 'mailboxInvalid', { mailbox: 'taro@' }],
    ['a mailbox with a line end', 'mailbox', 'mailboxInvalid', { mailbox: 'a@b.example\r\nBcc: c@d.example' }],
    ['hidden characters', 'kanjiName', 'fieldInvalid', { kanjiName: '架空\u202e太郎' }],
    ['kana that are none', 'kanaName', 'fieldInvalid', { kanaName: 'kakuu' }],
    ['a missing name', 'kanjiName', 'fieldMissing', { kanjiName: '' }],
    ['no key to seal to', 'sealTo', 'fieldMissing', { sealTo: '' }],
    ['a key algorithm of nobody', 'keyAlgorithm', 'keyUnacceptable', { keyAlgorithm: 'rsa-1024' }],
  ])('%s', async (_, field, code, change) => {
    const before = await world.rows();
    for (const language of ['ja', 'en'] as const) {
      const visitor = world.visitor();
      const answer = await visitor.json('/apply', { ...person, sealTo, ...change }, language).expect(422);
      const problem = answer.body as Problem;
      expect(problem.violations?.map(violation => `${violation.field} ${violation.rule}`)).toEqual([
        `${field} ${code}`,
      ]);
      expect(problem.title).toBe(sentence(language, code));
      expect(answer.type).toBe('application/problem+json');
      const { corporateNumber } = change;
      if (code === 'corporateNumberIsTwelveDigits') expect(answer.text).not.toContain(corporateNumber);
    }
    expect(await world.rows()).toEqual(before);
  });

  it('says it on the page, too, at the field and on top, and does not repeat a personal number', async () => {
    const visitor = world.visitor();
    await visitor.form('/apply/draft', {});
    const fields = { corporateNumber: '123456789012', organisationName: '<b>"&' };
    const answer = await visitor.form('/apply/organisation', fields, '/apply/organisation');
    expect(answer.status).toBe(422);
    expect(answer.text.split(sentence('ja', 'corporateNumberIsTwelveDigits'))).toHaveLength(3);
    expect(answer.text).not.toContain('123456789012');
    expect(answer.text).not.toContain('<b>"&');
    expect(answer.text).toContain('&lt;b&gt;');
    expect(JSON.stringify(await world.database('drafts'))).not.toContain('123456789012');
  });

  it('counts the same form once', async () => {
    const submissionId = 'f'.repeat(32);
    const applied = await apply(world, { submissionId });
    const before = await world.rows();
    for (const language of ['ja', 'en'] as const) {
      const again = await applied.visitor.json('/apply', { ...person, sealTo, submissionId }, language).expect(409);
      expect((again.body as Problem).title).toBe(sentence(language, 'orderTwice'));
    }
    expect(await world.rows()).toEqual(before);
  });
});

describe('codes', () => {
  it('wrong access codes grow the wait, and a restart would not shorten it', async () => {
    const { caseId, accessCode } = await apply(world);
    const visitor = world.visitor();
    const wrong = accessCode === '00000000' ? '11111111' : '00000000';
    const enter = (code: string) => visitor.json(`/applications/${caseId}/enter`, { accessCode: code });
    for (let turn = 0; turn < 3; turn += 1) {
      const body: unknown = (await enter(wrong).expect(403)).body;
      expect((body as Problem).title).toBe(sentence('ja', 'accessCodeWrong'));
    }
    const blocked = await enter(accessCode).expect(429);
    expect((blocked.body as Problem).title).toBe(sentence('ja', 'tooManyAttempts', { seconds: 30 }));
    expect(blocked.headers['retry-after']).toBe('30');
    expect(
      await world
        .database('code_attempts')
        .where({ about: `access:${caseId}` })
        .first(),
    ).toMatchObject({ wrong: 3 });
    world.clock.pass(31);
    await enter(wrong).expect(403);
    world.clock.pass(31);
    await enter(accessCode).expect(429);
    world.clock.pass(31);
    await enter(accessCode).expect(200);
    await enter(wrong).expect(403);
  });

  it('says the same of an application that is not there', async () => {
    const body: unknown = (
      await world.visitor().json('/applications/K26-0000-0000/enter', { accessCode: '12345678' }).expect(403)
    ).body;
    expect((body as Problem).title).toBe(sentence('ja', 'accessCodeWrong'));
  });

  it('a stranger’s wrong mailbox codes wait ever longer, and make the holder of the right one wait for nothing', async () => {
    const { caseId, visitor } = await apply(world);
    const path = `/applications/${caseId}/mailbox`;
    const stranger = world.visitor();
    const wrong = { code: '0000-0000-0000-0000-0000-0000' };
    for (let turn = 0; turn < 3; turn += 1) await stranger.json(path, wrong).expect(403);
    for (let turn = 0; turn < 3; turn += 1) await stranger.json(path, wrong).expect(429);
    await visitor.json(path, { code: await mailedCode(world, caseId) }).expect(200);
  });

  it('a wrong or late mailbox code proves nothing', async () => {
    const { caseId, visitor } = await apply(world);
    const code = await mailedCode(world, caseId);
    await visitor.json(`/applications/${caseId}/mailbox`, { code: '0000-0000-0000-0000-0000-0000' }).expect(403);
    world.clock.pass(2 * 86_400);
    for (const language of ['ja', 'en'] as const) {
      const body: unknown = (await visitor.json(`/applications/${caseId}/mailbox`, { code }, language).expect(403))
        .body;
      expect((body as Problem).title).toBe(sentence(language, 'mailboxCodeWrong'));
    }
    const row: unknown = await world.database('applications').where({ case_id: caseId }).first('mailbox_proved_at');
    expect(row).toEqual({ mailbox_proved_at: null });
  });
});

describe('officers', () => {
  it('cannot prepare their own application', async () => {
    const [one] = officers;
    await one.signIn();
    const { caseId } = await apply(world, {
      mailbox: one.mailbox.toUpperCase().replace('@OPERATOR.EXAMPLE', '@operator.example'),
    });
    const before = await world.rows();
    for (const language of ['ja', 'en'] as const) {
      const answer = await one.visitor
        .json(`/officer/cases/${caseId}/return`, { reason: 'name' }, language)
        .expect(403);
      expect((answer.body as Problem).title).toBe(sentence(language, 'approverIsApplicant'));
    }
    expect(await world.rows()).toEqual(before);
  });

  it('cannot keep a My Number, nor evidence from tomorrow', async () => {
    const [one] = officers;
    const { caseId } = await apply(world);
    const path = `/officer/cases/${caseId}/evidence`;
    const before = await world.rows();
    const card = { ...licence, document: 'my-number-card', number: '123456789012', seenOn: '2026-01-05' };
    const kept = await one.visitor.json(path, card).expect(422);
    expect(kept.text).not.toContain('123456789012');
    const page = await one.visitor.form(path, card, `/officer/cases/${caseId}`);
    expect(page.status).toBe(422);
    expect(page.text).not.toContain('123456789012');
    await one.visitor.json(path, { ...licence, seenOn: '2099-01-01' }).expect(422);
    await one.visitor.json(path, { ...licence, seenOn: '2026-02-30' }).expect(422);
    expect(await world.rows()).toEqual(before);
  });

  it('cannot be entered for, and cannot sign in with an old challenge', async () => {
    const stranger = world.visitor();
    await stranger.page('/officer').expect(303).expect('Location', '/sign-in');
    await stranger.json('/officer/cases/K26-0000-0000/document', {}).expect(403);
    const options = (await stranger.json('/sign-in/options', {}).expect(200)).body as { challenge: string };
    const clientDataJson = Buffer.from(JSON.stringify({ challenge: options.challenge })).toString('base64url');
    const assertion = { credentialId: 'AAAAAAAAAAAA', clientDataJson, authenticatorData: 'AAAA', signature: 'AAAA' };
    await stranger.json('/sign-in', { assertion }).expect(403);
    expect(await world.database('sign_in_challenges').where({ challenge: options.challenge }).first()).toBeUndefined();
  });

  it('sign in again after fifteen idle minutes, and after eight hours whatever they do', async () => {
    const [, other] = officers;
    await other.signIn();
    world.clock.pass(901);
    await other.visitor.look('/officer/cases/K26-0000-0000').expect(403);
    await other.signIn();
    for (let spent = 0; spent < 8 * 3600; spent += 600) {
      await other.visitor.look('/officer/cases/K26-0000-0000').expect(404);
      world.clock.pass(600);
    }
    await other.visitor.look('/officer/cases/K26-0000-0000').expect(403);
  });

  it('cannot change a case once it is ordered', async () => {
    const [one, other] = officers;
    await one.signIn();
    const applied = await apply(world);
    await applied.visitor.json(`/applications/${applied.caseId}/mailbox`, {
      code: await mailedCode(world, applied.caseId),
    });
    const digest = await review(world, one, applied.caseId);
    for (const officer of [one, other]) await officer.approve(digest);
    const seenOn = '2026-01-05';
    await one.visitor.json(`/officer/cases/${applied.caseId}/evidence`, { ...licence, seenOn }).expect(409);
    await applied.visitor.json(`/applications/${applied.caseId}/pick-up`, {}).expect(409);
  });
});

function weakCsr(): string {
  return openssl(['req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', 'key', '-subj', '/CN=x']);
}

function closed(): Readonly<Record<string, string>> {
  return { corporateNumber: '2999901000006', organisationName: '株式会社架空閉鎖', profile: 'organisation-person' };
}
