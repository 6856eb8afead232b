/** What is wrong with the pages of the table of places: one after the other, in both languages. */
import type { Page } from 'playwright-core';
import { routes } from '../../../ra-portal/pages/routes.ts';
import { axeFindings, overflowAt, shootAt } from './a-browser.ts';
import { noFaults, places, type Comer, type PlaceState, type Visit } from './every-place.ts';

export interface Looking {
  readonly url: string;
  /** Where each comer is signed in. */
  readonly pages: ReadonlyMap<Comer, Page>;
  /** What `{name}` stands for in a path. */
  readonly names: ReadonlyMap<string, string>;
  /** What the browser says meanwhile: taken out as it is told. */
  readonly complaints: string[];
}

export async function findingsIn(looking: Looking, ...states: readonly PlaceState[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [route, visit] of visitsIn(states)) {
    for (const language of ['en', 'ja'] as const) found.push(...(await findingsAt(looking, [route, visit], language)));
  }
  return found;
}

const visitsIn = (states: readonly PlaceState[]): readonly (readonly [string, Visit])[] =>
  Object.entries(places)
    .filter(([route]) => Object.hasOwn(routes, route))
    .flatMap(([route, visits]) =>
      visits.filter(({ state }) => states.includes(state)).map(visit => [route, visit] as const),
    );

/** What is wrong with one page in one language. */
async function findingsAt(
  { url, pages, names, complaints }: Looking,
  [route, visit]: readonly [string, Visit],
  language: 'ja' | 'en',
): Promise<readonly string[]> {
  const page = pages.get(visit.by);
  if (page === undefined) return [`nobody is ${visit.by}`];
  const answer = await page.goto(`${url}${pathOf(visit, names, language)}`);
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
  found.push(...(await axeFindings(page)), ...complaints.splice(0));
  const name = `${route} ${visit.state} ${visit.by} ${language}`.replace(/\W+/g, '-');
  await shootAt([390, 1440], page, name);
  return found.map(one => `${route} (${visit.state}, ${visit.by}, ${language}): ${one}`);
}

function pathOf({ path }: Visit, names: Looking['names'], language: string): string {
  const [place = '', fragment] = path.replace(/\{(\w+)\}/g, (_, name: string) => names.get(name) ?? name).split('#');
  const query = `${place.includes('?') ? '&' : '?'}lang=${language}`;
  return `${place}${query}${fragment === undefined ? '' : `#${fragment}`}`;
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
