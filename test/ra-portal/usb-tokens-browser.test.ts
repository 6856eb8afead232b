/** The officers' and the LRA's pages about USB tokens in Chromium, both languages, with tokens of every state. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenStates } from '../../ca-core/index.ts';
import { addTokenEvent } from '../../ra-portal/store/token-events.ts';
import { keepUsbToken } from '../../ra-portal/store/usb-tokens.ts';
import { launchBrowser, looksRight, pageOf } from './support/a-browser.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { aProxy, aStationBehind, type AProxy } from './support/a-station-behind.ts';
import { aToken, holder } from './support/a-token.ts';
import { apply, proveMailbox, person } from './support/an-application.ts';
import { compileScripts } from './support/compiled-scripts.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-token-js-'));
const complaints: string[] = [];
let world: APortal;
let proxy: AProxy;
let officers: readonly [PortalOfficer, PortalOfficer];
let browser: Browser;
let page: Page;
let lra: Page;
let caseId = '';

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  officers = await world.officers();
  await officers[0].signIn();
  proxy = await aProxy(world);
  await aStationBehind(world, { officers, proxy });
  browser = await launchBrowser();
  ({ page } = await pageOf(browser, [officers[0].visitor], { url: world.url, complaints }));
  const asked = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  lra = (await pageOf(browser, [asked.visitor], { url: world.url, complaints })).page;
}, 60_000);
afterAll(async () => {
  await browser.close();
  proxy.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

const languages = ['ja', 'en'] as const;
async function looked(
  path: string,
  name: string,
  on = page,
  inLanguages: readonly string[] = languages,
): Promise<void> {
  for (const language of inLanguages) {
    await on.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`);
    await looksRight({ page: on, complaints }, `${name}-${language}`);
  }
}

/** One of every state; what is not blank is somebody's. */
async function fill(): Promise<void> {
  const at = world.clock.now();
  const issuer = (await world.store.issuers.active())?.id ?? '';
  for (const [index, state] of tokenStates.entries()) {
    const serial = `8f21c04e9d${String(index).padStart(2, '0')}`;
    const isBlank = state === 'unformatted';
    const certificate =
      isBlank || state === 'formatted' ? null : { issuer, serialNumber: `5a${'0'.repeat(28)}${index}1` };
    const awaits = state === 'lost' ? ({ awaits: 'revocation', reason: 'keyCompromise' } as const) : {};
    const about = { ...aToken(serial), state, certificate, ...awaits, changedAt: at };
    await keepUsbToken(world.database, { ...about, holder: isBlank ? null : holder });
    const event = { serial, at, actor: officers[0].memberId, state, details: { note: 'なくしたと電話' } };
    await addTokenEvent(world.database, { ...event, act: 'enter' });
    await addTokenEvent(world.database, {
      ...event,
      act: 'lose',
      details: { reason: 'keyCompromise', note: '電話で' },
    });
  }
}

describe('tokens in the browser', () => {
  it('look right with nothing there, and with every state', async () => {
    await looked('/tokens', 'tokens-empty');
    await looked('/officer/tokens', 'tokens-giving-empty');
    await fill();
    await looked('/tokens', 'tokens-full');
    await looked('/tokens?tab=awaiting', 'tokens-awaiting');
    for (const index of tokenStates.keys()) {
      const serial = `8f21c04e9d${String(index).padStart(2, '0')}`;
      // Each state in one language; the words of both are the same elements.
      await looked(`/tokens/${serial}`, `token-${tokenStates[index] ?? ''}`, page, [languages[index % 2] ?? 'ja']);
    }
    await looked('/tokens', 'tokens-lra', lra);
    await looked('/tokens/8f21c04e9d02', 'token-lra', lra, ['en']);
  }, 120_000);

  it('are given to a case on its page, and to many on theirs', async () => {
    const applied = await apply(world);
    await proveMailbox(world, applied);
    ({ caseId } = applied);
    await looked('/officer/tokens', 'tokens-giving');
    await page.goto(`${world.url}/officer/cases/${caseId}?lang=ja`);
    await page.click('#key summary');
    await page.selectOption('#token-serial', '8f21c04e9d00');
    await page.selectOption('#token-algorithm', 'p-256');
    await page.click('#key form button');
    await page.waitForURL(/#key$/);
    expect(await page.textContent('#key')).toContain('8f21c04e9d00');
    await looked(`/officer/cases/${caseId}`, 'case-with-token');
    await page.click('#key a[href^="/tokens/"]');
    expect(await page.textContent('dl.facts')).toContain(person.kanjiName);
    await page.goto(`${world.url}/officer/cases/${caseId}?lang=ja`);
    await page.click('#key form[action$="/back"] button');
    await page.waitForURL(/#key$/);
    await page.goto(`${world.url}/officer/tokens?lang=ja`);
    await page.check(`input[value="${caseId}"]`);
    await page.selectOption('#algorithm', 'p-256');
    await page.click('main form button[type="submit"]');
    expect(await page.textContent('[role="status"]')).toContain('1件に割り当てました');
    await looksRight({ page, complaints }, 'tokens-given');
  });

  it('say in words what cannot be done', async () => {
    await page.goto(`${world.url}/tokens/8f21c04e9d02?lang=en`);
    await page.click('summary:has-text("Suspend it")');
    await world.database('usb_tokens').where({ serial: '8f21c04e9d02' }).update({ state: 'damaged' });
    await page.click('form:has(input[value="suspend"]) button');
    expect(await page.textContent('main')).toContain('This cannot be done: the token is damaged.');
    await looksRight({ page, complaints }, 'token-refused');
  });
});
