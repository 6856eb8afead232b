/** An organisation's desk has a table checked: through HTTP what counts, in Chromium what it looks like. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeText } from '../../../ra-portal/bulk/reading/encode.ts';
import { axeFindings, launchBrowser, overflowAt, pageOf } from '../support/a-browser.ts';
import { aPerson, type APerson } from '../support/a-person.ts';
import { aPortal, type APortal } from '../support/a-portal.ts';
import type { Visitor } from '../support/a-visitor.ts';
import { apply } from '../support/an-application.ts';
import { at, aPersonRow, csvOf, headings, organisation, people } from './people.ts';

/** Set it to look at the pages. */
const shots = process.env['KAKUIN_SHOTS'];
let world: APortal;
let lra: APerson;
let browser: Browser;
let page: Page;
let today: string;
const complaints: string[] = [];

beforeAll(async () => {
  world = await aPortal();
  lra = await aPerson(world, { role: 'lra', organisation, mailbox: 'lra@kakuu-kakuin.example' });
  today = new Date((world.clock.now() + 9 * 3_600) * 1_000).toISOString().slice(0, 10);
  browser = await launchBrowser();
  page = (await pageOf(browser, [lra.visitor], { url: world.url, complaints })).page;
});
afterAll(async () => {
  await browser.close();
  await world.end();
});

const rowsOf = (rows: readonly (readonly string[])[]): string[][] => rows.map(row => row.with(at.day, today));
const octetsOf = (rows: readonly (readonly string[])[]): Buffer =>
  encodeText(csvOf([headings, ...rowsOf(rows)]), 'cp932') ?? Buffer.alloc(0);

/** A cross-site form cannot know the token; the page has it. */
async function upload(
  visitor: Visitor,
  octets: Buffer,
  name = '名簿.csv',
): Promise<{ status: number; location: string }> {
  const formToken = /name="formToken" value="([^"]+)"/.exec((await visitor.page('/lra/bulk')).text)?.[1] ?? '';
  const response = await visitor.agent
    .post('/lra/bulk')
    .set({ Origin: world.url, Accept: 'text/html' })
    .field('formToken', formToken)
    .field('profile', 'jcan-classic')
    .attach('file', octets, name);
  return { status: response.status, location: response.headers['location'] ?? '' };
}

/** Everything that the database holds but for the kept file itself and for who is signed in. */
async function digest(): Promise<string> {
  const hash = createHash('sha256');
  for (const table of Object.keys(await world.rows()).sort()) {
    if (['bulk_uploads', 'portal_sessions', 'sqlite_sequence'].includes(table)) continue;
    hash.update(table).update(JSON.stringify(await world.database(table).select()));
  }
  return hash.digest('hex');
}

interface Kept {
  readonly verdict: {
    readonly people: number;
    readonly faultCount: number;
    readonly faults: readonly { readonly row: number; readonly rule: string }[];
  };
}
const keptAt = async (path: string, visitor = lra.visitor): Promise<Kept['verdict']> =>
  ((await visitor.look(path).expect(200)).body as Kept).verdict;

describe('a dry run', () => {
  it('makes no row, no serial number and no mail', async () => {
    const before = [(await world.letters()).length, await digest()];
    const rows = people(40).map((row, index) => (index % 4 === 0 ? row.with(at.mail, 'nobody') : row));
    const { status, location } = await upload(lra.visitor, octetsOf(rows));
    expect(status).toBe(303);
    expect(await keptAt(location)).toMatchObject({ people: 40, faultCount: 10 });
    await lra.visitor.page(location).expect(200);
    await lra.visitor.page(`${location}/errors`).expect(200);
    expect([(await world.letters()).length, await digest()]).toEqual(before);
  });

  it('keeps the file sealed, for its own LRA alone, and erases it in time', async () => {
    const { location } = await upload(lra.visitor, octetsOf(people(1)));
    const [kept] = (await world.database('bulk_uploads').orderBy('created_at', 'desc').limit(1)) as Record<
      string,
      unknown
    >[];
    const stored = Object.values(kept ?? {})
      .map(value => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
      .join();
    expect(stored).not.toMatch(/hanako|kakuu-kakuin/);
    expect(stored).not.toContain(Buffer.from('名簿').toString('latin1'));
    const other = await aPerson(world, { role: 'lra', organisation, mailbox: 'other@kakuu-kakuin.example' });
    const officers = await world.officers();
    for (const path of ['', '/errors']) await other.visitor.look(location + path).expect(404);
    await officers[0].visitor.look(location).expect(403);
    await world.visitor().look('/lra/bulk').expect(403);
    await lra.visitor.form(`${location}/erase`, {}, '/lra/bulk');
    await lra.visitor.look(location).expect(404);
  });

  it('knows open applications of the same mailbox', async () => {
    const [one, two] = [
      await apply(world, { mailbox: 'hanako.1@kakuu-kakuin.example' }),
      await apply(world, { mailbox: 'hanako.2@kakuu-kakuin.example' }),
    ];
    const { location } = await upload(lra.visitor, octetsOf(people(3)));
    expect((await keptAt(location)).faults.map(({ row, rule }) => [row, rule])).toEqual([
      [2, 'applicationOpen'],
      [3, 'applicationOpen'],
    ]);
    expect(one.caseId).not.toBe(two.caseId);
  });

  it('refuses what is no table, at its field', async () => {
    expect((await upload(lra.visitor, Buffer.from('d0cf11e0a1b11ae1', 'hex'))).status).toBe(422);
    expect((await upload(lra.visitor, Buffer.alloc(0))).status).toBe(422);
    await lra.visitor.look('/lra/bulk/templates/jcan-organisation-role/xlsx').expect(422);
    await lra.visitor.look('/lra/bulk/templates/jcan-classic/pdf').expect(404);
  });
});

async function looksRight(name: string): Promise<void> {
  for (const width of [1440, 390]) {
    expect(await overflowAt(page, width), `${name} at ${width}`).toBeLessThanOrEqual(0);
    if (shots === undefined) continue;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await axeFindings(page)).toEqual([]);
  expect(complaints).toEqual([]);
}

async function inBothLanguages(name: string): Promise<void> {
  const path = new URL(page.url()).pathname;
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}?lang=${language}`);
    await looksRight(`${name}-${language}`);
  }
}

const choose = async (octets: Buffer, name = '名簿.csv'): Promise<void> => {
  await page.goto(`${world.url}/lra/bulk?lang=ja`);
  await page.locator('#file').setInputFiles({ name, mimeType: 'text/csv', buffer: octets });
  await page.getByRole('button', { name: '検査する' }).click();
};

describe('the pages', () => {
  it('begin empty, tell what is wrong with a file, and list what was checked', async () => {
    await world.database('bulk_uploads').delete();
    await page.goto(`${world.url}/lra/bulk?lang=ja`);
    await inBothLanguages('bulk-empty');
    await choose(Buffer.from('%PDF-1.7'));
    await page.getByText('表として読めません').first().waitFor();
    await looksRight('bulk-refused-ja');
  });

  it('show every fault with its row and column, page by page, and give the file back', async () => {
    const rows = people(260).map((row, index) => (index % 2 === 0 ? row.with(at.roman, '架空 太郎') : row));
    await choose(
      octetsOf([
        ...rows,
        aPersonRow(300).with(at.number, '3.10001E+12'),
        aPersonRow(301).with(at.kanji, '<b>太郎</b>'.repeat(8)),
      ]),
    );
    await page.getByRole('heading', { name: '検査の結果' }).waitFor();
    await inBothLanguages('bulk-faults');
    await page.getByRole('link', { name: '次へ' }).or(page.locator('[rel=next]')).first().click();
    await page.getByText('指数表記になっている').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'エラー付きのファイルを受け取る' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('errors.csv');
    await page.goto(`${world.url}/lra/bulk?lang=ja`);
    await inBothLanguages('bulk-list');
  });

  it('let the encoding be changed, and say how people were seen where the file does not', async () => {
    const short = rowsOf(people(13).slice(10)).map(row => row.slice(0, at.document));
    const utf8 = Buffer.from(csvOf([headings.slice(0, at.document), ...short]));
    await choose(utf8, 'short.csv');
    await page.getByText('列がない').first().waitFor();
    await inBothLanguages('bulk-columns');
    await page.locator('#encoding').selectOption('cp932');
    await page.getByRole('button', { name: 'この読み方で検査し直す' }).click();
    await page.getByText('Shift_JIS（CP932）').first().waitFor();
    await page.locator('#encoding').selectOption('');
    await page.locator('#identityDocument').selectOption('driving-licence');
    await page.locator('#identityMethod').selectOption('in-person');
    await page.locator('#identitySeenOn').fill(today);
    await page.getByRole('button', { name: 'この読み方で検査し直す' }).click();
    await page.getByText('3人すべて、誤りはありません。').waitFor();
    await inBothLanguages('bulk-clean');
    expect(await page.getByRole('link', { name: '一括発行へ進む' }).getAttribute('href')).toContain(
      'identityMethod=in-person',
    );
  });
});
