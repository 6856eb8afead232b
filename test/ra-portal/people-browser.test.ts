/** Accounts in Chromium: registering, signing in, roles by two, the end of a session; two widths, two languages. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAuthenticator } from './support/a-passkey.ts';
import { aPerson, invitedPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { person as applicant } from './support/an-application.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { hearComplaints, launchBrowser, looksRight as lookedAt } from './support/a-browser.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-people-js-'));
let world: APortal;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let other: APerson;
let forgetPasskeys: () => Promise<unknown>;
const complaints: string[] = [];

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  await world.officers();
  other = await aPerson(world, { role: 'administrator', mailbox: 'other@operator.example' });
  browser = await launchBrowser();
  context = await browser.newContext({ locale: 'ja-JP' });
  page = await context.newPage();
  page.setDefaultTimeout(8_000);
  hearComplaints(page, complaints);
  const { session, authenticatorId } = await anAuthenticator(page);
  forgetPasskeys = () => session.send('WebAuthn.clearCredentials', { authenticatorId });
});
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

const looksRight = (name: string): Promise<void> => lookedAt({ page, complaints }, name);

async function inBothLanguages(name: string, path: string): Promise<void> {
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}?lang=${language}`);
    await looksRight(`${name}-${language}`);
  }
}

const press = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).first().click();

describe('an administrator', () => {
  it('registers a passkey with the mailed link and the code, and is led to sign in', async () => {
    const link = await invitedPerson(world, { role: 'administrator' });
    await inBothLanguages('enrol-person', new URL(link.url).pathname);
    await page.locator('#accessCode').fill('00000000');
    await press('パスキーを登録する');
    await page.locator('#message').getByText('アクセスコード').waitFor();
    await page.locator('#accessCode').fill(link.code);
    await press('パスキーを登録する');
    await page.waitForURL('**/sign-in');
    await inBothLanguages('sign-in', '/sign-in');
    await press('パスキーでサインインする');
    await page.waitForURL('**/people');
  });

  it('proposes a person, told of every mistake at its field', async () => {
    await inBothLanguages('people', '/people');
    await press('提案する');
    await looksRight('people-mistakes-ja');
    await page.locator('#name').fill('監査 花子');
    await page.locator('#mailbox').fill('Audit@Operator.example');
    await page.getByLabel('監査人', { exact: true }).check();
    await press('提案する');
    await page.getByRole('heading', { name: '監査 花子' }).waitFor();
    await looksRight('person-proposed-ja');
    const path = new URL(page.url()).pathname;
    await inBothLanguages('person', path);
    expect(await page.getByRole('button', { name: '確認する' }).count()).toBe(0);
  });

  it('confirms what another proposed, and hands the code over', async () => {
    const body = { name: 'LRA 太郎', mailbox: 'lra@kakuu-kakuin.example', role: 'lra' };
    const organisation = applicant.corporateNumber;
    await other.visitor.json('/people', { ...body, organisation }).expect(201);
    await inBothLanguages('people-waiting', '/people');
    await press('確認する');
    await page.getByRole('heading', { name: '登録のコード' }).waitFor();
    expect(await page.locator('.big-code').textContent()).toMatch(/^\d{8}$/);
    await looksRight('person-code-ja');
  });

  it('sees to the own means of signing in', async () => {
    await inBothLanguages('account', '/account');
    await press('パスキーを追加する');
    await page.getByText('登録済み：2').waitFor();
    await page.goto(`${world.url}/people/${encodeURIComponent(await ownId())}`);
    await page.getByText('自分の役割は自分では変えられません').waitFor();
    expect(await page.getByRole('button', { name: /役割を/ }).count()).toBe(0);
  });
});

async function ownId(): Promise<string> {
  const answer = await page.request.get(`${world.url}/account`, { headers: { Accept: 'application/json' } });
  return ((await answer.json()) as { id: string }).id;
}

describe('the end of a session', () => {
  it('is told two minutes before, can be put off by one press, and is said when it has come', async () => {
    await page.clock.install();
    await page.goto(`${world.url}/account?lang=ja`);
    const warning = page.locator('#session');
    await page.clock.runFor(12 * 60_000);
    expect(await warning.isVisible()).toBe(false);
    await page.clock.runFor(70_000);
    await warning.getByText('まもなくサインアウトします').waitFor();
    await looksRight('session-ending-ja');
    world.clock.pass(800);
    await page.keyboard.press('Shift+Tab');
    await page.getByRole('button', { name: 'サインインを続ける' }).press('Enter');
    await expect.poll(() => warning.isVisible()).toBe(false);
    await page.clock.runFor(16 * 60_000);
    await warning.getByText('サインアウトしました').waitFor();
    await looksRight('session-ended-ja');
    world.clock.pass(901);
    await warning.getByRole('link', { name: 'サインイン' }).click();
    await page.getByRole('button', { name: 'パスキーでサインインする' }).waitFor();
  });
});

describe('an LRA', () => {
  it('sets up one-time codes', async () => {
    const link = await invitedPerson(world, { role: 'lra', organisation: applicant.corporateNumber });
    await forgetPasskeys();
    await context.clearCookies();
    await page.goto(link.url);
    await page.locator('#accessCode').fill(link.code);
    await press('パスキーを登録する');
    await page.waitForURL('**/sign-in');
    await press('パスキーでサインインする');
    await page.waitForURL('**/lra');
    await inBothLanguages('account-lra', '/account');
    await press('確認コードを設定する');
    await page.getByText('合言葉').first().waitFor();
    await looksRight('account-totp-ja');
  });

  it('makes a token for a system, sees it once, and ends it', async () => {
    await inBothLanguages('tokens-none', '/account/tokens');
    await press('作る');
    await page.locator('#scopes-wrong').waitFor();
    await looksRight('tokens-mistakes-ja');
    await page.locator('#tokenName').fill('人事システム');
    await page.getByLabel(/申請を見る/).check();
    await page.getByLabel(/証明書を見る/).check();
    await press('作る');
    expect(await page.locator('#token').textContent()).toMatch(/^kakuin_[0-9a-f]{16}_[\w-]{43}$/);
    await looksRight('tokens-made-ja');
    await inBothLanguages('tokens-list', '/account/tokens');
    await press('トークン「人事システム」を終了する');
    await page.getByText('終了（').waitFor();
    world.clock.pass(610);
    await inBothLanguages('tokens-stale', '/account/tokens');
  });

  it('reads what a problem of the API means', async () => {
    await page.goto(`${world.url}/api/v1/problems`);
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.getByRole('link', { name: 'idempotencyKeyReused' }).click();
    await page.getByRole('heading', { name: 'Idempotency-Keyの再利用' }).waitFor();
    await inBothLanguages('problem', '/api/v1/problems/idempotencyKeyReused');
  });
});
