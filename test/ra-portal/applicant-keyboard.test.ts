/** An applicant without a mouse, in Chromium: from the first page to the certificate and its revocation. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { anApplicantsBrowser, type AnApplicantsBrowser } from './support/an-applicants-browser.ts';
import { approve, mailedCode } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';

let opened: AnApplicantsBrowser;
let world: APortal;
let page: Page;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  opened = await anApplicantsBrowser();
  ({ world, page, officers } = opened);
});
afterAll(() => opened.end());

describe('by keyboard alone', () => {
  it('applies, proves the mailbox, picks up and revokes', { timeout: 300_000 }, async () => {
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
    await approve(world, officers, caseId);
    await page.goto(`${world.url}/applications/${caseId}`);
    await enterOn('a.button[href$="/pick-up"]');
    await typeInto('#secret', secret);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#picked-up:not([hidden])');
    await opened.looksRight('picked-up');
    await page.goto(`${world.url}/applications/${caseId}/pick-up`);
    await opened.looksRight('picked-up-before');
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
