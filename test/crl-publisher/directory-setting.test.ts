/** KAKUIN_CRL_LDAP: several directories in one setting, and a sentence for each mistake in it. */
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../crl-publisher/settings.ts';
import { refusalOf } from '../support/refusal.ts';

describe('the setting', () => {
  const environment = {
    ...{ KAKUIN_HOME: '/h', KAKUIN_DATABASE: '/d', KAKUIN_POLICIES: '/p' },
    ...{ KAKUIN_CRL_PORT: '8082', KAKUIN_CRL_URL: 'http://crl.example.jp' },
  };
  const entered = '?bindname=cn=publisher,dc=example&passwordfile=/run/secrets/ldap';

  it('names several directories', () => {
    const two = `ldaps://a.example/ou=ca,dc=example${entered}  ldap://b.example:1389/ou=%E8%AA%8D%E8%A8%BC${entered}`;
    expect(readSettings({ ...environment, KAKUIN_CRL_LDAP: two }).directories).toMatchObject([
      { url: 'ldaps://a.example', base: 'ou=ca,dc=example', bindName: 'cn=publisher,dc=example' },
      { url: 'ldap://b.example:1389', base: 'ou=認証', passwordFile: '/run/secrets/ldap', authoritiesFile: undefined },
    ]);
    expect(readSettings(environment).directories).toEqual([]);
  });

  it.each([
    ['no URL', 'directory', /a URL such as/],
    ['another protocol', `http://a.example/ou=ca${entered}`, /begins with ldaps/],
    ['no base', `ldaps://a.example/${entered}`, /names the entry below which/],
    ['a password in it', `ldaps://me:secret@a.example/ou=ca${entered}`, /bindname and passwordfile/],
    ['nobody who enters', 'ldaps://a.example/ou=ca?passwordfile=/f', /bindname is missing/],
    ['an unknown word', `ldaps://a.example/ou=ca${entered}&insecure=1`, /insecure is unknown/],
  ])('with %s is refused in a sentence', (_, setting, sentence) => {
    const refusal = refusalOf(() => readSettings({ ...environment, KAKUIN_CRL_LDAP: setting }));
    expect(refusal?.code).toBe('settingsInvalid');
    expect(String(refusal?.values['mistakes'])).toMatch(sentence);
    expect(String(refusal?.values['mistakes'])).not.toContain('secret@');
  });
});
