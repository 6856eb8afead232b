/** The station's own page in Chromium: tokens and cards one after the other, letters, both languages; and who gets in. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as overHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { openLetters } from '../../issuing-station/letters/letters.ts';
import { openStationPage, type PageGround, type StationPage } from '../../issuing-station/page/station-page.ts';
import { openJournal, type Journal } from '../../issuing-station/tokens/token-work.ts';
import { openTokenSlots } from '../../issuing-station/tokens/token-slots.ts';
import { openVault, type Vault } from '../../issuing-station/tokens/vault.ts';
import { groundOf } from '../../scripts/commands/station-page.ts';
import { readSettings } from '../../scripts/settings.ts';
import { compileBrowserScripts } from '../approval-desk/browser-scripts.ts';
import { hearComplaints, launchBrowser, looksRight } from '../ra-portal/support/a-browser.ts';
import { fcfCard } from '../support/cards/fcf-card.ts';
import { startPcscd, type Pcscd } from '../support/cards/pcscd.ts';
import { addBlankTokens, softHsmTokens, type SoftHsm } from '../support/soft-hsm.ts';
import { aTokenDesk, passphrase, type TokenDeskWorld } from './support/token-desk.ts';

const makersSoPin = '12345678';
const scripts = mkdtempSync(join(tmpdir(), 'kakuin-station-page-'));
const complaints: string[] = [];
const bugs: unknown[] = [];
const closing = new AbortController();
let tokens: SoftHsm;
let serials: readonly string[];
let desk: TokenDeskWorld;
let core: OpenCa;
let working: Promise<void>;
let vault: Vault;
let journal: Journal;
let pcscd: Pcscd;
let browser: Browser;
let page: Page;
let station: StationPage;
let ground: PageGround;

beforeAll(async () => {
  compileBrowserScripts(scripts, 'issuing-station/page/browser');
  tokens = softHsmTokens();
  addBlankTokens(tokens.module, 1, makersSoPin);
  const slots = openTokenSlots(tokens.module);
  serials = slots.list().map(({ serial }) => serial);
  slots.close();
  desk = await aTokenDesk();
  await desk.jobsFor([...serials, 'NOT-PUT-IN-0003']);
  core = await openCa(desk.world.ground, { log: silentLog, clock: desk.world.clock });
  working = workOn();
  vault = await openVault(join(desk.home, 'vault'), { passphrase, defaultSoPin: makersSoPin });
  journal = openJournal(join(desk.home, 'jobs'));
  pcscd = await startPcscd();
  browser = await launchBrowser();
  page = await (await browser.newContext({ locale: 'ja-JP' })).newPage();
  page.setDefaultTimeout(20_000);
  hearComplaints(page, complaints);
  const settings = readSettings({ KAKUIN_HOME: desk.home, KAKUIN_STATION_MODULE: tokens.module });
  ground = {
    ...groundOf(settings, { station: desk.station, desk: desk.desk, journal, vault }),
    scripts,
    onBug: error => bugs.push(error),
  };
  station = await openStationPage(ground);
}, 120_000);
afterAll(async () => {
  await ground.board.stop();
  await station.close();
  await browser.close();
  await pcscd.end();
  closing.abort();
  await working;
  await core.close();
  await desk.end();
  tokens.end();
  rmSync(scripts, { recursive: true });
});

async function workOn(): Promise<void> {
  while (!closing.signal.aborted) if (!(await core.turn())) await pause(20);
}

/** As some other program on this machine, or a page of another site, asks. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = overHttp(new URL(path, station.url), { method, headers }, answer => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asking.on('error', reject).end();
  });
}

const looks = (name: string): Promise<void> => looksRight({ page, complaints }, `station-${name}`);

describe('the page of the station', () => {
  it('is shut to whoever has not the one-time link, comes by another name or from another site', async () => {
    for (const path of ['/', '/tokens', '/cards', '/now', '/js/now.js', '/?key=wrong'])
      expect(await ask(path)).toBe(403);
    expect(await ask('/tokens/start', { Origin: station.url }, 'POST')).toBe(403);
    expect(await ask('/assets/station.css', { Host: 'evil.example' })).toBe(403);
    expect(await ask('/assets/station.css', { Origin: 'https://evil.example' })).toBe(403);
    expect(await ask('/tokens/start', {}, 'POST')).toBe(403);
    await page.goto(`${station.url}/tokens`);
    expect(await page.textContent('h1')).toBe('このページは閉じています');
    await looks('shut-ja');
  });

  it('opens by the link once, and then by its cookie, and does and tells something for what its tab keeps', async () => {
    await page.goto(station.link);
    await page.waitForURL('**/tokens');
    expect(new URL(page.url()).pathname).toBe('/tokens');
    expect(page.url()).not.toContain('key=');
    expect(await ask(station.link.slice(station.url.length))).toBe(403);
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'station');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    const own = { Cookie: `station=${cookie?.value ?? ''}` };
    expect(await ask('/tokens', own)).toBe(200);
    const secret = await page.evaluate(() => sessionStorage.getItem('station') ?? '');
    for (const [given, status] of [
      ['', 403],
      [cookie?.value ?? '', 403],
      [secret, 200],
    ] as const)
      expect(await ask('/now', { ...own, 'X-Station': given })).toBe(status);
    expect(await ask('/tokens/start', { ...own, Origin: station.url }, 'POST')).toBe(403);
    expect(await page.content()).not.toContain(secret);
    expect(await ask('/stop', { ...own, Origin: 'https://evil.example' }, 'POST')).toBe(403);
    expect(await ask('/stop', own, 'POST')).toBe(403);
    expect(await ask('/letters', own)).toBe(404);
    const another = await page.context().newPage();
    await another.goto(`${station.url}/tokens`);
    await another.getByText('このページは閉じています').waitFor();
    await another.close();
    await looks('tokens-idle-ja');
  });
});

describe('tokens', () => {
  it('are made one after the other, and the one that is not there is asked for', async () => {
    await page.getByRole('button', { name: '始める' }).click();
    await page.getByText('トークン 3 / 3 を挿してください').waitFor({ timeout: 60_000 });
    expect(await page.locator('.results .good').count()).toBe(2);
    expect(await page.textContent('#now')).toContain('NOT-PUT-IN-0003');
    expect(await page.getAttribute('#now', 'aria-live')).toBe('polite');
    await looks('tokens-ja');
    await page.goto(`${station.url}/tokens?lang=en`);
    await page.getByText('Put in token 3 of 3').waitFor();
    await looks('tokens-en');
    expect(journal.all().map(({ step }) => step)).toEqual(['reported', 'reported']);
  }, 90_000);

  it('wait where they are when the run is stopped', async () => {
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('The run has ended.').waitFor();
    expect(await page.textContent('.counts')).toBe('2 done, 0 with an error');
  });
});

describe('cards', () => {
  it('say what was typed wrongly', async () => {
    await page.goto(`${station.url}/cards?lang=en`);
    await page.fill('#list', 'S1,a@b.example,someone');
    await page.locator('form[action="/cards/bind"] button').click();
    expect(await page.textContent('#list-wrong')).toContain('Lines with a mistake: 1');
    await looks('cards-mistake-en');
    await page.fill('#idm', '0123456789abcdef');
    await page.locator('form[action="/cards/end"] button').click();
    await page.getByText('This card is not registered.').waitFor();
    await looks('refused-en');
  });

  it('are prepared through PC/SC, green or red, next', async () => {
    await page.goto(`${station.url}/cards?lang=ja`);
    await page.fill('#count', '２');
    await page.locator('form[action="/cards/prepare"] button').click();
    await page.getByText('カード 1 / 2 を置いてください').waitFor();
    const [slot] = pcscd.slots;
    await slot?.put(fcfCard({ number: 'P0000001' }));
    await page.locator('.results .good').first().waitFor();
    await slot?.take();
    await page.getByText('カード 2 / 2 を置いてください').waitFor();
    await slot?.put(fcfCard({ number: 'P0000002' }));
    await page.locator('.results .good').nth(1).waitFor();
    await looks('cards-ja');
    await slot?.take();
    await page.getByText('作業は終わりました。').waitFor();
    expect(await desk.world.database('cards').pluck('state')).toEqual(['prepared', 'prepared']);
  }, 60_000);
});

describe('PIN letters', () => {
  it('are shown to another person’s page, printed, and their PINs forgotten', async () => {
    const letters = openLetters({ journal, vault, desk: desk.desk });
    const other = await openStationPage({ ...ground, tokens: null, cards: null, letters });
    try {
      const own = await (await browser.newContext({ locale: 'ja-JP' })).newPage();
      hearComplaints(own, complaints);
      await own.goto(other.link);
      await own.locator('.waiting > li').first().waitFor();
      expect(await own.locator('.waiting > li').count()).toBe(2);
      const look = (name: string): Promise<void> => looksRight({ page: own, complaints }, `station-${name}`);
      await look('letters-ja');
      const serial = letters.waiting()[0]?.serial ?? '';
      const pin = vault.userPin(serial);
      await own.locator('.waiting button').first().click();
      expect((await own.textContent('.pin'))?.replace(' ', '')).toBe(pin);
      expect(await own.textContent('.letter')).toContain('架空 太郎');
      await look('letter-ja');
      await own.emulateMedia({ media: 'print' });
      expect(await own.locator('.on-screen').isVisible()).toBe(false);
      await own.emulateMedia({ media: 'screen' });
      await own.getByRole('button', { name: '印刷した' }).click();
      await own.locator('.waiting > li').first().waitFor();
      expect(await own.locator('.waiting > li').count()).toBe(1);
      expect(() => vault.userPin(serial)).toThrow('keyMissing');
      const made = await desk.world.database('token_jobs').whereNotNull('letter_made_at').pluck<string[]>('serial');
      expect(made).toEqual([serial]);
      await own.goto(`${other.url}/tokens`);
      expect(await own.textContent('main')).toContain('このページはありません');
    } finally {
      await other.close();
    }
  });

  it('are nowhere else: in no file of the station or portal, and on no page for tokens', async () => {
    const kept = letterPins();
    expect(kept).toHaveLength(1);
    const files = [desk.home, desk.world.home].flatMap(folder =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()),
    );
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    await page.goto(`${station.url}/tokens`);
    texts.push(await page.content());
    const soPins = serials.flatMap(serial => vault.soPins(serial));
    expect([...kept, ...soPins].filter(pin => texts.some(text => text.includes(pin)))).toEqual([]);
    expect(bugs).toEqual([]);
  });
});

const letterPins = (): readonly string[] =>
  serials.filter(serial => vault.hasUserPin(serial)).map(serial => vault.userPin(serial));
