import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import request from 'supertest';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import {
  checkApprovals,
  digestOf,
  encodeDocument,
  fingerprintOf,
  type Member,
  verifyEnrolmentMac,
} from '../../ca-core/index.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { aDesk, addRoll, ca, type DeskOnTrial, invite, portalUrl } from './a-desk.ts';

const scripts = mkdtempSync(join(tmpdir(), 'kakuin-desk-js-'));
let browser: Browser;
let server: Server;
let trial: DeskOnTrial;

beforeAll(async () => {
  compileBrowserScripts();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  server = createServer();
  const port = await listen(server);
  trial = await aDesk({ url: `http://approve.localhost:${port}`, scripts });
  server.on('request', trial.desk as RequestListener);
});
afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
  await trial.close();
  rmSync(scripts, { recursive: true });
});

function compileBrowserScripts(): void {
  const folder = join(projectRoot, 'approval-desk', 'browser');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
  };
  for (const file of readdirSync(folder)) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), { compilerOptions });
    writeFileSync(join(scripts, file.replace(/\.ts$/, '.js')), outputText);
  }
}

async function listen(on: Server): Promise<number> {
  await new Promise<void>(resolve => on.listen(0, resolve));
  return (on.address() as AddressInfo).port;
}

interface Officer {
  readonly page: Page;
  /** Swaps the authenticator at hand for a new one. */
  readonly plugIn: () => Promise<void>;
}

async function anOfficer(): Promise<Officer> {
  const page = await (await browser.newContext({ locale: 'ja-JP' })).newPage();
  page.setDefaultTimeout(10_000);
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  let authenticatorId = await addAuthenticator(session);
  const plugIn = async () => {
    await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    authenticatorId = await addAuthenticator(session);
  };
  return { page, plugIn };
}

async function addAuthenticator(session: CDPSession): Promise<string> {
  const options = {
    protocol: 'ctap2' as const,
    transport: 'usb' as const,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  return (await session.send('WebAuthn.addVirtualAuthenticator', { options })).authenticatorId;
}

const shots = process.env['KAKUIN_SHOTS'];

async function keepPicture(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
}

const secret = randomBytes(32);

/** Enrols in the browser, then does what the console does: checks the MACs and makes a member of them. */
async function enrol({ page, plugIn }: Officer, id: string, name: string): Promise<Member> {
  const invitationId = await invite(trial.store, id, trial.clock.time + 600);
  const requested: string[] = [];
  page.on('request', sent => requested.push(sent.url() + (sent.postData() ?? '')));
  await page.goto(`${trial.url}/enrol/${invitationId}#${secret.toString('hex')}`);
  await page.fill('#name', name);
  await page.fill('#mailbox', `${id}@ca.example`);
  await page.click('#register');
  await page.waitForSelector('#fingerprints li');
  await page.click('#second');
  await page.waitForSelector('#message.bad');
  expect(await page.textContent('#message')).toContain('同じ認証器は二度登録できません');
  await plugIn();
  trial.clock.time += 1;
  await page.click('#second');
  await page.waitForSelector('#fingerprints li:nth-child(2)');

  const enrolments = await trial.store.enrolments.of(invitationId);
  expect(enrolments.map(one => verifyEnrolmentMac(secret, one, one.mac))).toEqual([true, true]);
  const fingerprints = enrolments.map(({ publicKey }) => fingerprintOf(publicKey));
  expect(await page.locator('#fingerprints li').allTextContents()).toEqual(fingerprints);
  const next = `${portalUrl}/officer/enrol/${invitationId}#${secret.toString('hex')}`;
  expect(await page.getAttribute('#next', 'href')).toBe(next);
  expect(requested.filter(text => text.split('#')[0]?.includes(secret.toString('hex')))).toEqual([]);
  const approving = enrolments.map(({ credentialId: of, publicKey, use }) => ({ use, id: of, publicKey }));
  // The same authenticators, registered at the portal: without that they are no means of signing in.
  const credentials = [
    ...approving,
    ...approving.map(one => ({ ...one, use: 'signIn' as const, id: `${one.id}-portal` })),
  ];
  return { id, role: 'officer', name, mailbox: `${id}@ca.example`, credentials };
}

async function sign({ page }: Officer, digest: string): Promise<string | null> {
  await page.goto(`${trial.url}/documents/${digest}`);
  await page.waitForSelector('#digest-state.good');
  await page.click('#sign');
  await page.waitForSelector('#message:is(.good, .bad)');
  return page.textContent('#message');
}

describe('officers with authenticators in a browser', () => {
  it('enrol, see the list, and approve what they saw', async () => {
    const [tanaka, mori] = [await anOfficer(), await anOfficer()];
    const members = [await enrol(tanaka, 'tanaka', '田中 三郎'), await enrol(mori, 'mori', '森 四郎')];
    const previous = (await trial.store.rolls.current())?.digest ?? '';
    const roll = { kind: 'roll' as const, version: 1 as const, ca, number: 2, previous, members };
    await addRoll(trial.store, roll);
    const document = aCaseDocument({ ca, kanjiName: '山田 </script> & "花子"' });
    const digest = await trial.put(document);

    await tanaka.page.goto(trial.url);
    await tanaka.page.click('#show');
    await tanaka.page.click('#list a');
    expect(await tanaka.page.textContent('h1')).toBe('受付番号 K26-0001-0001');

    expect(await sign(tanaka, digest)).toContain('1/2');
    expect(await sign(tanaka, digest)).toContain('あなたはすでに署名しています');
    trial.clock.time += 1;
    expect(await sign(mori, digest)).toContain('必要な署名がそろいました');

    const approvals = await trial.store.approvals.of(digest);
    const relyingParty = { rpId: 'approve.localhost', origin: trial.url };
    const ground = { ca, roll, relyingParty, now: trial.clock.time, authenticators: 1 };
    const approved = checkApprovals({ documentText: encodeDocument(document), approvals, ...ground });
    expect(approved.approvers.map(({ id }) => id)).toEqual(['tanaka', 'mori']);
  });

  it('cannot sign where the bytes shown are not those of the link', async () => {
    const { page } = await anOfficer();
    const shown = await trial.put(aCaseDocument({ ca, caseId: 'K26-0001-0002' }));
    const meant = digestOf('{}');
    const { text } = await request(trial.desk).get(`/documents/${shown}`);
    await page.route(`**/documents/${meant}`, route => route.fulfill({ contentType: 'text/html', body: text }));
    await page.goto(`${trial.url}/documents/${meant}`);
    await page.waitForSelector('#digest-state.bad');
    expect(await page.isDisabled('#sign')).toBe(true);
  });

  it.each(['ja', 'en'])('meet pages that everyone can use and that fit a telephone (%s)', async language => {
    const { page } = await anOfficer();
    const digest = await trial.put(aCaseDocument({ ca }));
    const invitation = await invite(trial.store, 'mori', trial.clock.time + 600);
    await page.setViewportSize({ width: 390, height: 844 });
    const paths = { list: '/', case: `/documents/${digest}`, enrol: `/enrol/${invitation}`, nowhere: '/nowhere' };
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(`${trial.url}${path}?lang=${language}`);
      await keepPicture(page, `approve-${name}-${language}`);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${path} ${id} ${nodes[0]?.html ?? ''}`)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    }
  });

  it('are not asked for an approval by a page of the portal’s host', async () => {
    const portal = createServer((_request, response) => response.end('<!doctype html>'));
    const port = await listen(portal);
    const { page } = await anOfficer();
    const ask = async (rpId: string): Promise<string> =>
      page.evaluate(async id => {
        const publicKey = { challenge: new Uint8Array(32), rpId: id, timeout: 1000 };
        return navigator.credentials.get({ publicKey }).then(String, (error: unknown) => (error as Error).name);
      }, rpId);
    await page.goto(`http://localhost:${port}`);
    expect(await ask('approve.localhost')).toBe('SecurityError');
    expect(await ask('localhost')).toBe('NotAllowedError');
    portal.closeAllConnections();
    portal.close();
  });
});
