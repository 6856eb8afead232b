/** A company in one afternoon, in Chromium: upload, submit, attest, two officers, issued, package and list of passwords. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginSession, type SessionKind } from '../../ra-portal/store/sessions.ts';
import { desk } from '../support/an-officer.ts';
import { openssl } from '../support/openssl.ts';
import { aDeskBehind, type ADeskBehind } from './support/a-desk-behind.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { anLra, organisation, type ALra } from './support/an-lra.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { lendPasskey } from './support/a-passkey.ts';
import { unzipped } from './support/unzipped.ts';
import { hearComplaints, launchBrowser, looksRight as lookedAt } from './support/a-browser.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-portal-js-'));
const people = 20;
let world: APortal;
let browser: Browser;
let deskBehind: ADeskBehind;
let lra: ALra;
let keeper: APerson;
let officers: readonly [PortalOfficer, PortalOfficer];
const complaints: string[] = [];
/** The LRA's passkey for the desk, in the browser's authenticator. */
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const credentialId = randomBytes(16);

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  officers = await world.officers();
  const publicKey = key.publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
  lra = await anLra(world, officers, { credentialId: credentialId.toString('base64url'), publicKey });
  keeper = await aPerson(world, { role: 'lra', organisation, mailbox: 'keeper@kakuu-kakuin.example' });
  deskBehind = await aDeskBehind(world, join(compiled, 'desk'));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  deskBehind.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

/** A browser in which somebody is signed in. */
async function signedIn(kind: SessionKind, subject: string): Promise<Page> {
  const context = await browser.newContext({ acceptDownloads: true, locale: 'ja-JP' });
  const session = { kind, subject, means: 'passkey', at: world.clock.now() } as const;
  const value = await beginSession(world.database, session);
  await context.addCookies([{ name: 'session', value, url: world.url, sameSite: 'Strict', httpOnly: true }]);
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  hearComplaints(page, complaints);
  await deskBehind.serve(page);
  return page;
}

const looksRight = (page: Page, name: string): Promise<void> => lookedAt({ page, complaints }, name);

async function inBothLanguages(page: Page, name: string, path: string): Promise<void> {
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}?lang=${language}`);
    await looksRight(page, `${name}-${language}`);
  }
}

const press = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).first().click();

/** The page of a job looks by itself how that stands: it is left alone until it has seen it. */
const comesTo = (page: Page, state: string) => page.waitForSelector(`#job[data-state="${state}"]`);

const file = (): Buffer => {
  const head = '氏名,フリガナ,ローマ字氏名,メールアドレス,本人確認書類,本人確認方法,本人確認日';
  const lines = Array.from({ length: people }, (_, index) => {
    const letter = String.fromCharCode(97 + index);
    return `架空 ${index}号,カクウ ゴウ,Kakuu ${letter}go,${letter}@kakuu-kakuin.example,運転免許証,対面,2026-11-02`;
  });
  return Buffer.from([head, ...lines].join('\r\n'), 'utf8');
};

describe('a company in one afternoon', () => {
  let lraPage: Page;
  let keeperPage: Page;
  let secret = '';
  let jobPath = '';

  it('somebody else than the LRA registers as keeper of the passwords', async () => {
    keeperPage = await signedIn('person', keeper.id);
    await keeperPage.goto(`${world.url}/lra/bulk/custodian?lang=ja`);
    await press(keeperPage, '保管の秘密を作る');
    secret = await keeperPage.locator('#secret').innerText();
    await looksRight(keeperPage, 'custodian-drawn-ja');
    await keeperPage.locator('#kept').check();
    await press(keeperPage, 'この秘密を登録する');
    await keeperPage.waitForSelector('#registered:not([hidden])');
    expect(JSON.stringify(await world.database('pin_custodians'))).not.toContain(secret);
  });

  it('the LRA submits the file, and attests it at the desk', async () => {
    lraPage = await signedIn('person', lra.id);
    await lendPasskey(lraPage, { key: key.privateKey, credentialId, rpId: desk.rpId });
    await lraPage.goto(`${world.url}/lra/bulk?lang=ja`);
    await lraPage.locator('#profile').selectOption('jcan-classic');
    await lraPage.locator('#file').setInputFiles({ name: '社員.csv', mimeType: 'text/csv', buffer: file() });
    await press(lraPage, '検査する');
    await looksRight(lraPage, 'bulk-clean-ja');
    await lraPage.getByRole('link', { name: '一括発行へ進む' }).click();
    await lraPage.locator('#keyAlgorithm').selectOption('p-256');
    await lraPage.locator('#custodian').selectOption(keeper.id);
    await lraPage.locator('#delivery').selectOption('package');
    await press(lraPage, '申請する');
    await lraPage.waitForURL(`${world.url}/lra/bulk/jobs/J*`);
    jobPath = new URL(lraPage.url()).pathname;
    await looksRight(lraPage, 'job-checked-ja');
    await world.portal.runJobs();
    await comesTo(lraPage, 'awaitingAttestation');
    await inBothLanguages(lraPage, 'job-attest', jobPath);
    await lraPage.locator('#to-desk').click();
    await lraPage.waitForSelector('#sign:not([disabled])');
    await looksRight(lraPage, 'desk-attestation-ja');
    await lraPage.locator('#sign').click();
    await lraPage.waitForSelector('#afterwards:not([hidden])');
  });

  it('two officers look at every row drawn, and only then their signatures let it run', async () => {
    await world.portal.runJobs();
    await lraPage.goto(`${world.url}${jobPath}?lang=ja`);
    await looksRight(lraPage, 'job-approval-ja');
    for (const officer of officers) {
      const page = await signedIn('officer', officer.memberId);
      await page.goto(`${world.url}/officer?lang=ja`);
      await page.locator(`a[href="/officer/jobs/${jobPath.split('/').at(-1) ?? ''}"]`).click();
      if (officer === officers[0]) await looksRight(page, 'sample-ja');
      const drawn = await page.locator('.sampled').count();
      expect(drawn).toBe(10);
      expect(await page.locator('#to-desk').count()).toBe(0);
      for (let seen = 0; seen < drawn; seen++) await press(page, 'この行を確かめた');
      const digest = (await page.locator('#to-desk').getAttribute('href'))?.split('/').at(-1) ?? '';
      if (officer === officers[0]) await inBothLanguages(page, 'sample-seen', new URL(page.url()).pathname);
      await officer.approve(digest);
      await page.context().close();
    }
    await world.portal.runJobs();
    await comesTo(lraPage, 'running');
    await lraPage.goto(`${world.url}${jobPath}?lang=en`);
    await looksRight(lraPage, 'job-running-en');
    await world.work();
    await world.portal.runJobs();
    await comesTo(lraPage, 'finished');
    await inBothLanguages(lraPage, 'job-finished', jobPath);
    expect(await lraPage.locator('[data-count="issued"]').innerText()).toBe(String(people));
  });

  it('the LRA gets the files, the keeper the passwords; OpenSSL opens each with its own', async () => {
    const [download] = await Promise.all([lraPage.waitForEvent('download'), press(lraPage, 'ZIPをダウンロードする')]);
    const files = unzipped(readFileSync(await download.path()));
    expect([...files.keys()].filter(name => name.endsWith('.p12'))).toHaveLength(people);
    expect(files.get('list.csv')?.toString('utf8')).toContain('a@kakuu-kakuin.example');
    expect((await lraPage.request.get(`${world.url}${jobPath}/pin-sheet`)).status()).toBe(403);
    await keeperPage.goto(`${world.url}${jobPath}/pin-sheet?lang=ja`);
    const asOurs = { data: {}, headers: { Origin: world.url } };
    expect((await keeperPage.request.post(`${world.url}${jobPath}/package`, asOurs)).status()).toBe(403);
    await looksRight(keeperPage, 'pin-sheet-ja');
    await keeperPage.locator('#secret').fill(secret);
    await press(keeperPage, '一覧を開く');
    await keeperPage.waitForSelector('#opened:not([hidden])');
    await looksRight(keeperPage, 'pin-sheet-opened-ja');
    const lines = await keeperPage.locator('#passwords tr').all();
    expect(lines).toHaveLength(people);
    for (const line of lines) {
      const [, , , caseId = '', password = ''] = await line.locator('td').allInnerTexts();
      const found = [...files].find(([name]) => name.includes(caseId));
      expect(opened(found?.[1] ?? Buffer.alloc(0), password)).toContain('PRIVATE KEY');
    }
    const csv = await savedBy(keeperPage, 'CSVを保存する');
    expect(csv.toString('utf8').split('\r\n')).toHaveLength(people + 2);
    const pdf = await savedBy(keeperPage, 'PDFを保存する');
    expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    await lraPage.goto(`${world.url}${jobPath}?lang=ja`);
    await looksRight(lraPage, 'job-delivered-ja');
    const kept = JSON.stringify([await world.database('audit_outbox'), await world.database('audit_log')]);
    expect(kept).toContain('bulk.packageTaken');
    expect(kept).not.toContain(secret);
  });
});

const opened = (pkcs12: Buffer, password: string): string =>
  openssl(['pkcs12', '-in', 'one.p12', '-nodes', '-passin', `pass:${password}`], { 'one.p12': pkcs12 });

/** The file that a link gives. */
async function savedBy(page: Page, name: string): Promise<Buffer> {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
  return readFileSync(await saved.path());
}
