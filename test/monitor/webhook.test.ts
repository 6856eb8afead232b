/** The webhook that alerts are POSTed to: what it is told and what never, when it did not hear, where it may not be. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Carrier } from '../../monitor/carry-alerts.ts';
import { readSettings } from '../../monitor/settings.ts';
import { openWebhook } from '../../monitor/webhook.ts';
import { aClock } from '../support/a-ca.ts';
import { refusalOf } from '../support/refusal.ts';
import { anAlert, policy } from './support/an-alert.ts';
import { whole } from './support/whole-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-webhook-'));
const secretFile = join(folder, 'secret');
const secret = 'a secret of the webhook';
const received: { readonly signature: string; readonly body: string }[] = [];
let answer = 200;
let hook: Server;
let url = '';

beforeAll(async () => {
  writeFileSync(secretFile, `${secret}\n`);
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      received.push({ signature: String(request.headers['kakuin-signature']), body });
      const isElsewhere = request.url === '/elsewhere';
      response.writeHead(isElsewhere ? 200 : answer, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/alerts`;
});
afterAll(() => {
  hook.close();
  hook.closeAllConnections();
  rmSync(folder, { recursive: true });
});

describe('the webhook', () => {
  const clock = aClock();
  const hookAt = (at: string): Carrier =>
    openWebhook({ url: at, secretFile, portalUrl: 'https://ra.example', policy, clock });

  it('is POSTed figures and fixed sentences, with a MAC over time and body, and nothing secret', async () => {
    for (const alert of anAlert(clock.now())) await hookAt(url)(alert);
    const { signature, body } = received.at(-1) ?? { signature: '', body: '' };
    const [, at = '', mac = ''] = /^t=(\d+), v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    expect(mac).toBe(createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'));
    expect(JSON.parse(body)).toMatchObject({
      ...{
        reading: 'crlAge',
        subject: 'issuing',
        state: 'red',
        value: 6_000,
        unit: 'seconds',
        bound: { above: 5_700 },
      },
      ...{ page: 'https://ra.example/operations', name: { en: 'Age of the CRL' } },
    });
    for (const hidden of ['password', 'postgres', secret]) expect(body).not.toContain(hidden);
  });

  it.each([500, 404, 302])('did not hear where it answers %i', async status => {
    answer = status;
    const [alert] = anAlert(clock.now());
    if (alert === undefined) throw new Error('no alert');
    const before = received.length;
    await expect(hookAt(url)(alert)).rejects.toThrow();
    expect(received).toHaveLength(before + 1);
    answer = 200;
  });

  it('is refused without a secret, without TLS, with a password in its URL', () => {
    expect(
      refusalOf(() => openWebhook({ url, secretFile: join(folder, 'none'), portalUrl: '', policy, clock }))?.code,
    ).toBe('settingsInvalid');
    for (const KAKUIN_ALERT_WEBHOOK of ['http://alerts.example/', 'https://user:pw@alerts.example/', 'ftp://x/'])
      expect(
        refusalOf(() => readSettings({ ...whole, KAKUIN_ALERT_WEBHOOK, KAKUIN_ALERT_WEBHOOK_SECRET_FILE: 'x' }))?.code,
      ).toBe('settingsInvalid');
    expect(refusalOf(() => readSettings({ ...whole, KAKUIN_ALERT_WEBHOOK: 'https://alerts.example/' }))?.code).toBe(
      'settingsInvalid',
    );
  });
});
