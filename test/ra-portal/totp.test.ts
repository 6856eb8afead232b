/** RFC 6238: the codes, and an LRA that signs in with them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeAt, stepAt, stepOfCode, toBase32 } from '../../ra-portal/people/totp.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import type { Visitor } from './support/a-visitor.ts';
import { person as applicant } from './support/an-application.ts';

/** RFC 6238 appendix B: seconds, and the codes with SHA-1, SHA-256 and SHA-512. */
const vectors = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
] as const;
const seed = (octets: number): Buffer => Buffer.from('1234567890'.repeat(7).slice(0, octets));

describe('appendix B', () => {
  it.each(vectors)('at %i', (now, sha1, sha256, sha512) => {
    expect(codeAt(seed(20), stepAt(now), { digits: 8, hash: 'sha1' })).toBe(sha1);
    expect(codeAt(seed(32), stepAt(now), { digits: 8, hash: 'sha256' })).toBe(sha256);
    expect(codeAt(seed(64), stepAt(now), { digits: 8, hash: 'sha512' })).toBe(sha512);
    expect(codeAt(seed(20), stepAt(now))).toBe(sha1.slice(2));
  });
});

describe('§5.2: a code', () => {
  it('counts one step before and after its own, and no further', () => {
    const now = 1_800_000_000;
    const code = codeAt(seed(20), stepAt(now));
    expect(stepOfCode(seed(20), code, now - 30)).toBe(stepAt(now));
    expect(stepOfCode(seed(20), ` ${code.slice(0, 3)} ${code.slice(3)} `, now + 30)).toBe(stepAt(now));
    expect(stepOfCode(seed(20), code, now + 60)).toBeNull();
    expect(stepOfCode(seed(20), code, now - 60)).toBeNull();
    for (const typed of ['', '12345', `${code}0`, 'abcdef']) expect(stepOfCode(seed(20), typed, now)).toBeNull();
  });

  it('may be typed full width', () => {
    const fullWidth = codeAt(seed(20), 1).replace(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    expect(stepOfCode(seed(20), fullWidth, 30)).toBe(1);
  });

  it('comes of a key that apps read (RFC 4648 §10)', () => {
    const known = {
      '': '',
      f: 'MY',
      fo: 'MZXQ',
      foo: 'MZXW6',
      foob: 'MZXW6YQ',
      fooba: 'MZXW6YTB',
      foobar: 'MZXW6YTBOI',
    };
    for (const [text, base32] of Object.entries(known)) expect(toBase32(Buffer.from(text))).toBe(base32);
  });
});

describe('an LRA', () => {
  let world: APortal;
  let lra: APerson;
  let key = '';
  let phrase = '';
  let officer: PortalOfficer;
  beforeAll(async () => {
    world = await aPortal();
    [officer] = await world.officers();
    lra = await aPerson(world, { role: 'lra', organisation: applicant.corporateNumber });
  });
  afterAll(() => world.end());

  const secret = (): Buffer => {
    const bits = Array.from(key, letter =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    );
    return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map(octet => parseInt(octet, 2)));
  };
  const now = (): string => codeAt(secret(), stepAt(world.clock.now()));
  const wrong = (): string => (now() === '000000' ? '000001' : '000000');
  const signIn = (visitor: Visitor, change: Readonly<Record<string, string>> = {}) =>
    visitor.json('/sign-in/totp', { mailbox: lra.mailbox, phrase, totp: now(), ...change });

  it('sets it up once signed in, and it counts once its first code was shown', async () => {
    const made: unknown = (await lra.visitor.json('/account/totp', {}).expect(201)).body;
    ({ key, phrase } = made as { key: string; phrase: string });
    await signIn(world.visitor()).expect(403);
    await lra.visitor.json('/account/totp/confirm', { totp: wrong() }).expect(403);
    await lra.visitor.json('/account/totp/confirm', { totp: now() }).expect(200);
    expect((await lra.visitor.look('/account').expect(200)).body).toMatchObject({ totp: true });
  });

  it('keeps neither key nor phrase as they are', async () => {
    const kept = JSON.stringify([await world.database('person_totp'), await world.database('audit_outbox')]);
    for (const secretText of [key, phrase, phrase.replaceAll('-', ''), secret().toString('hex')]) {
      expect(kept).not.toContain(secretText);
    }
    const [row] = await world.database<{ sealed_secret: string }>('person_totp');
    expect(Buffer.from(row?.sealed_secret ?? '', 'base64').includes(secret())).toBe(false);
  });

  it('signs in with phrase and code', async () => {
    world.clock.pass(30);
    const visitor = world.visitor();
    await signIn(visitor).expect(200);
    expect((await visitor.look('/account').expect(200)).body).toMatchObject({ id: lra.id, roles: ['lra'] });
  });

  it('signs in once with a code, also when it comes twice at the same moment', async () => {
    await signIn(world.visitor()).expect(403);
    world.clock.pass(31);
    const both = await Promise.all([signIn(world.visitor()), signIn(world.visitor())]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
  });

  it('is told the same, whatever is wrong and whoever it is', async () => {
    world.clock.pass(60);
    const answers = await Promise.all([
      signIn(world.visitor(), { phrase: 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA' }),
      signIn(world.visitor(), { mailbox: 'nobody@example.jp' }),
      signIn(world.visitor(), { totp: wrong() }),
      signIn(world.visitor(), { mailbox: '', phrase: '', totp: '' }),
    ]);
    const told = answers.map(({ status, text }) => `${status} ${text}`);
    expect(new Set(told).size).toBe(1);
  });

  it('cannot be made to wait by a stranger, and is not locked out by wrong codes of its own', async () => {
    world.clock.pass(4000);
    for (let n = 0; n < 12; n++) await signIn(world.visitor(), { phrase: 'AAAA' }).expect(403);
    await signIn(world.visitor()).expect(200);
    world.clock.pass(60);
    for (let n = 0; n < 3; n++) await signIn(world.visitor(), { totp: wrong() }).expect(403);
    await signIn(world.visitor()).expect(429);
    world.clock.pass(31);
    await signIn(world.visitor(), { totp: wrong() }).expect(403);
    world.clock.pass(31);
    await signIn(world.visitor()).expect(429);
    world.clock.pass(31);
    await signIn(world.visitor()).expect(200);
  });

  it('is the only one who may: no code opens another account, an officer’s least of all', async () => {
    const auditor = await aPerson(world, { role: 'auditor' });
    await auditor.visitor.json('/account/totp', {}).expect(403);
    await officer.signIn();
    await officer.visitor.json('/account/totp', {}).expect(403);
    await signIn(world.visitor(), { mailbox: officer.mailbox }).expect(403);
    await world.database('person_roles').where({ person_id: lra.id }).delete();
    world.clock.pass(30);
    await signIn(world.visitor()).expect(403);
  });
});
