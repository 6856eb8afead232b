import { createHash, randomBytes } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approvalChallenge, enrolmentMac, type Enrolment, verifyEnrolmentMac } from '../../ca-core/index.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { aDesk, ca, type DeskOnTrial, invite, portalUrl } from './a-desk.ts';

let trial: DeskOnTrial;
let cases = 0;
let digest: string;

beforeAll(async () => {
  trial = await aDesk();
});
afterAll(() => trial.close());

beforeEach(async () => {
  cases += 1;
  trial.clock.time = 1_800_000_000;
  digest = await trial.put(aCaseDocument({ ca, caseId: `K26-TEST-${cases}` }));
});

const post = (path: string, body: object, origin = trial.url) =>
  request(trial.desk).post(path).set('Origin', origin).set('Accept-Language', 'ja').send(body);
const approve = (body: object, of = digest) => post(`/documents/${of}/approvals`, body);

describe('signing a document', () => {
  it('takes two different officers, then places the order', async () => {
    const [sato, suzuki] = trial.members;
    const first = await approve(trial.signed(sato, digest));
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ signatures: 1, needed: 2, complete: false, dropped: [] });
    expect(await trial.store.orders.ofCase(`K26-TEST-${cases}`)).toBeUndefined();

    trial.clock.time += 1;
    const second = await approve(trial.signed(suzuki, digest));
    expect(second.body).toEqual({ signatures: 2, needed: 2, complete: true, dropped: [] });
    expect(await trial.store.orders.ofCase(`K26-TEST-${cases}`)).toMatchObject({ state: 'waiting' });

    const page = await request(trial.desk).get(`/documents/${digest}`);
    expect(page.text).toContain('佐藤 一郎、鈴木 幸子');
    expect(page.text).toContain('発行を待っています');
    expect(page.text).not.toContain('id="sign"');
  });

  it('refuses the same officer twice, with either authenticator', async () => {
    const [sato] = trial.members;
    await approve(trial.signed(sato, digest));
    const spare = { ...sato, credentials: sato.credentials.slice(1) };
    for (const officer of [sato, spare]) {
      const again = await approve(trial.signed(officer, digest));
      expect(again.status).toBe(409);
      expect(again.type).toBe('application/problem+json');
      expect(again.body).toMatchObject({
        code: 'approverTwice',
        title: expect.stringContaining('別の審査員') as string,
      });
    }
    const inEnglish = await approve(trial.signed(sato, digest)).set('Accept-Language', 'en');
    expect(inEnglish.body).toMatchObject({ title: expect.stringContaining('different officer') as string });
  });

  it('refuses an officer who has too few authenticators, and says what to do', async () => {
    const strict = await aDesk({ authenticators: 2 });
    const [sato] = strict.members;
    const wanted = await strict.put(aCaseDocument({ ca }));
    const answer = await request(strict.desk)
      .post(`/documents/${wanted}/approvals`)
      .set('Origin', strict.url)
      .send(strict.signed(sato, wanted));
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'authenticatorsMissing']);
    expect((answer.body as { title: string }).title).toContain('2つ目の認証器');
    expect(await strict.store.approvals.of(wanted)).toEqual([]);
    await strict.close();
  });

  it('refuses the applicant', async () => {
    const [sato] = trial.members;
    const own = await trial.put(aCaseDocument({ ca, caseId: `K26-OWN-${cases}`, mailbox: 'SATO@ca.example' }));
    const refused = await approve(trial.signed(sato, own), own);
    expect([refused.status, refused.body]).toEqual([403, expect.objectContaining({ code: 'approverIsApplicant' })]);
    expect(await trial.store.approvals.of(own)).toEqual([]);
  });

  it('refuses sign-in passkeys, other documents, other kinds, and what is too old or too far ahead', async () => {
    const [sato] = trial.members;
    const otherDigest = 'dd'.repeat(32);
    const at = trial.clock.time;
    const expiring = (expiry: number) =>
      trial.signedWith(sato, approvalChallenge({ kind: 'case', ca, digest, expiry }), expiry);
    const codes: [object, string][] = [
      [trial.signed(sato, digest, 'case', 'signIn'), 'approverUnknown'],
      [trial.signed(sato, otherDigest), 'assertionInvalid'],
      [trial.signed(sato, digest, 'release'), 'assertionInvalid'],
      [expiring(at - 1), 'assertionExpired'],
      [expiring(at + 8 * 86_400), 'assertionInvalid'],
      [{ ...trial.signed(sato, digest), expiry: 'soon' }, 'fieldInvalid'],
      [{ expiry: at }, 'assertionInvalid'],
      [[], 'fieldInvalid'],
    ];
    for (const [body, code] of codes) expect((await approve(body)).body).toMatchObject({ code });
    expect(await trial.store.approvals.of(digest)).toEqual([]);
    expect((await approve(trial.signed(sato, otherDigest), otherDigest)).body).toMatchObject({
      code: 'documentUnknown',
    });
  });

  it('comes from the desk’s own pages, small and as JSON', async () => {
    const body = trial.signed(trial.members[0], digest);
    expect((await post(`/documents/${digest}/approvals`, body, portalUrl)).body).toMatchObject({
      code: 'notPermitted',
    });
    expect((await request(trial.desk).post(`/documents/${digest}/approvals`).send(body)).status).toBe(403);
    expect((await approve({ ...body, padding: 'x'.repeat(70_000) })).status).toBe(400);
    expect((await approve(body).type('text/plain').send('{')).status).toBe(400);
  });
});

describe('what the desk shows', () => {
  it('runs only its own scripts and keeps nothing', async () => {
    const { headers } = await request(trial.desk).get(`/documents/${digest}`);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('speaks Japanese first, and English when asked', async () => {
    const [ja, en] = await Promise.all(['', '?lang=en'].map(query => request(trial.desk).get(`/${query}`)));
    expect(ja?.text).toContain('署名を待つ文書');
    expect(en?.text).toContain('Documents awaiting signature');
    expect(en?.headers['set-cookie']?.[0]).toMatch(/^lang=en;/);
    const kept = await request(trial.desk).get('/').set('Cookie', 'lang=en');
    expect(kept.text).toContain('lang="en"');
  });

  it('does not count a signature that somebody wrote into the database', async () => {
    const [sato] = trial.members;
    const { expiry, assertion } = trial.signed(sato, 'dd'.repeat(32)) as { expiry: number; assertion: never };
    await trial.store.approvals.record({ digest, memberId: 'sato', expiry, assertion, at: 1 });
    const page = await request(trial.desk).get(`/documents/${digest}`);
    expect(page.text).toContain('<strong class="progress">0/2</strong>');
    expect(page.text).toContain('署名を確かめられません');
  });

  it('answers what is not there with a page', async () => {
    const unknown = await request(trial.desk).get(`/documents/${'00'.repeat(32)}`);
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('この文書は見つかりません')]);
    expect((await request(trial.desk).get('/nowhere')).status).toBe(404);
  });

  it('lists documents for officers only', async () => {
    const expiry = trial.clock.time + 200;
    const octets = Buffer.alloc(8);
    octets.writeBigUInt64BE(BigInt(expiry));
    const caOctets = Buffer.from(ca, 'hex');
    const challenge = createHash('sha256').update('kakuin/desk/v1').update(caOctets).update(octets).digest();
    const listed = await post('/awaiting', trial.signedWith(trial.members[1], challenge, expiry));
    expect(listed.body).toContainEqual({
      href: `/documents/${digest}`,
      kind: '証明書の発行',
      subject: `受付番号 K26-TEST-${cases}`,
      age: '2 時間前',
      signatures: '0/2',
    });
    const approval = trial.signed(trial.members[1], digest);
    expect((await post('/awaiting', approval)).body).toMatchObject({ code: 'assertionInvalid' });
    expect((await approve(trial.signedWith(trial.members[1], challenge, expiry))).body).toMatchObject({
      code: 'assertionInvalid',
    });
    const page = await request(trial.desk).get('/');
    expect(page.text).not.toContain('K26-TEST');
  });
});

describe('enrolling a passkey', () => {
  const secret = randomBytes(32);

  function aPasskey(invitationId: string) {
    const { credentialId, publicKey } = createSoftwareAuthenticator().create({ rpId: trial.rpId, origin: trial.url });
    const officer = { name: '田中 三郎', mailbox: 'tanaka@ca.example' };
    const mac = enrolmentMac(secret, { credentialId, publicKey, invitationId, use: 'approve', ...officer });
    return { credentialId, publicKey, ...officer, mac };
  }

  it('keeps what the console can then check', async () => {
    const invitation = await invite(trial.store, 'tanaka', trial.clock.time + 60);
    expect((await request(trial.desk).get(`/enrol/${invitation}`)).text).toContain('tanaka');
    const passkey = aPasskey(invitation);
    expect((await post(`/enrol/${invitation}`, passkey)).status).toBe(201);
    const [enrolment] = (await trial.store.enrolments.of(invitation)) as [Enrolment];
    expect(enrolment).toMatchObject({ ...passkey, use: 'approve' });
    expect(verifyEnrolmentMac(secret, enrolment, enrolment.mac)).toBe(true);
    expect((await post(`/enrol/${invitation}`, passkey)).body).toMatchObject({ code: 'enrolmentInvalid' });
  });

  it('refuses links that are over, and passkeys that are none', async () => {
    const over = await invite(trial.store, 'tanaka', trial.clock.time - 1);
    const closed = await invite(trial.store, 'tanaka', trial.clock.time + 60);
    await trial.store.enrolments.close(closed, 1);
    for (const id of [over, closed, 'unknown']) {
      const page = await request(trial.desk).get(`/enrol/${id}`);
      expect([page.status, page.text]).toEqual([404, expect.stringContaining('この登録リンクは使えません')]);
      expect((await post(`/enrol/${id}`, aPasskey(id))).body).toMatchObject({ code: 'invitationUnknown' });
    }
    const open = await invite(trial.store, 'tanaka', trial.clock.time + 60);
    const good = aPasskey(open);
    const spoiled = [
      { ...good, publicKey: '30030201' },
      { ...good, name: 'Tanaka\u202Eoruba' },
      { ...good, mailbox: 'tanaka' },
      { ...good, mac: 'x' },
      { ...good, more: 1 },
    ];
    for (const body of spoiled) expect((await post(`/enrol/${open}`, body)).status).toBeGreaterThanOrEqual(400);
    expect(await trial.store.enrolments.of(open)).toEqual([]);
  });
});
