/** What an LRA attests and two officers sign together: 10,000 rows stay a page that people can read. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument } from '../../ca-core/index.ts';
import { aDesk, type DeskOnTrial } from './a-desk.ts';
import { aLongList, listOver } from './a-long-list.ts';
import { compileBrowserScripts } from './browser-scripts.ts';

const shots = process.env['KAKUIN_SHOTS'];
const scripts = mkdtempSync(join(tmpdir(), 'kakuin-desk-js-'));
let server: Server;
let trial: DeskOnTrial;

beforeAll(async () => {
  compileBrowserScripts(scripts);
  server = createServer();
  await new Promise<void>(resolve => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  trial = await aDesk({ url: `http://approve.localhost:${port}`, scripts, knowsLra: true });
  server.on('request', trial.desk as RequestListener);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await trial.close();
  rmSync(scripts, { recursive: true });
});

const sign = (digest: string, body: object) =>
  request(trial.desk).post(`/documents/${digest}/approvals`).set('Origin', trial.url).send(body);

/** Attested by the LRA at the desk. */
async function attested(size: number, change?: Parameters<typeof aLongList>[2]) {
  const list = await aLongList(trial, size, change);
  const answer = await sign(list.digest, trial.signed(trial.lra, list.digest, 'attestation'));
  expect(answer.status).toBe(201);
  return list;
}

describe('an attestation', () => {
  it('is signed by the LRA of that organisation, and orders nothing', async () => {
    const list = await aLongList(trial, 3);
    const { text } = await request(trial.desk).get(`/documents/${list.digest}?lang=en`);
    for (const seen of ['9999999999999', 'All rows in sums', '× 3', 'in-person', '花田 梅子', 'rsa-2048'])
      expect(text).toContain(seen);
    const [officer] = trial.members;
    const refused = await sign(list.digest, trial.signed(officer, list.digest, 'attestation'));
    expect(refused.body).toMatchObject({ code: 'approverUnknown' });
    const answer = await sign(list.digest, trial.signed(trial.lra, list.digest, 'attestation'));
    expect(answer.body).toMatchObject({ signatures: 1, needed: 1, complete: true });
    expect(await trial.store.orders.waiting()).toBe(0);
  });

  it('is refused for another organisation, and where the own certificate of the LRA is among the rows', async () => {
    const foreign = await aLongList(trial, 2, (document, at) =>
      at === 1 ? { ...document, claim: { ...document.claim, corporateNumber: '1180301018771' } } : document,
    );
    expect((await request(trial.desk).get(`/documents/${foreign.digest}`)).status).toBe(422);
    const own = await aLongList(trial, 2, (document, at) =>
      at === 1 ? { ...document, claim: { ...document.claim, mailbox: trial.lra.mailbox.toUpperCase() } } : document,
    );
    const answer = await sign(own.digest, trial.signed(trial.lra, own.digest, 'attestation'));
    expect(answer.body).toMatchObject({ code: 'approverIsApplicant' });
  });
});

describe('a list that was attested', () => {
  it('is ordered whole once two officers signed it', async () => {
    const list = await attested(250);
    const digest = await listOver(trial, list);
    const [one, other] = trial.members;
    expect((await sign(digest, trial.signed(trial.lra, digest, 'list'))).body).toMatchObject({
      code: 'approverUnknown',
    });
    expect((await sign(digest, trial.signed(one, digest, 'list'))).body).toMatchObject({ complete: false });
    expect((await sign(digest, trial.signed(other, digest, 'list'))).body).toMatchObject({
      complete: true,
      dropped: [],
    });
    expect(await trial.store.attestedLists.progress(digest)).toMatchObject({ waiting: 250 });
  });

  it('is refused without the attestation that it names, with another sample, and by an officer who is in it', async () => {
    const [one] = trial.members;
    const list = await attested(20);
    const digests = list.cases.map(document => digestOf(encodeDocument(document)));
    const { profile, size, root } = list.attestation;
    const common = { kind: 'list', version: 1, ca: list.attestation.ca, profile, size, root } as const;
    const put = (attestation: string, sample: number[]) =>
      trial.store.documents.putList({ ...common, attestation, sample }, digests, trial.clock.time);
    const without = await put('ab'.repeat(32), [1]);
    expect((await sign(without, trial.signed(one, without, 'list'))).body).toMatchObject({ code: 'documentUnknown' });
    const chosen = await put(list.digest, [1]);
    expect((await sign(chosen, trial.signed(one, chosen, 'list'))).body).toMatchObject({ code: 'listInvalid' });
    const own = await attested(2, (document, at) =>
      at === 0 ? { ...document, claim: { ...document.claim, mailbox: one.mailbox } } : document,
    );
    const digest = await listOver(trial, own);
    expect((await sign(digest, trial.signed(one, digest, 'list'))).body).toMatchObject({ code: 'approverIsApplicant' });
  });
});

describe('10,000 rows in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  it('are summed up, sampled, and hashed anew to the root that is signed', { timeout: 120_000 }, async () => {
    const list = await attested(10_000);
    const digest = await listOver(trial, list);
    for (const language of ['ja', 'en']) {
      const page = await (await browser.newContext({ locale: language })).newPage();
      await expectWhole(page, list.digest);
      await keepPicture(page, `attestation-${language}`);
      await expectWhole(page, digest);
      expect(await page.isEnabled('#sign')).toBe(true);
      expect(await page.locator('#sample details').count()).toBe(100);
      await page.locator('#sample details summary').first().click();
      expect(await page.textContent('#seen')).toBe('1/100');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await keepPicture(page, `long-list-${language}`);
      await page.goto(`${trial.url}/documents/${digest}/rows?from=9900`);
      expect(await page.locator('table.rows tbody tr').count()).toBe(100);
      await keepPicture(page, `long-list-rows-${language}`);
    }
  });

  it('are not signed where one of them is another', async () => {
    const list = await attested(12);
    const digest = await listOver(trial, list);
    const page = await browser.newPage();
    const { text } = await request(trial.desk).get(`/documents/${digest}`);
    for (const spoil of [
      (whole: string) => whole.replace(/("digests":\[")[0-9a-f]/, '$1x'),
      (whole: string) => whole.replace(/(\\"kanjiName\\":\\")見本/, '$1別人'),
    ]) {
      await page.route(`**/documents/${digest}`, route =>
        route.fulfill({ contentType: 'text/html', body: spoil(text) }),
      );
      await page.goto(`${trial.url}/documents/${digest}`);
      await page.waitForSelector('#digest-state.bad');
      expect(await page.isDisabled('#sign')).toBe(true);
      await page.unrouteAll();
    }
  });
});

async function expectWhole(page: Page, digest: string): Promise<void> {
  await page.goto(`${trial.url}/documents/${digest}`);
  await page.waitForSelector('#digest-state.good');
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
}
