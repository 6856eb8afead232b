/** Many certificates at once as an officer meets them in Chromium: chosen, looked at, signed, followed. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { aRequestedKey } from '../support/a-ca.ts';
import { lastQuarter, quarterAt, type SelfAudit } from '../../ca-core/index.ts';
import { addRenewal } from '../../ra-portal/store/renewals.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, person, proveMailbox, review, type Applied } from './support/an-application.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { launchBrowser, looksRight as lookedAt, pageOf } from './support/a-browser.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-many-js-'));
const complaints: string[] = [];
let world: APortal;
let browser: Browser;
let page: Page;
let officers: readonly [PortalOfficer, PortalOfficer];
const held: Applied[] = [];
let campaign = '';
const serials: string[] = [];

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  officers = await world.officers();
  await officers[0].signIn();
  for (const name of ['one', 'two', 'three']) held.push(await issued(`${name}@kakuu-kakuin.example`));
  await world.work();
  for (const { caseId } of held) serials.push((await world.store.certificates.ofCase(caseId))?.serialNumber ?? '');
  browser = await launchBrowser();
  ({ page } = await pageOf(browser, [officers[0].visitor], { url: world.url, complaints }));
}, 120_000);
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

async function issued(mailbox: string): Promise<Applied> {
  const applied = await apply(world, { mailbox });
  await proveMailbox(world, applied);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  return applied;
}

const looksRight = (name: string): Promise<void> => lookedAt({ page, complaints }, name);

async function inBothLanguages(name: string, path: string): Promise<void> {
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}?lang=${language}`);
    await looksRight(`${name}-${language}`);
  }
}

const choose = (choice: object) =>
  officers[0].visitor.json('/officer/revocations/check', { reason: 'superseded', ...choice });

describe('a key on the block list', () => {
  it('is refused by its name where somebody applies with it', async () => {
    const key = aRequestedKey();
    if (key.from !== 'csr') throw new Error('a request');
    const hash = createHash('sha256').update(Buffer.from(key.subjectPublicKeyInfo, 'hex')).digest('hex');
    const certificationRequest = encodePem('CERTIFICATE REQUEST', Buffer.from(key.certificationRequest, 'hex'));
    const form = { ...person, mailbox: 'own@kakuu-kakuin.example', delivery: 'csr', certificationRequest };
    const blocked = [{ key: hash, digest: 'ee'.repeat(32), createdAt: world.clock.now() }];
    await world.store.keyOrders.apply(null, { blocked, unblocked: [] }, []);
    for (const path of ['/apply', '/apply/preview']) {
      const answer = await world.visitor().json(path, form).expect(422);
      expect(answer.body).toMatchObject({ violations: [{ field: 'certificationRequest', rule: 'keyBlocked' }] });
    }
    await world.store.keyOrders.apply(null, { blocked: [], unblocked: [hash] }, []);
    await world.visitor().json('/apply', form).expect(201);
  });
});

describe('the self-audit of a quarter', () => {
  it('is drawn by the operator, read by auditors, with what is wrong', { timeout: 60_000 }, async () => {
    const operator = await aPerson(world, { role: 'caOperator' });
    const auditor = await aPerson(world, { role: 'auditor' });
    const looking = await pageOf(browser, [auditor.visitor], { url: world.url, complaints });
    const open = quarterAt(world.clock.now()).name;
    const { name, from } = lastQuarter(world.clock.now());
    const early = await operator.visitor.json('/self-audits', { quarter: open }).expect(409);
    expect(early.body).toMatchObject({ code: 'quarterOpen' });
    await operator.visitor.json('/self-audits', { quarter: 'Q1' }).expect(422);
    await auditor.visitor.json('/self-audits', { quarter: name }).expect(403);
    await looking.page.goto(`${world.url}/self-audits?lang=en`);
    await lookedAt({ page: looking.page, complaints }, 'self-audits-due-en');
    const what = { service: 'ca-core', action: 'test', actor: 'x', subject: 'x', details: {} };
    await world.store.audit.note({ at: world.clock.now(), ...what });
    await world.store.audit.sequence(10_000, 0);
    const row = world.database('certificates').where({ serial_number: serials[2] });
    const was = (await row.clone().first<{ not_before: number }>()).not_before;
    await row.clone().update({ not_before: from });
    await operator.visitor.json('/self-audits', { quarter: name }).expect(201);
    await row.clone().update({ not_before: was });
    const told = (await auditor.visitor.look(`/self-audits/${name}`).expect(200)).body as SelfAudit;
    expect(told.sample.map(({ findings }) => findings.map(({ rule }) => rule))).toEqual([['rowDiffers']]);
    for (const language of ['en', 'ja']) {
      await looking.page.goto(`${world.url}/self-audits?lang=${language}`);
      await lookedAt({ page: looking.page, complaints }, `self-audits-${language}`);
      await looking.page.goto(`${world.url}/self-audits/${name}?lang=${language}`);
      await lookedAt({ page: looking.page, complaints }, `self-audit-${language}`);
    }
    expect(await looking.page.innerText('main')).toContain('rowDiffers');
    await looking.context.close();
  });
});

const rekeyLetters = async (): Promise<readonly string[]> =>
  (await world.letters()).filter(text => /\/applications\/[^/]+\/renew\b/.test(text));

describe('a re-key campaign', () => {
  it(
    'asks each subscriber once, in both languages, with a link that holds no secret',
    { timeout: 60_000 },
    async () => {
      const listed = serials.join('\n');
      const { list } = (await choose({ by: 'list', listed }).expect(200)).body as { list: string };
      const wish = { list, reason: 'superseded', since: '', chosenBy: 'list' };
      await officers[0].visitor.json('/officer/campaigns', { ...wish, revokeOn: '2020-01-01' }).expect(422);
      await page.goto(`${world.url}/officer/revocations/lists/${list}?reason=superseded&chosenBy=list&lang=ja`);
      const day = new Date((world.clock.now() + 60 * 86_400) * 1000).toISOString().slice(0, 10);
      await page.fill('#revokeOn', day);
      await page.click('form[action="/officer/campaigns"] button');
      await page.waitForSelector('#steps');
      campaign = new URL(page.url()).pathname;
      const before = (await rekeyLetters()).length;
      expect(before).toBe(3);
      expect(await rekeyLetters()).toHaveLength(before);
      const [letter = ''] = await rekeyLetters();
      expect(letter).toMatch(/新しい証明書を申請[\s\S]*planned to be revoked/);
      expect(letter).not.toContain('#');
      await inBothLanguages('rekey-one', campaign);
      await inBothLanguages('rekey-all', '/officer/campaigns');
      const told = (await officers[0].visitor.look(campaign).expect(200)).body as { counts: object; left: number };
      expect(told).toMatchObject({ counts: { waiting: 0, invited: 3, applied: 0 }, left: 3 });
    },
  );
});

describe('a mass revocation', () => {
  it('says what has to be mended', async () => {
    const wrong = await choose({ reason: '' }).expect(422);
    expect(wrong.body).toMatchObject({ violations: [{ field: 'reason' }, { field: 'by', rule: 'fieldMissing' }] });
    for (const [choice, field] of [
      [{ by: 'organisation', corporateNumber: '1234567890123' }, 'corporateNumber'],
      [{ by: 'profile', profile: 'none' }, 'profile'],
      [{ by: 'key', listed: '-----BEGIN PRIVATE KEY-----' }, 'listed'],
      [{ by: 'list', listed: 'xyz' }, 'listed'],
      [{ by: 'profile', profile: 'jcan-classic', since: '2199-01-01' }, 'since'],
    ] as const)
      expect((await choose(choice).expect(422)).body).toMatchObject({ violations: [{ field }] });
  });

  it('shows which certificates are meant, and writes nothing down', async () => {
    const told = await choose({ by: 'organisation', corporateNumber: person.corporateNumber }).expect(200);
    expect(told.body).toMatchObject({ profiles: [['jcan-classic', 3]] });
    const listed = await choose({ by: 'list', listed: `${serials[0] ?? ''}\n4242` }).expect(200);
    expect(listed.body).toMatchObject({ serialNumbers: serials.slice(0, 1), leftOut: { unknown: ['4242'] } });
    const { list } = listed.body as { list: string };
    const saved = await officers[0].visitor
      .look(`/officer/revocations/lists/${list}/serials?reason=superseded`)
      .expect(200);
    expect(saved.text).toBe(`${serials[0] ?? ''}\n`);
    expect(await world.store.documents.awaiting()).toEqual([]);
  });

  it('is chosen, counted, signed by two and followed to the CRL', { timeout: 120_000 }, async () => {
    await inBothLanguages('mass-form', '/officer/revocations');
    await page.check('input[name="by"][value="list"]');
    await page.setInputFiles('#file', {
      ...{ name: 'list.txt', mimeType: 'text/plain' },
      buffer: Buffer.from(`${serials.slice(0, 2).join('\n')}\n00ff\n`),
    });
    await page.check('input[name="reason"][value="cessationOfOperation"]');
    await page.click('form[enctype] button[type="submit"]');
    await looksRight('mass-check-ja');
    const checked = page.url();
    await page.goto(`${checked}&lang=en`);
    await looksRight('mass-check-en');
    await page.goto(`${checked}&lang=ja`);
    expect(await page.innerText('.total')).toBe('2');
    await page.fill('#count', '3');
    await page.click('button.danger');
    expect(await page.innerText('main')).toContain('一覧');
    await page.goBack();
    await page.fill('#count', '２');
    await page.click('button.danger');
    await page.waitForSelector('#mass[data-state="unsigned"]');
    const path = new URL(page.url()).pathname;
    await inBothLanguages('mass-unsigned', path);
    expect((await officers[0].visitor.page('/officer').expect(200)).text).toContain('証明書の一括失効');
    const digest = path.split('/').at(-1) ?? '';
    for (const officer of officers) await officer.approve(digest);
    await page.waitForSelector('#mass[data-state="waiting"]');
    world.clock.pass(60);
    await world.work();
    await page.waitForSelector('#mass[data-crl="true"]');
    await inBothLanguages('mass-applied', path);
    const standing = async (serial = ''): Promise<string> =>
      ((await officers[0].visitor.look(`/officer/certificates/${serial}`)).body as { status: { status: string } })
        .status.status;
    expect(await Promise.all(serials.map(standing))).toEqual(['revoked', 'revoked', 'good']);
    await inBothLanguages('mass-recent', '/officer/revocations');
  });
});

describe('a re-key campaign that goes on', () => {
  it('reminds each week whose certificate counts and who has not applied, until it ends', async () => {
    const sent = (await rekeyLetters()).length;
    world.clock.pass(8 * 86_400);
    expect((await rekeyLetters()).slice(sent)).toHaveLength(1);
    await addRenewal(world.database, { caseId: 'K26-NEW', renews: held[2]?.caseId ?? '', at: world.clock.now() });
    world.clock.pass(8 * 86_400);
    expect((await rekeyLetters()).slice(sent)).toHaveLength(1);
    await officers[0].signIn();
    const told = (await officers[0].visitor.look(campaign).expect(200)).body as { counts: object };
    expect(told).toMatchObject({ counts: { applied: 1, revoked: 2 }, left: 0 });
    const on = await officers[0].visitor.json(`${campaign}/revocation`, {}).expect(303);
    expect(on.headers['location']).toMatch(/^\/officer\/revocations\/lists\/[0-9a-f]{64}\?reason=superseded/);
    await officers[0].visitor.json(`${campaign}/end`, {}).expect(204);
    await world.database('renewals').delete();
    world.clock.pass(8 * 86_400);
    expect((await rekeyLetters()).slice(sent)).toHaveLength(1);
  });
});
