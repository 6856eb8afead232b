/** Chromium over a portal: the sessions of visitors lent to it, and everything it complains of. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Visitor } from './a-visitor.ts';

/** Where pictures of the pages are kept, if anywhere. */
const shots = process.env['KAKUIN_SHOTS'];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });

interface Jar {
  readonly getCookies: (where: object) => readonly { readonly name: string; readonly value: string }[];
}

/** What a visitor without a browser has: the session, and whatever else the portal gave. */
export function cookiesOf({ agent }: Visitor, url: string): { name: string; value: string; url: string }[] {
  const { jar } = agent as unknown as { readonly jar: Jar };
  const where = { domain: new URL(url).hostname, path: '/', secure: false, script: false };
  return jar.getCookies(where).map(({ name, value }) => ({ name, value, url }));
}

/** A page of its own, with these visitors' cookies. What its policy forbids, what throws and what is not there is told. */
export async function pageOf(
  browser: Browser,
  visitors: readonly Visitor[],
  { url, complaints }: { readonly url: string; readonly complaints: string[] },
): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext({ locale: 'ja-JP' });
  for (const visitor of visitors) await context.addCookies(cookiesOf(visitor, url));
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  await context.exposeFunction('tellOfPolicy', (what: string) => complaints.push(`policy: ${what}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const { tellOfPolicy } = window as unknown as { readonly tellOfPolicy: (what: string) => void };
      tellOfPolicy(`${violatedDirective} ${blockedURI}`);
    });
  });
  hearComplaints(page, complaints);
  return { context, page };
}

/** Notes what the browser says of errors, what a page throws, and every dialog; a refusal of the portal is no error. */
export function hearComplaints(page: Page, complaints: string[]): void {
  page.on('console', message => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

/** What axe finds on the page as it is now. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);
}

/** How many pixels the page is wider than a window of that width, once it is laid out: that takes a moment. */
export async function overflowAt(page: Page, width: number): Promise<number> {
  await page.setViewportSize({ width, height: 900 });
  for (let look = 1; ; look++) {
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wider <= 0 || look === 20) return wider;
    await page.waitForTimeout(50);
  }
}

export interface Looked {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly widths?: readonly number[];
}

/** Nothing wider than the window at these widths, nothing that axe finds, no complaint; pictures where they are kept. */
export async function looksRight({ page, complaints, widths = [1440, 390] }: Looked, name: string): Promise<void> {
  for (const width of widths) {
    const overflow = await overflowAt(page, width);
    await shoot(page, `${name}-${width}`);
    expect(overflow, `${name} at ${width}: wider than the window`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await axeFindings(page), name).toEqual([]);
  expect(complaints, name).toEqual([]);
}

/** Pictures at these widths, where they are kept. */
export async function shootAt(widths: readonly number[], page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await shoot(page, `${name}-${width}`);
  }
}

export async function shoot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}
