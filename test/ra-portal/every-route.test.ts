/**
 * Every page of the table of routes in Chromium, in both languages, with nothing in it, full (of names that would break a
 * careless page) and with something wrong: axe finds nothing, no policy is broken, and 320 pixels are wide enough.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginMemberDraft } from '../../ra-portal/lra/drafts.ts';
import { routes } from '../../ra-portal/pages/routes.ts';
import { axeFindings, launchBrowser, overflowAt, pageOf } from './support/a-browser.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import type { Visitor } from './support/a-visitor.ts';
import { use, type ToBeUsed } from './support/a-portal-in-use.ts';
import { person } from './support/an-application.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { databaseDigest } from './support/database-digest.ts';
import { noPages, places, type Comer, type PlaceState } from './support/every-place.ts';
import { findingsIn } from './support/look-at-places.ts';
import { lraOf, partsOf } from './support/parts-of.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-every-js-'));
const complaints: string[] = [];
const pages = new Map<Comer, Page>();
const names = new Map<string, string>();
const visitors = new Map<Comer, Visitor>();
let world: APortal;
let browser: Browser;
let toBeUsed: ToBeUsed;

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  const officers = await world.officers();
  await officers[0].signIn();
  browser = await launchBrowser();
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const administrator = await aPerson(world, { role: 'administrator' });
  const caOperator = await aPerson(world, { role: 'caOperator' });
  toBeUsed = { world, officers, parts: partsOf(world), lra: lraOf(lra, person.corporateNumber) };
  names.set('emptyDraft', await beginMemberDraft(toBeUsed.parts, toBeUsed.lra));
  await openFor('nobody', world.visitor());
  await openFor('officer', officers[0].visitor);
  await openFor('lra', lra.visitor);
  await openFor('administrator', administrator.visitor);
  await openFor('caOperator', caOperator.visitor);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

async function openFor(comer: Comer, visitor: Visitor): Promise<void> {
  visitors.set(comer, visitor);
  pages.set(comer, (await pageOf(browser, [visitor], { url: world.url, complaints })).page);
}

/** Somebody comes, and the pages are full. */
async function fill(): Promise<void> {
  const filled = await use(toBeUsed);
  for (const [name, value] of Object.entries(filled.names)) names.set(name, value);
  for (const [comer, visitor] of filled.visitors) await openFor(comer, visitor);
}

const findings = (state: PlaceState): Promise<readonly string[]> =>
  findingsIn({ url: world.url, pages, names, complaints }, state);

describe('every page', () => {
  it('is visited: no route that renders a page is left out', () => {
    const gets = Object.keys(routes).filter(route => route.startsWith('GET '));
    const known = (route: string): boolean => Object.hasOwn(places, route) || noPages.some(one => one.test(route));
    expect(gets.filter(route => !known(route))).toEqual([]);
  });

  it('hears of a broken policy, of axe’s findings and of what is too wide, where there are any', async () => {
    const opened = await pageOf(browser, [], { url: world.url, complaints });
    await opened.page.goto(`${world.url}/`);
    await opened.page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="alert(1)"><p style="width:2000px">wide</p>');
      document.querySelectorAll<HTMLElement>('body > p').forEach(one => (one.style.width = '2000px'));
    });
    await expect.poll(() => complaints.some(one => one.startsWith('policy: script-src'))).toBe(true);
    expect(await overflowAt(opened.page, 320)).toBeGreaterThan(0);
    expect(await axeFindings(opened.page)).not.toEqual([]);
    await opened.context.close();
    complaints.length = 0;
  });

  it('is right while there is nothing in it', { timeout: 300_000 }, async () => {
    expect(await findings('empty')).toEqual([]);
  });

  it(
    'is right full, with names that are markup in every place, and changes nothing',
    { timeout: 600_000 },
    async () => {
      await fill();
      await world.portal.look();
      const before = await databaseDigest(world);
      expect(await findings('full')).toEqual([]);
      expect(await databaseDigest(world)).toBe(before);
    },
  );

  it('is right with something wrong in it', { timeout: 600_000 }, async () => {
    expect(await findings('error')).toEqual([]);
  });
});

it('keeps what is no page from being one', async () => {
  const ids: Readonly<Record<string, string>> = { ':id': names.get('held') ?? '' };
  const visitor = visitors.get('holder');
  for (const route of Object.keys(routes).filter(one => noPages.some(pattern => pattern.test(one)))) {
    const path = (route.split(' ')[1] ?? '').replace(/:\w+/g, name => ids[name] ?? 'nothing');
    const answer = await visitor?.page(path);
    if (answer?.status === 200) expect(answer.headers['content-type'], route).not.toContain('text/html');
  }
});
