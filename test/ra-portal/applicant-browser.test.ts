/** The applicants' pages in Chromium: every route × language × {empty, error, full}, by keyboard alone, on 320 px. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, mailedCode, person, proveMailbox, review } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { aJpeg } from './support/files.ts';
import { hearComplaints, launchBrowser, looksRight as lookedAt } from './support/a-browser.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-applicant-js-'));
let world: APortal;
let browser: Browser;
let page: Page;
let officers: readonly [PortalOfficer, PortalOfficer];
/** What the policy of a page forbade, what scripts threw, what could not be loaded. */
const complaints: string[] = [];

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  officers = await world.officers();
  await officers[0].signIn();
  browser = await launchBrowser();
  page = await (await browser.newContext({ acceptDownloads: true, locale: 'ja-JP' })).newPage();
  page.setDefaultTimeout(8_000);
  hearComplaints(page, complaints);
  page.on('response', response => {
    if (response.status() >= 500 || (response.status() === 404 && response.url().includes('favicon'))) {
      complaints.push(`${response.status()} ${response.url()}`);
    }
  });
});
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

const looksRight = (name: string): Promise<void> => lookedAt({ page, complaints, widths: [1440, 390, 320] }, name);

async function inBothLanguages(name: string, path: string, act?: () => Promise<void>): Promise<void> {
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`);
    await act?.();
    await looksRight(`${name}-${language}`);
  }
}

/** What supertest keeps of cookies. */
interface Jar {
  readonly getCookies: (where: object) => readonly { readonly name: string; readonly value: string }[];
}

/** Sends the form with its first button, as it stands. */
const sendEmpty = (): Promise<void> => page.locator('main form .button').first().click();

describe('the pages that anybody sees', () => {
  it('are right empty and with mistakes', { timeout: 240_000 }, async () => {
    await inBothLanguages('home', '/');
    await inBothLanguages('apply-door', '/apply');
    await inBothLanguages('changes', '/help/changes');
    for (const system of ['windows', 'macos', 'ios', 'android', 'linux']) {
      await inBothLanguages(`import-${system}`, `/help/import/${system}`);
    }
    await inBothLanguages('report-empty', '/report');
    await inBothLanguages('report-error', '/report', sendEmpty);
    await inBothLanguages('no-report', '/report/P-0000-0000-0000-0000');
    await inBothLanguages('enter-empty', '/applications/K26-0000-0000');
    await inBothLanguages('enter-error', '/applications/K26-0000-0000', sendEmpty);
    await inBothLanguages('enter-pass', '/applications/K26-0000-0000?pass=sent');
    await inBothLanguages('mailbox-empty', '/applications/K26-0000-0000/mailbox');
    await inBothLanguages('mailbox-error', '/applications/K26-0000-0000/mailbox', sendEmpty);
  });
});

describe('the steps of an application', () => {
  it('are right empty, with mistakes, and full', { timeout: 240_000 }, async () => {
    await page.goto(`${world.url}/apply?lang=ja`);
    await sendEmpty();
    for (const step of ['kind', 'person', 'roman', 'organisation', 'contact']) {
      await inBothLanguages(`${step}-empty`, `/apply/${step}`);
      if (step !== 'kind') {
        await inBothLanguages(`${step}-error`, `/apply/${step}`, async () => {
          await page.locator('main form input:not([type="hidden"], [type="radio"])').first().fill('');
          await sendEmpty();
        });
      }
      await page.goto(`${world.url}/apply/${step}`);
      for (const [name, value] of Object.entries(typed[step] ?? {})) await page.locator(`#${name}`).fill(value);
      await sendEmpty();
      await inBothLanguages(`${step}-full`, `/apply/${step}`);
    }
    await inBothLanguages('documents-empty', '/apply/documents');
    await inBothLanguages('documents-error', '/apply/documents', sendEmpty);
    await page.locator('#file').setInputFiles(photo());
    await page.locator('#validUntil').fill('令和10年5月1日');
    await sendEmpty();
    await inBothLanguages('documents-full', '/apply/documents');
    await inBothLanguages('check-full', '/apply/check');
    await inBothLanguages('apply-draft', '/apply');
  });
});

describe('hostile names', () => {
  it.each([
    ['markup', '<svg onload=alert(1)>', '"><script>alert(1)</script>'],
    ['a kanji of four octets', '𠮷', '𩸽'],
    ['a long name', '寿'.repeat(31), '限'.repeat(31)],
  ])('%s stays a name on every page', { timeout: 120_000 }, async (_, kanjiFamily, kanjiGiven) => {
    const applied = await apply(world, { kanjiName: '', kanjiFamily, kanjiGiven });
    await page.goto(`${world.url}/applications/${applied.caseId}?lang=ja`);
    await page.locator('#accessCode').fill(applied.accessCode);
    await sendEmpty();
    await looksRight('hostile-status');
    expect(await page.locator('main').innerText()).toContain(kanjiFamily);
  });

  it.each([
    ['an override of direction', '架\u202e空'],
    ['ten kilobytes', '架'.repeat(3_500)],
    ['a zero octet', '架\u0000空'],
  ])('%s is refused at its field', async (_, kanjiFamily) => {
    await page.goto(`${world.url}/apply?lang=ja`);
    if ((await page.locator('a[href="/apply/kind"]').count()) === 0) await sendEmpty();
    await page.goto(`${world.url}/apply/person`);
    await page.locator('#kanjiFamily').evaluate((field: HTMLInputElement, value) => (field.value = value), kanjiFamily);
    await page.locator('#kanjiGiven').fill('太郎');
    await sendEmpty();
    expect(await page.locator('#kanjiFamily-wrong').count()).toBe(1);
    await looksRight('hostile-refused');
  });
});

describe('an application under way', () => {
  it(
    'is right while it waits, returned, withdrawn, on hold, and at the desk of its organisation',
    { timeout: 300_000 },
    async () => {
      const applied = await apply(world);
      const path = `/applications/${applied.caseId}`;
      await page.goto(`${world.url}${path}?lang=ja`);
      await page.locator('#accessCode').fill(applied.accessCode);
      await sendEmpty();
      await inBothLanguages('status-waiting', path);
      await inBothLanguages('case-documents', `${path}/documents`);
      await inBothLanguages('withdraw', `${path}/withdraw`);
      const remarks = { reason: 'name', note: '漢字を確認してください' };
      await officers[0].signIn();
      await officers[0].visitor.json(`/officer/cases/${applied.caseId}/return`, remarks).expect(200);
      await world.database('case_remarks').insert({ case_id: applied.caseId, field: 'kanjiName', reason: 'name' });
      await inBothLanguages('status-returned', path);
      await inBothLanguages('correct-full', `${path}/correct`);
      await inBothLanguages('correct-error', `${path}/correct`, async () => {
        await page.locator('#kanjiFamily').fill('');
        await page.locator('#corporateNumber').fill('1');
        await page.locator('main form .button').first().click();
      });
      await page.goto(`${world.url}${path}/withdraw`);
      await sendEmpty();
      await inBothLanguages('status-withdrawn', path);
      const issued = await issuedCase();
      await page.goto(`${world.url}/applications/${issued.caseId}`);
      await page.locator('#accessCode').fill(issued.accessCode);
      await sendEmpty();
      await inBothLanguages('pick-up', `/applications/${issued.caseId}/pick-up`);
      await inBothLanguages('revoke-empty', `/applications/${issued.caseId}/revoke?because=changed`);
      await inBothLanguages('revoke-error', `/applications/${issued.caseId}/revoke`, sendEmpty);
      await issued.visitor.json(`/applications/${issued.caseId}/revoke`, { reason: 'certificateHold' }).expect(202);
      await inBothLanguages('status-asked', `/applications/${issued.caseId}`);
      await world.work();
      await inBothLanguages('status-hold', `/applications/${issued.caseId}`);
      await asLra();
      await inBothLanguages('lra', '/lra');
      await inBothLanguages('lra-case', `/lra/cases/${issued.caseId}`);
      await inBothLanguages('lra-error', `/lra/cases/${issued.caseId}`, () =>
        page.locator('main form .danger').click(),
      );
    },
  );

  async function issuedCase() {
    const applied = await apply(world, { romanName: 'Kakuu Jiro' });
    await proveMailbox(world, applied);
    await officers[0].signIn();
    const digest = await review(world, officers[0], applied.caseId);
    for (const officer of officers) await officer.approve(digest);
    await world.work();
    return applied;
  }

  /** Lends the browser the session of an LRA. */
  async function asLra(): Promise<void> {
    const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
    const { jar } = lra.visitor.agent as unknown as { readonly jar: Jar };
    const where = { domain: 'localhost', path: '/', script: false, secure: false };
    const cookies = jar.getCookies(where).filter(({ name }) => name === 'session');
    await page.context().addCookies(cookies.map(({ name, value }) => ({ name, value, url: world.url })));
  }
});

describe('by keyboard alone', () => {
  it('applies, proves the mailbox, picks up and revokes', { timeout: 300_000 }, async () => {
    await page.context().clearCookies();
    await page.goto(`${world.url}/?lang=ja`);
    await enterOn('a.button[href="/apply"]');
    await enterOn('main form .button');
    await enterOn('main form .button');
    for (const fields of [typed['person'], {}, typed['organisation'], typed['contact']]) {
      for (const [name, value] of Object.entries(fields ?? {})) await typeInto(`#${name}`, value);
      await enterOn('main form .button');
    }
    await enterOn('a[href="/apply/check"]');
    await page.waitForFunction(() => document.querySelector('#secret')?.textContent !== '');
    const secret = await page.locator('#secret').innerText();
    await tabTo('#kept');
    await page.keyboard.press('Space');
    await enterOn('#review .button[type="submit"]:not(#print)');
    const caseId = await page.locator('#case-id').innerText();
    await page.goto(`${world.url}/applications/${caseId}/mailbox#${await mailedCode(world, caseId)}`);
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#code')?.value !== '');
    await enterOn('main form .button');
    await officers[0].signIn();
    const digest = await review(world, officers[0], caseId);
    for (const officer of officers) await officer.approve(digest);
    await world.work();
    await page.goto(`${world.url}/applications/${caseId}`);
    await enterOn('a.button[href$="/pick-up"]');
    await typeInto('#secret', secret);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#picked-up:not([hidden])');
    await looksRight('picked-up');
    await page.goto(`${world.url}/applications/${caseId}/pick-up`);
    await looksRight('picked-up-before');
    await enterOn('a.danger');
    expect(await page.locator('[value="keyCompromise"]').isChecked()).toBe(true);
    await enterOn('main form .danger');
    await world.work();
    await page.goto(`${world.url}/applications/${caseId}`);
    expect(await page.locator('main').innerText()).toContain('に失効しました');
  });

  /** Tab, as often as a person would bear. */
  async function tabTo(selector: string): Promise<void> {
    for (let presses = 0; presses < 60; presses += 1) {
      const isThere = await page.evaluate(wanted => document.activeElement?.matches(wanted) ?? false, selector);
      if (isThere) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`No Tab leads to ${selector} on ${page.url()}.`);
  }

  async function typeInto(selector: string, text: string): Promise<void> {
    await tabTo(selector);
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(text);
  }

  async function enterOn(selector: string): Promise<void> {
    await tabTo(selector);
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  }
});

it('asks with no placeholder and shows no field that cannot be used', () => {
  const folder = join(import.meta.dirname, '..', '..', 'ra-portal', 'views');
  const texts = readdirSync(folder).map(name => `${name}: ${readFileSync(join(folder, name), 'utf8')}`);
  expect(texts.filter(text => /\splaceholder=|\sdisabled[\s>=]/.test(text)).map(text => text.split(':')[0])).toEqual(
    [],
  );
});

function photo(): string {
  const path = join(compiled, 'photo.jpg');
  writeFileSync(path, aJpeg());
  return path;
}
