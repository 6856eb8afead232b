/** The applicants' pages in Chromium: every route × language × {empty, error, full}, hostile names among them, on 320 px. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookiesOf } from './support/a-browser.ts';
import { aPerson } from './support/a-person.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { anApplicantsBrowser, type AnApplicantsBrowser } from './support/an-applicants-browser.ts';
import { apply, issued, person } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';
import { aJpeg } from './support/files.ts';

let opened: AnApplicantsBrowser;
let world: APortal;
let page: Page;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  opened = await anApplicantsBrowser();
  ({ world, page, officers } = opened);
});
afterAll(() => opened.end());

async function inBothLanguages(name: string, path: string, act?: () => Promise<void>): Promise<void> {
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`);
    await act?.();
    await opened.looksRight(`${name}-${language}`);
  }
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
    await page.locator('#file').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: aJpeg() });
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
    await opened.looksRight('hostile-status');
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
    await opened.looksRight('hostile-refused');
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
      await officers[0].signIn();
      const held = await issued(world, officers, { romanName: 'Kakuu Jiro' });
      await page.goto(`${world.url}/applications/${held.caseId}`);
      await page.locator('#accessCode').fill(held.accessCode);
      await sendEmpty();
      await inBothLanguages('pick-up', `/applications/${held.caseId}/pick-up`);
      await inBothLanguages('revoke-empty', `/applications/${held.caseId}/revoke?because=changed`);
      await inBothLanguages('revoke-error', `/applications/${held.caseId}/revoke`, sendEmpty);
      await held.visitor.json(`/applications/${held.caseId}/revoke`, { reason: 'certificateHold' }).expect(202);
      await inBothLanguages('status-asked', `/applications/${held.caseId}`);
      await world.work();
      await inBothLanguages('status-hold', `/applications/${held.caseId}`);
      await asLra();
      await inBothLanguages('lra', '/lra');
      await inBothLanguages('lra-case', `/lra/cases/${held.caseId}`);
      await inBothLanguages('lra-error', `/lra/cases/${held.caseId}`, () => page.locator('main form .danger').click());
    },
  );

  /** Lends the browser the session of an LRA. */
  async function asLra(): Promise<void> {
    const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
    const session = cookiesOf(lra.visitor, world.url).filter(({ name }) => name === 'session');
    await page.context().addCookies(session);
  }
});

it('asks with no placeholder and shows no field that cannot be used', () => {
  const folder = join(import.meta.dirname, '..', '..', 'ra-portal', 'views');
  const texts = readdirSync(folder).map(name => `${name}: ${readFileSync(join(folder, name), 'utf8')}`);
  expect(texts.filter(text => /\splaceholder=|\sdisabled[\s>=]/.test(text)).map(text => text.split(':')[0])).toEqual(
    [],
  );
});
