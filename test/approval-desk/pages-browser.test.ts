/** Every page of the approval desk in Chromium, in both languages: axe finds nothing, 320 px are enough, and keys are. */
import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSerialList, listRoot, type Member } from '../../ca-core/index.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { aDesk, addRoll, ca, invite, type DeskOnTrial } from './a-desk.ts';
import { compileBrowserScripts } from './browser-scripts.ts';
import { hearComplaints, overflowAt } from '../ra-portal/support/a-browser.ts';

const scripts = mkdtempSync(join(tmpdir(), 'kakuin-desk-pages-'));
/** Set it to look at the pages. */
const shots = process.env['KAKUIN_SHOTS'];
const hostile = '<svg onload=alert(1)> "𠮷野\'&';
const complaints: string[] = [];
let browser: Browser;
let server: Server;
let trial: DeskOnTrial;
let page: Page;

beforeAll(async () => {
  compileBrowserScripts(scripts);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  server = createServer();
  await new Promise<void>(resolve => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  trial = await aDesk({ url: `http://approve.localhost:${port}`, scripts });
  server.on('request', trial.desk as RequestListener);
  page = await (await browser.newContext({ locale: 'ja-JP' })).newPage();
  page.setDefaultTimeout(10_000);
  hearComplaints(page, complaints);
});
afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
  await trial.close();
  rmSync(scripts, { recursive: true });
});

let drawn = 0;
const aCase = (kanjiName = hostile): Promise<string> => {
  drawn += 1;
  return trial.put(aCaseDocument({ ca, caseId: `K26-PAGE-${drawn}`, kanjiName }));
};

async function aList(): Promise<string> {
  const digests = [await aCase(), await aCase(), await aCase()];
  const profile = { name: 'jcan-classic', hash: 'ab'.repeat(32) };
  const list = { kind: 'list', version: 1, ca, profile, size: digests.length, root: listRoot(digests) } as const;
  return trial.store.documents.putList(list, digests, trial.clock.time - 60);
}

async function aMassRevocation(): Promise<string> {
  const text = encodeSerialList([
    '4f01',
    '4f02',
    ...Array.from({ length: 200 }, () => randomBytes(16).toString('hex')),
  ]);
  const serialNumbers = await trial.store.massRevocations.putSerials(text, trial.clock.time);
  const document = { kind: 'massRevocation', version: 1, ca, serialNumbers, size: 202, chosenBy: hostile } as const;
  return trial.put({ ...document, reason: 'superseded', invalidityDate: null, requestedAt: trial.clock.time });
}

const aboutKeys = {
  version: 1 as const,
  ca,
  keys: ['ab'.repeat(32), 'cd'.repeat(32)],
  because: hostile,
  requestedAt: 1_800_000_000 - 60,
};
const about = { version: 1, ca, serialNumber: '4f01', requestedAt: 1_800_000_000 - 60 } as const;
const documents: Readonly<Record<string, () => Promise<string>>> = {
  case: aCase,
  list: aList,
  voided: async () => {
    const digest = await aCase();
    await trial.store.documents.void(digest, trial.clock.time);
    return digest;
  },
  release: () => trial.put({ kind: 'release', ...about }),
  revocation: () => trial.put({ kind: 'revocation', reason: 'keyCompromise', invalidityDate: null, ...about }),
  roll: async () => {
    const current = await trial.store.rolls.current();
    const members: Member[] = trial.members.map(member => ({ ...member, name: hostile }));
    return trial.put({ kind: 'roll', version: 1, ca, number: 2, previous: current?.digest ?? null, members });
  },
  massRevocation: aMassRevocation,
  keyBlock: () => trial.put({ kind: 'keyBlock', ...aboutKeys, proof: '3082' }),
  keyUnblock: () => trial.put({ kind: 'keyUnblock', ...aboutKeys }),
  unknown: () => Promise.resolve('00'.repeat(32)),
};

/** What is wrong with the page as it is now. */
async function findings(name: string): Promise<readonly string[]> {
  const wider = await overflowAt(page, 320);
  if (shots !== undefined) {
    mkdirSync(shots, { recursive: true });
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: join(shots, `approve-${name}-${width}.png`), fullPage: true });
    }
  }
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);
  return [...found, ...(wider > 0 ? [`${wider} px wider than 320`] : []), ...complaints.splice(0)].map(
    one => `${name}: ${one}`,
  );
}

describe('every page of the desk', () => {
  it('is right: the certificates of a mass revocation', async () => {
    const digest = await aMassRevocation();
    await page.goto(`${trial.url}/documents/${digest}/certificates?lang=ja`);
    expect(await findings('certificates-ja')).toEqual([]);
    expect(await page.locator('main').innerText()).toContain('4f02');
    await page.goto(`${trial.url}/documents/${digest}/certificates?from=200`);
    expect(await page.locator('tbody tr').count()).toBe(2);
    const other = await page.goto(`${trial.url}/documents/${digest}/certificates?from=202`);
    expect(other?.status()).toBe(404);
    complaints.length = 0;
  });

  it('offers no signature over a list of serial numbers that is not the one meant', async () => {
    const digest = await aMassRevocation();
    await page.route('**/serials', route => route.fulfill({ body: '4f01\n' }));
    await page.goto(`${trial.url}/documents/${digest}`);
    await page.waitForSelector('#digest-state.bad');
    expect(await page.locator('#sign').isDisabled()).toBe(true);
    await page.unroute('**/serials');
  });

  it.each(Object.keys(documents))('is right: %s', { timeout: 60_000 }, async kind => {
    const digest = (await documents[kind]?.()) ?? '';
    const found: string[] = [];
    for (const language of ['en', 'ja']) {
      const answer = await page.goto(`${trial.url}/documents/${digest}?lang=${language}`);
      expect(answer?.status()).toBe(kind === 'unknown' ? 404 : 200);
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      if (kind !== 'unknown') await page.waitForSelector('#digest-state.good');
      found.push(...(await findings(`${kind}-${language}`)));
    }
    expect(found).toEqual([]);
    expect(await page.locator('#sign').count()).toBe(kind === 'voided' || kind === 'unknown' ? 0 : 1);
    if (kind === 'list') expect(await page.locator('main').innerText()).toContain(`K26-PAGE-${drawn}`);
  });

  it('is right: the list of what waits, and the page of a one-time link', { timeout: 60_000 }, async () => {
    const invitation = await invite(trial.store, 'new', trial.clock.time + 600);
    const secret = randomBytes(32).toString('hex');
    const found: string[] = [];
    for (const language of ['en', 'ja']) {
      for (const [name, path] of Object.entries({
        awaiting: '/',
        enrol: `/enrol/${invitation}`,
        over: '/enrol/none',
      })) {
        await page.goto(`${trial.url}${path}?lang=${language}#${secret}`);
        found.push(...(await findings(`${name}-${language}`)));
      }
    }
    expect(found).toEqual([]);
  });
});

describe('an approval by keys alone', () => {
  it('is given without a mouse, from the one-time link to the signature', { timeout: 60_000 }, async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'usb',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    expect(authenticatorId).not.toBe('');
    const officer = await withKeyInBrowser();
    const digest = await aCase('架空 太郎');
    await page.goto(`${trial.url}/documents/${digest}?lang=ja`);
    await page.waitForSelector('#digest-state.good');
    for (let presses = 0; presses < 40; presses += 1) {
      if (await page.evaluate(() => document.activeElement?.id === 'sign')) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('#message:is(.good, .bad)');
    expect(await page.textContent('#message')).toContain('1/2');
    expect((await trial.store.approvals.of(digest)).map(({ memberId }) => memberId)).toEqual([officer]);
  });

  /** A member of a new roll whose approval passkey the browser's own authenticator made on the enrolment page. */
  async function withKeyInBrowser(): Promise<string> {
    const secret = randomBytes(32).toString('hex');
    const invitation = await invite(trial.store, 'tanaka', trial.clock.time + 600);
    await page.goto(`${trial.url}/enrol/${invitation}?lang=ja#${secret}`);
    await page.fill('#name', '田中 三郎');
    await page.fill('#mailbox', 'tanaka@ca.example');
    await page.focus('#register');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#fingerprints li');
    const [enrolment] = await trial.store.enrolments.of(invitation);
    if (enrolment === undefined) throw new Error('nothing was registered');
    const key = { id: enrolment.credentialId, publicKey: enrolment.publicKey };
    const credentials: Member['credentials'] = [
      { use: 'approve', ...key },
      { use: 'signIn', ...key, publicKey: `${key.publicKey.slice(0, -2)}00` },
    ];
    const member: Member = {
      id: 'tanaka',
      role: 'officer',
      name: '田中 三郎',
      mailbox: 'tanaka@ca.example',
      credentials,
    };
    const current = await trial.store.rolls.current();
    const members = [...trial.members, member];
    await addRoll(trial.store, { kind: 'roll', version: 1, ca, number: 2, previous: current?.digest ?? null, members });
    return member.id;
  }
});
