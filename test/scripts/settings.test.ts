import { describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { sentenceOf } from '../../scripts/sentences.ts';
import { readSettings, settingOf } from '../../scripts/settings.ts';

function mistakesOf(environment: Record<string, string>): unknown {
  try {
    readSettings(environment);
  } catch (error) {
    return error instanceof PkiError ? error.values.mistakes : error;
  }
  return [];
}

describe('development settings', () => {
  it('are complete when the environment is empty', () => {
    const settings = readSettings({});
    expect([...settings.ports.values()]).toEqual([8080, 8081, 8082, 8083, 8084]);
    expect(settingOf(settings, 'KAKUIN_APPROVAL_URL')).toBe('http://approve.localhost:8083');
    expect(settingOf(settings, 'KAKUIN_DATABASE')).toBe(`${settings.home}/kakuin.db`);
  });

  it('let an address follow its port and the places follow the home', () => {
    const settings = readSettings({ KAKUIN_OCSP_PORT: '9001', KAKUIN_HOME: '/srv/kakuin' });
    expect(settingOf(settings, 'KAKUIN_OCSP_URL')).toBe('http://localhost:9001');
    expect(settingOf(settings, 'KAKUIN_MAIL')).toBe('folder:/srv/kakuin/mail');
  });

  it.each([
    ['a port that is none', { KAKUIN_OCSP_PORT: 'http' }, /KAKUIN_OCSP_PORT must be a port/],
    ['a port too high', { KAKUIN_OCSP_PORT: '65536' }, /KAKUIN_OCSP_PORT must be a port/],
    ['one port for two', { KAKUIN_OCSP_PORT: '8080' }, /KAKUIN_OCSP_PORT and KAKUIN_PORTAL_PORT are both 8080/],
    ['a URL that is none', { KAKUIN_CRL_URL: 'crl' }, /KAKUIN_CRL_URL must be a URL/],
    ['a URL with a path', { KAKUIN_CRL_URL: 'http://localhost/crl' }, /KAKUIN_CRL_URL must be an origin/],
    [
      'an IP address for passkeys',
      { KAKUIN_PORTAL_URL: 'http://127.0.0.1' },
      /KAKUIN_PORTAL_URL must have a host name/,
    ],
  ])('refuse %s in a sentence', (_, environment, sentence) => {
    expect(mistakesOf(environment)).toEqual([expect.stringMatching(sentence)]);
  });

  it('name all mistakes at once', () => {
    const environment = { KAKUIN_OCSP_PORT: '0', KAKUIN_PORTAL_PORT: 'x', KAKUIN_CRL_URL: 'ftp://crl' };
    expect(mistakesOf(environment)).toHaveLength(3);
  });
});

describe('sentences at the terminal', () => {
  it('say which port is taken', () => {
    const error = new PkiError('portInUse', { port: 8080, setting: 'KAKUIN_PORTAL_PORT' });
    expect(sentenceOf(error)).toBe('Port 8080 (KAKUIN_PORTAL_PORT) is in use by another program.');
  });

  it('leave a bug its stack', () => {
    expect(sentenceOf(new Error('bug'))).toBeUndefined();
  });
});
