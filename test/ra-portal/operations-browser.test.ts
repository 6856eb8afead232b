/** The operators' page in Chromium: never looked, all green, much of it red; two widths, two languages. */
import { randomUUID } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, looksRight as lookedAt, pageOf } from './support/a-browser.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { figures } from './support/figures.ts';

let world: APortal;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  world = await aPortal();
  await world.officers();
  const operator = await aPerson(world, { role: 'caOperator' });
  browser = await launchBrowser();
  ({ context, page } = await pageOf(browser, [operator.visitor], { url: world.url, complaints }));
});
afterAll(async () => {
  await context.close();
  await browser.close();
  await world.end();
});

async function looksRight(name: string, languages: readonly string[] = ['en', 'ja']): Promise<void> {
  for (const language of languages) {
    await page.goto(`${world.url}/operations?lang=${language}`);
    await page.evaluate(() => document.querySelector('details')?.setAttribute('open', ''));
    await lookedAt({ page, complaints }, `${name}-${language}`);
  }
}

describe('the operators’ page', () => {
  it('says that the monitor has not looked', async () => {
    await looksRight('operations-never', ['ja']);
    expect(await page.getByText('監視はまだ一度も動いていません').count()).toBe(1);
  });

  it('shows that all is well, and the days as a chart with its numbers', async () => {
    await world.store.observations.tell('monitor', figures(world.clock.now()));
    await looksRight('operations-green', ['ja']);
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(await page.getByRole('img', { name: '日ごとの発行と失効' }).count()).toBe(1);
    expect(await page.locator('svg.chart-large rect').count()).toBe(60);
    expect(await page.locator('.days tbody tr').count()).toBe(30);
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await page.locator('svg.chart-small').isVisible()).toBe(true);
    expect(await page.locator('svg.chart-large').isVisible()).toBe(false);
  });

  it('puts what needs to be done first, with the sentence that says what', async () => {
    const red = { 'crlAge issuing': 7_000, 'tokenAway ca-core': 1, backupAge: null, 'diskFree home': 0.1 };
    await world.store.observations.tell('monitor', figures(world.clock.now(), red));
    const [since, raisedAt] = [world.clock.now() - 900, world.clock.now() - 870];
    const change = { cause: 'change', since, raisedAt, value: 7_000 } as const;
    await world.store.alerts.add({ id: randomUUID(), reading: 'crlAge', subject: 'issuing', state: 'red', ...change });
    await world.store.alerts.add({
      id: randomUUID(),
      reading: 'queueAge',
      subject: 'letters',
      state: 'green',
      ...change,
    });
    await looksRight('operations-red');
    const rows = await page.locator('.trouble tbody tr').allTextContents();
    expect(rows).toHaveLength(4);
    expect(rows[0]).toContain('異常');
    expect(rows.at(-1)).toContain('注意');
    expect(rows.join(' ')).toContain('トークンの接続・電源・PIN');
  });

  it('is found in the navigation, and is where a CA operator begins', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${world.url}/sign-in`);
    expect(new URL(page.url()).pathname).toBe('/operations');
    await page.getByRole('link', { name: '運用', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: '運用の状態' }).waitFor();
  });
});
