/** What people see and do, in Chromium: at two widths, in two languages, with a virtual authenticator. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmEnrolment, type OneTimeLink } from '../../ca-core/console.ts';
import { enrolmentMac } from '../../ca-core/index.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';
import { desk } from '../support/an-officer.ts';
import { openssl } from '../support/openssl.ts';
import { anAuthenticator } from './support/a-passkey.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { approveAs, type Approver } from './support/an-approver.ts';
import { licence, mailedCode, person, staffCard } from './support/an-application.ts';
import { answerSteps } from './support/answer-steps.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { hearComplaints, launchBrowser, looksRight as lookedAt } from './support/a-browser.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-portal-js-'));
let world: APortal;
let browser: Browser;
let page: Page;
let first: Approver | undefined;
let second: PortalOfficer | undefined;
const complaints: string[] = [];

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  browser = await launchBrowser();
  page = await (await browser.newContext({ acceptDownloads: true, locale: 'ja-JP' })).newPage();
  page.setDefaultTimeout(8_000);
  hearComplaints(page, complaints);
  await anAuthenticator(page);
});
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

/** And an act that is refused leads nowhere else. */
async function looksRight(name: string): Promise<void> {
  const there = page.url();
  await lookedAt({ page, complaints }, name);
  expect(page.url()).toBe(there);
}

async function inBothLanguages(name: string, path: string): Promise<void> {
  await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=en`);
  await looksRight(`${name}-en`);
  await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=ja`);
  await looksRight(`${name}-ja`);
}

const fill = async (fields: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
};
const press = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();
const { organisationName } = person;

describe('an applicant and two officers', () => {
  let caseId = '';
  let accessCode = '';
  let secret = '';

  it('finds the first page and the form', async () => {
    await inBothLanguages('home', '/');
    await inBothLanguages('apply', '/apply');
    await inBothLanguages('sign-in', '/sign-in');
    await inBothLanguages('not-found', '/nowhere');
  });

  it('is told of every mistake at its field, and never shown a personal number again', async () => {
    await page.goto(`${world.url}/apply`);
    await press('申請を始める');
    await press('保存して次へ');
    await press('保存して次へ');
    await looksRight('mistakes-ja');
    expect(await page.locator('.summary li').count()).toBe(4);
    await page.goto(`${world.url}/apply/organisation`);
    await fill({ corporateNumber: '123456789012', organisationName });
    await press('保存して次へ');
    expect(await page.content()).not.toContain('123456789012');
    expect(await page.locator('.summary li').count()).toBe(1);
  });

  it('sees the exact name, writes the secret down, and applies', async () => {
    await answerSteps(page, world.url);
    await page.waitForFunction(() => document.querySelector('#secret')?.textContent !== '');
    secret = await page.locator('#secret').innerText();
    expect(secret).toMatch(/^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
    await looksRight('review-ja');
    await press('この内容で申請する');
    expect(await page.locator('#kept-wrong').isVisible()).toBe(true);
    await page.locator('#kept').check();
    await press('この内容で申請する');
    await page.waitForSelector('#case-id');
    caseId = await page.locator('#case-id').innerText();
    accessCode = await page.locator('#access-code').innerText();
    await looksRight('received-ja');
    expect(JSON.stringify(await world.database('applications'))).not.toContain(secret);
  });

  it('proves the mailbox by the link', async () => {
    await inBothLanguages('status-waiting', `/applications/${caseId}`);
    await page.goto(`${world.url}/applications/${caseId}/mailbox#${await mailedCode(world, caseId)}`);
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#code')?.value !== '');
    await looksRight('mailbox-ja');
    await press('確認する');
    expect(await page.locator('h1').innerText()).toContain('確認しました');
    await looksRight('mailbox-done-ja');
  });

  it('an officer registers a passkey and signs in with it', async () => {
    const [one, other] = world.links;
    if (one === undefined || other === undefined) throw new Error('no links');
    const path = `/officer/enrol/${one.invitationId}`;
    await page.goto(`${world.url}${path}?lang=ja#${one.secret}`);
    await looksRight('enrol-ja');
    await fill({ name: '審査 花子', mailbox: 'hanako@operator.example' });
    await press('パスキーを登録する');
    await page.waitForSelector('#enrolled:not([hidden])');
    expect(await page.locator('#fingerprints').innerText()).toMatch(/^([0-9a-f]{4}-){3}[0-9a-f]{4}$/);
    expect(await page.locator('#next').getAttribute('href')).toBe(
      `${desk.origin}/enrol/${one.invitationId}#${one.secret}`,
    );
    await looksRight('enrolled-ja');
    await confirmBoth(one, other);
    await page.goto(`${world.url}/sign-in`);
    await press('パスキーでサインインする');
    await page.waitForURL(`${world.url}/officer`);
    await inBothLanguages('queue', '/officer');
  });

  it('compares, records evidence, and makes the document', async () => {
    await inBothLanguages('case-new', `/officer/cases/${caseId}`);
    for (const { document, issuer, number } of [licence, staffCard]) {
      if (!(await page.locator('#document').isVisible())) await page.getByText('確認を記録する').click();
      await page.locator('#document').selectOption(document);
      await page.locator('#method').selectOption('in-person');
      await fill({ issuer, number });
      await press('記録する');
    }
    expect(await page.content()).toContain('足りないものはありません');
    await looksRight('case-complete-ja');
    await page.route(`${desk.origin}/**`, route => route.fulfill({ body: 'the desk' }));
    await press('この内容で承認の文書を作る');
    await page.waitForURL(`${desk.origin}/documents/*`);
    const digest = page.url().split('/').at(-1) ?? '';
    if (first === undefined || second === undefined) throw new Error('no officers');
    await approveAs(world, first, digest);
    await page.goto(`${world.url}/officer/cases/${caseId}`);
    expect(await page.locator('.signatures').first().innerText()).toContain('1/2');
    await looksRight('case-signed-ja');
    await second.approve(digest);
  });

  it('picks the key up once and saves a PKCS#12 that OpenSSL opens', async () => {
    await world.work();
    await inBothLanguages('status-issued', `/applications/${caseId}`);
    await page.goto(`${world.url}/applications/${caseId}/pick-up`);
    await looksRight('pick-up-ja');
    await page.locator('#secret').fill(secret.replace(/.$/, last => (last === 'A' ? 'B' : 'A')));
    await press('受け取る');
    expect(await page.locator('#secret-wrong').innerText()).toContain('文字が違います');
    await page.locator('#secret').fill(secret.toLowerCase());
    await press('受け取る');
    await page.waitForSelector('#picked-up:not([hidden])');
    await looksRight('picked-up-ja');
    const password = await page.locator('#password').innerText();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save').click()]);
    expect(download.suggestedFilename()).toBe(`${caseId}.p12`);
    const p12 = readFileSync(await download.path());
    expect(openssl(['pkcs12', '-in', 'p12', '-passin', `pass:${password}`, '-nodes'], { p12 })).toContain(
      'BN-Kakuu Taro',
    );
    await page.goto(`${world.url}/applications/${caseId}/pick-up`);
    expect(await page.locator('main .notice').innerText()).toContain('受け取られました');
    await looksRight('pick-up-again-ja');
  });

  it('enters with the access code from elsewhere and revokes', async () => {
    await page.context().clearCookies({ name: 'applicant' });
    await inBothLanguages('enter', `/applications/${caseId}`);
    await page.locator('#accessCode').fill('00000000' === accessCode ? '11111111' : '00000000');
    await press('開く');
    await looksRight('enter-wrong-ja');
    await page.locator('#accessCode').fill(accessCode);
    await press('開く');
    await inBothLanguages('revoke', `/applications/${caseId}/revoke`);
    await page.getByLabel('鍵の危殆化').check();
    await press('失効する');
    await world.work();
    await inBothLanguages('status-revoked', `/applications/${caseId}`);
    const row = await world.store.certificates.ofCase(caseId);
    await inBothLanguages('certificate', `/officer/certificates/${row?.serialNumber ?? ''}`);
    await inBothLanguages('case-issued', `/officer/cases/${caseId}`);
  });

  /** The first officer's approving passkey is in software, registered as at the desk; the other officer is all software. */
  async function confirmBoth(one: OneTimeLink, other: OneTimeLink): Promise<void> {
    const authenticator = createSoftwareAuthenticator();
    const { invitationId, memberId } = one;
    const named = { name: '審査 花子', mailbox: 'hanako@operator.example', invitationId, use: 'approve' as const };
    const claim = { ...authenticator.create(desk), ...named };
    const mac = enrolmentMac(Buffer.from(one.secret, 'hex'), claim);
    await world.store.enrolments.add({ ...claim, mac, at: world.clock.now() });
    await confirmEnrolment(world.terminal, invitationId);
    first = { authenticator, memberId, credentialId: claim.credentialId };
    second = await world.enrolled(other);
  }
});
