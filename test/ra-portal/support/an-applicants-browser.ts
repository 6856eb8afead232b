/** One page of Chromium over a portal, as an applicant has it, and everything that it complains of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { hearComplaints, launchBrowser, looksRight } from './a-browser.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import { compileScripts } from './compiled-scripts.ts';

export interface AnApplicantsBrowser {
  readonly world: APortal;
  /** The first of them is signed in. */
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  readonly page: Page;
  /** On a wide screen, a telephone, and a narrow one: and nothing forbidden, thrown or missing since the beginning. */
  readonly looksRight: (name: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function anApplicantsBrowser(): Promise<AnApplicantsBrowser> {
  const compiled = mkdtempSync(join(tmpdir(), 'kakuin-applicant-js-'));
  compileScripts(compiled);
  const world = await aPortal({ compiled });
  const officers = await world.officers();
  await officers[0].signIn();
  const browser = await launchBrowser();
  const page = await (await browser.newContext({ acceptDownloads: true, locale: 'ja-JP' })).newPage();
  page.setDefaultTimeout(8_000);
  const complaints: string[] = [];
  hearComplaints(page, complaints);
  hearMissing(page, complaints);
  return {
    ...{ world, officers, page },
    looksRight: name => looksRight({ page, complaints, widths: [1440, 390, 320] }, name),
    end: async () => {
      await browser.close();
      await world.end();
      rmSync(compiled, { recursive: true });
    },
  };
}

/** Notes what the portal could not answer, and an icon that is not there. */
function hearMissing(page: Page, complaints: string[]): void {
  page.on('response', response => {
    if (response.status() >= 500 || (response.status() === 404 && response.url().includes('favicon'))) {
      complaints.push(`${response.status()} ${response.url()}`);
    }
  });
}
