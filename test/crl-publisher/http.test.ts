import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCrlServer } from '../../crl-publisher/http.ts';
import { indexPage } from '../../crl-publisher/index-page.ts';
import type { CrlPublisher } from '../../crl-publisher/open-crl-publisher.ts';
import { aPublisher } from '../support/a-publisher.ts';
import { openssl } from '../support/openssl.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { realNow } from '../support/small-pki.ts';

let ca: SmallCa;
let publisher: CrlPublisher;
let server: Server;
let url: string;
const clock = { at: realNow(), now: () => clock.at };

beforeAll(async () => {
  ca = await aSmallCa();
  await ca.recordCrl(await ca.pki.crl({ entries: [], thisUpdate: clock.at - 7_300, nextUpdate: clock.at + 86_400 }));
  const fetchPublic = async (path: string): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(url + path)).arrayBuffer());
  publisher = await aPublisher(ca, { fetchPublic, clock, timetable: { overdueAfter: 86_400 } });
  server = createCrlServer({ files: publisher.files, clock });
  server.listen(0);
  await once(server, 'listening');
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
  await publisher.round();
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await ca.close();
});

describe('over HTTP', () => {
  it('RFC 2585 §4 files have their media types and say how long they may be kept', async () => {
    const crl = await fetch(`${url}/crl/issuing/0.crl`);
    expect(crl.headers.get('content-type')).toBe('application/pkix-crl');
    expect(crl.headers.get('cache-control')).toBe('max-age=60, public, no-transform');
    expect(Math.abs(Date.parse(crl.headers.get('last-modified') ?? '') - realNow() * 1000)).toBeLessThan(100_000);
    const certificate = await fetch(`${url}/ca/issuing.cer`);
    expect(certificate.headers.get('content-type')).toBe('application/pkix-cert');
    expect(Buffer.from(await certificate.arrayBuffer())).toEqual(Buffer.from(ca.pki.issuing.der));
  });

  it('RFC 8551 §3.2.2 the chain comes as certs-only PKCS#7, and everything in PEM too', async () => {
    const chain = await fetch(`${url}/ca/chain.p7c`);
    expect(chain.headers.get('content-type')).toBe('application/pkcs7-mime; smime-type=certs-only');
    const files = { chain: Buffer.from(await chain.arrayBuffer()) };
    const printed = openssl(['pkcs7', '-inform', 'DER', '-in', 'chain', '-print_certs'], files);
    expect(printed.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const cms = openssl(['cms', '-cmsout', '-inform', 'DER', '-in', 'chain', '-noout', '-print'], files);
    expect(cms).toContain('signedData');
    expect(await (await fetch(`${url}/ca/chain.pem`)).text()).toBe(ca.pki.chain);
    const pem = await fetch(`${url}/crl/issuing/0.pem`);
    const der = await fetch(`${url}/crl/issuing/0.crl`);
    expect(pem.headers.get('etag')).not.toBe(der.headers.get('etag'));
    const text = openssl(['crl', '-in', 'pem', '-outform', 'DER', '-out', '-'], { pem: await pem.text() });
    expect(text.length).toBeGreaterThan(100);
    expect((await fetch(`${url}/ca/root.pem`)).status).toBe(200);
  });

  it('HEAD, 304, 404 and 405', async () => {
    const path = `${url}/crl/issuing/0.crl`;
    const head = await fetch(path, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
    expect((await head.arrayBuffer()).byteLength).toBe(0);
    const etag = head.headers.get('etag') ?? '';
    expect((await fetch(path, { headers: { 'if-none-match': `W/"x", ${etag}` } })).status).toBe(304);
    expect((await fetch(path, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
    const since = head.headers.get('last-modified') ?? '';
    expect((await fetch(path, { headers: { 'if-modified-since': since } })).status).toBe(304);
    for (const other of [new Date(Date.parse(since) + 3_600_000).toUTCString(), 'nonsense', ''])
      expect((await fetch(path, { headers: { 'if-modified-since': other } })).status).toBe(200);
    for (const missing of ['/crl/issuing/1.crl', '/%2e%2e/kakuin.db']) {
      const answer = await fetch(url + missing);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
      expect(await answer.text()).toMatch(/^There is no such file here. CA certificates .*\n$/);
    }
    const post = await fetch(path, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow'), await post.text()]).toEqual([
      405,
      'GET, HEAD',
      'Files are published here: only GET and HEAD are answered.\n',
    ]);
  });

  it('a CRL is never to be kept past its nextUpdate', async () => {
    clock.at += 86_390;
    expect((await fetch(`${url}/crl/issuing/0.crl`)).headers.get('cache-control')).toContain('max-age=10,');
    clock.at -= 86_390;
  });

  it('the page lists everything with its age, in both languages, under a strict policy', async () => {
    const response = await fetch(url);
    const page = await response.text();
    const english = await fetch(url, { headers: { 'accept-language': 'fr, EN-gb;q=0.8, ja;q=0.5' } });
    const inEnglish = await english.text();
    expect([response, english].map(({ headers }) => headers.get('content-language'))).toEqual(['ja', 'en']);
    expect(await (await fetch(`${url}?lang=en`, { headers: { 'accept-language': 'ja' } })).text()).toBe(inEnglish);
    expect(await (await fetch(`${url}?lang=xx`)).text()).toBe(page);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toContain('失効リスト');
    expect(inEnglish).toContain('CRLs and CA certificates');
    expect(page).toContain('2 時間');
    expect(inEnglish).toContain('2 h');
    for (const link of page.matchAll(/href="(\/[^"]+)"/g))
      expect((await fetch(url + (link[1] ?? ''))).status).toBe(200);
    for (const path of ['crl/issuing/0.crl', 'crl/issuing/0.pem', 'ca/root.cer', 'ca/chain.p7c', 'ca/chain.pem'])
      expect(page).toContain(`href="/${path}"`);
  });

  it('the page escapes what it shows', () => {
    const file = {
      bytes: Buffer.alloc(0),
      mediaType: 'application/pkix-crl',
      etag: '""',
      since: 0,
      until: 1,
      modified: 0,
    } as const;
    expect(indexPage([['crl/<script>"', file]], { language: 'ja', now: 0 })).toContain('/&lt;script&gt;&quot;');
  });

  it('the page says which list is what, and which is over', () => {
    const file = {
      bytes: Buffer.alloc(12_345),
      mediaType: 'application/pkix-crl',
      etag: '""',
      since: 0,
      modified: 0,
    } as const;
    const lists = ['all', '0', '1-delta'].map(list => [`crl/a/${list}.crl`, { ...file, until: 90 }] as const);
    const files = [
      ...lists,
      ['crl/b/0-delta.crl', { ...file, until: 10 }],
      ['crl/b/0.crl', { ...file, until: 90 }],
    ] as const;
    const page = indexPage(files, { language: 'en', now: 60 });
    const names = [...page.matchAll(/<th scope="row">([^<]*)/g)].map(found => found[1]);
    expect(names).toEqual(['a: part 0', 'a: part 1, delta', 'a: complete', 'b: delta', 'b: complete']);
    expect(page.match(/class="over"/g)).toHaveLength(1);
    expect(page).toContain('12 kB');
    expect(page).toContain('1 min');
  });

  it('the page is read without a fault on a telephone and a desk, in both languages', async () => {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
    for (const language of ['ja', 'en']) {
      for (const width of [390, 1440]) {
        const context = await browser.newContext({ viewport: { width, height: 900 } });
        const page = await context.newPage();
        await page.goto(`${url}/?lang=${language}`);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id }) => id)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        const shots = process.env['KAKUIN_SHOTS'];
        if (shots !== undefined)
          await page.screenshot({ path: join(shots, `crls-${language}-${width}.png`), fullPage: true });
        await context.close();
      }
    }
    await browser.close();
  });

  it('RFC 5280 §6.3.3 a delta that is over is not served in any form; a complete CRL that is over is', async () => {
    const full = { entries: [], crlNumber: 2n, thisUpdate: clock.at, nextUpdate: clock.at + 86_400 };
    const delta = { ...full, baseNumber: 1n, nextUpdate: clock.at + 600 };
    await ca.recordLists(
      2,
      { '0': await ca.pki.crl(full), '0-delta': await ca.pki.crl(delta) },
      { complete: '0', at: clock.at },
    );
    await publisher.round();
    expect((await fetch(`${url}/crl/issuing/0-delta.crl`)).status).toBe(200);
    clock.at += 600;
    for (const form of ['crl', 'pem']) {
      const answer = await fetch(`${url}/crl/issuing/0-delta.${form}`);
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('Use the complete CRL')]);
    }
    clock.at += 2 * 86_400;
    expect((await fetch(`${url}/crl/issuing/0.crl`)).status).toBe(200);
    clock.at -= 600 + 2 * 86_400;
  });
});
