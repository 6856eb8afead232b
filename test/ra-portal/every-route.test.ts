/**
 * Every page of the table of routes in Chromium, in both languages, with nothing in it, full (of names that would break a
 * careless page) and with something wrong: axe finds nothing, no policy is broken, and 320 pixels are wide enough.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formTextOf } from '../../ra-portal/applications/form-text.ts';
import { isMistakes } from '../../ra-portal/applications/read-form.ts';
import { applyForMember } from '../../ra-portal/lra/apply-for-member.ts';
import { beginMemberDraft, keepMemberDraft } from '../../ra-portal/lra/drafts.ts';
import { routes } from '../../ra-portal/pages/routes.ts';
import { invite } from '../../ca-core/console.ts';
import { keepUsbToken } from '../../ra-portal/store/usb-tokens.ts';
import { axeFindings, launchBrowser, overflowAt, pageOf } from './support/a-browser.ts';
import { aPerson, invitedPerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer, type Visitor } from './support/a-portal.ts';
import { apply, licence, person, proveMailbox, review, staffCard } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { databaseDigest } from './support/database-digest.ts';
import { aJpeg } from './support/files.ts';
import { aToken, holder } from './support/a-token.ts';
import { noFaults, noPages, places, type Comer, type PlaceState, type Visit } from './support/every-place.ts';
import { lraOf, partsOf } from './support/parts-of.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-every-js-'));
/** Set it to look at the pages. */
const shots = process.env['KAKUIN_SHOTS'];
const hostile = { kanjiName: '', kanjiFamily: '<svg onload=alert(1)>', kanjiGiven: '"𠮷野\'&' };
const complaints: string[] = [];
const pages = new Map<Comer, { readonly context: BrowserContext; readonly page: Page }>();
const names = new Map<string, string>();
const visitors = new Map<Comer, Visitor>();
let world: APortal;
let browser: Browser;
let officers: readonly [PortalOfficer, PortalOfficer];

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  officers = await world.officers();
  await officers[0].signIn();
  browser = await launchBrowser();
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const administrator = await aPerson(world, { role: 'administrator' });
  const caOperator = await aPerson(world, { role: 'caOperator' });
  visitors.set('nobody', world.visitor()).set('officer', officers[0].visitor);
  visitors.set('lra', lra.visitor).set('administrator', administrator.visitor);
  visitors.set('caOperator', caOperator.visitor);
  const desk = lraOf(lra, person.corporateNumber);
  names.set('emptyDraft', await beginMemberDraft(partsOf(world), desk));
  for (const comer of ['nobody', 'officer', 'lra', 'administrator', 'caOperator'] as const) await openFor(comer);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

async function openFor(comer: Comer): Promise<void> {
  const visitor = visitors.get(comer);
  pages.set(comer, await pageOf(browser, visitor === undefined ? [] : [visitor], { url: world.url, complaints }));
}

/** Cases in every stage, each with a name that is markup. */
async function fill(): Promise<void> {
  const parts = partsOf(world);
  const applied = await apply(world, hostile);
  await fillDraft(applied.visitor);
  const returned = await apply(world, { ...hostile, mailbox: 'returned@kakuu-kakuin.example' });
  const held = await apply(world, { ...hostile, mailbox: 'held@kakuu-kakuin.example' });
  const green = await apply(world, { ...hostile, mailbox: 'green@kakuu-kakuin.example' });
  const paused = await apply(world, { ...hostile, mailbox: 'paused@kakuu-kakuin.example' });
  for (const one of [applied, returned, held, green, paused]) await proveMailbox(world, one);
  for (const seen of [licence, staffCard]) {
    const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
    await officers[0].visitor.json(`/officer/cases/${green.caseId}/evidence`, { ...seen, seenOn }).expect(200);
  }
  await sendBack(returned.caseId);
  for (const { caseId } of [held, paused]) {
    const digest = await review(world, officers[0], caseId);
    for (const officer of officers) await officer.approve(digest);
  }
  await world.work();
  await paused.visitor.json(`/applications/${paused.caseId}/revoke`, { reason: 'certificateHold' }).expect(202);
  await world.work();
  const lra = (await world.database('people').where({ organisation: person.corporateNumber }).first()) as {
    id: string;
    mailbox: string;
  };
  const desk = lraOf({ ...lra, visitor: world.visitor() } as never, person.corporateNumber);
  const seen = { identityMethod: 'in-person', identitySeenOn: '2026-11-01' };
  const forMember = async (mailbox: string): Promise<string> => {
    const text = formTextOf({ ...person, ...hostile, mailbox });
    const answer = await applyForMember(parts, desk, { text, seen, language: 'ja', draftId: null });
    if (isMistakes(answer)) throw new Error(JSON.stringify(answer));
    return answer.caseId;
  };
  const memberReturned = await forMember('member2@kakuu-kakuin.example');
  await sendBack(memberReturned);
  const draft = await beginMemberDraft(parts, desk);
  const { profile, keyAlgorithm, mailbox } = person;
  const text = formTextOf({ profile, keyAlgorithm, mailbox, ...typed['person'], ...typed['roman'] });
  await keepMemberDraft(parts, draft, { text, seen });
  const report = (await world.visitor().json('/report', { words: '<svg onload=alert(1)>' }).expect(201)).body as {
    receipt: string;
  };
  const certificate = await world.store.certificates.ofCase(held.caseId);
  await keepUsbToken(world.database, {
    ...aToken('T-0001'),
    state: 'lost',
    holder: { ...holder, name: hostile.kanjiFamily },
  });
  const invited = await invitedPerson(world, { role: 'auditor', mailbox: 'invited@operator.example' });
  const link = await invite(world.terminal, 'officer-new', 'officer');
  const found = { applied: applied.caseId, returned: returned.caseId, held: held.caseId, memberReturned, draft };
  for (const [name, value] of Object.entries({
    ...found,
    member: await forMember('member@kakuu-kakuin.example'),
    report: report.receipt,
    serial: certificate?.serialNumber ?? '',
    token: 'T-0001',
    pausedSerial: (await world.store.certificates.ofCase(paused.caseId))?.serialNumber ?? '',
    person: invited.personId,
    personLink: new URL(invited.url).pathname,
    invitation: link.invitationId,
    secret: link.secret,
  })) {
    names.set(name, value);
  }
  visitors.set('applicant', applied.visitor).set('returned', returned.visitor).set('holder', held.visitor);
  for (const comer of ['applicant', 'returned', 'holder'] as const) await openFor(comer);
}

async function sendBack(caseId: string): Promise<void> {
  const remarks = { reason: 'name', note: '<svg onload=alert(1)>', 'remark.kanjiName': 'notAsInDocument' };
  await officers[0].visitor.json(`/officer/cases/${caseId}/return`, remarks).expect(200);
}

/** An applicant with an application under way and a draft of the next one. */
async function fillDraft(visitor: Visitor): Promise<void> {
  await visitor.form('/apply/draft', {}, '/apply');
  for (const [step, fields] of Object.entries(typed)) {
    const delivery = step === 'contact' ? { delivery: 'pkcs12', keyAlgorithm: 'p-256' } : {};
    await visitor.form(`/apply/${step}`, { ...fields, ...delivery }, `/apply/${step}`);
  }
  const token = /name="formToken" value="([^"]+)"/.exec((await visitor.page('/apply/documents')).text)?.[1] ?? '';
  const sending = visitor.agent.post('/apply/documents').set({ Origin: world.url, Accept: 'text/html' });
  await sending.field({ formToken: token, document: 'driving-licence' }).attach('file', aJpeg(), 'a.jpg').expect(303);
}

const addressOf = ({ path }: Visit, language: string): string => {
  const [place = '', fragment] = path.replace(/\{(\w+)\}/g, (_, name: string) => names.get(name) ?? name).split('#');
  const query = `${place.includes('?') ? '&' : '?'}lang=${language}`;
  return `${world.url}${place}${query}${fragment === undefined ? '' : `#${fragment}`}`;
};

/** What is wrong with one page in one language. */
async function findingsAt(route: string, visit: Visit, language: 'ja' | 'en'): Promise<readonly string[]> {
  const page = pages.get(visit.by)?.page;
  if (page === undefined) return [`nobody is ${visit.by}`];
  const answer = await page.goto(addressOf(visit, language));
  const status = answer?.status() ?? 0;
  const found: string[] = [];
  if (visit.sends !== undefined) found.push(...(await sendEmptied(page, visit.sends)));
  else if (visit.state === 'error' ? status < 400 : status !== 200) found.push(`answers ${status}`);
  if (new URL(page.url()).pathname === '/sign-in' && route !== 'GET /sign-in') found.push('leads to the sign-in page');
  if ((await page.getAttribute('html', 'lang')) !== language) found.push('is in another language');
  if (visit.state === 'full' && !noFaults.includes(route) && (await asks(page)) && !hasError(route)) {
    found.push('has a form, and no visit with something wrong');
  }
  const wider = await overflowAt(page, 320);
  if (wider > 0) found.push(`is ${wider} px wider than 320`);
  await shoot(page, `${route} ${visit.state} ${visit.by} ${language}`);
  found.push(...(await axeFindings(page)), ...complaints.splice(0));
  return found.map(one => `${route} (${visit.state}, ${visit.by}, ${language}): ${one}`);
}

const hasError = (route: string): boolean => (places[route] ?? []).some(({ state }) => state === 'error');

/** Whether a form of the page has something to fill in. */
const asks = async (page: Page): Promise<boolean> =>
  (await page.locator('main form[method="post"] :is(input:not([type="hidden"]), select, textarea)').count()) > 0;

/** Empties the fields of a form and sends it: the page has to say what is wrong. */
async function sendEmptied(page: Page, selector: string): Promise<readonly string[]> {
  await page.evaluate(() => document.querySelectorAll('details').forEach(one => (one.open = true)));
  const form = page.locator(selector).first();
  if ((await form.count()) === 0) return [`has no ${selector}`];
  await form.evaluate(node => {
    for (const field of node.querySelectorAll<HTMLInputElement>('input:not([type="hidden"]), textarea')) {
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = false;
      else if (field.type !== 'file') field.value = '';
    }
  });
  // Where the browser itself asks for what is missing, nothing is sent.
  if (await form.evaluate((node: HTMLFormElement) => !node.noValidate && !node.checkValidity())) return [];
  await form.locator('button[type="submit"], button:not([type])').first().click();
  const told = page.locator('main :is(.mistake, .summary, .notice.bad)').filter({ visible: true });
  const isTold = await told
    .first()
    .waitFor({ timeout: 15_000 })
    .then(
      () => true,
      () => false,
    );
  return isTold ? [] : ['says nothing of what is wrong'];
}

async function shoot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: join(shots, `${name.replace(/\W+/g, '-')}-${width}.png`), fullPage: true });
  }
}

const visitsIn = (...states: readonly PlaceState[]): readonly (readonly [string, Visit])[] =>
  Object.entries(places)
    .filter(([route]) => Object.hasOwn(routes, route))
    .flatMap(([route, visits]) =>
      visits.filter(({ state }) => states.includes(state)).map(visit => [route, visit] as const),
    );

async function findingsIn(...states: readonly PlaceState[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [route, visit] of visitsIn(...states)) {
    for (const language of ['en', 'ja'] as const) found.push(...(await findingsAt(route, visit, language)));
  }
  return found;
}

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
    expect(await findingsIn('empty')).toEqual([]);
  });

  it(
    'is right full, with names that are markup in every place, and changes nothing',
    { timeout: 600_000 },
    async () => {
      await fill();
      await world.portal.look();
      const before = await databaseDigest(world);
      expect(await findingsIn('full')).toEqual([]);
      expect(await databaseDigest(world)).toBe(before);
    },
  );

  it('is right with something wrong in it', { timeout: 600_000 }, async () => {
    expect(await findingsIn('error')).toEqual([]);
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
