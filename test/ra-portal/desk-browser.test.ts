/** The officers' desk in Chromium: what an officer sees at two widths, in two languages, and what the keys do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUpload } from '../../ra-portal/store/uploads.ts';
import type { FileKind } from '../../ra-portal/uploads/file-kind.ts';
import { openUploadSeal } from '../../ra-portal/uploads/seal-at-rest.ts';
import { showHeic } from '../../ra-portal/uploads/show-heic.ts';
import { crc32 } from '../../ra-portal/uploads/crc.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, licence, proveMailbox, review, staffCard } from './support/an-application.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { aHeic } from './support/files.ts';
import { cookiesOf, hearComplaints, launchBrowser, looksRight as lookedAt } from './support/a-browser.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-desk-js-'));
let world: APortal;
let browser: Browser;
let page: Page;
let one: PortalOfficer;
let other: PortalOfficer;
const complaints: string[] = [];

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  [one, other] = await world.officers();
  await one.signIn();
  await other.signIn();
  browser = await launchBrowser();
  const context = await browser.newContext({ locale: 'ja-JP' });
  await context.addCookies(cookiesOf(one.visitor, world.url));
  page = await context.newPage();
  page.setDefaultTimeout(8_000);
  hearComplaints(page, complaints);
});
afterAll(async () => {
  await browser.close();
  await world.end();
  rmSync(compiled, { recursive: true });
});

const looksRight = (name: string): Promise<void> => lookedAt({ page, complaints }, name);

async function inBothLanguages(name: string, path: string): Promise<void> {
  for (const language of ['en', 'ja']) {
    await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`);
    await looksRight(`${name}-${language}`);
  }
}

async function upload(
  owner: string,
  document: string,
  { kind, file }: { kind: FileKind; file: Buffer },
): Promise<void> {
  const id = `${owner}-${kind}`;
  const seal = openUploadSeal(join(world.home, 'portal'));
  const sealed = seal.close(file, { owner, id });
  const shown = kind === 'heic' ? seal.close(await showHeic(file), { owner, id: `${id} shown` }) : null;
  const kept = { id, owner, document, kind, octets: file.length, validUntil: null, createdAt: world.clock.now() };
  await addUpload(world.database, kept, { sealed, shown });
}

/** A PNG of 120 × 80 pixels, dark left of the middle. */
function aPicture(): Buffer {
  const chunk = (type: string, content: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(content.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body) >>> 0);
    return Buffer.concat([head, body, check]);
  };
  const header = Buffer.from([0, 0, 0, 120, 0, 0, 0, 80, 8, 0, 0, 0, 0]);
  const rows = Array.from({ length: 80 }, () => [0, ...Array.from({ length: 120 }, (_, x) => (x < 60 ? 40 : 220))]);
  const pixels = deflateSync(Buffer.from(rows.flat()));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

async function aPdf(): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  for (const text of ['Certificate of employment', 'Page two']) {
    pdf.addPage([595, 842]).drawText(text, { x: 60, y: 740, size: 28, font });
  }
  return Buffer.from(await pdf.save());
}

/** Whether something was drawn: the share of dark pixels. */
const darkness = (): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let dark = 0;
    for (let at = 0; at < pixels.length; at += 4) if ((pixels[at] ?? 255) < 128 && (pixels[at + 3] ?? 0) > 0) dark++;
    return dark / Math.max(1, pixels.length / 4);
  });

const variant = {
  organisationName: '有限会社架空高崎工務店',
  corporateNumber: '3999902000004',
  mailbox: 'x@kakuu-takasaki.example',
};

describe('the queue', () => {
  it('is legible with every kind of case in it', async () => {
    const ready = await apply(world);
    await proveMailbox(world, ready);
    const signed = await apply(world, { kanjiName: '架空 花子', kanaName: 'カクウ ハナコ', romanName: 'Kakuu Hanako' });
    await proveMailbox(world, signed);
    await other.approve(await review(world, other, signed.caseId));
    await apply(world, { mailbox: 'jiro@kakuu-kakuin.example' });
    for (const tab of ['unassigned', 'second', 'all'])
      await inBothLanguages(`desk-queue-${tab}`, `/officer?tab=${tab}`);
    await inBothLanguages('desk-queue-none', '/officer?tab=mine&text=nobody');
  });

  it('is walked with j, k and o; nothing happens while an input method composes or the keys are off', async () => {
    await page.goto(`${world.url}/officer?tab=all`);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await page.locator('tr.here').count()).toBe(1);
    const before = page.url();
    await page.evaluate(() => {
      const press = (init: KeyboardEventInit): boolean => document.dispatchEvent(new KeyboardEvent('keydown', init));
      press({ key: 'o', isComposing: true, bubbles: true });
      press({ key: 'Process', bubbles: true });
      press({ key: 'o', ctrlKey: true, bubbles: true });
    });
    await page.locator('#text').focus();
    await page.keyboard.type('ojkcn?');
    expect(page.url()).toBe(before);
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await looksRight('desk-keys-ja');
    await page.locator('#keys-on').uncheck();
    await page.getByRole('button', { name: '閉じる' }).click();
    await page.keyboard.press('o');
    expect(page.url()).toBe(before);
    await page.locator('#keys-open').click();
    await page.locator('#keys-on').check();
    await page.getByRole('button', { name: '閉じる' }).click();
    await page.keyboard.press('j');
    await page.keyboard.press('o');
    await page.waitForURL(/cases/);
  });
});

describe('a case', () => {
  it('shows claim, documents and registers side by side, with what differs marked', async () => {
    const { caseId } = await apply(world, variant);
    await upload(caseId, 'certificate-of-employment', { kind: 'pdf', file: await aPdf() });
    await upload(caseId, 'staff-card', { kind: 'png', file: aPicture() });
    await upload(caseId, 'driving-licence', { kind: 'heic', file: aHeic() });
    await inBothLanguages('desk-case-variant', `/officer/cases/${caseId}`);
    expect(await page.locator('mark').count()).toBeGreaterThan(0);
    expect(await page.locator('.verdict.variation').count()).toBeGreaterThan(0);
    await page.locator('[data-kind=pdf]').click();
    await expect.poll(() => page.locator('#viewer-page').innerText()).toBe('1 / 2');
    await expect.poll(darkness).toBeGreaterThan(0.001);
    await page.locator('[data-tool=next]').click();
    await expect.poll(() => page.locator('#viewer-page').innerText()).toBe('2 / 2');
    await page.locator('[data-kind=png]').click();
    await expect.poll(darkness).toBeCloseTo(0.5, 1);
    const shape = (): Promise<readonly [number, number]> =>
      page.evaluate(() => [
        document.querySelector('canvas')?.width ?? 0,
        document.querySelector('canvas')?.height ?? 0,
      ]);
    const [width, height] = await shape();
    await page.locator('[data-tool=rotate]').click();
    const turned = await shape();
    expect(turned[1] / turned[0]).toBeCloseTo(width / height, 1);
    await page.locator('[data-tool=zoomIn]').click();
    expect((await shape())[0]).toBeGreaterThan(turned[0]);
    await page.locator('[data-kind=heic]').click();
    await expect.poll(darkness).toBeCloseTo(0.5, 1);
    await looksRight('desk-case-picture-ja');
  });

  it('says what is missing, then what will be issued, and who has signed', async () => {
    const { caseId } = await proved();
    await page.goto(`${world.url}/officer/cases/${caseId}`);
    await page.keyboard.press('c');
    await page.waitForSelector('text=担当を外れる');
    for (const { document, issuer, number } of [licence, staffCard]) {
      if (!(await page.locator('#document').isVisible())) await page.getByText('確認を記録する').click();
      await page.locator('#document').selectOption(document);
      await page.locator('#method').selectOption('in-person');
      await page.locator('#issuer').fill(issuer);
      await page.locator('#number').fill(number);
      await page.getByRole('button', { name: '記録する' }).click();
    }
    await page.locator('#internalNote').fill('社員証は原本を確認した');
    await page.getByRole('button', { name: 'メモを残す' }).click();
    expect(await page.locator('.lint.good').count()).toBe(1);
    await world.work();
    await inBothLanguages('desk-case-ready', `/officer/cases/${caseId}`);
    await page.getByText('差し戻し・却下').click();
    await looksRight('desk-case-decide-ja');
    const made = (await one.visitor.json(`/officer/cases/${caseId}/document`, {}).expect(303)).body as {
      digest: string;
    };
    await one.approve(made.digest);
    await world.work();
    await inBothLanguages('desk-case-signed', `/officer/cases/${caseId}`);
    expect(await page.locator('.case-turn').innerText()).toContain('1/2 承認済み');
    await other.approve(made.digest);
    await world.work();
    await world.work();
    await inBothLanguages('desk-case-issued', `/officer/cases/${caseId}`);
    expect(await page.locator('.timeline tbody tr').count()).toBeGreaterThan(6);
  });

  it('is put on a list with others that are green, and counted by hand', async () => {
    const { caseId } = await proved();
    const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
    for (const seen of [licence, staffCard]) {
      await one.visitor.json(`/officer/cases/${caseId}/evidence`, { ...seen, seenOn }).expect(200);
    }
    await inBothLanguages('desk-list', '/officer/lists');
    const chosen = await page.locator('[name=case]:checked').count();
    await page.locator('#count').fill(String(chosen));
    await page.getByRole('button', { name: '一覧の文書を作る' }).click();
    await page.waitForSelector('#to-desk');
    await looksRight('desk-list-made-ja');
  });

  it('shows another officer’s claim, and lets nobody else change it', async () => {
    const held = await proved();
    await other.visitor.json(`/officer/cases/${held.caseId}/claim`, {}).expect(200);
    await inBothLanguages('desk-case-held', `/officer/cases/${held.caseId}`);
    expect(await page.getByRole('button', { name: '記録する' }).count()).toBe(0);
  });
});

async function proved(): Promise<{ readonly caseId: string }> {
  const applied = await apply(world);
  await proveMailbox(world, applied);
  return applied;
}
