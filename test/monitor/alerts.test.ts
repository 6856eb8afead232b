/** Alerts: when people are called, how the news gets to them although carriers fail, and what never is in it. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JudgedReading, Light, ReadingName } from '../../ca-core/index.ts';
import { silentLog } from '../../ca-core/log.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { openAlertJournal } from '../../monitor/alert-journal.ts';
import { raiseAlerts, type RedReading } from '../../monitor/alerts.ts';
import { carryAlerts, errandsFor, type Carrier } from '../../monitor/carry-alerts.ts';
import { createFiguresServer } from '../../monitor/http.ts';
import { metricsText } from '../../monitor/metrics.ts';
import { readSettings } from '../../monitor/settings.ts';
import { openWebhook } from '../../monitor/webhook.ts';
import { aClock } from '../support/a-ca.ts';
import { refusalOf } from '../support/refusal.ts';

const policy = readPolicies(join(projectRoot, 'policies')).operations;
const rules = { alertAfter: 30, remindAfter: 3600 };
const folder = mkdtempSync(join(tmpdir(), 'kakuin-alerts-'));
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
      response.writeHead(answer, { location: 'http://localhost:1/' }).end();
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

const told = (light: Light, subject = 'issuing', name: ReadingName = 'crlAge'): JudgedReading => {
  const { unit, amber, red } = policy.readings[name];
  return { name, subject, value: 6_000, note: 'postgres://user:password@host', unit, amber, red, light };
};

describe('people are called', () => {
  const walk = (lights: readonly (readonly [number, Light | null])[]): string[] => {
    let red: readonly RedReading[] = [];
    return lights.flatMap(([now, light]) => {
      const raised = raiseAlerts(red, light === null ? [] : [told(light)], { now, ...rules });
      red = raised.red;
      return raised.alerts.map(({ state, cause, since }) => `${now} ${state} ${cause} since ${since}`);
    });
  };

  it.each<[string, [number, Light | null][], string[]]>([
    [
      'once it has stayed red',
      [
        [0, 'red'],
        [10, 'red'],
        [30, 'red'],
        [40, 'red'],
      ],
      ['30 red change since 0'],
    ],
    [
      'not where it was red for a moment',
      [
        [0, 'red'],
        [10, 'green'],
        [20, 'red'],
        [30, 'amber'],
      ],
      [],
    ],
    [
      'when it is over',
      [
        [0, 'red'],
        [30, 'red'],
        [50, 'amber'],
        [60, 'green'],
      ],
      ['30 red change since 0', '50 green change since 50'],
    ],
    [
      'again while it stays',
      [
        [0, 'red'],
        [30, 'red'],
        [3629, 'red'],
        [3630, 'red'],
      ],
      ['30 red change since 0', '3630 red reminder since 0'],
    ],
    [
      'not because nobody could look',
      [
        [0, 'red'],
        [30, 'red'],
        [40, null],
        [50, 'red'],
      ],
      ['30 red change since 0'],
    ],
  ])('%s', (_, lights, expected) => {
    expect(walk(lights)).toEqual(expected);
  });

  it('for each subject by itself', () => {
    const readings = [told('red', 'issuing'), told('red', 'issuing-2'), told('green', 'issuing-3')];
    const { red } = raiseAlerts([], readings, { now: 0, ...rules });
    const { alerts } = raiseAlerts(red, readings, { now: 30, ...rules });
    expect(alerts.map(({ subject }) => subject)).toEqual(['issuing', 'issuing-2']);
  });
});

const anAlert = (now: number) => {
  const { red } = raiseAlerts([], [told('red')], { now: now - 30, ...rules });
  return raiseAlerts(red, [told('red')], { now, ...rules }).alerts;
};

describe('news', () => {
  it('gets to each carrier once, is tried again ever more seldom where it does not, and outlives the monitor', async () => {
    const clock = aClock();
    const home = join(folder, 'home');
    const tries: string[] = [];
    let isBroken = true;
    const mail: Carrier = () => Promise.resolve(void tries.push('mail'));
    const webhook: Carrier = () =>
      isBroken ? Promise.reject(new Error(`${url} refused`)) : Promise.resolve(void tries.push('webhook'));
    const carriers = new Map([
      ['mail', mail],
      ['webhook', webhook],
    ]);
    const first = openAlertJournal(home, silentLog);
    first.write({ red: [], errands: errandsFor(anAlert(clock.now()), carriers.keys()) });
    const pauses: number[] = [];
    for (let turn = 0; turn < 10; turn++) {
      await carryAlerts({ journal: first, carriers, clock, log: silentLog });
      const [left] = first.read().errands;
      pauses.push((left?.nextAt ?? 0) - clock.now());
      clock.pass(pauses.at(-1) ?? 0);
    }
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    isBroken = false;
    // The monitor was started again: what was on its way is in its file.
    const again = openAlertJournal(home, silentLog);
    await carryAlerts({ journal: again, carriers, clock, log: silentLog });
    await carryAlerts({ journal: again, carriers, clock, log: silentLog });
    expect(tries).toEqual(['mail', 'webhook']);
    expect(openAlertJournal(home, silentLog).read().errands).toEqual([]);
  });

  it('begins anew where its file is spoiled', () => {
    writeFileSync(join(folder, 'alerts.json'), '{"red":[{"name"');
    expect(openAlertJournal(folder, silentLog).read()).toEqual({ red: [], errands: [] });
  });
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
    await expect(hookAt(url)(alert)).rejects.toThrow();
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

const whole = {
  ...{ KAKUIN_HOME: '/srv/kakuin', KAKUIN_DATABASE: '/srv/kakuin/kakuin.db', KAKUIN_POLICIES: '/srv/policies' },
  ...{ KAKUIN_CRL_URL: 'http://crl.example', KAKUIN_OCSP_URL: 'http://ocsp.example', KAKUIN_MONITOR_PORT: '8084' },
  ...{ KAKUIN_PORTAL_URL: 'https://ra.example', KAKUIN_APPROVAL_URL: 'https://approve.example' },
};

describe('figures for Prometheus', () => {
  const picture = {
    light: 'red',
    observedAt: 1_800_000_000,
    days: [],
    readings: [told('red'), { ...told('green', 'a"b\\'), value: null }],
  } as const;
  const metrics = (): string =>
    metricsText(picture, { undelivered: 2, helpOf: ({ name }) => policy.readings[name].name.en });

  it('name each figure in base units, and what it is judged to be', () => {
    const lines = metrics().split('\n');
    expect(lines).toContain('# HELP kakuin_crl_age_seconds Age of the CRL');
    expect(lines).toContain('# TYPE kakuin_crl_age_seconds gauge');
    expect(lines).toContain('kakuin_crl_age_seconds{subject="issuing"} 6000');
    expect(lines).toContain('kakuin_crl_age_seconds{subject="a\\"b\\\\"} NaN');
    expect(lines).toContain('kakuin_light{reading="crlAge",subject="issuing"} 2');
    for (const line of ['kakuin_red 1', 'kakuin_observed_timestamp_seconds 1800000000', 'kakuin_alerts_undelivered 2'])
      expect(lines).toContain(line);
    for (const line of lines)
      expect(line).toMatch(/^(# (HELP|TYPE) kakuin_\w+ .+|kakuin_\w+(\{.+\})? (NaN|[\d.e-]+)|)$/);
  });

  it('are had with the token alone, and from this machine alone where there is none', async () => {
    const server = createFiguresServer({
      metrics,
      health: () => ({ isWell: false, value: {} }),
      token: 'a token of sixteen',
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const statusOf = async (path: string, token?: string, method = 'GET'): Promise<number> =>
      (await fetch(base + path, { method, ...(token === undefined ? {} : { headers: { authorization: token } }) }))
        .status;
    for (const token of [undefined, 'Bearer', 'Bearer a token of sixteen!', 'Basic a token of sixteen'])
      expect(await statusOf('/metrics', token)).toBe(401);
    const token = 'Bearer a token of sixteen';
    expect([await statusOf('/metrics', token), await statusOf('/health', token)]).toEqual([200, 503]);
    expect([await statusOf('/', token), await statusOf('/metrics', token, 'POST')]).toEqual([404, 405]);
    server.close();
    expect(readSettings(whole).address).toBe('127.0.0.1');
    expect(refusalOf(() => readSettings({ ...whole, KAKUIN_MONITOR_ADDRESS: '0.0.0.0' }))?.code).toBe(
      'settingsInvalid',
    );
    expect(readSettings({ ...whole, KAKUIN_MONITOR_ADDRESS: '::', KAKUIN_MONITOR_TOKEN_FILE: '/t' }).tokenFile).toBe(
      '/t',
    );
  });
});
