/** The figures of the monitor for Prometheus: in which words they are told, and to whom. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createFiguresServer } from '../../monitor/http.ts';
import { metricsText } from '../../monitor/metrics.ts';
import { readSettings } from '../../monitor/settings.ts';
import { refusalOf } from '../support/refusal.ts';
import { policy, told } from './support/an-alert.ts';
import { whole } from './support/whole-settings.ts';

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
